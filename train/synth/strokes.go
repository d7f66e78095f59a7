package synth

import (
	"math"
	"math/rand/v2"
)

// knot is a point a stroke passes through, in a unit box with y down; at a corner the pen turns
// sharply.
type knot struct {
	x, y   float64
	corner bool
}

type stroke []knot

// hand draws the random choices of one writer.
type hand struct{ *rand.Rand }

func (r hand) u(a, b float64) float64   { return a + (b-a)*r.Float64() }
func (r hand) n(mu, sd float64) float64 { return mu + sd*r.NormFloat64() }
func (r hand) chance(p float64) bool    { return r.Float64() < p }

func (r hand) at(x0, x1, y0, y1 float64) knot { return knot{x: r.u(x0, x1), y: r.u(y0, y1)} }
func (r hand) turn(x0, x1, y0, y1 float64) knot {
	return knot{x: r.u(x0, x1), y: r.u(y0, y1), corner: true}
}

// arc is a piece of an ellipse from a0 through sweep degrees; drift opens or closes it like a
// spiral.
func arc(cx, cy, rx, ry, a0, sweep float64, n int, drift float64) stroke {
	s := make(stroke, n)
	for i := range s {
		t := float64(i) / float64(n-1)
		a := (a0 + sweep*t) * math.Pi / 180
		g := 1 + drift*(t-0.5)
		s[i] = knot{x: cx + rx*g*math.Cos(a), y: cy + ry*g*math.Sin(a)}
	}
	return s
}

// digitStrokes draws digit d the ways Japanese hands write it, with its natural width over height.
func digitStrokes(d int, r hand) ([]stroke, float64) {
	p := r.Float64()
	switch d {
	case 0:
		sweep := -r.u(325, 410)
		if r.chance(0.15) {
			sweep = r.u(325, 400)
		}
		s := []stroke{arc(.5, .5, .5, .5, r.u(-150, -30), sweep, 14, r.u(-.12, .12))}
		if r.chance(0.06) { // slashed
			s = append(s, stroke{r.at(.6, 1.05, -.05, .25), r.at(-.05, .4, .75, 1.05)})
		}
		return s, r.u(.45, .95)
	case 1:
		bend := r.u(-.06, .06)
		s := []stroke{{{x: .5}, {x: .5 + bend, y: .5}, {x: .5, y: 1}}}
		if p < .35 { // flagged
			l := r.u(.08, .3)
			s = []stroke{{{x: .5 - l*r.u(.6, 1.3), y: r.u(.08, .3)}, {x: .5, corner: true}, {x: .5 + bend, y: .5}, {x: .5, y: 1}}}
		}
		if r.chance(0.10) { // footed
			s = append(s, stroke{{x: .5 - r.u(.15, .4), y: r.u(.96, 1.02)}, {x: .5 + r.u(.15, .4), y: r.u(.96, 1.02)}})
		}
		if r.chance(0.06) { // hooked at the end
			s[0] = append(s[0], knot{x: .5 + r.u(-.12, .12), y: r.u(.9, 1)})
		}
		return s, r.u(.5, .9)
	case 2:
		start, top, right, cy := r.at(0, .22, .1, .4), r.at(.35, .6, -.02, .05), r.at(.75, 1, .17, .36), r.u(.88, 1)
		var s stroke
		switch {
		case p < .55: // flat-tailed
			s = stroke{start, top, right, r.at(.45, .75, .5, .7), {x: r.u(-.05, .2), y: cy, corner: true}}
			if r.chance(0.4) {
				s = append(s, knot{x: r.u(.4, .6), y: cy + r.u(-.06, .06)})
			}
			s = append(s, knot{x: r.u(.65, 1.25), y: cy + r.u(-.14, .1)})
		case p < .70: // like a z
			s = stroke{r.at(0, .2, .02, .2), r.at(.3, .5, 0, .06), r.turn(.75, .95, .02, .15), r.at(.4, .6, .5, .65), {x: r.u(-.05, .15), y: cy, corner: true}, {x: r.u(.7, 1.2), y: cy + r.u(-.12, .08)}}
		case p < .9: // looped
			s = stroke{start, top, right, r.at(.45, .7, .55, .7), r.at(.1, .3, .9, 1), r.at(-.02, .1, .85, .95), r.at(.12, .3, .78, .9), r.at(.45, .6, .9, .97), r.at(.85, 1.1, .85, 1.02)}
		default: // wavy-tailed
			s = stroke{start, top, right, r.at(.5, .7, .5, .65), {x: r.u(0, .15), y: cy, corner: true}, {x: r.u(.3, .4), y: cy - r.u(.04, .12)}, {x: r.u(.6, .7), y: cy + r.u(0, .06)}, {x: r.u(.9, 1.1), y: cy - r.u(0, .12)}}
		}
		if r.chance(0.2) {
			s = s[1:]
		}
		return []stroke{s}, r.u(.5, .95)
	case 3:
		var s stroke
		switch {
		case p < .6:
			s = stroke{r.at(0, .2, .05, .25), r.at(.35, .55, -.02, .04), r.at(.75, .95, .14, .28), r.turn(.3, .55, .4, .5)}
		case p < .8: // flat-topped
			s = stroke{r.at(0, .15, 0, .1), r.turn(.7, .95, 0, .08), r.turn(.3, .5, .36, .46)}
		default: // looped in the middle
			s = stroke{r.at(0, .2, .05, .25), r.at(.35, .55, -.02, .04), r.at(.7, .9, .15, .25), r.at(.5, .6, .42, .48), r.at(.3, .38, .46, .52), r.at(.42, .5, .44, .5)}
		}
		s = append(s, r.at(.75, .95, .55, .68), r.at(.8, 1, .72, .82), r.at(.4, .6, .97, 1.02), r.at(-.02, .2, .8, .98))
		return []stroke{s}, r.u(.45, .85)
	case 4:
		bar := r.u(.58, .75)
		var s []stroke
		switch {
		case p < .45: // open
			s = []stroke{{r.at(.2, .5, 0, .1), {x: r.u(0, .12), y: bar, corner: true}, {x: r.u(.85, 1.1), y: bar + r.u(-.08, .06)}}, {r.at(.55, .8, -.02, .38), r.at(.5, .75, .95, 1.03)}}
		case p < .65: // closed
			x := r.u(.55, .75)
			s = []stroke{{{x: x, y: r.u(-.02, .03)}, {x: r.u(-.02, .1), y: bar, corner: true}, {x: r.u(.9, 1.1), y: bar + r.u(-.06, .05)}}, {{x: x + r.u(-.04, .06), y: r.u(-.02, .1)}, {x: x + r.u(-.08, .05), y: 1}}}
		case p < .9: // round, like a u with a leg
			x := r.u(.6, .85)
			s = []stroke{{r.at(0, .2, 0, .12), r.at(-.02, .12, .4, .55), {x: r.u(.15, .3), y: bar * r.u(.85, 1)}, {x: x + r.u(0, .25), y: bar * r.u(.8, 1)}}, {{x: x, y: r.u(-.02, .2)}, {x: x + r.u(-.12, .05), y: 1}}}
		default: // in one stroke
			x := r.u(.6, .75)
			s = []stroke{{r.at(.05, .2, 0, .1), {x: r.u(0, .1), y: bar, corner: true}, {x: x, y: bar - r.u(0, .1), corner: true}, {x: x + r.u(-.02, .05), y: r.u(0, .15), corner: true}, {x: x - r.u(0, .08), y: 1}}}
		}
		return s, r.u(.5, .95)
	case 5:
		belly := stroke{r.turn(0, .2, .42, .52), r.at(.3, .5, .33, .44), r.at(.8, 1, .55, .72), r.at(.5, .7, .92, 1), r.at(.2, .35, .96, 1.03), r.at(-.1, .1, .85, .98)}
		x, y := r.u(.1, .3), r.u(0, .1)
		var s []stroke
		switch {
		case p < .6: // two strokes, the bar perhaps loose
			gap := r.u(-.05, .06)
			if r.chance(0.5) {
				gap = r.u(-.1, .2)
			}
			s = []stroke{append(stroke{{x: x, y: y}}, belly...), {{x: x + gap, y: y + r.u(-.08, .04)}, {x: r.u(.75, 1.2), y: y + r.u(-.16, .06)}}}
		case p < .85: // one stroke
			s = []stroke{append(stroke{{x: r.u(.75, 1.05), y: y + r.u(-.1, .06)}, {x: x, y: y, corner: true}}, belly...)}
		case p < .93: // like an s
			s = []stroke{{{x: r.u(.7, 1), y: y}, {x: x, y: y + .03}, r.at(0, .15, .38, .48), r.at(.4, .5, .42, .5), r.at(.75, .95, .62, .75), {x: r.u(.4, .55), y: 1}, r.at(-.05, .1, .85, 1)}}
		default: // the bar far off
			s = []stroke{append(stroke{{x: x, y: y}}, belly...), {{x: x + r.u(.2, .4), y: y - r.u(0, .12)}, {x: r.u(.9, 1.3), y: y - r.u(0, .2)}}}
		}
		return s, r.u(.5, .9)
	case 6:
		k := r.u(.42, .6)
		s := stroke{r.at(.45, .85, -.03, .03), r.at(.2, .4, .25, .38), r.at(-.02, .1, .6, .75), r.at(.2, .4, .95, 1.02), r.at(.6, .75, .93, 1), r.at(.85, 1, .68, .8), {x: r.u(.55, .75), y: k}, {x: r.u(.25, .4), y: k + r.u(.02, .1)}, r.at(.02, .16, .68, .82)}
		if r.chance(0.25) {
			s[0], s[1] = r.at(.15, .4, -.03, .03), r.at(.08, .22, .28, .4)
		}
		if r.chance(0.15) {
			s = s[:len(s)-1]
		}
		return []stroke{s}, r.u(.42, .8)
	case 7:
		x, y := r.u(.75, 1), r.u(-.03, .1)
		end, start := r.at(.25, .65, .97, 1.03), r.at(-.02, .12, 0, .14)
		body := stroke{{x: x, y: y, corner: true}, end}
		if r.chance(0.6) {
			body = stroke{{x: x, y: y, corner: true}, {x: x - r.u(.12, .35), y: r.u(.4, .55)}, end}
		}
		if r.chance(0.12) { // a little hook at the foot
			body = append(body, knot{x: end.x + r.u(-.15, 0), y: end.y - r.u(0, .06)})
		}
		var s []stroke
		switch {
		case p < .40: // plain
			s = []stroke{append(stroke{start}, body...)}
		case p < .65: // the Japanese ク-like hook, in one stroke
			hook := stroke{{x: start.x + r.u(-.04, .1), y: r.u(.18, .42)}, {x: start.x, y: start.y, corner: true}}
			s = []stroke{append(hook, body...)}
		case p < .88: // the hook as a stroke of its own
			s = []stroke{{{x: start.x + r.u(-.02, .06), y: r.u(-.05, .05)}, {x: start.x + r.u(-.06, .06), y: r.u(.22, .45)}}, append(stroke{{x: start.x + r.u(-.03, .12), y: r.u(0, .12)}}, body...)}
		default: // crossed
			s = []stroke{append(stroke{start}, body...), {r.at(.2, .4, .42, .6), r.at(.7, .95, .4, .56)}}
		}
		return s, r.u(.45, .85)
	case 8:
		m, tx := r.u(.42, .52), r.u(.55, .85)
		var s []stroke
		switch {
		case p < .75:
			s = []stroke{{{x: tx, y: r.u(.03, .16)}, r.at(.35, .5, -.03, .03), r.at(.05, .22, .16, .28), {x: r.u(.4, .55), y: m}, r.at(.85, 1, .66, .8), r.at(.4, .6, .98, 1.03), r.at(0, .14, .7, .84), {x: r.u(.42, .58), y: m + r.u(-.03, .05)}, r.at(.75, .95, .2, .3), {x: tx + r.u(-.15, .2), y: r.u(-.05, .14)}}}
		case p < .9:
			s = []stroke{{r.at(.1, .3, .02, .12), r.at(.05, .2, .15, .28), {x: r.u(.4, .6), y: m}, r.at(.8, 1, .68, .8), {x: r.u(.4, .6), y: 1}, r.at(0, .14, .7, .84), {x: r.u(.42, .58), y: m}, r.at(.8, .95, .12, .25), r.at(.45, .6, -.02, .04), r.at(.15, .3, .04, .12)}}
		default: // two rings
			s = []stroke{arc(.5, m/2, r.u(.3, .42), m/2, r.u(0, 360), -370, 12, 0), arc(.5, (1+m)/2, r.u(.4, .5), (1-m)/2, r.u(-130, -50), -380, 12, 0)}
		}
		return s, r.u(.42, .8)
	default: // 9
		k, x := r.u(.42, .58), r.u(.78, .95)
		loop := stroke{{x: x + r.u(-.06, .02), y: r.u(.12, .3)}, r.at(.4, .6, -.03, .04), r.at(-.02, .14, .2, .32), {x: r.u(.25, .45), y: k}, {x: x - r.u(.08, .25), y: k - r.u(.08, .18)}}
		last := knot{x: x, y: r.u(.1, .25)}
		if r.chance(0.2) {
			loop[0] = knot{x: x - r.u(.05, .2), y: r.u(0, .12)}
		}
		var s []stroke
		switch {
		case p < .55: // straight leg
			s = []stroke{append(loop, knot{x: x, y: r.u(.12, .25), corner: true}, knot{x: x - r.u(0, .15), y: r.u(.55, .7)}, knot{x: r.u(.45, .85), y: 1})}
		case p < .8: // curled leg
			s = []stroke{append(loop, knot{x: x, y: r.u(.12, .25), corner: true}, knot{x: x + r.u(-.08, .04), y: r.u(.6, .75)}, r.at(.5, .7, .96, 1), r.at(.05, .3, .85, 1))}
		default: // leg as a stroke of its own
			s = []stroke{append(loop, last), {{x: x + r.u(-.05, .05), y: r.u(-.05, .15)}, {x: x - r.u(0, .2), y: 1}}}
		}
		return s, r.u(.42, .8)
	}
}

// joined is what a pen draws that is not lifted between strokes.
func joined(s []stroke) []stroke {
	all := append(stroke{}, s[0]...)
	for _, next := range s[1:] {
		all[len(all)-1].corner = true
		for i, k := range next {
			k.corner = k.corner || i == 0
			all = append(all, k)
		}
	}
	return []stroke{all}
}

// markStrokes draws what is no digit: ticks and other marks, letters' parts, scribble.
func markStrokes(r hand) (s []stroke, natural float64, flat bool) {
	p := r.Float64()
	switch {
	case p < .22: // tick
		return []stroke{{r.at(0, .15, .35, .7), r.turn(.25, .4, .9, 1), r.at(.85, 1.1, -.1, .15)}}, r.u(.6, 1.3), false
	case p < .28: // ring too wide for a zero
		return []stroke{arc(.5, .5, .5, .5, r.u(0, 360), -r.u(340, 400), 14, r.u(-.1, .1))}, r.u(1.25, 1.8), false
	case p < .33: // double ring
		a := r.u(.45, .7)
		return []stroke{arc(.5, .5, .5, .5, r.u(0, 360), -370, 14, 0), arc(.5+r.u(-.06, .06), .5+r.u(-.06, .06), .5*a, .5*a, r.u(0, 360), -370, 14, 0)}, r.u(.8, 1.2), false
	case p < .43: // triangle
		top := r.at(.4, .6, 0, 0.01)
		return []stroke{{top, r.turn(-.05, .1, .9, 1.05), r.turn(.9, 1.05, .85, 1.05), {x: top.x + r.u(-.08, .08), y: top.y + r.u(-.08, .08)}}}, r.u(.8, 1.25), false
	case p < .53: // cross
		return []stroke{{r.at(0, .15, 0, .15), r.at(.85, 1, .85, 1)}, {r.at(.85, 1, 0, .15), r.at(0, .15, .85, 1)}}, r.u(.7, 1.3), false
	case p < .61: // plus
		return []stroke{{r.at(0, .1, .4, .6), r.at(.9, 1, .4, .6)}, {r.at(.4, .6, 0, .1), r.at(.4, .6, .9, 1)}}, r.u(.7, 1.3), false
	case p < .69: // dash
		return []stroke{{{x: 0, y: .5}, r.at(.4, .6, .47, .53), {x: 1, y: .5 + r.u(-.12, .12)}}}, r.u(1, 1.6), true
	case p < .80: // 正, as far as it was counted
		a := []stroke{{{x: 0, y: .03}, {x: 1, y: r.u(-.05, .06)}}, {{x: r.u(.45, .6), y: .03}, {x: r.u(.45, .6), y: 1}}, {{x: .55, y: r.u(.45, .55)}, r.at(.8, 1, .42, .55)}, {r.at(.15, .25, .4, .5), {x: r.u(.12, .22), y: 1}}, {{x: r.u(-.05, .05), y: 1}, r.at(.95, 1.1, .95, 1.03)}}
		return a[:2+r.IntN(4)], r.u(.7, 1.2), false
	case p < .90: // scribble
		sc := make(stroke, 5+r.IntN(9))
		for i := range sc {
			sc[i] = r.at(0, 1, 0, 1)
		}
		return []stroke{sc}, r.u(.6, 1.4), false
	case p < .95: // 〃 and katakana-like pieces
		return []stroke{{r.at(0, .2, 0, .3), r.at(.25, .45, .5, 1)}, {r.at(.55, .75, 0, .3), r.at(.8, 1, .5, 1)}}, r.u(.6, 1.2), false
	default: // crossed arcs
		return []stroke{{r.at(0, .2, 0, .3), r.at(.4, .7, .3, .8), r.at(.7, 1, 0, 1)}, {r.at(0, .3, .4, .9), r.at(.5, 1, .4, 1)}}, r.u(.6, 1.4), false
	}
}

// curve is the smooth line through a stroke's knots, each shaken by jitter.
func (s stroke) curve(r hand, jitter float64) [][2]float64 {
	p := make([][2]float64, len(s))
	for i, k := range s {
		p[i] = [2]float64{k.x + r.n(0, jitter), k.y + r.n(0, jitter)}
	}
	var out [][2]float64
	from := 0
	for i := 1; i < len(s); i++ {
		if s[i].corner || i == len(s)-1 {
			out = append(out, spline(p[from:i+1])...)
			from = i
		}
	}
	return out
}

// spline is a Catmull–Rom curve, eight steps a span.
func spline(p [][2]float64) [][2]float64 {
	if len(p) < 3 {
		return p
	}
	n := len(p)
	at := func(i int) [2]float64 {
		switch {
		case i < 0:
			return [2]float64{2*p[0][0] - p[1][0], 2*p[0][1] - p[1][1]}
		case i >= n:
			return [2]float64{2*p[n-1][0] - p[n-2][0], 2*p[n-1][1] - p[n-2][1]}
		}
		return p[i]
	}
	var out [][2]float64
	for i := range n - 1 {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		for k := range 8 {
			t := float64(k) / 8
			var q [2]float64
			for j := range q {
				q[j] = .5 * (2*b[j] + (c[j]-a[j])*t + (2*a[j]-5*b[j]+4*c[j]-d[j])*t*t + (3*b[j]-a[j]-3*c[j]+d[j])*t*t*t)
			}
			out = append(out, q)
		}
	}
	return append(out, p[n-1])
}
