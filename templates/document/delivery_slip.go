package document

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"todoke/order"
	"todoke/templates/barcode"
	"todoke/templates/form"
	"todoke/templates/pdf"
	"todoke/templates/typeset"
)

// PrintedForm is a return request form as it was printed: where it stands in its file, whose it is,
// and the geometry by which it is read when it comes back.
type PrintedForm struct {
	Page     int // of the file, from 1
	Identity form.Identity
	Layout   form.Layout
	Lines    []form.ReturnLine // of this sheet, from the top
}

// Slips are the delivery slips (納品案内書) of a pick list, one for each shipment, in the order in
// which the list sorts them; behind each, where Returns is set, its carbon: the return request form
// (返品依頼書, RET-3) with the shipment's lines.
type Slips struct {
	List       PickList
	Returns    bool
	ReturnDays int // RET-1
}

const (
	dsLeft, dsRight = 15.0, 195.0
	dsTop           = 96.0 // first row of the first page
	dsNext          = 46.0 // … of the others
	dsBottom        = 246.0
)

// RenderPDF writes the slips, and tells the forms among their pages.
func (s *Slips) RenderPDF(w io.Writer) ([]PrintedForm, error) {
	p := &s.List
	d := pdf.New(pdf.A4Width, pdf.A4Height, pdf.Info{
		Title: "納品案内書 " + p.Number.Grouped(), Subject: fmt.Sprintf("%s %s %s", p.WarehouseName, p.ShipOn, className(p.Class)),
		Author: p.ShopName, At: p.ReleasedAt,
	})
	var forms []PrintedForm
	page := 0
	for _, o := range p.orders() {
		n, err := s.slip(d, &o)
		if err != nil {
			return nil, fmt.Errorf("render delivery slip of order %s: %w", o.Number, err)
		}
		page += n
		if !s.Returns {
			continue
		}
		of := s.returnOptions(&o)
		sheets, err := form.ReturnSheets(of)
		if err != nil {
			return nil, fmt.Errorf("render return request form of order %s: %w", o.Number, err)
		}
		rest := of.Lines
		for _, sheet := range sheets {
			d.AddPage()
			sheet.Draw(d)
			page++
			rows := sheet.Identity.Rows
			forms = append(forms, PrintedForm{Page: page, Identity: sheet.Identity, Layout: sheet.Layout, Lines: rest[:rows]})
			rest = rest[rows:]
		}
	}
	return forms, d.Output(w)
}

func (s *Slips) returnOptions(o *PickOrder) form.ReturnOptions {
	of := form.ReturnOptions{
		Shop: form.Shop{Name: s.List.ShopName, Desk: s.List.DeskName, Fax: s.List.ShopFax}, Days: s.ReturnDays,
		Order: o.Number, Shipment: max(1, o.ShipmentNo), CustomerCode: o.CustomerCode, Customer: o.Customer, Fax: o.CustomerFax, ArrivalOn: o.ArrivalOn,
	}
	for _, l := range o.Lines {
		// A line that was reserved in parts is one line to whom it is delivered.
		if n := len(of.Lines); n > 0 && of.Lines[n-1].LineNo == l.LineNo {
			of.Lines[n-1].Qty += l.Qty
			continue
		}
		of.Lines = append(of.Lines, form.ReturnLine{LineNo: l.LineNo, ItemCode: l.ItemCode, Name: l.ItemName, Unit: l.Unit, Qty: l.Qty, Returnable: l.Returnable})
	}
	return of
}

// slipRow is a line of a slip, ready to be drawn.
type slipRow struct {
	line *PickLine
	qty  int
	name []string
	note note
	h    float64

	code, unit cellText
	above      int // lines of the row above its comment
}

func slipRows(o *PickOrder) (rows []slipRow) {
	for i := range o.Lines {
		l := &o.Lines[i]
		if n := len(rows); n > 0 && rows[n-1].line.LineNo == l.LineNo {
			rows[n-1].qty += l.Qty
			continue
		}
		r := slipRow{line: l, qty: l.Qty, name: atMost(mostNameLines, typeset.Wrap(l.ItemName, 92, plText+0.5, typeset.Regular)), note: noteOf(l, 118)}
		r.code, r.unit = wholeText(l.ItemCode, 22, reg(10)), wholeText(l.Unit, 17, reg(plText))
		r.above = max(1, len(r.name), len(r.code.lines), len(r.unit.lines))
		r.h = rowHeight(r.above+len(r.note.lines)) + r.note.imageHeight()
		rows = append(rows, r)
	}
	return rows
}

// slip draws one shipment's slip and tells how many pages it took.
func (s *Slips) slip(d *pdf.Doc, o *PickOrder) (pages int, err error) {
	bars, err := barcode.Code128(string(o.Number))
	if err != nil {
		return 0, err
	}
	rows := slipRows(o)
	var sheets [][]slipRow
	y, from := dsTop, 0
	for i, r := range rows {
		if y+r.h > dsBottom && i > from {
			sheets = append(sheets, rows[from:i])
			from, y = i, dsNext
		}
		y += r.h
	}
	sheets = append(sheets, rows[from:])
	for i, sheet := range sheets {
		d.AddPage()
		s.slipHead(d, o, bars, i+1, len(sheets))
		y := dsNext
		if i == 0 {
			s.slipTo(d, o)
			y = dsTop
		}
		slipTitles(d, y-7.2)
		for _, r := range sheet {
			r.draw(d, y)
			y += r.h
		}
		if i+1 < len(sheets) {
			d.Text(dsRight, y+6, "次のページへつづく", right(reg(9)))
			continue
		}
		qty := 0
		for _, r := range rows {
			qty += r.qty
		}
		d.Line(dsLeft, y, dsRight, y, plThick)
		d.Text(dsLeft+1.5, y+6, fmt.Sprintf("合計　%s 行", group(len(rows))), bold(10.5))
		d.Text(173, y+6, group(qty), right(bold(12)))
		s.slipNotes(d, o, rows)
	}
	return len(sheets), nil
}

func (s *Slips) slipHead(d *pdf.Doc, o *PickOrder, bars []bool, page, pages int) {
	d.Text(dsLeft, 22, "納品案内書", bold(22))
	d.Text(dsLeft, 30, s.List.ShopName+"　"+s.List.DeskName, fit(bold(11), 100))
	if s.List.ShopFax != "" {
		d.Text(dsLeft, 35.4, "FAX "+s.List.ShopFax, reg(10))
	}
	bw := float64(len(bars)) * 0.4
	d.Modules(dsRight-bw, 12, bw, 10, [][]bool{bars})
	d.Text(dsRight, 26.6, "ご注文番号 "+o.Number.Grouped(), right(bold(10.5)))
	which := ""
	if o.split() {
		which = "お荷物 " + o.shipment() + "　"
	}
	d.Text(dsRight, 32.4, fmt.Sprintf("%s%d / %d ページ", which, page, pages), right(reg(10)))
	d.Text(dsLeft, plFoot, s.List.sender(), fit(reg(8.5), 110))
	d.Text(dsRight, plFoot-4.2, "出荷元 "+s.List.WarehouseName, right(fit(reg(8.5), dsRight-dsLeft)))
	d.Text(dsRight, plFoot, s.List.Number.Grouped(), right(fit(reg(8.5), 60)))
}

// slipTo is whom the goods are for, and when.
func (s *Slips) slipTo(d *pdf.Doc, o *PickOrder) {
	d.Line(dsLeft, 39, dsRight, 39, plThick)
	name := smaller(o.Customer, 92, typeset.Bold, 13, 10, 8.5)
	top, leading, w := 47.0, 4.2, 0.0
	switch len(name.lines) {
	case 2:
		top = 44.6
	case 3:
		top, leading = 43.3, 3.6
	}
	for i, s := range name.lines {
		w = d.Text(dsLeft, top+leading*float64(i), s, name.style)
	}
	d.Text(dsLeft+w+2, top+leading*float64(max(0, len(name.lines)-1)), "御中", fit(reg(11), 6.5))
	d.Text(dsLeft, 55, "お届け先", reg(9))
	to := 55.0
	const toLine = 4.3
	for _, line := range atMost(3, typeset.Wrap(o.ShipTo.Name, 86, 10, typeset.Regular)) {
		d.Text(dsLeft+17, to, line, reg(10))
		to += toLine
	}
	for _, line := range atMost(3, typeset.Wrap(address(o.ShipTo), 86, 9.5, typeset.Regular)) {
		d.Text(dsLeft+17, to+1, line, reg(9.5))
		to += toLine
	}
	y := 47.0
	for _, r := range [][2]string{
		{"お届け予定日", day(o.ArrivalOn)}, {"出荷日", day(s.List.ShipOn)}, {"ご注文日", orderDay(o.ReceivedAt)}, {"ご注文方法", channelName(o.Channel)}, {"お客様コード", o.CustomerCode},
	} {
		if r[1] == "" {
			continue
		}
		d.Text(126, y, r[0], reg(9))
		st := reg(10.5)
		if r[0] == "お届け予定日" {
			st = bold(12)
		}
		d.Text(dsRight, y, r[1], right(fit(st, 48)))
		y += 6.4
	}
	d.Text(dsLeft, 82.5, "このたびはご注文をいただき、誠にありがとうございます。下記の商品をお届けいたします。", fit(reg(10), dsRight-dsLeft))
}

func orderDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return day(order.DateOf(t))
}

func slipTitles(d *pdf.Doc, y float64) {
	d.Shade(dsLeft, y, dsRight-dsLeft, 6.6, plShade)
	base := y + 4.7
	d.Text(dsLeft+4, base, "行", center(bold(9)))
	d.Text(25, base, "商品コード", bold(9))
	d.Text(48, base, "商品名", bold(9))
	d.Text(157, base, "ご注文数", right(bold(9)))
	d.Text(173, base, "今回数量", right(bold(9)))
	d.Text(178, base, "単位", bold(9))
}

func (r slipRow) draw(d *pdf.Doc, y float64) {
	base := y + plPad + 3.1
	d.Text(dsLeft+4, base, strconv.Itoa(r.line.LineNo), center(reg(plText)))
	r.code.draw(d, 25, base, plLine)
	textLines(d, 48, y, r.name, reg(plText+0.5))
	if r.line.OrderedQty > 0 {
		d.Text(157, base, group(r.line.OrderedQty), right(fit(reg(10), 15)))
	}
	d.Text(173, base, group(r.qty), right(fit(bold(11), 14.5)))
	r.unit.draw(d, 178, base, plLine)
	at := float64(r.above) * plLine
	if len(r.note.lines) > 0 {
		d.Text(27, base+at, "行コメント", reg(8.5))
		textLines(d, 48, y+at, r.note.lines, reg(plText))
	}
	if r.note.image != nil {
		yi := y + r.h - r.note.imageHeight()
		if len(r.note.lines) == 0 {
			d.Text(27, yi+3.4, "行コメント", reg(8.5))
		}
		r.note.drawImage(d, 48, yi)
	}
	d.Line(dsLeft, y+r.h, dsRight, y+r.h, plHair)
}

// slipNotes stand at the foot of a slip's last page.
func (s *Slips) slipNotes(d *pdf.Doc, o *PickOrder, rows []slipRow) {
	var notes []string
	if o.split() {
		notes = append(notes, "ご注文の商品は、複数のお荷物に分けてお届けします。ほかのお荷物は別便でお届けします。")
	}
	if slices.ContainsFunc(rows, func(r slipRow) bool { return r.line.OrderedQty > r.qty }) {
		notes = append(notes, "今回数量がご注文数より少ない商品の残りについては、別途ご案内のとおりです。")
	}
	if o.FeeYen > 0 {
		notes = append(notes, fmt.Sprintf("このご注文には、送料 %s円（税抜）を一度だけ申し受けます。", o.FeeYen.Grouped()))
	}
	notes = append(notes, "この案内書は請求書・領収書ではありません。代金は別途ご請求いたします。")
	if s.Returns {
		notes = append(notes, "返品・交換をご希望の場合は、次の用紙（返品依頼書）にご記入のうえ、FAXでお送りください。")
	}
	y := 262.0
	for _, n := range notes {
		d.Text(dsLeft, y, "・", reg(9))
		d.Text(dsLeft+3.4, y, n, fit(reg(9), dsRight-dsLeft-3.4))
		y += 4.9
	}
}
