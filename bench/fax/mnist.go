package fax

import (
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Samples are real handwritten digits, 28 × 28 grey, by digit.
type Samples struct {
	of [10][]*[28 * 28]byte
}

// maxSamples bounds how many images a file may declare.
const maxSamples = 100_000

// LoadSamples reads MNIST's test split (t10k-*) in IDX form, plain or gzipped, from dir.
func LoadSamples(dir string) (*Samples, error) {
	images, err := readIDX(dir, []string{"t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"}, 16)
	if err != nil {
		return nil, err
	}
	labels, err := readIDX(dir, []string{"t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"}, 8)
	if err != nil {
		return nil, err
	}
	if len(images) != len(labels)*28*28 {
		return nil, fmt.Errorf("read %s: %d image bytes for %d labels", dir, len(images), len(labels))
	}
	s := &Samples{}
	for i, d := range labels {
		if d > 9 {
			return nil, fmt.Errorf("read %s: label %d", dir, d)
		}
		var im [28 * 28]byte
		copy(im[:], images[i*28*28:])
		s.of[d] = append(s.of[d], &im)
	}
	for d := range s.of {
		if len(s.of[d]) == 0 {
			return nil, fmt.Errorf("read %s: no digit %d", dir, d)
		}
	}
	return s, nil
}

func readIDX(dir string, names []string, head int) ([]byte, error) {
	var last error
	for _, name := range names {
		for _, suffix := range []string{"", ".gz"} {
			f, err := os.Open(filepath.Join(dir, name+suffix))
			if err != nil {
				last = err
				continue
			}
			defer func() { _ = f.Close() }()
			var r io.Reader = f
			if suffix != "" {
				if r, err = gzip.NewReader(f); err != nil {
					return nil, fmt.Errorf("read %s: %w", name, err)
				}
			}
			b, err := io.ReadAll(io.LimitReader(r, maxSamples*28*28))
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", name, err)
			}
			if len(b) < head || binary.BigEndian.Uint16(b) != 0 {
				return nil, fmt.Errorf("read %s: %w", name, errors.New("not an IDX file"))
			}
			return b[head:], nil
		}
	}
	return nil, fmt.Errorf("read digits: %w", last)
}

// draw writes a random sample of d: enlarged smoothly and cut at half grey, as a pen's edge.
func (s *Samples) draw(p *Paper, r *rand.Rand, w *Writer, d int, cx, cy, maxW, maxH float64) {
	im := s.of[d][r.IntN(len(s.of[d]))]
	x0, y0, x1, y1 := 28, 28, 0, 0
	for i, v := range im {
		if v > 100 {
			x0, y0, x1, y1 = min(x0, i%28), min(y0, i/28), max(x1, i%28), max(y1, i/28)
		}
	}
	if x1 < x0 {
		return
	}
	bw, bh := float64(x1-x0+1), float64(y1-y0+1)
	h := min(w.HeightMM*(1+w.Wobble*r.NormFloat64()), maxH)
	scale := min(h/bh, maxW/bw) // millimetres a sample pixel
	mx, my := float64(x0)+bw/2, float64(y0)+bh/2
	cx += w.OffX + 2*w.Wobble*r.NormFloat64()
	cy += w.OffY + 2*w.Wobble*r.NormFloat64()
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x > 27 || y > 27 {
			return 0
		}
		return float64(im[y*28+x])
	}
	const k = PaperDPI / mmPerInch
	half := math.Max(bw, bh)/2*scale + scale
	for py := int((cy - half) * k); py <= int((cy+half)*k); py++ {
		for px := int((cx - half) * k); px <= int((cx+half)*k); px++ {
			u := (float64(px)/k-cx)/scale + mx - .5
			v := (float64(py)/k-cy)/scale + my - .5
			fx, fy := math.Floor(u), math.Floor(v)
			i, j, a, b := int(fx), int(fy), u-fx, v-fy
			g := (at(i, j)*(1-a)+at(i+1, j)*a)*(1-b) + (at(i, j+1)*(1-a)+at(i+1, j+1)*a)*b
			if g > 110 {
				p.Image.Set(px, py, true)
			}
		}
	}
}
