package fax

import (
	"math/rand/v2"
	"slices"
)

// Set is what is measured together: pages of one condition, filled in by one habit.
type Set struct {
	Name      string
	Condition Condition
	Habit     Habit
	Limits    *Limits // what must be reached; nil where nothing is asked
}

// Limits are what a set of reference orders must reach. Parts of one.
type Limits struct {
	Identified      float64    // pages registered and identified, at least
	DigitError      [3]float64 // at 0, 1 and 5 % reject, at most
	Codes           float64    // item and customer codes accepted, at least
	CodesWrong      float64    // of the accepted, at most
	Quantities      float64
	QuantitiesWrong float64
	Touchless       float64 // whole orders
	TouchlessWrong  float64 // of all orders
	ECE             float64 // of digits
	Junk            float64 // taken for a digit at 1 % reject, at most
	MarksRight      float64
	MarksUnsure     float64
	MedianMS, P99MS float64 // processor time a page
}

// Suites are the reference orders under the conditions that the reader is judged by: each with
// the total written and without. The hard ones are third-generation copies with streaks, up to
// 3.5° askew and 94 to 104 % large.
func Suites() []Set {
	fine := Limits{
		Identified: .995, DigitError: [3]float64{.003, .001, .0002}, Codes: .995, CodesWrong: .0001,
		Quantities: .99, QuantitiesWrong: .0002, Touchless: .92, TouchlessWrong: .002,
		ECE: .005, Junk: .02, MarksRight: .9995, MarksUnsure: .005, MedianMS: 60, P99MS: 200,
	}
	standard := fine
	standard.Identified, standard.DigitError = .99, [3]float64{.005, .002, .0005}
	standard.Codes, standard.CodesWrong, standard.Junk = .985, .0002, .03
	standard.Quantities, standard.QuantitiesWrong = .98, .0005
	standard.Touchless, standard.TouchlessWrong = .85, .004
	hardFine := Limits{Touchless: .60, TouchlessWrong: .004}
	hardStandard := Limits{Touchless: .45, TouchlessWrong: .006}
	usualLine := func(ydpi float64) func(*rand.Rand) Line {
		return func(r *rand.Rand) Line { return usual(r, 204, ydpi) }
	}
	hardLine := func(ydpi float64) func(*rand.Rand) Line {
		return func(r *rand.Rand) Line {
			l := usual(r, 204, ydpi)
			l.Generation = 3
			l.Streaks = 1 + r.IntN(2)
			l.Skew = 3.5 * (2*r.Float64() - 1)
			l.Scale = .94 + .10*r.Float64()
			return l
		}
	}
	var out []Set
	add := func(name string, line func(*rand.Rand) Line, l Limits) {
		c := Condition{Name: name, Line: line}
		with, without := l, l
		switch name { // quantities without the total; whole orders are only promised with it
		case "fine":
			without.Quantities, without.QuantitiesWrong = .97, .0005
		case "standard":
			without.Quantities, without.QuantitiesWrong = .94, .001
		}
		without.Touchless, without.TouchlessWrong = 0, 0
		out = append(out, Set{Name: name, Condition: c, Habit: Reference(true), Limits: &with})
		out = append(out, Set{Name: name + ", no total", Condition: c, Habit: Reference(false), Limits: &without})
	}
	add("fine", usualLine(196), fine)
	add("standard", usualLine(98), standard)
	add("hard fine", hardLine(196), hardFine)
	add("hard standard", hardLine(98), hardStandard)
	return out
}

// Everyday are all conditions and mishaps under a habit, without limits.
func Everyday(h Habit) []Set {
	var out []Set
	for _, c := range slices.Concat(Conditions(), Mishaps()) {
		out = append(out, Set{Name: c.Name, Condition: c, Habit: h})
	}
	return out
}
