package fax

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	_ "image/png" // real cells are PNGs
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
)

// Source is handwriting from outside: pictures of digits, by digit. Pages are written in one
// source's digits each.
type Source struct {
	Name string
	of   [10][]scan
	Left int // pictures that were of no use: cut off at the edge, or nothing but frame
}

// scan is a picture of one digit: grey, 0 paper … 255 ink.
type scan struct {
	w, h  int
	pix   []byte
	stair bool // the picture was one bit deep: its edges are smoothed before they are drawn
}

// N is how many digits the source has.
func (s *Source) N() int {
	n := 0
	for _, d := range s.of {
		n += len(d)
	}
	return n
}

func (s *Source) complete(file string) (*Source, error) {
	for d := range s.of {
		if len(s.of[d]) == 0 {
			return nil, fmt.Errorf("read %s: no digit %d", file, d)
		}
	}
	return s, nil
}

// maxSource bounds what a file of handwriting may hold, unpacked.
const maxSource = 256 << 20

// LoadMNIST reads MNIST's test split (t10k-*), which no training may see, in IDX form, plain
// or gzipped, from dir.
func LoadMNIST(dir string) (*Source, error) {
	images, err := readIDX(dir, []string{"t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"}, 16)
	if err != nil {
		return nil, err
	}
	labels, err := readIDX(dir, []string{"t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"}, 8)
	if err != nil {
		return nil, err
	}
	const side = 28
	if len(images) != len(labels)*side*side {
		return nil, fmt.Errorf("read %s: %d image bytes for %d labels", dir, len(images), len(labels))
	}
	s := &Source{Name: "mnist"}
	for i, d := range labels {
		if d > 9 {
			return nil, fmt.Errorf("read %s: label %d", dir, d)
		}
		s.of[d] = append(s.of[d], scan{w: side, h: side, pix: images[i*side*side:][:side*side]})
	}
	return s.complete(dir)
}

func readIDX(dir string, names []string, head int) ([]byte, error) {
	var last error
	for _, name := range names {
		for _, suffix := range []string{"", ".gz"} {
			f, err := os.Open(filepath.Join(dir, name+suffix))
			if err != nil {
				last = err
				continue
			}
			defer func() { _ = f.Close() }()
			var r io.Reader = f
			if suffix != "" {
				if r, err = gzip.NewReader(f); err != nil {
					return nil, fmt.Errorf("read %s: %w", name, err)
				}
			}
			b, err := io.ReadAll(io.LimitReader(r, maxSource))
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", name, err)
			}
			if len(b) < head || binary.BigEndian.Uint16(b) != 0 {
				return nil, fmt.Errorf("read %s: %w", name, errors.New("not an IDX file"))
			}
			return b[head:], nil
		}
	}
	return nil, fmt.Errorf("read digits: %w", last)
}

// LoadBank reads a bank of handwriting fonts that no training saw, as train/fonts.py writes
// it: for each glyph font, digit, width, height (uint16, little-endian) and grey pixels.
func LoadBank(file string) (*Source, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read fonts: %w", err)
	}
	s := &Source{Name: "fonts"}
	for len(b) > 0 {
		if len(b) < 8 {
			return nil, fmt.Errorf("read %s: cut short", file)
		}
		digit := binary.LittleEndian.Uint16(b[2:])
		w, h := int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:]))
		if digit > 9 || w == 0 || h == 0 || len(b)-8 < w*h {
			return nil, fmt.Errorf("read %s: not a bank of glyphs", file)
		}
		s.of[digit] = append(s.of[digit], scan{w: w, h: h, pix: b[8 : 8+w*h]})
		b = b[8+w*h:]
	}
	return s.complete(file)
}

// LoadCells reads an archive (.tar.gz) of cells cut from real faxes: labels.csv with columns
// file and label, and PNGs. Remnants of the cells' frames are removed; a digit of which
// the cut took much is left out, for no one wrote it so.
func LoadCells(file string) (*Source, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read cells: %w", err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	pictures := map[string]image.Image{}
	var rows [][]string
	for tr := tar.NewReader(io.LimitReader(z, maxSource)); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		name := path.Clean(h.Name)
		switch {
		case path.Base(name) == "labels.csv":
			if rows, err = csv.NewReader(tr).ReadAll(); err != nil {
				return nil, fmt.Errorf("read %s in %s: %w", name, file, err)
			}
		case path.Ext(name) == ".png":
			data, err := io.ReadAll(io.LimitReader(tr, 1<<20))
			if err != nil {
				return nil, fmt.Errorf("read %s in %s: %w", name, file, err)
			}
			c, _, err := image.DecodeConfig(bytes.NewReader(data))
			if err != nil || c.Width > maxCell || c.Height > maxCell {
				return nil, fmt.Errorf("read %s in %s: not the picture of a cell", name, file)
			}
			if pictures[name], _, err = image.Decode(bytes.NewReader(data)); err != nil {
				return nil, fmt.Errorf("read %s in %s: %w", name, file, err)
			}
		}
	}
	s := &Source{Name: "cells"}
	for _, row := range rows {
		if len(row) < 2 || len(row[1]) != 1 || row[1][0] < '0' || row[1][0] > '9' {
			continue
		}
		picture := pictures[path.Clean(row[0])]
		if picture == nil {
			return nil, fmt.Errorf("read %s: labels.csv names %s, which is not there", file, row[0])
		}
		if g, ok := cleanCell(inkOf(picture)); ok {
			s.of[row[1][0]-'0'] = append(s.of[row[1][0]-'0'], g)
		} else {
			s.Left++
		}
	}
	return s.complete(file)
}

// maxCell is the largest picture of a cell that is taken, in pixels a side.
const maxCell = 1024

func inkOf(m image.Image) scan {
	b := m.Bounds()
	s := scan{w: b.Dx(), h: b.Dy(), pix: make([]byte, b.Dx()*b.Dy()), stair: true}
	for y := range s.h {
		for x := range s.w {
			if r, g, bl, _ := m.At(b.Min.X+x, b.Min.Y+y).RGBA(); r+g+bl < 3*0x8000 {
				s.pix[y*s.w+x] = 255
			}
		}
	}
	return s
}

// draw writes a random digit d of the source: scaled to the hand's height, its edges as smooth
// as a pen's, its stroke as wide as the pen that wrote it, within what pens for forms are.
func (s *Source) draw(p *Paper, r *rand.Rand, w *Writer, d int, cx, cy, maxW, maxH float64) {
	g := s.of[d][r.IntN(len(s.of[d]))].contour()
	if g == nil {
		return
	}
	h := min(w.HeightMM*(1+w.Wobble*r.NormFloat64()), maxH)
	scale := min(h/g.h, maxW/g.w) // millimetres a pixel of the field
	width := g.pen * scale
	grow := (clamp(width, minPenMM, maxPenMM) - width) / 2 / scale
	cx += w.OffX + 2*w.Wobble*r.NormFloat64()
	cy += w.OffY + 2*w.Wobble*r.NormFloat64()
	const k = PaperDPI / mmPerInch
	half := math.Max(g.w, g.h)/2*scale + max(grow, 0)*scale + .2
	for py := int((cy - half) * k); py <= int((cy+half)*k); py++ {
		v := ((float64(py)+.5)/k-cy)/scale + g.cy
		for px := int((cx - half) * k); px <= int((cx+half)*k); px++ {
			if g.at(((float64(px)+.5)/k-cx)/scale+g.cx, v) > -grow {
				p.Image.Set(px, py, true)
			}
		}
	}
}

// Pens that people fill in forms with, in millimetres of ink: a fine ball-pen to a felt-tip.
// A digit that must shrink to fit its box was not written with a hair.
const (
	minPenMM = .27
	maxPenMM = .90
)
