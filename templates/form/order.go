package form

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/templates/barcode"
	"todoke/templates/typeset"
)

// Options say whose form is printed. The zero Options print a blank form of the sample shop.
type Options struct {
	Shop  Shop  // zero: SampleShop
	Terms Terms // what is zero is not printed

	CustomerCode   string // 8 digits; "" prints a blank form
	CompanyName    string // printed where the customer would write it
	DepartmentName string
	Fax            string // the customer's registered number, to which we answer (FAX-3); digits get hyphens

	// Items are the customer's usual ones, printed in the first lines so that only quantities
	// are written. They need a customer code; at least UsualFree lines of a sheet stay empty.
	Items []Item
}

// Item is what a personal form prints of an item.
type Item struct {
	Code string // 7 digits
	Name string
	Unit string // how it is counted, such as 箱; "" prints none
}

// UsualFree is how many lines of a personal form's sheet are left for other items.
const UsualFree = 3

// SheetItems is how many items one sheet can name, MaxItems how many a customer's form can.
const (
	SheetItems = o1Lines - UsualFree
	MaxItems   = MaxSheets * SheetItems
)

// Shop is who receives the form.
type Shop struct {
	Name string
	Desk string // the desk's name
	Fax  string // as printed, with hyphens
}

// SampleShop is the invented shop of the samples. Its number is of an area code without such
// exchanges, so nobody's telephone rings.
var SampleShop = Shop{Name: "とどけオフィス通販", Desk: "お客様サービスデスク", Fax: "03-0000-2417"}

// Terms are the shop's business numbers that the form tells the customer. They come from the
// rules' settings and the region table; a number that is zero is not printed.
type Terms struct {
	// OwnRegion tells that cut-offs and days are those of the region in which the customer lies;
	// else they are Honshu's, and the form says so.
	OwnRegion      bool
	CutoffFax      order.Clock // CUT-2
	LeadDays       int         // CUT-5: business days from acceptance to arrival
	CutoffTruck    order.Clock // CUT-6
	TruckLeadDays  int         // CUT-6
	DesignatedDays int         // CUT-7: how far ahead a date may be designated
	FreeFromYen    order.Yen   // FEE-1: goods ex tax from which delivery is free
	FeeYen         order.Yen   // FEE-1: ex tax
}

// Geometry of the order form, version 1, in mm. Boxes are 5 × 7 with 2 between them and 3.5
// between rows; all type is at least 8.5 points, all lines 0.3, for 204 × 98 dpi.
const (
	o1Lines = 12 // order lines

	o1CellW, o1CellH = 5.0, 7.0
	o1Pitch          = 7.0  // from one box to the next
	o1Row            = 10.5 // from one order line to the next
	o1Frame          = 0.3

	o1Left, o1Right = 19.0, 191.0 // of the printed area between the timing marks
	o1Fields        = 27.0        // where the fields begin
	o1HeadW         = 139.0       // of the head's lines: the QR code keeps its quiet zone

	o1HeadY    = 58.0 // customer code, ship-to, date
	o1OrdererY = 71.0
	o1OrdererH = 9.0
	o1LinesY   = 91.5 // first order line's boxes
	o1TotalY   = 221.0
	o1NoteY    = 235.0
	o1NoteH    = 12.0

	o1ShipToX   = 91.0
	o1MonthX    = 122.0
	o1DayX      = 143.0
	o1QtyX      = 80.0
	o1TotalX    = 73.0 // its last box stands under the quantities' last
	o1CommentX  = 111.0
	o1CommentH  = 8.0
	o1MarkSize  = 5.0
	o1BackX     = 113.0
	o1CancelX   = 152.0
	o1CompanyW  = 72.0
	o1NameX     = 103.0
	o1NameW     = 42.0
	o1PhoneX    = 149.0
	o1PhoneW    = 42.0
	o1QRX       = 163.8
	o1QRY       = 12.0
	o1QRSide    = 25.2 // 21 modules of 1.2
	o1NumberX   = 27.0
	o1NumberY   = 274.0
	o1NumberW   = 37.875 // 101 modules of 0.375
	o1Module    = 0.375
	o1NumberH   = 8.0
	o1Corner    = 6.0 // side of the corner squares
	o1Odd       = 4.0 // side of the one at the bottom right
	o1MarkX     = 12.0
	o1MarkY     = 13.0
	o1TimingW   = 5.0
	o1TimingH   = 2.5
	o1PageW     = 210.0
	o1PageH     = 297.0
	o1TotalDigs = 5
)

// row is n boxes from x, y.
func row(x, y float64, n int) []Box {
	cells := make([]Box, n)
	for i := range cells {
		cells[i] = box(x+float64(i)*o1Pitch, y, o1CellW, o1CellH)
	}
	return cells
}

// box is a Box in whole thousandths of a millimetre.
func box(x, y, w, h float64) Box {
	r := func(v float64) float64 { return math.Round(v*1000) / 1000 }
	return Box{r(x), r(y), r(w), r(h)}
}

// line is the name of a field of order line i, 0-based here and 1-based there.
func line(i int, field string) string { return fmt.Sprintf("lines[%d].%s", i+1, field) }

// orderV1 is the geometry of the order form, version 1.
func orderV1() Layout {
	l := Layout{
		Form: KindOrder, Version: 1, Page: Page{o1PageW, o1PageH}, FrameMM: o1Frame,
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
	field("form_number", FieldPrinted, box(o1NumberX, o1NumberY, o1NumberW, o1NumberH))

	timing(o1HeadY + o1CellH/2)
	field("customer_code", FieldDigits, row(o1Fields, o1HeadY, customerDigits)...)
	field("ship_to", FieldDigits, row(o1ShipToX, o1HeadY, 3)...)
	field("delivery_month", FieldDigits, row(o1MonthX, o1HeadY, 2)...)
	field("delivery_day", FieldDigits, row(o1DayX, o1HeadY, 2)...)

	timing(o1OrdererY + o1OrdererH/2)
	field("company_name", FieldImage, box(o1Fields, o1OrdererY, o1CompanyW, o1OrdererH))
	field("orderer_name", FieldImage, box(o1NameX, o1OrdererY, o1NameW, o1OrdererH))
	field("orderer_phone", FieldImage, box(o1PhoneX, o1OrdererY, o1PhoneW, o1OrdererH))

	for i := range o1Lines {
		y := o1LinesY + float64(i)*o1Row
		timing(y + o1CellH/2)
		field(line(i, "item_code"), FieldDigits, row(o1Fields, y, itemDigits)...)
		field(line(i, "quantity"), FieldDigits, row(o1QtyX, y, 4)...)
		field(line(i, "comment"), FieldImage, box(o1CommentX, y+(o1CellH-o1CommentH)/2, o1Right-o1CommentX, o1CommentH))
	}

	timing(o1TotalY + o1CellH/2)
	field("total_quantity", FieldDigits, row(o1TotalX, o1TotalY, o1TotalDigs)...)
	markY := o1TotalY + (o1CellH-o1MarkSize)/2
	field("stockout.backorder", FieldMark, box(o1BackX, markY, o1MarkSize, o1MarkSize))
	field("stockout.cancel", FieldMark, box(o1CancelX, markY, o1MarkSize, o1MarkSize))

	timing(o1NoteY + o1NoteH/2)
	field("note", FieldImage, box(o1Fields, o1NoteY, o1Right-o1Fields, o1NoteH))
	return l
}

// Order makes out an order form of one sheet in its current version. The customer code must be 8
// digits or empty; the error names the field.
func Order(o Options) (*Drawing, error) {
	if len(o.Items) > SheetItems {
		return nil, order.Invalid("", "items", fmt.Sprintf("%d items do not fit: a sheet names at most %d and leaves %d lines for others", len(o.Items), SheetItems, UsualFree))
	}
	sheets, err := OrderSheets(o)
	if err != nil {
		return nil, err
	}
	return sheets[0], nil
}

// OrderSheets makes out an order form of as many sheets as the items take. Each is an order of its
// own, with a total of its own; what holds for Order's options holds here.
func OrderSheets(o Options) ([]*Drawing, error) {
	if c := o.CustomerCode; c != "" && (len(c) != customerDigits || !digits(c) || strings.Trim(c, "0") == "") {
		return nil, order.Invalid("", "customer_code", fmt.Sprintf("the customer code %q must be %d digits", c, customerDigits))
	}
	if len(o.Items) > 0 && o.CustomerCode == "" {
		return nil, order.Invalid("", "items", "items are printed on a customer's own form: give the customer code too")
	}
	if len(o.Items) > MaxItems {
		return nil, order.Invalid("", "items", fmt.Sprintf("%d items do not fit: a form names at most %d, %d on each of %d sheets", len(o.Items), MaxItems, SheetItems, MaxSheets))
	}
	for i, it := range o.Items {
		if len(it.Code) != itemDigits || !digits(it.Code) {
			return nil, order.Invalid("", "items", fmt.Sprintf("the item code %q must be %d digits", it.Code, itemDigits))
		}
		if slices.ContainsFunc(o.Items[:i], func(other Item) bool { return other.Code == it.Code }) {
			return nil, order.Invalid("", "items", fmt.Sprintf("the item %s is named twice", it.Code))
		}
	}
	if o.Shop == (Shop{}) {
		o.Shop = SampleShop
	}
	if len(o.Items) <= SheetItems {
		d, err := orderSheet(o, 0, 0)
		if err != nil {
			return nil, err
		}
		return []*Drawing{d}, nil
	}
	var sheets []*Drawing
	n := (len(o.Items) + SheetItems - 1) / SheetItems
	for items := range slices.Chunk(o.Items, SheetItems) {
		of := o
		of.Items = items
		d, err := orderSheet(of, len(sheets)+1, n)
		if err != nil {
			return nil, err
		}
		sheets = append(sheets, d)
	}
	return sheets, nil
}

// orderSheet makes out one sheet, of several where sheets is not 0.
func orderSheet(o Options, sheet, sheets int) (*Drawing, error) {
	d := &Drawing{Layout: orderV1(), Title: "FAX注文書"}
	d.Identity = Identity{Kind: KindOrder, Version: d.Layout.Version, CustomerCode: o.CustomerCode, Rows: len(o.Items), Sheet: sheet, Sheets: sheets}
	qr, err := barcode.QR(d.Identity.Payload(), qrVersions)
	if err != nil {
		return nil, err
	}
	bars, err := barcode.Code128(d.Identity.Number())
	if err != nil {
		return nil, err
	}
	d.draw = func(c Canvas) { drawOrder(c, &d.Layout, d.Identity, o, qr, bars) }
	return d, nil
}

// drawBoxes draws what a reader finds a form and its fields by: marks, boxes, QR code and bar code.
func drawBoxes(c Canvas, l *Layout, id Identity, qr [][]bool, bars []bool) {
	for _, m := range l.Marks {
		c.Fill(m.X, m.Y, m.W, m.H)
	}
	for _, f := range l.Fields {
		if f.Kind == FieldPrinted || id.Named(f.Name) {
			continue
		}
		for _, b := range f.Cells {
			c.Frame(b.X, b.Y, b.W, b.H, l.FrameMM)
		}
	}
	c.Modules(l.QR.X, l.QR.Y, l.QR.W, l.QR.H, qr)
	number := l.Field("form_number").Cells[0]
	c.Modules(number.X, number.Y, o1Module*float64(len(bars)), number.H, [][]bool{bars})
}

func drawOrder(c Canvas, l *Layout, id Identity, o Options, qr [][]bool, bars []bool) {
	drawBoxes(c, l, id, qr, bars)

	regular := func(size float64) typeset.Style { return typeset.Style{Size: size} }
	bold := func(size float64) typeset.Style { return typeset.Style{Size: size, Weight: typeset.Bold} }
	fit := func(st typeset.Style, mm float64) typeset.Style { st.Fit = mm; return st }
	align := func(st typeset.Style, a typeset.Align) typeset.Style { st.Align = a; return st }

	// Head: who receives it, and what it is.
	receiver := 135.0
	if id.Sheets > 0 {
		receiver = 110
		c.Text(157, 15.5, id.sheetWords(), align(bold(13), typeset.Right))
	}
	c.Text(o1Left, 15.5, strings.TrimSpace(o.Shop.Name+"　"+o.Shop.Desk)+" 行", fit(bold(12), receiver))
	c.Text(o1Left, 28, "FAX注文書", bold(27))
	c.Text(80, 22.2, "ご注文専用FAX番号", bold(9.5))
	c.Text(80, 29.4, o.Shop.Fax, fit(bold(20), 76))
	how := "このままご記入のうえ、上の番号へ送信してください。送付状は不要です。"
	if len(o.Items) > 0 {
		how = "印刷済みの商品は数量だけをご記入ください（ご不要の行は空欄のままで結構です）。"
	}
	if id.Sheets > 0 {
		how = "数量だけをご記入ください。ご不要の行は空欄のまま、ご不要の用紙は送信不要です。"
	}
	c.Text(o1Left, 33.6, how, fit(regular(9.5), o1HeadW))
	if when, others := arrival(o.Terms); when != "" {
		c.Text(o1Left, 37.7, when, fit(bold(9.5), o1HeadW))
		c.Text(o1Left, 41.4, others, fit(regular(8.5), o1HeadW))
	}

	// How to write.
	c.Frame(o1Left, 42.6, o1Right-o1Left, 8.9, 0.3)
	c.Text(20.5, 48.3, "記入例", bold(9.5))
	for i := range 10 {
		x := 33.5 + 5.6*float64(i)
		c.Frame(x, 44, 4.4, 6.1, 0.3)
		c.Text(x+2.2, 48.9, string(rune('0'+i)), align(regular(14), typeset.Center))
	}
	c.Text(92, 46.5, "黒のペンで、枠からはみ出さないよう1枠に1字ずつご記入ください。", fit(regular(8.5), 98))
	c.Text(92, 50.3, "書き損じた行は、行全体を二重線で消して次の行にお書きください。", fit(regular(8.5), 98))

	// Customer, ship-to, date.
	label := func(x, y float64, s, small string, width float64) {
		w := c.Text(x, y, s, fit(regular(10.5), width)) // bold kanji of this size clog at 98 dpi
		if small != "" {
			c.Text(x+w+1, y, small, fit(regular(8.5), width-w-1))
		}
	}
	label(o1Fields, o1HeadY-1.4, "お客様コード", "（8桁）", 60)
	label(o1ShipToX, o1HeadY-1.4, "お届け先", "（3桁）", 30)
	label(o1MonthX, o1HeadY-1.4, "お届け希望日", "", 40)
	c.Text(o1MonthX+13.3, o1HeadY+5.4, "月", regular(11))
	c.Text(o1DayX+13.3, o1HeadY+5.4, "日", regular(11))
	c.Text(164, o1HeadY+2.9, "ご指定のない場合は", fit(regular(8.5), 27))
	c.Text(164, o1HeadY+6.5, "最短でお届けします", fit(regular(8.5), 27))
	inBoxes := func(field, code string) {
		for i, b := range l.Field(field).Cells[:len(code)] {
			c.Text(b.X+b.W/2, b.Y+5.6, code[i:i+1], align(regular(15), typeset.Center))
		}
	}
	inBoxes("customer_code", id.CustomerCode)

	// Who orders.
	label(o1Fields, o1OrdererY-1.3, "貴社名・部署名", "", o1CompanyW)
	label(o1NameX, o1OrdererY-1.3, "ご担当者名", "", o1NameW)
	label(o1PhoneX, o1OrdererY-1.3, "お電話番号", "", o1PhoneW)
	if o.CompanyName != "" || o.DepartmentName != "" {
		c.Text(o1Fields+1.5, o1OrdererY+3.9, o.CompanyName, fit(regular(9.5), o1CompanyW-3))
		c.Text(o1Fields+1.5, o1OrdererY+7.9, o.DepartmentName, fit(regular(9.5), o1CompanyW-3))
	}

	// The lines.
	const headY = o1LinesY - 3.4
	c.Text(o1Left+3, headY, "行", align(bold(9.5), typeset.Center))
	label(o1Fields, headY, "商品コード", "（7桁）", 47)
	label(o1QtyX, headY, "数量", "（右づめ）", 29)
	if len(o.Items) == 0 {
		label(o1CommentX, headY, "行コメント", "（納品書のその行に印字します）", o1Right-o1CommentX)
	} else {
		label(o1CommentX, headY, "品名", "（枠のある行は行コメント：納品書のその行に印字します）", o1Right-o1CommentX)
	}
	c.Line(o1Left, o1LinesY-2, o1Right, o1LinesY-2, 0.5)
	for i := range o1Lines {
		y := o1LinesY + float64(i)*o1Row
		c.Text(o1Left+3, y+5.2, strconv.Itoa(i+1), align(bold(12), typeset.Center))
		if i >= len(o.Items) {
			continue
		}
		it := o.Items[i]
		inBoxes(line(i, "item_code"), it.Code)
		name := it.Name
		if it.Unit != "" {
			name += "（" + it.Unit + "）"
		}
		named(c, name, y)
	}
	endY := o1LinesY + o1Lines*o1Row - 1.5
	c.Line(o1Left, endY, o1Right, endY, 0.5)

	// Total and stock-out preference.
	total, sum := "合計数量", "（全行の数量の合計・右づめ）"
	if id.Sheets > 0 {
		total, sum = "この用紙の合計数量", "（1枚で1件のご注文です・右づめ）"
	}
	c.Text(o1TotalX-2.5, o1TotalY+3, total, align(fit(regular(12), 48), typeset.Right))
	c.Text(o1TotalX-2.5, o1TotalY+6.7, sum, align(fit(regular(8.5), 48), typeset.Right))
	label(o1CommentX, o1TotalY-0.9, "品切れの場合", "（✓をご記入。空欄はご登録どおり）", o1Right-o1CommentX)
	c.Text(o1BackX+o1MarkSize+1.5, o1TotalY+5.2, "入荷次第配送", regular(11))
	c.Text(o1CancelX+o1MarkSize+1.5, o1TotalY+5.2, "キャンセル", regular(11))

	label(o1Fields, o1NoteY-1.4, "ご連絡欄", "（配送時間のご希望など、注文全体に関すること）", o1Right-o1Fields)

	y := o1NoteY + o1NoteH + 5
	for _, s := range notes(o) {
		c.Text(o1Left, y, "・", regular(9))
		c.Text(o1Left+3.2, y, s, fit(regular(9), o1Right-o1Left-3.2))
		y += 4.5
	}

	// Foot: the number once more for people, and the version.
	n := id.Number()
	groups := []string{n[:3], n[3:11]}
	for rest := n[11:]; rest != ""; rest = rest[min(2, len(rest)):] {
		groups = append(groups, rest[:min(2, len(rest))])
	}
	c.Text(o1NumberX+o1Module*float64(len(bars))/2, o1NumberY+o1NumberH+4, strings.Join(groups, " "), align(regular(11), typeset.Center))
	c.Text(o1Right, o1NumberY+o1NumberH+4, strings.TrimSpace(fmt.Sprintf("FAX注文書　第%d版　%s", id.Version, id.sheetWords())), align(regular(9), typeset.Right))
	c.Text(o1Right, o1NumberY+o1NumberH-0.6, "四隅と左右の黒い印、QRコードには何も書かないでください", align(regular(8.5), typeset.Right))
}

// named prints an item's name beside its line: in one line where it fits at a size that stays
// legible, else in two.
func named(c Canvas, name string, y float64) {
	const width, size, small = o1Right - o1CommentX, 11.0, 9.0
	if typeset.Width(name, size, typeset.Regular) <= width*1.15 {
		c.Text(o1CommentX, y+4.9, name, typeset.Style{Size: size, Fit: width})
		return
	}
	lines := typeset.Wrap(name, width, small, typeset.Regular)
	if len(lines) > 2 {
		lines = []string{lines[0], strings.Join(lines[1:], "")}
	}
	for i, s := range lines {
		c.Text(o1CommentX, y+2.9+4*float64(i), s, typeset.Style{Size: small, Fit: width})
	}
}

// arrival says until when an order is for today and when its goods come, and that it is
// otherwise elsewhere.
func arrival(t Terms) (when, others string) {
	if t.CutoffFax == (order.Clock{}) {
		return "", ""
	}
	where := "本州へは"
	others = "四国・九州・北海道・沖縄・離島は、締切が早い、またはお届けまでの日数が長くなります。"
	if t.OwnRegion {
		where, others = "ご登録のご住所へは", "ほかの地域へお届けする場合は、締切とお届けまでの日数が異なることがあります。"
	}
	return fmt.Sprintf("%s、%s までに届いたご注文は当日受付、%sにお届けします。", where, t.CutoffFax, afterDays(t.LeadDays)), others
}

// afterDays says how many business days later, as people do.
func afterDays(n int) string {
	switch n {
	case 0:
		return "当日"
	case 1:
		return "翌営業日"
	case 2:
		return "翌々営業日"
	}
	return strconv.Itoa(n) + "営業日後"
}

// notes are the terms at the foot of the form.
func notes(o Options) []string {
	var out []string
	t := o.Terms
	s := "日曜・祝日・特別休業日はお届けできません。土曜日は、お届け希望日にご指定いただいた場合に限りお届けします（一部商品を除く）。"
	out = append(out, s)
	if t.CutoffTruck != (order.Clock{}) {
		where := "（本州）"
		if t.OwnRegion {
			where = ""
		}
		out = append(out, fmt.Sprintf("トラックマーク商品は %s までの受付で%sのお届けです%s。電話マーク商品は、担当販売店よりお届け日をご連絡します。", t.CutoffTruck, afterDays(t.TruckLeadDays), where))
	}
	if t.DesignatedDays > 0 {
		out = append(out, fmt.Sprintf("お届け希望日は、ご注文日から%d日以内でご指定ください。お届け先の記入がない場合は、ご登録のご住所にお届けします。", t.DesignatedDays))
	}
	if t.FreeFromYen > 0 {
		out = append(out, fmt.Sprintf("商品代金の合計が %s円（税抜）未満の場合は、送料 %s円（税抜）を申し受けます。", t.FreeFromYen.Grouped(), t.FeeYen.Grouped()))
	}
	if o.Fax != "" {
		out = append(out, fmt.Sprintf("受付内容は、ご登録のFAX番号（%s）へお知らせします。お電話や電子メールでのご注文は承っておりません。", order.FormatPhone(o.Fax)))
	} else {
		out = append(out, "受付内容は、ご登録のFAX番号へお知らせします。お電話や電子メールでのご注文は承っておりません。")
	}
	return out
}
