package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Parcel is one document for one recipient, with everything that its bytes depend on: the same
// parcel gives the same bytes.
type Parcel struct {
	MessageID string    // of the mail that carries it, without angle brackets
	Date      time.Time // of the mail
	Recipient string    // mail address, or fax number in digits from the leading 0 on
	Hyphens   string    // the fax number as people write it, 03-1234-5678
	Subject   string
	Text      string // of a mail that carries a file, or the whole of one that carries none
	FileName  string // "" where the text is all
	MediaType string
	Data      []byte
	// Thread are the Message-IDs that the mail answers, without angle brackets, oldest first; none
	// where it answers no mail.
	Thread []string
	// Returns is the envelope sender, to which mail servers tell failures; "" is the way's own.
	Returns string
}

// Way carries parcels.
type Way interface {
	// Name tells ways apart, in the history of a delivery and in the configuration.
	Name() string
	// Compose is what leaves: the whole mail, or the file. It calls nothing outside. Its errors
	// say that this way can never carry the parcel.
	Compose(p Parcel) ([]byte, error)
	// Send hands the composed bytes over, and tells where they went: the server's answer, a
	// job's number, a file's path. An error that is no Failure may pass.
	Send(ctx context.Context, p Parcel, data []byte) (receipt string, err error)
}

// Outcome is what an attempt that did not succeed came to.
type Outcome string

// The outcomes.
const (
	Temporary Outcome = "temporary" // nothing arrived, and it may work later
	Permanent Outcome = "permanent" // nothing arrived, and this way never will
	Uncertain Outcome = "uncertain" // it may have arrived or not
)

// Failure is an attempt that did not succeed.
type Failure struct { //nolint:errname // the word of the trade
	Outcome Outcome
	Err     error
	// After is how long the server asks to be left in peace; 0 says nothing.
	After time.Duration
}

// Error implements error.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Fail makes a failure.
func Fail(o Outcome, format string, args ...any) error {
	return &Failure{Outcome: o, Err: fmt.Errorf(format, args...)}
}

// OutcomeOf is the outcome of an error of Send: temporary where it says nothing.
func OutcomeOf(err error) Outcome {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.Outcome
	}
	return Temporary
}

// AfterOf is how long an error of Send asks to wait before the next attempt; 0 where it says nothing.
func AfterOf(err error) time.Duration {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.After
	}
	return 0
}

// Line is text fit for one line of a header or an argument: control characters are spaces.
func Line(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}
