package fax_test

import (
	"bytes"
	"io"
	"testing"

	"golang.org/x/image/ccitt"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
)

// The page of the benchmarks: A4 at 204 × 196 dpi with writing and ruled boxes.
func benchPage() *bilevel.Image { return textPage(1728, 2292, 4) }

func BenchmarkDecode(b *testing.B) {
	m := benchPage()
	for _, c := range []struct {
		name string
		o    fax.Options
	}{
		{"g4", fax.Options{}},
		{"g3-1d", fax.Options{Coding: fax.CodingG3}},
		{"g3-1d-fill", fax.Options{Coding: fax.CodingG3, AlignEOL: true}},
		{"g3-2d", fax.Options{Coding: fax.CodingG3TwoD}},
		{"g3-1d-lsb", fax.Options{Coding: fax.CodingG3, LSBFirst: true}},
		{"rle", fax.Options{Coding: fax.CodingRLE}},
		{"packbits", fax.Options{Coding: fax.CodingPackBits}},
	} {
		data := encodeTIFF(b, c.o, m)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for p, err := range fax.Pages(data, fax.Limits{}) {
					if err != nil || p.Image.H != m.H {
						b.Fatal(err)
					}
				}
			}
		})
		// The peer decodes the same bytes in memory; it has no two-dimensional Group 3.
		var sub ccitt.SubFormat
		order := ccitt.MSB
		switch c.name {
		case "g4":
			sub = ccitt.Group4
		case "g3-1d", "g3-1d-lsb": // it knows no fill either
			sub = ccitt.Group3
			if c.o.LSBFirst {
				order = ccitt.LSB
			}
		default:
			continue
		}
		// It wants the end mark of Group 3, and stops at it.
		c.o.EndMark = true
		coded := strip(encodeTIFF(b, c.o, m))
		b.Run(c.name+"-ximage", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := ccitt.NewReader(bytes.NewReader(coded), order, sub, m.W, m.H, nil)
				if n, err := io.Copy(io.Discard, r); err != nil || n != int64(len(m.Pix)) {
					b.Fatal(n, err)
				}
			}
		})
	}
	pdf := encodePDF(b, fax.Options{XDPI: 204, YDPI: 196}, m)
	b.Run("pdf-g4", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, err := range fax.Pages(pdf, fax.Limits{}) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	m := benchPage()
	for _, coding := range []string{fax.CodingG4, fax.CodingG3, fax.CodingG3TwoD} {
		b.Run(coding, func(b *testing.B) {
			for b.Loop() {
				if err := fax.EncodeTIFF(io.Discard, []*bilevel.Image{m}, fax.Options{Coding: coding}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
