package month

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"
)

// Clock is a clock in a file of eight bytes: one process moves it, others read it.
type Clock struct{ f *os.File }

// NewClock makes the clock that a process moves.
func NewClock(path string, at time.Time) (*Clock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the clock: %w", err)
	}
	c := &Clock{f}
	return c, c.Set(at)
}

// OpenClock opens the clock of another process.
func OpenClock(path string) (*Clock, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the clock: %w", err)
	}
	return &Clock{f}, nil
}

// Set moves the clock.
func (c *Clock) Set(t time.Time) error {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(t.UnixNano())) //nolint:gosec // of this century
	if _, err := c.f.WriteAt(b[:], 0); err != nil {
		return fmt.Errorf("move the clock: %w", err)
	}
	return nil
}

// Now is the time that the clock shows. It panics where the file is gone: no time would be right.
func (c *Clock) Now() time.Time {
	var b [8]byte
	if _, err := c.f.ReadAt(b[:], 0); err != nil {
		panic(fmt.Sprintf("read the clock: %v", err))
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(b[:]))) //nolint:gosec // of this century
}

// Close lets go of the file.
func (c *Clock) Close() error { return c.f.Close() }
