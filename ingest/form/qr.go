package form

import (
	"math"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"

	printed "todoke/templates/form"
)

// Registration knows where every module of the QR code lies, to a tenth of one. Reading module by
// module needs no finder patterns, so that a code half dissolved by copying still reads: what is
// left is the error correction's to mend.

// qrSides are the codes that our forms print: versions 1 and 2.
var qrSides = []int{21, 25}

// sampleQR reads the code at its place, trying thresholds for copies that came out light or dark.
func (g *registration) sampleQR() (printed.Identity, bool) {
	for _, n := range qrSides {
		off, ok := g.alignQR(n)
		if !ok {
			continue
		}
		ink := g.modules(n, off)
		for _, threshold := range []float64{0.5, 0.36, 0.64, 0.24, 0.78} {
			m, err := gozxing.NewSquareBitMatrix(n)
			if err != nil {
				continue
			}
			for i := range ink {
				if dark, fixed := qrFixed(i%n, i/n, n); fixed && dark || !fixed && ink[i] > threshold {
					m.Set(i%n, i/n)
				}
			}
			if id, ok := decodeMatrix(m); ok {
				return id, true
			}
		}
	}
	return printed.Identity{}, false
}

// decodeMatrix runs the error correction. The library panics on some noise: that is no code.
func decodeMatrix(m *gozxing.BitMatrix) (id printed.Identity, ok bool) {
	defer func() {
		if recover() != nil {
			id, ok = printed.Identity{}, false
		}
	}()
	res, err := decoder.NewDecoder().Decode(m, nil)
	if err != nil {
		return id, false
	}
	id, err = printed.ParseIdentity(res.GetText())
	return id, err == nil
}

// modules is how much of each module is ink, in reading order, where the code lies off by mm.
func (g *registration) modules(n int, off xy) []float64 {
	b := g.layout.QR
	side := b.W / float64(n)
	out := make([]float64, n*n)
	for i := range out {
		out[i] = g.inked(b.X+off.x+(float64(i%n)+.5)*side, b.Y+off.y+(float64(i/n)+.5)*side, side*0.8)
	}
	return out
}

// inked is the part of a square about a place of the form that is ink.
func (g *registration) inked(x, y, side float64) float64 {
	p := g.at(xy{x, y})
	hx, hy := side*g.kx/2, side*g.ky/2
	x0, x1 := int(math.Floor(p.x-hx+.5)), int(math.Floor(p.x+hx+.5))
	y0, y1 := int(math.Floor(p.y-hy+.5)), int(math.Floor(p.y+hy+.5))
	x1, y1 = max(x1, x0+1), max(y1, y0+1)
	return float64(g.page.Count(x0, y0, x1, y1)) / float64((x1-x0)*(y1-y0))
}

// alignQR finds how far off, in mm, the code of n modules a side lies, by the modules that every
// code has. ok is false where nothing there looks like a code.
func (g *registration) alignQR(n int) (xy, bool) {
	const reach, step, least, plain = 0.9, 0.3, 0.12, 0.6
	best, at := g.contrastQR(n, xy{}), xy{}
	if best > plain {
		return at, true
	}
	for dy := -reach; dy <= reach+1e-9; dy += step {
		for dx := -reach; dx <= reach+1e-9; dx += step {
			if score := g.contrastQR(n, xy{dx, dy}) - 0.01*math.Hypot(dx, dy); score > best {
				best, at = score, xy{dx, dy}
			}
		}
	}
	return at, best > least
}

// contrastQR is by how much the modules that are dark in every code have more ink than those
// that are light, where the code lies off by mm.
func (g *registration) contrastQR(n int, off xy) float64 {
	b := g.layout.QR
	side := b.W / float64(n)
	var dark, light, nd, nl float64
	for i := range n * n {
		black, fixed := qrFixed(i%n, i/n, n)
		if !fixed {
			continue
		}
		v := g.inked(b.X+off.x+(float64(i%n)+.5)*side, b.Y+off.y+(float64(i/n)+.5)*side, side*0.6)
		if black {
			dark, nd = dark+v, nd+1
		} else {
			light, nl = light+v, nl+1
		}
	}
	return dark/nd - light/nl
}

// qrFixed tells the modules that are the same in every code of n modules a side: the finder
// patterns with their white, the timing rows, and in version 2 the alignment pattern.
func qrFixed(x, y, n int) (dark, fixed bool) {
	for _, c := range [3][2]int{{3, 3}, {n - 4, 3}, {3, n - 4}} {
		if d := max(abs(x-c[0]), abs(y-c[1])); d <= 4 {
			return d <= 1 || d == 3, true
		}
	}
	if n == 25 {
		if d := max(abs(x-18), abs(y-18)); d <= 2 {
			return d != 1, true
		}
	}
	if x == 6 || y == 6 {
		return (x+y)%2 == 0, true
	}
	return false, false
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}
