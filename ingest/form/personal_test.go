package form_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/order"
	printed "todoke/templates/form"
)

var standard98 = lab.Line{XDPI: 204, YDPI: 98, WidthPx: 1728, BlurMM: .02, Noise: .05}

// usual is a personal form of the shop's sixth customer that names k items.
func usual(t *testing.T, k int) (b *bench, code string) {
	t.Helper()
	first := setup(t, printed.Options{})
	code = first.shop.Departments[5].Code
	o := printed.Options{CustomerCode: code, CompanyName: "あおば設計株式会社", DepartmentName: "総務部"}
	for _, it := range first.shop.Items[:k] {
		o.Items = append(o.Items, printed.Item{Code: it.Code, Name: "コピー用紙 マルチペーパー 高白色 A4 500枚", Unit: "冊"})
	}
	return setup(t, o), code
}

// Only quantities are written: what has none is not ordered, the rest is an order like any other.
func TestPersonalFormNamesTheUsualItems(t *testing.T) {
	t.Parallel()
	b, code := usual(t, 7)
	extra := b.shop.Items[40]
	for name, l := range map[string]lab.Line{"fine": fine, "standard": standard98, "copied": {XDPI: 204, YDPI: 196, WidthPx: 1728, Scale: .96, Skew: 1, Generation: 2, Noise: .06}} {
		s := lab.Sheet{Lines: []lab.SheetLine{{Row: 2, Quantity: "3"}, {Row: 5, Quantity: "10"}, {Row: 8, Code: extra.Code, Quantity: strconv.Itoa(extra.OrderMultiple)}}}
		s.Total = strconv.Itoa(13 + extra.OrderMultiple)
		p, _ := b.page(s, l, lab.Mess{}, neat)
		want := map[string]string{
			"customer_code": code, "lines[2].item_code": b.shop.Items[1].Code, "lines[2].quantity": "3",
			"lines[5].item_code": b.shop.Items[4].Code, "lines[5].quantity": "10",
			"lines[8].item_code": extra.Code, "lines[8].quantity": strconv.Itoa(extra.OrderMultiple), "total_quantity": s.Total,
		}
		for _, know := range []form.Knowledge{b.know, {}} {
			d := form.Read(p, know)
			for _, f := range d.Fields {
				switch {
				case f.Decision == order.DecisionAccept && f.Text != want[f.Name]:
					t.Errorf("%s: %s accepted as %q, want %q", name, f.Name, f.Text, want[f.Name])
				case f.Name == "company_name": // printed
				case want[f.Name] == "" && f.Decision != order.DecisionBlank:
					t.Errorf("%s: %s is %s %q %v, nothing is ordered there", name, f.Name, f.Decision, f.Text, f.Reasons)
				case want[f.Name] != "" && know.Items != nil && f.Decision != order.DecisionAccept && (strings.HasSuffix(f.Name, "item_code") && f.Name != "lines[8].item_code" || f.Name == "customer_code"):
					t.Errorf("%s: printed %s is %s %q %v (%.5f)", name, f.Name, f.Decision, f.Text, f.Reasons, f.Confidence)
				}
			}
			if f := d.Field("customer_code"); !slices.Contains(f.Evidence, "qr") {
				t.Errorf("%s: the customer is known by %v", name, f.Evidence)
			}
			t.Logf("%s: %s %v", name, d.Decision, d.Reasons)
		}
	}
}

// A printed code that someone struck out is no order, with a quantity or without.
func TestStruckOutPrintedCodeGoesToReview(t *testing.T) {
	t.Parallel()
	b, _ := usual(t, 5)
	for name, l := range map[string]lab.Line{"fine": fine, "standard": standard98} {
		for _, quantity := range []string{"", "4"} {
			p, _ := b.page(lab.Sheet{Lines: []lab.SheetLine{{Row: 1, Quantity: "2"}, {Row: 3, Quantity: quantity}}}, l, lab.Mess{}, neat)
			cells := b.form.Layout.Field("lines[3].item_code").Cells
			kx, ky := l.XDPI/25.4, l.YDPI/25.4
			margin := (float64(p.Image.W)/kx - 210) / 2
			for _, y := range []float64{2.9, 4.1} { // a double line
				for x := cells[0].X - 1; x < cells[6].X+6; x += .05 {
					at := cells[0].Y + y + .3*(x-cells[0].X)/40
					for k := range max(int(.4*ky), 1) {
						p.Image.Set(int((x+margin)*kx), int(at*ky)+k, true)
					}
				}
			}
			d := form.Read(p, b.know)
			f := d.Field("lines[3].item_code")
			if f.Decision != order.DecisionReview || d.Decision != order.DecisionReview || !strings.Contains(strings.Join(f.Reasons, " "), "struck out") {
				t.Errorf("%s, quantity %q: %+v", name, quantity, f)
			}
			if f := d.Field("lines[1].quantity"); f.Decision != order.DecisionAccept || f.Text != "2" {
				t.Errorf("%s: the line above: %+v", name, f)
			}
		}
	}
}

// The identity is printed three times: whichever reads tells the customer and the lines.
func TestPersonalFormWithoutItsCodes(t *testing.T) {
	t.Parallel()
	b, code := usual(t, 4)
	for _, l := range []lab.Line{fine, standard98} {
		p, _ := b.page(lab.Sheet{Lines: []lab.SheetLine{{Row: 2, Quantity: "3"}}}, l, lab.Mess{}, neat)
		white(p.Image, l, b.form.Layout.QR)
		for _, evidence := range []string{"barcode", "number"} {
			d := form.Read(p, b.know)
			f := d.Field("customer_code")
			if f.Text != code || !slices.Contains(f.Evidence, evidence) || d.Field("lines[1].item_code").Decision != order.DecisionBlank {
				t.Errorf("%g dpi, by %s: %+v, %v", l.YDPI, evidence, f, d.Reasons)
			}
			bars := b.form.Layout.Field("form_number").Cells[0]
			bars.W += 6
			white(p.Image, l, bars)
		}
	}
}

// A customer of twenty items has three sheets. Each reads as the one it is, by whichever of its
// codes is left, and as an order of its own.
func TestSheetsReadBack(t *testing.T) {
	t.Parallel()
	b, code := usual(t, 0)
	o := printed.Options{CustomerCode: code, CompanyName: "あおば設計株式会社"}
	for _, it := range b.shop.Items[:20] {
		o.Items = append(o.Items, printed.Item{Code: it.Code, Name: "コピー用紙 マルチペーパー 高白色 A4 500枚", Unit: "冊"})
	}
	sheets, err := printed.OrderSheets(o)
	if err != nil {
		t.Fatal(err)
	}
	copied := lab.Line{XDPI: 204, YDPI: 196, WidthPx: 1728, Scale: .96, Skew: 1, Generation: 2, Noise: .06}
	for i, d := range sheets {
		b.form, b.sheet = d, &lab.Paper{Image: printed.Raster(d, lab.PaperDPI, lab.PaperDPI)}
		for name, l := range map[string]lab.Line{"fine": fine, "standard": standard98, "copied": copied} {
			p, _ := b.page(lab.Sheet{Lines: []lab.SheetLine{{Row: 2, Quantity: "3"}}, Total: "3"}, l, lab.Mess{}, neat)
			lost := []printed.Box{d.Layout.QR, d.Layout.Field("form_number").Cells[0]}
			lost[1].W += 9
			for n, evidence := range []string{"qr", "barcode", "number"} {
				if n > 0 && name == "copied" {
					break // white knows no skew
				}
				if n > 0 {
					white(p.Image, l, lost[n-1])
				}
				got := form.Read(p, b.know)
				customer, item, quantity := got.Field("customer_code"), got.Field("lines[2].item_code"), got.Field("lines[2].quantity")
				if got.Sheet != i+1 || got.Sheets != len(sheets) || customer.Text != code || !slices.Contains(customer.Evidence, evidence) {
					t.Errorf("%s, sheet %d by %s: sheet %d of %d, %+v, %v", name, i+1, evidence, got.Sheet, got.Sheets, customer, got.Reasons)
				}
				if want := o.Items[i*printed.SheetItems+1].Code; item.Text != want || item.Decision != order.DecisionAccept || quantity.Text != "3" || got.Field("lines[1].item_code").Decision != order.DecisionBlank {
					t.Errorf("%s, sheet %d by %s: %q × %q, want %s × 3: %v", name, i+1, evidence, item.Text, quantity.Text, want, got.Reasons)
				}
			}
		}
	}
}
