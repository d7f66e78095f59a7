package fax

import (
	"encoding/binary"
	"math"
	"slices"

	"todoke/internal/bilevel"
)

// TIFF tags (TIFF 6.0; RFC 2306 for fax).
const (
	tagSubfileType     = 254
	tagWidth           = 256
	tagLength          = 257
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagStripOffsets    = 273
	tagOrientation     = 274
	tagSamplesPerPixel = 277
	tagRowsPerStrip    = 278
	tagStripByteCounts = 279
	tagXResolution     = 282
	tagYResolution     = 283
	tagT4Options       = 292
	tagT6Options       = 293
	tagResolutionUnit  = 296
	tagPageNumber      = 297
	tagTileWidth       = 322
	tagTileOffsets     = 324
)

// TIFF field types.
const (
	typeByte     = 1
	typeShort    = 3
	typeLong     = 4
	typeRational = 5
)

const (
	maxEntries = 4096    // of a directory; real ones have a few dozen
	maxStrips  = maxRows // a strip has at least a row
)

// ifd is a directory's entries, by tag, with what their values need.
type ifd struct {
	data    []byte
	order   binary.ByteOrder
	entries map[uint16]entry
}

type entry struct {
	kind   uint16
	count  uint32
	values []byte // count values, or as many as the file holds
}

var typeSizes = [...]int{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8}

// tiffPages yields the pages of a TIFF file.
func tiffPages(data []byte, b *budget, yield func(Page, error) bool) {
	if len(data) < 8 {
		yield(Page{}, permanent(nil, "the TIFF file ends within its header; send it again"))
		return
	}
	var bo binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		bo = binary.BigEndian
	}
	if bo.Uint16(data[2:]) == 43 {
		yield(Page{}, permanent(nil, "the file is a BigTIFF; send it as an ordinary TIFF"))
		return
	}
	seen := map[uint32]bool{}
	index := 0
	for off := bo.Uint32(data[4:]); off != 0; {
		if seen[off] || len(seen) > 2*b.lim.Pages {
			yield(Page{Index: index}, permanent(nil, "the TIFF file's pages refer back to each other; send it again"))
			return
		}
		seen[off] = true
		dir, next, err := parseIFD(data, bo, off)
		if err != nil {
			yield(Page{Index: index}, err)
			return
		}
		off = next
		if v, _ := dir.uint(tagSubfileType); v&1 == 1 && (next != 0 || index > 0) {
			continue // a smaller copy of another page
		}
		if index >= b.lim.Pages {
			yield(Page{Index: index}, permanent(nil, "the file has more than %d pages; send it in parts", b.lim.Pages))
			return
		}
		p, err := dir.page(b)
		p.Index = index
		if !yield(p, err) {
			return
		}
		index++
	}
	if index == 0 {
		yield(Page{}, permanent(nil, "the TIFF file has no page; send it again"))
	}
}

func parseIFD(data []byte, bo binary.ByteOrder, off uint32) (*ifd, uint32, error) {
	if int64(off)+2 > int64(len(data)) {
		return nil, 0, permanent(nil, "the TIFF file ends before its page's directory; send it again")
	}
	n := int(bo.Uint16(data[off:]))
	at := int64(off) + 2
	if n == 0 || n > maxEntries {
		return nil, 0, permanent(nil, "the TIFF file's directory is damaged; send it again")
	}
	d := &ifd{data: data, order: bo, entries: make(map[uint16]entry, n)}
	for range n {
		if at+12 > int64(len(data)) {
			break // what is there may still make a page
		}
		e := data[at : at+12]
		at += 12
		tag, kind, count := bo.Uint16(e), bo.Uint16(e[2:]), bo.Uint32(e[4:])
		if int(kind) >= len(typeSizes) || typeSizes[kind] == 0 {
			continue
		}
		size := int64(count) * int64(typeSizes[kind])
		values := e[8:12]
		if size > 4 {
			from := min(int64(bo.Uint32(e[8:])), int64(len(data)))
			values = data[from:min(from+size, int64(len(data)))]
		} else {
			values = values[:size]
		}
		if _, double := d.entries[tag]; !double {
			d.entries[tag] = entry{kind, count, values}
		}
	}
	if at+4 > int64(len(data)) {
		return d, 0, nil
	}
	return d, bo.Uint32(data[at:]), nil
}

// at is the i-th value of an entry as an unsigned number.
func (d *ifd) at(e entry, i int) (uint32, bool) {
	size := typeSizes[e.kind]
	if (i+1)*size > len(e.values) {
		return 0, false
	}
	v := e.values[i*size:]
	switch e.kind {
	case typeByte:
		return uint32(v[0]), true
	case typeShort:
		return uint32(d.order.Uint16(v)), true
	case typeLong:
		return d.order.Uint32(v), true
	}
	return 0, false
}

// uint is the first value of a tag.
func (d *ifd) uint(tag uint16) (uint32, bool) {
	e, ok := d.entries[tag]
	if !ok {
		return 0, false
	}
	return d.at(e, 0)
}

func (d *ifd) uintOr(tag uint16, otherwise uint32) uint32 {
	if v, ok := d.uint(tag); ok {
		return v
	}
	return otherwise
}

// rational is a resolution; 0 where there is none.
func (d *ifd) rational(tag uint16) float64 {
	e, ok := d.entries[tag]
	if !ok {
		return 0
	}
	if e.kind != typeRational || len(e.values) < 8 {
		v, _ := d.at(e, 0)
		return float64(v)
	}
	num, den := d.order.Uint32(e.values), d.order.Uint32(e.values[4:])
	if den == 0 {
		return 0
	}
	return float64(num) / float64(den)
}

// strip is a part of the file.
type strip struct{ off, n int64 }

// strips lists the strips with their lengths put right: counts that are missing, zero or beyond
// the file's end reach to the next strip or the end.
func (d *ifd) strips() []strip {
	offs, ok := d.entries[tagStripOffsets]
	if !ok {
		return nil
	}
	counts := d.entries[tagStripByteCounts]
	var out []strip
	for i := range min(int(offs.count), maxStrips) {
		off, ok := d.at(offs, i)
		if !ok {
			break
		}
		s := strip{off: min(int64(off), int64(len(d.data)))}
		if counts.values != nil {
			n, _ := d.at(counts, i)
			s.n = int64(n)
		}
		out = append(out, s)
	}
	var starts []int64
	for i := range out {
		s := &out[i]
		if s.n > 0 {
			s.n = max(0, min(s.n, int64(len(d.data))-s.off))
			continue
		}
		if starts == nil {
			for _, s := range out {
				starts = append(starts, s.off)
			}
			slices.Sort(starts)
		}
		end := int64(len(d.data))
		if k, _ := slices.BinarySearch(starts, s.off+1); k < len(starts) {
			end = starts[k]
		}
		s.n = max(0, end-s.off)
	}
	return out
}

// page decodes the page that the directory describes.
func (d *ifd) page(b *budget) (Page, error) {
	var p Page
	if _, tiled := d.entries[tagTileWidth]; tiled {
		return p, permanent(nil, "the page is stored in tiles; send it as fax TIFF or PDF")
	}
	if bps, spp := d.uintOr(tagBitsPerSample, 1), d.uintOr(tagSamplesPerPixel, 1); bps != 1 || spp != 1 {
		return p, permanent(nil, "the page is in grey or colour (%d × %d bits); send it as black-and-white fax TIFF or PDF", spp, bps)
	}
	width := int64(d.uintOr(tagWidth, 0))
	height := int64(d.uintOr(tagLength, 0))
	if width == 0 {
		return p, permanent(nil, "the page does not say how wide it is; send it again")
	}
	compression := d.uintOr(tagCompression, 1)
	fax := compression >= 2 && compression <= 4 || compression == 32771
	if err := b.pageSize(width, max(height, 1)); err != nil {
		return p, err
	}
	if height == 0 && !fax {
		return p, permanent(nil, "the page does not say how long it is; send it again")
	}
	photometric := d.uintOr(tagPhotometric, 0)
	if photometric > 1 {
		return p, permanent(nil, "the page is in colour (photometric interpretation %d); send it as black-and-white fax TIFF or PDF", photometric)
	}
	strips := d.strips()
	if len(strips) == 0 {
		return p, permanent(nil, "the page has no picture data; send it again")
	}
	s := stream{width: int(width), lsbFirst: d.uintOr(tagFillOrder, 1) == 2, align: 1}
	uncompressed := false // the file allows itself the uncompressed mode; few that do use it
	switch compression {
	case 1:
		p.Coding = CodingNone
	case 2:
		p.Coding, s.scheme, s.align = CodingRLE, schemeRLE, 8
	case 32771:
		p.Coding, s.scheme, s.align = CodingRLEWord, schemeRLE, 16
	case 3:
		options := d.uintOr(tagT4Options, 0)
		p.Coding, s.scheme = CodingG3, schemeG3
		if options&1 == 1 {
			p.Coding, s.scheme = CodingG3TwoD, schemeG3TwoD
		}
		uncompressed = options&2 == 2
	case 4:
		p.Coding, s.scheme = CodingG4, schemeG4
		uncompressed = d.uintOr(tagT6Options, 0)&2 == 2
	case 32773:
		p.Coding = CodingPackBits
	default:
		return p, permanent(nil, "the page is compressed in a way faxes are not (TIFF compression %d); send it as fax TIFF or PDF", compression)
	}

	rowsPerStrip := int64(d.uintOr(tagRowsPerStrip, math.MaxUint32))
	if rowsPerStrip == 0 || len(strips) == 1 {
		rowsPerStrip = math.MaxUint32
	}
	stride := int((width + 7) / 8)
	limit := b.rowLimit(width)
	var pix []byte
	rows := 0
	for i, st := range strips {
		want := -1 // the file does not say
		switch {
		case height > 0:
			want = int(min(rowsPerStrip, height-int64(rows)))
		case rowsPerStrip < math.MaxUint32 && i < len(strips)-1:
			want = int(rowsPerStrip)
		}
		want = min(want, limit-rows)
		if want == 0 || rows >= limit {
			break
		}
		if err := b.read(st.n); err != nil {
			return p, err
		}
		raw := d.data[st.off : st.off+st.n]
		if fax {
			s.rows, s.maxRows = want, limit-rows
			s.extra = len(strips) == 1
			c := decodeStream(raw, s)
			for _, r := range c.bad {
				p.BadRows = append(p.BadRows, rows+r)
			}
			pix = appendRows(pix, c.pix)
			rows += c.rows
			continue
		}
		if s.lsbFirst { // of the stored bytes, before they are unpacked, as libtiff has it
			flipped := make([]byte, len(raw))
			for i, v := range raw {
				flipped[i] = reversed[v]
			}
			raw = flipped
		}
		got := raw[:min(len(raw), want*stride)]
		if compression != 1 {
			got = unpackBits(raw, want*stride)
		}
		whole := len(got) / stride
		for r := whole; r < want; r++ {
			p.BadRows = append(p.BadRows, rows+r)
		}
		part := make([]byte, want*stride)
		copy(part, got)
		if photometric == 1 {
			for i := len(got); i < len(part); i++ {
				part[i] = 0xff // white
			}
		}
		pix = appendRows(pix, part)
		rows += want
	}
	if height > 0 && int64(rows) < height {
		if missing := int(height) - rows; rows+missing <= limit {
			fill := make([]byte, missing*stride)
			if photometric == 1 {
				for i := range fill {
					fill[i] = 0xff
				}
			}
			for range missing {
				p.BadRows = append(p.BadRows, rows)
				rows++
			}
			pix = append(pix, fill...)
		}
	}
	if uncompressed && len(p.BadRows) > 0 {
		return p, permanent(nil, "the page uses the uncompressed mode of Group 3 or 4, which no fax machine sends; send it as ordinary fax TIFF")
	}
	if rows == 0 {
		return p, permanent(nil, "no row of the page could be decoded; send it again")
	}
	if photometric == 1 {
		for i, v := range pix {
			pix[i] = ^v
		}
		if fax {
			whiten(pix, stride, p.BadRows)
		}
	}
	p.Image = &bilevel.Image{W: int(width), H: rows, Stride: stride, Pix: pix}
	trimPadding(p.Image)
	b.spend(p.Image)
	x, y := d.rational(tagXResolution), d.rational(tagYResolution)
	switch d.uintOr(tagResolutionUnit, 2) {
	case 2:
	case 3:
		x, y = x*2.54, y*2.54
	default:
		x, y = 0, 0
	}
	finish(&p, int(d.uintOr(tagOrientation, 1)), x, y)
	return p, nil
}

// appendRows avoids a copy for the usual single strip.
func appendRows(pix, rows []byte) []byte {
	if pix == nil {
		return rows
	}
	return append(pix, rows...)
}

// whiten clears trailing bad rows, which the decoder left white before the picture was inverted.
func whiten(pix []byte, stride int, bad []int) {
	for row, i := len(pix)/stride-1, len(bad)-1; i >= 0 && bad[i] == row; row, i = row-1, i-1 {
		clear(pix[row*stride : (row+1)*stride])
	}
}

// trimPadding clears the bits beyond the width.
func trimPadding(m *bilevel.Image) {
	keep := ^byte(0xff >> (m.W & 7))
	if m.W&7 == 0 {
		return
	}
	for i := m.Stride - 1; i < len(m.Pix); i += m.Stride {
		m.Pix[i] &= keep
	}
}

// unpackBits decodes Macintosh PackBits (TIFF 6.0, section 9), at most n bytes.
func unpackBits(in []byte, n int) []byte {
	out := make([]byte, 0, min(n, 64*len(in)+1))
	for len(in) > 0 && len(out) < n {
		k := int(int8(in[0]))
		in = in[1:]
		switch {
		case k >= 0:
			k = min(k+1, len(in), n-len(out))
			out = append(out, in[:k]...)
			in = in[k:]
		case k > -128 && len(in) > 0:
			for range min(1-k, n-len(out)) {
				out = append(out, in[0])
			}
			in = in[1:]
		}
	}
	return out
}
