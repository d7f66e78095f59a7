package desk_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"todoke/internal/browsertest"
	"todoke/order"
	"todoke/rules"
)

// The practised person is the keystroke-level model (Card, Moran and Newell, 1983): mental to look
// at what is asked and decide, for each field and once more before an order is released; perKey
// for each key; notice to see that a code was completed (perceive, decide, act). What the system makes the person wait comes on top, as it really takes.
const (
	mental = 1350 * time.Millisecond
	perKey = 280 * time.Millisecond
	notice = 240 * time.Millisecond
)

//go:embed stopwatch.js
var stopwatch string

// doubted are the faxes of the first 540 that the reader was not sure of when they were last sent
// all: nobody need wait for the others.
var doubted = []int{
	1, 7, 9, 11, 17, 24, 27, 31, 40, 43, 49, 54, 55, 59, 65, 66, 67, 78, 79, 83, 91, 93, 98, 108, 109, 115, 118, 126, 130, 138, 140, 141, 142, 153, 155, 176,
	178, 187, 193, 202, 203, 210, 220, 225, 236, 244, 252, 256, 260, 262, 264, 274, 275, 277, 280, 288, 291, 292, 307, 310, 311, 313, 324, 329, 331, 332,
	334, 335, 337, 350, 351, 355, 359, 363, 379, 382, 387, 396, 399, 409, 413, 431, 435, 438, 439, 440, 450, 459, 460, 463, 465, 467, 471, 476, 480, 487,
	488, 489, 493, 496, 497, 499, 504, 512, 515, 516, 530,
}

// kept are those in testdata, which every run of the tests settles.
var kept = []int{17, 24, 27, 49, 66, 292}

// TestMeasure: a practised person settles SETTLE_N doubtful faxes by the keyboard alone, at a
// person's pace; every order is what was written, and the targets are held (`make settle`).
func TestMeasure(t *testing.T) {
	t.Parallel()
	n, _ := strconv.Atoi(os.Getenv("SETTLE_N"))
	if n == 0 {
		t.Skip("make settle measures")
	}
	s := openShop(t)
	b := browsertest.New(t, 1366, 768, "ja")
	b.OnEveryPage(stopwatch)
	s.signIn(b, login)
	p := &person{shop: s, Browser: b, paced: true}
	p.settle(t, s.send(n), n)
}

// settle settles what was sent, and at most so many.
func (p *person) settle(t *testing.T, sent map[int64]written, most int) {
	t.Helper()
	p.sent = sent
	p.Open(p.shop.url + "/desk/queue")
	p.press("n") // the next
	p.WaitFor("location.pathname !== '/desk/queue'")
	for range most {
		if !p.fax() {
			break
		}
	}
	wrong, orders := 0, p.shop.orders()
	for id, w := range sent {
		o := orders[id]
		why := ""
		switch {
		case len(o) == 1:
			why = unlike(o[0], w.Fields)
		case len(o) > 1:
			why = "two orders of one fax"
		}
		if why != "" {
			wrong++
			t.Errorf("document %d: %s", id, why)
		}
	}
	p.report(t, wrong)
}

// send faxes until so many wait for a person.
func (s *shop) send(n int) map[int64]written {
	s.t.Helper()
	at := time.Now().Add(-time.Minute)
	l, dir := newLaboratory(s.t, order.DateOf(at)), filepath.Join(s.dir, "faxes")
	if err := os.Mkdir(dir, 0o755); err != nil { //nolint:gosec // the shop reads it
		s.t.Fatal(err)
	}
	numbers := slices.Clone(doubted[:min(n, len(doubted))])
	for next := 540; n > len(doubted) && len(numbers) < n*6; next++ {
		numbers = append(numbers, next)
	}
	sent := map[int64]written{}
	for batch := range slices.Chunk(numbers, 30) {
		if strings.Count(s.do("", "review", "list", "--json"), "\n") >= n {
			break
		}
		var files []string
		var all []written
		for _, no := range batch {
			w := l.fax(s.t, dir, no)
			files, all = append(files, w.File), append(all, w)
		}
		for i, id := range s.ingest(at, files...) {
			sent[id] = all[i]
		}
	}
	return sent
}

// sendKept sends the doubtful faxes of testdata.
func (s *shop) sendKept() map[int64]written {
	s.t.Helper()
	const dir = "testdata/doubtful"
	list := filepath.Join(dir, "written.json")
	if os.Getenv("FAXES") == "write" {
		l := newLaboratory(s.t, order.D(2026, 11, 22))
		var all []written
		for _, n := range kept {
			all = append(all, l.fax(s.t, dir, n))
		}
		data, err := json.MarshalIndent(all, "", "\t")
		if err == nil {
			err = os.WriteFile(list, append(data, '\n'), 0o644) //nolint:gosec // test data
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	data, err := os.ReadFile(list)
	if err != nil {
		s.t.Fatal(err)
	}
	var all []written
	if err := json.Unmarshal(data, &all); err != nil {
		s.t.Fatal(err)
	}
	var files []string
	for _, w := range all {
		files = append(files, w.File)
	}
	sent := map[int64]written{}
	for i, id := range s.ingest(time.Now().Add(-time.Minute), files...) {
		sent[id] = all[i]
	}
	return sent
}

// person settles faxes at a browser, and keeps what it took.
type person struct {
	*browsertest.Browser

	shop  *shop
	sent  map[int64]written
	paced bool
	done  []settled
	keys  []reaction
	last  time.Time // when the fax before was released
}

// settled is what one fax took.
type settled struct {
	name   string
	asked  int // fields
	keys   int
	took   time.Duration // from the key that released the one before
	next   float64       // ms from that key until this page's picture and field were there
	nav    float64       // ms of that since the browser asked for the page, or since it came with the answer
	failed string
}

// reaction is how long a key took to show.
type reaction struct {
	Key, Kind string
	MS        float64
}

// view is what the person sees.
type view struct {
	Path, Focus, Value string
	Hidden             bool   // the reading
	Mask               string // digits that stand there already
	Panel              int    // how often the panel changed
	Next, Nav          float64
	Problem            string
}

func (p *person) see() view {
	return browsertest.Eval[view](p.Browser, "stopwatch.see()")
}

func (p *person) think() {
	if p.paced {
		time.Sleep(mental)
	}
}

// press presses keys one by one at the person's speed.
func (p *person) press(keys string) {
	for _, k := range keys {
		if p.paced {
			time.Sleep(perKey)
		}
		p.Press(string(k))
	}
}

// key keys the digits that a mask leaves open, until what stands there is what was written: a code
// may be completed before its last digit.
func (p *person) key(mask, text string) {
	for i := range text {
		if mask[i] != rules.Hole {
			continue
		}
		if p.paced {
			time.Sleep(perKey)
		}
		if p.see().Value == text {
			if p.paced {
				time.Sleep(notice)
			}
			return
		}
		p.Press(text[i : i+1])
	}
}

// stockoutKey answers what to do in case of shortage as the customer ticked it.
func stockoutKey(fields map[string]string) string {
	switch {
	case fields["stockout.backorder"] != "":
		return "1"
	case fields["stockout.cancel"] != "":
		return "2"
	default:
		return "0"
	}
}

// fax settles the fax that is shown, or that is being shown; false where there is none.
func (p *person) fax() bool {
	p.WaitFor("window.stopwatch?.ready")
	v := p.see()
	name, ok := strings.CutPrefix(v.Path, "/desk/review/")
	if !ok {
		return false
	}
	id, _, _ := strings.Cut(name, ".")
	document, _ := strconv.ParseInt(id, 10, 64)
	sent, known := p.sent[document]
	f := settled{name: fmt.Sprintf("%s %s", name, filepath.Base(sent.File)), next: v.Next, nav: v.Nav}
	before, seen := p.Keys, map[string]bool{}
	const patient = 12
	for range patient {
		p.think()
		v = p.see() // what it says by now
		if v.Focus == "release" || !known {
			break
		}
		if v.Focus == "stockout" { // what to do in case of shortage: a key for each answer
			seen[v.Focus] = true
			p.press(stockoutKey(sent.Fields))
			p.WaitFor(fmt.Sprintf("stopwatch.moved(%q, %d)", v.Focus, v.Panel))
			v = p.see()
			continue
		}
		field, isField := strings.CutPrefix(v.Focus, "f-")
		if !isField {
			break
		}
		seen[field] = true
		answer := kb.Enter
		switch text := sent.Fields[field]; {
		case v.Mask != "" && rules.FitsPattern(v.Mask, text):
			p.key(v.Mask, text)
		case v.Mask != "" && text != "":
			p.press(kb.Backspace)
			p.key(strings.Repeat("_", len(text)), text)
		case v.Hidden && text != "":
			p.key(strings.Repeat("_", len(text)), text)
		case !v.Hidden && same(v.Value, text):
		case text == "":
			answer = kb.Backspace + kb.Enter
		default:
			answer = text + kb.Enter
		}
		p.press(answer)
		p.WaitFor(fmt.Sprintf("stopwatch.moved(%q, %d)", v.Focus, v.Panel))
		v = p.see()
	}
	f.asked = len(seen)
	if v.Focus != "release" {
		f.failed = fmt.Sprintf("stays at %q: %s", v.Focus, v.Problem)
		p.Shot(filepath.Join(p.shop.t.ArtifactDir(), name+".png"))
		p.press("s")
	} else {
		p.press(kb.Enter)
	}
	now := time.Now()
	if !p.last.IsZero() {
		f.took = now.Sub(p.last)
	}
	p.last, f.keys = now, p.Keys-before
	p.keys = append(p.keys, browsertest.Eval[[]reaction](p.Browser, "stopwatch.keys.splice(0)")...)
	p.done = append(p.done, f)
	p.WaitFor("location.pathname !== '" + v.Path + "'")
	return true
}

// same compares as the forms do: quantities have no leading zeros.
func same(a, b string) bool { return strings.TrimLeft(a, "0") == strings.TrimLeft(b, "0") }

// report prints the figures, and where the run was paced holds the targets.
func (p *person) report(t *testing.T, wrong int) {
	t.Helper()
	var out strings.Builder
	var keys, took, next, nav, enter, digit []float64
	failed := 0
	for _, f := range p.done {
		if f.failed != "" {
			failed++
			t.Errorf("%s: %s", f.name, f.failed)
			continue
		}
		keys = append(keys, float64(f.keys))
		if f.took > 0 {
			took, next, nav = append(took, f.took.Seconds()), append(next, f.next), append(nav, f.nav)
		}
		if p.paced {
			fmt.Fprintf(&out, "%-36s %d fields %2d keys %5.2f s, the next after %3.0f ms\n", f.name, f.asked, f.keys, f.took.Seconds(), f.next)
		}
	}
	for _, k := range p.keys {
		if k.Key == "Enter" {
			enter = append(enter, k.MS)
		} else {
			digit = append(digit, k.MS)
		}
	}
	fmt.Fprintf(&out, "%d faxes sent, %d settled by the keyboard alone, %d not; orders that are not what was written: %d\n", len(p.sent), len(keys), failed, wrong)
	fmt.Fprintf(&out, "%-52s %6s %7s %7s %7s %7s %7s\n", "", "n", "median", "p90", "p95", "p99", "max")
	row := func(what string, v []float64) { printRow(&out, what, v) }
	row("keystrokes a fax", keys)
	row("seconds a fax, at the model's pace with real waits", took)
	row("ms from releasing one until the next can be read", next)
	row("ms of that since the page or answer was there to be drawn", nav)
	row("ms from Enter in a field until the page reacts", enter)
	row("ms from a digit until it shows", digit)
	t.Log("\n" + out.String())
	if len(keys) < len(kept)/2 {
		t.Errorf("%d faxes were settled", len(keys))
	}
	if file := os.Getenv("SETTLE_JSON"); file != "" {
		data, err := json.Marshal(map[string][]float64{"keys": keys, "seconds": took, "next_ms": next, "navigation_ms": nav, "enter_ms": enter, "digit_ms": digit})
		if err == nil {
			err = os.WriteFile(file, data, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	}
	if !p.paced {
		return
	}
	const mostKeys, mostSeconds = 6, 8
	if k := quantile(keys, 50); k > mostKeys {
		t.Errorf("a typical doubtful fax takes %v keystrokes, more than %d", k, mostKeys)
	}
	if s := quantile(took, 50); s > mostSeconds {
		t.Errorf("a typical doubtful fax takes %.1f s, more than %d", s, mostSeconds)
	}
}

func printRow(w io.Writer, what string, v []float64) {
	if len(v) == 0 {
		return
	}
	fmt.Fprintf(w, "%-52s %6d %7.4g %7.4g %7.4g %7.4g %7.4g\n", what, len(v), quantile(v, 50), quantile(v, 90), quantile(v, 95), quantile(v, 99), quantile(v, 100))
}

func quantile(v []float64, percent int) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[(len(v)*percent+99)/100-1]
}
