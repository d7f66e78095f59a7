package form_test

import (
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
	"time"

	"todoke/ingest/form"
	"todoke/internal/bilevel"
)

// noisePage is a page of random ink, one pixel in so many black, in pieces of size pixels.
func noisePage(of, size int) *bilevel.Image {
	r := rand.New(rand.NewPCG(1, uint64(of)))
	m := bilevel.New(1728, 2292)
	for y := 0; y < m.H; y += size {
		for x := 0; x < m.W; x += size {
			if r.IntN(of) == 0 {
				for k := range size {
					m.Fill(x, x+size, y+k)
				}
			}
		}
	}
	return m
}

// processorTime is what this process used so far: the wall's clock runs for others too.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// No page may cost more than 200 ms of a processor, however little sense it makes.
func BenchmarkNoise(b *testing.B) {
	for _, c := range [][2]int{{2, 1}, {4, 1}, {10, 1}, {40, 1}, {200, 1}, {3, 2}, {10, 3}, {5, 8}, {3, 8}, {20, 12}, {8, 20}, {20, 24}} {
		m := noisePage(c[0], c[1])
		b.Run("1_in_"+strconv.Itoa(c[0])+"_of_"+strconv.Itoa(c[1])+"px", func(b *testing.B) {
			start := processorTime(b)
			for b.Loop() {
				if d := form.Read(form.Page{Image: m, XDPI: 204, YDPI: 196}, form.Knowledge{}); d.Geometry != nil {
					b.Error("a form was found in noise")
				}
			}
			b.ReportMetric(float64((processorTime(b)-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}
