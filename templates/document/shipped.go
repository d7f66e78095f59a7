package document

import (
	"strconv"

	"todoke/order"
	"todoke/templates/phrase"
	"todoke/templates/typeset"
)

// AnswerShipped is the kind of a fax that tells of a shipment.
const AnswerShipped order.AnswerKind = "shipping_notice"

// Shipped is what a fax tells of a shipment that left (WHS-3).
type Shipped struct {
	Order                order.Number
	Place                string
	ShippedOn, ArrivalOn order.Date // no day of arrival is told where none was promised
	Carrier              string
	Tracking             []string
	Lines                []ShippedLine
	MoreComes            bool // another part of the order is still to come
}

// ShippedLine is what is in the shipment.
type ShippedLine struct {
	Item, Name, Unit string
	Qty              int
}

// shipped sets the fax that tells of a shipment.
func (a *Answer) shipped(l *leaf) {
	s := a.Shipped
	l.skip(2)
	l.para(anLeft, 0, "平素は格別のお引き立てを賜り、誠にありがとうございます。下記の商品を発送いたしましたので、お知らせいたします。", reg(11))
	l.skip(3)
	fact := func(name, value string, st typeset.Style) {
		const room, leading = 36.0, 6.4
		if value == "" {
			return
		}
		for i, line := range typeset.Wrap(value, anWidth-room, st.Size, st.Weight) {
			l.add(leading, func(d Canvas, y float64) {
				if i == 0 {
					d.Text(anLeft, y+anRise+0.6, name, reg(11))
				}
				d.Text(anLeft+room, y+anRise+0.6, line, st)
			})
		}
	}
	fact("ご注文番号", s.Order.Grouped(), bold(12))
	fact("お届け先", s.Place, reg(11))
	fact("発送日", phrase.FullDay(s.ShippedOn), reg(11))
	if !s.ArrivalOn.IsZero() {
		fact("お届け予定日", phrase.FullDay(s.ArrivalOn), bold(12))
	}
	fact("配送会社", s.Carrier, reg(11))
	for i, n := range s.Tracking {
		fact(map[bool]string{true: "お問い合わせ番号"}[i == 0], n, bold(12))
	}
	l.skip(3)
	heading := func(l *leaf) {
		l.add(7, func(d Canvas, y float64) {
			d.Text(anLeft, y+4.6, "商品コード", reg(anText))
			d.Text(anLeft+30, y+4.6, "商品名", reg(anText))
			d.Text(anRight, y+4.6, "数量", right(reg(anText)))
			d.Line(anLeft, y+6.4, anRight, y+6.4, anThick)
		})
	}
	heading(l)
	l.again = heading
	for _, x := range s.Lines {
		name := typeset.Wrap(x.Name, anWidth-30-28, 11, typeset.Regular)
		h := 7 + anLine*float64(max(0, len(name)-1))
		l.add(h, func(d Canvas, y float64) {
			d.Text(anLeft, y+4.8, x.Item, reg(11))
			for i, line := range name {
				d.Text(anLeft+30, y+4.8+anLine*float64(i), line, reg(11))
			}
			d.Text(anRight, y+4.8, strconv.Itoa(x.Qty)+" "+x.Unit, right(fit(bold(11), 26)))
			d.Line(anLeft, y+h, anRight, y+h, anRule)
		})
	}
	l.again = nil
	l.skip(4)
	if s.MoreComes {
		l.para(anLeft, 0, "このご注文の残りの商品は、別の便でお届けいたします。", bold(11))
		l.skip(1)
	}
	if len(s.Tracking) > 0 {
		l.para(anLeft, 0, "配送状況は、発送当日は配送会社でまだご確認いただけないことがございます。", reg(11))
	}
	l.para(anLeft, 0, "商品がお手元に届きましたら、内容と数量をお確かめください。", reg(11))
	a.closing(l)
}
