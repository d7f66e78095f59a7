package fax

import (
	"fmt"
	"math/rand/v2"

	"todoke/templates/form"
)

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
		w.Write(f.p, r, wrong, cx, cy, maxW, maxH)
		w.strike(f.p, r, b.X, b.Y, b.W, b.H)
		small := w
		small.HeightMM *= .7
		small.Write(f.p, r, d, cx+b.W*.2, b.Y-1.2, maxW*.6, 3)
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
	w.Write(f.p, r, d, cx, cy, maxW, maxH)
}

func sign(r *rand.Rand) float64 {
	if r.IntN(2) == 0 {
		return -1
	}
	return 1
}
