package synth

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Digits are glyphs with their labels and, for fonts, the number of the font.
type Digits struct {
	Glyphs []Gray
	Labels []uint8
	Fonts  []uint16
}

// ReadMNIST reads one half of MNIST ("train" or "t10k") in its IDX format from a folder; each
// digit is cut to its ink and enlarged fourfold, as Draw wants it. The images as they are come
// second.
func ReadMNIST(dir, half string) (Digits, [][]uint8, error) {
	images, err := os.ReadFile(filepath.Join(dir, half+"-images-idx3-ubyte"))
	if err != nil {
		return Digits{}, nil, err
	}
	labels, err := os.ReadFile(filepath.Join(dir, half+"-labels-idx1-ubyte"))
	if err != nil {
		return Digits{}, nil, err
	}
	const side = 28
	if len(images) < 16 || len(labels) < 8 || len(images)-16 != (len(labels)-8)*side*side {
		return Digits{}, nil, errors.New("read MNIST: images and labels do not match")
	}
	images, labels = images[16:], labels[8:]
	d := Digits{Labels: labels}
	var plain [][]uint8
	for i := range labels {
		im := images[i*side*side:][:side*side]
		plain = append(plain, im)
		d.Glyphs = append(d.Glyphs, enlarge(im, side))
	}
	return d, plain, nil
}

// enlarge cuts a 28 × 28 digit to its ink, a pixel of margin kept, and makes it four times larger.
func enlarge(im []uint8, side int) Gray {
	x0, y0, x1, y1 := side, side, 0, 0
	for i, v := range im {
		if v > 60 {
			x, y := i%side, i/side
			x0, x1, y0, y1 = min(x0, x), max(x1, x+1), min(y0, y), max(y1, y+1)
		}
	}
	x0, y0, x1, y1 = max(x0-1, 0), max(y0-1, 0), min(x1+1, side), min(y1+1, side)
	g := Gray{W: x1 - x0, H: y1 - y0}
	for y := y0; y < y1; y++ {
		g.Pix = append(g.Pix, im[y*side+x0:y*side+x1]...)
	}
	const k = 4
	o := Gray{W: g.W * k, H: g.H * k, Pix: make([]uint8, g.W*k*g.H*k)}
	for y := range o.H {
		for x := range o.W {
			o.Pix[y*o.W+x] = uint8(g.at((float64(x)+.5)/k-.5, (float64(y)+.5)/k-.5))
		}
	}
	return o
}

// ReadBank reads the glyph bank that fonts.py writes: for each glyph font uint16, digit uint16,
// width uint16, height uint16 (little endian) and its pixels. Letters have the digit Reject.
func ReadBank(path string) (Digits, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Digits{}, err
	}
	var d Digits
	for len(b) > 0 {
		if len(b) < 8 {
			return d, fmt.Errorf("read %s: cut short", path)
		}
		font, digit := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:])
		w, h := int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:]))
		if digit > Reject || len(b)-8 < w*h {
			return d, fmt.Errorf("read %s: cut short", path)
		}
		d.Glyphs = append(d.Glyphs, Gray{W: w, H: h, Pix: b[8 : 8+w*h]})
		d.Labels = append(d.Labels, uint8(digit))
		d.Fonts = append(d.Fonts, font)
		b = b[8+w*h:]
	}
	return d, nil
}
