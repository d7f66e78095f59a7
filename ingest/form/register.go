package form

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// Registration: how a printed form's millimetres map to a page's pixels. The page is turned by
// whole quarter turns at most; everything else is a map, so no pixel is ever resampled.

// xy is a position, in millimetres of the form or in pixels of the page.
type xy struct{ x, y float64 }

// affine maps form millimetres to page pixels.
type affine struct{ a, b, c, d, e, f float64 }

func (t affine) at(p xy) xy { return xy{t.a*p.x + t.b*p.y + t.c, t.d*p.x + t.e*p.y + t.f} }

// found is a mark of the layout and where its centre lies on the page.
type found struct {
	mark int
	form xy // centre, millimetres
	page xy // centre, pixels
}

// registration is a layout laid over a page that was turned upright.
type registration struct {
	layout   *printed.Layout
	page     *bilevel.Image // upright
	kx, ky   float64        // pixels a millimetre of the upright page, nominal
	rotation int            // how far the page as received was turned clockwise
	fit      affine
	marks    []found
	left     []deviation // down the left side, what the affine map leaves
	right    []deviation
	leftX    float64 // millimetres of the form
	rightX   float64
	residual float64 // mm, root mean square of marks against their neighbours
	spread   float64 // mm, root mean square of marks against the affine map
	scale    float64 // size of the copy against the original, horizontally
}

// deviation is how far a mark lies from where the affine map puts it, in pixels.
type deviation struct {
	y      float64 // millimetres of the form
	dx, dy float64
}

// at maps a position on the form to the page: the affine map, and what the marks beside it
// say of feed and skew at that height.
func (g *registration) at(p xy) xy {
	q := g.fit.at(p)
	l, r := deviate(g.left, p.y), deviate(g.right, p.y)
	t := 0.5
	if g.rightX > g.leftX {
		t = (p.x - g.leftX) / (g.rightX - g.leftX)
	}
	t = min(max(t, -0.1), 1.1)
	switch {
	case len(g.left) == 0:
		t = 1
	case len(g.right) == 0:
		t = 0
	}
	return xy{q.x + l.dx*(1-t) + r.dx*t, q.y + l.dy*(1-t) + r.dy*t}
}

// deviate interpolates between the marks above and below.
func deviate(s []deviation, y float64) deviation {
	if len(s) == 0 {
		return deviation{}
	}
	i, _ := slices.BinarySearchFunc(s, y, func(d deviation, y float64) int { return cmp.Compare(d.y, y) })
	if i == 0 {
		return s[0]
	}
	if i == len(s) {
		return s[len(s)-1]
	}
	a, b := s[i-1], s[i]
	t := (y - a.y) / (b.y - a.y)
	return deviation{y, a.dx + (b.dx-a.dx)*t, a.dy + (b.dy-a.dy)*t}
}

// Limits of registration, in millimetres, degrees and counts.
const (
	maxSkew        = 9.0 // degrees from a quarter turn
	minScale       = 0.87
	maxScale       = 1.10
	markReach      = 3.5 // how far feed slip may carry a mark from a straight fit
	maxCorners     = 60  // candidates looked at
	maxTimings     = 220
	maxHypotheses  = 8000
	fewHypotheses  = 1500 // are enough once marks were found that may do
	minMarksPart   = 0.45 // of the marks must be found, weighted
	neighbourReach = 45   // millimetres within which marks vouch for each other
)

// candidate is a solid piece of ink that could be a mark. Its size, in millimetres, is judged
// by ink and by bounds.
type candidate struct {
	c    xy // centre in pixels
	mm   xy // the same in nominal millimetres
	fits []int
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

// register lays the layout over the page, trying the given resolutions in turn. ok is false
// where the marks do not fit.
func register(m *bilevel.Image, comps []component, l *printed.Layout, resolutions []resolution) (*registration, bool) {
	var best *hypothesis
	var bestRes resolution
	sh := shapesOf(l)
	for _, res := range resolutions {
		for _, sideways := range []bool{false, true} {
			cands := candidates(comps, res, &sh, sideways)
			h := search(cands, l, &sh, sideways)
			if h != nil && (best == nil || h.score > best.score*1.02) {
				best, bestRes = h, res
			}
		}
		if best != nil && best.score >= 0.9 {
			break
		}
	}
	if best == nil || best.score < minMarksPart {
		return nil, false
	}
	g := &registration{layout: l, kx: bestRes.x / mmPerInch, ky: bestRes.y / mmPerInch, rotation: best.rotation}
	g.page = m.Rotate((360 - best.rotation) % 360)
	if best.rotation == 90 || best.rotation == 270 {
		g.kx, g.ky = g.ky, g.kx
	}
	for _, f := range best.found {
		f.page = turned(f.page, m.W, m.H, (360-best.rotation)%360)
		g.marks = append(g.marks, f)
	}
	if !g.settle() {
		return nil, false
	}
	return g, true
}

// turned is where a position goes when an image of w × h is turned clockwise.
func turned(p xy, w, h, degrees int) xy {
	switch degrees {
	case 90:
		return xy{float64(h) - p.y, p.x}
	case 180:
		return xy{float64(w) - p.x, float64(h) - p.y}
	case 270:
		return xy{p.y, float64(w) - p.x}
	}
	return p
}

func candidates(comps []component, res resolution, sh *shapes, sideways bool) []candidate {
	kx, ky := res.x/mmPerInch, res.y/mmPerInch
	var corners, timings []candidate
	const skewSin = 0.13
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
		cand := candidate{c: xy{x, y}, mm: xy{x / kx, y / ky}, fits: fits}
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
	found    []found
}

// weightOf says how much a mark tells: four corners weigh as much as a dozen side marks.
func weightOf(k printed.MarkKind) float64 {
	if k == printed.MarkCorner {
		return 2
	}
	return 1
}

// search tries pairs of candidates for pairs of marks: the far corners first, then whatever
// is far apart. Any two marks fix position, angle and scale, so lost corners do not matter.
func search(cands []candidate, l *printed.Layout, sh *shapes, sideways bool) *hypothesis {
	if len(cands) < 2 {
		return nil
	}
	index := newGrid(cands)
	total := 0.0
	centre := make([]xy, len(l.Marks))
	for i, m := range l.Marks {
		total += weightOf(m.Kind)
		centre[i] = xy{m.X + m.W/2, m.Y + m.H/2}
	}
	byShape := make([][]int, len(sh.w))
	for i, c := range cands {
		for _, k := range c.fits {
			byShape[k] = append(byShape[k], i)
		}
	}
	type pair struct{ i, j int }
	var pairs []pair
	for i := range l.Marks {
		for j := i + 1; j < len(l.Marks); j++ {
			if math.Hypot(centre[i].x-centre[j].x, centre[i].y-centre[j].y) > 0.5*l.Page.WidthMM {
				pairs = append(pairs, pair{i, j})
			}
		}
	}
	corner := func(i int) int {
		if l.Marks[i].Kind == printed.MarkCorner {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(pairs, func(p, q pair) int {
		return cmp.Or(
			cmp.Compare(corner(q.i)+corner(q.j), corner(p.i)+corner(p.j)),
			cmp.Compare(math.Hypot(centre[q.i].x-centre[q.j].x, centre[q.i].y-centre[q.j].y),
				math.Hypot(centre[p.i].x-centre[p.j].x, centre[p.i].y-centre[p.j].y)),
		)
	})
	var best *hypothesis
	tried := 0
	try := func(a, b int, p pair) {
		ca, cb := cands[a].mm, cands[b].mm
		ma, mb := centre[p.i], centre[p.j]
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
		if (rotation == 90 || rotation == 270) != sideways {
			return
		}
		tried++
		s := dc / dm
		sin, cos := math.Sincos(angle * math.Pi / 180)
		t := affine{a: s * cos, b: -s * sin, d: s * sin, e: s * cos}
		t.c = ca.x - t.a*ma.x - t.b*ma.y
		t.f = ca.y - t.d*ma.x - t.e*ma.y
		score := 0.0
		var hits []found
		for i := range l.Marks {
			k, ok := index.nearest(t.at(centre[i]), markReach, sh.of[i])
			if !ok {
				continue
			}
			score += weightOf(l.Marks[i].Kind)
			hits = append(hits, found{mark: i, form: centre[i], page: cands[k].c})
		}
		if score /= total; best == nil || score > best.score {
			best = &hypothesis{score: score, rotation: rotation, found: hits}
		}
	}
	r := rand.New(rand.NewPCG(uint64(len(cands)), uint64(len(pairs))))
	for n, p := range pairs {
		as, bs := byShape[sh.of[p.i]], byShape[sh.of[p.j]]
		if len(as)*len(bs) > 4000 { // many look-alikes: a sample finds the form if it is there
			for range 300 {
				if a, b := as[r.IntN(len(as))], bs[r.IntN(len(bs))]; a != b {
					try(a, b, p)
				}
			}
		} else {
			for _, a := range as {
				for _, b := range bs {
					if a != b {
						try(a, b, p)
					}
				}
			}
		}
		if best != nil && (best.score > 0.97 || best.score > 0.75 && n >= 24 ||
			best.score > minMarksPart && n >= 24 && tried > fewHypotheses) || tried > maxHypotheses {
			break
		}
	}
	return best
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

// settle makes the map of the marks found: a robust affine fit, marks that were missed looked
// for where they must be, and along both sides what the fit leaves.
func (g *registration) settle() bool {
	if !g.fitAffine() {
		return false
	}
	g.deviations()
	g.dropOutliers()
	g.recover()
	if !g.fitAffine() {
		return false
	}
	g.deviations()
	g.dropOutliers()
	g.measure()
	if len(g.marks) < 8 {
		return false
	}
	sx, sy := math.Hypot(g.fit.a/g.kx, g.fit.d/g.ky), math.Hypot(g.fit.b/g.kx, g.fit.e/g.ky)
	g.scale = sx
	return sx > minScale && sx < maxScale && sy > minScale*.95 && sy < maxScale*1.05
}

// fitAffine fits by least squares, reweighted so that marks off the line count little.
func (g *registration) fitAffine() bool {
	weight := make([]float64, len(g.marks))
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, f := range g.marks {
		weight[i] = 1
		lo, hi = min(lo, f.form.x), max(hi, f.form.x)
	}
	narrow := hi-lo < g.layout.Page.WidthMM/3 // one side's marks only: they say nothing of width
	for range 4 {
		var n [3][3]float64
		var bx, by [3]float64
		for i, f := range g.marks {
			v := [3]float64{f.form.x, f.form.y, 1}
			for r := range 3 {
				for c := range 3 {
					n[r][c] += weight[i] * v[r] * v[c]
				}
				bx[r] += weight[i] * v[r] * f.page.x
				by[r] += weight[i] * v[r] * f.page.y
			}
		}
		if narrow {
			if !g.fitSimilar(weight) {
				return false
			}
		} else {
			x, okX := solve3(n, bx)
			y, okY := solve3(n, by)
			if !okX || !okY {
				return false
			}
			g.fit = affine{x[0], x[1], x[2], y[0], y[1], y[2]}
		}
		for i, f := range g.marks {
			q := g.fit.at(f.form)
			d := math.Hypot((q.x-f.page.x)/g.kx, (q.y-f.page.y)/g.ky)
			weight[i] = 1 / (1 + d*d/0.16)
		}
	}
	return true
}

// fitSimilar fits a turn and one scale for both directions, for marks that stand in one column.
func (g *registration) fitSimilar(weight []float64) bool {
	var sw, mx, my, qx, qy float64
	for i, f := range g.marks {
		w := weight[i]
		sw += w
		mx, my = mx+w*f.form.x, my+w*f.form.y
		qx, qy = qx+w*f.page.x/g.kx, qy+w*f.page.y/g.ky
	}
	if sw == 0 {
		return false
	}
	mx, my, qx, qy = mx/sw, my/sw, qx/sw, qy/sw
	var a, b, n float64
	for i, f := range g.marks {
		w := weight[i]
		u, v := f.form.x-mx, f.form.y-my
		p, q := f.page.x/g.kx-qx, f.page.y/g.ky-qy
		a += w * (u*p + v*q)
		b += w * (u*q - v*p)
		n += w * (u*u + v*v)
	}
	if n < 1 {
		return false
	}
	a, b = a/n, b/n
	g.fit = affine{
		a: a * g.kx, b: -b * g.kx, c: (qx - a*mx + b*my) * g.kx,
		d: b * g.ky, e: a * g.ky, f: (qy - b*mx - a*my) * g.ky,
	}
	return true
}

// solve3 solves three equations by elimination with pivoting.
func solve3(n [3][3]float64, b [3]float64) ([3]float64, bool) {
	for c := range 3 {
		p := c
		for r := c + 1; r < 3; r++ {
			if math.Abs(n[r][c]) > math.Abs(n[p][c]) {
				p = r
			}
		}
		if math.Abs(n[p][c]) < 1e-9 {
			return b, false
		}
		n[c], n[p] = n[p], n[c]
		b[c], b[p] = b[p], b[c]
		for r := range 3 {
			if r == c {
				continue
			}
			f := n[r][c] / n[c][c]
			for k := c; k < 3; k++ {
				n[r][k] -= f * n[c][k]
			}
			b[r] -= f * b[c]
		}
	}
	for r := range 3 {
		b[r] /= n[r][r]
	}
	return b, true
}

// deviations sorts what the fit leaves by side.
func (g *registration) deviations() {
	g.left, g.right = g.left[:0], g.right[:0]
	mid := g.layout.Page.WidthMM / 2
	var lx, rx, ln, rn float64
	for _, f := range g.marks {
		q := g.fit.at(f.form)
		d := deviation{f.form.y, f.page.x - q.x, f.page.y - q.y}
		if f.form.x < mid {
			g.left = append(g.left, d)
			lx, ln = lx+f.form.x, ln+1
		} else {
			g.right = append(g.right, d)
			rx, rn = rx+f.form.x, rn+1
		}
	}
	byY := func(a, b deviation) int { return cmp.Compare(a.y, b.y) }
	slices.SortFunc(g.left, byY)
	slices.SortFunc(g.right, byY)
	g.leftX, g.rightX = 0, g.layout.Page.WidthMM
	if ln > 0 {
		g.leftX = lx / ln
	}
	if rn > 0 {
		g.rightX = rx / rn
	}
}

// against is how far a mark lies from what its neighbours on the same side say, in
// millimetres; ok is false where it has none on both sides.
func (g *registration) against(f found) (dx, dy float64, ok bool) {
	side := g.left
	if f.form.x > g.layout.Page.WidthMM/2 {
		side = g.right
	}
	i := slices.IndexFunc(side, func(d deviation) bool { return d.y == f.form.y })
	if i <= 0 || i >= len(side)-1 || side[i+1].y-side[i-1].y > 2*neighbourReach {
		return 0, 0, false
	}
	a, b := side[i-1], side[i+1]
	t := (f.form.y - a.y) / (b.y - a.y)
	return (side[i].dx - a.dx - (b.dx-a.dx)*t) / g.kx, (side[i].dy - a.dy - (b.dy-a.dy)*t) / g.ky, true
}

// dropOutliers removes marks that contradict both neighbours: something else that is black.
func (g *registration) dropOutliers() {
	for len(g.marks) > 8 {
		worst, at := 1.2, -1
		for i, f := range g.marks {
			if dx, dy, ok := g.against(f); ok {
				if d := math.Hypot(dx, dy/1.5); d > worst {
					worst, at = d, i
				}
			}
		}
		if at < 0 {
			return
		}
		g.marks = slices.Delete(g.marks, at, at+1)
		g.deviations()
	}
}

// recover looks for the marks that no component gave: run into by a streak, a stamp or a pen,
// or half dissolved. A mark is the place where a solid box stands out most from its surround.
func (g *registration) recover() {
	have := make([]bool, len(g.layout.Marks))
	for _, f := range g.marks {
		have[f.mark] = true
	}
	var more []found
	for i, m := range g.layout.Marks {
		if have[i] {
			continue
		}
		centre := xy{m.X + m.W/2, m.Y + m.H/2}
		if p, ok := g.matchMark(g.at(centre), m.W, m.H); ok {
			more = append(more, found{mark: i, form: centre, page: p})
		}
	}
	g.marks = append(g.marks, more...)
}

// matchMark searches 1.6 mm about p for a solid box of w × h millimetres.
func (g *registration) matchMark(p xy, w, h float64) (xy, bool) {
	const reach, ring = 1.6, 0.9
	kx, ky := g.kx, g.ky
	hw, hh := w*kx/2, h*ky/2
	rx, ry := ring*kx, ring*ky
	best := -1.0
	var sumX, sumY, sum float64
	for dy := -reach * ky; dy <= reach*ky; dy++ {
		for dx := -reach * kx; dx <= reach*kx; dx++ {
			cx, cy := p.x+dx, p.y+dy
			in := g.density(cx-hw, cy-hh, cx+hw, cy+hh)
			if in < 0.8 {
				continue
			}
			outer := g.density(cx-hw-rx, cy-hh-ry, cx+hw+rx, cy+hh+ry)
			area, all := 4*hw*hh, 4*(hw+rx)*(hh+ry)
			score := in - (outer*all-in*area)/(all-area)
			switch {
			case score > best+0.02:
				best, sumX, sumY, sum = score, cx, cy, 1
			case score > best-0.02:
				best = max(best, score)
				sumX, sumY, sum = sumX+cx, sumY+cy, sum+1
			}
		}
	}
	if best < 0.5 {
		return xy{}, false
	}
	return xy{sumX / sum, sumY / sum}, true
}

// density is the part of a rectangle that is ink.
func (g *registration) density(x0, y0, x1, y1 float64) float64 {
	a, b, c, d := int(math.Round(x0)), int(math.Round(y0)), int(math.Round(x1)), int(math.Round(y1))
	if c <= a || d <= b {
		return 0
	}
	return float64(g.page.Count(a, b, c, d)) / float64((c-a)*(d-b))
}

// measure sets the residuals.
func (g *registration) measure() {
	var sum, n, all float64
	for _, f := range g.marks {
		q := g.fit.at(f.form)
		dx, dy := (f.page.x-q.x)/g.kx, (f.page.y-q.y)/g.ky
		all += dx*dx + dy*dy
		if dx, dy, ok := g.against(f); ok {
			// Half of a neighbour's own error is in here: a mark off by e shows as e and, in
			// its neighbours, as e/2.
			sum += (dx*dx + dy*dy) / 1.5
			n++
		}
	}
	g.spread = math.Sqrt(all / float64(max(len(g.marks), 1)))
	if n == 0 {
		g.residual = g.spread
		return
	}
	g.residual = math.Sqrt(sum / n)
}
