package partner_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"todoke/ingest/partner"
)

// repacked is a small workbook in which one part is fill, so many bytes of it between head and tail.
func repacked(tb testing.TB, part, head, fill, tail string, size int) []byte {
	tb.Helper()
	return repackedFrom(tb, workbook(tb, []any{"商品コード", "在庫数"}, []any{"1010013", 1}), part, head, fill, tail, size)
}

func repackedFrom(tb testing.TB, whole []byte, part, head, fill, tail string, size int) []byte {
	tb.Helper()
	in, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	put := func(name string, write func(w io.Writer) error) {
		w, err := z.Create(name)
		if err == nil {
			err = write(w)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	for _, f := range in.File {
		if !strings.EqualFold(f.Name, part) {
			put(f.Name, func(w io.Writer) error {
				r, err := f.Open()
				if err == nil {
					_, err = io.Copy(w, r)
				}
				return err
			})
		}
	}
	put(part, func(w io.Writer) error {
		_, err := io.WriteString(w, head)
		for block := strings.Repeat(fill, 1+(1<<20)/len(fill)); size > 0 && err == nil; size -= len(block) {
			_, err = io.WriteString(w, block)
		}
		if err == nil {
			_, err = io.WriteString(w, tail)
		}
		return err
	})
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// TestReadSwollen: a workbook whose parts take far more memory than its size is refused before any of it
// is decoded. 120 MiB of empty shared strings (184 KB packed) took 5.8 GB.
func TestReadSwollen(t *testing.T) {
	t.Parallel()
	const sheet, space, mb = "xl/worksheets/sheet1.xml", `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`, 1 << 20
	for name, c := range map[string]struct {
		part, head, fill, tail string
		size                   int
		want                   string
	}{
		"texts":           {"xl/sharedStrings.xml", "<sst " + space + ">", "<si/>", "</sst>", 4, "600000 different texts"},
		"texts by prefix": {"xl/sharedStrings.xml", "<x:sst " + strings.Replace(space, "xmlns", "xmlns:x", 1) + ">", "<x:si/>", "</x:sst>", 6, "600000 different texts"},
		"runs of a text":  {"xl/SHAREDstrings.xml", "<sst " + space + "><si>", "<r/>", "</si></sst>", 12, "600000 different texts"},
		"cells":           {sheet, "<worksheet " + space + "><sheetData><row>", "<c/>", "</row></sheetData></worksheet>", 2, "a row of the workbook is longer"},
		"attributes":      {sheet, "<worksheet " + space + "><sheetData><row ", `a="" `, "></row></sheetData></worksheet>", 2, "a row of the workbook is longer"},
		"feigned rows":    {sheet, "<worksheet " + space + "><sheetData><row>", "<c/><!--<row-->", "</row></sheetData></worksheet>", 2, "not as Excel writes it"},
		"nested rows":     {sheet, "<worksheet " + space + "><sheetData>", `<row r="1">`, "</sheetData></worksheet>", 16, "not as Excel writes it"},
		"styles":          {"xl/styles.xml", "<styleSheet " + space + "><cellXfs>", "<xf/>", "</cellXfs></styleSheet>", 3, `part "xl/styles.xml"`},
	} {
		_, faults := partner.Read(repacked(t, c.part, c.head, c.fill, c.tail, c.size*mb), partner.DefaultOptions())
		if len(faults) != 1 || !strings.Contains(faults[0].Message, c.want) {
			t.Errorf("%s: %v, want %q", name, faults, c.want)
		}
	}
}

// TestReadLargeWorkbook: an honest list of 100,000 rows, with four texts of its own in each, is read.
func TestReadLargeWorkbook(t *testing.T) {
	t.Parallel()
	const rows = 100_000
	var texts, cells strings.Builder
	texts.WriteString(`<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>注文番号</t></si><si><t>行</t></si><si><t>出荷数</t></si><si><t>送り状番号</t></si><si><t>備考</t></si><si><t>担当</t></si>`)
	cells.WriteString(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c><c r="E1" t="s"><v>4</v></c><c r="F1" t="s"><v>5</v></c></row>`)
	const own, first = 4, 6
	for i := range rows {
		n, r := first+own*i, i+2
		fmt.Fprintf(&texts, "<si><t>%d</t></si><si><t>4%011d</t></si><si><t>備考%x</t></si><si><t>担当%d</t></si>", 1_000_000_000+i, i*7919, i*2654435761, i)
		fmt.Fprintf(&cells, `<row r="%d"><c r="A%d" t="s"><v>%d</v></c><c r="B%d"><v>1</v></c><c r="C%d" s="1"><v>2</v></c><c r="D%d" t="s"><v>%d</v></c><c r="E%d" t="s"><v>%d</v></c><c r="F%d" t="s"><v>%d</v></c></row>`,
			r, r, n, r, r, r, n+1, r, n+2, r, n+3)
	}
	data := repacked(t, "xl/worksheets/sheet1.xml", cells.String()+"</sheetData></worksheet>", " ", "", 0)
	data = repackedFrom(t, data, "xl/sharedStrings.xml", texts.String()+"</sst>", " ", "", 0)
	o := partner.DefaultOptions()
	o.MaxRows = rows + 1
	f, faults := partner.Read(data, o)
	if len(faults) > 0 || len(f.Rows) != rows || f.Rows[rows-1].Order != "1000099999" {
		t.Fatal(len(data), len(f.Rows), faults)
	}
}
