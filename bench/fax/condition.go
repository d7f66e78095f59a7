package fax

import (
	"fmt"
	"math"
	"math/rand/v2"

	"todoke/templates/form"
)

// Condition is one kind of fax: how the sheet was written and what the line did to it.
type Condition struct {
	Name  string
	Mess  Mess
	Hand  func(w *Writer, r *rand.Rand)                          // changes the writer; nil for nothing
	Sheet func(p *Paper, l *form.Layout, t *Truth, r *rand.Rand) // happens to the written sheet; nil for nothing
	Line  func(r *rand.Rand) Line
}

// usual is what every machine does a little of.
func usual(r *rand.Rand, xdpi, ydpi float64) Line {
	l := Line{
		XDPI: xdpi, YDPI: ydpi,
		Skew: .5 * r.NormFloat64(), Scale: 1 + .004*r.NormFloat64(), Stretch: .003 * r.NormFloat64(),
		OffsetX: 1.2 * r.NormFloat64(), OffsetY: 1 + 2*r.Float64(),
		BlurMM: .02 + .03*r.Float64(), Threshold: .36 + .22*r.Float64(), Noise: .04 + .08*r.Float64(),
		Speckle: .06 * r.Float64(), Dropout: .02 * r.Float64(),
	}
	if xdpi == 204 {
		l.WidthPx = 1728
	}
	if r.Float64() < .8 {
		l.Header = fmt.Sprintf("2026-11-%02d %02d:%02d  FROM: 0%d          P.%02d/%02d", 1+r.IntN(28), r.IntN(24), r.IntN(60), 300000000+r.IntN(90000000), 1, 1+r.IntN(3))
	}
	return l
}

// either is fine or standard.
func either(r *rand.Rand) float64 {
	if r.IntN(2) == 0 {
		return 98
	}
	return 196
}

// Conditions are the faxes that are measured, easiest first.
func Conditions() []Condition {
	return []Condition{
		{Name: "fine", Line: func(r *rand.Rand) Line { return usual(r, 204, 196) }},
		{Name: "standard", Line: func(r *rand.Rand) Line { return usual(r, 204, 98) }},
		{Name: "200x200", Line: func(r *rand.Rand) Line { return usual(r, 200, 200) }},
		{Name: "300x300", Line: func(r *rand.Rand) Line { return usual(r, 300, 300) }},
		{Name: "upside_down", Line: func(r *rand.Rand) Line {
			l := usual(r, 204, either(r))
			l.Rotate = 180
			return l
		}},
		{Name: "skewed", Line: func(r *rand.Rand) Line {
			l := usual(r, 204, either(r))
			l.Skew = (2 + 1.5*r.Float64()) * sign(r)
			return l
		}},
		{Name: "speckled", Line: func(r *rand.Rand) Line {
			l := usual(r, 204, either(r))
			l.Speckle, l.Dropout = .6+.9*r.Float64(), .5
			return l
		}},
		{Name: "slipped", Line: func(r *rand.Rand) Line {
			l := usual(r, 204, either(r))
			l.Slips = []Slip{{40 + 200*r.Float64(), 1.2 * r.NormFloat64()}, {40 + 200*r.Float64(), .8 * r.NormFloat64()}}
			l.Stretch = .012 * r.NormFloat64()
			return l
		}},
		{Name: "damaged", Line: func(r *rand.Rand) Line {
			l := usual(r, 204, either(r))
			l.Streaks, l.LostRows, l.Doubled = 1+r.IntN(2), r.IntN(12), r.IntN(6)
			return l
		}},
		{Name: "clipped", Line: func(r *rand.Rand) Line {
			l := usual(r, 204, either(r))
			if r.IntN(2) == 0 {
				l.ClipLeft = 8 + 4*r.Float64()
			} else {
				l.ClipRight = 8 + 4*r.Float64()
			}
			return l
		}},
		{Name: "copied", Line: func(r *rand.Rand) Line {
			l := usual(r, 204, either(r))
			l.Generation = 2
			l.Scale = .94 + .10*r.Float64()
			l.Skew = 1.2 * r.NormFloat64()
			return l
		}},
		{Name: "messy", Mess: Mess{Touch: .10, Overflow: .02, Strike: .006, Shift: .01}, Line: func(r *rand.Rand) Line { return usual(r, 204, either(r)) }},
	}
}

// Mishaps are what happens to faxes now and then: to the sheet, on foreign machines. The last
// lies beyond the scales that the reader promises to read.
func Mishaps() []Condition {
	return []Condition{
		{Name: "small_hands", Hand: small, Line: func(r *rand.Rand) Line { return usual(r, 204, either(r)) }},
		{Name: "superfine", Line: func(r *rand.Rand) Line { return usual(r, 204, 391) }},
		{Name: "third_copy", Line: func(r *rand.Rand) Line {
			l := usual(r, 204, either(r))
			l.Generation = 3
			return l
		}},
		{Name: "b4_scanner", Line: func(r *rand.Rand) Line { // the sheet in the middle of a wider page
			l := usual(r, 204, either(r))
			l.WidthPx = 2048
			return l
		}},
		{Name: "black_border", Line: func(r *rand.Rand) Line {
			l := usual(r, 204, either(r))
			l.BlackBorder = true
			return l
		}},
		{Name: "punched", Sheet: punch, Line: func(r *rand.Rand) Line { return usual(r, 204, either(r)) }},
		{Name: "stamped", Sheet: stamp, Line: func(r *rand.Rand) Line { return usual(r, 204, either(r)) }},
		{Name: "coffee", Sheet: coffee, Line: func(r *rand.Rand) Line { return usual(r, 204, either(r)) }},
		{Name: "marks_lost", Sheet: loseMarks, Line: func(r *rand.Rand) Line { return usual(r, 204, either(r)) }},
		{Name: "b4_reduced", Line: func(r *rand.Rand) Line { // the same, reduced to A4's width on the way
			l := usual(r, 204, either(r))
			l.Scale *= 210. / 257
			return l
		}},
	}
}

// small is a hand that leaves much of its boxes empty: digits from 2.2 mm, off their boxes'
// middles, leaning more than most.
func small(w *Writer, r *rand.Rand) {
	w.HeightMM = clamp(3.3*math.Exp(.25*r.NormFloat64()), 2.2, 5)
	w.OffX, w.OffY = .5*r.NormFloat64(), .7*r.NormFloat64()
	w.Wobble = .05 + .06*r.Float64()
	w.Slant += .12 * r.NormFloat64()
}
