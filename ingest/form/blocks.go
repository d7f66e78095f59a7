package form

import "math"

// Where a quantity begins and ends is not certain: a box with little ink may be empty, a digit may
// have faded away, two may stand in one box. The ways to see it are weighed against each other.

// block is the written boxes' glyphs.
func (fl *field) block() []glyphs { return fl.glyphs[fl.from:fl.to] }

// blocks are the ways to see a quantity: a box at either end of the written ones that may be
// empty is, or is not, part of the number, and a digit before them may have faded away; fade is
// how often digits do on this page.
func (fl *field) blocks(fade float64) []block {
	out := []block{{fl.block(), 1}}
	if fl.to < len(fl.cells) {
		out[0].p = 1 - fl.cells[fl.to].faded()
	}
	for _, b := range fl.split {
		for i := range out {
			out[i].p *= 1 - b.p
		}
		out = append(out, b)
	}
	if len(fl.split) == 0 {
		out = fl.trimmed(out)
	}
	if fl.from == 0 {
		return out
	}
	gone := 1 - (1-fade)*(1-fl.cells[fl.from-1].faded())
	for i := range out {
		out[i].p *= 1 - gone
	}
	var any glyphs
	for d := range any.p {
		any.p[d] = .1
	}
	return append(out, block{append([]glyphs{any}, fl.block()...), gone})
}

// trimmed adds what the number is without a first or last box that may be empty.
func (fl *field) trimmed(out []block) []block {
	trim := func(at int, part func([]glyphs) []glyphs) {
		if fl.states[at] != unsure || fl.to-fl.from < 2 {
			return
		}
		p := fl.cells[at].inkP(&fl.glyphs[at])
		for _, b := range out {
			out = append(out, block{part(b.cells), b.p * (1 - p)})
		}
		for i := range len(out) / 2 {
			out[i].p *= p
		}
	}
	trim(fl.from, func(g []glyphs) []glyphs { return g[1:] })
	if fl.to-fl.from > 2 {
		trim(fl.to-1, func(g []glyphs) []glyphs { return g[:len(g)-1] })
	}
	return out
}

// fade is how often a box beside a written number held a digit that left no trace, judged by the
// page's codes: these have a digit in every box.
func (f *fieldReader) fade() float64 {
	const more = 0.4 // odds that a number is one digit longer
	lost, n := 0, 0
	for name, fl := range f.fields {
		_, suffix := lineOf(name)
		if fl.isBlank() || name != fieldCustomer && suffix != suffixItem {
			continue
		}
		gone := 0
		for _, st := range fl.states {
			if st == empty {
				gone++
			}
		}
		if gone > 2 { // not the code that is meant
			continue
		}
		lost, n = lost+gone, n+len(fl.states)
	}
	return more * float64(lost) / float64(max(n, 1))
}

// inkP is the probability that the little ink in a box is writing: by how much there is, and by
// whether it looks like a digit.
func (c *cell) inkP(g *glyphs) float64 {
	const even = 0.35 // mm² that may as well be dirt
	odds := math.Pow((c.ink+c.lent/3)/even, 4) * (1 - g.reject) / (g.reject + 0.05)
	return odds / (1 + odds)
}

// faded is the probability that a digit stood in a box that looks empty: by the specks in it.
func (c *cell) faded() float64 {
	const even = 0.4 // mm²
	x := (c.ink + c.rest + c.lent/3) / even
	odds := x * x * x
	return odds / (1 + odds)
}
