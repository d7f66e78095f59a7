package document

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/barcode"
	"todoke/templates/pdf"
	"todoke/templates/typeset"
)

// The pick list's page: A4 upright, as it goes on a clipboard. Lengths in mm, type in points.
const (
	plLeft, plRight = 10.0, 200.0
	plHeadRule      = 33.0  // end of the head that every page repeats
	plTop           = 43.5  // first row, under the column titles
	plBottom        = 283.0 // last row's end
	plFoot          = 290.0

	plShade  = 232 // heads of tables and items
	plHair   = 0.15
	plThin   = 0.25
	plThick  = 0.5
	plText   = 9.0
	plLine   = 4.1 // leading of plText
	plPad    = 1.7 // above and below a row's text
	plBox    = 3.6 // side of a tick box
	plModule = 0.35
)

// part is one of the list's two halves.
type part int

const (
	partItems  part = iota // by item: what to fetch
	partOrders             // by order: how to sort it
)

func (p part) title() string {
	if p == partItems {
		return "商品別　集品"
	}
	return "注文別　仕分け・検品"
}

// sheet is one page as it is put together: drawn when the number of pages is known.
type sheet struct {
	part part
	draw []func(d *pdf.Doc)
}

// flow lays rows out over pages.
type flow struct {
	sheets []*sheet
	y      float64
}

func (f *flow) newPage(p part) {
	f.sheets = append(f.sheets, &sheet{part: p})
	f.y = plTop
}

// fits tells whether h more mm fit on the page.
func (f *flow) fits(h float64) bool { return f.y+h <= plBottom+1e-6 }

// add places something h mm high at the current position.
func (f *flow) add(h float64, draw func(d *pdf.Doc, y float64)) {
	y := f.y
	s := f.sheets[len(f.sheets)-1]
	s.draw = append(s.draw, func(d *pdf.Doc) { draw(d, y) })
	f.y = pdf.Round(f.y + h)
}

func (f *flow) empty() bool { return f.y == plTop }

// Styles.
func reg(size float64) typeset.Style  { return typeset.Style{Size: size} }
func bold(size float64) typeset.Style { return typeset.Style{Size: size, Weight: typeset.Bold} }
func right(s typeset.Style) typeset.Style {
	s.Align = typeset.Right
	return s
}

func center(s typeset.Style) typeset.Style {
	s.Align = typeset.Center
	return s
}

func fit(s typeset.Style, mm float64) typeset.Style {
	s.Fit = mm
	return s
}

// RenderPDF writes the pick list as a PDF: first by item, for fetching, then by order, for
// sorting and checking. Every page repeats head and column titles and tells x of y.
func (p *PickList) RenderPDF(w io.Writer) error {
	listBars, err := barcode.Code128(string(p.Number))
	if err != nil {
		return fmt.Errorf("render pick list %s: %w", p.Number, err)
	}
	f := &flow{}
	if p.has(order.HalvesTotal) {
		p.flowItems(f)
	}
	if p.has(order.HalvesOrders) {
		if err := p.flowOrders(f); err != nil {
			return fmt.Errorf("render pick list %s: %w", p.Number, err)
		}
	}

	d := pdf.New(pdf.A4Width, pdf.A4Height, pdf.Info{
		Title:   "ピッキングリスト " + p.Number.Grouped(),
		Subject: fmt.Sprintf("%s %s %s", p.WarehouseName, p.ShipOn, className(p.Class)),
		Author:  p.ShopName, At: p.ReleasedAt,
	})
	copies := max(1, p.profile().Copies)
	for n := range copies {
		for i, s := range f.sheets {
			d.AddPage()
			p.head(d, s.part, listBars, i+1, len(f.sheets))
			if copies > 1 {
				d.Text(76, 33.4-2.8, fmt.Sprintf("%d部目／%d部", n+1, copies), reg(9))
			}
			for _, draw := range s.draw {
				draw(d)
			}
		}
	}
	return d.Output(w)
}

// day writes a date as Japanese documents do, with its weekday.
func day(d order.Date) string {
	if d.IsZero() {
		return "日付未定"
	}
	return fmt.Sprintf("%d年%d月%d日（%s）", d.Year, int(d.Month), d.Day, weekday(d))
}

func shortDay(d order.Date) string {
	if d.IsZero() {
		return "別途ご連絡"
	}
	return fmt.Sprintf("%d/%d（%s）", int(d.Month), d.Day, weekday(d))
}

// head draws what every page repeats.
func (p *PickList) head(d *pdf.Doc, pt part, bars []bool, page, pages int) {
	d.Text(plLeft, 16.5, "ピッキングリスト", bold(19))
	name, top := smaller(p.WarehouseName, 58, typeset.Bold, 13, 9), 24.2
	if len(name.lines) > 1 {
		top = 21.8
	}
	w := 0.0
	for i, s := range name.lines {
		w = d.Text(plLeft, top+3.7*float64(i), s, name.style)
	}
	d.Text(plLeft+w+2, top+3.7*float64(len(name.lines)-1), "御中", reg(10))
	d.Text(plLeft, 30.6, pt.title(), bold(11))

	x, y := 82.0, 13.2
	for _, r := range [][2]string{
		{"出荷日", day(p.ShipOn)},
		{"配送区分", className(p.Class)},
		{"出荷バッチ", p.Wave},
		{"発行", p.ReleasedAt.In(order.JST).Format("2006/01/02 15:04")},
	} {
		if r[1] == "" {
			continue
		}
		d.Text(x, y, r[0], reg(8.5))
		st := reg(10)
		if r[0] == "出荷日" || r[0] == "配送区分" {
			st = bold(11)
		}
		d.Text(x+18, y, r[1], fit(st, 48))
		y += 5.6
	}

	bw := float64(len(bars)) * 0.42
	d.Modules(plRight-bw, 9.5, bw, 11, [][]bool{bars})
	d.Text(plRight-bw/2, 25.2, p.Number.Grouped(), center(bold(11)))
	d.Text(plRight-bw/2, 30.2, fmt.Sprintf("%d / %d ページ", page, pages), center(reg(10)))

	d.Line(plLeft, plHeadRule, plRight, plHeadRule, plThick)
	const y0 = plHeadRule + 1.8
	d.Shade(plLeft, y0, plRight-plLeft, 6.4, plShade)
	for _, c := range p.columns(pt) {
		switch c.align {
		case typeset.Right:
			d.Text(c.x+c.w-1, y0+4.5, c.title, fit(right(bold(8.5)), c.w-1))
		case typeset.Center:
			d.Text(c.x+c.w/2, y0+4.5, c.title, fit(center(bold(8.5)), c.w))
		default:
			d.Text(c.x, y0+4.5, c.title, fit(bold(8.5), c.w-1))
		}
	}

	d.Text(plLeft, plFoot, p.sender(), fit(reg(8.5), 80))
	d.Text((plLeft+plRight)/2, plFoot, fmt.Sprintf("%d / %d ページ", page, pages), center(reg(8.5)))
	d.Text(plRight, plFoot, "リスト番号 "+p.Number.Grouped(), right(reg(8.5)))
}

type column struct {
	title string
	x, w  float64
	align typeset.Align
}

// heading tells what the partner calls a column.
func (p *PickList) heading() func(key string) string {
	profile := p.profile()
	return profile.Heading
}

// itemColumns are the columns of the half by item. In it the head of each item tells its place.
type itemColumns struct{ done, place, number, line, to, note, qty column }

func (p *PickList) itemColumns() itemColumns {
	t := p.heading()
	c := itemColumns{
		done:   column{"済", 10, 8, typeset.Center},
		place:  column{x: 20},
		number: column{t("order_number"), 20, 27, 0},
		line:   column{t("line"), 49, 8, typeset.Center},
		to:     column{t("ship_to"), 59, 61, 0},
		note:   column{t("comment"), 122, 56, 0},
		qty:    column{t("quantity"), 180, 20, typeset.Right},
	}
	if p.located() {
		c.place = column{t("location"), 19, 17, 0}
		c.number.x, c.line.x, c.to.x, c.to.w, c.note.x, c.note.w = 37, 66, 76, 53, 131, 47
	}
	return c
}

// orderColumns are the columns of the half by order.
type orderColumns struct{ done, line, place, code, name, qty, unit column }

func (p *PickList) orderColumns() orderColumns {
	t := p.heading()
	c := orderColumns{
		done: column{"済", 10, 8, typeset.Center},
		line: column{t("line"), 18, 8, typeset.Center},
		code: column{t("item_code"), 28, 22, 0},
		name: column{t("item_name"), 51, 113, 0},
		qty:  column{t("quantity"), 164, 22, typeset.Right},
		unit: column{t("unit"), 188, 12, 0},
	}
	if p.located() {
		c.place = column{t("location"), 28, 20, 0}
		c.code.x, c.name.x, c.name.w = 49, 72, 92
	}
	return c
}

// columns are a half's columns from left to right; one without a title is left out.
func (p *PickList) columns(pt part) []column {
	if pt == partItems {
		c := p.itemColumns()
		return []column{c.done, c.place, c.number, c.line, c.to, c.note, c.qty}
	}
	c := p.orderColumns()
	return []column{c.done, c.line, c.place, c.code, c.name, c.qty, c.unit}
}

// note is a line's comment made ready: broken into lines, its picture sized in mm.
type note struct {
	lines  []string
	image  *bilevel.Image
	iw, ih float64
}

// Bounds of a comment's picture in mm: handwriting is shown at the size it was written, unless
// it is larger than this.
const (
	noteMaxW, noteMaxH = 118.0, 14.0
	faxDPI             = 200.0 // where the picture's resolution is not known
)

// A cell is never taller than this many lines, so that every row fits a page. A comment cut
// short stands in full in the workbook.
const (
	mostNoteLines = 30
	mostNameLines = 6
)

// atMost cuts lines to n, the last then ending in "…".
func atMost(n int, lines []string) []string {
	if len(lines) > n {
		lines = append(slices.Clone(lines[:n-1]), lines[n-1]+"…")
	}
	return lines
}

func noteOf(l *PickLine, width float64) note {
	n := note{lines: atMost(mostNoteLines, typeset.Wrap(l.Comment, width, plText, typeset.Regular))}
	if m := l.CommentImage; m != nil && m.W > 0 && m.H > 0 {
		xd, yd := l.CommentXDPI, l.CommentYDPI
		if xd <= 0 || yd <= 0 {
			xd, yd = faxDPI, faxDPI
		}
		const mmPerInch = 25.4
		w, h := float64(m.W)/xd*mmPerInch, float64(m.H)/yd*mmPerInch
		k := min(1, noteMaxW/w, noteMaxH/h)
		n.image, n.iw, n.ih = m, w*k, h*k
	}
	return n
}

// imageHeight is the room under a row for its picture.
func (n note) imageHeight() float64 {
	if n.image == nil {
		return 0
	}
	return n.ih + 1.6
}

func (n note) drawImage(d *pdf.Doc, x, y float64) {
	if n.image != nil {
		d.Image(x, y, n.iw, n.ih, n.image)
		d.Frame(x-0.3, y-0.3, n.iw+0.6, n.ih+0.6, plHair)
	}
}

// textLines draws lines of a cell from the row's top.
func textLines(d *pdf.Doc, x, y float64, lines []string, st typeset.Style) {
	for i, s := range lines {
		d.Text(x, y+plPad+3.1+float64(i)*plLine, s, st)
	}
}

// cellText is a text made ready for a narrow cell: none of it is ever cut off, for nobody finds half a
// place or half a code.
type cellText struct {
	lines []string
	style typeset.Style
}

// wholeText sets a text on one line, smaller where it must be, and on several where it would become too
// small to be read.
func wholeText(s string, width float64, st typeset.Style) cellText {
	const least = 0.75
	s = typeset.Clean(s)
	switch k := width / max(typeset.Width(s, st.Size, st.Weight), 1e-9); {
	case k >= 1:
	case k >= least:
		st.Size *= k
	default:
		st.Size *= least
		return cellText{typeset.Wrap(s, width, st.Size, st.Weight), st}
	}
	return cellText{[]string{s}, st}
}

func (c cellText) draw(d *pdf.Doc, x, base, leading float64) {
	for i, s := range c.lines {
		d.Text(x, base+leading*float64(i), s, c.style)
	}
}

// smaller sets a text on one line in the first size, else on two in the second, and so on.
func smaller(s string, width float64, weight typeset.Weight, sizes ...float64) cellText {
	for i, size := range sizes {
		lines := typeset.Wrap(s, width, size, weight)
		if len(lines) <= i+1 || i+1 == len(sizes) {
			return cellText{atMost(i+1, lines), typeset.Style{Size: size, Weight: weight, Fit: width}}
		}
	}
	return cellText{}
}

func rowHeight(lines int) float64 { return 2*plPad + plLine*float64(max(1, lines)) }

// itemGroup are the picks of one item in one place.
type itemGroup struct {
	first pick
	picks []pick
	qty   int
}

func (p *PickList) groups() []itemGroup {
	var out []itemGroup
	picks := p.picks()
	if p.profile().Sort == order.SortOrder { // a total is of items, whatever else is wanted
		slices.SortStableFunc(picks, byPlace)
	}
	for _, k := range picks {
		if n := len(out); n > 0 && out[n-1].first.ItemCode == k.ItemCode && out[n-1].first.Location == k.Location {
			out[n-1].picks = append(out[n-1].picks, k)
			out[n-1].qty += k.Qty
			continue
		}
		out = append(out, itemGroup{first: k, picks: []pick{k}, qty: k.Qty})
	}
	return out
}

// flowItems lays out the first half: every item with its total, and for whom it is.
func (p *PickList) flowItems(f *flow) {
	f.newPage(partItems)
	cols := p.itemColumns()
	groups := p.groups()
	codeX := cols.number.x
	nameX := codeX + 24
	for _, g := range groups {
		const gaps = 5.5
		total := typeset.Width("計"+typeset.Clean(g.first.Unit), 9, typeset.Regular) + typeset.Width(group(g.qty), 13, typeset.Bold) + gaps
		name := atMost(mostNameLines, typeset.Wrap(g.first.ItemName, plRight-max(36, total)-nameX, 10, typeset.Bold))
		place, code := wholeText(g.first.Location, cols.place.w, bold(10)), wholeText(g.first.ItemCode, 22, bold(11))
		if cols.place.w == 0 {
			place.lines = nil
		}
		headH := 2*plPad + 4.6*float64(max(1, len(name), len(place.lines), len(code.lines)))
		head := func(again bool) {
			f.add(headH, func(d *pdf.Doc, y float64) {
				d.Shade(plLeft, y, plRight-plLeft, headH, plShade)
				d.Line(plLeft, y, plRight, y, plThin) // the shade covers half of the rule above
				base := y + plPad + 3.5
				place.draw(d, cols.place.x, base, 4.6)
				code.draw(d, codeX, base, 4.6)
				for i, s := range name {
					d.Text(nameX, base+4.6*float64(i), s, bold(10))
				}
				if again {
					d.Text(plRight-1, base, "（つづき）", right(reg(9)))
					return
				}
				u := d.Text(plRight-1, base, g.first.Unit, right(reg(9)))
				q := d.Text(plRight-2-u, base, order.Yen(g.qty).Grouped(), right(bold(13)))
				d.Text(plRight-3.5-u-q, base, "計", right(reg(9)))
			})
		}
		for i, k := range g.picks {
			n := noteOf(k.PickLine, cols.note.w-2)
			to := shipToLines(k.order, cols.to.w-2, 2)
			h := rowHeight(max(len(to), len(n.lines))) + n.imageHeight()
			need := h
			if i == 0 {
				need += headH
			}
			switch {
			case !f.fits(need):
				f.newPage(partItems)
				head(i > 0)
			case i == 0:
				head(false)
			}
			f.add(h, func(d *pdf.Doc, y float64) {
				d.Check(plLeft+(8-plBox)/2, y+plPad, plBox, false)
				d.Text(cols.number.x, y+plPad+3.1, k.order.Number.Grouped(), fit(reg(10), cols.number.w-1.5))
				d.Text(cols.line.x+4, y+plPad+3.1, strconv.Itoa(k.LineNo), center(reg(plText)))
				textLines(d, cols.to.x, y, to, reg(plText))
				textLines(d, cols.note.x, y, n.lines, reg(plText))
				d.Text(cols.qty.x+cols.qty.w-1, y+plPad+3.2, order.Yen(k.Qty).Grouped(), right(bold(11)))
				n.drawImage(d, cols.to.x, y+h-n.imageHeight())
				d.Line(plLeft, y+h, plRight, y+h, plHair)
			})
		}
	}
	p.flowTotals(f)
}

// shipToGap stands between a customer and the place the goods go to.
const shipToGap = "　"

// shipToName is whom the goods are for, short.
func shipToName(o *PickOrder) string {
	if o.ShipTo.Name == "" || o.ShipTo.Name == o.Customer {
		return o.Customer
	}
	if o.Customer == "" || strings.HasPrefix(o.ShipTo.Name, o.Customer) {
		return o.ShipTo.Name
	}
	return o.Customer + shipToGap + o.ShipTo.Name
}

// shipToLines is shipToName broken into lines: on one if it fits, else customer and place
// each on lines of their own, at most so many.
func shipToLines(o *PickOrder, width float64, most int) []string {
	name := shipToName(o)
	if lines := typeset.Wrap(name, width, plText, typeset.Regular); len(lines) < 2 {
		return lines
	}
	var out []string
	for part := range strings.SplitSeq(name, shipToGap) {
		out = append(out, atMost(most, typeset.Wrap(part, width, plText, typeset.Regular))...)
	}
	return out
}

// flowTotals closes the first half: sums, and who did it.
func (p *PickList) flowTotals(f *flow) {
	const h = 26.0
	if !f.fits(h) {
		f.newPage(partItems)
	}
	t := p.Totals()
	f.add(h, func(d *pdf.Doc, y float64) {
		y += 2
		d.Line(plLeft, y, plRight, y, plThick)
		d.Text(plLeft+1.5, y+5.6, fmt.Sprintf("合計　注文 %s 件　明細 %s 行　品目 %s 点", group(t.Orders), group(t.Lines), group(t.Items)), bold(10))
		w := d.Text(plRight-1, y+5.8, group(t.Qty), right(bold(13)))
		d.Text(plRight-3-w, y+5.6, "総数量", right(reg(9)))
		x := plRight - 4*30
		for _, s := range []string{"集品者", "検品者", "開始時刻", "終了時刻"} {
			d.Frame(x, y+9, 30, 14, plThin)
			d.Line(x, y+13.6, x+30, y+13.6, plThin)
			d.Text(x+15, y+12.4, s, center(reg(8.5)))
			x += 30
		}
	})
}

func group(n int) string { return order.Yen(n).Grouped() }

// splitNotice tells the packer that the order is not complete, so that nobody searches for the
// rest of it.
const splitNotice = "分割出荷：ほかのお荷物は別便でお届けします。"

// flowOrders lays out the second half: every order with its bar code and lines.
func (p *PickList) flowOrders(f *flow) error {
	f.newPage(partOrders)
	cols := p.orderColumns()
	const totalH, gap, splitH = 7.0, 3.0, 4.6
	for _, o := range p.orders() {
		bars, err := barcode.Code128(string(o.Number))
		if err != nil {
			return err
		}
		const headLine = 4.6
		to, at := shipToLines(&o, 138, 2), atMost(2, typeset.Wrap(address(o.ShipTo), 138, plText, typeset.Regular))
		headH := 17.0 + headLine*float64(max(0, len(to)-1)+max(0, len(at)-1))
		if o.split() {
			headH += splitH
		}
		type line struct {
			*PickLine
			name []string
			note note
			h    float64

			place, code, unit cellText
			above             int // lines of the row above its comment
		}
		lines := make([]line, len(o.Lines))
		whole, qty := headH+totalH, 0
		for i := range o.Lines {
			l := line{PickLine: &o.Lines[i]}
			if l.name = atMost(mostNameLines, typeset.Wrap(l.ItemName, cols.name.w-2, plText, typeset.Regular)); len(l.name) == 0 {
				l.name = []string{""}
			}
			l.note = noteOf(l.PickLine, 118)
			l.place, l.code, l.unit = wholeText(l.Location, cols.place.w-1, reg(plText)), wholeText(l.ItemCode, cols.code.w-1, bold(10)), wholeText(l.Unit, cols.unit.w, reg(plText))
			l.above = max(len(l.name), len(l.code.lines), len(l.unit.lines))
			if cols.place.w > 0 {
				l.above = max(l.above, len(l.place.lines))
			}
			l.h = rowHeight(l.above+len(l.note.lines)) + l.note.imageHeight()
			lines[i] = l
			whole += l.h
			qty += l.Qty
		}
		head := func(again bool) {
			f.add(headH, func(d *pdf.Doc, y float64) {
				d.Shade(plLeft, y, plRight-plLeft, headH, plShade)
				d.Line(plLeft, y, plRight, y, plThin)
				bw := float64(len(bars)) * plModule
				// White round the bars: readers want ten modules of quiet.
				d.Shade(plRight-bw-9, y+1, bw+8, headH-2, 255)
				d.Modules(plRight-bw-5, y+2, bw, 8.6, [][]bool{bars})
				d.Text(plRight-5-bw/2, y+14.4, o.Number.Grouped(), center(reg(9)))
				w := d.Text(plLeft+1.5, y+5.4, "注文 "+o.Number.Grouped(), bold(12))
				extra, shipmentStyle := "", reg(9)
				if o.split() {
					shipmentStyle = bold(10)
				}
				if n := o.shipment(); n != "" {
					extra = "出荷 " + n
				}
				if again {
					extra += "（つづき）"
				}
				d.Text(plLeft+3.5+w, y+5.4, extra, fit(shipmentStyle, 67-w))
				d.Text(plLeft+72, y+5.4, "お届け日 "+shortDay(o.ArrivalOn), fit(bold(10), 46))
				d.Text(plLeft+123, y+5.4, channelName(o.Channel), fit(reg(9), 18))
				base := y + 10.4
				for _, s := range append(slices.Clone(to), at...) {
					d.Text(plLeft+1.5, base, s, fit(reg(plText), 138))
					base += headLine
				}
				if o.split() {
					d.Text(plLeft+1.5, y+headH-2, splitNotice, bold(plText))
				}
			})
		}
		// A small order stays on one page; a large one begins where its first line fits.
		need := whole
		if whole > (plBottom-plTop)/2 {
			need = headH
			if len(lines) > 0 {
				need += lines[0].h
			}
		}
		if !f.empty() {
			if alone := p.profile().Halves == order.HalvesOrders; !alone && f.fits(need+gap) {
				f.y += gap
			} else {
				f.newPage(partOrders)
			}
		}
		head(false)
		for _, l := range lines {
			if !f.fits(l.h) {
				f.newPage(partOrders)
				head(true)
			}
			f.add(l.h, func(d *pdf.Doc, y float64) {
				base := y + plPad + 3.1
				d.Check(plLeft+(8-plBox)/2, y+plPad, plBox, false)
				d.Text(cols.line.x+4, base, strconv.Itoa(l.LineNo), center(reg(plText)))
				if cols.place.w > 0 {
					l.place.draw(d, cols.place.x, base, plLine)
				}
				l.code.draw(d, cols.code.x, base, plLine)
				textLines(d, cols.name.x, y, l.name, reg(plText))
				d.Text(cols.qty.x+cols.qty.w-1, base, group(l.Qty), right(bold(11)))
				l.unit.draw(d, cols.unit.x, base, plLine)
				if len(l.note.lines) > 0 {
					d.Text(cols.code.x, base+plLine*float64(l.above), "コメント", reg(8.5))
					textLines(d, cols.name.x, y+plLine*float64(l.above), l.note.lines, reg(plText))
				}
				if l.note.image != nil {
					yi := y + l.h - l.note.imageHeight()
					if len(l.note.lines) == 0 {
						d.Text(cols.code.x, yi+3.4, "コメント", reg(8.5))
					}
					l.note.drawImage(d, cols.name.x, yi)
				}
				d.Line(plLeft, y+l.h, plRight, y+l.h, plHair)
			})
		}
		if !f.fits(totalH) {
			f.newPage(partOrders)
			head(true)
		}
		f.add(totalH, func(d *pdf.Doc, y float64) {
			d.Text(cols.name.x+cols.name.w-4, y+4.9, fmt.Sprintf("注文計　%d 行", len(o.Lines)), right(reg(plText)))
			d.Text(cols.qty.x+cols.qty.w-1, y+4.9, group(qty), right(bold(11)))
			d.Line(plLeft, y+totalH, plRight, y+totalH, plThin)
		})
	}
	return nil
}

func channelName(c order.Channel) string {
	switch c {
	case order.ChannelFax:
		return "FAX注文"
	case order.ChannelWeb:
		return "Web注文"
	}
	return ""
}

// address is an address on one line.
func address(a order.Address) string {
	s := a.Prefecture + a.Address
	if strings.HasPrefix(a.Address, a.Prefecture) {
		s = a.Address
	}
	if a.PostalCode != "" {
		return "〒" + postal(a.PostalCode) + "　" + s
	}
	return s
}

// postal writes a postal code with its hyphen.
func postal(code string) string {
	const digits = 7
	if len(code) == digits {
		return code[:3] + "-" + code[3:]
	}
	return code
}
