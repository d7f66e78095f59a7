// Package chaos runs the real binary beside a real Dovecot and an SMTP server of its own process
// while all of them, and PostgreSQL, are killed again and again, and holds what is left at the
// end against a ledger that it kept outside.
//
// In: a seed, how many mails, how many kills (make chaos N=2000 KILLS=50 SEED=1). Out: a failed
// test for every mail, page, order or answer that is missing, twice or in no final state, and
// the figures of the run. The tests proper run a small one.
//
// It never looks into the program but by its commands, its log and its database, and it settles
// nothing: what waits for a person stays, and must say why.
package chaos
