package form

import (
	"todoke/order"
	printed "todoke/templates/form"
)

// Personal forms name the customer's usual items: their codes stand printed in the boxes of the
// first lines and only quantities are written beside them.

const (
	struckOut     = "the printed item code was struck out or written over"
	reasonCovered = "the customer code that was printed is not seen in its boxes: is the form another's?"
)

// unordered settles a line whose item code is printed and whose quantity is blank: nothing of it
// is ordered, unless someone changed the code.
func (f *fieldReader) unordered(item, qty *field) bool {
	if !qty.isBlank() {
		return false
	}
	qty.blankOrDoubt()
	if f.overwritten(item) {
		item.out.Text, item.out.Confidence = item.text(), 0
		item.review(struckOut)
		return true
	}
	item.out.Text, item.out.Confidence, item.out.Decision = "", 0.9999, order.DecisionBlank
	return true
}

// overwritten tells whether a pen went over a printed code: a line runs through the white between
// the boxes, where print never is, or most of what stands in them is no digit any more.
func (f *fieldReader) overwritten(fl *field) bool {
	crossed, spoilt := 0, 0
	for i := range fl.def.Cells {
		if i+1 < len(fl.def.Cells) && f.g.crossed(fl.def.Cells[i], fl.def.Cells[i+1]) {
			crossed++
		}
		if fl.states[i] == written && fl.glyphs[i].reject > 0.5 {
			spoilt++
		}
	}
	return crossed >= 2 || spoilt >= 3
}

// crossed tells whether a stroke runs from one box to the next.
func (g *registration) crossed(a, b printed.Box) bool {
	const clear, most = 0.55, 0.85 // mm kept from the frames; part of the way that is ink
	x0, x1 := a.X+a.W+clear, b.X-clear
	if x1 <= x0 {
		return false
	}
	p, q := g.at(xy{x0, a.Y - 0.5}), g.at(xy{x1, a.Y + a.H + 0.5})
	left, right := int(p.x), max(int(q.x+0.5), int(p.x)+2)
	for y := int(min(p.y, q.y)); y <= int(max(p.y, q.y)); y++ {
		// A line askew leaves its row on the way.
		ink := 0
		for x := left; x < right; x++ {
			if g.page.At(x, y) || g.page.At(x, y+1) {
				ink++
			}
		}
		if float64(ink) >= most*float64(right-left) {
			return true
		}
	}
	return false
}
