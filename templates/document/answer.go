package document

import (
	"fmt"
	"io"
	"strings"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/pdf"
	"todoke/templates/phrase"
	"todoke/templates/typeset"
)

// Answer is a fax to a customer (FAX-3, STK-2): an acknowledgement, a stock-out notice or the
// request to send a fax again. It is made for fax machines: 204 × 98 dots an inch, black and white.
type Answer struct {
	order.Answer
	Shop Letterhead
	// Pictures are the comments and pages that the answer names, by key; one that is missing is
	// left out.
	Pictures map[string]Picture
	Shipped  *Shipped // of a fax that tells of a shipment alone
}

// Letterhead is how the shop signs. What is empty is not printed.
type Letterhead struct{ Name, Desk, Phone, Fax, Hours, Web string }

// Picture is a bilevel picture and its resolution.
type Picture struct {
	Image      *bilevel.Image
	XDPI, YDPI float64
}

// The answer's page. Lengths in mm, type in points: none smaller than 10.5 and no line thinner
// than 0.3, or 98 lines an inch lose them.
const (
	anLeft, anRight = 14.0, 196.0
	anWidth         = anRight - anLeft
	anTop           = 31.0  // first row of a further page
	anBottom        = 270.0 // last row's end
	anText          = 10.5
	anLine          = 5.0 // leading of anText
	anRule          = 0.35
	anThick         = 0.7
	anPad           = 1.3
	anRise          = 3.7 // from the top of a line to its baseline
)

// Title is what the fax is called.
func (a *Answer) Title() string {
	switch {
	case a.Shipped != nil:
		return "商品発送のお知らせ"
	case a.Kind == order.AnswerStockout:
		return "欠品のお知らせ"
	case a.Kind == order.AnswerResend:
		return "ご注文書再送のお願い"
	case len(a.Told.Orders) == 0 && len(a.Told.Checking) == 0:
		return "FAX 確認結果のお知らせ"
	case len(a.Told.Orders) == 0:
		return "ご注文書受信のお知らせ"
	case a.Edition > 1:
		return fmt.Sprintf("ご注文受付のお知らせ（第%d報）", a.Edition)
	case a.Told.Lacks():
		return "ご注文受付・欠品のお知らせ"
	}
	return "ご注文受付のお知らせ"
}

// recipient is whom the fax is for, without 御中.
func (a *Answer) recipient() string {
	return strings.TrimSpace(a.Customer.CompanyName + "　" + a.Customer.Name)
}

// leaf lays rows out over pages; what it draws is drawn when the number of pages is known.
type leaf struct {
	pages [][]func(d Canvas)
	y     float64
	// again, if it is not nil, is set at the top of a page that a table runs on to.
	again func(l *leaf)
}

func (l *leaf) turn() {
	l.pages, l.y = append(l.pages, nil), anTop
	if l.again != nil {
		l.again(l)
	}
}

// room turns the page where h more mm do not fit.
func (l *leaf) room(h float64) {
	if l.y+h > anBottom+1e-6 {
		l.turn()
	}
}

// add sets something h mm high; it must fit a page.
func (l *leaf) add(h float64, draw func(d Canvas, y float64)) {
	l.room(h)
	y, n := l.y, len(l.pages)-1
	l.pages[n] = append(l.pages[n], func(d Canvas) { draw(d, y) })
	l.y = pdf.Round(l.y + h)
}

func (l *leaf) skip(h float64) { l.y += h }

// para sets a text broken into lines from x on, the further ones indented.
func (l *leaf) para(x, indent float64, s string, st typeset.Style) {
	for i, line := range hang(s, anRight-x, indent, st) {
		at := x
		if i > 0 {
			at += indent
		}
		l.add(anLine, func(d Canvas, y float64) { d.Text(at, y+anRise, line, st) })
	}
}

// hang breaks a text into lines, all but the first shorter by indent.
func hang(s string, width, indent float64, st typeset.Style) []string {
	lines := typeset.Wrap(s, width, st.Size, st.Weight)
	if len(lines) < 2 || indent == 0 {
		return lines
	}
	rest := strings.TrimPrefix(typeset.Clean(s), lines[0])
	return append(lines[:1:1], typeset.Wrap(strings.TrimLeft(rest, " "), width-indent, st.Size, st.Weight)...)
}

// Canvas is what an answer is drawn on: paper, or the dots of a fax. Measures are millimetres from
// the top left of an A4 page.
type Canvas interface {
	Fill(x, y, w, h float64)
	Frame(x, y, w, h, line float64)
	Line(x0, y0, x1, y1, line float64)
	Text(x, y float64, s string, st typeset.Style) float64
	Image(x, y, w, h float64, m *bilevel.Image)
	Check(x, y, side float64, ticked bool)
}

// RenderPDF writes the fax. The same answer gives the same bytes.
func (a *Answer) RenderPDF(w io.Writer) error {
	d := pdf.New(pdf.A4Width, pdf.A4Height, pdf.Info{Title: a.Title() + " " + a.Number, Subject: a.recipient(), Author: a.Shop.Name, At: a.At})
	a.Draw(func() Canvas {
		d.AddPage()
		return d
	})
	return d.Output(w)
}

// Draw draws the fax, each of its pages on a canvas of its own.
func (a *Answer) Draw(page func() Canvas) {
	l := &leaf{pages: [][]func(Canvas){nil}, y: 74}
	switch a.Kind {
	case AnswerShipped:
		a.shipped(l)
	case order.AnswerStockout:
		a.stockout(l)
	case order.AnswerResend:
		a.resend(l)
	default:
		a.acknowledge(l)
	}
	for i, sheet := range l.pages {
		d := page()
		a.head(d, i+1, len(l.pages))
		for _, draw := range sheet {
			draw(d)
		}
		a.foot(d)
	}
}

// head draws the top of a page: the whole letterhead on the first, what tells the pages together
// on the others.
func (a *Answer) head(d Canvas, page, pages int) {
	at := a.At.In(order.JST)
	sent := fmt.Sprintf("%s %d:%02d", phrase.FullDay(order.DateOf(at)), at.Hour(), at.Minute())
	sheets := fmt.Sprintf("%d／%d 枚", page, pages)
	if page > 1 {
		a.to(d, 14, anText, 4.8, 2)
		d.Text(anRight, 18, "番号 "+a.Number+"　"+sheets, right(bold(11)))
		d.Text(anLeft, 24.8, a.Title(), fit(reg(anText), 90))
		d.Text(anRight, 24.8, a.Shop.Name+"　"+sent, right(fit(reg(anText), 88)))
		d.Line(anLeft, 27.5, anRight, 27.5, anThick)
		return
	}
	y := a.to(d, 20, 14, 6.6, 3)
	if a.Customer.Fax != "" {
		d.Text(anLeft, y+0.6, "FAX "+order.FormatPhone(a.Customer.Fax), fit(reg(11), 95))
		y += 5.6
	}
	d.Text(anLeft, y+0.6, "お客様コード "+a.Customer.Code, fit(reg(anText), 95))

	const x = 122.0
	y = 18
	put := func(s string, st typeset.Style) {
		if s != "" {
			d.Text(x, y, s, fit(st, anRight-x))
			y += 5.4
		}
	}
	put(sent, reg(anText))
	put("番号 "+a.Number+"　　"+sheets, bold(12))
	y += 1.2
	put(a.Shop.Name, bold(12))
	put(a.Shop.Desk, reg(anText))
	put(prefixed("FAX ", a.Shop.Fax), reg(11))
	put(prefixed("電話 ", a.Shop.Phone), reg(11))

	d.Line(anLeft, 56, anRight, 56, anThick)
	d.Text((anLeft+anRight)/2, 65.5, a.Title(), center(bold(19)))
	d.Line(anLeft, 70, anRight, 70, anThick)
}

// to names the recipient on as many lines as it needs, up to most, and tells where the next would
// stand.
func (a *Answer) to(d Canvas, y, size, leading float64, most int) float64 {
	const room = 84
	lines := atMost(most, typeset.Wrap(a.recipient(), room, size, typeset.Bold))
	for i, line := range lines {
		w := d.Text(anLeft, y, line, fit(bold(size), room))
		if i+1 == len(lines) {
			d.Text(anLeft+w+2.5, y, "御中", reg(max(anText, size-2)))
		}
		y += leading
	}
	return y
}

func prefixed(p, s string) string {
	if s == "" {
		return ""
	}
	return p + s
}

// foot tells on every page where to ask.
func (a *Answer) foot(d Canvas) {
	d.Line(anLeft, 273, anRight, 273, anThick)
	y := 278.5
	d.Text(anLeft, y, "お問い合わせの際は、番号 "+a.Number+" をお知らせください。", fit(reg(anText), anWidth))
	y += anLine
	d.Text(anLeft, y, strings.TrimSpace(a.Shop.Name+"　"+a.Shop.Desk+prefixed("　FAX ", a.Shop.Fax)+prefixed("　電話 ", a.Shop.Phone)), fit(bold(anText), anWidth))
	y += anLine
	d.Text(anLeft, y, prefixed("受付時間 ", a.Shop.Hours), fit(reg(anText), anWidth-lineWidthOf(a.Shop.Web)))
	d.Text(anRight, y, a.Shop.Web, right(reg(anText)))
}

func lineWidthOf(s string) float64 {
	if s == "" {
		return 0
	}
	return min(anWidth/2, typeset.Width(typeset.Clean(s), anText, typeset.Regular)+4)
}

// received says when the fax came.
func (a *Answer) received() string {
	t := a.Told.ReceivedAt.In(order.JST)
	return fmt.Sprintf("%s %d時%02d分", phrase.Day(order.DateOf(t)), t.Hour(), t.Minute())
}

// way says how the order came.
func (a *Answer) way() string {
	if a.Told.DocumentID == 0 {
		return "ウェブ"
	}
	return " FAX "
}

// box frames the points that the customer should see first. It may run over pages; each part has
// its frame.
func (a *Answer) box(l *leaf, title string, points []string) {
	if len(points) == 0 {
		return
	}
	const inset = 3.0
	type row struct {
		x    float64
		text string
		st   typeset.Style
	}
	rows := []row{{anLeft + inset, title, bold(12)}}
	st := reg(11)
	dot := typeset.Width("・", st.Size, st.Weight)
	for _, p := range points {
		for i, line := range hang("・"+p, anWidth-2*inset, dot, st) {
			x := anLeft + inset
			if i > 0 {
				x += dot
			}
			rows = append(rows, row{x, line, st})
		}
	}
	const step = 5.4
	for len(rows) > 0 {
		l.room(2*step + 4)
		n := min(len(rows), max(1, int((anBottom-l.y-4)/step)))
		part := rows[:n]
		rows = rows[n:]
		h := 4 + step*float64(len(part))
		l.add(h, func(d Canvas, y float64) {
			d.Frame(anLeft, y, anWidth, h, anThick)
			for i, r := range part {
				d.Text(r.x, y+2+4+step*float64(i), r.text, r.st)
			}
		})
		if len(rows) > 0 {
			l.turn()
		}
	}
	l.skip(3)
}

// picture sets a picture of a page or comment at most w by h mm, at its own size where that is
// smaller.
func (a *Answer) picture(l *leaf, key string, x, w, h float64) {
	p, ok := a.Pictures[key]
	if key == "" || !ok || p.Image == nil || p.Image.W == 0 || p.Image.H == 0 {
		return
	}
	xd, yd := p.XDPI, p.YDPI
	if xd <= 0 || yd <= 0 {
		xd, yd = faxDPI, faxDPI
	}
	const mmPerInch = 25.4
	iw, ih := float64(p.Image.W)/xd*mmPerInch, float64(p.Image.H)/yd*mmPerInch
	k := min(1, w/iw, h/ih)
	iw, ih = iw*k, ih*k
	m := p.Image
	if k < 1 {
		// Lines that a plain reduction loses stay: the machine's own dots, reckoned here.
		m = reduce(m, max(1, int(iw/mmPerInch*204)), max(1, int(ih/mmPerInch*98)))
	}
	l.add(ih+2.5, func(d Canvas, y float64) {
		d.Image(x, y+0.8, iw, ih, m)
		d.Frame(x-0.4, y+0.4, iw+0.8, ih+0.8, anRule)
	})
}

// reduce makes a picture of w by h dots in which each is black where a third of what it stands
// for is.
func reduce(m *bilevel.Image, w, h int) *bilevel.Image {
	if w >= m.W && h >= m.H {
		return m
	}
	w, h = min(w, m.W), min(h, m.H)
	out := bilevel.New(w, h)
	for y := range h {
		y0, y1 := y*m.H/h, (y+1)*m.H/h
		for x := range w {
			x0, x1 := x*m.W/w, (x+1)*m.W/w
			if black := m.Count(x0, y0, x1, y1); black > 0 && 3*black >= (x1-x0)*(y1-y0) {
				out.Set(x, y, true)
			}
		}
	}
	return out
}
