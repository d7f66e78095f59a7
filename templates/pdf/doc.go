// Package pdf writes the PDFs of every document: pages of rectangles, lines, text, bar codes and
// pictures in millimetres from the top left.
//
// In: drawing calls. Out: one PDF with the used glyphs of BIZ UDPGothic embedded, the same
// bytes for the same calls and date. It is the only package that touches fpdf, and of fpdf's
// text only Text: MultiCell, SplitText and Write lose a kanji at each break, so measuring and
// breaking is done by templates/typeset.
package pdf
