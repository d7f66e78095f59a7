// Command gen draws the training and the held-out sets of the digit recogniser: cells from
// train/synth, cleaned and normalised by ingest/glyph, so that training and reading share every
// step before the network. It writes NumPy arrays, the same for the same seed.
//
// For each set NAME: NAME_box.npy and NAME_cell.npy (n × 28 × 28, uint8), NAME_y.npy (n, uint8; 10
// is reject), NAME_ink.npy (n × 6, float32: the
// blank test's features).
package main

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"todoke/ingest/glyph"
	"todoke/internal/bilevel"
	"todoke/train/synth"
)

type set struct {
	name string
	seed uint64
	n    int
	at   func(i int) synth.Sample
}

func main() {
	mnist := flag.String("mnist", "", "folder of MNIST's four IDX files")
	bank := flag.String("bank", "", "glyph bank of fonts.py, for training")
	heldBank := flag.String("held-bank", "", "glyph bank of the held-out fonts")
	out := flag.String("out", "", "folder to write to")
	scale := flag.Float64("scale", 1, "share of the full sizes, for a quick look")
	threads := flag.Int("j", 1, "threads")
	look := flag.String("look", "", "write a PGM picture of each set's first cells into this folder")
	flag.Parse()
	if err := run(*mnist, *bank, *heldBank, *out, *look, *scale, *threads); err != nil {
		log.Fatal(err)
	}
}

func run(mnist, bank, heldBank, out, look string, scale float64, threads int) error {
	train, plain, err := synth.ReadMNIST(mnist, "train")
	if err != nil {
		return err
	}
	test, plainTest, err := synth.ReadMNIST(mnist, "t10k")
	if err != nil {
		return err
	}
	fonts, err := synth.ReadBank(bank)
	if err != nil {
		return err
	}
	held, err := synth.ReadBank(heldBank)
	if err != nil {
		return err
	}
	// The last 5,000 of MNIST's training half are held out: calibration and the choice between
	// networks look at them, its test half is for the figures alone.
	const cut = 55000
	clean := func(images [][]uint8, labels []uint8, from int) func(int) synth.Sample {
		return func(i int) synth.Sample { return plainCell(images[from+i], labels[from+i]) }
	}
	scan := func(d synth.Digits, from, n int, seed uint64) func(int) synth.Sample {
		return func(i int) synth.Sample {
			k := from + i%n
			return synth.Draw(synth.Source{Kind: synth.Scan, Digit: int(d.Labels[k]), Glyph: &d.Glyphs[k]}, seed, uint64(i))
		}
	}
	font := func(d synth.Digits, seed uint64) func(int) synth.Sample {
		return func(i int) synth.Sample {
			k := i % len(d.Glyphs)
			return synth.Draw(synth.Source{Kind: synth.Font, Digit: int(d.Labels[k]), Glyph: &d.Glyphs[k]}, seed, uint64(i))
		}
	}
	kind := func(k synth.Kind, bank []synth.Gray, seed uint64) func(int) synth.Sample {
		return func(i int) synth.Sample {
			return synth.Draw(synth.Source{Kind: k, Digit: i % 10, Bank: bank}, seed, uint64(i))
		}
	}
	trainBank := append(append([]synth.Gray{}, train.Glyphs[:cut]...), repeat(fonts.Glyphs, 50)...)
	heldOut := append(append([]synth.Gray{}, train.Glyphs[cut:]...), repeat(held.Glyphs, 20)...)
	sets := []set{
		{"train_clean", 0, cut, clean(plain, train.Labels, 0)},
		{"train_scan", 1, 55000, scan(train, 0, cut, 1)},
		{"train_font", 2, 50000, font(fonts, 2)},
		{"train_stroke", 3, 60000, kind(synth.Stroke, nil, 3)},
		{"train_junk", 4, 40000, kind(synth.Junk, trainBank, 4)},
		{"train_mark", 5, 10000, kind(synth.Mark, nil, 5)},
		{"train_blank", 6, 25000, kind(synth.Blank, nil, 6)},
		{"held_clean", 0, len(plain) - cut, clean(plain, train.Labels, cut)},
		{"held_scan", 11, 5000, scan(train, cut, len(plain)-cut, 11)},
		{"held_font", 12, 6000, font(held, 12)},
		{"held_stroke", 13, 5000, kind(synth.Stroke, nil, 13)},
		{"held_junk", 14, 5000, kind(synth.Junk, heldOut, 14)},
		{"held_mark", 15, 3000, kind(synth.Mark, nil, 15)},
		{"held_blank", 16, 5000, kind(synth.Blank, nil, 16)},
		{"test_clean", 0, len(plainTest), clean(plainTest, test.Labels, 0)},
		{"test_scan", 21, len(plainTest), scan(test, 0, len(plainTest), 21)},
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, s := range sets {
		start := time.Now()
		s.n = max(1, int(float64(s.n)*scale))
		if err := s.write(out, look, threads); err != nil {
			return err
		}
		log.Printf("%-13s %6d cells, %.2f ms each", s.name, s.n, float64(time.Since(start).Microseconds())/1e3/float64(s.n))
	}
	return nil
}

func repeat(g []synth.Gray, n int) (out []synth.Gray) {
	for range n {
		out = append(out, g...)
	}
	return out
}

// plainCell is an MNIST digit as it is, three times larger, with a margin.
func plainCell(im []uint8, label uint8) synth.Sample {
	const side, k, margin = 28, 3, 6
	m := bilevel.New(side*k+2*margin, side*k+2*margin)
	for i, v := range im {
		if v > 100 {
			for d := range k {
				m.Fill(margin+i%side*k, margin+i%side*k+k, margin+i/side*k+d)
			}
		}
	}
	return synth.Sample{Cell: m, YScale: 1, Framed: true, Label: int(label)}
}

func (s set) write(out, look string, threads int) error {
	const px = glyph.Side * glyph.Side
	box, cell, y := make([]byte, s.n*px), make([]byte, s.n*px), make([]byte, s.n)
	const cols = 6
	ink := make([]byte, s.n*cols*4)
	var next atomic.Int64
	var wg sync.WaitGroup
	pictures := make([]*bilevel.Image, min(s.n, 160))
	for range max(1, threads) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= s.n {
					return
				}
				sample := s.at(i)
				if i < len(pictures) {
					pictures[i] = sample.Cell
				}
				v, m := glyph.Prepare(sample.Cell, sample.YScale, sample.Framed)
				copy(box[i*px:], v.Box[:])
				copy(cell[i*px:], v.Cell[:])
				y[i] = byte(sample.Label)
				for k, f := range glyph.BlankFeatures(m) {
					binary.LittleEndian.PutUint32(ink[(i*cols+k)*4:], math.Float32bits(float32(f)))
				}
			}
		})
	}
	wg.Wait()
	for _, a := range []struct {
		part, dtype string
		shape       []int
		data        []byte
	}{
		{"box", "|u1", []int{s.n, glyph.Side, glyph.Side}, box},
		{"cell", "|u1", []int{s.n, glyph.Side, glyph.Side}, cell},
		{"y", "|u1", []int{s.n}, y},
		{"ink", "<f4", []int{s.n, cols}, ink},
	} {
		if err := npy(filepath.Join(out, s.name+"_"+a.part+".npy"), a.dtype, a.shape, a.data); err != nil {
			return err
		}
	}
	if look != "" {
		return sheet(filepath.Join(look, s.name+".pgm"), pictures, box)
	}
	return nil
}

// npy writes a NumPy array, format 1.0.
func npy(path, dtype string, shape []int, data []byte) error {
	var dims strings.Builder
	for _, n := range shape {
		fmt.Fprintf(&dims, "%d, ", n)
	}
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", dtype, dims.String())
	for (10+len(head)+1)%64 != 0 {
		head += " "
	}
	head += "\n"
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(head))))
	b.WriteString(head)
	b.Write(data)
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// sheet draws cells, and what the network sees of them, as one grey picture to look at.
func sheet(path string, cells []*bilevel.Image, box []byte) error {
	const across, tile = 16, 128
	rows := (len(cells) + across - 1) / across
	w, h := across*tile, rows*tile
	pix := bytes.Repeat([]byte{200}, w*h)
	for i, c := range cells {
		ox, oy := i%across*tile, i/across*tile
		for y := range min(c.H, tile-1) {
			for x := range min(c.W, tile-30) {
				v := byte(255)
				if c.At(x, y) {
					v = 0
				}
				pix[(oy+y)*w+ox+x] = v
			}
		}
		for k := range glyph.Side * glyph.Side {
			pix[(oy+tile-30+k/glyph.Side)*w+ox+tile-30+k%glyph.Side] = 255 - box[i*glyph.Side*glyph.Side+k]
		}
	}
	return os.WriteFile(path, append(fmt.Appendf(nil, "P5 %d %d 255\n", w, h), pix...), 0o644)
}
