package form

import (
	"math"

	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// How far a frame line may lie from where registration puts it, millimetres.
const (
	frameReach = 0.75 // sideways
	frameSlip  = 1.2  // and up or down, where the paper feed jumps
	cornerMM   = 0.7  // beside a corner, where the other line's ink is
)

// side is a frame line within a crop: where its centre runs, and how thick it is.
type side struct {
	level   bool    // else upright
	a, b    float64 // centre = a + b·(position along the line), pixels of the crop
	thick   float64
	seen    float64   // part of the line that is ink
	expect  float64   // a before the line was looked for
	edges   *edges    // of the row's line, nil where they are not known
	x0      float64   // of the crop on the page
	excess  []float64 // pixels by which the ink along it is thicker than the line; NaN where it cannot be told
	laid    []bool
	located bool
	from    float64 // between these corners, along the line
	to      float64
	inset   float64 // pixels beside a corner that belong to the other line
	inward  int     // +1 where the box lies at larger coordinates
	// touched is where strokes from within end at the line.
	touched []span
}

// span is a piece of a line, in pixels along it, half-open.
type span struct{ from, to int }

// boxFrame is the four lines of a box.
type boxFrame struct{ top, bottom, left, right side }

func (f *boxFrame) sides() [4]*side { return [4]*side{&f.top, &f.bottom, &f.left, &f.right} }

// seen is the part of the lines that is ink.
func (f *boxFrame) seen() float64 {
	return (f.top.seen + f.bottom.seen + f.left.seen + f.right.seen) / 4
}

// findFrame finds a box's lines in its patch: each by itself, then one that is not seen by its
// opposite, then the level ones by what the whole row says of them.
func (c *cellReader) findFrame(p *patch, b printed.Box, lineMM float64) *boxFrame {
	g := c.g
	tl, tr := p.at(b.X, b.Y), p.at(b.X+b.W, b.Y)
	bl, br := p.at(b.X, b.Y+b.H), p.at(b.X+b.W, b.Y+b.H)
	f := &boxFrame{
		top:    findSide(p.m, tl, tr, true, g.ky, lineMM),
		bottom: findSide(p.m, bl, br, true, g.ky, lineMM),
		left:   findSide(p.m, tl, bl, false, g.kx, lineMM),
		right:  findSide(p.m, tr, br, false, g.kx, lineMM),
	}
	for i, s := range f.sides() {
		s.inward = 1 - 2*(i%2)
		s.inset = cornerMM * g.kx
		if !s.level {
			s.inset = cornerMM * g.ky
		}
	}
	lendOffset(&f.top, &f.bottom, tl, bl)
	lendOffset(&f.left, &f.right, tl, tr)
	if r := c.frames.rows[[2]float64{b.Y, b.H}]; r != nil {
		f.top.follow(&r.top, float64(p.x0))
		f.bottom.follow(&r.bottom, float64(p.x0))
	}
	return f
}

// inside is the box from line to line in the middle of each, pixels of the patch.
func (f *boxFrame) inside(m *bilevel.Image) component {
	x, y := (f.top.from+f.top.to)/2, float64(m.H)/2
	return component{
		x0: int(f.left.centre(y)), x1: int(f.right.centre(y) + 1),
		y0: int(f.top.centre(x)), y1: int(f.bottom.centre(x) + 1),
	}
}

// middle is the middle of a piece of ink's bounds.
func middle(k *component) (x, y float64) { return float64(k.x0+k.x1) / 2, float64(k.y0+k.y1) / 2 }

// wellWithin tells whether a speck lies so far within the box that it is nothing of the frame's.
func (f *boxFrame) wellWithin(k *component, g *registration) bool {
	const off = 0.6 // mm
	x, y := middle(k)
	return x > f.left.centre(y)+off*g.kx && x < f.right.centre(y)-off*g.kx &&
		y > f.top.centre(x)+off*g.ky && y < f.bottom.centre(x)-off*g.ky
}

// reached tells whether a piece of ink reaches into the box and is not what is left of its frame.
func (f *boxFrame) reached(k *component, b printed.Box, g *registration) bool {
	insetX, insetY := 0.25*g.kx, 0.25*g.ky
	x, y := middle(k)
	l, r := f.left.centre(y)+f.left.thick/2+insetX, f.right.centre(y)-f.right.thick/2-insetX
	t, u := f.top.centre(x)+f.top.thick/2+insetY, f.bottom.centre(x)-f.bottom.thick/2-insetY
	if float64(k.x1) <= l || float64(k.x0) >= r || float64(k.y1) <= t || float64(k.y0) >= u {
		return false // a neighbour's stroke, or what is left of the frame
	}
	w, h := float64(k.x1-k.x0)/g.kx, float64(k.y1-k.y0)/g.ky
	return !onFrame(w, h, b, float64(k.x1)-l, r-float64(k.x0), float64(k.y1)-t, u-float64(k.y0), g.kx, g.ky)
}

// leaves tells whether a piece of ink runs on towards a neighbour.
func (f *boxFrame) leaves(k *component, near neighbours, g *registration) bool {
	_, y := middle(k)
	return near.left != nil && f.left.centre(y)-float64(k.x0) > beyondMM*g.kx ||
		near.right != nil && float64(k.x1)-f.right.centre(y) > beyondMM*g.kx
}

// onFrame tells whether a piece of ink is what is left of a frame line: it stays within a
// narrow band along one side and is short, or thin and as long as the side. reach is how far it
// comes in from the left, right, top and bottom line, in pixels.
func onFrame(w, h float64, b printed.Box, left, right, top, bottom, kx, ky float64) bool {
	const band, short, slipBand, thin, hug, frayed = 0.45, 2.2, 1.4, 0.5, 0.08, 0.75
	switch {
	case min(left, right)/kx < hug && w < frayed:
		return true
	case min(left, right)/kx < band && h < short, min(top, bottom)/ky < band && w < short:
		return true
	case min(top, bottom)/ky < slipBand && h < thin+0.1*w && w > 0.75*b.W: // the feed jumped
		return true
	}
	return false
}

// follow takes the line's place and thickness from its row.
func (s *side) follow(e *edges, x0 float64) {
	if !e.ok || s.to <= s.from {
		return
	}
	off, thick := e.offAt(x0 + (s.from+s.to)/2)
	s.edges, s.x0 = e, x0
	s.a, s.thick, s.located = s.expect+s.b/2+off, thick, true
}

// ends are where the line begins and ends across at position i.
func (s *side) ends(i int) (lo, hi float64) {
	if s.edges == nil {
		c := s.centre(float64(i))
		return c - s.thick/2, c + s.thick/2
	}
	x := float64(i) + .5
	y := s.expect + s.b*x
	return y + s.edges.lo + s.edges.b*(x+s.x0), y + s.edges.hi + s.edges.c*(x+s.x0)
}

func (s *side) centre(along float64) float64 { return s.a + s.b*along }

// findSide looks for the frame line that must run from p to q, across by at most frameReach, or
// frameSlip where it is level.
func findSide(m *bilevel.Image, p, q xy, level bool, k, lineMM float64) side {
	s := side{level: level}
	if !level {
		p, q = xy{p.y, p.x}, xy{q.y, q.x}
	}
	if q.x-p.x < 1 {
		return s
	}
	s.b = (q.y - p.y) / (q.x - p.x)
	s.a = p.y - s.b*p.x
	s.expect = s.a
	s.thick = max(lineMM*k, 1)
	s.from, s.to = p.x, q.x
	reach := int(math.Ceil(frameReach * k))
	if level {
		reach = int(math.Ceil(frameSlip * k))
	}
	across := s.profile(m, reach)
	lo, hi, peak := across.line(s.thick)
	s.seen = float64(peak) / profileSamples
	if s.seen < 0.5 {
		return s
	}
	s.a += float64(lo+hi)/2 - float64(reach) - 0.5
	s.thick = float64(hi - lo)
	s.located = true
	return s
}

const profileSamples = 32

// profile counts the ink across a line, reach pixels each way from where it is expected, at
// samples along it.
type profile struct {
	counts   [256]int
	n, reach int
}

func (s *side) profile(m *bilevel.Image, reach int) *profile {
	p := &profile{reach: reach}
	p.n = min(2*reach+1, len(p.counts))
	for i := range profileSamples {
		along := s.from + (s.to-s.from)*(0.06+0.88*float64(i)/(profileSamples-1))
		centre := s.a + s.b*along
		for d := range p.n {
			x, y := int(along), int(math.Floor(centre))+d-reach
			if !s.level {
				x, y = y, x
			}
			if m.At(x, y) {
				p.counts[d]++
			}
		}
	}
	return p
}

// line is where the line lies in the profile, half-open, and the ink at its darkest.
func (p *profile) line(usual float64) (lo, hi, peak int) {
	thick := max(int(math.Round(usual)), 1)
	from := p.darkest(thick)
	for e := range thick {
		peak = max(peak, p.counts[from+e])
	}
	lo, hi = from, from+thick
	for lo > 0 && p.counts[lo-1]*10 >= peak*6 && hi-lo < thick+3 {
		lo--
	}
	for hi < p.n && p.counts[hi]*10 >= peak*6 && hi-lo < thick+3 {
		hi++
	}
	for lo < hi-1 && p.counts[lo]*10 < peak*4 {
		lo++
	}
	for hi > lo+1 && p.counts[hi-1]*10 < peak*4 {
		hi--
	}
	return lo, hi, peak
}

// darkest is the best window as thick as the line; nearer to the expected place wins ties.
func (p *profile) darkest(thick int) (from int) {
	best := -1.0
	for d := 0; d+thick <= p.n; d++ {
		sum := 0
		for e := range thick {
			sum += p.counts[d+e]
		}
		off := math.Abs(float64(d)+float64(thick)/2-float64(p.reach)-0.5) / float64(p.reach)
		if v := float64(sum)/float64(thick*profileSamples) - 0.25*off; v > best {
			best, from = v, d
		}
	}
	return from
}

// lendOffset places a line that was not seen by how far its opposite lay off.
func lendOffset(s, t *side, p, u xy) {
	expected := func(p xy, l *side) float64 {
		if !l.level {
			p = xy{p.y, p.x}
		}
		return p.y - l.b*p.x
	}
	switch {
	case s.located && !t.located:
		t.a += s.a - expected(p, s)
	case t.located && !s.located:
		s.a += t.a - expected(u, t)
	}
}
