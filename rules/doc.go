// Package rules is the shop's rule book (docs/rules.md) as pure functions, a file per chapter
// or two: calendar and holidays, regions, promises, reception times, acceptance, prices and
// tax, stock, waves, and the audits and thresholds of what is read.
//
// In come requests, masters, settings and the instant of deciding; out come orders, dates,
// allocations and the events that explain them (KEP-2), or errors that name rule and field and
// offer what would do. Business numbers come from Settings and the masters alone.
//
// It never does I/O, reads no clock, and counts money and quantities in whole numbers.
package rules
