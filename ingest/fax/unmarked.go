package fax

// decodeUnmarked decodes rows that no end-of-line codes part: T.6 and RLE. In T.6 every row is
// coded by the one above, and nothing tells where one begins: what follows damage is given up. (A
// start in what looks like white rows decodes on for long, and wrongly.)
func (d *decoder) decodeUnmarked(pos, limit int) int {
	last := pos // where the row before started
	for d.out.rows < limit {
		pos = d.aligned(pos)
		if pos >= d.end {
			break
		}
		if d.atEnd(pos) {
			d.out.ended = true
			break
		}
		next, ok := d.rowTagged(pos, d.scheme != schemeG4)
		if !ok || next > d.end {
			if d.probe || d.onlyFill(pos) && (d.rows >= 0 || d.end-pos < 32) {
				return pos
			}
			if d.scheme == schemeRLE {
				return d.rejoin1D(last, pos, limit)
			}
			if !d.onlyFill(next) { // else the data were cut off, and are sound up to there
				d.doubt()
			}
			if d.rows < 0 {
				d.lose(1) // no height is declared: the row that broke is the only trace of the damage
			}
			return pos
		}
		last, pos = pos, next
		d.keep()
	}
	return pos
}

// atEnd tells whether an end-of-line code stands at pos, which in T.6 only EOFB does.
func (d *decoder) atEnd(pos int) bool { return d.peek(pos)>>(64-12) == 1 }

// sureRows is how many rows must follow one another cleanly for the place where they start to be
// taken for the start of a row.
const sureRows = 4

// rejoin1D decodes what follows a damage in rows without end-of-line codes: from the next place
// on at which several rows follow one another. Where the count of rows is known, those that are
// missing are put where the damage is. The row before, which started at last, is decoded again:
// damage may have ended it early.
func (d *decoder) rejoin1D(last, pos, limit int) int {
	if last >= 0 && last < pos && d.out.rows > 0 {
		d.out.rows--
		d.out.pix = d.out.pix[:len(d.out.pix)-d.stride]
		pos = last
	}
	var segs []segment
	good, most := false, limit-d.out.rows
	for pos = d.aligned(pos); len(segs) < 2*most+64 && pos < d.end; {
		if good = !d.atEnd(pos); good {
			next, ok := d.row1D(pos)
			if good = ok && next <= d.end; good {
				next = d.aligned(next)
				segs = append(segs, segment{start: pos, zeros: next, end: next, oneD: true, state: segmentGood, rows: 1})
				pos = next
				continue
			}
		}
		if d.onlyFill(pos) {
			good = len(segs) > 0
			break
		}
		next := d.nextRows(pos)
		segs = append(segs, segment{start: pos, zeros: next, end: next, oneD: true, rows: 1})
		pos = next
	}
	d.out.ended = good && len(segs) > 0 && segs[len(segs)-1].state == segmentGood
	if d.rows >= 0 {
		d.balance(segs, most)
	}
	d.place(segs, limit)
	return pos
}

// nextRows is the next place after pos at which rows start; the end of the data where there is none.
func (d *decoder) nextRows(pos int) int {
	step := max(d.align, 1)
	for start := d.aligned(pos + 1); start < d.end && *d.work > 0; start += step {
		p := start
		for n := 0; ; {
			next, ok := d.try(p, true)
			if !ok || next > d.end {
				break
			}
			p = d.aligned(next)
			if n++; n >= sureRows || n > 1 && p >= d.end {
				return start
			}
		}
	}
	return d.end
}
