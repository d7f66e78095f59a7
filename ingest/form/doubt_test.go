package form_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
)

// fieldOf reads a page and gives one of its fields.
func fieldOf(p form.Page, k form.Knowledge, name string) *order.DraftField {
	d := form.Read(p, k)
	return d.Field(name)
}

// doubleLine strikes a field's boxes out, a little askew.
func doubleLine(p form.Page, l lab.Line, cells []printed.Box) {
	kx, ky := l.XDPI/25.4, l.YDPI/25.4
	margin := (float64(p.Image.W)/kx - 210) / 2
	last := cells[len(cells)-1]
	for _, y := range []float64{2.9, 4.1} {
		for x := cells[0].X - 1; x < last.X+last.W+1; x += .05 {
			at := cells[0].Y + y + .3*(x-cells[0].X)/40
			for k := range max(int(.4*ky), 1) {
				p.Image.Set(int((x+margin)*kx), int(at*ky)+k, true)
			}
		}
	}
}

// A customer code that someone struck out names nobody: the sheet is another's, or a slip.
func TestStruckOutCustomerCodeGoesToReview(t *testing.T) {
	t.Parallel()
	personal, code := usual(t, 3)
	plain := setup(t, printed.Options{})
	for name, l := range map[string]lab.Line{"fine": fine, "standard": standard98} {
		for seed := range uint64(4) {
			p, _ := personal.page(lab.Sheet{Lines: []lab.SheetLine{{Row: 1, Quantity: "2"}}}, l, lab.Mess{}, seed)
			doubleLine(p, l, personal.form.Layout.Field("customer_code").Cells)
			for _, know := range []form.Knowledge{personal.know, {}} {
				if f := fieldOf(p, know, "customer_code"); f.Decision != order.DecisionReview {
					t.Errorf("%s, personal: %s %q of %s %v %v", name, f.Decision, f.Text, code, f.Evidence, f.Reasons)
				}
			}
			p, _ = plain.page(plain.plain(), l, lab.Mess{}, seed)
			doubleLine(p, l, plain.form.Layout.Field("customer_code").Cells)
			if f := fieldOf(p, plain.know, "customer_code"); f.Decision != order.DecisionReview {
				t.Errorf("%s, plain: %s %q %v %v", name, f.Decision, f.Text, f.Evidence, f.Reasons)
			}
		}
	}
}

// joined puts pages side by side, or one below the other.
func joined(down bool, pages ...*bilevel.Image) *bilevel.Image {
	w, h := 0, 0
	for _, m := range pages {
		if down {
			w, h = max(w, m.W), h+m.H
		} else {
			w, h = w+m.W, max(h, m.H)
		}
	}
	out := bilevel.New(w, h)
	x, y := 0, 0
	for _, m := range pages {
		for v := range m.H {
			for u := range m.W {
				if m.At(u, v) {
					out.Set(x+u, y+v, true)
				}
			}
		}
		if down {
			y += m.H
		} else {
			x += m.W
		}
	}
	return out
}

// Two forms on one sheet are two orders: none of them is taken for all of it.
func TestTwoFormsOnOnePageGoToReview(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	sheet := func(dpi, scale float64, seed uint64) *bilevel.Image {
		l := lab.Line{XDPI: dpi, YDPI: dpi, Scale: scale, BlurMM: .02, Noise: .05}
		s := b.plain()
		s.Customer = b.shop.Departments[seed].Code
		p, _ := b.page(s, l, lab.Mess{}, seed)
		return p.Image
	}
	half := func(seed uint64) *bilevel.Image { // a sheet at 71 % in the middle of its own A4
		m := sheet(200, .71, seed)
		return m.Crop(m.W*14/100, m.H*14/100, m.W*86/100, m.H*86/100)
	}
	for name, m := range map[string]*bilevel.Image{
		"A3, side by side":      joined(false, sheet(200, 1, 3), sheet(200, 1, 4)),
		"one long page":         joined(true, sheet(200, 1, 3), sheet(200, 1, 4)),
		"two on one, reduced":   joined(false, half(3), half(4)),
		"second upside down":    joined(false, sheet(200, 1, 3), sheet(200, 1, 4).Rotate(180)),
		"A3 that lies sideways": joined(false, sheet(200, 1, 3), sheet(200, 1, 4)).Rotate(90),
	} {
		d := form.Read(form.Page{Image: m, XDPI: 200, YDPI: 200}, b.know)
		if d.Decision == order.DecisionAccept || d.Decision == order.DecisionBlank {
			t.Errorf("%s: %s: %v", name, d.Decision, d.Reasons)
		}
		t.Logf("%s: %s %v", name, d.Decision, d.Reasons)
	}
}

// A page whose writing came through only in dots is not blank.
func TestFadedPageIsNotBlank(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	p, _ := b.page(b.plain(), fine, lab.Mess{}, neat)
	for _, keep := range []float64{.3, .2, .15, .1, .05} {
		r := rand.New(rand.NewPCG(1, 2))
		m := bilevel.New(p.Image.W, p.Image.H)
		for y := range m.H {
			for x := range m.W {
				if p.Image.At(x, y) && r.Float64() < keep {
					m.Set(x, y, true)
				}
			}
		}
		d := form.Read(form.Page{Image: m, XDPI: 204, YDPI: 196}, b.know)
		if d.Decision == order.DecisionBlank || d.Decision == order.DecisionAccept {
			t.Errorf("%.0f %% of the ink left: %s %v", 100*keep, d.Decision, d.Reasons)
		}
	}
}

// However dear an error in a mark is, that dear it is: nothing is accepted beyond it.
func TestCostOfAMarkCounts(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	p, _ := b.page(b.plain(), fine, lab.Mess{}, neat)
	know := b.know
	know.Settings = form.Default()
	know.Settings.Costs.Mark = 1e9
	f := fieldOf(p, know, "stockout.cancel")
	if f.Decision != order.DecisionReview || f.Text != "x" || !strings.Contains(strings.Join(f.Reasons, " "), "not sure enough") {
		t.Errorf("%+v", f)
	}
}

// Where the customer code was printed and nothing is seen, it was covered or cut away.
func TestCoveredPrintedCustomerCodeGoesToReview(t *testing.T) {
	t.Parallel()
	b, _ := usual(t, 3)
	for name, l := range map[string]lab.Line{"fine": fine, "standard": standard98} {
		p, _ := b.page(lab.Sheet{Lines: []lab.SheetLine{{Row: 1, Quantity: "2"}}}, l, lab.Mess{}, neat)
		for _, c := range b.form.Layout.Field("customer_code").Cells {
			c.X, c.Y, c.W, c.H = c.X+1.4, c.Y+1.4, c.W-2.8, c.H-2.8
			white(p.Image, l, c)
		}
		if f := fieldOf(p, b.know, "customer_code"); f.Decision != order.DecisionReview {
			t.Errorf("%s: %s %q %v %v", name, f.Decision, f.Text, f.Evidence, f.Reasons)
		}
	}
}

// A resolution that is no number is none.
func TestResolutionThatIsNoNumber(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	p, _ := b.page(b.plain(), fine, lab.Mess{}, neat)
	for _, dpi := range []float64{math.NaN(), math.Inf(1), -204, 1e-300} {
		p.XDPI, p.YDPI = dpi, dpi
		if d := form.Read(p, b.know); d.Decision != order.DecisionAccept {
			t.Errorf("%g dpi: %s %v", dpi, d.Decision, d.Reasons)
		}
	}
}

// What is written below the form, on a page that was fed on, belongs to the order.
func TestWritingBeyondTheFormGoesToReview(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	for name, l := range map[string]lab.Line{"fine": fine, "standard": standard98} {
		p, _ := b.page(b.plain(), l, lab.Mess{}, neat)
		note := &lab.Paper{Image: bilevel.New(b.sheet.Image.W, b.sheet.Image.H)}
		r := rand.New(rand.NewPCG(1, 1))
		lab.Fill(note, &b.form.Layout, b.plain(), lab.NewWriter(r), lab.Mess{}, r)
		q := l.Send(note, r)
		for what, m := range map[string]*bilevel.Image{"writing": q, "white paper": bilevel.New(q.W, q.H)} {
			d := form.Read(form.Page{Image: joined(true, p.Image, m.Crop(0, 0, m.W, m.H*2/5)), XDPI: l.XDPI, YDPI: l.YDPI}, b.know)
			if want := what == "writing"; want != strings.Contains(strings.Join(d.Reasons, "; "), "beyond the form") || want != (d.Decision == order.DecisionReview) {
				t.Errorf("%s, %s: %s %v", name, what, d.Decision, d.Reasons)
			}
		}
	}
}
