package fax

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"todoke/internal/bilevel"
)

// Options say how pages are written. The zero value is Group 4 in one strip a page.
type Options struct {
	Coding       string  // CodingG4 (default), CodingG3, CodingG3TwoD, CodingRLE, CodingRLEWord, CodingPackBits (TIFF), CodingNone, CodingFlate (PDF)
	XDPI, YDPI   float64 // 0 leaves the resolution out
	LSBFirst     bool    // FillOrder 2: the first pixel or bit is the lowest of a byte (TIFF)
	BigEndian    bool    // "MM" (TIFF)
	MinIsBlack   bool    // PhotometricInterpretation 1 (TIFF), BlackIs1 true (PDF): the opposite sense of the stored bits
	RowsPerStrip int     // 0 is one strip (TIFF)
	K            int     // G3 2D: rows from one one-dimensional row to the next; 0 is 2 below 150 dpi and 4 above (T.4)
	AlignEOL     bool    // G3: fill, so that every end-of-line code ends on a byte boundary
	NoEOL        bool    // G3 1D: no end-of-line codes (PDF)
	ByteAlign    bool    // rows start on byte boundaries: EncodedByteAlign (PDF)
	EndMark      bool    // RTC or EOFB after the last row of a strip; PDF writes it always
	Orientation  int     // the tag, 1–8; the pixels are written as they come (TIFF); 0 leaves it out
	NoByteCounts bool    // leave StripByteCounts out, as some old writers do (TIFF)
	NoLength     bool    // leave ImageLength out, as fax servers that write while receiving do (TIFF)
}

// encoding is the row coding that the options ask for.
func (o Options) encoding() (encoding, error) {
	e := encoding{lsbFirst: o.LSBFirst, align: 1, eols: !o.NoEOL, alignEOL: o.AlignEOL, endMark: o.EndMark, k: o.K}
	if o.ByteAlign {
		e.align = 8
	}
	if e.k == 0 {
		e.k = 4
		if o.YDPI > 0 && o.YDPI < 150 {
			e.k = 2
		}
	}
	switch cmp.Or(o.Coding, CodingG4) {
	case CodingG4:
		e.scheme = schemeG4
	case CodingG3:
		e.scheme = schemeG3
	case CodingG3TwoD:
		e.scheme, e.eols = schemeG3TwoD, true
	case CodingRLE:
		e.scheme, e.align = schemeRLE, 8
	case CodingRLEWord:
		e.scheme, e.align = schemeRLE, 16
	default:
		return e, fmt.Errorf("encode fax: coding %q is not known", o.Coding)
	}
	return e, nil
}

// stored is the image with the sense of its bits as the options want them.
func (o Options) stored(m *bilevel.Image) *bilevel.Image {
	if !o.MinIsBlack {
		return m
	}
	c := &bilevel.Image{W: m.W, H: m.H, Stride: m.Stride, Pix: bytes.Clone(m.Pix)}
	for i, v := range c.Pix {
		c.Pix[i] = ^v
	}
	trimPadding(c)
	return c
}

// EncodeTIFF writes the images as the pages of one TIFF file (TIFF 6.0, RFC 2306).
func EncodeTIFF(w io.Writer, images []*bilevel.Image, o Options) error {
	if len(images) == 0 {
		return errors.New("encode tiff: no pages")
	}
	var bo interface {
		binary.ByteOrder
		binary.AppendByteOrder
	} = binary.LittleEndian
	out := []byte("II*\x00")
	if o.BigEndian {
		bo, out = binary.BigEndian, []byte("MM\x00*")
	}
	out = bo.AppendUint32(out, 0)
	link := 4 // where the next directory's offset goes
	for i, m := range images {
		if m.W <= 0 || m.H <= 0 || m.W > maxWidth {
			return fmt.Errorf("encode tiff: page %d is %d × %d pixels", i+1, m.W, m.H)
		}
		strips, compression, err := o.strips(m)
		if err != nil {
			return err
		}
		offsets, counts := make([]uint32, len(strips)), make([]uint32, len(strips))
		for k, s := range strips {
			offsets[k], counts[k] = uint32(len(out)), uint32(len(s))
			out = append(out, s...)
		}
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
		var dir []byte // entries; values that do not fit go to out
		n := 0
		add := func(tag, kind uint16, values ...uint32) {
			n++
			dir = bo.AppendUint16(dir, tag)
			dir = bo.AppendUint16(dir, kind)
			var v []byte
			for _, x := range values {
				if kind == typeShort {
					v = bo.AppendUint16(v, uint16(x))
				} else {
					v = bo.AppendUint32(v, x)
				}
			}
			count := len(values)
			if kind == typeRational {
				count /= 2
			}
			dir = bo.AppendUint32(dir, uint32(count))
			if len(v) > 4 {
				dir = bo.AppendUint32(dir, uint32(len(out)))
				out = append(out, v...)
				return
			}
			dir = append(dir, v...)
			dir = append(dir, make([]byte, 4-len(v))...)
		}
		add(tagSubfileType, typeLong, 2) // a page of several
		add(tagWidth, typeShort, uint32(m.W&0xffff))
		if m.W > math.MaxUint16 {
			return fmt.Errorf("encode tiff: page %d is %d pixels wide", i+1, m.W)
		}
		if !o.NoLength {
			add(tagLength, typeLong, uint32(m.H))
		}
		add(tagBitsPerSample, typeShort, 1)
		add(tagCompression, typeShort, compression)
		add(tagPhotometric, typeShort, uint32(boolBit(o.MinIsBlack)))
		add(tagFillOrder, typeShort, 1+uint32(boolBit(o.LSBFirst)))
		add(tagStripOffsets, typeLong, offsets...)
		if o.Orientation > 0 {
			add(tagOrientation, typeShort, uint32(o.Orientation))
		}
		add(tagSamplesPerPixel, typeShort, 1)
		if o.RowsPerStrip > 0 {
			add(tagRowsPerStrip, typeLong, uint32(o.RowsPerStrip))
		} else if !o.NoLength {
			add(tagRowsPerStrip, typeLong, uint32(m.H))
		}
		if !o.NoByteCounts {
			add(tagStripByteCounts, typeLong, counts...)
		}
		if o.XDPI > 0 && o.YDPI > 0 {
			add(tagXResolution, typeRational, uint32(math.Round(o.XDPI*100)), 100)
			add(tagYResolution, typeRational, uint32(math.Round(o.YDPI*100)), 100)
		}
		switch compression {
		case 3:
			add(tagT4Options, typeLong, uint32(boolBit(o.Coding == CodingG3TwoD)|boolBit(o.AlignEOL)<<2))
		case 4:
			add(tagT6Options, typeLong, 0)
		}
		if o.XDPI > 0 && o.YDPI > 0 {
			add(tagResolutionUnit, typeShort, 2)
		}
		add(tagPageNumber, typeShort, uint32(i), uint32(len(images)))
		bo.PutUint32(out[link:], uint32(len(out)))
		out = bo.AppendUint16(out, uint16(n))
		out = append(out, dir...)
		link = len(out)
		out = bo.AppendUint32(out, 0)
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("write tiff: %w", err)
	}
	return nil
}

// strips codes an image in strips, and names the TIFF compression.
func (o Options) strips(m *bilevel.Image) ([][]byte, uint32, error) {
	m = o.stored(m)
	rows := cmp.Or(max(o.RowsPerStrip, 0), m.H)
	var out [][]byte
	var code func(pix []byte, rows int) []byte
	var compression uint32
	switch o.Coding {
	case CodingNone, CodingPackBits:
		compression = 1
		flip := func(data []byte) []byte {
			if o.LSBFirst {
				for i, v := range data {
					data[i] = reversed[v]
				}
			}
			return data
		}
		code = func(pix []byte, _ int) []byte { return flip(bytes.Clone(pix)) }
		if o.Coding == CodingPackBits {
			compression = 32773
			code = func(pix []byte, _ int) []byte {
				var packed []byte
				for row := pix; len(row) > 0; row = row[m.Stride:] {
					packed = packBits(packed, row[:m.Stride])
				}
				return flip(packed)
			}
		}
	default:
		e, err := o.encoding()
		if err != nil {
			return nil, 0, err
		}
		compression = map[string]uint32{"": 4, CodingG4: 4, CodingG3: 3, CodingG3TwoD: 3, CodingRLE: 2, CodingRLEWord: 32771}[o.Coding]
		switch compression {
		case 3:
			e.align, e.eols = 1, true
		case 4:
			e.align = 1
		}
		code = func(pix []byte, rows int) []byte { return encodeRows(pix, m.Stride, m.W, rows, e) }
	}
	for y := 0; y < m.H; y += rows {
		k := min(rows, m.H-y)
		out = append(out, code(m.Pix[y*m.Stride:(y+k)*m.Stride], k))
	}
	return out, compression, nil
}

// packBits appends a row coded as TIFF 6.0, section 9 has it.
func packBits(out, row []byte) []byte {
	for i := 0; i < len(row); {
		n := 1
		for i+n < len(row) && n < 128 && row[i+n] == row[i] {
			n++
		}
		if n > 1 {
			out = append(out, byte(1-n), row[i])
			i += n
			continue
		}
		for i+n < len(row) && n < 128 && (i+n+1 >= len(row) || row[i+n] != row[i+n+1]) {
			n++
		}
		out = append(out, byte(n-1))
		out = append(out, row[i:i+n]...)
		i += n
	}
	return out
}
