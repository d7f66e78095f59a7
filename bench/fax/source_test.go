package fax_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/bench/fax"
)

// archive writes cells as they are cut from faxes: a bar for every digit, a dotted rule on the
// left, a line below, and one cell with a blot that runs out of the picture.
func archive(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	add := func(name string, data []byte) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	var labels strings.Builder
	labels.WriteString("file,label,month\n")
	for d := range 11 {
		m := image.NewGray(image.Rect(0, 0, 60, 60))
		for i := range m.Pix {
			m.Pix[i] = 255
		}
		for y := range 60 {
			m.SetGray(y, 58, color.Gray{})
			if y%4 < 2 {
				m.SetGray(1, y, color.Gray{})
			}
		}
		left, top := 28, 12
		if d == 10 {
			left, top = 10, 0
		}
		for y := top; y < 48; y++ {
			for x := left; x < 33; x++ {
				m.SetGray(x, y, color.Gray{})
			}
		}
		var p bytes.Buffer
		if err := png.Encode(&p, m); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("digits/%d.png", d)
		add("./"+name, p.Bytes())
		fmt.Fprintf(&labels, "%s,%d,201004\n", name, d%10)
	}
	var tick bytes.Buffer
	if err := png.Encode(&tick, image.NewGray(image.Rect(0, 0, 20, 20))); err != nil {
		t.Fatal(err)
	}
	add("./marks/tick.png", tick.Bytes())
	labels.WriteString("marks/tick.png,check,201004\n")
	add("./labels.csv", []byte(labels.String()))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "cells.tar.gz")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRealCellsLoseTheirFrames(t *testing.T) {
	t.Parallel()
	s, err := fax.LoadCells(archive(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.N() != 10 || s.Left != 1 {
		t.Errorf("%d digits and %d left out, want 10 and 1", s.N(), s.Left)
	}
	w := fax.Writer{HeightMM: 4.5, Source: s}
	p := fax.NewPaper(20, 20)
	w.Write(p, rand.New(rand.NewPCG(1, 1)), 1, 10, 10, 4.3, 6.3)
	k := fax.PaperDPI / 25.4
	px := func(mm float64) int { return int(mm * k) }
	ink := p.Image.Count(0, 0, p.Image.W, p.Image.H)
	// The bar is 36 pixels high and 5 wide; drawn 4.5 mm high it is 0.625 mm wide.
	if want := 4.5 * .625 * k * k; float64(ink) < .85*want || float64(ink) > 1.1*want {
		t.Errorf("%d pixels of ink, want about %.0f", ink, want)
	}
	if stray := ink - p.Image.Count(px(9.5), px(7.6), px(10.5), px(12.4)); stray > 0 {
		t.Errorf("%d pixels of ink beside the digit: the frame came along", stray)
	}
}

func TestFineStrokesAreDrawnByAPen(t *testing.T) {
	t.Parallel()
	// A bank with one glyph a digit: a bar 2 pixels wide and 90 high, a hair at 4.5 mm.
	var b []byte
	for d := range 10 {
		b = append(b, 0, 0, byte(d), 0, 2, 0, 90, 0)
		b = append(b, bytes.Repeat([]byte{255}, 180)...)
	}
	name := filepath.Join(t.TempDir(), "held.bank")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := fax.LoadBank(name)
	if err != nil {
		t.Fatal(err)
	}
	p := fax.NewPaper(20, 20)
	w := fax.Writer{HeightMM: 4.5, Source: s}
	w.Write(p, rand.New(rand.NewPCG(1, 1)), 3, 10, 10, 4.3, 6.3)
	k := fax.PaperDPI / 25.4
	wide := float64(p.Image.Count(0, int(10*k), p.Image.W, int(10*k)+1)) / k
	if wide < .22 || wide > .36 {
		t.Errorf("the stroke is %.2f mm wide, want about .27", wide)
	}
	if _, err := fax.LoadBank(archive(t)); err == nil {
		t.Error("an archive was taken for a bank")
	}
}

func TestRateKnowsHowSureItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		k, n int
		want float64
	}{{0, 1000, .003}, {3, 1000, .00775}, {0, 0, 1}} {
		if got := (fax.Rate{K: c.k, N: c.n}).AtMost(); got < c.want*.99 || got > c.want*1.01 {
			t.Errorf("%d of %d: at most %.5f, want %.5f", c.k, c.n, got, c.want)
		}
	}
}

func TestReferenceOrderIsFiveLinesAndNothingElse(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	shop := fax.NewShop(1, 100, 10)
	digits := map[int]int{}
	for range 200 {
		s := fax.RandomSheet(r, shop, fax.Reference(true))
		if len(s.Lines) != 5 || s.Total == "" || s.Customer == "" || s.ShipTo+s.Month+s.Day != "" || s.Marks != nil || s.LeftAlign {
			t.Fatalf("%+v", s)
		}
		for _, l := range s.Lines {
			digits[len(l.Quantity)]++
		}
		if s := fax.RandomSheet(r, shop, fax.Reference(false)); s.Total != "" {
			t.Fatal("a total where none is written")
		}
	}
	for n := 1; n <= 3; n++ {
		if digits[n] < 250 {
			t.Errorf("%d of 1000 quantities have %d digits", digits[n], n)
		}
	}
}
