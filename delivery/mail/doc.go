// Package mail writes mails and hands them to an SMTP server.
//
// In: a parcel. Out: a mail (RFC 5322, MIME) whose bytes depend on the parcel alone, and what the
// server answered to it. It opens one connection for each mail, bounds every wait, and tells an
// attempt whose outcome nobody can know from one that failed.
package mail
