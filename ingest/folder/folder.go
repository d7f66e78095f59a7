package folder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// takenDir is the subfolder of what was stored.
const takenDir = "taken"

// File is a document found in the folder.
type File struct {
	Name       string    // without its folder
	ExternalID string    // names this file and no other that may bear its name later
	ModifiedAt time.Time // when it was last written (CUT-3)
	Size       int64
	Bytes      []byte // nil where TooLarge
	TooLarge   bool   // more than MaxBytes: it stays a file, in the subfolder taken
}

// Store keeps a file for good and gives the name of what it made of it, such as "document 12".
// When it fails the file stays where it is and is offered again.
type Store func(ctx context.Context, f File) (string, error)

// Collector looks into one folder. It is to be used by one goroutine.
type Collector struct {
	Dir      string
	MaxBytes int64 // larger files are offered without their bytes
	Store    Store
	Log      *slog.Logger

	seen map[string]look // at the last look
}

// look is what one look saw of a file.
type look struct {
	size int64
	at   time.Time
	same int // how many looks in a row saw just this
}

// patience is how many looks in a row must find an empty file unchanged before it is taken:
// many programs make the file first and write it a while later.
const patience = 60

// Run looks at once and then at every interval until ctx ends. Failures are logged.
func (c *Collector) Run(ctx context.Context, interval time.Duration) error {
	if err := os.MkdirAll(filepath.Join(c.Dir, takenDir), 0o750); err != nil {
		return fmt.Errorf("make the inbox: %w", err)
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	failing := false
	for {
		_, err := c.Collect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !failing {
			c.Log.ErrorContext(ctx, "the inbox cannot be collected", "dir", c.Dir, "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Collect looks once and tells how many files were stored. A file that cannot be stored does
// not hold up the others; the error is that of the folder or the joined ones of its files.
func (c *Collector) Collect(ctx context.Context) (int, error) {
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return 0, fmt.Errorf("read the inbox: %w", err)
	}
	type candidate struct {
		name string
		look
	}
	now := map[string]look{}
	var ready []candidate
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || unfinished(e.Name()) {
			continue // gone meanwhile, a folder, a link, or not yet whole
		}
		l := look{size: info.Size(), at: info.ModTime(), same: 1}
		if before, ok := c.seen[e.Name()]; ok && before.size == l.size && before.at.Equal(l.at) {
			l.same += before.same
		}
		now[e.Name()] = l
		if l.same > 1 && (l.size > 0 || l.same > patience) {
			ready = append(ready, candidate{e.Name(), l})
		}
	}
	c.seen = now
	slices.SortFunc(ready, func(a, b candidate) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.name, b.name))
	})
	n := 0
	var errs []error
	for _, f := range ready {
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		taken, err := c.take(ctx, f.name, f.look)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.name, err))
		}
		if taken {
			n++
			delete(c.seen, f.name)
		}
	}
	return n, errors.Join(errs...)
}

// unfinished tells the names that programs give to what they are still writing.
func unfinished(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") ||
		strings.HasSuffix(lower, ".part") || strings.HasSuffix(lower, ".tmp")
}

// take stores one file and moves it away. Killed in between, it is stored again under the same
// ExternalID, which its store knows for the same.
func (c *Collector) take(ctx context.Context, name string, l look) (bool, error) {
	path := filepath.Join(c.Dir, name)
	f := File{
		Name: name, ExternalID: fmt.Sprintf("%s@%s", name, l.at.UTC().Format("20060102T150405.000000000Z")),
		ModifiedAt: l.at, Size: l.size, TooLarge: l.size > c.MaxBytes,
	}
	if !f.TooLarge {
		b, same, err := c.read(path, l)
		if err != nil || !same {
			return false, err
		}
		f.Bytes = b
	}
	kept, err := c.Store(ctx, f)
	if err != nil {
		return false, err
	}
	to := filepath.Join(c.Dir, takenDir, l.at.UTC().Format("20060102T150405.000000000Z")+"-"+name)
	if err := os.Rename(path, to); err != nil {
		return false, fmt.Errorf("move what was stored as %s: %w", kept, err)
	}
	c.Log.InfoContext(ctx, "taken from the inbox", "file", name, "as", kept)
	return true, nil
}

// read gives the file's bytes if it still is what was looked at.
func (c *Collector) read(path string, l look) (b []byte, same bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = f.Close() }()
	b, err = io.ReadAll(io.LimitReader(f, c.MaxBytes+1))
	if err != nil {
		return nil, false, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	return b, int64(len(b)) == l.size && info.Size() == l.size && info.ModTime().Equal(l.at), nil
}
