package form

import (
	"strings"

	printed "todoke/templates/form"
)

// Bounds of what counts as a mark in a tick box.
const (
	emptyMarkInk = 0.25 // mm²
	writtenMark  = 0.7
	blackMark    = 0.62 // part of the box: thick pens fill much of it with a cross
	markFrame    = 0.8  // of a tick box's frame must be seen for its ink to be a mark
	markNarrow   = 1.0  // mm: ticks, circles and crosses go both ways, lines do not
)

// marks reads the tick boxes. Those of one question exclude each other: "stockout.cancel" and
// "stockout.backorder", the reasons of a line.
func (f *fieldReader) marks() {
	set := map[string][]*field{}
	for _, fl := range f.fields {
		if fl.def.Kind == printed.FieldMark && len(fl.cells) > 0 && f.mark(fl) {
			question := fl.def.Name[:max(0, strings.LastIndexByte(fl.def.Name, '.'))]
			set[question] = append(set[question], fl)
		}
	}
	for _, marked := range set {
		if len(marked) < 2 {
			continue
		}
		for _, fl := range marked {
			fl.out.Confidence = 0.5
			fl.review("more than one mark where one is meant")
		}
	}
}

// mark reads one tick box and tells whether it is surely marked.
func (f *fieldReader) mark(fl *field) bool {
	c := &fl.cells[0]
	doubt := func(reason string) {
		fl.out.Confidence = 0.5
		fl.review(reason)
	}
	switch {
	case c.bad:
		doubt("damaged by the fax line")
	case f.blackened(c):
		doubt("blackened: a mark, or a mark taken back")
	case f.runsThrough(c):
		doubt("a stroke from elsewhere runs through the box")
	case f.labelCircled(fl):
		fl.out.Text = "x"
		doubt("the label is circled")
	case fl.states[0] == unsure && c.ink < emptyMarkInk:
		doubt("may or may not be a mark")
	case c.ink < emptyMarkInk || c.extent < emptyExtent:
		fl.out.Confidence = 0.9999
	case c.ink < writtenMark || c.extent < writtenExtent:
		doubt("may or may not be a mark")
	case c.frame < markFrame || c.narrow < markNarrow: // the feed tears frames and sends their lines twice
		doubt("may be a mark, or the box's own frame")
	default:
		fl.settle(reading{text: "x", p: 0.9999}, f.k.Settings.Costs.Mark)
		return true
	}
	return false
}
