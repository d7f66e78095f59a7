package fax

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/templates/form"
)

// Result is what was measured in one set.
type Result struct {
	Name       string
	Limits     *Limits
	Pages      int
	Registered int
	Identified int
	Touchless  int // accepted as a whole
	WrongPages int // of these, with any field wrong
	Fields     map[string]*FieldCount
	Boxes      BoxCount
	Marks      MarkCount
	Mistakes   []string // every field accepted wrongly: set, page, field, truth, reading
	CPU        []time.Duration
	Stages     map[string][]time.Duration

	digits []digitResult
	fields []fieldResult
	junk   []junkResult
}

// FieldCount is what became of the fields of one type.
type FieldCount struct {
	Written  int // fields with something written
	Accepted int // of these
	Wrong    int // of the accepted, blank ones taken for written and written ones for blank included
}

// BoxCount is what became of the boxes of digits, written or not.
type BoxCount struct {
	Blank, TakenForWritten int // boxes without writing, and of these with a reading
	Written, TakenForBlank int
}

// fieldResult is one written field that nothing but its confidence kept from being accepted.
type fieldResult struct {
	kind       string
	confidence float64
	right      bool
}

// digitResult is one digit: how sure the reader was, and whether it was right.
type digitResult struct {
	confidence float64
	right      bool
	source     string // whose writing
}

func newResult(name string, l *Limits) *Result {
	return &Result{Name: name, Limits: l, Fields: map[string]*FieldCount{}, Stages: map[string][]time.Duration{}}
}

// NotSure begins the reason a reader gives for a field that only its confidence keeps in review.
const NotSure = "not sure enough"

// kindOf groups fields by what is written in them.
func kindOf(name string) string {
	if _, suffix, ok := strings.Cut(name, "]."); ok {
		return suffix
	}
	if strings.HasPrefix(name, "delivery_") {
		return "delivery_date"
	}
	return name
}

// kindMark groups the tick boxes.
const kindMark = "mark"

func (res *Result) field(kind string) *FieldCount {
	if res.Fields[kind] == nil {
		res.Fields[kind] = &FieldCount{}
	}
	return res.Fields[kind]
}

func (res *Result) count(n int, source string, t Truth, d *order.Draft, l *form.Layout) {
	res.Pages++
	if d.Geometry != nil {
		res.Registered++
	}
	if d.Form == string(l.Form) && d.FormVersion == l.Version && d.Geometry != nil && !slices.ContainsFunc(d.Reasons, func(s string) bool { return strings.Contains(s, "QR") }) {
		res.Identified++
	}
	wrong := false
	for i := range l.Fields {
		def := &l.Fields[i]
		if def.Kind != form.FieldDigits && def.Kind != form.FieldMark {
			continue
		}
		want, written := t.Text[def.Name]
		f := d.Field(def.Name)
		if res.countField(def, want, written, f) {
			wrong = true
			res.Mistakes = append(res.Mistakes, fmt.Sprintf("%s page %d %s: written %q, read %q (%.6f)", res.Name, n, def.Name, want, f.Text, f.Confidence))
		}
		if f != nil && def.Kind == form.FieldDigits && !t.Messy[def.Name] {
			res.countBoxes(source, t.Cells[def.Name], f.Cells)
		}
	}
	if d.Decision == order.DecisionAccept {
		res.Touchless++
		if wrong {
			res.WrongPages++
		}
	}
}

// countField tells whether the field was taken wrongly.
func (res *Result) countField(def *form.Field, want string, written bool, f *order.DraftField) (wrong bool) {
	kind := kindOf(def.Name)
	if def.Kind == form.FieldMark {
		kind = kindMark
	}
	fc := res.field(kind)
	if written {
		fc.Written++
	}
	if f == nil {
		return false
	}
	if def.Kind == form.FieldMark {
		res.Marks.count(written, f.Decision)
	}
	got, taken := f.Text, f.Decision == order.DecisionAccept
	if f.Decision == order.DecisionBlank {
		got, taken = "", written
	}
	if taken && written {
		fc.Accepted++
	}
	if wrong = taken && got != want; wrong {
		fc.Wrong++
	}
	if written && (taken || len(f.Reasons) == 1 && strings.HasPrefix(f.Reasons[0], NotSure)) {
		res.fields = append(res.fields, fieldResult{kind, f.Confidence, got == want})
	}
	return wrong
}

// countBoxes holds boxes against what was written in them, -1 for nothing.
func (res *Result) countBoxes(source string, truth []int, cells []order.DraftCell) {
	for i, cell := range cells {
		digit := -1
		if i < len(truth) {
			digit = truth[i]
		}
		if digit < 0 {
			res.Boxes.Blank++
			if cell.Text != "" {
				res.Boxes.TakenForWritten++
			}
			continue
		}
		res.Boxes.Written++
		if cell.Text == "" {
			res.Boxes.TakenForBlank++
		}
		res.digits = append(res.digits, digitResult{cell.Confidence, cell.Text == string(rune('0'+digit)), source})
	}
}

// Rate is a part of n things, wrong or right.
type Rate struct {
	K int `json:"k"`
	N int `json:"n"`
}

// Of is the part; 0 of nothing.
func (r Rate) Of() float64 {
	if r.N == 0 {
		return 0
	}
	return float64(r.K) / float64(r.N)
}

// AtMost is the true rate that k in n stays below with 95 % confidence (Clopper–Pearson).
func (r Rate) AtMost() float64 {
	_, most := rules.ErrorBounds(r.K, r.N, .05)
	return most
}

// bySureness sorts digits, the surest first.
func bySureness(digits []digitResult) []digitResult {
	s := slices.Clone(digits)
	slices.SortStableFunc(s, func(a, b digitResult) int { return cmp.Compare(b.confidence, a.confidence) })
	return s
}

// DigitError is how many digits are read wrongly when the given part of all, the least
// certain, is left to people.
func (res *Result) DigitError(reject float64) Rate { return digitError(res.digits, reject) }

func digitError(digits []digitResult, reject float64) Rate {
	s := bySureness(digits)
	kept := s[:len(s)-int(math.Ceil(reject*float64(len(s))))]
	out := Rate{N: len(kept)}
	for _, c := range kept {
		if !c.right {
			out.K++
		}
	}
	return out
}

// Bound is the confidence from which a digit is taken when the given part is left to people.
func (res *Result) Bound(reject float64) float64 {
	s := bySureness(res.digits)
	kept := len(s) - int(math.Ceil(reject*float64(len(s))))
	if kept <= 0 {
		return 1
	}
	return s[kept-1].confidence
}

// Sources are the names of the hands, sorted.
func (res *Result) Sources() []string {
	var out []string
	for _, d := range res.digits {
		if !slices.Contains(out, d.source) {
			out = append(out, d.source)
		}
	}
	slices.Sort(out)
	return out
}

func (res *Result) digitsOf(source string) []digitResult {
	var out []digitResult
	for _, d := range res.digits {
		if d.source == source {
			out = append(out, d)
		}
	}
	return out
}

// Step is a row of a reliability table: readings whose confidence lies in From … To.
type Step struct {
	From       float64 `json:"from"`
	To         float64 `json:"to"`
	N          int     `json:"n"`
	Confidence float64 `json:"confidence"` // their mean
	Right      float64 `json:"right"`      // part of them
}

// reliability groups by confidence, finer towards certainty, where decisions are made.
func reliability(n int, at func(int) (confidence float64, right bool)) []Step {
	bounds := []float64{0, .2, .4, .6, .8, .9, .95, .98, .99, .995, .999, .9999, 1}
	steps := make([]Step, len(bounds)-1)
	for i := range steps {
		steps[i].From, steps[i].To = bounds[i], bounds[i+1]
	}
	for i := range n {
		c, right := at(i)
		k := len(steps) - 1
		for k > 0 && c < steps[k].From {
			k--
		}
		steps[k].N++
		steps[k].Confidence += c
		if right {
			steps[k].Right++
		}
	}
	for i := range steps {
		if k := float64(steps[i].N); k > 0 {
			steps[i].Confidence /= k
			steps[i].Right /= k
		}
	}
	return steps
}

// DigitReliability and FieldReliability hold confidence against what was right.
func (res *Result) DigitReliability() []Step {
	return reliability(len(res.digits), func(i int) (float64, bool) { return res.digits[i].confidence, res.digits[i].right })
}

// FieldReliability is the same of whole fields that only their confidence decides.
func (res *Result) FieldReliability() []Step {
	return reliability(len(res.fields), func(i int) (float64, bool) { return res.fields[i].confidence, res.fields[i].right })
}

// ece is the expected calibration error over fifteen even steps of confidence.
func ece(n int, at func(int) (confidence float64, right bool)) float64 {
	const steps = 15
	var gap [steps]float64
	for i := range n {
		c, right := at(i)
		k := min(int(c*steps), steps-1)
		gap[k] += c
		if right {
			gap[k]--
		}
	}
	sum := 0.0
	for _, g := range gap {
		sum += math.Abs(g)
	}
	return sum / float64(max(n, 1))
}

// ECE is the expected calibration error of the digits' confidence.
func (res *Result) ECE() float64 {
	return ece(len(res.digits), func(i int) (float64, bool) { return res.digits[i].confidence, res.digits[i].right })
}

// FieldECE is the same of whole fields.
func (res *Result) FieldECE() float64 {
	return ece(len(res.fields), func(i int) (float64, bool) { return res.fields[i].confidence, res.fields[i].right })
}

// Total sums results up.
func Total(results []*Result) *Result {
	t := newResult("all", nil)
	for _, r := range results {
		t.Pages += r.Pages
		t.Registered += r.Registered
		t.Identified += r.Identified
		t.Touchless += r.Touchless
		t.WrongPages += r.WrongPages
		t.Boxes.Blank += r.Boxes.Blank
		t.Boxes.TakenForWritten += r.Boxes.TakenForWritten
		t.Boxes.Written += r.Boxes.Written
		t.Boxes.TakenForBlank += r.Boxes.TakenForBlank
		t.Mistakes = append(t.Mistakes, r.Mistakes...)
		t.CPU = append(t.CPU, r.CPU...)
		for k, v := range r.Stages {
			t.Stages[k] = append(t.Stages[k], v...)
		}
		t.Marks.N += r.Marks.N
		t.Marks.Right += r.Marks.Right
		t.Marks.Unsure += r.Marks.Unsure
		t.junk = append(t.junk, r.junk...)
		t.digits = append(t.digits, r.digits...)
		t.fields = append(t.fields, r.fields...)
		for k, f := range r.Fields {
			c := t.field(k)
			c.Written += f.Written
			c.Accepted += f.Accepted
			c.Wrong += f.Wrong
		}
	}
	return t
}

// AcceptedFields counts written fields of the given types, of all where none is given: how
// many were accepted unseen, and how many of these wrongly.
func (res *Result) AcceptedFields(kinds ...string) (accepted, wrong Rate) {
	for k, f := range res.Fields {
		if len(kinds) == 0 || slices.Contains(kinds, k) {
			accepted.N += f.Written
			accepted.K += f.Accepted
			wrong.K += f.Wrong
		}
	}
	wrong.N = accepted.K
	return accepted, wrong
}

// percentiles are the median and the 99th of 100, in milliseconds.
func percentiles(d []time.Duration) (median, p99 float64) {
	if len(d) == 0 {
		return 0, 0
	}
	s := slices.Clone(d)
	slices.Sort(s)
	ms := func(t time.Duration) float64 { return float64(t.Microseconds()) / 1000 }
	return ms(s[len(s)/2]), ms(s[min(len(s)*99/100, len(s)-1)])
}
