package form

import (
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"

	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

// grey is a picture for the code readers, 0 black and 255 white.
type grey struct {
	w, h int
	pix  []byte
}

// GetRow and the rest implement gozxing.LuminanceSource.
func (g *grey) GetRow(y int, row []byte) ([]byte, error) {
	row = append(row[:0], g.pix[y*g.w:(y+1)*g.w]...)
	return row, nil
}
func (g *grey) GetMatrix() []byte       { return g.pix }
func (g *grey) GetWidth() int           { return g.w }
func (g *grey) GetHeight() int          { return g.h }
func (g *grey) IsCropSupported() bool   { return false }
func (g *grey) IsRotateSupported() bool { return false }
func (g *grey) String() string          { return "grey" }
func (g *grey) Invert() gozxing.LuminanceSource {
	return gozxing.LuminanceSourceInvert(g)
}

func (g *grey) Crop(_, _, _, _ int) (gozxing.LuminanceSource, error) {
	return nil, gozxing.NewNotFoundException("no crop")
}

func (g *grey) RotateCounterClockwise() (gozxing.LuminanceSource, error) {
	return nil, gozxing.NewNotFoundException("no rotation")
}

func (g *grey) RotateCounterClockwise45() (gozxing.LuminanceSource, error) {
	return nil, gozxing.NewNotFoundException("no rotation")
}

// greyOf spreads a bilevel picture to grey, repeating each row yScale times.
func greyOf(m *bilevel.Image, yScale int) *grey {
	g := &grey{w: m.W, h: m.H * yScale}
	g.pix = make([]byte, g.w*g.h)
	for i := range g.pix {
		g.pix[i] = 255
	}
	for y := range m.H {
		for x0, x1 := range rowRuns(m.Row(y), m.W) {
			for k := range yScale {
				clear(g.pix[(y*yScale+k)*g.w+x0 : (y*yScale+k)*g.w+x1])
			}
		}
	}
	return g
}

// blurred averages 3 × 3 pixels: specks and frayed edges vanish below the code reader's
// threshold. Unblurred fax pages lose a third of their codes.
func (g *grey) blurred() *grey {
	o := &grey{w: g.w, h: g.h, pix: make([]byte, len(g.pix))}
	sums := make([]int, g.w)
	for y := range g.h {
		a, b, c := g.pix[max(y-1, 0)*g.w:][:g.w], g.pix[y*g.w:][:g.w], g.pix[min(y+1, g.h-1)*g.w:][:g.w]
		for x := range sums {
			sums[x] = int(a[x]) + int(b[x]) + int(c[x])
		}
		for x := range sums {
			o.pix[y*g.w+x] = byte((sums[max(x-1, 0)] + sums[x] + sums[min(x+1, g.w-1)]) / 9)
		}
	}
	return o
}

// decodeCode runs a gozxing reader over a picture. The library panics on some pictures of
// noise: that is no code either.
func decodeCode(r gozxing.Reader, g *grey, hybrid bool) (text string) {
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	var b gozxing.Binarizer
	if hybrid {
		b = gozxing.NewHybridBinarizer(g)
	} else {
		b = gozxing.NewGlobalHistgramBinarizer(g)
	}
	bitmap, err := gozxing.NewBinaryBitmap(b)
	if err != nil {
		return ""
	}
	res, err := r.Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return ""
	}
	return res.GetText()
}

// yScaleOf is how often rows are repeated to make pixels nearly square.
func yScaleOf(kx, ky float64) int {
	return min(max(int(kx/ky+0.5), 1), 4)
}

// identify reads who printed the form for whom: the QR code where registration says it is, module
// by module or despeckled in growing effort, else the bar code at the foot, else the number below
// it. evidence is "qr", "barcode", "number" or "" where none of them could be read.
func (g *registration) identify(digits Recogniser) (id printed.Identity, evidence string) {
	if g.layout.QR.W > 0 {
		if id, ok := g.sampleQR(); ok {
			return id, "qr"
		}
		wide := yScaleOf(g.ky, g.kx)
		if id, ok := readQR(widened(g.cut(g.layout.QR, 2.4), wide), g.kx*float64(wide), g.ky, 5); ok {
			return id, "qr"
		}
	}
	f := g.layout.Field("form_number")
	if f == nil || len(f.Cells) == 0 {
		return printed.Identity{}, ""
	}
	// Each two digits more than the layout's twelve are 11 modules more.
	box := f.Cells[0]
	box.W += 9
	if id, ok := readBarcode(g.cut(box, 4), g.kx, g.ky); ok {
		return id, "barcode"
	}
	if id, ok := g.readNumber(f.Cells[0], digits); ok {
		return id, "number"
	}
	return printed.Identity{}, ""
}

// cut crops a box of the form, margin millimetres around it, from the page.
func (g *registration) cut(b printed.Box, margin float64) *bilevel.Image {
	x0, y0, x1, y1 := g.bounds(b, margin)
	return g.page.Crop(x0, y0, x1, y1)
}

// bounds are the page pixels that hold a box of the form and a margin.
func (g *registration) bounds(b printed.Box, margin float64) (x0, y0, x1, y1 int) {
	first := true
	for _, c := range [4]xy{
		{b.X - margin, b.Y - margin},
		{b.X + b.W + margin, b.Y - margin},
		{b.X - margin, b.Y + b.H + margin},
		{b.X + b.W + margin, b.Y + b.H + margin},
	} {
		p := g.at(c)
		x, y := int(p.x), int(p.y)
		if first {
			x0, y0, x1, y1, first = x, y, x+1, y+1, false
			continue
		}
		x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
	}
	// A map gone wild must not ask for more than a page.
	x0, y0 = max(x0, -g.page.W), max(y0, -g.page.H)
	x1, y1 = min(x1, 2*g.page.W), min(y1, 2*g.page.H)
	return x0, y0, max(x1, x0), max(y1, y0)
}

// readQR tries pictures of m from the likeliest on, at most the given number.
func readQR(m *bilevel.Image, kx, ky float64, tries int) (printed.Identity, bool) {
	if m.W < 20 || m.H < 10 {
		return printed.Identity{}, false
	}
	sharp := greyOf(m, yScaleOf(kx, ky))
	soft := sharp.blurred()
	softer := soft.blurred()
	r := qrcode.NewQRCodeReader()
	pictures := []struct {
		g      *grey
		hybrid bool
	}{{soft, false}, {softer, false}, {sharp, false}, {soft, true}, {softer, true}}
	for _, try := range pictures[:min(tries, len(pictures))] {
		if text := decodeCode(r, try.g, try.hybrid); text != "" {
			if id, err := printed.ParseIdentity(text); err == nil {
				return id, true
			}
		}
	}
	return printed.Identity{}, false
}

func readBarcode(m *bilevel.Image, kx, ky float64) (printed.Identity, bool) {
	if m.W < 20 || m.H < 4 {
		return printed.Identity{}, false
	}
	sharp := greyOf(m, yScaleOf(kx, ky))
	soft := sharp.blurred()
	r := oned.NewCode128Reader()
	for _, g := range []*grey{sharp, soft} {
		if text := decodeCode(r, g, false); text != "" {
			if id, err := printed.ParseNumber(text); err == nil {
				return id, true
			}
		}
	}
	return printed.Identity{}, false
}
