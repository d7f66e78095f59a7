package glyph

import (
	"math"

	"todoke/internal/bilevel"
)

// Ink measures a cell without asking any network: frame lines erased where framed, specks and rim
// pieces dropped.
func Ink(cell *bilevel.Image, yScale int, framed bool) Measures {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	return s.prepare(cell, yScale, framed)
}

// BlankReading says whether a person wrote in the cell at all.
type BlankReading struct {
	Blank float64 // probability that nobody wrote here
	Ink   Measures
}

// Blank tests a cell for writing by absolute ink alone; dust and what is left of the printed frame
// count for little. framed as for Digit and DigitClean.
func (m *Model) Blank(cell *bilevel.Image, yScale int, framed bool) BlankReading {
	ink := Ink(cell, yScale, framed)
	return BlankReading{Blank: m.blankness(ink), Ink: ink}
}

func (m *Model) blankness(ink Measures) float64 {
	if ink.Raw == 0 {
		return certain
	}
	z := m.blank.b
	for i, x := range features(ink) {
		z += m.blank.w[i] * x
	}
	return min(max(1/(1+math.Exp(-z)), 1-certain), certain)
}

// certain is the most that the blank test ever claims: rarer things than the cells it was fitted
// on show it happen.
const certain = 0.9999

// BlankFeatures are what the blank test weighs, before their products are added, for its fitting:
// logarithms, for twice the ink means the same at any pen.
func BlankFeatures(m Measures) [6]float64 {
	l := func(n int) float64 { return math.Log1p(float64(n)) }
	return [6]float64{l(m.Largest), l(m.Span), l(m.Breadth), l(m.Ink), l(m.Inner), l(m.Rule)}
}

// features are the blank test's: each of the six and every product of two.
func features(m Measures) (f [27]float64) {
	base := BlankFeatures(m)
	n := copy(f[:], base[:])
	for i := range base {
		for j := i; j < len(base); j++ {
			f[n] = base[i] * base[j]
			n++
		}
	}
	return f
}

// MarkState is one of three: a tick box in doubt is a person's.
type MarkState string

// The states of a tick box.
const (
	MarkEmpty  MarkState = "empty"
	MarkSet    MarkState = "marked"
	MarkUnsure MarkState = "unsure"
)

// MarkReading is what a tick box says.
type MarkReading struct {
	State  MarkState
	Marked float64 // probability that a person marked the box and meant it
	Ink    Measures
	Cover  float64 // share of the box's inside that is ink: 0.05 is a thin tick, 0.5 is filled
}

// The bounds of a mark (sheets of millimetres, 8 pixels a mm). A tick drawn with a ballpoint covers
// 3 to 20 % of its box; a box blackened or scribbled over may mean a mark or a mark taken back.
const (
	markSure     = 0.98 // probability from which a box is called marked or empty: 0.2 % of drawn marks called empty
	markSpan     = 10   // pixels: a mark is longer than 1.2 mm
	markBlackout = 0.45
)

// Mark reads a tick box. framed as for Digit and DigitClean. The state says "unsure" where the ink
// is too little for a mark and too much for dust, and where the box is blackened, which some
// writers do to take a mark back.
func (m *Model) Mark(cell *bilevel.Image, yScale int, framed bool) MarkReading {
	ink := Ink(cell, yScale, framed)
	r := MarkReading{Ink: ink, Marked: 1 - m.blankness(ink)}
	if area := ink.W * ink.H; area > 0 {
		r.Cover = float64(ink.Ink) / float64(area)
	}
	switch {
	case r.Marked <= 1-markSure:
		r.State = MarkEmpty
	case r.Cover >= markBlackout:
		r.State, r.Marked = MarkUnsure, min(r.Marked, 0.5)
	case r.Marked >= markSure && ink.Span >= markSpan:
		r.State = MarkSet
	default:
		r.State = MarkUnsure
	}
	return r
}
