package fax

import (
	"image"
	"math"
	"math/rand/v2"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"todoke/internal/bilevel"
)

// Line is a sending machine and the way to us. The zero Line with a resolution is a perfect
// scanner. Lengths are millimetres on the paper, angles degrees clockwise.
type Line struct {
	XDPI, YDPI float64
	WidthPx    int     // of the scanned page; 0 is what the paper is wide
	RowsMM     float64 // height of the scanned page; 0 is what the paper is high

	Skew       float64 // the sheet lay askew
	Scale      float64 // the copy is larger or smaller; 0 is 1
	OffsetX    float64 // the sheet lay off the scanner's left edge
	OffsetY    float64
	Rotate     int        // 0, 90, 180, 270: which way the sheet went in
	Slips      []Slip     // the feed jumped or dragged
	Stretch    float64    // vertical stretch beyond Scale: a feed running slow (0.01 is 1 %)
	Wide       float64    // horizontal stretch beyond Scale
	Keystone   [2]float64 // a phone held askew: how much smaller the right side looks than the left, and the bottom than the top (0.02 is 2 %)
	Mirrored   bool       // seen from behind
	Generation int        // how often the sheet was copied before

	BlurMM      float64 // the optics' spread
	Threshold   float64 // part of a pixel's aperture that must be inked to be black; 0 is 0.5
	Noise       float64 // low-pass noise on that threshold, standard deviation
	Speckle     float64 // isolated black specks a square centimetre
	Dropout     float64 // white specks in ink, a square centimetre of ink
	Streaks     int     // black lines down the page, from dust on the scanner's glass
	LostRows    int     // rows that damage on the line dropped, the page closing up
	Doubled     int     // rows sent twice
	Drops       []Drop  // blocks of rows lost at once
	ClipLeft    float64 // millimetres of the sheet beyond the scanner's edge
	ClipRight   float64
	BlackBorder bool   // the lid was open: black where there is no sheet
	Header      string // the line the sending machine prints at the top
}

// Slip is a jump of the feed: at AtMM down the sheet, ByMM are skipped (positive) or seen
// twice (negative).
type Slip struct{ AtMM, ByMM float64 }

// Drop is a block of rows that damage took, the page closing up: the scanned page's rows from
// AtMM on.
type Drop struct {
	AtMM float64
	Rows int
}

// Send scans the paper: what comes back is the page as a fax gateway would deliver it.
func (l Line) Send(p *Paper, r *rand.Rand) *bilevel.Image {
	for range l.Generation {
		p = p.copied(r)
	}
	src := p.Image
	paperW, paperH := float64(src.W)/PaperDPI*mmPerInch, float64(src.H)/PaperDPI*mmPerInch
	kx, ky := l.XDPI/mmPerInch, l.YDPI/mmPerInch
	rowsMM := l.RowsMM
	if rowsMM == 0 {
		rowsMM = paperH
	}
	w, h := l.WidthPx, int(math.Round(rowsMM*ky))
	if w == 0 {
		w = int(math.Round(paperW * kx))
	}
	if l.Rotate == 90 || l.Rotate == 270 { // the sheet lies across: seen whole, in the scanner's own pixels
		if l.WidthPx == 0 {
			w = int(math.Round(paperH * kx))
		}
		h = int(math.Round(paperW * ky))
	}
	out := bilevel.New(w, h)
	threshold := l.Threshold
	if threshold == 0 {
		threshold = .5
	}
	near, dots := *inkMap(src), *src // copies of the heads, at hand in the inner loop
	noise := newNoise(r.Uint64())
	view := l.view(paperW, paperH)
	sheetW := view.sheetW
	marginX := (float64(w)/kx - sheetW) / 2 // the sheet lies in the scanner's middle
	back := view.back
	const k = PaperDPI / mmPerInch
	aperX, aperY := 1/kx, min(1/ky, 1/kx*1.3) // a standard-mode scanner still looks through its fine aperture
	spreadX, spreadY := aperX/2+l.BlurMM, aperY/2+l.BlurMM
	aperture := l.aperture(spreadX, spreadY)
	skip := max(int((occupancyCell-2-max(spreadX, spreadY)*k)*kx/k/1.2), 0)
	for y := range h {
		v := (float64(y)+.5)/ky - l.OffsetY
		v /= 1 + l.Stretch
		for _, s := range l.Slips {
			if v > s.AtMM {
				v += s.ByMM
			}
		}
		row := out.Row(y)
		// Along a row the place on the paper moves by even steps.
		u0 := .5/kx - l.OffsetX - marginX
		qx, qy := back(u0, v)
		rx, ry := back(u0+1/kx, v)
		stepX, stepY := rx-qx, ry-qy
		for x := 0; x < w; x++ {
			px, py := qx+stepX*float64(x), qy+stepY*float64(x)
			if l.Keystone != [2]float64{} { // the steps are not even
				px, py = back(u0+float64(x)/kx, v)
			}
			if !near.at(px*k, py*k) {
				x += skip // no aperture before reaches ink either
				continue
			}
			u := u0 + float64(x)/kx
			if u < l.ClipLeft || u > sheetW-l.ClipRight {
				continue
			}
			black := 0
			for _, o := range aperture {
				if dots.At(int((px+o[0])*k), int((py+o[1])*k)) {
					black++
				}
			}
			if black == 0 {
				continue
			}
			cover := float64(black) / float64(len(aperture))
			if l.Noise > 0 && black < len(aperture) { // no noise takes what is all ink
				cover += l.Noise * noise.at(u*4, v*4)
			}
			if cover > threshold {
				row[x>>3] |= 0x80 >> (x & 7)
			}
		}
	}
	if l.BlackBorder {
		for y := range h {
			for x := range w {
				px, py := back((float64(x)+.5)/kx-l.OffsetX-marginX, ((float64(y)+.5)/ky-l.OffsetY)/(1+l.Stretch))
				if px < 0 || py < 0 || px > paperW || py > paperH {
					out.Set(x, y, true)
				}
			}
		}
	}
	l.damage(out, r, kx, ky)
	if l.LostRows > 0 || l.Doubled > 0 || len(l.Drops) > 0 {
		out = l.dropRows(out, r)
	}
	if l.Header != "" {
		header(out, l.Header, kx, ky)
	}
	return out
}

// aperture is where a pixel looks on the paper, about its middle.
func (l Line) aperture(spreadX, spreadY float64) [][2]float64 {
	var out [][2]float64
	for j := -1.0; j <= 1; j++ {
		for i := -1.0; i <= 1; i++ {
			du, dv := i*spreadX, j*spreadY
			if l.Rotate == 90 || l.Rotate == 270 {
				du, dv = dv, du
			}
			out = append(out, [2]float64{du, dv})
		}
	}
	return out
}

// copied is the sheet after one more trip through a copier: a little blur, its own threshold.
func (p *Paper) copied(r *rand.Rand) *Paper {
	l := Line{
		XDPI: PaperDPI, YDPI: PaperDPI, BlurMM: .05, Threshold: .40 + .14*r.Float64(), Noise: .10,
		Skew: .2 * r.NormFloat64(), Speckle: .15,
	}
	return &Paper{Image: l.Send(p, r)}
}

// damage adds what dirt and optics add in the scanner's own pixels.
func (l Line) damage(m *bilevel.Image, r *rand.Rand, kx, ky float64) {
	area := float64(m.W) / kx / 10 * float64(m.H) / ky / 10
	for range poisson(r, l.Speckle*area) {
		x, y := r.IntN(m.W), r.IntN(m.H)
		for j := range 1 + r.IntN(2) {
			for i := range 1 + r.IntN(3) {
				m.Set(x+i, y+j, true)
			}
		}
	}
	for range poisson(r, l.Dropout*area) {
		x, y := r.IntN(m.W), r.IntN(m.H)
		for j := range 1 + r.IntN(2) {
			for i := range 1 + r.IntN(2) {
				m.Set(x+i, y+j, false)
			}
		}
	}
	for range l.Streaks {
		x := float64(m.W) * (.05 + .9*r.Float64())
		wide := 1 + r.IntN(3)
		from, to := 0, m.H
		if r.Float64() < .5 {
			from = r.IntN(m.H / 2)
			to = from + m.H/3
		}
		for y := from; y < min(to, m.H); y++ {
			if r.Float64() < .985 {
				m.Fill(int(x), int(x)+wide, y)
			}
		}
	}
}

// dropRows loses and doubles single rows, as damaged lines do after the decoder's repair.
func (l Line) dropRows(m *bilevel.Image, r *rand.Rand) *bilevel.Image {
	times := make([]int, m.H)
	for i := range times {
		times[i] = 1
	}
	for range l.LostRows {
		times[r.IntN(m.H)] = 0
	}
	for range l.Doubled {
		times[r.IntN(m.H)] = 2
	}
	for _, d := range l.Drops {
		for y := range d.Rows {
			if k := int(d.AtMM*l.YDPI/mmPerInch) + y; k >= 0 && k < m.H {
				times[k] = 0
			}
		}
	}
	n := 0
	for _, t := range times {
		n += t
	}
	out := bilevel.New(m.W, n)
	at := 0
	for y, t := range times {
		for range t {
			copy(out.Row(at), m.Row(y))
			at++
		}
	}
	return out
}

// header prints the sending machine's line over the first millimetres, 2.5 mm high.
func header(m *bilevel.Image, text string, kx, ky float64) {
	face := basicfont.Face7x13
	small := image.NewGray(image.Rect(0, 0, 7*len(text), 13))
	d := font.Drawer{Dst: small, Src: image.White, Face: face, Dot: fixed.P(0, 11)}
	d.DrawString(text)
	sx, sy := 1.5/7*kx, 2.5/13*ky
	for y := range int(13 * sy) {
		for x := range int(float64(small.Rect.Dx()) * sx) {
			if small.GrayAt(int(float64(x)/sx), int(float64(y)/sy)).Y > 127 {
				m.Set(int(8*kx)+x, int(1.2*ky)+y, true)
			}
		}
	}
}

func poisson(r *rand.Rand, mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean > 50 {
		return max(int(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())), 0)
	}
	n, p, limit := 0, 1.0, math.Exp(-mean)
	for {
		if p *= r.Float64(); p < limit {
			return n
		}
		n++
	}
}

// occupancy tells coarsely where the paper has ink, so that the scan skips what is white.
type occupancy struct {
	w, h int
	ink  []bool
}

const occupancyCell = 8 // pixels: more than a scanner's aperture reaches

func inkMap(m *bilevel.Image) *occupancy {
	o := &occupancy{w: m.W/occupancyCell + 3, h: m.H/occupancyCell + 3}
	o.ink = make([]bool, o.w*o.h)
	for y := range m.H {
		for i, b := range m.Row(y) {
			if b == 0 {
				continue
			}
			cx, cy := i*8/occupancyCell+1, y/occupancyCell+1
			for j := cy - 1; j <= cy+1; j++ {
				for k := cx - 1; k <= cx+1; k++ {
					o.ink[j*o.w+k] = true
				}
			}
		}
	}
	return o
}

func (o *occupancy) at(px, py float64) bool {
	cx, cy := int(px)/occupancyCell+1, int(py)/occupancyCell+1
	return px >= 0 && py >= 0 && cx < o.w && cy < o.h && o.ink[cy*o.w+cx]
}

// noiseField is smooth value noise with unit standard deviation, near enough.
type noiseField struct{ seed uint64 }

func newNoise(seed uint64) noiseField { return noiseField{seed} }

func (n noiseField) at(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	i, j, a, b := int64(fx), int64(fy), x-fx, y-fy
	v := (n.hash(i, j)*(1-a)+n.hash(i+1, j)*a)*(1-b) + (n.hash(i, j+1)*(1-a)+n.hash(i+1, j+1)*a)*b
	return v * 2.6
}

// hash is uniform in -1 … 1 by lattice point.
func (n noiseField) hash(i, j int64) float64 {
	h := n.seed ^ uint64(i)*0x9e3779b97f4a7c15 ^ uint64(j)*0xc2b2ae3d27d4eb4f
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 32
	return float64(h>>11)/(1<<52) - 1
}
