package fax_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
	"testing"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
)

func encodeJPEG(tb testing.TB, m image.Image, quality int) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// TestPencilIsReadBesidePrint has a sheet with black rules and light writing between them, under
// light that falls off and with grain.
func TestPencilIsReadBesidePrint(t *testing.T) {
	t.Parallel()
	const w, h = 1700, 1200
	rules, writing := bilevel.New(w, h), bilevel.New(w, h)
	for y := 100; y < h; y += 100 {
		for i := range 4 {
			rules.Fill(100, w-100, y+i)
		}
		for x := 140; x < w-140; x += 60 { // slanted strokes
			for i := range 40 {
				writing.Fill(x+i/2, x+i/2+5, y+30+i)
			}
		}
	}
	for name, share := range map[string]float64{"soft pencil": 0.45, "light pencil": 0.72} {
		g := image.NewGray(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				v := 235 - 110*float64(x)/w
				switch {
				case rules.At(x, y):
					v *= 0.1
				case writing.At(x, y):
					v *= share
				}
				g.Pix[y*w+x] = byte(v + float64((x*7919+y*104729)%9) - 4)
			}
		}
		p := decode(t, encodeJPEG(t, g, 85))[0]
		off := 0
		for y := range h {
			for x := range w {
				if p.Image.At(x, y) != (rules.At(x, y) || writing.At(x, y)) {
					off++
				}
			}
		}
		if n := writing.Count(0, 0, w, h); off > n/20 {
			t.Errorf("%s: %d pixels are wrong of %d written", name, off, n)
		}
	}
}

// TestTintsAreNotInk has black writing on white, on a shaded field and on coloured paper, and a
// black square as forms have in their corners.
func TestTintsAreNotInk(t *testing.T) {
	t.Parallel()
	m := textPage(1700, 1200, 11)
	for y := 20; y < 80; y++ {
		m.Fill(20, 80, y)
	}
	c := image.NewRGBA(image.Rect(0, 0, 1700, 1200))
	for y := range 1200 {
		for x := range 1700 {
			v := color.RGBA{250, 240, 150, 255} // yellow paper
			if x > 900 && y > 300 && y < 700 {
				v = color.RGBA{190, 180, 120, 255}
			}
			if m.At(x, y) {
				v = color.RGBA{30, 20, 90, 255} // blue-black
			}
			c.SetRGBA(x, y, v)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, c); err != nil {
		t.Fatal(err)
	}
	p := decode(t, b.Bytes())[0]
	if n := differing(p.Image.Crop(0, 0, 880, 1200), m.Crop(0, 0, 880, 1200)); n > 0 {
		t.Errorf("%d pixels differ on plain paper", n)
	}
	if n := differing(p.Image.Crop(920, 320, 1700, 680), m.Crop(920, 320, 1700, 680)); n > 500 {
		t.Errorf("%d pixels differ on the shaded field", n)
	}
}

func TestLargePhotosAreReduced(t *testing.T) {
	t.Parallel()
	m := textPage(1500, 2000, 12)
	big := m.Repeat(3, 3)
	p := decode(t, encodeJPEG(t, grey(big, level(40), level(200)), 80))[0]
	// 6,000 pixels become 3,000.
	if p.Image.W != 2250 || p.Image.H != 3000 || p.Stated {
		t.Fatalf("%d × %d pixels", p.Image.W, p.Image.H)
	}
	if ink, want := p.Image.Count(0, 0, 2250, 3000), m.Count(0, 0, 1500, 2000)*9/4; math.Abs(float64(ink-want)) > 0.12*float64(want) {
		t.Errorf("%d black pixels, want about %d", ink, want)
	}
}

func TestExifTurnsAndMeasures(t *testing.T) {
	t.Parallel()
	m := textPage(600, 800, 13)
	plain := encodeJPEG(t, grey(m, level(20), level(240)), 95)
	le := binary.LittleEndian
	tiff := []byte("II*\x00\x08\x00\x00\x00")
	tiff = le.AppendUint16(tiff, 4)
	entry := func(tag, kind uint16, value uint32) {
		tiff = le.AppendUint32(le.AppendUint32(le.AppendUint16(le.AppendUint16(tiff, tag), kind), 1), value)
	}
	entry(274, 3, 6) // turn clockwise
	entry(282, 5, 62)
	entry(283, 5, 62)
	entry(296, 3, 3) // a centimetre
	tiff = le.AppendUint32(tiff, 0)
	tiff = le.AppendUint32(le.AppendUint32(tiff, 7874), 100)
	body := append([]byte("Exif\x00\x00"), tiff...)
	file := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2))...)
	file = append(append(file, body...), plain[2:]...)
	p := decode(t, file)[0]
	if p.Image.W != 800 || p.Image.H != 600 || !p.Stated || math.Abs(p.XDPI-200) > 0.1 {
		t.Fatalf("%d × %d pixels at %g dpi, stated %v", p.Image.W, p.Image.H, p.XDPI, p.Stated)
	}
	if n := differing(p.Image, m.Rotate(90)); n > 2000 {
		t.Errorf("%d pixels differ", n)
	}
}

func TestOtherPicturesSayWhatToSend(t *testing.T) {
	t.Parallel()
	for kind, head := range map[string]string{
		"GIF": "GIF89a\x01\x00\x01\x00", "WebP": "RIFF\x24\x00\x00\x00WEBPVP8 ", "HEIC": "\x00\x00\x00\x24ftypheic\x00\x00",
		"AVIF": "\x00\x00\x00\x20ftypavif\x00\x00", "BMP": "BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28",
	} {
		for _, err := range fax.Pages([]byte(head+strings.Repeat("\x00", 200)), fax.Limits{}) {
			if order.KindOf(err) != order.KindPermanent || !strings.Contains(err.Error(), kind) || !strings.Contains(err.Error(), "JPEG") {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
}

// TestPDFGreyPictures has pictures of every depth, grey, coloured and by palette.
func TestPDFGreyPictures(t *testing.T) {
	t.Parallel()
	m := textPage(320, 240, 14)
	samples := func(bits, channels int, ink, paper []int) []byte {
		var out []byte
		for y := range m.H {
			var acc, n uint
			for x := range m.W {
				v := paper
				if m.At(x, y) {
					v = ink
				}
				for c := range channels {
					for b := bits - 1; b >= 0; b-- {
						acc, n = acc<<1|uint(v[c]>>b&1), n+1
						if n == 8 {
							out, acc, n = append(out, byte(acc)), 0, 0
						}
					}
				}
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		space          string
		bits, channels int
		ink, paper     []int
	}{
		"grey 2":        {"/DeviceGray", 2, 1, []int{0}, []int{3}},
		"grey 4":        {"/DeviceGray", 4, 1, []int{1}, []int{15}},
		"grey 8":        {"/DeviceGray", 8, 1, []int{20}, []int{240}},
		"grey 16":       {"/DeviceGray", 16, 1, []int{0x1400}, []int{0xf0ff}},
		"turned round":  {"/DeviceGray/Decode[1 0]", 8, 1, []int{240}, []int{20}},
		"colour":        {"/DeviceRGB", 8, 3, []int{10, 10, 120}, []int{255, 250, 230}},
		"colour 4":      {"/DeviceRGB", 4, 3, []int{0, 0, 6}, []int{15, 15, 14}},
		"inks":          {"/DeviceCMYK", 8, 4, []int{0, 0, 0, 230}, []int{0, 0, 10, 0}},
		"palette":       {"[/Indexed/DeviceRGB 2<ff0000 ffffee 000040>]", 8, 1, []int{2}, []int{1}},
		"palette 4":     {"[/Indexed/DeviceGray 2<80f010>]", 4, 1, []int{2}, []int{1}},
		"colour of Lab": {"[/Lab<</WhitePoint[0.95 1 1.09]>>]", 8, 3, []int{20, 128, 128}, []int{250, 128, 128}},
	} {
		dict := fmt.Sprintf("/Type/XObject/Subtype/Image/Width 320/Height 240/ColorSpace%s/BitsPerComponent %d", c.space, c.bits)
		p := decode(t, scanAndText("", "576 0 0 432 0 100 cm /I Do", pdfStream(dict, samples(c.bits, c.channels, c.ink, c.paper))))[0]
		if strings.Contains(c.space, "Lab") { // drawn
			if n := p.Image.Count(0, 0, p.Image.W, p.Image.H); n == 0 || n > p.Image.W*p.Image.H/4 {
				t.Errorf("%s: %d black pixels", name, n)
			}
			continue
		}
		same(t, name, p, m)
	}
}
