package form

import (
	"math"
	"slices"

	printed "todoke/templates/form"
)

// A printed line that many boxes share is known better than any box shows it: boxes of one row
// stand under one line and on another, so where its edges run, and how thick the machine made
// it, is fitted over all of them. A stroke along the line then shows in its own box by ink
// beyond those edges, however much of that box's side it covers.

// edges are a row's line on the page: its upper edge at lo + b·x beyond where registration puts
// the line's middle, and its lower one at hi + c·x, pixels.
type edges struct {
	lo, b, hi, c float64
	ok           bool
}

// rowLines are the lines above and below a row of boxes.
type rowLines struct{ top, bottom edges }

// frames is what the page's boxes tell of its printed lines.
type frames struct {
	rows  map[[2]float64]*rowLines // by the boxes' top and height in mm
	wideV float64                  // pixels that upright lines are thick, in the mean
	tallH float64                  // the same of level lines
	sigma float64                  // mm by which a side without writing differs in mean thickness
}

// offAt is how far the line lies from where registration puts it, and how thick it is, at x.
func (e *edges) offAt(x float64) (off, thick float64) {
	lo, hi := e.lo+e.b*x, e.hi+e.c*x
	return (lo + hi) / 2, hi - lo
}

// survey measures the frames of all boxes.
func (g *registration) survey() *frames {
	f := &frames{rows: map[[2]float64]*rowLines{}}
	rows := map[[2]float64][]printed.Box{}
	for _, def := range g.layout.Fields {
		if def.Kind == printed.FieldImage || def.Kind == printed.FieldPrinted {
			continue
		}
		for _, b := range def.Cells {
			k := [2]float64{b.Y, b.H}
			rows[k] = append(rows[k], b)
		}
	}
	var wide, tall, differ []float64
	for k, boxes := range rows {
		if len(boxes) < 2 {
			continue
		}
		r := &rowLines{}
		var a, b []float64
		r.top, a = g.fitLine(boxes, 0)
		r.bottom, b = g.fitLine(boxes, 1)
		f.rows[k] = r
		differ = append(append(differ, a...), b...)
		for _, e := range []*edges{&r.top, &r.bottom} {
			if e.ok {
				mid := g.at(xy{boxes[len(boxes)/2].X, boxes[0].Y})
				_, t := e.offAt(mid.x)
				tall = append(tall, t)
			}
		}
		for _, b := range boxes {
			for _, x := range []float64{b.X, b.X + b.W} {
				if t := g.uprightThickness(x, b); t > 0 {
					wide = append(wide, t)
				}
			}
		}
	}
	f.wideV, f.tallH = median(wide), median(tall)
	for i := range differ {
		differ[i] = math.Abs(differ[i])
	}
	f.sigma = max(1.48*median(differ)/g.ky, 0.015)
	return f
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)/2]
}

// column is one place along a level line: the ink there, relative to the expected middle.
type column struct {
	x, lo, hi float64
	box       int
}

// fitLine fits a row's upper (which 0) or lower (1) line over its boxes. It returns the mean
// thickness of each box's side against the fit, pixels.
func (g *registration) fitLine(boxes []printed.Box, which float64) (edges, []float64) {
	const inset = 0.9 // mm from the corners, where the upright lines are
	var cols []column
	reach := int(math.Ceil(frameSlip * g.ky))
	counts := make([]int, 2*reach+1)
	each := func(b printed.Box, f func(x int, y float64)) {
		p, q := g.at(xy{b.X + inset, b.Y + which*b.H}), g.at(xy{b.X + b.W - inset, b.Y + which*b.H})
		for x := int(p.x); x <= int(q.x); x++ {
			f(x, p.y+(q.y-p.y)*(float64(x)+.5-p.x)/max(q.x-p.x, 1))
		}
	}
	// Where the line lies, over all the boxes: strokes are short, the line is everywhere.
	total := 0
	for _, b := range boxes {
		each(b, func(x int, y float64) {
			total++
			for d := range counts {
				if g.page.At(x, int(math.Floor(y))+d-reach) {
					counts[d]++
				}
			}
		})
	}
	best, at := 0.0, -1
	for d, c := range counts {
		if v := float64(c)/float64(max(total, 1)) - 0.25*math.Abs(float64(d-reach))/float64(reach); v > best {
			best, at = v, d
		}
	}
	if at < 0 || counts[at]*2 < total {
		return edges{}, nil
	}
	off := at - reach
	longest := max(int(0.8*g.ky), 4) // thicker is a stroke that crosses
	for i, b := range boxes {
		each(b, func(x int, y float64) {
			row := int(math.Floor(y)) + off
			lo, hi := row, row
			switch {
			case g.page.At(x, row):
				hi++
			case g.page.At(x, row+1):
				lo, hi = row+1, row+2
			case g.page.At(x, row-1):
				lo, hi = row-1, row
			default:
				return
			}
			for hi-lo <= longest && g.page.At(x, lo-1) {
				lo--
			}
			for hi-lo <= longest && g.page.At(x, hi) {
				hi++
			}
			if hi-lo <= longest {
				cols = append(cols, column{float64(x) + .5, float64(lo) - y, float64(hi) - y, i})
			}
		})
	}
	if len(cols)*2 < total {
		return edges{}, nil
	}
	e := edges{ok: true}
	e.lo, e.b = fitEdge(cols, func(c *column) float64 { return c.lo })
	e.hi, e.c = fitEdge(cols, func(c *column) float64 { return c.hi })
	sum, n := make([]float64, len(boxes)), make([]float64, len(boxes))
	for i := range cols {
		c := &cols[i]
		_, t := e.offAt(c.x)
		sum[c.box] += c.hi - c.lo - t
		n[c.box]++
	}
	var differ []float64
	for i := range sum {
		if n[i] > 4 {
			differ = append(differ, sum[i]/n[i])
		}
	}
	return e, differ
}

// fitEdge fits a straight edge, leaving out what lies off it: strokes, and the ends of fits
// before.
func fitEdge(cols []column, of func(*column) float64) (a, b float64) {
	v := make([]float64, len(cols))
	for i := range cols {
		v[i] = of(&cols[i])
	}
	a = median(v)
	for _, near := range []float64{1.6, 1.1, 0.9, 0.8} {
		var n, sx, sy, sxx, sxy float64
		for i := range cols {
			x := cols[i].x
			if math.Abs(v[i]-a-b*x) > near {
				continue
			}
			n, sx, sy, sxx, sxy = n+1, sx+x, sy+v[i], sxx+x*x, sxy+x*v[i]
		}
		det := n*sxx - sx*sx
		if n < 8 || det < 1 {
			return a, b
		}
		b = (n*sxy - sx*sy) / det
		a = (sy - b*sx) / n
	}
	return a, b
}

// uprightThickness is how thick the upright line at x mm of a box is in the median of its rows,
// pixels; 0 where it is not seen.
func (g *registration) uprightThickness(x float64, b printed.Box) float64 {
	var t []float64
	reach := int(math.Ceil(0.4 * g.kx))
	for i := range 9 {
		p := g.at(xy{x, b.Y + b.H*(0.15+0.7*float64(i)/8)})
		cx, cy := int(p.x), int(p.y)
		for d := range reach {
			if !g.page.At(cx+d, cy) && !g.page.At(cx-d, cy) {
				continue
			}
			if !g.page.At(cx+d, cy) {
				d = -d
			}
			lo, hi := cx+d, cx+d+1
			for hi-lo < 4*reach && g.page.At(lo-1, cy) {
				lo--
			}
			for hi-lo < 4*reach && g.page.At(hi, cy) {
				hi++
			}
			t = append(t, float64(hi-lo))
			break
		}
	}
	if len(t) < 5 {
		return 0
	}
	return median(t)
}

// hidden is the probability that a stroke lies along a part of a printed line, whose ink there is
// thicker by excess mm than the line is elsewhere; prior is how often a stroke would run there.
func (f *frames) hidden(excess, pixel, prior float64) float64 {
	const widest, least, stray = 0.4, 0.04, 0.05
	tail := max(0.04, 0.4*pixel)
	stroke := 1 / widest
	if excess < least {
		z := (least - excess) / tail
		stroke *= math.Exp(-z * z / 2)
	}
	sigma := max(f.sigma, 0.25*pixel)
	z := excess / sigma
	line := math.Exp(-z*z/2)/(sigma*math.Sqrt(2*math.Pi)) + stray/widest
	odds := prior / (1 - prior) * stroke / line
	return odds / (1 + odds)
}
