package overlay

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/vector"

	"todoke/templates/typeset"
)

// canvas paints anti-aliased shapes; all positions are its own pixels.
type canvas struct {
	m   *image.RGBA
	z   vector.Rasterizer
	buf sfnt.Buffer
}

type point struct{ x, y float64 }

// fill paints a polygon.
func (c *canvas) fill(ink color.Color, points ...point) {
	c.paint(ink, points, func(at func(point) (float32, float32)) {
		for i, p := range points {
			if x, y := at(p); i == 0 {
				c.z.MoveTo(x, y)
			} else {
				c.z.LineTo(x, y)
			}
		}
		c.z.ClosePath()
	})
}

// paint rasterises what path draws within the bounds of the points.
func (c *canvas) paint(ink color.Color, bounds []point, path func(at func(point) (float32, float32))) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range bounds {
		x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
	}
	r := image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1)), int(math.Ceil(y1)))
	if !r.Overlaps(c.m.Rect) || r.Dx() > 4*c.m.Rect.Dx() || r.Dy() > 4*c.m.Rect.Dy() { // a map gone wild
		return
	}
	c.z.Reset(r.Dx(), r.Dy())
	path(func(p point) (float32, float32) {
		return float32(p.x - float64(r.Min.X)), float32(p.y - float64(r.Min.Y))
	})
	c.z.DrawOp = draw.Over
	visible := r.Intersect(c.m.Rect)
	if visible == r {
		c.z.Draw(c.m, r, image.NewUniform(ink), image.Point{})
		return
	}
	mask := image.NewAlpha(image.Rect(0, 0, r.Dx(), r.Dy()))
	c.z.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	draw.DrawMask(c.m, visible, image.NewUniform(ink), image.Point{}, mask, visible.Min.Sub(r.Min), draw.Over)
}

func (c *canvas) rect(ink color.Color, x, y, w, h float64) {
	c.fill(ink, point{x, y}, point{x + w, y}, point{x + w, y + h}, point{x, y + h})
}

// line draws a straight line, square at its ends.
func (c *canvas) line(ink color.Color, a, b point, width float64) {
	d := math.Hypot(b.x-a.x, b.y-a.y)
	if d == 0 {
		return
	}
	nx, ny := -(b.y-a.y)/d*width/2, (b.x-a.x)/d*width/2
	c.fill(ink, point{a.x + nx, a.y + ny}, point{b.x + nx, b.y + ny}, point{b.x - nx, b.y - ny}, point{a.x - nx, a.y - ny})
}

// outline draws a closed polygon's edges; dash > 0 breaks them.
func (c *canvas) outline(ink color.Color, width, dash float64, points ...point) {
	for i, a := range points {
		b := points[(i+1)%len(points)]
		d := math.Hypot(b.x-a.x, b.y-a.y)
		if !(d < 1e5) { // a map gone wild
			continue
		}
		if dash <= 0 || d == 0 {
			// Lengthened by half its width, so that corners close.
			ux, uy := (b.x-a.x)/max(d, 1)*width/2, (b.y-a.y)/max(d, 1)*width/2
			c.line(ink, point{a.x - ux, a.y - uy}, point{b.x + ux, b.y + uy}, width)
			continue
		}
		for s := 0.0; s < d; s += 2 * dash {
			t := min(s+dash, d)
			c.line(ink, point{a.x + (b.x-a.x)*s/d, a.y + (b.y-a.y)*s/d}, point{a.x + (b.x-a.x)*t/d, a.y + (b.y-a.y)*t/d}, width)
		}
	}
}

// text writes s with its baseline at y, size pixels to the em.
func (c *canvas) text(ink color.Color, x, y float64, s string, size float64, w typeset.Weight) {
	face := w.Face()
	for _, r := range typeset.Clean(s) {
		if segments, units, ok := face.Outline(&c.buf, r); ok && len(segments) > 0 {
			c.glyph(ink, segments, x, y, size/units/64)
		}
		x += face.Advance(r) * size
	}
}

func (c *canvas) glyph(ink color.Color, segments sfnt.Segments, x, y, k float64) {
	b := segments.Bounds()
	bounds := []point{{x + float64(b.Min.X)*k, y + float64(b.Min.Y)*k}, {x + float64(b.Max.X)*k, y + float64(b.Max.Y)*k}}
	c.paint(ink, bounds, func(at func(point) (float32, float32)) {
		for _, s := range segments {
			p := func(i int) (float32, float32) {
				return at(point{x + float64(s.Args[i].X)*k, y + float64(s.Args[i].Y)*k})
			}
			ax, ay := p(0)
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				c.z.ClosePath()
				c.z.MoveTo(ax, ay)
			case sfnt.SegmentOpLineTo:
				c.z.LineTo(ax, ay)
			case sfnt.SegmentOpQuadTo:
				bx, by := p(1)
				c.z.QuadTo(ax, ay, bx, by)
			case sfnt.SegmentOpCubeTo:
				bx, by := p(1)
				dx, dy := p(2)
				c.z.CubeTo(ax, ay, bx, by, dx, dy)
			}
		}
		c.z.ClosePath()
	})
}

// width is how far text goes, in pixels.
func width(s string, size float64, w typeset.Weight) float64 {
	face, sum := w.Face(), 0.0
	for _, r := range typeset.Clean(s) {
		sum += face.Advance(r) * size
	}
	return sum
}

// wrap breaks text between words into lines no wider than the given pixels.
func wrap(s string, wide, size float64, w typeset.Weight) []string {
	return typeset.Wrap(s, wide, size/typeset.MMPerPoint, w)
}
