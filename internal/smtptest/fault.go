package smtptest

import "time"

// Stage is a step of a transaction at which a server may fail.
type Stage string

// The stages, in order.
const (
	AtConnect Stage = "connect" // EHLO; the connection is closed then
	AtAuth    Stage = "auth"
	AtMail    Stage = "mail" // MAIL FROM
	AtRcpt    Stage = "rcpt" // RCPT TO
	AtData    Stage = "data" // the final answer, once the whole message is here
)

// Fault is what goes wrong at a stage. The zero value is nothing.
type Fault struct {
	At Stage
	// Code and Text are the answer, 4xx or 5xx; 0 answers as usual. The mail is not kept.
	Code int
	Text string
	// Delay comes before the answer. It ends early when the server stops.
	Delay time.Duration
	// Drop closes the connection without an answer, and keeps no mail.
	Drop bool
	// Lose keeps the mail and closes the connection without an answer (AtData): the sender
	// cannot know that it arrived.
	Lose bool
	// Hang up after the answer, before QUIT (AtData). The mail is kept.
	HangUp bool
	// Twice answers the message twice (AtData). The mail is kept once.
	Twice bool
}
