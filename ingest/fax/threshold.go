package fax

import (
	"image"
	"math"
	"slices"

	"todoke/internal/bilevel"
)

// Thresholds of the separation of ink from paper. Brightness runs from 0 to 255; shares are of the
// brightness of the paper at that place.
const (
	// minContrast is how far ink and paper must lie apart on a page of two clean levels; below it
	// the sheet is blank, and all is paper.
	minContrast = 48
	cleanWithin = 12    // of a clean level
	cleanShare  = 0.999 // of the pixels that are of the two levels of a page that is bilevel already
	// faintest is the share of the paper's brightness by which the faintest ink is darker: light
	// pencil is; creases, grain and print that shows through from the back are not.
	faintest = 0.17
	// faintestDrawn is the same of a page of text and drawing, on which what is so light is a tint.
	faintestDrawn = 0.35
	// grains is the same in multiples of the deviation of the paper's own grain.
	grains = 4.5
	// darkest bounds the threshold from below: beside black print, what is this much darker than
	// paper is ink still. Half way to black is where a blurred stroke keeps its width.
	darkest = 0.42
	// Ground without paper within reach that is lighter than this share is a tint: shaded fields,
	// highlighter. Darker is ink.
	tintDark = 0.6

	blocksWide = 280 // blocks across the shorter side of a page: 0.75 mm of A4
	minBlock   = 4   // pixels
	blocksCell = 4   // blocks a side of a cell, in which the paper's brightness is taken
	paperShare = 0.2 // of the pixels of a cell that are at least as bright as its paper
	reach      = 4   // cells, 12 mm of A4: black areas smaller than twice that are on paper
)

// toBilevel separates ink from paper. The threshold follows the paper's brightness, so that shadow,
// uneven light and coloured paper are not read as ink, and the ink's, so that pencil is read beside
// black print. A page of two clean levels keeps every pixel.
func toBilevel(g *image.Gray) *bilevel.Image { return separate(g, faintest) }

// separate is toBilevel with the share by which the faintest ink is darker than paper.
func separate(g *image.Gray, faintest float64) *bilevel.Image {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	m := bilevel.New(w, h)
	if level, ok := cleanLevel(g, w, h); ok {
		fillInk(g, m, 0, h, func(int) int { return level })
		return m
	}
	t := newTiling(g, w, h)
	levels := t.levels(faintest)
	for by := range t.rows {
		row := levels[by*t.columns : (by+1)*t.columns]
		fillInk(g, m, by*t.size, min(h, (by+1)*t.size), func(x int) int { return int(row[x/t.size]) })
	}
	return m
}

// fillInk makes ink of what is no brighter than the level at its column.
func fillInk(g *image.Gray, m *bilevel.Image, from, to int, level func(x int) int) {
	levels := make([]int16, m.W)
	for x := range levels {
		levels[x] = int16(level(x))
	}
	for y := from; y < to; y++ {
		row := m.Row(y)
		in := g.Pix[y*g.Stride : y*g.Stride+m.W]
		for i := range row {
			var b byte
			part, lv := in[8*i:min(8*i+8, m.W)], levels[8*i:]
			for k, v := range part {
				b |= byte(uint16(int16(v)-lv[k]-1)>>15) << (7 - k)
			}
			row[i] = b
		}
	}
}

// cleanLevel is the threshold of a page that has but two levels, or one.
func cleanLevel(g *image.Gray, w, h int) (level int, ok bool) {
	var hist [256]int
	for y := range h {
		for _, v := range g.Pix[y*g.Stride : y*g.Stride+w] {
			hist[v]++
		}
	}
	dark, light := 0, 255
	for hist[dark] == 0 && dark < 255 {
		dark++
	}
	for hist[light] == 0 && light > 0 {
		light--
	}
	if light-dark < minContrast {
		return -1, true // a blank sheet
	}
	near := 0
	for v, n := range hist {
		if v <= dark+cleanWithin || v >= light-cleanWithin {
			near += n
		}
	}
	return (dark + light) / 2, float64(near) >= cleanShare*float64(w)*float64(h)
}

// tiling is a page in blocks, and in cells of blocks.
type tiling struct {
	size, columns, rows   int // of blocks
	lightest, inkiest     []byte
	cellColumns, cellRows int
	paper                 []float64 // of each cell
	grain                 float64
}

func newTiling(g *image.Gray, w, h int) *tiling {
	t := &tiling{size: max(minBlock, min(w, h)/blocksWide)}
	t.columns, t.rows = (w+t.size-1)/t.size, (h+t.size-1)/t.size
	t.lightest, t.inkiest = make([]byte, t.columns*t.rows), make([]byte, t.columns*t.rows)
	for i := range t.inkiest {
		t.inkiest[i] = 255
	}
	t.cellColumns, t.cellRows = (t.columns+blocksCell-1)/blocksCell, (t.rows+blocksCell-1)/blocksCell
	t.paper = make([]float64, t.cellColumns*t.cellRows)
	cell := t.size * blocksCell
	var grains []float64
	for cy := range t.cellRows {
		for cx := range t.cellColumns {
			var hist [256]int32
			n := int32(0)
			for y := cy * cell; y < min(h, (cy+1)*cell); y++ {
				in := g.Pix[y*g.Stride : y*g.Stride+w]
				row := y / t.size * t.columns
				for x0 := cx * cell; x0 < min(w, (cx+1)*cell); x0 += t.size {
					b := row + x0/t.size
					light, ink := t.lightest[b], t.inkiest[b]
					part := in[x0:min(w, x0+t.size)]
					for _, v := range part {
						hist[v]++
						light, ink = max(light, v), min(ink, v)
					}
					t.lightest[b], t.inkiest[b] = light, ink
					n += int32(len(part))
				}
			}
			above := func(share float64) float64 { // the level that this share of the pixels reaches
				left, v := int32(share*float64(n)), 255
				for ; v > 0; v-- {
					if left -= hist[v]; left < 0 {
						break
					}
				}
				return float64(v)
			}
			p := above(paperShare)
			t.paper[cy*t.cellColumns+cx] = p
			grains = append(grains, (p-above(0.5))/0.84) // a fifth and a half lie 0.84 deviations apart
		}
	}
	slices.Sort(grains)
	t.grain = grains[len(grains)/2]
	t.close()
	return t
}

// close raises the brightness of cells without paper to that of the paper around them.
func (t *tiling) close() {
	grid := t.paper
	for _, f := range []func(a, b float64) float64{math.Max, math.Min} {
		for _, across := range []bool{true, false} {
			out := make([]float64, len(grid))
			for y := range t.cellRows {
				for x := range t.cellColumns {
					v := grid[y*t.cellColumns+x]
					for d := -reach; d <= reach; d++ {
						xx, yy := x, y
						if across {
							xx += d
						} else {
							yy += d
						}
						if xx >= 0 && yy >= 0 && xx < t.cellColumns && yy < t.cellRows {
							v = f(v, grid[yy*t.cellColumns+xx])
						}
					}
					out[y*t.cellColumns+x] = v
				}
			}
			grid = out
		}
	}
	t.paper = grid
}

// paperAt is the paper's brightness at a block, between the centres of the cells around it.
func (t *tiling) paperAt(bx, by int) float64 {
	weigh := func(b, cells int) (i, j int, f float64) {
		at := (float64(b)+0.5)/blocksCell - 0.5
		i = int(math.Floor(at))
		f = at - float64(i)
		return min(max(i, 0), cells-1), min(max(i+1, 0), cells-1), f
	}
	x0, x1, fx := weigh(bx, t.cellColumns)
	y0, y1, fy := weigh(by, t.cellRows)
	at := func(x, y int) float64 { return t.paper[y*t.cellColumns+x] }
	return (at(x0, y0)*(1-fx)+at(x1, y0)*fx)*(1-fy) + (at(x0, y1)*(1-fx)+at(x1, y1)*fx)*fy
}

// levels is the threshold of each block: no brighter is ink.
func (t *tiling) levels(faintest float64) []int16 {
	lightest := t.spread(t.lightest, func(a, b byte) byte { return max(a, b) })
	inkiest := t.spread(t.inkiest, func(a, b byte) byte { return min(a, b) })
	out := make([]int16, len(lightest))
	for by := range t.rows {
		for bx := range t.columns {
			i := by*t.columns + bx
			paper, ink := t.paperAt(bx, by), float64(inkiest[i])
			if light := float64(lightest[i]); light > tintDark*paper && light < (1-faintest)*paper {
				paper = light
			}
			below := min(max((paper-ink)/2, faintest*paper, grains*t.grain), max(darkest*paper, grains*t.grain))
			out[i] = int16(max(-1, math.Floor(paper-below)))
		}
	}
	return out
}

// spread combines each block with those around it.
func (t *tiling) spread(in []byte, f func(a, b byte) byte) []byte {
	across, out := make([]byte, len(in)), make([]byte, len(in))
	for i, v := range in {
		x := i % t.columns
		if x > 0 {
			v = f(v, in[i-1])
		}
		if x+1 < t.columns {
			v = f(v, in[i+1])
		}
		across[i] = v
	}
	for i, v := range across {
		if i >= t.columns {
			v = f(v, across[i-t.columns])
		}
		if i+t.columns < len(across) {
			v = f(v, across[i+t.columns])
		}
		out[i] = v
	}
	return out
}
