package sftp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"
)

// DoneDir is the folder within the fetched one to which files move that were taken.
const DoneDir = "done"

// manyFiles bounds what one look takes; the next goes on.
const manyFiles = 200

// File is a file that a partner left.
type File struct {
	Name       string
	ModifiedAt time.Time
	Bytes      []byte
}

// Fetcher takes the files of one folder, each once: it is read, handed to Take, and only then moved
// to DoneDir. Killed in between, it is handed over again with the same bytes, which Take knows.
type Fetcher struct {
	Server   Server
	Folder   string
	MaxBytes int64 // larger files stay, and are told once
	// Take keeps a file for good; the same bytes again are no error.
	Take func(ctx context.Context, f File) error
	Log  *slog.Logger
	Now  func() time.Time

	seen  map[string]look   // at the last look, by name
	taken map[string]string // what cannot be moved, with its time and the sum of its bytes: it was not sent anew
	told  map[string]string
}

// look is what one look saw of a file.
type look struct {
	size int64
	at   time.Time
}

// Fetch looks once and tells how many files were taken. A file is taken at the second look that
// finds it unchanged: whoever still writes it is left in peace, and so are names of unfinished
// files. One that cannot be taken does not hold up the others.
func (f *Fetcher) Fetch(ctx context.Context) (n int, err error) {
	c, end, err := f.Server.session(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	dir := orHome(f.Folder)
	entries, err := c.ReadDirContext(ctx, dir)
	if err != nil {
		return 0, fmt.Errorf("look into the folder %s of %s: %w", dir, f.Server.Address, err)
	}
	now := map[string]look{}
	var ready []os.FileInfo
	for _, e := range entries {
		if !e.Mode().IsRegular() || unfinished(e.Name()) || !plain(e.Name()) {
			continue
		}
		l := look{e.Size(), e.ModTime()}
		now[e.Name()] = l
		if before, ok := f.seen[e.Name()]; !ok || before != l || l.size == 0 {
			continue
		}
		if l.size > f.MaxBytes {
			f.tell(ctx, e.Name(), fmt.Sprintf("it has %d bytes and %d are the most: it stays where it is", l.size, f.MaxBytes))
			continue
		}
		ready = append(ready, e)
	}
	f.seen = now
	maps.DeleteFunc(f.taken, func(name, _ string) bool { _, there := now[name]; return !there })
	slices.SortFunc(ready, func(a, b os.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	var errs []error
	for _, e := range ready[:min(len(ready), manyFiles)] {
		if ctx.Err() != nil {
			break
		}
		ok, err := f.take(ctx, c, dir, e)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", e.Name(), err))
		}
		if ok {
			n++
			delete(f.seen, e.Name())
		}
	}
	return n, errors.Join(errs...)
}

// take reads one file, hands it over and moves it away. What was written into it between the two is
// read again from where it lies then.
func (f *Fetcher) take(ctx context.Context, c *sftp.Client, dir string, e os.FileInfo) (bool, error) {
	from := path.Join(dir, e.Name())
	data, info, err := f.read(c, from)
	if err != nil {
		return false, err
	}
	if int64(len(data)) != e.Size() || info.Size() != e.Size() || !info.ModTime().Equal(e.ModTime()) {
		return false, nil // it grows
	}
	as := e.ModTime().UTC().Format(time.RFC3339) + " " + sum(data)
	if f.taken[e.Name()] != as {
		if err := f.Take(ctx, File{Name: e.Name(), ModifiedAt: e.ModTime(), Bytes: data}); err != nil {
			return false, err
		}
		if f.taken == nil {
			f.taken = map[string]string{}
		}
		f.taken[e.Name()] = as
	}
	const letters = 8
	done := path.Join(dir, DoneDir)
	to := path.Join(done, f.Now().UTC().Format("20060102T150405Z")+"-"+sum(data)[:letters]+"-"+e.Name())
	if err := c.Rename(from, to); err != nil {
		if _, missing := c.Stat(done); errors.Is(missing, fs.ErrNotExist) {
			if err := c.Mkdir(done); err != nil {
				return false, fmt.Errorf("make the folder %s for what was taken: %w", done, err)
			}
			err = c.Rename(from, to)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil // another process of ours was faster
		}
		if err != nil {
			return false, fmt.Errorf("it is taken, but cannot be moved to %s: %w", done, err)
		}
	}
	delete(f.taken, e.Name())
	later, err := f.changed(c, to, data)
	if err != nil {
		return true, fmt.Errorf("read what was moved to %s: %w", to, err)
	}
	if later != nil {
		return true, f.Take(ctx, File{Name: e.Name(), ModifiedAt: e.ModTime(), Bytes: later})
	}
	return true, nil
}

// changed is what a moved file holds, where that is not what was read before it was moved.
func (f *Fetcher) changed(c *sftp.Client, name string, data []byte) ([]byte, error) {
	now, _, err := f.read(c, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the partner clears up
	}
	if err != nil || sum(now) == sum(data) {
		return nil, err
	}
	return now, nil
}

func (f *Fetcher) read(c *sftp.Client, name string) ([]byte, os.FileInfo, error) {
	h, err := c.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = h.Close() }()
	data, err := io.ReadAll(io.LimitReader(h, f.MaxBytes+1))
	if err != nil {
		return nil, nil, err
	}
	info, err := h.Stat()
	return data, info, err
}

// tell logs what is wrong with a file once, as long as it does not change.
func (f *Fetcher) tell(ctx context.Context, name, what string) {
	if f.told == nil {
		f.told = map[string]string{}
	}
	if f.told[name] == what {
		return
	}
	f.told[name] = what
	f.Log.ErrorContext(ctx, "a partner's file cannot be taken", "server", f.Server.Address, "file", name, "why", what)
}

// unfinished tells the names that programs give to what they are still writing.
func unfinished(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
		return true
	}
	return slices.Contains([]string{".part", ".partial", ".tmp", ".temp", ".filepart", ".writing"}, strings.ToLower(path.Ext(name)))
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
