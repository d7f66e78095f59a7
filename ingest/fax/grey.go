package fax

import (
	"image"
	"image/color"
)

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
	rows := func(pix []byte, stride, bytes int, grey func(v []byte) byte) *image.Gray {
		for y := range r.Dy() {
			in, to := pix[y*stride:], out.Pix[y*out.Stride:(y+1)*out.Stride]
			for x := range to {
				to[x] = grey(in[x*bytes : (x+1)*bytes])
			}
		}
		return out
	}
	switch m := img.(type) {
	case *image.Gray16:
		return rows(m.Pix, m.Stride, 2, func(v []byte) byte { return v[0] })
	case *image.RGBA: // premultiplied
		return rows(m.Pix, m.Stride, 4, func(v []byte) byte { return luminance(v[0], v[1], v[2]) + 255 - v[3] })
	case *image.NRGBA:
		return rows(m.Pix, m.Stride, 4, func(v []byte) byte {
			return byte((int(luminance(v[0], v[1], v[2]))*int(v[3]) + 255*(255-int(v[3]))) / 255)
		})
	}
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

// reduced averages squares of k × k pixels where a picture is longer than maxLength.
func reduced(g *image.Gray) (small *image.Gray, k float64) {
	n := (max(g.Rect.Dx(), g.Rect.Dy()) + maxLength - 1) / maxLength
	if n <= 1 {
		return g, 1
	}
	w, h := max(1, g.Rect.Dx()/n), max(1, g.Rect.Dy()/n)
	small = image.NewGray(image.Rect(0, 0, w, h))
	sums := make([]uint32, w)
	for y := range h {
		clear(sums)
		rows := min(n, g.Rect.Dy()-y*n)
		for dy := range rows {
			in := g.Pix[(y*n+dy)*g.Stride:]
			for x := range sums {
				for _, v := range in[x*n : min((x+1)*n, g.Rect.Dx())] {
					sums[x] += uint32(v)
				}
			}
		}
		area := uint32(rows * min(n, g.Rect.Dx()))
		for x, s := range sums {
			small.Pix[y*small.Stride+x] = byte((s + area/2) / area)
		}
	}
	return small, float64(n)
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
