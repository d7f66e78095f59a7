// Package dovecot runs a real IMAP server, Debian's dovecot-imapd, for as long as its process
// lives: on loopback, on free ports, in a folder of its own, as root or as an ordinary user.
//
// In: what the server should be like. Out: a server with a password for every user, each with an
// empty mailbox. It can be killed and started again in between. It is no server for mails that
// anybody wants to keep.
package dovecot
