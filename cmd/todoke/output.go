package main

import (
	"io"
	"sync"
)

// output is a command's standard output. It keeps the first failed write, so that commands that
// print line by line need not look at each write: Main fails when an answer was cut short, on a
// full disk say.
type output struct {
	w   io.Writer
	mu  sync.Mutex
	err error
}

// Write implements io.Writer. After a failure it writes nothing more: what follows a gap misleads.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	var n int
	n, o.err = o.w.Write(b)
	return n, o.err
}

func (o *output) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}
