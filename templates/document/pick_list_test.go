package document_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"todoke/internal/golden"
	"todoke/internal/needs"
	"todoke/order"
	"todoke/templates/document"
)

func renderPDF(tb testing.TB, p document.PickList) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := p.RenderPDF(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func renderXLSX(tb testing.TB, p document.PickList) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := p.RenderXLSX(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// tool runs a program on a file of the given bytes; the test is skipped where it is missing.
func tool(tb testing.TB, name string, pdf []byte, args ...string) string {
	tb.Helper()
	needs.Programs(tb, name)
	path := filepath.Join(tb.TempDir(), "list.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		tb.Fatal(err)
	}
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "FILE", path)
	}
	out, err := exec.CommandContext(tb.Context(), name, args...).CombinedOutput()
	if err != nil {
		tb.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func TestPickListIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	p := sample(20)
	if !bytes.Equal(renderPDF(t, p), renderPDF(t, p)) {
		t.Error("two PDFs of one list differ")
	}
	first := renderXLSX(t, p)
	for range 3 { // the parts of a workbook come out of maps
		if !bytes.Equal(first, renderXLSX(t, p)) {
			t.Fatal("two workbooks of one list differ")
		}
	}
	// The order in which a worker happens to load them does not matter either.
	q := sample(20)
	for i, j := 0, len(q.Orders)-1; i < j; i, j = i+1, j-1 {
		q.Orders[i], q.Orders[j] = q.Orders[j], q.Orders[i]
	}
	if !bytes.Equal(renderPDF(t, p), renderPDF(t, q)) || !bytes.Equal(first, renderXLSX(t, q)) {
		t.Error("the order of the value's orders shows")
	}
}

// Everything allocated is on paper: in each half every line once, with sums that agree, and
// every page numbered.
func TestPickListPrintsEveryLine(t *testing.T) {
	t.Parallel()
	p := sample(120)
	pdf := renderPDF(t, p)
	if out := tool(t, "qpdf", pdf, "--check", "FILE"); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Error(out)
	}
	text := tool(t, "pdftotext", pdf, "-layout", "FILE", "-")
	pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
	for i, page := range pages {
		if want := fmt.Sprintf("%d / %d ページ", i+1, len(pages)); !strings.Contains(page, want) {
			t.Errorf("page %d does not say %q", i+1, want)
		}
		for _, want := range []string{"ピッキングリスト", "東日本物流センター", "2026年11月24日（火）", "数量", p.Number.Grouped()} {
			if !strings.Contains(page, want) {
				t.Errorf("page %d does not repeat %q", i+1, want)
			}
		}
	}
	t.Logf("%d orders, %d pages, %d bytes", len(p.Orders), len(pages), len(pdf))

	items, orders, ok := strings.Cut(text, "総数量")
	if !ok {
		t.Fatal("no total")
	}
	for _, o := range p.Orders {
		if got := strings.Count(items, o.Number.Grouped()); got != len(o.Lines) {
			t.Errorf("order %s stands %d times by item, has %d lines", o.Number, got, len(o.Lines))
		}
		if !strings.Contains(orders, "注文 "+o.Number.Grouped()) {
			t.Errorf("order %s is missing by order", o.Number)
		}
	}
	for code, n := range codes(p) {
		if got := strings.Count(orders, code); got != n {
			t.Errorf("item %s stands %d times by order, want %d", code, got, n)
		}
	}
	if want := order.Yen(p.Totals().Qty).Grouped(); !strings.Contains(text, "総数量 "+want) && !strings.Contains(strings.ReplaceAll(text, "  ", " "), "総数量 "+want) {
		t.Errorf("total %s not printed", want)
	}
}

// A column for places stands in both halves or in neither.
func TestPickListTellsPlacesWhereKnown(t *testing.T) {
	t.Parallel()
	p := sample(3)
	for i := range p.Orders {
		for j := range p.Orders[i].Lines {
			p.Orders[i].Lines[j].Location = ""
		}
	}
	text := tool(t, "pdftotext", renderPDF(t, p), "-layout", "FILE", "-")
	if strings.Contains(text, "棚番") {
		t.Error("an empty column for places")
	}
	p.Orders[1].Lines[0].Location = "C-07-2"
	text = tool(t, "pdftotext", renderPDF(t, p), "-layout", "FILE", "-")
	for i, page := range strings.Split(strings.TrimSuffix(text, "\f"), "\f") {
		if !strings.Contains(page, "棚番") {
			t.Errorf("page %d has no column for places", i+1)
		}
	}
	if n := strings.Count(text, "C-07-2"); n != 2 {
		t.Errorf("the place stands %d times, want once in each half", n)
	}
}

// Nobody searches for what another parcel brings.
func TestPickListTellsSplitOrders(t *testing.T) {
	t.Parallel()
	p := sample(3)
	p.DeskName, p.ShopFax = "受注係", "045-012-3456"
	p.Orders[1].ShipmentNo, p.Orders[1].Shipments = 2, 3
	p.Orders[2].Shipments = 1
	text := tool(t, "pdftotext", renderPDF(t, p), "-layout", "FILE", "-")
	for want, n := range map[string]int{"出荷 2/3": 1, "出荷 1/1": 1, "ほかのお荷物は別便でお届けします": 1} {
		if got := strings.Count(text, want); got != n {
			t.Errorf("%q stands %d times, want %d", want, got, n)
		}
	}
	for _, want := range []string{p.ShopName, p.DeskName, "FAX " + p.ShopFax} {
		if !strings.Contains(text, want) {
			t.Errorf("the foot does not say %q", want)
		}
	}
	f := open(t, renderXLSX(t, p))
	if got, err := f.GetCellValue("注文別", "D7"); err != nil || got != "2/3" {
		t.Errorf("workbook says shipment %q, %v", got, err)
	}
	if got, err := f.GetCellValue("注文別", "D8"); err != nil || got != "1" {
		t.Errorf("workbook says shipment %q, %v", got, err)
	}
}

// Rows of one line are equally high, whatever is in them.
func TestWorkbookRowsAreEven(t *testing.T) {
	t.Parallel()
	p := sample(30)
	f := open(t, renderXLSX(t, p))
	least := map[float64]int{}
	for row := 6; row < 6+p.Totals().Lines; row++ {
		h, err := f.GetRowHeight("ピッキング", row)
		if err != nil {
			t.Fatal(err)
		}
		least[h]++
	}
	if least[24] == 0 || least[18] != 0 {
		t.Errorf("row heights %v: want 24 for those of one line", least)
	}
}

func codes(p document.PickList) map[string]int {
	n := map[string]int{}
	for _, o := range p.Orders {
		for _, l := range o.Lines {
			n[l.ItemCode]++
		}
	}
	return n
}

// Places that the partner does not want take no room: the list is as long as without them.
func TestPickListWithoutPlacesIsNoLonger(t *testing.T) {
	t.Parallel()
	p := sample(30)
	p.Profile = order.DefaultProfile(p.WarehouseCode)
	p.Profile.Columns = slices.DeleteFunc(slices.Clone(p.Profile.Columns), func(c order.PickColumn) bool { return c.Key == "location" })
	pages := func(location string) int {
		for i := range p.Orders {
			for j := range p.Orders[i].Lines {
				p.Orders[i].Lines[j].Location = location
			}
		}
		return strings.Count(tool(t, "pdftotext", renderPDF(t, p), "FILE", "-"), "\f")
	}
	if with, without := pages("A-01-02-03"), pages(""); with != without {
		t.Errorf("%d pages with places, %d without", with, without)
	}
}

// No row runs off the paper, however long its texts; what cannot be shown is not lost silently.
func TestPickListHoldsLongTexts(t *testing.T) {
	t.Parallel()
	p := sample(2)
	long := strings.Repeat("「とても長いコメント」です。", 300)
	for i := range p.Orders {
		p.Orders[i].Customer = strings.Repeat("株式会社とても長い名前の会社", 20)
		p.Orders[i].ShipTo.Address = strings.Repeat("長い住所", 100)
		for j := range p.Orders[i].Lines {
			p.Orders[i].Lines[j].Comment = long
			p.Orders[i].Lines[j].ItemName = strings.Repeat("とても長い商品名", 60)
		}
	}
	pdf := renderPDF(t, p)
	out := tool(t, "pdftotext", pdf, "-bbox", "FILE", "-")
	const a4 = 841.89 // points
	for line := range strings.SplitSeq(out, "\n") {
		var x0, y0, x1, y1 float64
		if n, _ := fmt.Sscanf(strings.TrimSpace(line), `<word xMin="%f" yMin="%f" xMax="%f" yMax="%f"`, &x0, &y0, &x1, &y1); n != 4 {
			continue
		}
		if x0 < 25 || x1 > 570 || y0 < 20 || y1 > a4-12 {
			t.Fatalf("off the page: %s", line)
		}
	}
	text := tool(t, "pdftotext", pdf, "FILE", "-")
	if !strings.Contains(text, "…") {
		t.Error("a cut comment does not show that it is cut")
	}
	f := open(t, renderXLSX(t, p))
	rows, err := f.GetRows("ピッキング")
	if err != nil {
		t.Fatal(err)
	}
	if got := rows[5][11]; got != long {
		t.Errorf("the workbook holds %d bytes of the comment, want %d", len(got), len(long))
	}
}

func TestPickListOfNothing(t *testing.T) {
	t.Parallel()
	p := sample(0)
	if len(renderPDF(t, p)) == 0 || len(renderXLSX(t, p)) == 0 {
		t.Error("empty")
	}
}

func open(tb testing.TB, b []byte) *excelize.File {
	tb.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	return f
}

func TestWorkbookCellsAreTyped(t *testing.T) {
	t.Parallel()
	p := sample(30)
	p.Orders[0].Lines[0].ItemCode = "0012345"
	p.Orders[0].Lines[0].Location = ""
	evil := []string{`=HYPERLINK("http://example.com")`, "+1+1", "-5℃保管", "@SUM(A1)", "\t=1+1", "＝1+1", "　=1", "\x00\x01=1"}
	for i, s := range evil {
		p.Orders[i+1].Lines[0].Comment = s
	}
	f := open(t, renderXLSX(t, p))
	if got, want := f.GetSheetList(), []string{"ピッキング", "商品別合計", "注文別"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("sheets %v, want %v", got, want)
	}
	seen := 0
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range rows {
			for x := range row {
				at, err := excelize.CoordinatesToCellName(x+1, y+1)
				if err != nil {
					t.Fatal(err)
				}
				if formula, err := f.GetCellFormula(sheet, at); err != nil || formula != "" {
					t.Errorf("%s!%s is a formula: %q %v", sheet, at, formula, err)
				}
				if s := strings.TrimLeft(row[x], " 　\t\n"); s != "" && strings.ContainsAny(s[:1], "=+-@") {
					t.Errorf("%s!%s begins like a formula: %q", sheet, at, row[x])
				}
				if strings.HasPrefix(row[x], "'") {
					seen++
				}
			}
		}
	}
	if seen < len(evil) {
		t.Errorf("%d comments made harmless, want at least %d", seen, len(evil))
	}
	typeOf := func(at string) excelize.CellType {
		ct, err := f.GetCellType("ピッキング", at)
		if err != nil {
			t.Fatal(err)
		}
		return ct
	}
	rows, err := f.GetRows("ピッキング", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	zeros, qty := 0, 0
	for i := 5; i < len(rows)-1; i++ {
		at := strconv.Itoa(i + 1)
		if ct := typeOf("D" + at); ct != excelize.CellTypeSharedString && ct != excelize.CellTypeInlineString {
			t.Errorf("item code D%s is of type %v, want text", at, ct)
		}
		if ct := typeOf("F" + at); ct != excelize.CellTypeUnset && ct != excelize.CellTypeNumber {
			t.Errorf("quantity F%s is of type %v, want a number", at, ct)
		}
		if strings.HasPrefix(rows[i][3], "0") {
			zeros++
		}
		n := 0
		if _, err := fmt.Sscan(rows[i][5], &n); err != nil {
			t.Errorf("quantity %q: %v", rows[i][5], err)
		}
		qty += n
		if rows[i][10] != "46351" { // 2026-11-25 as Excel counts days
			t.Errorf("arrival K%s is %q, want the day number 46351", at, rows[i][10])
		}
	}
	if zeros == 0 {
		t.Error("no leading zero survived")
	}
	if want := p.Totals().Qty; qty != want {
		t.Errorf("quantities sum to %d, want %d", qty, want)
	}
	if n := len(rows) - 6; n != p.Totals().Lines {
		t.Errorf("%d rows for %d lines", n, p.Totals().Lines)
	}
	// Printing: titles repeat, one page wide.
	titles := 0
	for _, d := range f.GetDefinedName() {
		if d.Name == "_xlnm.Print_Titles" && strings.HasSuffix(d.RefersTo, "$1:$5") {
			titles++
		}
	}
	if titles != 3 {
		t.Errorf("print titles on %d sheets, want 3", titles)
	}
	for _, sheet := range f.GetSheetList() {
		hf, err := f.GetHeaderFooter(sheet)
		if err != nil || !strings.Contains(hf.OddFooter, "&P / &N ページ") {
			t.Errorf("%s: footer %+v %v", sheet, hf, err)
		}
		if panes, err := f.GetPanes(sheet); err != nil || !panes.Freeze || panes.YSplit != 5 {
			t.Errorf("%s: panes %+v %v", sheet, panes, err)
		}
	}
	pics, err := f.GetPictures("注文別", "C6")
	if err != nil || len(pics) != 1 {
		t.Errorf("bar code of the first order: %d pictures, %v", len(pics), err)
	}
}

// Bar codes of list and orders read from the printed page.
func TestPickListBarCodesRead(t *testing.T) {
	t.Parallel()
	needs.Programs(t, "zbarimg")
	p := sample(6)
	png := filepath.Join(t.TempDir(), "page")
	tool(t, "pdftoppm", renderPDF(t, p), "-r", "200", "-gray", "-png", "FILE", png)
	pages, err := filepath.Glob(png + "*.png")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	read, err := exec.CommandContext(t.Context(), "zbarimg", append([]string{"-q", "--raw"}, pages...)...).Output()
	if err != nil {
		t.Fatalf("zbarimg: %v", err)
	}
	if n := strings.Count(string(read), string(p.Number)); n != len(pages) {
		t.Errorf("the list's number reads on %d of %d pages", n, len(pages))
	}
	for _, o := range p.Orders {
		if !strings.Contains(string(read), string(o.Number)) {
			t.Errorf("order %s does not read: %q", o.Number, read)
		}
	}
}

// What a partner's program reads, cell by cell.
func TestWorkbookCells(t *testing.T) {
	t.Parallel()
	f := open(t, renderXLSX(t, sample(4)))
	var out bytes.Buffer
	for _, sheet := range f.GetSheetList() {
		fmt.Fprintf(&out, "# %s\n", sheet)
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			fmt.Fprintln(&out, strings.TrimRight(strings.Join(row, "\t"), "\t"))
		}
	}
	golden.Equal(t, "pick-list.xlsx.txt", out.Bytes())
}

func BenchmarkPickListPDF(b *testing.B) {
	p := sample(400)
	for b.Loop() {
		renderPDF(b, p)
	}
}

func BenchmarkPickListXLSX(b *testing.B) {
	p := sample(400)
	for b.Loop() {
		renderXLSX(b, p)
	}
}
