package handwriting_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/bench/handwriting"
)

func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMNIST(t *testing.T) {
	t.Parallel()
	const size = handwriting.Side * handwriting.Side
	images := append([]byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28}, make([]byte, 2*size)...)
	images[16+size] = 200 // the second picture's first pixel
	labels := []byte{0, 0, 8, 1, 0, 0, 0, 2, 7, 3}
	for name, c := range map[string]struct {
		images, labels string
		pack           bool
		pix, of        []byte
		wrong          string
	}{
		"plain":            {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", false, images, labels, ""},
		"gzipped":          {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", true, images, labels, ""},
		"dotted":           {"t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte", false, images, labels, ""},
		"not there":        {"a", "b", false, images, labels, "no such file"},
		"the other file":   {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", false, labels, labels, "3 dimensions"},
		"a label too few":  {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", false, images, labels[:9], "for 1 labels"},
		"no digit":         {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", false, images, append(labels[:9:9], 10), "label 10"},
		"gzipped, it says": {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", false, images, labels, "gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if c.pack {
				c.pix, c.of = zipped(t, c.pix), zipped(t, c.of)
			}
			write(t, dir, c.images, c.pix)
			write(t, dir, c.labels, c.of)
			pictures, digits, err := handwriting.MNIST(dir, "t10k")
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Fatalf("%v, want an error about %q", err, c.wrong)
				}
				return
			}
			if err != nil || len(pictures) != 2 || !bytes.Equal(digits, []byte{7, 3}) || pictures[0][0] != 0 || pictures[1][0] != 200 {
				t.Errorf("%d pictures of %v: %v", len(pictures), digits, err)
			}
		})
	}
}

func TestBank(t *testing.T) {
	t.Parallel()
	glyph := []byte{5, 0, 9, 0, 2, 0, 1, 0, 10, 20}
	for name, c := range map[string]struct {
		data []byte
		n    int
	}{
		"empty": {nil, 0}, "one": {glyph, 1}, "two": {append(bytes.Clone(glyph), glyph...), 2}, "cut in its head": {glyph[:7], -1},
		"cut in its pixels": {glyph[:9], -1}, "no digit": {[]byte{5, 0, 11, 0, 1, 0, 1, 0, 10}, -1}, "without height": {[]byte{5, 0, 1, 0, 1, 0, 0, 0}, -1},
	} {
		glyphs, err := handwriting.Bank(write(t, t.TempDir(), "b", c.data))
		if (err != nil) != (c.n < 0) || err == nil && len(glyphs) != c.n {
			t.Errorf("%s: %d glyphs, %v", name, len(glyphs), err)
		}
		for _, g := range glyphs {
			if g.Font != 5 || g.Digit != 9 || g.W != 2 || g.H != 1 || !bytes.Equal(g.Pix, []byte{10, 20}) {
				t.Errorf("%s: %+v", name, g)
			}
		}
	}
}

func TestCells(t *testing.T) {
	t.Parallel()
	picture := func(w int) []byte {
		m := image.NewGray(image.Rect(0, 0, w, 3))
		for i := range m.Pix {
			m.Pix[i] = 255
		}
		m.SetGray(1, 2, color.Gray{Y: 100})
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	archive := func(labels string, picture []byte) string {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for name, data := range map[string][]byte{"./labels.csv": []byte(labels), "./digits/a.png": picture} {
			if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(data))}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return write(t, t.TempDir(), "cells.tar.gz", zipped(t, b.Bytes()))
	}
	cells, err := handwriting.Cells(archive("file,label\ndigits/a.png,4\ndigits/a.png,check\n", picture(5)))
	if err != nil || len(cells) != 2 {
		t.Fatalf("%d cells, %v", len(cells), err)
	}
	if d, ok := cells[0].Digit(); d != 4 || !ok {
		t.Errorf("%+v is %d, %v", cells[0], d, ok)
	}
	if d, ok := cells[1].Digit(); ok {
		t.Errorf("%+v is %d", cells[1], d)
	}
	if m := cells[0].Image; m.W != 5 || m.H != 3 || !m.At(1, 2) || m.Count(0, 0, 5, 3) != 1 {
		t.Errorf("%d × %d pixels, %d of ink", m.W, m.H, m.Count(0, 0, m.W, m.H))
	}
	for wrong, file := range map[string]string{
		"not there": archive("file,label\ndigits/b.png,4\n", picture(5)),
		"2000 × 3":  archive("file,label\ndigits/a.png,4\n", picture(2000)),
		"png":       archive("file,label\ndigits/a.png,4\n", []byte("a")),
		"gzip":      write(t, t.TempDir(), "cells", []byte("this is no archive")),
	} {
		if _, err := handwriting.Cells(file); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%v, want an error about %q", err, wrong)
		}
	}
}
