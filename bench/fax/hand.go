package fax

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// style is one way to write a digit: strokes as points of a unit box (y down), and how wide
// the box is for its height.
type style struct {
	strokes [][]node
	aspect  float64
	weight  float64
}

type node struct {
	x, y   float64
	corner bool
}

// shape parses "x y, x y!, …" per stroke; "!" marks a corner, elsewhere the curve is smooth.
func shape(weight, aspect float64, strokes ...string) style {
	s := style{aspect: aspect, weight: weight}
	for _, text := range strokes {
		var nodes []node
		for _, part := range strings.Split(text, ",") {
			part = strings.TrimSpace(part)
			corner := strings.HasSuffix(part, "!")
			xs, ys, _ := strings.Cut(strings.TrimSuffix(part, "!"), " ")
			x, errX := strconv.ParseFloat(xs, 64)
			y, errY := strconv.ParseFloat(ys, 64)
			if errX != nil || errY != nil {
				panic("fax: bad shape " + text)
			}
			nodes = append(nodes, node{x, y, corner})
		}
		s.strokes = append(s.strokes, nodes)
	}
	return s
}

// styles are digit shapes as Japanese hands write them: flat-tailed and looped 2, flagged and
// plain 1, open 4, 5 with its bar apart, 7 with a hook, slashed 0 and 7.
var styles = [10][]style{
	0: {
		shape(6, .68, ".55 0, .2 .12, 0 .5, .18 .9, .5 1, .84 .88, 1 .5, .82 .1, .52 .01"),
		shape(3, .60, ".42 .03, .1 .25, 0 .6, .22 .95, .55 1, .9 .8, 1 .45, .85 .1, .5 -.02, .3 .08"),
		shape(1, .80, ".2 .1, .6 0, .95 .3, .95 .7, .6 1, .2 .9, 0 .5, .12 .16"),
		shape(.35, .66, ".55 0, .2 .12, 0 .5, .18 .9, .5 1, .84 .88, 1 .5, .82 .1, .52 .01", ".8 .12, .2 .9"),
	},
	1: {
		shape(6, .5, ".5 0, .5 .5, .49 1"),
		shape(3, .5, ".24 .2, .38 .12, .52 0!, .51 .5, .5 1"),
		shape(1, .6, ".2 .24, .36 .15, .5 0!, .5 .5, .5 1", ".22 1, .8 .99"),
		shape(1, .5, ".56 0, .5 .45, .42 1"),
	},
	2: {
		shape(4, .72, ".04 .26, .2 .06, .5 0, .82 .1, .86 .32, .6 .6, .3 .8, .02 .97!, .5 .97, 1.02 .95"),
		shape(2, .76, ".08 .2, .35 .02, .72 .04, .84 .26, .55 .62, .04 1!, .4 .93, .75 .98, 1.05 .92"),
		shape(2, .74, ".06 .24, .3 .02, .7 .02, .82 .28, .56 .66, .22 .96, .03 .9, .16 .8, .45 .92, 1 .98"),
		shape(1.5, .8, ".06 .1, .4 .04, .86 .06!, .5 .55, .02 .98!, .6 .96, 1.06 .93"),
	},
	3: {
		shape(5, .64, ".06 .16, .35 0, .78 .06, .82 .28, .42 .46!, .84 .58, .94 .8, .5 1, .02 .9"),
		shape(1.5, .66, ".06 .04, .45 .02, .86 .03!, .42 .42!, .8 .5, .95 .76, .5 1, .0 .9"),
		shape(1.5, .62, ".1 .14, .42 0, .8 .12, .66 .4, .36 .46, .5 .5, .9 .62, .86 .88, .45 1, .02 .88"),
	},
	4: {
		shape(5, .78, ".36 .02, .2 .36, .02 .68!, .5 .68, 1.02 .64", ".7 .24, .67 .6, .64 1"),
		shape(2, .76, ".66 0, .3 .36, .0 .68!, .5 .7, 1.0 .68", ".68 .02, .66 .5, .64 1"),
		shape(2.5, .8, ".12 .06, .08 .34, .14 .56, .5 .58, .92 .52", ".78 .02, .74 .5, .72 1"),
		shape(1, .74, ".3 .04, .14 .32, .06 .6!, .4 .62, .9 .58", ".62 .36, .6 .7, .58 1"),
	},
	5: {
		shape(4, .72, ".22 .06, .18 .26, .14 .46!, .45 .38, .88 .52, .92 .8, .5 1, .0 .92", ".2 .05, .6 .03, .98 0"),
		shape(2, .74, ".16 .08, .14 .28, .12 .48!, .4 .38, .84 .5, .9 .78, .5 1, .02 .93", ".36 -.02, .7 -.05, 1.1 -.1"),
		shape(2, .72, ".94 .02, .55 .03, .2 .06!, .12 .46!, .46 .37, .88 .52, .9 .82, .5 1, .02 .92"),
		shape(.8, .7, ".9 .02, .25 .05, .1 .42, .4 .42, .84 .6, .76 .9, .4 1, .02 .9"),
	},
	6: {
		shape(4, .62, ".66 0, .3 .28, .04 .64, .2 .96, .6 1, .94 .78, .76 .54, .4 .52, .1 .72"),
		shape(2, .58, ".34 0, .14 .34, .04 .7, .3 1, .74 .94, .92 .72, .62 .52, .26 .6, .08 .78"),
		shape(1, .66, ".8 .02, .38 .22, .06 .6, .22 .94, .6 1, .92 .76, .66 .56, .3 .62"),
	},
	7: {
		shape(4, .68, ".04 .3, .06 .06!, .5 .04, .94 .03!, .72 .42, .5 1"),
		shape(2, .66, ".03 .05, .06 .32", ".06 .06, .5 .03, .92 .02!, .7 .4, .46 1"),
		shape(3, .68, ".0 .06, .5 .04, .94 .02!, .64 .5, .42 1"),
		shape(.5, .7, ".0 .06, .5 .04, .94 .02!, .64 .5, .42 1", ".3 .52, .86 .46"),
	},
	8: {
		shape(5, .6, ".78 .12, .46 0, .12 .14, .24 .36, .6 .5, .94 .74, .7 .98, .28 .98, .04 .78, .3 .52, .74 .34, .84 .14, .7 .04"),
		shape(1.5, .62, ".2 .06, .1 .26, .5 .46, .92 .7, .66 1, .2 .94, .06 .72, .45 .5, .86 .24, .7 .02, .34 .02, .16 .1"),
		shape(1, .58, ".5 .0, .2 .1, .2 .36, .5 .46, .8 .36, .8 .1, .52 .0", ".5 .46, .1 .6, .08 .88, .5 1, .92 .88, .9 .6, .52 .46"),
	},
	9: {
		shape(4, .62, ".84 .16, .5 0, .1 .14, .06 .4, .4 .54, .78 .36, .86 .14!, .84 .5, .7 1"),
		shape(2, .64, ".86 .14, .5 0, .08 .16, .1 .44, .46 .52, .82 .3, .86 .12!, .88 .6, .66 .94, .2 .94"),
		shape(1.5, .6, ".8 .06, .4 0, .06 .2, .16 .46, .5 .5, .8 .26, .82 .05", ".86 .02, .84 .5, .8 1"),
	},
}

// Writer is a hand: size, slant, pen and habits stay the same down a page.
type Writer struct {
	HeightMM  float64 // of a digit
	PenMM     float64
	Slant     float64 // shear, positive leans right
	Widen     float64 // factor on a digit's natural width
	Jitter    float64 // of control points, as a part of the digit's height
	Wobble    float64 // of size and place from digit to digit
	OffX      float64 // millimetres off the cell's middle, a habit
	OffY      float64
	Pressure  float64
	prefers   [10]int
	warp      [4]float64
	warpPhase [4]float64
	Source    *Source // where given, digits are these people's instead of drawn shapes
}

// NewWriter draws a hand at random: mostly ball-pens, some felt-tips; mostly neat within
// 5 × 7 mm boxes, as people are in boxes.
func NewWriter(r *rand.Rand) Writer {
	w := Writer{
		HeightMM: clamp(4.7*math.Exp(.14*r.NormFloat64()), 3.1, 6.4),
		PenMM:    clamp(.42*math.Exp(.22*r.NormFloat64()), .26, .8),
		Slant:    .08 + .11*r.NormFloat64(),
		Widen:    clamp(1+.13*r.NormFloat64(), .7, 1.35),
		Jitter:   .010 + .016*r.Float64(),
		Wobble:   .02 + .04*r.Float64(),
		OffX:     .2 * r.NormFloat64(),
		OffY:     .2 * r.NormFloat64(),
		Pressure: .05 + .12*r.Float64(),
	}
	if r.Float64() < .12 {
		w.PenMM = .7 + .35*r.Float64()
	}
	for d := range w.prefers {
		w.prefers[d] = pick(r, styles[d])
	}
	for i := range w.warp {
		w.warp[i] = .028 * r.NormFloat64()
		w.warpPhase[i] = 2 * math.Pi * r.Float64()
	}
	return w
}

func clamp(v, lo, hi float64) float64 { return min(max(v, lo), hi) }

func pick(r *rand.Rand, s []style) int {
	sum := 0.0
	for _, v := range s {
		sum += v.weight
	}
	t := r.Float64() * sum
	for i, v := range s {
		if t -= v.weight; t < 0 {
			return i
		}
	}
	return len(s) - 1
}

// Write writes d around the middle (cx, cy), in millimetres, no larger than maxW × maxH.
func (w *Writer) Write(p *Paper, r *rand.Rand, d int, cx, cy, maxW, maxH float64) {
	if w.Source != nil {
		w.Source.draw(p, r, w, d, cx, cy, maxW, maxH)
		return
	}
	k := w.prefers[d]
	if r.Float64() < .12 { // nobody is wholly true to his habit
		k = pick(r, styles[d])
	}
	s := styles[d][k]
	h := min(w.HeightMM*(1+w.Wobble*r.NormFloat64()), maxH)
	width := min(h*s.aspect*w.Widen*(1+w.Wobble*r.NormFloat64()), maxW)
	if d == 1 {
		width = h * s.aspect
	}
	x0 := cx + w.OffX + w.Wobble*2*r.NormFloat64()
	y0 := cy + w.OffY + w.Wobble*2*r.NormFloat64()
	for _, stroke := range s.strokes {
		nodes := make([]node, len(stroke))
		for i, n := range stroke {
			nodes[i] = node{n.x + w.Jitter*r.NormFloat64(), n.y + w.Jitter*r.NormFloat64(), n.corner}
		}
		line := curve(nodes)
		for i, q := range line {
			u, v := q.x-.5, q.y-.5
			u += w.warp[0]*math.Sin(3*v+w.warpPhase[0]) + w.warp[1]*math.Sin(5*v+w.warpPhase[1])
			v += w.warp[2]*math.Sin(3*u+w.warpPhase[2]) + w.warp[3]*math.Sin(5*u+w.warpPhase[3])
			line[i] = point{x0 + u*width - w.Slant*v*h, y0 + v*h}
		}
		p.pen(line, w.PenMM, w.Pressure, 6*r.Float64())
	}
}

// curve runs a Catmull-Rom spline through the nodes, broken at corners.
func curve(nodes []node) []point {
	var out []point
	start := 0
	for i := 1; i < len(nodes); i++ {
		if i < len(nodes)-1 && !nodes[i].corner {
			continue
		}
		out = append(out, spline(nodes[start:i+1])...)
		start = i
	}
	return out
}

func spline(n []node) []point {
	const steps = 10
	at := func(i int) point {
		switch {
		case i < 0:
			return point{2*n[0].x - n[1].x, 2*n[0].y - n[1].y}
		case i >= len(n):
			l := len(n) - 1
			return point{2*n[l].x - n[l-1].x, 2*n[l].y - n[l-1].y}
		}
		return point{n[i].x, n[i].y}
	}
	cubic := func(a, b, c, d, t float64) float64 {
		return .5 * (2*b + (c-a)*t + (2*a-5*b+4*c-d)*t*t + (3*b-a-3*c+d)*t*t*t)
	}
	out := []point{at(0)}
	for i := range len(n) - 1 {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		for s := 1; s <= steps; s++ {
			t := float64(s) / steps
			out = append(out, point{cubic(a.x, b.x, c.x, d.x, t), cubic(a.y, b.y, c.y, d.y, t)})
		}
	}
	return out
}

// tick draws a check mark, a circle or a cross over the box, as people mark boxes.
func (w *Writer) tick(p *Paper, r *rand.Rand, x, y, bw, bh float64) {
	j := func(v float64) float64 { return v + .05*r.NormFloat64() }
	place := func(s ...string) {
		for _, stroke := range shape(1, 1, s...).strokes {
			for i := range stroke {
				stroke[i].x, stroke[i].y = j(stroke[i].x), j(stroke[i].y)
			}
			line := curve(stroke)
			for i, q := range line {
				line[i] = point{x + q.x*bw, y + q.y*bh}
			}
			p.pen(line, w.PenMM, w.Pressure, 6*r.Float64())
		}
	}
	switch v := r.Float64(); {
	case v < .7:
		place(".12 .5, .38 .86!, .7 .4, 1.05 -.1")
	case v < .85:
		place(".5 .08, .12 .3, .12 .75, .5 .94, .88 .7, .86 .25, .48 .07")
	default:
		place(".12 .12, .88 .9", ".88 .1, .12 .88")
	}
}

// scribble writes something that is no digit into the area: a comment in free hand.
func (w *Writer) scribble(p *Paper, r *rand.Rand, x, y, bw, bh float64) {
	size := min(bh*.62, 3.4)
	cy := y + bh/2
	for cx := x + size; cx < x+bw-size && cx < x+size*(3+6*r.Float64()); cx += size * 1.15 {
		for range 2 + r.IntN(4) {
			n := 2 + r.IntN(3)
			nodes := make([]node, n)
			for i := range nodes {
				nodes[i] = node{x: r.Float64() - .5, y: r.Float64() - .5, corner: r.Float64() < .4}
			}
			line := curve(nodes)
			for i, q := range line {
				line[i] = point{cx + clamp(q.x, -.5, .5)*size, cy + clamp(q.y, -.5, .5)*size}
			}
			p.pen(line, w.PenMM, w.Pressure, 0)
		}
	}
}

// strike crosses out what stands in the box.
func (w *Writer) strike(p *Paper, r *rand.Rand, x, y, bw, bh float64) {
	for i := range 2 {
		t := .35 + .3*float64(i) + .06*r.NormFloat64()
		p.pen([]point{{x + .05*bw, y + bh*(t+.06)}, {x + .95*bw, y + bh*(t-.06)}}, w.PenMM, w.Pressure, 0)
	}
}
