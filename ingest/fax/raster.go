package fax

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"todoke/internal/bilevel"
)

// maxGreyPixels bounds pictures that are decoded to grey or colour on the way: at most twelve
// bytes a pixel (progressive JPEG). A4 at 600 dpi is 35 million.
const maxGreyPixels = 40e6

// greySize checks the declared size of a grey or colour picture.
func (b *budget) greySize(w, h int) error {
	if err := b.pageSize(int64(w), int64(h)); err != nil {
		return err
	}
	if int64(w)*int64(h) > maxGreyPixels {
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
		if err := b.greySize(cfg.Width, cfg.Height); err != nil {
			return p, err
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			return p, permanent(err, "the PNG file is damaged; send it again")
		}
		p.Image = toBilevel(greyOf(img))
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
	p.Image = toBilevel(g)
	x, y, orientation := jpegTags(data)
	b.spend(p.Image)
	finish(&p, orientation, x, y)
	return p, nil
}

// errDamaged is the cause of the error of a picture whose data cannot be decoded.
var errDamaged = errors.New("damaged picture")

// jpegGrey decodes a JPEG picture's brightness.
func jpegGrey(data []byte, b *budget) (*image.Gray, error) {
	damaged := func(err error) error {
		return permanent(errors.Join(errDamaged, err), "the JPEG picture is damaged; send it again")
	}
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, damaged(err)
	}
	if err := b.greySize(cfg.Width, cfg.Height); err != nil {
		return nil, err
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, damaged(err)
	}
	return greyOf(img), nil
}

// jpegTags are the resolution that JFIF states and the orientation that Exif does.
func jpegTags(data []byte) (xDPI, yDPI float64, orientation int) {
	orientation = 1
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, n := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || n < 2 || at+2+n > len(data) {
			break
		}
		body := data[at+4 : at+2+n]
		switch {
		case marker == 0xe0 && len(body) >= 12 && string(body[:5]) == "JFIF\x00":
			scale := map[byte]float64{1: 1, 2: 2.54}[body[7]]
			xDPI = scale * float64(binary.BigEndian.Uint16(body[8:]))
			yDPI = scale * float64(binary.BigEndian.Uint16(body[10:]))
		case marker == 0xe1 && len(body) > 14 && string(body[:6]) == "Exif\x00\x00":
			exif := body[6:]
			var bo binary.ByteOrder = binary.LittleEndian
			if exif[0] == 'M' {
				bo = binary.BigEndian
			}
			if d, err := (tiffFile{data: exif, order: bo}).dir(uint64(bo.Uint32(exif[4:]))); err == nil {
				orientation = int(d.uintOr(tagOrientation, 1))
			}
		}
		at += 2 + n
	}
	if xDPI <= 96 || yDPI <= 96 { // screens' and cameras' defaults, no scanner's
		xDPI, yDPI = 0, 0
	}
	return xDPI, yDPI, orientation
}

// greyOf is the picture's luminance over white paper.
func greyOf(img image.Image) *image.Gray {
	r := img.Bounds()
	switch m := img.(type) {
	case *image.Gray:
		return m
	case *image.YCbCr:
		return &image.Gray{Pix: m.Y, Stride: m.YStride, Rect: r}
	}
	out := image.NewGray(image.Rect(0, 0, r.Dx(), r.Dy()))
	grey := func(c color.Color) byte {
		red, green, blue, alpha := c.RGBA()
		return byte((19595*red+38470*green+7471*blue+1<<15)>>24 + (0xffff-alpha)>>8)
	}
	if m, ok := img.(*image.Paletted); ok {
		table := make([]byte, 256)
		for i, c := range m.Palette {
			table[i] = grey(c)
		}
		for y := range r.Dy() {
			for x, v := range m.Pix[y*m.Stride : y*m.Stride+r.Dx()] {
				out.Pix[y*out.Stride+x] = table[v]
			}
		}
		return out
	}
	for y := range r.Dy() {
		for x := range r.Dx() {
			out.Pix[y*out.Stride+x] = grey(img.At(r.Min.X+x, r.Min.Y+y))
		}
	}
	return out
}

// greySamples makes grey of samples of 1, 2, 4, 8 or 16 bits: grey, RGB, CMYK, or entries of a
// palette of brightnesses.
func greySamples(raw []byte, w, h, bits, channels int, palette []byte, inverted bool) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = 0xff // rows that never came are paper
	}
	stride, samples := (w*channels*bits+7)/8, make([]byte, w*channels)
	for y := range min(h, len(raw)/max(stride, 1)) {
		row, out := raw[y*stride:(y+1)*stride], g.Pix[y*g.Stride:(y+1)*g.Stride]
		if bits != 8 {
			unpack(samples, row, bits, palette == nil)
			row = samples
		}
		switch {
		case palette != nil:
			for x := range out {
				out[x] = palette[row[x]]
			}
		case channels == 1:
			copy(out, row)
		case channels == 3:
			for x := range out {
				out[x] = byte((299*int(row[3*x]) + 587*int(row[3*x+1]) + 114*int(row[3*x+2])) / 1000)
			}
		case channels == 4:
			for x := range out {
				ink := (299*int(row[4*x])+587*int(row[4*x+1])+114*int(row[4*x+2]))/1000 + int(row[4*x+3])
				out[x] = byte(max(0, 255-ink))
			}
		}
		if inverted {
			for x := range out {
				out[x] = ^out[x]
			}
		}
	}
	return g
}

// unpack makes a byte of each sample of a row; full ones run from 0 to 255.
func unpack(out, row []byte, bits int, full bool) {
	scale := 1
	if full && bits < 8 {
		scale = 255 / (1<<bits - 1)
	}
	for i := range out {
		if bits == 16 {
			out[i] = row[2*i]
			continue
		}
		at := i * bits
		out[i] = byte(int(row[at>>3]>>(8-bits-at&7)) & (1<<bits - 1) * scale)
	}
}

const (
	// minContrast is how far, in grey levels of 256, ink and paper must lie apart for a
	// threshold between them to mean anything; below it the sheet is blank, and all is paper.
	minContrast = 48
	// evenPaper is the share of the way from ink to paper that the paper of every part of the
	// page must exceed for one threshold to serve the whole page.
	evenPaper = 0.75
	tiles     = 12 // the page is judged in tiles × tiles parts
)

// toBilevel separates ink from paper: by one threshold (Otsu) where the paper is evenly bright,
// else by a local one (Sauvola), so that a shadow is not read as ink.
func toBilevel(g *image.Gray) *bilevel.Image {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	m := bilevel.New(w, h)
	var hist [256]int
	for y := range h {
		for _, v := range g.Pix[y*g.Stride : y*g.Stride+w] {
			hist[v]++
		}
	}
	threshold, ink, paper := otsu(&hist)
	if paper-ink < minContrast {
		threshold = int(paper) - minContrast
	} else if darkest := darkestPaper(g, w, h); darkest < ink+evenPaper*(paper-ink) {
		sauvola(g, m, 0.4*darkest)
		return m
	}
	for y := range h {
		row := m.Row(y)
		for x, v := range g.Pix[y*g.Stride : y*g.Stride+w] {
			if int(v) <= threshold {
				row[x>>3] |= 0x80 >> (x & 7)
			}
		}
	}
	return m
}

// otsu is the threshold that parts a histogram best, and the means on its two sides.
func otsu(hist *[256]int) (threshold int, below, above float64) {
	var n, sum float64
	for v, k := range hist {
		n += float64(k)
		sum += float64(v) * float64(k)
	}
	var n0, sum0, best float64
	threshold, above = -1, sum/max(n, 1)
	below = above
	for v, k := range hist {
		n0 += float64(k)
		sum0 += float64(v) * float64(k)
		if n0 == 0 || n0 == n {
			continue
		}
		m0, m1 := sum0/n0, (sum-sum0)/(n-n0)
		if between := n0 * (n - n0) * (m1 - m0) * (m1 - m0); between > best {
			best, threshold, below, above = between, v, m0, m1
		}
	}
	// Between two clean levels every threshold is as good: take the middle.
	if threshold >= 0 {
		next := threshold + 1
		for next < 255 && hist[next] == 0 {
			next++
		}
		threshold = (threshold + next - 1) / 2
	}
	return threshold, below, above
}

// darkestPaper is the brightness of the paper in the darkest part of the page.
func darkestPaper(g *image.Gray, w, h int) float64 {
	darkest := 255.0
	for ty := range tiles {
		for tx := range tiles {
			var hist [256]int
			n := 0
			for y := ty * h / tiles; y < (ty+1)*h/tiles; y++ {
				for _, v := range g.Pix[y*g.Stride+tx*w/tiles : y*g.Stride+(tx+1)*w/tiles] {
					hist[v]++
					n++
				}
			}
			if n == 0 {
				continue
			}
			left, v := n/10, 255 // the brightest tenth is paper
			for ; v > 0; v-- {
				if left -= hist[v]; left <= 0 {
					break
				}
			}
			darkest = min(darkest, float64(v))
		}
	}
	return darkest
}

// sauvola paints ink where a pixel is darker than its surroundings by their spread (Sauvola and
// Pietikäinen, 2000), and where it is darker than dark whatever surrounds it.
func sauvola(g *image.Gray, m *bilevel.Image, dark float64) {
	const k, spread = 0.25, 128
	w, h := m.W, m.H
	half := max(8, w/60)
	sums, squares := make([]int64, w), make([]int64, w) // of each column over the rows of the window
	add := func(y int, sign int64) {
		if y < 0 || y >= h {
			return
		}
		for x, v := range g.Pix[y*g.Stride : y*g.Stride+w] {
			sums[x] += sign * int64(v)
			squares[x] += sign * int64(v) * int64(v)
		}
	}
	for y := range min(half, h) {
		add(y, 1)
	}
	for y := range h {
		add(y+half, 1)
		add(y-half-1, -1)
		rows := int64(min(y+half, h-1) - max(y-half, 0) + 1)
		var sum, square int64
		for x := range min(half, w) {
			sum += sums[x]
			square += squares[x]
		}
		row, in := m.Row(y), g.Pix[y*g.Stride:y*g.Stride+w]
		for x, v := range in {
			if x+half < w {
				sum += sums[x+half]
				square += squares[x+half]
			}
			if x-half-1 >= 0 {
				sum -= sums[x-half-1]
				square -= squares[x-half-1]
			}
			n := float64(rows * int64(min(x+half, w-1)-max(x-half, 0)+1))
			mean := float64(sum) / n
			variance := max(0, float64(square)/n-mean*mean)
			// v < mean·(1 + k·(s/spread − 1)), squared to save the root
			need := (float64(v)/max(mean, 1) - 1 + k) * spread / k
			if float64(v) < dark || need < 0 || need*need < variance {
				row[x>>3] |= 0x80 >> (x & 7)
			}
		}
	}
}
