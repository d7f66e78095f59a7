package form_test

import (
	"bytes"
	"image/png"
	"os"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/order"
	printed "todoke/templates/form"
	"todoke/templates/form/overlay"
)

// read reads a page; where the test fails, what the reader saw is drawn into the test's
// artifact folder (kept by go test -artifacts).
func read(tb testing.TB, p form.Page, k form.Knowledge) order.Draft {
	tb.Helper()
	var sight *form.Sight
	k.Seen = func(s *form.Sight) { sight = s }
	d := form.Read(p, k)
	tb.Cleanup(func() {
		if !tb.Failed() {
			return
		}
		var b bytes.Buffer
		if err := overlay.EncodePNG(&b, form.Overlay(tb.Name(), p, sight, d)); err != nil {
			tb.Log(err)
			return
		}
		f, err := os.CreateTemp(tb.ArtifactDir(), "page-*.png")
		if err != nil {
			tb.Log(err)
			return
		}
		if _, err := b.WriteTo(f); err != nil {
			tb.Log(err)
		}
		if err := f.Close(); err != nil {
			tb.Log(err)
		}
		tb.Logf("what the reader saw (go test -artifacts keeps it): %s", f.Name())
	})
	return d
}

// TestOverlayShowsWhatWasSeen holds the drawing to the page: a mark that is gone is crossed
// out where it should be, accepted boxes and doubted ones have their colours where they lie.
func TestOverlayShowsWhatWasSeen(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	s := b.plain()
	s.Lines[1].Quantity = "21" // the total disagrees
	line := fine
	line.Rotate = 180
	lost := b.form.Layout.Marks[0]
	p, _ := b.page(s, line, lab.Mess{}, neat)
	for y := p.Image.H * 9 / 10; y < p.Image.H; y++ { // the first mark, upside down
		for x := p.Image.W * 9 / 10; x < p.Image.W; x++ {
			p.Image.Set(x, y, false)
		}
	}
	var sight *form.Sight
	k := b.know
	k.Seen = func(s *form.Sight) { sight = s }
	d := form.Read(p, k)
	if sight == nil || d.Geometry == nil || d.Geometry.Rotation != 180 {
		t.Fatalf("%s: %v", d.Decision, d.Reasons)
	}
	found := 0
	for i, m := range sight.Marks {
		if m.Found {
			found++
		}
		if i == 0 && (m.Found || m.Mark != lost) {
			t.Errorf("the mark that is gone: %+v", m)
		}
	}
	if found < len(sight.Marks)-2 {
		t.Errorf("%d of %d marks found", found, len(sight.Marks))
	}
	page := form.Overlay("upside down", p, sight, d)
	m := overlay.Draw(page)
	const perMM = 8
	near := func(x, y float64, r, g, bl uint8) bool { // a pixel of the colour within 1.5 mm
		px, py := page.At(x, y)
		cx, cy := int(px/sight.KX*perMM), int(py/sight.KY*perMM)
		for v := cy - 12; v <= cy+12; v++ {
			for u := cx - 12; u <= cx+12; u++ {
				if c := m.RGBAAt(u, v); c.R == r && c.G == g && c.B == bl {
					return true
				}
			}
		}
		return false
	}
	if !near(lost.X+lost.W/2, lost.Y+lost.H/2, 0xcc, 0x79, 0xa7) {
		t.Error("the lost mark is not crossed out")
	}
	last := sight.Marks[len(sight.Marks)-1]
	if !near(last.X-.7, last.FormY, 0x00, 0x9e, 0x73) {
		t.Error("a found mark has no ring")
	}
	for _, name := range []string{"customer_code", "lines[2].quantity"} {
		f := d.Field(name)
		c := f.Cells[len(f.Cells)-1]
		blue, orange := near(c.X+c.W, c.Y+c.H/2, 0x00, 0x72, 0xb2), near(c.X+c.W, c.Y+c.H/2, 0xd5, 0x5e, 0x00)
		if accepted := f.Decision == order.DecisionAccept; blue != accepted || orange == accepted {
			t.Errorf("%s is %s: blue %v, vermillion %v", name, f.Decision, blue, orange)
		}
	}
	var out bytes.Buffer
	if err := overlay.EncodePNG(&out, page); err != nil {
		t.Fatal(err)
	}
	if c, err := png.DecodeConfig(&out); err != nil || c.Width != m.Rect.Dx() {
		t.Errorf("%+v, %v", c, err)
	}
}
