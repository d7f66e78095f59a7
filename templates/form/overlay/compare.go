package overlay

import (
	"cmp"
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

// Side is one of two pages that a person compares.
type Side struct {
	Heading    []string       // above the page, a line each
	Image      *bilevel.Image // upright; nil where there is no page
	XDPI, YDPI float64
	Instead    []string     // shown where there is no page: the lines of a web order, say
	Frames     []order.Area // of Image that differ
}

// The comparison's measures, in its pixels.
const (
	sideWidth   = 1000
	sideHeight  = 1414 // A4
	sideMargin  = 24
	sideHeading = 34 // a line
	sideType    = 22.0
)

var differs = color.RGBA{R: 214, G: 40, B: 40, A: 255}

// EncodeComparison writes both pages beside each other as a PNG, what differs framed.
func EncodeComparison(w io.Writer, left, right Side) error {
	return png.Encode(w, Compare(left, right))
}

// Compare draws both pages beside each other, at one scale, what differs framed.
func Compare(left, right Side) *image.RGBA {
	head := sideMargin + sideHeading*max(len(left.Heading), len(right.Heading))
	m := image.NewRGBA(image.Rect(0, 0, 2*sideWidth+3*sideMargin, head+sideHeight+2*sideMargin))
	draw.Draw(m, m.Rect, image.NewUniform(color.RGBA{R: 228, G: 230, B: 233, A: 255}), image.Point{}, draw.Src)
	c := &canvas{m: m}
	for i, s := range []Side{left, right} {
		x0, y0 := sideMargin+i*(sideWidth+sideMargin), head+sideMargin/2
		for n, line := range s.Heading {
			weight := typeset.Regular
			if n == 0 {
				weight = typeset.Bold
			}
			if parts := wrap(line, sideWidth, sideType, weight); len(parts) > 0 {
				c.text(color.Black, float64(x0), float64(sideMargin+sideHeading*n)+sideType, parts[0], sideType, weight)
			}
		}
		paper := image.Rect(x0, y0, x0+sideWidth, y0+sideHeight)
		draw.Draw(m, paper, image.White, image.Point{}, draw.Src)
		if s.Image == nil || s.Image.W == 0 || s.Image.H == 0 {
			for n, line := range s.Instead {
				c.text(color.Black, float64(x0+sideMargin), float64(y0+sideHeading*(n+2)), line, sideType, typeset.Regular)
			}
			continue
		}
		s.draw(c, paper)
	}
	return m
}

// draw fits the page into the paper and frames what differs.
func (s Side) draw(c *canvas, paper image.Rectangle) {
	x, y := cmp.Or(s.XDPI, 1), cmp.Or(s.YDPI, 1)
	if !(x > 0 && y > 0 && x/y < 20 && y/x < 20) {
		x, y = 1, 1
	}
	wide, high := float64(s.Image.W)/x, float64(s.Image.H)/y
	k := min(float64(paper.Dx())/wide, float64(paper.Dy())/high) // pixels an inch
	kx, ky := k/x, k/y
	w, h := min(int(wide*k), paper.Dx()), min(int(high*k), paper.Dy())
	for v := range h {
		y0 := int(float64(v) / ky)
		y1 := min(max(int(float64(v+1)/ky), y0+1), s.Image.H)
		for u := range w {
			x0 := int(float64(u) / kx)
			x1 := min(max(int(float64(u+1)/kx), x0+1), s.Image.W)
			if x0 >= x1 || y0 >= y1 {
				continue
			}
			ink := s.Image.Count(x0, y0, x1, y1)
			if ink == 0 {
				continue
			}
			grey := uint8(255 - 255*ink/((x1-x0)*(y1-y0))) //nolint:gosec // 0 to 255
			c.m.SetRGBA(paper.Min.X+u, paper.Min.Y+v, color.RGBA{R: grey, G: grey, B: grey, A: 255})
		}
	}
	clamp := func(p, most int) float64 { return float64(min(max(p, 0), most)) }
	for _, f := range s.Frames {
		x0, y0 := float64(paper.Min.X)+clamp(f.X0, s.Image.W)*kx, float64(paper.Min.Y)+clamp(f.Y0, s.Image.H)*ky
		x1, y1 := float64(paper.Min.X)+clamp(f.X1, s.Image.W)*kx, float64(paper.Min.Y)+clamp(f.Y1, s.Image.H)*ky
		c.outline(differs, 3, 0, point{x0, y0}, point{x1, y0}, point{x1, y1}, point{x0, y1})
	}
}

// FieldArea is where a field lies on the upright page that was read: its own area where something
// is written there, else where its boxes must be by what is known of the others. ok is false where
// nothing tells.
func FieldArea(d *order.Draft, cells []order.Box, f *order.DraftField) (order.Area, bool) {
	if f != nil && f.Area != nil {
		return *f.Area, true
	}
	if len(cells) == 0 || d == nil {
		return order.Area{}, false
	}
	var xs, ys fit
	for i := range d.Fields {
		g := &d.Fields[i]
		if g.Area == nil || len(g.Cells) == 0 {
			continue
		}
		b := bounds(boxesOf(g.Cells))
		xs.add(b.X+b.W/2, float64(g.Area.X0+g.Area.X1)/2)
		ys.add(b.Y+b.H/2, float64(g.Area.Y0+g.Area.Y1)/2)
	}
	b := bounds(cells)
	const margin = 1.5 // mm
	x0, okX := xs.at(b.X - margin)
	x1, _ := xs.at(b.X + b.W + margin)
	y0, okY := ys.at(b.Y - margin)
	y1, _ := ys.at(b.Y + b.H + margin)
	return order.Area{X0: int(x0), Y0: int(y0), X1: int(x1), Y1: int(y1)}, okX && okY
}

func boxesOf(cells []order.DraftCell) []order.Box {
	out := make([]order.Box, len(cells))
	for i, c := range cells {
		out[i] = c.Box
	}
	return out
}

func bounds(boxes []order.Box) order.Box {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, b := range boxes {
		x0, y0, x1, y1 = min(x0, b.X), min(y0, b.Y), max(x1, b.X+b.W), max(y1, b.Y+b.H)
	}
	return order.Box{X: x0, Y: y0, W: x1 - x0, H: y1 - y0}
}

// fit is a straight line through points.
type fit struct{ n, x, y, xx, xy float64 }

func (f *fit) add(x, y float64) {
	f.n, f.x, f.y, f.xx, f.xy = f.n+1, f.x+x, f.y+y, f.xx+x*x, f.xy+x*y
}

func (f *fit) at(x float64) (float64, bool) {
	det := f.n*f.xx - f.x*f.x
	if f.n < 2 || det < 1 {
		return 0, false
	}
	k := (f.n*f.xy - f.x*f.y) / det
	return f.y/f.n + k*(x-f.x/f.n), k > 0
}
