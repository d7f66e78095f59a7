package synth

import "math"

func (m *mask) count() (n int) {
	for _, p := range m.pix {
		n += int(p)
	}
	return n
}

func mark(r hand, h, t float64) *mask {
	s, natural, flat := markStrokes(r)
	if flat {
		h *= .6
	}
	return draw(s, natural, r, h, t, .02)
}

// JunkPart names a part of the junk.
type JunkPart string

// The parts of the junk, and how often each is drawn where any may be.
const (
	JunkMark        JunkPart = "ticks and other marks" // 34 %
	JunkLetter      JunkPart = "letters and kana"      // 8 %
	JunkTwo         JunkPart = "two digits"            // 18 %
	JunkStruck      JunkPart = "struck-out digits"     // 26 %
	JunkOverwritten JunkPart = "overwritten digits"    // 4 %
	JunkDust        JunkPart = "dust"                  // 3 %
	JunkPoint       JunkPart = "commas and points"     // 2 %
	JunkThrough     JunkPart = "lines passing through" // 2.5 %
	JunkCorner      JunkPart = "corners of a frame"    // 2.5 %
)

// JunkParts is all of them.
var JunkParts = []JunkPart{JunkMark, JunkLetter, JunkTwo, JunkStruck, JunkOverwritten, JunkDust, JunkPoint, JunkThrough, JunkCorner}

// place is where a part lies on the scale that junk draws from.
var place = map[JunkPart]float64{JunkMark: .1, JunkLetter: .38, JunkTwo: .5, JunkStruck: .7, JunkOverwritten: .7, JunkDust: .91, JunkPoint: .94, JunkThrough: .96, JunkCorner: .99}

// junk draws what is no single whole digit, as it comes to stand in a box room fax pixels wide.
func junk(src Source, r hand, h, t, room float64) *mask {
	bank, letters := src.Bank, src.Letters
	digit := func(h, t float64) (*mask, int) {
		if len(bank) == 0 || r.chance(.5) {
			d := r.IntN(10)
			return drawDigit(d, r, h, t).crop(), d
		}
		return warp(&bank[r.IntN(len(bank))], r, h, lively).restroke(t).crop(), -1
	}
	none := newMask(1, 1)
	p := r.Float64()
	if at, ok := place[src.Part]; ok {
		p = at
	}
	switch {
	case p < .34:
		return mark(r, h, t)
	case p < .42 && len(letters) > 0:
		return warp(&letters[r.IntN(len(letters))], r, h*r.u(.7, 1), calm).restroke(min(t, .16*h))
	case p < .60: // two digits in one box, both of them there
		for {
			a, _ := digit(h, t)
			b, _ := digit(h*r.u(.8, 1.2), t)
			if a == nil || b == nil {
				return none
			}
			gap := r.IntN(12) - 3
			if wide := float64(a.w + b.w + gap); wide > 2.05*room && h > 14 {
				h *= max(.6, 1.9*room/wide)
				t = min(t, .3*h)
				continue
			}
			tall := max(a.h, b.h)
			o := newMask(a.w+b.w+max(gap, 0), tall)
			o.or(a, 0, r.IntN(tall-a.h+1))
			o.or(b, a.w+gap, r.IntN(tall-b.h+1))
			return o
		}
	case p < .90:
		m, d := digit(h, t)
		if m == nil {
			return none
		}
		if over := r.chance(.13); over && src.Part != JunkStruck || src.Part == JunkOverwritten {
			return overwritten(m, d, digit, r, h, t)
		}
		return struck(m, d, r, t)
	case p < .93: // dust
		o := newMask(140, 170)
		for range 1 + r.IntN(8) {
			x, y := float64(10+r.IntN(110)), float64(10+r.IntN(140))
			o.line(x, y, x+r.u(0, 4), y+r.u(0, 4), r.u(3, 9))
		}
		return o
	case p < .95: // a comma or a full stop, one or two
		o := newMask(60, 60)
		for range 1 + r.IntN(2) {
			x, y := r.u(15, 45), r.u(15, 40)
			o.line(x, y, x-r.u(0, 7), y+r.u(0, 12), t)
		}
		return o
	case p < .975: // the rim of a ring round something else, or a long tail, passing through
		w, y := 2*room, r.u(.1, .9)
		sag := r.u(-.5, .5)
		var s [][2]float64
		for i := range 9 {
			f := float64(i) / 8
			s = append(s, [2]float64{8 + f*w, 170*y + (f-.5)*w*r.n(0, .02) + sag*w*4*f*(1-f)})
		}
		tilt := math.Tan(r.u(-.6, .6))
		for i := range s {
			s[i][1] += tilt * (s[i][0] - w/2)
		}
		o := newMask(int(w)+16, 400)
		for i := range s {
			s[i][1] += 110
		}
		o.polyline(spline(s), t)
		return o
	default: // corner of a frame, or two lines that meet
		o := newMask(140, 170)
		x := r.u(20, 55)
		o.line(x, 10, x, 10+r.u(30, 140), t)
		o.line(min(x, 20), 10, max(x, r.u(60, 130)), 10, t)
		return o
	}
}

// struck is a digit (-1 where not known which) that its writer took back. One line through a 0 or
// a 7 is how some people write them: these are struck with more.
func struck(m *mask, digit int, r hand, t float64) *mask {
	beyond := int(r.u(.05, .35) * float64(m.w))
	o := m.pad(int(t) + 4 + beyond)
	w, h := float64(o.w), float64(o.h)
	lines := 1 + r.IntN(3)
	if digit == 0 || digit == 7 || digit < 0 {
		lines = 2 + r.IntN(2)
	}
	switch p := r.Float64(); {
	case p < .30: // lines across, level or not
		tilt, at := r.n(0, .18), r.u(.3, .7)
		for i := range lines {
			y := at + (float64(i)-float64(lines-1)/2)*r.u(.1, .22)
			o.line(r.u(0, .08)*w, (y+tilt/2+r.n(0, .03))*h, r.u(.92, 1)*w, (y-tilt/2+r.n(0, .03))*h, t)
		}
	case p < .45: // lines aslant
		down := r.chance(.4)
		if digit == 1 {
			down = true
		}
		for i := range lines {
			off := (float64(i) - float64(lines-1)/2) * r.u(.15, .3)
			y0, y1 := r.u(.75, .95)+off, r.u(.05, .25)+off
			if down {
				y0, y1 = y1, y0
			}
			o.line(r.u(0, .15)*w, y0*h, r.u(.85, 1)*w, y1*h, t)
		}
	case p < .60: // crossed
		o.line(r.u(0, .15)*w, r.u(0, .2)*h, r.u(.85, 1)*w, r.u(.8, 1)*h, t)
		o.line(r.u(.85, 1)*w, r.u(0, .2)*h, r.u(0, .15)*w, r.u(.8, 1)*h, t)
	case p < .80: // zigzag
		var z [][2]float64
		n, lying := 6+r.IntN(10), r.chance(.4)
		for i := range n {
			a, b := r.u(0, .3), .1+.8*float64(i)/float64(n)
			if i%2 == 1 {
				a = r.u(.7, 1)
			}
			if lying {
				a, b = b, a
			}
			z = append(z, [2]float64{a * w, b * h})
		}
		if r.chance(.5) {
			z = spline(z)
		}
		o.polyline(z, t)
	default: // scribbled over
		var z [][2]float64
		for range 8 + r.IntN(8) {
			z = append(z, [2]float64{r.u(0, 1) * w, r.u(0, 1) * h})
		}
		o.polyline(spline(z), t)
	}
	return o
}

// overwritten is a digit with another written over it, thicker.
func overwritten(m *mask, first int, digit func(h, t float64) (*mask, int), r hand, h, t float64) *mask {
	for range 8 {
		b, second := digit(h*r.u(.85, 1.1), t*r.u(1.1, 1.6))
		// A 1 within another digit is hard to see, for people as well.
		if b == nil || second < 0 || first == second || first == 1 || second == 1 {
			continue
		}
		o := m.pad(int(t) + 6)
		o.or(b, r.IntN(max(1, o.w-b.w+1)), r.IntN(max(1, o.h-b.h+1)))
		if 10*o.count() < 13*b.count() {
			continue // hidden beneath the second: nobody would see that there was a first
		}
		return o
	}
	return struck(m, first, r, t)
}
