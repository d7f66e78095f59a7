package form

import (
	"slices"

	printed "todoke/templates/form"
)

// What a box holds is told by its ink before anyone asks for a digit: nothing, something, or what
// may be either.

// state is what a box holds before anyone asks for a digit.
type state int

const (
	empty state = iota
	unsure
	written
)

// Bounds between empty, unsure and written boxes. A thin "1" of 3 mm has 1 mm² of ink.
const (
	emptyInk      = 0.20 // mm²
	writtenInk    = 0.55
	lentInk       = 0.6  // of a neighbour's stroke
	dottedInk     = 0.35 // in small pieces: a stroke that the machine broke up
	emptyExtent   = 0.8  // mm
	writtenExtent = 1.6
)

// look cuts the field's boxes out and tells empty from written ones.
func (f *fieldReader) look(fl *field) {
	for i := range fl.def.Cells {
		c, st, gl := f.lookAt(fl, i)
		fl.cells = append(fl.cells, c)
		fl.states = append(fl.states, st)
		fl.glyphs = append(fl.glyphs, gl)
		fl.damaged = fl.damaged || c.bad
	}
	fl.delimit()
}

// lookAt cuts box i of the field out and tells whether it is written on.
func (f *fieldReader) lookAt(fl *field, i int) (cell, state, glyphs) {
	b := fl.def.Cells[i]
	if fl.def.Kind == printed.FieldImage {
		return f.cells.area(b), empty, glyphs{}
	}
	c := f.cells.read(b, besides(fl.def.Cells, i), f.g.layout.FrameMM)
	c.bad = f.damaged(b)
	st := f.stateOf(&c)
	if fl.def.Kind != printed.FieldDigits || st == empty {
		return c, st, glyphs{}
	}
	gl := f.recognise(&c)
	f.cut(fl.def.Name, i, &c)
	return c, st, gl
}

// stateOf tells by its ink whether a box is written on. Damage counts only where it may have
// taken what stood there.
func (f *fieldReader) stateOf(c *cell) state {
	st := written
	switch {
	case c.ink < emptyInk || c.extent < emptyExtent && c.ink < dottedInk:
		st = empty
	case c.ink < writtenInk || c.extent < writtenExtent:
		st = unsure
	}
	if st == empty && c.lent >= lentInk {
		st = unsure // two digits may touch
	}
	if c.bad && c.ink == 0 {
		if c.bad = f.mayHide(c.box); c.bad {
			st = unsure
		}
	}
	if st == empty && f.g.unseen(c.box) {
		c.bad, st = true, unsure // who knows what was looked at
	}
	return st
}

// delimit finds the written boxes and doubts among the states.
func (fl *field) delimit() {
	fl.from = slices.IndexFunc(fl.states, func(s state) bool { return s != empty })
	fl.to, fl.gap = 0, false
	fl.doubt = slices.Contains(fl.states, unsure)
	if fl.from < 0 {
		fl.from = 0
		return
	}
	for i := fl.from; i < len(fl.states); i++ {
		if fl.states[i] == empty {
			continue
		}
		if fl.to != 0 && i > fl.to {
			fl.gap = true
		}
		fl.to = i + 1
	}
}

// compareFrames holds the frames of boxes that look empty against the page's others: a circle or
// a 0 drawn along the frame goes with the frame, but leaves its box with more ink than a frame has.
func (f *fieldReader) compareFrames() {
	const (
		over     = 0.9 // mm² of ink beyond the frame's own
		markOver = 0.6
		times    = 5 // the spread of frames without writing
	)
	for _, fl := range f.fields {
		if fl.def.Kind == printed.FieldImage {
			continue
		}
		changed := false
		for i, c := range fl.cells {
			bound := over
			if fl.def.Kind == printed.FieldMark {
				bound = markOver
			}
			if fl.states[i] != empty || c.over < bound || c.sides < times*f.cells.frames.sigma {
				continue
			}
			fl.states[i] = unsure
			for d := range fl.glyphs[i].p {
				fl.glyphs[i].p[d] = 0.1
			}
			fl.glyphs[i].reject = 0.5
			changed = true
		}
		if changed {
			fl.delimit()
		}
	}
}

// damaged tells whether damaged rows of the page run through the box.
func (f *fieldReader) damaged(b printed.Box) bool {
	if f.g.torn(b) {
		return true
	}
	if len(f.bad.rows) == 0 && len(f.bad.columns) == 0 {
		return false
	}
	x0, y0, x1, y1 := f.g.bounds(b, 0.3)
	within := func(s []int, from, to int) bool {
		i, _ := slices.BinarySearch(s, from)
		return i < len(s) && s[i] < to
	}
	return within(f.bad.rows, y0, y1) || within(f.bad.columns, x0, x1)
}

// mayHide tells whether the damage over a box is large enough to have taken a whole digit: of a
// digit that was there more than specks would be left beside a smaller one.
func (f *fieldReader) mayHide(b printed.Box) bool {
	const (
		tall, wide = 1.4, 0.6 // mm, less than the smallest digit
		seen       = 0.6      // part of the row's frames
	)
	if part, ok := f.g.frames.rows[b.Y]; ok && len(f.g.tears) > 0 && part < seen {
		return true
	}
	if f.g.torn(b) && f.g.lostMM() >= tall {
		return true
	}
	x0, y0, x1, y1 := f.g.bounds(b, 0)
	number := func(s []int, from, to int) float64 {
		i, _ := slices.BinarySearch(s, from)
		j, _ := slices.BinarySearch(s, to)
		return float64(j - i)
	}
	return number(f.bad.rows, y0, y1)/f.g.ky >= tall || number(f.bad.columns, x0, x1)/f.g.kx >= wide
}
