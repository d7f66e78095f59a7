package fax

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"todoke/internal/bilevel"
)

const (
	// maxGreyBytes bounds what a picture may take while it is decoded to grey or colour on the way:
	// a camera's 50 million pixels, or a progressive JPEG of A4 at 600 dpi.
	maxGreyBytes = 512 << 20
	// maxLength is the longer side of a grey picture beyond which its pixels are averaged in
	// squares: A4 at 400 dpi. Nothing finer helps to read, and it costs.
	maxLength = 4800
)

// greySize checks the declared size of a picture that takes so many bytes a pixel.
func (b *budget) greySize(w, h, bytes int) error {
	if err := b.pageSize(int64(w), int64(h)); err != nil {
		return err
	}
	if int64(w)*int64(h)*int64(bytes) > maxGreyBytes {
		return permanent(nil, "the picture is too large (%d × %d pixels in grey or colour); send it as fax TIFF or PDF at 200 dpi", w, h)
	}
	return nil
}

// pngPage decodes a PNG file.
func pngPage(data []byte, b *budget) (Page, error) {
	p := Page{Coding: CodingPNG}
	var idat [][]byte
	var header, phys []byte
	for at := 8; at+8 <= len(data); {
		n := int64(binary.BigEndian.Uint32(data[at:]))
		kind := string(data[at+4 : at+8])
		from := at + 8
		to := min(int64(from)+n, int64(len(data)))
		body := data[from:to]
		switch kind {
		case "IHDR":
			header = body
		case "pHYs":
			phys = body
		case "IDAT":
			idat = append(idat, body)
		}
		if kind == "IEND" || to+4 > int64(len(data)) {
			break
		}
		at = int(to) + 4
	}
	if len(header) < 13 {
		return p, permanent(nil, "the PNG file ends within its header; send it again")
	}
	w, h := int64(binary.BigEndian.Uint32(header)), int64(binary.BigEndian.Uint32(header[4:]))
	var x, y float64
	if len(phys) >= 9 && phys[8] == 1 { // a metre
		x = float64(binary.BigEndian.Uint32(phys)) * 0.0254
		y = float64(binary.BigEndian.Uint32(phys[4:])) * 0.0254
	}
	if header[8] == 1 && header[9] == 0 && header[12] == 0 { // one bit of grey, not interlaced
		if err := b.pageSize(w, h); err != nil {
			return p, err
		}
		p.Image, p.BadRows = pngBilevel(idat, int(w), int(h))
	} else {
		cfg, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			return p, permanent(err, "the PNG file is damaged; send it again")
		}
		if err := b.greySize(cfg.Width, cfg.Height, pngBytes(header)); err != nil {
			return p, err
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			return p, permanent(err, "the PNG file is damaged; send it again")
		}
		g, k := reduced(greyOf(img))
		p.Image = toBilevel(g)
		x, y = x/k, y/k
	}
	b.spend(p.Image)
	finish(&p, 1, x, y)
	return p, nil
}

// pngBilevel decodes the rows of a one-bit greyscale PNG. Rows after a damage are white and bad.
func pngBilevel(idat [][]byte, w, h int) (*bilevel.Image, []int) {
	m := bilevel.New(w, h)
	readers := make([]io.Reader, len(idat))
	for i, d := range idat {
		readers[i] = bytes.NewReader(d)
	}
	z, err := zlib.NewReader(io.MultiReader(readers...))
	line := make([]byte, 1+m.Stride)
	before := make([]byte, m.Stride)
	y := 0
	for ; y < h && err == nil; y++ {
		if _, err = io.ReadFull(z, line); err != nil {
			break
		}
		cur := line[1:]
		if !unfilter(line[0], cur, before, 1) {
			break
		}
		for i, v := range cur {
			m.Pix[y*m.Stride+i] = ^v // 1 is white
		}
		copy(before, cur)
	}
	trimPadding(m)
	var bad []int
	for ; y < h; y++ {
		bad = append(bad, y)
	}
	return m, bad
}

// unfilter undoes a PNG row filter (PNG specification, 9.2); bpp is bytes a pixel, at least 1.
func unfilter(kind byte, cur, before []byte, bpp int) bool {
	switch kind {
	case 0:
	case 1:
		for i := bpp; i < len(cur); i++ {
			cur[i] += cur[i-bpp]
		}
	case 2:
		for i, v := range before {
			cur[i] += v
		}
	case 3:
		for i, v := range before {
			left := 0
			if i >= bpp {
				left = int(cur[i-bpp])
			}
			cur[i] += byte((left + int(v)) / 2)
		}
	case 4:
		for i, v := range before {
			a, c := 0, 0
			if i >= bpp {
				a, c = int(cur[i-bpp]), int(before[i-bpp])
			}
			cur[i] += paeth(a, int(v), c)
		}
	default:
		return false
	}
	return true
}

func paeth(a, b, c int) byte {
	abs := func(v int) int { return max(v, -v) }
	p := a + b - c
	switch pa, pb, pc := abs(p-a), abs(p-b), abs(p-c); {
	case pa <= pb && pa <= pc:
		return byte(a)
	case pb <= pc:
		return byte(b)
	default:
		return byte(c)
	}
}

// jpegPage decodes a JPEG file.
func jpegPage(data []byte, b *budget) (Page, error) {
	p := Page{Coding: CodingJPEG}
	g, err := jpegGrey(data, b)
	if err != nil {
		return p, err
	}
	g, k := reduced(g)
	p.Image = toBilevel(g)
	x, y, orientation := jpegTags(data)
	b.spend(p.Image)
	finish(&p, orientation, x/k, y/k)
	return p, nil
}

// errDamaged is the cause of the error of a picture whose data cannot be decoded.
var errDamaged = errors.New("damaged picture")

// jpegGrey decodes a JPEG picture's brightness.
func jpegGrey(data []byte, b *budget) (*image.Gray, error) {
	damaged := func(err error) error {
		return permanent(fmt.Errorf("%w: %w", errDamaged, err), "the JPEG picture is damaged; send it again")
	}
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, damaged(err)
	}
	if err := b.greySize(cfg.Width, cfg.Height, jpegBytes(data)); err != nil {
		return nil, err
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, damaged(err)
	}
	return greyOf(img), nil
}

// jpegSegments visits the markers of a JPEG file up to its picture data.
func jpegSegments(data []byte, visit func(marker byte, body []byte)) {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		if data[at+1] == 0xff { // a fill byte
			at++
			continue
		}
		marker, n := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || n < 2 || at+2+n > len(data) {
			break
		}
		visit(marker, data[at+4:at+2+n])
		at += 2 + n
	}
}

// jpegBytes is what the decoding of a JPEG picture takes, in bytes a pixel: its planes and, where
// it is progressive, its coefficients.
func jpegBytes(data []byte) int {
	planes, progressive := 3, false
	jpegSegments(data, func(marker byte, body []byte) {
		if marker < 0xc0 || marker > 0xc2 || len(body) < 6 {
			return
		}
		progressive = marker == 0xc2
		var area, most int
		for c := body[6:]; len(c) >= 3; c = c[3:] {
			a := int(c[1]>>4) * int(c[1]&15)
			area, most = area+a, max(most, a)
		}
		if most > 0 {
			planes = (area + most - 1) / most
		}
	})
	if progressive {
		planes *= 5
	}
	return planes
}

// pngBytes is the same of a PNG picture, from its header.
func pngBytes(header []byte) int {
	wide, colours := max(1, int(header[8])/8), map[byte]int{2: 4, 4: 4, 6: 4}[header[9]]
	bytes := wide * max(1, colours)
	if header[12] != 0 { // interlaced: each pass, and the whole
		bytes *= 2
	}
	return bytes + 1
}

// jpegTags are the resolution that JFIF or Exif states, and the orientation that Exif does.
func jpegTags(data []byte) (xDPI, yDPI float64, orientation int) {
	orientation = 1
	// Screens' and cameras' defaults are no scanner's.
	scanned := func(x, y float64) bool { return x > 96 && y > 96 }
	jpegSegments(data, func(marker byte, body []byte) {
		switch {
		case marker == 0xe0 && len(body) >= 12 && string(body[:5]) == "JFIF\x00":
			scale := map[byte]float64{1: 1, 2: 2.54}[body[7]]
			x, y := scale*float64(binary.BigEndian.Uint16(body[8:])), scale*float64(binary.BigEndian.Uint16(body[10:]))
			if scanned(x, y) {
				xDPI, yDPI = x, y
			}
		case marker == 0xe1 && len(body) > 14 && string(body[:6]) == "Exif\x00\x00":
			exif := body[6:]
			var bo binary.ByteOrder = binary.LittleEndian
			if exif[0] == 'M' {
				bo = binary.BigEndian
			}
			d, err := (tiffFile{data: exif, order: bo}).dir(uint64(bo.Uint32(exif[4:])))
			if err != nil {
				return
			}
			orientation = int(min(d.uintOr(tagOrientation, 1), 9))
			x, y := d.rational(tagXResolution), d.rational(tagYResolution)
			if d.uintOr(tagResolutionUnit, 2) == 3 {
				x, y = 2.54*x, 2.54*y
			}
			if xDPI == 0 && scanned(x, y) {
				xDPI, yDPI = x, y
			}
		}
	})
	return xDPI, yDPI, orientation
}
