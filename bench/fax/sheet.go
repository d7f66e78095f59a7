package fax

import (
	"math/rand/v2"
	"strconv"

	"todoke/order"
)

// Sheet is what a customer writes on an order form. Texts are digits; "" leaves a field blank.
type Sheet struct {
	Customer  string
	ShipTo    string
	Month     string
	Day       string
	Lines     []SheetLine
	Total     string
	Marks     []string // names of the mark fields ticked
	LeftAlign bool     // quantities start in the first box instead of ending in the last
}

// SheetLine is one written line.
type SheetLine struct {
	Row      int // 1-based row of the form; 0 is its place in Lines
	Code     string
	Quantity string
	Comment  bool
}

// Habit says how customers fill the form in.
type Habit struct {
	MinLines, MaxLines int
	Tens, Hundreds     float64 // how often a quantity has two digits, and three
	Total              float64 // how often the total is written
	ShipTo, Date, Mark float64 // how often these are
	Comment            float64 // a line
	LeftAlign          float64
	NoCustomer         bool // a personal form: the code is printed
}

// Usual is the customers' usual habit: a few lines of small quantities, most with the total.
func Usual() Habit {
	return Habit{
		MinLines: 1, MaxLines: 8, Tens: .25, Hundreds: .05,
		Total: .7, ShipTo: .4, Date: .35, Mark: .4, Comment: .08, LeftAlign: .15,
	}
}

// Reference is the order that figures are compared by: the customer code, five lines of code
// and quantity, these of one, two and three digits alike, and nothing else but the total.
func Reference(total bool) Habit {
	h := Habit{MinLines: 5, MaxLines: 5, Tens: 1. / 3, Hundreds: 1. / 3}
	if total {
		h.Total = 1
	}
	return h
}

// RandomSheet draws an order as customers write them.
func RandomSheet(r *rand.Rand, shop *Shop, h Habit) Sheet {
	c := shop.Departments[r.IntN(len(shop.Departments))]
	s := Sheet{Customer: c.Code, LeftAlign: r.Float64() < h.LeftAlign}
	if h.NoCustomer {
		s.Customer = ""
	}
	if places := shop.ShipTos[c.CompanyCode]; len(places) > 0 && r.Float64() < h.ShipTo {
		s.ShipTo = places[r.IntN(len(places))].Code
	}
	if r.Float64() < h.Date {
		on := shop.ReceivedOn.Add(1 + r.IntN(30))
		s.Month, s.Day = strconv.Itoa(int(on.Month)), strconv.Itoa(on.Day)
	}
	if r.Float64() < h.Mark {
		s.Marks = []string{[]string{"stockout.backorder", "stockout.cancel"}[r.IntN(2)]}
	}
	total := 0
	for range h.MinLines + r.IntN(h.MaxLines-h.MinLines+1) {
		item := shop.Items[r.IntN(len(shop.Items))]
		q := quantity(r, item, h)
		total += q
		s.Lines = append(s.Lines, SheetLine{Code: item.Code, Quantity: strconv.Itoa(q), Comment: r.Float64() < h.Comment})
	}
	if r.Float64() < h.Total {
		s.Total = strconv.Itoa(total)
	}
	return s
}

// quantity draws a multiple of what the item is sold in.
func quantity(r *rand.Rand, item order.Item, h Habit) int {
	m := max(item.OrderMultiple, 1)
	n := 1 + r.IntN(9)
	switch v := r.Float64(); {
	case v < h.Tens:
		n = 10 + r.IntN(90)
	case v < h.Tens+h.Hundreds:
		n = 100 + r.IntN(900)
	}
	return max(n/m, 1) * m
}
