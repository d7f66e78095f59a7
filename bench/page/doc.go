// Package page is the laboratory of what pages are (PGE-1): it draws cover sheets, adverts,
// customers' own orders, letters, other forms of ours, torn, black and blank pages, faxes them
// through bench/fax, and counts what the program takes each for, and what it would close without
// a person.
//
// In: a seed. Out: samples with their truth, and a Report. No page of a real customer is in it:
// what is drawn is invented, and its handwriting is type set unevenly and drawn digits.
package page
