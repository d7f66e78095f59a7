// Package payment asks a card gateway to capture, void and refund what a card was authorised for
// (PAY-1), and what became of it. It knows no orders and no card numbers: a reference stands for
// the authorisation, and a key makes each request happen once however often it is asked.
//
// In: requests. Out: answers, each of which says whether it happened, did not and never will, did
// not yet, or that nobody knows. HTTP speaks the contract of docs/payments.md; Invoice has nothing
// to do; the package simulate is a gateway to try and test against.
package payment
