package glyph

import (
	"errors"
	"fmt"
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
	return min(max(logistics(m.blank.logit(BlankFeatures(ink))), 1-certain), certain)
}

// certain is the most that the blank test ever claims: rarer things than the cells it was fitted
// on show it happen.
const certain = 0.9999

// blankFeatures is how many measures the blank test weighs.
const blankFeatures = 6

// BlankFeatures are what the blank test weighs, for its fitting: logarithms, for twice the ink means
// the same at any pen.
func BlankFeatures(m Measures) [blankFeatures]float64 {
	l := func(n int) float64 { return math.Log1p(float64(n)) }
	return [blankFeatures]float64{l(m.Largest), l(m.Span), l(m.Breadth), l(m.Ink), l(m.Inner), l(m.Rule)}
}

// blankTest is a perceptron with one hidden layer: tanh, then a weighted sum.
type blankTest struct {
	hidden []blankUnit
	bias   float64
}

type blankUnit struct {
	w       [blankFeatures]float64
	bias    float64
	outward float64
}

func (t *blankTest) logit(x [blankFeatures]float64) float64 {
	z := t.bias
	for i := range t.hidden {
		u := &t.hidden[i]
		a := u.bias
		for k, v := range x {
			a += u.w[k] * v
		}
		z += u.outward * math.Tanh(a)
	}
	return z
}

func (r *cursor) blankTest() (t blankTest, err error) {
	features, hidden := int(r.uint16()), int(r.uint16())
	if features != blankFeatures || hidden > maxChannels {
		return t, fmt.Errorf("blank test has %d features and %d hidden units", features, hidden)
	}
	for range hidden {
		var u blankUnit
		for k := range u.w {
			u.w[k] = r.sound()
		}
		u.bias, u.outward = r.sound(), r.sound()
		if r.short {
			return t, errors.New("blank test is cut short")
		}
		t.hidden = append(t.hidden, u)
	}
	t.bias = r.sound()
	return t, nil
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
