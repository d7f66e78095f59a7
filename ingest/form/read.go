package form

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"todoke/ingest/glyph"
	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
)

// Page is one decoded page.
type Page struct {
	Image      *bilevel.Image
	XDPI, YDPI float64 // as tagged; 0 where unknown
	BadRows    []int   // rows the decoder could not trust
	BadColumns []int   // the same where the page was stored lying on its side
	// LeftOut says what the file shows, or may show, that Image lacks: a person must look at the
	// page. Empty where nothing is.
	LeftOut string
}

// Recogniser reads one box whose frame is blanked: the probability of each digit and of
// "none of them", summing to 1. Rows are to be repeated yScale times to make pixels square.
type Recogniser interface {
	Digit(cell *bilevel.Image, yScale int) (probs [10]float64, reject float64)
}

// Bounds on what is looked at: an A3 page at 600 dpi has 70 million pixels, a fax page full of
// small print 150,000 runs of ink.
const (
	maxPixels = 80_000_000
	maxSide   = 40_000
	maxRuns   = 900_000
)

// Read reads one page against the forms there are. It always answers: what it cannot read it
// says so of, and what it is not sure of is in review.
func Read(p Page, k Knowledge) order.Draft {
	d := read(p, k)
	if p.LeftOut == "" {
		return d
	}
	d.Reasons = append(d.Reasons, p.LeftOut)
	switch d.Decision {
	case order.DecisionAccept:
		d.Decision = order.DecisionReview
	case order.DecisionBlank:
		d.Decision = order.DecisionUnreadable
	default: // a person looks at it already, or it is no form
	}
	return d
}

func read(p Page, k Knowledge) order.Draft {
	d := order.Draft{Reasons: []string{}, Fields: []order.DraftField{}}
	k = withDefaults(k)
	g, found := k.find(&p)
	d.Sheet, d.Sheets = found.id.Sheet, found.id.Sheets
	d.FormOrder, d.FormShipment = order.Number(found.id.Order), found.id.Shipment
	if g == nil {
		d.Form, d.FormVersion, d.IdentifiedBy = string(found.id.Kind), found.id.Version, found.evidence
		d.FormCustomer = found.id.CustomerCode
		d.Decision, d.Reasons = found.decision, append(d.Reasons, found.reason)
		return d
	}
	d.Form, d.FormVersion, d.IdentifiedBy = string(g.layout.Form), g.layout.Version, found.evidence
	d.FormCustomer = found.id.CustomerCode
	dpi := g.dpi
	if dpi.reduced {
		dpi.x, dpi.y = dpi.x/reducedBy, dpi.y/reducedBy
	}
	d.Geometry = &order.Geometry{
		XDPI: round(dpi.x, 1), YDPI: round(dpi.y, 1),
		Rotation: g.rotation, ResidualMM: round(g.residual, 3),
	}
	if k.Seen != nil {
		k.Seen(g.sight())
	}
	f := fieldReader{k: &k, g: g, id: found.id, identified: found.evidence, d: &d}
	f.bad = badLines(&p, p.Image.W, p.Image.H, g.rotation)
	f.read()
	if found.reason != "" {
		d.Decision, d.Reasons = order.DecisionReview, append(d.Reasons, found.reason)
	}
	return d
}

// finding is what became of the search for a form on a page: whose it is, or why there is none.
type finding struct {
	id       printed.Identity
	evidence string // what the identity was read from; "" where it was not
	decision order.Decision
	reason   string // why there is none, or why reading the one that was found is not enough
}

// find registers the page on the form it is. Where it is none, or cannot be told, there is no
// registration and the finding says why.
func (k Knowledge) find(p *Page) (*registration, finding) {
	stop := func(decision order.Decision, reason string, args ...any) (*registration, finding) {
		return nil, finding{decision: decision, reason: fmt.Sprintf(reason, args...)}
	}
	m := p.Image
	switch {
	case m == nil || m.W == 0 || m.H == 0:
		return stop(order.DecisionUnreadable, "the page has no pixels")
	case m.W > maxSide || m.H > maxSide || m.W*m.H > maxPixels:
		return stop(order.DecisionUnreadable, "the page is too large: %d × %d pixels", m.W, m.H)
	case len(p.BadRows)*2 > m.H || len(p.BadColumns)*2 > m.W:
		return stop(order.DecisionUnreadable, "%d of %d rows are damaged", max(len(p.BadRows), len(p.BadColumns)), m.H)
	}
	ink := float64(m.Count(0, 0, m.W, m.H)) / float64(m.W*m.H)
	switch {
	case ink > 0.97:
		return stop(order.DecisionUnreadable, "the page is all black")
	case ink > 0.6:
		m = inverted(m)
	}
	var s scanner
	if !s.scan(m, min(maxRuns, m.W*m.H/12+1000)) {
		return stop(order.DecisionUnreadable, "the page is full of noise")
	}
	rs := resolutions(m.W, m.H, p.XDPI, p.YDPI)
	if len(rs) == 0 {
		return stop(order.DecisionNotAForm, "the page has not the size of a sheet")
	}
	if blankPage(&s, m, rs[0]) {
		if lost := len(p.BadRows) + len(p.BadColumns); lost > 0 { // what stood there may be what was lost
			return stop(order.DecisionUnreadable, "the page is blank but for %d damaged rows", lost)
		}
		return stop(order.DecisionBlank, "nothing is on the page")
	}
	if clean, n := withoutStreaks(m, &s, rs[0].x/mmPerInch, rs[0].y/mmPerInch); n > 0 {
		m = clean
		s.scan(m, maxRuns)
	}
	var comps []component
	s.roots(func(_ int32, c *component) { comps = append(comps, *c) })
	g, id, evidence := k.lay(comps, m, rs)
	if evidence == "" { // it may say who it is where no layout has it
		other, by := searchIdentity(m, &s, rs[0])
		if g == nil || by != "" && !k.reads(other.Kind) {
			id, evidence = other, by
		}
	}
	switch {
	case evidence != "" && !k.reads(id.Kind):
		_, f := stop(order.DecisionNotAForm, "the page is one of our forms, of a kind that is not read: %s", id.Kind)
		f.id, f.evidence = id, evidence
		return nil, f
	case g == nil && evidence != "":
		_, f := stop(order.DecisionReview, "the page is one of our forms, but its marks do not fit: cut off, folded or badly distorted")
		f.id, f.evidence = id, evidence
		return nil, f
	case g == nil:
		return stop(order.DecisionNotAForm, "the page has no marks of our forms")
	}
	return g, finding{id: id, evidence: evidence, reason: k.beyond(g, m, comps, rs)}
}

func round(v float64, digits int) float64 {
	k := math.Pow10(digits)
	return math.Round(v*k) / k
}

// everyLayout is every form and version ever printed, the newest first. They are read only.
var everyLayout = sync.OnceValue(func() []*printed.Layout {
	var out []*printed.Layout
	for _, kind := range printed.Kinds() {
		for v := printed.Current(kind); v > 0; v-- {
			if l, err := printed.LayoutOf(kind, v); err == nil {
				out = append(out, l)
			}
		}
	}
	return out
})

// withDefaults fills in what is zero.
func withDefaults(k Knowledge) Knowledge {
	if k.Settings == (Settings{}) {
		k.Settings = Default()
	}
	if k.Scheme == (order.Scheme{}) {
		k.Scheme = order.DefaultScheme()
	}
	if k.Layouts == nil {
		k.Layouts = everyLayout()
	}
	if k.Digits == nil {
		k.Digits = builtIn{glyph.Default()}
	}
	return k
}

// lay registers the page on the layout that fits, and asks the form who it is.
func (k Knowledge) lay(comps []component, m *bilevel.Image, rs []resolution) (*registration, printed.Identity, string) {
	var first *registration
	for _, l := range k.Layouts {
		g, ok := register(m, comps, l, rs)
		k.lap("register")
		if !ok {
			continue
		}
		id, evidence := g.identify(k.Digits)
		k.lap("identify")
		if evidence != "" && id.Kind == l.Form && id.Version == l.Version {
			return g, id, evidence
		}
		if evidence != "" && !k.reads(id.Kind) { // the marks are all forms' own
			return nil, id, evidence
		}
		if evidence != "" { // the marks of one version, the name of another
			for _, other := range k.Layouts {
				if other.Form == id.Kind && other.Version == id.Version {
					if h, ok := register(m, comps, other, rs); ok {
						return h, id, evidence
					}
				}
			}
			continue
		}
		if first == nil || g.quality() > first.quality() {
			first = g
		}
	}
	return first, printed.Identity{}, ""
}

// reads tells whether there is a layout of a kind of form.
func (k Knowledge) reads(kind printed.Kind) bool {
	return slices.ContainsFunc(k.Layouts, func(l *printed.Layout) bool { return l.Form == kind })
}

// inverted is the picture with ink and paper swapped.
func inverted(m *bilevel.Image) *bilevel.Image {
	o := bilevel.New(m.W, m.H)
	for y := range m.H {
		src, dst := m.Row(y), o.Row(y)
		for i := range dst {
			dst[i] = ^src[i]
		}
		if pad := m.W & 7; pad != 0 {
			dst[len(dst)-1] &= ^byte(0xff >> pad)
		}
	}
	return o
}

// blankPage tells whether nothing but dirt, the sending machine's header and lines along the
// edges is on the page: an absolute measure, for a faint page must not count as blank because
// others are darker.
func blankPage(s *scanner, m *bilevel.Image, r resolution) bool {
	const (
		head, edge = 14.0, 7.0 // mm
		pieceMM    = 1.2       // what is smaller is dirt
		leastMM2   = 6.0       // of ink that counts: less than one written word
	)
	kx, ky := r.x/mmPerInch, r.y/mmPerInch
	sum, dirt := 0.0, 0
	s.roots(func(_ int32, c *component) {
		dirt += c.area
		w, h := float64(c.x1-c.x0)/kx, float64(c.y1-c.y0)/ky
		x, y := c.centre()
		if max(w, h) < pieceMM || y/ky < head || x/kx < edge || x/kx > float64(m.W)/kx-edge || y/ky > float64(m.H)/ky-edge {
			return
		}
		if w < 0.7 && h > 40 { // a streak of the scanner
			return
		}
		sum += float64(c.area) / (kx * ky)
	})
	return sum < leastMM2 && dirt < m.W*m.H/500
}

// searchIdentity looks for what one of our forms says of itself anywhere on a page: the QR code,
// else the bar code at the foot, either way up.
func searchIdentity(m *bilevel.Image, s *scanner, r resolution) (printed.Identity, string) {
	if id, ok := searchQR(m, s, r); ok {
		return id, "qr"
	}
	const foot = 45.0 // mm from an edge, in which the bar code stands
	kx, ky := r.x/mmPerInch, r.y/mmPerInch
	deep, wide := int(foot*ky), int(foot*kx)
	for _, strip := range []*bilevel.Image{m.Crop(0, m.H-deep, m.W, m.H), m.Crop(0, 0, m.W, deep)} {
		if id, ok := readBarcode(strip, kx, ky); ok {
			return id, "barcode"
		}
	}
	for _, strip := range []*bilevel.Image{m.Crop(0, 0, wide, m.H), m.Crop(m.W-wide, 0, m.W, m.H)} {
		if id, ok := readBarcode(strip.Rotate(90), ky, kx); ok {
			return id, "barcode"
		}
	}
	return printed.Identity{}, ""
}

// searchQR looks for one of our QR codes anywhere on a page whose marks do not fit: first for two
// of its finder patterns, a ring with a square in it, then in their neighbourhood.
func searchQR(m *bilevel.Image, s *scanner, r resolution) (printed.Identity, bool) {
	const (
		square, ring = 3.6, 8.4 // mm of the original
		small, large = 0.62, 1.25
		most         = 300
		around       = 30.0 // mm
	)
	kx, ky := r.x/mmPerInch, r.y/mmPerInch
	var squares, rings []component
	s.roots(func(_ int32, c *component) {
		w, h := float64(c.x1-c.x0)/kx, float64(c.y1-c.y0)/ky
		part := float64(c.area) / float64((c.x1-c.x0)*(c.y1-c.y0))
		within := func(side float64) bool { return min(w, h) > small*side && max(w, h) < large*side }
		switch {
		case within(square) && part > 0.7 && len(squares) < most:
			squares = append(squares, *c)
		case within(ring) && part > 0.3 && part < 0.75 && len(rings) < most:
			rings = append(rings, *c)
		}
	})
	var found []xy
	for _, q := range squares {
		x, y := q.centre()
		for _, o := range rings {
			u, v := o.centre()
			if math.Hypot((x-u)/kx, (y-v)/ky) < 0.8 {
				found = append(found, xy{x, y})
			}
		}
	}
	if len(found) < 2 || len(found) > 12 {
		return printed.Identity{}, false
	}
	x0, y0, x1, y1 := m.W, m.H, 0, 0
	for _, p := range found {
		x0, x1 = min(x0, int(p.x-around*kx)), max(x1, int(p.x+around*kx))
		y0, y1 = min(y0, int(p.y-around*ky)), max(y1, int(p.y+around*ky))
	}
	x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, m.W), min(y1, m.H)
	return readQR(m.Crop(x0, y0, x1, y1), kx, ky, 3)
}

// lines are rows or columns of the upright page.
type lines struct{ rows, columns []int }

// badLines turns damaged rows and columns with the page.
func badLines(p *Page, w, h, rotation int) lines {
	flip := func(s []int, n int, turn bool) []int {
		out := make([]int, 0, len(s))
		for _, v := range s {
			if turn {
				v = n - 1 - v
			}
			out = append(out, v)
		}
		slices.Sort(out)
		return out
	}
	rows := flip(p.BadRows, h, rotation == 180 || rotation == 270)
	columns := flip(p.BadColumns, w, rotation == 180 || rotation == 90)
	if rotation == 90 || rotation == 270 {
		rows, columns = columns, rows
	}
	return lines{rows, columns}
}

// Names of the order form's fields that the reader knows the meaning of.
const (
	fieldCustomer  = "customer_code"
	fieldShipTo    = "ship_to"
	fieldMonth     = "delivery_month"
	fieldDay       = "delivery_day"
	fieldTotal     = "total_quantity"
	fieldNote      = "note"
	suffixItem     = ".item_code"
	suffixQuantity = ".quantity"
	suffixComment  = ".comment"
	prefixStockout = "stockout."
)

// lineOf splits "lines[3].item_code" into 3 and ".item_code".
func lineOf(name string) (int, string) {
	rest, ok := strings.CutPrefix(name, "lines[")
	if !ok {
		return 0, ""
	}
	n, suffix, ok := strings.Cut(rest, "]")
	v, err := strconv.Atoi(n)
	if !ok || err != nil || v < 1 {
		return 0, ""
	}
	return v, suffix
}
