package form_test

import (
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/order"
	printed "todoke/templates/form"
)

// A page turned by a quarter has its resolutions swapped: without tags too, nothing written on it
// may be taken for blank.
func TestTurnedPagesWithoutTags(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	for _, l := range []lab.Line{fine, standard98, {XDPI: 200, YDPI: 200, BlurMM: .02, Noise: .05}} {
		for seed := range uint64(1) {
			p, truth := b.page(b.sheetOf(seed), l, lab.Mess{}, seed)
			for _, turn := range []int{90, 180, 270} {
				for _, tagged := range []bool{false, true} {
					q := form.Page{Image: p.Image.Rotate(turn)}
					if tagged {
						q.XDPI, q.YDPI = l.XDPI, l.YDPI
						if turn != 180 {
							q.XDPI, q.YDPI = l.YDPI, l.XDPI
						}
					}
					d := form.Read(q, b.know)
					if d.Geometry == nil || d.Geometry.Rotation != turn {
						t.Errorf("%g × %g turned by %d, tagged %v: %s %v %+v", l.XDPI, l.YDPI, turn, tagged, d.Decision, d.Reasons, d.Geometry)
						continue
					}
					for _, f := range d.Fields {
						want := truth.Text[f.Name]
						if f.Decision == order.DecisionBlank && want != "" || f.Decision == order.DecisionAccept && f.Text != want && want != "ink" {
							t.Errorf("%g × %g, page %d turned by %d, tagged %v: %s is %s %q, written %q; %+v", l.XDPI, l.YDPI, seed, turn, tagged, f.Name, f.Decision, f.Text, want, *d.Geometry)
						}
					}
				}
			}
		}
	}
}
