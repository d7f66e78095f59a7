// Package delivery says what carries a document to its recipient: a way. The packages below it
// are the ways: mail, mail-to-fax gateways, HylaFAX, folders.
//
// In: a parcel, bytes and names. Out: the bytes as they leave, and what became of one attempt to
// send them. A way keeps nothing, decides nothing about another attempt, and knows no orders.
package delivery
