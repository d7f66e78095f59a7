package form

import (
	"slices"

	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// Two sheets may come as one page: laid side by side on a large scanner, copied two on one, or fed
// without a break. One form is read; the other must not be lost.

const reasonSecond = "another form lies on the same page: it is an order of its own, to be entered from the page"

// second tells whether a form lies on the page besides the one that was laid.
func (k Knowledge) second(g *registration, m *bilevel.Image, comps []component, rs []resolution) bool {
	const fewest = 12 // solid pieces of ink: fewer are no form's marks
	kx, ky := rs[0].x/mmPerInch, rs[0].y/mmPerInch
	corners := g.sheet()
	solid := 0
	rest := slices.DeleteFunc(slices.Clone(comps), func(c component) bool {
		x, y := c.centre()
		if within(corners, turned(xy{x, y}, m.W, m.H, (360-g.rotation)%360)) {
			return true
		}
		w, h := float64(c.x1-c.x0)/kx, float64(c.y1-c.y0)/ky
		if min(w, h) > 0.8 && max(w, h) < 12 && 10*c.area > 6*(c.x1-c.x0)*(c.y1-c.y0) {
			solid++
		}
		return false
	})
	if solid < fewest {
		return false
	}
	return slices.ContainsFunc(k.Layouts, func(l *printed.Layout) bool {
		_, ok := register(m, rest, l, rs)
		return ok
	})
}

// sheet is where the corners of the form's paper lie on the upright page, clockwise.
func (g *registration) sheet() [4]xy {
	w, h := g.layout.Page.WidthMM, g.layout.Page.HeightMM
	return [4]xy{g.at(xy{0, 0}), g.at(xy{w, 0}), g.at(xy{w, h}), g.at(xy{0, h})}
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
