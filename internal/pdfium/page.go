package pdfium

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"math"
)

const (
	maxObjects  = 1 << 14 // of a page that are looked at
	maxNested   = 8       // forms within forms
	maxBitmap   = 1 << 17 // pixels of a side
	maxPixels   = 128e6
	formatGrey  = 1 // PDFium's FPDFBitmap_Gray …
	formatBGR   = 2
	formatBGRx  = 3
	formatBGRA  = 4
	annotations = 0x01 // FPDF_ANNOT
	objectImage = 3    // FPDF_PAGEOBJ_IMAGE
	objectForm  = 5    // FPDF_PAGEOBJ_FORM
)

// Matrix is a PDF transformation [a b c d e f].
type Matrix [6]float64

func (m Matrix) then(n Matrix) Matrix {
	return Matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// Rect is a part of a page as it is shown: points from its upper left corner, downwards.
type Rect struct{ X, Y, Width, Height float64 }

// Page is a page of a document, valid until it or the document is closed.
type Page struct {
	Width, Height float64 // points, as it is shown: turned and cropped
	Turn          int     // quarters clockwise by which it is shown

	d      *Document
	handle uint64
	box    [4]float64 // left, top, right, bottom in the page's own coordinates
}

// Image is a picture on a page.
type Image struct {
	Width, Height int    // its own pixels
	Matrix        Matrix // from the unit square to the page's own coordinates, in points
	Filter        string // its last one, such as JBIG2Decode; empty for none

	object uint64
	order  int // among all objects of the page
}

// Page opens the page with the given index, from 0.
func (d *Document) Page(ctx context.Context, index int) (*Page, error) {
	c := d.begin(ctx)
	p := &Page{d: d, handle: c.do("FPDF_LoadPage", d.handle, uint64(uint32(index)))}
	if c.do("FPDFPage_GetAnnotCount", p.handle) > 0 && c.do("FPDFPage_Flatten", p.handle, 0) == 1 {
		// Comments and filled-in fields are now part of the page, which must be read again.
		c.do("FPDF_ClosePage", p.handle)
		p.handle = c.do("FPDF_LoadPage", d.handle, uint64(uint32(index)))
	}
	if c.err == nil && p.handle == 0 {
		c.err = ErrDamaged
	}
	p.Width, p.Height = c.float("FPDF_GetPageWidthF", p.handle), c.float("FPDF_GetPageHeightF", p.handle)
	p.Turn = int(c.do("FPDFPage_GetRotation", p.handle)) & 3
	at := c.alloc(16)
	c.do("FPDF_GetPageBoundingBox", p.handle, at)
	c.floats(at, p.box[:])
	c.free(at)
	if c.err == nil && !(p.Width > 0 && p.Height > 0) {
		c.err = ErrDamaged
	}
	if c.err != nil {
		return nil, fmt.Errorf("open page: %w", c.err)
	}
	return p, nil
}

// Close frees the page.
func (p *Page) Close() {
	c := p.d.begin(context.Background())
	c.do("FPDF_ClosePage", p.handle)
}

// walk visits the page's objects in the order in which they are drawn, forms before what they hold.
func (p *Page) walk(c *calls, visit func(object uint64, kind int, base Matrix)) {
	left := maxObjects
	var into func(count, get string, holder uint64, base Matrix, depth int)
	matrix := c.alloc(24)
	into = func(count, get string, holder uint64, base Matrix, depth int) {
		n := int(int32(c.do(count, holder)))
		for i := 0; i < n && left > 0 && c.err == nil; i++ {
			left--
			object := c.do(get, holder, uint64(i))
			kind := int(c.do("FPDFPageObj_GetType", object))
			visit(object, kind, base)
			if kind == objectForm && depth < maxNested {
				c.do("FPDFPageObj_GetMatrix", object, matrix)
				var m Matrix
				c.floats(matrix, m[:])
				into("FPDFFormObj_CountObjects", "FPDFFormObj_GetObject", object, m.then(base), depth+1)
			}
		}
	}
	into("FPDFPage_CountObjects", "FPDFPage_GetObject", p.handle, Matrix{1, 0, 0, 1, 0, 0}, 0)
	c.free(matrix)
}

// Images lists the pictures on the page, in the order in which they are drawn. Those within its
// comments and fields are not among them.
func (p *Page) Images(ctx context.Context) ([]Image, error) {
	c := p.d.begin(ctx)
	at := c.alloc(24)
	var out []Image
	order := 0
	p.walk(c, func(object uint64, kind int, base Matrix) {
		order++
		if kind != objectImage {
			return
		}
		im := Image{object: object, order: order}
		c.do("FPDFPageObj_GetMatrix", object, at)
		c.floats(at, im.Matrix[:])
		im.Matrix = im.Matrix.then(base)
		c.do("FPDFImageObj_GetImagePixelSize", object, at, at+4)
		if b := c.read(at, 8); c.err == nil {
			im.Width, im.Height = int(binary.LittleEndian.Uint32(b)), int(binary.LittleEndian.Uint32(b[4:]))
		}
		n := c.do("FPDFImageObj_GetImageFilterCount", object)
		if size := c.do("FPDFImageObj_GetImageFilter", object, n-1, at, 24); n > 0 && size > 1 && size <= 24 {
			im.Filter = string(c.read(at, int64(size-1)))
		}
		out = append(out, im)
	})
	c.free(at)
	if c.err != nil {
		return nil, fmt.Errorf("list pictures: %w", c.err)
	}
	return out, nil
}

// Shown is the part of the page that a picture placed by m covers.
func (p *Page) Shown(m Matrix) Rect {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	left, top, right, bottom := p.box[0], p.box[1], p.box[2], p.box[3]
	for _, corner := range [4][2]float64{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
		ux := m[0]*corner[0] + m[2]*corner[1] + m[4]
		uy := m[1]*corner[0] + m[3]*corner[1] + m[5]
		x, y := ux-left, top-uy
		switch p.Turn {
		case 1:
			x, y = uy-bottom, ux-left
		case 2:
			x, y = right-ux, uy-bottom
		case 3:
			x, y = top-uy, right-ux
		}
		x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
	}
	return Rect{x0, y0, x1 - x0, y1 - y0}
}

// Pixels decodes a picture: its own pixels as they are stored, neither scaled nor turned, as grey.
func (p *Page) Pixels(ctx context.Context, im Image) (*image.Gray, error) {
	c := p.d.begin(ctx)
	bitmap := c.do("FPDFImageObj_GetBitmap", im.object)
	if c.err == nil && bitmap == 0 {
		return nil, fmt.Errorf("decode picture: %w", ErrDamaged)
	}
	out := c.grey(bitmap)
	c.do("FPDFBitmap_Destroy", bitmap)
	if c.err != nil {
		return nil, fmt.Errorf("decode picture: %w", c.err)
	}
	return out, nil
}

// bitmap is a PDFium bitmap's size and its bytes, valid until the next call.
func (c *calls) bitmap(handle uint64) (w, h, stride, format int, pix []byte) {
	w, h = int(int32(c.do("FPDFBitmap_GetWidth", handle))), int(int32(c.do("FPDFBitmap_GetHeight", handle)))
	stride, format = int(int32(c.do("FPDFBitmap_GetStride", handle))), int(int32(c.do("FPDFBitmap_GetFormat", handle)))
	buffer := c.do("FPDFBitmap_GetBuffer", handle)
	if c.err != nil {
		return 0, 0, 0, 0, nil
	}
	bytes := map[int]int{formatGrey: 1, formatBGR: 3, formatBGRx: 4, formatBGRA: 4}[format]
	if bytes == 0 || w <= 0 || h <= 0 || w > maxBitmap || h > maxBitmap || float64(w)*float64(h) > maxPixels || stride < w*bytes {
		c.err = ErrLimit
		return 0, 0, 0, 0, nil
	}
	return w, h, stride, format, c.read(buffer, int64(stride)*int64(h))
}

// grey copies a bitmap as luminance (ITU-R BT.601) over white.
func (c *calls) grey(handle uint64) *image.Gray {
	w, h, stride, format, pix := c.bitmap(handle)
	if c.err != nil {
		return nil
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		in, to := pix[y*stride:(y+1)*stride], out.Pix[y*out.Stride:y*out.Stride+w]
		switch format {
		case formatGrey:
			copy(to, in)
		case formatBGR:
			for x := range to {
				to[x] = luminance(in[3*x+2], in[3*x+1], in[3*x])
			}
		default:
			for x := range to {
				v := in[4*x : 4*x+4 : 4*x+4]
				to[x] = luminance(v[2], v[1], v[0])
				if a := int(v[3]); format == formatBGRA && a < 255 {
					to[x] = byte((int(to[x])*a + 255*(255-a)) / 255)
				}
			}
		}
	}
	return out
}

func luminance(r, g, b byte) byte {
	return byte((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

// Render draws the whole page, as it is shown, with its comments and fields, w × h pixels large.
func (p *Page) Render(ctx context.Context, w, h int) (*image.Gray, error) {
	c := p.d.begin(ctx)
	bitmap := c.canvas(w, h)
	p.draw(c, bitmap, Rect{0, 0, p.Width, p.Height}, w, h, annotations)
	out := c.grey(bitmap)
	c.do("FPDFBitmap_Destroy", bitmap)
	if c.err != nil {
		return nil, fmt.Errorf("draw page: %w", c.err)
	}
	return out, nil
}

// Layer draws what lies on the page beneath a picture or, with its comments and fields, above it,
// over base, which shows the part r of the page.
func (p *Page) Layer(ctx context.Context, im Image, above bool, r Rect, base *image.Gray) (*image.Gray, error) {
	c := p.d.begin(ctx)
	order := 0
	p.walk(c, func(object uint64, kind int, _ Matrix) {
		if order++; kind == objectForm {
			return
		}
		active := uint64(0)
		if above && order > im.order || !above && order < im.order {
			active = 1
		}
		c.do("FPDFPageObj_SetIsActive", object, active)
	})
	bitmap := c.canvas(base.Rect.Dx(), base.Rect.Dy())
	w, h, stride, _, pix := c.bitmap(bitmap)
	if c.err == nil {
		for y := range h {
			in, to := base.Pix[y*base.Stride:y*base.Stride+w], pix[y*stride:]
			for x, v := range in {
				to[4*x], to[4*x+1], to[4*x+2] = v, v, v
			}
		}
	}
	flags := uint64(0)
	if above {
		flags = annotations
	}
	p.draw(c, bitmap, r, w, h, flags)
	out := c.grey(bitmap)
	c.do("FPDFBitmap_Destroy", bitmap)
	if c.err != nil {
		return nil, fmt.Errorf("draw layer: %w", c.err)
	}
	return out, nil
}

// canvas makes a white bitmap.
func (c *calls) canvas(w, h int) uint64 {
	if c.err == nil && (w <= 0 || h <= 0 || w > maxBitmap || h > maxBitmap || float64(w)*float64(h) > maxPixels) {
		c.err = fmt.Errorf("%w: %d × %d pixels", ErrLimit, w, h)
	}
	bitmap := c.do("FPDFBitmap_CreateEx", uint64(w), uint64(h), formatBGRx, 0, 0)
	if c.err == nil && bitmap == 0 {
		c.err = fmt.Errorf("%w: %d × %d pixels", ErrLimit, w, h)
	}
	c.do("FPDFBitmap_FillRect", bitmap, 0, 0, uint64(w), uint64(h), 0xffffffff)
	return bitmap
}

// draw draws the part r of the page to fill a bitmap.
func (p *Page) draw(c *calls, bitmap uint64, r Rect, w, h int, flags uint64) {
	if c.err == nil && !(r.Width > 0 && r.Height > 0) {
		c.err = ErrDamaged
	}
	at := c.alloc(40)
	sx, sy := float64(w)/r.Width, float64(h)/r.Height
	c.writeFloats(at, sx, 0, 0, sy, -r.X*sx, -r.Y*sy, 0, 0, float64(w), float64(h))
	c.do("FPDF_RenderPageBitmapWithMatrix", bitmap, p.handle, at, at+24, flags)
	c.free(at)
}
