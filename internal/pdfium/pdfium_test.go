package pdfium_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/internal/pdfium"
)

// engine is shared by the tests. Its compiled program is kept between runs.
var engine = pdfium.New(options(pdfium.Options{}))

func options(o pdfium.Options) pdfium.Options {
	o.CacheDir = filepath.Join(os.TempDir(), "todoke-test-programs")
	return o
}

// document is a PDF of one page of 100 × 50 points with a picture I of 4 × 2 pixels, whose upper
// left one is black.
func document(page, content string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var offs []int
	for i, s := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 100 50]/Resources<</XObject<</I 5 0 R/F 6 0 R>>>>>>",
		"<</Type/Page/Parent 2 0 R/Contents 4 0 R" + page + ">>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content),
		"<</Type/XObject/Subtype/Image/Width 4/Height 2/ColorSpace/DeviceGray/BitsPerComponent 1/Length 2>>\nstream\n\x7f\xff\nendstream",
		"<</Type/XObject/Subtype/Form/BBox[0 0 100 50]/Matrix[1 0 0 1 20 10]/Resources<</XObject<</I 5 0 R>>>>/Length 35>>\nstream\nq 40 0 0 20 0 0 cm /I Do Q          \nendstream",
	} {
		offs = append(offs, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, s)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offs)+1)
	for _, o := range offs {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offs)+1, start)
	return b.Bytes()
}

func open(t *testing.T, data []byte) *pdfium.Page {
	t.Helper()
	d, err := engine.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if d.Pages() != 1 || d.ObjectNumber(t.Context(), 0) != 3 {
		t.Fatalf("%d pages, the first is object %d", d.Pages(), d.ObjectNumber(t.Context(), 0))
	}
	p, err := d.Page(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPicturesKeepTheirPixels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		page, content string
		shown         pdfium.Rect
		w, h          float64
	}{
		"upright":   {"", "40 0 0 20 20 10 cm /I Do", pdfium.Rect{X: 20, Y: 20, Width: 40, Height: 20}, 100, 50},
		"in a form": {"", "/F Do", pdfium.Rect{X: 20, Y: 20, Width: 40, Height: 20}, 100, 50},
		"turned":    {"/Rotate 90", "/F Do", pdfium.Rect{X: 10, Y: 20, Width: 20, Height: 40}, 50, 100},
		"on head":   {"/Rotate 180", "/F Do", pdfium.Rect{X: 40, Y: 10, Width: 40, Height: 20}, 100, 50},
		"left":      {"/Rotate 270", "/F Do", pdfium.Rect{X: 20, Y: 40, Width: 20, Height: 40}, 50, 100},
		"cropped":   {"/CropBox[10 5 90 45]", "/F Do", pdfium.Rect{X: 10, Y: 15, Width: 40, Height: 20}, 80, 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, document(c.page, c.content))
			if p.Width != c.w || p.Height != c.h {
				t.Errorf("%g × %g points", p.Width, p.Height)
			}
			images, err := p.Images(t.Context())
			if err != nil || len(images) != 1 || images[0].Width != 4 || images[0].Height != 2 {
				t.Fatalf("%+v, %v", images, err)
			}
			if r := p.Shown(images[0].Matrix); r != c.shown {
				t.Errorf("shown at %+v, want %+v", r, c.shown)
			}
			g, err := p.Pixels(t.Context(), images[0])
			if err != nil || !bytes.Equal(g.Pix, []byte{0, 255, 255, 255, 255, 255, 255, 255}) {
				t.Errorf("%v, %v", g, err)
			}
		})
	}
}

func TestRenderAndLayers(t *testing.T) {
	t.Parallel()
	content := "0 0 10 10 re f q 40 0 0 20 20 10 cm /I Do Q 1 0 0 rg 90 40 10 10 re f"
	p := open(t, document("", content))
	g, err := p.Render(t.Context(), 100, 50)
	if err != nil {
		t.Fatal(err)
	}
	at := func(g *image.Gray, x, y int) byte { return g.GrayAt(x, y).Y }
	if at(g, 5, 45) != 0 || at(g, 25, 22) != 0 || at(g, 50, 35) != 255 || at(g, 95, 5) < 70 || at(g, 95, 5) > 80 || at(g, 50, 5) != 255 {
		t.Errorf("%d %d %d %d", at(g, 5, 45), at(g, 25, 22), at(g, 50, 35), at(g, 95, 5))
	}
	images, err := p.Images(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	base := image.NewGray(image.Rect(0, 0, 200, 100))
	for i := range base.Pix {
		base.Pix[i] = 0xc0
	}
	r := pdfium.Rect{Width: 100, Height: 50}
	above, err := p.Layer(t.Context(), images[0], true, r, base)
	if err != nil {
		t.Fatal(err)
	}
	below, err := p.Layer(t.Context(), images[0], false, r, base)
	if err != nil {
		t.Fatal(err)
	}
	if at(above, 10, 90) != 0xc0 || at(above, 50, 44) != 0xc0 || at(above, 190, 10) > 80 {
		t.Errorf("above: %d %d %d", at(above, 10, 90), at(above, 50, 44), at(above, 190, 10))
	}
	if at(below, 10, 90) != 0 || at(below, 50, 44) != 0xc0 || at(below, 190, 10) != 0xc0 {
		t.Errorf("below: %d %d %d", at(below, 10, 90), at(below, 50, 44), at(below, 190, 10))
	}
}

func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	good := document("", "/F Do")
	for name, data := range map[string][]byte{"nothing": nil, "text": []byte("order"), "header": []byte("%PDF-1.7\n")} {
		if _, err := engine.Open(t.Context(), data); !errors.Is(err, pdfium.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Without its cross-reference table it is read all the same.
	objects, _, _ := bytes.Cut(good, []byte("xref"))
	open(t, append(bytes.Clone(objects), "trailer\n<</Root 1 0 R>>\n"...))
}

func TestLimits(t *testing.T) {
	t.Parallel()
	p := open(t, document("", "/F Do"))
	if _, err := p.Render(t.Context(), 1<<20, 1<<20); !errors.Is(err, pdfium.ErrLimit) {
		t.Errorf("a huge drawing: %v", err)
	}
	slow := document("", strings.Repeat("/F Do ", 1<<20))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := engine.Open(ctx, slow); !errors.Is(err, pdfium.ErrLimit) || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("a context that is done: %v", err)
	}
	tight := pdfium.New(options(pdfium.Options{Steps: 5e6, Memory: 64 << 20}))
	t.Cleanup(func() { _ = tight.Close(context.Background()) })
	d, err := tight.Open(t.Context(), slow)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err = d.Page(t.Context(), 0); !errors.Is(err, pdfium.ErrLimit) {
		t.Errorf("too many steps: %v", err)
	}
	if _, err = d.Page(t.Context(), 0); !errors.Is(err, pdfium.ErrLimit) {
		t.Errorf("after that: %v", err)
	}
	d, err = tight.Open(t.Context(), document("", "/F Do"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	page, err := d.Page(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.Render(t.Context(), 6000, 6000); !errors.Is(err, pdfium.ErrLimit) {
		t.Errorf("too much memory: %v", err)
	}
}

// TestDamagedCacheIsMadeAnew has what a crash or a full disk leaves of the compiled program.
func TestDamagedCacheIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	for _, damage := range []func(program []byte) []byte{
		func(program []byte) []byte { return program },
		func(program []byte) []byte { return program[:len(program)/2] },
	} {
		files, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
		for _, name := range files {
			program, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, damage(program), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		e := pdfium.New(pdfium.Options{CacheDir: dir})
		if err := e.Prepare(t.Context()); err != nil {
			t.Error(err)
		}
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
