package payment

import (
	"context"
	"slices"
	"time"

	"todoke/order"
)

// Booked is one operation as our own books have it.
type Booked struct {
	Request
	Done bool
	Open bool // what became of it is still being asked
	At   time.Time
}

// Difference kinds.
const (
	MissingThere = "missing_there" // done in our books, and the gateway does not have it
	MissingHere  = "missing_here"  // done at the gateway, and not in our books
	OtherAmount  = "other_amount"  // done in both, of another amount, kind or authorisation
	DoneTwice    = "done_twice"    // done at the gateway once more than it was asked for
	NotAnswered  = "not_answered"  // done in our books, not listed, and the gateway does not say: no difference yet
)

// silences are how many questions in a row the gateway may leave unanswered before the rest counts as
// not answered without asking.
const silences = 3

// Difference is one thing in which the gateway's books and ours differ.
type Difference struct {
	Kind  string    `json:"kind"`
	Key   string    `json:"key"`
	What  Kind      `json:"what"`
	Ref   string    `json:"authorisation"`
	Here  order.Yen `json:"yen_here"`
	There order.Yen `json:"yen_there"`
	ID    string    `json:"gateway_id,omitempty"`
	At    time.Time `json:"at"`
}

// Reconcile compares what a gateway lists of a day with our books. ours are the operations of the
// listed keys and those that were done on the day. What is done here and not listed is asked for by
// its key: it may have happened on the other side of midnight. What the gateway does not answer is
// NotAnswered, and everything else is compared all the same.
func Reconcile(ctx context.Context, g Gateway, listed []Entry, ours []Booked) []Difference {
	var out []Difference
	add := func(kind string, e Entry, here order.Yen) {
		out = append(out, Difference{Kind: kind, Key: e.Key, What: e.Kind, Ref: e.Reference, Here: here, There: e.Yen, ID: e.ID, At: e.At})
	}
	seen := map[string]bool{}
	for _, e := range listed {
		if !e.Done {
			continue
		}
		i := slices.IndexFunc(ours, func(b Booked) bool { return b.Key == e.Key })
		again := seen[e.Key]
		seen[e.Key] = true
		switch {
		case again:
			add(DoneTwice, e, 0)
		case i >= 0 && ours[i].Open: // it is being asked for
		case i >= 0 && !ours[i].Done:
			add(MissingHere, e, 0)
		case i >= 0:
			b := ours[i]
			if b.Kind != e.Kind || b.Reference != e.Reference || b.Yen != e.Yen && (b.Kind != Void || b.Yen != 0) {
				add(OtherAmount, e, b.Yen)
			}
		case slices.ContainsFunc(ours, func(b Booked) bool {
			return b.Done && b.Kind == e.Kind && b.Reference == e.Reference && b.Yen == e.Yen
		}):
			add(DoneTwice, e, 0)
		default:
			add(MissingHere, e, 0)
		}
	}
	silent := 0
	for _, b := range ours {
		if !b.Done || seen[b.Key] {
			continue
		}
		kind := NotAnswered
		if silent < silences {
			switch a := g.Status(ctx, b.Request); a.Outcome {
			case Done:
				silent = 0
				continue
			case Unknown, Refused:
				kind, silent = MissingThere, 0
			default:
				silent++
			}
		}
		out = append(out, Difference{Kind: kind, Key: b.Key, What: b.Kind, Ref: b.Reference, Here: b.Yen, At: b.At})
	}
	return out
}
