package fax

import (
	"math"
	"slices"
)

// contour is a digit as signed distances to its edge, in pixels, ink positive: it can be drawn
// at any size with a smooth edge, and with a thinner or thicker pen.
type contour struct {
	cols, rows int
	dist       []float32
	cx, cy     float64 // middle of the ink
	w, h       float64 // its size
	pen        float64 // mean width of its strokes
}

// at interpolates the distance at a position in pixels.
func (c *contour) at(x, y float64) float64 {
	x, y = x-.5, y-.5
	fx, fy := math.Floor(x), math.Floor(y)
	i, j, a, b := int(fx), int(fy), float32(x-fx), float32(y-fy)
	if i < 0 || j < 0 || i >= c.cols-1 || j >= c.rows-1 {
		return math.Inf(-1)
	}
	d := c.dist[j*c.cols+i:]
	e := d[c.cols:]
	return float64((d[0]*(1-a)+d[1]*a)*(1-b) + (e[0]*(1-a)+e[1]*a)*b)
}

// contour enlarges the picture fourfold or so, smooths stairs away and measures distances;
// nil where there is no ink.
func (s *scan) contour() *contour {
	const side, margin = 200, 12
	up := float64(max(1, side/max(s.w, s.h)))
	c := &contour{cols: int(float64(s.w)*up) + 2*margin, rows: int(float64(s.h)*up) + 2*margin}
	grey := make([]float32, c.cols*c.rows)
	for y := range c.rows {
		for x := range c.cols {
			grey[y*c.cols+x] = s.at((float64(x)+.5-margin)/up-.5, (float64(y)+.5-margin)/up-.5)
		}
	}
	level := float32(.43)
	if s.stair {
		ink := 0
		for _, v := range s.pix {
			if v > 127 {
				ink++
			}
		}
		grey = blurred(grey, c.cols, c.rows, .75*up)
		level = levelOf(grey, int(float64(ink)*up*up))
	}
	inside := make([]bool, len(grey))
	x0, y0, x1, y1 := c.cols, c.rows, 0, 0
	for i, v := range grey {
		if inside[i] = v > level; inside[i] {
			x, y := i%c.cols, i/c.cols
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
		}
	}
	if x1 <= x0 {
		return nil
	}
	c.cx, c.cy, c.w, c.h = float64(x0+x1)/2, float64(y0+y1)/2, float64(x1-x0), float64(y1-y0)
	in, out := distances(inside, false, c.cols, c.rows), distances(inside, true, c.cols, c.rows)
	sum, n := 0.0, 0.0
	for i := range in {
		if inside[i] {
			sum, n = sum+float64(in[i])-.5, n+1
			in[i] -= .5
		} else {
			in[i] = .5 - out[i]
		}
	}
	c.dist = in
	c.pen = 4 * sum / n // across a stroke of width w the distance to its edge is w/4 on average
	return c
}

// at interpolates the picture, 0 … 1.
func (s *scan) at(x, y float64) float32 {
	px := func(x, y int) float32 {
		if x < 0 || y < 0 || x >= s.w || y >= s.h {
			return 0
		}
		return float32(s.pix[y*s.w+x]) / 255
	}
	fx, fy := math.Floor(x), math.Floor(y)
	i, j, a, b := int(fx), int(fy), float32(x-fx), float32(y-fy)
	return (px(i, j)*(1-a)+px(i+1, j)*a)*(1-b) + (px(i, j+1)*(1-a)+px(i+1, j+1)*a)*b
}

// levelOf is the grey above which the given number of pixels lies: smoothing must not thin.
func levelOf(grey []float32, ink int) float32 {
	s := slices.Clone(grey)
	slices.Sort(s)
	return s[max(len(s)-1-ink, 0)]
}

// blurred is a Gaussian blur.
func blurred(grey []float32, w, h int, sigma float64) []float32 {
	r := int(math.Ceil(2.5 * sigma))
	kernel := make([]float32, 2*r+1)
	sum := float32(0)
	for i := range kernel {
		d := float64(i-r) / sigma
		kernel[i] = float32(math.Exp(-d * d / 2))
		sum += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= sum
	}
	pass := func(in []float32, n, lines, step, across int) []float32 {
		out := make([]float32, len(in))
		for l := range lines {
			for x := range n {
				v := float32(0)
				for i := max(x-r, 0); i <= min(x+r, n-1); i++ {
					v += kernel[i-x+r] * in[l*across+i*step]
				}
				out[l*across+x*step] = v
			}
		}
		return out
	}
	return pass(pass(grey, w, h, 1, w), h, w, w, 1)
}

// distances is how far each pixel lies from the nearest one whose state is the given one
// (Felzenszwalb and Huttenlocher, Distance Transforms of Sampled Functions).
func distances(inside []bool, to bool, w, h int) []float32 {
	const far = 1e9
	f := make([]float32, len(inside))
	for i, v := range inside {
		if v != to {
			f[i] = far
		}
	}
	n := max(w, h)
	line, v, z := make([]float32, n), make([]int, n), make([]float32, n+1)
	pass := func(count, base, step int) {
		for i := range count {
			line[i] = f[base+i*step]
		}
		k := 0
		v[0], z[0], z[1] = 0, -far, far
		for q := 1; q < count; q++ {
			cross := func() float32 {
				p := v[k]
				return ((line[q] + float32(q*q)) - (line[p] + float32(p*p))) / float32(2*(q-p))
			}
			s := cross()
			for s <= z[k] {
				k--
				s = cross()
			}
			k++
			v[k], z[k], z[k+1] = q, s, far
		}
		k = 0
		for q := range count {
			for z[k+1] < float32(q) {
				k++
			}
			d := float32(q - v[k])
			f[base+q*step] = d*d + line[v[k]]
		}
	}
	for x := range w {
		pass(h, x, w)
	}
	for y := range h {
		pass(w, y*w, 1)
	}
	for i := range f {
		f[i] = float32(math.Sqrt(float64(f[i])))
	}
	return f
}
