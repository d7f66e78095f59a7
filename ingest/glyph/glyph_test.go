package glyph_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"

	"todoke/ingest/glyph"
	"todoke/internal/bilevel"
	"todoke/train/synth"
)

// The networks answer as PyTorch did with the same weights: whatever differs is a mistake in the
// layout of weights or in the kernel, not rounding.
func TestAnswersEqualPyTorch(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/vectors.bin")
	if err != nil {
		t.Fatal(err)
	}
	const px = glyph.Side * glyph.Side
	n := int(binary.LittleEndian.Uint32(data))
	data = data[4:]
	m := glyph.Default()
	var v glyph.Views
	nets := len(m.Logits(&v))
	if n < 50 || len(data) != n*(2*px+2*nets*11*4) {
		t.Fatalf("%d vectors in %d bytes for %d networks", n, len(data), nets)
	}
	worst := 0.0
	for i := range n {
		copy(v.Box[:], data)
		copy(v.Cell[:], data[px:])
		data = data[2*px:]
		logits := m.Logits(&v)
		next := func() float32 {
			f := math.Float32frombits(binary.LittleEndian.Uint32(data))
			data = data[4:]
			return f
		}
		for k, z := range logits {
			for c := range z {
				want := next()
				worst = max(worst, math.Abs(float64(z[c]-want)))
				if !(math.Abs(float64(z[c]-want)) < 1e-4) {
					t.Fatalf("vector %d network %d class %d: %g, PyTorch %g", i, k, c, z[c], want)
				}
			}
		}
		for k, p := range m.Pools(logits) {
			for c := range p {
				if want := next(); !(math.Abs(p[c]-float64(want)) < 1e-4) {
					t.Fatalf("vector %d of %d networks class %d: P %g, in training %g", i, k+1, c, p[c], want)
				}
			}
		}
	}
	t.Logf("largest difference %.1e over %d vectors", worst, n)
}

// What a network learned holds only for views made the way its training made them. A change here
// is fine, but the networks must be trained again (make train).
func TestViewsAreThoseOfTheTraining(t *testing.T) {
	t.Parallel()
	if runtime.GOARCH != "amd64" {
		t.Skip("elsewhere the compiler fuses multiply and add, and the drawn cells differ by a pixel here and there")
	}
	sum := sha256.New()
	for i := range 1500 {
		kind := []synth.Kind{synth.Stroke, synth.Junk, synth.Blank}[i%3]
		s := synth.Draw(synth.Source{Kind: kind, Digit: i % 10}, 77, uint64(i))
		v, _ := glyph.Prepare(s.Cell, s.YScale, s.Framed)
		sum.Write(v.Box[:])
		sum.Write(v.Cell[:])
	}
	got := hex.EncodeToString(sum.Sum(nil))
	if os.Getenv("UPDATE_VIEWS") != "" { // train/run.sh, once the new networks are written
		if err := os.WriteFile("testdata/views.sha256", []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/views.sha256")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(bytes.TrimSpace(want)) {
		t.Fatalf("cleaner, normaliser or simulated cells changed since the networks were trained: %s, were %s", got, bytes.TrimSpace(want))
	}
}

func TestTileEqualsPortable(t *testing.T) {
	t.Parallel()
	r, rows := rand.New(rand.NewPCG(1, 2)), glyph.TileRows
	random := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			if v[i] = float32(r.NormFloat64()); r.IntN(3) == 0 {
				v[i] = 0
			}
		}
		return v
	}
	for _, c := range []struct{ ldc, lda, stride, runs, n int }{{16, 1, 32, 5, 5}, {32, 16, 256, 3, 48}, {64, 32, 288, 3, 96}, {0, 0, 0, 1, 576}, {16, 3, 7, 1, 1}} {
		for _, relu := range []bool{false, true} {
			a, b, bias := random((rows-1)*c.lda+(c.runs-1)*c.stride+c.n), random(c.runs*c.n*16), random(16)
			got, want := make([]float32, (rows-1)*c.ldc+16), make([]float32, (rows-1)*c.ldc+16)
			glyph.Tile(got, c.ldc, a, c.lda, c.stride, c.runs, c.n, b, bias, relu)
			glyph.TilePortable(rows, want, c.ldc, a, c.lda, c.stride, c.runs, c.n, b, bias, relu)
			for i := range got {
				if math.Abs(float64(got[i]-want[i])) > 1e-4 {
					t.Fatalf("%+v relu %v: [%d] = %g, want %g", c, relu, i, got[i], want[i])
				}
			}
		}
	}
}

func TestHalfFloats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bits uint16
		want float32
	}{{0, 0}, {0x3c00, 1}, {0xc000, -2}, {0x3555, 0.33325195}, {1, 5.9604645e-08}, {0x0400, 6.1035156e-05}, {0x7bff, 65504}, {0x7c00, float32(math.Inf(1))}} {
		if got := glyph.Half(c.bits); got != c.want {
			t.Errorf("%04x is %g, want %g", c.bits, got, c.want)
		}
	}
}

func TestParseRefusesDamage(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile("weights.bin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := glyph.Parse(good); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(good); n += 1 + len(good)/200 {
		if _, err := glyph.Parse(good[:n]); err == nil {
			t.Fatalf("the first %d bytes alone were taken", n)
		}
	}
	for n := 0; n < len(good); n += 1 + len(good)/200 {
		bad := bytes.Clone(good)
		bad[n] ^= 0x10
		if _, err := glyph.Parse(bad); err == nil {
			t.Fatalf("a wrong bit in byte %d was taken", n)
		}
	}
	// A right checksum over wrong sizes must not pass either, nor take memory for what is declared.
	for at := 20; at < 60; at++ {
		for _, v := range []byte{0, 1, 0xff} {
			bad := bytes.Clone(good)
			if bad[at] == v {
				continue
			}
			bad[at] = v
			binary.LittleEndian.PutUint32(bad[16:], crc32.ChecksumIEEE(bad[20:]))
			_, _ = glyph.Parse(bad)
		}
	}
}

func cells(n int, kind synth.Kind, seed uint64) []synth.Sample {
	out := make([]synth.Sample, n)
	for i := range out {
		out[i] = synth.Draw(synth.Source{Kind: kind, Digit: i % 10}, seed, uint64(i))
	}
	return out
}

// size is n, fewer under the race detector: the bounds below hold for either.
func size(n int) int {
	if raceDetector {
		return n / 5
	}
	return n
}

func read(m *glyph.Model, s synth.Sample) glyph.Reading {
	if s.Framed {
		return m.Digit(s.Cell, s.YScale)
	}
	return m.DigitClean(s.Cell, s.YScale)
}

// The bounds are loose: the figures themselves are in MODEL.md. They catch a broken cleaner,
// mixed-up weights or a lost temperature.
func TestReadsDrawnDigits(t *testing.T) {
	t.Parallel()
	m := glyph.Default()
	n := size(1500)
	wrong, sum := 0, 0.0
	for _, s := range cells(n, synth.Stroke, 900) {
		r := read(m, s)
		total := r.Reject
		for _, p := range r.Probs {
			total += p
		}
		if math.Abs(total-1) > 1e-9 {
			t.Fatalf("probabilities sum to %g", total)
		}
		d, p := r.Best()
		if d != s.Label {
			wrong++
		}
		sum += p
	}
	if rate := float64(wrong) / float64(n); rate > 0.012 {
		t.Errorf("%.2f %% of drawn digits wrong (n = %d)", 100*rate, n)
	}
	if mean := sum / float64(n); math.Abs(mean-(1-float64(wrong)/float64(n))) > 0.01 {
		t.Errorf("mean confidence %.4f with %d of %d wrong", mean, wrong, n)
	}
}

func TestJunkIsRejected(t *testing.T) {
	t.Parallel()
	m := glyph.Default()
	n := size(1000)
	taken := 0
	for _, s := range cells(n, synth.Junk, 901) {
		if _, p := read(m, s).Best(); p > 0.9 {
			taken++
		}
	}
	if rate := float64(taken) / float64(n); rate > 0.04 {
		t.Errorf("%.1f %% of junk taken for a digit (n = %d)", 100*rate, n)
	}
}

func TestBlankAndMarks(t *testing.T) {
	t.Parallel()
	m := glyph.Default()
	n := size(1000)
	lost, seen, missed, unsure := 0, 0, 0, 0
	for _, s := range cells(n, synth.Stroke, 902) {
		if m.Blank(s.Cell, s.YScale, s.Framed).Blank > 0.5 {
			lost++
		}
	}
	for _, s := range cells(n, synth.Blank, 903) {
		if m.Blank(s.Cell, s.YScale, s.Framed).Blank < 0.5 {
			seen++
		}
		if m.Mark(s.Cell, s.YScale, s.Framed).State == glyph.MarkSet {
			missed++
		}
	}
	for _, s := range cells(n, synth.Mark, 904) {
		switch m.Mark(s.Cell, s.YScale, s.Framed).State {
		case glyph.MarkEmpty:
			missed++
		case glyph.MarkUnsure:
			unsure++
		case glyph.MarkSet:
		}
	}
	if lost > 4 || seen > 12 || missed > 8 || unsure > 40 {
		t.Errorf("of %d each: written taken for blank %d, blank for written %d, mark and no mark mixed up %d, marks unsure %d", n, lost, seen, missed, unsure)
	}
}

func TestEmptyCells(t *testing.T) {
	t.Parallel()
	m := glyph.Default()
	for _, c := range []*bilevel.Image{nil, bilevel.New(0, 0), bilevel.New(1, 1), bilevel.New(0, 50), bilevel.New(40, 56), bilevel.New(5000, 3)} {
		for _, yScale := range []int{-1, 0, 1, 2, 1 << 60} {
			if r := m.Digit(c, yScale); r.Reject != 1 {
				t.Errorf("%v × %d: %+v", c, yScale, r)
			}
			if b := m.Blank(c, yScale, true); b.Blank < 0.99 {
				t.Errorf("%v × %d: blank %g", c, yScale, b.Blank)
			}
			if k := m.Mark(c, yScale, true); k.State != glyph.MarkEmpty {
				t.Errorf("%v × %d: mark %+v", c, yScale, k)
			}
		}
	}
}

// A blackened cell is no tick and no digit.
func TestBlackCellsAreNothingToBeSureOf(t *testing.T) {
	t.Parallel()
	m := glyph.Default()
	for _, size := range [][2]int{{1, 1}, {3, 200}, {40, 56}, {1000, 1000}} {
		c := bilevel.New(size[0], size[1])
		for y := range c.H {
			c.Fill(0, c.W, y)
		}
		if k := m.Mark(c, 1, false); k.State == glyph.MarkSet {
			t.Errorf("black %v: %+v", size, k)
		}
		m.Digit(c, 2)
	}
}

// The printed frame must not change what is read.
func TestFrameIsRemoved(t *testing.T) {
	t.Parallel()
	m := glyph.Default()
	same, n := 0, 0
	for _, s := range cells(600, synth.Stroke, 905) {
		if s.Framed || s.Cell.W > 46 {
			continue
		}
		want, _ := m.DigitClean(s.Cell, s.YScale).Best()
		c := s.Cell.Crop(0, 0, s.Cell.W, s.Cell.H)
		for k := range 2 {
			c.Fill(0, c.W, k)
			c.Fill(0, c.W, c.H-1-k)
			for y := range c.H {
				c.Set(k, y, true)
				c.Set(c.W-1-k, y, true)
			}
		}
		n++
		if got, _ := m.Digit(c, s.YScale).Best(); got == want {
			same++
		}
	}
	if n < 30 || float64(same) < .9*float64(n) {
		t.Errorf("%d of %d digits read the same with a frame drawn over their cell's edge", same, n)
	}
}

func TestBatchAndConcurrentReadingsAgree(t *testing.T) {
	t.Parallel()
	m := glyph.Default()
	samples := cells(200, synth.Stroke, 906)
	batch := make([]glyph.Cell, len(samples))
	for i, s := range samples {
		batch[i] = glyph.Cell{Image: s.Cell, YScale: s.YScale, Framed: s.Framed}
	}
	want := make([]glyph.Reading, len(batch))
	m.Digits(batch, want)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, s := range samples {
				if got := read(m, s); got != want[i] {
					t.Errorf("cell %d: %+v alone, %+v in the batch", i, got, want[i])
					return
				}
			}
		})
	}
	wg.Wait()
}

//nolint:paralleltest // allocations of other tests would count
func TestReadingAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes sync.Pool forget")
	}
	m := glyph.Default()
	samples := cells(20, synth.Stroke, 907)
	batch := make([]glyph.Cell, len(samples))
	for i, s := range samples {
		batch[i] = glyph.Cell{Image: s.Cell, YScale: s.YScale, Framed: s.Framed}
	}
	out := make([]glyph.Reading, len(batch))
	m.Digits(batch, out)
	if n := testing.AllocsPerRun(50, func() {
		m.Digits(batch, out)
		m.Digit(batch[0].Image, batch[0].YScale)
		m.Mark(batch[0].Image, 1, true)
	}); n >= 1 {
		t.Errorf("%g allocations", n)
	}
}

func FuzzDigit(f *testing.F) {
	f.Add(uint16(40), uint16(56), 1, []byte{0xff, 0x81})
	f.Add(uint16(0), uint16(0), 0, []byte{})
	f.Add(uint16(1), uint16(1), 2, []byte{0xff})
	f.Add(uint16(2000), uint16(900), 2, []byte{0x10, 0, 0, 3})
	f.Add(uint16(5), uint16(4000), -7, []byte{0xaa, 0x55, 0})
	m := glyph.Default()
	f.Fuzz(func(t *testing.T, w, h uint16, yScale int, pattern []byte) {
		c := bilevel.New(int(w%3000), int(h%3000))
		if len(pattern) > 0 {
			for i := range c.Pix {
				c.Pix[i] = pattern[i%len(pattern)]
			}
			if pad := c.Stride*8 - c.W; pad > 0 {
				for y := range c.H {
					c.Row(y)[c.Stride-1] &= 0xff << pad
				}
			}
		}
		for _, framed := range []bool{true, false} {
			var r glyph.Reading
			if framed {
				r = m.Digit(c, yScale)
			} else {
				r = m.DigitClean(c, yScale)
			}
			sum := r.Reject
			for _, p := range r.Probs {
				if !(p >= 0 && p <= 1) {
					t.Fatalf("probability %g", p)
				}
				sum += p
			}
			if math.Abs(sum-1) > 1e-6 {
				t.Fatalf("probabilities sum to %g", sum)
			}
			if b := m.Blank(c, yScale, framed); !(b.Blank > 0 && b.Blank < 1) || b.Ink.Ink > b.Ink.Raw {
				t.Fatalf("%+v", b)
			}
			m.Mark(c, yScale, framed)
		}
	})
}

func FuzzParse(f *testing.F) {
	good, err := os.ReadFile("weights.bin")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good[:100])
	f.Add(good[len(good)-40:])
	f.Fuzz(func(t *testing.T, payload []byte) {
		data := append([]byte("tdkglyph\x02\x00\x01\x00"), make([]byte, 8)...)
		binary.LittleEndian.PutUint32(data[12:], uint32(len(payload)))
		binary.LittleEndian.PutUint32(data[16:], crc32.ChecksumIEEE(payload))
		if m, err := glyph.Parse(append(data, payload...)); err == nil {
			m.Digit(bilevel.New(10, 10), 1)
		}
		_, _ = glyph.Parse(payload)
	})
}

func BenchmarkDigit(b *testing.B) {
	m := glyph.Default()
	samples := cells(64, synth.Stroke, 908)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		read(m, samples[i%len(samples)])
	}
}

func BenchmarkPrepare(b *testing.B) {
	samples := cells(64, synth.Stroke, 908)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		glyph.Ink(samples[i%len(samples)].Cell, samples[i%len(samples)].YScale, samples[i%len(samples)].Framed)
	}
}
