package payment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"todoke/order"
)

// State is where an operation stands at the gateway.
type State string

// The states of an operation.
const (
	StateDone    State = "done"
	StateRefused State = "refused"
	StatePending State = "pending" // the gateway does not know yet
)

// Operation is what a gateway says of one request (docs/payments.md).
type Operation struct {
	ID            string    `json:"id,omitempty"`
	Key           string    `json:"key"`
	Kind          Kind      `json:"kind"`
	Authorisation string    `json:"authorisation"`
	AmountYen     int64     `json:"amount_yen"`
	State         State     `json:"state"`
	Code          string    `json:"code,omitempty"`
	Message       string    `json:"message,omitempty"`
	At            time.Time `json:"at"`
}

// Fault is an answer about no operation.
type Fault struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

// Page is one page of a day's list.
type Page struct {
	Operations []Operation `json:"operations"`
	Next       string      `json:"next,omitempty"` // "" is the last page
}

// maxYen bounds an amount; no order comes near.
const maxYen = 1_000_000_000_000

// ParseOperation reads an operation, strictly: what is not exactly one is an error, and nothing is
// then known of it. Fields that the contract does not know are passed over.
func ParseOperation(data []byte) (Operation, error) {
	var op Operation
	if err := decode(data, &op); err != nil {
		return Operation{}, err
	}
	return op, op.check()
}

// ParsePage reads a page of a day's list. One bad operation spoils it.
func ParsePage(data []byte) (Page, error) {
	var p Page
	if err := decode(data, &p); err != nil {
		return Page{}, err
	}
	if p.Operations == nil {
		return Page{}, errors.New("the list has no operations field")
	}
	for i, op := range p.Operations {
		if err := op.check(); err != nil {
			return Page{}, fmt.Errorf("operations[%d]: %w", i, err)
		}
	}
	return p, nil
}

// parseFault reads an answer about no operation; ok is false where it is none.
func parseFault(data []byte) (f Fault, ok bool) {
	return f, decode(data, &f) == nil && f.Code != ""
}

func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("the answer is no JSON of the contract: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the answer")
	}
	return nil
}

func (op Operation) check() error {
	switch op.Kind {
	case Capture, Void, Refund:
	default:
		return fmt.Errorf("kind %q is unknown", plain(string(op.Kind)))
	}
	switch op.State {
	case StateDone, StateRefused, StatePending:
	default:
		return fmt.Errorf("state %q is unknown", plain(string(op.State)))
	}
	switch {
	case op.Key == "":
		return errors.New("the key is missing")
	case op.AmountYen < 0 || op.AmountYen > maxYen:
		return fmt.Errorf("%d yen are no amount", op.AmountYen)
	}
	return nil
}

// answer is what the operation means for the request it has to be about: anything else is as good
// as no answer.
func (op Operation) answer(r Request) Answer {
	a := Answer{ID: plain(op.ID), Code: plain(op.Code), Detail: plain(op.Message)}
	if op.Key != r.Key || op.Kind != r.Kind || op.Authorisation != r.Reference || r.Yen != 0 && op.AmountYen != int64(r.Yen) {
		return Answer{Outcome: Uncertain, Detail: "the gateway answered about something else"}
	}
	switch op.State {
	case StateDone:
		a.Outcome = Done
	case StateRefused:
		a.Outcome = Refused
		if a.Detail == "" {
			a.Detail = "refused"
		}
	default:
		a.Outcome, a.Detail = Uncertain, "the gateway does not know yet"
	}
	return a
}

func (op Operation) entry() Entry {
	return Entry{
		Key: plain(op.Key), ID: plain(op.ID), Kind: op.Kind, Reference: plain(op.Authorisation),
		Yen: order.Yen(op.AmountYen), Done: op.State == StateDone, At: op.At,
	}
}
