package fax_test

import (
	"bytes"
	"testing"
	"time"

	corpus "todoke/bench/decode"
	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
)

// FuzzPages feeds any bytes: no panic, no hang, sizes within the limits, bad rows within the page,
// and every error one that a person can act on.
func FuzzPages(f *testing.F) {
	m := textPage(200, 60, 3)
	for _, o := range variants() {
		f.Add(encodeTIFF(f, o, m))
	}
	for _, o := range pdfVariants() {
		f.Add(encodePDF(f, o, m))
	}
	for _, file := range corpus.Flavours(textPage(96, 30, 5)) {
		f.Add(file.Data)
	}
	f.Add(encodeTIFF(f, fax.Options{Orientation: 6, NoByteCounts: true, NoLength: true}, m, m))
	f.Add(document("/Rotate 90", "q 6 0 0 6 0 0 cm /I Do Q BT (x) Tj ET", "/Width 16/Height 8/ColorSpace[/Indexed/DeviceGray 1<00ff>]/BitsPerComponent 1", bits16().Pix))
	var b bytes.Buffer
	if err := m.EncodePNG(&b, 204, 98); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(scanAndText("", "q 595 0 0 842 0 0 cm /I Do Q BT /F 24 Tf 100 700 Td (ORDER) Tj ET", pdfStream("/Type/XObject/Subtype/Image/Width 200/Height 60/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 200>>", g4(f, m))))
	f.Add(scanAndText("", "BI /W 200 /H 60 /IM true /F /CCF /DP <</K -1 /Columns 200>> ID "+string(g4(f, m))+" EI", pdfStream("", nil)))
	globals, data := jbig2(f, m)
	f.Add(scanAndText("", "595 0 0 842 0 0 cm /I Do", pdfStream("/Type/XObject/Subtype/Image/Width 200/Height 60/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/JBIG2Decode", append(globals, data...))))
	f.Add(encodeJPEG(f, grey(m, level(20), level(240)), 80))
	lim := fax.Limits{Bytes: 1 << 20, Pages: 20, PagePixels: 1 << 22, TotalPixels: 1 << 24, PageTime: 5 * time.Second}
	f.Fuzz(func(t *testing.T, data []byte) {
		next := 0
		for p, err := range fax.Pages(data, lim) {
			if err != nil {
				if order.KindOf(err) != order.KindPermanent {
					t.Fatalf("error of kind %s: %v", order.KindOf(err), err)
				}
				continue
			}
			if p.Index < next || p.Index > lim.Pages {
				t.Fatalf("page %d after page %d", p.Index, next)
			}
			next = p.Index + 1
			checkPage(t, p, lim)
		}
	})
}

func checkPage(t *testing.T, p fax.Page, lim fax.Limits) {
	t.Helper()
	m := p.Image
	if m.W <= 0 || m.H <= 0 || int64(m.W)*int64(m.H) > lim.PagePixels || m.Stride != (m.W+7)/8 || len(m.Pix) != m.H*m.Stride {
		t.Fatalf("%d × %d pixels, stride %d, %d bytes", m.W, m.H, m.Stride, len(m.Pix))
	}
	for i, r := range p.BadRows {
		if r < 0 || r >= m.H || i > 0 && r <= p.BadRows[i-1] {
			t.Fatalf("bad rows %v of %d", p.BadRows, m.H)
		}
	}
	if !(p.XDPI > 0 && p.YDPI > 0) {
		t.Fatalf("%g × %g dpi", p.XDPI, p.YDPI)
	}
	if pad := m.Stride*8 - m.W; pad > 0 {
		for y := range m.H {
			if m.Row(y)[m.Stride-1]&(1<<pad-1) != 0 {
				t.Fatalf("row %d has ink beyond the width", y)
			}
		}
	}
}

// FuzzCCITT codes any pixels in any way and decodes them again.
func FuzzCCITT(f *testing.F) {
	f.Add([]byte{0x55, 0xaa, 0x00, 0xff}, uint16(13), uint8(0), uint8(3))
	f.Add(bytes.Repeat([]byte{0xf0}, 500), uint16(1728), uint8(2), uint8(255))
	codings := []string{fax.CodingG4, fax.CodingG3, fax.CodingG3TwoD, fax.CodingRLE, fax.CodingRLEWord, fax.CodingPackBits, fax.CodingNone}
	f.Fuzz(func(t *testing.T, pix []byte, width uint16, coding, flags uint8) {
		w := int(width)%6000 + 1
		m := bilevel.New(w, min(max(1, len(pix)*8/w), 500))
		copy(m.Pix, pix)
		if pad := m.Stride*8 - w; pad > 0 {
			for y := range m.H {
				m.Row(y)[m.Stride-1] &^= 1<<pad - 1
			}
		}
		o := fax.Options{
			Coding: codings[int(coding)%len(codings)], LSBFirst: flags&1 > 0, BigEndian: flags&2 > 0, MinIsBlack: flags&4 > 0,
			AlignEOL: flags&8 > 0, EndMark: flags&16 > 0, K: int(flags >> 5), RowsPerStrip: int(coding) / 16,
		}
		p := decode(t, encodeTIFF(t, o, m))
		same(t, "tiff", p[0], m)
		o.LSBFirst, o.ByteAlign, o.NoEOL = false, flags&2 > 0, flags&1 > 0
		if o.Coding == fax.CodingPackBits || o.Coding == fax.CodingRLEWord {
			o.Coding = fax.CodingFlate
		}
		p = decode(t, encodePDF(t, o, m))
		same(t, "pdf", p[0], m)
	})
}
