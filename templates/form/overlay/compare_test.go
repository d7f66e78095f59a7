package overlay_test

import (
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/form/overlay"
)

// striped is a page of w by h dots whose upper half is black.
func striped(w, h int) *bilevel.Image {
	m := bilevel.New(w, h)
	for y := range h / 2 {
		for x := range w {
			m.Set(x, y, true)
		}
	}
	return m
}

// reds are where a comparison is framed, as the smallest rectangle around it in each half.
func reds(m *image.RGBA) [2]image.Rectangle {
	var out [2]image.Rectangle
	red := color.RGBA{R: 214, G: 40, B: 40, A: 255}
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			if m.RGBAAt(x, y) != red {
				continue
			}
			half := &out[x*2/m.Rect.Dx()]
			*half = half.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return out
}

// TestCompareFramesWhatDiffers: two faxes of one sheet, sent at different resolutions, lie beside
// each other at one scale, and what differs is framed at the same place of both.
func TestCompareFramesWhatDiffers(t *testing.T) {
	t.Parallel()
	fine := overlay.Side{Heading: []string{"NOW"}, Image: striped(1728, 2290), XDPI: 204, YDPI: 196, Frames: []order.Area{{X0: 400, Y0: 1400, X1: 800, Y1: 1500}}}
	coarse := overlay.Side{Heading: []string{"THEN"}, Image: striped(1728, 1145), XDPI: 204, YDPI: 98, Frames: []order.Area{{X0: 400, Y0: 700, X1: 800, Y1: 750}}}
	m := overlay.Compare(fine, coarse)
	at := reds(m)
	if at[0].Empty() || at[1].Empty() {
		t.Fatalf("framed at %v", at)
	}
	shift := at[1].Min.X - at[0].Min.X
	if d := at[1].Sub(image.Pt(shift, 0)); max(abs(d.Min.Y-at[0].Min.Y), abs(d.Max.X-at[0].Max.X), abs(d.Max.Y-at[0].Max.Y)) > 2 {
		t.Errorf("one place of one sheet is framed at %v and at %v", at[0], at[1])
	}
	if ratio := float64(at[0].Dx()) / float64(at[0].Dy()); math.Abs(ratio-(400./204)/(100./196)) > .4 {
		t.Errorf("the frame is %v: the page is stretched", at[0])
	}
	// Above the frame the paper is inked, below it is not, on both sides.
	for i, f := range at {
		x := (f.Min.X + f.Max.X) / 2
		if up, down := m.RGBAAt(x, f.Min.Y-300), m.RGBAAt(x, f.Max.Y+20); up.R > 40 || down.R < 220 {
			t.Errorf("side %d: %v above, %v below", i, up, down)
		}
	}
	without := overlay.Compare(overlay.Side{Image: fine.Image, XDPI: 204, YDPI: 196}, overlay.Side{Instead: []string{"1010013  コピー用紙 × 3"}})
	if got := reds(without); !got[0].Empty() || !got[1].Empty() {
		t.Errorf("nothing differs, framed at %v", got)
	}
	if half := without.SubImage(image.Rect(without.Rect.Dx()/2+40, 60, without.Rect.Dx()-40, 200)).(*image.RGBA); !slices.Contains(half.Pix, 0) {
		t.Error("the lines of a web order are not written")
	}
}

// TestCompareTakesAnything: it is looked at when something is odd already.
func TestCompareTakesAnything(t *testing.T) {
	t.Parallel()
	sides := map[string]overlay.Side{
		"nothing":       {},
		"empty lines":   {Heading: []string{"", "　"}, Instead: []string{"", "𠮷"}},
		"many lines":    {Instead: make([]string, 4000)},
		"no resolution": {Image: striped(100, 3000), Frames: []order.Area{{X0: -1 << 40, Y0: 1 << 40, X1: 1 << 40, Y1: -1 << 40}}},
		"absurd":        {Image: striped(30, 30), XDPI: math.NaN(), YDPI: math.Inf(1)},
		"one dot":       {Image: bilevel.New(1, 1), XDPI: 204, YDPI: 98},
		"no dots":       {Image: bilevel.New(0, 0)},
		"long":          {Image: bilevel.New(8, 40_000), XDPI: 204, YDPI: 98},
	}
	for name, s := range sides {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if m := overlay.Compare(s, sides["nothing"]); m.Rect.Dx() < 1000 || m.Rect.Dy() < 1000 || m.Rect.Dx()*m.Rect.Dy() > 10e6 {
				t.Errorf("%v", m.Rect)
			}
		})
	}
}

func abs(n int) int { return max(n, -n) }
