package synth

import "math"

// mask is ink at twice the fax's fine resolution: 16 pixels a millimetre both ways.
type mask struct {
	w, h int
	pix  []uint8 // 0 or 1
}

func newMask(w, h int) *mask { return &mask{w: w, h: h, pix: make([]uint8, w*h)} }

// line inks all within t/2 of the segment.
func (m *mask) line(x0, y0, x1, y1, t float64) {
	rad := t / 2
	ax, bx := int(math.Floor(min(x0, x1)-rad)), int(math.Ceil(max(x0, x1)+rad))
	ay, by := int(math.Floor(min(y0, y1)-rad)), int(math.Ceil(max(y0, y1)+rad))
	dx, dy := x1-x0, y1-y0
	l2 := dx*dx + dy*dy
	for y := max(ay, 0); y <= min(by, m.h-1); y++ {
		for x := max(ax, 0); x <= min(bx, m.w-1); x++ {
			px, py := float64(x)-x0, float64(y)-y0
			k := 0.0
			if l2 > 0 {
				k = min(max((px*dx+py*dy)/l2, 0), 1)
			}
			ex, ey := px-k*dx, py-k*dy
			if ex*ex+ey*ey <= rad*rad {
				m.pix[y*m.w+x] = 1
			}
		}
	}
}

func (m *mask) polyline(p [][2]float64, t float64) {
	for i := 1; i < len(p); i++ {
		m.line(p[i-1][0], p[i-1][1], p[i][0], p[i][1], t)
	}
}

// or inks what o inks, o's corner at x, y.
func (m *mask) or(o *mask, x, y int) {
	for r := range o.h {
		for c := range o.w {
			if X, Y := x+c, y+r; o.pix[r*o.w+c] != 0 && X >= 0 && Y >= 0 && X < m.w && Y < m.h {
				m.pix[Y*m.w+X] = 1
			}
		}
	}
}

// crop cuts the mask to its ink; nil where there is none.
func (m *mask) crop() *mask {
	x0, y0, x1, y1 := m.w, m.h, 0, 0
	for y := range m.h {
		for x := range m.w {
			if m.pix[y*m.w+x] != 0 {
				x0, x1, y0, y1 = min(x0, x), max(x1, x+1), min(y0, y), max(y1, y+1)
			}
		}
	}
	if x1 == 0 {
		return nil
	}
	o := newMask(x1-x0, y1-y0)
	for y := range o.h {
		copy(o.pix[y*o.w:][:o.w], m.pix[(y0+y)*m.w+x0:][:o.w])
	}
	return o
}

// pad adds n pixels of paper all round.
func (m *mask) pad(n int) *mask {
	o := newMask(m.w+2*n, m.h+2*n)
	o.or(m, n, n)
	return o
}

// distance is each pixel's distance to the nearest one that is not of the given value (chamfer
// 3 × 3).
func (m *mask) distance(of uint8) []float32 {
	const a, b = 0.955, 1.3693
	w, h := m.w, m.h
	d := make([]float32, w*h)
	for i, p := range m.pix {
		if p == of {
			d[i] = 1e6
		}
	}
	get := func(x, y int) float32 {
		if x < 0 || y < 0 || x >= w || y >= h {
			return 1e6
		}
		return d[y*w+x]
	}
	for y := range h {
		for x := range w {
			if v := d[y*w+x]; v > 0 {
				d[y*w+x] = min(v, get(x-1, y)+a, get(x, y-1)+a, get(x-1, y-1)+b, get(x+1, y-1)+b)
			}
		}
	}
	for y := h - 1; y >= 0; y-- {
		for x := w - 1; x >= 0; x-- {
			if v := d[y*w+x]; v > 0 {
				d[y*w+x] = min(v, get(x+1, y)+a, get(x, y+1)+a, get(x+1, y+1)+b, get(x-1, y+1)+b)
			}
		}
	}
	return d
}

// restroke redraws the mask with strokes about t pixels wide, its skeleton kept.
func (m *mask) restroke(t float64) *mask {
	m = m.pad(int(t/2) + 2)
	d := m.distance(1)
	top := float32(0)
	var hist [256]int
	n := 0
	for _, v := range d {
		if v > 0 {
			top = max(top, v)
			hist[min(int(v*4), 255)]++
			n++
		}
	}
	if n == 0 || top > 1e5 {
		return m
	}
	// Twice the 85th percentile of the depth of ink is about the stroke's width.
	k, seen := 0, 0
	for ; k < 255; k++ {
		if seen += hist[k]; seen*100 >= n*85 {
			break
		}
	}
	width := 2 * (float64(k) + .5) / 4
	delta := (t - width) / 2
	out := newMask(m.w, m.h)
	switch {
	case delta > .6:
		for i, v := range m.distance(0) {
			if float64(v) <= delta {
				out.pix[i] = 1
			}
		}
	case delta < -.6:
		cut := float32(min(-delta, .42*width))
		ridge := float32(.3 * width)
		for y := range m.h {
			for x := range m.w {
				v := d[y*m.w+x]
				if v > cut {
					out.pix[y*m.w+x] = 1
					continue
				}
				if v <= ridge {
					continue
				}
				high := v
				for yy := max(y-1, 0); yy <= min(y+1, m.h-1); yy++ {
					for xx := max(x-1, 0); xx <= min(x+1, m.w-1); xx++ {
						high = max(high, d[yy*m.w+xx])
					}
				}
				if v >= high-.35 {
					out.line(float64(x), float64(y), float64(x), float64(y), .8*t)
				}
			}
		}
		for i, p := range m.pix {
			out.pix[i] &= p
		}
	default:
		return m
	}
	return out
}

// Gray is a glyph as ink from 0 to 255.
type Gray struct {
	W, H int
	Pix  []uint8
}

func (g *Gray) at(x, y float64) float64 {
	x0, y0 := int(math.Floor(x)), int(math.Floor(y))
	fx, fy := x-float64(x0), y-float64(y0)
	p := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= g.W || y >= g.H {
			return 0
		}
		return float64(g.Pix[y*g.W+x])
	}
	return (p(x0, y0)*(1-fx)+p(x0+1, y0)*fx)*(1-fy) + (p(x0, y0+1)*(1-fx)+p(x0+1, y0+1)*fx)*fy
}

// How much a shape is distorted: a lot where it is a type's, less where it is already somebody's
// handwriting, hardly where it stays print.
const (
	lively = 1
	calm   = .6
	still  = .12
)

// frame is a linear map of the unit box, centred, to mask pixels: writing h fax pixels high, its
// width over height about natural, turned and sheared a little.
func frame(r hand, h, natural, s float64) [2][2]float64 {
	th := r.n(0, 5*s) * math.Pi / 180
	shear := r.n(.10*s, .13*s)
	wide := natural * math.Exp(r.n(0, .13*s)) * 2 * h
	tall := 2 * h
	c, n := math.Cos(th), math.Sin(th)
	return [2][2]float64{{c * wide, (-c*shear - n) * tall}, {n * wide, (-n*shear + c) * tall}}
}

// wobble is a slow sideways drift of the pen over writing h mask pixels high.
type wobble struct {
	amp   float64
	f, ph [4]float64
}

func newWobble(r hand, amp, h float64) wobble {
	w := wobble{amp: amp}
	for i := range 4 {
		w.f[i], w.ph[i] = r.u(.5, 1.6)*2*math.Pi/h, r.u(0, 2*math.Pi)
	}
	return w
}

func (w wobble) at(x, y float64) (dx, dy float64) {
	return w.amp * (math.Sin(w.f[0]*y+w.ph[0]) + .6*math.Sin(w.f[1]*x+w.ph[1])), w.amp * (math.Sin(w.f[2]*x+w.ph[2]) + .6*math.Sin(w.f[3]*y+w.ph[3]))
}

// warp draws a glyph h fax pixels high, distorted.
func warp(g *Gray, r hand, h, much float64) *mask {
	m := frame(r, h, float64(g.W)/float64(g.H), much)
	var lx, ly, hx, hy float64
	for _, c := range [4][2]float64{{-.5, -.5}, {.5, -.5}, {.5, .5}, {-.5, .5}} {
		x, y := m[0][0]*c[0]+m[0][1]*c[1], m[1][0]*c[0]+m[1][1]*c[1]
		lx, hx, ly, hy = min(lx, x), max(hx, x), min(ly, y), max(hy, y)
	}
	pad := .06*h + 12
	w2, h2 := int(hx-lx+2*pad), int(hy-ly+2*pad)
	det := m[0][0]*m[1][1] - m[0][1]*m[1][0]
	wob := newWobble(r, .015*much*2*h, 2*h)
	level := r.u(90, 150)
	out := newMask(w2, h2)
	colX, colY := make([]float64, w2), make([]float64, w2)
	for x := range w2 {
		px := float64(x) - float64(w2)/2
		colX[x], colY[x] = wob.amp*.6*math.Sin(wob.f[1]*px+wob.ph[1]), wob.amp*math.Sin(wob.f[2]*px+wob.ph[2])
	}
	for y := range h2 {
		py := float64(y) - float64(h2)/2
		rowX, rowY := wob.amp*math.Sin(wob.f[0]*py+wob.ph[0]), wob.amp*.6*math.Sin(wob.f[3]*py+wob.ph[3])
		for x := range w2 {
			qx, qy := float64(x)-float64(w2)/2+rowX+colX[x], py+rowY+colY[x]
			ux, uy := (m[1][1]*qx-m[0][1]*qy)/det, (-m[1][0]*qx+m[0][0]*qy)/det
			if ux < -.6 || ux > .6 || uy < -.6 || uy > .6 {
				continue
			}
			if g.at((ux+.5)*float64(g.W)-.5, (uy+.5)*float64(g.H)-.5) > level {
				out.pix[y*w2+x] = 1
			}
		}
	}
	return out
}

// draw draws strokes h fax pixels high with a pen t mask pixels wide.
func draw(strokes []stroke, natural float64, r hand, h, t, jitter float64) *mask {
	m := frame(r, h, natural, lively)
	wob := newWobble(r, .02*2*h, 2*h)
	lines := make([][][2]float64, len(strokes))
	lx, ly, hx, hy := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i, s := range strokes {
		lines[i] = s.curve(r, jitter)
		for j, p := range lines[i] {
			x, y := m[0][0]*(p[0]-.5)+m[0][1]*(p[1]-.5), m[1][0]*(p[0]-.5)+m[1][1]*(p[1]-.5)
			dx, dy := wob.at(x, y)
			x, y = x+dx, y+dy
			lines[i][j] = [2]float64{x, y}
			lx, hx, ly, hy = min(lx, x), max(hx, x), min(ly, y), max(hy, y)
		}
	}
	out := newMask(int(hx-lx+2*t)+4, int(hy-ly+2*t)+4)
	for _, l := range lines {
		for j := range l {
			l[j][0] += t + 1 - lx
			l[j][1] += t + 1 - ly
		}
		out.polyline(l, max(1.2, t*math.Exp(r.n(0, .06))))
	}
	return out
}

// anywhere is a random pixel of ink.
func (m *mask) anywhere(r hand) (x, y float64, ok bool) {
	for range 400 {
		if i := r.IntN(len(m.pix)); m.pix[i] != 0 {
			return float64(i % m.w), float64(i / m.w), true
		}
	}
	return 0, 0, false
}

// blob is ink that gathered at the pen's tip.
func (m *mask) blob(r hand, t float64) {
	if x, y, ok := m.anywhere(r); ok {
		m.line(x, y, x+r.u(-1, 1)*t, y+r.u(-1, 1)*t, t*r.u(1.2, 1.8))
	}
}

// skip is where the pen gave no ink, or a weak line broke.
func (m *mask) skip(r hand, t float64) {
	for range 1 + r.IntN(2) {
		x, y, ok := m.anywhere(r)
		if !ok {
			return
		}
		gap := newMask(m.w, m.h)
		a, l := r.u(0, math.Pi), .8*t
		gap.line(x-l*math.Cos(a), y-l*math.Sin(a), x+l*math.Cos(a), y+l*math.Sin(a), r.u(1.5, 5))
		for i, p := range gap.pix {
			if p != 0 {
				m.pix[i] = 0
			}
		}
	}
}
