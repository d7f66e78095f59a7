package fax

import (
	"bytes"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"todoke/internal/bilevel"
	"todoke/order"
)

// Codings that Page.Coding names and Options.Coding takes.
const (
	CodingG4       = "g4"    // ITU-T T.6, two-dimensional, for error-free links
	CodingG3       = "g3-1d" // ITU-T T.4, one-dimensional (MH)
	CodingG3TwoD   = "g3-2d" // ITU-T T.4, two-dimensional (MR)
	CodingRLE      = "rle"   // TIFF compression 2: T.4 runs, rows on byte boundaries
	CodingRLEWord  = "rle-w" // TIFF compression 32771: the same on 16-bit boundaries
	CodingPackBits = "packbits"
	CodingNone     = "none"
	CodingLZW      = "lzw"
	CodingFlate    = "flate"
	CodingPNG      = "png"
	CodingJPEG     = "jpeg"
	CodingJBIG2    = "jbig2"
	CodingJPX      = "jpeg2000"
	CodingDrawn    = "drawn" // a PDF page of text, drawing or several pictures
)

// Page is one decoded page.
type Page struct {
	Index  int            // from 0, in the file's order
	Image  *bilevel.Image // 1 = ink, upright as far as the file says; nil where an error came instead
	XDPI   float64        // pixels an inch, as the file states them or, where it does not, as its width tells
	YDPI   float64
	Stated bool   // the file stated the resolution, and it is plausible for paper
	Coding string // CodingG4 …

	// BadRows are the rows of Image that could not be decoded, ascending. They repeat the row
	// above, or are white where the data ended before them.
	BadRows []int
	// BadColumns are the same where the file says that the page lies on its side.
	BadColumns []int
	// Note tells a person what is wrong with the page; empty where nothing is.
	Note string
	// LeftOut tells that the file shows something on the page that is not in Image, such as text
	// typed over a scan: a person must look.
	LeftOut bool
}

// Limits bound what a file may make the package do. A zero field means its default.
type Limits struct {
	Bytes       int           // length of the file, default 64 MiB
	Pages       int           // default 500
	PagePixels  int64         // pixels of a page, default 128 million (A3 at 600 dpi is 70 million)
	TotalPixels int64         // pixels of all pages, default 4 billion
	PageTime    time.Duration // for a PDF page that must be drawn, default a minute: far more than its CPU bound takes
}

const (
	maxWidth = 1 << 16 // pixels; a fax row has at most 4,864
	maxRows  = 1 << 17
)

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Bytes, 64<<20)
	set(&l.Pages, 500)
	if l.PagePixels <= 0 {
		l.PagePixels = 128e6
	}
	if l.TotalPixels <= 0 {
		l.TotalPixels = 4e9
	}
	if l.PageTime <= 0 {
		l.PageTime = time.Minute
	}
	return l
}

// budget is what is left of the limits while pages are decoded.
type budget struct {
	lim   Limits
	left  int64 // pixels
	coded int64 // bytes of picture data, so that parts of a file cannot be decoded again and again
}

// pageSize checks a declared size before anything is allocated for it.
func (b *budget) pageSize(w, h int64) error {
	switch {
	case w <= 0 || h <= 0:
		return permanent(nil, "the page has no pixels (%d × %d); send it again", w, h)
	case w > maxWidth || h > maxRows || w*h > b.lim.PagePixels:
		return permanent(nil, "the page is too large (%d × %d pixels); send it as fax TIFF or PDF at 200 dpi", w, h)
	case w*h > b.left:
		return permanent(nil, "the file's pages have too many pixels together; send it in parts")
	}
	return nil
}

// rowLimit is the most rows that a page of width w may have.
func (b *budget) rowLimit(w int64) int {
	return int(min(maxRows, b.lim.PagePixels/w, b.left/w))
}

// read counts n bytes of picture data as decoded.
func (b *budget) read(n int64) error {
	if b.coded -= n; b.coded < 0 {
		return permanent(nil, "the file uses the same data for many pages; send it again")
	}
	return nil
}

func (b *budget) spend(m *bilevel.Image) { b.left -= int64(m.W) * int64(m.H) }

func permanent(cause error, format string, args ...any) error {
	return order.Permanent(fmt.Sprintf(format, args...), cause)
}

// Pages decodes the pages of a file, one at a time and in order. A page that cannot be decoded
// yields a Page with its Index and an error, and the pages after it still come; a file that
// cannot be parsed yields one error. All errors are *order.Error of kind permanent.
func Pages(data []byte, lim Limits) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		lim = lim.withDefaults()
		b := &budget{lim: lim, left: lim.TotalPixels, coded: 4*int64(len(data)) + 1<<16}
		if len(data) > lim.Bytes {
			yield(Page{}, permanent(nil, "the file is too large (%d bytes, at most %d); send it in parts", len(data), lim.Bytes))
			return
		}
		switch kindOf(data) {
		case "tiff":
			tiffPages(data, b, yield)
		case "pdf":
			pdfPages(data, b, yield)
		case "png":
			yield(pngPage(data, b))
		case "jpeg":
			yield(jpegPage(data, b))
		case "":
			if len(bytes.TrimSpace(data)) == 0 {
				yield(Page{}, permanent(nil, "the file is empty; send it again"))
				return
			}
			if kind := otherPicture(data); kind != "" {
				yield(Page{}, permanent(nil, "the file is a %s picture, which is not read; save it as JPEG, PNG or PDF and send that", kind))
				return
			}
			if p, ok := bare(data, b, false); ok {
				yield(p, nil)
				return
			}
			yield(Page{}, permanent(nil, "the file is no TIFF, PDF, PNG or JPEG; send it as one of these"))
		}
	}
}

// tiffMagics begin a TIFF file: both byte orders, and BigTIFF.
var tiffMagics = [][]byte{[]byte("II*\x00"), []byte("MM\x00*"), []byte("II+\x00"), []byte("MM\x00+")}

// otherPicture names a kind of picture that phones and computers save and this package does not read.
func otherPicture(data []byte) string {
	at := func(from int, s string) bool {
		return len(data) >= from+len(s) && string(data[from:from+len(s)]) == s
	}
	switch {
	case at(0, "GIF87a"), at(0, "GIF89a"):
		return "GIF"
	case at(0, "RIFF") && at(8, "WEBP"):
		return "WebP"
	case at(4, "ftypavif"), at(4, "ftypavis"):
		return "AVIF"
	case at(4, "ftypheic"), at(4, "ftypheix"), at(4, "ftyphevc"), at(4, "ftypheim"), at(4, "ftypheis"), at(4, "ftypmif1"), at(4, "ftypmsf1"):
		return "HEIC"
	case at(0, "BM") && len(data) > 14 && data[6] == 0 && data[7] == 0 && data[8] == 0 && data[9] == 0:
		return "BMP"
	case at(0, "\xff\x0a"), at(4, "JXL \r\n\x87\n"):
		return "JPEG XL"
	case at(4, "jP  \r\n\x87\n"):
		return "JPEG 2000"
	}
	return ""
}

func kindOf(data []byte) string {
	switch {
	case slices.ContainsFunc(tiffMagics, func(magic []byte) bool { return bytes.HasPrefix(data, magic) }):
		return "tiff"
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return "png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return "jpeg"
	case bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")): // readers accept a preamble
		return "pdf"
	}
	return ""
}

// finish puts a stored image upright, gives it a resolution and says what is wrong with it.
func finish(p *Page, orientation int, xDPI, yDPI float64) {
	p.XDPI, p.YDPI, p.Stated = resolution(p.Image, xDPI, yDPI)
	stored := p.Image.H
	switch orientation {
	case 2:
		p.Image = mirror(p.Image)
	case 3:
		p.Image = p.Image.Rotate(180)
	case 4:
		p.Image = mirror(p.Image.Rotate(180))
	case 5:
		p.Image = mirror(p.Image.Rotate(90))
	case 6:
		p.Image = p.Image.Rotate(90)
	case 7:
		p.Image = mirror(p.Image.Rotate(270))
	case 8:
		p.Image = p.Image.Rotate(270)
	}
	if len(p.BadRows) > 0 && p.Note == "" {
		p.Note = fmt.Sprintf("%d of %d rows are damaged", len(p.BadRows), stored)
	}
	if orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7 {
		flipped := make([]int, len(p.BadRows))
		for i, r := range p.BadRows {
			flipped[len(flipped)-1-i] = stored - 1 - r
		}
		p.BadRows = flipped
	}
	if orientation >= 5 && orientation <= 8 {
		p.XDPI, p.YDPI = p.YDPI, p.XDPI
		p.BadRows, p.BadColumns = nil, p.BadRows
	}
	if len(p.BadRows) == 0 {
		p.BadRows = nil
	}
}

// mirror flips left and right.
func mirror(m *bilevel.Image) *bilevel.Image {
	o := bilevel.New(m.W, m.H)
	shift := uint(m.Stride*8 - m.W)
	for y := range m.H {
		in, out := m.Row(y), o.Row(y)
		for i, b := range in {
			out[m.Stride-1-i] = reversed[b]
		}
		if shift > 0 {
			for i := range out {
				v := out[i] << shift
				if i+1 < len(out) {
					v |= out[i+1] >> (8 - shift)
				}
				out[i] = v
			}
		}
	}
	return o
}

// statedResolution is a TIFF's resolution in pixels an inch, 0 × 0 where it states none. Fax
// software mixes up the units and the directions; where the width is a fax row's, a pair that
// makes sense only when read the other way is read so. Without a unit (1) the pair counts where
// it is a fax's.
func statedResolution(width int, x, y float64, unit uint64) (xDPI, yDPI float64) {
	const inch, centimetre = 2, 3
	const cm = 2.54
	near := func(v, of float64) bool { return v > 0.9*of && v < 1.1*of }
	fits := func(x, y float64) bool { // 200 and 408 an inch are near 204 and 391
		at := faxWidth(width)
		return at > 0 && near(x, at) && (near(y, at) || near(y, 98) || near(y, 196) || near(y, 391))
	}
	asStated := x
	switch unit {
	case inch:
	case centimetre:
		asStated = x * cm
	default:
		asStated = 0
	}
	scale := 1.0
	if x > 0 {
		scale = asStated / x
	}
	switch {
	case scale > 0 && fits(scale*x, scale*y):
	case fits(x, y):
		return x, y
	case fits(cm*x, cm*y):
		return cm * x, cm * y
	case fits(y, x):
		return y, x
	case fits(cm*y, cm*x):
		return cm * y, cm * x
	}
	return scale * x, scale * y
}

// resolution checks the stated resolution against what paper can be, and derives it from the
// pixels where it is missing or absurd: fax rows have fixed counts of pixels (T.4, T.30).
func resolution(m *bilevel.Image, x, y float64) (xDPI, yDPI float64, stated bool) {
	const maxInch = 40 // of a page's width
	plausible := func(v float64) bool { return v >= 50 && v <= 2400 && !math.IsNaN(v) }
	if plausible(x) && plausible(y) && x/y < 5 && y/x < 5 {
		screen := x == 72 && y == 72 && faxWidth(m.W) > 0 // a default that gateways write over fax pixels
		if float64(m.W)/x <= maxInch && !screen {
			return x, y, true
		}
	}
	x = faxWidth(m.W)
	const a4Width, a4Height = 210 / 25.4, 297 / 25.4
	if x == 0 {
		x = float64(m.W) / a4Width
		y = float64(m.H) / a4Height
		if m.H < m.W { // on its side
			x, y = float64(m.W)/a4Height, float64(m.H)/a4Width
		}
		if y > 0.8*x && y < 1.25*x { // square pixels, cut or longer paper
			y = x
		}
		if !plausible(x) || !plausible(y) { // a scrap
			x, y = 204, 196
		}
		return x, y, false
	}
	// Vertical resolutions that go with it, by which of them makes the page nearest to A4.
	lines := []float64{98, 196, 391}
	switch x {
	case 300, 400, 600:
		lines = []float64{x}
	case 408:
		lines = []float64{391}
	}
	best := math.Inf(1)
	for _, l := range lines {
		if off := math.Abs(math.Log(float64(m.H) / l / a4Height)); off < best {
			best, y = off, l
		}
	}
	return x, y, false
}

// faxWidth is the horizontal resolution that a fax row's count of pixels tells, 0 for others.
func faxWidth(w int) float64 {
	switch w {
	case 1728, 2048, 2432: // A4, B4, A3
		return 204
	case 2592, 3072, 3648:
		return 300
	case 3456, 4096, 4864:
		return 408
	}
	return 0
}
