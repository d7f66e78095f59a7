package fax

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"todoke/internal/bilevel"
	"todoke/internal/pdfium"
	"todoke/order"
)

const (
	drawnBytes  = 8     // a pixel, of a page that is drawn
	drawnDPI    = 300.0 // of a page that is text or drawing
	drawnLeast  = 150.0 // of one that is a mix with pictures, which are drawn at their own resolution
	drawnMost   = 400.0
	inkOnTop    = 170   // the grey level of 256 below which what stands on top of a scan is ink
	wholeSheet  = 0.9   // share of a page that a picture covers where only PDFium can read the file
	samePlace   = 0.002 // of a picture's size, by which two ways of placing it may differ
	pdfMemory   = 512 << 20
	maxDrawers  = 4       // files of which pages are drawn at the same time, each in pdfMemory
	maxNumbered = 1 << 12 // pages among which one is looked for by the number of its object
)

var (
	programs     atomic.Value // string
	pdfiumEngine = sync.OnceValue(func() *pdfium.Engine {
		dir, _ := programs.Load().(string)
		return pdfium.New(pdfium.Options{Memory: pdfMemory, CacheDir: dir})
	})
	errLocked = errors.New("locked")
	drawers   = make(chan struct{}, maxDrawers)
)

// KeepPrograms names the folder in which the compiled PDF renderer is kept from one run of the
// program to the next, which saves some two seconds of the first page that needs it. The folder is made
// where the one above it is there. It is to be called before the first Pages.
func KeepPrograms(dir string) { programs.Store(dir) }

func locked(cause error) error {
	return permanent(fmt.Errorf("%w: %w", errLocked, cause), "the PDF file is locked with a password; send it without one")
}

// drawer has PDFium do what this package does not: draw pages, and decode JBIG2 and JPEG 2000. It
// is started by the first page that needs it.
type drawer struct {
	data []byte
	b    *budget
	left time.Duration
	doc  *pdfium.Document
	mine bool // one of the drawers at work is this
}

func (d *drawer) close() {
	d.restart()
	if d.mine {
		<-drawers
		d.mine = false
	}
}

// restart has the next page start afresh.
func (d *drawer) restart() {
	if d.doc != nil {
		d.doc.Close()
		d.doc = nil
	}
}

// prepare waits until the file may be drawn, which is none of its time.
func (d *drawer) prepare() error {
	if !d.mine {
		drawers <- struct{}{}
		d.mine = true
	}
	return pdfiumEngine().Prepare(context.Background())
}

// with runs f on a page, within its time and the file's. number is that of the page's object.
func (d *drawer) with(index, number int, f func(context.Context, *pdfium.Page) error) error {
	limit := min(d.b.lim.PageTime, d.left)
	if limit <= 0 {
		return permanent(nil, "the file takes too long to draw; send it in parts, or %s", asFax)
	}
	err := d.prepare()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err == nil {
		err = d.open(ctx)
	}
	if err == nil {
		var page *pdfium.Page
		if page, err = d.doc.Page(ctx, d.find(ctx, index, number)); err == nil {
			err = f(ctx, page)
			page.Close()
		}
	}
	if until, ok := ctx.Deadline(); ok {
		d.left -= limit - time.Until(until)
	}
	if own, ok := errors.AsType[*order.Error](err); ok {
		return own
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pdfium.ErrPassword):
		return locked(err)
	case errors.Is(err, pdfium.ErrLimit):
		d.restart()
		return permanent(err, "this page takes too much time or memory to draw; %s", asFax)
	case errors.Is(err, pdfium.ErrDamaged):
		return permanent(err, "this page is damaged; %s", asFax)
	}
	return permanent(err, "this page cannot be drawn; %s", asFax)
}

func (d *drawer) open(ctx context.Context) (err error) {
	if d.doc == nil {
		d.doc, err = pdfiumEngine().Open(ctx, d.data)
	}
	return err
}

// find is the index by which PDFium knows a page: the same, but for page trees that are damaged.
func (d *drawer) find(ctx context.Context, index, number int) int {
	if number == 0 || d.doc.ObjectNumber(ctx, index) == number {
		return index
	}
	for i := range min(d.doc.Pages(), maxNumbered) {
		if d.doc.ObjectNumber(ctx, i) == number {
			return i
		}
	}
	return index
}

// whole draws a page. scanned is the resolution of the scan that is the most of it, or 0.
func (d *drawer) whole(index, number int, unit, scanned float64) (p Page, err error) {
	p.Coding = CodingDrawn
	err = d.with(index, number, func(ctx context.Context, page *pdfium.Page) error {
		dpi := drawnDPI
		if scanned >= drawnLeast && scanned <= drawnMost {
			dpi = scanned
		}
		w, h := page.Width*unit/points, page.Height*unit/points
		const least = 72 // dots an inch, below which nothing can be read
		if most := math.Sqrt(float64(min(d.b.lim.PagePixels, maxGreyBytes/drawnBytes)) / (w * h)); dpi > most {
			if dpi = most; dpi < least {
				return permanent(nil, "the page is too large (%.0f × %.0f mm); %s", w*25.4, h*25.4, asFax)
			}
		}
		across, down := int(max(1, math.Round(w*dpi))), int(max(1, math.Round(h*dpi)))
		if err := d.b.pageSize(int64(across), int64(down)); err != nil {
			return err
		}
		g, err := page.Render(ctx, across, down)
		if err != nil {
			return err
		}
		if scanned > 0 {
			p.Image = toBilevel(g)
		} else {
			p.Image = separate(g, faintestDrawn)
		}
		d.b.spend(p.Image)
		finish(&p, 1, dpi, dpi)
		if p.Image.Count(0, 0, p.Image.W, p.Image.H) == 0 {
			p.Note = emptyPage
		}
		return nil
	})
	return p, err
}

// pixels decodes a picture that is placed on a page.
func (d *drawer) pixels(index, number int, im placed, coding string) (p Page, err error) {
	err = d.with(index, number, func(ctx context.Context, page *pdfium.Page) error {
		images, err := page.Images(ctx)
		if err != nil {
			return err
		}
		for _, found := range images {
			if near(pdfium.Matrix(im.m), found.Matrix) {
				p, err = d.picture(ctx, page, found)
				return err
			}
		}
		return pdfium.ErrDamaged
	})
	p.Coding = coding
	if err == nil && coding == CodingJPEG {
		leaveOut(&p, "the picture is damaged, and a part of it may be missing")
	}
	if n := len(im.sd.FilterPipeline); err == nil && coding == CodingJBIG2 {
		if raw, cause := unfiltered(im.sd, n-1, int64(d.b.lim.Bytes)); cause != nil || !jbig2Whole(raw) {
			leaveOut(&p, "the picture is cut off, and a part of it is missing")
		}
	}
	return p, err
}

func near(a, b pdfium.Matrix) bool {
	size := math.Hypot(a[0], a[1]) + math.Hypot(a[2], a[3])
	for i := range a {
		if math.Abs(a[i]-b[i]) > samePlace*size {
			return false
		}
	}
	return true
}

// picture decodes a picture, as it is stored.
func (d *drawer) picture(ctx context.Context, page *pdfium.Page, im pdfium.Image) (p Page, err error) {
	if err := d.b.pageSize(int64(im.Width), int64(im.Height)); err != nil {
		return p, err
	}
	g, err := page.Pixels(ctx, im)
	if err != nil {
		return p, err
	}
	p.Image = toBilevel(g)
	d.b.spend(p.Image)
	return p, nil
}

// merge draws into a page that is a scanned sheet what stands around and above it, and tells
// whether it could.
func (d *drawer) merge(index, number int, p *Page, parts []placed) bool {
	err := d.with(index, number, func(ctx context.Context, page *pdfium.Page) error {
		images, err := page.Images(ctx)
		if err != nil {
			return err
		}
		top, found := pdfium.Image{}, 0
		for _, im := range images {
			for _, part := range parts {
				if near(pdfium.Matrix(part.m), im.Matrix) {
					top = im
					found++
					break
				}
			}
		}
		if found != len(parts) {
			return pdfium.ErrDamaged
		}
		var r pdfium.Rect
		for i, part := range parts {
			if m := part.m; math.Abs(m[0]*m[1]) > 1e-6*m.area() || math.Abs(m[2]*m[3]) > 1e-6*m.area() {
				return fmt.Errorf("the scan lies askew: %w", errNotOurs)
			}
			if s := page.Shown(pdfium.Matrix(part.m)); i == 0 {
				r = s
			} else {
				r = union(r, s)
			}
		}
		return d.layers(ctx, page, p, top, r)
	})
	return err == nil
}

func union(a, b pdfium.Rect) pdfium.Rect {
	x, y := min(a.X, b.X), min(a.Y, b.Y)
	return pdfium.Rect{X: x, Y: y, Width: max(a.X+a.Width, b.X+b.Width) - x, Height: max(a.Y+a.Height, b.Y+b.Height) - y}
}

// layers draws on the pixels of p, which show the part r of the page, what else the page has. The
// sheet grows where something stands beside the scan.
func (d *drawer) layers(ctx context.Context, page *pdfium.Page, p *Page, top pdfium.Image, r pdfium.Rect) error {
	kx, ky := float64(p.Image.W)/r.Width, float64(p.Image.H)/r.Height
	beyond := func(v, k float64) int { return int(math.Ceil(max(0, v)*k - 0.5)) }
	left, above := beyond(r.X, kx), beyond(r.Y, ky)
	w := left + p.Image.W + beyond(page.Width-r.X-r.Width, kx)
	h := above + p.Image.H + beyond(page.Height-r.Y-r.Height, ky)
	if err := d.b.greySize(w, h, drawnBytes); err != nil {
		return err
	}
	r = pdfium.Rect{X: r.X - float64(left)/kx, Y: r.Y - float64(above)/ky, Width: float64(w) / kx, Height: float64(h) / ky}
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = 0xff
	}
	var err error
	if left > 0 || above > 0 || w > left+p.Image.W || h > above+p.Image.H {
		if g, err = page.Layer(ctx, top, false, r, g); err != nil {
			return err
		}
	}
	for y := range p.Image.H {
		row := g.Pix[(above+y)*g.Stride+left:]
		for x := range p.Image.W {
			row[x] = 0xff
			if p.Image.At(x, y) {
				row[x] = 0
			}
		}
	}
	if g, err = page.Layer(ctx, top, true, r, g); err != nil {
		return err
	}
	m := bilevel.New(w, h)
	fillInk(g, m, 0, h, func(int) int { return inkOnTop })
	frame := m.Count(0, 0, w, h) - m.Count(left, above, left+p.Image.W, above+p.Image.H)
	if frame == 0 { // nothing but white beside the scan
		p.Image = m.Crop(left, above, left+p.Image.W, above+p.Image.H)
		return nil
	}
	p.Image = m
	for i := range p.BadRows {
		p.BadRows[i] += above
	}
	for i := range p.BadColumns {
		p.BadColumns[i] += left
	}
	return nil
}

// allPages yields the pages of a file that only PDFium can read; cause is what was wrong with it.
func (d *drawer) allPages(cause error, yield func(Page, error) bool) {
	err := d.prepare()
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), d.b.lim.PageTime)
		err = d.open(ctx)
		cancel()
	}
	switch {
	case errors.Is(err, pdfium.ErrPassword):
		yield(Page{}, locked(err))
		return
	case err != nil && cause != nil:
		yield(Page{}, cause)
		return
	case err != nil || d.doc.Pages() <= 0:
		yield(Page{}, permanent(err, "the PDF file has no page; send it again"))
		return
	}
	for i := range d.doc.Pages() {
		if i >= d.b.lim.Pages {
			yield(Page{Index: i}, tooManyPages(d.b))
			return
		}
		p, err := d.unparsed(i)
		p.Index = i
		if err == nil {
			leaveOut(&p, "the PDF file is damaged, and this is what could be read of it; send it again")
		}
		if !yield(p, err) {
			return
		}
	}
}

// unparsed decodes a page of which only PDFium knows: one picture's own pixels with what stands
// above them, or a drawing.
func (d *drawer) unparsed(index int) (p Page, err error) {
	var sheet *pdfium.Image
	err = d.with(index, 0, func(ctx context.Context, page *pdfium.Page) error {
		images, err := page.Images(ctx)
		if err != nil {
			return err
		}
		for i, im := range images {
			if r := page.Shown(im.Matrix); r.Width*r.Height < wholeSheet*page.Width*page.Height {
				continue
			}
			if sheet != nil {
				sheet = nil // one over the other
				return nil
			}
			sheet = &images[i]
		}
		if sheet == nil {
			return nil
		}
		if p, err = d.picture(ctx, page, *sheet); err != nil {
			return err
		}
		p.Coding = CodingDrawn
		for filter, coding := range map[string]string{"JBIG2Decode": CodingJBIG2, "JPXDecode": CodingJPX, "DCTDecode": CodingJPEG, "CCITTFaxDecode": CodingG4} {
			if sheet.Filter == filter {
				p.Coding = coding
			}
		}
		m := sheet.Matrix
		x, y := float64(p.Image.W)*points/math.Hypot(m[0], m[1]), float64(p.Image.H)*points/math.Hypot(m[2], m[3])
		finish(&p, orientationOf(matrix(m), 90*page.Turn), x, y)
		return d.layers(ctx, page, &p, *sheet, page.Shown(m))
	})
	if err != nil || sheet == nil {
		return d.whole(index, 0, 1, 0)
	}
	return p, nil
}
