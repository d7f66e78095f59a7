package form

// Laid is where registration put a form on a page, for tests that know where it truly is.
type Laid struct {
	At       func(x, y float64) (px, py float64) // of a position in mm, pixels of the page as received
	Rotation int
	Marks    int
	Residual float64
	Scale    float64
	Evidence string
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
	}, true
}
