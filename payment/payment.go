package payment

import (
	"context"
	"strings"
	"time"
	"unicode"

	"todoke/order"
)

// Kind is what is asked of a gateway.
type Kind string

// The kinds of request.
const (
	Capture Kind = "capture" // takes Yen of the authorisation
	Void    Kind = "void"    // gives Yen of what is open of it back, everything where Yen is 0
	Refund  Kind = "refund"  // pays Yen of what was captured back
)

// Request is one thing asked of a gateway.
type Request struct {
	Key       string // makes it happen once
	Kind      Kind
	Reference string    // the authorisation's
	Yen       order.Yen // incl. tax
}

// Outcome is what asking came to.
type Outcome string

// The outcomes.
const (
	Done      Outcome = "done"
	Refused   Outcome = "refused"   // it did not happen, and under this key it never will
	Temporary Outcome = "temporary" // it did not happen, and it may work later
	Uncertain Outcome = "uncertain" // nobody knows whether it happened: ask for its status
	Unknown   Outcome = "unknown"   // of a status alone: the gateway never heard of the key
)

// Answer is how a gateway answered.
type Answer struct {
	Outcome Outcome
	ID      string // the gateway's own name of what it did
	Code    string // why it refused, such as "expired"
	Detail  string // for people; never holds a card's number
}

// Entry is one operation in a gateway's list of a day.
type Entry struct {
	Key       string
	ID        string
	Kind      Kind
	Reference string
	Yen       order.Yen
	Done      bool // refused ones are listed, too
	At        time.Time
}

// Gateway carries requests out. Every call may take its time and is made with no transaction open.
type Gateway interface {
	// Name tells gateways apart, in the configuration and in the history of a payment.
	Name() string
	// Do asks for a request. The same key asked again answers as the first time did, and does
	// nothing more.
	Do(ctx context.Context, r Request) Answer
	// Status tells what became of a request.
	Status(ctx context.Context, r Request) Answer
	// Day lists what was done and refused on a day of Japan's calendar.
	Day(ctx context.Context, day order.Date) ([]Entry, error)
}

// Invoice is the gateway of customers who are billed (INV-3): there is nothing to do.
type Invoice struct{}

// Name implements Gateway.
func (Invoice) Name() string { return "invoice" }

// Do implements Gateway.
func (Invoice) Do(context.Context, Request) Answer {
	return Answer{Outcome: Done, Detail: "billed: nothing to do"}
}

// Status implements Gateway.
func (i Invoice) Status(ctx context.Context, r Request) Answer { return i.Do(ctx, r) }

// Day implements Gateway.
func (Invoice) Day(context.Context, order.Date) ([]Entry, error) { return nil, nil }

// maxDetail bounds what is kept of words from outside, in bytes.
const maxDetail = 500

// plain makes words from outside fit to be kept and shown: one line, bounded, no card's number.
func plain(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	s = order.MaskCards(s)
	for len(s) > maxDetail {
		s = strings.ToValidUTF8(s[:maxDetail], "")
	}
	return s
}

// CheckReference tells what stands against a reference of an authorisation, nil where nothing does.
func CheckReference(ref string) *order.Error {
	const longest = 200
	switch {
	case strings.TrimSpace(ref) == "":
		return order.Invalid("PAY-1", "authorisation", "the reference of the card's authorisation is missing")
	case order.LooksLikeCard(ref):
		return order.Invalid("PAY-1", "authorisation", "the reference looks like a card's number, which is never kept here: send the reference that the gateway gave to the authorisation")
	case len(ref) > longest || strings.ContainsFunc(ref, unicode.IsControl):
		return order.Invalid("PAY-1", "authorisation", "the reference is one line of at most 200 bytes")
	}
	return nil
}
