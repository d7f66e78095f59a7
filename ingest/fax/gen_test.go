package fax_test

import (
	"math/rand/v2"
	"testing"

	"todoke/internal/bilevel"
)

// textPage draws what looks like lines of writing and ruled boxes.
func textPage(w, h int, seed uint64) *bilevel.Image {
	r := rand.New(rand.NewPCG(seed, 1))
	m := bilevel.New(w, h)
	for top := h / 20; top+24 < h; top += 40 {
		if r.IntN(6) == 0 {
			continue
		}
		for x := w / 16; x < w-w/8; x += 14 + r.IntN(8) {
			for range 2 + r.IntN(3) { // strokes of a character
				x0, y0 := x+r.IntN(10), top+r.IntN(16)
				dx, dy := r.IntN(3)-1, r.IntN(3)-1
				for i := range 4 + r.IntN(14) {
					m.Fill(x0+i*dx, x0+i*dx+3, y0+i*dy)
					m.Fill(x0+i*dx, x0+i*dx+3, y0+i*dy+1)
				}
			}
		}
	}
	for range 6 {
		x, y, l := r.IntN(w), r.IntN(h), r.IntN(w)
		for i := range 4 {
			m.Fill(x, x+l, y+i)
		}
		for i := range h / 4 {
			m.Fill(x, x+4, y+i)
		}
	}
	return m
}

// pages are images that a coder may stumble over, by name.
func pages(tb testing.TB, w, h int) map[string]*bilevel.Image {
	tb.Helper()
	r := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	out := map[string]*bilevel.Image{"text": textPage(w, h, uint64(w)), "blank": bilevel.New(w, h)}
	draw := func(name string, f func(x, y int) bool) {
		m := bilevel.New(w, h)
		for y := range h {
			for x := range w {
				if f(x, y) {
					m.Set(x, y, true)
				}
			}
		}
		out[name] = m
	}
	draw("black", func(_, _ int) bool { return true })
	draw("black rows", func(_, y int) bool { return y%3 == 0 })
	draw("checker", func(x, y int) bool { return (x+y)&1 == 1 })
	draw("stripes", func(x, _ int) bool { return x/3%2 == 0 })
	draw("noise", func(_, _ int) bool { return r.IntN(2) == 0 })
	draw("specks", func(_, _ int) bool { return r.IntN(50) == 0 })
	draw("edges", func(x, y int) bool { return x == 0 || x == w-1 || y == 0 || y == h-1 })
	runs := bilevel.New(w, h)
	for y := range h {
		for x, on := 0, r.IntN(2) == 0; x < w; on = !on {
			n := 1 + r.IntN(1+r.IntN(max(1, w)))
			if on {
				runs.Fill(x, x+n, y)
			}
			x += n
		}
	}
	out["runs"] = runs
	return out
}
