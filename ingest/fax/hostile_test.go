package fax_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
)

// bareTIFF is a page of the data in one strip.
func bareTIFF(compression, options, width, height uint32, data []byte) []byte {
	out := append([]byte("II*\x00"), 0, 0, 0, 0)
	out = append(out, data...)
	if len(out)%2 == 1 {
		out = append(out, 0)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)))
	fields := [][2]uint32{{256, width}, {257, height}, {259, compression}, {262, 0}, {273, 8}, {278, height}, {279, uint32(len(data))}, {292, options}}
	out = binary.LittleEndian.AppendUint16(out, uint16(len(fields)))
	for _, f := range fields {
		out = binary.LittleEndian.AppendUint16(out, uint16(f[0]))
		out = binary.LittleEndian.AppendUint16(out, 4)
		out = binary.LittleEndian.AppendUint32(out, 1)
		out = binary.LittleEndian.AppendUint32(out, f[1])
	}
	return binary.LittleEndian.AppendUint32(out, 0)
}

// TestHostileDataEndSoon feeds data that are made to keep the search for rows busy. A bound that
// does not hold shows as a test that runs for minutes.
func TestHostileDataEndSoon(t *testing.T) {
	t.Parallel()
	const size = 1 << 19
	r := rand.New(rand.NewPCG(1, 2))
	random, eols, nearly := make([]byte, size), make([]byte, size), make([]byte, 0, size)
	for i := range random {
		random[i] = byte(r.Uint32())
		eols[i] = byte(r.Uint32())
		if i%40 < 2 {
			eols[i] = byte(i % 40) // an end-of-line code, or what is left of one
		}
	}
	// Rows that decode nearly to their end, over and over.
	m := bilevel.New(1728, 1)
	for x := 0; x < 1720; x += 2 {
		m.Set(x, 0, true)
	}
	row, err := fax.EncodeRows(m, fax.Options{Coding: fax.CodingRLE})
	if err != nil {
		t.Fatal(err)
	}
	for len(nearly)+len(row) < size {
		nearly = append(nearly, row[:len(row)-2]...)
	}
	for name, data := range map[string][]byte{"random": random, "line ends": eols, "rows that break late": nearly} {
		for _, c := range [][2]uint32{{2, 0}, {3, 0}, {3, 1}, {4, 0}} {
			file := bareTIFF(c[0], c[1], 1728, 60000, data)
			for p, err := range fax.Pages(file, fax.Limits{}) {
				if err == nil && 2*len(p.BadRows) < p.Image.H && p.Note == "" {
					t.Errorf("%s as compression %d: %d rows without a word", name, c[0], p.Image.H-len(p.BadRows))
				}
			}
		}
	}
}
