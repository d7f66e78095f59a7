package form

import (
	"cmp"
	"slices"

	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// Limits of the printed number's digits, millimetres and probabilities.
const (
	numberBelow  = 0.7 // the strip in which it stands, from the bar code's lower edge
	numberHeight = 4.2
	numberMargin = 6.0
	numberTall   = 1.7   // a digit is no lower
	numberSure   = 0.995 // of the numbers that can be, the share of the likeliest
	numberLeast  = 0.02  // of the likeliest by itself: else there is no number
)

// readNumber reads the digits printed below the bar code: the last of them is a check digit over
// all, and all must be clear, for one number is a customer and the next another.
func (g *registration) readNumber(bars printed.Box, digits Recogniser) (printed.Identity, bool) {
	strip := g.cut(printed.Box{X: bars.X - numberMargin, Y: bars.Y + bars.H + numberBelow, W: bars.W + 2*numberMargin + 5, H: numberHeight}, 0)
	if strip.W < 20 || strip.H < 6 {
		return printed.Identity{}, false
	}
	var s scanner
	if !s.scan(strip, 1<<14) {
		return printed.Identity{}, false
	}
	var pieces []component
	s.roots(func(_ int32, c *component) {
		if float64(c.y1-c.y0)/g.ky > 0.4 || float64(c.x1-c.x0)/g.kx > 0.4 {
			pieces = append(pieces, *c)
		}
	})
	slices.SortFunc(pieces, func(a, b component) int { return cmp.Compare(a.x0, b.x0) })
	var glyphBoxes []component
	for _, p := range pieces { // pieces above each other are one digit that broke
		if n := len(glyphBoxes); n > 0 && p.x0 < glyphBoxes[n-1].x1-int(0.3*g.kx) {
			glyphBoxes[n-1].merge(&p)
			continue
		}
		glyphBoxes = append(glyphBoxes, p)
	}
	glyphBoxes = slices.DeleteFunc(glyphBoxes, func(c component) bool {
		return float64(c.y1-c.y0)/g.ky < numberTall || float64(c.x1-c.x0)/g.kx > 2.9
	})
	if n := len(glyphBoxes); n != 12 && n != 14 && n != 16 && n != 22 {
		return printed.Identity{}, false
	}
	numbers := []guess{{p: 1}}
	for _, c := range glyphBoxes {
		p, reject := askDigit(digits, strip.Crop(c.x0-2, c.y0-2, c.x1+2, c.y1+2), g.kx, g.ky)
		numbers = extend(numbers, p, 1-reject)
	}
	return g.likeliest(numbers)
}

// guess is the beginning of a number and its probability.
type guess struct {
	text string
	p    float64
}

// extend adds a digit to every guess, keeping the likeliest.
func extend(numbers []guess, p [10]float64, sure float64) []guess {
	const least, most = 1e-4, 200
	var out []guess
	for _, n := range numbers {
		for d, v := range p {
			if v > least {
				out = append(out, guess{n.text + string(rune('0'+d)), n.p * v * sure})
			}
		}
	}
	slices.SortFunc(out, func(a, b guess) int { return cmp.Compare(b.p, a.p) })
	return out[:min(len(out), most)]
}

// likeliest is the guess whose check digit is right and that is of this form, if no other comes
// near it.
func (g *registration) likeliest(numbers []guess) (printed.Identity, bool) {
	var best printed.Identity
	first, sum := 0.0, 0.0
	for _, n := range numbers {
		id, err := printed.ParseNumber(n.text)
		if err != nil || id.Kind != g.layout.Form || id.Version != g.layout.Version {
			continue
		}
		if sum += n.p; n.p > first {
			best, first = id, n.p
		}
	}
	return best, first > numberLeast && first >= numberSure*sum
}

// askDigit shows the recogniser a piece of the page.
func askDigit(digits Recogniser, m *bilevel.Image, kx, ky float64) ([10]float64, float64) {
	return digits.Digit(widened(m, yScaleOf(ky, kx)), yScaleOf(kx, ky))
}
