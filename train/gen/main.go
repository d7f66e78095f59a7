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
	"todoke/train/page"
	"todoke/train/synth"
)

type set struct {
	name string
	n    int
	at   func(i int) synth.Sample // nil where the cells come off pages
}

func main() {
	mnist := flag.String("mnist", "", "folder of MNIST's four IDX files")
	bank := flag.String("banks", "", "folder of the glyph banks that fonts.py wrote")
	out := flag.String("out", "", "folder to write to")
	scale := flag.Float64("scale", 1, "share of the full sizes, for a quick look")
	threads := flag.Int("j", 1, "threads")
	only := flag.String("only", "", "draw only the sets with this in their name")
	look := flag.String("look", "", "write a PGM picture of each set's first cells into this folder")
	flag.Parse()
	if err := run(*mnist, *bank, *out, *look, *only, *scale, *threads); err != nil {
		log.Fatal(err)
	}
}

func run(mnist, banks, out, look, only string, scale float64, threads int) error {
	train, plain, err := synth.ReadMNIST(mnist, "train")
	if err != nil {
		return err
	}
	var bank [6]synth.Digits
	for i, name := range []string{"train", "held", "print", "print-held", "letters", "letters-held"} {
		if bank[i], err = synth.ReadBank(filepath.Join(banks, name+".bank")); err != nil {
			return err
		}
	}
	fonts, held, prints, heldPrints, letters, heldLetters := bank[0], bank[1], bank[2], bank[3], bank[4], bank[5]
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
	font := func(k synth.Kind, d synth.Digits, seed uint64) func(int) synth.Sample {
		return func(i int) synth.Sample {
			g := i % len(d.Glyphs)
			return synth.Draw(synth.Source{Kind: k, Digit: int(d.Labels[g]), Glyph: &d.Glyphs[g]}, seed, uint64(i))
		}
	}
	kind := func(k synth.Kind, bank, letters []synth.Gray, seed uint64) func(int) synth.Sample {
		return func(i int) synth.Sample {
			return synth.Draw(synth.Source{Kind: k, Digit: i % 10, Bank: bank, Letters: letters}, seed, uint64(i))
		}
	}
	trainBank := append(append([]synth.Gray{}, train.Glyphs[:cut]...), repeat(fonts.Glyphs, 50)...)
	heldOut := append(append([]synth.Gray{}, train.Glyphs[cut:]...), repeat(held.Glyphs, 20)...)
	writers := &page.Hands{Scans: train, To: cut, Fonts: fonts, Prints: prints, Bank: trainBank, Letters: letters.Glyphs}
	others := &page.Hands{Scans: train, From: cut, To: len(plain), Fonts: held, Prints: heldPrints, Bank: heldOut, Letters: heldLetters.Glyphs}
	sets := []set{
		{"train_clean", 55000, clean(plain, train.Labels, 0)},
		{"train_scan", 110000, scan(train, 0, cut, 1)},
		{"train_font", 110000, font(synth.Font, fonts, 2)},
		{"train_print", 25000, font(synth.Print, prints, 7)},
		{"train_stroke", 160000, kind(synth.Stroke, nil, nil, 3)},
		{"train_page", 150000, nil},
		{"train_junk", 90000, kind(synth.Junk, trainBank, letters.Glyphs, 4)},
		{"train_mark", 20000, kind(synth.Mark, nil, nil, 5)},
		{"train_blank", 25000, kind(synth.Blank, nil, nil, 6)},
		{"held_clean", len(plain) - cut, clean(plain, train.Labels, cut)},
		{"held_scan", 5000, scan(train, cut, len(plain)-cut, 11)},
		{"held_font", 6000, font(synth.Font, held, 12)},
		{"held_print", 2000, font(synth.Print, heldPrints, 17)},
		{"held_stroke", 5000, kind(synth.Stroke, nil, nil, 13)},
		{"held_page", 20000, nil},
		{"held_junk", 5000, kind(synth.Junk, heldOut, heldLetters.Glyphs, 14)},
		{"held_mark", 3000, kind(synth.Mark, nil, nil, 15)},
		{"held_blank", 5000, kind(synth.Blank, nil, nil, 16)},
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, s := range sets {
		if !strings.Contains(s.name, only) {
			continue
		}
		start := time.Now()
		s.n = max(1, int(float64(s.n)*scale))
		if s.at == nil {
			h, seed := writers, uint64(8)
			if s.name == "held_page" {
				h, seed = others, 18
			}
			cells, err := page.Cells(h, s.n, threads, seed)
			if err != nil {
				return err
			}
			s.at = func(i int) synth.Sample { return cells[i] }
		}
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
	cols := len(glyph.BlankFeatures(glyph.Measures{}))
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
