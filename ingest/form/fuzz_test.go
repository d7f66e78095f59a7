package form_test

import (
	"math"
	"math/rand/v2"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
)

// FuzzRead reads pages made of any bytes, alone and laid over a form of ours: it must answer
// with a decision, and every confidence must be a probability.
func FuzzRead(f *testing.F) {
	d, err := printed.Order(printed.Options{CustomerCode: "12345674"})
	if err != nil {
		f.Fatal(err)
	}
	blank := printed.Raster(d, 204, 98)
	f.Add([]byte{}, uint16(1), uint16(1), 204.0, 98.0, false, uint16(0))
	f.Add([]byte{0xff, 0x00}, uint16(1728), uint16(1100), 0.0, 0.0, false, uint16(7))
	f.Add([]byte{0x81}, uint16(40), uint16(40), 204.0, 98.0, true, uint16(300))
	f.Add([]byte{0xaa, 0x55, 0x12}, uint16(900), uint16(900), math.NaN(), math.Inf(1), true, uint16(65535))
	f.Add([]byte("streak"), uint16(8), uint16(1100), 204.0, 196.0, true, uint16(90))
	f.Fuzz(func(t *testing.T, data []byte, w, h uint16, xdpi, ydpi float64, over bool, at uint16) {
		m := bilevel.New(int(w)%2600, int(h)%2600)
		if over {
			c := *blank
			c.Pix = append([]byte(nil), blank.Pix...)
			m = &c
		}
		if len(data) > 0 && m.W > 0 && m.H > 0 {
			// The bytes fill a patch w × h pixels from row at, repeated.
			k := 0
			for y := int(at) % m.H; y < min(int(at)%m.H+int(h), m.H); y++ {
				for x := 0; x < min(int(w), m.W); x += 8 {
					b := data[k%len(data)]
					k++
					for i := range 8 {
						if b&(0x80>>i) != 0 {
							m.Set(x+i, y, !m.At(x+i, y))
						}
					}
				}
			}
		}
		draft := form.Read(form.Page{Image: m, XDPI: xdpi, YDPI: ydpi, BadRows: []int{int(at)}}, form.Knowledge{})
		switch draft.Decision {
		case order.DecisionAccept, order.DecisionReview, order.DecisionUnreadable, order.DecisionBlank, order.DecisionNotAForm:
		default:
			t.Fatalf("decision %q", draft.Decision)
		}
		if draft.Decision != order.DecisionAccept && len(draft.Reasons) == 0 {
			t.Fatalf("%s without a reason", draft.Decision)
		}
		for _, fl := range draft.Fields {
			if !(fl.Confidence >= 0 && fl.Confidence <= 1) {
				t.Fatalf("%s: confidence %g", fl.Name, fl.Confidence)
			}
			for _, c := range fl.Cells {
				if !(c.Confidence >= 0 && c.Confidence <= 1) {
					t.Fatalf("%s: cell confidence %g", fl.Name, c.Confidence)
				}
			}
		}
		if g := draft.Geometry; g != nil && (math.IsNaN(g.ResidualMM) || math.IsNaN(g.XDPI)) {
			t.Fatalf("geometry %+v", *g)
		}
	})
}

// BenchmarkRead reads a page with five lines written on it.
func BenchmarkRead(b *testing.B) {
	s := setup(b, printed.Options{})
	p, _ := s.page(s.sheetOf(3), fine, lab.Mess{}, 3)
	for b.Loop() {
		form.Read(p, s.know)
	}
}

// BenchmarkHostile reads a page of noise that is as dense as the reader bears.
func BenchmarkHostile(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	m := bilevel.New(1728, 2292)
	for y := range m.H {
		for x := range m.W {
			m.Set(x, y, r.IntN(5) == 0)
		}
	}
	for b.Loop() {
		form.Read(form.Page{Image: m, XDPI: 204, YDPI: 196}, form.Knowledge{})
	}
}
