// Package order holds the words every other part of todoke speaks: the draft a reader
// believes, the canonical order with its lines, shipments, money and events, the masters
// an order refers to, and the kinds of error.
//
// It is pure values: no I/O, no clock, standard library only. Everything else may import it.
package order
