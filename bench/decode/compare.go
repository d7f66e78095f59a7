package decode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
)

// Decoded is what a decoder made of a file.
type Decoded struct {
	Pages []fax.Page
	// Flagged says that the decoder reported something: bad rows, a note, an error. Of libtiff it
	// is a message on standard error or a failure.
	Flagged bool
}

// Ours decodes a file with ingest/fax.
func Ours(data []byte) Decoded {
	var d Decoded
	for p, err := range fax.Pages(data, fax.Limits{}) {
		d.Flagged = d.Flagged || err != nil || p.Note != "" || p.LeftOut || len(p.BadRows) > 0 || len(p.BadColumns) > 0
		if p.Image != nil {
			d.Pages = append(d.Pages, p)
		}
	}
	return d
}

// Libtiff decodes a file with tiffcp, in a folder of the caller's.
func Libtiff(ctx context.Context, dir string, data []byte) (Decoded, error) {
	var d Decoded
	in, out := filepath.Join(dir, "in.tif"), filepath.Join(dir, "out.tif")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		return d, fmt.Errorf("write file: %w", err)
	}
	_ = os.Remove(out)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "tiffcp", "-c", "none", in, out)
	said, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return d, fmt.Errorf("run tiffcp: %w", err)
	}
	d.Flagged = err != nil || len(said) > 0
	plain, err := os.ReadFile(out)
	if err != nil { // it wrote nothing
		return d, nil
	}
	d.Pages = Ours(plain).Pages
	return d, nil
}

// right counts the rows of a file's pages that are as they were sent, and the rows sent.
func (d Decoded) right(truth []*bilevel.Image) (right, sent int) {
	for i, want := range truth {
		sent += want.H
		if i >= len(d.Pages) || d.Pages[i].Image.W != want.W {
			continue
		}
		for y := range min(want.H, d.Pages[i].Image.H) {
			if bytes.Equal(d.Pages[i].Image.Row(y), want.Row(y)) {
				right++
			}
		}
	}
	return right, sent
}

// Exact tells whether the pages are those that were sent.
func (d Decoded) Exact(truth []*bilevel.Image) bool { return samePages(d.Pages, truth) }

func samePages(got []fax.Page, want []*bilevel.Image) bool {
	if len(got) != len(want) {
		return false
	}
	for i, p := range got {
		if p.Image.W != want[i].W || p.Image.H != want[i].H || !bytes.Equal(p.Image.Pix, want[i].Pix) {
			return false
		}
	}
	return true
}

func images(pages []fax.Page) []*bilevel.Image {
	var out []*bilevel.Image
	for _, p := range pages {
		out = append(out, p.Image)
	}
	return out
}

// unseen counts the rows that are wrong without being reported. A page with another report than
// rows is doubted as a whole, as is one that is missing beside an error.
func (d Decoded) unseen(truth []*bilevel.Image) (rows int) {
	if !d.Flagged && len(d.Pages) != len(truth) {
		return 1
	}
	for i, p := range d.Pages {
		if i >= len(truth) {
			break
		}
		bad := map[int]bool{}
		for _, r := range p.BadRows {
			bad[r] = true
		}
		if p.LeftOut || len(p.BadColumns) > 0 || len(bad) == 0 && p.Note != "" {
			continue
		}
		for y := range p.Image.H {
			if !bad[y] && (y >= truth[i].H || p.Image.W != truth[i].W || !bytes.Equal(p.Image.Row(y), truth[i].Row(y))) {
				rows++
			}
		}
		if !d.Flagged && p.Image.H < truth[i].H {
			rows += truth[i].H - p.Image.H
		}
	}
	return rows
}

// Tally counts how two decoders fare on the same files.
type Tally struct {
	Files, Rows     int
	Same            int // files of which both make the same pixels
	Better, Worse   int // files of which we keep more, and fewer, of the rows that were sent
	Even            int // files that differ in rows that neither keeps
	RightRows       int // rows that are as they were sent, ours
	LibtiffRight    int
	Unflagged       int // files that differ from libtiff's and from what was sent, of which we say nothing
	LibtiffSilent   int // the same of libtiff, against us
	UnseenRows      int // rows that are wrong without being reported, ours
	UnseenFiles     int // in so many files
	Blank           int // pages that came out white though ink was sent, of which we say nothing
	UnflaggedSample []string
}

// Add counts a file.
func (t *Tally) Add(name string, truth []*bilevel.Image, ours, peer Decoded) {
	t.Files++
	mine, sent := ours.right(truth)
	theirs, _ := peer.right(truth)
	t.Rows += sent
	t.RightRows += mine
	t.LibtiffRight += theirs
	same := samePages(ours.Pages, images(peer.Pages))
	switch {
	case same:
		t.Same++
	case mine > theirs:
		t.Better++
	case mine < theirs:
		t.Worse++
	default:
		t.Even++
	}
	if !same && !ours.Flagged && !ours.Exact(truth) {
		t.Unflagged++
		t.UnflaggedSample = append(t.UnflaggedSample, fmt.Sprintf("%s: %d of %d rows right, libtiff %d", name, mine, sent, theirs))
	}
	if !same && !peer.Flagged && !peer.Exact(truth) {
		t.LibtiffSilent++
	}
	if n := ours.unseen(truth); n > 0 {
		t.UnseenRows += n
		t.UnseenFiles++
	}
	for i, p := range ours.Pages {
		if i < len(truth) && !ours.Flagged && ink(p.Image) == 0 && ink(truth[i]) > 0 {
			t.Blank++
		}
	}
}

func ink(m *bilevel.Image) int { return m.Count(0, 0, m.W, m.H) }

// Damages are the ways in which files are damaged.
var Damages = []string{"a bit", "ten bits", "a burst", "bytes lost", "bytes doubled", "zeros", "cut off", "a directory's byte"}

// Damage is the file with damage of a kind in its picture data, or in its directory where the
// kind says so, by the seed.
func Damage(f File, kind string, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, uint64(len(kind))))
	data := bytes.Clone(f.Data)
	from, to := 8, len(data) // data come first in the corpus' files, then a directory of some 250 bytes
	if to > 1000 {
		to -= 300
	}
	at := func() int { return from + r.IntN(to-from) }
	switch kind {
	case "a bit":
		data[at()] ^= 1 << r.IntN(8)
	case "ten bits":
		for range 10 {
			data[at()] ^= 1 << r.IntN(8)
		}
	case "a burst":
		i := at()
		for k := range min(2+r.IntN(30), to-i) {
			data[i+k] = byte(r.IntN(256))
		}
	case "bytes lost": // the rest moves up
		i := at()
		n := min(1+r.IntN(40), to-i)
		copy(data[i:to], data[i+n:to])
		clear(data[to-n : to])
	case "bytes doubled":
		i := at()
		n := min(1+r.IntN(40), to-i)
		copy(data[i+n:to], data[i:to-n])
	case "zeros":
		i := at()
		clear(data[i:min(i+2+r.IntN(60), to)])
	case "cut off": // the end of the picture never came
		clear(data[at():to])
	case "a directory's byte":
		if len(data) > 1000 {
			from = to
		}
		to = len(data)
		data[at()] = byte(r.IntN(256))
	}
	return data
}
