package form

import (
	"fmt"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/templates/barcode"
	"todoke/templates/typeset"
)

// ReturnOptions say which shipment a return request form (返品依頼書) is for. The zero ReturnOptions
// make a blank form of the sample shop, on which everything is written by hand.
type ReturnOptions struct {
	Shop Shop // zero: SampleShop
	Days int  // RET-1: how long after delivery a return may be asked for; 0 prints none

	Order        order.Number // "" makes a blank form
	Shipment     int          // 1 to 99
	CustomerCode string
	Customer     string // company and department
	Fax          string // the customer's registered number; digits get hyphens
	ArrivalOn    order.Date
	Lines        []ReturnLine
}

// ReturnLine is a delivered line that may be returned.
type ReturnLine struct {
	LineNo     int    `json:"line"` // of the order
	ItemCode   string `json:"item_code"`
	Name       string `json:"name"`
	Unit       string `json:"unit"`
	Qty        int    `json:"quantity"`   // delivered
	Returnable bool   `json:"returnable"` // RET-2: whether it can be returned for the customer's own reasons
}

// Reasons are the marks of a return request form (RET-6), as their fields are named.
func Reasons() []string { return []string{"changed_mind", "wrong_item", "damaged", "defective"} }

// Geometry of the return request form, version 1, in mm. Boxes, rows and marks are as on the order
// form, so that one sheet is found as easily as the other.
const (
	r1Lines    = 12
	r1OrderW   = 44.0
	r1DayX     = 150.0
	r1NameX    = 27.0
	r1NameW    = 72.0
	r1PhoneX   = 103.0
	r1PhoneW   = 50.0
	r1ItemW    = 76.0
	r1DoneX    = 113.0 // right edge of the delivered quantity
	r1QtyX     = 117.0
	r1ReasonX  = 149.0
	r1Reason   = 11.0 // from one mark to the next
	r1RefundX  = 76.0
	r1ReplaceX = 117.0
	r1NumberW  = 58.5 // 156 modules of 0.375
)

// returnV1 is the geometry of the return request form, version 1.
func returnV1() Layout {
	l := Layout{
		Form: KindReturn, Version: 1, Page: Page{o1PageW, o1PageH}, FrameMM: o1Frame,
		QR: box(o1QRX, o1QRY, o1QRSide, o1QRSide),
	}
	corner := func(cx, cy, side float64) {
		l.Marks = append(l.Marks, Mark{MarkCorner, box(cx-side/2, cy-side/2, side, side)})
	}
	corner(o1MarkX, o1MarkY, o1Corner)
	corner(o1PageW-o1MarkX, o1MarkY, o1Corner)
	corner(o1MarkX, o1PageH-o1MarkY, o1Corner)
	corner(o1PageW-o1MarkX, o1PageH-o1MarkY, o1Odd)
	timing := func(cy float64) {
		for _, cx := range []float64{o1MarkX, o1PageW - o1MarkX} {
			l.Marks = append(l.Marks, Mark{MarkTiming, box(cx-o1TimingW/2, cy-o1TimingH/2, o1TimingW, o1TimingH)})
		}
	}
	field := func(name string, kind FieldKind, cells ...Box) {
		l.Fields = append(l.Fields, Field{Name: name, Kind: kind, Cells: cells})
	}

	field("qr", FieldPrinted, l.QR)
	field("form_number", FieldPrinted, box(o1NumberX, o1NumberY, r1NumberW, o1NumberH))
	timing(o1HeadY + o1CellH/2)
	field("order_number", FieldImage, box(o1Fields, o1HeadY-0.5, r1OrderW, o1CommentH))
	field("customer_code", FieldDigits, row(o1ShipToX, o1HeadY, customerDigits)...)
	timing(o1OrdererY + o1OrdererH/2)
	field("orderer_name", FieldImage, box(r1NameX, o1OrdererY, r1NameW, o1OrdererH))
	field("orderer_phone", FieldImage, box(r1PhoneX, o1OrdererY, r1PhoneW, o1OrdererH))
	for i := range r1Lines {
		y := o1LinesY + float64(i)*o1Row
		timing(y + o1CellH/2)
		field(line(i, "item"), FieldImage, box(o1Fields, y+(o1CellH-o1CommentH)/2, r1ItemW, o1CommentH))
		field(line(i, "quantity"), FieldDigits, row(r1QtyX, y, 4)...)
		for k, reason := range Reasons() {
			field(line(i, "reason."+reason), FieldMark, box(r1ReasonX+float64(k)*r1Reason, y+(o1CellH-o1MarkSize)/2, o1MarkSize, o1MarkSize))
		}
	}
	timing(o1TotalY + o1CellH/2)
	markY := o1TotalY + (o1CellH-o1MarkSize)/2
	field("wish.refund", FieldMark, box(r1RefundX, markY, o1MarkSize, o1MarkSize))
	field("wish.replacement", FieldMark, box(r1ReplaceX, markY, o1MarkSize, o1MarkSize))
	timing(o1NoteY + o1NoteH/2)
	field("note", FieldImage, box(o1Fields, o1NoteY, o1Right-o1Fields, o1NoteH))
	return l
}

// ReturnSheets makes out a shipment's return request form, on as many sheets as its lines take;
// without an order, one blank sheet.
func ReturnSheets(o ReturnOptions) ([]*Drawing, error) {
	if o.Shop == (Shop{}) {
		o.Shop = SampleShop
	}
	if o.Order == "" {
		d, err := returnSheet(o, Identity{Kind: KindReturn, Version: 1})
		return []*Drawing{d}, err
	}
	if n, err := order.ParseNumber(string(o.Order)); err != nil || n != o.Order {
		return nil, order.Invalid("", "order", fmt.Sprintf("%q is not an order number", o.Order))
	}
	sheets := (len(o.Lines) + r1Lines - 1) / r1Lines
	if o.Shipment < 1 || o.Shipment > 99 || sheets < 1 || sheets > MaxReturnSheets {
		return nil, order.Invalid("", "shipment", fmt.Sprintf("a return request form is for shipment 1 to 99 with 1 to %d lines, not for shipment %d with %d", r1Lines*MaxReturnSheets, o.Shipment, len(o.Lines)))
	}
	var out []*Drawing
	for i := range sheets {
		of := o
		of.Lines = o.Lines[i*r1Lines : min(len(o.Lines), (i+1)*r1Lines)]
		id := Identity{Kind: KindReturn, Version: 1, Order: string(o.Order), Shipment: o.Shipment, Rows: len(of.Lines)}
		if sheets > 1 {
			id.Sheet, id.Sheets = i+1, sheets
		}
		d, err := returnSheet(of, id)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func returnSheet(o ReturnOptions, id Identity) (*Drawing, error) {
	d := &Drawing{Layout: returnV1(), Title: "返品依頼書", Identity: id}
	qr, err := barcode.QR(id.Payload(), qrVersions)
	if err != nil {
		return nil, err
	}
	bars, err := barcode.Code128(id.Number())
	if err != nil {
		return nil, err
	}
	d.draw = func(c Canvas) { drawReturn(c, &d.Layout, id, o, qr, bars) }
	return d, nil
}

func drawReturn(c Canvas, l *Layout, id Identity, o ReturnOptions, qr [][]bool, bars []bool) {
	drawBoxes(c, l, id, qr, bars)

	regular := func(size float64) typeset.Style { return typeset.Style{Size: size} }
	bold := func(size float64) typeset.Style { return typeset.Style{Size: size, Weight: typeset.Bold} }
	fit := func(st typeset.Style, mm float64) typeset.Style { st.Fit = mm; return st }
	align := func(st typeset.Style, a typeset.Align) typeset.Style { st.Align = a; return st }

	receiver := 135.0
	if id.Sheets > 0 {
		receiver = 110
		c.Text(157, 15.5, id.sheetWords(), align(bold(13), typeset.Right))
	}
	c.Text(o1Left, 15.5, strings.TrimSpace(o.Shop.Name+"　"+o.Shop.Desk)+" 行", fit(bold(12), receiver))
	c.Text(o1Left, 28, "返品依頼書", bold(27))
	c.Text(80, 22.2, "返品受付FAX番号", bold(9.5))
	c.Text(80, 29.4, o.Shop.Fax, fit(bold(20), 76))
	c.Text(o1Left, 35.2, "返品される商品の行に、数量と理由（✓をひとつ）をご記入のうえ、上の番号へ送信してください。", fit(regular(9.5), o1HeadW))
	c.Text(o1Left, 39.6, "商品はお送りにならず、受付のご連絡をお待ちください。集荷にうかがいます。", fit(regular(9.5), o1HeadW))

	// How to write.
	c.Frame(o1Left, 42.6, o1Right-o1Left, 8.9, 0.3)
	c.Text(20.5, 48.3, "記入例", bold(9.5))
	for i := range 10 {
		x := 33.5 + 5.6*float64(i)
		c.Frame(x, 44, 4.4, 6.1, 0.3)
		c.Text(x+2.2, 48.9, string(rune('0'+i)), align(regular(14), typeset.Center))
	}
	c.Text(92, 46.5, "黒のペンで、枠からはみ出さないよう1枠に1字ずつご記入ください。", fit(regular(8.5), 98))
	c.Text(92, 50.3, "お返しにならない商品の行は、空欄のままで結構です。", fit(regular(8.5), 98))

	// Which shipment.
	c.Text(o1Fields, o1HeadY-2.2, "ご注文番号", regular(10.5))
	if id.Order != "" {
		c.Text(o1Fields, o1HeadY+5.2, o.Order.Grouped(), fit(bold(15), r1OrderW))
		for i, b := range l.Field("customer_code").Cells {
			if len(o.CustomerCode) == customerDigits {
				c.Text(b.X+b.W/2, b.Y+5.6, o.CustomerCode[i:i+1], align(regular(15), typeset.Center))
			}
		}
		if name := typeset.Wrap(o.Customer, o1Right-o1ShipToX, 7.5, typeset.Regular); len(name) < 2 {
			c.Text(o1ShipToX, o1HeadY-2.2, o.Customer, fit(regular(10.5), o1Right-o1ShipToX))
		} else {
			c.Text(o1ShipToX, o1HeadY-3.7, name[0], regular(7.5))
			c.Text(o1ShipToX, o1HeadY-0.9, restOf(name), fit(regular(7.5), o1Right-o1ShipToX))
		}
		day := "別途ご連絡"
		if !o.ArrivalOn.IsZero() {
			day = fmt.Sprintf("%d年%d月%d日", o.ArrivalOn.Year, int(o.ArrivalOn.Month), o.ArrivalOn.Day)
		}
		c.Text(r1DayX, o1HeadY+2.9, "お届け日", regular(9))
		c.Text(r1DayX, o1HeadY+7.1, day, fit(regular(10.5), o1Right-r1DayX))
	} else {
		c.Text(o1ShipToX, o1HeadY-1.4, "お客様コード", regular(10.5))
		c.Text(o1ShipToX+23, o1HeadY-1.4, "（8桁）", regular(8.5))
	}
	c.Text(r1NameX, o1OrdererY-1.3, "ご担当者名", regular(10.5))
	c.Text(r1PhoneX, o1OrdererY-1.3, "お電話番号", regular(10.5))
	if o.Fax != "" {
		c.Text(157, o1OrdererY-1.3, "ご登録のFAX番号", fit(regular(8.5), o1Right-157))
		c.Text(157, o1OrdererY+5.4, order.FormatPhone(o.Fax), fit(regular(10.5), o1Right-157))
	}

	// The lines.
	const headY = o1LinesY - 3.4
	c.Text(o1Left+3, headY, "行", align(bold(9.5), typeset.Center))
	c.Text(o1Fields, headY, "商品", regular(10.5))
	if id.Order != "" {
		c.Text(r1DoneX, headY, "納品数", align(regular(9), typeset.Right))
	} else {
		c.Text(o1Fields+9, headY, "（商品コードと商品名）", regular(8.5))
	}
	c.Text(r1QtyX, headY, "返品数量", regular(10.5))
	c.Text(r1QtyX+15.6, headY, "（右づめ）", fit(regular(8.5), 14))
	for k, words := range [][2]string{{"お客様", "都合"}, {"商品", "違い"}, {"破損", "汚損"}, {"不良", "故障"}} {
		x := r1ReasonX + float64(k)*r1Reason + o1MarkSize/2
		c.Text(x, headY-3.4, words[0], align(fit(regular(8.5), r1Reason-0.6), typeset.Center))
		c.Text(x, headY, words[1], align(fit(regular(8.5), r1Reason-0.6), typeset.Center))
	}
	c.Line(o1Left, o1LinesY-2, o1Right, o1LinesY-2, 0.5)
	some := false
	for i := range r1Lines {
		y := o1LinesY + float64(i)*o1Row
		if id.Order == "" {
			c.Text(o1Left+3, y+5.2, strconv.Itoa(i+1), align(bold(12), typeset.Center))
			continue
		}
		if i >= len(o.Lines) {
			if i == len(o.Lines) {
				c.Text(o1Fields, y+5.2, "（以下余白）", regular(9.5))
			}
			continue
		}
		it := o.Lines[i]
		c.Text(o1Left+3, y+5.2, strconv.Itoa(it.LineNo), align(bold(12), typeset.Center))
		code := it.ItemCode
		if !it.Returnable {
			code += "　＊"
			some = true
		}
		name := typeset.Wrap(it.Name, r1ItemW, 8.5, typeset.Regular)
		if len(name) < 2 || typeset.Width(it.Name, 9.5, typeset.Regular) < 1.05*r1ItemW {
			c.Text(o1Fields, y+2.4, code, fit(bold(10.5), r1ItemW))
			c.Text(o1Fields, y+6.9, it.Name, fit(regular(9.5), r1ItemW))
		} else {
			c.Text(o1Fields, y+1.4, code, fit(bold(9.5), r1ItemW))
			c.Text(o1Fields, y+4.8, name[0], fit(regular(8.5), r1ItemW))
			c.Text(o1Fields, y+8, restOf(name), fit(regular(8.5), r1ItemW))
		}
		const doneW, most = 10.5, 5 // of the characters of a usual quantity
		qty, size := order.Yen(it.Qty).Grouped(), 11.0
		if len(qty) > most {
			size = 8
		}
		c.Text(r1DoneX, y+2.6, qty, align(fit(bold(size), doneW), typeset.Right))
		if unit := typeset.Wrap(it.Unit, doneW, 6.5, typeset.Regular); len(unit) < 2 {
			c.Text(r1DoneX, y+6.9, it.Unit, align(fit(regular(8.5), doneW), typeset.Right))
		} else {
			c.Text(r1DoneX, y+5.7, unit[0], align(regular(6.5), typeset.Right))
			c.Text(r1DoneX, y+8.1, restOf(unit), align(fit(regular(6.5), doneW), typeset.Right))
		}
	}
	endY := o1LinesY + r1Lines*o1Row - 1.5
	c.Line(o1Left, endY, o1Right, endY, 0.5)

	c.Text(o1Fields, o1TotalY+5.2, "ご希望（✓をご記入）", fit(regular(11), 46))
	c.Text(r1RefundX+o1MarkSize+1.5, o1TotalY+5.2, "返品・ご返金", regular(11))
	c.Text(r1ReplaceX+o1MarkSize+1.5, o1TotalY+5.2, "良品と交換", regular(11))
	c.Text(r1ReplaceX+o1MarkSize+25, o1TotalY+5.2, "（商品違い・破損・不良の場合）", fit(regular(8.5), o1Right-r1ReplaceX-o1MarkSize-25))

	c.Text(o1Fields, o1NoteY-1.4, "ご連絡欄", regular(10.5))
	c.Text(o1Fields+17, o1NoteY-1.4, "（破損・不良の様子など）", regular(8.5))
	y := o1NoteY + o1NoteH + 5
	for _, s := range returnNotes(o, some) {
		c.Text(o1Left, y, "・", regular(9))
		c.Text(o1Left+3.2, y, s, fit(regular(9), o1Right-o1Left-3.2))
		y += 4.5
	}

	n := id.Number()
	groups := []string{n[:3], n[3:11], n[11:]}
	if id.Order != "" {
		groups = []string{n[:3], n[3:13], n[13:15], n[15:17], n[17:19], n[19:]}
	}
	c.Text(o1NumberX+o1Module*float64(len(bars))/2, o1NumberY+o1NumberH+4, strings.Join(groups, " "), align(regular(11), typeset.Center))
	c.Text(o1Right, o1NumberY+o1NumberH+4, strings.TrimSpace(fmt.Sprintf("返品依頼書　第%d版　%s", id.Version, id.sheetWords())), align(regular(9), typeset.Right))
	c.Text(o1Right, o1NumberY+o1NumberH-0.6, "四隅と左右の黒い印、QRコードには何も書かないでください", align(regular(8.5), typeset.Right))
}

// restOf is what stands on a text's second and last line: what does not fit there is cut off, and shown
// to be.
func restOf(lines []string) string {
	if len(lines) > 2 {
		return lines[1] + "…"
	}
	return lines[1]
}

// returnNotes are the terms at the foot of the form (RET-1, RET-2, RET-6).
func returnNotes(o ReturnOptions, notReturnable bool) []string {
	var out []string
	if o.Days > 0 {
		out = append(out, fmt.Sprintf("お届け日から%d日以内で、未使用・未開封の商品に限り承ります（商品違い・破損・不良の場合を除く）。", o.Days))
	}
	if notReturnable || o.Order == "" {
		s := "飲料・食品・書籍・受注生産品・名入れ品などは、お客様のご都合による返品を承れません。"
		if notReturnable {
			s = "＊印の商品は、お客様のご都合による返品を承れません（商品違い・破損・不良の場合は承ります）。"
		}
		out = append(out, s)
	}
	out = append(out, "商品違い・破損・不良の場合、引き取りの費用は当店が負担いたします。この用紙1枚につき1件の受付となります。",
		"受付番号と集荷日を、ご登録のFAX番号へお知らせします。")
	return out
}
