package form

import "todoke/ingest/fax"

// PageOf is a decoded page as the reader takes it. A resolution that the file does not state is
// the decoder's guess, and the reader guesses better. What the decoder left out may change the
// order.
func PageOf(p fax.Page) Page {
	out := Page{Image: p.Image, BadRows: p.BadRows, BadColumns: p.BadColumns}
	if p.LeftOut {
		out.LeftOut = p.Note
	}
	if p.Stated {
		out.XDPI, out.YDPI = p.XDPI, p.YDPI
	}
	return out
}
