package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func TestRelate(t *testing.T) {
	t.Parallel()
	const hour, third, fourth = time.Hour, "1000033", "1000041"
	same := &rules.InkLikeness{SameForm: true, Boxes: 30, Distance: 150}
	anew := &rules.InkLikeness{SameForm: true, Boxes: 30, Distance: 400, Differ: []string{"lines[1].quantity"}}
	few := &rules.InkLikeness{SameForm: true, Boxes: 2, Distance: 100}
	other := &rules.InkLikeness{Boxes: 30, Distance: 100}
	changed := &rules.InkLikeness{SameForm: true, Boxes: 30, Distance: 150, Differ: []string{"lines[1].quantity"}}
	named := &rules.InkLikeness{SameForm: true, Boxes: 30, Distance: 150, Differ: []string{"orderer_name"}}
	for name, c := range map[string]struct {
		facts rules.ResendFacts
		after time.Duration
		then  []order.RequestLine
		now   []order.RequestLine
		want  rules.Relation
		why   string
	}{
		// The same sheet.
		"equal files":                            {rules.ResendFacts{SameBytes: true}, hour, nil, nil, rules.RelationResend, "byte for byte"},
		"equal pages":                            {rules.ResendFacts{SamePixels: true}, hour, nil, nil, rules.RelationResend, "dot for dot"},
		"equal pages after a weekend":            {rules.ResendFacts{SamePixels: true}, 70 * hour, lines(pen, 3), lines(pen, 3), rules.RelationResend, "2 days earlier"},
		"equal pages next week":                  {rules.ResendFacts{SamePixels: true}, 168 * hour, lines(pen, 3), lines(pen, 3), rules.RelationDifferent, "standing order"},
		"the same sheet":                         {rules.ResendFacts{Ink: same}, hour, nil, nil, rules.RelationResend, "30 boxes"},
		"the same sheet, read alike":             {rules.ResendFacts{Ink: same}, 20 * hour, lines(pen, 3), lines(pen, 3), rules.RelationResend, "items and quantities are the same"},
		"the same sheet, read otherwise":         {rules.ResendFacts{Ink: same}, hour, lines(pen, 3), lines(pen, 8), rules.RelationResend, "read wrongly"},
		"the same sheet, a quantity changed":     {rules.ResendFacts{Ink: changed}, hour, lines(pen, 3), lines(pen, 8), rules.RelationCorrection, "item " + pen + ": 3, now 8"},
		"changed, goods not yet read":            {rules.ResendFacts{Ink: changed}, hour, nil, nil, rules.RelationCorrection, "lines[1].quantity"},
		"the same sheet, a name added":           {rules.ResendFacts{Ink: named}, hour, lines(pen, 3), lines(pen, 3), rules.RelationResend, "orderer_name"},
		"the same sheet, a line added":           {rules.ResendFacts{Ink: &rules.InkLikeness{SameForm: true, Boxes: 30, Differ: []string{"lines[2].item_code"}}}, hour, lines(pen, 3), lines(pen, 3, paper, 5), rules.RelationCorrection, "item " + paper + ": 0, now 5"},
		"the same sheet, after the week":         {rules.ResendFacts{Ink: same}, 100 * hour, lines(pen, 3), lines(pen, 3), rules.RelationDifferent, "standing order"},
		"another form with much the same ink":    {rules.ResendFacts{Ink: other}, 20 * hour, nil, nil, rules.RelationDifferent, ""},
		"too little written to tell":             {rules.ResendFacts{Ink: few}, 20 * hour, nil, nil, rules.RelationDifferent, ""},
		"the same sheet, the earlier unreadable": {rules.ResendFacts{Ink: same, Illegible: true}, hour, lines(pen, 3), lines(pen, 3), rules.RelationDifferent, "counts as new"},
		"the same sheet, the other cancelled":    {rules.ResendFacts{Ink: same, State: order.StateCancelled}, hour, lines(pen, 3), lines(pen, 3), rules.RelationDifferent, "cancelled"},
		"the same sheet, shipped":                {rules.ResendFacts{Ink: same, State: order.StateShipped}, hour, lines(pen, 3), lines(pen, 3), rules.RelationResend, "has left already"},
		"read before the one that came first":    {rules.ResendFacts{SamePixels: true}, -hour, nil, nil, rules.RelationResend, "1 hour later"},
		"another page number":                    {rules.ResendFacts{SamePixels: true, ThenPage: 1, NowPage: 2}, hour, nil, nil, rules.RelationResend, "page 1 there and is page 2 here"},
		"twice in one fax":                       {rules.ResendFacts{SamePixels: true, Together: true}, 0, nil, nil, rules.RelationResend, "one fax"},

		// Goods alone.
		"written anew":                        {rules.ResendFacts{Ink: anew}, hour, lines(pen, 3, paper, 5), lines(paper, 5, pen, 3), rules.RelationResend, "same items and quantities"},
		"at the end of the window":            {rules.ResendFacts{}, 3 * hour, lines(pen, 3), lines(pen, 3), rules.RelationResend, "3 hours earlier"},
		"after it":                            {rules.ResendFacts{}, 3*hour + 1, lines(pen, 3), lines(pen, 3), rules.RelationDifferent, "standing order"},
		"the standing order of the next day":  {rules.ResendFacts{Ink: anew}, 24 * hour, lines(pen, 3), lines(pen, 3), rules.RelationDifferent, "standing order"},
		"a line in two parts":                 {rules.ResendFacts{}, hour, lines(pen, 3, pen, 2), lines(pen, 5), rules.RelationResend, ""},
		"one quantity changed":                {rules.ResendFacts{}, hour, lines(pen, 3, paper, 5), lines(pen, 35, paper, 5), rules.RelationCorrection, "item " + pen + ": 3, now 35"},
		"everything, and a line more":         {rules.ResendFacts{}, hour, lines(pen, 3), lines(pen, 3, paper, 5), rules.RelationCorrection, "and more"},
		"a line less":                         {rules.ResendFacts{}, hour, lines(pen, 3, paper, 5), lines(pen, 3), rules.RelationCorrection, "left out"},
		"one item of three another":           {rules.ResendFacts{}, hour, lines(pen, 3, paper, 5, third, 1), lines(pen, 3, paper, 5, fourth, 1), rules.RelationCorrection, "one item is another"},
		"some more of one, and something new": {rules.ResendFacts{}, hour, lines(pen, 3, paper, 5), lines(pen, 1, third, 2), rules.RelationAddOn, "half of the same items"},
		"one item of three":                   {rules.ResendFacts{}, hour, lines(pen, 3, paper, 5, third, 1), lines(pen, 3), rules.RelationDifferent, ""},
		"other items":                         {rules.ResendFacts{}, hour, lines(pen, 3), lines(paper, 3), rules.RelationDifferent, ""},
		"by web before":                       {rules.ResendFacts{Channel: order.ChannelWeb}, hour, lines(pen, 3), lines(pen, 3), rules.RelationResend, "ordered by web"},
		"nothing":                             {rules.ResendFacts{}, 0, nil, nil, rules.RelationDifferent, ""},
	} {
		f := c.facts
		f.NowAt = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
		f.ThenAt = f.NowAt.Add(-c.after)
		f.Then, f.Now, f.Known = c.then, c.now, c.then != nil
		got := rules.Relate(f, rules.Default())
		if got.Relation != c.want || !strings.Contains(strings.Join(got.Reasons, "; "), c.why) || got.Suspect() != (c.want != rules.RelationDifferent) {
			t.Errorf("%s: %s %q, want %s because %q", name, got.Relation, got.Reasons, c.want, c.why)
		}
		if got.Suspect() && len(got.Reasons) == 0 {
			t.Errorf("%s: suspected without a reason", name)
		}
	}
}

func TestCompareLines(t *testing.T) {
	t.Parallel()
	got := rules.CompareLines(lines(pen, 3, paper, 5, pen, 1), lines(paper, 5, "1000033", 2))
	want := []rules.LineDifference{{ItemCode: pen, Then: 4}, {ItemCode: paper, Then: 5, Now: 5}, {ItemCode: "1000033", Now: 2}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestCompareInk(t *testing.T) {
	t.Parallel()
	one := [order.InkSide]uint16{2: 0x0180, 3: 0x0180, 4: 0x0180, 5: 0x0180, 6: 0x0180, 7: 0x0180}
	two := [order.InkSide]uint16{2: 0x7ffe, 8: 0x7ffe, 13: 0x7ffe}
	lower := [order.InkSide]uint16{3: 0x00c0, 4: 0x00c0, 5: 0x00c0, 6: 0x00c0, 7: 0x00c0, 8: 0x00c0}
	field := func(name string, rows ...[order.InkSide]uint16) order.InkField {
		f := order.InkField{Name: name}
		for _, r := range rows {
			f.Boxes = append(f.Boxes, order.InkBox{State: order.InkWritten, Rows: r})
		}
		return f
	}
	ink := func(f ...order.InkField) *order.Ink { return &order.Ink{Form: "order", Version: 1, Fields: f} }
	a := ink(field("lines[1].item_code", one, two, one, two, one, two, one), field("lines[1].quantity", one), field("lines[3].quantity", one))
	s := rules.Default()
	if l := rules.CompareInk(a, a, s); !l.SameSheet(s) || l.Distance != 0 || l.Boxes != 9 || l.Differ != nil {
		t.Errorf("the same page: %+v", l)
	}
	if l := rules.CompareInk(a, ink(field("lines[1].item_code", lower, two, lower, two, lower, two, lower), field("lines[1].quantity", lower), field("lines[3].quantity", lower)), s); !l.SameSheet(s) || l.Differ != nil {
		t.Errorf("a place lower: %+v", l)
	}
	if l := rules.CompareInk(a, ink(a.Fields[0], field("lines[1].quantity", two), a.Fields[2]), s); !l.SameSheet(s) || !slices.Equal(l.Differ, []string{"lines[1].quantity"}) {
		t.Errorf("one quantity changed: %+v", l)
	}
	if l := rules.CompareInk(a, ink(append(slices.Clone(a.Fields), field("lines[2].quantity", two))...), s); !l.SameSheet(s) || !slices.Equal(l.Added, []string{"lines[2].quantity"}) {
		t.Errorf("a line added: %+v", l)
	}
	if l := rules.CompareInk(ink(field("lines[1].item_code", two, one, two, one, two, one, two)), a, s); l.SameSheet(s) {
		t.Errorf("other digits: %+v", l)
	}
	if l := rules.CompareInk(a, ink(a.Fields[0], field("lines[1].quantity", two), field("lines[3].quantity", two)), s); l.SameSheet(s) {
		t.Errorf("a copied form with the usual items, other quantities on it: %+v", l)
	}
	named := field("customer_code", one, one, one, one, one, one, one, one)
	if l := rules.CompareInk(ink(named, field("lines[1].quantity", one)), ink(named, field("lines[1].quantity", two)), s); l.SameSheet(s) {
		t.Errorf("a copied form with the customer's code: %+v", l)
	}
	sheet := *a
	sheet.Sheet = 2
	if l := rules.CompareInk(a, &sheet, s); l.SameSheet(s) {
		t.Errorf("another sheet of the form: %+v", l)
	}
	if l := rules.CompareInk(a, nil, s); l.SameSheet(s) {
		t.Errorf("no form: %+v", l)
	}
}

func TestLegible(t *testing.T) {
	t.Parallel()
	d := draft("customer_code", "10002345", "lines[1].item_code", pen, "lines[1].quantity", "3")
	if !rules.Legible(&d, rules.Default()) {
		t.Error("a page without doubts")
	}
	d.Fields[0].Decision, d.Fields[1].Decision = order.DecisionReview, order.DecisionReview
	if rules.Legible(&d, rules.Default()) {
		t.Error("two fields of three in doubt")
	}
	d = draft("customer_code", "10002345")
	d.Decision = order.DecisionUnreadable
	if rules.Legible(&d, rules.Default()) || rules.Legible(nil, rules.Default()) {
		t.Error("an unreadable page, and none")
	}
}

// FuzzRelate: whatever two orders hold, the same way round or the other, the comparison loses no
// goods, what is equal is no correction, and nothing far apart is suspected.
func FuzzRelate(f *testing.F) {
	f.Add([]byte{1, 3, 2, 5}, []byte{2, 5, 1, 3}, int64(60), uint8(0))
	f.Add([]byte{1, 3}, []byte{1, 3, 2, 5}, int64(-7200), uint8(3))
	f.Add([]byte{}, []byte{9, 9, 9}, int64(1<<40), uint8(255))
	f.Fuzz(func(t *testing.T, a, b []byte, seconds int64, flags uint8) {
		goods := func(p []byte) (out []order.RequestLine, sum int) {
			for i := 0; i+1 < len(p) && i < 200; i += 2 {
				q := int(p[i+1]) + 1
				out, sum = append(out, order.RequestLine{ItemCode: string('a' + rune(p[i]%26)), Qty: q}), sum+q
			}
			return out, sum
		}
		then, sumThen := goods(a)
		now, sumNow := goods(b)
		const year = 365 * 24 * 3600
		seconds %= year
		at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
		facts := rules.ResendFacts{
			SameBytes: flags&1 != 0, SamePixels: flags&2 != 0, Illegible: flags&4 != 0, Known: flags&8 == 0,
			Then: then, Now: now, NowAt: at, ThenAt: at.Add(-time.Duration(seconds) * time.Second),
		}
		if flags&16 != 0 {
			facts.Ink = &rules.InkLikeness{SameForm: true, Boxes: 20, Distance: int(flags)}
		}
		s := rules.Default()
		got := rules.Relate(facts, s)
		for _, l := range got.Lines {
			sumThen, sumNow = sumThen-l.Then, sumNow-l.Now
		}
		if facts.Known && (sumThen != 0 || sumNow != 0) {
			t.Fatalf("the comparison lost %d and %d of the goods", sumThen, sumNow)
		}
		if got.Suspect() && (facts.Illegible || facts.NowAt.Sub(facts.ThenAt).Abs() > time.Duration(s.ResendPageDays)*24*time.Hour) {
			t.Fatalf("%s of what cannot be: %v", got.Relation, got.Reasons)
		}
		back := facts
		back.Then, back.Now, back.ThenAt, back.NowAt = now, then, facts.NowAt, facts.ThenAt
		if other := rules.Relate(back, s); other.Suspect() != got.Suspect() || (other.Relation == rules.RelationResend) != (got.Relation == rules.RelationResend) {
			t.Fatalf("%s one way, %s the other", got.Relation, other.Relation)
		}
	})
}
