// Package rules is the shop's rule book (docs/rules.md) as pure functions: values in, values
// and events out. No I/O, no clock, no floats for money. Every function and every error names
// the rule id that decided.
package rules
