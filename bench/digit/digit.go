// Package digit measures the digit and mark recogniser: MNIST's test half through the simulated
// cell and off whole pages, fonts and strokes it was not trained on, junk by kind, empty cells,
// and, where a path is given, real faxed cells. It prints Markdown tables, every figure with its n.
//
// In: data on disk. Out: tables. It never trains or fits anything.
package digit

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"todoke/bench/handwriting"
	"todoke/ingest/glyph"
	"todoke/internal/bilevel"
	"todoke/train/page"
	"todoke/train/synth"
)

// Options says what to measure on; a path left empty leaves its rows out.
type Options struct {
	MNIST   string    // folder with MNIST's t10k files
	Banks   string    // folder of the glyph banks, written by train/fonts.py: the held-out ones are used
	Fax     string    // real cells: a .tar.gz with labels.csv (file, label, …) and 1-bit PNGs
	Weights string    // weights file; the program's own where empty
	Cells   int       // cells a synthetic set; 10,000 where 0
	Misses  io.Writer // where to name each real cell that is read wrong; nil for nowhere
}

// cell is one to measure.
type cell struct {
	synth.Sample
	name string
	kind string // of junk
}

// Run measures and prints.
func Run(w io.Writer, o Options) error {
	n := o.Cells
	if n <= 0 {
		n = 10000
	}
	m := glyph.Default()
	if o.Weights != "" {
		data, err := os.ReadFile(o.Weights)
		if err != nil {
			return err
		}
		if m, err = glyph.Parse(data); err != nil {
			return err
		}
	}
	t := &table{w: w, m: m}
	t.head()
	var scans, fonts, prints, letters synth.Digits
	var err error
	if o.MNIST != "" {
		if scans, _, err = synth.ReadMNIST(o.MNIST, "t10k"); err != nil {
			return err
		}
		t.digits("MNIST test, simulated cells", draw(len(scans.Glyphs), synth.Scan, &scans, 101))
	}
	if o.Banks != "" {
		for name, bank := range map[string]*synth.Digits{"held": &fonts, "print-held": &prints, "letters-held": &letters} {
			if *bank, err = synth.ReadBank(filepath.Join(o.Banks, name+".bank")); err != nil {
				return err
			}
		}
		t.digits("held-out fonts", draw(n, synth.Font, &fonts, 102))
		t.digits("printed digits, held-out fonts", draw(n/5, synth.Print, &prints, 107))
	}
	var pageJunk []cell
	strokes := draw(n, synth.Stroke, nil, 103)
	t.digits("drawn strokes, other seeds", strokes)
	for _, yScale := range []int{1, 2} {
		t.digits(fmt.Sprintf("… rows × %d", yScale), keep(strokes, func(c cell) bool { return c.YScale == yScale }))
	}
	t.digits("… frame left to the cleaner", keep(strokes, func(c cell) bool { return c.Framed }))
	t.digits("… frame blanked by the caller", keep(strokes, func(c cell) bool { return !c.Framed }))
	measured := func(f func(glyph.Measures) bool) func(cell) bool {
		return func(c cell) bool { return f(glyph.Ink(c.Cell, c.YScale, c.Framed)) }
	}
	t.digits("… ink on the edge of the crop", keep(strokes, measured(func(m glyph.Measures) bool { return m.Rim > 2 })))
	t.digits("… two pieces or more", keep(strokes, measured(func(m glyph.Measures) bool { return m.Pieces > 1 })))
	t.digits("… lower than 3 mm", keep(strokes, measured(func(m glyph.Measures) bool { return m.Y1-m.Y0 < 24 })))
	t.digits("… pen thinner than 0.3 mm", keep(strokes, measured(func(m glyph.Measures) bool { return m.Stroke < 2.4 })))
	bound := strokes // of what the bound below rejects 1 %
	if o.MNIST != "" && o.Banks != "" {
		cut, err := page.Cells(&page.Hands{Scans: scans, To: len(scans.Glyphs), Fonts: fonts, Prints: prints, Bank: slices.Concat(scans.Glyphs, fonts.Glyphs), Letters: letters.Glyphs}, 2*n, 1, 108)
		if err != nil {
			return err
		}
		var off []cell
		for _, s := range cut {
			off = append(off, cell{Sample: s})
		}
		bound = keep(off, func(c cell) bool { return c.Label != synth.Reject })
		t.digits("cut off whole pages", bound)
		for _, yScale := range []int{1, 2} {
			t.digits(fmt.Sprintf("… rows × %d", yScale), keep(bound, func(c cell) bool { return c.YScale == yScale }))
		}
		pageJunk = keep(off, func(c cell) bool { return c.Label == synth.Reject })
	}
	var real []cell
	if o.Fax != "" {
		if real, err = readFax(o.Fax); err != nil {
			return err
		}
		t.misses = o.Misses
		t.digits("real faxed cells", keep(real, func(c cell) bool { return c.Label != synth.Reject }))
		half := keep(real, func(c cell) bool { return c.Label != synth.Reject })
		for i := range half {
			half[i].Cell, half[i].YScale = halve(half[i].Cell), 2
		}
		t.digits("real faxed cells, half the rows", half)
		t.misses = nil
	}

	t.bound = t.onePercent(bound)
	of := "cells cut off pages"
	if len(pageJunk) == 0 {
		of = "drawn strokes"
	}
	t.printf("\nAccepted as a digit at P ≥ %.3f, the bound that rejects 1 %% of the %s:\n\n| junk | n | accepted | P > 0.9 |\n|---|---|---|---|\n", t.bound, of)
	if len(pageJunk) > 0 {
		t.junk("off whole pages", pageJunk)
	}
	src := synth.Source{Kind: synth.Junk, Bank: slices.Concat(scans.Glyphs, fonts.Glyphs), Letters: letters.Glyphs}
	t.junk("simulated, all kinds", drawOf(n, src, 104))
	for _, part := range synth.JunkParts {
		if src.Part = part; part != synth.JunkLetter || len(letters.Glyphs) > 0 {
			t.junk("… "+string(part), drawOf(n/5, src, 109))
		}
	}
	t.junk("simulated marks", draw(n/2, synth.Mark, nil, 105))
	blanks := draw(n, synth.Blank, nil, 106)
	t.junk("empty cells", blanks)
	for _, k := range []string{"check", "cross", "circle", "triangle", "minus", "plus"} {
		if c := keep(real, func(c cell) bool { return c.kind == k }); len(c) > 0 {
			t.junk("real "+k, c)
		}
	}

	t.printf("%s", "\n| blank and mark test | n | empty | unsure | marked | P(blank) > 0.5 | P(blank) > 0.995 |\n|---|---|---|---|---|---|---|\n")
	t.marks("empty cells", blanks)
	t.marks("simulated marks", draw(n/2, synth.Mark, nil, 105))
	t.marks("drawn strokes", strokes)
	if len(real) > 0 {
		t.marks("real marks", keep(real, func(c cell) bool { return c.Label == synth.Reject }))
		t.marks("real digits", keep(real, func(c cell) bool { return c.Label != synth.Reject }))
	}
	return t.err
}

func draw(n int, kind synth.Kind, d *synth.Digits, seed uint64) []cell {
	out := make([]cell, n)
	for i := range out {
		src := synth.Source{Kind: kind, Digit: i % 10}
		if d != nil {
			k := i % len(d.Glyphs)
			src.Digit, src.Glyph = int(d.Labels[k]), &d.Glyphs[k]
		}
		out[i].Sample = synth.Draw(src, seed, uint64(i))
	}
	return out
}

// drawOf draws n of one source.
func drawOf(n int, src synth.Source, seed uint64) []cell {
	out := make([]cell, n)
	for i := range out {
		src.Digit = i % 10
		out[i].Sample = synth.Draw(src, seed, uint64(i))
	}
	return out
}

func keep(cells []cell, f func(cell) bool) (out []cell) {
	for _, c := range cells {
		if f(c) {
			out = append(out, c)
		}
	}
	return out
}

// halve drops every second row, as a machine sending at 98 lines an inch does.
func halve(m *bilevel.Image) *bilevel.Image {
	o := bilevel.New(m.W, m.H/2)
	for y := range o.H {
		copy(o.Row(y), m.Row(2*y))
	}
	return o
}

type table struct {
	w      io.Writer
	m      *glyph.Model
	err    error
	misses io.Writer
	bound  float64 // of confidence, from which a reading is accepted
}

// printf writes on; the first error stays and ends the run.
func (t *table) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

func (t *table) head() {
	t.printf("%s", "| digits | n | wrong, all accepted | 0.5 % rejected | 1 % | 5 % | ECE | overconfident by | P > 0.999: wrong of | taken for junk |\n|---|---|---|---|---|---|---|---|---|---|\n")
}

type answer struct {
	p     float64
	right bool
}

func (t *table) answers(cells []cell) (a []answer, junk int) {
	for _, c := range cells {
		r := t.read(c)
		d, p := r.Best()
		if r.Reject > p {
			junk++
		}
		a = append(a, answer{p, d == c.Label})
		if t.misses != nil && d != c.Label {
			_, t.err = fmt.Fprintf(t.misses, "%s (%d rows × %d): %d read as %d, P %.3f, reject %.3f\n", c.name, c.Cell.H, c.YScale, c.Label, d, p, r.Reject)
		}
	}
	return a, junk
}

func (t *table) read(c cell) glyph.Reading {
	if c.Framed {
		return t.m.Digit(c.Cell, c.YScale)
	}
	return t.m.DigitClean(c.Cell, c.YScale)
}

func (t *table) digits(name string, cells []cell) {
	a, junk := t.answers(cells)
	if len(a) == 0 {
		return
	}
	t.printf("| %s | %d |", name, len(a))
	slices.SortFunc(a, func(x, y answer) int { return cmp.Compare(y.p, x.p) })
	for _, reject := range []float64{0, .005, .01, .05} {
		k := len(a) - int(reject*float64(len(a)))
		wrong := 0
		for _, x := range a[:k] {
			if !x.right {
				wrong++
			}
		}
		t.printf(" %.2f %% (%d) |", 100*float64(wrong)/float64(k), wrong)
	}
	over, sure, missed := 0.0, 0, 0
	for _, x := range a {
		if x.p > .999 {
			sure++
			if !x.right {
				missed++
			}
		}
		over += x.p
		if x.right {
			over--
		}
	}
	n := float64(len(a))
	t.printf(" %.2f %% | %+.2f %% | %d of %.1f %% | %.2f %% |\n", 100*calibration(a), 100*over/n, missed, 100*float64(sure)/n, 100*float64(junk)/n)
}

// calibration is the expected calibration error over fifteen equal bins of confidence.
func calibration(a []answer) float64 {
	const bins = 15
	var n, sum, right [bins]float64
	for _, x := range a {
		b := min(int(x.p*bins), bins-1)
		n[b]++
		sum[b] += x.p
		if x.right {
			right[b]++
		}
	}
	e := 0.0
	for b := range n {
		e += math.Abs(sum[b] - right[b])
	}
	return e / float64(len(a))
}

func (t *table) onePercent(cells []cell) float64 {
	a, _ := t.answers(cells)
	slices.SortFunc(a, func(x, y answer) int { return cmp.Compare(x.p, y.p) })
	return a[len(a)/100].p
}

func (t *table) junk(name string, cells []cell) {
	over, sure := 0, 0
	for _, c := range cells {
		_, p := t.read(c).Best()
		if p >= t.bound {
			over++
		}
		if p > .9 {
			sure++
		}
	}
	n := float64(len(cells))
	t.printf("| %s | %d | %.2f %% | %.2f %% |\n", name, len(cells), 100*float64(over)/n, 100*float64(sure)/n)
}

func (t *table) marks(name string, cells []cell) {
	states := map[glyph.MarkState]int{}
	half, sure := 0, 0
	for _, c := range cells {
		states[t.m.Mark(c.Cell, c.YScale, c.Framed).State]++
		p := t.m.Blank(c.Cell, c.YScale, c.Framed).Blank
		if p > .5 {
			half++
		}
		if p > .995 {
			sure++
		}
	}
	pc := func(n int) string { return fmt.Sprintf("%.2f %%", 100*float64(n)/float64(len(cells))) }
	t.printf("| %s | %d | %s | %s | %s | %s | %s |\n", name, len(cells), pc(states[glyph.MarkEmpty]), pc(states[glyph.MarkUnsure]), pc(states[glyph.MarkSet]), pc(half), pc(sure))
}

// readFax reads the archive of real cells. Its lines are remnants, so the frame is the cleaner's.
func readFax(file string) ([]cell, error) {
	cells, err := handwriting.Cells(file)
	if err != nil {
		return nil, err
	}
	var out []cell
	for _, real := range cells {
		c := cell{name: real.Name, Sample: synth.Sample{Cell: real.Image, YScale: 1, Framed: true, Label: synth.Reject}}
		if d, ok := real.Digit(); ok {
			c.Label = d
		} else {
			c.kind = real.Label
		}
		out = append(out, c)
	}
	return out, nil
}
