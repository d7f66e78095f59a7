package gateway

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Shelf holds the Book of a folder and of what is stored, read again when any of it changed: nothing
// is started anew for a profile. A folder in which something is wrong leaves the book before in use.
type Shelf struct {
	dir    string
	stored func() ([]Stored, error) // nil holds none
	own    []string
	again  func(err error)

	mu   sync.Mutex
	book *Book
	seen [sha256.Size]byte // of what the folder held when it was last read, with or without success
}

// OpenShelf reads the folder and what is stored as LoadWith does, and fails as it does. again is told
// of each time that a change was read, with what is wrong with it or nil.
func OpenShelf(dir string, stored func() ([]Stored, error), own []string, again func(err error)) (*Shelf, error) {
	s := &Shelf{dir: dir, stored: stored, own: own, again: again}
	more, err := s.more()
	if err != nil {
		return nil, err
	}
	s.seen = fingerprint(dir, more)
	s.book, err = LoadWith(dir, more, own)
	return s, err
}

func (s *Shelf) more() ([]Stored, error) {
	if s.stored == nil {
		return nil, nil
	}
	return s.stored()
}

// Book is the book as folder and database stand now, or as they last stood without a mistake. It may
// be called from many goroutines.
func (s *Shelf) Book() *Book {
	s.mu.Lock()
	defer s.mu.Unlock()
	more, err := s.more()
	if err != nil { // the next mail asks again
		return s.book
	}
	now := fingerprint(s.dir, more)
	if now == s.seen {
		return s.book
	}
	s.seen = now
	book, err := LoadWith(s.dir, more, s.own)
	if err == nil {
		s.book = book
	}
	if s.again != nil {
		s.again(err)
	}
	return s.book
}

// fingerprint is of the names and bytes of a folder's profiles: times alone miss a change within
// the same tick of the disk's clock.
func fingerprint(dir string, stored []Stored) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, x := range stored {
		_, _ = io.WriteString(h, x.Name+"\x00"+x.Text+"\x00")
	}
	files, err := profileFiles(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		_, _ = io.WriteString(h, "unreadable "+err.Error())
	}
	for _, name := range files {
		_, _ = io.WriteString(h, name+"\x00")
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			_, _ = io.WriteString(h, "unreadable "+err.Error())
			continue
		}
		_, err = io.Copy(h, io.LimitReader(f, maxFile+1))
		_ = f.Close()
		if err != nil {
			_, _ = io.WriteString(h, "unreadable "+err.Error())
		}
		_, _ = io.WriteString(h, "\x00")
	}
	h.Sum(sum[:0])
	return sum
}
