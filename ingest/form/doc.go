// Package form reads a bilevel page against the forms of templates/form: where the form lies
// on the page, which form and whose it is, what stands in each box, and what each field
// therefore most probably says.
//
// In: one decoded page and Knowledge (masters, ship-tos, the day of receipt, thresholds), as
// values. Out: an order.Draft with a probability, the evidence and a decision for every field.
//
// It never resamples a page, never guesses: what it is not sure of is a review; never touches
// files, clocks or databases; and never lets what customers usually do overrule what the image
// says.
package form
