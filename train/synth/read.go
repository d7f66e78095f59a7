package synth

import "todoke/bench/handwriting"

// Digits are glyphs with their labels and, for fonts, the number of the font.
type Digits struct {
	Glyphs []Gray
	Labels []uint8
	Fonts  []uint16
}

// ReadMNIST reads one half of MNIST ("train" or "t10k") from a folder; each digit is cut to its
// ink and enlarged fourfold, as Draw wants it. The images as they are come second.
func ReadMNIST(dir, half string) (Digits, [][]uint8, error) {
	plain, labels, err := handwriting.MNIST(dir, half)
	if err != nil {
		return Digits{}, nil, err
	}
	d := Digits{Labels: labels}
	for _, im := range plain {
		d.Glyphs = append(d.Glyphs, enlarge(im, handwriting.Side))
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

// ReadBank reads the glyph bank that fonts.py writes. Letters have the digit Reject.
func ReadBank(path string) (Digits, error) {
	glyphs, err := handwriting.Bank(path)
	if err != nil {
		return Digits{}, err
	}
	var d Digits
	for _, g := range glyphs {
		d.Glyphs = append(d.Glyphs, Gray{W: g.W, H: g.H, Pix: g.Pix})
		d.Labels = append(d.Labels, g.Digit)
		d.Fonts = append(d.Fonts, g.Font)
	}
	return d, nil
}
