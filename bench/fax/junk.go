package fax

import (
	"fmt"
	"math"
	"math/rand/v2"

	"todoke/order"
	"todoke/templates/form"
)

// junkKinds are things in a digit's box that are no digit. A circle is not among them: in a
// box for digits it is a nought.
var junkKinds = []string{"tick", "cross", "dash", "triangle", "ditto", "dust", "scribble", "struck_out", "two_digits"}

// fillJunk writes an order of two lines, ticks one of the marks in half of the sheets, and puts
// junk into some of the boxes of the lines below. The truth tells where, by kind.
func fillJunk(p *Paper, l *form.Layout, shop *Shop, w Writer, r *rand.Rand) (Truth, map[string][]string) {
	h := Reference(false)
	h.MinLines, h.MaxLines, h.Mark = 2, 2, .5
	t := Fill(p, l, RandomSheet(r, shop, h), w, Mess{}, r)
	junk := map[string][]string{}
	for n := 4; ; n += 2 { // a free line between: nothing reaches another's box from above
		found := false
		for _, suffix := range []string{".item_code", ".quantity"} {
			name := fmt.Sprintf("lines[%d]%s", n, suffix)
			f := l.Field(name)
			if f == nil {
				continue
			}
			found = true
			junk[name] = make([]string, len(f.Cells))
			t.Messy[name] = true
			for i, b := range f.Cells {
				if i%2 == 0 {
					kind := junkKinds[r.IntN(len(junkKinds))]
					junk[name][i] = kind
					w.junk(p, r, kind, b)
				}
			}
		}
		if !found {
			return t, junk
		}
	}
}

// junk draws one of the kinds in a box.
func (w *Writer) junk(p *Paper, r *rand.Rand, kind string, b form.Box) {
	cx, cy := b.X+b.W/2, b.Y+b.H/2
	place := func(strokes ...string) {
		size := .6 + .3*r.Float64()
		bw, bh := b.W*size, b.H*size
		for _, stroke := range shape(1, 1, strokes...).strokes {
			for i := range stroke {
				stroke[i].x += .06 * r.NormFloat64()
				stroke[i].y += .06 * r.NormFloat64()
			}
			line := curve(stroke)
			for i, q := range line {
				line[i] = point{cx + (q.x-.5)*bw, cy + (q.y-.5)*bh}
			}
			p.pen(line, w.PenMM, w.Pressure, 6*r.Float64())
		}
	}
	switch kind {
	case "tick":
		place("0 .5, .3 .95!, .6 .5, 1 .05")
	case "cross":
		place("0 .1, 1 .9", "1 .1, 0 .9")
	case "dash":
		place("0 .5, .5 .48, 1 .5")
	case "triangle":
		place(".5 0!, 0 .9!, 1 .9!, .5 0")
	case "ditto":
		place(".3 .25, .2 .6", ".75 .25, .65 .6")
	case "dust":
		for range 2 + r.IntN(6) {
			p.dot(b.X+b.W*r.Float64(), b.Y+b.H*r.Float64(), .2+.5*r.Float64()*r.Float64())
		}
	case "scribble":
		var line []node
		for i := range 14 {
			line = append(line, node{x: cx + b.W*.36*math.Sin(float64(i)*2.4)*(.7+.6*r.Float64()), y: b.Y + b.H*(.2+.6*float64(i)/13), corner: r.IntN(3) == 0})
		}
		p.pen(curve(line), w.PenMM, w.Pressure, 0)
	case "struck_out":
		w.Write(p, r, r.IntN(10), cx, cy, b.W*.86, b.H*.9)
		w.strike(p, r, b.X, b.Y, b.W, b.H)
	case "two_digits":
		narrow := *w
		narrow.OffX = 0
		narrow.Write(p, r, r.IntN(10), cx-b.W*.24, cy, b.W*.42, b.H*.8)
		narrow.Write(p, r, r.IntN(10), cx+b.W*.24, cy, b.W*.42, b.H*.8)
	}
}

// junkResult is one box with junk in it.
type junkResult struct {
	kind       string
	digit      bool // it was read as a digit
	confidence float64
}

// MarkCount is what became of the tick boxes.
type MarkCount struct {
	N, Right, Unsure int // right: accepted as it was, ticked or not; unsure: in review
}

func (c *MarkCount) count(ticked bool, d order.Decision) {
	c.N++
	switch {
	case d == order.DecisionReview:
		c.Unsure++
	case ticked == (d == order.DecisionAccept):
		c.Right++
	}
}

// countJunk holds a page of junk against what was put on it.
func (res *Result) countJunk(t Truth, junk map[string][]string, d *order.Draft, l *form.Layout) {
	for _, def := range l.Fields {
		f := d.Field(def.Name)
		if f == nil {
			continue
		}
		if def.Kind == form.FieldMark {
			_, ticked := t.Text[def.Name]
			res.Marks.count(ticked, f.Decision)
		}
		for i, kind := range junk[def.Name] {
			if kind != "" && i < len(f.Cells) {
				c := f.Cells[i]
				res.junk = append(res.junk, junkResult{kind, len(c.Text) == 1 && c.Text[0] >= '0' && c.Text[0] <= '9', c.Confidence})
			}
		}
	}
}

// JunkTaken is how much junk of a kind, of all where kind is "", is taken for a digit where
// the given part of real digits is left to people.
func (res *Result) JunkTaken(kind string, reject float64) Rate {
	bound := res.Bound(reject)
	var out Rate
	for _, j := range res.junk {
		if kind != "" && j.kind != kind {
			continue
		}
		out.N++
		if j.digit && j.confidence >= bound {
			out.K++
		}
	}
	return out
}
