// Package smtptest is an SMTP server that keeps what it gets: for tests, for the demo and
// beside the program where no real mail server should be reached.
//
// In: mails by SMTP (RFC 5321), with STARTTLS, implicit TLS and AUTH where told so. Out: the
// mails, in memory and as .eml files, and whatever failure a test asks for at whatever step.
// It never passes a mail on.
package smtptest
