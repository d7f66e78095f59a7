package partner_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/japanese"

	"todoke/ingest/partner"
	"todoke/order"
)

const head = "リスト番号,注文番号,行,商品コード,出荷数,欠品数,欠品理由,送り状番号,重量(kg),出荷日\n"

func TestReadResult(t *testing.T) {
	t.Parallel()
	text := head +
		"500-000-0019,100-000-0018,1,1010013,１０,,,4012-3456-7890,1.25,2026/11/24\r\n" +
		",1000000018,2,\"'0000017\",\"1,200\",2,破損,\"4012-3456-7890、4012-3456-7891\",３㎏,20261124\n" +
		",,,,,,,,,\n" +
		"5000000019,１０００００００１８,3,,0,5,間に合わず,,,\n"
	cp932, err := japanese.ShiftJIS.NewEncoder().String(strings.ReplaceAll(text, "㎏", "kg"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"utf-8": text, "with mark": "\xef\xbb\xbf" + text, "cp932": cp932, "tabs": strings.NewReplacer(`"1,200"`, "1200", ",", "\t").Replace(text),
		"a title above": "出荷実績一覧,,,,,,,,,\n\n" + text,
	} {
		f, faults := partner.Read([]byte(data), partner.DefaultOptions())
		if len(faults) > 0 || f.Kind != partner.KindResult || len(f.Rows) != 3 {
			t.Fatalf("%s: %v %+v", name, faults, f)
		}
		a, b, c := f.Rows[0], f.Rows[1], f.Rows[2]
		if a.List != "5000000019" || a.Order != "100-000-0018" || a.LineNo != 1 || a.Shipped != 10 || a.WeightGrams != 1250 || a.ShippedOn != order.D(2026, 11, 24) {
			t.Errorf("%s: %+v", name, a)
		}
		if b.ItemCode != "0000017" || b.Shipped != 1200 || b.Short != 2 || b.Reason != "damaged" || b.Tracking != "4012-3456-7890 4012-3456-7891" || b.WeightGrams != 3000 {
			t.Errorf("%s: %+v", name, b)
		}
		if c.Shipped != 0 || c.Short != 5 || c.Reason != "late" || c.Order != "1000000018" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestReadKinds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]partner.Kind{
		"商品コード,在庫数\n1010013,5\n":           partner.KindCount,
		"商品コード,数量\n1010013,5\n":            partner.KindCount,
		"リスト番号,受領\n5000000019,済\n":         partner.KindAcknowledgement,
		"注文番号,行,出荷数\n1000000018,1,5\n":     partner.KindResult,
		"オーダー番号,SKU,実績数\n1,2,3\n":          partner.KindResult,
		"order_number,line,shipped\n1,2,3": partner.KindResult,
	} {
		if f, faults := partner.Read([]byte(text), partner.DefaultOptions()); len(faults) > 0 || f.Kind != want {
			t.Errorf("%s: %s %v", text, f.Kind, faults)
		}
	}
	o := partner.DefaultOptions()
	o.Headings = map[string]string{"order_number": "御注文", "shipped": "出した数"}
	if f, faults := partner.Read([]byte("御注文,行,出した数\n1000000018,1,5\n"), o); len(faults) > 0 || f.Rows[0].Shipped != 5 {
		t.Error(f, faults)
	}
	// What a partner counts against its own column.
	f, faults := partner.Read([]byte("注文番号,行,指示数,出荷数,理由\n1000000018,1,5,3,欠品\n"), partner.DefaultOptions())
	if len(faults) > 0 || f.Rows[0].Short != 2 || f.Rows[0].Reason != "missing" {
		t.Error(f, faults)
	}
}

func TestReadFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"letters":        {"注文番号,行,出荷数\n1000000018,1,五\n", `line 2, column 3 (出荷数): "五" is not a whole number`},
		"negative":       {"商品コード,在庫数\n1010013,△3\n", "line 2, column 2 (在庫数): △3 is out of range"},
		"half":           {"注文番号,行,出荷数\n1000000018,1,1.5\n", "is not a whole number"},
		"shortened":      {"注文番号,行,出荷数,送り状番号\n1000000018,1,1,4.01235E+11\n", `column 4 (送り状番号): "4.01235E+11" was shortened by the spreadsheet`},
		"weight":         {"注文番号,行,出荷数,重量\n1000000018,1,1,1.2\n", "is no weight"},
		"date":           {"注文番号,行,出荷数,出荷日\n1000000018,1,1,2026-13-01\n", "is not a date"},
		"more":           {"注文番号,行,数量,出荷数\n1000000018,1,3,5\n", "more was shipped than"},
		"no columns":     {"a,b\n1,2\n", "no row of headings"},
		"no quantity":    {"注文番号,行,送り状番号\n1,2,3\n", "of no result, no count"},
		"column missing": {"行,出荷数\n1,2\n", "the column 注文番号 is missing"},
		"twice":          {"注文番号,行,出荷数,出荷数量\n1,1,1,1\n", "stands twice"},
		"no rows":        {"注文番号,行,出荷数\n", "no rows under its headings"},
		"empty":          {"", "no row of headings"},
		"utf-16":         {"\xff\xfea\x00", "UTF-16"},
		"xls":            {"\xd0\xcf\x11\xe0xxx", ".xlsx"},
		"pdf":            {"%PDF-1.7", "PDF"},
		"binary":         {"注文番号\x00", "binary data"},
		"no zip":         {"PK\x03\x04xxxx", "the workbook cannot be read"},
		"quote":          {"注文番号,行,出荷数\n\"1,1,1\n", "line 2: a double quote is missing"},
		"no encoding":    {"注文番号,行,出荷数\n\xff\xff,1,1\n", "neither UTF-8 nor Shift_JIS"},
		"no time":        {"商品コード,在庫数,棚卸日時\n1010013,3,2026-11-24 25:00\n", "is no time"},
	} {
		f, faults := partner.Read([]byte(tt.text), partner.DefaultOptions())
		if len(faults) == 0 || !strings.Contains(faults[0].String(), tt.want) {
			t.Errorf("%s: %v %+v", name, faults, f)
		}
	}
}

func workbook(tb testing.TB, rows ...[]any) []byte {
	tb.Helper()
	f := excelize.NewFile()
	for i, r := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err == nil {
			err = f.SetSheetRow("Sheet1", cell, &r)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestReadWorkbook(t *testing.T) {
	t.Parallel()
	// Numbers as a spreadsheet keeps them: codes without their zeros, long ones as floats, days as numbers.
	data := workbook(t,
		[]any{"出荷実績"}, []any{"注文番号", "商品コード", "出荷数", "送り状番号", "出荷日"},
		[]any{1000000018, 17, 12.0, 401234567890, 46350})
	o := partner.DefaultOptions()
	code := order.WithCheckDigit("000001")
	data2 := workbook(t, []any{"商品コード", "在庫数", "棚卸日時"}, []any{strings.TrimLeft(code, "0"), 12, 46350.8125})
	f, faults := partner.Read(data, o)
	if len(faults) > 0 || f.Rows[0].Line != 3 || f.Rows[0].Order != "1000000018" || f.Rows[0].Shipped != 12 || f.Rows[0].Tracking != "401234567890" || f.Rows[0].ShippedOn != order.D(2026, 11, 24) {
		t.Fatal(f, faults)
	}
	f, faults = partner.Read(data2, o)
	if len(faults) > 0 || f.Rows[0].ItemCode != code || f.Rows[0].OnHand != 12 || f.Rows[0].CountedAt.Format("2006-01-02 15:04") != "2026-11-24 19:30" {
		t.Fatal(f, faults, code)
	}
}

func TestReadBounds(t *testing.T) {
	t.Parallel()
	o := partner.DefaultOptions()
	o.MaxRows = 10
	many := "商品コード,在庫数\n" + strings.Repeat("1010013,1\n", 11)
	if _, faults := partner.Read([]byte(many), o); len(faults) != 1 || !strings.Contains(faults[0].Message, "more than 10 rows") {
		t.Error(faults)
	}
	o = partner.DefaultOptions()
	o.MaxBytes = 100
	if _, faults := partner.Read([]byte(strings.Repeat("x", 101)), o); len(faults) != 1 || !strings.Contains(faults[0].Message, "larger than 100 bytes") {
		t.Error(faults)
	}
	// A zip bomb is refused before it is unpacked.
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, 8<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	o = partner.DefaultOptions()
	o.MaxInflated = 4 << 20
	if _, faults := partner.Read(b.Bytes(), o); len(faults) != 1 || !strings.Contains(faults[0].Message, "when unpacked") {
		t.Error(faults)
	}
}

// FuzzRead: whatever comes, it ends, and there are rows or faults but never both.
func FuzzRead(f *testing.F) {
	f.Add([]byte(head + "5000000019,1000000018,1,1010013,10,1,破損,4012-3456-7890,1.2,2026-11-24\n"))
	f.Add([]byte("商品コード,在庫数,棚卸日時\n1010013,5,46350.5\n"))
	f.Add([]byte("リスト番号\n5000000019\n"))
	f.Add(workbook(f, []any{"商品コード", "在庫数"}, []any{1010013, 5}))
	o := partner.DefaultOptions()
	o.MaxInflated, o.MaxRows = 1<<20, 1000
	f.Fuzz(func(t *testing.T, data []byte) {
		got, faults := partner.Read(data, o)
		if len(faults) == 0 && (len(got.Rows) == 0 || got.Kind == "") {
			t.Fatalf("%+v", got)
		}
		for _, r := range got.Rows {
			if r.Line < 1 || r.Shipped < 0 || r.Short < 0 || r.OnHand < 0 || r.WeightGrams < 0 {
				t.Fatalf("%+v", r)
			}
		}
		for _, x := range faults {
			if x.Message == "" || x.Line < 0 {
				t.Fatalf("%+v", x)
			}
		}
	})
}

func TestReadJSON(t *testing.T) {
	t.Parallel()
	o := partner.DefaultOptions()
	f, faults := partner.ReadJSON([]byte(`{"rows":[{"list":"500-000-0019","order":"1000000018","line":1,"shipped":3,"short":1,"reason":"damaged","tracking":["4012-3456-7890","77"],"shipped_on":"2026-11-24"}]}`), partner.KindResult, o)
	if len(faults) > 0 || f.Rows[0].List != "5000000019" || f.Rows[0].Tracking != "4012-3456-7890 77" || f.Name(f.Rows[0]) != "rows[0]" {
		t.Fatal(f, faults)
	}
	f, faults = partner.ReadJSON([]byte(`{"counted_at":"2026-11-24T19:30:00+09:00","rows":[{"item_code":"1010013","on_hand":3}]}`), partner.KindCount, o)
	if len(faults) > 0 || f.Rows[0].OnHand != 3 || f.Rows[0].CountedAt.IsZero() {
		t.Fatal(f, faults)
	}
	for text, want := range map[string]string{
		`{"rows":[{"order":"1","shipped":"3"}]}`: "rows.shipped: string stands where int is wanted",
		`{"rows":[]}`:                            "there are no rows",
		`{"row":[]}`:                             "unknown field",
		`[`:                                      "no JSON of this kind",
		`{"rows":[{"order":"1"}]}{}`:             "more than one value",
		`{"rows":[{"order":"1","shipped_on":"24.11.2026"}]}`: "rows[0].shipped_on: ",
	} {
		if _, faults := partner.ReadJSON([]byte(text), partner.KindResult, o); len(faults) != 1 || !strings.Contains(faults[0].String(), want) {
			t.Errorf("%s: %v", text, faults)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	f.Add([]byte(`{"rows":[{"order":"1000000018","line":1,"shipped":3}]}`), true)
	f.Add([]byte(`{"counted_at":"2026-11-24T19:30:00+09:00","rows":[{"item_code":"1010013","on_hand":3}]}`), false)
	f.Fuzz(func(t *testing.T, data []byte, result bool) {
		kind := partner.KindCount
		if result {
			kind = partner.KindResult
		}
		if got, faults := partner.ReadJSON(data, kind, partner.DefaultOptions()); len(faults) == 0 && len(got.Rows) == 0 {
			t.Fatal("neither rows nor faults")
		}
	})
}
