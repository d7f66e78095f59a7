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
//	   └──────────┴────► uncertain  no answer: asked again under the same key
type ChargeState string

// The states of a charge.
const (
	ChargePlanned   ChargeState = "planned"
	ChargeSent      ChargeState = "sent" // claimed: the gateway is being asked
	ChargeDone      ChargeState = "done"
	ChargeFailed    ChargeState = "failed"
	ChargeUncertain ChargeState = "uncertain"
)

// Charge is one thing asked of the card gateway about an order. Key makes it happen once, however
// often it is asked.
type Charge struct {
	Key        string      `json:"key"`
	Kind       ChargeKind  `json:"kind"`
	OrderID    int64       `json:"-"`
	ShipmentNo int         `json:"shipment,omitempty"` // of a capture
	Reference  string      `json:"-"`                  // the authorisation's
	Yen        order.Yen   `json:"yen"`                // incl. tax; 0 of a void
	Taxes      []order.Tax `json:"taxes,omitempty"`    // that make up Yen, of a capture
	State      ChargeState `json:"state"`
	Tries      int         `json:"tries,omitempty"`
	Doubtful   bool        `json:"doubtful,omitempty"` // some try ended without an answer: it may have happened
	NotBefore  time.Time   `json:"not_before,omitzero"`
}

// ShippedQty is a quantity of a line that left with a shipment, in order units.
type ShippedQty struct {
	LineNo int
	Qty    int
}

// PlanCapture is what is captured for a shipment that left (PAY-1, INV-4): the total of its own
// invoice, that is goods and tax once per rate (TAX-2), and the fee with the first shipment that
// is captured. needed is false for orders that no card pays, for a shipment that has its capture,
// and where it comes to nothing. A total beyond what is left of the authorisation is an error that
// a person settles; nothing is ever captured beyond it.
func PlanCapture(o order.Order, shipmentNo int, goods []ShippedQty, past []Charge, s Settings) (c Charge, needed bool, _ *order.Error) {
	if o.Payment != order.PaymentCard {
		return Charge{}, false, nil
	}
	first, key := true, fmt.Sprintf("capture-%s-%d", o.Number, shipmentNo)
	var captured order.Yen
	for _, p := range past {
		switch {
		case p.Kind != ChargeCapture:
			continue
		case p.ShipmentNo == shipmentNo && p.State != ChargeFailed:
			return Charge{}, false, nil
		case p.ShipmentNo == shipmentNo:
			key += "-again" // what was refused under the key stays refused
			continue
		case p.State == ChargeFailed:
			continue
		}
		first, captured = false, captured+p.Yen
	}
	s = s.On(order.DateOf(o.ReceivedAt))
	net := map[order.Percent]order.Yen{}
	for _, g := range goods {
		i := slices.IndexFunc(o.Lines, func(l order.Line) bool { return l.No == g.LineNo })
		if i < 0 || g.Qty < 0 || g.Qty > o.Lines[i].Qty {
			return Charge{}, false, order.Invalid("PAY-1", fmt.Sprintf("lines[%d]", g.LineNo), "more left than was ordered: look at the shipment's result")
		}
		net[o.Lines[i].TaxRate] += o.Lines[i].UnitPrice * order.Yen(g.Qty)
	}
	if first && o.FeeYen > 0 {
		net[s.FeeTaxRate] += o.FeeYen
	}
	c = Charge{
		Key: key, Kind: ChargeCapture, OrderID: o.ID, ShipmentNo: shipmentNo,
		Reference: o.Authorisation, Taxes: taxesOf(net, s), State: ChargePlanned,
	}
	for _, t := range c.Taxes {
		c.Yen += t.NetYen + t.TaxYen
	}
	switch {
	case c.Yen <= 0:
		return Charge{}, false, nil
	case o.Authorisation == "":
		return Charge{}, false, order.Conflict("PAY-1", "the order carries no card authorisation: have the customer pay otherwise")
	case o.AuthorisedYen > 0 && captured+c.Yen > o.AuthorisedYen:
		return Charge{}, false, order.Conflict("PAY-1", fmt.Sprintf("the shipment comes to %s yen, of the card's authorisation %s yen are left: have the customer authorise the rest", c.Yen.Grouped(), (o.AuthorisedYen-captured).Grouped()))
	}
	return c, true, nil
}

// PlanVoid is the void of an order's authorisation when it is cancelled (CAN-1). ok is false where
// there is none, or where something of it was captured already: that is refunded, not voided.
func PlanVoid(o order.Order, past []Charge) (Charge, bool) {
	if o.Payment != order.PaymentCard || o.Authorisation == "" {
		return Charge{}, false
	}
	for _, p := range past {
		if p.Kind == ChargeVoid || p.Kind == ChargeCapture && p.State != ChargeFailed {
			return Charge{}, false
		}
	}
	return Charge{Key: fmt.Sprintf("void-%s", o.Number), Kind: ChargeVoid, OrderID: o.ID, Reference: o.Authorisation, State: ChargePlanned}, true
}

// PlanRefund is a refund of an amount incl. tax for a return (RET-5), named by the return. It
// never gives back more than was captured and not yet refunded.
func PlanRefund(o order.Order, name string, amount order.Yen, past []Charge) (Charge, *order.Error) {
	var left order.Yen
	for _, p := range past {
		switch {
		case p.Kind == ChargeCapture && p.State == ChargeDone:
			left += p.Yen
		case p.Kind == ChargeRefund && p.State != ChargeFailed:
			left -= p.Yen
		}
	}
	if amount <= 0 || amount > left {
		return Charge{}, order.Invalid("PAY-1", "yen", fmt.Sprintf("%s yen cannot be refunded: %s yen were captured and not refunded", amount.Grouped(), left.Grouped()))
	}
	return Charge{Key: fmt.Sprintf("refund-%s-%s", o.Number, name), Kind: ChargeRefund, OrderID: o.ID, Reference: o.Authorisation, Yen: amount, State: ChargePlanned}, nil
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
		Inputs: order.Inputs(map[string]any{"charge": c, "why": why}),
	}
	if held, err := AddHold(o, "PAY-1", "the card could not be charged: "+why); err == nil {
		e.Kind = order.EventHeld
		return held, []order.Event{e}
	}
	return o, []order.Event{e}
}
