package glyph

import (
	"slices"

	"todoke/internal/bilevel"
)

// maxSide bounds the working size of a cell: larger ones are reduced, ink kept, before anything
// else looks at them. A 5 × 7 mm cell is 40 × 56 pixels at 204 dpi and 80 × 112 at 408.
const maxSide = 256

// grid is a cell at one byte a pixel, 1 for ink, with square pixels.
type grid struct {
	w, h int
	pix  []byte
}

func (g *grid) resize(w, h int) {
	g.w, g.h = w, h
	if cap(g.pix) < w*h {
		g.pix = make([]byte, w*h)
	}
	g.pix = g.pix[:w*h]
	clear(g.pix)
}

// load spreads the cell's bits, each row yScale times, reducing by whole factors past maxSide.
func (g *grid) load(cell *bilevel.Image, yScale int) {
	if cell == nil || cell.W <= 0 || cell.H <= 0 {
		g.resize(0, 0)
		return
	}
	yScale = min(max(yScale, 1), 8)
	fx := (cell.W + maxSide - 1) / maxSide
	// Divide first: a declared height times yScale must not overflow.
	fy := max((cell.H+maxSide/yScale-1)/(maxSide/yScale), 1)
	if fx == 1 && fy == 1 {
		g.resize(cell.W, cell.H*yScale)
		for y := range cell.H {
			row := cell.Row(y)
			out := g.pix[y*yScale*g.w:][:g.w]
			for x := range out {
				out[x] = row[x>>3] >> (7 - x&7) & 1
			}
			for k := 1; k < yScale; k++ {
				copy(g.pix[(y*yScale+k)*g.w:][:g.w], out)
			}
		}
		return
	}
	f := max(fx, fy)
	g.resize((cell.W+f-1)/f, ((cell.H+f-1)/f)*yScale)
	for y := range cell.H {
		row := cell.Row(y)
		out := g.pix[y/f*yScale*g.w:][:g.w]
		for x := range cell.W {
			out[x/f] |= row[x>>3] >> (7 - x&7) & 1
		}
	}
	for y := 0; y < g.h; y += yScale {
		for k := 1; k < yScale; k++ {
			copy(g.pix[(y+k)*g.w:][:g.w], g.pix[y*g.w:][:g.w])
		}
	}
}

func (g *grid) ink() int {
	n := 0
	for _, p := range g.pix {
		n += int(p)
	}
	return n
}

// piece is a connected component (8-neighbours) with its box, half open.
type piece struct {
	x0, y0, x1, y1 int
	area           int
	keep           bool
}

func (p piece) span() int { return max(p.x1-p.x0, p.y1-p.y0) }

// scratch is the working memory of one reading; reused, it allocates nothing.
type scratch struct {
	grid   grid
	runs   []int
	sorted []int
	label  []int32
	stack  []int32
	pieces []piece
	acc    []int32
	view   Views
	made   [2]bool // which views hold what the grid holds

	x0, y0, x1, y1 int // box of the ink kept; empty where there is none
	net            [2][]float32
}

// erase removes what is left of the printed frame: along each side, within the outer eighth, a
// line of ink that runs the whole length of the side. Runs much longer than the line is thick are
// strokes crossing it and stay. It returns the thickest line it found, in pixels.
func (s *scratch) erase() int {
	g := &s.grid
	thick := 0
	for side := range 4 {
		// Address pixels as along·a + depth·d from base, so that one loop serves all four sides.
		along, depth, base, length, width := g.w, 1, 0, g.h, g.w
		switch side {
		case 1:
			depth, base = -1, g.w-1
		case 2:
			along, depth, length, width = 1, g.w, g.w, g.h
		case 3:
			along, depth, base, length, width = 1, -g.w, (g.h-1)*g.w, g.w, g.h
		}
		band := min(max(4, width*13/100), width)
		for x := range band {
			lo, hi := max(0, x-1), min(x+2, width)
			first, last, n := -1, -1, 0
			s.runs = s.runs[:0]
			for y := range length {
				p := base + y*along
				on := false
				for k := lo; k < hi; k++ {
					if g.pix[p+k*depth] != 0 {
						on = true
						break
					}
				}
				if !on {
					continue
				}
				if first < 0 {
					first = y
				}
				last = y
				n++
				r := lo
				for r < width && (r <= x || g.pix[p+r*depth] != 0) {
					r++
				}
				s.runs = append(s.runs, y, r-lo)
			}
			if n*10 < length*4 || (last-first)*100 < length*93 {
				continue
			}
			s.sorted = s.sorted[:0]
			for i := 1; i < len(s.runs); i += 2 {
				s.sorted = append(s.sorted, s.runs[i])
			}
			slices.Sort(s.sorted)
			median := s.sorted[len(s.sorted)/2]
			limit := max(6, median*17/10)
			if limit*100 > width*16 {
				continue // a line as thick as that is no printed frame
			}
			thick = max(thick, median)
			for i := 0; i < len(s.runs); i += 2 {
				if r := s.runs[i+1]; r <= limit {
					p := base + s.runs[i]*along
					for k := lo; k < lo+r; k++ {
						g.pix[p+k*depth] = 0
					}
				}
			}
		}
	}
	return thick
}

// components labels the ink; label 0 is paper, piece i has label i+1.
func (s *scratch) components() {
	g := &s.grid
	n := g.w * g.h
	if cap(s.label) < n {
		s.label = make([]int32, n)
	}
	s.label = s.label[:n]
	clear(s.label)
	s.pieces = s.pieces[:0]
	for start, ink := range g.pix {
		if ink == 0 || s.label[start] != 0 {
			continue
		}
		id := int32(len(s.pieces) + 1)
		p := piece{x0: g.w, y0: g.h}
		s.label[start] = id
		s.stack = append(s.stack[:0], int32(start))
		for len(s.stack) > 0 {
			at := int(s.stack[len(s.stack)-1])
			s.stack = s.stack[:len(s.stack)-1]
			x, y := at%g.w, at/g.w
			p.area++
			p.x0, p.x1 = min(p.x0, x), max(p.x1, x+1)
			p.y0, p.y1 = min(p.y0, y), max(p.y1, y+1)
			for yy := max(y-1, 0); yy <= min(y+1, g.h-1); yy++ {
				for xx := max(x-1, 0); xx <= min(x+1, g.w-1); xx++ {
					if q := yy*g.w + xx; g.pix[q] != 0 && s.label[q] == 0 {
						s.label[q] = id
						s.stack = append(s.stack, int32(q))
					}
				}
			}
		}
		s.pieces = append(s.pieces, p)
	}
}

// sift decides which pieces are writing: not specks, not what lies wholly in the outer rim, not
// crumbs beside something much larger, not slivers of a side line beside a digit. framed says that
// the printed frame may still be there; where the caller blanked it, only threads left of it go, for
// a thicker piece at the rim is a stroke, such as the bar of a 5.
func (s *scratch) sift(framed bool) {
	g := &s.grid
	const thread = 2
	rimX, rimY := max(3, g.w*6/100), max(3, g.h*6/100)
	biggest := 0
	for i := range s.pieces {
		biggest = max(biggest, s.pieces[i].area)
	}
	largest := 0
	for i := range s.pieces {
		p := &s.pieces[i]
		rim := p.x1 <= rimX || p.x0 >= g.w-rimX || p.y1 <= rimY || p.y0 >= g.h-rimY
		if !framed && rim {
			rim = min(p.x1-p.x0, p.y1-p.y0) <= thread && p.area*8 < biggest
		}
		p.keep = p.area >= 4 && !rim
		if p.keep {
			largest = max(largest, p.area)
		}
	}
	if largest == 0 {
		for i := range s.pieces {
			s.pieces[i].keep = true
		}
		return
	}
	for i := range s.pieces {
		p := &s.pieces[i]
		if !p.keep {
			continue
		}
		if p.area*25 < largest {
			p.keep = false
			continue
		}
		sliver := (p.x1-p.x0)*100 <= g.w*13 && (p.x1*100 <= g.w*16 || p.x0*100 >= g.w*84)
		if framed && sliver {
			for j := range s.pieces {
				q := &s.pieces[j]
				if j != i && q.keep && q.area*10 >= p.area*4 && q.x1*100 > g.w*20 && q.x0*100 < g.w*80 {
					p.keep = false
					break
				}
			}
		}
	}
}

// drop erases the pieces that sift left out.
func (s *scratch) drop() {
	for i, id := range s.label {
		if id != 0 && !s.pieces[id-1].keep {
			s.grid.pix[i] = 0
		}
	}
}
