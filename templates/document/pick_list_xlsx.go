package document

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/barcode"
)

// Sheets of the pick list's workbook.
const (
	sheetLines  = "ピッキング"
	sheetItems  = "商品別合計"
	sheetOrders = "注文別"
)

// RenderXLSX writes the pick list as an Excel workbook: a row per allocated quantity, totals by
// item, and the orders with their bar codes. Codes are text, so that no leading zero is lost;
// quantities and dates are numbers; what customers wrote can never be taken for a formula.
func (p *PickList) RenderXLSX(w io.Writer) error {
	b := &book{f: excelize.NewFile(), list: p}
	defer func() { _ = b.f.Close() }() // all in memory: nothing to fail
	b.build()
	if b.err != nil {
		return fmt.Errorf("render pick list %s: %w", p.Number, b.err)
	}
	var raw bytes.Buffer
	if err := b.f.Write(&raw); err != nil {
		return fmt.Errorf("render pick list %s: %w", p.Number, err)
	}
	if err := repack(w, raw.Bytes()); err != nil {
		return fmt.Errorf("render pick list %s: %w", p.Number, err)
	}
	return nil
}

// book builds a workbook; the first error sticks.
type book struct {
	f    *excelize.File
	list *PickList
	err  error

	title, label, value, head, text, wrap, note, mid, midText, qty, total, date, big int
}

func (b *book) do(err error) {
	if b.err == nil && err != nil {
		b.err = err
	}
}

func (b *book) style(s *excelize.Style) int {
	if s.Font == nil {
		s.Font = &excelize.Font{}
	}
	s.Font.Family = "BIZ UDPゴシック" // comes with Windows; Excel falls back where it is missing
	s.Font.Size = cmp.Or(s.Font.Size, 10)
	id, err := b.f.NewStyle(s)
	b.do(err)
	return id
}

func (b *book) styles() {
	const (
		textFormat   = 49 // @
		numberFormat = 3  // #,##0
	)
	dateFormat := `yyyy/mm/dd`
	thin := []excelize.Border{}
	for _, side := range []string{"left", "right", "top", "bottom"} {
		thin = append(thin, excelize.Border{Type: side, Style: 1, Color: "808080"})
	}
	grey := excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8E8E8"}}
	centre := &excelize.Alignment{Vertical: "center", ShrinkToFit: true} // no code is cut off, no number becomes ###
	middle := &excelize.Alignment{Vertical: "center", Horizontal: "center", ShrinkToFit: true}
	b.title = b.style(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 18}})
	b.big = b.style(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 13}, NumFmt: textFormat})
	b.label = b.style(&excelize.Style{Font: &excelize.Font{Color: "595959"}, NumFmt: textFormat})
	b.value = b.style(&excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: textFormat})
	b.head = b.style(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: grey, Border: thin, Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}})
	b.text = b.style(&excelize.Style{Border: thin, NumFmt: textFormat, Alignment: centre})
	b.wrap = b.style(&excelize.Style{Border: thin, NumFmt: textFormat, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}})
	b.note = b.style(&excelize.Style{Border: thin, NumFmt: textFormat, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	b.mid = b.style(&excelize.Style{Border: thin, Alignment: middle})
	b.midText = b.style(&excelize.Style{Border: thin, NumFmt: textFormat, Alignment: middle})
	b.qty = b.style(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 11}, Border: thin, NumFmt: numberFormat, Alignment: centre})
	b.total = b.style(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 11}, Border: thin, Fill: grey, NumFmt: numberFormat, Alignment: &excelize.Alignment{ShrinkToFit: true}})
	b.date = b.style(&excelize.Style{Border: thin, CustomNumFmt: &dateFormat, Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "center"}})
}

func cell(col, row int) string {
	name, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		panic(err) // columns and rows are ours
	}
	return name
}

func (b *book) text1(sheet string, col, row int, s string, style int) {
	at := cell(col, row)
	b.do(b.f.SetCellStr(sheet, at, safe(s)))
	b.do(b.f.SetCellStyle(sheet, at, at, style))
}

func (b *book) number(sheet string, col, row, n, style int) {
	at := cell(col, row)
	b.do(b.f.SetCellInt(sheet, at, int64(n)))
	b.do(b.f.SetCellStyle(sheet, at, at, style))
}

func (b *book) day(sheet string, col, row int, d order.Date) {
	at := cell(col, row)
	if !d.IsZero() {
		// Excel knows no time zones: the day at midnight, whatever zone.
		b.do(b.f.SetCellValue(sheet, at, time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)))
	}
	b.do(b.f.SetCellStyle(sheet, at, at, b.date))
}

// safe makes a text that Excel shows and never runs. The cell is typed as text, which no
// spreadsheet evaluates; the apostrophe keeps it so when someone saves the sheet as CSV and
// opens that again. Characters that XML cannot carry become spaces.
func safe(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, s)
	const most = 32000 // of the 32,767 characters a cell holds, counted in UTF-16
	if len(s) > most {
		n, units := 0, 0
		for i, r := range s {
			if units++; r > 0xffff {
				units++
			}
			if units > most {
				break
			}
			n = i + utf8.RuneLen(r)
		}
		s = s[:n]
	}
	if t := strings.TrimLeft(s, " \u3000\n"); t != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(t)[0]) {
		return "'" + s
	}
	return s
}

type xlsxColumn struct {
	title string
	width float64
}

// headRows is how many rows the head of each sheet takes; the column titles follow.
const headRows = 4

// open begins a sheet with head, column titles and page set-up.
func (b *book) open(sheet, title string, cols []xlsxColumn, lastRow int) {
	p, last := b.list, len(cols)
	b.text1(sheet, 1, 1, "ピッキングリスト　"+title, b.title)
	b.text1(sheet, 1, 2, p.WarehouseName+"　御中", b.big)
	// Head lines are one text each, so that no column's width can cut them.
	b.text1(sheet, 1, 3, headLine([2]string{"出荷日", day(p.ShipOn)}, [2]string{"配送区分", className(p.Class)}, [2]string{"出荷バッチ", p.Wave}), b.value)
	b.text1(sheet, 1, 4, headLine([2]string{"リスト番号", p.Number.Grouped()}, [2]string{"発行", p.ReleasedAt.In(order.JST).Format("2006/01/02 15:04")}), b.label)
	for i, c := range cols {
		name, err := excelize.ColumnNumberToName(i + 1)
		b.do(err)
		b.do(b.f.SetColWidth(sheet, name, name, c.width))
		b.text1(sheet, i+1, headRows+1, c.title, b.head)
	}
	b.do(b.f.SetRowHeight(sheet, 1, 28))
	b.do(b.f.SetRowHeight(sheet, 2, 20))
	b.do(b.f.SetRowHeight(sheet, headRows+1, 22))

	under := cell(1, headRows+2)
	b.do(b.f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: headRows + 1, TopLeftCell: under, ActivePane: "bottomLeft"}))
	if lastRow > headRows+1 {
		b.do(b.f.AutoFilter(sheet, cell(1, headRows+1)+":"+cell(last, lastRow), nil))
	}
	a4, landscape, wide, tall := 9, "landscape", 1, 0
	b.do(b.f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &a4, Orientation: &landscape, FitToWidth: &wide, FitToHeight: &tall}))
	fitPage := true
	b.do(b.f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fitPage}))
	side, edge, foot := 0.4, 0.5, 0.25
	b.do(b.f.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &edge, Bottom: &edge, Header: &foot, Footer: &foot}))
	number := p.Number.Grouped()
	b.do(b.f.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{
		OddHeader: "&Rリスト番号 " + number,
		OddFooter: "&L" + strings.ReplaceAll(p.sender(), "&", "&&") + "&C&P / &N ページ&R&A",
	}))
	b.do(b.f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$1:$%d", sheet, headRows+1), Scope: sheet,
	}))
}

// headLine joins what has a value: "出荷日：…　　配送区分：…".
func headLine(pairs ...[2]string) string {
	var parts []string
	for _, p := range pairs {
		if p[1] != "" {
			parts = append(parts, p[0]+"："+p[1])
		}
	}
	return strings.Join(parts, "　　")
}

func (b *book) build() {
	b.styles()
	b.do(b.f.SetSheetName("Sheet1", sheetLines))
	sheet := func(half order.PickHalves, name string, fill func()) {
		if !b.list.has(half) {
			return
		}
		_, err := b.f.NewSheet(name)
		b.do(err)
		fill()
	}
	at := b.list.ReleasedAt.UTC().Format(time.RFC3339)
	b.do(b.f.SetDocProps(&excelize.DocProperties{
		Title: "ピッキングリスト " + b.list.Number.Grouped(), Creator: "todoke", LastModifiedBy: "todoke", Created: at, Modified: at, Language: "ja-JP",
	}))
	b.do(b.f.SetAppProps(&excelize.AppProperties{Application: "todoke", Company: b.list.ShopName}))
	b.lines()
	sheet(order.HalvesTotal, sheetItems, b.items)
	sheet(order.HalvesOrders, sheetOrders, b.orders)
	b.f.SetActiveSheet(0)
}

// widths of the columns of the sheet by lines, in characters.
var lineWidths = map[string]float64{
	"no": 6, "done": 5, "location": 11, "item_code": 12, "item_name": 42, "quantity": 8, "unit": 8, "order_number": 15, "line": 5,
	"ship_to": 36, "arrival_on": 12, "comment": 36, "shipment": 8, "customer": 36, "postal_code": 10, "address": 42, "ship_on": 12, "class": 12, "list_number": 15,
}

// lines is the sheet a picker works from: a row per allocated quantity, or per item where the
// partner wants the total alone, in the partner's columns.
func (b *book) lines() {
	profile := b.list.profile()
	total := profile.Halves == order.HalvesTotal
	columns := profile.Columns
	if total {
		columns = totalColumns(columns)
	}
	rows := b.list.rows(total)
	cols := make([]xlsxColumn, len(columns))
	for i, c := range columns {
		cols[i] = xlsxColumn{c.Heading, lineWidths[c.Key]}
		if c.Key == "location" || c.Key == "item_code" || c.Key == "unit" {
			for _, r := range rows {
				cols[i].width = b.wider(cols[i].width, map[string]string{"location": r.Location, "item_code": r.ItemCode, "unit": r.Unit}[c.Key])
			}
		}
	}
	b.open(sheetLines, "集品", cols, headRows+1+len(rows))
	b.barcode(sheetLines, cell(max(1, min(10, len(cols))), 1), string(b.list.Number), 1)
	at := headRows + 1
	for i, r := range rows {
		at++
		height := rowPoints(1)
		for j, c := range columns {
			height = max(height, b.lineCell(j+1, at, c.Key, i+1, r))
		}
		b.do(b.f.SetRowHeight(sheetLines, at, min(height, 400)))
	}
	b.lineTotals(columns, at+1)
}

// lineCell writes one cell of a row and tells how high, in points, it wants the row.
func (b *book) lineCell(col, at int, key string, no int, r row) (height float64) {
	switch key {
	case "no":
		b.number(sheetLines, col, at, no, b.mid)
	case "done":
		b.text1(sheetLines, col, at, "□", b.mid)
	case "quantity":
		b.number(sheetLines, col, at, r.qty, b.qty)
	case "line":
		b.number(sheetLines, col, at, r.LineNo, b.mid)
	case "arrival_on":
		b.day(sheetLines, col, at, r.order.ArrivalOn)
	case "ship_on":
		b.day(sheetLines, col, at, b.list.ShipOn)
	case "item_code":
		b.text1(sheetLines, col, at, r.ItemCode, b.text)
	case "order_number":
		b.text1(sheetLines, col, at, r.order.Number.Grouped(), b.text)
	case "list_number":
		b.text1(sheetLines, col, at, b.list.Number.Grouped(), b.text)
	case "shipment":
		b.text1(sheetLines, col, at, r.order.shipment(), b.midText)
	case "unit", "class":
		b.text1(sheetLines, col, at, b.list.text(key, r), b.mid)
	case "location", "postal_code":
		b.text1(sheetLines, col, at, b.list.text(key, r), b.text)
	case "comment":
		return b.comment(col, at, r)
	default:
		s := b.list.text(key, r)
		b.text1(sheetLines, col, at, s, b.wrap)
		return rowPoints(wrapped(s, int(lineWidths[key])-2))
	}
	return 0
}

// comment writes a line's comment, handwriting as a picture under what was typed.
func (b *book) comment(col, at int, r row) (height float64) {
	n := noteOf(r.PickLine, 60)
	height = rowPoints(wrapped(r.Comment, 34))
	if n.image == nil {
		b.text1(sheetLines, col, at, r.Comment, b.wrap)
		return height
	}
	b.text1(sheetLines, col, at, r.Comment, b.note)
	const picture = 24.0 // points
	under := 0.0
	if r.Comment != "" {
		under = height
	}
	b.picture(sheetLines, cell(col, at), n, under, picture)
	return max(height, under+picture)
}

func (b *book) lineTotals(columns []order.PickColumn, at int) {
	t := b.list.Totals()
	for i, c := range columns {
		switch c.Key {
		case "item_name":
			b.text1(sheetLines, i+1, at, fmt.Sprintf("合計　注文 %s 件　明細 %s 行　品目 %s 点", group(t.Orders), group(t.Lines), group(t.Items)), b.total)
		case "quantity":
			b.number(sheetLines, i+1, at, t.Qty, b.total)
		default:
			b.text1(sheetLines, i+1, at, "", b.total)
		}
	}
}

// items is the sheet of totals by place and item.
func (b *book) items() {
	groups := b.list.groups()
	t := b.list.heading()
	cols := []xlsxColumn{{"No.", 6}, {t("location"), 12}, {t("item_code"), 13}, {t("item_name"), 60}, {"数量計", 12}, {t("unit"), 10}, {"注文数", 10}, {"済", 8}}
	for _, g := range groups {
		cols[1].width, cols[2].width, cols[5].width = b.wider(cols[1].width, g.first.Location), b.wider(cols[2].width, g.first.ItemCode), b.wider(cols[5].width, g.first.Unit)
	}
	b.open(sheetItems, "商品別合計", cols, headRows+1+len(groups))
	row := headRows + 1
	for i, g := range groups {
		row++
		orders := map[order.Number]bool{}
		for _, k := range g.picks {
			orders[k.order.Number] = true
		}
		b.number(sheetItems, 1, row, i+1, b.mid)
		b.text1(sheetItems, 2, row, g.first.Location, b.text)
		b.text1(sheetItems, 3, row, g.first.ItemCode, b.text)
		b.text1(sheetItems, 4, row, g.first.ItemName, b.wrap)
		b.number(sheetItems, 5, row, g.qty, b.qty)
		b.text1(sheetItems, 6, row, g.first.Unit, b.mid)
		b.number(sheetItems, 7, row, len(orders), b.mid)
		b.text1(sheetItems, 8, row, "□", b.mid)
		b.do(b.f.SetRowHeight(sheetItems, row, rowPoints(wrapped(g.first.ItemName, 58))))
	}
	row++
	for c := 1; c <= len(cols); c++ {
		b.text1(sheetItems, c, row, "", b.total)
	}
	b.text1(sheetItems, 4, row, "合計", b.total)
	b.number(sheetItems, 5, row, b.list.Totals().Qty, b.total)
}

// orders is the sheet of orders with their bar codes.
func (b *book) orders() {
	orders := b.list.orders()
	cols := []xlsxColumn{
		{"No.", 6},
		{"注文番号", 15},
		{"バーコード", 27},
		{"出荷", 6},
		{"お客様", 34},
		{"お届け先", 28},
		{"郵便番号", 10},
		{"住所", 42},
		{"お届け日", 12},
		{"明細数", 8},
		{"数量計", 10},
		{"済", 5},
	}
	b.open(sheetOrders, "注文別", cols, headRows+1+len(orders))
	row := headRows + 1
	for i, o := range orders {
		row++
		qty := 0
		for _, l := range o.Lines {
			qty += l.Qty
		}
		b.number(sheetOrders, 1, row, i+1, b.mid)
		b.text1(sheetOrders, 2, row, o.Number.Grouped(), b.text)
		b.text1(sheetOrders, 3, row, "", b.text)
		if o.split() {
			b.text1(sheetOrders, 4, row, o.shipment(), b.midText)
		} else {
			b.number(sheetOrders, 4, row, o.ShipmentNo, b.mid)
		}
		b.text1(sheetOrders, 5, row, o.Customer, b.wrap)
		b.text1(sheetOrders, 6, row, o.ShipTo.Name, b.wrap)
		b.text1(sheetOrders, 7, row, postal(o.ShipTo.PostalCode), b.text)
		b.text1(sheetOrders, 8, row, address(order.Address{Prefecture: o.ShipTo.Prefecture, Address: o.ShipTo.Address}), b.wrap)
		b.day(sheetOrders, 9, row, o.ArrivalOn)
		b.number(sheetOrders, 10, row, len(o.Lines), b.mid)
		b.number(sheetOrders, 11, row, qty, b.qty)
		b.text1(sheetOrders, 12, row, "□", b.mid)
		b.do(b.f.SetRowHeight(sheetOrders, row, 42))
		b.barcode(sheetOrders, cell(3, row), string(o.Number), 0)
	}
	row++
	t := b.list.Totals()
	for c := 1; c <= len(cols); c++ {
		b.text1(sheetOrders, c, row, "", b.total)
	}
	b.text1(sheetOrders, 5, row, "合計", b.total)
	b.number(sheetOrders, 10, row, t.Lines, b.total)
	b.number(sheetOrders, 11, row, t.Qty, b.total)
}

// wider is the width of a column, in half-width characters, that shows a code or unit whole, within
// what is bearable: what is longer is set smaller.
func (*book) wider(width float64, s string) float64 {
	const most, edges = 24, 2
	n := 0
	for _, r := range s {
		if n++; r > 0xff {
			n++
		}
	}
	return max(width, min(most, float64(n+edges)))
}

// rowPoints is the height of a row of so many lines of text: a row of one is as high as one
// with a picture in it.
func rowPoints(lines int) float64 { return max(24, 4+14*float64(lines)) }

// wrapped guesses how many lines a text takes in a column of the given width in half-width
// characters; Excel does not tell.
func wrapped(s string, width int) int {
	lines := 0
	for part := range strings.SplitSeq(s, "\n") {
		n := 0
		for _, r := range part {
			if n++; r > 0xff {
				n++
			}
		}
		lines += max(1, (n+width-1)/width)
	}
	return lines
}

// barcode sets a Code 128 picture over a cell: three pixels a module, so that a printer at 300
// dpi or more draws whole dots.
func (b *book) barcode(sheet, at, content string, tall int) {
	bars, err := barcode.Code128(content)
	if err != nil {
		b.do(err)
		return
	}
	const scale, quiet, height = 3, 10, 90
	m := image.NewPaletted(image.Rect(0, 0, (len(bars)+2*quiet)*scale, height), color.Palette{color.White, color.Black})
	for y := range height {
		for i, dark := range bars {
			if dark {
				for x := (quiet + i) * scale; x < (quiet+i+1)*scale; x++ {
					m.SetColorIndex(x, y, 1)
				}
			}
		}
	}
	var buf bytes.Buffer
	b.do(png.Encode(&buf, m))
	const side = 0.55
	b.do(b.f.AddPictureFromBytes(sheet, at, &excelize.Picture{
		Extension: ".png", File: buf.Bytes(),
		Format: &excelize.GraphicOptions{AltText: content, OffsetX: 4, OffsetY: 8, ScaleX: side, ScaleY: 0.42 + 0.3*float64(tall), Positioning: "oneCell"},
	}))
}

// picture sets a comment's handwriting under the cell's text.
func (b *book) picture(sheet, at string, n note, offset, height float64) {
	// Square pixels first: spreadsheets ignore the resolutions of a fax.
	const side = 96.0 / 25.4 * 2 // pixels a mm, twice what the screen shows
	m := squared(n.image, int(n.iw*side), int(n.ih*side))
	var buf bytes.Buffer
	b.do(m.EncodePNG(&buf, 0, 0))
	const pointsPerPixel = 0.75
	k := min(0.5, (height-8)/pointsPerPixel/float64(max(1, m.H)))
	b.do(b.f.AddPictureFromBytes(sheet, at, &excelize.Picture{
		Extension: ".png", File: buf.Bytes(),
		Format: &excelize.GraphicOptions{AltText: "行コメント（FAX）", OffsetX: 4, OffsetY: int(offset/pointsPerPixel) + 4, ScaleX: k, ScaleY: k, Positioning: "oneCell"},
	}))
}

// squared stretches a bilevel picture to w × h pixels, black where any of its pixels is.
func squared(m *bilevel.Image, w, h int) *bilevel.Image {
	o := bilevel.New(max(1, w), max(1, h))
	for y := range o.H {
		y0 := y * m.H / o.H
		y1 := max(y0+1, (y+1)*m.H/o.H)
		for x := range o.W {
			x0 := x * m.W / o.W
			if m.Count(x0, y0, max(x0+1, (x+1)*m.W/o.W), y1) > 0 {
				o.Set(x, y, true)
			}
		}
	}
	return o
}

// repack writes the workbook's parts in the order of their names without times: excelize
// writes them in an order of chance, and an issued list must come out the same again.
func repack(w io.Writer, raw []byte) error {
	in, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return err
	}
	out := zip.NewWriter(w)
	const first = "[Content_Types].xml" // some readers look for it at the front
	slices.SortFunc(in.File, func(a, b *zip.File) int {
		if (a.Name == first) != (b.Name == first) {
			if a.Name == first {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			return err
		}
		e, err := out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate})
		if err == nil && f.Name == first {
			err = sortTypes(e, r)
		} else if err == nil {
			_, err = io.Copy(e, r)
		}
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return out.Close()
}

// sortTypes writes [Content_Types].xml with its entries in order: they come out of a map.
func sortTypes(w io.Writer, r io.Reader) error {
	type entry struct {
		Extension   string `xml:"Extension,attr,omitempty"`
		PartName    string `xml:"PartName,attr,omitempty"`
		ContentType string `xml:"ContentType,attr"`
	}
	var types struct {
		XMLName  xml.Name `xml:"http://schemas.openxmlformats.org/package/2006/content-types Types"`
		Default  []entry
		Override []entry
	}
	if err := xml.NewDecoder(r).Decode(&types); err != nil {
		return fmt.Errorf("parse content types: %w", err)
	}
	by := func(a, b entry) int { return strings.Compare(a.Extension+a.PartName, b.Extension+b.PartName) }
	slices.SortFunc(types.Default, by)
	slices.SortFunc(types.Override, by)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	return xml.NewEncoder(w).Encode(types)
}
