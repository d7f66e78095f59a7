package overlay

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/typeset"
)

// Page is a page and what was made of it. Positions on the page are pixels of Image, on the
// form millimetres from its top left.
type Page struct {
	Title      string         // the file and page, for the margin
	Image      *bilevel.Image // upright
	XDPI, YDPI float64
	At         func(x, y float64) (px, py float64) // from the form to the page; nil where no form was found
	Marks      []Mark
	QR         order.Box // on the form; empty where there is none
	Draft      order.Draft
}

// Mark is a registration mark: where it lies, or should.
type Mark struct {
	Box    order.Box // on the form
	Found  bool
	X, Y   float64 // centre on the page
	DX, DY float64 // mm by which it lies off the map that the boxes are found by
}

// The picture's scale, and its margin, in pixels.
const (
	perMM      = 8.0
	panelWidth = 720
	maxSide    = 6000 // of the page in the picture; larger pages are drawn smaller
	mmPerInch  = 25.4
)

// Colours of Okabe and Ito, and greys.
var (
	accepted = color.RGBA{0x00, 0x72, 0xb2, 0xff} // blue
	doubted  = color.RGBA{0xd5, 0x5e, 0x00, 0xff} // vermillion
	seen     = color.RGBA{0x00, 0x9e, 0x73, 0xff} // bluish green
	missed   = color.RGBA{0xcc, 0x79, 0xa7, 0xff} // reddish purple
	quiet    = color.RGBA{0xb4, 0xbc, 0xc6, 0xff}
	inked    = color.RGBA{0x2b, 0x30, 0x38, 0xff}
	muted    = color.RGBA{0x6b, 0x74, 0x80, 0xff}
	paper    = color.RGBA{0xff, 0xff, 0xff, 0xff}
	desk     = color.RGBA{0xf2, 0xf4, 0xf7, 0xff}
)

// faint is a colour let through by so much of 255.
func faint(c color.RGBA, a uint8) color.RGBA {
	k := func(v uint8) uint8 { return uint8(int(v) * int(a) / 255) }
	return color.RGBA{k(c.R), k(c.G), k(c.B), a}
}

// EncodePNG draws the page and writes it as a PNG.
func EncodePNG(w io.Writer, p Page) error {
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := e.Encode(w, Draw(p)); err != nil {
		return fmt.Errorf("write overlay: %w", err)
	}
	return nil
}

// Draw draws the page with what the reader saw on it, and its words in a margin to the right.
func Draw(p Page) *image.RGBA {
	d := newDrawing(p)
	d.ink()
	if p.At != nil {
		d.blankBoxes()
		d.identity()
		d.marks()
		for i := range p.Draft.Fields {
			d.field(&p.Draft.Fields[i])
		}
	}
	d.panel()
	return d.m
}

type drawing struct {
	canvas
	p      Page
	sx, sy float64 // picture pixels a page pixel
	unit   float64 // picture pixels a millimetre
	w, h   int     // of the page in the picture
}

func newDrawing(p Page) *drawing {
	if p.Image == nil {
		p.Image = bilevel.New(0, 0)
	}
	d := &drawing{p: p, unit: perMM}
	kx, ky := p.XDPI/mmPerInch, p.YDPI/mmPerInch
	if !(kx > 0.5 && ky > 0.5) { // unknown: as wide as A4
		kx = max(float64(p.Image.W)/210, 0.5)
		ky = kx
	}
	if side := max(float64(p.Image.W)/kx, float64(p.Image.H)/ky) * d.unit; side > maxSide {
		d.unit *= maxSide / side
	}
	d.sx, d.sy = d.unit/kx, d.unit/ky
	d.w, d.h = int(math.Ceil(float64(p.Image.W)*d.sx)), int(math.Ceil(float64(p.Image.H)*d.sy))
	height := max(d.h, 900)
	d.m = image.NewRGBA(image.Rect(0, 0, d.w+panelWidth, height))
	draw.Draw(d.m, d.m.Rect, image.NewUniform(desk), image.Point{}, draw.Src)
	draw.Draw(d.m, image.Rect(0, 0, d.w, d.h), image.NewUniform(paper), image.Point{}, draw.Src)
	return d
}

// ink draws the page itself, softened so that colours stand out over it.
func (d *drawing) ink() {
	const strength = 190
	var left, right []int // page columns under each picture column
	for x := range d.w {
		a, b := int(float64(x)/d.sx), int(float64(x+1)/d.sx)
		left, right = append(left, a), append(right, max(b, a+1))
	}
	for y := range d.h {
		top := int(float64(y) / d.sy)
		bottom := max(int(float64(y+1)/d.sy), top+1)
		for x := range d.w {
			black, n := 0, 0
			for v := top; v < bottom; v++ {
				for u := left[x]; u < right[x]; u++ {
					n++
					if d.p.Image.At(u, v) {
						black++
					}
				}
			}
			if black > 0 {
				a := strength * black / n
				mix := func(c uint8) uint8 { return uint8((255*(255-a) + int(c)*a) / 255) }
				d.m.SetRGBA(x, y, color.RGBA{mix(inked.R), mix(inked.G), mix(inked.B), 255})
			}
		}
	}
}

// at is a place on the form in the picture.
func (d *drawing) at(x, y float64) point {
	px, py := d.p.At(x, y)
	return point{px * d.sx, py * d.sy}
}

// quad is a box of the form as it lies on the page, grown by mm.
func (d *drawing) quad(b order.Box, grow float64) []point {
	x0, y0, x1, y1 := b.X-grow, b.Y-grow, b.X+b.W+grow, b.Y+b.H+grow
	return []point{d.at(x0, y0), d.at(x1, y0), d.at(x1, y1), d.at(x0, y1)}
}

func (d *drawing) blankBoxes() {
	for i := range d.p.Draft.Fields {
		f := &d.p.Draft.Fields[i]
		if f.Decision != order.DecisionBlank {
			continue
		}
		for _, c := range f.Cells {
			d.outline(quiet, .15*d.unit, 0, d.quad(c.Box, 0)...)
		}
	}
}

func (d *drawing) identity() {
	b := d.p.QR
	if b.W <= 0 {
		return
	}
	d.outline(seen, .3*d.unit, 1.2*d.unit, d.quad(b, 1)...)
}

// marks rings what was found, with the way it lies off ten times as long, and crosses out the
// places where nothing was found.
func (d *drawing) marks() {
	for _, m := range d.p.Marks {
		at := point{m.X * d.sx, m.Y * d.sy}
		grown := d.quad(m.Box, .7)
		if !m.Found {
			d.outline(missed, .45*d.unit, .9*d.unit, grown...)
			d.line(missed, grown[0], grown[2], .35*d.unit)
			d.line(missed, grown[1], grown[3], .35*d.unit)
			continue
		}
		d.outline(seen, .35*d.unit, 0, grown...)
		end := point{at.x + 10*m.DX*d.unit, at.y + 10*m.DY*d.unit}
		d.line(paper, at, end, .5*d.unit)
		d.line(seen, at, end, .3*d.unit)
		d.rect(paper, at.x-.25*d.unit, at.y-.25*d.unit, .5*d.unit, .5*d.unit)
	}
}

// field draws the boxes of one field that is not blank: what was read above each, how sure
// that is in a bar below.
func (d *drawing) field(f *order.DraftField) {
	if f.Decision == order.DecisionBlank || len(f.Cells) == 0 {
		return
	}
	tone, dash, thick := accepted, 0.0, .35
	if f.Decision != order.DecisionAccept {
		tone, dash, thick = doubted, .9, .5
	}
	for _, c := range f.Cells {
		q := d.quad(c.Box, 0)
		if c.Text == "" && len(f.Cells) > 1 { // a box of the field without writing
			d.outline(faint(tone, 120), .15*d.unit, 0, q...)
			continue
		}
		d.fill(faint(tone, 26), q...)
		d.outline(tone, thick*d.unit, dash*d.unit, q...)
		if len([]rune(c.Text)) == 1 {
			d.reading(c, tone)
		}
	}
}

// reading writes a box's reading above it, and its sureness below: a bar that is a quarter
// full at 90 %, half at 99 %, three quarters at 99.9 %.
func (d *drawing) reading(c order.DraftCell, tone color.RGBA) {
	size := 3.0 * d.unit
	top := d.at(c.X+c.W/2, c.Y)
	w := width(c.Text, size, typeset.Bold)
	x, y := top.x-w/2, top.y-.5*d.unit
	d.halo(x, y, c.Text, size)
	d.text(tone, x, y, c.Text, size, typeset.Bold)
	full := sureness(c.Confidence)
	a, b := d.at(c.X, c.Y+c.H+.55), d.at(c.X+c.W, c.Y+c.H+.55)
	thick := .65 * d.unit
	d.line(quiet, a, b, thick)
	d.line(tone, a, point{a.x + (b.x-a.x)*full, a.y + (b.y-a.y)*full}, thick)
}

// halo keeps text legible over ink.
func (d *drawing) halo(x, y float64, s string, size float64) {
	for _, o := range [...]point{{-1, -1}, {1, -1}, {-1, 1}, {1, 1}, {0, -1.5}, {0, 1.5}, {-1.5, 0}, {1.5, 0}} {
		d.text(faint(paper, 170), x+o.x*1.2, y+o.y*1.2, s, size, typeset.Bold)
	}
}

// sureness is how much of a bar a confidence fills: a quarter for each nine.
func sureness(p float64) float64 {
	return min(max(-math.Log10(max(1-p, 1e-9))/4, .04), 1)
}
