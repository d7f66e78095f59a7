package fax_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"testing"

	"todoke/internal/bilevel"
)

// grey draws an image with the given brightness of ink and paper at each place.
func grey(m *bilevel.Image, ink, paper func(x, y int) float64) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, m.W, m.H))
	for y := range m.H {
		for x := range m.W {
			v := paper(x, y)
			if m.At(x, y) {
				v = ink(x, y)
			}
			g.Pix[y*g.Stride+x] = byte(max(0, min(255, v)))
		}
	}
	return g
}

func level(v float64) func(int, int) float64 { return func(int, int) float64 { return v } }

// differing is the number of pixels that differ.
func differing(a, b *bilevel.Image) int {
	n := 0
	for y := range a.H {
		for x := range a.W {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return n
}

func TestPNGPages(t *testing.T) {
	t.Parallel()
	for _, w := range []int{1, 7, 8, 65, 850} {
		for name, m := range pages(t, w, 60) {
			var b bytes.Buffer
			if err := m.EncodePNG(&b, 204, 98); err != nil {
				t.Fatal(err)
			}
			p := decode(t, b.Bytes())[0]
			same(t, name, p, m)
			if math.Abs(p.XDPI-204) > 0.02 || math.Abs(p.YDPI-98) > 0.02 || p.Coding != "png" {
				t.Fatalf("%s at %g × %g dpi", p.Coding, p.XDPI, p.YDPI)
			}
			b.Reset()
			// Go's encoder filters rows and writes palettes: the other ways a PNG can be written.
			pal := image.NewPaletted(image.Rect(0, 0, m.W, m.H), color.Palette{color.White, color.Black})
			for y := range m.H {
				for x := range m.W {
					if m.At(x, y) {
						pal.SetColorIndex(x, y, 1)
					}
				}
			}
			if err := png.Encode(&b, pal); err != nil {
				t.Fatal(err)
			}
			if m.Count(0, 0, m.W, m.H) < m.W*m.H { // a sheet of one level is taken for paper
				same(t, name+" palette", decode(t, b.Bytes())[0], m)
			}
		}
	}
}

func TestPNGDamageIsReported(t *testing.T) {
	t.Parallel()
	m := textPage(850, 1100, 3)
	var b bytes.Buffer
	if err := m.EncodePNG(&b, 0, 0); err != nil {
		t.Fatal(err)
	}
	p := decode(t, b.Bytes()[:b.Len()/2])[0]
	if len(p.BadRows) == 0 || p.BadRows[0] < 300 || p.BadRows[len(p.BadRows)-1] != 1099 || p.Note == "" {
		t.Fatalf("%d bad rows, note %q", len(p.BadRows), p.Note)
	}
	for y := range p.BadRows[0] {
		if !bytes.Equal(p.Image.Row(y), m.Row(y)) {
			t.Fatalf("row %d differs", y)
		}
	}
}

func TestGreyPagesBecomeBilevel(t *testing.T) {
	t.Parallel()
	m := textPage(850, 1100, 5)
	shadow := func(x, y int) float64 { return 230 - 170*float64(x)/850 }
	cases := map[string]struct {
		ink, paper func(x, y int) float64
		off        int // pixels that may differ
	}{
		"clean":  {level(10), level(250), 0},
		"pencil": {level(150), level(235), 0},
		"shadow": {func(x, y int) float64 { return shadow(x, y) * 0.35 }, shadow, 850 * 1100 / 500},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := png.Encode(&b, grey(m, c.ink, c.paper)); err != nil {
				t.Fatal(err)
			}
			p := decode(t, b.Bytes())[0]
			if n := differing(p.Image, m); n > c.off {
				t.Errorf("%d pixels differ, at most %d may", n, c.off)
			}
			if math.Abs(p.XDPI-102.8) > 0.1 || p.XDPI != p.YDPI {
				t.Errorf("%g × %g dpi, want A4's", p.XDPI, p.YDPI)
			}
		})
	}
}

func TestBlankScanStaysBlank(t *testing.T) {
	t.Parallel()
	noise := func(x, y int) float64 { return 225 + float64((x*7919+y*104729)%17) }
	var b bytes.Buffer
	if err := png.Encode(&b, grey(bilevel.New(850, 1100), noise, noise)); err != nil {
		t.Fatal(err)
	}
	if p := decode(t, b.Bytes())[0]; p.Image.Count(0, 0, 850, 1100) != 0 {
		t.Fatal("paper's grain was read as ink")
	}
}

func TestJPEGPages(t *testing.T) {
	t.Parallel()
	m := textPage(1700, 2200, 9)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, grey(m, level(20), level(245)), &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	p := decode(t, b.Bytes())[0]
	if n := differing(p.Image, m); n > 1700*2200/500 || p.Coding != "jpeg" {
		t.Fatalf("%s: %d pixels differ", p.Coding, n)
	}
	if math.Abs(p.XDPI-205.6) > 0.2 {
		t.Fatalf("%g dpi", p.XDPI)
	}
}
