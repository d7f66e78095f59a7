package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"todoke/order"
)

// maxDocument is the largest file that is read as a document; fax servers send some megabytes
// at most.
const maxDocument = 64 << 20

// readDocument reads a file and tells its time. A file above maxDocument is refused unread: what
// its size says may be anything, and what says no size, such as a pipe, may never end.
func readDocument(path string) ([]byte, fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	if info.IsDir() {
		return nil, nil, order.Invalid("", path, "it is a folder: name the files in it")
	}
	if info.Size() > maxDocument {
		return nil, nil, order.Invalid("", path, fmt.Sprintf("the file has %d bytes: at most %d are taken", info.Size(), maxDocument))
	}
	data, err := io.ReadAll(io.LimitReader(f, maxDocument+1))
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	if len(data) > maxDocument {
		return nil, nil, order.Invalid("", path, fmt.Sprintf("the file has more than %d bytes: no more are taken", maxDocument))
	}
	return data, info, nil
}

func unreadable(path string, err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err // the path is named already
	}
	return order.NotFound(path, "the file cannot be read: "+err.Error())
}
