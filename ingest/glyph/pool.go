package glyph

import (
	"errors"
	"math"
)

// pool makes probabilities of the first networks' logits: their weighted sum over the ten digits
// through a softmax; the likeliest digit's log-odds through a monotone map, so that they mean what
// they say; and the log-odds of "none of them" against all ten through a line of its own. Which
// digit it is and whether it is one are thereby kept apart.
type pool struct {
	weights       []float64
	slope, offset float64
	knots         []knot // both rising; constant beyond the first and the last
}

// knot maps log-odds.
type knot struct{ from, to float64 }

func (r *cursor) pool(n int) (pool, error) {
	var p pool
	for range n {
		p.weights = append(p.weights, r.sound())
	}
	p.slope, p.offset = r.sound(), r.sound()
	k := int(r.uint8())
	if k < 2 || k > maxKnots {
		return p, errors.New("number of knots")
	}
	for i := range k {
		p.knots = append(p.knots, knot{r.sound(), r.sound()})
		if i > 0 && !(p.knots[i].from > p.knots[i-1].from && p.knots[i].to >= p.knots[i-1].to) {
			return p, errors.New("knots do not rise")
		}
	}
	if r.short {
		return p, errors.New("cut short, or no ordinary numbers")
	}
	return p, nil
}

func (p *pool) probs(answers *[maxNetworks][classes]float32, out *[classes]float64) {
	var z [classes]float64
	for i, w := range p.weights {
		for c, v := range answers[i] {
			z[c] += w * float64(v)
		}
	}
	best := 0
	for d := 1; d < 10; d++ {
		if z[d] > z[best] {
			best = d
		}
	}
	others, second := 0.0, 0.0 // relative to the best
	for d := range 10 {
		if d != best {
			out[d] = math.Exp(max(z[d]-z[best], -600)) // never zero, for the rest is shared out by it
			others += out[d]
			second = max(second, out[d])
		}
	}
	reject := logistics(p.slope*(z[10]-z[best]-math.Log1p(others)) + p.offset)
	top := logistics(p.mapped(-math.Log(others)))
	// The best stays the best.
	top = max(top, second/(others+second))
	k := (1 - top) / others
	for d := range 10 {
		out[d] *= k * (1 - reject)
	}
	out[best], out[10] = top*(1-reject), reject
}

func logistics(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func (p *pool) mapped(x float64) float64 {
	if x <= p.knots[0].from {
		return p.knots[0].to
	}
	for i := 1; i < len(p.knots); i++ {
		a, b := p.knots[i-1], p.knots[i]
		if x < b.from {
			return a.to + (b.to-a.to)*(x-a.from)/(b.from-a.from)
		}
	}
	return p.knots[len(p.knots)-1].to
}
