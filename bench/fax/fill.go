package fax

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"todoke/templates/form"
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

// Mess are the habits that make real forms hard. Each is the probability that it happens, a
// digit (Touch, Overflow, Strike) or a field (Shift).
type Mess struct {
	Touch    float64 // the digit touches or crosses its frame
	Overflow float64 // it reaches into the neighbouring box
	Strike   float64 // struck out, the right digit above
	Shift    float64 // the whole field begins one box to the right
}

// Truth is what stands on a page, by field name. Messy tells the fields no careful reader
// should take unseen.
type Truth struct {
	Text  map[string]string
	Messy map[string]bool
	Cells map[string][]int // the digit in each cell, -1 where none
}

// Fill writes the sheet onto the paper by the hand of w.
func Fill(p *Paper, l *form.Layout, s Sheet, w Writer, mess Mess, r *rand.Rand) Truth {
	t := Truth{Text: map[string]string{}, Messy: map[string]bool{}, Cells: map[string][]int{}}
	f := filler{p: p, l: l, w: w, mess: mess, r: r, t: &t}
	f.digits("customer_code", s.Customer, false)
	f.digits("ship_to", s.ShipTo, false)
	f.digits("delivery_month", s.Month, !s.LeftAlign)
	f.digits("delivery_day", s.Day, !s.LeftAlign)
	for i, line := range s.Lines {
		n := line.Row
		if n == 0 {
			n = i + 1
		}
		name := fmt.Sprintf("lines[%d]", n)
		f.digits(name+".item_code", line.Code, false)
		f.digits(name+".quantity", line.Quantity, !s.LeftAlign)
		if field := l.Field(name + ".comment"); field != nil && line.Comment && len(field.Cells) > 0 {
			b := field.Cells[0]
			w.scribble(p, r, b.X, b.Y, b.W, b.H)
			t.Text[field.Name] = "ink"
		}
	}
	f.digits("total_quantity", s.Total, !s.LeftAlign)
	for _, name := range s.Marks {
		if field := l.Field(name); field != nil && len(field.Cells) > 0 {
			b := field.Cells[0]
			w.tick(p, r, b.X, b.Y, b.W, b.H)
			t.Text[name] = "x"
		}
	}
	return t
}

type filler struct {
	p    *Paper
	l    *form.Layout
	w    Writer
	mess Mess
	r    *rand.Rand
	t    *Truth
}

func (f *filler) digits(name, text string, right bool) {
	field := f.l.Field(name)
	if field == nil || text == "" || field.Kind != form.FieldDigits {
		return
	}
	at := 0
	if right {
		at = len(field.Cells) - len(text)
	}
	if at < 0 || at+len(text) > len(field.Cells) {
		panic(fmt.Sprintf("fax: %q does not fit %s", text, name))
	}
	f.t.Text[name] = text
	cells := make([]int, len(field.Cells))
	for i := range cells {
		cells[i] = -1
	}
	if f.r.Float64() < f.mess.Shift && at+len(text) < len(field.Cells) {
		at++
		f.t.Messy[name] = true
	}
	for i := range len(text) {
		b := field.Cells[at+i]
		d := int(text[i] - '0')
		cells[at+i] = d
		f.digit(name, b, d)
	}
	f.t.Cells[name] = cells
}

func (f *filler) digit(name string, b form.Box, d int) {
	w, r := f.w, f.r
	cx, cy := b.X+b.W/2, b.Y+b.H/2
	maxW, maxH := b.W*.86, b.H*.9
	switch v := r.Float64(); {
	case v < f.mess.Strike:
		wrong := (d + 1 + r.IntN(9)) % 10
		w.digit(f.p, r, wrong, cx, cy, maxW, maxH)
		w.strike(f.p, r, b.X, b.Y, b.W, b.H)
		small := w
		small.HeightMM *= .7
		small.digit(f.p, r, d, cx+b.W*.2, b.Y-1.2, maxW*.6, 3)
		f.t.Messy[name] = true
		return
	case v < f.mess.Strike+f.mess.Overflow:
		cx += b.W * .28 * sign(r)
		maxW = b.W * 1.15
	case v < f.mess.Strike+f.mess.Overflow+f.mess.Touch:
		cx += b.W * .12 * sign(r)
		cy += b.H * .10 * sign(r)
		maxW, maxH = b.W*1.02, b.H*1.02
	}
	w.digit(f.p, r, d, cx, cy, maxW, maxH)
}

func sign(r *rand.Rand) float64 {
	if r.IntN(2) == 0 {
		return -1
	}
	return 1
}

// Habit says how customers fill the form in.
type Habit struct {
	MinLines, MaxLines int
	Total              float64 // how often the total is written
	ShipTo, Date, Mark float64 // how often these are
	Comment            float64 // a line
	LeftAlign          float64
	NoCustomer         bool // a personal form: the code is printed
}

// Usual is the customers' usual habit: a few lines of small quantities, most with the total.
func Usual() Habit {
	return Habit{MinLines: 1, MaxLines: 8, Total: .7, ShipTo: .4, Date: .35, Mark: .4, Comment: .08, LeftAlign: .15}
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
		m := max(item.OrderMultiple, 1)
		n := 1 + r.IntN(9)
		switch v := r.Float64(); {
		case v < .25:
			n = 10 + r.IntN(90)
		case v < .30:
			n = 100 + r.IntN(300)
		}
		q := max(n/m, 1) * m
		total += q
		s.Lines = append(s.Lines, SheetLine{Code: item.Code, Quantity: strconv.Itoa(q), Comment: r.Float64() < h.Comment})
	}
	if r.Float64() < h.Total {
		s.Total = strconv.Itoa(total)
	}
	return s
}
