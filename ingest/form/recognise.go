package form

import "todoke/internal/bilevel"

// What the recogniser is taken at its word for.
const (
	blackedOut = 0.45 // part of the box that is ink: no digit has so much
	leastFrame = 0.35 // of a box's frame must be seen where it is expected
)

// recognise asks for the digit, and takes the recogniser at its word only as far as geometry
// and damage allow.
func (f *fieldReader) recognise(c *cell) glyphs {
	p, reject := f.weigh(c)
	gl := glyphs{reject: min(max(reject, 0), 1)}
	sum := 0.0
	for _, v := range p {
		sum += max(v, 0)
	}
	trust := 1.0
	if c.frame < leastFrame { // the box is not where it should be, or its line is gone
		trust *= 0.6
	}
	if c.bad {
		trust *= 0.5
	}
	floor := f.k.Settings.DigitFloor
	for d := range p {
		v := 0.1
		if sum > 1e-9 {
			v = max(p[d], 0) / sum
		}
		v = trust*v + (1-trust)*0.1
		gl.p[d] = v*(1-10*floor) + floor
	}
	if c.fill > blackedOut {
		gl.reject = max(gl.reject, 0.9)
	}
	return gl
}

// weigh asks about each way to see the box. Each counts by how probable it is, and by whether it
// shows a digit.
func (f *fieldReader) weigh(c *cell) (p [10]float64, reject float64) {
	const noDigit = 0.02
	p, reject = f.ask(c.image)
	if len(c.others) == 0 {
		return p, reject
	}
	weight := 1.0
	for _, o := range c.others {
		weight -= o.p
	}
	var sum [10]float64
	var none, all float64
	add := func(q [10]float64, r, w float64) {
		w *= 1 - r + noDigit
		for d := range q {
			sum[d] += w * q[d]
		}
		none, all = none+w*r, all+w
	}
	add(p, reject, max(weight, 0))
	for _, o := range c.others {
		q, r := f.ask(o.image)
		add(q, r, o.p)
	}
	for d := range sum {
		p[d] = sum[d] / all
	}
	return p, none / all
}

// cut shows the box to who wants to see what the recogniser sees.
func (f *fieldReader) cut(field string, box int, c *cell) {
	if f.k.Cut == nil {
		return
	}
	scale := yScaleOf(f.g.kx, f.g.ky)
	f.k.Cut(field, box, c.image, scale)
	for _, o := range c.others {
		f.k.Cut(field, box, o.image, scale)
	}
}

// widened repeats columns: pixels of a page that was sent lying on its side at 204 × 98 dpi.
func widened(m *bilevel.Image, n int) *bilevel.Image {
	if n == 1 {
		return m
	}
	o := bilevel.New(m.W*n, m.H)
	for y := range m.H {
		for x0, x1 := range rowRuns(m.Row(y), m.W) {
			o.Fill(x0*n, x1*n, y)
		}
	}
	return o
}
