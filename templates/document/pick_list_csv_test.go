package document_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/japanese"

	"todoke/internal/golden"
	"todoke/order"
	"todoke/templates/document"
)

// partner is a profile that differs from the usual one in everything.
func partner(encoding order.CSVEncoding) order.WarehouseProfile {
	return order.WarehouseProfile{
		WarehouseCode: "E1", Halves: order.HalvesOrders, Sort: order.SortOrder, Encoding: encoding, Copies: 2,
		Columns: []order.PickColumn{
			{Key: "list_number", Heading: "指示番号"},
			{Key: "order_number", Heading: "注文番号"},
			{Key: "shipment", Heading: "出荷"},
			{Key: "line", Heading: "行"},
			{Key: "item_code", Heading: "商品コード"},
			{Key: "item_name", Heading: "品名"},
			{Key: "quantity", Heading: "数"},
			{Key: "unit", Heading: "単位"},
			{Key: "location", Heading: "ロケ"},
			{Key: "customer", Heading: "得意先"},
			{Key: "ship_to", Heading: "届け先"},
			{Key: "postal_code", Heading: "〒"},
			{Key: "address", Heading: "住所"},
			{Key: "arrival_on", Heading: "納品日"},
			{Key: "ship_on", Heading: "出荷日"},
			{Key: "class", Heading: "便"},
			{Key: "comment", Heading: "摘要"},
		},
	}
}

func renderCSV(tb testing.TB, p document.PickList, total bool) ([]byte, []document.Lost) {
	tb.Helper()
	var b bytes.Buffer
	lost, err := p.RenderCSV(&b, total)
	if err != nil {
		tb.Fatal(err)
	}
	return b.Bytes(), lost
}

// WHS-2: the partner's columns, headings, sort and encoding.
func TestCSVIsThePartners(t *testing.T) {
	t.Parallel()
	p := sample(6)
	p.Profile = partner(order.EncodingUTF8)
	p.Orders[0].Lines[0].Comment = "一行目\r\n二行目\tタブ"
	out, lost := renderCSV(t, p, false)
	if len(lost) != 0 {
		t.Error("UTF-8 holds everything", lost)
	}
	golden.Equal(t, "pick-list-utf8.csv", out)
	if again, _ := renderCSV(t, p, false); !bytes.Equal(out, again) {
		t.Error("two files of one list differ")
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out, []byte("\xef\xbb\xbf")))).ReadAll()
	if err != nil || len(rows) != 1+p.Totals().Lines {
		t.Fatal(len(rows), err)
	}
	if bytes.Count(out, []byte("\r\n")) != len(rows) || bytes.Count(out, []byte("\n")) != len(rows) {
		t.Error("a row takes more than its line")
	}
	sum := 0
	for _, r := range rows[1:] {
		n, err := strconv.Atoi(r[6])
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if sum != p.Totals().Qty {
		t.Errorf("the rows sum to %d, the list to %d", sum, p.Totals().Qty)
	}
	if !slices.IsSortedFunc(rows[1:], func(a, b []string) int { return strings.Compare(a[1]+a[3], b[1]+b[3]) }) {
		t.Error("the rows are not by order")
	}

	p.Profile.Sort = order.SortLocation
	out, _ = renderCSV(t, p, true)
	golden.Equal(t, "pick-total.csv", out)
	p.Profile.Sort = order.SortItem
	out, _ = renderCSV(t, p, false)
	rows, err = csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil || !slices.IsSortedFunc(rows[1:], func(a, b []string) int { return strings.Compare(a[4], b[4]) }) {
		t.Error("the rows are not by item", err)
	}
}

// What CP932 cannot hold shows as 〓 and is told with order, line and column.
func TestCP932LosesNothingSilently(t *testing.T) {
	t.Parallel()
	p := sample(6)
	p.Profile = partner(order.EncodingCP932)
	p.Orders[0].Lines[0].Comment = "〜−—‖¥ ①㈱髙﨑 が café 😀"
	out, lost := renderCSV(t, p, false)
	text, err := japanese.ShiftJIS.NewDecoder().Bytes(out)
	if err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "pick-list-cp932.csv.txt", text)
	if !bytes.Contains(text, []byte("～－―∥￥ ①㈱髙﨑 が caf〓 〓")) {
		t.Error("characters that CP932 knows were lost, or others were not replaced")
	}
	var told []string
	for _, l := range lost {
		told = append(told, string(l.Order)+"/"+strconv.Itoa(l.LineNo)+"/"+l.Column+"/"+l.Characters)
	}
	if want := string(p.Orders[0].Number) + "/1/comment/é😀"; !slices.Contains(told, want) {
		t.Errorf("%q is not told: %q", want, told)
	}
	// 𠮷田商店 is a customer of the third order.
	if want := string(p.Orders[2].Number) + "/1/customer/𠮷"; !slices.Contains(told, want) {
		t.Errorf("%q is not told: %q", want, told)
	}
	if n := bytes.Count(text, []byte("〓")); n < len(lost) {
		t.Errorf("%d replaced, %d told", n, len(lost))
	}
}

// Nobody's text becomes a formula when a person opens the file.
func TestCSVNeverRuns(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{"=1+1", "+81-3", "-2", "@SUM(A1)", " =1", "\t=1", "\r\n=cmd|' /C calc'!A0", "＝1", "　=1"} {
		p := sample(1)
		p.Profile = partner(order.EncodingUTF8)
		p.Orders[0].Customer, p.Orders[0].ShipTo.Name = evil, evil
		p.Orders[0].Lines[0].Comment, p.Orders[0].Lines[0].ItemName, p.Orders[0].Lines[0].Unit = evil, evil, evil
		out, _ := renderCSV(t, p, false)
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out, []byte("\xef\xbb\xbf")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range rows[1] {
			if s := strings.TrimLeft(c, " \t　"); s != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(s)[0]) {
				t.Errorf("%q comes out as %q", evil, c)
			}
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("=1", "〜\u0301か\u3099", true)
	f.Add("a\"b,c\r\n", "\x00\xff😀", false)
	f.Fuzz(func(t *testing.T, name, comment string, old bool) {
		p := sample(1)
		p.Profile = partner(order.EncodingUTF8)
		if old {
			p.Profile.Encoding = order.EncodingCP932
		}
		p.Orders[0].Customer, p.Orders[0].Lines[0].Comment = name, comment
		out, _ := renderCSV(t, p, false)
		if old {
			var err error
			if out, err = japanese.ShiftJIS.NewDecoder().Bytes(out); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out, []byte("\xef\xbb\xbf")))).ReadAll()
		if err != nil || len(rows) != 1+len(p.Orders[0].Lines) {
			t.Fatalf("%d rows of %q, %q: %v", len(rows), name, comment, err)
		}
	})
}

// The workbook's first sheet has the partner's columns, and only the halves that it wants.
func TestWorkbookIsThePartners(t *testing.T) {
	t.Parallel()
	p := sample(6)
	p.Profile = partner(order.EncodingUTF8)
	f, err := excelize.OpenReader(bytes.NewReader(renderXLSX(t, p)))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.GetSheetList(); !slices.Equal(got, []string{"ピッキング", "注文別"}) {
		t.Error(got)
	}
	rows, err := f.GetRows("ピッキング")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[4], " "); got != "指示番号 注文番号 出荷 行 商品コード 品名 数 単位 ロケ 得意先 届け先 〒 住所 納品日 出荷日 便 摘要" {
		t.Error(got)
	}
	p.Profile.Halves = order.HalvesTotal
	if f, err = excelize.OpenReader(bytes.NewReader(renderXLSX(t, p))); err != nil {
		t.Fatal(err)
	}
	if rows, err = f.GetRows("ピッキング"); err != nil || strings.Join(rows[4], " ") != "指示番号 商品コード 品名 数 単位 ロケ 出荷日 便" {
		t.Error(rows[4], err)
	}
}

// One list per order: no order shares a sheet of paper with another, and every copy has them all.
func TestOneListPerOrder(t *testing.T) {
	t.Parallel()
	p := sample(5)
	p.Profile = partner(order.EncodingUTF8)
	text := tool(t, "pdftotext", renderPDF(t, p), "-layout", "FILE", "-")
	pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
	if len(pages) != 2*len(p.Orders) {
		t.Fatalf("%d pages for two copies of %d orders", len(pages), len(p.Orders))
	}
	for i, page := range pages {
		o := p.Orders[i%len(p.Orders)]
		if !strings.Contains(page, o.Number.Grouped()) || strings.Count(page, "注文計") != 1 || strings.Contains(page, "商品別") {
			t.Errorf("page %d:\n%s", i+1, page)
		}
		if want := strconv.Itoa(1+i/len(p.Orders)) + "部目／2部"; !strings.Contains(page, want) {
			t.Errorf("page %d does not say %q", i+1, want)
		}
	}
	if !strings.Contains(pages[0], "ロケ") || !strings.Contains(pages[0], "品名") {
		t.Error("the partner's headings are not on paper")
	}
}
