package pgcluster

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// lockFile opens path and locks it at once, shared or exclusive. It wraps errLocked where
// another process holds it. Closing it, or the process's end, frees it.
func lockFile(path string, exclusive bool) (*lockedFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &lockedFile{f}, nil
}

type lockedFile struct{ *os.File }

// Close frees the lock before it closes the file: a process that is being started at this moment
// shares the open file until its program runs, and the lock with it.
func (f *lockedFile) Close() error {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	return f.File.Close()
}

var errLocked = errors.New("another process holds it")

// signOwner writes the owner's pid into its lock file, for errors and people.
func signOwner(f *lockedFile) {
	_ = f.Truncate(0)
	_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
}

// ownerPID is the pid in the lock file, 0 where there is none.
func ownerPID(path string) int {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return pid
}
