package form

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	printed "todoke/templates/form"
)

// Which marks of a layout are which pieces of ink: pairs of marks give a first guess, the guess
// grows mark by mark over what the feed did, and the few best guesses go on to be verified.

// candidate is a solid piece of ink that could be a mark. Its size, in millimetres, is judged
// by ink and by bounds.
type candidate struct {
	c    xy // centre in pixels
	mm   xy // the same in nominal millimetres
	fits []int
	box  [4]int // bounds in pixels, half-open: left, top, right, bottom
}

// shapes are the distinct sizes of a layout's marks.
type shapes struct {
	w, h []float64
	of   []int // by mark
}

func shapesOf(l *printed.Layout) shapes {
	var s shapes
	for _, m := range l.Marks {
		k := -1
		for i := range s.w {
			if s.w[i] == m.W && s.h[i] == m.H {
				k = i
			}
		}
		if k < 0 {
			k = len(s.w)
			s.w, s.h = append(s.w, m.W), append(s.h, m.H)
		}
		s.of = append(s.of, k)
	}
	return s
}

func candidates(comps []component, res resolution, sh *shapes, sideways bool) []candidate {
	kx, ky := res.x/mmPerInch, res.y/mmPerInch
	var corners, timings []candidate
	const skewSin = 0.16
	for i := range comps {
		c := &comps[i]
		w, h := float64(c.x1-c.x0)/kx, float64(c.y1-c.y0)/ky
		if w > 12 || h > 12 || w < 1 || h < 1 {
			continue
		}
		area := float64(c.area) / (kx * ky)
		if area < 0.6*w*h {
			continue
		}
		var fits []int
		largest := 0.0
		for k := range sh.w {
			mw, mh := sh.w[k], sh.h[k]
			if sideways {
				mw, mh = mh, mw
			}
			part := area / (mw * mh)
			if part < 0.66 || part > 1.5 {
				continue
			}
			if w < mw*0.8 || w > mw*1.12+mh*skewSin+0.4 || h < mh*0.75-0.1 || h > mh*1.12+mw*skewSin+0.4 {
				continue
			}
			fits = append(fits, k)
			largest = max(largest, mw*mh)
		}
		if len(fits) == 0 {
			continue
		}
		x, y := c.centre()
		cand := candidate{c: xy{x, y}, mm: xy{x / kx, y / ky}, fits: fits, box: [4]int{c.x0, c.y0, c.x1, c.y1}}
		if area > 13 && math.Abs(w-h) < 1.6 {
			corners = append(corners, cand)
		} else {
			timings = append(timings, cand)
		}
	}
	if len(corners) > maxCorners {
		corners = corners[:maxCorners]
	}
	if len(timings) > maxTimings {
		timings = timings[:maxTimings]
	}
	return append(corners, timings...)
}

// hypothesis is one way to lay the layout over the candidates.
type hypothesis struct {
	score    float64 // found marks by weight, of all
	rotation int
	t        affine // form millimetres to nominal millimetres of the page
	found    []found
}

// weightOf says how much a mark tells: four corners weigh as much as a dozen side marks.
func weightOf(k printed.MarkKind) float64 {
	if k == printed.MarkCorner {
		return 2
	}
	return 1
}

// search holds what trying guesses needs.
type search struct {
	cands    []candidate
	layout   *printed.Layout
	shapes   *shapes
	index    *grid
	sideways bool
	growing  bool // over jumps of the feed
	centre   []xy
	byY      []int // marks from the top down
	total    float64
	tried    int
	budget   *int          // guesses left for the page
	best     []*hypothesis // one a way to lie, the likeliest first
}

func newSearch(cands []candidate, l *printed.Layout, sh *shapes, sideways bool, budget *int) *search {
	s := &search{budget: budget, cands: cands, layout: l, shapes: sh, index: newGrid(cands), sideways: sideways}
	for i, m := range l.Marks {
		s.total += weightOf(m.Kind)
		s.centre = append(s.centre, xy{m.X + m.W/2, m.Y + m.H/2})
		s.byY = append(s.byY, i)
	}
	slices.SortStableFunc(s.byY, func(a, b int) int { return cmp.Compare(s.centre[a].y, s.centre[b].y) })
	return s
}

// keptHypotheses of different places are handed on: the marks alone may not tell a form from
// itself upside down, or from itself a row further down.
const keptHypotheses = 4

// keep remembers the guess if it is among the best. Guesses that put the sheet's middle at the
// same place the same way up are one.
func (s *search) keep(h *hypothesis) {
	mid := xy{s.layout.Page.WidthMM / 2, s.layout.Page.HeightMM / 2}
	p := h.t.at(mid)
	at := slices.IndexFunc(s.best, func(o *hypothesis) bool {
		q := o.t.at(mid)
		return o.rotation == h.rotation && math.Hypot(p.x-q.x, p.y-q.y) < 5
	})
	switch {
	case at >= 0 && s.best[at].score >= h.score:
		return
	case at >= 0:
		s.best[at] = h
	default:
		s.best = append(s.best, h)
	}
	slices.SortStableFunc(s.best, func(a, b *hypothesis) int { return cmp.Compare(b.score, a.score) })
	s.best = s.best[:min(len(s.best), keptHypotheses)]
}

func (s *search) top() float64 {
	if len(s.best) == 0 {
		return 0
	}
	return s.best[0].score
}

// pair is two marks far apart.
type pair struct{ i, j int }

// pairs lists the marks far apart, corners first and the farthest first: any two marks fix
// position, angle and scale, so lost corners do not matter.
func (s *search) pairs() []pair {
	var out []pair
	dist := func(p pair) float64 {
		a, b := s.centre[p.i], s.centre[p.j]
		return math.Hypot(a.x-b.x, a.y-b.y)
	}
	for i := range s.centre {
		for j := i + 1; j < len(s.centre); j++ {
			if dist(pair{i, j}) > 0.5*s.layout.Page.WidthMM {
				out = append(out, pair{i, j})
			}
		}
	}
	corners := func(p pair) int {
		n := 0
		for _, k := range []int{p.i, p.j} {
			if s.layout.Marks[k].Kind == printed.MarkCorner {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(out, func(p, q pair) int {
		return cmp.Or(cmp.Compare(corners(q), corners(p)), cmp.Compare(dist(q), dist(p)))
	})
	return out
}

// run tries pairs of candidates for pairs of marks. wide are the widths to try against the
// height that a pair down one side gives.
func (s *search) run(wide []float64) {
	if len(s.cands) < 2 {
		return
	}
	byShape := make([][]int, len(s.shapes.w))
	for i, c := range s.cands {
		for _, k := range c.fits {
			byShape[k] = append(byShape[k], i)
		}
	}
	pairs := s.pairs()
	if len(wide) > 1 {
		pairs = slices.DeleteFunc(pairs, func(p pair) bool {
			return math.Abs(s.centre[p.i].x-s.centre[p.j].x) > 5 // down one side only
		})
	}
	r := rand.New(rand.NewPCG(uint64(len(s.cands)), uint64(len(pairs))))
	for n, p := range pairs {
		as, bs := byShape[s.shapes.of[p.i]], byShape[s.shapes.of[p.j]]
		if len(as)*len(bs) > 4000 { // many look-alikes: a sample finds the form if it is there
			for range 300 {
				if a, b := as[r.IntN(len(as))], bs[r.IntN(len(bs))]; a != b {
					s.try(a, b, p, wide)
				}
			}
		} else {
			for _, a := range as {
				for _, b := range bs {
					if a != b {
						s.try(a, b, p, wide)
					}
				}
			}
		}
		if best := s.top(); best > 0.97 || best > 0.75 && n >= 24 ||
			best > minMarksPart && n >= 24 && s.tried > fewHypotheses || s.tried > maxHypotheses || *s.budget <= 0 {
			break
		}
	}
}

// try lays the layout so that the marks of p fall on candidates a and b.
func (s *search) try(a, b int, p pair, wide []float64) {
	ca, cb := s.cands[a].mm, s.cands[b].mm
	ma, mb := s.centre[p.i], s.centre[p.j]
	dm, dc := math.Hypot(mb.x-ma.x, mb.y-ma.y), math.Hypot(cb.x-ca.x, cb.y-ca.y)
	if dc < minScale*dm || dc > maxScale*dm {
		return
	}
	angle := (math.Atan2(cb.y-ca.y, cb.x-ca.x) - math.Atan2(mb.y-ma.y, mb.x-ma.x)) * 180 / math.Pi
	quarter := math.Round(angle / 90)
	if math.Abs(angle-quarter*90) > maxSkew {
		return
	}
	rotation := ((int(quarter)*90)%360 + 360) % 360
	if (rotation == 90 || rotation == 270) != s.sideways {
		return
	}
	k := dc / dm
	sin, cos := math.Sincos(angle * math.Pi / 180)
	for _, w := range wide {
		s.tried++
		*s.budget--
		t := affine{a: k * w * cos, b: -k * sin, d: k * w * sin, e: k * cos}
		t.c = ca.x - t.a*ma.x - t.b*ma.y
		t.f = ca.y - t.d*ma.x - t.e*ma.y
		h := s.match(t)
		if h == nil || h.score <= 0.2 {
			continue
		}
		h.rotation = rotation
		if s.growing && !s.sideways && h.score > growFrom && h.score < 0.97 && h.score > s.top()-0.15 {
			if g := s.grow(h); g.score > h.score {
				h = g
			}
		}
		s.keep(h)
	}
}

// growFrom is the part of the marks from which a guess is worth growing.
const growFrom = 0.3

// match finds the marks that lie where the guess puts them, near enough.
func (s *search) match(t affine) *hypothesis {
	const early, hopeless = 12, 0.15 // marks, and the part of them that a guess worth following has
	h := &hypothesis{t: t}
	seen := 0.0
	for i := range s.centre {
		if i >= early && h.score < hopeless*seen {
			return nil
		}
		seen += weightOf(s.layout.Marks[i].Kind) / s.total
		k, ok := s.index.nearest(t.at(s.centre[i]), markReach, s.shapes.of[i])
		if !ok {
			continue
		}
		h.score += weightOf(s.layout.Marks[i].Kind) / s.total
		h.found = append(h.found, s.pick(i, k))
	}
	return h
}

func (s *search) pick(mark, cand int) found {
	c := &s.cands[cand]
	return found{mark: mark, form: s.centre[mark], page: c.c, mm: c.mm, box: c.box}
}

// grow refits the guess to the marks that it has, then walks from its middle up and down the
// form: where the marks stop being where they should, the rest of the form may lie further up
// or down, for the feed jumped or rows were lost.
func (s *search) grow(h *hypothesis) *hypothesis {
	t, ok := fitMM(h)
	if !ok {
		return h
	}
	again := s.match(t)
	if again == nil {
		return h
	}
	again.rotation = h.rotation
	if again.score < h.score*0.8 {
		return h
	}
	// From the middle of the marks that fit tightly.
	var mids []int
	for n, i := range s.byY {
		if _, ok := s.index.nearest(t.at(s.centre[i]), tightReach, s.shapes.of[i]); ok {
			mids = append(mids, n)
		}
	}
	if len(mids) < 4 {
		return again
	}
	start := mids[len(mids)/2]
	out := &hypothesis{t: t, rotation: h.rotation}
	w := walker{search: s, out: out, used: map[int]bool{}}
	w.walk(s.byY[start:])
	up := slices.Clone(s.byY[:start])
	slices.Reverse(up)
	w.walk(up)
	for _, f := range out.found {
		out.score += weightOf(s.layout.Marks[f.mark].Kind) / s.total
	}
	out.score -= jumpCost * float64(w.jumps)
	if out.score < again.score {
		return again
	}
	return out
}

// Reaches of growing, millimetres.
const (
	tightReach = 1.6  // of a mark from where its neighbours say
	jumpReach  = 16.0 // of the whole rest of the form from where it should be
)

// jumpCost is what a jump of the feed takes from a guess's score: rows of marks look alike, and
// a form laid a row too low is no form whose feed jumped twice.
const jumpCost = 0.06

// walker grows a guess. A piece of ink is one mark, not two.
type walker struct {
	*search
	out   *hypothesis
	used  map[int]bool
	jumps int
}

// walk takes the marks in turn, each where those before it say.
func (s *walker) walk(marks []int) {
	var shift xy
	missed := 0
	for n := 0; n < len(marks); n++ {
		i := marks[n]
		p := s.out.t.at(s.centre[i])
		k, ok := s.index.nearest(xy{p.x + shift.x, p.y + shift.y}, tightReach, s.shapes.of[i])
		if ok && !s.used[k] {
			f := s.pick(i, k)
			s.used[k] = true
			s.out.found = append(s.out.found, f)
			shift = xy{0.6*shift.x + 0.4*(f.mm.x-p.x), 0.6*shift.y + 0.4*(f.mm.y-p.y)}
			missed = 0
			continue
		}
		if missed++; missed < 2 {
			continue
		}
		if d, ok := s.vote(shift, marks[n-1:]); ok {
			shift = d
			s.jumps++
			n -= 2 // these two again
			missed = -2
		}
	}
}

// vote asks the marks that are left by how much all of them lie further up or down.
func (s *walker) vote(shift xy, marks []int) (xy, bool) {
	type ballot struct{ dx, dy, w float64 }
	var votes []ballot
	all := 0.0
	for _, i := range marks {
		p := s.out.t.at(s.centre[i])
		p.x, p.y = p.x+shift.x, p.y+shift.y
		w := weightOf(s.layout.Marks[i].Kind)
		all += w
		s.index.around(p, jumpReach, func(k int) {
			c := &s.cands[k]
			if !s.used[k] && math.Abs(c.mm.x-p.x) < 2.5 && slices.Contains(c.fits, s.shapes.of[i]) {
				votes = append(votes, ballot{c.mm.x - p.x, c.mm.y - p.y, w})
			}
		})
	}
	best := 0.0
	var at xy
	for _, v := range votes {
		var sum, sx, sy float64
		for _, u := range votes {
			if math.Abs(u.dx-v.dx) < 1.2 && math.Abs(u.dy-v.dy) < 0.8 {
				sum, sx, sy = sum+u.w, sx+u.w*u.dx, sy+u.w*u.dy
			}
		}
		if score := sum - 0.02*math.Hypot(v.dx, v.dy)*sum/jumpReach; score > best {
			best, at = score, xy{shift.x + sx/sum, shift.y + sy/sum}
		}
	}
	return at, best >= 2.9 && best >= 0.45*all || best > 0.9*all && best >= 1.9
}

// fitMM fits an affine map to the guess's marks in nominal millimetres.
func fitMM(h *hypothesis) (affine, bool) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, f := range h.found {
		lo, hi = min(lo, f.form.x), max(hi, f.form.x)
	}
	if hi-lo < 60 || len(h.found) < 6 {
		return h.t, len(h.found) >= 4
	}
	points := make([]match, len(h.found))
	for i, f := range h.found {
		points[i] = match{f.form, f.mm, 1}
	}
	t := h.t
	for range 3 {
		var ok bool
		if t, ok = fitAffine(points); !ok {
			return h.t, false
		}
		for i := range points {
			q := t.at(points[i].form)
			d := math.Hypot(q.x-points[i].page.x, q.y-points[i].page.y)
			points[i].w = 1 / (1 + d*d/0.16)
		}
	}
	return t, true
}

// grid finds candidates by place.
type grid struct {
	cands []candidate
	w, h  int
	first []int32 // of each square, -1 where empty
	next  []int32 // in the same square
}

// gridMM is the side of a square: a search looks at nine, so it must exceed markReach.
const gridMM = 8.0

func newGrid(cands []candidate) *grid {
	g := &grid{cands: cands, next: make([]int32, len(cands))}
	for _, c := range cands {
		g.w, g.h = max(g.w, int(c.mm.x/gridMM)+1), max(g.h, int(c.mm.y/gridMM)+1)
	}
	g.first = make([]int32, g.w*g.h)
	for i := range g.first {
		g.first[i] = -1
	}
	for i, c := range cands {
		k := int(c.mm.y/gridMM)*g.w + int(c.mm.x/gridMM)
		g.next[i], g.first[k] = g.first[k], int32(i)
	}
	return g
}

func (g *grid) nearest(p xy, reach float64, shape int) (int, bool) {
	best, at := reach*reach, -1
	cx, cy := int(math.Floor(p.x/gridMM)), int(math.Floor(p.y/gridMM))
	for j := max(cy-1, 0); j <= min(cy+1, g.h-1); j++ {
		for i := max(cx-1, 0); i <= min(cx+1, g.w-1); i++ {
			for k := g.first[j*g.w+i]; k >= 0; k = g.next[k] {
				c := &g.cands[k]
				d := (c.mm.x-p.x)*(c.mm.x-p.x) + (c.mm.y-p.y)*(c.mm.y-p.y)
				if d < best && slices.Contains(c.fits, shape) {
					best, at = d, int(k)
				}
			}
		}
	}
	return at, at >= 0
}

// around calls f for the candidates within a square about p.
func (g *grid) around(p xy, reach float64, f func(k int)) {
	x0, x1 := int(math.Floor((p.x-reach)/gridMM)), int(math.Floor((p.x+reach)/gridMM))
	y0, y1 := int(math.Floor((p.y-reach)/gridMM)), int(math.Floor((p.y+reach)/gridMM))
	for j := max(y0, 0); j <= min(y1, g.h-1); j++ {
		for i := max(x0, 0); i <= min(x1, g.w-1); i++ {
			for k := g.first[j*g.w+i]; k >= 0; k = g.next[k] {
				if c := &g.cands[k]; math.Abs(c.mm.x-p.x) <= reach && math.Abs(c.mm.y-p.y) <= reach {
					f(int(k))
				}
			}
		}
	}
}
