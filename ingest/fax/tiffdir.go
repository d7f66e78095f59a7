package fax

import (
	"encoding/binary"
	"math"
	"slices"
)

// TIFF tags (TIFF 6.0; RFC 2306 for fax).
const (
	tagSubfileType     = 254
	tagOldSubfileType  = 255
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
	tagPlanarConfig    = 284
	tagT4Options       = 292
	tagT6Options       = 293
	tagResolutionUnit  = 296
	tagPageNumber      = 297
	tagPredictor       = 317
	tagColorMap        = 320
	tagTileWidth       = 322
	tagTileLength      = 323
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagBadFaxLines     = 326 // rows that the receiving machine found damaged
	tagCleanFaxData    = 327 // 0: none of them is in the picture; 1: mended by the machine; 2: left as they are
	tagConsecutiveBad  = 328 // the most of them in a row
	tagSubIFDs         = 330
	tagSampleFormat    = 339
	tagJPEGTables      = 347
	tagOldJPEGStart    = 513 // JPEGInterchangeFormat
	tagOldJPEGLength   = 514
)

// TIFF field types.
const (
	typeByte     = 1
	typeShort    = 3
	typeLong     = 4
	typeRational = 5
	typeIFD      = 13
	typeLong8    = 16 // BigTIFF
	typeIFD8     = 18
)

var typeSizes = [...]int64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8}

const (
	maxEntries = 4096    // of a directory; real ones have a few dozen
	maxParts   = maxRows // a strip has at least a row
)

// tiffFile is a TIFF's bytes and how they are to be read.
type tiffFile struct {
	data  []byte
	order binary.ByteOrder
	big   bool // BigTIFF: 64-bit offsets and counts
}

// ifd is a directory's entries, by tag.
type ifd struct {
	tiffFile
	entries map[uint16]entry
	next    uint64
	end     int64 // the end of what the directory and its values take of the file
}

type entry struct {
	kind   uint16
	count  uint64
	values []byte // count values, or as many as the file holds
}

// openTIFF reads a file's header, and tells where its first directory is.
func openTIFF(data []byte) (f tiffFile, first uint64, ok bool) {
	if kindOf(data) != "tiff" || len(data) < 8 {
		return f, 0, false
	}
	f = tiffFile{data: data, order: binary.LittleEndian}
	if data[0] == 'M' {
		f.order = binary.BigEndian
	}
	if f.order.Uint16(data[2:]) == 42 {
		return f, uint64(f.order.Uint32(data[4:])), true
	}
	if len(data) < 16 || f.order.Uint16(data[4:]) != 8 {
		return f, 0, false
	}
	f.big = true
	return f, f.order.Uint64(data[8:]), true
}

// offset reads an offset or count of the file's kind.
func (f tiffFile) offset(b []byte) uint64 {
	if f.big {
		return f.order.Uint64(b)
	}
	return uint64(f.order.Uint32(b))
}

// dir reads the directory at off.
func (f tiffFile) dir(off uint64) (*ifd, error) {
	word, head := int64(4), int64(2)
	if f.big {
		word, head = 8, 8
	}
	size := int64(len(f.data))
	if off > uint64(size) || int64(off)+head > size {
		return nil, permanent(nil, "the TIFF file ends before its page's directory; send it again")
	}
	at := int64(off)
	n := uint64(f.order.Uint16(f.data[at:]))
	if f.big {
		n = f.order.Uint64(f.data[at:])
	}
	if n == 0 || n > maxEntries {
		return nil, permanent(nil, "the TIFF file's directory is damaged; send it again")
	}
	at += head
	d := &ifd{tiffFile: f, entries: make(map[uint16]entry, min(n, 40))}
	for step := 4 + 2*word; n > 0; n, at = n-1, at+step {
		if at+step > size {
			d.end = size
			return d, nil // what is there may still make a page
		}
		e := f.data[at : at+step]
		tag, kind, count := f.order.Uint16(e), f.order.Uint16(e[2:]), f.offset(e[4:])
		if int(kind) >= len(typeSizes) || typeSizes[kind] == 0 {
			continue
		}
		values := e[4+word:]
		if count <= uint64(word/typeSizes[kind]) {
			values = values[:int64(count)*typeSizes[kind]]
		} else {
			from := int64(min(f.offset(values), uint64(size)))
			bytes := int64(min(count, uint64(size))) * typeSizes[kind]
			values = f.data[from:min(from+bytes, size)]
			d.end = max(d.end, from+int64(len(values)))
		}
		if _, double := d.entries[tag]; !double {
			d.entries[tag] = entry{kind, count, values}
		}
	}
	if at+word <= size {
		d.next = f.offset(f.data[at:])
	}
	d.end = max(d.end, min(at+word, size))
	return d, nil
}

// at is the i-th value of an entry as an unsigned number.
func (d *ifd) at(e entry, i int) (uint64, bool) {
	size := int(typeSizes[e.kind])
	if (i+1)*size > len(e.values) {
		return 0, false
	}
	v := e.values[i*size:]
	switch e.kind {
	case typeByte:
		return uint64(v[0]), true
	case typeShort:
		return uint64(d.order.Uint16(v)), true
	case typeLong, typeIFD:
		return uint64(d.order.Uint32(v)), true
	case typeLong8, typeIFD8:
		return d.order.Uint64(v), true
	}
	return 0, false
}

// uint is the first value of a tag.
func (d *ifd) uint(tag uint16) (uint64, bool) {
	e, ok := d.entries[tag]
	if !ok {
		return 0, false
	}
	return d.at(e, 0)
}

func (d *ifd) uintOr(tag uint16, otherwise uint64) uint64 {
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
	switch {
	case e.kind == typeRational && len(e.values) >= 8:
		num, den := d.order.Uint32(e.values), d.order.Uint32(e.values[4:])
		if den == 0 {
			return 0
		}
		return float64(num) / float64(den)
	case e.kind == 11 && len(e.values) >= 4: // FLOAT
		return float64(math.Float32frombits(d.order.Uint32(e.values)))
	case e.kind == 12 && len(e.values) >= 8: // DOUBLE
		return math.Float64frombits(d.order.Uint64(e.values))
	}
	v, _ := d.at(e, 0)
	return float64(v)
}

// part is a strip or a tile: n bytes of the file, of which up to reach may be its own where n
// turns out to be too few. Stated says that the file states n, and can hold it.
type part struct {
	off, n, reach int64
	stated        bool
}

// parts lists the strips or tiles with their lengths put right: counts that are missing, zero or
// beyond the file's end reach to the next part or the end.
func (d *ifd) parts(offsets, counts uint16) []part {
	offs, ok := d.entries[offsets]
	if !ok {
		return nil
	}
	lengths, stated := d.entries[counts]
	size := int64(len(d.data))
	var out []part
	for i := range int(min(offs.count, maxParts)) {
		off, ok := d.at(offs, i)
		if !ok {
			break
		}
		p := part{off: int64(min(off, uint64(size)))}
		if stated {
			n, _ := d.at(lengths, i)
			p.n = int64(min(n, uint64(size-p.off)))
			p.stated = n > 0 && n == uint64(p.n)
		}
		out = append(out, p)
	}
	starts := make([]int64, len(out))
	for i, p := range out {
		starts[i] = p.off
	}
	slices.Sort(starts)
	for i := range out {
		p := &out[i]
		p.reach = size - p.off
		if k, _ := slices.BinarySearch(starts, p.off+1); k < len(starts) {
			p.reach = starts[k] - p.off
		}
		if p.n == 0 {
			p.n = p.reach
		}
	}
	return out
}
