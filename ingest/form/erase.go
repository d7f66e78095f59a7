package form

import (
	"math"

	"todoke/internal/bilevel"
)

// A box's printed lines are taken away before anything is measured in it; strokes that cross them
// stay.

// eraseFrame takes a box's four lines away.
func (c *cellReader) eraseFrame(m *bilevel.Image, f *boxFrame) {
	for _, s := range f.sides() {
		usual := c.frames.tallH
		if !s.level {
			usual = c.frames.wideV
		}
		eraseSide(m, s, usual)
	}
}

// eraseSide blanks the line, pixel column by pixel column (or row by row), where the ink
// across it is no thicker than the line; where it is thicker a stroke crosses or touches, and
// only a line that the stroke does not cross is taken off. others is how thick the page's other
// such lines are, pixels; 0 where that is not known.
func eraseSide(m *bilevel.Image, s *side, others float64) {
	t := stripOf(m, s.level)
	lengths := s.inkAcross(&t)
	// The line's usual thickness is that of its row or of the page's other lines, or what most of
	// its length has.
	usual := s.usual(lengths)
	mean := float64(usual)
	if s.edges == nil && others > 0 {
		mean = others
		usual = min(usual, int(math.Round(others))+1)
	}
	s.compare(lengths, usual, mean)
	for i := range t.n {
		if s.laid[i] {
			continue
		}
		limit := usual + 1
		if s.edges != nil {
			limit = int(s.thickAt(i, mean)+0.5) + 1
		}
		s.eraseAt(&t, i, limit)
	}
}

// strip is a picture seen along a line: position by position along it, pixel by pixel across.
type strip struct {
	m        *bilevel.Image
	level    bool
	n, depth int
}

func stripOf(m *bilevel.Image, level bool) strip {
	if level {
		return strip{m, level, m.W, m.H}
	}
	return strip{m, level, m.H, m.W}
}

func (t *strip) ink(along, across int) bool {
	if t.level {
		return t.m.At(along, across)
	}
	return t.m.At(across, along)
}

// clear takes the ink across position along away, half-open.
func (t *strip) clear(along, from, to int) {
	for across := from; across < to; across++ {
		if t.level {
			t.m.Set(along, across, false)
		} else {
			t.m.Set(across, along, false)
		}
	}
}

// run is the ink across position i that holds pixel j, half-open.
func (t *strip) run(i, j int) (a, b int) {
	a, b = j, j+1
	for a > 0 && t.ink(i, a-1) {
		a--
	}
	for b < t.depth && t.ink(i, b) {
		b++
	}
	return a, b
}

// band is where the line's ink may lie across position i, half-open.
func (s *side) band(t *strip, i int) (lo, hi int) {
	c := s.centre(float64(i))
	return max(int(math.Floor(c-s.thick/2-0.75)), 0), min(int(math.Ceil(c+s.thick/2+0.75)), t.depth)
}

// inkAcross is how long the first run of ink that touches the line is, position by position.
func (s *side) inkAcross(t *strip) []int {
	lengths := make([]int, t.n)
	for i := range t.n {
		lo, hi := s.band(t, i)
		for j := lo; j < hi; j++ {
			if t.ink(i, j) {
				a, b := t.run(i, j)
				lengths[i] = b - a
				break
			}
		}
	}
	return lengths
}

// thickAt is how thick the line is at position i; mean where its row says nothing.
func (s *side) thickAt(i int, mean float64) float64 {
	if s.edges == nil {
		return mean
	}
	lo, hi := s.ends(i)
	return hi - lo
}

// compare notes where the ink across the line is thicker than the line, and where a stroke lies
// along it: the bar of a 7 or the tail of a 2 shows by the line being thicker over a length that
// no fraying has.
func (s *side) compare(lengths []int, usual int, mean float64) {
	// Beyond them are the corners, where the other lines begin.
	inner := func(i int) bool { x := float64(i); return x >= s.from+s.inset && x <= s.to-s.inset }
	s.excess = make([]float64, len(lengths))
	for i, length := range lengths {
		s.excess[i] = math.NaN()
		if e := float64(length) - s.thickAt(i, mean); length > 0 && inner(i) && e < float64(usual)+4 {
			s.excess[i] = e
		}
	}
	s.laid = laidOn(len(lengths), func(i int) bool {
		switch {
		case !inner(i):
			return false
		case s.edges != nil:
			return float64(lengths[i])-s.thickAt(i, mean) > 0.75
		}
		return lengths[i] > usual+1 // no two machines draw an upright line evenly
	})
}

// eraseAt takes the line away at position i: runs of ink no longer than limit whole, longer ones
// as far as they are the line.
func (s *side) eraseAt(t *strip, i, limit int) {
	lo, hi := s.band(t, i)
	for j := lo; j < hi; j++ {
		if !t.ink(i, j) {
			continue
		}
		a, b := t.run(i, j)
		before, after := float64(lo-a), float64(b-hi) // how far it goes on, each way
		switch {
		case b-a <= limit:
			t.clear(i, a, b)
		case before > 0.8 && after > 0.8 || before < 1.5 && after < 1.5:
			// a stroke crosses the line, or lies on it: it stays
		default:
			s.sever(t, i, max(a, lo), min(b, hi), before > after)
			if x := float64(i); x > s.from+s.inset && x < s.to-s.inset && (after > before) == (s.inward > 0) {
				s.touch(i)
			}
		}
		j = b
	}
}

// sever takes the line from a stroke that touches it from one side and ends at it; before tells
// that the stroke comes from smaller coordinates.
func (s *side) sever(t *strip, i, from, to int, before bool) {
	c := s.centre(float64(i))
	if before {
		from = max(from, int(math.Floor(c-s.thick/2)))
	} else {
		to = min(to, int(math.Ceil(c+s.thick/2)))
	}
	t.clear(i, from, to)
}

// touch notes that a stroke ends at position i of the line.
func (s *side) touch(i int) {
	if n := len(s.touched); n > 0 && i-s.touched[n-1].to <= 3 {
		s.touched[n-1].to = i + 1
		return
	}
	s.touched = append(s.touched, span{i, i + 1})
}

// usual is what the line's thickness is in most places.
func (s *side) usual(lengths []int) int {
	var counts [16]int
	total := 0
	for _, l := range lengths {
		if l > 0 && l < len(counts) {
			counts[l]++
			total++
		}
	}
	usual := max(int(math.Round(s.thick)), 1)
	for v, sum := 1, 0; v < len(counts); v++ {
		if sum += counts[v]; 2*sum > total {
			return min(v, usual+2)
		}
	}
	return usual
}

// laidOn marks the positions along a line where it is thicker than usual for long.
func laidOn(n int, thick func(i int) bool) []bool {
	const window, least = 4, 8 // pixels: half of the median's window, and the shortest stroke
	over := make([]bool, n)
	sum := make([]int, n+1)
	for i := range n {
		sum[i+1] = sum[i]
		if thick(i) {
			sum[i+1]++
		}
	}
	for i := range n {
		from, to := max(i-window, 0), min(i+window, n-1)+1
		k, m := sum[to]-sum[from], to-from
		over[i] = 4*k >= 3*m
	}
	for i := 0; i < n; {
		if !over[i] {
			i++
			continue
		}
		j := i
		for j < n && over[j] {
			j++
		}
		if j-i < least {
			for k := i; k < j; k++ {
				over[k] = false
			}
		}
		i = j
	}
	return over
}
