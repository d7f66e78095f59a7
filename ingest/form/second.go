package form

import (
	"slices"

	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// Two sheets may come as one page: laid side by side on a large scanner, copied two on one, or fed
// without a break. One form is read; the other must not be lost.

const (
	reasonSecond = "another form lies on the same page: it is an order of its own, to be entered from the page"
	reasonBeyond = "something is written on the page beyond the form"
)

// beyond tells what lies on the page besides the form that was laid: "" nothing that counts.
func (k Knowledge) beyond(g *registration, m *bilevel.Image, comps []component, rs []resolution) string {
	const (
		fewest       = 12        // solid pieces of ink: fewer are no form's marks
		off          = 12.0      // mm from the sheet: nearer are its edge, its shadow and the sender's header
		small, large = 1.5, 30.0 // mm: writing, not dirt and not the scanner's black lid
		written      = 15.0      // mm² of it
	)
	kx, ky := rs[0].x/mmPerInch, rs[0].y/mmPerInch
	corners, wide := g.sheet(0), g.sheet(off)
	solid, ink := 0, 0.0
	rest := slices.DeleteFunc(slices.Clone(comps), func(c component) bool {
		x, y := c.centre()
		p := turned(xy{x, y}, m.W, m.H, (360-g.rotation)%360)
		if within(corners, p) {
			return true
		}
		w, h := float64(c.x1-c.x0)/kx, float64(c.y1-c.y0)/ky
		if max(w, h) > small && max(w, h) < large && !within(wide, p) {
			ink += float64(c.area) / (kx * ky)
		}
		if min(w, h) > 0.8 && max(w, h) < 12 && 10*c.area > 6*(c.x1-c.x0)*(c.y1-c.y0) {
			solid++
		}
		return false
	})
	another := func(l *printed.Layout) bool {
		_, ok := register(m, rest, l, rs)
		return ok
	}
	switch {
	case solid >= fewest && slices.ContainsFunc(k.Layouts, another):
		return reasonSecond
	case ink >= written:
		return reasonBeyond
	}
	return ""
}

// sheet is where the corners of the form's paper, and so many mm around it, lie on the upright
// page, clockwise.
func (g *registration) sheet(margin float64) [4]xy {
	w, h := g.layout.Page.WidthMM+margin, g.layout.Page.HeightMM+margin
	return [4]xy{g.at(xy{-margin, -margin}), g.at(xy{w, -margin}), g.at(xy{w, h}), g.at(xy{-margin, h})}
}

// within tells whether p lies in the figure whose corners run clockwise.
func within(corners [4]xy, p xy) bool {
	for i, a := range corners {
		b := corners[(i+1)%len(corners)]
		if (b.x-a.x)*(p.y-a.y)-(b.y-a.y)*(p.x-a.x) < 0 {
			return false
		}
	}
	return true
}
