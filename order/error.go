package order

import (
	"errors"
	"strings"
)

// Kind says what a caller can do about an error.
type Kind string

// The kinds of error. Anything that carries none is internal: a defect of ours.
const (
	KindInvalid   Kind = "invalid"   // the input must change
	KindNotFound  Kind = "not_found" // what was named does not exist
	KindConflict  Kind = "conflict"  // it clashes with what is there already
	KindTemporary Kind = "temporary" // the same call may go through later
	KindPermanent Kind = "permanent" // trying again never helps; a person must look
	KindInternal  Kind = "internal"
)

// Error is a failure that a user can act on. Message says what to do and shows no internals.
type Error struct {
	Kind    Kind
	Rule    string // rule id of docs/rules.md where a rule decided, such as "CUT-7"
	Field   string // the input's field, such as "lines[2].quantity"
	Message string
	Suggest string // the nearest value that would be accepted where a rule knows one: a date, a quantity, an item code
	Err     error  // the cause, for logs
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Message)
	if e.Rule != "" {
		b.WriteString(" (" + e.Rule + ")")
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind that err carries, KindInternal where it carries none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// Invalid is an error of input that must change; rule and field may be empty.
func Invalid(rule, field, message string) *Error {
	return &Error{Kind: KindInvalid, Rule: rule, Field: field, Message: message}
}

// NotFound is an error of something named that does not exist.
func NotFound(field, message string) *Error {
	return &Error{Kind: KindNotFound, Field: field, Message: message}
}

// Conflict is an error of a clash with what is there already.
func Conflict(rule, message string) *Error {
	return &Error{Kind: KindConflict, Rule: rule, Message: message}
}

// Temporary wraps a cause that may pass.
func Temporary(message string, err error) *Error {
	return &Error{Kind: KindTemporary, Message: message, Err: err}
}

// Permanent wraps a cause that no retry mends.
func Permanent(message string, err error) *Error {
	return &Error{Kind: KindPermanent, Message: message, Err: err}
}
