package form

import (
	"todoke/internal/bilevel"
	"todoke/templates/typeset"
)

// Canvas is what a form is drawn on, in millimetres from the top left, black on white: a PDF
// page (pdf.Doc) or the pixels of a fax page (RasterCanvas).
type Canvas interface {
	// Fill paints a rectangle.
	Fill(x, y, w, h float64)
	// Frame draws a rectangle's outline, its line centred on the edges.
	Frame(x, y, w, h, line float64)
	// Line draws a line.
	Line(x0, y0, x1, y1, line float64)
	// Text sets one line of text, its baseline at y, and returns its width.
	Text(x, y float64, s string, st typeset.Style) float64
	// Modules paints a matrix of a QR or bar code, stretched to the box.
	Modules(x, y, w, h float64, matrix [][]bool)
	// Image sets a bilevel picture, stretched to the box.
	Image(x, y, w, h float64, m *bilevel.Image)
}
