package fax

import (
	"cmp"
	"math"
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
	first, firstOneD, begun := -1, true, d.out.rows
	// repair mends what is left; two-dimensional rows all over again, since a row that vanished
	// without a trace before the damage shows only in their rhythm.
	repair := func(pos int, oneD bool) int {
		if d.probe {
			return pos
		}
		if _, _, eol := d.findEOL(pos); !eol && !marked && !twoD {
			return d.rejoin1D(last, pos, limit)
		}
		if twoD && first >= 0 && begun == 0 && d.out.rows > 0 {
			d.out = coded{pix: d.out.pix[:0]}
			d.resetRef()
			pos, oneD = first, firstOneD
		}
		return d.repair(pos, oneD, limit)
	}
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
			// More rows may follow a return to control where rows are known to be missing.
			next, ok := d.rowTagged(pos, oneD)
			if d.out.ended = fill || d.rows < 0 || !ok || next > d.end; d.out.ended {
				fill = true
			}
		}
		if fill {
			if twoD && marked && d.rows >= 0 && d.out.rows > 0 {
				return repair(pos, true) // rows are missing
			}
			return pos
		}
		switch {
		case eols == 0 && marked:
			// The row before ended where no end-of-line code is: either is damaged.
			if last < 0 {
				return repair(pos, true)
			}
			d.out.rows--
			d.out.pix = d.out.pix[:len(d.out.pix)-d.stride]
			d.ref, d.cur = d.cur, d.ref
			return repair(last, lastOneD)
		case eols == 0:
			pos = d.aligned(pos)
			if twoD {
				oneD = d.peek(pos)>>63 == 1
				pos++
			}
		case eols == 2 && d.out.rows > 0:
			if d.probe {
				return pos
			}
			d.lose(1) // a row of which nothing is left
			marked = true
			if !oneD {
				return repair(pos, false)
			}
			if d.out.rows >= limit {
				return pos
			}
		default:
			marked = true
		}
		next, ok := d.rowTagged(pos, oneD)
		if !ok || next > d.end {
			return repair(pos, oneD)
		}
		if first < 0 {
			first, firstOneD = pos, oneD
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

// try is rowTagged, paid from the work that searching may take.
func (d *decoder) try(pos int, oneD bool) (int, bool) {
	next, ok := d.rowTagged(pos, oneD)
	*d.work -= next - pos + 16
	return next, ok
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
	reached           int  // pixels decoded before a bad row broke
	rows              int  // rows it stands for
	second            int  // start of what may be a whole row at the end of a bad segment; 0 where there is none
	flipped           int  // bits in which what stands before that differs from an end-of-line code
	doubtful          bool // decodes, but by a guess where it starts, or a row below that hangs on it does not
}

type segmentState uint8

const (
	segmentBad       segmentState = iota
	segmentDependent              // coded against a row that is bad
	segmentGood
)

// repair decodes what follows a damage. The end-of-line codes part the rest into segments, a row
// each; segments that are no row are lost, and where the count of rows is known the rows that
// damage swallowed or doubled are put where the damage is, so that all others keep their place.
func (d *decoder) repair(pos int, oneD bool, limit int) int {
	segs, end := d.segments(pos, oneD, 2*(limit-d.out.rows)+64)
	ref := slices.Clone(d.ref)
	segs = d.classify(segs)
	d.ref = ref
	rejoin(segs, d.width)
	if d.scheme == schemeG3TwoD {
		missing := 0
		if d.rows >= 0 {
			missing = limit - d.out.rows
			for i := range segs {
				missing -= segs[i].rows
			}
		}
		regroup(segs, missing)
	}
	if d.rows >= 0 {
		d.balance(segs, limit-d.out.rows)
	} else {
		for i := range segs {
			segs[i].second = 0 // nothing tells that a row is missing
		}
	}
	d.place(segs, limit)
	return end
}

// place appends the rows that segments stand for.
func (d *decoder) place(segs []segment, limit int) {
	for _, s := range segs {
		if d.out.rows >= limit {
			return
		}
		if s.state == segmentGood {
			d.rowTagged(s.start, s.oneD)
			d.keep()
			if s.doubtful {
				d.out.bad = append(d.out.bad, d.out.rows-1)
			}
			d.lose(min(s.rows-1, limit-d.out.rows))
		} else {
			d.lose(min(s.rows, limit-d.out.rows))
			if s.second > 0 && d.out.rows < limit {
				d.row1D(s.second)
				d.keep()
			}
		}
	}
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

// classify says of each segment what it is, and parts those in which an end-of-line code is
// damaged. It leaves ref undefined.
func (d *decoder) classify(segs []segment) []segment {
	out := make([]segment, 0, len(segs)+8)
	refGood := true
	for _, s := range segs {
		for {
			s.rows = 1
			hung := refGood && !s.oneD
			rest, found := d.classifyOne(&s, &refGood)
			if hung && s.state != segmentGood {
				for i := len(out) - 1; i >= max(0, len(out)-doubted) && !out[i].oneD; i-- {
					out[i].doubtful = true
				}
			}
			out = append(out, s)
			if !found {
				break
			}
			s = rest
		}
	}
	return out
}

// classifyOne says what the first row of a segment is. Where a second one stands behind it, the
// segment is cut there and the rest returned.
func (d *decoder) classifyOne(s *segment, refGood *bool) (rest segment, found bool) {
	good := func() {
		d.turn()
		*refGood = true
		s.state = segmentGood
	}
	if s.oneD || *refGood {
		next, ok := d.rowTagged(s.start, s.oneD)
		if ok && s.fits(next) {
			good()
			return rest, false
		}
		if ok && next < s.zeros {
			// The row is whole, and more follows: its end-of-line code is damaged, or it is.
			good()
			if rest, found = d.cut(s, next, next+19, true); found {
				return rest, true
			}
			tag := boolBit(d.scheme == schemeG3TwoD)
			if left := d.reach(next+12+tag, s.zeros) - d.width; s.oneD && 8*max(left, -left) < d.width {
				// What is left has the pixels of a row: the next one is damaged, too.
				rest = segment{start: next + 12 + tag, zeros: s.zeros, end: s.end, oneD: true}
				s.zeros, s.end = next, next
				return rest, true
			}
			*refGood = false
		}
	}
	if !s.oneD { // the tag may be what is damaged
		if next, ok := d.row1D(s.start); ok && s.fits(next) && s.end-s.start > 2*runBits {
			s.oneD, s.doubtful = true, true
			good()
			return rest, false
		}
	}
	if s.oneD {
		// Damage to the last bit of its end-of-line code hides the first bits of a row.
		for k := 1; k <= 9; k++ {
			if s.start < k+10 {
				break
			}
			if next, ok := d.row1D(s.start - k); ok && s.fits(next) && d.peek(s.start-k-10)>>(64-10) == 0 {
				s.start -= k
				s.doubtful = true
				good()
				return rest, false
			}
		}
	}
	s.state, s.reached = segmentBad, d.reach(s.start, s.zeros)
	if !s.oneD && !*refGood {
		s.state = segmentDependent
	}
	*refGood = false
	return d.cut(s, s.start, min(s.zeros, s.start+maxCut), false)
}

const (
	// maxCut bounds the search for a row within a segment, in bits: more than any row of a fax takes.
	maxCut = 1 << 14
	// An end-of-line code with up to sureFlipped of its 12 bits damaged, and a whole row behind
	// it, is taken for one; up to maxFlipped only where a row is known to be missing, since a
	// long row holds many places that look like it.
	sureFlipped = 2
	maxFlipped  = 7
)

// cut looks for a row that fills the segment from somewhere between from and to on, with the
// remains of an end-of-line code before it. It cuts the segment in front of that and returns
// the rest; where it is less sure it notes the place. After a whole row (whole) the place is
// known so well that more may be damaged.
func (d *decoder) cut(s *segment, from, to int, whole bool) (rest segment, found bool) {
	tag := boolBit(d.scheme == schemeG3TwoD)
	best := maxFlipped + 1
	for eol := from; eol <= to && eol+12+tag < s.zeros && *d.work > 0; eol++ {
		flipped := bits.OnesCount64(d.peek(eol)>>(64-12) ^ 1)
		if flipped >= best {
			continue
		}
		after := eol + 12 + tag
		oneD := tag == 0 || d.peek(after-1)>>63 == 1
		if !oneD && !whole {
			continue
		}
		next, ok := d.try(after, oneD)
		if !ok || !s.fits(next) || !oneD && next-after < 8 {
			continue
		}
		best = flipped
		rest = segment{start: after, zeros: s.zeros, end: s.end, oneD: oneD, doubtful: true}
	}
	if best > maxFlipped {
		return rest, false
	}
	eol := rest.start - 12 - tag
	if !whole {
		off := d.reach(s.start, eol) - d.width
		if row := 4*max(off, -off) < d.width; !row || best > sureFlipped {
			s.second, s.flipped = rest.start, best
			if !row { // what stands before it is not much like a row
				s.flipped += 4
			}
			return rest, false
		}
	}
	s.zeros, s.end = eol, eol
	return rest, true
}

// reach is how many pixels of a bad one-dimensional row can be decoded, going on after the
// damage: the codes fall into step again soon.
func (d *decoder) reach(from, to int) int {
	pixels, colour := 0, white
	*d.work -= min(to-from, 4*d.width)
	for pos := from; pos < to && pixels < 4*d.width; {
		e := runTables[colour][d.peek(pos)>>(64-runBits)]
		if e == 0 {
			pos++
			continue
		}
		pos += int(e >> 12)
		pixels += int(e & 0xfff)
		if e&0xfff < 64 {
			colour ^= 1
		}
	}
	return pixels
}

// rejoin makes one row of two bad segments that hold no more pixels than a row: damage that
// looks like an end-of-line code has cut it in two.
func rejoin(segs []segment, width int) {
	for i := 1; i < len(segs); i++ {
		a, b := &segs[i-1], &segs[i]
		if a.state == segmentBad && b.state != segmentGood && a.rows == 1 && a.oneD && a.reached < width && a.reached+b.reached <= width+width/16 {
			a.rows = 0
		}
	}
}

// regroup puts right the rows between one one-dimensional row and the next where the sender
// keeps them equally many (K), as all do. A blank row is but 14 bits with its end-of-line code,
// and can drown in zeros without a trace: up to missing rows are put into groups that look whole.
func regroup(segs []segment, missing int) {
	gaps := map[int]int{}
	var starts []int
	for i := range segs {
		if segs[i].oneD && segs[i].state == segmentGood {
			if len(starts) > 0 {
				gaps[i-starts[len(starts)-1]]++
			}
			starts = append(starts, i)
		}
	}
	k, most, total := 0, 0, 0
	for gap, n := range gaps {
		total += n
		if n > most || n == most && gap < k {
			k, most = gap, n
		}
	}
	if k < 2 || 4*most < 3*total {
		return
	}
	for g := 1; g < len(starts); g++ {
		group := segs[starts[g-1]:starts[g]]
		have := 0
		for i := range group {
			have += group[i].rows
		}
		want := max(k, (have+k/2)/k*k)
		if k == 2 {
			want = max(2, (have+1)/2*2)
		}
		if whole := !slices.ContainsFunc(group, func(s segment) bool { return s.state != segmentGood }); whole && have < want && want-have <= missing {
			fill := 0 // the segment with the most zeros after it
			for i := range group {
				if group[i].end-group[i].zeros > group[fill].end-group[fill].zeros {
					fill = i
				}
			}
			group[fill].rows += want - have
			missing -= want - have
			continue
		}
		for i := range group {
			if group[i].state == segmentGood {
				continue
			}
			if have < want {
				group[i].rows += want - have
				break
			}
			if have > want && group[i].rows > 0 && i+1 < len(group) && group[i+1].state != segmentGood {
				group[i].rows--
				have--
			}
		}
	}
}

// balance makes the segments stand for want rows, where the data are complete: rows that are
// missing went where a segment is bad and long beside its neighbours, rows too many are halves
// of a row that damage cut in two.
func (d *decoder) balance(segs []segment, want int) {
	have := 0
	for i := range segs {
		have += segs[i].rows
	}
	var bad []int
	around := around(segs)
	size := make([]float64, len(segs)) // of bad segments, in rows like those around them
	for i := range segs {
		if segs[i].state != segmentGood && segs[i].rows > 0 {
			bad = append(bad, i)
			size[i] = float64(segs[i].length()) / around[i]
		}
	}
	if have > want {
		// Neighbours that together come nearest to one row.
		var pairs []int
		both := func(i int) float64 { return size[i] + size[i+1] }
		for _, i := range bad {
			if i+1 < len(segs) && segs[i+1].rows > 0 && segs[i+1].state != segmentGood && both(i) < 1.7 {
				pairs = append(pairs, i)
			}
		}
		slices.SortStableFunc(pairs, func(a, b int) int { return cmp.Compare(both(a), both(b)) })
		for _, i := range pairs {
			if have > want && segs[i].rows > 0 && segs[i+1].rows > 0 {
				segs[i].rows--
				have--
			}
		}
	}
	if have > want && have-want <= len(bad) { // what is left of rows that damage ended early
		slices.SortStableFunc(bad, func(a, b int) int { return cmp.Compare(size[a], size[b]) })
		for _, i := range bad {
			if have > want && segs[i].rows == 1 && i > 0 && segs[i-1].state == segmentGood {
				segs[i].rows = 0
				segs[i-1].state = segmentBad
				have--
			}
		}
	}
	complete := d.out.ended || len(segs) > 0 && segs[len(segs)-1].state == segmentGood
	if have < want && complete && len(bad) > 0 {
		slices.SortStableFunc(bad, func(a, b int) int { return cmp.Compare(size[b], size[a]) })
		for _, i := range bad {
			more := min(max(1, int(size[i]+0.5)-segs[i].rows), want-have)
			if segs[i].second > 0 {
				more = min(more, 1)
			}
			if have += more; segs[i].second == 0 {
				segs[i].rows += more
			} else if more > 0 {
				segs[i].second = -segs[i].second // wanted
			}
		}
		segs[bad[0]].rows += want - have
	}
	for i := range segs {
		segs[i].second = max(0, -segs[i].second)
	}
}

// length is the segment's, in bits, with an end-of-line code.
func (s *segment) length() int { return s.end - s.start + 12 }

// around is, for each segment, the mean length of the whole rows next to it; infinite where there
// is none.
func around(segs []segment) []float64 {
	mean := make([]float64, len(segs))
	last := 0 // length of the last whole row met
	for i := range segs {
		mean[i] = float64(last)
		if segs[i].state == segmentGood {
			last = segs[i].length()
		}
	}
	last = 0
	for i := len(segs) - 1; i >= 0; i-- {
		switch {
		case mean[i] > 0 && last > 0:
			mean[i] = (mean[i] + float64(last)) / 2
		case last > 0:
			mean[i] = float64(last)
		case mean[i] == 0:
			mean[i] = math.Inf(1)
		}
		if segs[i].state == segmentGood {
			last = segs[i].length()
		}
	}
	return mean
}
