package folder_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"todoke/ingest/folder"
)

// desk keeps what it is handed.
type desk struct {
	files []folder.File
	err   error
}

func (d *desk) store(_ context.Context, f folder.File) (string, error) {
	if d.err != nil {
		return "", d.err
	}
	d.files = append(d.files, f)
	return "document", nil
}

func (d *desk) names() string {
	var names []string
	for _, f := range d.files {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

func setup(t *testing.T) (*folder.Collector, *desk, *bytes.Buffer) {
	t.Helper()
	d, log := &desk{}, &bytes.Buffer{}
	c := &folder.Collector{Dir: t.TempDir(), MaxBytes: 100, Store: d.store, Log: slog.New(slog.NewTextHandler(log, nil)), Now: func() time.Time { return nine }}
	if err := os.Mkdir(filepath.Join(c.Dir, "taken"), 0o750); err != nil {
		t.Fatal(err)
	}
	return c, d, log
}

var nine = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

func put(t *testing.T, c *folder.Collector, name, content string, at time.Time) {
	t.Helper()
	path := filepath.Join(c.Dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func collect(t *testing.T, c *folder.Collector, want int) {
	t.Helper()
	n, err := c.Collect(t.Context())
	if err != nil || n != want {
		t.Fatalf("took %d, want %d: %v", n, want, err)
	}
}

func TestFilesAreTakenWholeOnceOldestFirst(t *testing.T) {
	t.Parallel()
	c, d, _ := setup(t)
	put(t, c, "b.tif", "later", nine.Add(time.Minute))
	put(t, c, "z.tif", "first", nine)
	for _, name := range []string{".hidden.tif", "half.tif.part", "x.TMP", "edit.tif~"} {
		put(t, c, name, "never", nine)
	}
	if err := os.Symlink("/etc/hosts", filepath.Join(c.Dir, "link.tif")); err != nil {
		t.Fatal(err)
	}
	collect(t, c, 0) // the first look only remembers
	collect(t, c, 2)
	collect(t, c, 0)
	if d.names() != "z.tif b.tif" || string(d.files[0].Bytes) != "first" || !d.files[0].ModifiedAt.Equal(nine) {
		t.Errorf("got %+v", d.files)
	}
	taken, err := filepath.Glob(filepath.Join(c.Dir, "taken", "2026-11-24", "*.tif"))
	if err != nil || len(taken) != 2 {
		t.Errorf("taken %v, %v", taken, err)
	}
}

func TestAFileStillWrittenWaits(t *testing.T) {
	t.Parallel()
	c, d, _ := setup(t)
	put(t, c, "a.tif", "1", nine)
	collect(t, c, 0)
	put(t, c, "a.tif", "12", nine)
	collect(t, c, 0)
	put(t, c, "a.tif", "21", nine.Add(time.Second)) // same size
	collect(t, c, 0)
	collect(t, c, 1)
	if string(d.files[0].Bytes) != "21" {
		t.Errorf("got %q", d.files[0].Bytes)
	}
}

// A fax server that names every fax alike: each is a transmission of its own.
func TestOneNameTwice(t *testing.T) {
	t.Parallel()
	c, d, _ := setup(t)
	for i := range 2 {
		put(t, c, "fax.tif", "same", nine.Add(time.Duration(i)*time.Hour))
		collect(t, c, 0)
		collect(t, c, 1)
	}
	if d.files[0].ExternalID == d.files[1].ExternalID {
		t.Errorf("both are %q", d.files[0].ExternalID)
	}
	if taken, _ := filepath.Glob(filepath.Join(c.Dir, "taken", "*", "*")); len(taken) != 2 {
		t.Errorf("taken %v", taken)
	}
}

func TestWhatIsNotStoredStays(t *testing.T) {
	t.Parallel()
	c, d, _ := setup(t)
	put(t, c, "a.tif", "x", nine)
	collect(t, c, 0)
	d.err = errors.New("no disk")
	if n, err := c.Collect(t.Context()); n != 0 || !errors.Is(err, d.err) {
		t.Fatalf("took %d: %v", n, err)
	}
	d.err = nil
	collect(t, c, 1)

	// Stored, but killed before it was moved: the same transmission again.
	first := d.files[0].ExternalID
	put(t, c, "a.tif", "x", nine)
	collect(t, c, 0)
	collect(t, c, 1)
	if d.files[1].ExternalID != first {
		t.Errorf("%q and %q", first, d.files[1].ExternalID)
	}
}

// TestTooLargeAndEmptyAreSeen: nothing that lies in the inbox is passed over in silence. What is
// too large comes without its bytes, what is empty comes once it has been empty for long.
func TestTooLargeAndEmptyAreSeen(t *testing.T) {
	t.Parallel()
	c, d, _ := setup(t)
	put(t, c, "large.tif", strings.Repeat("x", 101), nine)
	put(t, c, "empty.tif", "", nine)
	put(t, c, "fits.tif", strings.Repeat("x", 100), nine)
	collect(t, c, 0)
	collect(t, c, 2)
	if d.names() != "fits.tif large.tif" || d.files[0].TooLarge || !d.files[1].TooLarge || d.files[1].Bytes != nil || d.files[1].Size != 101 {
		t.Errorf("got %+v", d.files)
	}
	looks := 2
	for ; len(d.files) == 2 && looks < 1000; looks++ {
		if _, err := c.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if looks < 50 || len(d.files) != 3 || d.files[2].Name != "empty.tif" || d.files[2].Size != 0 {
		t.Errorf("after %d looks: %+v", looks, d.files)
	}
	for dir, want := range map[string]int{"taken/2026-11-24": 2, "too-large": 1} {
		if files, err := os.ReadDir(filepath.Join(c.Dir, dir)); err != nil || len(files) != want {
			t.Errorf("%s: %v, %v", dir, files, err)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan string, 1)
	c := &folder.Collector{
		Dir: filepath.Join(t.TempDir(), "new", "inbox"), MaxBytes: 100, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Store: func(_ context.Context, f folder.File) (string, error) { got <- f.Name; return "document", nil },
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, 5*time.Millisecond) }()
	for {
		if entries, err := os.ReadDir(c.Dir); err == nil && slices.ContainsFunc(entries, os.DirEntry.IsDir) {
			break
		}
		<-time.After(time.Millisecond)
	}
	put(t, c, "a.tif", "x", nine)
	if name := <-got; name != "a.tif" {
		t.Error(name)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A name that says it is unfinished, renamed: its writer says that it is whole.
func TestRenamedIntoPlaceIsTakenAtOnce(t *testing.T) {
	t.Parallel()
	c, d, _ := setup(t)
	put(t, c, "a.tif.part", "whole", nine)
	put(t, c, ".b.tif", "", nine)
	collect(t, c, 0)
	for from, to := range map[string]string{"a.tif.part": "a.tif", ".b.tif": "b.tif"} {
		if err := os.Rename(filepath.Join(c.Dir, from), filepath.Join(c.Dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, c, "copied.tif", "perhaps half", nine)
	collect(t, c, 1)
	if d.names() != "a.tif" {
		t.Errorf("took %s", d.names())
	}
}

// A fax server that still receives holds its file locked, however long nothing comes.
func TestLockedFilesWait(t *testing.T) {
	t.Parallel()
	c, _, _ := setup(t)
	put(t, c, "fax00012.tif", "page 1", nine)
	f, err := os.OpenFile(filepath.Join(c.Dir, "fax00012.tif"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		collect(t, c, 0)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_UN); err != nil {
		t.Fatal(err)
	}
	collect(t, c, 1)
}

func TestSubFoldersThatAreNamed(t *testing.T) {
	t.Parallel()
	c, d, _ := setup(t)
	c.SubDirs = []string{"recvq", "copier/2f", "missing"}
	for _, dir := range []string{"recvq", "copier/2f", "private"} {
		if err := os.MkdirAll(filepath.Join(c.Dir, dir), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range []string{"recvq/fax00012.tif", "copier/2f/scan.pdf", "fax00012.tif", "recvq/seqf", "private/letter.pdf"} {
		put(t, c, name, name, nine.Add(time.Duration(i)*time.Second))
	}
	collect(t, c, 0)
	collect(t, c, 3)
	ids := map[string]bool{}
	for _, f := range d.files {
		ids[f.ExternalID] = true
		if string(f.Bytes) != f.Path {
			t.Errorf("%s holds %s", f.Path, f.Bytes)
		}
	}
	if d.names() != "fax00012.tif scan.pdf fax00012.tif" || len(ids) != 3 {
		t.Errorf("took %s as %v", d.names(), ids)
	}
	if taken, _ := filepath.Glob(filepath.Join(c.Dir, "taken", "2026-11-24", "*recvq-fax00012.tif")); len(taken) != 1 {
		t.Errorf("taken %v", taken)
	}
}

// TestTakenIsEmptied days after files were taken, however old they were then, and only that.
func TestTakenIsEmptied(t *testing.T) {
	t.Parallel()
	c, _, _ := setup(t)
	now := nine
	c.Now, c.KeepTaken = func() time.Time { return now }, 2*24*time.Hour
	put(t, c, "old.tif", "x", nine.AddDate(-1, 0, 0))
	put(t, c, "large.tif", strings.Repeat("x", 101), nine)
	collect(t, c, 0)
	collect(t, c, 2)
	mine := filepath.Join(c.Dir, "taken", "mine")
	if err := os.Mkdir(mine, 0o750); err != nil {
		t.Fatal(err)
	}
	left := func() int {
		all, err := filepath.Glob(filepath.Join(c.Dir, "taken", "2026-11-24", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	now = nine.AddDate(0, 0, 2)
	collect(t, c, 0)
	if left() != 1 {
		t.Error("it is removed too early")
	}
	now = nine.AddDate(0, 0, 3)
	collect(t, c, 0)
	if left() != 0 {
		t.Error("it is never removed")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
	if large, _ := filepath.Glob(filepath.Join(c.Dir, "too-large", "*")); len(large) != 1 {
		t.Error("what was never stored is gone")
	}
}

// TestWhatCannotBeTakenIsTold: once as long as it is the same, each file by itself.
func TestWhatCannotBeTakenIsTold(t *testing.T) {
	t.Parallel()
	c, d, log := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	put(t, c, "a.tif", "x", nine)
	put(t, c, "b.tif", "x", nine)
	d.err = errors.New("no disk")
	looks := 0
	c.Now = func() time.Time { return nine }
	c.KeepTaken = time.Hour // cleaned is asked at every look's end
	c.Store = func(ctx context.Context, f folder.File) (string, error) {
		looks++
		if looks == 8 {
			if err := os.Remove(filepath.Join(c.Dir, "a.tif")); err != nil {
				t.Error(err)
			}
		}
		if looks > 10 {
			cancel()
		}
		return d.store(ctx, f)
	}
	if err := c.Run(ctx, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{"file=a.tif error=": 1, "file=b.tif error=": 1, "has gone from the inbox before it was taken": 1} {
		if n := strings.Count(log.String(), text); n != want {
			t.Errorf("%q stands %d times in\n%s", text, n, log)
		}
	}
}
