package rules

import (
	"fmt"
	"slices"
	"time"

	"todoke/order"
)

// ChargeKind is what is asked of the card gateway.
type ChargeKind string

// The kinds of charge (PAY-1).
const (
	ChargeCapture ChargeKind = "capture" // at shipment
	ChargeVoid    ChargeKind = "void"    // of what is authorised and not captured
	ChargeRefund  ChargeKind = "refund"  // at return
)

// ChargeState is where a charge stands.
//
//	planned ──► sent ──► done
//	   ▲          ├────► failed     the gateway refused for good
//	   └──────────┴────► uncertain  no answer: its status is asked, and it is asked again under the same key
//
// A planned charge that is not needed any more is withdrawn, as is a failed one that is tried again
// under another key; what a lead lets leave uncharged, or settled without the gateway, is waived.
type ChargeState string

// The states of a charge.
const (
	ChargePlanned   ChargeState = "planned"
	ChargeSent      ChargeState = "sent" // claimed: the gateway is being asked
	ChargeDone      ChargeState = "done"
	ChargeFailed    ChargeState = "failed"
	ChargeUncertain ChargeState = "uncertain"
	ChargeWithdrawn ChargeState = "withdrawn" // never asked, or failed and tried again as another
	ChargeWaived    ChargeState = "waived"    // a lead lets it leave uncharged, or settled it otherwise
)

// Open tells whether it is still to be known what becomes of the charge.
func (s ChargeState) Open() bool {
	return s == ChargePlanned || s == ChargeSent || s == ChargeUncertain
}

// Charge is one thing asked of the card gateway about an order. Key makes it happen once, however
// often it is asked.
type Charge struct {
	Key        string      `json:"key"`
	Kind       ChargeKind  `json:"kind"`
	OrderID    int64       `json:"-"`
	ShipmentNo int         `json:"shipment,omitempty"` // of a capture
	Reference  string      `json:"-"`                  // the authorisation's
	Yen        order.Yen   `json:"yen"`                // incl. tax; 0 of a void is all that is open
	Qty        int         `json:"quantity,omitempty"` // of a capture: of the shipment's goods, how many are paid with it
	Why        string      `json:"why,omitempty"`
	Taxes      []order.Tax `json:"taxes,omitempty"` // that make up Yen, of a capture
	State      ChargeState `json:"state"`
	Tries      int         `json:"tries,omitempty"`
	Doubtful   bool        `json:"doubtful,omitempty"` // some try ended without an answer: it may have happened
	NotBefore  time.Time   `json:"not_before,omitzero"`
}

// PlanRefund is a refund of an amount incl. tax for a return (RET-5), named by the return. It
// never gives back more than was captured and not yet refunded.
func PlanRefund(o order.Order, name string, amount order.Yen, past []Charge) (Charge, *order.Error) {
	var left order.Yen
	for _, p := range past {
		switch {
		case p.Kind == ChargeCapture && p.State == ChargeDone:
			left += p.Yen
		case p.Kind == ChargeRefund && p.State != ChargeFailed && p.State != ChargeWithdrawn:
			left -= p.Yen
		}
	}
	if amount <= 0 || amount > left {
		return Charge{}, order.Invalid("PAY-1", "yen", fmt.Sprintf("%s yen cannot be refunded: %s yen were captured and not refunded", amount.Grouped(), left.Grouped()))
	}
	key := fmt.Sprintf("return-%s-%s", o.Number, name)
	if slices.ContainsFunc(past, func(p Charge) bool { return p.Key == key }) {
		return Charge{}, order.Conflict("PAY-1", "a refund of that name was made before: give it another name")
	}
	ref, ok := refundable(past, amount)
	if !ok {
		return Charge{}, order.Invalid("PAY-1", "yen", "the card was authorised more than once, and none of the captures reaches for so much: refund it in parts")
	}
	return Charge{Key: key, Kind: ChargeRefund, OrderID: o.ID, Reference: ref, Yen: amount, State: ChargePlanned, Why: name}, nil
}

// ChargeAnswer is how asking the gateway ended.
type ChargeAnswer string

// The answers.
const (
	AnswerDone      ChargeAnswer = "done"
	AnswerRefused   ChargeAnswer = "refused"   // for good: expired, over the limit, unknown
	AnswerTemporary ChargeAnswer = "temporary" // nothing happened: it may work later
	AnswerUncertain ChargeAnswer = "uncertain" // no answer: it may have happened
)

// Charged is a charge after the gateway's answer: when it is tried again, with growing pauses, or
// that it failed. What is uncertain is asked again under the same key until it is certain; only
// what surely did not happen is given up, after Settings.PaymentTries.
func Charged(c Charge, answer ChargeAnswer, s Settings, now time.Time) Charge {
	c.Tries++
	switch answer {
	case AnswerDone:
		c.State, c.NotBefore = ChargeDone, time.Time{}
		return c
	case AnswerRefused:
		c.State, c.NotBefore = ChargeFailed, time.Time{}
		return c
	case AnswerUncertain:
		c.State, c.Doubtful = ChargeUncertain, true
	default:
		c.State = ChargePlanned
		if c.Doubtful {
			c.State = ChargeUncertain
		} else if c.Tries >= s.PaymentTries {
			c.State, c.NotBefore = ChargeFailed, time.Time{}
			return c
		}
	}
	c.NotBefore = now.Add(backOff(c.OrderID, c.Tries, s))
	return c
}

// CaptureFailed holds what has not left of an order whose card could not be charged (PAY-1):
// shipments that are planned wait until a person has it charged or cancels them. An order of which
// everything left cannot be held: the event tells the desk.
func CaptureFailed(o order.Order, c Charge, why string, now time.Time) (order.Order, []order.Event) {
	e := order.Event{
		Kind: order.EventNoted, Rule: "PAY-1", At: now,
		Text:   fmt.Sprintf("The card could not be charged %s yen for shipment %d: %s.", c.Yen.Grouped(), c.ShipmentNo, why),
		Inputs: order.Inputs(map[string]any{"charge": c, "why": why, "quiet": true}),
	}
	if held, err := AddHold(o, "PAY-1", "the card could not be charged: "+why); err == nil {
		e.Kind = order.EventHeld
		return held, []order.Event{e}
	}
	return o, []order.Event{e}
}

// ChargeEvent tells of a charge that was answered; told is false where there is nothing new: of what
// is uncertain the first time alone is told.
func ChargeEvent(c, was Charge, answer string, now time.Time) (e order.Event, told bool) {
	e = order.Event{Kind: order.EventNoted, Rule: "PAY-1", At: now, Inputs: order.Inputs(map[string]any{"charge": c, "answer": answer})}
	yen := c.Yen.Grouped()
	switch {
	case c.State == ChargeDone && c.Kind == ChargeCapture:
		e.Text = fmt.Sprintf("The card was charged %s yen for shipment %d.", yen, c.ShipmentNo)
	case c.State == ChargeDone && c.Kind == ChargeRefund:
		e.Text = yen + " yen were paid back to the card."
	case c.State == ChargeDone && c.Yen == 0:
		e.Text = "What was left of the card's authorisation was given back."
	case c.State == ChargeDone:
		e.Text = yen + " yen of the card's authorisation were given back."
	case c.State == ChargeFailed && c.Kind == ChargeRefund:
		e.Text = fmt.Sprintf("%s yen could not be paid back to the card: %s.", yen, answer)
	case c.State == ChargeFailed:
		e.Text = fmt.Sprintf("The card's authorisation could not be given back: %s.", answer)
	case c.State == ChargeUncertain && !was.Doubtful:
		e.Text = fmt.Sprintf("The card gateway gave no answer: it is asked what became of %s.", c.Key)
	default:
		return e, false
	}
	return e, true
}
