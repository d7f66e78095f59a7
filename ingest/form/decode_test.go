package form

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"todoke/order"
)

// sure is a box read as d with probability p, the rest spread evenly.
func sure(d int, p float64) glyphs {
	var g glyphs
	for k := range g.p {
		g.p[k] = (1 - p) / 9
	}
	g.p[d] = p
	return g
}

func boxes(s string, p float64) []glyphs {
	out := make([]glyphs, len(s))
	for i := range s {
		out[i] = sure(int(s[i]-'0'), p)
	}
	return out
}

func TestEnumerateLosesNoProbability(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		cells := make([]glyphs, 1+r.IntN(4))
		for i := range cells {
			sum := 0.0
			for d := range cells[i].p {
				cells[i].p[d] = math.Pow(r.Float64(), 6)
				sum += cells[i].p[d]
			}
			for d := range cells[i].p {
				cells[i].p[d] /= sum
			}
		}
		total, best := 0.0, 0.0
		rest := enumerate(cells, 1e-6, func(_ []byte, p float64) {
			total += p
			best = max(best, p)
		})
		want := 1.0
		for i := range cells {
			_, p := cells[i].best()
			want *= p
		}
		if math.Abs(total+rest-1) > 1e-9 || math.Abs(best-want) > 1e-12 {
			t.Fatalf("%d boxes: %g + %g, best %g of %g", len(cells), total, rest, best, want)
		}
	}
}

func TestMasterMendsADoubtfulDigitAndNothingElse(t *testing.T) {
	t.Parallel()
	code := order.WithCheckDigit("123456")
	other := order.WithCheckDigit("654321")
	known := map[string]bool{code: true, other: true}
	rule := codeRule{
		known: func(c string) bool { return known[c] }, size: 2000, unknown: 0.02,
		scheme: order.CodeScheme{Digits: 7, CheckDigit: true}, junk: 0.005,
	}
	cells := boxes(code, 0.999)
	cells[2] = sure(8, 0.6) // looks more like an 8 than like the 3 that it is
	cells[2].p[3] = 0.3
	r := decodeCodeField(cells, rule)
	if r.text != code || r.p < 0.99 {
		t.Errorf("read %q with %.6f, want %q", r.text, r.p, code)
	}
	// A code that nobody has, clearly written, is not bent to one that exists.
	stranger := order.WithCheckDigit("999999")
	if r := decodeCodeField(boxes(stranger, 0.999), rule); r.text != stranger || len(r.reasons) == 0 {
		t.Errorf("read %q %v, want %q in review", r.text, r.reasons, stranger)
	}
	// Two misread digits look like a stranger, not like their neighbour.
	twoOff := []byte(code)
	twoOff[0], twoOff[4] = '7', '9'
	if r := decodeCodeField(boxes(string(twoOff), 0.999), rule); r.text == code && r.p > 0.9 {
		t.Errorf("two clear digits were overruled: %q %.6f", r.text, r.p)
	}
	// Without a master the check digit alone decides, with less certainty.
	rule.known = nil
	clear := decodeCodeField(boxes(code, 0.999), rule)
	if clear.text != code || clear.p < 0.99 {
		t.Errorf("check digit alone: %q %.6f", clear.text, clear.p)
	}
	wrong := []byte(code)
	wrong[6] = '0' + (wrong[6]-'0'+1)%10
	if r := decodeCodeField(boxes(string(wrong), 0.9999), rule); r.p > 0.99 && len(r.reasons) == 0 {
		t.Errorf("a wrong check digit was taken: %q %.6f", r.text, r.p)
	}
}

func TestCodeConfidenceMeansWhatItSays(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	known := map[string]bool{}
	var codes []string
	for len(codes) < 5000 {
		c := order.WithCheckDigit(strconv.Itoa(100000 + r.IntN(900000)))
		if !known[c] {
			known[c] = true
			codes = append(codes, c)
		}
	}
	rule := codeRule{known: func(c string) bool { return known[c] }, size: len(codes), unknown: 0.02, scheme: order.CodeScheme{Digits: 7, CheckDigit: true}, junk: 0.005}
	// A noisy recogniser that knows how noisy it is: it says p, and is right with p.
	var said, right, n float64
	for range 3000 {
		code := codes[r.IntN(len(codes))]
		if r.Float64() < rule.unknown {
			code = strconv.Itoa(1000000 + r.IntN(9000000))
		}
		cells := make([]glyphs, len(code))
		for i := range cells {
			p := 0.5 + 0.5*r.Float64()
			d := int(code[i] - '0')
			if r.Float64() > p {
				d = (d + 1 + r.IntN(9)) % 10
			}
			cells[i] = sure(d, p)
		}
		got := decodeCodeField(cells, rule)
		n++
		said += got.p
		if got.text == code {
			right++
		}
	}
	if math.Abs(said-right)/n > 0.02 {
		t.Errorf("said %.3f, was right %.3f", said/n, right/n)
	}
}

func TestSumRaisesAndLowers(t *testing.T) {
	t.Parallel()
	read := func(texts ...string) []*amounts {
		var out []*amounts
		for _, s := range texts {
			a := decodeAmount([]block{{boxes(s, 0.99), 1}}, 1, 0, 0.005)
			out = append(out, &a)
		}
		return out
	}
	q := read("12", "3", "120")
	before := q[2].list[0].p
	total := read("135")[0]
	agree := reconcile(q, total, 0.03)
	if agree < 0.99 || q[2].list[0].p <= before || q[2].list[0].p < 0.999 || total.list[0].p < 0.999 {
		t.Errorf("agreement: %.4f, 120 with %.6f before %.6f, total %.6f", agree, q[2].list[0].p, before, total.list[0].p)
	}
	// One misread quantity: the total says which value it must have had, but not so surely
	// that nobody need look.
	q = read("12", "3", "126")
	total = read("135")[0]
	reconcile(q, total, 0.03)
	if best := q[2].list[0]; best.value == 126 && best.p > 0.99 {
		t.Errorf("126 taken against the total with %.6f", best.p)
	}
	// A total that fits nothing is the writer's slip: the quantities stay nearly as they were.
	q = read("12", "3")
	total = read("999")[0]
	if agree := reconcile(q, total, 0.03); agree > 0.1 {
		t.Errorf("999 agrees with 12 + 3: %.4f", agree)
	}
}

func TestDatesThatExist(t *testing.T) {
	t.Parallel()
	from := order.D(2026, 11, 24)
	m, d, p, within := decodeDate(boxes("12", 0.99), boxes("3", 0.99), from, 60, 0.02, 0.005)
	if m != 12 || d != 3 || !within || p < 0.97 {
		t.Errorf("%d/%d %.4f %v", m, d, p, within)
	}
	if m, d, _, _ := decodeDate(boxes("2", 0.99), boxes("31", 0.99), from, 60, 0.02, 0.005); m == 2 && d == 31 {
		t.Error("31 February")
	}
	if _, _, _, within := decodeDate(boxes("6", 0.999), boxes("15", 0.999), from, 60, 0.02, 0.005); within {
		t.Error("15 June is within 60 days of 24 November")
	}
}

func TestMultiplesAreEvidence(t *testing.T) {
	t.Parallel()
	cells := boxes("10", 0.9)
	plain := decodeAmount([]block{{cells, 1}}, 1, 0.03, 0.005)
	tens := decodeAmount([]block{{cells, 1}}, 10, 0.03, 0.005)
	if tens.list[0].value != 10 || tens.list[0].p <= plain.list[0].p {
		t.Errorf("multiple of ten: %+v, without: %+v", tens.list[0], plain.list[0])
	}
	if a := decodeAmount([]block{{boxes("13", 0.999), 1}}, 10, 0.03, 0.005); a.list[0].value != 13 {
		t.Errorf("13 clearly written is read as %d", a.list[0].value)
	}
}

// A digit that faded away without a trace is a reading of its own: the sum may ask for it, and
// no other number may be bent to fit instead.
func TestFadedDigit(t *testing.T) {
	t.Parallel()
	read := func(fade float64, cells []glyphs) *amounts {
		fl := &field{cells: make([]cell, 4), states: []state{empty, empty, empty, written}, from: 4 - len(cells), to: 4}
		fl.glyphs = append(make([]glyphs, fl.from), cells...)
		a := decodeAmount(fl.blocks(fade), 1, 0, 0.005)
		return &a
	}
	doubtful := boxes("29", 0.999)
	doubtful[0].p[2], doubtful[0].p[3] = 0.9, 0.08
	for _, c := range []struct {
		name  string
		fade  float64
		other []glyphs
		check func(best amount) bool
	}{
		{"a page that fades, another number in doubt: 9 or 19", 0.02, doubtful, func(b amount) bool { return b.p < 0.99 }},
		{"a page that fades, another number sure: 19", 0.02, boxes("29", 0.99999), func(b amount) bool { return b.value == 19 }},
	} {
		q := []*amounts{read(c.fade, boxes("9", 0.9999)), read(0, c.other)}
		total := read(0, boxes("48", 0.9999))
		reconcile(q, total, 0.03)
		if best := q[0].list[0]; !c.check(best) {
			t.Errorf("%s: %d with %.6f", c.name, best.value, best.p)
		}
	}
	if alone := read(0, boxes("9", 0.9999)).list[0]; alone.p < 0.999 {
		t.Errorf("a clear 9 where nothing fades: %.6f", alone.p)
	}
}
