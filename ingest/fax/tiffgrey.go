package fax

import (
	"bytes"
	"compress/zlib"
	"image"
	"image/jpeg"
	"io"

	"golang.org/x/image/tiff/lzw"
)

// maxPartBytes bounds what one strip or tile of a grey or coloured page may unpack to: A4 in
// colour at 600 dpi takes 105 million bytes.
const maxPartBytes = 160e6

// unpack undoes a part's compression into at most n bytes; what damage cut off is missing at the end.
func (p *picture) unpack(raw []byte, n int) []byte {
	if p.lsbFirst { // the stored bytes, before they are unpacked, as libtiff has it
		flipped := make([]byte, len(raw))
		for i, v := range raw {
			flipped[i] = reversed[v]
		}
		raw = flipped
	}
	switch p.compression {
	case compressPackBits:
		return unpackBits(raw, n)
	case compressLZW:
		r := lzw.NewReader(bytes.NewReader(raw), lzw.MSB, 8)
		return readSome(r, n)
	case compressDeflate, compressOldFlate:
		r, err := zlib.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil
		}
		return readSome(r, n)
	}
	return raw[:min(len(raw), n)]
}

// readSome reads at most n bytes, growing as they come.
func readSome(r io.ReadCloser, n int) []byte {
	defer func() { _ = r.Close() }()
	var out bytes.Buffer
	_, _ = io.Copy(&out, io.LimitReader(r, int64(n))) // damage shows in the length
	return out.Bytes()
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

// palette is the luminance of a palette's entry, 0 to 255.
func (p *picture) palette(i int) byte {
	e := p.entries[tagColorMap]
	n := 1 << min(p.bits, 16)
	r, _ := p.at(e, i)
	g, _ := p.at(e, i+n)
	b, _ := p.at(e, i+2*n)
	return luminance(byte(r>>8), byte(g>>8), byte(b>>8))
}

func luminance(r, g, b byte) byte {
	return byte((299*int(r) + 587*int(g) + 114*int(b)) / 1000)
}

// grey decodes a page in grey or colour and separates ink from paper.
func (p *picture) grey(page *Page, b *budget) error {
	if err := b.greySize(p.w, p.h, 6); err != nil {
		return err
	}
	unknown := func() error {
		return permanent(nil, "the page is a picture of %d × %d bits, photometric interpretation %d; send it as black-and-white fax TIFF or PDF",
			p.samples, p.bits, p.photometric)
	}
	switch {
	case p.bits > 16 || p.bits > 8 && p.photometric == colourMap || p.bits&(p.bits-1) != 0 || p.bits == 0 || p.samples > 8 || p.uintOr(tagSampleFormat, 1) != 1:
		return unknown()
	case p.predictor == 2 && p.bits < 8 || p.predictor > 2 && (p.compression == compressLZW || p.compression == compressDeflate || p.compression == compressOldFlate):
		return unknown()
	case p.photometric > colourYCbCr || p.photometric == 4:
		return unknown()
	case p.photometric == colourYCbCr && p.compression != compressJPEG && p.compression != compressOldJPEG:
		return unknown() // its chroma may be subsampled
	case p.photometric != colourRGB && p.photometric < colourCMYK && p.samples > 2, p.photometric == colourRGB && p.samples < 3,
		p.photometric == colourCMYK && p.samples < 4:
		return unknown()
	}
	if (p.partW*p.samples*p.bits+7)/8*max(p.partH, 1) > maxPartBytes {
		return permanent(nil, "the page's picture is too large (%d × %d pixels of %d × %d bits in one piece); send it as fax TIFF or PDF at 200 dpi", p.w, p.h, p.samples, p.bits)
	}
	g := image.NewGray(image.Rect(0, 0, p.w, p.h))
	for i := range g.Pix {
		g.Pix[i] = 0xff // rows that never came are paper
	}
	var err error
	lost := make([]bool, p.h)
	if p.compression == compressOldJPEG {
		err = p.oldJPEG(g, b)
	} else {
		err = p.greyParts(g, lost, b)
	}
	if err != nil {
		return err
	}
	for y, is := range lost {
		if is {
			page.BadRows = append(page.BadRows, y)
		}
	}
	if len(page.BadRows) == p.h {
		return permanent(nil, "no row of the page could be decoded; send it again")
	}
	page.Image = toBilevel(g)
	return nil
}

// greyParts decodes the strips or tiles of a grey or coloured page into g.
func (p *picture) greyParts(g *image.Gray, lost []bool, b *budget) error {
	across := (p.w + p.partW - 1) / p.partW
	down := (p.h + p.partH - 1) / p.partH
	for i := range across * down {
		x, y := i%across*p.partW, i/across*p.partH
		w, h := p.partW, min(p.partH, p.h-y)
		full := h // rows that the part stores: a tile is whole even where it hangs over the page
		if p.tiled {
			full = p.partH
		}
		grey, err := p.greyPart(i, across*down, w, full, b)
		if err != nil {
			return err
		}
		for r := range h {
			if (r+1)*w > len(grey) {
				lost[y+r] = true
				continue
			}
			copy(g.Pix[(y+r)*g.Stride+x:(y+r)*g.Stride+p.w], grey[r*w:(r+1)*w])
		}
	}
	return nil
}

// greyPart is the luminance of the pixels of the i-th of n parts, w × h of them, or less where it
// is damaged.
func (p *picture) greyPart(i, n, w, h int, b *budget) ([]byte, error) {
	if p.compression == compressJPEG {
		if i >= len(p.parts) {
			return nil, nil
		}
		raw, err := p.partData(p.parts[i], b)
		if err != nil {
			return nil, err
		}
		return p.jpegPart(raw, w, h), nil
	}
	planes, channels := 1, p.samples
	if p.planes {
		planes, channels = p.samples, 1
	}
	stride := (w*channels*p.bits + 7) / 8
	var samples [][]byte // by plane: bytes of 8 bits, channels to the pixel
	for plane := range planes {
		if i+plane*n >= len(p.parts) {
			return nil, nil
		}
		raw, err := p.partData(p.parts[i+plane*n], b)
		if err != nil {
			return nil, err
		}
		got := p.unpack(raw, h*stride)
		got = bytes.Clone(got[:len(got)/stride*stride])
		if p.predictor == 2 && p.compression != compressNone && p.compression != compressPackBits {
			p.undoDifferences(got, stride, channels)
		}
		samples = append(samples, p.eightBits(got, stride, w*channels))
	}
	return p.luminances(samples, channels), nil
}

// undoDifferences undoes horizontal differencing (TIFF 6.0, section 14).
func (p *picture) undoDifferences(data []byte, stride, channels int) {
	for ; len(data) >= stride; data = data[stride:] {
		row := data[:stride]
		if p.bits == 8 {
			for x := channels; x < len(row); x++ {
				row[x] += row[x-channels]
			}
			continue
		}
		for x := 2 * channels; x+1 < len(row); x += 2 {
			p.order.PutUint16(row[x:], p.order.Uint16(row[x:])+p.order.Uint16(row[x-2*channels:]))
		}
	}
}

// eightBits brings samples of rows of n to 8 bits each; palette indices stay as they are.
func (p *picture) eightBits(data []byte, stride, n int) []byte {
	if p.bits == 8 {
		return data
	}
	rows := len(data) / stride
	out := make([]byte, 0, rows*n)
	for y := range rows {
		row := data[y*stride : (y+1)*stride]
		if p.bits == 16 {
			for x := range n {
				out = append(out, byte(p.order.Uint16(row[2*x:])>>8))
			}
			continue
		}
		top := byte(1<<p.bits - 1)
		for x := range n {
			v := row[x*p.bits>>3] >> (8 - p.bits - x*p.bits&7) & top
			if p.photometric != colourMap {
				v *= 0xff / top
			}
			out = append(out, v)
		}
	}
	return out
}

// luminances makes grey of samples; the samples of a pixel lie side by side in the one plane, or
// each in its own.
func (p *picture) luminances(planes [][]byte, channels int) []byte {
	n := len(planes[0]) / channels
	for _, s := range planes {
		n = min(n, len(s)/channels)
	}
	out := make([]byte, n)
	sample := func(x, c int) byte { return planes[0][x*channels+c] }
	if len(planes) > 1 {
		sample = func(x, c int) byte { return planes[c][x] }
	}
	switch p.photometric {
	case whiteIsZero:
		for x := range out {
			out[x] = ^sample(x, 0)
		}
	case colourRGB:
		for x := range out {
			out[x] = luminance(sample(x, 0), sample(x, 1), sample(x, 2))
		}
	case colourCMYK:
		for x := range out {
			ink := int(luminance(sample(x, 0), sample(x, 1), sample(x, 2))) + int(sample(x, 3))
			out[x] = byte(max(0, 255-ink))
		}
	case colourMap:
		var table [256]byte
		for i := range min(1<<min(p.bits, 8), 256) {
			table[i] = p.palette(i)
		}
		for x := range out {
			out[x] = table[sample(x, 0)]
		}
	default:
		for x := range out {
			out[x] = sample(x, 0)
		}
	}
	return out
}

// jpegPart decodes a strip or tile that is a JPEG picture, with the tables that all of them share
// (TIFF technical note 2); nil where it cannot: its rows are lost.
func (p *picture) jpegPart(raw []byte, w, h int) []byte {
	stream := []byte{0xff, 0xd8}
	if p.photometric == colourRGB || p.photometric == colourCMYK {
		// Says that the samples are not to be transformed, which JPEG alone cannot.
		stream = append(stream, 0xff, 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0)
	}
	if t := p.entries[tagJPEGTables].values; len(t) > 4 {
		stream = append(stream, t[2:len(t)-2]...) // between its own start and end
	}
	stream = append(stream, bytes.TrimPrefix(raw, []byte{0xff, 0xd8})...)
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(stream))
	if err != nil || cfg.Width != w || cfg.Height < h && p.tiled || cfg.Height > 2*h+16 {
		return nil
	}
	img, err := jpeg.Decode(bytes.NewReader(stream))
	if err != nil {
		return nil
	}
	if ink, ok := img.(*image.CMYK); ok { // Adobe's mark also turns the inks round
		for i := range ink.Pix {
			ink.Pix[i] = ^ink.Pix[i]
		}
	}
	return packGrey(img, w, h, p.photometric == whiteIsZero)
}

// oldJPEG decodes a page that is one whole JPEG picture, as TIFF 6.0 first had it; its other
// forms are not known.
func (p *picture) oldJPEG(g *image.Gray, b *budget) error {
	size := uint64(len(p.data))
	off := min(p.uintOr(tagOldJPEGStart, size), size)
	n := min(p.uintOr(tagOldJPEGLength, size), size-off)
	if parts := p.parts; n == 0 && len(parts) == 1 {
		off, n = uint64(parts[0].off), uint64(parts[0].n)
	}
	if err := b.read(int64(n)); err != nil {
		return err
	}
	data := p.data[off : off+n]
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err == nil && (cfg.Width != p.w || cfg.Height != p.h) {
		return permanent(nil, "the page's JPEG picture has another size than the page; send it as fax TIFF or PDF")
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return permanent(err, "the page is an old form of JPEG in TIFF; send it as fax TIFF or PDF")
	}
	copy(g.Pix, packGrey(img, p.w, p.h, false))
	return nil
}

// packGrey is the luminance of the first w × h pixels of a picture, rows without gaps.
func packGrey(img image.Image, w, h int, inverted bool) []byte {
	m := greyOf(img)
	out := make([]byte, 0, w*h)
	for y := range min(h, m.Rect.Dy()) {
		out = append(out, m.Pix[y*m.Stride:y*m.Stride+w]...)
	}
	if inverted {
		for i, v := range out {
			out[i] = ^v
		}
	}
	return out
}
