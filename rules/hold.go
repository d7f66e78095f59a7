package rules

import (
	"fmt"
	"slices"
	"strings"

	"todoke/order"
)

// Hold is one cause for which an order is held.
type Hold struct {
	Rule string // APR-1, CST-1, CUT-6, KEP-2 (a person), LCK-1, PAY-1, RDR-3 …
	Text string
}

const holdGlue = "; "

// Holds are the causes for which an order is held, oldest first; none where it is not held.
func Holds(o order.Order) []Hold {
	if o.State != order.StateHeld || o.HoldReason == "" {
		return nil
	}
	var out []Hold
	for part := range strings.SplitSeq(o.HoldReason, holdGlue) {
		rule, text, _ := strings.Cut(part, ": ")
		out = append(out, Hold{rule, text})
	}
	return out
}

// HeldBy tells whether an order is held for a cause of the rule.
func HeldBy(o order.Order, rule string) bool { return o.State == order.StateHeld && holds(o, rule) }

// AddHold holds an order for one more cause. A cause of the same rule is replaced. What is at a
// warehouse as a whole, shipped or cancelled cannot be held: a conflict.
func AddHold(o order.Order, rule, text string) (order.Order, *order.Error) {
	if !o.State.CanBecome(order.StateHeld) {
		return o, order.Conflict("WHS-1", fmt.Sprintf("an order that is %s cannot be held", o.State))
	}
	return withHolds(o, append(others(o, rule), Hold{rule, strings.ReplaceAll(text, holdGlue, ", ")})), nil
}

// FreeHold takes the causes of a rule off an order. When the last is gone the order is accepted
// again, and allocation looks at it; freed is false where no such cause stood.
func FreeHold(o order.Order, rule string) (_ order.Order, freed bool) {
	if !HeldBy(o, rule) {
		return o, false
	}
	return withHolds(o, others(o, rule)), true
}

func others(o order.Order, rule string) []Hold {
	return slices.DeleteFunc(Holds(o), func(h Hold) bool { return h.Rule == rule })
}

func withHolds(o order.Order, hs []Hold) order.Order {
	parts := make([]string, len(hs))
	for i, h := range hs {
		parts[i] = h.Rule + ": " + h.Text
	}
	o.State, o.HoldReason = order.StateHeld, strings.Join(parts, holdGlue)
	if len(hs) == 0 {
		o.State = order.StateAccepted
	}
	return o
}

// MayFree tells what stands against a person's freeing the causes of a rule by hand, nil where
// nothing does: some end with what they wait for alone.
func MayFree(rule string) *order.Error {
	switch rule {
	case "RDR-3":
		return order.Conflict("RDR-3", "a field was read wrongly: settle the audit, which frees the order or has it entered anew")
	case "CUT-6":
		return order.Conflict("CUT-6", "made to order: the order waits for a date")
	case "APR-1":
		return order.Conflict("APR-1", "the order waits for the customer's approver: only an approver approves or refuses it")
	case customerHold:
		return order.Conflict(customerHold, "all orders of the customer wait: a lead lets them go on the customer's page")
	case "PAY-1":
		return order.Conflict("PAY-1", "the card could not be charged: try it again, or cancel what has not left")
	default:
		return nil
	}
}
