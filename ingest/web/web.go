package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"todoke/order"
)

// Limits cap what one order may hold.
type Limits struct {
	Bytes        int
	Lines        int
	CommentRunes int // of a line's comment (FAX-4)
}

// DefaultLimits are above any order of an office.
func DefaultLimits() Limits { return Limits{Bytes: 256 << 10, Lines: 500, CommentRunes: 200} }

const (
	maxCode = 40  // characters of a code
	maxText = 200 // characters of a name, an address or a reference
)

// Order is what a shop front sent. Request.ReceivedAt is for the caller to set, from OrderedAt
// and its own receipt (CUT-3).
type Order struct {
	OrderedAt time.Time // zero where not given
	Request   order.Request
}

// Parse reads one web order. Where problems are returned, the order is not to be used.
func Parse(data []byte, lim Limits) (Order, []*order.Error) {
	root, fault := decode(data, lim.Bytes)
	if fault != nil {
		return Order{}, []*order.Error{fault}
	}
	p := parser{lim: lim}
	var o Order
	fields, ok := p.object(root, "ordered_at", "customer_code", "user_code", "ship_to", "address", "designated_on", "stockout", "payment", "terms", "lines")
	if !ok {
		return Order{}, p.problems
	}
	r := &o.Request
	r.Channel = order.ChannelWeb
	o.OrderedAt = p.instant(fields["ordered_at"], "CUT-3")
	r.DepartmentCode = p.text(p.need(fields, root, "customer_code", "ACC-1"), "ACC-1", maxCode)
	r.UserCode = p.text(fields["user_code"], "ACC-1", maxCode)
	r.ShipToCode = p.text(fields["ship_to"], "ACC-1", maxCode)
	r.ShipTo = p.address(fields["address"])
	if r.ShipToCode != "" && r.ShipTo != nil {
		p.bad("ACC-1", "address", "give either ship_to or address: the order goes to one place")
	}
	r.DesignatedOn = p.date(fields["designated_on"], "CUT-7")
	r.Stockout = choice(&p, fields["stockout"], "STK-2", order.StockoutBackorder, order.StockoutCancel)
	p.payment(fields["payment"], r)
	r.Terms = p.terms(fields["terms"])
	if r.Payment == order.PaymentCard && r.Terms == nil && !given(fields["terms"]) {
		p.bad("ACC-5", "terms", "the field is missing: customers who pay by card have agreed to the terms, so send their version and when")
	}
	r.Lines = p.lines(p.need(fields, root, "lines", "ITM-1"))
	if len(p.problems) > 0 {
		return Order{}, p.problems
	}
	return o, nil
}

// parser gathers problems, at most maxProblems of them.
type parser struct {
	lim      Limits
	problems []*order.Error
}

const maxProblems = 100

func (p *parser) bad(rule, field, message string) {
	if len(p.problems) < maxProblems {
		p.problems = append(p.problems, order.Invalid(rule, field, message))
	}
}

// given tells whether a field stands in the order and is not null.
func given(n node) bool { return n.value != nil }

func (p *parser) need(fields map[string]node, parent node, name, rule string) node {
	n := fields[name]
	if !given(n) {
		n.path = join(parent.path, name)
		p.bad(rule, n.path, "the field is missing: send it")
	}
	return n
}

func (p *parser) object(n node, known ...string) (map[string]node, bool) {
	fields, ok := n.value.(map[string]node)
	if !ok {
		p.bad("", n.path, "the value must be an object")
		return nil, false
	}
	for _, name := range n.fields {
		if !slices.Contains(known, name) {
			p.bad("", fields[name].path, "the field is unknown: leave it out; known here are "+strings.Join(known, ", "))
		}
	}
	return fields, true
}

func (p *parser) text(n node, rule string, limit int) string {
	if !given(n) {
		return ""
	}
	s, ok := n.value.(string)
	switch {
	case !ok:
		p.bad(rule, n.path, "the value must be a string: put it in double quotes, codes too")
	case strings.TrimSpace(s) == "":
		p.bad(rule, n.path, "the text is empty: write it or leave the field out")
	case utf8.RuneCountInString(s) > limit:
		p.bad(rule, n.path, fmt.Sprintf("the text is longer than %d characters: shorten it", limit))
	case strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '　' }) >= 0:
		p.bad(rule, n.path, "the text holds a line break or another invisible character: leave it out")
	default:
		return strings.TrimSpace(s)
	}
	return ""
}

func (p *parser) instant(n node, rule string) time.Time {
	if !given(n) {
		return time.Time{}
	}
	s, _ := n.value.(string)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		p.bad(rule, n.path, "the value must be an instant of RFC 3339, such as \"2026-11-24T16:59:30+09:00\"")
	}
	return t
}

func (p *parser) date(n node, rule string) order.Date {
	if !given(n) {
		return order.Date{}
	}
	s, _ := n.value.(string)
	d, err := order.ParseDate(s)
	if err != nil {
		p.bad(rule, n.path, "the value must be a date, such as \"2026-11-24\"")
	}
	return d
}

func choice[S ~string](p *parser, n node, rule string, of ...S) S {
	if !given(n) {
		return ""
	}
	s, ok := n.value.(string)
	if !ok || !slices.Contains(of, S(s)) {
		words := make([]string, len(of))
		for i, w := range of {
			words[i] = strconv.Quote(string(w))
		}
		p.bad(rule, n.path, "the value must be one of "+strings.Join(words, ", "))
		return ""
	}
	return S(s)
}

func (p *parser) address(n node) *order.Address {
	const rule = "ACC-1"
	if !given(n) {
		return nil
	}
	fields, ok := p.object(n, "name", "postal_code", "prefecture", "address")
	if !ok {
		return nil
	}
	a := &order.Address{
		Name:       p.text(p.need(fields, n, "name", rule), rule, maxText),
		PostalCode: p.text(p.need(fields, n, "postal_code", rule), rule, maxCode),
		Prefecture: p.text(p.need(fields, n, "prefecture", rule), rule, maxCode),
		Address:    p.text(p.need(fields, n, "address", rule), rule, maxText),
	}
	if len(a.PostalCode) == 8 && a.PostalCode[3] == '-' {
		a.PostalCode = a.PostalCode[:3] + a.PostalCode[4:]
	}
	if a.PostalCode != "" && (len(a.PostalCode) != 7 || strings.Trim(a.PostalCode, "0123456789") != "") {
		p.bad(rule, fields["postal_code"].path, "the value must be a postal code of 7 digits, such as \"1000001\"")
	}
	if a.Prefecture != "" && !order.IsPrefecture(a.Prefecture) {
		p.bad(rule, fields["prefecture"].path, "the value must be the full name of a prefecture, such as \"東京都\"")
	}
	return a
}

func (p *parser) payment(n node, r *order.Request) {
	const rule = "PAY-1"
	if !given(n) {
		return
	}
	fields, ok := p.object(n, "method", "authorisation", "authorised_yen", "authorised_until")
	if !ok {
		return
	}
	r.Payment = choice(p, p.need(fields, n, "method", rule), rule, order.PaymentInvoice, order.PaymentCard)
	r.Authorisation = p.text(fields["authorisation"], rule, maxText)
	r.AuthorisedYen = p.yen(fields["authorised_yen"], rule)
	r.AuthorisedTill = p.instant(fields["authorised_until"], rule)
	if r.Payment == order.PaymentCard && !given(fields["authorised_yen"]) {
		p.bad(rule, n.path+".authorised_yen", "the field is missing: send for how much the card is authorised, in whole yen incl. tax")
	}
	switch {
	case r.Payment == order.PaymentCard && !given(fields["authorisation"]):
		p.bad(rule, n.path+".authorisation", "the field is missing: a card order carries the reference of its authorisation")
	case order.LooksLikeCard(r.Authorisation):
		// Its words hold nothing of the number, which is neither kept nor logged.
		p.bad(rule, n.path+".authorisation", "the reference looks like a card's number, which must not be sent here: send the reference that the gateway gave to the authorisation")
	case r.Payment == order.PaymentInvoice && given(fields["authorisation"]):
		p.bad(rule, n.path+".authorisation", "an order on invoice has no authorisation: leave it out or set method to \"card\"")
	}
}

// yen is an amount of whole yen, at least 1.
func (p *parser) yen(n node, rule string) order.Yen {
	if !given(n) {
		return 0
	}
	const most = 1_000_000_000_000
	number, ok := n.value.(json.Number)
	if !ok {
		p.bad(rule, n.path, "the value must be a number without quotes")
		return 0
	}
	y, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || y < 1 || y > most {
		p.bad(rule, n.path, "the amount must be whole yen, at least 1")
		return 0
	}
	return order.Yen(y)
}

func (p *parser) terms(n node) *order.Terms {
	const rule = "ACC-5"
	if !given(n) {
		return nil
	}
	fields, ok := p.object(n, "version", "agreed_at")
	if !ok {
		return nil
	}
	return &order.Terms{
		Version:  p.text(p.need(fields, n, "version", rule), rule, maxCode),
		AgreedAt: p.instant(p.need(fields, n, "agreed_at", rule), rule),
	}
}

func (p *parser) lines(n node) []order.RequestLine {
	if !given(n) {
		return nil
	}
	list, ok := n.value.([]node)
	switch {
	case !ok:
		p.bad("ITM-1", n.path, "the value must be a list of lines")
		return nil
	case len(list) == 0:
		p.bad("ITM-1", n.path, "the order has no lines: send at least one")
		return nil
	case len(list) > p.lim.Lines:
		p.bad("ITM-1", n.path, fmt.Sprintf("the order has %d lines, %d are the most: split it", len(list), p.lim.Lines))
		return nil
	}
	lines := make([]order.RequestLine, 0, len(list))
	for _, item := range list {
		fields, ok := p.object(item, "item_code", "quantity", "comment")
		if !ok {
			continue
		}
		lines = append(lines, order.RequestLine{
			Field:    item.path,
			ItemCode: p.text(p.need(fields, item, "item_code", "ITM-1"), "ITM-1", maxCode),
			Qty:      p.quantity(p.need(fields, item, "quantity", "ITM-1")),
			Comment:  p.text(fields["comment"], "FAX-4", p.lim.CommentRunes),
		})
	}
	return lines
}

// quantity is a positive whole number; how large it may be is for the rules.
func (p *parser) quantity(n node) int {
	if !given(n) {
		return 0
	}
	number, ok := n.value.(json.Number)
	if !ok {
		p.bad("ITM-1", n.path, "the value must be a number without quotes")
		return 0
	}
	q, err := strconv.ParseInt(number.String(), 10, 32)
	if err != nil || q < 1 {
		p.bad("ITM-1", n.path, "the quantity must be a whole number of at least 1, in the item's order unit")
		return 0
	}
	return int(q)
}
