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
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Folders within the one that is collected.
const (
	// TakenDir holds what was stored, a folder for each day on which it was.
	TakenDir = "taken"
	// TooLargeDir holds what was too large to be stored: only a note of it was.
	TooLargeDir = "too-large"
)

// File is a document found in the folder.
type File struct {
	Name       string    // without its folder
	Path       string    // below the folder that is collected, with / between levels
	ExternalID string    // names this file and no other that may bear its name later
	ModifiedAt time.Time // when it was last written (CUT-3)
	Size       int64
	Bytes      []byte // nil where TooLarge
	TooLarge   bool   // more than MaxBytes: it stays a file, in TooLargeDir
}

// Store keeps a file for good and gives the name of what it made of it, such as "document 12".
// When it fails the file stays where it is and is offered again.
type Store func(ctx context.Context, f File) (string, error)

// Collector looks into one folder. It is to be used by one goroutine.
type Collector struct {
	Dir      string
	SubDirs  []string // below Dir, collected too, with / between levels; those missing are empty
	MaxBytes int64    // larger files are offered without their bytes
	Store    Store
	Log      *slog.Logger
	Now      func() time.Time
	// KeepTaken is how long files stay in TakenDir once they are stored; 0 keeps them for good.
	KeepTaken time.Duration

	seen    map[string]look   // at the last look, by path
	parts   []fs.FileInfo     // files with the names of unfinished ones at the last look
	told    map[string]string // what was told of a file that could not be taken, by path
	cleaned string            // day on which old files were last removed
}

// look is what one look saw of a file.
type look struct {
	path  string // below Dir
	size  int64
	at    time.Time
	same  int  // how many looks in a row saw just this
	named bool // renamed from the name of an unfinished file: its writer says that it is whole
}

// patience is how many looks in a row must find an empty file unchanged before it is taken:
// many programs make the file first and write it a while later.
const patience = 60

// Run looks at once and then at every interval until ctx ends. Failures are logged.
func (c *Collector) Run(ctx context.Context, interval time.Duration) error {
	if err := os.MkdirAll(filepath.Join(c.Dir, TakenDir), private); err != nil {
		return fmt.Errorf("make the inbox: %w", err)
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		_, err := c.Collect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		c.tell(ctx, err)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// fileError is why one file could not be taken.
type fileError struct {
	path string
	err  error
}

func (e *fileError) Error() string { return e.path + ": " + e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// tell logs what went wrong, once as long as it does not change.
func (c *Collector) tell(ctx context.Context, err error) {
	now := map[string]string{}
	for _, err := range flat(err) {
		path := ""
		if e, ok := errors.AsType[*fileError](err); ok {
			path = e.path
		}
		now[path] = err.Error()
		if c.told[path] != err.Error() {
			c.Log.ErrorContext(ctx, "it cannot be taken from the inbox", "dir", c.Dir, "file", path, "error", err)
		}
	}
	c.told = now
}

func flat(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// Collect looks once and tells how many files were stored. A file that cannot be stored does
// not hold up the others; the error is that of the folder or the joined ones of its files.
func (c *Collector) Collect(ctx context.Context) (int, error) {
	var ready []look
	var errs []error
	now := map[string]look{}
	var parts []fs.FileInfo
	for _, sub := range append([]string{""}, c.SubDirs...) {
		entries, err := os.ReadDir(filepath.Join(c.Dir, filepath.FromSlash(sub)))
		switch {
		case sub != "" && errors.Is(err, fs.ErrNotExist):
		case err != nil && sub == "":
			return 0, fmt.Errorf("read the inbox: %w", err)
		case err != nil:
			errs = append(errs, &fileError{sub, fmt.Errorf("read the folder: %w", err)})
		}
		for _, e := range entries {
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // gone meanwhile
			}
			if err != nil {
				errs = append(errs, &fileError{path.Join(sub, e.Name()), err})
				continue
			}
			if !info.Mode().IsRegular() || own(e.Name()) {
				continue // a folder, a link, a device
			}
			if unfinished(e.Name()) {
				parts = append(parts, info)
				continue
			}
			l := c.look(path.Join(sub, e.Name()), info)
			now[l.path] = l
			if l.named || l.same > 1 && (l.size > 0 || l.same > patience) {
				ready = append(ready, l)
			}
		}
	}
	c.missed(ctx, now)
	c.seen, c.parts = now, parts
	slices.SortFunc(ready, func(a, b look) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.path, b.path))
	})
	n := 0
	for _, f := range ready {
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		taken, err := c.take(ctx, f)
		if err != nil {
			errs = append(errs, &fileError{f.path, err})
		}
		if taken {
			n++
			delete(c.seen, f.path)
		}
	}
	if err := c.clean(ctx); err != nil {
		errs = append(errs, &fileError{TakenDir, err})
	}
	return n, errors.Join(errs...)
}

// look compares a file with what the last look saw.
func (c *Collector) look(path string, info fs.FileInfo) look {
	l := look{path: path, size: info.Size(), at: info.ModTime(), same: 1}
	before, known := c.seen[path]
	if known && before.size == l.size && before.at.Equal(l.at) {
		l.same += before.same
		l.named = before.named
	}
	if !known && l.size > 0 {
		l.named = slices.ContainsFunc(c.parts, func(p fs.FileInfo) bool { return os.SameFile(p, info) })
	}
	return l
}

// missed tells of files that have gone though nobody took them: whoever put them there, or the
// file system, must be asked.
func (c *Collector) missed(ctx context.Context, now map[string]look) {
	for path, l := range c.seen {
		if _, ok := now[path]; !ok {
			c.Log.WarnContext(ctx, "a file has gone from the inbox before it was taken", "file", path, "bytes", l.size)
		}
	}
}

// unfinished tells the names that programs give to what they are still writing.
func unfinished(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
		return true
	}
	return slices.Contains([]string{".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart"}, strings.ToLower(filepath.Ext(name)))
}

// own tells the names of files that fax servers keep for themselves: HylaFAX counts its faxes in
// the file seqf beside them.
func own(name string) bool { return name == "seqf" }

// private is the mode of folders that are made.
const private = 0o750

// take stores one file and moves it away. Killed in between, it is stored again under the same
// ExternalID, which its store knows for the same.
func (c *Collector) take(ctx context.Context, l look) (bool, error) {
	from := filepath.Join(c.Dir, filepath.FromSlash(l.path))
	at := l.at.UTC().Format("20060102T150405.000000000Z")
	f := File{
		Name: path.Base(l.path), Path: l.path, ExternalID: l.path + "@" + at,
		ModifiedAt: l.at, Size: l.size, TooLarge: l.size > c.MaxBytes,
	}
	dir := filepath.Join(c.Dir, TooLargeDir)
	if !f.TooLarge {
		b, same, err := c.read(from, l)
		if err != nil || !same {
			return false, err
		}
		f.Bytes = b
		dir = filepath.Join(c.Dir, TakenDir, c.Now().UTC().Format(time.DateOnly))
	}
	kept, err := c.Store(ctx, f)
	if err != nil {
		return false, err
	}
	to := filepath.Join(dir, at+"-"+strings.ReplaceAll(l.path, "/", "-"))
	if err := errors.Join(os.MkdirAll(dir, private), os.Rename(from, to)); err != nil {
		return false, fmt.Errorf("move what was stored as %s: %w", kept, err)
	}
	c.Log.InfoContext(ctx, "taken from the inbox", "file", l.path, "as", kept)
	return true, nil
}

// clean removes, once a day, the days of TakenDir that are older than they must be.
func (c *Collector) clean(ctx context.Context) error {
	now := c.Now().UTC()
	today := now.Format(time.DateOnly)
	if c.KeepTaken <= 0 || c.cleaned == today {
		return nil
	}
	days, err := os.ReadDir(filepath.Join(c.Dir, TakenDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for old files: %w", err)
	}
	for _, d := range days {
		day, err := time.Parse(time.DateOnly, d.Name())
		const whole = 24 * time.Hour // files came until its end
		if err != nil || !d.IsDir() || now.Before(day.Add(whole+c.KeepTaken)) {
			continue // not ours, or not old
		}
		if err := os.RemoveAll(filepath.Join(c.Dir, TakenDir, d.Name())); err != nil {
			return fmt.Errorf("remove old files: %w", err)
		}
		c.Log.InfoContext(ctx, "what was taken from the inbox long ago is removed", "day", d.Name())
	}
	c.cleaned = today
	return nil
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
	if beingWritten(f) {
		return nil, false, nil
	}
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
