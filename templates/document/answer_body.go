package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/templates/phrase"
	"todoke/templates/typeset"
)

// acknowledge sets what was understood of a fax, and what was not (FAX-3).
func (a *Answer) acknowledge(l *leaf) {
	t := a.Told
	l.skip(2)
	l.para(anLeft, 0, "平素は格別のお引き立てを賜り、誠にありがとうございます。", reg(11))
	switch {
	case len(t.Orders) == 0 && len(t.Checking) == 0:
		l.para(anLeft, 0, a.received()+"に受信いたしましたお客様からの FAX につきまして、確認が済みましたのでお知らせいたします。", reg(11))
	case len(t.Orders) == 0:
		l.para(anLeft, 0, a.received()+"に、お客様からの FAX（"+strconv.Itoa(t.Pages)+"枚）を受信いたしました。ただいま担当者が内容を確認しております。"+
			"確認が済みましたら、「ご注文受付のお知らせ」を FAX にてお送りいたします。", reg(11))
		l.para(anLeft, 0, "ご注文はまだ確定しておりません。同じ FAX を重ねてお送りいただく必要はございません。", bold(11))
	case a.Edition > 1:
		l.para(anLeft, 0, a.received()+"に"+a.way()+"にて頂戴いたしましたご注文につきまして、下記のとおり改めてご案内申し上げます。先のお知らせに代えてご覧ください。", reg(11))
	default:
		l.para(anLeft, 0, a.received()+"に"+a.way()+"にて頂戴いたしましたご注文を、下記のとおり承りました。内容に相違がございましたら、お手数ですがご連絡ください。", reg(11))
	}
	l.skip(2.5)
	a.box(l, "今回の変更点", a.changes())
	a.box(l, "ご確認ください", a.points())
	for i, o := range t.Orders {
		a.order(l, o)
		if i+1 < len(t.Orders) {
			l.skip(5)
		}
	}
	a.grandTotal(l)
	a.unread(l)
	a.closing(l)
}

// changes are what differs from the answer before, each with its order where there are several.
func (a *Answer) changes() []string {
	var out []string
	for _, n := range a.Changes {
		of := a.ofOrder(n.Order)
		if n.Kind == order.NoteChanged { // which says both numbers
			of = ""
		}
		out = append(out, of+phrase.Note(n))
	}
	return out
}

func (a *Answer) ofOrder(n order.Number) string {
	if len(a.Told.Orders) < 2 || n == "" {
		return ""
	}
	return "ご注文 " + n.Grouped() + "："
}

// points are what the customer should see before anything else.
func (a *Answer) points() []string {
	var out []string
	for _, o := range a.Told.Orders {
		of := a.ofOrder(o.Number)
		switch {
		case o.Held && o.HeldWhy == order.ReasonApproval:
			out = append(out, of+phrase.HeldForApproval)
		case o.Held:
			out = append(out, of+"担当者が内容を確認しております。確認が済むまで出荷いたしません。確認が済み次第ご連絡いたします。")
		}
		for _, n := range o.Notes {
			if !slices.ContainsFunc(a.Changes, func(c order.Note) bool { return c.Shipment != 0 && c.Shipment == n.Shipment && c.Now == n.Now }) {
				out = append(out, of+shipmentOf(o, n)+phrase.Note(n))
			}
		}
		if !o.Lacks() {
			continue
		}
		if o.Cancelled {
			out = append(out, of+phrase.SoldOut)
			continue
		}
		for _, l := range o.Lines {
			if l.LackQty() > 0 {
				out = append(out, fmt.Sprintf("%s%d行目「%s」は %d%sが欠品いたしております。%s", of, l.No, l.Name, l.LackQty(), l.Unit, phrase.Lack(l, o.Stockout)))
			}
		}
	}
	for _, p := range a.Told.Checking {
		out = append(out, phrase.Checking(p))
		for _, n := range p.Offers {
			out = append(out, fmt.Sprintf("%d枚目 %s", p.Page, phrase.Note(n)))
		}
	}
	if len(a.Told.Checking) > 0 {
		out = append(out, "確認中のご注文は、確認が済みましたら改めて FAX にてお知らせいたします。お電話にてお伺いすることもございます。")
	}
	for _, p := range a.Told.Settled {
		out = append(out, phrase.Settled(p))
	}
	for _, p := range a.Told.Illegible {
		out = append(out, phrase.Illegible(p)+"このページのご注文は承っておりません。恐れ入りますが、もう一度お送りください。")
	}
	return out
}

// shipmentOf says of which part of the order a note about a date is, where there are several.
func shipmentOf(o order.ToldOrder, n order.Note) string {
	if n.Shipment == 0 {
		return ""
	}
	var lines []string
	all := true
	for _, l := range o.Lines {
		if slices.ContainsFunc(l.Arrivals, func(a order.Arrival) bool { return a.Shipment == n.Shipment }) {
			lines = append(lines, strconv.Itoa(l.No))
		} else {
			all = false
		}
	}
	const most = 6
	switch {
	case all || len(lines) == 0:
		return ""
	case len(lines) > most:
		return fmt.Sprintf("（%s行目ほか %d明細）", lines[0], len(lines))
	}
	return "（" + strings.Join(lines, "・") + "行目）"
}

// The columns of an order's table.
const (
	colNo     = anLeft + 6 // right end
	colItem   = anLeft + 8
	colItemW  = 79.0
	colQty    = 123.0 // right end
	colPrice  = 144.0 // right end
	colAmount = 168.0 // right end
	colDay    = 170.0
	colDayW   = anRight - colDay
)

// reducedRate is the reduced rate, marked ※ on documents (TAX-1).
const reducedRate order.Percent = 8

func rated(name string, rate order.Percent) string {
	if rate == reducedRate {
		return name + " ※"
	}
	return name
}

func (a *Answer) order(l *leaf, o order.ToldOrder) {
	l.again = nil
	l.room(45) // heading, column titles and a row stay together
	head := "ご注文番号　" + o.Number.Grouped()
	if a.Told.Pages > 1 && o.Page > 0 {
		head += fmt.Sprintf("（FAX %d枚目）", o.Page)
	}
	if o.Cancelled {
		head += "　【取消】"
	}
	l.add(8, func(d Canvas, y float64) {
		d.Fill(anLeft, y+0.6, 2.2, 6)
		d.Text(anLeft+4.5, y+5.4, head, fit(bold(13), anWidth-5))
	})
	facts := []string{"お届け先　" + place(o.ShipTo)}
	if !o.DesignatedOn.IsZero() {
		facts = append(facts, "お届けご希望日　"+phrase.Day(o.DesignatedOn))
	}
	for _, f := range facts {
		l.para(anLeft+4.5, 18, f, reg(anText))
	}
	if o.Cancelled {
		if o.Lacks() {
			for _, x := range o.Lines {
				l.para(anLeft+4.5, 4, fmt.Sprintf("%d. %s　%s　%d%s", x.No, x.ItemCode, x.Name, x.Qty, x.Unit), reg(anText))
			}
		}
		return
	}
	l.skip(1.5)
	titles := func(l *leaf) {
		l.add(7, func(d Canvas, y float64) {
			d.Line(anLeft, y, anRight, y, anThick)
			st := bold(anText)
			d.Text(colNo, y+5, "行", right(st))
			d.Text(colItem, y+5, "商品コード・商品名", st)
			d.Text(colQty, y+5, "数量", right(st))
			d.Text(colPrice, y+5, "単価(円)", right(st))
			d.Text(colAmount, y+5, "金額(円)", right(st))
			d.Text(colDay, y+5, "お届け予定日", fit(st, colDayW))
			d.Line(anLeft, y+7, anRight, y+7, anThick)
		})
	}
	titles(l)
	l.again = func(l *leaf) {
		l.add(6.5, func(d Canvas, y float64) {
			d.Text(anLeft, y+4.5, "ご注文 "+o.Number.Grouped()+"（つづき）", bold(anText))
		})
		titles(l)
	}
	for _, x := range o.Lines {
		a.line(l, o, x)
	}
	l.again = nil
	a.totals(l, o)
}

func place(p order.Address) string {
	s := p.Name
	if len(p.PostalCode) == 7 {
		s += "　〒" + p.PostalCode[:3] + "-" + p.PostalCode[3:]
	}
	return s + "　" + p.Prefecture + p.Address
}

// line sets one line of an order with what belongs to it: it never breaks over pages, but for its
// comment's picture.
func (a *Answer) line(l *leaf, o order.ToldOrder, x order.ToldLine) {
	names := atMost(mostNameLines, typeset.Wrap(rated(x.Name, x.TaxRate), colItemW, anText, typeset.Regular))
	days := arrivals(x)
	h := anLine*float64(max(1+len(names), len(days))) + 2*anPad
	var under []string
	if x.Comment != "" {
		under = atMost(mostNoteLines, typeset.Wrap("コメント："+x.Comment, anRight-colItem, anText, typeset.Regular))
	}
	var short []string
	if x.LackQty() > 0 {
		s := fmt.Sprintf("不足 %d%s（お手配済 %d%s）。%s", x.LackQty(), x.Unit, x.Qty-x.LackQty(), x.Unit, phrase.Lack(x, o.Stockout))
		short = typeset.Wrap(s, anRight-colItem-14, anText, typeset.Bold)
	}
	rest := anLine * float64(len(under)+len(short))
	if len(short) > 0 {
		rest += 1.2
	}
	l.add(h+rest, func(d Canvas, y float64) {
		base := y + anPad + anRise
		d.Text(colNo, base, strconv.Itoa(x.No), right(reg(anText)))
		d.Text(colItem, base, x.ItemCode, fit(reg(anText), colItemW))
		for i, s := range names {
			d.Text(colItem, base+anLine*float64(i+1), s, reg(anText))
		}
		d.Text(colQty, base, order.Yen(x.Qty).Grouped()+x.Unit, right(fit(bold(anText), 24)))
		d.Text(colPrice, base, x.UnitPrice.Grouped(), right(fit(reg(anText), 20)))
		d.Text(colAmount, base, x.Amount().Grouped(), right(fit(reg(anText), 23)))
		for i, s := range days {
			d.Text(colDay, base+anLine*float64(i), s, fit(reg(anText), colDayW))
		}
		at := y + h - anPad
		for i, s := range under {
			d.Text(colItem, at+anRise+anLine*float64(i), s, reg(anText))
		}
		at += anLine * float64(len(under))
		if len(short) > 0 {
			d.Frame(colItem, at+0.2, 12, 5.4, anThick)
			d.Text(colItem+6, at+0.2+4.1, "欠品", center(bold(anText)))
			for i, s := range short {
				d.Text(colItem+14, at+0.2+anRise+0.4+anLine*float64(i), s, bold(anText))
			}
		}
		if x.CommentImage == "" {
			d.Line(anLeft, y+h+rest, anRight, y+h+rest, anRule)
		}
	})
	if x.CommentImage != "" {
		if _, ok := a.Pictures[x.CommentImage]; ok {
			l.add(anLine, func(d Canvas, y float64) {
				d.Text(colItem, y+anRise, "コメント（ご記入のとおり）：", reg(anText))
			})
		}
		a.picture(l, x.CommentImage, colItem+0.4, 120, 16)
		l.add(1, func(d Canvas, y float64) { d.Line(anLeft, y+0.8, anRight, y+0.8, anRule) })
	}
}

// arrivals say when a line arrives: by parts where it comes in several.
func arrivals(x order.ToldLine) []string {
	var out []string
	for i, v := range x.Arrivals {
		if i > 0 && x.Arrivals[i-1].On == v.On {
			continue
		}
		qty := 0
		for _, w := range x.Arrivals {
			if w.On == v.On {
				qty += w.Qty
			}
		}
		out = append(out, phrase.Day(v.On))
		if qty != x.KeptQty() {
			out = append(out, fmt.Sprintf("（%d%s）", qty, x.Unit))
		}
	}
	if x.LackQty() > 0 && len(out) == 0 {
		out = append(out, "欠品")
	}
	return out
}

// totals set the sums of an order.
func (a *Answer) totals(l *leaf, o order.ToldOrder) {
	type sum struct {
		label, yen string
		st         typeset.Style
	}
	fee := "無料"
	if o.FeeYen != 0 {
		fee = o.FeeYen.Grouped() + "円"
	}
	sums := []sum{{"商品合計（税抜）", o.GoodsYen.Grouped() + "円", reg(11)}, {"送料（税抜）", fee, reg(11)}}
	reduced := false
	for _, t := range o.Taxes {
		label := fmt.Sprintf("消費税 %d%%（対象 %s円）", t.Rate, t.NetYen.Grouped())
		if t.Rate == reducedRate {
			label, reduced = "※"+label, true
		}
		sums = append(sums, sum{label, t.TaxYen.Grouped() + "円", reg(11)})
	}
	sums = append(sums, sum{"合計（税込）", o.TotalYen().Grouped() + "円", bold(13)})
	l.room(6*float64(len(sums)) + 14)
	l.skip(1.5)
	for i, s := range sums {
		h, base := 6.0, 4.8
		if i+1 == len(sums) {
			h, base = 8.5, 6.9
		}
		l.add(h, func(d Canvas, y float64) {
			if i+1 == len(sums) {
				d.Line(96, y+0.8, anRight, y+0.8, anThick)
			}
			d.Text(150, y+base, s.label, right(fit(s.st, 80)))
			d.Text(anRight, y+base, s.yen, right(fit(s.st, 44)))
		})
	}
	l.skip(1)
	note := "消費税は請求書ごとに計算いたしますので、ご請求の際に端数が異なることがございます。"
	if reduced {
		note = "※は軽減税率（8%）の対象です。" + note
	}
	switch {
	case o.Short():
		note += "上の金額は、入荷をお待ちいただく分を含めて計算しております。"
	case o.Lacks():
		note += "上の金額には、お取り消しとさせていただいた分は含まれておりません。"
	}
	l.para(anLeft, 0, note, reg(anText))
}

// grandTotal sums up several orders.
func (a *Answer) grandTotal(l *leaf) {
	n := 0
	for _, o := range a.Told.Orders {
		if !o.Cancelled {
			n++
		}
	}
	if n < 2 {
		return
	}
	l.skip(3)
	l.add(9, func(d Canvas, y float64) {
		d.Frame(anLeft, y, anWidth, 9, anThick)
		d.Text(anLeft+4, y+6.3, fmt.Sprintf("ご注文 %d件の総合計（税込）", n), bold(12))
		d.Text(anRight-4, y+6.3, a.Told.TotalYen().Grouped()+"円", right(bold(13)))
	})
}

// closing ends every fax.
func (a *Answer) closing(l *leaf) {
	l.skip(4)
	l.room(anClosing - 4)
	l.para(anLeft, 0, "この FAX にお心当たりのない場合は、誠に恐れ入りますが、下記までご連絡のうえ破棄していただきますようお願いいたします。", reg(anText))
}

// stockout sets what is short (STK-2), and how the customer may answer.
func (a *Answer) stockout(l *leaf) {
	l.skip(2)
	l.para(anLeft, 0, "平素は格別のお引き立てを賜り、誠にありがとうございます。", reg(11))
	l.para(anLeft, 0, a.received()+"に"+a.way()+"にて頂戴いたしましたご注文のうち、下記の商品に欠品が生じております。ご迷惑をおかけいたしますこと、深くお詫び申し上げます。", reg(11))
	l.skip(3)
	for _, o := range a.Told.Orders {
		if o.Lacks() {
			a.shortOrder(l, o)
		}
	}
	if !onlyCancelled(a.Told) {
		l.skip(2)
		l.para(anLeft, 0, "お手配済の数量は、先にお届けいたします。", reg(11))
	}
	l.skip(4)
	if a.Told.Short() {
		a.reply(l)
	}
	a.closing(l)
}

func onlyCancelled(t order.Told) bool {
	return !slices.ContainsFunc(t.Orders, func(o order.ToldOrder) bool { return !o.Cancelled })
}

func (a *Answer) shortOrder(l *leaf, o order.ToldOrder) {
	l.again = nil
	l.room(40)
	l.add(8, func(d Canvas, y float64) {
		d.Fill(anLeft, y+0.6, 2.2, 6)
		head := "ご注文番号　" + o.Number.Grouped()
		if o.Cancelled {
			head += "　【取消】"
		}
		d.Text(anLeft+4.5, y+5.4, head, bold(13))
	})
	if o.Cancelled {
		l.para(anLeft+4.5, 0, phrase.SoldOut, reg(anText))
	}
	titles := func(l *leaf) {
		l.add(7, func(d Canvas, y float64) {
			d.Line(anLeft, y, anRight, y, anThick)
			st := bold(anText)
			d.Text(colNo, y+5, "行", right(st))
			d.Text(colItem, y+5, "商品コード・商品名", st)
			d.Text(colQty, y+5, "ご注文", right(st))
			d.Text(colPrice, y+5, "お手配済", right(st))
			d.Text(colAmount, y+5, "不足", right(st))
			d.Text(colDay, y+5, "お手配済の分", fit(st, colDayW))
			d.Line(anLeft, y+7, anRight, y+7, anThick)
		})
	}
	titles(l)
	l.again = func(l *leaf) { titles(l) }
	for _, x := range o.Lines {
		if x.LackQty() == 0 {
			continue
		}
		names := atMost(mostNameLines, typeset.Wrap(x.Name, colItemW, anText, typeset.Regular))
		text := typeset.Wrap(phrase.Lack(x, o.Stockout), anRight-colItem, 11, typeset.Bold)
		kept := x
		kept.Qty -= x.ShortQty
		days := arrivals(kept)
		if x.Qty == x.LackQty() {
			days = []string{"－"}
		}
		h := anLine*float64(max(1+len(names), len(days))) + 5.4*float64(len(text)) + 2*anPad + 0.6
		l.add(h, func(d Canvas, y float64) {
			base := y + anPad + anRise
			d.Text(colNo, base, strconv.Itoa(x.No), right(reg(anText)))
			d.Text(colItem, base, x.ItemCode, fit(reg(anText), colItemW))
			for i, s := range names {
				d.Text(colItem, base+anLine*float64(i+1), s, reg(anText))
			}
			d.Text(colQty, base, order.Yen(x.Qty).Grouped()+x.Unit, right(fit(reg(anText), 24)))
			d.Text(colPrice, base, order.Yen(x.Qty-x.LackQty()).Grouped()+x.Unit, right(fit(reg(anText), 20)))
			d.Text(colAmount, base, order.Yen(x.LackQty()).Grouped()+x.Unit, right(fit(bold(12), 23)))
			for i, s := range days {
				d.Text(colDay, base+anLine*float64(i), s, fit(reg(anText), colDayW))
			}
			at := y + h - anPad - 5.4*float64(len(text))
			for i, s := range text {
				d.Text(colItem, at+4+5.4*float64(i), s, bold(11))
			}
			d.Line(anLeft, y+h, anRight, y+h, anRule)
		})
	}
	l.again = nil
}

// reply is what the customer may tick and send back. A person looks at it: it promises no more.
func (a *Answer) reply(l *leaf) {
	const h = 46.0
	l.add(h, func(d Canvas, y float64) {
		d.Frame(anLeft, y, anWidth, h, anThick)
		d.Text(anLeft+4, y+7, "ご返信欄", bold(12))
		d.Text(anLeft+28, y+7, "ご希望がございましたら、印をつけてこのまま"+prefixed("　FAX ", a.Shop.Fax)+" へお送りください。", fit(reg(anText), anWidth-32))
		for i, s := range []string{"入荷を待つ", "不足分は不要（取り消したい）", "代わりの商品を相談したい"} {
			at := y + 12 + 7*float64(i)
			d.Check(anLeft+6, at, 4.4, false)
			d.Text(anLeft+13, at+3.8, s, reg(12))
		}
		d.Text(anLeft+6, y+38.5, "ご担当者名", reg(anText))
		d.Line(anLeft+28, y+39.5, anLeft+88, y+39.5, anRule)
		d.Text(anLeft+94, y+38.5, "お電話", reg(anText))
		d.Line(anLeft+108, y+39.5, anRight-6, y+39.5, anRule)
		d.Text(anLeft+6, y+44.3, "ご返信は担当者が確認し、折り返しご連絡いたします。", reg(anText))
	})
}

// resend asks for a fax of which nothing could be read (FAX-3).
func (a *Answer) resend(l *leaf) {
	l.skip(2)
	l.para(anLeft, 0, "平素は格別のお引き立てを賜り、誠にありがとうございます。", reg(11))
	l.para(anLeft, 0, a.received()+"に FAX を頂戴いたしましたが、誠に恐れ入りますが、読み取ることができませんでした。お手数をおかけいたしますが、もう一度お送りくださいますようお願い申し上げます。", reg(11))
	l.skip(1.5)
	l.para(anLeft, 0, "この FAX のご注文は、まだ承っておりません。", bold(13))
	l.skip(3)
	points := make([]string, 0, len(a.Told.Illegible))
	for _, p := range a.Told.Illegible {
		points = append(points, phrase.Illegible(p))
	}
	a.box(l, "読み取れなかったところ", points)
	a.box(l, "お送りいただく際のお願い", []string{
		"黒のペンで、枠からはみ出さないようにはっきりとご記入ください。",
		"ファクス機の画質は「ファイン（精細）」をお選びください。「ふつう」では細い文字がつぶれることがございます。",
		"原稿の表裏をお確かめください。注文書は拡大・縮小せずにお送りください。",
	})
	a.unread(l)
	a.closing(l)
}

// anClosing is the height of what closes an answer: it should not stand alone on a page.
const anClosing = 4 + 2*anLine

// unread shows the pages that could not be read as they came, reduced.
func (a *Answer) unread(l *leaf) {
	const most, least = 110.0, 70.0
	for _, p := range a.Told.Illegible {
		if _, ok := a.Pictures[p.Image]; !ok || p.Image == "" {
			continue
		}
		l.skip(3)
		l.room(least + anClosing)
		name := "受信いたしました FAX（縮小）"
		if p.Page > 0 {
			name = fmt.Sprintf("受信いたしました FAX %d枚目（縮小）", p.Page)
		}
		l.add(anLine+1, func(d Canvas, y float64) { d.Text(anLeft, y+anRise, name, bold(anText)) })
		a.picture(l, p.Image, anLeft+2, anWidth-4, min(anBottom-l.y-4-anClosing, most))
	}
}
