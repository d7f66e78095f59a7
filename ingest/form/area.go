package form

import (
	"todoke/order"
	printed "todoke/templates/form"
)

// areaMargin is how much of the page around a field's boxes, in mm, a person needs to see what
// was written over the frame, struck out or corrected above it.
const areaMargin = 3.0

// area is where boxes of the form lie on the upright page, with a margin; nil where they lie
// beside it.
func (g *registration) area(boxes []printed.Box) *order.Area {
	var a *order.Area
	for _, b := range boxes {
		x0, y0, x1, y1 := g.bounds(b, areaMargin)
		if a == nil {
			a = &order.Area{X0: x0, Y0: y0, X1: x1, Y1: y1}
			continue
		}
		a.X0, a.Y0, a.X1, a.Y1 = min(a.X0, x0), min(a.Y0, y0), max(a.X1, x1), max(a.Y1, y1)
	}
	if a == nil {
		return nil
	}
	a.X0, a.Y0, a.X1, a.Y1 = max(a.X0, 0), max(a.Y0, 0), min(a.X1, g.page.W), min(a.Y1, g.page.H)
	if a.X0 >= a.X1 || a.Y0 >= a.Y1 {
		return nil
	}
	return a
}
