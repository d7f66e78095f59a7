// Package dovecottest runs a real IMAP server (package dovecot) for one test: on loopback,
// on free ports, in a folder of its own, as root or as an ordinary user.
//
// In: a test and options. Out: a server with a password for every user, each with an empty
// mailbox, which stops with the test. It can be killed and started again in between. Where
// Dovecot is not installed, the test is skipped, or fails under NEEDS_ALL=1.
package dovecottest
