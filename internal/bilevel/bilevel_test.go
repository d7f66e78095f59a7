package bilevel_test

import (
	"bytes"
	"image/png"
	"math/rand/v2"
	"testing"

	"todoke/internal/bilevel"
)

func random(t *testing.T, w, h int) *bilevel.Image {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	m := bilevel.New(w, h)
	for y := range h {
		for x := range w {
			m.Set(x, y, r.IntN(3) == 0)
		}
	}
	return m
}

func TestFillAndCountAgreeWithPixels(t *testing.T) {
	t.Parallel()
	m := bilevel.New(37, 3)
	for a := -2; a < 40; a++ {
		for b := a; b < 41; b++ {
			clear(m.Pix)
			m.Fill(a, b, 1)
			want := max(min(b, 37)-max(a, 0), 0)
			if got := m.Count(-5, -5, 50, 50); got != want {
				t.Fatalf("Fill(%d, %d): %d black, want %d", a, b, got, want)
			}
			if got := m.Count(a, 1, b, 2); got != want {
				t.Fatalf("Count(%d, %d): %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestRotateFourTimesIsWhereItWas(t *testing.T) {
	t.Parallel()
	m := random(t, 29, 13)
	o := m
	for range 4 {
		o = o.Rotate(90)
	}
	if !bytes.Equal(o.Pix, m.Pix) {
		t.Fatal("four quarter turns changed the image")
	}
	if !bytes.Equal(m.Rotate(180).Pix, m.Rotate(90).Rotate(90).Pix) || !bytes.Equal(m.Rotate(270).Pix, m.Rotate(180).Rotate(90).Pix) {
		t.Fatal("turns do not add up")
	}
}

func TestPNGKeepsEveryPixel(t *testing.T) {
	t.Parallel()
	m := random(t, 45, 17)
	var b bytes.Buffer
	if err := m.EncodePNG(&b, 204, 98); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	for y := range m.H {
		for x := range m.W {
			r, _, _, _ := img.At(x, y).RGBA()
			if (r == 0) != m.At(x, y) {
				t.Fatalf("pixel %d,%d", x, y)
			}
		}
	}
}

func TestCropTakesThePixelsThatWereThere(t *testing.T) {
	t.Parallel()
	m := random(t, 45, 20)
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		x0, y0 := r.IntN(70)-15, r.IntN(50)-15
		o := m.Crop(x0, y0, x0+r.IntN(40)-2, y0+r.IntN(20)-2)
		for y := -1; y <= o.H; y++ {
			for x := -1; x <= o.W; x++ {
				inside := x >= 0 && y >= 0 && x < o.W && y < o.H
				if o.At(x, y) != (inside && m.At(x0+x, y0+y)) {
					t.Fatalf("%d,%d: pixel %d,%d is %v", x0, y0, x, y, o.At(x, y))
				}
			}
		}
		for y := range o.H { // padding stays white
			for x := o.W; x < o.Stride*8; x++ {
				if o.Row(y)[x>>3]&(0x80>>(x&7)) != 0 {
					t.Fatalf("%d,%d: ink in the padding of row %d", x0, y0, y)
				}
			}
		}
	}
}
