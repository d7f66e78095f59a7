package form

import (
	"cmp"
	"math"
	"slices"

	"todoke/internal/bilevel"
)

// Strokes may lie hidden on the frame: the bar of a 7, the foot of a 2, the roof of a 0, whose ink
// went with the line's. How thick the line is there tells how probable that is.

// scales are a line's pixels per mm along it and across.
func (c *cellReader) scales(s *side) (along, across float64) {
	if s.level {
		return c.g.kx, c.g.ky
	}
	return c.g.ky, c.g.kx
}

// thicker sums up how much ink lies along the sides beyond their lines: in the mean, mm, and in
// all, mm².
func (c *cellReader) thicker(f *boxFrame) (mean, over float64) {
	n := 0.0
	for _, s := range f.sides() {
		along, across := c.scales(s)
		for _, e := range s.excess {
			if math.IsNaN(e) {
				continue
			}
			if s.edges == nil { // pixels fall as they may: one more or less says nothing
				e = max(e-1, min(e+1, 0))
			}
			mean += e / across
			over += e / across / along
			n++
		}
	}
	return mean / max(n, 1), over
}

// stretch is a part of a line, pixels along it, that may hide a stroke, and how probable it is.
type stretch struct {
	side     *side
	from, to int
	p        float64
}

// alternatives are the ways to see the box with the strokes that may lie hidden on its frame,
// the view cut out of each.
func (c *cellReader) alternatives(m *bilevel.Image, f *boxFrame, view component) (out []alternative) {
	const (
		least = 0.02 // less probable ones are not asked about
		most  = 2
	)
	var parts []stretch
	for _, s := range f.sides() {
		if v := c.hiddenOn(s); v.p >= least {
			parts = append(parts, v)
		}
	}
	slices.SortStableFunc(parts, func(a, b stretch) int { return cmp.Compare(b.p, a.p) })
	parts = parts[:min(len(parts), most)]
	for set := 1; set < 1<<len(parts); set++ {
		n := *m
		n.Pix = slices.Clone(m.Pix)
		p := 1.0
		for i, v := range parts {
			if set>>i&1 == 0 {
				p *= 1 - v.p
				continue
			}
			p *= v.p
			v.side.redraw(&n, v.from, v.to)
		}
		out = append(out, alternative{n.Crop(view.x0, view.y0, view.x1, view.y1), p})
	}
	return out
}

// hiddenOn is the stretch of a line that most probably hides a stroke: where strokes end at the
// line, one may run along it between two of them, or on from the first or the last.
func (c *cellReader) hiddenOn(s *side) stretch {
	const (
		between, beyond = 0.25, 0.05 // how often a stroke does
		shortMM, onMM   = 0.8, 1.3   // and is at least so long
	)
	best := stretch{side: s}
	n := len(s.touched)
	if n == 0 {
		return best
	}
	along, _ := c.scales(s)
	try := func(from, to int, prior, longer float64) {
		if float64(to-from) < longer*along {
			return
		}
		if p := c.hiddenBetween(s, from, to, prior); p > best.p {
			best.from, best.to, best.p = from, to, p
		}
	}
	first, last := s.touched[0], s.touched[n-1]
	if n > 1 {
		try(first.to, last.from, between, shortMM)
	}
	inset := 0.6 * along
	try(last.to, int(s.to-inset), beyond, onMM)
	try(int(s.from+inset), first.from, beyond, onMM)
	return best
}

// hiddenBetween is the probability that a stroke lies on the line between two places, prior before
// its thickness there is known; 0 where that cannot be told, or the stroke was seen and stands.
func (c *cellReader) hiddenBetween(s *side, from, to int, prior float64) float64 {
	_, across := c.scales(s)
	sum, k, laid := 0.0, 0.0, 0
	for j := max(from, 0); j < min(to, len(s.excess)); j++ {
		if s.laid[j] {
			laid++
		}
		if !math.IsNaN(s.excess[j]) {
			sum, k = sum+s.excess[j], k+1
		}
	}
	if 2*laid > to-from || k == 0 {
		return 0
	}
	return c.frames.hidden(sum/k/across, 1/across, prior)
}

// redraw draws a part of the line again.
func (s *side) redraw(m *bilevel.Image, from, to int) {
	for i := from; i < to; i++ {
		lo, hi := s.ends(i)
		for k := int(math.Floor(lo + .5)); k < max(int(math.Floor(hi+.5)), int(math.Floor(lo+.5))+1); k++ {
			if s.level {
				m.Set(i, k, true)
			} else {
				m.Set(k, i, true)
			}
		}
	}
}
