package form_test

import (
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/order"
	printed "todoke/templates/form"
)

// TestAreasShowTheirField: whatever way the page lay, a field's area cut from the upright page
// holds its boxes with what was written in them.
func TestAreasShowTheirField(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	p, _ := b.page(b.plain(), fine, lab.Mess{}, neat)
	var first order.Area
	for _, turned := range []int{0, 180, 90} {
		q := form.Page{Image: p.Image.Rotate(turned), XDPI: p.XDPI, YDPI: p.YDPI}
		if turned == 90 {
			q.XDPI, q.YDPI = p.YDPI, p.XDPI
		}
		d := form.Read(q, b.know)
		f := d.Field("lines[2].quantity")
		if f == nil || f.Area == nil || d.Geometry == nil {
			t.Fatalf("turned by %d: %+v", turned, f)
		}
		if blank := d.Field("lines[9].quantity"); blank != nil && blank.Area == nil {
			t.Errorf("turned by %d: nobody is shown where line 9 is", turned)
		}
		upright := q.Image.Rotate((360 - d.Geometry.Rotation) % 360)
		a := *f.Area
		if turned == 0 {
			first = a
		}
		if near := func(x, y int) bool { return x-y <= 4 && y-x <= 4 }; !near(a.X0, first.X0) || !near(a.Y0, first.Y0) || !near(a.X1, first.X1) || !near(a.Y1, first.Y1) {
			t.Errorf("turned by %d: %+v, upright %+v", turned, a, first)
		}
		m := upright.Crop(a.X0, a.Y0, a.X1, a.Y1)
		cells := f.Cells
		last := cells[len(cells)-1]
		wantMM := last.X + last.W - cells[0].X
		if got := float64(m.W) / 204 * 25.4; got < wantMM+5 || got > wantMM+7 || m.Count(0, 0, m.W, m.H) < 100 {
			t.Errorf("turned by %d: the picture is %.1f mm wide for boxes of %.1f mm and has %d dots of ink", turned, got, wantMM, m.Count(0, 0, m.W, m.H))
		}
	}
}
