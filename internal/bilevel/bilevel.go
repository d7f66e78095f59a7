// Package bilevel holds one-bit images, the way fax pages are sent, stored and read.
//
// Rows are packed eight pixels a byte, most significant bit leftmost, 1 is black (ink), each
// row padded with zero bits to a whole byte: the memory layout of an uncompressed TIFF strip
// with PhotometricInterpretation 0 (white is zero).
//
// In: pixels. Out: pixels, and 1-bit PNG files. It never resamples, and reads no file format.
package bilevel

import (
	"fmt"
	"math/bits"
)

// Image is a bilevel image. The zero Image is empty.
type Image struct {
	W, H   int    // pixels
	Stride int    // bytes a row, (W+7)/8
	Pix    []byte // H*Stride bytes; the padding bits of each row are 0
}

// New makes a white image of w × h pixels. It panics on a negative size; callers cap sizes
// from outside before they get here.
func New(w, h int) *Image {
	if w < 0 || h < 0 {
		panic(fmt.Sprintf("bilevel: size %d × %d", w, h))
	}
	stride := (w + 7) / 8
	return &Image{W: w, H: h, Stride: stride, Pix: make([]byte, stride*h)}
}

// At tells whether the pixel is black; outside the image all is white.
func (m *Image) At(x, y int) bool {
	if x < 0 || y < 0 || x >= m.W || y >= m.H {
		return false
	}
	return m.Pix[y*m.Stride+x>>3]&(0x80>>(x&7)) != 0
}

// Set paints one pixel; outside the image it does nothing.
func (m *Image) Set(x, y int, black bool) {
	if x < 0 || y < 0 || x >= m.W || y >= m.H {
		return
	}
	p, bit := &m.Pix[y*m.Stride+x>>3], byte(0x80>>(x&7))
	if black {
		*p |= bit
	} else {
		*p &^= bit
	}
}

// Row is the packed bytes of row y.
func (m *Image) Row(y int) []byte { return m.Pix[y*m.Stride : (y+1)*m.Stride] }

// Fill paints the pixels x0 ≤ x < x1 of row y black, clipped to the image.
func (m *Image) Fill(x0, x1, y int) {
	x0, x1 = max(x0, 0), min(x1, m.W)
	if x0 >= x1 || y < 0 || y >= m.H {
		return
	}
	row := m.Row(y)
	i, j := x0>>3, x1>>3
	first, last := byte(0xff>>(x0&7)), ^byte(0xff>>(x1&7))
	if i == j {
		row[i] |= first & last
		return
	}
	row[i] |= first
	for k := i + 1; k < j; k++ {
		row[k] = 0xff
	}
	if last != 0 {
		row[j] |= last
	}
}

// Count is the number of black pixels in the rectangle, clipped to the image.
func (m *Image) Count(x0, y0, x1, y1 int) int {
	x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, m.W), min(y1, m.H)
	if x0 >= x1 {
		return 0
	}
	n := 0
	i, j := x0>>3, x1>>3
	first, last := byte(0xff>>(x0&7)), ^byte(0xff>>(x1&7))
	for y := y0; y < y1; y++ {
		row := m.Row(y)
		if i == j {
			n += bits.OnesCount8(row[i] & first & last)
			continue
		}
		n += bits.OnesCount8(row[i] & first)
		for k := i + 1; k < j; k++ {
			n += bits.OnesCount8(row[k])
		}
		if last != 0 {
			n += bits.OnesCount8(row[j] & last)
		}
	}
	return n
}

// Crop copies a rectangle; what lies outside the image is white.
func (m *Image) Crop(x0, y0, x1, y1 int) *Image {
	o := New(max(x1-x0, 0), max(y1-y0, 0))
	if o.W == 0 {
		return o
	}
	for y := range o.H {
		sy := y0 + y
		if sy < 0 || sy >= m.H {
			continue
		}
		src, dst := m.Row(sy), o.Row(y)
		for i := range dst {
			sx := x0 + i*8
			k, shift := sx>>3, uint(sx&7)
			var v byte
			if k >= 0 && k < len(src) {
				v = src[k] << shift
			}
			if shift != 0 && k+1 >= 0 && k+1 < len(src) {
				v |= src[k+1] >> (8 - shift)
			}
			dst[i] = v
		}
		if pad := o.W & 7; pad != 0 {
			dst[len(dst)-1] &= ^byte(0xff >> pad)
		}
	}
	return o
}

// Rotate turns the image clockwise by 0, 90, 180 or 270 degrees.
func (m *Image) Rotate(degrees int) *Image {
	switch (degrees%360 + 360) % 360 {
	case 90:
		o := New(m.H, m.W)
		m.each(func(x, y int) { o.Set(m.H-1-y, x, true) })
		return o
	case 180:
		o := New(m.W, m.H)
		m.each(func(x, y int) { o.Set(m.W-1-x, m.H-1-y, true) })
		return o
	case 270:
		o := New(m.H, m.W)
		m.each(func(x, y int) { o.Set(y, m.W-1-x, true) })
		return o
	default:
		return m
	}
}

// Repeat makes every pixel wide pixels wide and high pixels high (1 or more each).
func (m *Image) Repeat(wide, high int) *Image {
	if wide == 1 && high == 1 {
		return m
	}
	o := New(m.W*wide, m.H*high)
	m.each(func(x, y int) {
		for dy := range high {
			o.Fill(x*wide, (x+1)*wide, y*high+dy)
		}
	})
	return o
}

// each calls f for every black pixel.
func (m *Image) each(f func(x, y int)) {
	for y := range m.H {
		for i, b := range m.Row(y) {
			for b != 0 {
				k := bits.LeadingZeros8(b)
				f(i*8+k, y)
				b &^= 0x80 >> k
			}
		}
	}
}
