package glyph

import (
	"math"
	"sync"

	"todoke/internal/bilevel"
)

// Side is the width and height of a network's input, in pixels.
const Side = 28

// glyphSide is what the longer side of the writing is scaled to within it.
const glyphSide = 20

// Measures are absolute: pixels of 1/204 inch, rows repeated to make them square, whatever the
// size of the cell. 8 pixels are 1 mm.
type Measures struct {
	W, H           int     // the cell, square pixels
	Raw            int     // ink before cleaning
	Ink            int     // ink after cleaning
	Inner          int     // ink in the middle 60 % of both sides, frame lines erased
	Pieces         int     // connected pieces kept
	Largest        int     // ink of the largest piece
	Span           int     // longer side of the largest piece's box
	Breadth        int     // shorter side of it
	X0, Y0, X1, Y1 int     // box of the ink kept, half open
	Stroke         float64 // mean width of the strokes
	Rule           int     // thickest frame line erased
	Rim            int     // ink kept that lies on the cell's outermost pixels: writing that may be cut off
}

// Views are a cell as the networks see it, 0 paper, 255 ink.
type Views struct {
	// Box is the writing alone: aspect kept, longer side 20, centre of mass in the middle.
	Box [Side * Side]uint8
	// Cell is the whole cell squeezed into the square: where in the cell the writing stands.
	Cell [Side * Side]uint8
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// Prepare cleans and normalises a cell: what training and reading share. yScale is how many times
// each row is repeated to make pixels square: 1 at 204 × 196 dpi, 2 at 204 × 98. framed says that
// the printed frame may still be there. Any size of cell is safe; one without ink gives empty views.
func Prepare(cell *bilevel.Image, yScale int, framed bool) (Views, Measures) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	m := s.prepare(cell, yScale, framed)
	s.need(viewBox)
	s.need(viewCell)
	return s.view, m
}

// prepare cleans and measures; need makes the views.
func (s *scratch) prepare(cell *bilevel.Image, yScale int, framed bool) Measures {
	s.made = [2]bool{}
	s.x0, s.y0, s.x1, s.y1 = 0, 0, 0, 0
	g := &s.grid
	g.load(cell, yScale)
	m := Measures{W: g.w, H: g.h, Raw: g.ink()}
	if m.Raw == 0 {
		return m
	}
	if framed {
		m.Rule = s.erase()
	}
	for y := g.h / 5; y < g.h-g.h/5; y++ {
		for _, p := range g.pix[y*g.w:][g.w/5 : g.w-g.w/5] {
			m.Inner += int(p)
		}
	}
	s.components()
	s.sift(framed)
	s.drop()
	m.X0, m.Y0 = g.w, g.h
	for i := range s.pieces {
		p := &s.pieces[i]
		if !p.keep {
			continue
		}
		m.Pieces++
		m.Ink += p.area
		if p.area > m.Largest {
			m.Largest, m.Span, m.Breadth = p.area, p.span(), min(p.x1-p.x0, p.y1-p.y0)
		}
		m.X0, m.Y0 = min(m.X0, p.x0), min(m.Y0, p.y0)
		m.X1, m.Y1 = max(m.X1, p.x1), max(m.Y1, p.y1)
	}
	if m.Ink == 0 {
		m.X0, m.Y0 = 0, 0
		return m
	}
	edges := 0
	for y := m.Y0; y < m.Y1; y++ {
		for x := m.X0; x < m.X1; x++ {
			if g.pix[y*g.w+x] == 0 {
				continue
			}
			if x == 0 || y == 0 || x == g.w-1 || y == g.h-1 {
				m.Rim++
			}
			if x+1 == g.w || g.pix[y*g.w+x+1] == 0 {
				edges++
			}
			if x == 0 || g.pix[y*g.w+x-1] == 0 {
				edges++
			}
			if y+1 == g.h || g.pix[(y+1)*g.w+x] == 0 {
				edges++
			}
			if y == 0 || g.pix[(y-1)*g.w+x] == 0 {
				edges++
			}
		}
	}
	// A long stroke of width t has area t·l and, counted on the pixel grid, a border of about 2.5·l.
	m.Stroke = 2 * float64(m.Ink) / math.Max(float64(edges)*0.8, 1)

	s.x0, s.y0, s.x1, s.y1 = m.X0, m.Y0, m.X1, m.Y1
	return m
}

// need makes a view of what prepare left, once.
func (s *scratch) need(view byte) {
	switch {
	case s.made[view]:
	case view == viewCell:
		s.view.Cell = [Side * Side]uint8{}
		if s.x1 > s.x0 {
			s.average(0, 0, s.grid.w, s.grid.h, s.view.Cell[:], Side, Side, Side)
		}
	default:
		s.view.Box = [Side * Side]uint8{}
		if s.x1 > s.x0 {
			s.box()
		}
	}
	s.made[view] = true
}

// box scales the writing to its place in the middle of the box view.
func (s *scratch) box() {
	w, h := s.x1-s.x0, s.y1-s.y0
	long := max(w, h)
	nw := max(1, (2*glyphSide*w+long)/(2*long))
	nh := max(1, (2*glyphSide*h+long)/(2*long))
	var small [glyphSide * glyphSide]uint8
	s.average(s.x0, s.y0, w, h, small[:], nw, nh, nw)
	sum, sx, sy := 0, 0, 0
	for y := range nh {
		for x := range nw {
			v := int(small[y*nw+x])
			sum += v
			sx += v * x
			sy += v * y
		}
	}
	if sum == 0 {
		return
	}
	// The shift that brings the centre of mass to 13.5, rounded half up.
	ox := min(max(floorDiv(28*sum-2*sx, 2*sum), 0), Side-nw)
	oy := min(max(floorDiv(28*sum-2*sy, 2*sum), 0), Side-nh)
	for y := range nh {
		copy(s.view.Box[(oy+y)*Side+ox:][:nw], small[y*nw:][:nw])
	}
}

// average scales a rectangle of the grid to nw × nh by area, in whole numbers so that every
// machine gets the same bytes.
func (s *scratch) average(x0, y0, w, h int, out []uint8, nw, nh, stride int) {
	if cap(s.acc) < nw*nh {
		s.acc = make([]int32, max(nw*nh, Side*Side))
	}
	acc := s.acc[:nw*nh]
	clear(acc)
	// Source pixel i covers [i·n, (i+1)·n), target pixel j covers [j·size, (j+1)·size).
	for y := range h {
		row := s.grid.pix[(y0+y)*s.grid.w+x0:][:w]
		for ty := y * nh / h; ty < nh && ty*h < (y+1)*nh; ty++ {
			wy := min((y+1)*nh, (ty+1)*h) - max(y*nh, ty*h)
			line := acc[ty*nw:][:nw]
			for x, ink := range row {
				if ink == 0 {
					continue
				}
				for tx := x * nw / w; tx < nw && tx*w < (x+1)*nw; tx++ {
					wx := min((x+1)*nw, (tx+1)*w) - max(x*nw, tx*w)
					line[tx] += int32(wx * wy)
				}
			}
		}
	}
	full := w * h
	for y := range nh {
		for x := range nw {
			out[y*stride+x] = uint8((2*255*int(acc[y*nw+x]) + full) / (2 * full))
		}
	}
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
