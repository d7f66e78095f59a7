// Package gateway tells what a fax gateway, fax server or copier says in a mail about a
// transmission: who called, when, on which line, how many pages, under which job number.
//
// How each kind of gateway writes is data: a Profile in YAML. Profiles of the usual kinds are
// embedded; a shop adds its own, or replaces one of the embedded by its name, with files in a
// folder (Load). In: a mail.Message. Out: Facts, and for each profile that does not fit the
// reasons (Explain). All of it is claims: a caller number can be forged, and neither it nor the
// station's id may decide whose order a fax is. Our own numbers are never taken for a sender.
// The package opens no attachment and knows no customer.
package gateway
