package form_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// The nasty files are made once: `go test -run TestMakeNasty -nasty` writes them anew, the same
// for the same laboratory.
var makeNasty = flag.Bool("nasty", false, "write testdata/nasty anew")

const nastyDir = "testdata/nasty"

// nastyTruth is what stands on a nasty page.
type nastyTruth struct {
	What   string            `json:"what"`
	Text   map[string]string `json:"text"`   // by field, as a careful person reads it
	Accept []string          `json:"accept"` // fields clear enough to be accepted unseen
	Review map[string]string `json:"review"` // fields that are a person's, and what their reason says
	Offer  map[string]string `json:"offer"`  // of these, what the reader proposes
}

// scribe writes by hand onto a printed form.
type scribe struct {
	b *bench
	p *lab.Paper
	w lab.Writer
	r *rand.Rand
	t nastyTruth
}

func newScribe(b *bench, what string, seed uint64) *scribe {
	r := rand.New(rand.NewPCG(seed, 4711))
	s := &scribe{b: b, p: b.sheet.Clone(), r: r, w: lab.NewWriter(r)}
	s.w.HeightMM, s.w.PenMM, s.w.OffX, s.w.OffY, s.w.Slant, s.w.Widen = 4.4, .4, 0, 0, .06, 1
	s.t = nastyTruth{What: what, Text: map[string]string{}, Review: map[string]string{}, Offer: map[string]string{}}
	return s
}

func (s *scribe) cells(field string) []printed.Box { return s.b.form.Layout.Field(field).Cells }

// write writes digits, the first into box at; text is what they mean.
func (s *scribe) write(field, digits string, at int) *scribe {
	cells := s.cells(field)
	for i, c := range digits {
		x := cells[0].X + 7*float64(at+i)
		s.digit(int(c-'0'), x+2.5, cells[0].Y+3.5)
	}
	s.t.Text[field] = digits
	return s
}

func (s *scribe) digit(d int, cx, cy float64) { s.w.Write(s.p, s.r, d, cx, cy, 4.2, 6) }

// right writes a number right-aligned.
func (s *scribe) right(field, digits string) *scribe {
	return s.write(field, digits, len(s.cells(field))-len(digits))
}

func (s *scribe) line(n int, code, quantity string) *scribe {
	name := "lines[" + string(rune('0'+n)) + "]"
	return s.write(name+".item_code", code, 0).right(name+".quantity", quantity)
}

// small writes d smaller.
func (s *scribe) small(d int, cx, cy, height, width float64) {
	w := s.w
	w.HeightMM = height
	w.Write(s.p, s.r, d, cx, cy, width, height)
}

// pen draws strokes of points x, y in mm.
func (s *scribe) pen(width float64, strokes ...[]float64) {
	const k = lab.PaperDPI / 25.4
	for _, q := range strokes {
		for i := 2; i+1 < len(q); i += 2 {
			dx, dy := q[i]-q[i-2], q[i+1]-q[i-1]
			n := int(math.Hypot(dx, dy)*k) + 1
			for j := range n + 1 {
				t := float64(j) / float64(n)
				x, y, r := (q[i-2]+dx*t)*k, (q[i-1]+dy*t)*k, width*k/2
				for row := int(y - r); float64(row) <= y+r; row++ {
					half := math.Sqrt(max(r*r-(float64(row)-y)*(float64(row)-y), 0))
					s.p.Image.Fill(int(x-half), int(x+half)+1, row)
				}
			}
		}
	}
}

// strike draws two lines through a box.
func (s *scribe) strike(b printed.Box) {
	s.pen(.4, []float64{b.X + .2, b.Y + 2.9, b.X + b.W - .1, b.Y + 2.5}, []float64{b.X + .1, b.Y + 4.4, b.X + b.W - .2, b.Y + 4})
}

// circle draws an ellipse.
func (s *scribe) circle(cx, cy, rx, ry float64) {
	var q []float64
	for a := 0; a <= 380; a += 10 {
		sin, cos := math.Sincos(float64(a) * math.Pi / 180)
		q = append(q, cx+rx*cos+.2*sin, cy+ry*sin)
	}
	s.pen(.4, q)
}

// shapes are digits as they are written in Japan, in a box of one by one: a 1 with flag and foot,
// a 2 with a flat tail, an open 4, a 5 with its bar apart, a hooked 7, a slashed 0.
var shapes = map[rune][][]float64{
	'0': {{.5, 0, .2, .12, .05, .5, .2, .88, .5, 1, .8, .88, .95, .5, .8, .1, .5, 0}, {.85, .1, .15, .92}},
	'1': {{.25, .22, .5, 0, .5, 1}, {.22, 1, .8, 1}},
	'2': {{.08, .25, .25, .05, .55, 0, .85, .12, .85, .35, .6, .62, .3, .82, .02, .98, .5, .97, 1.02, .97}},
	'4': {{.32, .05, .2, .35, .05, .66, .5, .66, 1, .63}, {.68, .25, .66, .6, .64, 1}},
	'5': {{.2, .08, .16, .3, .12, .48, .45, .4, .85, .52, .92, .78, .5, 1, .02, .92}, {.28, 0, .6, -.02, 1, -.04}},
	'7': {{.05, .3, .06, .06, .5, .04, .94, .03, .72, .45, .5, 1}},
	'9': {{.84, .16, .5, 0, .12, .14, .08, .4, .42, .54, .78, .36, .86, .14, .84, .5, .7, 1}},
	'3': {{.08, .14, .4, 0, .8, .08, .78, .3, .42, .46, .84, .58, .94, .8, .5, 1, .02, .9}},
	'6': {{.66, 0, .3, .3, .05, .64, .2, .95, .6, 1, .92, .8, .74, .56, .4, .54, .1, .72}},
	'8': {{.78, .12, .46, 0, .12, .14, .24, .36, .6, .52, .94, .74, .7, .98, .28, .98, .06, .78, .3, .54, .74, .34, .82, .14}},
}

// shaped writes digits in those shapes.
func (s *scribe) shaped(field, digits string, at int) *scribe {
	for i, c := range digits {
		b := s.cells(field)[at+i]
		var strokes [][]float64
		for _, q := range shapes[c] {
			var p []float64
			for j := 0; j < len(q); j += 2 {
				x, y := q[j]-.5, q[j+1]-.5
				p = append(p, b.X+2.5+3*x-.3*y+.08*s.r.NormFloat64(), b.Y+3.5+4.6*y+.08*s.r.NormFloat64())
			}
			strokes = append(strokes, p)
		}
		s.pen(.4, strokes...)
	}
	s.t.Text[field] = digits
	return s
}

// review says that a field is a person's, and why.
func (s *scribe) review(field, reason string) *scribe { s.t.Review[field] = reason; return s }

func (s *scribe) offer(field, text string) *scribe { s.t.Offer[field] = text; return s }

func (s *scribe) accept(fields ...string) *scribe {
	s.t.Accept = append(s.t.Accept, fields...)
	return s
}

// nasty are the cases, by file name.
func nasty(b *bench) map[string]func() *scribe {
	customer := b.shop.Departments[0].Code
	one, two, three := b.once(0), b.once(1), b.once(2)
	box := func(field string, i int) printed.Box { return b.form.Layout.Field(field).Cells[i] }
	item := func(n int) string { return "lines[" + string(rune('0'+n)) + "].item_code" }
	qty := func(n int) string { return "lines[" + string(rune('0'+n)) + "].quantity" }
	// struckDigit writes a wrong digit, strikes it out and writes the right one above.
	struckDigit := func(s *scribe, field string, i int, wrong, right int) {
		c := box(field, i)
		s.digit(wrong, c.X+2.5, c.Y+3.5)
		s.strike(c)
		s.small(right, c.X+3.2, c.Y-1.75, 2.6, 2.6)
	}
	return map[string]func() *scribe{
		"struck-digit": func() *scribe {
			s := newScribe(b, "a digit of a code and one of a quantity struck out, the right ones above", 3)
			s.write("customer_code", customer, 0).line(1, one, "3")
			s.write(item(2), two[:3], 0)
			d := int(two[3] - '0')
			struckDigit(s, item(2), 3, (d+3)%10, d)
			s.write(item(2), two[4:], 4)
			struckDigit(s, qty(2), 3, 8, 5)
			s.right("total_quantity", "8")
			s.t.Text[item(2)], s.t.Text[qty(2)] = two, "5"
			return s.accept("customer_code", item(1), qty(1))
		},
		"struck-quantity": func() *scribe {
			s := newScribe(b, "a quantity struck out with the right one above, and no total", 5)
			s.write("customer_code", customer, 0).line(1, one, "3").write(item(2), two, 0)
			struckDigit(s, qty(2), 3, 2, 6)
			s.t.Text[qty(2)] = "6"
			return s.accept("customer_code", item(1), item(2)).review(qty(2), "struck out and corrected")
		},
		"struck-line": func() *scribe {
			s := newScribe(b, "a whole line struck out", 7)
			s.write("customer_code", customer, 0).line(1, one, "3").line(2, two, "4").line(3, three, "5").right("total_quantity", "8")
			c, d := box(item(2), 0), box(qty(2), 3)
			s.pen(.4, []float64{c.X - 1, c.Y + 3, d.X + d.W + 1, d.Y + 2.7}, []float64{c.X - 1, c.Y + 4.6, d.X + d.W + 1, d.Y + 4.3})
			return s.accept("customer_code", item(1), item(3), qty(1), qty(3)).review(item(2), "is this line ordered").review(qty(2), "is this line ordered")
		},
		"two-in-a-box": func() *scribe {
			s := newScribe(b, "12 squeezed into the last box", 9)
			s.write("customer_code", customer, 0).line(1, one, "3").write(item(2), two, 0)
			c := box(qty(2), 3)
			s.small(1, c.X+1.2, c.Y+3.5, 3.8, 1.6)
			s.small(2, c.X+3.3, c.Y+3.5, 3.8, 2.4)
			s.right("total_quantity", "15")
			s.t.Text[qty(2)] = "12"
			return s.accept("customer_code", item(1), item(2), qty(1))
		},
		"two-in-a-box-alone": func() *scribe {
			s := newScribe(b, "12 squeezed into the last box, without a total", 9)
			s.write("customer_code", customer, 0).line(1, one, "3").write(item(2), two, 0)
			c := box(qty(2), 3)
			s.small(1, c.X+1.2, c.Y+3.5, 3.8, 1.6)
			s.small(2, c.X+3.3, c.Y+3.5, 3.8, 2.4)
			s.t.Text[qty(2)] = "12"
			return s.accept("customer_code", item(1), item(2)).review(qty(2), "")
		},
		"shifted-code": func() *scribe {
			s := newScribe(b, "an item code one box to the left, its first digit on the line's number", 11)
			s.write("customer_code", customer, 0).line(1, one, "3")
			s.write(item(2), two, -1).right(qty(2), "4").right("total_quantity", "7")
			return s.accept("customer_code", item(1), qty(1), qty(2)).review(item(2), "one box too far").offer(item(2), two)
		},
		"shifted-customer": func() *scribe {
			s := newScribe(b, "the customer code one box to the left", 13)
			s.write("customer_code", customer, -1).line(1, one, "3")
			return s.accept(item(1))
		},
		"shifted-right": func() *scribe {
			s := newScribe(b, "an item code one box to the right", 15)
			s.write("customer_code", customer, 0).line(1, one, "3")
			s.write(item(2), two[:6], 1)
			c := box(item(2), 6)
			s.small(int(two[6]-'0'), c.X+c.W+2.2, c.Y+3.5, 4.2, 3)
			s.right(qty(2), "4")
			s.t.Text[item(2)] = two
			return s.accept("customer_code", item(1))
		},
		"japanese-shapes": func() *scribe {
			s := newScribe(b, "flat-tailed 2, flagged 1, open 4, 5 with its bar apart, hooked 7, slashed 0", 17)
			s.shaped("customer_code", customer, 0).shaped(item(1), one, 0).shaped(item(2), two, 0).shaped(item(3), three, 0)
			s.shaped(qty(1), "140", 1).shaped(qty(2), "27", 2).shaped(qty(3), "15", 2).shaped("total_quantity", "182", 2)
			return s.accept("customer_code", item(1), item(2), item(3), qty(1), qty(2), qty(3), "total_quantity")
		},
		"tick-tail": func() *scribe {
			s := newScribe(b, "a check mark whose tail runs through the next tick box", 19)
			s.write("customer_code", customer, 0).line(1, one, "3")
			c, d := box("stockout.backorder", 0), box("stockout.cancel", 0)
			s.pen(.4, []float64{c.X + .6, c.Y + 2.4, c.X + 2, c.Y + 4.4, c.X + 3.6, c.Y + 2.6, c.X + 8, c.Y - .8, d.X + .8, d.Y + 1.3, d.X + d.W - 1, d.Y + .8, d.X + d.W + 2, d.Y})
			s.t.Text["stockout.backorder"] = "x"
			return s.accept("customer_code", item(1))
		},
		"tick-over": func() *scribe {
			s := newScribe(b, "a large check mark that leaves its box", 21)
			s.write("customer_code", customer, 0).line(1, one, "3")
			c := box("stockout.cancel", 0)
			s.pen(.4, []float64{c.X + .4, c.Y + 1.8, c.X + 2, c.Y + 4.6, c.X + 4, c.Y + 1.2, c.X + 8.5, c.Y - 3.6})
			s.t.Text["stockout.cancel"] = "x"
			return s.accept("customer_code", item(1), "stockout.cancel")
		},
		"circled-label": func() *scribe {
			s := newScribe(b, "a circle round the label instead of a tick", 23)
			s.write("customer_code", customer, 0).line(1, one, "3")
			c := box("stockout.cancel", 0)
			s.circle(c.X+c.W+11.5, c.Y+2.6, 10.5, 4)
			s.t.Text["stockout.cancel"] = "x"
			return s.accept("customer_code", item(1)).review("stockout.cancel", "label")
		},
		"ditto": func() *scribe {
			s := newScribe(b, "ditto marks for the item", 25)
			s.write("customer_code", customer, 0).line(1, one, "3").right(qty(2), "4")
			c := box(item(2), 3)
			s.pen(.4, []float64{c.X + 1.6, c.Y + 2.5, c.X + 1.2, c.Y + 4.2}, []float64{c.X + 3.2, c.Y + 2.4, c.X + 2.8, c.Y + 4.2})
			s.t.Text[item(2)] = one
			return s.accept("customer_code", item(1)).review(item(2), "").offer(item(2), one)
		},
		"tally": func() *scribe {
			s := newScribe(b, "a tally for the quantity", 27)
			s.write("customer_code", customer, 0).write(item(1), one, 0)
			c := box(qty(1), 3)
			s.pen(.4, []float64{c.X + .8, c.Y + 1.6, c.X + 4.2, c.Y + 1.5}, []float64{c.X + 2.5, c.Y + 1.6, c.X + 2.5, c.Y + 5.4},
				[]float64{c.X + 2.5, c.Y + 3.3, c.X + 4, c.Y + 3.2}, []float64{c.X + 1.4, c.Y + 3, c.X + 1.4, c.Y + 5.4}, []float64{c.X + .6, c.Y + 5.5, c.X + 4.4, c.Y + 5.4})
			s.t.Text[qty(1)] = "5"
			return s.accept("customer_code", item(1)).review(qty(1), "")
		},
		"order-once": func() *scribe {
			s := newScribe(b, "an order that comes again with one quantity changed: the first", 29)
			return s.write("customer_code", customer, 0).line(1, one, "3").line(2, two, "4").right("total_quantity", "7").
				accept("customer_code", item(1), item(2), qty(1), qty(2), "total_quantity")
		},
		"order-again": func() *scribe {
			s := newScribe(b, "an order that comes again with one quantity changed: the second", 29)
			return s.write("customer_code", customer, 0).line(1, one, "3").line(2, two, "6").right("total_quantity", "9").
				accept("customer_code", item(1), item(2), qty(1), qty(2), "total_quantity")
		},
	}
}

func TestMakeNasty(t *testing.T) { //nolint:paralleltest // writes what other tests read
	if !*makeNasty {
		t.Skip("only with -nasty")
	}
	b := setup(t, printed.Options{})
	if err := os.MkdirAll(nastyDir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, make := range nasty(b) {
		s := make()
		for suffix, l := range map[string]lab.Line{"fine": fine, "standard": standard} {
			l.Skew, l.OffsetY, l.RowsMM = .4, 1.5, 297
			m := l.Send(s.p, rand.New(rand.NewPCG(1, 2)))
			var tiff bytes.Buffer
			if err := fax.EncodeTIFF(&tiff, []*bilevel.Image{m}, fax.Options{Coding: fax.CodingG4, XDPI: l.XDPI, YDPI: l.YDPI}); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(nastyDir, name+"-"+suffix+".tif"), tiff.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		j, err := json.MarshalIndent(s.t, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(nastyDir, name+".json"), append(j, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
