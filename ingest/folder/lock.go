package folder

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// beingWritten tells whether a program holds a file locked to write it, as HylaFAX does with a
// fax that is coming in, however long the line is silent.
func beingWritten(f *os.File) bool {
	fd := f.Fd()
	if errors.Is(syscall.Flock(int(fd), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK) { //nolint:gosec // a descriptor is small
		return true
	}
	_ = syscall.Flock(int(fd), syscall.LOCK_UN) //nolint:gosec // as above
	lock := syscall.Flock_t{Type: syscall.F_RDLCK, Whence: io.SeekStart}
	return syscall.FcntlFlock(fd, syscall.F_GETLK, &lock) == nil && lock.Type == syscall.F_WRLCK
}
