package form

import (
	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
	"todoke/templates/form/overlay"
)

// Sight is how a page lies against its form: what there is to draw on it.
type Sight struct {
	Page   *bilevel.Image // upright, dark on white, streaks taken out
	Layout *printed.Layout
	KX, KY float64                             // pixels a mm of Page
	At     func(x, y float64) (px, py float64) // a place on the form, in mm, on the page, in pixels
	Marks  []SeenMark                          // all of the layout's
}

// SeenMark is one mark of the form; where it was not found, the place is where it should be.
type SeenMark struct {
	printed.Mark
	Found        bool
	PageX, PageY float64 // its centre, pixels
	FormX, FormY float64 // the same on the form, mm
	ResidualX    float64 // mm by which it lies off the map that the fields are read by
	ResidualY    float64
}

func (g *registration) sight() *Sight {
	s := &Sight{Page: g.page, Layout: g.layout, KX: g.kx, KY: g.ky}
	s.At = func(x, y float64) (float64, float64) {
		p := g.at(xy{x, y})
		return p.x, p.y
	}
	for i, m := range g.layout.Marks {
		seen := SeenMark{Mark: m, FormX: m.X + m.W/2, FormY: m.Y + m.H/2}
		seen.PageX, seen.PageY = s.At(seen.FormX, seen.FormY)
		for _, f := range g.marks {
			if f.mark == i {
				seen.Found = true
				seen.ResidualX, seen.ResidualY = (f.page.x-seen.PageX)/g.kx, (f.page.y-seen.PageY)/g.ky
				seen.PageX, seen.PageY = f.page.x, f.page.y
			}
		}
		s.Marks = append(s.Marks, seen)
	}
	return s
}

// Overlay is what there is to draw of a page that was read. The sight is nil where no form was
// found on it: then the page is shown as it came.
func Overlay(title string, p Page, s *Sight, d order.Draft) overlay.Page {
	out := overlay.Page{Title: title, Image: p.Image, XDPI: p.XDPI, YDPI: p.YDPI, Draft: d}
	if s == nil {
		return out
	}
	out.Image, out.XDPI, out.YDPI = s.Page, s.KX*mmPerInch, s.KY*mmPerInch
	out.At, out.QR = s.At, order.Box(s.Layout.QR)
	for _, m := range s.Marks {
		out.Marks = append(out.Marks, overlay.Mark{Box: order.Box(m.Box), Found: m.Found, X: m.PageX, Y: m.PageY, DX: m.ResidualX, DY: m.ResidualY})
	}
	return out
}

// lap tells whoever measures that a stage has ended.
func (k Knowledge) lap(stage string) {
	if k.Lap != nil {
		k.Lap(stage)
	}
}
