package fax

import (
	"math/bits"
	"slices"
)

// rtcEOLs is how many end-of-line codes in a row are read as the return to control. T.4 sends
// six; fewer survive on a bad line.
const rtcEOLs = 3

// decodeMarked decodes Group 3 rows, with end-of-line codes or without, with fill before them or
// not, until the rows are complete or the data end.
func (d *decoder) decodeMarked(pos, limit int) int {
	twoD := d.scheme == schemeG3TwoD
	marked := false            // end-of-line codes were seen
	last, lastOneD := -1, true // where the row before started
	for d.out.rows < limit {
		eols, oneD := 0, true
		for {
			next, ok := d.eol(d.aligned(pos))
			if !ok && d.align > 1 && marked {
				// Not before one was seen: padding and a long run's code look like one.
				next, ok = d.eol(pos)
			}
			if !ok {
				break
			}
			pos = next
			eols++
			if twoD {
				oneD = d.peek(pos)>>63 == 1
				pos++
			}
		}
		fill := d.onlyFill(pos)
		if eols >= 2 && d.out.rows > 0 && (eols >= rtcEOLs || fill) {
			d.out.ended = true
			return pos
		}
		if fill {
			return pos
		}
		switch {
		case eols == 0 && marked:
			// The row before ended where no end-of-line code is: either is damaged.
			if last < 0 {
				return d.repair(pos, true, limit)
			}
			d.out.rows--
			d.out.pix = d.out.pix[:len(d.out.pix)-d.stride]
			d.ref, d.cur = d.cur, d.ref
			return d.repair(last, lastOneD, limit)
		case eols == 0:
			pos = d.aligned(pos)
			if twoD {
				oneD = d.peek(pos)>>63 == 1
				pos++
			}
		case eols == 2 && d.out.rows > 0:
			d.lose(1) // a row of which nothing is left
			marked, last = true, -1
			if !oneD {
				return d.repair(pos, false, limit)
			}
			if d.out.rows >= limit {
				return pos
			}
		default:
			marked = true
		}
		next, ok := d.rowTagged(pos, oneD)
		if !ok || next > d.end {
			return d.repair(pos, oneD, limit)
		}
		last, lastOneD = pos, oneD
		pos = next
		d.keep()
	}
	return pos
}

func (d *decoder) rowTagged(pos int, oneD bool) (int, bool) {
	if oneD {
		return d.row1D(pos)
	}
	return d.row2D(pos)
}

// eol skips an end-of-line code, with any fill before it, that starts at pos.
func (d *decoder) eol(pos int) (int, bool) {
	p := d.skipZeros(pos)
	if p-pos < 11 || p >= d.end {
		return pos, false
	}
	return p + 1, true
}

// skipZeros is the position of the first 1 from p on, or one at or beyond the end.
func (d *decoder) skipZeros(p int) int {
	const valid = 57
	for p < d.end {
		z := bits.LeadingZeros64(d.peek(p))
		if z < valid {
			return p + z
		}
		p += valid
	}
	return max(p, d.end)
}

// onlyFill tells whether nothing but zeros is left.
func (d *decoder) onlyFill(p int) bool { return d.skipZeros(p) >= d.end }

// segment is what lies between two end-of-line codes.
type segment struct {
	start, zeros, end int  // first bit; first zero of the run that ends in the next EOL; latest end of the row
	oneD              bool // the tag after the EOL
	state             segmentState
	second            int // start of a second row whose EOL is damaged
	secondOneD        bool
	rows              int // rows it stands for
}

type segmentState uint8

const (
	segmentBad       segmentState = iota
	segmentDependent              // coded against a row that is bad
	segmentGood
	segmentDouble // two good rows
)

// repair decodes what follows a damage. The end-of-line codes part the rest into segments, a row
// each; segments that are no row are lost, and where the count of rows is known the rows that
// damage swallowed or doubled are put where the damage is, so that all others keep their place.
func (d *decoder) repair(pos int, oneD bool, limit int) int {
	segs, end := d.segments(pos, oneD, 2*(limit-d.out.rows)+64)
	ref := slices.Clone(d.ref)
	d.classify(segs)
	d.ref = ref
	if d.rows >= 0 {
		d.balance(segs, limit-d.out.rows)
	}
	for _, s := range segs {
		if d.out.rows >= limit {
			return end
		}
		switch s.state {
		case segmentGood, segmentDouble:
			d.rowTagged(s.start, s.oneD)
			d.keep()
			if s.state == segmentDouble && d.out.rows < limit {
				d.rowTagged(s.second, s.secondOneD)
				d.keep()
			}
		default:
			d.lose(min(s.rows, limit-d.out.rows))
		}
	}
	return end
}

// segments parts the data from pos on at the end-of-line codes, at most n segments, and tells
// where they end.
func (d *decoder) segments(pos int, oneD bool, n int) ([]segment, int) {
	segs := []segment{{start: pos, oneD: oneD}}
	empty := 0
	p := pos
	for {
		s := &segs[len(segs)-1]
		zeros, after, ok := d.findEOL(p)
		if !ok {
			s.zeros, s.end = d.lastOne(s.start), d.end
			if s.zeros == s.start {
				segs = segs[:len(segs)-1-empty] // fill, and what is left of a return to control
				d.out.ended = empty > 0
			}
			return segs, d.end
		}
		s.zeros, s.end = zeros, after-12
		if s.zeros == s.start {
			empty++
		} else {
			empty = 0
		}
		if empty+1 >= rtcEOLs {
			d.out.ended = true
			return segs[:len(segs)-empty], after
		}
		if len(segs) >= n {
			return segs, after
		}
		next := segment{start: after, oneD: true}
		if d.scheme == schemeG3TwoD {
			next.oneD = d.peek(after)>>63 == 1
			next.start++
		}
		segs = append(segs, next)
		p = next.start
	}
}

// findEOL finds the next end-of-line code: its first zero, fill included, and what follows it.
func (d *decoder) findEOL(p int) (zeros, after int, ok bool) {
	for p < d.end {
		zeros = p
		p = d.skipZeros(p)
		if p >= d.end {
			return 0, 0, false
		}
		if p-zeros >= 11 {
			return zeros, p + 1, true
		}
		p += max(1, min(57, bits.LeadingZeros64(^d.peek(p))))
	}
	return 0, 0, false
}

// lastOne is the position after the last 1 of the data, start where there is none.
func (d *decoder) lastOne(start int) int {
	for i := (d.end - 1) >> 3; i >= start>>3; i-- {
		if d.b[i] != 0 {
			return max(start, i*8+8-bits.TrailingZeros8(d.b[i]))
		}
	}
	return start
}

// fits tells whether a row that ends at pos fills the segment.
func (s *segment) fits(pos int) bool { return pos >= s.zeros && pos <= s.end }

// classify says of each segment what it is. It leaves ref undefined.
func (d *decoder) classify(segs []segment) {
	refGood := true
	accept := func() { // make cur the reference, without painting it
		for i := range sentinels {
			d.cur[d.n+i] = int32(d.width)
		}
		d.ref, d.cur = d.cur, d.ref
		refGood = true
	}
	for i := range segs {
		s := &segs[i]
		s.rows = 1
		if !s.oneD && !refGood {
			// Its tag may be what is damaged.
			if next, ok := d.row1D(s.start); ok && s.fits(next) && s.end-s.start > 2*runBits {
				s.oneD, s.state = true, segmentGood
				accept()
				continue
			}
			s.state = segmentDependent
			continue
		}
		next, ok := d.rowTagged(s.start, s.oneD)
		if ok && s.fits(next) {
			s.state = segmentGood
			accept()
			continue
		}
		if ok && next < s.zeros {
			accept()
			if d.findSecond(s, next) {
				s.state, s.rows = segmentDouble, 2
				accept()
				continue
			}
		} else if !s.oneD {
			if next, ok := d.row1D(s.start); ok && s.fits(next) {
				s.oneD, s.state = true, segmentGood
				accept()
				continue
			}
		}
		refGood = false
	}
}

// findSecond looks for a second row in a segment whose first row ended at pos: the end-of-line
// code between them is damaged, its length is not.
func (d *decoder) findSecond(s *segment, pos int) bool {
	for _, after := range [...]int{pos + 12, (pos + 12 + 7) &^ 7} {
		if after >= s.zeros {
			continue
		}
		if d.scheme != schemeG3TwoD {
			if next, ok := d.row1D(after); ok && s.fits(next) {
				s.second, s.secondOneD = after, true
				return true
			}
			continue
		}
		for _, oneD := range [...]bool{true, false} {
			if (d.peek(after)>>63 == 1) != oneD {
				continue
			}
			if next, ok := d.rowTagged(after+1, oneD); ok && s.fits(next) {
				s.second, s.secondOneD = after+1, oneD
				return true
			}
		}
	}
	return false
}

// balance makes the segments stand for want rows, where the data are complete: rows that are
// missing went where a segment is bad and long, rows too many are halves of a row that damage
// cut in two.
func (d *decoder) balance(segs []segment, want int) {
	have := 0
	var good []int
	for i := range segs {
		have += segs[i].rows
		if segs[i].state == segmentGood {
			good = append(good, segs[i].zeros-segs[i].start)
		}
	}
	for i := 1; i < len(segs) && have > want; i++ {
		if segs[i-1].state == segmentBad && segs[i].state != segmentGood && segs[i].state != segmentDouble && segs[i-1].rows > 0 {
			segs[i-1].rows = 0
			have--
		}
	}
	complete := d.out.ended || len(segs) > 0 && segs[len(segs)-1].state >= segmentGood
	if have >= want || !complete || len(good) == 0 {
		return
	}
	slices.Sort(good)
	typical := max(good[len(good)/2], 12)
	var lost []int // bad segments, the longest first
	for i := range segs {
		if segs[i].state == segmentBad {
			lost = append(lost, i)
		}
	}
	length := func(i int) int { return segs[i].zeros - segs[i].start }
	slices.SortStableFunc(lost, func(a, b int) int { return length(b) - length(a) })
	for _, i := range lost {
		more := min(max(1, length(i)/typical-1), want-have)
		segs[i].rows += more
		have += more
		if have == want {
			return
		}
	}
}
