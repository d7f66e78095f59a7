package form_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"todoke/order"
	"todoke/templates/barcode"
	"todoke/templates/form"
)

func returns(tb testing.TB, o form.ReturnOptions) []*form.Drawing {
	tb.Helper()
	d, err := form.ReturnSheets(o)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func shipment(lines int) form.ReturnOptions {
	o := form.ReturnOptions{
		Days: 90, Order: order.NumberOf(100000001), Shipment: 2, CustomerCode: "10002345",
		Customer: "株式会社みなと設計事務所　総務部 管理課", Fax: "0300005512", ArrivalOn: order.D(2026, 11, 25),
	}
	for i := range lines {
		o.Lines = append(o.Lines, form.ReturnLine{
			LineNo: i + 1, ItemCode: order.WithCheckDigit(fmt.Sprintf("%06d", 12345+i)), Name: "コピー用紙 A4 500枚×5冊", Unit: "箱", Qty: 1 + i, Returnable: i%3 > 0,
		})
	}
	return o
}

// RET-3: a sheet says in QR code and number which lines of which shipment it is for, and its
// layout tells the boxes, which stand in every line so that the sheet is found by them.
func TestReturnFormNamesItsShipment(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 12, 13, 40} {
		o := shipment(n)
		sheets := returns(t, o)
		if len(sheets) != (n+11)/12 {
			t.Fatalf("%d sheets for %d lines", len(sheets), n)
		}
		left := n
		for i, d := range sheets {
			rows := min(left, 12)
			left -= rows
			want := form.Identity{Kind: form.KindReturn, Version: 1, Order: string(o.Order), Shipment: 2, Rows: rows}
			if len(sheets) > 1 {
				want.Sheet, want.Sheets = i+1, len(sheets)
			}
			if got, err := form.ParseIdentity(d.Identity.Payload()); err != nil || got != want {
				t.Errorf("%q is %+v, %v", d.Identity.Payload(), got, err)
			}
			if got, err := form.ParseNumber(d.Identity.Number()); err != nil || got != want {
				t.Errorf("%q is %+v, %v", d.Identity.Number(), got, err)
			}
			quantities, marks := 0, 0
			for _, f := range d.Layout.Fields {
				switch {
				case strings.HasSuffix(f.Name, ".quantity"):
					quantities++
				case strings.Contains(f.Name, ".reason."):
					marks++
				}
			}
			if quantities != 12 || marks != 12*len(form.Reasons()) {
				t.Errorf("%d lines have %d quantities and %d marks", rows, quantities, marks)
			}
			for line := 1; line <= 12; line++ {
				if field := fmt.Sprintf("lines[%d].quantity", line); d.Identity.Unused(field) != (line > rows) {
					t.Errorf("%s of %d lines", field, rows)
				}
			}
			qr, err := barcode.QR(d.Identity.Payload(), 2)
			if err != nil || d.Layout.QR.W/float64(len(qr)) < 0.9 {
				t.Errorf("modules of %.2f mm, %v", d.Layout.QR.W/float64(len(qr)), err)
			}
			bars, err := barcode.Code128(d.Identity.Number())
			if err != nil || 0.375*float64(len(bars)) > d.Layout.Field("form_number").Cells[0].W {
				t.Errorf("the bar code of %d modules is wider than its field, %v", len(bars), err)
			}
		}
	}
}

func TestReturnFormRefuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*form.ReturnOptions){
		"order":    func(o *form.ReturnOptions) { o.Order = "1000000019" },
		"shipment": func(o *form.ReturnOptions) { o.Shipment = 100 },
		"lines":    func(o *form.ReturnOptions) { o.Lines = nil },
	} {
		o := shipment(1)
		spoil(&o)
		if _, err := form.ReturnSheets(o); order.KindOf(err) != order.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := returns(t, shipment(3))[0].Identity.Payload()
	for i := 5; i < len(good); i++ { // one digit wrong is another shipment's only where the order's check digit holds
		for d := '0'; d <= '9'; d++ {
			bad := good[:i] + string(d) + good[i+1:]
			if id, err := form.ParseIdentity(bad); err == nil && i < 15 && bad != good {
				t.Errorf("%q is taken for order %s", bad, id.Order)
			}
		}
	}
}

// The same shipment prints the same bytes: a list is made again after a crash.
func TestReturnFormIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := form.RenderPDF(w, at, returns(t, shipment(14))...); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two prints differ")
	}
}
