// Package month lets the product run a whole month of a shop by a clock of its own: departments
// that order on three ways around every cut-off, their approvers, the desk, the warehouses and all
// that goes wrong between them, over New Year. It does nothing of the shop's work itself: orders go
// in as they do from outside, the workers are those of `todoke work`, and the schedules' ticks are
// the program's own.
//
// In: a store with nothing in it, the API's address, a way to start the worker and to kill it. Out:
// what does not hold of what must hold (check.sql), after each day and at the end, and a page of figures.
package month
