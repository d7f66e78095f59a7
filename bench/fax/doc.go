// Package fax is the fax laboratory: it fills our own forms by simulated hands, passes them
// through a simulated fax line and knows what was written, so that the reader can be measured
// against the truth.
//
// In: a form's raster, an order to write on it, a writer, the faults of a line, a seed. Out:
// the bilevel page a fax machine would have delivered, and the truth by field name. Everything
// is deterministic by seed. It never trains anything, and its digit shapes are its own: no
// recogniser may learn from them.
package fax
