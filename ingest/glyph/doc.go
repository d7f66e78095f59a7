// Package glyph reads what stands in one cell of a fax form: a handwritten digit, a tick, or
// nothing.
//
// In: a crop of a page at its own resolution, ink = 1, its frame possibly still there. Out: a
// calibrated probability for each digit and for "none of them", or absolute ink measures for
// boxes and blanks. It knows no form, no field and no item code, never looks beyond the cell,
// and never decides what to do with a reading. A circle is a zero to it: whether a cell can hold
// a digit at all is the field's knowledge.
//
// The networks are small convolutional ones, trained by the scripts in train/ on no real fax;
// MODEL.md says on what, and how well they do.
package glyph
