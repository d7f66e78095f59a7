package form

import printed "todoke/templates/form"

// Laid is where registration put a form on a page, for tests that know where it truly is.
type Laid struct {
	At       func(x, y float64) (px, py float64) // of a position in mm, pixels of the page as received
	Rotation int
	Marks    int
	Residual float64
	Scale    float64
	Evidence string
	Frames   float64 // part of the boxes' lines seen, and in the row with the fewest
	WorstRow float64
	Tears    int
	Torn     func(x, y, w, h float64) bool // whether the feed jumped in a box
}

// Lay registers the page; ok is false where it is no form.
func Lay(p Page, k Knowledge) (Laid, bool) {
	g, f := withDefaults(k).find(&p)
	if g == nil {
		return Laid{}, false
	}
	return Laid{
		At: func(x, y float64) (float64, float64) {
			q := turned(g.at(xy{x, y}), g.page.W, g.page.H, g.rotation)
			return q.x, q.y
		},
		Rotation: g.rotation, Marks: len(g.marks), Residual: g.residual, Scale: g.scale, Evidence: f.evidence,
		Frames: g.frames.seen(), WorstRow: g.frames.worst, Tears: len(g.tears),
		Torn: func(x, y, w, h float64) bool { return g.torn(printed.Box{X: x, Y: y, W: w, H: h}) },
	}, true
}
