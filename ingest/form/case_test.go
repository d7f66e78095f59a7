package form_test

import (
	"slices"
	"strings"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
)

// standard is a good machine at 204 × 98.
var standard = lab.Line{XDPI: 204, YDPI: 98, WidthPx: 1728, BlurMM: .02, Noise: .05}

// plain is a sheet that needs no thought: two lines, the total, a mark.
func (b *bench) plain() lab.Sheet {
	return lab.Sheet{
		Customer: b.shop.Departments[0].Code, Total: "30", Marks: []string{"stockout.cancel"},
		Lines: []lab.SheetLine{{Code: b.once(0), Quantity: "10"}, {Code: b.once(1), Quantity: "20", Comment: true}},
	}
}

// once is the n-th item that is ordered one by one.
func (b *bench) once(n int) string {
	for _, it := range b.shop.Items {
		if it.OrderMultiple > 1 {
			continue
		}
		if n == 0 {
			return it.Code
		}
		n--
	}
	panic("too few items")
}

// neat is a seed whose writer writes clearly.
const neat = 4

// agree holds what was accepted against the truth and counts it.
func agree(t *testing.T, name string, b *bench, d order.Draft, truth lab.Truth) (accepted int) {
	t.Helper()
	for _, f := range d.Fields {
		want, filled := truth.Text[f.Name]
		switch {
		case b.form.Layout.Field(f.Name).Kind == printed.FieldImage:
		case f.Decision == order.DecisionAccept && f.Text != want:
			t.Errorf("%s: %s accepted as %q, written %q (%.5f)", name, f.Name, f.Text, want, f.Confidence)
		case f.Decision == order.DecisionBlank && filled:
			t.Errorf("%s: %s taken for blank, written %q", name, f.Name, want)
		case f.Decision == order.DecisionAccept:
			accepted++
		}
	}
	return accepted
}

func TestCleanPageIsAcceptedWhole(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	p, truth := b.page(b.plain(), fine, lab.Mess{}, neat)
	d := read(t, p, b.know)
	agree(t, "fine", b, d, truth)
	if d.Decision != order.DecisionAccept {
		t.Fatalf("%s: %v", d.Decision, d.Reasons)
	}
	for name, want := range map[string][]string{
		"customer_code":      {"check_digit", "master"},
		"lines[1].item_code": {"check_digit", "master"},
		"lines[1].quantity":  {"sum"},
		"total_quantity":     {"sum"},
		"lines[2].comment":   {"ink"},
	} {
		f := d.Field(name)
		for _, e := range want {
			if f == nil || !slices.Contains(f.Evidence, e) {
				t.Errorf("%s: evidence %v, want %s", name, f, e)
			}
		}
	}
	if f := d.Field("lines[3].item_code"); f.Decision != order.DecisionBlank || f.Text != "" || len(f.Cells) != 7 {
		t.Errorf("a blank field: %+v", f)
	}
	if f := d.Field("stockout.cancel"); f.Text != "x" || f.Decision != order.DecisionAccept {
		t.Errorf("the mark: %+v", f)
	}
}

func TestGeometryIsTolerated(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	with := func(l lab.Line, f func(*lab.Line)) lab.Line { f(&l); return l }
	for name, l := range map[string]lab.Line{
		"skew +5":           with(fine, func(l *lab.Line) { l.Skew = 5 }),
		"skew -5, standard": with(standard, func(l *lab.Line) { l.Skew = -5 }),
		"copy 90 %":         with(fine, func(l *lab.Line) { l.Scale = .90 }),
		"copy 106 %":        with(standard, func(l *lab.Line) { l.Scale = 1.06; l.WidthPx = 1820 }),
		"upside down":       with(standard, func(l *lab.Line) { l.Rotate = 180; l.Skew = 2 }),
		"turned right":      with(lab.Line{XDPI: 204, YDPI: 196, WidthPx: 2432, Noise: .05}, func(l *lab.Line) { l.Rotate = 90 }),
		"turned left":       with(lab.Line{XDPI: 204, YDPI: 98, WidthPx: 2432, Noise: .05}, func(l *lab.Line) { l.Rotate = 270; l.Skew = 1 }),
		"300 dpi":           {XDPI: 300, YDPI: 300, Noise: .05, Skew: 1},
		"feed stretched":    with(fine, func(l *lab.Line) { l.Stretch = .02 }),
		"feed jumped":       with(fine, func(l *lab.Line) { l.Slips = []lab.Slip{{AtMM: 150, ByMM: 2}} }),
	} {
		p, truth := b.page(b.plain(), l, lab.Mess{}, neat)
		d := read(t, p, b.know)
		if d.Geometry == nil || d.Geometry.Rotation != l.Rotate {
			t.Errorf("%s: %s %v", name, d.Decision, d.Reasons)
			continue
		}
		if n := agree(t, name, b, d, truth); n < 5 {
			t.Errorf("%s: only %d fields accepted: %v", name, n, d.Reasons)
		}
	}
}

func TestResolutionTagsMayBeMissingOrWrong(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	for name, c := range map[string]struct {
		line     lab.Line
		x, y     float64
		wantX, Y float64
	}{
		"97 % without tags":       {lab.Line{XDPI: 204, YDPI: 196, WidthPx: 1728, Scale: .97, Noise: .05}, 0, 0, 204, 196},
		"94 % without tags":       {lab.Line{XDPI: 204, YDPI: 98, WidthPx: 1728, Scale: .94, Noise: .05}, 0, 0, 204, 98},
		"standard tagged as fine": {lab.Line{XDPI: 204, YDPI: 98, WidthPx: 1728, Noise: .05}, 204, 196, 204, 98},
		"fine tagged as standard": {lab.Line{XDPI: 204, YDPI: 196, WidthPx: 1728, Noise: .05}, 204, 98, 204, 196},
		"tagged as a screen":      {lab.Line{XDPI: 200, YDPI: 200, Noise: .05}, 72, 72, 200, 200},
	} {
		p, truth := b.page(b.plain(), c.line, lab.Mess{}, neat)
		p.XDPI, p.YDPI = c.x, c.y
		d := read(t, p, b.know)
		if d.Geometry == nil || d.Geometry.XDPI != c.wantX || d.Geometry.YDPI != c.Y {
			t.Errorf("%s: %s %v %+v", name, d.Decision, d.Reasons, d.Geometry)
			continue
		}
		if n := agree(t, name, b, d, truth); n < 5 {
			t.Errorf("%s: only %d fields accepted: %v", name, n, d.Reasons)
		}
	}
}

func TestLostMarks(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	k := fine.XDPI / 25.4
	ky := fine.YDPI / 25.4
	margin := (1728/k - 210) / 2
	paint := func(m *bilevel.Image, x, y, w, h float64, black bool) {
		for py := int(y * ky); py < int((y+h)*ky); py++ {
			for px := int((x + margin) * k); px < int((x+w+margin)*k); px++ {
				m.Set(px, py, black)
			}
		}
	}
	for name, spoil := range map[string]func(m *bilevel.Image){
		"one corner cut off":        func(m *bilevel.Image) { paint(m, 0, 0, 25, 25, false) },
		"two corners cut off":       func(m *bilevel.Image) { paint(m, 0, 0, 25, 25, false); paint(m, 185, 270, 25, 27, false) },
		"a stamp on a corner":       func(m *bilevel.Image) { paint(m, 14, 4, 30, 3, true); paint(m, 5, 13, 30, 2, true) },
		"a punched hole":            func(m *bilevel.Image) { paint(m, 8, 100, 6, 6, false) },
		"a black edge on the right": func(m *bilevel.Image) { paint(m, 205, 0, 20, 297, true) },
		"a streak through a column": func(m *bilevel.Image) { paint(m, 11.5, 0, .4, 297, true); paint(m, 50, 0, .25, 297, true) },
	} {
		p, truth := b.page(b.plain(), fine, lab.Mess{}, neat)
		spoil(p.Image)
		d := read(t, p, b.know)
		if d.Geometry == nil {
			t.Errorf("%s: %s %v", name, d.Decision, d.Reasons)
			continue
		}
		if n := agree(t, name, b, d, truth); n < 4 {
			t.Errorf("%s: only %d fields accepted: %v", name, n, d.Reasons)
		}
	}
}

func TestPersonalFormKnowsItsCustomer(t *testing.T) {
	t.Parallel()
	code := setup(t, printed.Options{}).shop.Departments[5].Code
	b := setup(t, printed.Options{CustomerCode: code, CompanyName: "あおば設計株式会社", DepartmentName: "総務部"})
	s := b.plain()
	s.Customer = ""
	for name, l := range map[string]lab.Line{"fine": fine, "standard": standard} {
		p, truth := b.page(s, l, lab.Mess{}, neat)
		truth.Text["customer_code"] = code
		d := read(t, p, b.know)
		agree(t, name, b, d, truth)
		f := d.Field("customer_code")
		if f.Decision != order.DecisionAccept || f.Text != code || !slices.Contains(f.Evidence, "qr") {
			t.Errorf("%s: %+v", name, f)
		}
	}
	// Without its QR code the bar code tells; without the bar code and its number a person does.
	p, _ := b.page(s, fine, lab.Mess{}, neat)
	white(p.Image, fine, b.form.Layout.QR)
	d := read(t, p, b.know)
	if f := d.Field("customer_code"); !slices.Contains(f.Evidence, "barcode") || f.Text != code {
		t.Errorf("by bar code: %+v", f)
	}
	bars := b.form.Layout.Field("form_number").Cells[0]
	bars.H += 6 // with the number printed below, which is read as well
	white(p.Image, fine, bars)
	if d := read(t, p, b.know); d.Decision != order.DecisionReview || !strings.Contains(strings.Join(d.Reasons, " "), "QR") {
		t.Errorf("without identity: %s %v", d.Decision, d.Reasons)
	}
}

// white wipes a box of the form and a little more off a page that was sent straight.
func white(m *bilevel.Image, l lab.Line, b printed.Box) {
	kx, ky := l.XDPI/25.4, l.YDPI/25.4
	margin := (float64(m.W)/kx - 210) / 2
	for y := int((b.Y - 1) * ky); y < int((b.Y+b.H+1)*ky); y++ {
		for x := int((b.X + margin - 1) * kx); x < int((b.X+b.W+margin+1)*kx); x++ {
			m.Set(x, y, false)
		}
	}
}

func TestHalfFilledIsAReviewThatNamesTheField(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	item := b.once(0)
	for name, c := range map[string]struct {
		change func(*lab.Sheet)
		field  string
	}{
		"no quantity":       {func(s *lab.Sheet) { s.Lines[1].Quantity = "" }, "lines[2].quantity"},
		"no code":           {func(s *lab.Sheet) { s.Lines[1].Code = "" }, "lines[2].item_code"},
		"no customer":       {func(s *lab.Sheet) { s.Customer = "" }, "customer_code"},
		"month without day": {func(s *lab.Sheet) { s.Month = "12" }, "delivery_day"},
		"wrong total":       {func(s *lab.Sheet) { s.Total = "77" }, "total_quantity"},
		"unknown item":      {func(s *lab.Sheet) { s.Lines[0].Code = order.WithCheckDigit("000999") }, "lines[1].item_code"},
		"wrong check digit": {func(s *lab.Sheet) { s.Lines[0].Code = item[:6] + string('0'+(item[6]-'0'+1)%10) }, "lines[1].item_code"},
		"both marks":        {func(s *lab.Sheet) { s.Marks = []string{"stockout.cancel", "stockout.backorder"} }, "stockout.backorder"},
		"no ship-to":        {func(s *lab.Sheet) { s.ShipTo = "987" }, "ship_to"},
		"too far ahead":     {func(s *lab.Sheet) { s.Month, s.Day = "6", "15" }, "delivery_month"},
	} {
		s := b.plain()
		c.change(&s)
		p, _ := b.page(s, fine, lab.Mess{}, neat)
		d := read(t, p, b.know)
		f := d.Field(c.field)
		if d.Decision != order.DecisionReview || f == nil || f.Decision != order.DecisionReview || len(f.Reasons) == 0 {
			t.Errorf("%s: page %s %v, %s %+v", name, d.Decision, d.Reasons, c.field, f)
		}
		if !strings.Contains(strings.Join(d.Reasons, "\n"), c.field) {
			t.Errorf("%s: the page's reasons do not name %s: %v", name, c.field, d.Reasons)
		}
	}
}

func TestNothingFilledInIsNoOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	p, _ := b.page(lab.Sheet{}, standard, lab.Mess{}, neat)
	d := read(t, p, b.know)
	if d.Decision != order.DecisionReview || !slices.Contains(d.Reasons, "nothing is filled in") {
		t.Errorf("%s %v", d.Decision, d.Reasons)
	}
	p, _ = b.page(lab.Sheet{Customer: b.shop.Departments[0].Code}, standard, lab.Mess{}, neat)
	if d := read(t, p, b.know); d.Decision != order.DecisionReview {
		t.Errorf("a customer code alone: %s", d.Decision)
	}
}

func TestDamagedRowsAreDistrusted(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	p, _ := b.page(b.plain(), fine, lab.Mess{}, neat)
	box := b.form.Layout.Field("lines[1].quantity").Cells[0]
	for y := range 6 {
		p.BadRows = append(p.BadRows, int((box.Y+3)*fine.YDPI/25.4)+y)
	}
	d := read(t, p, b.know)
	for _, name := range []string{"lines[1].quantity", "lines[1].item_code"} {
		if f := d.Field(name); f.Decision != order.DecisionReview {
			t.Errorf("%s was taken from damaged rows: %+v", name, f)
		}
	}
	if f := d.Field("lines[2].item_code"); f.Decision != order.DecisionAccept {
		t.Errorf("a line away from the damage: %+v", f)
	}
}

// TestPagesThatLackSomethingGoToAPerson has what the decoder knows to be missing from a page.
func TestPagesThatLackSomethingGoToAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	p, _ := b.page(b.plain(), fine, lab.Mess{}, neat)
	p.LeftOut = "a part of the page is missing"
	if d := read(t, p, b.know); d.Decision != order.DecisionReview || !slices.Contains(d.Reasons, p.LeftOut) {
		t.Errorf("a clean page: %s %v", d.Decision, d.Reasons)
	}
	p.Image = bilevel.New(p.Image.W, p.Image.H)
	if d := read(t, p, b.know); d.Decision != order.DecisionUnreadable || !slices.Contains(d.Reasons, p.LeftOut) {
		t.Errorf("a blank page: %s %v", d.Decision, d.Reasons)
	}
}

func TestWithoutMastersLessIsAccepted(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	p, truth := b.page(b.plain(), fine, lab.Mess{}, neat)
	with, without := form.Read(p, b.know), form.Read(p, form.Knowledge{})
	agree(t, "without masters", b, without, truth)
	for _, name := range []string{"customer_code", "lines[1].item_code"} {
		w, o := with.Field(name), without.Field(name)
		if o.Confidence > w.Confidence || slices.Contains(o.Evidence, "master") {
			t.Errorf("%s: %.6f %v without masters, %.6f with", name, o.Confidence, o.Evidence, w.Confidence)
		}
	}
}

func TestFreeHandwriting(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	for name, l := range map[string]lab.Line{
		"straight": fine,
		"askew":    {XDPI: 204, YDPI: 98, WidthPx: 1728, Noise: .05, Skew: 4},
		"jumped":   {XDPI: 204, YDPI: 196, WidthPx: 1728, Noise: .05, Slips: []lab.Slip{{AtMM: 236, ByMM: 1.5}}},
	} {
		p, _ := b.page(b.plain(), l, lab.Mess{}, neat)
		d := read(t, p, b.know)
		for _, f := range d.Fields {
			def := b.form.Layout.Field(f.Name)
			if def.Kind != printed.FieldImage {
				continue
			}
			want := order.DecisionBlank
			if f.Name == "lines[2].comment" {
				want = order.DecisionAccept
			}
			if f.Decision != want {
				t.Errorf("%s: %s is %s, want %s", name, f.Name, f.Decision, want)
			}
		}
	}
	// A note may say anything: a person reads it.
	s := b.plain()
	p, _ := b.page(s, fine, lab.Mess{}, neat)
	note := b.form.Layout.Field("note").Cells[0]
	stroke(p.Image, fine, note.X+10, note.Y+3, 14, 8)
	d := read(t, p, b.know)
	if f := d.Field("note"); f.Decision != order.DecisionReview || !slices.Contains(f.Evidence, "ink") || d.Decision != order.DecisionReview {
		t.Errorf("a note: %+v, page %s", f, d.Decision)
	}
}

// stroke draws a thick diagonal of w × h millimetres.
func stroke(m *bilevel.Image, l lab.Line, x, y, w, h float64) {
	kx, ky := l.XDPI/25.4, l.YDPI/25.4
	margin := (float64(m.W)/kx - 210) / 2
	for i := range 2000 {
		u := float64(i) / 2000
		px, py := int((x+margin+w*u)*kx), int((y+h*u)*ky)
		for k := range 4 {
			m.Fill(px, px+4, py+k)
		}
	}
}

// A circle or a 0 along the frame goes with the frame when that is erased: what then looks
// empty must not be taken for blank.
func TestInkOnTheFrameIsNotBlank(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	s := b.plain()
	s.Marks = nil
	for _, name := range []string{"stockout.cancel", "lines[1].quantity", "lines[4].item_code"} {
		cell := b.form.Layout.Field(name).Cells[0]
		p, _ := b.page(s, fine, lab.Mess{}, neat)
		kx, ky := fine.XDPI/25.4, fine.YDPI/25.4
		margin := (float64(p.Image.W)/kx - 210) / 2
		for y := int((cell.Y - .1) * ky); y < int((cell.Y+cell.H+.1)*ky); y++ {
			for x := int((cell.X + margin - .1) * kx); x < int((cell.X+cell.W+margin+.1)*kx); x++ {
				// an ellipse that hugs the box from within
				u := (float64(x)/kx - margin - cell.X - cell.W/2) / (cell.W / 2)
				v := (float64(y)/ky - cell.Y - cell.H/2) / (cell.H / 2)
				if r := u*u + v*v; r > .82 && r < 1.1 {
					p.Image.Set(x, y, true)
				}
			}
		}
		d := read(t, p, b.know)
		f := d.Field(name)
		if f.Decision == order.DecisionBlank || d.Decision == order.DecisionAccept && f.Text != "x" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// A feed that stops sends a row of the page twice: a frame line again, inside the box.
func TestFrameLineSentTwiceIsNoMark(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	s := b.plain()
	s.Marks = nil
	p, _ := b.page(s, standard, lab.Mess{}, neat)
	cell := b.form.Layout.Field("stockout.cancel").Cells[0]
	kx, ky := standard.XDPI/25.4, standard.YDPI/25.4
	margin := (float64(p.Image.W)/kx - 210) / 2
	p.Image.Fill(int((cell.X+margin+.6)*kx), int((cell.X+margin+cell.W)*kx), int((cell.Y+1)*ky))
	d := read(t, p, b.know)
	if f := d.Field("stockout.cancel"); f.Decision == order.DecisionAccept {
		t.Errorf("%+v", f)
	}
}
