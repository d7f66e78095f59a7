package form

import "math"

// Plane maps from the form to the page and their fits by least squares.

// affine maps form millimetres to page pixels, or to millimetres of the page.
type affine struct{ a, b, c, d, e, f float64 }

func (t affine) at(p xy) xy { return xy{t.a*p.x + t.b*p.y + t.c, t.d*p.x + t.e*p.y + t.f} }

// projective is an affine map and the slant of the paper against the lens. (g, h) are zero for
// whatever went through a scanner.
type projective struct {
	affine
	g, h float64
}

func (t projective) at(p xy) xy {
	q, w := t.affine.at(p), 1+t.g*p.x+t.h*p.y
	if t.g == 0 && t.h == 0 || w < 0.1 {
		return q
	}
	return xy{q.x / w, q.y / w}
}

// scaled maps to coordinates kx and ky times as large.
func (t projective) scaled(kx, ky float64) projective {
	t.a, t.b, t.c = t.a*kx, t.b*kx, t.c*kx
	t.d, t.e, t.f = t.d*ky, t.e*ky, t.f*ky
	return t
}

// match is a place on the form, where it was seen in millimetres of the page, and its weight.
type match struct {
	form, page xy
	w          float64
}

// fitAffine fits two scales, a turn and a shear.
func fitAffine(points []match) (affine, bool) {
	var n [3][]float64
	for i := range n {
		n[i] = make([]float64, 5)
	}
	for _, m := range points {
		v := [3]float64{m.form.x, m.form.y, 1}
		for r := range 3 {
			for c := range 3 {
				n[r][c] += m.w * v[r] * v[c]
			}
			n[r][3] += m.w * v[r] * m.page.x
			n[r][4] += m.w * v[r] * m.page.y
		}
	}
	if !solve(n[:]) {
		return affine{}, false
	}
	return affine{n[0][3], n[1][3], n[2][3], n[0][4], n[1][4], n[2][4]}, true
}

// fitProjective fits the slant of the paper too, from where t is.
func fitProjective(points []match, t projective) (projective, bool) {
	// Multiplied out, each point gives two equations linear in the eight numbers; dividing by the
	// slant there, known from the round before, makes their errors millimetres.
	n := make([][]float64, 8)
	for i := range n {
		n[i] = make([]float64, 9)
	}
	add := func(v [8]float64, rhs, w float64) {
		for r := range v {
			if v[r] == 0 {
				continue
			}
			for c := range v {
				n[r][c] += w * v[r] * v[c]
			}
			n[r][8] += w * v[r] * rhs
		}
	}
	// Against slant that is only noise: as strong as one mark a tenth of a millimetre off at 1 %.
	const reluctance = 0.01 * 2.1e4 * 2.1e4
	for _, m := range points {
		d := 1 + t.g*m.form.x + t.h*m.form.y
		w := m.w / (d * d)
		x, y, u, v := m.form.x, m.form.y, m.page.x, m.page.y
		add([8]float64{x, y, 1, 0, 0, 0, -u * x, -u * y}, u, w)
		add([8]float64{0, 0, 0, x, y, 1, -v * x, -v * y}, v, w)
	}
	n[6][6] += reluctance
	n[7][7] += reluctance
	if !solve(n) {
		return t, false
	}
	out := projective{affine{n[0][8], n[1][8], n[2][8], n[3][8], n[4][8], n[5][8]}, n[6][8], n[7][8]}
	if math.Abs(out.g) > 1e-3 || math.Abs(out.h) > 1e-3 { // 20 % from side to side: no page we can read
		return t, false
	}
	return out, true
}

// fitSimilar fits a turn and one scale for both directions, for marks that stand in one column.
func fitSimilar(points []match) (affine, bool) {
	var sw, mx, my, qx, qy float64
	for _, p := range points {
		sw += p.w
		mx, my = mx+p.w*p.form.x, my+p.w*p.form.y
		qx, qy = qx+p.w*p.page.x, qy+p.w*p.page.y
	}
	if sw == 0 {
		return affine{}, false
	}
	mx, my, qx, qy = mx/sw, my/sw, qx/sw, qy/sw
	var a, b, n float64
	for _, m := range points {
		u, v := m.form.x-mx, m.form.y-my
		p, q := m.page.x-qx, m.page.y-qy
		a += m.w * (u*p + v*q)
		b += m.w * (u*q - v*p)
		n += m.w * (u*u + v*v)
	}
	if n < 1 {
		return affine{}, false
	}
	a, b = a/n, b/n
	return affine{a: a, b: -b, c: qx - a*mx + b*my, d: b, e: a, f: qy - b*mx - a*my}, true
}

// solve brings the square part of n, one row an equation, to the unit matrix; the columns
// beyond it become the solutions.
func solve(n [][]float64) bool {
	for c := range n {
		p := c
		for r := c + 1; r < len(n); r++ {
			if math.Abs(n[r][c]) > math.Abs(n[p][c]) {
				p = r
			}
		}
		if math.Abs(n[p][c]) < 1e-9 {
			return false
		}
		n[c], n[p] = n[p], n[c]
		for r := range n {
			if r == c {
				continue
			}
			f := n[r][c] / n[c][c]
			for k := c; k < len(n[r]); k++ {
				n[r][k] -= f * n[c][k]
			}
		}
	}
	for r := range n {
		for k := len(n); k < len(n[r]); k++ {
			n[r][k] /= n[r][r]
		}
	}
	return true
}
