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

// Source is what a sample is drawn from: a glyph for Scan and Font, the digit for Stroke, a bank
// of other people's digits for Junk.
type Source struct {
	Kind  Kind
	Digit int
	Glyph *Gray
	Bank  []Gray
}

// Draw draws the source as the seed says.
func Draw(src Source, seed1, seed2 uint64) Sample {
	r := hand{rand.New(rand.NewPCG(seed1, seed2))}
	for {
		box := geometry(r)
		label := src.Digit
		var m *mask
		h := box.height(r)
		t := 2 * pen(r, h)
		switch src.Kind {
		case Scan:
			m = warp(src.Glyph, r, h, true)
			if r.chance(.75) {
				if r.chance(.3) {
					t *= 1.5
				}
				m = m.restroke(t)
			}
		case Font:
			m = warp(src.Glyph, r, h, false).restroke(t)
		case Stroke:
			s, natural := digitStrokes(src.Digit, r)
			m = draw(s, natural, r, h, t, .012+.016*r.Float64())
		case Junk:
			m, label = junk(src.Bank, r, h, t), Reject
		case Mark:
			m, label = mark(r, h, t), Reject
		case Blank:
			return Sample{Cell: box.blank(r), YScale: box.yScale, Framed: box.framed, Label: Reject}
		}
		if cell := box.fax(m, r, src.Kind != Junk && src.Kind != Mark); cell != nil {
			return Sample{Cell: cell, YScale: box.yScale, Framed: box.framed, Label: label}
		}
	}
}

// pen is a width in fax pixels (8 a mm): mostly ballpoint, sometimes a felt pen up to 1.4 mm.
func pen(r hand, h float64) float64 {
	t := math.Exp(r.n(math.Log(3.3), .33))
	if r.chance(.2) {
		t = r.u(4.5, 11)
	}
	return min(max(t, 1.6), .24*h)
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
func (g geom) height(r hand) float64 {
	if g.form {
		return min(max(math.Exp(r.n(math.Log(36), .22)), 16), 56)
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

func mark(r hand, h, t float64) *mask {
	s, natural, flat := markStrokes(r)
	if flat {
		h *= .6
	}
	return draw(s, natural, r, h, t, .02)
}

// junk draws what is no single whole digit.
func junk(bank []Gray, r hand, h, t float64) *mask {
	digit := func(h float64) *mask {
		if len(bank) == 0 || r.chance(.5) {
			s, natural := digitStrokes(r.IntN(10), r)
			return draw(s, natural, r, h, t, .02)
		}
		return warp(&bank[r.IntN(len(bank))], r, h, false).restroke(t)
	}
	p := r.Float64()
	switch {
	case p < .50:
		return mark(r, h, t)
	case p < .70: // two digits in one box
		a, b := digit(h).crop(), digit(h*r.u(.8, 1.2)).crop()
		if a == nil || b == nil {
			return newMask(1, 1)
		}
		gap := r.IntN(10) - 2
		tall := max(a.h, b.h)
		o := newMask(a.w+b.w+gap, tall)
		o.or(a, 0, (tall-a.h)/2)
		o.or(b, a.w+gap, (tall-b.h)/2)
		return o
	case p < .92: // struck out
		m := digit(h).crop()
		if m == nil {
			return newMask(1, 1)
		}
		o := m.pad(int(t) + 4)
		w, hh := float64(o.w), float64(o.h)
		switch r.IntN(5) {
		case 0: // two or three lines across
			for range 2 + r.IntN(2) {
				o.line(r.u(0, .1)*w, r.u(.25, .75)*hh, r.u(.9, 1)*w, r.u(.25, .75)*hh, t)
			}
		case 1: // crossed
			o.line(r.u(0, .15)*w, r.u(0, .15)*hh, r.u(.85, 1)*w, r.u(.85, 1)*hh, t)
			o.line(r.u(.85, 1)*w, r.u(0, .15)*hh, r.u(0, .15)*w, r.u(.85, 1)*hh, t)
		case 2: // zigzag down
			var z [][2]float64
			n := 7 + r.IntN(9)
			for i := range n {
				x := r.u(0, .3)
				if i%2 == 1 {
					x = r.u(.7, 1)
				}
				z = append(z, [2]float64{x * w, (.1 + .8*float64(i)/float64(n)) * hh})
			}
			o.polyline(z, t)
		case 3: // scribbled over
			var z [][2]float64
			for range 8 + r.IntN(8) {
				z = append(z, [2]float64{r.u(0, 1) * w, r.u(0, 1) * hh})
			}
			o.polyline(spline(z), t)
		default: // a second digit written over the first
			b := digit(h).crop()
			if b == nil {
				return newMask(1, 1)
			}
			for range 2 { // darker than the first, as corrections are
				o.or(b, r.IntN(max(1, o.w-b.w+1)), r.IntN(max(1, o.h-b.h+1)))
			}
			o.line(r.u(0, .2)*w, r.u(.3, .7)*hh, r.u(.8, 1)*w, r.u(.3, .7)*hh, t)
		}
		return o
	case p < .96: // dust
		o := newMask(140, 170)
		for range 1 + r.IntN(8) {
			x, y := float64(10+r.IntN(110)), float64(10+r.IntN(140))
			o.line(x, y, x+r.u(0, 4), y+r.u(0, 4), r.u(3, 9))
		}
		return o
	default: // corner of a frame, or two lines that meet
		o := newMask(140, 170)
		x := r.u(20, 55)
		o.line(x, 10, x, 10+r.u(30, 140), t)
		o.line(min(x, 20), 10, max(x, r.u(60, 130)), 10, t)
		return o
	}
}
