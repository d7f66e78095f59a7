package form_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"todoke/order"
	"todoke/templates/barcode"
	"todoke/templates/form"
)

// at is the creation date of every PDF in these tests.
var at = time.Date(2026, 11, 21, 9, 0, 0, 0, order.JST)

var terms = form.Terms{
	CutoffFax: order.Clock{Hour: 17}, LeadDays: 1, CutoffTruck: order.Clock{Hour: 13}, TruckLeadDays: 2, DesignatedDays: 60, FreeFromYen: 2500, FeeYen: 300,
}

func personal() form.Options {
	return form.Options{
		Terms: terms, CustomerCode: "10002345",
		CompanyName: "株式会社みなと設計事務所", DepartmentName: "総務部 管理課", Fax: "03-0000-5512",
	}
}

func must(tb testing.TB, o form.Options) *form.Drawing {
	tb.Helper()
	d, err := form.Order(o)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// A layout that is out there must never change: sheets of it lie in customers' drawers. What is
// printed today is the published file of its version to the byte, and published files stay what
// they were when they were published.
func TestLayoutStaysAsPrinted(t *testing.T) {
	t.Parallel()
	frozen := map[string]string{ // SHA-256; a new version adds a line, none ever changes
		"order-1.json":  "680f90774cdbda45c5a88421db916d85f9f00b0e189378ba2cad6f6203f6dc0c",
		"return-1.json": "ed7a19ffd11035c5f3ae5fb5dc31e2344191d42d58b66a2b984c9eb7c0b4a089",
	}
	files, err := os.ReadDir("layouts")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join("layouts", f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(b)); sum != frozen[f.Name()] {
			t.Errorf("layouts/%s has SHA-256 %s, not the published %q: forms of it are out, a new arrangement is a new version", f.Name(), sum, frozen[f.Name()])
		}
	}
	for _, kind := range form.Kinds() {
		d := must(t, form.Options{})
		if kind == form.KindReturn {
			d = returns(t, form.ReturnOptions{})[0]
		}
		if d.Layout.Version != form.Current(kind) {
			t.Errorf("%s is printed in version %d, but version %d is the latest published", kind, d.Layout.Version, form.Current(kind))
		}
		got, err := json.MarshalIndent(d.Layout, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("layouts", fmt.Sprintf("%s-%d.json", kind, d.Layout.Version)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(append(got, '\n'), want) {
			t.Errorf("form %s is no longer drawn as version %d was published: give the new arrangement a new version and its own file in layouts/", kind, d.Layout.Version)
		}
	}
}

func TestLayoutOfUnknownForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    form.Kind
		version int
	}{{form.KindOrder, 0}, {form.KindOrder, 99}, {"menu", 1}, {"", 0}} {
		if _, err := form.LayoutOf(c.kind, c.version); order.KindOf(err) != order.KindNotFound {
			t.Errorf("LayoutOf(%q, %d): %v, want not found", c.kind, c.version, err)
		}
	}
}

// Every caller gets its own copy.
func TestLayoutIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	a, _ := form.LayoutOf(form.KindOrder, 1)
	a.Fields[2].Cells[0].X = -1
	a.Marks[0].X = -1
	b, _ := form.LayoutOf(form.KindOrder, 1)
	if b.Fields[2].Cells[0].X == -1 || b.Marks[0].X == -1 {
		t.Fatal("a caller's change shows in the next copy")
	}
}

// The paper: everything within what fax machines do not clip, boxes as the design asks, no two
// touching, a timing mark on each side of every row, and one corner like no other.
func TestLayoutKeepsItsDistances(t *testing.T) {
	t.Parallel()
	const margin, gap, eps = 8.0, 1.5, 1e-6
	for _, kind := range form.Kinds() {
		l, err := form.LayoutOf(kind, form.Current(kind))
		if err != nil {
			t.Fatal(err)
		}
		type named struct {
			name string
			form.Box
			quiet float64 // white it needs around
		}
		var all []named
		rows := map[string]bool{}
		for _, f := range l.Fields {
			for i, c := range f.Cells {
				n := named{fmt.Sprintf("%s[%d]", f.Name, i), c, gap}
				if f.Name == "qr" {
					n.quiet = 4 * c.W / 21
				}
				all = append(all, n)
				if f.Kind == form.FieldDigits && (c.W != 5 || c.H != 7) {
					t.Errorf("%s is %g × %g mm, want 5 × 7", n.name, c.W, c.H)
				}
				if f.Kind != form.FieldPrinted {
					rows[fmt.Sprintf("%.3f", c.Y+c.H/2)] = true
				}
			}
		}
		for i, m := range l.Marks {
			all = append(all, named{fmt.Sprintf("mark %d", i), m.Box, gap})
		}
		for i, a := range all {
			if a.X < margin-eps || a.Y < margin-eps || a.X+a.W > l.Page.WidthMM-margin+eps || a.Y+a.H > l.Page.HeightMM-margin+eps {
				t.Errorf("%s lies in the margin: %+v", a.name, a.Box)
			}
			for _, b := range all[i+1:] {
				q := max(a.quiet, b.quiet) - eps
				if a.X-q < b.X+b.W && b.X-q < a.X+a.W && a.Y-q < b.Y+b.H && b.Y-q < a.Y+a.H {
					t.Errorf("%s and %s are closer than %.1f mm: %+v %+v", a.name, b.name, q, a.Box, b.Box)
				}
			}
		}
		timing := map[string]int{}
		sizes := map[float64]int{}
		for _, m := range l.Marks {
			if m.Kind == form.MarkCorner {
				sizes[m.W]++
			} else {
				timing[fmt.Sprintf("%.3f", m.Y+m.H/2)]++
			}
		}
		for r := range rows {
			if timing[r] != 2 {
				t.Errorf("row at %s mm has %d timing marks, want one on each side", r, timing[r])
			}
		}
		if len(timing) != len(rows) {
			t.Errorf("%d rows of timing marks for %d rows of fields", len(timing), len(rows))
		}
		if len(sizes) != 2 {
			t.Errorf("corner sizes %v: one of four must differ", sizes)
		}
		if l.QR.W/25 < 0.9 {
			t.Errorf("QR modules are below 0.9 mm in version 2")
		}
	}
}

func TestIdentityReadsWhatItPrints(t *testing.T) {
	t.Parallel()
	for _, id := range []form.Identity{
		{Kind: form.KindOrder, Version: 1},
		{Kind: form.KindOrder, Version: 1, CustomerCode: "10002345"},
		{Kind: form.KindOrder, Version: 42, CustomerCode: "99999999"},
		{Kind: form.KindOrder, Version: 1, CustomerCode: "10002345", Rows: 1},
		{Kind: form.KindOrder, Version: 1, CustomerCode: "10002345", Rows: 12},
		{Kind: form.KindOrder, Version: 1, CustomerCode: "10002345", Rows: 9, Sheet: 1, Sheets: 2},
		{Kind: form.KindOrder, Version: 1, CustomerCode: "10002345", Rows: 2, Sheet: 3, Sheets: 3},
		{Kind: form.KindOrder, Version: 9, CustomerCode: "99999999", Rows: 9, Sheet: 9, Sheets: 9},
	} {
		if got, err := form.ParseIdentity(id.Payload()); err != nil || got != id {
			t.Errorf("ParseIdentity(%q) = %+v, %v", id.Payload(), got, err)
		}
		if got, err := form.ParseNumber(id.Number()); err != nil || got != id {
			t.Errorf("ParseNumber(%q) = %+v, %v", id.Number(), got, err)
		}
		want := 12
		if id.Rows > 0 {
			want += 2
		}
		if id.Sheets > 0 {
			want += 2
		}
		if n := len(id.Number()); n != want {
			t.Errorf("number %q has %d digits, want %d", id.Number(), n, want)
		}
		if id.Version < 10 && len(id.Payload()) > 16 {
			t.Errorf("%q is too long for a QR code of 21 modules", id.Payload())
		}
	}
	for _, bad := range []string{"", "T", "T1", "T1O", "T1O:", "T1O1", "T1O01:", "T1O1:1234567", "T1O1:1234567x", "T1Q1:", "T2O1:", "T1O100:", "https://example.com/", "T1O1:10002345:", "T1O1:10002345:0", "T1O1:10002345:13", "T1O1:10002345:03", "T1O1:10002345:-1", "T1O1:10002345:1:1", "T1O1::3", "T1O1:10002345B", "T1O1:10002345B3", "T1O1:10002345B30", "T1O1:10002345B313", "T1O1:10002345B309", "T1O1:10002345D36", "T1O1:10002345A16", "T1O1:10002345@36", "T1O1:10002345b36", "T1O1:10002345J96", "T1O1:B36", "T1O1:10002345:B36", "T1O1:10002345B3:6", "T1O1:10002345B3+6", "T1O1:100023451"} {
		if id, err := form.ParseIdentity(bad); err == nil {
			t.Errorf("ParseIdentity(%q) = %+v, want an error", bad, id)
		}
	}
	for _, bad := range []string{"101" + "10002345" + "00", "101" + "10002345" + "13", "101" + "00000000" + "06", "101" + "10002345" + "06" + "11", "101" + "10002345" + "06" + "43", "101" + "10002345" + "06" + "03", "101" + "10002345" + "00" + "23", "101" + "00000000" + "06" + "23"} {
		if id, err := form.ParseNumber(order.WithCheckDigit(bad)); err == nil {
			t.Errorf("ParseNumber(%q) = %+v, want an error", bad, id)
		}
	}
	good := form.Identity{Kind: form.KindOrder, Version: 1, CustomerCode: "10002345"}.Number()
	for i := range len(good) {
		for d := byte('0'); d <= '9'; d++ {
			b := []byte(good)
			if b[i] == d {
				continue
			}
			b[i] = d
			if _, err := form.ParseNumber(string(b)); err == nil {
				t.Errorf("ParseNumber(%q) accepts a wrong digit", b)
			}
		}
	}
}

func FuzzParseIdentity(f *testing.F) {
	for _, s := range []string{"T1O1:", "T1O1:10002345", "T1O12:00000000", "T1O1:10002345:6", "T1O1:10002345B36", "T1O1:10002345I912", "1011000234509231", "T1", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := form.ParseIdentity(s); err == nil && id.Payload() != s {
			t.Errorf("%q parses to %+v, which prints %q", s, id, id.Payload())
		}
		if id, err := form.ParseNumber(s); err == nil {
			if again, err := form.ParseNumber(id.Number()); err != nil || again != id {
				t.Errorf("%q parses to %+v, which does not print", s, id)
			}
		}
	})
}

func TestOrderRefusesWrongCustomerCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []string{"1", "1234567", "123456789", "1234567a", "１２３４５６７８", "00000000"} {
		if _, err := form.Order(form.Options{CustomerCode: c}); order.KindOf(err) != order.KindInvalid {
			t.Errorf("Order(%q): %v, want invalid", c, err)
		}
	}
}

func TestOrderRefusesWrongItems(t *testing.T) {
	t.Parallel()
	item := func(codes ...string) (out []form.Item) {
		for _, c := range codes {
			out = append(out, form.Item{Code: c, Name: "クリップ"})
		}
		return out
	}
	many := make([]string, form.SheetItems+1)
	for i := range many {
		many[i] = fmt.Sprintf("%07d", i)
	}
	for name, o := range map[string]form.Options{
		"no customer": {Items: item("1010013")},
		"short code":  {CustomerCode: "10002345", Items: item("101001")},
		"no digits":   {CustomerCode: "10002345", Items: item("101001x")},
		"twice":       {CustomerCode: "10002345", Items: item("1010013", "1010013")},
		"too many":    {CustomerCode: "10002345", Items: item(many...)},
	} {
		if _, err := form.Order(o); order.KindOf(err) != order.KindInvalid {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	d := must(t, form.Options{CustomerCode: "10002345", Items: item(many[:form.SheetItems]...)})
	if d.Identity.Rows != form.SheetItems {
		t.Errorf("the form says that %d lines are printed, want %d", d.Identity.Rows, form.SheetItems)
	}
}

// A customer with more items than a sheet names gets sheets that each know which they are.
func TestOrderSheetsNameAllItems(t *testing.T) {
	t.Parallel()
	items := make([]form.Item, form.MaxItems+1)
	for i := range items {
		items[i] = form.Item{Code: fmt.Sprintf("%07d", i), Name: "クリップ"}
	}
	for _, tt := range []struct {
		items int
		rows  []int // of each sheet
	}{{0, []int{0}}, {9, []int{9}}, {10, []int{9, 1}}, {20, []int{9, 9, 2}}, {form.MaxItems, []int{9, 9, 9, 9, 9, 9, 9, 9, 9}}} {
		sheets, err := form.OrderSheets(form.Options{CustomerCode: "10002345", Items: items[:tt.items]})
		if err != nil || len(sheets) != len(tt.rows) {
			t.Fatalf("%d items: %d sheets, %v", tt.items, len(sheets), err)
		}
		for i, d := range sheets {
			want := form.Identity{Kind: form.KindOrder, Version: 1, CustomerCode: "10002345", Rows: tt.rows[i]}
			if len(sheets) > 1 {
				want.Sheet, want.Sheets = i+1, len(sheets)
			}
			if d.Identity != want {
				t.Errorf("%d items, sheet %d: %+v, want %+v", tt.items, i+1, d.Identity, want)
			}
			if qr, err := barcode.QR(d.Identity.Payload(), 1); err != nil || len(qr) != 21 {
				t.Errorf("%q: a QR code of %d modules, %v", d.Identity.Payload(), len(qr), err)
			}
		}
	}
	twice := append(slices.Clone(items[:12]), items[1])
	for name, bad := range map[string][]form.Item{"too many": items, "twice, on two sheets": twice} {
		if _, err := form.OrderSheets(form.Options{CustomerCode: "10002345", Items: bad}); order.KindOf(err) != order.KindInvalid {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}

func TestPDFIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := form.RenderPDF(w, at, must(t, personal())); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Fatal("two PDFs of one form differ")
	}
}
