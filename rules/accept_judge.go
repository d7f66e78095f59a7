package rules

import (
	"fmt"
	"slices"
	"time"

	"todoke/order"
)

// addOn judges the order's fee among the department's others (FEE-1, FEE-2).
func (a *acceptor) addOn() FeeDecision {
	x := FeeOrderOf(a.o, a.region, false)
	x.ID = 0
	for _, d := range Fees(append(slices.Clone(a.f.Siblings), x), a.f.Settings, a.now) {
		if d.ID == 0 {
			return d
		}
	}
	return FeeDecision{FeeYen: Fee(a.o.GoodsYen, a.f.Settings), Rule: "FEE-1"}
}

// budgets refuses what is over a budget that blocks (BUD-1).
func (a *acceptor) budgets() {
	_, over := TakeBudget(a.o, a.f.Budgets, a.now)
	for _, b := range over {
		if b.Over == OverBlock {
			a.errs = append(a.errs, budgetError(b))
		}
	}
}

// approval holds an order that the customer's approver has to let go (APR-1).
func (a *acceptor) approval() {
	flow, reasons := a.f.approval(a.o, a.now)
	if len(reasons) == 0 {
		return
	}
	held, _, events, _ := AskApproval(a.o, flow, reasons, a.now) // a new order can always be held
	a.o, a.events = held, append(a.events, events...)
}

// approval is the flow by which an order is approved, and why it has to be.
func (f Facts) approval(o order.Order, now time.Time) (ApprovalFlow, []ApprovalReason) {
	flow := ApprovalFlow{Levels: [][]string{f.Admins}, Admins: f.Admins}
	if f.Approval != nil {
		flow = *f.Approval
	}
	_, over := TakeBudget(o, f.Budgets, now)
	return flow, ApprovalReasons(o, flow, over)
}

// ApprovalOf is the approval that an order which Accept held by APR-1 waits for, to be saved with
// it; needed is false of any other order.
func ApprovalOf(o order.Order, f Facts, now time.Time) (_ Approval, needed bool) {
	if !HeldBy(o, "APR-1") {
		return Approval{}, false
	}
	flow, reasons := f.approval(o, now)
	_, a, _, err := AskApproval(o, flow, reasons, now)
	return a, err == nil
}

// phoneHold holds an order that is made to order as a whole; beside other lines, the
// phone-mark shipment waits alone, without a date (CUT-6).
func (a *acceptor) phoneHold() {
	var lines []int
	for _, l := range a.o.Lines {
		if l.Class == order.ClassPhone {
			lines = append(lines, l.No)
		}
	}
	if len(lines) == 0 {
		return
	}
	inputs := map[string]any{"lines": lines, "dealer": a.f.Department.DealerCode}
	if len(lines) < len(a.o.Lines) {
		a.event(order.EventNoted, "CUT-6", "Phone-mark lines wait for a date entered by the desk; the others go ahead.", inputs)
		return
	}
	a.o.State = order.StateHeld
	a.o.HoldReason = "CUT-6: made to order, waits for a date entered by the desk"
	a.event(order.EventHeld, "CUT-6", "Every line is phone mark: the order waits for a date entered by the desk.", inputs)
}

// card holds an order that its card's authorisation does not reach for (PAY-1): nothing leaves
// before it is paid, and a person has it authorised or paid otherwise.
func (a *acceptor) card() {
	if a.o.Payment != order.PaymentCard {
		return
	}
	total := TotalYen(a.o)
	var text string
	inputs := map[string]any{"total_yen": total, "authorised_yen": a.o.AuthorisedYen, "authorised_until": a.o.AuthorisedTill, "quiet": true}
	switch {
	case a.o.Authorisation == "":
		text = "the order carries no card authorisation: have the customer pay otherwise"
	case a.o.AuthorisedYen > 0 && total > a.o.AuthorisedYen:
		text = fmt.Sprintf("the card is authorised for %s yen and the order comes to %s yen incl. tax: have it authorised for that", a.o.AuthorisedYen.Grouped(), total.Grouped())
	case endsBefore(a.o):
		text = fmt.Sprintf("the card's authorisation ends %s, before everything has left: have it authorised anew", stamp(a.o.AuthorisedTill))
	default:
		return
	}
	held, err := AddHold(a.o, "PAY-1", text)
	if err != nil {
		return // a new order can always be held
	}
	a.o = held
	a.event(order.EventHeld, "PAY-1", "Held: "+text+".", inputs)
}

// endsBefore tells whether the card's authorisation ends before the last planned shipment leaves.
func endsBefore(o order.Order) bool {
	return !o.AuthorisedTill.IsZero() && slices.ContainsFunc(o.Shipments, func(sh order.Shipment) bool {
		return sh.State == order.ShipmentPlanned && !sh.ShipOn.IsZero() && o.AuthorisedTill.Before(sh.ShipOn.Start())
	})
}
