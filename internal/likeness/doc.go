// Package likeness tells how alike two one-bit pages look: the same sheet faxed twice, through
// noise, lost rows, a small shift or slant, in one resolution or the other, is alike; another
// sheet, or the same one with something written on it, is not.
//
// In: bilevel images and their resolution. Out: a Print of some kilobytes for each, and of two
// prints a Likeness. It never reads what stands on a page, and decides nothing.
package likeness
