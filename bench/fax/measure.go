package fax

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/form"
)

// Config says what is measured.
type Config struct {
	Pages      int // per condition
	Seed       uint64
	Conditions []Condition // nil is all
	Samples    *Samples    // where given, every second page is written in these digits
	Shop       *Shop
	Habit      Habit
	// Encode makes page n the file that a gateway would hand over; Read decodes and reads it.
	Encode func(n int, m *bilevel.Image, l Line) ([]byte, error)
	Read   func(file []byte) (order.Draft, error)
	// CPU is the processor time used so far: what Read costs.
	CPU func() time.Duration
	// Seen, where given, is called with every page and what became of it.
	Seen func(condition string, n int, m *bilevel.Image, t Truth, d order.Draft)
}

// fieldCount is what became of the fields of one type.
type fieldCount struct {
	Written  int // fields with something written
	Accepted int // of these
	Wrong    int // of the accepted, blank ones taken for written and written ones for blank included
}

// Result is what was measured under one condition.
type Result struct {
	Condition  string
	Pages      int
	Registered int
	Identified int
	Touchless  int // accepted as a whole
	WrongPages int // of these, with any field wrong
	Fields     map[string]*fieldCount
	Mistakes   []string // every field accepted wrongly: condition, page, field, truth, reading
	CPU        []time.Duration
	cells      []cellResult
	fields     []fieldResult
}

// fieldResult is one written field that nothing but its confidence kept from being accepted.
type fieldResult struct {
	kind       string
	confidence float64
	right      bool
}

// cellResult is one digit: how sure the reader was, and whether it was right.
type cellResult struct {
	confidence float64
	right      bool
	sample     bool // written in a sample's digit
}

// Measure fills, sends and reads pages. Everything but the processor time is the same for the
// same seed.
func Measure(ctx context.Context, c Config) ([]*Result, error) {
	drawing, err := form.Order(form.Options{})
	if err != nil {
		return nil, fmt.Errorf("draw the order form: %w", err)
	}
	sheet := &Paper{Image: form.Raster(drawing, PaperDPI, PaperDPI)}
	conditions := c.Conditions
	if conditions == nil {
		conditions = Conditions()
	}
	var out []*Result
	for i, cond := range conditions {
		res := &Result{Condition: cond.Name, Fields: map[string]*fieldCount{}}
		out = append(out, res)
		for n := range c.Pages {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			r := rand.New(rand.NewPCG(c.Seed+uint64(i)*1_000_003, uint64(n)))
			w := NewWriter(r)
			if c.Samples != nil && n%2 == 1 {
				w.Samples = c.Samples
			}
			p := sheet.Clone()
			truth := Fill(p, &drawing.Layout, RandomSheet(r, c.Shop, c.Habit), w, cond.Mess, r)
			line := cond.Line(r)
			m := line.Send(p, r)
			file, err := c.Encode(n, m, line)
			if err != nil {
				return out, fmt.Errorf("encode page %d of %s: %w", n, cond.Name, err)
			}
			start := c.CPU()
			d, err := c.Read(file)
			res.CPU = append(res.CPU, c.CPU()-start)
			if err != nil {
				return out, fmt.Errorf("read page %d of %s: %w", n, cond.Name, err)
			}
			res.count(n, truth, &d, &drawing.Layout, w.Samples != nil)
			if c.Seen != nil {
				c.Seen(cond.Name, n, m, truth, d)
			}
		}
	}
	return out, nil
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

func (res *Result) count(n int, t Truth, d *order.Draft, l *form.Layout, sample bool) {
	res.Pages++
	if d.Geometry != nil {
		res.Registered++
	}
	if d.Form == string(l.Form) && d.FormVersion == l.Version && d.Geometry != nil && !slices.ContainsFunc(d.Reasons, func(s string) bool { return strings.Contains(s, "QR") }) {
		res.Identified++
	}
	wrong := false
	for _, def := range l.Fields {
		if def.Kind != form.FieldDigits && def.Kind != form.FieldMark {
			continue
		}
		kind := kindOf(def.Name)
		if def.Kind == form.FieldMark {
			kind = "mark"
		}
		fc := res.Fields[kind]
		if fc == nil {
			fc = &fieldCount{}
			res.Fields[kind] = fc
		}
		want, written := t.Text[def.Name]
		if written {
			fc.Written++
		}
		f := d.Field(def.Name)
		if f == nil {
			continue
		}
		got, taken := f.Text, f.Decision == order.DecisionAccept
		if f.Decision == order.DecisionBlank {
			got, taken = "", written
		}
		if taken && written {
			fc.Accepted++
		}
		if taken && got != want {
			fc.Wrong++
			wrong = true
			res.Mistakes = append(res.Mistakes, fmt.Sprintf("%s page %d %s: written %q, read %q (%.6f)", res.Condition, n, def.Name, want, got, f.Confidence))
		}
		if written && (taken || len(f.Reasons) == 1 && strings.HasPrefix(f.Reasons[0], NotSure)) {
			res.fields = append(res.fields, fieldResult{kind, f.Confidence, got == want})
		}
		if def.Kind != form.FieldDigits || t.Messy[def.Name] {
			continue
		}
		for i, digit := range t.Cells[def.Name] {
			if digit < 0 || i >= len(f.Cells) {
				continue
			}
			cell := f.Cells[i]
			res.cells = append(res.cells, cellResult{cell.Confidence, cell.Text == string(rune('0'+digit)), sample})
		}
	}
	if d.Decision == order.DecisionAccept {
		res.Touchless++
		if wrong {
			res.WrongPages++
		}
	}
}

// DigitError is the part of digits read wrongly when the given part of all, the least
// certain, is left to people; n is how many digits there were.
func (res *Result) DigitError(reject float64) (rate float64, wrong, n int) {
	cells := slices.Clone(res.cells)
	slices.SortStableFunc(cells, func(a, b cellResult) int { return cmp.Compare(b.confidence, a.confidence) })
	kept := len(cells) - int(math.Ceil(reject*float64(len(cells))))
	for _, c := range cells[:kept] {
		if !c.right {
			wrong++
		}
	}
	if kept == 0 {
		return 0, 0, len(cells)
	}
	return float64(wrong) / float64(kept), wrong, len(cells)
}

// ECE is the expected calibration error of the digits' confidence, in ten even steps.
func (res *Result) ECE() float64 {
	var n, right, conf [10]float64
	for _, c := range res.cells {
		i := min(int(c.confidence*10), 9)
		n[i]++
		conf[i] += c.confidence
		if c.right {
			right[i]++
		}
	}
	e, total := 0.0, float64(max(len(res.cells), 1))
	for i := range n {
		if n[i] > 0 {
			e += math.Abs(right[i]-conf[i]) / total
		}
	}
	return e
}

// Total sums results up.
func Total(results []*Result) *Result {
	t := &Result{Condition: "all", Fields: map[string]*fieldCount{}}
	for _, r := range results {
		t.Pages += r.Pages
		t.Registered += r.Registered
		t.Identified += r.Identified
		t.Touchless += r.Touchless
		t.WrongPages += r.WrongPages
		t.Mistakes = append(t.Mistakes, r.Mistakes...)
		t.CPU = append(t.CPU, r.CPU...)
		t.cells = append(t.cells, r.cells...)
		t.fields = append(t.fields, r.fields...)
		for k, f := range r.Fields {
			if t.Fields[k] == nil {
				t.Fields[k] = &fieldCount{}
			}
			t.Fields[k].Written += f.Written
			t.Fields[k].Accepted += f.Accepted
			t.Fields[k].Wrong += f.Wrong
		}
	}
	return t
}

// AcceptedFields is how many written fields were accepted unseen, and how many wrongly.
func (res *Result) AcceptedFields() (written, accepted, wrong int) {
	for _, f := range res.Fields {
		written += f.Written
		accepted += f.Accepted
		wrong += f.Wrong
	}
	return written, accepted, wrong
}

// Print writes the figures as tables.
func Print(w io.Writer, results []*Result) error {
	var b strings.Builder
	pct := func(a, n int) string {
		if n == 0 {
			return "-"
		}
		return fmt.Sprintf("%.2f %%", 100*float64(a)/float64(n))
	}
	all := append(slices.Clone(results), Total(results))
	fmt.Fprintf(&b, "%-12s %6s %10s %10s | %8s %8s %8s %8s %8s %8s | %8s %9s %6s | %9s %6s | %7s %7s\n",
		"condition", "pages", "registered", "identified", "digits", "err 0 %", "0.5 %", "1 %", "5 %", "ECE",
		"fields", "accepted", "wrong", "touchless", "wrong", "cpu ms", "p99")
	for _, r := range all {
		fmt.Fprintf(&b, "%-12s %6d %10s %10s | ", r.Condition, r.Pages, pct(r.Registered, r.Pages), pct(r.Identified, r.Pages))
		_, _, n := r.DigitError(0)
		fmt.Fprintf(&b, "%8d ", n)
		for _, reject := range []float64{0, .005, .01, .05} {
			rate, _, _ := r.DigitError(reject)
			fmt.Fprintf(&b, "%8s ", fmt.Sprintf("%.3f %%", 100*rate))
		}
		written, accepted, wrong := r.AcceptedFields()
		median, p99 := percentiles(r.CPU)
		fmt.Fprintf(&b, "%8s | %8d %9s %6d | %9s %6d | %7.1f %7.1f\n", fmt.Sprintf("%.2f %%", 100*r.ECE()),
			written, pct(accepted, written), wrong, pct(r.Touchless, r.Pages), r.WrongPages, median, p99)
	}
	total := all[len(all)-1]
	fmt.Fprintf(&b, "\n%-16s %8s %10s %12s\n", "field", "written", "accepted", "wrong (all)")
	kinds := make([]string, 0, len(total.Fields))
	for k := range total.Fields {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	for _, k := range kinds {
		f := total.Fields[k]
		fmt.Fprintf(&b, "%-16s %8d %10s %12d\n", k, f.Written, pct(f.Accepted, f.Written), f.Wrong)
	}
	fmt.Fprintf(&b, "\nfields that only confidence decides: share taken and wrong ones among them, by threshold\n%-16s %7s", "field", "n")
	thresholds := []float64{0.9, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995}
	for _, t := range thresholds {
		fmt.Fprintf(&b, " %14.4g", t)
	}
	b.WriteByte('\n')
	for _, k := range kinds {
		n := 0
		var taken, wrong [8]int
		for _, f := range total.fields {
			if f.kind != k {
				continue
			}
			n++
			for i, t := range thresholds {
				if f.confidence >= t {
					taken[i]++
					if !f.right {
						wrong[i]++
					}
				}
			}
		}
		fmt.Fprintf(&b, "%-16s %7d", k, n)
		for i := range thresholds {
			fmt.Fprintf(&b, " %9s %4d", pct(taken[i], n), wrong[i])
		}
		b.WriteByte('\n')
	}
	for _, sample := range []bool{false, true} {
		part := &Result{}
		for _, c := range total.cells {
			if c.sample == sample {
				part.cells = append(part.cells, c)
			}
		}
		if len(part.cells) == 0 {
			continue
		}
		name := "drawn digits"
		if sample {
			name = "sample digits"
		}
		fmt.Fprintf(&b, "\n%s: n = %d, error", name, len(part.cells))
		for _, reject := range []float64{0, .005, .01, .05} {
			rate, _, _ := part.DigitError(reject)
			fmt.Fprintf(&b, " %.3f %% at %g %% reject;", 100*rate, 100*reject)
		}
		fmt.Fprintf(&b, " ECE %.2f %%\n", 100*part.ECE())
	}
	for _, m := range total.Mistakes {
		fmt.Fprintf(&b, "accepted wrongly: %s\n", m)
	}
	var cpu time.Duration
	for _, t := range total.CPU {
		cpu += t
	}
	if cpu > 0 {
		fmt.Fprintf(&b, "\n%.1f pages a second on one core (%d pages, %.1f ms CPU each)\n",
			float64(len(total.CPU))/cpu.Seconds(), len(total.CPU), float64(cpu.Microseconds())/1000/float64(len(total.CPU)))
	}
	_, err := io.WriteString(w, b.String())
	return err
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
