package fax_test

import (
	"bytes"
	"math/bits"
	"math/rand/v2"
	"sync"
	"testing"

	"todoke/bench/fax"
	"todoke/internal/bilevel"
	"todoke/templates/form"
)

// blank is the printed form, drawn once.
var blank = sync.OnceValue(func() *form.Drawing {
	d, err := form.Order(form.Options{})
	if err != nil {
		panic(err)
	}
	return d
})

var sheet = sync.OnceValue(func() *fax.Paper {
	return &fax.Paper{Image: form.Raster(blank(), fax.PaperDPI, fax.PaperDPI)}
})

// page fills and sends one page of the condition.
func page(t *testing.T, c fax.Condition, seed uint64) (*bilevel.Image, fax.Truth) {
	t.Helper()
	d := blank()
	r := rand.New(rand.NewPCG(seed, 1))
	p := sheet().Clone()
	truth := fax.Fill(p, &d.Layout, fax.RandomSheet(r, fax.NewShop(seed, 100, 10), fax.Usual()), fax.NewWriter(r), c.Mess, r)
	if c.Sheet != nil {
		c.Sheet(p, &d.Layout, &truth, r)
	}
	return c.Line(r).Send(p, r), truth
}

func TestSameSeedSamePage(t *testing.T) {
	t.Parallel()
	for i, c := range fax.Conditions() {
		if i%6 != 5 {
			continue // the chance in all of them comes from the same place
		}
		a, ta := page(t, c, 5)
		b, tb := page(t, c, 5)
		if !bytes.Equal(a.Pix, b.Pix) || len(ta.Text) != len(tb.Text) {
			t.Errorf("%s: the same seed made two pages", c.Name)
		}
	}
	a, _ := page(t, fax.Conditions()[0], 5)
	if b, _ := page(t, fax.Conditions()[0], 6); bytes.Equal(a.Pix, b.Pix) {
		t.Error("another seed made the same page")
	}
}

// differing counts the pixels in which two images of one size differ.
func differing(a, b *bilevel.Image) (n int) {
	for i, v := range a.Pix {
		n += bits.OnesCount8(v ^ b.Pix[i])
	}
	return n
}

func TestPerfectScannerKeepsThePage(t *testing.T) {
	t.Parallel()
	p := sheet()
	m := fax.Line{XDPI: fax.PaperDPI, YDPI: fax.PaperDPI}.Send(p, rand.New(rand.NewPCG(1, 1)))
	if m.W != p.Image.W || m.H != p.Image.H {
		t.Fatalf("%d × %d, want %d × %d", m.W, m.H, p.Image.W, p.Image.H)
	}
	differ := differing(m, p.Image)
	if ink := p.Image.Count(0, 0, m.W, m.H); differ > ink/25 {
		t.Errorf("%d pixels differ of %d inked", differ, ink)
	}
	// Upside down is upside down.
	r := fax.Line{XDPI: 200, YDPI: 200}.Send(p, rand.New(rand.NewPCG(1, 1)))
	u := fax.Line{XDPI: 200, YDPI: 200, Rotate: 180}.Send(p, rand.New(rand.NewPCG(1, 1))).Rotate(180)
	differ = differing(r, u)
	if ink := r.Count(0, 0, r.W, r.H); differ > ink/3 {
		t.Errorf("turned twice: %d pixels differ of %d inked", differ, ink)
	}
}
