// Package decode is the decoder's corpus: files in every way that fax software writes them, right
// and wrong, whole and damaged, with the pixels that were in them; and the comparison of our
// decoder with libtiff's on the same files.
//
// In: a page's pixels, a seed. Out: files with their truth, and counts of where both decoders
// agree, which keeps more rows, and which rows were wrong without a word. It reads no fax itself
// (ingest/fax does), and runs libtiff's tiffcp only where it is installed.
package decode
