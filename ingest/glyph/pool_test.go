package glyph_test

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"todoke/ingest/glyph"
)

// Whatever the networks say, the answer is a distribution over eleven, its best digit is the one
// with the largest sum of logits, and surer logits never make it less sure.
func TestPoolsKeepOrder(t *testing.T) {
	t.Parallel()
	m := glyph.Default()
	r := rand.New(rand.NewPCG(5, 6))
	nets := len(m.Logits(new(glyph.Views)))
	for i := range 1000 {
		answers := make([][11]float32, nets)
		spread := math.Exp(6 * r.Float64())
		for n := range answers {
			for c := range answers[n] {
				answers[n][c] = float32(spread * r.NormFloat64())
			}
		}
		for n := 1; n < nets; n++ {
			answers[n] = answers[0] // of one mind, so that the weights do not matter
		}
		best := 0
		for d := range 10 {
			if answers[0][d] > answers[0][best] {
				best = d
			}
		}
		before := m.Pools(answers)
		for n := range answers {
			answers[n][best] += float32(spread)
		}
		after := m.Pools(answers)
		for k, p := range before {
			sum := 0.0
			for c, v := range p {
				if !(v >= 0 && v <= 1) {
					t.Fatalf("draw %d, %d networks: P[%d] = %g", i, k+1, c, v)
				}
				if c < 10 && v > p[best]+1e-12 {
					t.Fatalf("draw %d, %d networks: %d is likelier than %d, which has the largest logit", i, k+1, c, best)
				}
				sum += v
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Fatalf("draw %d, %d networks: sum %g", i, k+1, sum)
			}
			if after[k][best] < p[best]-1e-12 {
				t.Fatalf("draw %d, %d networks: %g, and %g once surer", i, k+1, p[best], after[k][best])
			}
		}
	}
}

// What calibrates is read with the same distrust as the weights.
func TestParseRefusesWildCalibration(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile("weights.bin")
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	const tail = 900 // the pools and the blank test lie at the end
	for at := len(good) - tail; at+4 <= len(good); at += 11 {
		for _, v := range []float32{float32(math.NaN()), float32(math.Inf(1)), -1e30} {
			bad := append([]byte(nil), good...)
			binary.LittleEndian.PutUint32(bad[at:], math.Float32bits(v))
			binary.LittleEndian.PutUint32(bad[16:], crc32.ChecksumIEEE(bad[20:]))
			m, err := glyph.Parse(bad)
			if err != nil {
				refused++
				continue
			}
			for _, p := range m.Pools(m.Logits(new(glyph.Views))) {
				for _, q := range p {
					if !(q >= 0 && q <= 1) {
						t.Fatalf("%g at %d was taken and makes P %g", v, at, q)
					}
				}
			}
		}
	}
	if refused < 60 {
		t.Errorf("only %d wild numbers were refused", refused)
	}
}
