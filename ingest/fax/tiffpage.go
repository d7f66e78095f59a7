package fax

import (
	"fmt"
	"math"

	"todoke/internal/bilevel"
)

// TIFF compressions.
const (
	compressNone     = 1
	compressRLE      = 2
	compressG3       = 3
	compressG4       = 4
	compressLZW      = 5
	compressOldJPEG  = 6
	compressJPEG     = 7
	compressDeflate  = 8
	compressRLEWord  = 32771
	compressPackBits = 32773
	compressOldFlate = 32946
)

var compressionNames = map[uint64]string{
	compressNone: CodingNone, compressRLE: CodingRLE, compressG3: CodingG3, compressG4: CodingG4, compressLZW: CodingLZW,
	compressOldJPEG: CodingJPEG, compressJPEG: CodingJPEG, compressDeflate: CodingFlate, compressRLEWord: CodingRLEWord,
	compressPackBits: CodingPackBits, compressOldFlate: CodingFlate,
}

// Photometric interpretations (TIFF 6.0).
const (
	whiteIsZero = 0
	blackIsZero = 1
	colourRGB   = 2
	colourMap   = 3
	colourCMYK  = 5
	colourYCbCr = 6
)

// picture is how a directory says that its pixels are stored.
type picture struct {
	*ifd
	w, h                     int // pixels; h is 0 where it is not stated
	compression, photometric uint64
	bits, samples            int
	planes                   bool // each sample of a pixel in a plane of its own
	predictor                uint64
	lsbFirst                 bool
	parts                    []part
	partW, partH             int // pixels of a tile; of a strip w and, where it is not stated, 0
	tiled                    bool
	beyond                   int64 // pixels of tiles that hang over the page
	notes                    []string
}

// describe reads and checks what the directory says; nothing is allocated for a size before it
// is within the limits.
func (d *ifd) describe(b *budget) (*picture, error) {
	p := &picture{ifd: d}
	width, height := d.uintOr(tagWidth, 0), d.uintOr(tagLength, 0)
	if width == 0 {
		return nil, permanent(nil, "the page does not say how wide it is; send it again")
	}
	if err := b.pageSize(int64(min(width, math.MaxInt32)), int64(min(max(height, 1), math.MaxInt32))); err != nil {
		return nil, err
	}
	p.w, p.h = int(width), int(height)
	p.compression = d.uintOr(tagCompression, compressNone)
	p.photometric = d.uintOr(tagPhotometric, whiteIsZero)
	p.bits, p.samples = int(min(d.uintOr(tagBitsPerSample, 1), 99)), int(min(max(d.uintOr(tagSamplesPerPixel, 1), 1), 99))
	p.planes = d.uintOr(tagPlanarConfig, 1) == 2 && p.samples > 1
	p.predictor = d.uintOr(tagPredictor, 1)
	p.lsbFirst = d.uintOr(tagFillOrder, 1) == 2
	if compressionNames[p.compression] == "" {
		return nil, permanent(nil, "the page is compressed in a way faxes are not (TIFF compression %d); send it as fax TIFF or PDF", p.compression)
	}
	if p.faxCoded() && (p.bits != 1 || p.samples != 1 || p.photometric > blackIsZero) {
		p.note("the file calls a fax page %d × %d bits of photometric interpretation %d", p.samples, p.bits, p.photometric)
		p.bits, p.samples, p.planes = 1, 1, false
		p.photometric = min(p.photometric, 2) % 2
	}
	if height == 0 && (!p.faxCoded() || p.tiled) {
		return nil, permanent(nil, "the page does not say how long it is; send it again")
	}
	p.partW = p.w
	if _, p.tiled = d.entries[tagTileOffsets]; p.tiled {
		w, h := d.uintOr(tagTileWidth, 0), d.uintOr(tagTileLength, 0)
		if w == 0 || h == 0 || w > maxWidth || h > maxRows || b.pageSize(int64(w), int64(h)) != nil || height == 0 {
			return nil, permanent(nil, "the page's tiles are %d × %d pixels; send it again", w, h)
		}
		// Tiles hang over the page; what they unpack to must be within the limits, too.
		across, down := (width+w-1)/w, (height+h-1)/h
		if across*down > maxParts || across*down*w*h > 2*uint64(b.lim.PagePixels) {
			return nil, permanent(nil, "the page's tiles of %d × %d pixels are too large for it; send it again", w, h)
		}
		p.beyond = max(0, int64(across*down*w*h)-int64(p.w)*int64(p.h))
		p.partW, p.partH = int(w), int(h)
		p.parts = d.parts(tagTileOffsets, tagTileByteCounts)
	} else {
		p.parts = d.parts(tagStripOffsets, tagStripByteCounts)
		if rows := d.uintOr(tagRowsPerStrip, 0); rows < maxRows && len(p.parts) > 1 {
			p.partH = int(rows)
		}
		if p.partH == 0 {
			p.partH = p.h
		}
	}
	if len(p.parts) == 0 && p.compression != compressOldJPEG {
		return nil, permanent(nil, "the page has no picture data; send it again")
	}
	return p, nil
}

func (p *picture) note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

func (p *picture) faxCoded() bool {
	switch p.compression {
	case compressRLE, compressG3, compressG4, compressRLEWord:
		return true
	}
	return false
}

// page decodes the page that the directory describes.
func (d *ifd) page(b *budget) (Page, error) {
	var page Page
	p, err := d.describe(b)
	if err != nil {
		return page, err
	}
	page.Coding = compressionNames[p.compression]
	switch {
	case p.faxCoded():
		err = p.fax(&page, b)
	case p.bits == 1 && p.samples == 1 && p.compression != compressJPEG && p.compression != compressOldJPEG:
		err = p.bilevel(&page, b)
	default:
		err = p.grey(&page, b)
	}
	if err != nil {
		return page, err
	}
	b.spend(page.Image)
	b.left -= p.beyond
	p.noteLine(len(page.BadRows))
	x, y := statedResolution(page.Image.W, d.rational(tagXResolution), d.rational(tagYResolution), d.uintOr(tagResolutionUnit, 2))
	finish(&page, int(min(d.uintOr(tagOrientation, 1), 9)), x, y)
	for _, n := range p.notes {
		if page.Note != "" {
			page.Note += "; "
		}
		page.Note += n
	}
	return page, nil
}

// noteLine takes in what the machine that received the fax says of the line (tags 326 to 328,
// TIFF class F): which rows it mended is not recorded.
func (p *picture) noteLine(found int) {
	bad := p.uintOr(tagBadFaxLines, 0)
	if bad <= uint64(found) || p.uintOr(tagCleanFaxData, 1) == 0 {
		return
	}
	what := "mended"
	if p.uintOr(tagCleanFaxData, 1) == 2 {
		what = "left"
	}
	most := ""
	if n := p.uintOr(tagConsecutiveBad, 0); n > 0 {
		most = fmt.Sprintf(", at most %d in a row", n)
	}
	p.note("the receiving machine %s %d damaged rows%s; which is not recorded", what, bad, most)
}

// sheet collects the rows of a page, part by part.
type sheet struct {
	*picture
	stride, limit int // bytes a row; rows that the limits allow
	pix           []byte
	rows          int
	bad           []int
}

// partDecoder decodes a part of w pixels a row: rows rows, -1 where the file does not say, and
// never more than most.
type partDecoder func(at part, w, rows, most int) (coded, error)

// collect decodes the parts of a bilevel page.
func (p *picture) collect(page *Page, b *budget, decode partDecoder) error {
	s := &sheet{picture: p, stride: (p.w + 7) / 8, limit: b.rowLimit(int64(p.w))}
	var err error
	if p.tiled {
		err = s.tiles(decode)
	} else {
		err = s.strips(decode)
	}
	if err != nil {
		return err
	}
	if s.rows == 0 {
		return permanent(nil, "no row of the page could be decoded; send it again")
	}
	if p.minIsBlack() {
		for i, v := range s.pix {
			s.pix[i] = ^v
		}
	}
	page.BadRows = s.bad
	page.Image = &bilevel.Image{W: p.w, H: s.rows, Stride: s.stride, Pix: s.pix}
	trimPadding(page.Image)
	return nil
}

// strips decodes parts that follow one another down the page.
func (s *sheet) strips(decode partDecoder) error {
	for i, at := range s.parts {
		rows := -1
		switch {
		case s.h > 0 && s.partH > 0:
			rows = min(s.partH, s.h-s.rows)
			if i == len(s.parts)-1 && len(s.parts) == 1 {
				rows = s.h
			}
		case s.partH > 0 && i < len(s.parts)-1:
			rows = s.partH
		}
		rows = min(rows, s.limit-s.rows)
		if rows == 0 || s.rows >= s.limit {
			break
		}
		c, err := decode(at, s.w, rows, s.limit-s.rows)
		if err != nil {
			return err
		}
		for _, r := range c.bad {
			s.bad = append(s.bad, s.rows+r)
		}
		if s.pix == nil {
			s.pix = c.pix // the usual single strip is not copied
		} else {
			s.pix = append(s.pix, c.pix...)
		}
		s.rows += c.rows
	}
	if missing := s.h - s.rows; missing > 0 && s.h <= s.limit {
		s.blank(missing)
	}
	return nil
}

// blank appends rows that never came.
func (s *sheet) blank(n int) {
	rows := make([]byte, n*s.stride)
	if paper := s.paper(); paper != 0 {
		for i := range rows {
			rows[i] = paper
		}
	}
	for range n {
		s.bad = append(s.bad, s.rows)
		s.rows++
	}
	s.pix = append(s.pix, rows...)
}

// tiles decodes parts that lie beside one another, row of tiles by row of tiles.
func (s *sheet) tiles(decode partDecoder) error {
	across := (s.w + s.partW - 1) / s.partW
	tileStride := (s.partW + 7) / 8
	s.blank(s.h)
	s.bad = nil
	for y := 0; y < s.h; y += s.partH {
		bad := make([]bool, min(s.partH, s.h-y))
		for k := range across {
			i := y/s.partH*across + k
			if i >= len(s.parts) {
				for r := range bad {
					bad[r] = true
				}
				break
			}
			c, err := decode(s.parts[i], s.partW, s.partH, s.partH)
			if err != nil {
				return err
			}
			for _, r := range c.bad {
				if r < len(bad) {
					bad[r] = true
				}
			}
			for r := range min(len(bad), c.rows) {
				putBits(s.pix[(y+r)*s.stride:(y+r+1)*s.stride], k*s.partW, c.pix[r*tileStride:(r+1)*tileStride], min(s.partW, s.w-k*s.partW))
			}
		}
		for r, is := range bad {
			if is {
				s.bad = append(s.bad, y+r)
			}
		}
	}
	return nil
}

// putBits writes the first n bits of in at bit x of row.
func putBits(row []byte, x int, in []byte, n int) {
	if x&7 == 0 && n >= 8 {
		copy(row[x>>3:], in[:n>>3])
		x, in, n = x+n&^7, in[n>>3:], n&7
	}
	for i := range n {
		bit := byte(0x80 >> ((x + i) & 7))
		row[(x+i)>>3] &^= bit
		if in[i>>3]&(0x80>>(i&7)) != 0 {
			row[(x+i)>>3] |= bit
		}
	}
}

// minIsBlack tells whether a stored 1 is paper.
func (p *picture) minIsBlack() bool {
	if p.photometric == colourMap {
		return p.palette(0) < p.palette(1)
	}
	return p.photometric == blackIsZero
}

// paper is a stored byte of blank paper.
func (p *picture) paper() byte {
	if p.minIsBlack() {
		return 0xff
	}
	return 0
}

// partData is the bytes of a part.
func (p *picture) partData(at part, b *budget) ([]byte, error) {
	if err := b.read(at.n); err != nil {
		return nil, err
	}
	return p.data[at.off : at.off+at.n], nil
}

// fax decodes a page in one of the CCITT codings.
func (p *picture) fax(page *Page, b *budget) error {
	s := stream{width: p.partW, lsbFirst: p.lsbFirst, align: 1, paper: p.paper()}
	uncompressed := false // the file allows itself the uncompressed mode; few that do use it
	switch p.compression {
	case compressRLE:
		s.scheme, s.align = schemeRLE, 8
	case compressRLEWord:
		s.scheme, s.align = schemeRLE, 16
	case compressG3:
		options := p.uintOr(tagT4Options, 0)
		s.scheme = schemeG3
		if options&1 == 1 {
			s.scheme = schemeG3TwoD
		}
		uncompressed = options&2 == 2
	case compressG4:
		s.scheme = schemeG4
		uncompressed = p.uintOr(tagT6Options, 0)&2 == 2
	}
	s.extra = len(p.parts) == 1 && !p.tiled
	work := searchWork
	s.work = &work
	page.Coding = s.coding()
	checked, left := false, false
	err := p.collect(page, b, func(at part, _, rows, most int) (coded, error) {
		raw, err := p.partData(at, b)
		if err != nil {
			return coded{}, err
		}
		s.rows, s.maxRows = rows, most
		c := decodeStream(raw, s)
		// The stated length may be too short for the rows.
		if c.cut() && at.reach > at.n && rows > 0 {
			if err := b.read(at.reach); err != nil {
				return coded{}, err
			}
			longer := p.data[at.off : at.off+at.reach]
			if l := decodeStream(longer, s); len(l.bad) < len(c.bad) {
				raw, c = longer, l
			}
		}
		if !checked && 4*len(c.bad) > c.rows { // it may not be what it is said to be
			checked = true
			if other, ok := mislabelled(raw, s, len(c.bad)); ok {
				p.note("the page is coded as %s, not as %s as the file says", other, s)
				s, page.Coding = other, other.coding()
				c = decodeStream(raw, s)
			}
		}
		if rows > 0 && c.rows > rows {
			p.note("the page has %d rows, the file says %d", c.rows, rows)
		}
		if c.left && !left && !p.tiled && at.stated && int64(len(raw)) == at.n {
			left = true
			p.note("coded data are left over after the last row")
		}
		return c, nil
	})
	if err == nil && uncompressed && len(page.BadRows) > 0 {
		return permanent(nil, "the page uses the uncompressed mode of Group 3 or 4, which no fax machine sends; send it as ordinary fax TIFF")
	}
	return err
}

// cut tells whether the last rows never came.
func (c *coded) cut() bool {
	return len(c.bad) > 0 && c.bad[len(c.bad)-1] == c.rows-1 && !c.ended
}

// bilevel decodes a page of one bit a pixel that is stored as bytes.
func (p *picture) bilevel(page *Page, b *budget) error {
	if p.photometric > colourMap || p.photometric == colourRGB {
		return permanent(nil, "the page is in colours of one bit (photometric interpretation %d); send it as black-and-white fax TIFF or PDF", p.photometric)
	}
	return p.collect(page, b, func(at part, w, rows, _ int) (coded, error) {
		raw, err := p.partData(at, b)
		if err != nil {
			return coded{}, err
		}
		rows = max(rows, 0)
		stride := (w + 7) / 8
		got := p.unpack(raw, rows*stride)
		c := coded{pix: make([]byte, rows*stride), rows: rows}
		for i := copy(c.pix, got); i < len(c.pix) && p.paper() != 0; i++ {
			c.pix[i] = p.paper()
		}
		for r := len(got) / stride; r < rows; r++ {
			c.bad = append(c.bad, r)
		}
		return c, nil
	})
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
