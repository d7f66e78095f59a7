package form_test

import (
	"math/rand/v2"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
)

// bench is what the tests of this package share: masters, and the blank form on paper.
type bench struct {
	shop  *lab.Shop
	know  form.Knowledge
	form  *printed.Drawing
	sheet *lab.Paper
}

func setup(tb testing.TB, o printed.Options) *bench {
	tb.Helper()
	d, err := printed.Order(o)
	if err != nil {
		tb.Fatal(err)
	}
	b := &bench{shop: lab.NewShop(3, 2000, 90), form: d}
	b.sheet = &lab.Paper{Image: printed.Raster(d, lab.PaperDPI, lab.PaperDPI)}
	b.know = form.Knowledge{
		Items: map[string]order.Item{}, Customers: map[string]order.Department{},
		ShipTos: b.shop.ShipTos, ReceivedOn: b.shop.ReceivedOn,
	}
	for _, it := range b.shop.Items {
		b.know.Items[it.Code] = it
	}
	for _, c := range b.shop.Departments {
		b.know.Customers[c.Code] = c
	}
	return b
}

// page writes a sheet and sends it.
func (b *bench) page(s lab.Sheet, l lab.Line, mess lab.Mess, seed uint64) (form.Page, lab.Truth) {
	r := rand.New(rand.NewPCG(seed, 99))
	p := b.sheet.Clone()
	truth := lab.Fill(p, &b.form.Layout, s, lab.NewWriter(r), mess, r)
	return form.Page{Image: l.Send(p, r), XDPI: l.XDPI, YDPI: l.YDPI}, truth
}

func (b *bench) sheetOf(seed uint64) lab.Sheet {
	return lab.RandomSheet(rand.New(rand.NewPCG(seed, 7)), b.shop, lab.Usual())
}

// fine is a good machine at 204 × 196.
var fine = lab.Line{XDPI: 204, YDPI: 196, WidthPx: 1728, BlurMM: .02, Noise: .05}

func TestWhatIsAcceptedIsRight(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	accepted, written := 0, 0
	for i, c := range lab.Conditions() {
		for n := range 2 {
			r := rand.New(rand.NewPCG(uint64(i), uint64(n)))
			p, truth := b.page(b.sheetOf(uint64(i*100+n)), c.Line(r), c.Mess, uint64(i*100+n))
			d := form.Read(p, b.know)
			for _, f := range d.Fields {
				want, filled := truth.Text[f.Name]
				if b.form.Layout.Field(f.Name).Kind == printed.FieldImage {
					continue
				}
				if filled {
					written++
				}
				switch {
				case f.Decision == order.DecisionAccept && f.Text != want:
					t.Errorf("%s %d: %s accepted as %q, written %q (%.5f)", c.Name, n, f.Name, f.Text, want, f.Confidence)
				case f.Decision == order.DecisionBlank && filled:
					t.Errorf("%s %d: %s taken for blank, written %q", c.Name, n, f.Name, want)
				case f.Decision == order.DecisionAccept:
					accepted++
				}
			}
		}
	}
	t.Logf("%d of %d fields accepted", accepted, written)
	if accepted*2 < written {
		t.Errorf("only %d of %d fields accepted", accepted, written)
	}
}

func TestEveryConditionIsRegistered(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	for i, c := range lab.Conditions() {
		for n := range 2 {
			r := rand.New(rand.NewPCG(uint64(i), uint64(n)))
			l := c.Line(r)
			p, _ := b.page(lab.Sheet{}, l, c.Mess, uint64(n))
			d := form.Read(p, form.Knowledge{})
			if d.Geometry == nil {
				t.Errorf("%s %d: %s %v", c.Name, n, d.Decision, d.Reasons)
				continue
			}
			if d.Geometry.Rotation != l.Rotate || d.Geometry.ResidualMM > 0.5 && c.Name != "slipped" {
				t.Errorf("%s %d: %+v, sent turned by %d", c.Name, n, *d.Geometry, l.Rotate)
			}
			if d.Decision != order.DecisionReview || d.Form != "order" || d.FormVersion != 1 {
				t.Errorf("%s %d: an empty form is %s of %q: %v", c.Name, n, d.Decision, d.Form, d.Reasons)
			}
		}
	}
}

func TestPagesThatAreNoForm(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	noise := func(w, h, of int) *bilevel.Image {
		m := bilevel.New(w, h)
		for y := range h {
			for x := range w {
				m.Set(x, y, r.IntN(of) == 0)
			}
		}
		return m
	}
	black := bilevel.New(1728, 2200)
	for y := range black.H {
		black.Fill(0, black.W, y)
	}
	text := bilevel.New(1728, 2200)
	for y := 200; y < 2000; y += 40 {
		for x := 150; x < 1500; x += 30 {
			for k := range 20 {
				text.Fill(x, x+4+k%16, y+k)
			}
		}
	}
	dusty := bilevel.New(1728, 2200)
	for range 300 {
		dusty.Set(r.IntN(1728), r.IntN(2200), true)
	}
	rows := make([]int, 1300)
	for i := range rows {
		rows[i] = i
	}
	for name, c := range map[string]struct {
		page form.Page
		want order.Decision
	}{
		"nothing":      {form.Page{}, order.DecisionUnreadable},
		"one pixel":    {form.Page{Image: bilevel.New(1, 1)}, order.DecisionNotAForm},
		"one row":      {form.Page{Image: bilevel.New(1728, 1)}, order.DecisionNotAForm},
		"white":        {form.Page{Image: bilevel.New(1728, 2200), XDPI: 204, YDPI: 196}, order.DecisionBlank},
		"dust":         {form.Page{Image: dusty, XDPI: 204, YDPI: 196}, order.DecisionBlank},
		"white, lost":  {form.Page{Image: bilevel.New(1728, 2200), BadRows: rows[:40]}, order.DecisionUnreadable},
		"black":        {form.Page{Image: black}, order.DecisionUnreadable},
		"mostly lost":  {form.Page{Image: text, BadRows: rows}, order.DecisionUnreadable},
		"another text": {form.Page{Image: text, XDPI: 204, YDPI: 196}, order.DecisionNotAForm},
		"noise":        {form.Page{Image: noise(1728, 2200, 2)}, order.DecisionUnreadable},
		"light noise":  {form.Page{Image: noise(1728, 2200, 40)}, order.DecisionNotAForm},
		"huge":         {form.Page{Image: &bilevel.Image{W: 1 << 20, H: 1 << 20}}, order.DecisionUnreadable},
	} {
		d := form.Read(c.page, form.Knowledge{})
		if d.Decision != c.want || len(d.Reasons) == 0 {
			t.Errorf("%s: %s %v, want %s", name, d.Decision, d.Reasons, c.want)
		}
	}
}
