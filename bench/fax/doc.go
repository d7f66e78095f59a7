// Package fax is the fax laboratory: it fills our own forms by simulated hands, passes them
// through a simulated fax line and knows what was written, so that the reader can be measured
// against the truth.
//
// In: a form's raster, an order to write on it, a writer, the faults of a line, a seed. Out:
// the bilevel page a fax machine would have delivered, and the truth by field name. Everything
// is deterministic by seed. Digits are its own shapes, or pictures of real ones that are given
// to it (Source). It counts what any reader makes of the pages, beside limits and peers. It
// never trains anything: its papers and lines serve training too (train/page), its digit shapes
// and the digits it is given never do.
package fax
