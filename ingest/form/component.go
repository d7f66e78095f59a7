package form

import (
	"math/bits"

	"todoke/internal/bilevel"
)

// component is an 8-connected piece of ink. Bounds are half-open.
type component struct {
	x0, y0, x1, y1 int
	area           int
	sx, sy         int64 // sums of coordinates
}

func (c *component) centre() (x, y float64) {
	return float64(c.sx)/float64(c.area) + .5, float64(c.sy)/float64(c.area) + .5
}

func (c *component) merge(o *component) {
	c.x0, c.y0, c.x1, c.y1 = min(c.x0, o.x0), min(c.y0, o.y0), max(c.x1, o.x1), max(c.y1, o.y1)
	c.area += o.area
	c.sx += o.sx
	c.sy += o.sy
}

// run is a horizontal piece of ink in one row and the component it belongs to.
type run struct {
	x0, x1 int32
	y      int32
	of     int32
}

// scanner finds components in one pass with union-find over runs. It is reused from cell to
// cell.
type scanner struct {
	runs   []run
	parent []int32
	comps  []component
}

// scan finds the components of m. It gives up (false) beyond maxRuns runs of ink, which no
// written page has: noise must not cost memory or time.
func (s *scanner) scan(m *bilevel.Image, maxRuns int) bool {
	s.runs, s.parent, s.comps = s.runs[:0], s.parent[:0], s.comps[:0]
	if n := min(m.H*24, maxRuns); cap(s.runs) < n { // what a written page has, without growing on the way
		s.runs = make([]run, 0, n)
	}
	prevFrom, prevTo := 0, 0 // the runs of the row before
	for y := range m.H {
		from := len(s.runs)
		p := prevFrom
		for x0, x1 := range rowRuns(m.Row(y), m.W) {
			if len(s.runs) >= maxRuns {
				return false
			}
			id := int32(-1)
			for p < prevTo && int(s.runs[p].x1) < x0 { // diagonal neighbours touch
				p++
			}
			for q := p; q < prevTo && int(s.runs[q].x0) <= x1; q++ {
				root := s.find(s.runs[q].of)
				switch {
				case id < 0:
					id = root
				case id != root:
					s.parent[root] = id
					s.comps[id].merge(&s.comps[root])
				}
			}
			if id < 0 {
				id = int32(len(s.parent))
				s.parent = append(s.parent, id)
				s.comps = append(s.comps, component{x0: x0, y0: y, x1: x1, y1: y + 1})
			}
			n := x1 - x0
			piece := component{
				x0: x0, y0: y, x1: x1, y1: y + 1, area: n,
				sx: int64(x0+x1-1) * int64(n) / 2, sy: int64(y) * int64(n),
			}
			s.comps[id].merge(&piece)
			s.runs = append(s.runs, run{int32(x0), int32(x1), int32(y), id})
		}
		prevFrom, prevTo = from, len(s.runs)
	}
	return true
}

func (s *scanner) find(i int32) int32 {
	for s.parent[i] != i {
		s.parent[i] = s.parent[s.parent[i]]
		i = s.parent[i]
	}
	return i
}

// roots calls f for each component.
func (s *scanner) roots(f func(id int32, c *component)) {
	for i := range s.comps {
		if s.parent[i] == int32(i) {
			f(int32(i), &s.comps[i])
		}
	}
}

// rowRuns yields the runs of ink of a packed row, half-open.
func rowRuns(row []byte, w int) func(yield func(int, int) bool) {
	return func(yield func(int, int) bool) {
		x := 0
		for {
			x = nextBit(row, x, w, 0)
			if x >= w {
				return
			}
			end := nextBit(row, x, w, 0xff)
			if !yield(x, end) {
				return
			}
			x = end
		}
	}
}

// nextBit is the first x ≥ from whose pixel is black (flip 0) or white (flip 0xff); w if none.
func nextBit(row []byte, from, w int, flip byte) int {
	if from >= w {
		return w
	}
	i := from >> 3
	b := (row[i] ^ flip) & (0xff >> (from & 7))
	for b == 0 {
		i++
		if i >= len(row) {
			return w
		}
		b = row[i] ^ flip
	}
	return min(i*8+bits.LeadingZeros8(b), w)
}
