// Package synth draws handwriting into the cells of an imagined fax form and sends them through
// an imagined fax line, kept close to what fax machines do: what the recogniser is trained on.
//
// In: glyphs (MNIST, fonts) or nothing, and a seed. Out: bilevel cells with their labels, the same
// for the same seed. It never sees a real fax.
package synth

import (
	"math"
	"math/rand/v2"

	"todoke/internal/bilevel"
)

// Kind says what to draw.
type Kind string

// The kinds of cell.
const (
	Scan   Kind = "scan"   // a scanned digit (MNIST), distorted mildly, its pen sometimes changed
	Font   Kind = "font"   // a digit of a handwriting font, distorted, its pen changed
	Print  Kind = "print"  // a digit of a printing font, hardly distorted
	Stroke Kind = "stroke" // a digit drawn stroke by stroke
	Junk   Kind = "junk"   // no digit: marks, two digits, struck-out digits, dust, line pieces
	Mark   Kind = "mark"   // a tick or another mark, alone
	Blank  Kind = "blank"  // nobody wrote here: perhaps dust, perhaps pieces of the frame
)

// Reject is the label of whatever is no digit.
const Reject = 10

// Sample is one cell as a reader meets it.
type Sample struct {
	Cell   *bilevel.Image
	YScale int  // 2 where the cell came at half vertical resolution
	Framed bool // the printed frame is left to the reader
	Label  int  // the digit, or Reject
}

// Source is what a sample is drawn from: a glyph for Scan, Font and Print, the digit for Stroke,
// other people's digits and letters for Junk.
type Source struct {
	Kind    Kind
	Digit   int
	Glyph   *Gray
	Bank    []Gray
	Letters []Gray
	Part    JunkPart // which junk; "" is any
}

// Draw draws the source as the seed says.
func Draw(src Source, seed1, seed2 uint64) Sample {
	r := hand{rand.New(rand.NewPCG(seed1, seed2))}
	for {
		box := geometry(r)
		if src.Kind == Blank {
			return Sample{Cell: box.blank(r), YScale: box.yScale, Framed: box.framed, Label: Reject}
		}
		h := box.height(r, src.Kind)
		m, label := src.ink(r, h, 2*pen(r, h), float64(box.w))
		if cell := box.fax(m, r, label != Reject); cell != nil {
			return Sample{Cell: cell, YScale: box.yScale, Framed: box.framed, Label: label}
		}
	}
}

// Write draws the source as ink on paper, 16 pixels a millimetre, h millimetres high with a pen of
// the given width, for writing into a box so many millimetres wide; nil where no ink came. The
// label is the digit, or Reject.
func Write(src Source, h, width, room float64, seed1, seed2 uint64) (ink *bilevel.Image, label int) {
	const perMM = 8
	m, label := src.ink(hand{rand.New(rand.NewPCG(seed1, seed2))}, h*perMM, 2*width*perMM, room*perMM)
	if m = m.crop(); m == nil {
		return nil, label
	}
	c := canvas{w: m.w, h: m.h, pix: m.pix}
	return c.image(), label
}

// ink draws the source h fax pixels high with a pen t mask pixels wide into a box room fax pixels
// wide.
func (src Source) ink(r hand, h, t, room float64) (m *mask, label int) {
	label = src.Digit
	switch src.Kind {
	case Scan:
		m = warp(src.Glyph, r, h, calm)
		if r.chance(.75) {
			if r.chance(.3) {
				t = min(1.3*t, .4*h)
			}
			m = m.restroke(t)
		}
	case Font:
		m = warp(src.Glyph, r, h, lively).restroke(t)
	case Print:
		return warp(src.Glyph, r, h, still), label
	case Stroke:
		m = drawDigit(src.Digit, r, h, t)
	case Mark:
		m, label = mark(r, h, t), Reject
	default:
		m, label = junk(src, r, h, t, room), Reject
	}
	if r.chance(.06) { // the pen left a blob or skipped
		m.blob(r, t)
	}
	if r.chance(.06) {
		m.skip(r, t)
	}
	return m, label
}

// drawDigit draws a digit stroke by stroke; some hands are hasty, some do not lift the pen.
func drawDigit(d int, r hand, h, t float64) *mask {
	s, natural := digitStrokes(d, r)
	if len(s) > 1 && r.chance(.07) {
		s = joined(s)
	}
	jitter := .012 + .016*r.Float64()
	if r.chance(.12) {
		jitter += .02
	}
	return draw(s, natural, r, h, t, jitter)
}

// pen is a width in fax pixels (8 a mm): mostly ballpoint, sometimes a felt pen of a millimetre.
func pen(r hand, h float64) float64 {
	t := math.Exp(r.n(math.Log(3.4), .3))
	if r.chance(.13) {
		t = r.u(4.5, 9)
	}
	return min(max(t, 1.6), .22*h)
}

// geom is the cell: its size in fax pixels with square pixels, where its frame runs and what the
// reader did to it.
type geom struct {
	w, h   int
	yScale int
	form   bool    // a 5 × 7 mm box with a solid frame; otherwise a larger box, remnants of lines
	framed bool    // the frame is left for the reader's cleaner
	inset  float64 // distance of the frame line from the crop's edge
	line   float64 // its width
}

func geometry(r hand) geom {
	g := geom{yScale: 1, framed: true}
	if r.chance(.35) {
		g.yScale = 2
	}
	if !r.chance(.55) {
		g.w, g.h = 60+r.IntN(32), 60+r.IntN(32)
		return g
	}
	g.form = true
	scale := r.n(1, .02)
	g.line = r.u(1.4, 3.2)
	if r.chance(.5) { // the crop runs along the frame
		g.inset = r.u(-1.5, 2.5)
	} else { // the caller knew the frame, blanked it, and cropped with a margin
		g.framed = false
		g.inset = r.u(-1, 6)
	}
	g.w, g.h = int(40*scale+2*g.inset+1), int(56*scale+2*g.inset+1)
	return g
}

// height is how tall somebody writes into the cell.
func (g geom) height(r hand, kind Kind) float64 {
	if kind == Print {
		return r.u(20, 44)
	}
	if g.form {
		return min(max(math.Exp(r.n(math.Log(34), .28)), 16), 56)
	}
	return min(max(math.Exp(r.n(math.Log(46), .28)), 20), 78)
}

// fax puts the mask into the cell and sends it down the line; nil where no ink, or for digits too
// little of it, arrives.
func (g geom) fax(m *mask, r hand, whole bool) *bilevel.Image {
	if m = m.crop(); m == nil {
		return nil
	}
	vy := 2 * g.yScale
	oy, ox := r.IntN(vy), r.IntN(2)
	bw, bh := (m.w+ox+1)/2, (m.h+oy+vy-1)/vy
	// Mean ink of each fax pixel.
	f := make([]float32, bw*bh)
	for y := range m.h {
		for x := range m.w {
			if m.pix[y*m.w+x] != 0 {
				f[(y+oy)/vy*bw+(x+ox)/2] += 1 / float32(2*vy)
			}
		}
	}
	ink := make([]uint8, bw*bh)
	var noise []float32
	nw := bw/2 + 2
	if r.chance(.6) {
		sd := r.u(.03, .14)
		noise = make([]float32, nw*(bh/2+2))
		for i := range noise {
			noise[i] = float32(r.n(0, sd))
		}
	}
	level := float32(r.u(.3, .58))
	for y := range bh {
		for x := range bw {
			v := f[y*bw+x]
			if v < .02 {
				continue
			}
			if noise != nil { // between the four nearest of a grid half as fine
				i := y/2*nw + x/2
				fx, fy := float32(x%2)/2, float32(y%2)/2
				v += (noise[i]*(1-fx)+noise[i+1]*fx)*(1-fy) + (noise[i+nw]*(1-fx)+noise[i+nw+1]*fx)*fy
			}
			if v > level {
				ink[y*bw+x] = 1
			}
		}
	}
	w, h := g.w, g.h/g.yScale
	if !g.form { // boxes of the other kind are as large as their writing needs
		w, h = max(w, bw+4), max(h, bh+3)
	} else if whole {
		// People keep within a box they can see, more or less.
		if over := max(float64(bw)/float64(w), float64(bh)/float64(h)); over > 1.12 {
			return nil
		}
	}
	x := int(math.Round(min(max(r.n(.5, .22), 0), 1) * float64(w-bw)))
	y := int(math.Round(min(max(r.n(.5, .22), 0), 1) * float64(h-bh)))
	if g.form && r.chance(.3) { // some run over the line
		x += int(r.n(0, 2.5))
		y += int(r.n(0, 3)) / g.yScale
	}
	o := canvas{w: w, h: h, pix: make([]uint8, w*h)}
	kept, all := 0, 0
	for yy := range bh {
		for xx := range bw {
			if ink[yy*bw+xx] == 0 {
				continue
			}
			all++
			if X, Y := x+xx, y+yy; X >= 0 && Y >= 0 && X < w && Y < h {
				o.pix[Y*w+X] = 1
				kept++
			}
		}
	}
	if all == 0 || whole && kept*100 < all*88 {
		return nil
	}
	if r.chance(.15) { // frayed edges
		o.fray(r)
	}
	if r.chance(.06) {
		o.dust(r, g.yScale, 1)
	}
	g.remnants(&o, r)
	return o.image()
}

// blank is a cell nobody wrote in: dust, specks, the frame as it comes.
func (g geom) blank(r hand) *bilevel.Image {
	o := canvas{w: g.w, h: g.h / g.yScale}
	o.pix = make([]uint8, o.w*o.h)
	if r.chance(.5) {
		o.dust(r, g.yScale, 1+r.IntN(5))
	}
	g.remnants(&o, r)
	return o.image()
}

// remnants draws speckle and the frame lines, and blanks them where the caller does.
func (g geom) remnants(o *canvas, r hand) {
	if r.chance(.35) {
		for range 1 + r.IntN(9) {
			i := r.IntN(len(o.pix))
			o.pix[i] ^= 1
		}
	}
	ys := float64(g.yScale)
	if !g.form {
		for side := range 4 {
			p := .07
			if side == 0 {
				p = .30
			}
			if r.chance(p) {
				o.rule(side, float64(r.IntN(5)), float64(1+r.IntN(3)), r, true)
			}
		}
		return
	}
	lost := r.chance(.1) // a faint copy: lines break
	for side := range 4 {
		at, wide := g.inset-g.line/2+r.n(0, .4), g.line
		if side >= 2 {
			at, wide = at/ys, max(1, wide/ys)
		}
		if g.framed {
			if r.chance(.97) {
				o.rule(side, at, wide, r, lost)
			}
			continue
		}
		// The caller blanked the line, with what crosses it kept or not, and not always to the
		// last pixel.
		switch p := r.Float64(); {
		case p < .5:
		case p < .8:
			o.wipe(side, at, wide)
		default:
			if p > .9 {
				o.wipe(side, at, wide)
			}
			o.crumbs(side, at, wide, r)
		}
	}
}

type canvas struct {
	w, h int
	pix  []uint8
}

func (o *canvas) set(x, y int, v uint8) {
	if x >= 0 && y >= 0 && x < o.w && y < o.h {
		o.pix[y*o.w+x] = v
	}
}

// dust is specks up to half a millimetre.
func (o *canvas) dust(r hand, yScale, n int) {
	for range n {
		x, y, s := r.IntN(o.w), r.IntN(o.h), 1+r.IntN(4)
		for yy := range max(1, (1+r.IntN(s))/yScale) {
			for xx := range s {
				o.set(x+xx, y+yy, 1)
			}
		}
	}
}

// put sets a pixel by its place along a side and its depth from it: left, right, top, bottom.
func (o *canvas) put(side, along, depth int, v uint8) {
	switch side {
	case 0:
		o.set(depth, along, v)
	case 1:
		o.set(o.w-1-depth, along, v)
	case 2:
		o.set(along, depth, v)
	default:
		o.set(along, o.h-1-depth, v)
	}
}

func (o *canvas) length(side int) int {
	if side < 2 {
		return o.h
	}
	return o.w
}

// rule draws a frame line along a side, a little askew; broken ones may be dotted or have gaps.
func (o *canvas) rule(side int, at, wide float64, r hand, broken bool) {
	n := o.length(side)
	slope := r.n(0, .008)
	period, loss, g0, g1 := 0, 0.0, n, n
	if broken {
		switch p := r.Float64(); {
		case p < .5:
		case p < .85:
			period = max(1, (2+r.IntN(3))/2)
		default:
			loss = .4
		}
		if r.chance(.15) {
			g0 = r.IntN(n)
			g1 = g0 + 5 + r.IntN(n)
		}
	}
	for i := range n {
		if period > 0 && i/period%2 == 1 || i >= g0 && i < g1 || loss > 0 && r.chance(loss) {
			continue
		}
		from := at + slope*(float64(i)-float64(n)/2)
		a, b := int(math.Round(from)), int(math.Round(from+wide))
		if r.chance(.06) {
			b++
		}
		for d := a; d < max(b, a+1); d++ {
			o.put(side, i, d, 1)
		}
	}
}

// wipe clears where the line is, and what crosses it.
func (o *canvas) wipe(side int, at, wide float64) {
	for i := range o.length(side) {
		for d := int(math.Round(at - .5)); d <= int(math.Round(at+wide+.5)); d++ {
			o.put(side, i, d, 0)
		}
	}
}

// crumbs leaves dashes of the line.
func (o *canvas) crumbs(side int, at, wide float64, r hand) {
	n := o.length(side)
	for range 1 + r.IntN(4) {
		from, long := r.IntN(n), 1+r.IntN(max(2, n/4))
		d := int(math.Round(at))
		if r.chance(.5) {
			d = int(math.Round(at + wide))
		}
		for i := from; i < min(from+long, n); i++ {
			o.put(side, i, d, 1)
		}
	}
}

// fray inks some of the pixels beside ink.
func (o *canvas) fray(r hand) {
	var edge []int
	for y := range o.h {
		for x := range o.w {
			if o.pix[y*o.w+x] != 0 {
				continue
			}
		near:
			for yy := max(y-1, 0); yy <= min(y+1, o.h-1); yy++ {
				for xx := max(x-1, 0); xx <= min(x+1, o.w-1); xx++ {
					if o.pix[yy*o.w+xx] != 0 {
						edge = append(edge, y*o.w+x)
						break near
					}
				}
			}
		}
	}
	for _, i := range edge {
		if r.chance(.08) {
			o.pix[i] = 1
		}
	}
}

func (o *canvas) image() *bilevel.Image {
	m := bilevel.New(o.w, o.h)
	for y := range o.h {
		for x := range o.w {
			if o.pix[y*o.w+x] != 0 {
				m.Set(x, y, true)
			}
		}
	}
	return m
}
