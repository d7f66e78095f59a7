// Package day writes what reaches the sample shop in three days of business: faxed order forms
// in every coding a gateway delivers, mails that carry them, and web orders on both sides of
// every cut-off. It is deterministic: the same shop and seed give the same bytes.
//
// In: the sample shop's masters. Out: documents and request bodies with the instant each is
// received. It stores and sends nothing.
package day
