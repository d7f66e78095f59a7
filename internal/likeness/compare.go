package likeness

import "math"

// Likeness is how alike two pages look.
type Likeness struct {
	// Score is the part of both pages' ink that is found on the other one, 0 to 1: two blank
	// pages are 1.
	Score float64
	// ChangedMM2 is the area on which they differ, in square millimetres: something written,
	// stamped or covered on one of them. Another text in the place of one is seen by Changes alone.
	ChangedMM2 float64
	// AddedMM2 is the area of what the second page has where the first one is white, GoneMM2 that
	// of what the first has alone.
	AddedMM2, GoneMM2 float64
}

// How far a page may be shifted as a whole, and each block of it on top by slant, stretch and
// lost rows, in cells.
const (
	shiftCoarse = 3 // coarse cells
	coarse      = 4 // cells: 6 mm
	refine      = 3
	local       = 2 // 3 mm
	block       = 6 // cells: 9 mm
)

// Compare tells how alike two pages look. It takes about two milliseconds, less where the pages
// have little in common.
func Compare(a, b Print) Likeness {
	return compare(a, b, 0)
}

// AtLeast is Compare for those who want no pages less alike than least: ok is false for them,
// mostly after some microseconds.
func AtLeast(a, b Print, least float64) (l Likeness, ok bool) {
	l = compare(a, b, least)
	return l, l.Score >= least && l.Score > 0
}

func compare(a, b Print, least float64) Likeness {
	inkA, inkB := a.sum(), b.sum()
	switch {
	case inkA == 0 && inkB == 0:
		return Likeness{Score: 1}
	case inkA == 0 || inkB == 0:
		added, gone := b.covered(), a.covered()
		return Likeness{ChangedMM2: added + gone, AddedMM2: added, GoneMM2: gone}
	}
	// One with far more ink than the other is not the same sheet.
	if few, many := min(inkA, inkB), max(inkA, inkB); 2*float64(few)/float64(few+many) < least {
		return Likeness{}
	}
	ca, cb := a.shrunk(), b.shrunk()
	dx, dy, alike := ca.align(cb, 0, 0, shiftCoarse)
	if alike < least-.15 { // coarse cells of pages that are alike are nearly all of one ink
		return Likeness{}
	}
	dx, dy = a.align(b, coarse*dx, coarse*dy, refine)
	l := a.soft().blocks(b.soft(), dx, dy)
	l.AddedMM2, l.GoneMM2 = b.beyond(a, -dx, -dy), a.beyond(b, dx, dy)
	return l
}

func (p Print) sum() int {
	n := 0
	for _, v := range p.ink {
		n += int(v)
	}
	return n
}

// covered is the area of the cells with ink.
func (p Print) covered() float64 {
	n := 0
	for _, v := range p.ink {
		if v > 0 {
			n++
		}
	}
	return float64(n) * CellMM * CellMM
}

// shrunk has one cell for coarse × coarse of p, with the sum of their ink.
func (p Print) shrunk() grid {
	g := grid{cols: (p.cols + coarse - 1) / coarse, rows: (p.rows + coarse - 1) / coarse}
	g.ink = make([]int, g.cols*g.rows)
	for y := range p.rows {
		for x := range p.cols {
			g.ink[y/coarse*g.cols+x/coarse] += int(p.ink[y*p.cols+x])
		}
	}
	return g
}

type grid struct {
	cols, rows int
	ink        []int
}

func (g grid) at(x, y int) int {
	if x < 0 || y < 0 || x >= g.cols || y >= g.rows {
		return 0
	}
	return g.ink[y*g.cols+x]
}

// align finds the shift that o must be read at to be most like g, within reach of a first guess,
// and the part of the ink that is then in common.
func (g grid) align(o grid, dx0, dy0, reach int) (dx, dy int, alike float64) {
	alike = -1
	for sy := dy0 - reach; sy <= dy0+reach; sy++ {
		for sx := dx0 - reach; sx <= dx0+reach; sx++ {
			common, all := 0, 0
			for y := range g.rows {
				for x := range g.cols {
					u, v := g.ink[y*g.cols+x], o.at(x+sx, y+sy)
					common += min(u, v)
					all += u + v
				}
			}
			if s := 2 * float64(common) / float64(max(all, 1)); s > alike {
				dx, dy, alike = sx, sy, s
			}
		}
	}
	return dx, dy, alike
}

func (p Print) at(x, y int) uint8 {
	if x < 0 || y < 0 || x >= p.cols || y >= p.rows {
		return 0
	}
	return p.ink[y*p.cols+x]
}

// align is that of grid, for fine cells: the sum of products finds the place sharply.
func (p Print) align(o Print, dx0, dy0, reach int) (dx, dy int) {
	best := -1
	for sy := dy0 - reach; sy <= dy0+reach; sy++ {
		for sx := dx0 - reach; sx <= dx0+reach; sx++ {
			n := 0
			for y := max(0, -sy); y < min(p.rows, o.rows-sy); y++ {
				x0, x1 := max(0, -sx), min(p.cols, o.cols-sx)
				if x0 >= x1 {
					continue
				}
				u, v := p.ink[y*p.cols+x0:y*p.cols+x1], o.ink[(y+sy)*o.cols+x0+sx:(y+sy)*o.cols+x1+sx]
				for i, w := range u {
					n += int(w) * int(v[i])
				}
			}
			if n > best {
				dx, dy, best = sx, sy, n
			}
		}
	}
	return dx, dy
}

// A block is the same on both pages where its ink correlates at least so much once the two lie
// best on each other; blocks with less ink than fewest levels on both are white.
const (
	correlates = .8
	fewest     = 48
)

// blocks compares p block by block with o read at a shift, each block within its own reach.
func (p Print) blocks(o Print, dx, dy int) Likeness {
	var same, all float64
	var changed int
	// o may reach beyond p on each side.
	x0, y0 := min(0, -dx), min(0, -dy)
	x1, y1 := max(p.cols, o.cols-dx), max(p.rows, o.rows-dy)
	for y := y0; y < y1; y += block {
		for x := x0; x < x1; x += block {
			u, v := p.inked(x, y), o.inked(x+dx, y+dy)
			if u < fewest && v < fewest {
				continue
			}
			weight := float64(u + v)
			all += weight
			if p.found(o, x, y, dx, dy) && o.found(p, x+dx, y+dy, -dx, -dy) {
				same += weight
				continue
			}
			changed++
		}
	}
	if all == 0 {
		return Likeness{Score: 1}
	}
	return Likeness{Score: same / all, ChangedMM2: float64(changed) * block * block * CellMM * CellMM}
}

// soft is p with each cell's ink spread over its neighbours: a line that lies on the edge of two
// cells on one page and within one on the other is the same line.
func (p Print) soft() Print {
	o := Print{cols: p.cols, rows: p.rows, ink: make([]uint8, len(p.ink))}
	side := make([]int, len(p.ink))
	for i, v := range p.ink {
		x := i % p.cols
		n := 2 * int(v)
		if x > 0 {
			n += int(p.ink[i-1])
		}
		if x+1 < p.cols {
			n += int(p.ink[i+1])
		}
		side[i] = n
	}
	for i, v := range side {
		n := 2 * v
		if i >= p.cols {
			n += side[i-p.cols]
		}
		if i+p.cols < len(side) {
			n += side[i+p.cols]
		}
		o.ink[i] = uint8(n / 2) // up to 8 times the level: thin things keep their shape
	}
	return o
}

// beyond is the area of p's ink, in square millimetres, that lies further than reach from any ink
// of o read at a shift. What is smaller than a written sign is noise.
func (p Print) beyond(o Print, dx, dy int) float64 {
	const reach, least = 3, 3 // cells; level
	n := 0
	for y := range p.rows {
		for x := range p.cols {
			if p.ink[y*p.cols+x] < least {
				continue
			}
			alone := true
		search:
			for j := y + dy - reach; j <= y+dy+reach; j++ {
				for i := x + dx - reach; i <= x+dx+reach; i++ {
					if o.at(i, j) > 1 {
						alone = false
						break search
					}
				}
			}
			if alone {
				n++
			}
		}
	}
	return float64(n) * CellMM * CellMM
}

// inked is the ink of the block at x, y.
func (p Print) inked(x, y int) int { return p.inkOf(x, y, block) }

func (p Print) inkOf(x, y, side int) int {
	n := 0
	for j := range side {
		for i := range side {
			n += int(p.at(x+i, y+j))
		}
	}
	return n
}

// found tells whether the block of p at x, y is on o near x+dx, y+dy.
func (p Print) found(o Print, x, y, dx, dy int) bool {
	if p.inked(x, y) < fewest {
		return true // nothing to be found; what o has here is looked for from its side
	}
	for sy := dy - local; sy <= dy+local; sy++ {
		for sx := dx - local; sx <= dx+local; sx++ {
			if p.correlation(o, x, y, sx, sy, block) >= correlates {
				return true
			}
		}
	}
	return false
}

// correlation of the block at x, y with that of o, both less half of their mean: a block that is
// black all over correlates with another.
func (p Print) correlation(o Print, x, y, sx, sy, side int) float64 {
	var tu, tv, tuu, tvv, tuv int
	for j := range side {
		if y+j >= p.rows && y+sy+j >= o.rows {
			break
		}
		for i := range side {
			u, v := int(p.at(x+i, y+j)), int(o.at(x+sx+i, y+sy+j))
			tu, tv, tuu, tvv, tuv = tu+u, tv+v, tuu+u*u, tvv+v*v, tuv+u*v
		}
	}
	if tuu == 0 || tvv == 0 {
		return 0
	}
	su, sv, uu, vv, uv := float64(tu), float64(tv), float64(tuu), float64(tvv), float64(tuv)
	n := float64(side * side)
	const part = .75 // 1 - (1-½)²: of the product of means that taking half of each leaves out
	cross := uv - part*su*sv/n
	return cross / math.Sqrt((uu-part*su*su/n)*(vv-part*sv*sv/n))
}
