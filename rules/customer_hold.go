package rules

import (
	"strings"
	"time"

	"todoke/order"
)

// customerHold is the rule by which all orders of a customer wait.
const customerHold = "CST-1"

// HoldForCustomer holds an order because all orders of its customer wait (CST-1), for a lead's
// reason. The customer is not told: what there is to say is said by people. changed is false of an
// order that cannot be held any more, or is held so already.
func HoldForCustomer(o order.Order, reason, by string, now time.Time) (_ order.Order, _ []order.Event, changed bool) {
	if HeldBy(o, customerHold) || atWarehouse(o) != nil {
		return o, nil, false
	}
	next, err := AddHold(o, customerHold, strings.TrimSpace(reason))
	if err != nil {
		return o, nil, false
	}
	text := "Held: all orders of the customer wait: " + reason + "."
	if by != "" {
		text = "Held by " + by + ": all orders of the customer wait: " + reason + "."
	}
	return next, []order.Event{{
		Kind: order.EventHeld, Rule: customerHold, By: by, At: now, Text: text, Inputs: order.Inputs(map[string]any{"reason": reason, "was": o.State, "quiet": true}),
	}}, true
}

// FreeForCustomer lets an order go that waited because all of its customer's did (CST-1). Other
// causes stay.
func FreeForCustomer(o order.Order, reason, by string, now time.Time) (_ order.Order, _ []order.Event, changed bool) {
	next, freed := FreeHold(o, customerHold)
	if !freed {
		return o, nil, false
	}
	return next, []order.Event{{
		Kind: order.EventHoldFreed, Rule: customerHold, By: by, At: now, Text: "Let go by " + by + ": the customer's orders wait no longer: " + reason + ".",
		Inputs: order.Inputs(map[string]any{"reason": reason, "held": o.HoldReason, "quiet": true}),
	}}, true
}

// customerHold holds a new order of a customer whose orders wait (CST-1).
func (a *acceptor) customerHold() {
	if a.f.CustomerHold == "" {
		return
	}
	var events []order.Event
	a.o, events, _ = HoldForCustomer(a.o, a.f.CustomerHold, "", a.now)
	a.events = append(a.events, events...)
}
