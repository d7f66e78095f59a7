package decode

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
)

// File is a file and what was put into it.
type File struct {
	Name string
	Data []byte
	// Pages are the pixels of its pages, upright.
	Pages []*bilevel.Image
	// Flagged says that the file is so far from what it claims that its pages must carry a note,
	// bad rows or an error; the others must come without.
	Flagged bool
	// Plain says that the file is in a CCITT coding and wrong in nothing: what is then different
	// after damage is the damage's work.
	Plain bool
}

// TIFF tags.
const (
	tagWidth       = 256
	tagLength      = 257
	tagCompression = 259
	tagPhotometric = 262
	tagFillOrder   = 266
	tagOffsets     = 273
	tagOrientation = 274
	tagRows        = 278
	tagCounts      = 279
	tagXRes        = 282
	tagYRes        = 283
	tagT4          = 292
	tagUnit        = 296
)

// stored is a page as one of the codings stores it.
func stored(m *bilevel.Image, compression uint64, t4 uint64, strips ...[]byte) sheet {
	s := sheet{parts: strips, at: tagOffsets}
	counts := make([]uint64, len(strips))
	for i, p := range strips {
		counts[i] = uint64(len(p))
	}
	s = s.set(254, long, 2).set(tagWidth, long, uint64(m.W)).set(tagLength, long, uint64(m.H)).set(258, short, 1).
		set(tagCompression, short, compression).set(tagPhotometric, short, 0).set(tagFillOrder, short, 1).
		set(tagOffsets, long).set(277, short, 1).set(tagRows, long, uint64(m.H)).set(tagCounts, long, counts...).
		set(tagXRes, rational, 204, 1).set(tagYRes, rational, 98, 1).set(tagUnit, short, 2)
	if compression == 3 {
		s = s.set(tagT4, long, t4)
	}
	return s
}

func mustRows(m *bilevel.Image, o fax.Options) []byte {
	b, err := fax.EncodeRows(m, o)
	if err != nil {
		panic(err) // an option of our own that the encoder does not know
	}
	return b
}

func reverse(b []byte) []byte {
	out := bytes.Clone(b)
	for i, v := range out {
		out[i] = bits.Reverse8(v)
	}
	return out
}

// codings are the CCITT codings by name, with what a TIFF says of them.
var codings = []struct {
	name            string
	compression, t4 uint64
	o               fax.Options
}{
	{"g4", 4, 0, fax.Options{}},
	{"g4 with end mark", 4, 0, fax.Options{EndMark: true}},
	{"g3 1d", 3, 0, fax.Options{Coding: fax.CodingG3}},
	{"g3 1d with end mark", 3, 0, fax.Options{Coding: fax.CodingG3, EndMark: true}},
	{"g3 1d filled", 3, 4, fax.Options{Coding: fax.CodingG3, AlignEOL: true}},
	{"g3 1d filled with end mark", 3, 4, fax.Options{Coding: fax.CodingG3, AlignEOL: true, EndMark: true}},
	{"g3 1d without line ends", 3, 0, fax.Options{Coding: fax.CodingG3, NoEOL: true}},
	{"g3 2d k 2", 3, 1, fax.Options{Coding: fax.CodingG3TwoD, K: 2}},
	{"g3 2d k 4", 3, 1, fax.Options{Coding: fax.CodingG3TwoD, K: 4}},
	{"g3 2d k 4 with end mark", 3, 1, fax.Options{Coding: fax.CodingG3TwoD, K: 4, EndMark: true}},
	{"g3 2d k 4 filled", 3, 5, fax.Options{Coding: fax.CodingG3TwoD, K: 4, AlignEOL: true}},
	{"g3 2d k 1000", 3, 1, fax.Options{Coding: fax.CodingG3TwoD, K: 1000}},
	{"rle", 2, 0, fax.Options{Coding: fax.CodingRLE}},
	{"rle words", 32771, 0, fax.Options{Coding: fax.CodingRLEWord}},
}

// Flavours are files of the page in every way that the corpus knows.
func Flavours(m *bilevel.Image) []File {
	var files []File
	add := func(name string, data []byte, pages ...*bilevel.Image) *File {
		if len(pages) == 0 {
			pages = []*bilevel.Image{m}
		}
		files = append(files, File{Name: name, Data: data, Pages: pages})
		return &files[len(files)-1]
	}
	flagged := func(name string, data []byte, pages ...*bilevel.Image) { add(name, data, pages...).Flagged = true }
	inverse := &bilevel.Image{W: m.W, H: m.H, Stride: m.Stride, Pix: bytes.Clone(m.Pix)}
	for y := range m.H {
		for i := range m.Stride {
			inverse.Pix[y*m.Stride+i] ^= 0xff
		}
	}
	clearPadding(inverse)

	for _, c := range codings {
		rows := mustRows(m, c.o)
		s := stored(m, c.compression, c.t4, rows)
		before := len(files)
		add(c.name, write(style{}, s))
		add(c.name+", first bit lowest", write(style{}, stored(m, c.compression, c.t4, reverse(rows)).set(tagFillOrder, short, 2)))
		add(c.name+", big-endian", write(style{bigEndian: true}, s))
		add(c.name+", BigTIFF", write(style{bigTIFF: true}, s))
		add(c.name+", BigTIFF big-endian", write(style{bigTIFF: true, bigEndian: true}, s))
		add(c.name+", black is 0", write(style{}, stored(m, c.compression, c.t4, mustRows(inverse, c.o)).set(tagPhotometric, short, 1)))
		add(c.name+", strips", write(style{}, striped(m, c.compression, c.t4, c.o, 37)))
		add(c.name+", fields unsorted", write(style{unsorted: true}, s))
		add(c.name+", two pages", write(style{}, s, s), m, m)
		for i := range files[before:] {
			files[before+i].Plain = !c.o.NoEOL && c.compression != 32771 // libtiff reads neither as they are meant
		}
		tagged(add, flagged, c.name, m, s, rows)
	}
	groupThree(add, flagged, m)
	groupFour(add, flagged, m)
	mislabelled(flagged, m)
	chains(add, flagged, m)
	orientations(add, m)
	resolutions(add, m)
	bytewise(add, flagged, m)
	sampled(add, m)
	return files
}

type (
	adder   func(name string, data []byte, pages ...*bilevel.Image) *File
	flagger func(name string, data []byte, pages ...*bilevel.Image)
)

func clearPadding(m *bilevel.Image) {
	if pad := m.Stride*8 - m.W; pad > 0 {
		for y := range m.H {
			m.Pix[(y+1)*m.Stride-1] &^= 1<<pad - 1
		}
	}
}

// striped is the page in strips of so many rows.
func striped(m *bilevel.Image, compression, t4 uint64, o fax.Options, rows int) sheet {
	var strips [][]byte
	for y := 0; y < m.H; y += rows {
		strips = append(strips, mustRows(m.Crop(0, y, m.W, min(y+rows, m.H)), o))
	}
	return stored(m, compression, t4, strips...).set(tagRows, long, uint64(rows))
}

// tagged are the ways in which fields of a sound page are wrong or missing.
func tagged(add adder, flagged flagger, name string, m *bilevel.Image, s sheet, rows []byte) {
	h := uint64(m.H)
	add(name+", no byte counts", write(style{}, s.without(tagCounts)))
	add(name+", byte count 0", write(style{}, s.set(tagCounts, long, 0)))
	add(name+", byte count beyond the file", write(style{}, s.set(tagCounts, long, 1<<31)))
	add(name+", byte count too small", write(style{}, s.set(tagCounts, long, uint64(len(rows)/2))))
	add(name+", byte count too large", write(style{}, s.set(tagCounts, long, uint64(len(rows)+20))))
	add(name+", no rows per strip", write(style{}, s.without(tagRows)))
	add(name+", 0 rows per strip", write(style{}, s.set(tagRows, long, 0)))
	add(name+", endless rows per strip", write(style{}, s.set(tagRows, long, 1<<32-1)))
	add(name+", rows per strip too few", write(style{}, s.set(tagRows, long, 8)))
	add(name+", no photometric, fill order, bits, samples", write(style{}, s.without(tagPhotometric, tagFillOrder, 258, 277)))
	add(name+", samples 0", write(style{}, s.set(277, short, 0)))
	add(name+", photometric 2", write(style{}, s.set(tagPhotometric, short, 2))).Flagged = true
	add(name+", trailing bytes", append(write(style{}, s), bytes.Repeat([]byte("\x00trailer"), 9)...))
	flagged(name+", too few rows", write(style{}, s.set(tagLength, long, h+50)), extended(m, 50))
	if compression := s.fields[slices.IndexFunc(s.fields, func(f field) bool { return f.tag == tagCompression })].values[0]; compression != 2 && compression != 32771 {
		flagged(name+", length 10000", write(style{}, s.set(tagLength, long, 10000)), extended(m, 10000-m.H))
	}
	add(name+", length as SHORT", write(style{}, s.set(tagLength, short, h)))
	add(name+", length 0", write(style{}, s.set(tagLength, long, 0).without(tagRows)))
	add(name+", no length", write(style{}, s.without(tagLength, tagRows)))
	flagged(name+", the receiver mended rows", write(style{}, s.set(326, long, 12).set(327, short, 1).set(328, long, 3)))
	add(name+", the receiver found none damaged", write(style{}, s.set(326, long, 0).set(327, short, 0).set(328, long, 0)))
	flagged(name+", 8 bits a sample", write(style{}, s.set(258, short, 8)))
	whole := write(style{}, s)
	flagged(name+", cut off before the directory", whole[:8+len(rows)])
}

// extended is the page with white rows below.
func extended(m *bilevel.Image, n int) *bilevel.Image { return m.Crop(0, 0, m.W, m.H+n) }

// groupThree are Group 3 streams with what senders put between rows.
func groupThree(add adder, flagged flagger, m *bilevel.Image) {
	for _, tag := range []bool{false, true} {
		name, t4, o := "g3 1d", uint64(0), fax.Options{Coding: fax.CodingG3}
		if tag {
			name, t4, o = "g3 2d", 1, fax.Options{Coding: fax.CodingG3TwoD, K: 4}
		}
		rows := mustRows(m, o)
		file := func(data []byte) []byte { return write(style{}, stored(m, 3, t4, data)) }
		var filled, first bitString
		for i, eol := range eols(rows) {
			next := 8 * len(rows)
			if e := eols(rows); i+1 < len(e) {
				next = e[i+1]
			}
			filled.zeros(i % 90) // fill of any length before an EOL
			filled.copy(rows, eol, next)
			if i > 0 {
				first.copy(rows, eol, next)
			} else if !tag {
				first.copy(rows, eol+12, next)
			}
		}
		add(name+", fill before every EOL", file(filled.bytes()))
		if !tag {
			add(name+", first row without EOL", file(first.bytes()))
		}
		add(name+", fill before the first EOL", file(append(make([]byte, 33), rows...)))
		o.EndMark = true
		top, bottom := m.Crop(0, 0, m.W, m.H/2), m.Crop(0, m.H/2, m.W, m.H)
		add(name+", end mark in the middle", file(append(mustRows(top, o), mustRows(bottom, o)...)))
		flagged(name+", cut in the middle of a row", file(rows[:len(rows)*2/3]))
		add(name+", rubbish after the end mark", file(append(mustRows(m, o), bytes.Repeat([]byte{0x5a, 0x13, 0xf0}, 40)...)))
		if tag {
			add(name+", length too short", write(style{}, stored(m, 3, t4, mustRows(m, o)).set(tagLength, long, uint64(m.H-60)))).Flagged = true
		}
		var short bitString // one row ends early, by an EOL in its middle
		e := eols(rows)
		k := longest(e)
		short.copy(rows, 0, (e[k]+12+e[k+1])/2)
		short.copy(rows, e[k+1], 8*len(rows))
		flagged(name+", a row ends early", file(short.bytes()))
	}
	add("g3 1d without line ends, rows on bytes", write(style{}, stored(m, 3, 0, mustRows(m, fax.Options{Coding: fax.CodingRLE})))).Flagged = true
	add("bare g3 1d", mustRows(m, fax.Options{Coding: fax.CodingG3, EndMark: true})).Flagged = true
	add("bare g3 2d", mustRows(m, fax.Options{Coding: fax.CodingG3TwoD, K: 4, EndMark: true})).Flagged = true
	add("bare g3 1d, first bit lowest", reverse(mustRows(m, fax.Options{Coding: fax.CodingG3, EndMark: true}))).Flagged = true
	add("bare g4", mustRows(m, fax.Options{EndMark: true})).Flagged = true
}

// groupFour are Group 4 streams with their end mark where it should not be.
func groupFour(add adder, flagged flagger, m *bilevel.Image) {
	o := fax.Options{EndMark: true}
	rows := mustRows(m, o)
	file := func(data []byte) []byte { return write(style{}, stored(m, 4, 0, data)) }
	half := m.Crop(0, 0, m.W, m.H/2)
	flagged("g4, end mark in the middle and nothing after", file(mustRows(half, o)), extended(half, m.H-half.H))
	add("g4, rubbish after the end mark", file(append(bytes.Clone(rows), bytes.Repeat([]byte{0x5a, 0x13, 0xf0}, 40)...)))
	add("g4, half an end mark", file(rows[:len(rows)-2]))
	add("g4, length too short", write(style{}, stored(m, 4, 0, rows).set(tagLength, long, uint64(m.H-60)))).Flagged = true
	flagged("g4, cut off", file(rows[:len(rows)*2/3]))
	add("g4, zeros after", file(append(bytes.Clone(rows), make([]byte, 5000)...)))
}

// mislabelled are pages that are coded otherwise than the file says.
func mislabelled(flagged flagger, m *bilevel.Image) {
	for _, is := range codings {
		if is.t4&4 != 0 || is.o.NoEOL || is.o.K == 1000 {
			continue
		}
		rows := mustRows(m, is.o)
		for _, says := range []struct {
			name            string
			compression, t4 uint64
		}{{"g4", 4, 0}, {"g3 1d", 3, 0}, {"g3 2d", 3, 1}, {"rle", 2, 0}} {
			if says.compression != is.compression || says.t4 != is.t4 {
				flagged(fmt.Sprintf("%s labelled %s", is.name, says.name), write(style{}, stored(m, says.compression, says.t4, rows)))
			}
		}
		flagged(is.name+", bit order wrong", write(style{}, stored(m, is.compression, is.t4, reverse(rows))))
		if m.W == 1728 {
			flagged(is.name+", width wrong", write(style{}, stored(m, is.compression, is.t4, rows).set(tagWidth, long, 2048)))
		}
	}
}

// chains are files whose pages hang together in odd ways.
func chains(add adder, flagged flagger, m *bilevel.Image) {
	s := stored(m, 4, 0, mustRows(m, fax.Options{EndMark: true}))
	thumb := m.Crop(0, 0, m.W/8, m.H/8)
	small := stored(thumb, 4, 0, mustRows(thumb, fax.Options{EndMark: true})).set(254, long, 1)
	add("thumbnail after the page", write(style{}, s, small))
	add("thumbnail before the page", write(style{}, small, s))
	add("thumbnail by the old tag", write(style{}, small.without(254).set(255, short, 2), s))
	add("all pages called thumbnails", write(style{}, s.set(254, long, 1), s.set(254, long, 1)), m, m)
	last := m.Crop(0, 0, m.W, m.H/3)
	add("a short last page called thumbnail", write(style{}, s, stored(last, 4, 0, mustRows(last, fax.Options{})).set(254, long, 1)), m, last)
	below := s
	below.below = []sheet{small}
	add("thumbnail below the page", write(style{}, below))
	above := small
	above.below = []sheet{s}
	add("page below its thumbnail", write(style{}, above))
	flagged("directories in a circle", write(style{loop: true}, s, s), m, m)
	var many []sheet
	var pages []*bilevel.Image
	for range 300 {
		many, pages = append(many, small.set(254, long, 2)), append(pages, thumb)
	}
	add("300 pages", write(style{}, many...), pages...)
	add("two files in one", append(write(style{}, s), write(style{bigEndian: true}, s)...), m, m)
	add("two files in one, bytes between", append(append(write(style{}, s), 0, 0, 13, 10), write(style{}, s, s)...), m, m, m)
	flagged("the second directory is cut off", func() []byte { b := write(style{}, s, s); return b[:len(b)-200] }(), m)
}

// orientations are the eight ways in which the stored page may lie.
func orientations(add adder, m *bilevel.Image) {
	flip := func(m *bilevel.Image, to func(x, y int) (int, int), w, h int) *bilevel.Image {
		o := bilevel.New(w, h)
		for y := range m.H {
			for x := range m.W {
				if m.At(x, y) {
					ux, uy := to(x, y)
					o.Set(ux, uy, true)
				}
			}
		}
		return o
	}
	r, b := m.W-1, m.H-1
	for orientation, to := range []func(x, y int) (int, int){
		func(x, y int) (int, int) { return x, y }, func(x, y int) (int, int) { return r - x, y },
		func(x, y int) (int, int) { return r - x, b - y }, func(x, y int) (int, int) { return x, b - y },
		func(x, y int) (int, int) { return y, x }, func(x, y int) (int, int) { return b - y, x },
		func(x, y int) (int, int) { return b - y, r - x }, func(x, y int) (int, int) { return y, r - x },
	} {
		w, h := m.W, m.H
		if orientation >= 4 {
			w, h = h, w
		}
		s := stored(m, 4, 0, mustRows(m, fax.Options{})).set(tagOrientation, short, uint64(orientation+1))
		add(fmt.Sprintf("orientation %d", orientation+1), write(style{}, s), flip(m, to, w, h))
	}
	s := stored(m, 4, 0, mustRows(m, fax.Options{}))
	add("orientation 0", write(style{}, s.set(tagOrientation, short, 0)))
	add("orientation 77", write(style{}, s.set(tagOrientation, short, 77)))
}

// Resolutions are what resolutions and units files state, and that the page has 204 × 98 dpi all the same.
var Resolutions = map[string][5]uint64{ // x numerator, denominator, y numerator, denominator, unit
	"inches": {204, 1, 98, 1, 2}, "centimetres": {8031, 100, 3858, 100, 3}, "no unit": {204, 1, 98, 1, 1}, "unit 0": {204, 1, 98, 1, 0},
	"centimetres called inches": {80, 1, 39, 1, 2}, "inches called centimetres": {204, 1, 98, 1, 3}, "swapped": {98, 1, 204, 1, 2},
	"zero": {0, 1, 0, 1, 2}, "zero denominator": {204, 0, 98, 0, 2}, "1 × 1": {1, 1, 1, 1, 2}, "72 × 72": {72, 1, 72, 1, 2}, "huge": {1 << 31, 1, 1 << 31, 1, 2},
}

func resolutions(add adder, m *bilevel.Image) {
	for _, name := range sortedKeys(Resolutions) {
		v := Resolutions[name]
		s := stored(m, 3, 0, mustRows(m, fax.Options{Coding: fax.CodingG3})).set(tagXRes, rational, v[0], v[1]).set(tagYRes, rational, v[2], v[3]).set(tagUnit, short, v[4])
		add("resolution "+name, write(style{}, s))
	}
	s := stored(m, 3, 0, mustRows(m, fax.Options{Coding: fax.CodingG3}))
	add("resolution missing", write(style{}, s.without(tagXRes, tagYRes, tagUnit)))
	add("resolution as SHORT", write(style{}, s.set(tagXRes, short, 204).set(tagYRes, short, 98)))
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// bytewise are pages stored as bytes: black-and-white, and grey and colours that are as clear.
func bytewise(add adder, flagged flagger, m *bilevel.Image) {
	add("uncompressed", write(style{}, stored(m, 1, 0, m.Pix)))
	add("uncompressed, first bit lowest", write(style{}, stored(m, 1, 0, reverse(m.Pix)).set(tagFillOrder, short, 2)))
	add("deflate", write(style{}, stored(m, 8, 0, flate(m.Pix))))
	add("old deflate", write(style{bigEndian: true}, stored(m, 32946, 0, flate(m.Pix))))
	flagged("uncompressed, cut", write(style{}, stored(m, 1, 0, m.Pix[:len(m.Pix)/2]).set(tagCounts, long, uint64(len(m.Pix)/2))), m)
	add("palette of two", write(style{}, stored(m, 1, 0, m.Pix).set(tagPhotometric, short, 3).set(320, short, 65535, 0, 65535, 0, 65535, 0)))
	add("palette of two, dark first", write(style{}, stored(m, 1, 0, inverted(m.Pix)).set(tagPhotometric, short, 3).set(320, short, 0, 65535, 0, 65535, 0, 65535)))
	// Tiles of 256 × 64.
	var tiles [][]byte
	var counts []uint64
	for y := 0; y < m.H; y += 64 {
		for x := 0; x < m.W; x += 256 {
			tiles = append(tiles, mustRows(m.Crop(x, y, x+256, y+64), fax.Options{EndMark: true}))
			counts = append(counts, uint64(len(tiles[len(tiles)-1])))
		}
	}
	s := stored(m, 4, 0).without(tagOffsets, tagCounts, tagRows).set(322, short, 256).set(323, short, 64).set(324, long).set(325, long, counts...)
	s.parts, s.at = tiles, 324
	add("tiles of g4", write(style{}, s))
	add("tiles of g4, BigTIFF", write(style{bigTIFF: true}, s))
	grey, colour := make([]byte, 0, m.W*m.H), make([]byte, 0, 3*m.W*m.H)
	for y := range m.H {
		for x := range m.W {
			v := byte(paperLevel)
			if m.At(x, y) {
				v = inkLevel
			}
			grey, colour = append(grey, v), append(colour, v, v, v)
		}
	}
	add("grey", write(style{}, stored(m, 1, 0, grey).set(258, short, 8).set(tagPhotometric, short, 1)))
	add("grey, white is 0", write(style{}, stored(m, 8, 0, flate(inverted(grey))).set(258, short, 8).set(tagPhotometric, short, 0)))
	add("colour", write(style{}, stored(m, 8, 0, flate(colour)).set(258, short, 8, 8, 8).set(277, short, 3).set(tagPhotometric, short, 2)))
	planes := stored(m, 8, 0, flate(grey), flate(grey), flate(grey)).set(258, short, 8, 8, 8).set(277, short, 3).set(tagPhotometric, short, 2).set(284, short, 2)
	add("colour in planes", write(style{}, planes))
	var nibbles []byte
	for y := range m.H {
		row := grey[y*m.W : (y+1)*m.W]
		for x := 0; x < m.W; x += 2 {
			b := row[x] & 0xf0
			if x+1 < m.W {
				b |= row[x+1] >> 4
			}
			nibbles = append(nibbles, b)
		}
	}
	add("grey of 4 bits", write(style{}, stored(m, 1, 0, nibbles).set(258, short, 4).set(tagPhotometric, short, 1)))
}

func inverted(b []byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		out[i] = ^out[i]
	}
	return out
}

// bitString builds coded data bit by bit.
type bitString struct {
	out []byte
	n   int
}

func (b *bitString) put(set bool) {
	if b.n&7 == 0 {
		b.out = append(b.out, 0)
	}
	if set {
		b.out[b.n>>3] |= 0x80 >> (b.n & 7)
	}
	b.n++
}

func (b *bitString) zeros(n int) {
	for range n {
		b.put(false)
	}
}

func (b *bitString) copy(from []byte, start, end int) {
	for i := start; i < end; i++ {
		b.put(from[i>>3]&(0x80>>(i&7)) != 0)
	}
}

func (b *bitString) bytes() []byte { return b.out }

// eols are where the end-of-line codes of sound Group 3 data start, fill left out.
func eols(data []byte) []int {
	var at []int
	zeros := 0
	for i := range 8 * len(data) {
		if data[i>>3]&(0x80>>(i&7)) == 0 {
			zeros++
			continue
		}
		if zeros >= 11 {
			at = append(at, i-11)
		}
		zeros = 0
	}
	return at
}

// longest is the row with the longest code, but the last.
func longest(eols []int) int {
	best := 0
	for i := range len(eols) - 2 {
		if eols[i+1]-eols[i] > eols[best+1]-eols[best] {
			best = i
		}
	}
	return best
}
