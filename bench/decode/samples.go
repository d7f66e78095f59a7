package decode

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"

	"todoke/internal/bilevel"
)

// Levels of brightness of the corpus' grey and coloured pages.
const (
	paperLevel = 240
	inkLevel   = 20
)

// sampled are pages of several bits a pixel, in what scanners and picture programs make of them.
func sampled(add adder, m *bilevel.Image) {
	grey := image.NewGray(image.Rect(0, 0, m.W, m.H))
	for y := range m.H {
		for x := range m.W {
			grey.Pix[y*grey.Stride+x] = paperLevel
			if m.At(x, y) {
				grey.Pix[y*grey.Stride+x] = inkLevel
			}
		}
	}
	page := func(compression, bits, samples, photometric uint64, strips ...[]byte) sheet {
		each := make([]uint64, samples)
		for i := range each {
			each[i] = bits
		}
		return stored(m, compression, 0, strips...).set(258, short, each...).set(277, short, samples).set(tagPhotometric, short, photometric)
	}
	channels := func(n int, of func(v byte) []byte) []byte {
		out := make([]byte, 0, n*len(grey.Pix))
		for _, v := range grey.Pix {
			out = append(out, of(v)...)
		}
		return out
	}
	colour := channels(3, func(v byte) []byte { return []byte{v, v, v} })
	add("grey, lzw", write(style{}, page(5, 8, 1, 1, lzw(grey.Pix))))
	add("lzw", write(style{}, stored(m, 5, 0, lzw(m.Pix))))
	add("grey, lzw, differences", write(style{}, page(5, 8, 1, 1, lzw(differences(grey.Pix, m.W, 1))).set(317, short, 2)))
	add("colour, differences", write(style{}, page(8, 8, 3, 2, flate(differences(colour, 3*m.W, 3))).set(317, short, 2)))
	add("black ink of four", write(style{}, page(1, 8, 4, 5, channels(4, func(v byte) []byte { return []byte{0, 0, 0, ^v} }))))
	add("four inks", write(style{}, page(8, 8, 4, 5, flate(channels(4, func(v byte) []byte { return []byte{^v, ^v, ^v, 0} })))))
	for _, bigEndian := range []bool{false, true} {
		name, order := "grey of 16 bits", binary.AppendByteOrder(binary.LittleEndian)
		if bigEndian {
			name, order = name+", big-endian", binary.BigEndian
		}
		var wide, steps []byte
		for i, v := range grey.Pix {
			before := uint16(0)
			if i%m.W > 0 {
				before = 257 * uint16(grey.Pix[i-1])
			}
			wide = order.AppendUint16(wide, 257*uint16(v))
			steps = order.AppendUint16(steps, 257*uint16(v)-before)
		}
		add(name, write(style{bigEndian: bigEndian}, page(1, 16, 1, 1, wide)))
		add(name+", differences", write(style{bigEndian: bigEndian}, page(8, 16, 1, 1, flate(steps)).set(317, short, 2)))
	}
	var strips [][]byte
	for y := 0; y < m.H; y += 64 {
		strips = append(strips, jpegOf(grey.SubImage(image.Rect(0, y, m.W, min(y+64, m.H)))))
	}
	add("jpeg", write(style{}, page(7, 8, 1, 1, jpegOf(grey))))
	add("jpeg, strips", write(style{}, page(7, 8, 1, 1, strips...).set(tagRows, long, 64)))
	add("jpeg in colour", write(style{}, page(7, 8, 3, 6, jpegOf(inColour{grey})).set(530, short, 2, 2)))
}

// inColour is a grey picture that calls itself coloured.
type inColour struct{ *image.Gray }

// ColorModel is of a kind that JPEG stores as brightness and two differences.
func (inColour) ColorModel() color.Model { return color.RGBAModel }

func jpegOf(m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		panic(err) // a picture of our own that is too large for JPEG
	}
	return b.Bytes()
}

func flate(b []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

// differences stores each sample but a row's first as what it adds to the one before it (TIFF 6.0,
// section 14).
func differences(samples []byte, row, channels int) []byte {
	out := bytes.Clone(samples)
	for i := range out {
		if i%row >= channels {
			out[i] -= samples[i-channels]
		}
	}
	return out
}

// lzw codes data as TIFF's LZW does (TIFF 6.0, section 13), with no table of its own: each byte is
// a code of nine bits, and the decoder's table is cleared before its codes take ten.
func lzw(data []byte) []byte {
	const clear, end, codes = 256, 257, 250
	var out bitString
	put := func(v int) {
		for i := 8; i >= 0; i-- {
			out.put(v>>i&1 == 1)
		}
	}
	for i, v := range data {
		if i%codes == 0 {
			put(clear)
		}
		put(int(v))
	}
	put(end)
	return out.bytes()
}
