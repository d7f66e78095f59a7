package form

import (
	"cmp"
	"math"
	"slices"

	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// cell is what stands in one box, its printed frame taken away.
type cell struct {
	box    printed.Box
	image  *bilevel.Image // page pixels from frame to frame and a little beyond; ink only of this box
	others []alternative  // the same with strokes that may lie hidden on the frame
	ink    float64        // mm²
	extent float64        // mm, longer side of the largest piece
	narrow float64        // mm, shorter side of all the ink's bounds
	pieces int            // that are no specks
	fill   float64        // part of the box that is ink
	frame  float64        // part of the frame's lines that was seen
	rim    float64        // mm of ink that leaves the box
	over   float64        // mm² of ink along the frame beyond what the frame's own lines have
	rest   float64        // mm² of specks well within the box, left out of the ink: a digit that faded leaves some
	lent   float64        // mm² of ink in the box that a neighbour's digit is taken to own
	sides  float64        // mm by which the frame is thicker than others in the mean
	bad    bool           // damaged rows run through it
}

// alternative is another way to see a box, and how probable it is.
type alternative struct {
	image *bilevel.Image
	p     float64
}

// Absolute measures, millimetres of the page.
const (
	speckMM2   = 0.045 // dirt is smaller
	frameReach = 0.75  // how far a frame line may lie from where registration puts it, sideways
	frameSlip  = 1.2   // and up or down, where the paper feed jumps
	cornerMM   = 0.7   // beside a corner, where the other line's ink is
	overflowMM = 0.9   // how far beyond the frame a stroke is followed; half the gap between boxes
)

// cellReader holds what is reused from cell to cell.
type cellReader struct {
	g      *registration
	frames *frames
	s      scanner
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

// side is a frame line within a crop: where its centre runs, and how thick it is.
type side struct {
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

// read cuts a box out of the page. Frame lines are erased where they are found within
// frameReach of where they must be; ink that crosses them stays.
func (c *cellReader) read(b printed.Box, near neighbours, frameMM float64) cell {
	out, beyond := c.cut(b, near, frameMM, false)
	if beyond {
		out, _ = c.cut(b, near, frameMM, true)
	}
	return out
}

// cut cuts a box out, wide with its neighbours' beside it. beyond tells that ink runs on towards
// a neighbour.
func (c *cellReader) cut(b printed.Box, near neighbours, frameMM float64, wide bool) (out cell, beyond bool) {
	g := c.g
	x0, y0, x1, y1 := g.bounds(b, overflowMM)
	if wide {
		for _, n := range []*printed.Box{near.left, near.right} {
			if n != nil {
				a, _, z, _ := g.bounds(*n, 0.5)
				x0, x1 = min(x0, a), max(x1, z)
			}
		}
	}
	y0, y1 = y0-int(0.5*g.ky), y1+int(0.5*g.ky)
	m := g.page.Crop(x0, y0, x1, y1)
	out = cell{box: b, image: m}
	if m.W < 8 || m.H < 6 {
		return out, false
	}
	at := func(x, y float64) xy {
		p := g.at(xy{x, y})
		return xy{p.x - float64(x0), p.y - float64(y0)}
	}
	tl, tr := at(b.X, b.Y), at(b.X+b.W, b.Y)
	bl, br := at(b.X, b.Y+b.H), at(b.X+b.W, b.Y+b.H)
	line := frameMM
	top := findSide(m, tl, tr, true, g.ky, line)
	bottom := findSide(m, bl, br, true, g.ky, line)
	left := findSide(m, tl, bl, false, g.kx, line)
	right := findSide(m, tr, br, false, g.kx, line)
	top.inward, bottom.inward, left.inward, right.inward = 1, -1, 1, -1
	top.inset, bottom.inset, left.inset, right.inset = cornerMM*g.kx, cornerMM*g.kx, cornerMM*g.ky, cornerMM*g.ky
	lendOffset(&top, &bottom, tl, bl, true)
	lendOffset(&left, &right, tl, tr, false)
	out.frame = (top.seen + bottom.seen + left.seen + right.seen) / 4
	if r := c.frames.rows[[2]float64{b.Y, b.H}]; r != nil {
		top.follow(&r.top, float64(x0))
		bottom.follow(&r.bottom, float64(x0))
	}
	level := [4]bool{true, true, false, false}
	all := [4]*side{&top, &bottom, &left, &right}
	for i, s := range all {
		usual := c.frames.tallH
		if !level[i] {
			usual = c.frames.wideV
		}
		eraseSide(m, s, level[i], usual)
	}
	out.sides, out.over = c.thicker(all, level)
	if wide {
		c.eraseUprights(m, near, at, frameMM)
	}
	share := c.sharing(b, near, &left, &right)

	// What is left belongs to this box if it reaches into it.
	c.s.scan(m, 1<<16)
	speck := max(int(speckMM2*g.kx*g.ky), 2)
	keep := make([]bool, len(c.s.comps))
	insetX, insetY := 0.25*g.kx, 0.25*g.ky
	pxArea := 1 / (g.kx * g.ky)
	largest := 0.0
	c.s.roots(func(id int32, k *component) {
		mx, my := float64(k.x0+k.x1)/2, float64(k.y0+k.y1)/2
		if k.area < speck {
			const within = 0.6 // mm
			if mx > left.centre(my)+within*g.kx && mx < right.centre(my)-within*g.kx && my > top.centre(mx)+within*g.ky && my < bottom.centre(mx)-within*g.ky {
				out.rest += float64(k.area) * pxArea
			}
			return
		}
		l, r := left.centre(my)+left.thick/2+insetX, right.centre(my)-right.thick/2-insetX
		t, u := top.centre(mx)+top.thick/2+insetY, bottom.centre(mx)-bottom.thick/2-insetY
		if float64(k.x1) <= l || float64(k.x0) >= r || float64(k.y1) <= t || float64(k.y0) >= u {
			return // a neighbour's stroke, or what is left of the frame
		}
		if w, h := float64(k.x1-k.x0)/g.kx, float64(k.y1-k.y0)/g.ky; onFrame(
			w, h, b, float64(k.x1)-l, r-float64(k.x0), float64(k.y1)-t, u-float64(k.y0), g.kx, g.ky) {
			return
		}
		keep[id] = true
		if (near.left != nil && left.centre(my)-float64(k.x0) > beyondMM*g.kx) || (near.right != nil && float64(k.x1)-right.centre(my) > beyondMM*g.kx) {
			beyond = true
		}
	})
	parts := map[int32]*piece{}
	if wide {
		parts = c.apportion(keep, share)
		for id, p := range parts {
			if !keep[id] {
				out.lent += float64(p.area[1]) * pxArea
			}
		}
	}
	clear(m.Pix)
	ix0, ix1 := m.W, 0
	iy0, iy1 := m.H, 0
	bounds := make(map[int32]*component)
	for _, run := range c.s.runs {
		id := c.s.find(run.of)
		if !keep[id] {
			continue
		}
		a, z := int(run.x0), int(run.x1)
		if part := parts[id]; part != nil && part.cut {
			l, r := share.at(float64(run.y))
			a, z = max(a, int(l)), min(z, int(r))
			if a >= z {
				continue
			}
		}
		k := bounds[id]
		if k == nil {
			k = &component{x0: a, y0: int(run.y), x1: z, y1: int(run.y) + 1}
			bounds[id] = k
		}
		k.merge(&component{x0: a, y0: int(run.y), x1: z, y1: int(run.y) + 1, area: z - a})
		m.Fill(a, z, int(run.y))
		ix0, ix1 = min(ix0, a), max(ix1, z)
		iy0, iy1 = min(iy0, int(run.y)), max(iy1, int(run.y)+1)
	}
	for _, k := range bounds {
		largest = max(largest, float64(k.x1-k.x0)/g.kx, float64(k.y1-k.y0)/g.ky)
		out.ink += float64(k.area) * pxArea
		out.pieces++
	}
	out.extent = largest
	out.fill = out.ink / (b.W * b.H)
	// The recogniser sees from frame to frame, and further where the writing goes on.
	midX, midY := (top.from+top.to)/2, float64(m.H)/2
	cx0, cx1 := int(left.centre(midY)), int(right.centre(midY)+1)
	cy0, cy1 := int(top.centre(midX)), int(bottom.centre(midX)+1)
	if out.ink > 0 {
		out.narrow = min(float64(ix1-ix0)/g.kx, float64(iy1-iy0)/g.ky)
		over := max(float64(cx0-ix0)/g.kx, float64(ix1-cx1)/g.kx, float64(cy0-iy0)/g.ky, float64(iy1-cy1)/g.ky)
		out.rim = max(over, 0)
		cx0, cx1, cy0, cy1 = min(cx0, ix0), max(cx1, ix1), min(cy0, iy0), max(cy1, iy1)
	}
	out.image = m.Crop(cx0, cy0, cx1, cy1)
	if out.ink > 0 {
		out.others = c.alternatives(m, all, level, [4]int{cx0, cy0, cx1, cy1})
	}
	return out, beyond
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

// thicker sums up how much ink lies along the sides beyond their lines: in the mean, mm, and in
// all, mm².
func (c *cellReader) thicker(sides [4]*side, level [4]bool) (mean, over float64) {
	n := 0.0
	for i, s := range sides {
		along, across := c.g.kx, c.g.ky
		if !level[i] {
			along, across = across, along
		}
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

// alternatives are the ways in which strokes may lie hidden on the frame: the bar of a 7, the foot
// of a 2, the roof of a 0, whose ink went with the line's. Where strokes end at a line one may run
// on along it; how thick the line is there tells how probable that is.
func (c *cellReader) alternatives(m *bilevel.Image, sides [4]*side, level [4]bool, box [4]int) []alternative {
	const (
		between, beyond = 0.25, 0.05 // how often a stroke runs along between two ends, and on from one
		least           = 0.02       // less probable ones are not asked about
		shortMM         = 0.8
		onMM            = 1.3
		most            = 2
	)
	type part struct {
		side     *side
		level    bool
		from, to int
		p        float64
	}
	var parts []part
	for i, s := range sides {
		n := len(s.touched)
		if n == 0 {
			continue
		}
		along, across := c.g.kx, c.g.ky
		if !level[i] {
			along, across = across, along
		}
		best := part{side: s, level: level[i]}
		try := func(from, to int, prior, longer float64) {
			if float64(to-from) < longer*along {
				return
			}
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
				return
			}
			if p := c.frames.hidden(sum/k/across, 1/across, prior); p > best.p {
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
		if best.p >= least {
			parts = append(parts, best)
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.p, a.p) })
	parts = parts[:min(len(parts), most)]
	var out []alternative
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
			v.side.redraw(&n, v.level, v.from, v.to)
		}
		out = append(out, alternative{n.Crop(box[0], box[1], box[2], box[3]), p})
	}
	return out
}

func (s *side) centre(along float64) float64 { return s.a + s.b*along }

// findSide looks for the frame line that must run from p to q, across by at most frameReach.
func findSide(m *bilevel.Image, p, q xy, horizontal bool, k, lineMM float64) side {
	if !horizontal {
		p, q = xy{p.y, p.x}, xy{q.y, q.x}
	}
	var s side
	if q.x-p.x < 1 {
		return s
	}
	s.b = (q.y - p.y) / (q.x - p.x)
	s.a = p.y - s.b*p.x
	s.expect = s.a
	s.thick = max(lineMM*k, 1)
	s.from, s.to = p.x, q.x
	reach := int(math.Ceil(frameReach * k))
	if horizontal {
		reach = int(math.Ceil(frameSlip * k))
	}
	n := 2*reach + 1
	const samples = 32
	var counts [256]int
	if n > len(counts) {
		n = len(counts)
	}
	for i := range samples {
		along := p.x + (q.x-p.x)*(0.06+0.88*float64(i)/(samples-1))
		centre := s.a + s.b*along
		for d := range n {
			x, y := int(along), int(math.Floor(centre))+d-reach
			if !horizontal {
				x, y = y, x
			}
			if m.At(x, y) {
				counts[d]++
			}
		}
	}
	// The best window as thick as the line; nearer to the expected place wins ties.
	thick := max(int(math.Round(s.thick)), 1)
	best, from := -1.0, 0
	for d := 0; d+thick <= n; d++ {
		sum := 0
		for e := range thick {
			sum += counts[d+e]
		}
		off := math.Abs(float64(d)+float64(thick)/2-float64(reach)-0.5) / float64(reach)
		if v := float64(sum)/float64(thick*samples) - 0.25*off; v > best {
			best, from = v, d
		}
	}
	peak := 0
	for e := range thick {
		peak = max(peak, counts[from+e])
	}
	s.seen = float64(peak) / samples
	if s.seen < 0.5 {
		return s
	}
	lo, hi := from, from+thick
	for lo > 0 && counts[lo-1]*10 >= peak*6 && hi-lo < thick+3 {
		lo--
	}
	for hi < n && counts[hi]*10 >= peak*6 && hi-lo < thick+3 {
		hi++
	}
	for lo < hi-1 && counts[lo]*10 < peak*4 {
		lo++
	}
	for hi > lo+1 && counts[hi-1]*10 < peak*4 {
		hi--
	}
	s.a += float64(lo+hi)/2 - float64(reach) - 0.5
	s.thick = float64(hi - lo)
	s.located = true
	return s
}

// lendOffset places a line that was not seen by how far its opposite lay off.
func lendOffset(s, t *side, p, u xy, horizontal bool) {
	expected := func(p xy, l *side) float64 {
		if !horizontal {
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

// eraseSide blanks the line, pixel column by pixel column (or row by row), where the ink
// across it is no thicker than the line; where it is thicker a stroke crosses or touches, and
// only a line that the stroke does not cross is taken off.
func eraseSide(m *bilevel.Image, s *side, horizontal bool, others float64) {
	n, depth := m.W, m.H
	if !horizontal {
		n, depth = m.H, m.W
	}
	get := func(along, across int) bool {
		if horizontal {
			return m.At(along, across)
		}
		return m.At(across, along)
	}
	set := func(along, across int) {
		if horizontal {
			m.Set(along, across, false)
		} else {
			m.Set(across, along, false)
		}
	}
	across := func(i int) (lo, hi int) {
		c := s.centre(float64(i))
		return max(int(math.Floor(c-s.thick/2-0.75)), 0), min(int(math.Ceil(c+s.thick/2+0.75)), depth)
	}
	runAt := func(i, j int) (a, b int) {
		a, b = j, j+1
		for a > 0 && get(i, a-1) {
			a--
		}
		for b < depth && get(i, b) {
			b++
		}
		return a, b
	}
	// The ink across the line, position by position.
	lengths := make([]int, n)
	for i := range n {
		lo, hi := across(i)
		for j := lo; j < hi; j++ {
			if get(i, j) {
				a, b := runAt(i, j)
				lengths[i] = b - a
				break
			}
		}
	}
	// The line's usual thickness is that of its row or of the page's other lines, or what most of
	// its length has.
	usual := s.usual(lengths)
	mean := float64(usual)
	if s.edges == nil && others > 0 {
		mean = others
		usual = min(usual, int(math.Round(others))+1)
	}
	inner := func(i int) bool { x := float64(i); return x >= s.from+s.inset && x <= s.to-s.inset }
	thickAt := func(i int) float64 {
		if s.edges != nil {
			lo, hi := s.ends(i)
			return hi - lo
		}
		return mean
	}
	s.excess = make([]float64, n)
	for i := range n {
		s.excess[i] = math.NaN()
		if e := float64(lengths[i]) - thickAt(i); lengths[i] > 0 && inner(i) && e < float64(usual)+4 {
			s.excess[i] = e
		}
	}
	// A stroke may lie along the line, the bar of a 7 or the tail of a 2: it shows by the line
	// being thicker over a length that no fraying has.
	laid := laidOn(n, func(i int) bool {
		if !inner(i) {
			return false // the corner, where the other line begins
		}
		if s.edges != nil {
			return float64(lengths[i])-thickAt(i) > 0.75
		}
		return lengths[i] > usual+1 // no two machines draw an upright line evenly
	})
	s.laid = laid
	limit := usual + 1
	for i := range n {
		c := s.centre(float64(i))
		lo, hi := across(i)
		if laid[i] {
			continue
		}
		limit := limit
		if s.edges != nil {
			limit = int(thickAt(i)+0.5) + 1
		}
		// All runs that touch the band.
		for j := lo; j < hi; j++ {
			if !get(i, j) {
				continue
			}
			a, b := runAt(i, j)
			before, after := float64(lo-a), float64(b-hi) // how far it goes on, each way
			switch {
			case b-a <= limit:
				for k := a; k < b; k++ {
					set(i, k)
				}
			case before > 0.8 && after > 0.8 || before < 1.5 && after < 1.5:
				// a stroke crosses the line, or lies on it: it stays
			default:
				// touches from one side: the line goes, the stroke ends at it
				from, to := max(a, lo), min(b, hi)
				if before > after {
					from = max(from, int(math.Floor(c-s.thick/2)))
				} else {
					to = min(to, int(math.Ceil(c+s.thick/2)))
				}
				for k := from; k < to; k++ {
					set(i, k)
				}
				if x := float64(i); x > s.from+s.inset && x < s.to-s.inset && (after > before) == (s.inward > 0) {
					s.touch(i)
				}
			}
			j = b
		}
	}
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

// redraw draws a part of the line again.
func (s *side) redraw(m *bilevel.Image, horizontal bool, from, to int) {
	for i := from; i < to; i++ {
		lo, hi := s.ends(i)
		for k := int(math.Floor(lo + .5)); k < max(int(math.Floor(hi+.5)), int(math.Floor(lo+.5))+1); k++ {
			if horizontal {
				m.Set(i, k, true)
			} else {
				m.Set(k, i, true)
			}
		}
	}
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
