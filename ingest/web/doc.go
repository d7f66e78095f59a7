// Package web reads a web order: the JSON that a shop front sends.
//
// In: the bytes of one order. Out: an order.Request, or everything wrong with it, each error
// with the field as a path ("lines[0].quantity") and the rule id that asks for it. Reading is
// strict: fields that todoke does not know, fields given twice and values of another type are
// errors, so that no shop front believes it said something that was never heard.
//
// It never looks anything up: whether customer, items and dates are possible is for the rules.
package web
