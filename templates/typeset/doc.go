// Package typeset measures, cleans and breaks Japanese text for the printed documents.
//
// In: text from masters, customers and forms. Out: text that the embedded font (BIZ UDPGothic)
// can show, its width in millimetres, and lines broken by the Japanese rules (禁則処理). It
// never draws: templates/pdf and the raster canvas of templates/form do, and both measure
// here, so that a form's pixels and its PDF agree.
package typeset
