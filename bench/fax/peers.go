package fax

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"todoke/internal/bilevel"
)

// PeerReport is what another program made of what the reader read in the same run.
type PeerReport struct {
	Peer    string `json:"peer"`
	Missing string `json:"missing,omitempty"` // why it was not measured

	Cells     Rate    `json:"cells_wrong"` // wrong or no answer, on single cells
	OurCells  Rate    `json:"our_cells_wrong"`
	PageMS    float64 `json:"page_ms"` // processor time, mean
	OurPageMS float64 `json:"our_page_ms"`
	Pages     int     `json:"pages"`
}

// Cell is one written box as the reader cut it, what stands in it and what the reader says.
type Cell struct {
	Image  *bilevel.Image
	YScale int
	Digit  int
	Right  bool
}

// PeerPage is one page for peers: the fax file, its picture, and the reader's time for it.
type PeerPage struct {
	File       []byte
	Image      *bilevel.Image
	XDPI, YDPI float64
	Read       time.Duration // decoding included
	Decode     time.Duration // of this
}

// Sample is what other programs are to read as well: the first pages of each set, and some of
// the boxes written on them.
type Sample struct {
	PagesPerSet  int
	CellsPerPage int
	Pages        []PeerPage
	Cells        []Cell
}

// wants tells whether page n of a set belongs to the sample.
func (s *Sample) wants(n int) bool { return s != nil && n < s.PagesPerSet }

func (s *Sample) add(n int, p *reading) {
	if !s.wants(n) {
		return
	}
	s.Pages = append(s.Pages, PeerPage{File: p.file, Image: p.image, XDPI: p.line.XDPI, YDPI: p.line.YDPI, Read: p.cpu, Decode: p.stages["decode"]})
	taken := 0
	for i := range p.draft.Fields {
		f := &p.draft.Fields[i]
		for box, digit := range p.truth.Cells[f.Name] {
			c, ok := p.cells[f.Name][box]
			if digit < 0 || !ok || p.truth.Messy[f.Name] || taken == s.CellsPerPage || (i+box)%3 != 0 {
				continue
			}
			taken++
			c.Digit, c.Right = digit, f.Cells[box].Text == strconv.Itoa(digit)
			s.Cells = append(s.Cells, c)
		}
	}
}

// Tesseract reads the cells one by one (--psm 10, digits only) and the pages whole.
func Tesseract(ctx context.Context, s *Sample) PeerReport {
	cells, pages := s.Cells, s.Pages
	out := PeerReport{Peer: "tesseract", Pages: len(pages)}
	fail := func(err error) PeerReport {
		out.Missing = err.Error()
		return out
	}
	program, dir, err := peer("tesseract")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	run := func(args ...string) (string, time.Duration, error) {
		return runPeer(ctx, program, args...)
	}
	for i, c := range cells {
		name := filepath.Join(dir, fmt.Sprintf("cell%d.png", i))
		if err := writePNG(name, framed(c), 204, 204); err != nil {
			return fail(err)
		}
		text, _, err := run(name, "-", "--psm", "10", "-c", "tessedit_char_whitelist=0123456789")
		if err != nil {
			return fail(err)
		}
		out.Cells.N++
		out.OurCells.N++
		if strings.TrimSpace(text) != strconv.Itoa(c.Digit) {
			out.Cells.K++
		}
		if !c.Right {
			out.OurCells.K++
		}
	}
	var theirs, ours time.Duration
	for i, p := range pages {
		name := filepath.Join(dir, fmt.Sprintf("page%d.png", i))
		if err := writePNG(name, p.Image, p.XDPI, p.YDPI); err != nil {
			return fail(err)
		}
		_, took, err := run(name, "-", "--psm", "6", "-c", "tessedit_char_whitelist=0123456789")
		if err != nil {
			return fail(err)
		}
		theirs, ours = theirs+took, ours+p.Read
	}
	out.perPage(theirs, ours)
	return out
}

// LibTIFF decodes the pages' files by tiffcp, uncompressed and to nowhere; its start is taken off.
func LibTIFF(ctx context.Context, s *Sample) PeerReport {
	pages := s.Pages
	out := PeerReport{Peer: "libtiff", Pages: len(pages)}
	program, dir, err := peer("tiffcp")
	if err != nil {
		out.Missing = err.Error()
		return out
	}
	defer func() { _ = os.RemoveAll(dir) }()
	const times = 20 // copies of a page in a file: the program's start vanishes beside them
	var theirs, ours time.Duration
	for i, p := range pages {
		name := filepath.Join(dir, fmt.Sprintf("page%d.tif", i))
		if err := os.WriteFile(name, p.File, 0o600); err != nil {
			out.Missing = err.Error()
			return out
		}
		one := []string{"-c", "none", name, filepath.Join(dir, "out.tif")}
		many := []string{"-c", "none"}
		for range times {
			many = append(many, name)
		}
		many = append(many, filepath.Join(dir, "out.tif"))
		_, start, err := runPeer(ctx, program, one...)
		if err == nil {
			var all time.Duration
			if _, all, err = runPeer(ctx, program, many...); err == nil {
				theirs += max((all-start)/(times-1), 0)
			}
		}
		if err != nil {
			out.Missing = err.Error()
			return out
		}
		ours += p.Decode
	}
	out.perPage(theirs, ours)
	return out
}

func (p *PeerReport) perPage(theirs, ours time.Duration) {
	if n := float64(p.Pages); n > 0 {
		p.PageMS, p.OurPageMS = float64(theirs.Microseconds())/1000/n, float64(ours.Microseconds())/1000/n
	}
}

// peer finds a program and makes a folder for its files.
func peer(name string) (program, dir string, err error) {
	if program, err = exec.LookPath(name); err != nil {
		return "", "", errors.New(name + " is not installed")
	}
	dir, err = os.MkdirTemp("", "todoke-peer-")
	return program, dir, err
}

// runPeer tells what the program wrote and the processor time it took, on one thread.
func runPeer(ctx context.Context, program string, args ...string) (string, time.Duration, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", 0, fmt.Errorf("run %s: %w: %s", filepath.Base(program), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// framed gives a cell square pixels, twice as many, and the white margin that Tesseract asks for.
func framed(c Cell) *bilevel.Image {
	const margin = 20
	m := c.Image.Repeat(2, 2*max(c.YScale, 1))
	return m.Crop(-margin, -margin, m.W+margin, m.H+margin)
}

func writePNG(name string, m *bilevel.Image, xdpi, ydpi float64) error {
	var b bytes.Buffer
	if err := m.EncodePNG(&b, xdpi, ydpi); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o600)
}
