package fax

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// scheme is how rows are coded.
type scheme uint8

const (
	schemeRLE    scheme = iota // one-dimensional, no end-of-line codes, rows on byte boundaries
	schemeG3                   // T.4 one-dimensional
	schemeG3TwoD               // T.4 two-dimensional
	schemeG4                   // T.6
)

// stream says how a run of coded rows is to be understood.
type stream struct {
	scheme   scheme
	lsbFirst bool // the first bit is the lowest of a byte (TIFF FillOrder 2)
	align    int  // rows start at multiples of this many bits: 1, 8 or 16
	width    int  // pixels a row
	rows     int  // rows to decode; -1 where the file does not say
	maxRows  int  // never decode more
	extra    bool // decode what follows rows, where it decodes cleanly to an end mark
	paper    byte // what rows that never came are filled with: 0xff where the bits will be inverted
	probe    bool // stop at the first damage
	work     *int // bits that may still be read while searching for rows; nil is a share for this stream alone
}

// coded is what a stream decoded to.
type coded struct {
	pix   []byte // rows of (width+7)/8 bytes, 1 = black
	rows  int    // rows in pix
	bad   []int  // rows of pix that could not be decoded, ascending
	ended bool   // an end mark (RTC, EOFB) was met
	left  bool   // T.6: after the last row stands neither its end mark nor the end of the data
}

// decoder holds one stream. Rows are lists of changing elements (T.4 4.2.1.1): the strictly
// rising positions at which the colour changes, the first from white to black, followed by
// sentinels equal to the width.
type decoder struct {
	stream
	b        []byte // coded bytes, most significant bit first, and zero bytes to look ahead into
	end      int    // bits of b that are data
	ref, cur []int32
	n        int // changing elements in cur
	out      coded
	stride   int
}

const (
	sentinels = 4
	leftOver  = 64 // bytes behind the last row that mean nothing: senders leave their buffers' rest there
	lookAhead = 16
	// searchWork is how many bits may be read in search of rows after damage, for all of a page:
	// a fraction of a second's work.
	searchWork = 1 << 26
)

// decodeStream decodes coded rows. It never fails: a row that cannot be decoded repeats the row
// above (T.4 leaves this to the receiver; a repeated row disturbs reading least) and is listed;
// rows that never came are paper and listed.
func decodeStream(data []byte, s stream) coded {
	d := newDecoder(data, s)
	limit := s.maxRows
	if s.rows >= 0 {
		limit = min(limit, s.rows)
		// No coding takes less than a bit a row: a tall claim over few bytes allocates as it decodes.
		d.out.pix = make([]byte, 0, min(limit, d.end+1)*d.stride)
	}
	pos := d.decode(0, limit)
	if s.extra && s.rows >= 0 && d.out.rows == limit && len(d.out.bad) == 0 && !d.out.ended {
		pos = d.decodeExtra(pos)
	}
	if s.scheme == schemeG4 && d.out.rows == limit && !d.out.ended {
		d.out.left = !d.atEnd(d.aligned(pos)) && !d.onlyFill(pos+8*leftOver)
	}
	if s.rows >= 0 {
		d.leave(limit - d.out.rows)
	}
	return d.out
}

func newDecoder(data []byte, s stream) *decoder {
	d := &decoder{stream: s, end: 8 * len(data), stride: (s.width + 7) / 8}
	d.b = make([]byte, len(data)+lookAhead)
	if s.lsbFirst {
		for i, v := range data {
			d.b[i] = reversed[v]
		}
	} else {
		copy(d.b, data)
	}
	if d.work == nil {
		work := searchWork
		d.work = &work
	}
	d.ref = make([]int32, s.width+sentinels+2)
	d.cur = make([]int32, s.width+sentinels+2)
	d.resetRef()
	return d
}

// decode appends rows until there are limit of them or the data end, and returns where it stopped.
func (d *decoder) decode(pos, limit int) int {
	if d.scheme == schemeG4 || d.scheme == schemeRLE {
		return d.decodeUnmarked(pos, limit)
	}
	return d.decodeMarked(pos, limit)
}

// resetRef makes the reference row white.
func (d *decoder) resetRef() {
	for i := range sentinels {
		d.ref[i] = int32(d.width)
	}
}

// row appends a white row.
func (d *decoder) row() []byte {
	d.out.rows++
	n := len(d.out.pix)
	if n+d.stride > cap(d.out.pix) {
		d.out.pix = slices.Grow(d.out.pix, max(d.stride, n/2))
	}
	d.out.pix = d.out.pix[:n+d.stride]
	row := d.out.pix[n:]
	clear(row)
	return row
}

// turn makes the row just decoded the reference.
func (d *decoder) turn() {
	for i := range sentinels {
		d.cur[d.n+i] = int32(d.width)
	}
	d.ref, d.cur = d.cur, d.ref
}

// keep appends the row just decoded and makes it the reference.
func (d *decoder) keep() {
	d.turn()
	row := d.row()
	if d.n == 0 {
		return
	}
	for _, x := range d.ref[:d.n] {
		row[x>>3] ^= 0x80 >> (x & 7)
	}
	if d.n&1 == 1 && d.width&7 != 0 { // the last run ends with the row, before the padding
		row[d.width>>3] ^= 0x80 >> (d.width & 7)
	}
	fill(row, int(d.ref[0])>>6*8)
}

// fill makes runs of the bits at which a row's colour changes, from byte i on: each bit becomes
// the sum, modulo 2, of those up to it.
func fill(row []byte, i int) {
	var carry uint64 // all ones within a black run
	for ; i+8 <= len(row); i += 8 {
		v := binary.BigEndian.Uint64(row[i:])
		if v|carry == 0 {
			continue
		}
		v = runs(v) ^ carry
		binary.BigEndian.PutUint64(row[i:], v)
		carry = -(v & 1)
	}
	if i < len(row) {
		var last [8]byte
		copy(last[:], row[i:])
		binary.BigEndian.PutUint64(last[:], runs(binary.BigEndian.Uint64(last[:]))^carry)
		copy(row[i:], last[:])
	}
}

func runs(v uint64) uint64 {
	v ^= v >> 1
	v ^= v >> 2
	v ^= v >> 4
	v ^= v >> 8
	v ^= v >> 16
	return v ^ v>>32
}

// doubted is how many two-dimensional rows before one that does not decode are reported with it.
// A damaged bit that still makes codes spoils the rows below it until one of them breaks: within
// two rows for half of all bits, and within 50 for nearly all.
const doubted = 50

// doubt reports the rows before damage in T.6 that may be spoilt already.
func (d *decoder) doubt() {
	for r := max(0, d.out.rows-doubted); r < d.out.rows; r++ {
		d.out.bad = append(d.out.bad, r)
	}
}

// leave appends n rows that never came.
func (d *decoder) leave(n int) {
	for range n {
		d.out.bad = append(d.out.bad, d.out.rows)
		row := d.row()
		if d.paper != 0 {
			for i := range row {
				row[i] = d.paper
			}
		}
	}
}

// lose appends n rows that cannot be decoded: the row above, and a note.
func (d *decoder) lose(n int) {
	for range n {
		d.out.bad = append(d.out.bad, d.out.rows)
		row := d.row()
		if at := len(d.out.pix) - 2*d.stride; at >= 0 {
			copy(row, d.out.pix[at:])
		}
	}
}

// peek is the bits from pos on, left-aligned; at least 57 of them are valid.
func (d *decoder) peek(pos int) uint64 {
	return binary.BigEndian.Uint64(d.b[pos>>3:]) << (pos & 7)
}

// row2D decodes one two-dimensional row against ref into cur. It returns the position after the
// row, and false where the bits are no row.
func (d *decoder) row2D(pos int) (int, bool) {
	b, ref, cur, w := d.b, d.ref, d.cur, int32(d.width)
	n, k, a0, colour := 0, 0, int32(0), 0
	for a0 < w {
		acc := binary.BigEndian.Uint64(b[pos>>3:]) << (pos & 7)
		// Runs of V0, by far the most frequent mode, are the leading ones.
		if v0 := bits.LeadingZeros64(^acc); v0 > 0 {
			for ; v0 > 0 && a0 < w; v0-- {
				a0 = ref[k]
				cur[n] = a0
				n++
				k++
				pos++
				colour ^= 1
			}
			if a0 >= w {
				n--
				break
			}
			continue
		}
		m := modeTable[acc>>(64-modeBits)]
		pos += int(m.n)
		switch m.mode {
		case modePass:
			a0 = ref[k+1]
			k += 2
		case modeHorizontal:
			for range 2 {
				table := &runTables[colour]
				for {
					e := table[binary.BigEndian.Uint64(b[pos>>3:])<<(pos&7)>>(64-runBits)]
					if e == 0 {
						d.n = 0
						return pos, false
					}
					pos += int(e >> 12)
					a0 += int32(e & 0xfff)
					if a0 > w {
						d.n = 0
						return pos, false
					}
					if e&0xfff < 64 {
						break
					}
				}
				colour ^= 1
				if n > 0 && cur[n-1] == a0 {
					n-- // a run of no pixels is no change
				} else if a0 < w {
					cur[n] = a0
					n++
				}
			}
			if a0 >= w {
				break
			}
			for ref[k] <= a0 && ref[k] < w {
				k += 2
			}
		case modeNone, modeExtension:
			d.n = 0
			return pos, false
		default:
			a1 := ref[k] + int32(m.mode)
			if a1 < a0 || a1 > w {
				d.n = 0
				return pos, false
			}
			a0 = a1
			colour ^= 1
			if n > 0 && cur[n-1] == a0 {
				n--
			} else if a0 < w {
				cur[n] = a0
				n++
			}
			if m.mode < 0 && k > 0 {
				k--
			} else {
				k++
			}
			for ref[k] <= a0 && ref[k] < w {
				k += 2
			}
		}
	}
	d.n = n
	return pos, true
}

// row1D decodes one one-dimensional row into cur.
func (d *decoder) row1D(pos int) (int, bool) {
	b, cur, w := d.b, d.cur, int32(d.width)
	n, a0 := 0, int32(0)
	table, other := &runTables[white], &runTables[black]
	var acc uint64
	have := 0 // valid bits of acc, which holds those from pos on
	for a0 < w {
		for {
			if have < runBits {
				acc = binary.BigEndian.Uint64(b[pos>>3:]) << (pos & 7)
				have = 64 - pos&7
			}
			e := table[acc>>(64-runBits)]
			if e == 0 {
				d.n = 0
				return pos, false
			}
			k := int(e >> 12)
			acc <<= k & 63
			have -= k
			pos += k
			a0 += int32(e & 0xfff)
			if e&0xfff < 64 {
				break
			}
			if a0 > w {
				d.n = 0
				return pos, false
			}
		}
		table, other = other, table
		if n > 0 && cur[n-1] == a0 {
			n-- // a run of no pixels is no change
		} else if a0 < w {
			cur[n] = a0
			n++
		}
	}
	if a0 > w {
		d.n = 0
		return pos, false
	}
	d.n = n
	return pos, true
}

// aligned rounds pos up to where a row may start.
func (d *decoder) aligned(pos int) int {
	if d.align > 1 {
		return (pos + d.align - 1) / d.align * d.align
	}
	return pos
}

// decodeExtra decodes rows beyond the declared height, and keeps them if every one decodes and
// an end mark follows: then the height was wrong, not the data. It returns where the declared
// rows end.
func (d *decoder) decodeExtra(pos int) int {
	if d.onlyFill(pos) || d.scheme == schemeG4 && d.atEnd(d.aligned(pos)) {
		return pos
	}
	mark, rows := len(d.out.pix), d.out.rows
	s := d.stream
	d.rows = -1
	if s.scheme != schemeRLE { // which has no end mark
		d.decode(pos, s.maxRows)
	}
	d.stream = s
	if !d.out.ended || len(d.out.bad) > 0 {
		d.out = coded{pix: d.out.pix[:mark], rows: rows}
	}
	return pos
}
