package fax

import "math/bits"

// decodeUnmarked decodes rows that no end-of-line codes part: T.6 and RLE.
func (d *decoder) decodeUnmarked(pos, limit int) int {
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
			if d.probe || d.onlyFill(pos) && d.rows >= 0 {
				return pos
			}
			if d.scheme == schemeG4 {
				return d.rejoin2D(pos, limit)
			}
			return d.rejoin1D(pos, limit)
		}
		pos = next
		d.keep()
	}
	return pos
}

// atEnd tells whether an end-of-line code stands at pos, which in T.6 only EOFB does.
func (d *decoder) atEnd(pos int) bool { return d.peek(pos)>>(64-12) == 1 }

const (
	// sureRows is how many rows must follow one another cleanly for the place where they start
	// to be taken for the start of a row.
	sureRows = 4
	// sureWhite is how many set bits in a row are tried as white rows of T.6, a bit each.
	sureWhite = 16
	// sureInked is how many rows with ink must be among those that lead to the end of the data.
	sureInked = 16
)

// rejoin1D decodes what follows a damage in rows without end-of-line codes: from the next place
// on at which several rows follow one another. Where the count of rows is known, those that are
// missing are put where the damage is.
func (d *decoder) rejoin1D(pos, limit int) int {
	var segs []segment
	good, most := false, limit-d.out.rows
	for pos = d.aligned(pos); len(segs) < most && pos < d.end; {
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

// rejoin2D looks, after damage in T.6, for rows that lead to the end of the data. A row is coded
// by the one above it, so only below white paper is a row known without those before: a white row
// below a white row is a single set bit. What is found is trusted only where it decodes to the
// very end, has ink enough to break a wrong guess, and fits the count of rows; its white rows
// before the first ink may be anything else, and count as bad.
func (d *decoder) rejoin2D(pos, limit int) int {
	most := limit - d.out.rows - 1 // at least the row that broke is lost
	for p := pos; p < d.end && *d.work > 0; {
		ones := min(57, bits.LeadingZeros64(^d.peek(p)))
		if ones < sureWhite {
			p += ones + 1
			continue
		}
		for ones > 0 {
			p += ones
			ones = min(57, bits.LeadingZeros64(^d.peek(p)))
		}
		start := p - sureWhite
		rows, white, ok := d.leadsToEnd(start, most)
		if !ok {
			continue
		}
		if d.rows >= 0 {
			d.leave(most + 1 - rows)
		} else {
			d.leave(1)
		}
		d.resetRef()
		for r := range rows {
			start, _ = d.row2D(d.aligned(start))
			d.keep()
			if r < white {
				d.out.bad = append(d.out.bad, d.out.rows-1)
			}
		}
		d.out.ended = true
		return start
	}
	if d.rows < 0 {
		d.lose(1) // no height is declared: the row that broke is the only trace of the damage
	}
	return pos
}

// leadsToEnd tells whether rows from pos on, below a white row, lead to the end mark or the end
// of the data, how many they are and how many of them are white before the first ink.
func (d *decoder) leadsToEnd(pos, most int) (rows, white int, ok bool) {
	d.resetRef()
	inked := 0
	for ; rows <= most && *d.work > 0; rows++ {
		pos = d.aligned(pos)
		if d.atEnd(pos) || pos >= d.end {
			return rows, white, inked >= sureInked
		}
		next, good := d.try(pos, false)
		if !good || next > d.end {
			return rows, white, d.end-pos < 16 && d.onlyFill(pos) && inked >= sureInked
		}
		if d.n > 0 {
			inked++
		} else if inked == 0 {
			white++
		}
		pos = next
		d.turn()
	}
	return rows, white, false
}
