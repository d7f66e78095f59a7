// Package overlay draws what the reader saw on a page: the marks it found and missed, every box
// where it looked, what it read there and how sure it was, and beside the page its decision
// and reasons.
//
// In: an upright page, how the form lies on it, the reader's draft. Out: a picture. It reads
// and decides nothing. Colours are Okabe and Ito's, which people who do not tell red from
// green can tell apart; decisions also differ in shape.
package overlay
