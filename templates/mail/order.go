package mail

import (
	"fmt"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/templates/phrase"
)

// Order is what a web customer is told of an order (FAX-3, STK-2): its confirmation, or what has
// changed since.
type Order struct {
	Shop   Shop
	Answer order.Answer
}

// Again tells that the customer was told of the order before.
func (m Order) Again() bool { return m.Answer.Edition > 1 }

// Cancelled tells that nothing of it stands any more.
func (m Order) Cancelled() bool {
	for _, o := range m.Answer.Told.Orders {
		if !o.Cancelled {
			return false
		}
	}
	return len(m.Answer.Told.Orders) > 0
}

// Short tells that the mail is about what is short of stock.
func (m Order) Short() bool { return m.Answer.Kind == order.AnswerStockout }

// To is whom the mail greets.
func (m Order) To() string { return m.Answer.Customer.CompanyName + "　" + m.Answer.Customer.Name }

// Orders are the orders, with what the mail says of each in words.
func (m Order) Orders() []orderText {
	out := make([]orderText, 0, len(m.Answer.Told.Orders))
	for _, o := range m.Answer.Told.Orders {
		out = append(out, orderText{o})
	}
	return out
}

// Changes are what differs from the mail before.
func (m Order) Changes() []string {
	out := make([]string, 0, len(m.Answer.Changes))
	for _, n := range m.Answer.Changes {
		out = append(out, phrase.Note(n))
	}
	return out
}

type orderText struct{ order.ToldOrder }

// Place is where it goes.
func (o orderText) Place() string {
	s := ""
	if p := o.ShipTo.PostalCode; len(p) == 7 {
		s = "〒" + p[:3] + "-" + p[3:] + " "
	}
	return s + o.ShipTo.Prefecture + o.ShipTo.Address + "　" + o.ShipTo.Name
}

// Told are the notes of the order in words.
func (o orderText) Told() []string {
	var out []string
	if o.Held && o.HeldWhy == order.ReasonApproval {
		out = append(out, phrase.HeldForApproval)
	} else if o.Held {
		out = append(out, "担当者が内容を確認しております。確認が済み次第ご連絡いたします。")
	}
	for _, n := range o.Notes {
		out = append(out, phrase.Note(n))
	}
	return out
}

// Rows are the lines.
func (o orderText) Rows() []rowText {
	out := make([]rowText, 0, len(o.Lines))
	for _, l := range o.Lines {
		out = append(out, rowText{l, o.Stockout})
	}
	return out
}

// Total is what the order comes to with tax.
func (o orderText) Total() order.Yen { return o.TotalYen() }

type rowText struct {
	order.ToldLine
	stockout order.StockoutPreference
}

// Mark is ※ on goods of the reduced rate (TAX-1).
func (r rowText) Mark() string {
	if r.TaxRate == reducedRate {
		return " ※"
	}
	return ""
}

const reducedRate order.Percent = 8

// Days say when it arrives.
func (r rowText) Days() string {
	var days []string
	for _, a := range r.Arrivals {
		day := phrase.Day(a.On)
		if a.Qty != r.KeptQty() {
			day += "（" + strconv.Itoa(a.Qty) + r.Unit + "）"
		}
		days = append(days, day)
	}
	return strings.Join(days, "、")
}

// Lack says what is short of it, or nothing.
func (r rowText) Lack() string {
	if r.LackQty() == 0 {
		return ""
	}
	return fmt.Sprintf("【欠品】不足 %d%s（お手配済 %d%s）。%s", r.LackQty(), r.Unit, r.Qty-r.LackQty(), r.Unit, phrase.Lack(r.ToldLine, r.stockout))
}

// SoldOut says why an order of which nothing was to be had is cancelled, or nothing.
func (o orderText) SoldOut() string {
	if o.CancelledWhy != order.ReasonStock {
		return ""
	}
	return phrase.SoldOut
}

// Kept tells that something of the line is delivered.
func (r rowText) Kept() bool { return r.KeptQty() > 0 }

// Reduced tells that goods of the reduced rate are among it.
func (o orderText) Reduced() bool {
	for _, t := range o.Taxes {
		if t.Rate == reducedRate {
			return true
		}
	}
	return false
}

// Render writes the mail.
func (m Order) Render() (Message, error) { return render("order", m.Shop, m) }
