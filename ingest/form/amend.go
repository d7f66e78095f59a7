package form

import (
	"math"
	"slices"

	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// What people do when they slip: they strike a digit out and write the right one above it, put a
// code down one box too early, squeeze two digits into one box, strike a whole line. Each is
// looked for where the ink says so, and none is accepted without evidence besides the image.

// Absolute measures, millimetres of the page.
const (
	aboveMM     = 3.3  // of the gap above a box that is looked at
	amendInk    = 0.45 // mm² that a correction has at least
	amendExtent = 1.3
	besideMM    = 6.2 // beyond a row's ends that a digit may stand
	deliveredMM = 3.3 // before a returned quantity: farther away the delivered one is printed
	gapsStruck  = 3   // gaps between boxes that a line through them crosses
	doubtSplit  = 0.2 // from this probability on two digits in a box are told of
)

// What is told of a field that was amended.
const (
	reasonAmended  = "struck out and corrected by hand"
	reasonShifted  = "written one box too far"
	reasonBeside   = "something is written beside the boxes"
	reasonStruck   = "struck out: is this line ordered?"
	reasonWhose    = "the customer code is struck out: whose order is it?"
	reasonSame     = "may be 〃: the item of the line above?"
	reasonTally    = "may be a tally (正)"
	reasonTwoInBox = "two digits in one box"
)

// free is what is written outside the boxes within a rectangle of the form: the pieces of ink of
// which most lies there.
func (c *cellReader) free(area printed.Box, frameMM float64) (*bilevel.Image, float64) {
	const margin = 2.0 // mm, to tell what reaches in from elsewhere
	g := c.g
	outer := printed.Box{X: area.X - margin, Y: area.Y - margin, W: area.W + 2*margin, H: area.H + 2*margin}
	x0, y0, x1, y1 := g.bounds(outer, 0)
	m := g.page.Crop(x0, y0, x1, y1)
	if m.W < 8 || m.H < 6 {
		return nil, 0
	}
	at := func(x, y float64) xy {
		p := g.at(xy{x, y})
		return xy{p.x - float64(x0), p.y - float64(y0)}
	}
	for _, b := range c.framesWithin(outer) {
		tl, tr := at(b.X, b.Y), at(b.X+b.W, b.Y)
		bl, br := at(b.X, b.Y+b.H), at(b.X+b.W, b.Y+b.H)
		top, bottom := findSide(m, tl, tr, true, g.ky, frameMM), findSide(m, bl, br, true, g.ky, frameMM)
		if r := c.frames.rows[[2]float64{b.Y, b.H}]; r != nil {
			top.follow(&r.top, float64(x0))
			bottom.follow(&r.bottom, float64(x0))
		}
		left, right := findSide(m, tl, bl, false, g.kx, frameMM), findSide(m, tr, br, false, g.kx, frameMM)
		for i, s := range []*side{&top, &bottom, &left, &right} {
			s.inward = 1 - 2*(i%2)
			usual := c.frames.tallH
			s.inset = cornerMM * g.kx
			if i > 1 {
				usual, s.inset = c.frames.wideV, cornerMM*g.ky
			}
			eraseSide(m, s, usual)
		}
	}
	p, q := at(area.X, area.Y), at(area.X+area.W, area.Y+area.H)
	if !c.s.scan(m, 1<<16) {
		return nil, 0
	}
	within := map[int32]int{}
	for _, run := range c.s.runs {
		if y := float64(run.y); y >= p.y && y < q.y {
			if n := min(int(run.x1), int(q.x)) - max(int(run.x0), int(p.x)); n > 0 {
				within[c.s.find(run.of)] += n
			}
		}
	}
	ink := 0.0
	keep := map[int32]bool{}
	var all component
	c.s.roots(func(id int32, k *component) {
		w, h := float64(k.x1-k.x0)/g.kx, float64(k.y1-k.y0)/g.ky
		mm2 := float64(k.area) / (g.kx * g.ky)
		switch {
		case k.x0 == 0 || k.y0 == 0 || k.x1 == m.W || k.y1 == m.H: // comes from elsewhere
			return
		case 3*within[id] < 2*k.area, mm2 < 2*speckMM2, max(w, h) < emptyExtent:
			return
		case h < 0.8 && w > 2.5*h && w > 2: // a level line of the form's own
			return
		}
		keep[id] = true
		ink += mm2
		if all.area == 0 {
			all = *k
			return
		}
		all.merge(k)
	})
	if len(keep) == 0 {
		return nil, 0
	}
	clear(m.Pix)
	for _, run := range c.s.runs {
		if keep[c.s.find(run.of)] {
			m.Fill(int(run.x0), int(run.x1), int(run.y))
		}
	}
	const quiet = 3
	return m.Crop(all.x0-quiet, all.y0-quiet, all.x1+quiet, all.y1+quiet), ink
}

// framesWithin are the boxes whose frames run into an area.
func (c *cellReader) framesWithin(a printed.Box) []printed.Box {
	var out []printed.Box
	for _, f := range c.g.layout.Fields {
		if f.Kind == printed.FieldPrinted {
			continue
		}
		for _, b := range f.Cells {
			if b.X <= a.X+a.W && b.X+b.W >= a.X && b.Y <= a.Y+a.H && b.Y+b.H >= a.Y {
				out = append(out, b)
			}
		}
	}
	return out
}

// tall is a picture's height in mm.
func (g *registration) tall(m *bilevel.Image) float64 { return float64(m.H-6) / g.ky }

// amend looks for corrections above struck digits.
func (f *fieldReader) amend(fl *field) {
	line, _ := lineOf(fl.def.Name)
	if line == 0 && fl.def.Name != fieldTotal {
		return // labels are printed above the others
	}
	for i, b := range fl.def.Cells {
		g := &fl.glyphs[i]
		if fl.states[i] != written {
			continue
		}
		height := aboveMM
		if line == 1 {
			height = 1.7 // beneath the table's head
		}
		area := printed.Box{X: b.X - 0.8, Y: b.Y - height, W: b.W + 2.4, H: height + 0.3}
		x0, y0, x1, y1 := f.g.bounds(area, 0)
		if float64(f.g.page.Count(x0, y0+int(0.6*f.g.ky), x1, y1-int(0.7*f.g.ky)))/(f.g.kx*f.g.ky) < amendInk {
			continue
		}
		m, ink := f.cells.free(area, f.g.layout.FrameMM)
		if m == nil || ink < amendInk || f.g.tall(m) < amendExtent {
			continue
		}
		p, reject := f.ask(m)
		best := 0.0
		for _, v := range p {
			best = max(best, v)
		}
		if best < 0.2 && g.reject < 0.5 && !f.struck(&fl.cells[i]) {
			continue // a dirty gap above a clear digit
		}
		// What is above counts for more the less the box itself shows a digit.
		w := 0.5
		if g.reject > 0.5 || f.struck(&fl.cells[i]) {
			w = 0.95
		}
		for d := range g.p {
			q := p[d] / max(1-reject, 1e-6)
			g.p[d] = (1-w)*g.p[d] + w*((1-reject)*q+reject*0.1)
		}
		g.reject = max(min(reject, 0.9), 0.02)
		fl.amended = true
	}
}

// ask asks the recogniser.
func (f *fieldReader) ask(m *bilevel.Image) ([10]float64, float64) {
	if wide := yScaleOf(f.g.ky, f.g.kx); wide > 1 {
		m = widened(m, wide)
	}
	return f.k.Digits.Digit(m, yScaleOf(f.g.kx, f.g.ky))
}

// struck tells whether a straight line, or two, runs through what stands in the box from side to
// side: longer than any digit's own bar.
func (f *fieldReader) struck(c *cell) bool {
	m := c.image
	if m == nil || c.ink == 0 {
		return false
	}
	const long, full = 0.84, 0.93 // parts of the box's width; of the line's length that is ink
	n := int(long * c.box.W * f.g.kx)
	for y0 := m.H / 6; y0 < m.H*5/6; y0++ {
		for slope := -10; slope <= 10; slope++ {
			t := float64(slope) / 12 * f.g.ky / f.g.kx
			for x0 := 0; x0+n <= m.W; x0 += 2 {
				hit := 0
				for i := 0; i < n; i += 2 {
					x, y := x0+i, y0+int(math.Round(t*float64(i-n/2)))
					if m.At(x, y) || m.At(x, y-1) || m.At(x, y+1) {
						hit++
					}
				}
				if float64(hit) >= full*float64(n/2) && f.crossed(m, x0, n, y0, t) {
					return true
				}
			}
		}
	}
	return false
}

// crossed tells whether ink lies well above and below a line, so that it strikes something out.
func (f *fieldReader) crossed(m *bilevel.Image, x0, n, y0 int, t float64) bool {
	off := int(0.7 * f.g.ky)
	above, below := 0, 0
	for i := range n {
		y := y0 + int(math.Round(t*float64(i-n/2)))
		for k := off; k < off+int(1.2*f.g.ky); k++ {
			if m.At(x0+i, y-k) {
				above++
			}
			if m.At(x0+i, y+k) {
				below++
			}
		}
	}
	least := int(0.3 * f.g.kx * f.g.ky)
	return above > least && below > least
}

// lineStruck tells whether a line was drawn through a row of boxes: it crosses the gaps between
// them, in which nobody writes.
func (f *fieldReader) lineStruck(fl *field) bool {
	if fl.isBlank() {
		return false
	}
	n := 0
	for i := 0; i+1 < len(fl.def.Cells); i++ {
		if f.gapCrossed(fl.def.Cells[i], fl.def.Cells[i+1]) {
			n++
		}
	}
	return n >= min(gapsStruck, len(fl.def.Cells)-1)
}

// gapCrossed tells whether a stroke runs through the gap between two boxes.
func (f *fieldReader) gapCrossed(a, b printed.Box) bool {
	const inset = 0.35 // mm, off the frames
	p, q := f.g.at(xy{a.X + a.W + inset, a.Y + 0.05*a.H}), f.g.at(xy{b.X - inset, a.Y + 0.95*a.H})
	x0, y0, x1, y1 := int(p.x), int(p.y), int(q.x), int(q.y)
	if x1-x0 < 3 {
		return false
	}
	columns := 0
	for x := x0; x < x1; x++ {
		ink := 0
		for y := y0; y < y1; y++ {
			if f.g.page.At(x, y) {
				ink++
			}
		}
		if ink > 0 && ink*2 < y1-y0 { // an upright streak fills its column
			columns++
		}
	}
	return columns*10 >= (x1-x0)*9
}

// beside is the digit written beyond a row's first (-1) or last (+1) box, if any.
func (f *fieldReader) beside(fl *field, way int) (glyphs, bool) {
	cells := fl.def.Cells
	b := cells[0]
	reach := besideMM
	if way < 0 && f.g.layout.Form == printed.KindReturn {
		reach = deliveredMM
	}
	area := printed.Box{X: b.X - reach, Y: b.Y - 0.3, W: reach - 0.25, H: b.H + 0.6}
	if way > 0 {
		b = cells[len(cells)-1]
		area.X = b.X + b.W + 0.25
	}
	// Not into what else is printed there.
	for _, o := range f.g.layout.Fields {
		for _, q := range o.Cells {
			if o.Name == fl.def.Name || q.Y >= area.Y+area.H || q.Y+q.H <= area.Y {
				continue
			}
			if way > 0 && q.X > b.X {
				area.W = min(area.W, q.X-0.25-area.X)
			}
			if way < 0 && q.X < b.X {
				if over := q.X + q.W + 0.25 - area.X; over > 0 {
					area.X, area.W = area.X+over, area.W-over
				}
			}
		}
	}
	if area.W < 2 {
		return glyphs{}, false
	}
	m, ink := f.cells.free(area, f.g.layout.FrameMM)
	if m == nil || ink < writtenInk || f.g.tall(m) < 0.3*b.H {
		return glyphs{}, false
	}
	p, reject := f.ask(m)
	if wide := float64(m.W-6) / f.g.kx; wide < 0.8 && reject > 0.5 {
		return glyphs{}, false // what is left of an upright line
	}
	g := glyphs{p: p, reject: reject}
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	for d := range g.p {
		g.p[d] /= max(sum, 1e-9)
	}
	return g, true
}

// shifted reads a code that begins or ends one box beside its own: what stands outside is read,
// or, where the form's own print is in the way, left to check digit and master.
func (f *fieldReader) shifted(fl *field, rule codeRule, cost Looks) bool {
	want := rule.scheme.Digits
	n := len(fl.def.Cells)
	if want < 4 || want != n || fl.to-fl.from != n-1 || fl.gap {
		return false
	}
	way := -1
	if fl.from == 1 {
		way = 1
	}
	outer, seen := glyphs{}, false
	if line, suffix := lineOf(fl.def.Name); way > 0 || line == 0 || suffix != suffixItem { // the line's number is printed there
		outer, seen = f.beside(fl, way)
	}
	if !seen {
		for d := range outer.p {
			outer.p[d] = 0.1
		}
	}
	cells := append([]glyphs{outer}, fl.block()...)
	if way > 0 {
		cells = append(slices.Clone(fl.block()), outer)
	}
	r := decodeCodeField(cells, rule)
	if !slices.Contains(r.evidence, "check_digit") && !slices.Contains(r.evidence, "master") {
		return false
	}
	fl.settle(r, cost)
	fl.outer = way > 0 && seen
	_, p := outer.best()
	if !seen || outer.reject > 0.1 || p < 0.9 || !strong(r.evidence) {
		fl.review(reasonShifted)
	}
	return true
}

// strong tells whether evidence besides the image fixes what was meant.
func strong(evidence []string) bool {
	return slices.Contains(evidence, "check_digit") && slices.Contains(evidence, "master") || slices.Contains(evidence, "sum")
}

// hold sends what was amended to review where nothing besides the image speaks for it.
func (fl *field) hold() {
	if fl.amended && !strong(fl.out.Evidence) {
		fl.review(reasonAmended)
	}
	if fl.two && !slices.Contains(fl.out.Evidence, "sum") {
		fl.review(reasonTwoInBox)
	}
	if fl.beside {
		fl.review(reasonBeside)
	}
}

// split reads a box as two digits: where the ink falls apart, or is thinnest.
func (f *fieldReader) split(c *cell) (a, b glyphs, p float64) {
	const prior, noDigit = 0.05, 0.02
	m := c.image
	x0, x1 := m.W, 0
	columns := make([]int, m.W)
	for y := range m.H {
		for s, e := range rowRuns(m.Row(y), m.W) {
			x0, x1 = min(x0, s), max(x1, e)
			for x := s; x < e; x++ {
				columns[x]++
			}
		}
	}
	w := x1 - x0
	if float64(w) < 2.4*f.g.kx {
		return a, b, 0
	}
	// The thinnest places of the middle half.
	type place struct{ x, ink int }
	var places []place
	for x := x0 + w/4; x < x1-w/4; x++ {
		places = append(places, place{x, columns[x]})
	}
	slices.SortStableFunc(places, func(p, q place) int { return p.ink - q.ink })
	best := 0.0
	tried := []int{}
	for _, pl := range places {
		if len(tried) == 3 {
			break
		}
		if slices.ContainsFunc(tried, func(x int) bool { return max(x-pl.x, pl.x-x) < w/10 }) {
			continue
		}
		tried = append(tried, pl.x)
		l, r := m.Crop(0, 0, pl.x, m.H), m.Crop(pl.x, 0, m.W, m.H)
		pl, rl := f.ask(l)
		pr, rr := f.ask(r)
		gl, gr := glyphs{p: pl, reject: rl}, glyphs{p: pr, reject: rr}
		_, bl := gl.best()
		_, br := gr.best()
		if score := bl * br; score > best {
			best, a, b = score, gl, gr
		}
	}
	for _, g := range []*glyphs{&a, &b} {
		for d := range g.p {
			g.p[d] /= max(1-g.reject, 1e-9)
		}
	}
	single := 0.0
	if p, r := f.ask(m); r < 1 {
		for _, v := range p {
			single = max(single, v)
		}
	}
	p = prior * best / (prior*best + (1-prior)*single + noDigit)
	return a, b, p
}

// sameAsAbove tells whether the few marks in an item's boxes may be ditto marks.
func (fl *field) sameAsAbove() bool {
	n := 0
	for i, s := range fl.states {
		if s == empty {
			continue
		}
		if fl.glyphs[i].reject < 0.5 {
			return false
		}
		n++
	}
	return n > 0
}

// tally tells whether a box may hold tally strokes (正): level and upright strokes from side to
// side, and no digit.
func (f *fieldReader) tally(c *cell, g *glyphs) bool {
	m := c.image
	if m == nil || g.reject < 0.5 || c.extent < 2 {
		return false
	}
	level, upright := 0, 0
	before := false
	for y := range m.H {
		longest := 0
		for s, e := range rowRuns(m.Row(y), m.W) {
			longest = max(longest, e-s)
		}
		now := float64(longest) >= 0.35*c.box.W*f.g.kx
		if now && !before {
			level++
		}
		before = now
	}
	before = false
	for x := range m.W {
		longest, run := 0, 0
		for y := range m.H {
			if m.At(x, y) {
				run++
				longest = max(longest, run)
			} else {
				run = 0
			}
		}
		now := float64(longest) >= 0.25*c.box.H*f.g.ky
		if now && !before {
			upright++
		}
		before = now
	}
	return level >= 2 && upright >= 1
}

// tallied tells whether any box of the field may hold tally strokes.
func (f *fieldReader) tallied(fl *field) bool {
	for i := fl.from; i < fl.to; i++ {
		if f.tally(&fl.cells[i], &fl.glyphs[i]) {
			return true
		}
	}
	return false
}

// blackened tells whether a tick box is filled in: most of it, or a patch that no pen is wide
// enough for. Some do it to take a mark back.
func (f *fieldReader) blackened(c *cell) bool {
	if c.fill > blackMark {
		return true
	}
	if c.fill < blackedOut/2 {
		return false
	}
	const pen, patch = 1.25, 1.5 // mm, mm²
	m := c.image
	w, h := int(pen*f.g.kx), max(int(pen*f.g.ky), 2)
	solid := 0
	for y := 0; y+h <= m.H; y++ {
		for x := 0; x+w <= m.W; x++ {
			if m.Count(x, y, x+w, y+h)*100 >= 97*w*h {
				solid++
			}
		}
	}
	return float64(solid)/(f.g.kx*f.g.ky) >= patch
}

// runsThrough tells whether what lies in a tick box is a stroke that comes in at one side and
// leaves at the other, such as the tail of a tick in the box before.
func (f *fieldReader) runsThrough(c *cell) bool {
	const flat, out = 2.2, 0.3 // mm
	m := c.image
	if m == nil || c.ink < emptyMarkInk {
		return false
	}
	p, q := f.g.at(xy{c.box.X, c.box.Y}), f.g.at(xy{c.box.X + c.box.W, c.box.Y + c.box.H})
	wide := float64(m.W) - (q.x - p.x) // how far the picture goes beyond the frame
	x0, x1, y0, y1 := m.W, 0, m.H, 0
	for y := range m.H {
		for s, e := range rowRuns(m.Row(y), m.W) {
			x0, x1, y0, y1 = min(x0, s), max(x1, e), min(y0, y), max(y1, y+1)
		}
	}
	return x0 == 0 && x1 == m.W && wide > 2*out*f.g.kx && float64(y1-y0)/f.g.ky < flat
}

// labelCircled tells whether a ring is drawn round the words beside a tick box: a piece of ink
// far larger than a letter.
func (f *fieldReader) labelCircled(fl *field) bool {
	const (
		words  = 31.0 // mm beside the box
		up     = 5.4  // and above and below it
		w, h   = 8.0, 5.0
		hollow = 0.35 // part of its bounds that a ring inks at most
		surely = 0.3  // mm off the box's frame
	)
	b := fl.def.Cells[0]
	x0, y0, x1, y1 := f.g.bounds(printed.Box{X: b.X + b.W + surely, Y: b.Y - up, W: words, H: b.H + 2*up}, 0)
	m := f.g.page.Crop(x0, y0, x1, y1)
	if !f.cells.s.scan(m, 1<<16) {
		return false
	}
	ring := false
	p := f.g.at(xy{b.X + b.W + surely, b.Y + b.H/2})
	f.cells.s.roots(func(_ int32, k *component) {
		kw, kh := float64(k.x1-k.x0)/f.g.kx, float64(k.y1-k.y0)/f.g.ky
		level := float64(k.y0+y0) < p.y && float64(k.y1+y0) > p.y // round the words, not above them
		if kw >= w && kh >= h && kw < words-1 && level && float64(k.area) < hollow*float64((k.x1-k.x0)*(k.y1-k.y0)) {
			ring = true
		}
	})
	return ring
}
