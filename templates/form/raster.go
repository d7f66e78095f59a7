package form

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/vector"

	"todoke/internal/bilevel"
	"todoke/templates/typeset"
)

// RasterCanvas draws a form as the pixels a fax machine would send: bilevel, at a resolution of
// its own in each direction, every edge on a pixel boundary. It is not safe for concurrent use.
type RasterCanvas struct {
	m      *bilevel.Image
	kx, ky float64 // pixels a mm
	z      vector.Rasterizer
	buf    sfnt.Buffer
}

var _ Canvas = (*RasterCanvas)(nil)

const mmPerInch = 25.4

// textThreshold is the ink coverage (of 255) from which a pixel of a letter is black. Below a
// half, because thin strokes that straddle two rows at 98 dpi would otherwise vanish.
const textThreshold = 100

// NewRasterCanvas makes a white page of the given size in mm at the given dots per inch.
func NewRasterCanvas(widthMM, heightMM, xDPI, yDPI float64) *RasterCanvas {
	kx, ky := xDPI/mmPerInch, yDPI/mmPerInch
	return &RasterCanvas{m: bilevel.New(int(math.Round(widthMM*kx)), int(math.Round(heightMM*ky))), kx: kx, ky: ky}
}

// Bitmap is the page drawn so far; it is shared, not copied.
func (c *RasterCanvas) Bitmap() *bilevel.Image { return c.m }

func (c *RasterCanvas) px(x float64) int { return int(math.Round(x * c.kx)) }
func (c *RasterCanvas) py(y float64) int { return int(math.Round(y * c.ky)) }

// Fill implements Canvas. What is thinner than a pixel becomes one pixel.
func (c *RasterCanvas) Fill(x, y, w, h float64) {
	x0, y0 := c.px(x), c.py(y)
	c.fill(x0, y0, max(c.px(x+w), x0+1), max(c.py(y+h), y0+1))
}

func (c *RasterCanvas) fill(x0, y0, x1, y1 int) {
	for y := max(y0, 0); y < min(y1, c.m.H); y++ {
		c.m.Fill(x0, x1, y)
	}
}

// stroke is a line's pixels across: whole pixels about its centre, at least one, so that all
// lines of one width come out equally thick.
func stroke(centre, width, k float64) (from, to int) {
	n := max(1, int(math.Round(width*k)))
	from = int(math.Round(centre*k - float64(n)/2))
	return from, from + n
}

// Frame implements Canvas.
func (c *RasterCanvas) Frame(x, y, w, h, line float64) {
	l0, l1 := stroke(x, line, c.kx)
	r0, r1 := stroke(x+w, line, c.kx)
	t0, t1 := stroke(y, line, c.ky)
	b0, b1 := stroke(y+h, line, c.ky)
	c.fill(l0, t0, r1, t1)
	c.fill(l0, b0, r1, b1)
	c.fill(l0, t0, l1, b1)
	c.fill(r0, t0, r1, b1)
}

// Line implements Canvas.
func (c *RasterCanvas) Line(x0, y0, x1, y1, line float64) {
	switch {
	case y0 == y1:
		a, b := stroke(y0, line, c.ky)
		c.fill(c.px(min(x0, x1)), a, c.px(max(x0, x1)), b)
	case x0 == x1:
		a, b := stroke(x0, line, c.kx)
		c.fill(a, c.py(min(y0, y1)), b, c.py(max(y0, y1)))
	default:
		length := math.Hypot(x1-x0, y1-y0)
		nx, ny := -(y1-y0)/length*line/2, (x1-x0)/length*line/2
		c.polygon([][2]float64{{x0 + nx, y0 + ny}, {x1 + nx, y1 + ny}, {x1 - nx, y1 - ny}, {x0 - nx, y0 - ny}})
	}
}

// polygon fills a convex polygon given in mm.
func (c *RasterCanvas) polygon(p [][2]float64) {
	xa, ya, xb, yb := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, q := range p {
		xa, xb = min(xa, q[0]*c.kx), max(xb, q[0]*c.kx)
		ya, yb = min(ya, q[1]*c.ky), max(yb, q[1]*c.ky)
	}
	ox, oy := math.Floor(xa), math.Floor(ya)
	c.z.Reset(int(math.Ceil(xb)-ox), int(math.Ceil(yb)-oy))
	for i, q := range p {
		x, y := float32(q[0]*c.kx-ox), float32(q[1]*c.ky-oy)
		if i == 0 {
			c.z.MoveTo(x, y)
		} else {
			c.z.LineTo(x, y)
		}
	}
	c.z.ClosePath()
	c.blit(int(ox), int(oy))
}

// blit paints what the rasteriser holds, thresholded, with its origin at the given pixel.
func (c *RasterCanvas) blit(ox, oy int) {
	size := c.z.Size()
	if size.X <= 0 || size.Y <= 0 {
		return
	}
	mask := image.NewAlpha(image.Rect(0, 0, size.X, size.Y))
	c.z.DrawOp = draw.Src
	c.z.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	for y := range size.Y {
		for x := range size.X {
			if mask.Pix[y*mask.Stride+x] >= textThreshold {
				c.m.Set(ox+x, oy+y, true)
			}
		}
	}
}

// Text implements Canvas.
func (c *RasterCanvas) Text(x, y float64, s string, st typeset.Style) float64 {
	s = typeset.Clean(s)
	s, size := typeset.Fit(s, st.Fit, st.Size, st.Weight)
	w := typeset.Width(s, size, st.Weight)
	switch st.Align {
	case typeset.Left:
	case typeset.Center:
		x -= w / 2
	case typeset.Right:
		x -= w
	}
	face, em := st.Weight.Face(), size*typeset.MMPerPoint
	for _, r := range s {
		c.glyph(face, r, x, y, em)
		x += face.Advance(r) * em
	}
	return w
}

// glyph paints one letter with its origin at x, y and em mm to the em.
func (c *RasterCanvas) glyph(face *typeset.Face, r rune, x, y, em float64) {
	segments, units, ok := face.Outline(&c.buf, r)
	if !ok || len(segments) == 0 {
		return
	}
	const sub = 64 // outlines come in 1/64 font units
	sx, sy := em*c.kx/units/sub, em*c.ky/units/sub
	bounds := segments.Bounds()
	xa, ya := x*c.kx+float64(bounds.Min.X)*sx, y*c.ky+float64(bounds.Min.Y)*sy
	xb, yb := x*c.kx+float64(bounds.Max.X)*sx, y*c.ky+float64(bounds.Max.Y)*sy
	ox, oy := math.Floor(xa), math.Floor(ya)
	c.z.Reset(int(math.Ceil(xb)-ox)+1, int(math.Ceil(yb)-oy)+1)
	at := func(s sfnt.Segment, i int) (float32, float32) {
		return float32(x*c.kx + float64(s.Args[i].X)*sx - ox), float32(y*c.ky + float64(s.Args[i].Y)*sy - oy)
	}
	for i, s := range segments {
		x0, y0 := at(s, 0)
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				c.z.ClosePath()
			}
			c.z.MoveTo(x0, y0)
		case sfnt.SegmentOpLineTo:
			c.z.LineTo(x0, y0)
		case sfnt.SegmentOpQuadTo:
			x1, y1 := at(s, 1)
			c.z.QuadTo(x0, y0, x1, y1)
		case sfnt.SegmentOpCubeTo:
			x1, y1 := at(s, 1)
			x2, y2 := at(s, 2)
			c.z.CubeTo(x0, y0, x1, y1, x2, y2)
		}
	}
	c.z.ClosePath()
	c.blit(int(ox), int(oy))
}

// Modules implements Canvas: each module's edges lie on pixel boundaries.
func (c *RasterCanvas) Modules(x, y, w, h float64, matrix [][]bool) {
	for j, row := range matrix {
		y0, y1 := c.py(y+h*float64(j)/float64(len(matrix))), c.py(y+h*float64(j+1)/float64(len(matrix)))
		for i, dark := range row {
			if dark {
				c.fill(c.px(x+w*float64(i)/float64(len(row))), y0, c.px(x+w*float64(i+1)/float64(len(row))), y1)
			}
		}
	}
}

// Image implements Canvas: nearest pixels.
func (c *RasterCanvas) Image(x, y, w, h float64, m *bilevel.Image) {
	if m == nil || m.W == 0 || m.H == 0 {
		return
	}
	x0, y0, x1, y1 := c.px(x), c.py(y), c.px(x+w), c.py(y+h)
	for py := y0; py < y1; py++ {
		sy := (py - y0) * m.H / (y1 - y0)
		for px := x0; px < x1; px++ {
			if m.At((px-x0)*m.W/(x1-x0), sy) {
				c.m.Set(px, py, true)
			}
		}
	}
}

// Raster draws a form as a fax page at the given dots per inch, such as 204 × 98. The page is
// as large as the form's paper (A4: 1687 pixels wide at 204 dpi); a fax line's 1728 pixels are
// a little more.
func Raster(d *Drawing, xDPI, yDPI float64) *bilevel.Image {
	c := NewRasterCanvas(d.Layout.Page.WidthMM, d.Layout.Page.HeightMM, xDPI, yDPI)
	d.Draw(c)
	return c.Bitmap()
}
