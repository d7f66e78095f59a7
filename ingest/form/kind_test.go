package form_test

import (
	"testing"

	"todoke/ingest/form"
	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/barcode"
	printed "todoke/templates/form"
	"todoke/templates/typeset"
)

// otherForm is a sheet of ours of a kind that has no layout, with the QR code or the bar code alone.
func otherForm(t *testing.T, id printed.Identity, qr, bars bool, xDPI, yDPI float64) *bilevel.Image {
	t.Helper()
	c := printed.NewRasterCanvas(210, 297, xDPI, yDPI)
	for _, p := range [][2]float64{{8, 8}, {197, 8}, {8, 284}, {197, 284}} {
		c.Fill(p[0], p[1], 5, 5)
	}
	c.Text(105, 25, "返品依頼書", typeset.Style{Size: 20, Weight: typeset.Bold, Align: typeset.Center})
	for i := range 8 {
		c.Frame(20, 60+12*float64(i), 170, 12, .3)
	}
	if qr {
		m, err := barcode.QR(id.Payload(), 2)
		if err != nil {
			t.Fatal(err)
		}
		c.Modules(165, 14, 25, 25, m)
	}
	if bars {
		m, err := barcode.Code128(id.Number())
		if err != nil {
			t.Fatal(err)
		}
		c.Modules(25, 268, 62, 9, [][]bool{m})
	}
	return c.Bitmap()
}

func TestAnotherFormOfOursIsKnownByWhatItSays(t *testing.T) {
	t.Parallel()
	kinds := []printed.Kind{printed.KindPoints, printed.KindPrize, printed.KindRegistration}
	for i, kind := range kinds {
		id := printed.Identity{Kind: kind, Version: 1, CustomerCode: "10002345"}
		for _, tt := range []struct {
			name       string
			qr, bars   bool
			xDPI, yDPI float64
			turn       int
			by         string
		}{
			{"qr", true, true, 204, 196, 0, "qr"},
			{"standard", true, true, 204, 98, 0, "qr"},
			{"bar code alone", false, true, 204, 196, 0, "barcode"},
			{"bar code upside down", false, true, 204, 196, 180, "barcode"},
			{"bar code on its side", false, true, 200, 200, 90, "barcode"},
		} {
			if i > 0 && tt.turn != 0 {
				continue // as with the first kind
			}
			m := otherForm(t, id, tt.qr, tt.bars, tt.xDPI, tt.yDPI).Rotate(tt.turn)
			d := form.Read(form.Page{Image: m, XDPI: tt.xDPI, YDPI: tt.yDPI}, form.Knowledge{})
			if d.Form != string(kind) || d.Decision != order.DecisionNotAForm || d.IdentifiedBy != tt.by || d.FormCustomer != id.CustomerCode || len(d.Fields) > 0 {
				t.Errorf("%s, %s: form %q by %q of %q, %s, %v", kind, tt.name, d.Form, d.IdentifiedBy, d.FormCustomer, d.Decision, d.Reasons)
			}
		}
		m := otherForm(t, id, false, false, 204, 196)
		if d := form.Read(form.Page{Image: m, XDPI: 204, YDPI: 196}, form.Knowledge{}); d.Form != "" || d.Decision != order.DecisionNotAForm {
			t.Errorf("a sheet that says nothing of itself: %q, %s", d.Form, d.Decision)
		}
	}
}
