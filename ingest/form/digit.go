package form

import (
	"todoke/ingest/glyph"
	"todoke/internal/bilevel"
)

// builtIn is the model that comes with the program.
type builtIn struct{ model *glyph.Model }

// Digit implements Recogniser.
func (b builtIn) Digit(cell *bilevel.Image, yScale int) (probs [10]float64, reject float64) {
	r := b.model.DigitClean(cell, yScale)
	return r.Probs, r.Reject
}
