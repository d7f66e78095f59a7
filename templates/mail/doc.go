// Package mail writes the texts of mails to customers and partners: plain text in UTF-8, polite
// Japanese, lines short enough to be quoted.
//
// In: typed values, one type per kind of mail, each in a file of its own beside its text in
// text/. Out: a Message. It sends nothing, knows no addresses and reads no clock.
package mail
