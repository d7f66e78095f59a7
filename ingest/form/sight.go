package form

import (
	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// Sight is how a page lies against its form: what there is to draw on it.
type Sight struct {
	Page   *bilevel.Image // upright, dark on white, streaks taken out
	Layout *printed.Layout
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
	s := &Sight{Page: g.page, Layout: g.layout}
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

// lap tells whoever measures that a stage has ended.
func (k *Knowledge) lap(stage string) {
	if k.Lap != nil {
		k.Lap(stage)
	}
}
