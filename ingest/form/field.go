package form

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"

	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
)

// fieldReader reads the fields of a registered page into a draft.
type fieldReader struct {
	k          *Knowledge
	g          *registration
	id         printed.Identity
	identified string // "qr", "barcode" or ""
	d          *order.Draft
	bad        lines // damaged
	cells      cellReader
	fields     map[string]*field
}

// state is what a box holds before anyone asks for a digit.
type state int

const (
	empty state = iota
	unsure
	written
)

// field is a field on its way to the draft.
type field struct {
	def     *printed.Field
	cells   []cell
	states  []state
	glyphs  []glyphs // of the boxes that are not empty; zero elsewhere
	from    int      // the written boxes, half-open
	to      int
	gap     bool // an empty box between written ones
	doubt   bool // a box that may or may not be empty
	damaged bool
	amended bool // struck out, with something written above it
	two     bool // two digits in one box, by the reading that was chosen
	beside  bool // something is written beside the boxes
	outer   bool // a code's last digit is
	struck  bool // a line runs through the whole field
	split   []block
	out     order.DraftField
}

// Bounds between empty, unsure and written boxes. A thin "1" of 3 mm has 1 mm² of ink.
const (
	emptyInk      = 0.20 // mm²
	writtenInk    = 0.55
	lentInk       = 0.6  // of a neighbour's stroke
	dottedInk     = 0.35 // in small pieces: a stroke that the machine broke up
	emptyExtent   = 0.8  // mm
	writtenExtent = 1.6
	emptyMarkInk  = 0.25
	writtenMark   = 0.7
	blackedOut    = 0.45 // part of the box
	blackMark     = 0.62 // of a tick box: thick pens fill much of it with a cross
	imageInk      = 1.0  // mm² in a free field that counts as writing
	imageExtent   = 1.6
	markFrame     = 0.8  // of a tick box's frame must be seen for its ink to be a mark
	markNarrow    = 1.0  // mm: ticks, circles and crosses go both ways, lines do not
	leastFrame    = 0.35 // of a box's frame must be seen where it is expected
)

func (f *fieldReader) read() {
	g := f.g
	f.cells.g, f.cells.frames = g, g.survey()
	f.fields = map[string]*field{}
	names := make([]string, 0, len(g.layout.Fields))
	for i := range g.layout.Fields {
		def := &g.layout.Fields[i]
		if def.Kind == printed.FieldPrinted {
			continue
		}
		fl := &field{def: def, out: order.DraftField{Name: def.Name, Decision: order.DecisionBlank, Confidence: 1}}
		f.look(fl)
		f.fields[def.Name] = fl
		names = append(names, def.Name)
	}
	f.compareFrames()
	for _, name := range names {
		if fl := f.fields[name]; fl.def.Kind == printed.FieldDigits && !fl.isBlank() {
			f.slips(fl)
		}
	}
	f.customer()
	f.shipTo()
	f.date()
	f.lines()
	f.marks()
	f.images()
	for _, name := range names {
		fl := f.fields[name]
		f.show(fl)
		f.d.Fields = append(f.d.Fields, fl.out)
	}
	f.decide()
}

// slips looks for what people do when they slip.
func (f *fieldReader) slips(fl *field) {
	f.amend(fl)
	_, suffix := lineOf(fl.def.Name)
	fl.struck = (suffix == suffixItem || suffix == suffixQuantity || fl.def.Name == fieldCustomer) && f.lineStruck(fl)
	if suffix != suffixQuantity && fl.def.Name != fieldTotal {
		return
	}
	for _, way := range []int{-1, 1} {
		if way < 0 && suffix != suffixQuantity {
			continue // the total's label is printed there
		}
		if _, seen := f.beside(fl, way); seen {
			fl.beside = true
		}
	}
	for i := fl.from; i < fl.to; i++ {
		if fl.states[i] != written || fl.glyphs[i].reject < 0.2 {
			continue
		}
		a, b, p := f.split(&fl.cells[i])
		if p < 0.01 {
			continue
		}
		cells := append(append(slices.Clone(fl.glyphs[fl.from:i]), a, b), fl.glyphs[i+1:fl.to]...)
		fl.split = append(fl.split, block{cells, p})
	}
}

// look cuts the field's boxes out and tells empty from written ones.
func (f *fieldReader) look(fl *field) {
	digits := fl.def.Kind == printed.FieldDigits
	scale := yScaleOf(f.g.kx, f.g.ky)
	wide := yScaleOf(f.g.ky, f.g.kx)
	for i, b := range fl.def.Cells {
		if fl.def.Kind == printed.FieldImage {
			fl.cells, fl.states, fl.glyphs = append(fl.cells, f.cells.area(b)), append(fl.states, empty), append(fl.glyphs, glyphs{})
			continue
		}
		c := f.cells.read(b, besides(fl.def.Cells, i), f.g.layout.FrameMM)
		c.bad = f.damaged(b)
		st := written
		switch {
		case c.ink < emptyInk || c.extent < emptyExtent && c.ink < dottedInk:
			st = empty
		case c.ink < writtenInk || c.extent < writtenExtent:
			st = unsure
		}
		if st == empty && c.lent >= lentInk {
			st = unsure // two digits may touch
		}
		if c.bad && c.ink == 0 {
			if c.bad = f.mayHide(b); c.bad {
				st = unsure // the damage may have taken what stood there
			}
		}
		if st == empty && f.g.unseen(b) {
			c.bad, st = true, unsure // who knows what was looked at
		}
		var gl glyphs
		if digits && st != empty {
			gl = f.recognise(&c, scale, wide)
			f.cut(fl.def.Name, len(fl.cells), &c, scale)
		}
		fl.cells = append(fl.cells, c)
		fl.states = append(fl.states, st)
		fl.glyphs = append(fl.glyphs, gl)
		fl.damaged = fl.damaged || c.bad
	}
	fl.delimit()
}

// delimit finds the written boxes and doubts among the states.
func (fl *field) delimit() {
	fl.from = slices.IndexFunc(fl.states, func(s state) bool { return s != empty })
	fl.to, fl.gap = 0, false
	fl.doubt = slices.Contains(fl.states, unsure)
	if fl.from < 0 {
		fl.from = 0
		return
	}
	for i := fl.from; i < len(fl.states); i++ {
		if fl.states[i] == empty {
			continue
		}
		if fl.to != 0 && i > fl.to {
			fl.gap = true
		}
		fl.to = i + 1
	}
}

// compareFrames holds the frames of boxes that look empty against the page's others: a circle or
// a 0 drawn along the frame goes with the frame, but leaves its box with more ink than a frame has.
func (f *fieldReader) compareFrames() {
	const (
		over     = 0.9 // mm² of ink beyond the frame's own
		markOver = 0.6
		times    = 5 // the spread of frames without writing
	)
	for _, fl := range f.fields {
		if fl.def.Kind == printed.FieldImage {
			continue
		}
		changed := false
		for i, c := range fl.cells {
			bound := over
			if fl.def.Kind == printed.FieldMark {
				bound = markOver
			}
			if fl.states[i] != empty || c.over < bound || c.sides < times*f.cells.frames.sigma {
				continue
			}
			fl.states[i] = unsure
			for d := range fl.glyphs[i].p {
				fl.glyphs[i].p[d] = 0.1
			}
			fl.glyphs[i].reject = 0.5
			changed = true
		}
		if changed {
			fl.delimit()
		}
	}
}

// damaged tells whether damaged rows of the page run through the box.
func (f *fieldReader) damaged(b printed.Box) bool {
	if f.g.torn(b) {
		return true
	}
	if len(f.bad.rows) == 0 && len(f.bad.columns) == 0 {
		return false
	}
	x0, y0, x1, y1 := f.g.bounds(b, 0.3)
	within := func(s []int, from, to int) bool {
		i, _ := slices.BinarySearch(s, from)
		return i < len(s) && s[i] < to
	}
	return within(f.bad.rows, y0, y1) || within(f.bad.columns, x0, x1)
}

// mayHide tells whether the damage over a box is large enough to have taken a whole digit: of a
// digit that was there more than specks would be left beside a smaller one.
func (f *fieldReader) mayHide(b printed.Box) bool {
	const (
		tall, wide = 1.4, 0.6 // mm, less than the smallest digit
		seen       = 0.6      // part of the row's frames
	)
	if part, ok := f.g.frames.rows[b.Y]; ok && len(f.g.tears) > 0 && part < seen {
		return true
	}
	if f.g.torn(b) && f.g.lostMM() >= tall {
		return true
	}
	x0, y0, x1, y1 := f.g.bounds(b, 0)
	number := func(s []int, from, to int) float64 {
		i, _ := slices.BinarySearch(s, from)
		j, _ := slices.BinarySearch(s, to)
		return float64(j - i)
	}
	return number(f.bad.rows, y0, y1)/f.g.ky >= tall || number(f.bad.columns, x0, x1)/f.g.kx >= wide
}

// cut shows the box to who wants to see what the recogniser sees.
func (f *fieldReader) cut(field string, box int, c *cell, scale int) {
	if f.k.Cut == nil {
		return
	}
	f.k.Cut(field, box, c.image, scale)
	for _, o := range c.others {
		f.k.Cut(field, box, o.image, scale)
	}
}

// recognise asks for the digit, and takes the recogniser at its word only as far as geometry
// and damage allow.
func (f *fieldReader) recognise(c *cell, scale, wide int) glyphs {
	ask := func(m *bilevel.Image) ([10]float64, float64) {
		if wide > 1 {
			m = widened(m, wide)
		}
		return f.k.Digits.Digit(m, scale)
	}
	// Each way to see the box counts by how probable it is, and by whether it shows a digit.
	const noDigit = 0.02
	p, reject := ask(c.image)
	if len(c.others) > 0 {
		weight := 1.0
		for _, o := range c.others {
			weight -= o.p
		}
		var sum [10]float64
		var none, all float64
		add := func(q [10]float64, r, w float64) {
			w *= 1 - r + noDigit
			for d := range q {
				sum[d] += w * q[d]
			}
			none, all = none+w*r, all+w
		}
		add(p, reject, max(weight, 0))
		for _, o := range c.others {
			q, r := ask(o.image)
			add(q, r, o.p)
		}
		for d := range sum {
			p[d] = sum[d] / all
		}
		reject = none / all
	}
	var gl glyphs
	gl.reject = min(max(reject, 0), 1)
	sum := 0.0
	for _, v := range p {
		sum += max(v, 0)
	}
	trust := 1.0
	if c.frame < leastFrame { // the box is not where it should be, or its line is gone
		trust *= 0.6
	}
	if c.bad {
		trust *= 0.5
	}
	floor := f.k.Settings.DigitFloor
	for d := range p {
		v := 0.1
		if sum > 1e-9 {
			v = max(p[d], 0) / sum
		}
		v = trust*v + (1-trust)*0.1
		gl.p[d] = v*(1-10*floor) + floor
	}
	if c.fill > blackedOut {
		gl.reject = max(gl.reject, 0.9)
	}
	return gl
}

// widened repeats columns: pixels of a page that was sent lying on its side at 204 × 98 dpi.
func widened(m *bilevel.Image, n int) *bilevel.Image {
	if n == 1 {
		return m
	}
	o := bilevel.New(m.W*n, m.H)
	for y := range m.H {
		for x0, x1 := range rowRuns(m.Row(y), m.W) {
			o.Fill(x0*n, x1*n, y)
		}
	}
	return o
}

// block is the written boxes' glyphs.
func (fl *field) block() []glyphs { return fl.glyphs[fl.from:fl.to] }

// blocks are the ways to see a quantity: a box at either end of the written ones that may be
// empty is, or is not, part of the number, and a digit before them may have faded away; fade is
// how often digits do on this page.
func (fl *field) blocks(fade float64) []block {
	out := []block{{fl.block(), 1}}
	if fl.to < len(fl.cells) {
		out[0].p = 1 - fl.cells[fl.to].faded()
	}
	for _, b := range fl.split {
		for i := range out {
			out[i].p *= 1 - b.p
		}
		out = append(out, b)
	}
	if len(fl.split) == 0 {
		out = fl.trimmed(out)
	}
	if fl.from == 0 {
		return out
	}
	gone := 1 - (1-fade)*(1-fl.cells[fl.from-1].faded())
	for i := range out {
		out[i].p *= 1 - gone
	}
	var any glyphs
	for d := range any.p {
		any.p[d] = .1
	}
	return append(out, block{append([]glyphs{any}, fl.block()...), gone})
}

// trimmed adds what the number is without a first or last box that may be empty.
func (fl *field) trimmed(out []block) []block {
	trim := func(at int, part func([]glyphs) []glyphs) {
		if fl.states[at] != unsure || fl.to-fl.from < 2 {
			return
		}
		p := fl.cells[at].inkP(&fl.glyphs[at])
		for _, b := range out {
			out = append(out, block{part(b.cells), b.p * (1 - p)})
		}
		for i := range len(out) / 2 {
			out[i].p *= p
		}
	}
	trim(fl.from, func(g []glyphs) []glyphs { return g[1:] })
	if fl.to-fl.from > 2 {
		trim(fl.to-1, func(g []glyphs) []glyphs { return g[:len(g)-1] })
	}
	return out
}

// fade is how often a box beside a written number held a digit that left no trace, judged by the
// page's codes: these have a digit in every box.
func (f *fieldReader) fade() float64 {
	const more = 0.4 // odds that a number is one digit longer
	lost, n := 0, 0
	for name, fl := range f.fields {
		_, suffix := lineOf(name)
		if fl.isBlank() || name != fieldCustomer && suffix != suffixItem {
			continue
		}
		gone := 0
		for _, st := range fl.states {
			if st == empty {
				gone++
			}
		}
		if gone > 2 { // not the code that is meant
			continue
		}
		lost, n = lost+gone, n+len(fl.states)
	}
	return more * float64(lost) / float64(max(n, 1))
}

// inkP is the probability that the little ink in a box is writing: by how much there is, and by
// whether it looks like a digit.
func (c *cell) inkP(g *glyphs) float64 {
	const even = 0.35 // mm² that may as well be dirt
	odds := math.Pow((c.ink+c.lent/3)/even, 4) * (1 - g.reject) / (g.reject + 0.05)
	return odds / (1 + odds)
}

// faded is the probability that a digit stood in a box that looks empty: by the specks in it.
func (c *cell) faded() float64 {
	const even = 0.4 // mm²
	x := (c.ink + c.rest + c.lent/3) / even
	odds := x * x * x
	return odds / (1 + odds)
}

// dirt tells whether nothing in the field need be writing: little ink, in one box or two, that
// looks like no digit.
func (fl *field) dirt() bool {
	n := 0
	for i, s := range fl.states {
		if s == written || s == unsure && fl.cells[i].inkP(&fl.glyphs[i]) > 0.5 {
			return false
		}
		if s == unsure {
			n++
		}
	}
	return n > 0 && n <= 2
}

// wipe takes the field for blank.
func (fl *field) wipe() {
	for i := range fl.states {
		fl.states[i], fl.glyphs[i] = empty, glyphs{}
	}
	fl.delimit()
}

func (fl *field) isBlank() bool { return fl.to == 0 }

// shown is the digit a box most probably holds and how probable that is; "?" where none is
// thinkable.
func (g *glyphs) shown() (string, float64) {
	d, p := g.best()
	p = round(p*(1-g.reject), 4)
	if g.reject > 10*p {
		return "?", p
	}
	return strconv.Itoa(d), p
}

// text is what the boxes say one by one, "?" where nothing is believed.
func (fl *field) text() string {
	var b []byte
	for i := fl.from; i < fl.to; i++ {
		if fl.states[i] == empty {
			b = append(b, ' ')
			continue
		}
		t, _ := fl.glyphs[i].shown()
		b = append(b, t...)
	}
	return string(b)
}

func (fl *field) review(reason string) {
	fl.out.Decision = order.DecisionReview
	if !slices.Contains(fl.out.Reasons, reason) {
		fl.out.Reasons = append(fl.out.Reasons, reason)
	}
}

// settle puts a reading into the field and decides.
func (fl *field) settle(r reading, cost Looks) {
	accept := needed(cost)
	fl.out.Text, fl.out.Evidence = r.text, r.evidence
	fl.out.Confidence = min(max(r.p, 0), 1)
	fl.out.Decision = order.DecisionAccept
	for _, reason := range r.reasons {
		fl.review(reason)
	}
	if fl.out.Confidence < accept {
		// Rounded down, so that what falls short never reads as what is needed.
		fl.review(fmt.Sprintf("not sure enough: %.2f %%, needs %.2f %%", math.Floor(1e4*fl.out.Confidence)/100, 100*accept))
	}
	fl.guard()
}

// guard sends to review what no probability covers.
func (fl *field) guard() {
	if fl.gap {
		fl.review("an empty box between written ones")
	}
	if fl.doubt && !strong(fl.out.Evidence) {
		fl.review("a box that may or may not be written on")
	}
	if fl.damaged && !fl.isBlank() {
		fl.review("damaged by the fax line")
	}
}

// blankOrDoubt settles a field without writing. It stays blank; damage over it is a review.
func (fl *field) blankOrDoubt() {
	fl.out.Text, fl.out.Confidence = "", 0.9999
	if fl.damaged {
		fl.review("damaged by the fax line")
	}
}

// code decodes a field of n digits against a rule.
func (f *fieldReader) code(fl *field, rule codeRule, cost Looks) {
	want := rule.scheme.Digits
	if want == 0 && rule.known == nil {
		want = fl.to - fl.from
	}
	rule.junk = f.k.Settings.Junk
	if rule.known == nil && rule.scheme.CheckDigit {
		rule.unknown = f.k.Settings.WrongCheckDigit
	}
	if f.shifted(fl, rule, cost) {
		fl.hold()
		return
	}
	if fl.gap || (want != 0 && fl.to-fl.from != want) {
		fl.out.Text = fl.text()
		fl.out.Confidence = 0
		if fl.to-fl.from == want && count(fl.states) == want-1 {
			fl.out.Text = fl.proposed(rule)
		}
		fl.review(fmt.Sprintf("%d boxes are written on instead of %d", count(fl.states), max(want, 1)))
		fl.guard()
		return
	}
	fl.settle(decodeCodeField(fl.block(), rule), cost)
	fl.hold()
}

// proposed is the code of a field with an empty box in it that check digit and master know; what
// is written where they do not.
func (fl *field) proposed(rule codeRule) string {
	cells := slices.Clone(fl.block())
	for i := range cells {
		if fl.states[fl.from+i] == empty {
			for d := range cells[i].p {
				cells[i].p[d] = 0.1
			}
		}
	}
	if r := decodeCodeField(cells, rule); len(r.evidence) > 0 {
		return r.text
	}
	return fl.text()
}

func count(s []state) int {
	n := 0
	for _, v := range s {
		if v != empty {
			n++
		}
	}
	return n
}

func (f *fieldReader) customer() {
	fl := f.fields[fieldCustomer]
	if fl == nil {
		return
	}
	st := &f.k.Settings
	printedCode := f.id.CustomerCode
	known := func(code string) bool { _, ok := f.k.Customers[code]; return ok }
	rule := codeRule{
		size: len(f.k.Customers), unknown: st.UnknownCustomer, scheme: f.k.Scheme.Customer,
		hint: printedCode, foreign: st.ForeignForm,
	}
	if f.k.Customers != nil {
		rule.known = known
	}
	switch {
	case fl.isBlank() && printedCode == "":
		fl.blankOrDoubt()
		fl.out.Confidence = 0
		fl.review("no customer code")
	case fl.isBlank():
		fl.out.Text, fl.out.Confidence, fl.out.Evidence = printedCode, 0.5, []string{f.identified}
		fl.review(reasonCovered)
		if rule.known != nil && !known(printedCode) {
			fl.review("no such code in the master")
		}
	default:
		f.code(fl, rule, st.Costs.Customer)
		if printedCode != "" && fl.out.Text == printedCode {
			fl.out.Evidence = append(fl.out.Evidence, f.identified, order.EvidencePrinted)
		} else if printedCode != "" {
			fl.review("another customer's code on a personal form")
		}
		if fl.struck {
			fl.review(reasonWhose)
		}
	}
}

func (f *fieldReader) shipTo() {
	fl := f.fields[fieldShipTo]
	if fl == nil {
		return
	}
	if fl.isBlank() {
		fl.blankOrDoubt()
		return
	}
	st := &f.k.Settings
	rule := codeRule{unknown: st.UnknownShipTo, scheme: order.CodeScheme{Digits: len(fl.def.Cells)}}
	customer := f.fields[fieldCustomer]
	if f.k.ShipTos != nil && customer != nil {
		dep, ok := f.k.Customers[customer.out.Text]
		if ok {
			places := map[string]bool{}
			for _, s := range f.k.ShipTos[dep.CompanyCode] {
				places[s.Code] = true
			}
			rule.known = func(code string) bool { return places[code] }
			rule.size = len(places)
		}
	}
	f.code(fl, rule, st.Costs.ShipTo)
	if rule.known != nil && customer.out.Decision != order.DecisionAccept {
		fl.review("belongs to a customer who is not certain")
	}
}

func (f *fieldReader) date() {
	month, day := f.fields[fieldMonth], f.fields[fieldDay]
	if month == nil || day == nil {
		return
	}
	both := []*field{month, day}
	if month.isBlank() && day.dirt() {
		day.wipe()
	} else if day.isBlank() && month.dirt() {
		month.wipe()
	}
	switch {
	case month.isBlank() && day.isBlank():
		month.blankOrDoubt()
		day.blankOrDoubt()
		return
	case month.isBlank() || day.isBlank():
		for _, fl := range both {
			fl.out.Text = fl.text()
			fl.out.Confidence = 0
			fl.review("only one of month and day is written")
		}
		return
	case month.gap || day.gap:
		for _, fl := range both {
			fl.out.Text = fl.text()
			fl.guard()
		}
		return
	}
	st := &f.k.Settings
	m, d, p, within := decodeDate(month.block(), day.block(), f.k.ReceivedOn, st.DateReachDays, st.OddDate, st.Junk)
	month.settle(reading{text: strconv.Itoa(m), p: p, evidence: []string{"calendar"}}, st.Costs.Date)
	day.settle(reading{text: strconv.Itoa(d), p: p, evidence: []string{"calendar"}}, st.Costs.Date)
	if m == 0 {
		for _, fl := range both {
			fl.out.Text, fl.out.Evidence = fl.text(), nil
			fl.review("no such day")
		}
	} else if !within {
		for _, fl := range both {
			fl.out.Evidence = nil
			fl.review(fmt.Sprintf("not within %d days of receipt (CUT-7)", st.DateReachDays))
		}
	}
}

// lines reads item codes and quantities, and weighs the quantities against the written total.
func (f *fieldReader) lines() {
	st := &f.k.Settings
	var known func(string) bool
	if f.k.Items != nil {
		known = func(code string) bool { _, ok := f.k.Items[code]; return ok }
	}
	var quantities []*field
	var values []*amounts
	fade := f.fade()
	for n := 1; ; n++ {
		item := f.fields[fmt.Sprintf("lines[%d]%s", n, suffixItem)]
		qty := f.fields[fmt.Sprintf("lines[%d]%s", n, suffixQuantity)]
		if item == nil || qty == nil {
			break
		}
		// A line needs both: dirt in one of them with nothing in the other is no writing.
		if item.isBlank() && qty.dirt() {
			qty.wipe()
		} else if qty.isBlank() && item.dirt() {
			item.wipe()
		}
		if item.isBlank() && qty.isBlank() {
			item.blankOrDoubt()
			qty.blankOrDoubt()
			continue
		}
		if item.struck || qty.struck {
			for _, fl := range []*field{item, qty} {
				fl.out.Text, fl.out.Confidence = fl.text(), 0
				fl.review(reasonStruck)
			}
			continue
		}
		if n <= f.id.Rows && f.unordered(item, qty) {
			continue
		}
		multiple := 1
		above := ""
		if up := f.fields[fmt.Sprintf("lines[%d]%s", n-1, suffixItem)]; up != nil {
			above = up.out.Text
		}
		switch {
		case above != "" && !item.isBlank() && item.sameAsAbove():
			item.out.Text, item.out.Confidence = above, 0.5
			item.review(reasonSame)
		case !item.isBlank():
			f.code(item, codeRule{known: known, size: len(f.k.Items), unknown: st.UnknownItem, scheme: f.k.Scheme.Item}, st.Costs.Item)
			if n <= f.id.Rows {
				item.out.Evidence = append(item.out.Evidence, order.EvidencePrinted)
				if f.overwritten(item) {
					item.review(struckOut)
				}
			}
			if it, ok := f.k.Items[item.out.Text]; ok && item.out.Decision == order.DecisionAccept {
				multiple = max(it.OrderMultiple, 1)
			}
		default:
			item.out.Confidence = 0
			item.review("a quantity without an item code")
		}
		if item.outer {
			qty.beside = false // it is the code's last digit
		}
		if qty.isBlank() {
			qty.out.Confidence = 0
			qty.review("an item code without a quantity")
			continue
		}
		if qty.gap {
			qty.out.Text, qty.out.Confidence = qty.text(), 0
			qty.guard()
			continue
		}
		a := decodeAmount(qty.blocks(fade), multiple, st.OddQuantity, st.Junk)
		quantities = append(quantities, qty)
		values = append(values, &a)
		qty.out.Text = strconv.Itoa(multiple) // kept until settled below
	}
	total := f.fields[fieldTotal]
	agree := 0.0
	var sum amounts
	written := total != nil && !total.isBlank()
	if written && !total.gap && len(values) > 0 {
		sum = decodeAmount(total.blocks(fade), 1, 0, st.Junk)
		agree = reconcile(values, &sum, st.WrongTotal)
	}
	const surely = 0.5
	worst, worstP := -1, math.Inf(1)
	for i, qty := range quantities {
		multiple, err := strconv.Atoi(qty.out.Text)
		r := reading{text: qty.text()}
		if err == nil && len(values[i].list) > 0 {
			best := values[i].list[0]
			r = reading{text: strconv.Itoa(best.value), p: best.p}
			if best.value == 0 {
				r.reasons = append(r.reasons, "a quantity of none")
			}
			if multiple > 1 && best.value%multiple == 0 {
				r.evidence = append(r.evidence, "multiple")
			} else if multiple > 1 {
				r.reasons = append(r.reasons, fmt.Sprintf("not a multiple of %d (ITM-1)", multiple))
			}
			if agree > surely {
				r.evidence = append(r.evidence, "sum")
			}
		}
		if r.p < needed(st.Costs.Quantity) && f.tallied(qty) {
			r.reasons = append(r.reasons, reasonTally)
		}
		qty.two = slices.ContainsFunc(qty.split, func(b block) bool { return b.p > doubtSplit || len(r.text) == len(b.cells) })
		qty.settle(r, st.Costs.Quantity)
		qty.hold()
		if qty.out.Confidence < worstP {
			worst, worstP = i, qty.out.Confidence
		}
	}
	if !written {
		if total != nil {
			total.blankOrDoubt()
		}
		return
	}
	if total.gap || len(sum.list) == 0 {
		total.out.Text, total.out.Confidence = total.text(), 0
		total.review("cannot be checked against the quantities")
		total.guard()
		return
	}
	best := sum.list[0]
	r := reading{text: strconv.Itoa(best.value), p: best.p}
	if agree > surely {
		r.evidence = []string{"sum"}
	}
	total.settle(r, st.Costs.Quantity)
	total.hold()
	if agree <= surely {
		total.review("is not the sum of the quantities")
		if worst >= 0 {
			quantities[worst].review("the quantities do not add up to the written total")
		}
	}
}

func (f *fieldReader) marks() {
	var set []*field
	for _, fl := range f.fields {
		if fl.def.Kind != printed.FieldMark || len(fl.cells) == 0 {
			continue
		}
		c := &fl.cells[0]
		switch {
		case c.bad:
			fl.out.Confidence = 0.5
			fl.review("damaged by the fax line")
		case f.blackened(c):
			fl.out.Confidence = 0.5
			fl.review("blackened: a mark, or a mark taken back")
		case f.runsThrough(c):
			fl.out.Confidence = 0.5
			fl.review("a stroke from elsewhere runs through the box")
		case f.labelCircled(fl):
			fl.out.Text, fl.out.Confidence = "x", 0.5
			fl.review("the label is circled")
		case fl.states[0] == unsure && c.ink < emptyMarkInk:
			fl.out.Confidence = 0.5
			fl.review("may or may not be a mark")
		case c.ink < emptyMarkInk || c.extent < emptyExtent:
			fl.out.Confidence = 0.9999
		case c.ink < writtenMark || c.extent < writtenExtent:
			fl.out.Confidence = 0.5
			fl.review("may or may not be a mark")
		case c.frame < markFrame || c.narrow < markNarrow: // the feed tears frames and sends their lines twice
			fl.out.Confidence = 0.5
			fl.review("may be a mark, or the box's own frame")
		default:
			fl.settle(reading{text: "x", p: 0.9999}, f.k.Settings.Costs.Mark)
			set = append(set, fl)
		}
	}
	if len(set) > 1 { // the marks of the order form exclude each other
		for _, fl := range set {
			fl.out.Confidence = 0.5
			fl.review("more than one mark where one is meant")
		}
	}
}

// images tells where there is free handwriting.
func (f *fieldReader) images() {
	for _, fl := range f.fields {
		if fl.def.Kind != printed.FieldImage || len(fl.cells) == 0 || f.id.Named(fl.def.Name) {
			continue
		}
		c := &fl.cells[0]
		if c.ink < imageInk || c.extent < imageExtent {
			continue
		}
		fl.out.Decision, fl.out.Evidence = order.DecisionAccept, []string{"ink"}
		var png bytes.Buffer
		if err := c.image.EncodePNG(&png, f.g.kx*mmPerInch, f.g.ky*mmPerInch); err == nil {
			fl.out.Picture = png.Bytes()
		}
		if fl.def.Name == fieldNote && f.k.Settings.NoteToReview {
			fl.review("a note is written: please read it")
		}
	}
}

// show writes the boxes into the draft.
func (f *fieldReader) show(fl *field) {
	for i, c := range fl.cells {
		box := order.DraftCell{Box: order.Box(c.box), Confidence: 1}
		switch {
		case fl.def.Kind != printed.FieldDigits:
		case fl.states[i] != empty:
			box.Text, box.Confidence = fl.glyphs[i].shown()
		case !fl.isBlank() && fl.fixedLength():
			box.Text, box.Confidence = "?", 0 // a digit belongs here
		default:
			box.Confidence = round(1-c.faded(), 4)
		}
		if fl.def.Kind == printed.FieldMark {
			box.Text, box.Confidence = fl.out.Text, fl.out.Confidence
		}
		fl.out.Cells = append(fl.out.Cells, box)
	}
	fl.out.Confidence = round(fl.out.Confidence, 6)
	fl.out.ImageConfidence = round(fl.imageP(), 6)
	if fl.out.Decision != order.DecisionBlank {
		fl.out.Area = f.g.area(fl.def.Cells)
	}
}

// fixedLength tells whether every box of the field has a digit where any has.
func (fl *field) fixedLength() bool {
	_, suffix := lineOf(fl.def.Name)
	return suffix == suffixItem || fl.def.Name == fieldCustomer || fl.def.Name == fieldShipTo
}

// imageP is how probable the boxes alone make the field's text; 0 where they do not say it box
// by box.
func (fl *field) imageP() float64 {
	if fl.def.Kind != printed.FieldDigits || fl.isBlank() || len(fl.out.Text) != fl.to-fl.from {
		return 0
	}
	p := 1.0
	for i, c := range []byte(fl.out.Text) {
		if c < '0' || c > '9' {
			return 0
		}
		g := &fl.glyphs[fl.from+i]
		p *= g.p[c-'0'] * (1 - g.reject)
	}
	return p
}

// framesSeen is the share of digit boxes whose frame lay where the map puts it.
func (f *fieldReader) framesSeen() float64 {
	seen, n := 0.0, 0.0
	for _, fl := range f.fields {
		if fl.def.Kind != printed.FieldDigits {
			continue
		}
		for _, c := range fl.cells {
			n++
			if c.frame >= 0.6 {
				seen++
			}
		}
	}
	return seen / max(n, 1)
}

// decide settles the page: accepted only if nothing on it is in doubt.
func (f *fieldReader) decide() {
	d := f.d
	d.Decision = order.DecisionAccept
	review := func(reason string) {
		d.Decision = order.DecisionReview
		d.Reasons = append(d.Reasons, reason)
	}
	if f.identified == "" {
		review("neither the QR code nor the bar code nor the printed number can be read")
	}
	if f.g.residual > f.k.Settings.MaxResidual {
		review(fmt.Sprintf("the marks do not fit well: %.2f mm", f.g.residual))
	}
	if f.g.frames.worst < leastRow {
		review(fmt.Sprintf("the boxes of the form %.0f mm from its top are not where its marks say", f.g.frames.worstRow))
	}
	if n := len(f.g.tears); n > usualTears {
		review(fmt.Sprintf("the paper feed jumped %d times, or rows of the page were lost", n))
	}
	if mm := f.g.lostMM(); mm > tornWhole {
		review(fmt.Sprintf("the paper feed jumped by %.0f mm, or rows of the page were lost", mm))
	}
	if lost := len(f.g.layout.Marks) - len(f.g.marks); lost > len(f.g.layout.Marks)/4 && f.framesSeen() < 0.97 {
		review(fmt.Sprintf("%d of %d marks are missing", lost, len(f.g.layout.Marks)))
	}
	lines, anything := 0, false
	for i := range d.Fields {
		fl := &d.Fields[i]
		if fl.Decision == order.DecisionReview {
			reason := fl.Name
			if len(fl.Reasons) > 0 {
				reason += ": " + fl.Reasons[0]
			}
			review(reason)
		}
		if fl.Decision != order.DecisionBlank && fl.Text != "" && fl.Name != fieldCustomer {
			anything = true
		}
		if _, suffix := lineOf(fl.Name); suffix == suffixItem && fl.Decision != order.DecisionBlank {
			lines++
		}
	}
	if lines == 0 {
		if anything {
			review("no order line is filled in")
		} else {
			review("nothing is filled in")
		}
	}
}
