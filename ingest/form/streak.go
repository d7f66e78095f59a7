package form

import "todoke/internal/bilevel"

// A streak is a black line down the page, from dust on the sender's scanning glass: thin, and
// exactly along the pixels' columns however askew the sheet lay. Nothing printed on our forms
// is as long.
const (
	streakMM     = 24.0 // shortest
	streakWideMM = 0.8
	streakFull   = 0.8 // part of its rows that are black
)

// withoutStreaks takes streaks off the page, leaving strokes that cross them. It returns the
// page itself where there are none. s holds the page's runs.
func withoutStreaks(m *bilevel.Image, s *scanner, kx, ky float64) (*bilevel.Image, int) {
	band := int(streakMM * ky / 2)
	wide := max(int(streakWideMM*kx), 2)
	if band < 4 || m.H < 2*band {
		return m, 0
	}
	// Thin ink by column and band of rows.
	bands := m.H/band + 1
	counts := make([]uint16, bands*m.W)
	for _, r := range s.runs {
		if int(r.x1-r.x0) > wide {
			continue
		}
		row := counts[int(r.y)/band*m.W:]
		for x := r.x0; x < r.x1; x++ {
			row[x]++
		}
	}
	full := uint16(streakFull * float64(band))
	var out *bilevel.Image
	found := 0
	for x := 0; x < m.W; x++ {
		for b := 0; b+1 < bands; b++ {
			// Two neighbouring bands, or one and most of the others beside it.
			if counts[b*m.W+x] < full || counts[(b+1)*m.W+x] < full && (b == 0 || counts[(b-1)*m.W+x] < full) {
				continue
			}
			if out == nil {
				c := *m
				c.Pix = append([]byte(nil), m.Pix...)
				out = &c
			}
			found++
			y0, y1 := b*band, min((b+1)*band, m.H)
			y0, y1 = follow(m, x, y0, -1), follow(m, x, y1-1, 1)+1
			for y := y0; y < y1; y++ {
				eraseThin(out, x, y, wide+1)
			}
		}
	}
	if out == nil {
		return m, 0
	}
	return out, found
}

// follow goes up or down a column while it is black, over gaps of a few rows.
func follow(m *bilevel.Image, x, y, step int) int {
	last, gap := y, 0
	for y >= 0 && y < m.H && gap < 6 {
		if m.At(x, y) {
			last, gap = y, 0
		} else {
			gap++
		}
		y += step
	}
	return last
}

// eraseThin clears the run through (x, y) where it is no wider than a streak.
func eraseThin(m *bilevel.Image, x, y, wide int) {
	if !m.At(x, y) {
		return
	}
	a, b := x, x+1
	for a > 0 && m.At(a-1, y) && x-a <= wide {
		a--
	}
	for b < m.W && m.At(b, y) && b-x <= wide {
		b++
	}
	if b-a > wide {
		return
	}
	for k := a; k < b; k++ {
		m.Set(k, y, false)
	}
}
