package form

import (
	"cmp"
	"math"
	"slices"

	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// Registration: how a printed form's millimetres map to a page's pixels. The page is turned by
// whole quarter turns at most; everything else is a map, so no pixel is ever resampled.

// xy is a position, in millimetres of the form or in pixels of the page.
type xy struct{ x, y float64 }

// found is a mark of the layout and where its centre lies on the page.
type found struct {
	mark  int
	form  xy     // centre, millimetres
	page  xy     // centre, pixels
	mm    xy     // the same in nominal millimetres of the page as received
	box   [4]int // bounds of its ink in pixels, half-open: left, top, right, bottom; zero where it was matched
	trust float64
}

// registration is a layout laid over a page that was turned upright.
type registration struct {
	layout   *printed.Layout
	page     *bilevel.Image // upright
	dpi      resolution     // of the page as received
	kx, ky   float64        // pixels a millimetre of the form on the upright page, nominal
	rotation int            // how far the page as received was turned clockwise
	fit      projective     // to the page as it were without tears
	tears    []tear         // from the top down
	marks    []found
	left     []deviation // down the left side, what the map leaves
	right    []deviation
	leftX    float64 // millimetres of the form
	rightX   float64
	residual float64 // mm, root mean square of marks against their neighbours
	spread   float64 // mm, root mean square of marks against the map
	scale    float64 // size of the copy against the original, horizontally
	frames   frameCount
	stray    int // marks that are none of the layout's
}

// deviation is how far a mark lies from where the map puts it, in pixels.
type deviation struct {
	y      float64 // millimetres of the form
	dx, dy float64
}

// at maps a position on the form to the page: the plane map, what the marks beside it say of
// feed and skew at that height, and where the feed jumped.
func (g *registration) at(p xy) xy {
	q := g.smooth(p)
	q.y += g.jumped(q.y)
	return q
}

// smooth is at without the tears.
func (g *registration) smooth(p xy) xy {
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
	maxSkew        = 9.5  // degrees from a quarter turn
	minScale       = 0.87 // of a copy against its stated or likely size; reduced sheets are tried apart
	maxScale       = 1.12
	markReach      = 3.5 // how far feed slip may carry a mark from a straight fit
	maxCorners     = 60  // candidates looked at
	maxTimings     = 220
	maxHypotheses  = 8000
	pageHypotheses = 40000
	fewHypotheses  = 1500 // are enough once marks were found that may do
	minMarksPart   = 0.45 // of the marks must be found, weighted
	neighbourReach = 45   // millimetres within which marks vouch for each other
	leastFrames    = 0.5  // of the boxes' lines must lie where the map puts them
	leastRow       = 0.4  // of the lines in the row of boxes where the fewest are: else the page goes to review
	sureFrames     = 0.8  // end the search for a better way to lay the form
	sureRow        = 0.5
)

// register lays the layout over the page, trying the given resolutions in turn. ok is false
// where no way to lay it has both marks and boxes where they must be.
func register(m *bilevel.Image, comps []component, l *printed.Layout, resolutions []resolution) (*registration, bool) {
	var best *registration
	sh := shapesOf(l)
	uneven := []float64{1, .97, 1.03, .94, 1.06, .91, 1.09}
	// What nearly every page is first, then what few are.
	promising := map[[2]int]bool{}
	budget := pageHypotheses
	for stage, way := range []struct {
		wide    []float64
		growing bool
	}{{[]float64{1}, false}, {uneven, false}, {[]float64{1}, true}} {
		for n, res := range resolutions {
			if stage == 1 && res.reduced {
				continue
			}
			var all []*hypothesis
			var cands [2][]candidate
			for i, sideways := range []bool{false, true} {
				if stage > 0 && !promising[[2]int{n, i}] {
					continue
				}
				cands[i] = candidates(comps, res, &sh, sideways)
				s := newSearch(cands[i], l, &sh, sideways, &budget)
				s.growing = way.growing
				s.run(way.wide)
				if s.top() > growFrom {
					promising[[2]int{n, i}] = true
				}
				all = append(all, s.best...)
			}
			slices.SortStableFunc(all, func(a, b *hypothesis) int { return cmp.Compare(b.score, a.score) })
			for _, h := range all {
				if h.score < minMarksPart || h.score < 0.6*all[0].score {
					break
				}
				g := h.registration(m, l, res)
				if !g.settle() {
					continue
				}
				g.stray = g.strayMarks(cands[h.rotation/90%2], m)
				if best == nil || g.quality() > best.quality() {
					best = g
				}
				if best.sure() {
					return best, true
				}
			}
		}
	}
	if best == nil || best.frames.seen() < leastFrames || best.frames.worst == 0 && best.frames.seen() < sureFrames {
		return nil, false
	}
	return best, true
}

// sure tells that no better way to lay the form is worth looking for.
func (g *registration) sure() bool {
	return g.frames.seen() >= sureFrames && g.frames.worst >= sureRow && len(g.tears) <= 2 && g.stray <= 1
}

// quality ranks ways to lay a form: a row of boxes that is not there tells more than lines that
// faded, and a mark left over more than one that is gone.
func (g *registration) quality() float64 {
	return g.frames.seen() + 0.5*min(g.frames.worst, 0.5) - 0.06*float64(g.stray) - 0.03*float64(len(g.tears))
}

// strayMarks counts what looks like a mark, stands in line with the marks and is none of them:
// the form is laid a row too high or low there.
func (g *registration) strayMarks(cands []candidate, received *bilevel.Image) int {
	const inLine, own = 1.5, 2.2 // mm
	places := make([]xy, len(g.layout.Marks))
	for i, m := range g.layout.Marks {
		places[i] = g.at(xy{m.X + m.W/2, m.Y + m.H/2})
	}
	n := 0
	for _, c := range cands {
		p := turned(c.c, received.W, received.H, (360-g.rotation)%360)
		line, taken := false, false
		for _, q := range places {
			dx, dy := math.Abs(p.x-q.x)/g.kx, math.Abs(p.y-q.y)/g.ky
			line = line || dx < inLine && dy < 12
			taken = taken || math.Hypot(dx, dy) < own
		}
		if line && !taken {
			n++
		}
	}
	return n
}

// registration turns the page upright and carries the hypothesis over to it.
func (h *hypothesis) registration(m *bilevel.Image, l *printed.Layout, res resolution) *registration {
	g := &registration{layout: l, dpi: res, kx: res.x / mmPerInch, ky: res.y / mmPerInch, rotation: h.rotation}
	turn := (360 - h.rotation) % 360
	g.page = m.Rotate(turn)
	if turn%180 != 0 {
		g.kx, g.ky = g.ky, g.kx
	}
	for _, f := range h.found {
		f.page = turned(f.page, m.W, m.H, turn)
		a := turned(xy{float64(f.box[0]), float64(f.box[1])}, m.W, m.H, turn)
		b := turned(xy{float64(f.box[2]), float64(f.box[3])}, m.W, m.H, turn)
		f.box = [4]int{int(min(a.x, b.x)), int(min(a.y, b.y)), int(max(a.x, b.x)), int(max(a.y, b.y))}
		f.trust = 1
		g.marks = append(g.marks, f)
	}
	return g
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

// settle makes the map of the marks found: a robust fit, jumps of the feed taken out, marks
// that were missed looked for where they must be, and along both sides what the fit leaves.
func (g *registration) settle() bool {
	if !g.refit() {
		return false
	}
	g.findTears()
	g.trimClipped()
	g.dropOutliers()
	g.recover()
	if !g.refit() {
		return false
	}
	g.findTears()
	g.dropOutliers()
	g.placeTears()
	g.measure()
	if len(g.marks) < 8 {
		return false
	}
	mid := xy{g.layout.Page.WidthMM / 2, g.layout.Page.HeightMM / 2}
	o, x, y := g.fit.at(mid), g.fit.at(xy{mid.x + 1, mid.y}), g.fit.at(xy{mid.x, mid.y + 1})
	sx, sy := math.Hypot((x.x-o.x)/g.kx, (x.y-o.y)/g.ky), math.Hypot((y.x-o.x)/g.kx, (y.y-o.y)/g.ky)
	g.scale = sx
	if sx < minScale*.95 || sx > maxScale*1.05 || sy < minScale*.95 || sy > maxScale*1.05 {
		return false
	}
	g.frames = g.countFrames()
	return true
}

// refit fits the map to the marks, each as if nothing were torn, and sorts what it leaves.
func (g *registration) refit() bool {
	lo, hi := math.Inf(1), math.Inf(-1)
	left, right := 0, 0
	points := make([]match, len(g.marks))
	for i, f := range g.marks {
		points[i] = match{f.form, xy{f.page.x / g.kx, g.untorn(f.page.y) / g.ky}, f.trust}
		lo, hi = min(lo, f.form.x), max(hi, f.form.x)
		if f.form.x < g.layout.Page.WidthMM/2 {
			left++
		} else {
			right++
		}
	}
	narrow := hi-lo < g.layout.Page.WidthMM/3 // one side's marks only: they say nothing of width
	var t projective
	for round := range 5 {
		var ok bool
		switch {
		case narrow:
			var a affine
			a, ok = fitSimilar(points)
			t = projective{affine: a}
		case round >= 2 && min(left, right) >= 6:
			t, ok = fitProjective(points, t)
		default:
			var a affine
			a, ok = fitAffine(points)
			t = projective{affine: a}
		}
		if !ok {
			return false
		}
		for i, f := range g.marks {
			q := t.at(points[i].form)
			d := math.Hypot(q.x-points[i].page.x, q.y-points[i].page.y)
			points[i].w = f.trust / (1 + d*d/0.16)
		}
	}
	g.fit = t.scaled(g.kx, g.ky)
	g.deviations()
	return true
}

// deviations sorts what the fit leaves by side.
func (g *registration) deviations() {
	g.left, g.right = g.left[:0], g.right[:0]
	mid := g.layout.Page.WidthMM / 2
	var lx, rx, ln, rn float64
	for _, f := range g.marks {
		q := g.fit.at(f.form)
		d := deviation{f.form.y, f.page.x - q.x, g.untorn(f.page.y) - q.y}
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

// dropOutliers removes marks that contradict both neighbours: something else that is black. A
// mark that was only matched must agree better than one that stands alone.
func (g *registration) dropOutliers() {
	for len(g.marks) > 8 {
		worst, at := 1.0, -1
		for i, f := range g.marks {
			if dx, dy, ok := g.against(f); ok {
				limit := 1.2
				if f.trust < 1 {
					limit = 0.35
				}
				if d := math.Hypot(dx, dy/1.5) / limit; d > worst {
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

// trimClipped mends marks that the page's edge cut: the outer part of their ink is missing, and
// the inner edge tells where their middle was.
func (g *registration) trimClipped() {
	const short = 0.3 // mm
	var over []float64
	for _, f := range g.marks {
		over = append(over, float64(f.box[2]-f.box[0])/g.kx-g.layout.Marks[f.mark].W)
	}
	if len(over) == 0 {
		return
	}
	slices.Sort(over)
	usual := over[len(over)*3/4] // by how much the scanner thickens, or the skew widens
	for i := range g.marks {
		f := &g.marks[i]
		m := g.layout.Marks[f.mark]
		miss := m.W + usual - float64(f.box[2]-f.box[0])/g.kx
		if miss < short {
			continue
		}
		half := miss / 2 * g.kx
		if f.form.x < g.layout.Page.WidthMM/2 {
			half = -half
		}
		f.page.x += half
		f.trust = 0.5
	}
	g.deviations()
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
			more = append(more, found{mark: i, form: centre, page: p, trust: 0.3})
		}
	}
	g.marks = append(g.marks, more...)
}

// matchMark searches 1.6 mm about p for a solid box of w × h millimetres.
func (g *registration) matchMark(p xy, w, h float64) (xy, bool) {
	const reach, ring, steps = 1.6, 0.9, 12 // steps a mm: more pixels than that tell nothing more
	kx, ky := g.kx, g.ky
	stepX, stepY := max(math.Round(kx/steps), 1), max(math.Round(ky/steps), 1)
	hw, hh := w*kx/2, h*ky/2
	rx, ry := ring*kx, ring*ky
	best := -1.0
	var sumX, sumY, sum float64
	for dy := -reach * ky; dy <= reach*ky; dy += stepY {
		for dx := -reach * kx; dx <= reach*kx; dx += stepX {
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
		dx, dy := (f.page.x-q.x)/g.kx, (g.untorn(f.page.y)-q.y)/g.ky
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
