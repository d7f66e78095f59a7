package page

import (
	"math"
	"math/bits"

	"todoke/internal/bilevel"
	"todoke/order"
)

// Measures, in millimetres where they say no other.
const (
	cellMM  = 1.5
	pagesMM = 1000 // of a page are looked at, in either direction

	greyLeast, greyMost = .05, .95 // ink of a cell of a screened picture
	greyEdges           = 1.6      // edges a millimetre along its rows
	greyWindow          = 8        // cells: a picture is 12 mm wide and high
	greyPart            = .85      // of a window's cells

	darkWindow = 6 // cells: 9 mm
	darkInk    = .6

	solidInk = .92 // of a cell inside a stroke that is thicker than writing

	levelMM, uprightMM = 60, 30 // the shortest lines that count
	lineGapMM          = 1.0    // a break that a line bears
)

// Look measures a page. A resolution of 0 is taken for that of a fax.
func Look(m *bilevel.Image, xDPI, yDPI float64) order.PageLook {
	if m == nil || m.W == 0 || m.H == 0 {
		return order.PageLook{}
	}
	const mmPerInch, usualX, usualY, least = 25.4, 204, 196, 40
	if xDPI < least {
		xDPI = usualX
	}
	if yDPI < least {
		yDPI = usualY
	}
	kx, ky := xDPI/mmPerInch, yDPI/mmPerInch
	g := measure(m, kx, ky)
	look := order.PageLook{InkPermille: permille(m.Count(0, 0, m.W, m.H), m.W*m.H)}
	n := g.cols * g.rows
	written := 0
	for i := range n {
		if g.ink[i] > .01 {
			written++
		}
	}
	look.WrittenPermille = permille(written, n)
	grey := g.windows(greyWindow, greyPart, func(i int) float64 {
		if g.ink[i] >= greyLeast && g.ink[i] <= greyMost && g.edges[i] >= greyEdges {
			return 1
		}
		return 0
	})
	dark := g.windows(darkWindow, darkInk, func(i int) float64 { return g.ink[i] })
	greys, darks, solids := 0, 0, 0
	for i := range n {
		switch {
		case grey[i]:
			greys++
		case dark[i]:
			darks++
		case g.ink[i] >= solidInk:
			solids++
		}
	}
	look.HalftonePermille, look.DarkPermille = permille(greys, n), permille(darks, n)
	look.DisplayMM2 = int(math.Round(float64(solids) * cellMM * cellMM))
	look.Rows = countLines(m, int(levelMM*kx), int(lineGapMM*kx)+1, int(3*ky)+1)
	look.Columns = countLines(turned(m), int(uprightMM*ky), int(lineGapMM*ky)+1, int(3*kx)+1)
	return look
}

func permille(part, of int) int { return int(math.Round(1000 * float64(part) / float64(max(of, 1)))) }

// cells is what each cell of a page has.
type cells struct {
	cols, rows int
	ink        []float64 // part of it, 0 to 1
	edges      []float64 // changes between black and white along a row, a millimetre
}

func measure(m *bilevel.Image, kx, ky float64) cells {
	g := cells{cols: int(min(float64(m.W)/kx, pagesMM)/cellMM) + 1, rows: int(min(float64(m.H)/ky, pagesMM)/cellMM) + 1}
	g.ink, g.edges = make([]float64, g.cols*g.rows), make([]float64, g.cols*g.rows)
	edge := bilevel.New(m.W, 1)
	inks, edges := make([]int, g.cols), make([]int, g.cols)
	bounds := make([]int, g.cols+1)
	for i := range bounds {
		bounds[i] = min(int(float64(i)*cellMM*kx), m.W)
	}
	for row := range g.rows {
		y0, y1 := int(float64(row)*cellMM*ky), min(int(float64(row+1)*cellMM*ky), m.H)
		clear(inks)
		clear(edges)
		for y := y0; y < y1; y++ {
			src, dst := m.Row(y), edge.Row(0)
			carry := byte(0)
			for i, b := range src {
				dst[i] = b ^ (b>>1 | carry<<7)
				carry = b & 1
			}
			for col := range g.cols {
				inks[col] += m.Count(bounds[col], y, bounds[col+1], y+1)
				edges[col] += edge.Count(bounds[col], 0, bounds[col+1], 1)
			}
		}
		for col := range g.cols {
			w := bounds[col+1] - bounds[col]
			if n := w * (y1 - y0); n > 0 {
				g.ink[row*g.cols+col] = float64(inks[col]) / float64(n)
				g.edges[row*g.cols+col] = float64(edges[col]) / (float64(n) / kx)
			}
		}
	}
	return g
}

// windows tells which cells lie in a window of side × side cells whose mean value is at least
// least.
func (g cells) windows(side int, least float64, value func(i int) float64) []bool {
	in := make([]bool, g.cols*g.rows)
	w := g.cols + 1
	sum := make([]float64, w*(g.rows+1))
	for y := range g.rows {
		for x := range g.cols {
			sum[(y+1)*w+x+1] = value(y*g.cols+x) + sum[y*w+x+1] + sum[(y+1)*w+x] - sum[y*w+x]
		}
	}
	for y := 0; y+side <= g.rows; y++ {
		for x := 0; x+side <= g.cols; x++ {
			s := sum[(y+side)*w+x+side] - sum[y*w+x+side] - sum[(y+side)*w+x] + sum[y*w+x]
			if s < least*float64(side*side) {
				continue
			}
			for j := range side {
				for i := range side {
					in[(y+j)*g.cols+x+i] = true
				}
			}
		}
	}
	return in
}

// countLines counts the level lines of a page that are at least long pixels, with gaps of less
// than gap; those less than apart rows from each other are one.
func countLines(m *bilevel.Image, long, gap, apart int) int {
	n, last := 0, -apart-1
	for y := range m.H {
		if y-last <= apart && last >= 0 {
			if longest(m, y, gap) >= long {
				last = y
			}
			continue
		}
		if longest(m, y, gap) >= long {
			n++
			last = y
		}
	}
	return n
}

// longest is the length of the longest run of ink of row y, with gaps of less than gap. The row
// above and below count, for a line that lies askew climbs.
func longest(m *bilevel.Image, y, gap int) int {
	row := m.Row(y)
	var above, below []byte
	if y > 0 {
		above = m.Row(y - 1)
	}
	if y+1 < m.H {
		below = m.Row(y + 1)
	}
	best, from, white := 0, -1, 0
	for i, b := range row {
		if above != nil {
			b |= above[i]
		}
		if below != nil {
			b |= below[i]
		}
		switch {
		case b == 0:
			white += 8
		case b == 0xff && from >= 0 && white == 0:
		default:
			for k := range 8 {
				if b&(0x80>>k) == 0 {
					white++
					continue
				}
				if from < 0 || white >= gap {
					if from >= 0 {
						best = max(best, 8*i+k-white-from)
					}
					from = 8*i + k
				}
				white = 0
			}
		}
		if white >= gap && from >= 0 {
			best = max(best, 8*i+8-white-from)
			from, white = -1, 0
		}
	}
	if from >= 0 {
		best = max(best, 8*len(row)-white-from)
	}
	return best
}

// turned is the page on its side, eight rows at a time.
func turned(m *bilevel.Image) *bilevel.Image {
	o := bilevel.New(m.H, m.W)
	for y := range m.H {
		for i, b := range m.Row(y) {
			for b != 0 {
				k := bits.LeadingZeros8(b)
				b &^= 0x80 >> k
				o.Pix[(8*i+k)*o.Stride+y>>3] |= 0x80 >> (y & 7)
			}
		}
	}
	return o
}
