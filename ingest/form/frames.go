package form

import (
	"iter"
	"math"

	printed "todoke/templates/form"
)

// Frames verify a registration: whatever the marks say, the boxes' lines must lie where the map
// puts them. They also tell a form from itself upside down, in a mirror or a row further down.

// segment is a frame line across the form, millimetres.
type segment struct{ x0, x1, y float64 }

// horizontals are the upper and lower lines of the form's boxes.
func (g *registration) horizontals() iter.Seq[segment] {
	return func(yield func(segment) bool) {
		for i := range g.layout.Fields {
			f := &g.layout.Fields[i]
			if f.Kind == printed.FieldPrinted {
				continue
			}
			for _, b := range f.Cells {
				if !yield(segment{b.X, b.X + b.W, b.Y}) || !yield(segment{b.X, b.X + b.W, b.Y + b.H}) {
					return
				}
			}
		}
	}
}

// lineSeen is the part of a line of the form that is ink, at the best of the places within
// half a millimetre of where the map without tears puts it, carried down by rows; beside is the
// same a millimetre off, to both sides the less.
func (g *registration) lineSeen(a, b xy, down float64) (on, beside float64) {
	p, q := g.smooth(a), g.smooth(b)
	p.y, q.y = p.y+down, q.y+down
	return g.inkAlong(p, q)
}

func (g *registration) inkAlong(p, q xy) (on, beside float64) {
	const (
		samples = 14
		reach   = 0.5 // mm
		off     = 1.1
	)
	upright := math.Abs(q.y-p.y)/g.ky > math.Abs(q.x-p.x)/g.kx
	k := g.ky
	if upright {
		k = g.kx
	}
	r := max(int(math.Round(reach*k)), 1)
	far := max(int(math.Round(off*k)), r+1)
	count := func(d int) float64 {
		n := 0
		for i := range samples {
			t := 0.08 + 0.84*float64(i)/(samples-1)
			x, y := int(math.Floor(p.x+(q.x-p.x)*t)), int(math.Floor(p.y+(q.y-p.y)*t))
			if upright {
				x += d
			} else {
				y += d
			}
			if g.page.At(x, y) {
				n++
			}
		}
		return float64(n) / samples
	}
	for d := -r; d <= r; d++ {
		on = max(on, count(d))
	}
	return on, min(count(-far), count(far))
}

// frameCount is how many of the boxes' lines were seen, in all and in the row of boxes where
// the fewest were.
type frameCount struct {
	lines, found int
	worst        float64             // part of a row's lines
	worstRow     float64             // mm from the top of the form
	rows         map[float64]float64 // part seen, by the boxes' upper edge in mm
}

func (c frameCount) seen() float64 {
	if c.lines == 0 {
		return 1 // a form without digit boxes
	}
	return float64(c.found) / float64(c.lines)
}

// unseen tells whether the lines of the box's row are not where the map puts them: what is looked
// at there may be no box at all.
func (g *registration) unseen(b printed.Box) bool {
	part, ok := g.frames.rows[b.Y]
	return ok && part < leastRow
}

// countFrames looks at the upright lines of all digit boxes and the level ones of the first.
func (g *registration) countFrames() frameCount {
	const seen, clear = 0.62, 0.6
	type tally struct{ lines, found int }
	rows := map[float64]*tally{}
	var c frameCount
	look := func(row float64, a, b xy) {
		on, beside := g.inkAlong(g.at(a), g.at(b))
		t := rows[row]
		if t == nil {
			t = &tally{}
			rows[row] = t
		}
		t.lines++
		c.lines++
		if on >= seen && beside < clear {
			t.found++
			c.found++
		}
	}
	for i := range g.layout.Fields {
		f := &g.layout.Fields[i]
		if f.Kind != printed.FieldDigits {
			continue
		}
		for _, b := range f.Cells {
			look(b.Y, xy{b.X, b.Y}, xy{b.X, b.Y + b.H})
			look(b.Y, xy{b.X + b.W, b.Y}, xy{b.X + b.W, b.Y + b.H})
			look(b.Y, xy{b.X, b.Y}, xy{b.X + b.W, b.Y})
		}
	}
	c.worst = 1
	c.rows = map[float64]float64{}
	for y, t := range rows {
		c.rows[y] = float64(t.found) / float64(t.lines)
		if part := float64(t.found) / float64(t.lines); part < c.worst || part == c.worst && y < c.worstRow {
			c.worst, c.worstRow = part, y
		}
	}
	return c
}
