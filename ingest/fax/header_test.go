package fax_test

import (
	"testing"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
)

func TestHeaderLine(t *testing.T) {
	t.Parallel()
	const w, h, xDPI, yDPI = 1728, 1078, 204.0, 98.0
	at := func(mm float64) int { return int(mm / 25.4 * yDPI) }
	letters := func(m *bilevel.Image, top, bottom, n int) {
		for i := range n {
			for y := top; y < bottom; y++ {
				m.Fill(60+i*20, 64+i*20, y)
				if y == top || y == bottom-1 {
					m.Fill(60+i*20, 72+i*20, y)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		draw func(m *bilevel.Image)
		want bool
	}{
		"a line of letters": {func(m *bilevel.Image) {
			letters(m, at(2), at(4.5), 50)
			letters(m, at(20), at(25), 70)
		}, true},
		"at the very top": {func(m *bilevel.Image) { letters(m, 0, at(3), 40) }, true},
		"a blank page":    {func(*bilevel.Image) {}, false},
		"a rule": {func(m *bilevel.Image) {
			for y := at(3); y < at(4.5); y++ {
				m.Fill(60, 1600, y)
			}
		}, false},
		"a black bar": {func(m *bilevel.Image) {
			for y := range at(8) {
				m.Fill(0, w, y)
			}
		}, false},
		"a few letters":           {func(m *bilevel.Image) { letters(m, at(2), at(4.5), 5) }, false},
		"too low":                 {func(m *bilevel.Image) { letters(m, at(7), at(9), 50) }, false},
		"part of what is beneath": {func(m *bilevel.Image) { letters(m, at(2), at(30), 50) }, false},
		"specks": {func(m *bilevel.Image) {
			for i := range 50 {
				m.Set(i*30, at(3)+i%5, true)
			}
		}, false},
	} {
		m := bilevel.New(w, h)
		c.draw(m)
		top, bottom, ok := fax.HeaderLine(m, xDPI, yDPI)
		if ok != c.want || ok && (bottom <= top || bottom > at(10)) {
			t.Errorf("%s: %d to %d, %v", name, top, bottom, ok)
		}
	}
	if _, _, ok := fax.HeaderLine(nil, xDPI, yDPI); ok {
		t.Error("no picture has a header line")
	}
	if _, _, ok := fax.HeaderLine(bilevel.New(1, 1), xDPI, yDPI); ok {
		t.Error("one pixel is a header line")
	}
}
