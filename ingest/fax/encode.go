package fax

import (
	"encoding/binary"
	"math/bits"

	"todoke/internal/bilevel"
)

// encoding says how rows are to be coded.
type encoding struct {
	scheme   scheme
	lsbFirst bool
	align    int  // RLE: rows start at multiples of this many bits
	eols     bool // Group 3: an end-of-line code before each row
	alignEOL bool // with fill so that the end-of-line code ends on a byte boundary
	k        int  // Group 3 two-dimensional: rows from one one-dimensional row to the next
	endMark  bool // EOFB or RTC at the end
}

// bitWriter collects code words.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint
}

func (w *bitWriter) put(c word) {
	w.acc = w.acc<<c.n | uint64(c.bits)
	w.n += uint(c.n)
	if w.n >= 32 {
		w.n -= 32
		w.out = binary.BigEndian.AppendUint32(w.out, uint32(w.acc>>w.n))
	}
}

// pad writes zeros until the length is offset more than a multiple of unit bits.
func (w *bitWriter) pad(unit, offset int) {
	at := len(w.out)*8 + int(w.n) - offset
	for k := (unit - at%unit) % unit; k > 0; {
		step := min(k, 16)
		w.put(word{n: uint8(step)})
		k -= step
	}
}

func (w *bitWriter) bytes() []byte {
	w.pad(8, 0)
	for ; w.n > 0; w.n -= 8 {
		w.out = append(w.out, byte(w.acc>>(w.n-8)))
	}
	return w.out
}

func (w *bitWriter) run(colour, n int) {
	for ; n >= maxRun+64; n -= maxRun {
		w.put(makeUp[colour][maxRun/64])
	}
	if n >= 64 {
		w.put(makeUp[colour][n/64])
		n %= 64
	}
	w.put(terminating[colour][n])
}

// changes lists the changing elements of a packed row, followed by sentinels.
func changes(row []byte, width int, c []int32) []int32 {
	c = c[:0]
	var before uint64 // the pixel left of the word, in the highest bit
	for x := 0; x < width; x += 64 {
		var v uint64
		if i := x >> 3; i+8 <= len(row) {
			v = binary.BigEndian.Uint64(row[i:])
		} else {
			for k, b := range row[i:] {
				v |= uint64(b) << (56 - 8*k)
			}
		}
		for t := v ^ (v>>1 | before); t != 0; {
			k := bits.LeadingZeros64(t)
			if x+k >= width {
				break
			}
			c = append(c, int32(x+k))
			t &^= 1 << 63 >> k
		}
		before = v << 63
	}
	w := int32(width)
	return append(c, w, w, w, w)
}

func (w *bitWriter) row1D(cur []int32, width int) {
	a0, colour := 0, white
	for i := 0; a0 < width; i++ {
		w.run(colour, int(cur[i])-a0)
		a0 = int(cur[i])
		colour ^= 1
	}
}

func (w *bitWriter) row2D(ref, cur []int32, width int) {
	a0, colour, i, k := int32(0), white, 0, 0
	for end := int32(width); a0 < end; {
		a1, b1, b2 := cur[i], ref[k], ref[k+1]
		if b2 < a1 {
			w.put(pass)
			a0 = b2
			k += 2
			continue
		}
		if off := a1 - b1; off >= -3 && off <= 3 {
			w.put(vertical[off+3])
			a0 = a1
			colour ^= 1
			i++
			if k > 0 {
				k--
			} else {
				k++
			}
		} else {
			a2 := cur[i+1]
			w.put(horizontal)
			w.run(colour, int(a1-a0))
			w.run(colour^1, int(a2-a1))
			a0 = a2
			i += 2
		}
		for ref[k] <= a0 && ref[k] < end {
			k += 2
		}
	}
}

// encodeRows codes packed rows, 1 = black; the padding bits of a row are not looked at.
func encodeRows(pix []byte, stride, width, rows int, e encoding) []byte {
	var w bitWriter
	white := [sentinels]int32{}
	for i := range white {
		white[i] = int32(width)
	}
	ref := append(make([]int32, 0, width+sentinels), white[:]...)
	cur := make([]int32, 0, width+sentinels)
	tag := func(oneD bool) {
		if e.scheme == schemeG3TwoD {
			w.put(word{bits: uint32(boolBit(oneD)), n: 1})
		}
	}
	eol := func() {
		if e.alignEOL {
			w.pad(8, 4) // the EOL's 12 bits end on a byte boundary
		}
		w.put(endOfLine)
	}
	for y := range rows {
		cur = changes(pix[y*stride:y*stride+stride], width, cur)
		switch e.scheme {
		case schemeRLE:
			w.pad(max(e.align, 8), 0)
			w.row1D(cur, width)
		case schemeG4:
			if e.align > 1 {
				w.pad(e.align, 0)
			}
			w.row2D(ref, cur, width)
		default:
			oneD := e.scheme == schemeG3 || e.k <= 1 || y%e.k == 0
			if e.eols {
				eol()
			} else if e.align > 1 {
				w.pad(e.align, 0)
			}
			tag(oneD)
			if oneD {
				w.row1D(cur, width)
			} else {
				w.row2D(ref, cur, width)
			}
		}
		ref, cur = cur, ref
	}
	if e.endMark {
		switch e.scheme {
		case schemeG4:
			if e.align > 1 {
				w.pad(e.align, 0)
			}
			w.put(endOfLine)
			w.put(endOfLine)
		case schemeG3, schemeG3TwoD:
			for range 6 {
				eol()
				tag(true)
			}
		case schemeRLE: // has none
		}
	}
	if e.scheme == schemeRLE {
		w.pad(max(e.align, 8), 0)
	}
	out := w.bytes()
	if e.lsbFirst {
		for i, b := range out {
			out[i] = reversed[b]
		}
	}
	return out
}

func boolBit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// EncodeRows codes an image as bare rows, what a TIFF strip or a PDF stream of it holds. Coding
// must be one of the CCITT ones.
func EncodeRows(m *bilevel.Image, o Options) ([]byte, error) {
	e, err := o.encoding()
	if err != nil {
		return nil, err
	}
	return encodeRows(m.Pix, m.Stride, m.W, m.H, e), nil
}
