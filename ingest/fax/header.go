package fax

import "todoke/internal/bilevel"

// HeaderLine finds the line that the sending machine prints at the top of a page it transmits: its
// date, number, name and the page's number, in letters as high as its font has them, within the first
// centimetre and apart from what is on the paper. top and bottom are rows of pixels, bottom beyond the
// last. It is a claim, like the station's id: a machine prints what its owner entered. What the line
// says is not read: the fonts are as many as the machines.
func HeaderLine(m *bilevel.Image, xDPI, yDPI float64) (top, bottom int, ok bool) {
	const (
		mm       = 1 / 25.4
		latest   = 6.0  // mm from the top where it begins
		lowest   = 10.0 // where it ends
		apart    = 0.8  // from what follows
		least    = 1.0  // high
		most     = 5.0
		width    = 25.0 // from its first character to its last
		specks   = 3    // black pixels of a row that are none
		letters  = 8    // runs of black columns
		thinnest = 0.02 // share of it that is black
		thickest = 0.5
	)
	if m == nil || xDPI <= 0 || yDPI <= 0 {
		return 0, 0, false
	}
	rows := func(v float64) int { return int(v * mm * yDPI) }
	end := min(m.H, rows(lowest+apart)+1)
	black := func(y int) bool { return m.Count(0, y, m.W, y+1) > specks }
	for top < end && !black(top) {
		top++
	}
	if top >= min(end, rows(latest)) {
		return 0, 0, false
	}
	bottom = top + 1
	for y := bottom; y < end && y-bottom <= rows(apart); y++ {
		if black(y) {
			bottom = y + 1
		}
	}
	if h := bottom - top; bottom > rows(lowest) || h < max(rows(least), 3) || h > rows(most) {
		return 0, 0, false
	}
	first, last, runs, inked := -1, 0, 0, false
	for x := range m.W {
		now := m.Count(x, top, x+1, bottom) > 0
		if now && !inked {
			runs++
		}
		if now {
			last = x
			if first < 0 {
				first = x
			}
		}
		inked = now
	}
	area := (last + 1 - first) * (bottom - top)
	share := float64(m.Count(0, top, m.W, bottom)) / float64(max(area, 1))
	ok = float64(last+1-first) >= width*mm*xDPI && runs >= letters && share >= thinnest && share <= thickest
	if !ok {
		return 0, 0, false
	}
	return top, bottom, true
}
