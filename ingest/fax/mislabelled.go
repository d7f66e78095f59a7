package fax

import (
	"fmt"
	"slices"

	"todoke/internal/bilevel"
)

// coding names how the stream's rows are coded.
func (s stream) coding() string {
	switch s.scheme {
	case schemeG4:
		return CodingG4
	case schemeG3:
		return CodingG3
	case schemeG3TwoD:
		return CodingG3TwoD
	default:
		if s.align == 16 {
			return CodingRLEWord
		}
		return CodingRLE
	}
}

// String says it in full, for a note.
func (s stream) String() string {
	order := "first bit highest"
	if s.lsbFirst {
		order = "first bit lowest"
	}
	return fmt.Sprintf("%s, %s, %d pixels a row", s.coding(), order, s.width)
}

// faxWidths are the pixels of a fax row: A4, B4 and A3 at 204, 300 and 408 dpi, A5 and A6 at 204 (T.30, T.503).
var faxWidths = []int{1728, 2048, 2432, 2592, 3072, 3648, 3456, 4096, 4864, 1216, 864}

const (
	// A reading other than the stated one is believed when it decodes so many rows from the start,
	// of them so many with ink, and so many times what the stated one decodes. A wrong reading
	// breaks within a few rows, except on data that are all ones, which T.6 takes for white rows.
	believedRows, believedInked, believedTimes = 40, 8, 4
	// probed is how many bytes are tried.
	probed = 1 << 18
)

// mislabelled looks for a reading of the data, other than s, under which they decode: software
// gets the coding, the order of bits or the width wrong. Under s, bad rows do not.
func mislabelled(data []byte, s stream, bad int) (stream, bool) {
	if o, ok := fromStart(data, s); ok {
		return o, true
	}
	// The data may be damaged besides: compare what is left of them under each coding.
	best, least := s, bad/2
	for _, o := range []stream{s.as(schemeG3, 1), s.as(schemeG3TwoD, 1), s.as(schemeRLE, 8)} {
		if o.scheme == s.scheme {
			continue
		}
		if c := decodeStream(data, o); len(c.bad) < least && 2*len(c.bad) < c.rows {
			best, least = o, len(c.bad)
		}
	}
	return best, best.scheme != s.scheme
}

// as is the stream in another coding.
func (s stream) as(scheme scheme, align int) stream {
	s.scheme, s.align = scheme, align
	return s
}

// fromStart looks for the reading under which most rows decode from the start.
func fromStart(data []byte, s stream) (stream, bool) {
	extra := s.extra
	s.probe, s.extra = true, false
	stated, _ := clean(data, s)
	best, bestRows := s, 0
	try := func(o stream) {
		if o == s {
			return
		}
		if rows, inked := clean(data, o); rows > bestRows && inked >= believedInked {
			best, bestRows = o, rows
		}
	}
	for _, lsbFirst := range []bool{s.lsbFirst, !s.lsbFirst} {
		o := s
		o.lsbFirst = lsbFirst
		for _, o.scheme = range []scheme{schemeG4, schemeG3, schemeG3TwoD, schemeRLE} {
			for _, o.align = range []int{1, 8, 16} {
				if o.align == 1 && o.scheme == schemeRLE || o.align == 16 && o.scheme != schemeRLE {
					continue
				}
				try(o)
			}
		}
	}
	for _, width := range faxWidths {
		o := s
		o.width, o.maxRows = width, s.maxRows*s.width/width
		try(o)
	}
	need := max(believedRows, believedTimes*stated)
	if s.rows >= 0 {
		need = min(need, max(s.rows*9/10, 1))
	}
	best.probe, best.extra = false, extra
	return best, bestRows >= need && bestRows > stated
}

// clean is how many rows of the data decode before the first damage, and how many have ink.
func clean(data []byte, s stream) (rows, inked int) {
	d := newDecoder(data[:min(len(data), probed)], s)
	limit := s.maxRows
	if s.rows >= 0 {
		limit = min(limit, s.rows)
	}
	d.decode(0, limit)
	blank := make([]byte, d.stride)
	for row := range slices.Chunk(d.out.pix, d.stride) {
		if !slices.Equal(row, blank) {
			inked++
		}
	}
	return d.out.rows, inked
}

// bare decodes coded rows that stand in a file without any header, as modems and some fax
// servers leave them. It tries what there is, and takes nothing that is not surely a fax: Group 4
// must come to its end mark, unless the data are known to be cut.
func bare(data []byte, b *budget, isCut bool) (Page, bool) {
	var p Page
	var best stream
	bestRows := 0
	for _, width := range faxWidths {
		for _, lsbFirst := range []bool{false, true} {
			for _, scheme := range []scheme{schemeG4, schemeG3, schemeG3TwoD} {
				s := stream{scheme: scheme, lsbFirst: lsbFirst, align: 1, width: width, rows: -1, maxRows: b.rowLimit(int64(width)), probe: true}
				if rows, inked := clean(data, s); rows > bestRows && inked >= believedInked {
					best, bestRows = s, rows
				}
			}
		}
	}
	if bestRows < believedRows || b.read(int64(len(data))) != nil {
		return p, false
	}
	best.probe = false
	c := decodeStream(data, best)
	if best.scheme == schemeG4 && !c.ended && !isCut {
		return p, false
	}
	p.Image = &bilevel.Image{W: best.width, H: c.rows, Stride: (best.width + 7) / 8, Pix: c.pix}
	p.BadRows, p.Coding = c.bad, best.coding()
	b.spend(p.Image)
	finish(&p, 1, 0, 0)
	if p.Note != "" {
		p.Note += "; "
	}
	p.Note += fmt.Sprintf("the file has no header; read as %s", best)
	return p, true
}

// salvage decodes the first page of a TIFF file whose directories are lost, most often because
// the file was cut off: the picture data come first in what fax software writes.
func salvage(data []byte, b *budget, cause error) (Page, error) {
	const header = 8
	if len(data) <= header {
		return Page{}, cause
	}
	p, ok := bare(data[header:], b, true)
	if !ok {
		return Page{}, cause
	}
	p.LeftOut = true
	p.Note = "the file's directory of pages is lost, and pages after this one may be; ask for it again; " + p.Note
	return p, nil
}
