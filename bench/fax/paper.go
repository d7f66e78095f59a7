package fax

import (
	"math"

	"todoke/internal/bilevel"
)

// PaperDPI is the resolution at which paper is drawn on before it is scanned: about twice a
// fax machine's, so that the scanner decides what a stroke's edge becomes.
const PaperDPI = 400

const mmPerInch = 25.4

// Paper is a sheet with black ink on it, in PaperDPI both ways.
type Paper struct {
	Image *bilevel.Image
}

// NewPaper makes a white sheet of w × h millimetres.
func NewPaper(w, h float64) *Paper {
	return &Paper{Image: bilevel.New(paperPx(w), paperPx(h))}
}

func paperPx(mm float64) int { return int(math.Round(mm * PaperDPI / mmPerInch)) }

// Clone copies the sheet, so that one printed form can be filled in many times.
func (p *Paper) Clone() *Paper {
	m := *p.Image
	m.Pix = append([]byte(nil), m.Pix...)
	return &Paper{Image: &m}
}

// point is a position on paper in millimetres.
type point struct{ x, y float64 }

// pen draws a polyline with a round nib of the given width in millimetres; the width swells
// and thins along the way as a hand's pressure does.
func (p *Paper) pen(line []point, width, pressure, phase float64) {
	const k = PaperDPI / mmPerInch
	travelled := phase
	for i := range line {
		a, b := line[max(i-1, 0)], line[i]
		d := math.Hypot(b.x-a.x, b.y-a.y)
		steps := max(int(d*k), 1)
		for s := range steps {
			t := float64(s+1) / float64(steps)
			w := width * (1 + pressure*math.Sin(travelled+t*d*1.3))
			p.dot(a.x+(b.x-a.x)*t, a.y+(b.y-a.y)*t, w)
		}
		travelled += d * 1.3
	}
}

// dot paints a disc of diameter d millimetres.
func (p *Paper) dot(x, y, d float64) {
	const k = PaperDPI / mmPerInch
	cx, cy, r := x*k, y*k, d*k/2
	for row := int(math.Ceil(cy - r)); float64(row) <= cy+r; row++ {
		dy := float64(row) - cy
		half := math.Sqrt(max(r*r-dy*dy, 0))
		p.Image.Fill(int(math.Ceil(cx-half)), int(math.Floor(cx+half))+1, row)
	}
}
