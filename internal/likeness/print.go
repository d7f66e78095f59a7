package likeness

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math"

	"todoke/internal/bilevel"
)

// CellMM is how wide and high a cell of a Print is.
const CellMM = 1.5

// Bounds of a print: 330 mm wide and 480 mm high. What a page has beyond them is not compared.
const (
	maxCols = 220
	maxRows = 320
	levels  = 15 // a cell's ink, 0 to levels
)

// Print is how much ink a page has in each cell of CellMM. The zero Print is that of no page.
type Print struct {
	cols, rows int
	ink        []uint8 // rows × cols, 0 to levels
}

// Zero tells whether p is the print of no page.
func (p Print) Zero() bool { return len(p.ink) == 0 }

// headMM at the top of a page are left out: fax machines print the time and their number there.
const headMM = 8

// Of takes a page's print. A resolution that is 0 or out of reason is taken from the sheet's
// width, A4, and its shape. Specks that noise leaves weigh nothing.
func Of(m *bilevel.Image, xDPI, yDPI float64) Print {
	return taken(m, xDPI, yDPI, CellMM, maxCols, maxRows)
}

func taken(m *bilevel.Image, xDPI, yDPI, cell float64, maxCols, maxRows int) Print {
	if m == nil || m.W == 0 || m.H == 0 {
		return Print{}
	}
	xDPI, yDPI = sensible(m, xDPI, yDPI)
	const mmPerInch = 25.4
	kx, ky := xDPI/mmPerInch*cell, yDPI/mmPerInch*cell // pixels a cell
	p := Print{cols: bound(float64(m.W)/kx, maxCols), rows: bound(float64(m.H)/ky, maxRows)}
	p.ink = make([]uint8, p.cols*p.rows)
	counts := make([]int, p.cols)
	for row := range p.rows {
		if float64(row)*cell < headMM {
			continue
		}
		clear(counts)
		y0, y1 := int(float64(row)*ky), min(max(int(float64(row+1)*ky), int(float64(row)*ky)+1), m.H)
		for y := y0; y < y1; y++ {
			for col := range p.cols {
				counts[col] += m.Count(int(float64(col)*kx), y, max(int(float64(col+1)*kx), int(float64(col)*kx)+1), y+1)
			}
		}
		area := kx * float64(max(y1-y0, 1))
		for col, n := range counts {
			p.ink[row*p.cols+col] = level(float64(n) / area)
		}
	}
	return p
}

// level is a cell's ink as it is kept. The root spreads thin strokes, which make up a page.
func level(density float64) uint8 {
	const noise, full = .015, .55
	d := (density - noise) / (full - noise)
	if d <= 0 {
		return 0
	}
	return uint8(math.Round(levels * math.Sqrt(min(d, 1))))
}

func bound(v float64, most int) int { return min(max(int(math.Ceil(v)), 1), most) }

// sensible are the resolutions to reckon with.
func sensible(m *bilevel.Image, x, y float64) (float64, float64) {
	const least, most, widthInch, faxWidth = 40, 2500, 8.47, 1728
	ok := func(v float64) bool { return v >= least && v <= most }
	if !ok(x) {
		x = min(max(float64(m.W)/widthInch, least), most)
	}
	if !ok(y) {
		y = x
		if m.W == faxWidth { // rows of fax machines are a little higher than pixels are wide
			y = x * 196 / 204
		}
		if float64(m.H) < .9*float64(m.W) { // a sheet of half as many rows, as standard faxes have
			y /= 2
		}
	}
	return x, y
}

const version = 1

// Bytes are the print as it is kept.
func (p Print) Bytes() []byte {
	if p.Zero() {
		return nil
	}
	var b bytes.Buffer
	b.Write([]byte{version, byte(p.cols >> 8), byte(p.cols), byte(p.rows >> 8), byte(p.rows)})
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	packed := make([]byte, (len(p.ink)+1)/2)
	for i, v := range p.ink {
		packed[i/2] |= v << (4 * (i & 1))
	}
	if _, err := w.Write(packed); err != nil {
		panic(err) // a buffer takes everything
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Parse is the print of Bytes. Nothing is the zero Print.
func Parse(data []byte) (Print, error) {
	const head = 5
	if len(data) == 0 {
		return Print{}, nil
	}
	if len(data) < head || data[0] != version {
		return Print{}, errors.New("parse print: not of a version that is known")
	}
	p := Print{cols: int(data[1])<<8 | int(data[2]), rows: int(data[3])<<8 | int(data[4])}
	if p.cols == 0 || p.rows == 0 || p.cols > maxCols || p.rows > maxRows {
		return Print{}, fmt.Errorf("parse print: %d × %d cells", p.cols, p.rows)
	}
	packed := make([]byte, (p.cols*p.rows+1)/2)
	if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(data[head:])), packed); err != nil {
		return Print{}, fmt.Errorf("parse print: %w", err)
	}
	p.ink = make([]uint8, p.cols*p.rows)
	for i := range p.ink {
		p.ink[i] = packed[i/2] >> (4 * (i & 1)) & levels
	}
	return p, nil
}
