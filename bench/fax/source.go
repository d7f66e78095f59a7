package fax

import (
	"fmt"
	"math"
	"math/rand/v2"

	"todoke/bench/handwriting"
	"todoke/internal/bilevel"
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

// LoadMNIST reads MNIST's test split (t10k-*), which no training may see, from dir.
func LoadMNIST(dir string) (*Source, error) {
	pictures, digits, err := handwriting.MNIST(dir, "t10k")
	if err != nil {
		return nil, err
	}
	s := &Source{Name: "mnist"}
	for i, d := range digits {
		s.of[d] = append(s.of[d], scan{w: handwriting.Side, h: handwriting.Side, pix: pictures[i]})
	}
	return s.complete(dir)
}

// LoadBank reads a bank of handwriting fonts that no training saw, as train/fonts.py writes it.
func LoadBank(file string) (*Source, error) {
	glyphs, err := handwriting.Bank(file)
	if err != nil {
		return nil, err
	}
	s := &Source{Name: "fonts"}
	for _, g := range glyphs {
		if g.Digit == handwriting.Letter {
			return nil, fmt.Errorf("read %s: a bank of letters", file)
		}
		s.of[g.Digit] = append(s.of[g.Digit], scan{w: g.W, h: g.H, pix: g.Pix})
	}
	return s.complete(file)
}

// LoadCells reads an archive of cells cut from real faxes, and takes the digits. Remnants of the
// cells' frames are removed; a digit of which the cut took much is left out, for no one wrote it
// so.
func LoadCells(file string) (*Source, error) {
	cells, err := handwriting.Cells(file)
	if err != nil {
		return nil, err
	}
	s := &Source{Name: "cells"}
	for _, c := range cells {
		d, ok := c.Digit()
		if !ok {
			continue
		}
		if g, ok := cleanCell(scanOf(c.Image)); ok {
			s.of[d] = append(s.of[d], g)
		} else {
			s.Left++
		}
	}
	return s.complete(file)
}

func scanOf(m *bilevel.Image) scan {
	s := scan{w: m.W, h: m.H, pix: make([]byte, m.W*m.H), stair: true}
	for y := range s.h {
		for x := range s.w {
			if m.At(x, y) {
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
