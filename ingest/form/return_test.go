package form_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"todoke/ingest/form"
	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
	"todoke/templates/typeset"
)

// returnPage is a filled-in return request form of a shipment with n lines, as fax pixels.
func returnPage(t *testing.T, n, sheet int, xDPI, yDPI float64) *bilevel.Image {
	t.Helper()
	o := printed.ReturnOptions{Days: 90, Order: order.NumberOf(100000001), Shipment: 2, CustomerCode: "10002345", Customer: "株式会社みなと設計事務所", ArrivalOn: order.D(2026, 11, 25)}
	for i := range n {
		o.Lines = append(o.Lines, printed.ReturnLine{LineNo: i + 1, ItemCode: order.WithCheckDigit(fmt.Sprintf("%06d", 12345+i)), Name: "コピー用紙 A4 500枚×5冊", Unit: "箱", Qty: 20, Returnable: true})
	}
	sheets, err := printed.ReturnSheets(o)
	if err != nil {
		t.Fatal(err)
	}
	d := sheets[sheet]
	c := printed.NewRasterCanvas(210, 297, xDPI, yDPI)
	d.Draw(c)
	digit := func(field string, box int, s string) {
		b := d.Layout.Field(field).Cells[box]
		c.Text(b.X+b.W/2, b.Y+5.8, s, typeset.Style{Size: 16, Align: typeset.Center})
	}
	tick := func(field string) {
		b := d.Layout.Field(field).Cells[0]
		c.Line(b.X+1, b.Y+2.5, b.X+2.2, b.Y+4, .5)
		c.Line(b.X+2.2, b.Y+4, b.X+4.4, b.Y+.6, .5)
	}
	digit("lines[2].quantity", 2, "1")
	digit("lines[2].quantity", 3, "2")
	tick("lines[2].reason.damaged")
	digit("lines[1].quantity", 3, "3")
	tick("lines[1].reason.wrong_item")
	tick("wish.replacement")
	return c.Bitmap()
}

// RET-3: the printed return request form is known with its shipment, and its fields are found, any
// way up and at standard resolution.
func TestReturnFormIsRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		lines, sheet int
		xDPI, yDPI   float64
		turn         int
	}{
		{"fine", 12, 0, 204, 196, 0},
		{"standard", 3, 0, 204, 98, 0},
		{"second sheet", 14, 1, 204, 196, 0},
		{"upside down", 5, 0, 204, 196, 180},
	} {
		m := returnPage(t, tt.lines, tt.sheet, tt.xDPI, tt.yDPI).Rotate(tt.turn)
		d := form.Read(form.Page{Image: m, XDPI: tt.xDPI, YDPI: tt.yDPI}, form.Knowledge{})
		if d.Form != "return" || d.FormVersion != 1 || d.Decision != order.DecisionReview || d.Geometry == nil || d.FormOrder != order.NumberOf(100000001) || d.FormShipment != 2 {
			t.Errorf("%s: %q %d %s order %q shipment %d %v", tt.name, d.Form, d.FormVersion, d.Decision, d.FormOrder, d.FormShipment, d.Reasons)
			continue
		}
		rows := min(12, tt.lines-12*tt.sheet)
		if d.Field(fmt.Sprintf("lines[%d].quantity", rows)) == nil {
			t.Errorf("%s: not the fields of %d lines", tt.name, rows)
		}
		for _, r := range d.Reasons {
			if strings.Contains(r, "marks") {
				t.Errorf("%s: the sheet does not lie as its marks say: %s", tt.name, r)
			}
		}
		for name, want := range map[string]string{
			"customer_code":     "10002345",
			"lines[1].quantity": "3", "lines[2].quantity": "12", "lines[1].reason.wrong_item": "x", "lines[2].reason.damaged": "x", "wish.replacement": "x",
			"lines[1].reason.damaged": "", "lines[2].reason.defective": "", "wish.refund": "", "note": "",
		} {
			if f := d.Field(name); f == nil || f.Text != want || (want == "") != (f.Decision == order.DecisionBlank) {
				t.Errorf("%s: %s is %+v, want %q", tt.name, name, f, want)
			} else if slices.Contains(f.Reasons, "something is written beside the boxes") {
				t.Errorf("%s: the printed quantity is taken for writing beside %s", tt.name, name)
			}
		}
	}
}

// One line may have one reason; another line's is its own.
func TestReturnReasonsExcludeEachOther(t *testing.T) {
	t.Parallel()
	m := returnPage(t, 3, 0, 204, 196)
	l, err := printed.LayoutOf(printed.KindReturn, 1)
	if err != nil {
		t.Fatal(err)
	}
	b := l.Field("lines[2].reason.changed_mind").Cells[0]
	for y := range 14 {
		for x := range 14 {
			if x == y || x == y+1 || x == y-1 || x == 13-y || x == 14-y || x == 12-y {
				m.Set(int((b.X+1.4)*204/25.4)+x, int((b.Y+1.4)*196/25.4)+y, true)
			}
		}
	}
	d := form.Read(form.Page{Image: m, XDPI: 204, YDPI: 196}, form.Knowledge{})
	for _, name := range []string{"lines[2].reason.changed_mind", "lines[2].reason.damaged"} {
		if f := d.Field(name); f == nil || f.Decision != order.DecisionReview {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := d.Field("lines[1].reason.wrong_item"); f.Decision != order.DecisionAccept {
		t.Errorf("%+v", f)
	}
}
