package fax_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/internal/needs"
	"todoke/order"
)

func encodePDF(tb testing.TB, o fax.Options, images ...*bilevel.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := fax.EncodePDF(&b, images, o); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func pdfVariants() map[string]fax.Options {
	return map[string]fax.Options{
		"K<0":             {XDPI: 204, YDPI: 196},
		"K<0 aligned":     {ByteAlign: true, MinIsBlack: true},
		"K=0":             {Coding: fax.CodingG3, XDPI: 204, YDPI: 98},
		"K=0 fill":        {Coding: fax.CodingG3, AlignEOL: true, MinIsBlack: true},
		"K=0 no EOL":      {Coding: fax.CodingG3, NoEOL: true},
		"K=0 aligned":     {Coding: fax.CodingG3, NoEOL: true, ByteAlign: true},
		"RLE":             {Coding: fax.CodingRLE},
		"K=4":             {Coding: fax.CodingG3TwoD, XDPI: 204, YDPI: 196},
		"K=2 fill":        {Coding: fax.CodingG3TwoD, K: 2, AlignEOL: true, XDPI: 204, YDPI: 98},
		"flate":           {Coding: fax.CodingFlate, MinIsBlack: true},
		"flate 0 is ink":  {Coding: fax.CodingFlate},
		"uncompressed":    {Coding: fax.CodingNone},
		"uncompressed 98": {Coding: fax.CodingNone, XDPI: 204, YDPI: 98},
	}
}

func TestPDFPagesDecodeToThemselves(t *testing.T) {
	t.Parallel()
	for name, o := range pdfVariants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, w := range []int{1, 9, 64, 200, 1728, 2048, 2432, 2560} {
				var images []*bilevel.Image
				var kinds []string
				for kind, m := range pages(t, w, 40) {
					images, kinds = append(images, m), append(kinds, fmt.Sprintf("%s, %d wide", kind, w))
				}
				got := decode(t, encodePDF(t, o, images...))
				if len(got) != len(images) {
					t.Fatalf("%d pages, want %d", len(got), len(images))
				}
				for i, p := range got {
					same(t, kinds[i], p, images[i])
					if o.XDPI > 0 && (math.Abs(p.XDPI-o.XDPI) > 0.1*o.XDPI/float64(w)*72 || math.Abs(p.YDPI-o.YDPI) > 0.1) {
						t.Fatalf("%s: %g × %g dpi", kinds[i], p.XDPI, p.YDPI)
					}
				}
			}
		})
	}
}

// TestPopplerReadsWhatWeWrite checks the files with qpdf, and their pixels with poppler.
func TestPopplerReadsWhatWeWrite(t *testing.T) {
	t.Parallel()
	needs.Programs(t, "qpdf", "pdfimages")
	for name, o := range pdfVariants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "fax.pdf")
			images := []*bilevel.Image{textPage(1728, 300, 1), textPage(200, 100, 2), bilevel.New(1728, 40), pages(t, 130, 40)["noise"]}
			if err := os.WriteFile(file, encodePDF(t, o, images...), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), "qpdf", "--check", file).CombinedOutput(); err != nil {
				t.Fatalf("qpdf: %v\n%s", err, out)
			}
			if out, err := exec.CommandContext(t.Context(), "pdfimages", "-png", file, filepath.Join(dir, "page")).CombinedOutput(); err != nil {
				t.Fatalf("pdfimages: %v\n%s", err, out)
			}
			for i, m := range images {
				data, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("page-%03d.png", i)))
				if err != nil {
					t.Fatal(err)
				}
				got := decode(t, data)[0]
				if o.MinIsBlack && o.Coding != fax.CodingFlate && o.Coding != fax.CodingNone {
					// pdfimages gives the samples and leaves the Decode array alone.
					inv := bilevel.New(m.W, m.H)
					for y := range m.H {
						for x := range m.W {
							inv.Set(x, y, !m.At(x, y))
						}
					}
					if bytes.Equal(got.Image.Pix, inv.Pix) {
						continue
					}
				}
				same(t, fmt.Sprintf("page %d", i), got, m)
			}
		})
	}
}

// document builds a PDF of one page from its parts; object 5 is the picture.
func document(page, content, image string, data []byte) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var offs []int
	add := func(s string) {
		offs = append(offs, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offs), s)
	}
	add("<</Type/Catalog/Pages 2 0 R>>")
	add("<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 600 800]/Resources<</XObject<</I 5 0 R>>>>>>")
	add("<</Type/Page/Parent 2 0 R/Contents 4 0 R" + page + ">>")
	add(fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content))
	add(fmt.Sprintf("<</Type/XObject/Subtype/Image%s/Length %d>>\nstream\n%s\nendstream", image, len(data), data))
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offs)+1)
	for _, o := range offs {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offs)+1, start)
	return b.Bytes()
}

// bits16 is an upright picture of 16 × 8 pixels without symmetry, 1 = ink.
func bits16() *bilevel.Image {
	m := bilevel.New(16, 8)
	m.Fill(0, 5, 0)
	m.Fill(0, 2, 1)
	m.Fill(0, 1, 2)
	m.Fill(13, 14, 7)
	return m
}

func negative(pix []byte) []byte {
	out := make([]byte, len(pix))
	for i, v := range pix {
		out[i] = ^v
	}
	return out
}

func TestPDFPlacementTurnsThePage(t *testing.T) {
	t.Parallel()
	m := bits16()
	flip := func(m *bilevel.Image) *bilevel.Image { // upside down, mirrored
		o := bilevel.New(m.W, m.H)
		for y := range m.H {
			copy(o.Row(m.H-1-y), m.Row(y))
		}
		return o
	}
	cases := []struct {
		name, page, content string
		want                *bilevel.Image
		xDPI, yDPI          float64
	}{
		{"upright", "", "q 6 0 0 6 0 0 cm /I Do Q", m, 192, 96},
		{"page turned right", "/Rotate 90", "q 6 0 0 6 0 0 cm /I Do Q", m.Rotate(90), 96, 192},
		{"page upside down", "/Rotate 180", "q 6 0 0 6 0 0 cm /I Do Q", m.Rotate(180), 192, 96},
		{"page turned left", "/Rotate -90", "q 6 0 0 6 0 0 cm /I Do Q", m.Rotate(270), 96, 192},
		{"picture turned left", "", "0 6 -6 0 100 0 cm /I Do", m.Rotate(270), 96, 192},
		{"turned left, shown right", "/Rotate 90", "0 6 -6 0 100 0 cm /I Do", m, 192, 96},
		{"upside down", "", "-6 0 0 -6 100 100 cm /I Do", m.Rotate(180), 192, 96},
		{"flipped", "", "6 0 0 -6 0 100 cm /I Do", flip(m), 192, 96},
		{"flipped, page turned right", "/Rotate 90", "6 0 0 -6 0 100 cm /I Do", flip(m).Rotate(90), 96, 192},
		{"scaled in steps", "", "q 2 0 0 2 0 0 cm q 3 0 0 3 5 5 cm /I Do Q Q", m, 192, 96},
		{"user unit", "/UserUnit 2", "3 0 0 3 0 0 cm /I Do", m, 192, 96},
	}
	for _, c := range cases {
		p := decode(t, document(c.page, c.content, "/Width 16/Height 8/ColorSpace/DeviceGray/BitsPerComponent 1", negative(m.Pix)))[0]
		if p.Image.W != c.want.W || !bytes.Equal(p.Image.Pix, c.want.Pix) {
			t.Errorf("%s: wrong way round", c.name)
		}
		if p.XDPI != c.xDPI || p.YDPI != c.yDPI {
			t.Errorf("%s: %g × %g dpi, want %g × %g", c.name, p.XDPI, p.YDPI, c.xDPI, c.yDPI)
		}
	}
}

func TestPDFInkIsTheDarkerSample(t *testing.T) {
	t.Parallel()
	m := bits16()
	for _, c := range []struct {
		image string
		one   bool // 1 is ink
	}{
		{"/ColorSpace/DeviceGray", false},
		{"/ColorSpace/DeviceGray/Decode[1 0]", true},
		{"/ImageMask true", false},
		{"/ImageMask true/Decode[1 0]", true},
		{"/ColorSpace[/Indexed/DeviceGray 1<00ff>]", false},
		{"/ColorSpace[/Indexed/DeviceRGB 1<ffffff000000>]", true},
		{"/ColorSpace[/Indexed/DeviceGray 1(\\377\\000)]", true},
		{"/ColorSpace[/Separation/Black/DeviceGray 9 0 R]", true},
	} {
		data := m.Pix
		if !c.one {
			data = negative(m.Pix)
		}
		p := decode(t, document("", "6 0 0 6 0 0 cm /I Do", "/Width 16/Height 8/BitsPerComponent 1"+c.image, data))[0]
		if !bytes.Equal(p.Image.Pix, m.Pix) {
			t.Errorf("%s: ink and paper changed places", c.image)
		}
	}
}

func TestPDFStripsAreJoined(t *testing.T) {
	t.Parallel()
	m := bits16()
	p := decode(t, document("", "q 600 0 0 300 0 100 cm /I Do Q 600 0 0 300 0 400 cm /I Do",
		"/Width 16/Height 8/ColorSpace/DeviceGray/BitsPerComponent 1", negative(m.Pix)))[0]
	if p.Image.H != 16 || !bytes.Equal(p.Image.Pix[:16], m.Pix) || !bytes.Equal(p.Image.Pix[16:], m.Pix) {
		t.Fatalf("%d rows", p.Image.H)
	}
}

func TestLockedPDF(t *testing.T) {
	t.Parallel()
	needs.Programs(t, "qpdf")
	m := textPage(400, 300, 8)
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, encodePDF(t, fax.Options{}, m), 0o600); err != nil {
		t.Fatal(err)
	}
	for user, readable := range map[string]bool{"himitsu": false, "": true} {
		if b, err := exec.CommandContext(t.Context(), "qpdf", "--encrypt", user, "owner", "256", "--", in, out).CombinedOutput(); err != nil {
			t.Fatalf("qpdf: %v\n%s", err, b)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if readable { // protected against changes only
			same(t, "protected", decode(t, data)[0], m)
			continue
		}
		for _, err := range fax.Pages(data, fax.Limits{}) {
			var e *order.Error
			if !errors.As(err, &e) || e.Kind != order.KindPermanent || !strings.Contains(e.Message, "password") {
				t.Errorf("locked: %v", err)
			}
		}
	}
}

func TestPDFOfLibtiff(t *testing.T) {
	t.Parallel()
	needs.Programs(t, "tiff2pdf")
	dir := t.TempDir()
	images := []*bilevel.Image{textPage(1728, 1100, 1), bilevel.New(1728, 20), textPage(1728, 900, 2)}
	in, out := filepath.Join(dir, "in.tif"), filepath.Join(dir, "out.pdf")
	for _, o := range []fax.Options{{XDPI: 204, YDPI: 98}, {Coding: fax.CodingG3, XDPI: 204, YDPI: 98}, {MinIsBlack: true, XDPI: 204, YDPI: 98}, {LSBFirst: true, RowsPerStrip: 100, XDPI: 204, YDPI: 98}} {
		if err := os.WriteFile(in, encodeTIFF(t, o, images...), 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := exec.CommandContext(t.Context(), "tiff2pdf", "-o", out, in).CombinedOutput(); err != nil {
			t.Fatalf("tiff2pdf: %v\n%s", err, b)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range decode(t, data) {
			same(t, fmt.Sprintf("%+v page %d (%s)", o, i, p.Coding), p, images[i])
			if math.Abs(p.XDPI-204) > 1 || math.Abs(p.YDPI-98) > 1 {
				t.Errorf("page %d: %g × %g dpi", i, p.XDPI, p.YDPI)
			}
		}
	}
}

// TestHostilePDF has files that multiply: they must end soon, with an error.
func TestHostilePDF(t *testing.T) {
	t.Parallel()
	// A form that draws itself twice, and a page tree whose only page is the tree.
	image := "/Width 16/Height 8/ColorSpace/DeviceGray/BitsPerComponent 1"
	form := document("", "/I Do /I Do", "/Width 1", nil)
	form = bytes.Replace(form, []byte("/Subtype/Image/Width 1/Length 0>>\nstream\n\nendstream"),
		[]byte("/Subtype/Form /Resources<</XObject<</I 5 0 R>>>>/Length 60>>\nstream\n/I Do /I Do /I Do /I Do /I Do /I Do /I Do /I Do /I Do /I Do \nendstream"), 1)
	tree := bytes.Replace(document("", "", image, nil), []byte("/Kids[3 0 R]"), []byte("/Kids[2 0 R]"), 1)
	gone := bytes.Replace(document("", "", image, nil), []byte("/Kids[3 0 R]"), []byte("/Kids[9 0 R]"), 1)
	cut := encodePDF(t, fax.Options{}, textPage(400, 300, 1))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"forms within forms": {form, "too complicated"},
		"tree in a circle":   {tree, "damaged"},
		"page missing":       {gone, "missing"},
		"cut":                {cut[:len(cut)/3], ""},
		"header alone":       {[]byte("%PDF-1.7\n"), "damaged"},
	} {
		n := 0
		for _, err := range fax.Pages(c.data, fax.Limits{}) {
			if n++; err == nil || order.KindOf(err) != order.KindPermanent || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
		if n == 0 {
			t.Errorf("%s: neither page nor error", name)
		}
	}
}
