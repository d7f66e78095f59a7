package fax_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"todoke/ingest/fax"
	"todoke/order"
)

// TestDamagedPDFs changes bytes of PDF files of every kind: each ends soon, in pages within the
// limits or in errors that a person can act on. TODOKE_MUTATIONS sets how many of each there are.
func TestDamagedPDFs(t *testing.T) {
	t.Parallel()
	rounds := 4
	if v, err := strconv.Atoi(os.Getenv("TODOKE_MUTATIONS")); err == nil {
		rounds = v
	}
	m := textPage(400, 300, 1)
	globals, data := jbig2(t, m)
	picture := "/Type/XObject/Subtype/Image/Width 400/Height 300/BitsPerComponent 1/ColorSpace/DeviceGray"
	text := "BT /F 24 Tf 100 700 Td (ORDER 1234567) Tj ET "
	place := "q 595 0 0 446 0 0 cm /I Do Q "
	files := map[string][]byte{
		"fax":    encodePDF(t, fax.Options{XDPI: 204, YDPI: 98}, m, m),
		"typed":  scanAndText("", text, pdfStream("", nil)),
		"mixed":  scanAndText("", place+text, pdfStream(picture+"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 400>>", g4(t, m))),
		"jbig2":  scanAndText("", place, pdfStream(picture+"/Filter/JBIG2Decode", append(globals, data...))),
		"jpeg":   scanAndText("", place, pdfStream("/Type/XObject/Subtype/Image/Width 400/Height 300/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode", encodeJPEG(t, grey(m, level(10), level(240)), 80))),
		"inline": scanAndText("", "q 595 0 0 446 0 300 cm BI /W 400 /H 300 /BPC 1 /CS /G /F /CCF /DP <</K -1 /Columns 400>> ID "+string(g4(t, m))+" EI Q", pdfStream("", nil)),
	}
	lim := fax.Limits{Bytes: 1 << 20, Pages: 10, PagePixels: 1 << 24, TotalPixels: 1 << 26, PageTime: 10 * time.Second}
	for name, good := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(uint64(len(name)), 7))
			for round := range rounds {
				file := mutate(r, good)
				pages := 0
				for p, err := range fax.Pages(file, lim) {
					pages++
					if err == nil {
						checkPage(t, p, lim)
					} else if order.KindOf(err) != order.KindPermanent {
						t.Fatalf("round %d: error of kind %s: %v", round, order.KindOf(err), err)
					}
				}
				if pages == 0 {
					t.Fatalf("round %d: neither page nor error", round)
				}
			}
		})
	}
}

// mutate changes a file as transmission, bad programs and ill will do.
func mutate(r *rand.Rand, good []byte) []byte {
	b := append([]byte(nil), good...)
	for range 1 + r.IntN(6) {
		at := r.IntN(len(b))
		switch r.IntN(6) {
		case 0:
			b[at] ^= 1 << r.IntN(8)
		case 1: // digits become other digits: sizes, offsets, references
			for i := at; i < len(b); i++ {
				if b[i] >= '0' && b[i] <= '9' {
					b[i] = '0' + byte(r.IntN(10))
					break
				}
			}
		case 2:
			n := min(len(b)-at, 1+r.IntN(40))
			b = append(b[:at], b[at+n:]...)
		case 3:
			n := min(len(b)-at, 1+r.IntN(200))
			b = append(b[:at:at], append(append([]byte(nil), b[at:at+n]...), b[at:]...)...)
		case 4:
			b = b[:max(1, at)]
		case 5:
			b[at] = byte(r.IntN(256))
		}
		if len(b) < 2 {
			return append(b, "%PDF-1.4"...)
		}
	}
	return b
}
