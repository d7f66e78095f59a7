package form

import (
	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// cell is what stands in one box, its printed frame taken away.
type cell struct {
	box    printed.Box
	image  *bilevel.Image // page pixels from frame to frame and a little beyond; ink only of this box
	others []alternative  // the same with strokes that may lie hidden on the frame
	ink    float64        // mm²
	extent float64        // mm, longer side of the largest piece
	narrow float64        // mm, shorter side of all the ink's bounds
	pieces int            // that are no specks
	fill   float64        // part of the box that is ink
	frame  float64        // part of the frame's lines that was seen
	rim    float64        // mm of ink that leaves the box
	over   float64        // mm² of ink along the frame beyond what the frame's own lines have
	rest   float64        // mm² of specks well within the box, left out of the ink: a digit that faded leaves some
	lent   float64        // mm² of ink in the box that a neighbour's digit is taken to own
	sides  float64        // mm by which the frame is thicker than others in the mean
	bad    bool           // damaged rows run through it
}

// alternative is another way to see a box, and how probable it is.
type alternative struct {
	image *bilevel.Image
	p     float64
}

// Absolute measures, millimetres of the page.
const (
	speckMM2   = 0.045 // dirt is smaller
	overflowMM = 0.9   // how far beyond the frame a stroke is followed; half the gap between boxes
)

// cellReader holds what is reused from cell to cell.
type cellReader struct {
	g      *registration
	frames *frames
	s      scanner
}

// read cuts a box out of the page. Frame lines are erased where they are found within
// frameReach of where they must be; ink that crosses them stays.
func (c *cellReader) read(b printed.Box, near neighbours, frameMM float64) cell {
	out, beyond := c.cut(b, near, frameMM, false)
	if beyond {
		out, _ = c.cut(b, near, frameMM, true)
	}
	return out
}

// cut cuts a box out, wide with its neighbours' beside it. beyond tells that ink runs on towards
// a neighbour.
func (c *cellReader) cut(b printed.Box, near neighbours, frameMM float64, wide bool) (out cell, beyond bool) {
	p := c.crop(b, near, wide)
	out = cell{box: b, image: p.m}
	if p.m.W < 8 || p.m.H < 6 {
		return out, false
	}

	// The printed lines go.
	f := c.findFrame(&p, b, frameMM)
	out.frame = f.seen()
	c.eraseFrame(p.m, f)
	out.sides, out.over = c.thicker(f)
	if wide {
		c.eraseUprights(p.m, near, p.at, frameMM)
	}

	// What is left belongs to this box if it reaches into it, and is no neighbour's.
	share := c.sharing(b, near, &f.left, &f.right)
	c.s.scan(p.m, 1<<16)
	keep, rest, beyond := c.reaching(b, near, f)
	out.rest = rest
	parts := map[int32]*piece{}
	if wide {
		parts = c.apportion(keep, share)
		out.lent = c.lent(parts, keep)
	}
	strokes := c.redraw(p.m, keep, parts, share)

	// The recogniser sees from frame to frame, and further where the writing goes on.
	view := c.measure(&out, strokes, f.inside(p.m))
	out.image = p.m.Crop(view.x0, view.y0, view.x1, view.y1)
	if out.ink > 0 {
		out.others = c.alternatives(p.m, f, view)
	}
	return out, beyond
}

// patch is a piece of the page around a box.
type patch struct {
	g      *registration
	m      *bilevel.Image
	x0, y0 int // its top left on the page
}

// crop cuts out the surroundings of a box, wide with its neighbours.
func (c *cellReader) crop(b printed.Box, near neighbours, wide bool) patch {
	g := c.g
	x0, y0, x1, y1 := g.bounds(b, overflowMM)
	if wide {
		for _, n := range []*printed.Box{near.left, near.right} {
			if n != nil {
				a, _, z, _ := g.bounds(*n, 0.5)
				x0, x1 = min(x0, a), max(x1, z)
			}
		}
	}
	y0, y1 = y0-int(0.5*g.ky), y1+int(0.5*g.ky)
	return patch{g: g, m: g.page.Crop(x0, y0, x1, y1), x0: x0, y0: y0}
}

// at is where a place on the form, in mm, lies in the patch.
func (p *patch) at(x, y float64) xy {
	q := p.g.at(xy{x, y})
	return xy{q.x - float64(p.x0), q.y - float64(p.y0)}
}

// reaching tells which of the scanned pieces of ink reach into the box, and whether any runs on
// towards a neighbour; rest is the mm² of specks well within it.
func (c *cellReader) reaching(b printed.Box, near neighbours, f *boxFrame) (keep []bool, rest float64, beyond bool) {
	g := c.g
	speck := max(int(speckMM2*g.kx*g.ky), 2)
	pxArea := 1 / (g.kx * g.ky)
	keep = make([]bool, len(c.s.comps))
	c.s.roots(func(id int32, k *component) {
		switch {
		case k.area < speck:
			if f.wellWithin(k, g) {
				rest += float64(k.area) * pxArea
			}
		case f.reached(k, b, g):
			keep[id] = true
			beyond = beyond || f.leaves(k, near, g)
		}
	})
	return keep, rest, beyond
}

// lent is the mm² of ink on the box's own ground that is a neighbour's.
func (c *cellReader) lent(parts map[int32]*piece, keep []bool) (mm2 float64) {
	pxArea := 1 / (c.g.kx * c.g.ky)
	for id, p := range parts {
		if !keep[id] {
			mm2 += float64(p.area[1]) * pxArea
		}
	}
	return mm2
}

// redraw leaves only the box's own strokes in the picture and returns their bounds.
func (c *cellReader) redraw(m *bilevel.Image, keep []bool, parts map[int32]*piece, share *sharing) map[int32]*component {
	clear(m.Pix)
	strokes := make(map[int32]*component)
	for _, run := range c.s.runs {
		id := c.s.find(run.of)
		if !keep[id] {
			continue
		}
		a, z := int(run.x0), int(run.x1)
		if part := parts[id]; part != nil && part.cut {
			l, r := share.at(float64(run.y))
			a, z = max(a, int(l)), min(z, int(r))
			if a >= z {
				continue
			}
		}
		m.Fill(a, z, int(run.y))
		k := component{x0: a, y0: int(run.y), x1: z, y1: int(run.y) + 1, area: z - a}
		if have := strokes[id]; have != nil {
			have.merge(&k)
		} else {
			strokes[id] = &k
		}
	}
	return strokes
}

// measure measures a box's strokes. It returns what of the picture to show: the inside of the
// frame and as much more as the strokes need.
func (c *cellReader) measure(out *cell, strokes map[int32]*component, inside component) component {
	if len(strokes) == 0 {
		return inside
	}
	g := c.g
	pxArea := 1 / (g.kx * g.ky)
	var all component
	for _, k := range strokes {
		out.extent = max(out.extent, float64(k.x1-k.x0)/g.kx, float64(k.y1-k.y0)/g.ky)
		out.ink += float64(k.area) * pxArea
		out.pieces++
		if out.pieces == 1 {
			all = *k
		} else {
			all.merge(k)
		}
	}
	out.fill = out.ink / (out.box.W * out.box.H)
	out.narrow = min(float64(all.x1-all.x0)/g.kx, float64(all.y1-all.y0)/g.ky)
	over := max(float64(inside.x0-all.x0)/g.kx, float64(all.x1-inside.x1)/g.kx, float64(inside.y0-all.y0)/g.ky, float64(all.y1-inside.y1)/g.ky)
	out.rim = max(over, 0)
	inside.merge(&all)
	return inside
}
