// Package page makes cells as the page reader cuts them: it prints our order form, writes into
// every box, sends the page through a simulated fax line and keeps what the reader hands to the
// recogniser.
//
// In: glyphs and a seed. Out: cells with what was written in them, the same for the same seed and
// reader. It never sees a real fax.
package page

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/internal/bilevel"
	printed "todoke/templates/form"
	"todoke/train/synth"
)

// Hands is what pages are written with.
type Hands struct {
	Scans, Fonts, Prints synth.Digits
	From, To             int          // of the scans
	Bank, Letters        []synth.Gray // what junk is made of
}

// source draws what comes to stand in one box; ok is false for an empty one.
func (h *Hands) source(r *rand.Rand) (src synth.Source, ok bool) {
	glyph := func(kind synth.Kind, d *synth.Digits, k int) synth.Source {
		return synth.Source{Kind: kind, Digit: int(d.Labels[k]), Glyph: &d.Glyphs[k]}
	}
	switch p := r.Float64(); {
	case p < .10:
		return src, false
	case p < .40:
		return glyph(synth.Scan, &h.Scans, h.From+r.IntN(h.To-h.From)), true
	case p < .60:
		return glyph(synth.Font, &h.Fonts, r.IntN(len(h.Fonts.Glyphs))), true
	case p < .64 && len(h.Prints.Glyphs) > 0:
		return glyph(synth.Print, &h.Prints, r.IntN(len(h.Prints.Glyphs))), true
	case p < .90:
		return synth.Source{Kind: synth.Stroke, Digit: r.IntN(10)}, true
	default:
		return synth.Source{Kind: synth.Junk, Bank: h.Bank, Letters: h.Letters}, true
	}
}

// Cells are n cells as the page reader hands them to the recogniser, on all conditions of bench/fax,
// half of them plain fine or standard faxes. A cell that the reader asks about twice comes twice.
func Cells(h *Hands, n, threads int, seed uint64) ([]synth.Sample, error) {
	drawing, err := printed.Order(printed.Options{})
	if err != nil {
		return nil, fmt.Errorf("draw the order form: %w", err)
	}
	blank := printed.Raster(drawing, fax.PaperDPI, fax.PaperDPI)
	conditions := fax.Conditions()
	page := func(i uint64) (out []synth.Sample) {
		r := rand.New(rand.NewPCG(seed, i))
		paper := (&fax.Paper{Image: blank}).Clone()
		labels := h.write(paper, &drawing.Layout, r, seed^0x9a9e, i)
		cond := conditions[r.IntN(len(conditions))]
		if r.IntN(2) == 0 {
			cond = conditions[r.IntN(2)] // half of the pages are plain fine or standard ones
		}
		line := cond.Line(r)
		m := line.Send(paper, r)
		form.Read(form.Page{Image: m, XDPI: line.XDPI, YDPI: line.YDPI}, form.Knowledge{
			Digits: nobody{},
			Cut: func(field string, box int, image *bilevel.Image, yScale int) {
				if label, ok := labels[place{field, box}]; ok && image != nil {
					out = append(out, synth.Sample{Cell: image, YScale: yScale, Label: label})
				}
			},
		})
		return out
	}
	const most = 20000
	var made [most][]synth.Sample
	var next, count atomic.Int64
	var wg sync.WaitGroup
	for range max(1, threads) {
		wg.Go(func() {
			for count.Load() < int64(n) {
				i := next.Add(1) - 1
				if i >= most {
					return
				}
				made[i] = page(uint64(i))
				count.Add(int64(len(made[i])))
			}
		})
	}
	wg.Wait()
	// In the order of the pages, so that threads change nothing.
	var out []synth.Sample
	for _, s := range made {
		out = append(out, s...)
	}
	if len(out) < n {
		return nil, fmt.Errorf("only %d cells came off %d pages", len(out), most)
	}
	return out[:n], nil
}

// place is a box of a form.
type place struct {
	field string
	box   int
}

// write fills the form's boxes and returns what stands in them; a box left empty counts as
// Reject, for who asks about it asks about dirt.
func (h *Hands) write(p *fax.Paper, l *printed.Layout, r *rand.Rand, seed1, seed2 uint64) map[place]int {
	const perMM = fax.PaperDPI / 25.4
	labels := map[place]int{}
	// One pen and one size a page, more or less.
	high := min(max(4.6*math.Exp(.16*r.NormFloat64()), 2.8), 6.4)
	pen := min(max(.42*math.Exp(.25*r.NormFloat64()), .22), .9)
	if r.IntN(8) == 0 {
		pen = .6 + .4*r.Float64()
	}
	stray := .35 + .4*r.Float64()
	k := seed2 << 16
	for _, f := range l.Fields {
		if f.Kind != printed.FieldDigits {
			continue
		}
		for i, b := range f.Cells {
			at := place{f.Name, i}
			labels[at] = synth.Reject
			src, ok := h.source(r)
			if !ok {
				continue
			}
			tall := high * math.Exp(.07*r.NormFloat64())
			if src.Kind == synth.Print {
				tall = 2.6 + 2.2*r.Float64()
			}
			maxW, maxH := .9*b.W, .94*b.H
			x, y := stray*r.NormFloat64(), stray*r.NormFloat64()
			if r.IntN(12) == 0 { // this one touches its frame, or crosses it
				maxW, maxH, x, y = 1.05*b.W, 1.05*b.H, 1.6*x, 1.6*y
			}
			for range 6 {
				k++
				m, label := synth.Write(src, min(tall, maxH), pen, b.W, seed1, k)
				if m == nil {
					continue
				}
				w, hh := float64(m.W)/perMM, float64(m.H)/perMM
				if w > maxW && src.Kind != synth.Junk {
					tall *= max(.7, .97*maxW/w)
					continue
				}
				if src.Kind != synth.Junk { // people keep within the box they see
					slackX, slackY := max(maxW-w, 0)/2, max(maxH-hh, 0)/2
					x, y = min(max(x, -slackX), slackX), min(max(y, -slackY), slackY)
				}
				ink(p.Image, m, (b.X+b.W/2+x)*perMM, (b.Y+b.H/2+y)*perMM)
				labels[at] = label
				break
			}
		}
	}
	return labels
}

// ink draws m with its middle at (cx, cy).
func ink(page, m *bilevel.Image, cx, cy float64) {
	x0, y0 := int(cx-float64(m.W)/2), int(cy-float64(m.H)/2)
	for y := range m.H {
		for x := range m.W {
			if m.At(x, y) {
				page.Set(x0+x, y0+y, true)
			}
		}
	}
}

// nobody recognises nothing: only the cutting is asked for.
type nobody struct{}

func (nobody) Digit(*bilevel.Image, int) (probs [10]float64, reject float64) {
	return probs, 1
}
