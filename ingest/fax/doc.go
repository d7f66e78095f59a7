// Package fax turns the bytes of a file into bilevel pages, and bilevel pages into bytes.
//
// In: TIFF and BigTIFF in strips or tiles (CCITT Group 3 and 4, run-length, PackBits, LZW,
// deflate, JPEG, uncompressed; black-and-white, grey or colour), bare Group 3 and 4 data, PDF, PNG
// and JPEG. Out: one Page at a time, 1 = ink, in the sender's own pixels (no scan is resampled),
// upright as the file's tags say, with its resolution and the rows that damage destroyed. A PDF
// page that is a scanned sheet keeps its pixels, and what stands on top of it is drawn into them;
// other pages are drawn at 300 dpi. The other way, EncodeTIFF and EncodePDF write what fax servers
// and gateways write.
//
// Bytes come from outside: declared sizes are checked against Limits before anything is
// allocated, and no input makes the package panic, hang or take memory beyond them. It never
// returns a blank page in silence: rows it could not decode are named, and a page of a kind it
// does not decode is an error that says so.
//
// The codings are those of ITU-T T.4 (Group 3) and T.6 (Group 4); the file format is TIFF 6.0
// with RFC 2306 (TIFF-F).
package fax
