package rules

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"todoke/order"
)

// Cancellation is who has an order cancelled, and why.
type Cancellation struct {
	AskedBy AskedBy
	By      string // the person at the desk or the shop front's user; "" for todoke itself
	Reason  string
	Rule    string         // that decided where it is no person's wish: APR-1 (refused), FAX-5 (corrected), RDR-3 (misread), STK-2 (nothing to be had)
	About   map[string]any // what else the decision looked at, for the event
}

// CancelFacts is what a cancellation looks at besides the order.
type CancelFacts struct {
	Settings Settings
	Region   order.Region  // of the order
	Siblings []FeeOrder    // the department's other orders of these days (FEE-2)
	Budget   []BudgetEntry // the order's own (BUD-1)
	Charges  []Charge      // the order's own (PAY-1)
}

// Undoing is everything that a cancellation gives back (CAN-1), for the transaction that cancels
// to save: whatever an order may touch has its part here.
type Undoing struct {
	Stock  []StockReturn // reserved and on no pick list
	Budget []BudgetEntry // that take the order's off their periods
	Charge *Charge       // the void of the card's authorisation, nil where none is open
	Fees   []FeeDecision // of other orders, whose fee hung on this one: those that change
	Points bool          // what is pending of the order's points falls away (PNT-1)
	Asked  bool          // an approver was asked: the question is withdrawn (APR-1)
}

// StockReturn is a quantity of a line that is free again.
type StockReturn struct {
	LineNo   int
	ItemCode string
	Qty      int
}

// Cancel cancels an order whole, or says what stands against it: the customer's wish within its
// minutes (CAN-1), the shop's as long as nothing of it is at a warehouse (WHS-1). Its lines stay
// as they were ordered; Undoing lists what is given back.
func Cancel(o order.Order, f CancelFacts, c Cancellation, now time.Time) (order.Order, Undoing, []order.Event, *order.Error) {
	if e := MayAct(o, ActCancel, c.AskedBy, now); e != nil {
		return o, Undoing{}, nil, e
	}
	u := Undoing{Points: true, Asked: HeldBy(o, "APR-1")}
	for _, l := range o.Lines {
		if l.ReservedQty > 0 {
			u.Stock = append(u.Stock, StockReturn{l.No, l.ItemCode, l.ReservedQty})
		}
	}
	u.Budget = GiveBack(f.Budget, now)
	if v, ok := PlanVoid(o, f.Charges); ok {
		u.Charge = &v
	}

	was := o.State
	o.State, o.HoldReason, o.FeeUntil = order.StateCancelled, "", time.Time{}
	o.Shipments = append([]order.Shipment(nil), o.Shipments...)
	for i := range o.Shipments {
		if o.Shipments[i].State == order.ShipmentPlanned {
			o.Shipments[i].State = order.ShipmentCancelled
		}
	}
	for _, d := range Fees(append([]FeeOrder{FeeOrderOf(o, f.Region, c.Rule == "STK-2")}, f.Siblings...), f.Settings, now) {
		if d.Changed && d.ID != o.ID {
			u.Fees = append(u.Fees, d)
		}
	}

	rule := c.Rule
	switch {
	case rule != "":
	case c.AskedBy == AskedByCustomer:
		rule = "CAN-1"
	default:
		rule = "KEP-2"
	}
	by, reason := c.By, strings.TrimSuffix(c.Reason, ".")
	if by == "" {
		by = "todoke"
	}
	inputs := map[string]any{
		"reason": c.Reason, "asked_by": c.AskedBy, "was": was, "cancel_until": o.CancelUntil, "decided_at": now,
		"stock": u.Stock, "budget": u.Budget, "void": u.Charge != nil, "fees": len(u.Fees),
	}
	maps.Copy(inputs, c.About)
	e := order.Event{
		Kind: order.EventCancelled, Rule: rule, By: c.By, At: now,
		Text: fmt.Sprintf("Cancelled by %s: %s.", by, reason), Inputs: order.Inputs(inputs),
	}
	return o, u, []order.Event{e}, nil
}
