package likeness

import "todoke/internal/bilevel"

// Page is a page's pixels and their resolution.
type Page struct {
	Image      *bilevel.Image
	XDPI, YDPI float64
}

// Details of a page are compared in cells so small that another sign is another pattern.
const (
	fineMM    = .375
	fineCell  = 4  // of them make up a cell
	fineBlock = 16 // fine cells: 6 mm
	fineReach = 9  // fine cells, about what the whole page and its cells are shifted by
	fineAlike = .75
	fineInk   = 1500 // levels, of a block that has more than specks
)

// Changes is the area, in square millimetres, on which two faxes of one sheet differ in print or
// writing, down to single signs: 6 mm × 6 mm for each place that is not on the other page. Faxes
// of the same sheet have little of it, however they came; a date that is another one costs
// some hundred. It takes some tens of milliseconds: compare the prints of both first.
func Changes(a, b Page) float64 {
	pa, pb := Of(a.Image, a.XDPI, a.YDPI), Of(b.Image, b.XDPI, b.YDPI)
	da, db := detail(a).soft(), detail(b).soft()
	if pa.sum() == 0 || pb.sum() == 0 {
		return pa.covered() + pb.covered()
	}
	dx, dy, _ := pa.shrunk().align(pb.shrunk(), 0, 0, shiftCoarse)
	dx, dy = pa.align(pb, coarse*dx, coarse*dy, refine)
	n := da.missing(db, pa, pb, dx, dy) + db.missing(da, pb, pa, -dx, -dy)
	return float64(n) * fineBlock * fineBlock * fineMM * fineMM
}

func detail(p Page) Print {
	return taken(p.Image, p.XDPI, p.YDPI, fineMM, maxCols*fineCell, maxRows*fineCell)
}

// missing counts the blocks of p that o has nowhere near; whole and other are their prints in
// cells, which lie dx, dy apart.
func (p Print) missing(o, whole, other Print, dx, dy int) int {
	n := 0
	for y := 0; y < p.rows; y += fineBlock {
		for x := 0; x < p.cols; x += fineBlock {
			if p.inkOf(x, y, fineBlock) < fineInk {
				continue
			}
			sx, sy := whole.nearby(other, x/fineCell, y/fineCell, dx, dy)
			if !p.seen(o, x, y, fineCell*sx, fineCell*sy) {
				n++
			}
		}
	}
	return n
}

// nearby is the shift, near that of the whole page, at which the neighbourhood of a cell lies best.
func (p Print) nearby(o Print, x, y, dx, dy int) (sx, sy int) {
	const around = 8 // cells on each side: 12 mm
	best := -1
	for j := -local; j <= local; j++ {
		for i := -local; i <= local; i++ {
			n := 0
			for v := y - around; v <= y+around; v++ {
				for u := x - around; u <= x+around; u++ {
					n += int(p.at(u, v)) * int(o.at(u+dx+i, v+dy+j))
				}
			}
			if n > best {
				best, sx, sy = n, dx+i, dy+j
			}
		}
	}
	return sx, sy
}

// seen tells whether the block at x, y is on o about a shift: every other place first, then those
// beside the best.
func (p Print) seen(o Print, x, y, dx, dy int) bool {
	best, bx, by := -1., 0, 0
	for sy := dy - fineReach; sy <= dy+fineReach; sy += 2 {
		for sx := dx - fineReach; sx <= dx+fineReach; sx += 2 {
			if c := p.correlation(o, x, y, sx, sy, fineBlock); c > best {
				best, bx, by = c, sx, sy
				if best >= fineAlike {
					return true
				}
			}
		}
	}
	for sy := by - 1; sy <= by+1; sy++ {
		for sx := bx - 1; sx <= bx+1; sx++ {
			if p.correlation(o, x, y, sx, sy, fineBlock) >= fineAlike {
				return true
			}
		}
	}
	return false
}
