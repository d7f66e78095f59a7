package fax

import (
	"math"
	"math/rand/v2"

	"todoke/templates/form"
)

// What happens to the written sheet before it is sent.

// stamp puts a round rubber stamp (受領印), 12 to 18 mm wide with a date's two bars, over one of
// the form's marks or over written boxes. Fields that it touches are messy.
func stamp(p *Paper, l *form.Layout, t *Truth, r *rand.Rand) {
	radius := 6 + 3*r.Float64()
	var x, y float64
	if r.IntN(2) == 0 {
		m := l.Marks[r.IntN(len(l.Marks))]
		x, y = m.X+m.W/2, m.Y+m.H/2
	} else {
		f := l.Field("lines[1].quantity")
		b := f.Cells[r.IntN(len(f.Cells))]
		x, y = b.X+b.W/2, b.Y+b.H/2
	}
	x, y = x+3*r.NormFloat64(), y+3*r.NormFloat64()
	rough := newNoise(r.Uint64())
	ink := func(px, py, width float64) { // rubber takes ink unevenly
		if rough.at(px*1.5, py*1.5) > -1.2 {
			p.dot(px, py, width)
		}
	}
	for a := 0.0; a < 2*math.Pi; a += .008 {
		ink(x+radius*math.Cos(a), y+radius*math.Sin(a), .45)
	}
	half := radius * .93
	for s := -half; s < half; s += .06 {
		ink(x+s, y-1.7, .3)
		ink(x+s, y+1.7, .3)
	}
	for i := range 5 { // the date between the bars, a name above
		cx := x + (float64(i)-2)*1.9
		for range 26 {
			ink(cx+.6*(2*r.Float64()-1), y+1.1*(2*r.Float64()-1), .3)
		}
	}
	for i := range 3 {
		for range 40 {
			ink(x+(float64(i)-1)*2.6+(2*r.Float64()-1), y-3.6+(2*r.Float64()-1), .35)
		}
	}
	t.touch(l, x-radius-.5, y-radius-.5, x+radius+.5, y+radius+.5)
}

// coffee leaves the ring of a cup, which a scanner shows as a broken, dotted arc, and drops.
func coffee(p *Paper, _ *form.Layout, _ *Truth, r *rand.Rand) {
	x, y := 30+150*r.Float64(), 60+150*r.Float64()
	radius := 32 + 8*r.Float64()
	rough := newNoise(r.Uint64())
	from, span := 2*math.Pi*r.Float64(), (1+r.Float64())*math.Pi
	for a := from; a < from+span; a += .0015 {
		if rough.at(a*9, 0) < .2 {
			continue
		}
		d := radius + .8*rough.at(a*4, 9) + .5*r.NormFloat64()
		p.dot(x+d*math.Cos(a), y+d*math.Sin(a), .12)
	}
}

// punch makes the two holes of a file, 80 mm apart and 12 mm from the edge, which a scanner
// shows black or white by what lies behind.
func punch(p *Paper, _ *form.Layout, _ *Truth, r *rand.Rand) {
	black := r.IntN(2) == 0
	x, mid := 10.5+2.5*r.Float64(), 148.5+3*r.NormFloat64()
	if r.IntN(4) == 0 {
		x = 210 - x
	}
	for _, y := range [2]float64{mid - 40, mid + 40} {
		p.disc(x, y, 6, black)
	}
}

// loseMarks takes away one or two of the marks: a torn corner, sticky tape, correction fluid.
func loseMarks(p *Paper, l *form.Layout, _ *Truth, r *rand.Rand) {
	for range 1 + r.IntN(2) {
		m := l.Marks[r.IntN(len(l.Marks))]
		if r.IntN(2) == 0 { // a corner
			var corners []form.Mark
			for _, c := range l.Marks {
				if c.Kind == form.MarkCorner {
					corners = append(corners, c)
				}
			}
			m = corners[r.IntN(len(corners))]
		}
		p.disc(m.X+m.W/2+.8*r.NormFloat64(), m.Y+m.H/2+.8*r.NormFloat64(), max(m.W, m.H)*(.9+r.Float64()), false)
	}
}

// disc paints a disc of diameter d in black or white.
func (p *Paper) disc(x, y, d float64, black bool) {
	if black {
		p.dot(x, y, d)
		return
	}
	const k = PaperDPI / mmPerInch
	for row := int((y - d/2) * k); row <= int((y+d/2)*k); row++ {
		dy := float64(row)/k - y
		half := math.Sqrt(max(d*d/4-dy*dy, 0))
		for col := int((x - half) * k); col <= int((x+half)*k); col++ {
			p.Image.Set(col, row, false)
		}
	}
}

// touch says that the fields with a box in the rectangle are messy.
func (t *Truth) touch(l *form.Layout, x0, y0, x1, y1 float64) {
	for _, f := range l.Fields {
		for _, b := range f.Cells {
			if b.X < x1 && b.X+b.W > x0 && b.Y < y1 && b.Y+b.H > y0 {
				t.Messy[f.Name] = true
			}
		}
	}
}
