package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"todoke/order"
)

// ShippedQty is a quantity of a line that left with a shipment, in order units.
type ShippedQty struct {
	LineNo int
	Qty    int
}

// CardShipment is a shipment of an order as its card sees it.
type CardShipment struct {
	No    int
	State order.ShipmentState
	Goods []ShippedQty // reserved for it, on lists, or left with it
	Due   bool         // it may go onto a pick list now, once it is paid
}

func (c CardShipment) qty() (n int) {
	for _, g := range c.Goods {
		n += g.Qty
	}
	return n
}

// ChargePlan is what is to be asked of the gateway about an order, and what no longer is.
type ChargePlan struct {
	New      []Charge // failed ones are never asked: the authorisation does not reach for them
	Withdraw []string // keys of planned charges
}

// TotalYen is what an order comes to: goods, fee and taxes.
func TotalYen(o order.Order) order.Yen {
	total := o.GoodsYen + o.FeeYen
	for _, t := range o.Taxes {
		total += t.TaxYen
	}
	return total
}

// PlanCharges compares what an order's card was charged with what it owes now, and plans the
// difference (PAY-1). It is asked after everything that may change one or the other, and says
// nothing where they agree:
//
//   - a shipment that may leave is captured before it does: the total of its own invoice, that is goods
//     and tax once per rate (TAX-2, INV-4), and the order's fee with the first shipment captured;
//   - what a shipment turned out to be short of, or what was captured of a cancelled order, is refunded;
//   - what is open of the authorisation is voided when the order is cancelled, paid otherwise or has
//     left as a whole (CAN-1), and what a cancelled remainder set free is voided at once (STK-2).
//
// Nothing is captured beyond the authorisation: such a charge is planned as failed, and the order is to
// be held (CaptureFailed).
// While a charge's outcome is open nothing that depends on it is planned.
func PlanCharges(o order.Order, ships []CardShipment, past []Charge, s Settings) ChargePlan {
	var plan ChargePlan
	s = s.On(order.DateOf(o.ReceivedAt))
	past = slices.Clone(past)
	cancelled := o.State == order.StateCancelled
	if cancelled || o.Payment != order.PaymentCard {
		for i := range past {
			if c := &past[i]; c.Kind == ChargeCapture && c.State == ChargePlanned && !c.Doubtful {
				c.State = ChargeWithdrawn
				plan.Withdraw = append(plan.Withdraw, c.Key)
			}
		}
	}
	b := bookOf(past, ships, o)
	for _, sh := range ships {
		x := b.ships[sh.No]
		if x.open {
			continue
		}
		if !x.stuck && (cancelled || sh.State == order.ShipmentCancelled || sh.State == order.ShipmentShipped) {
			if back := x.net - b.owed(o, sh, s); back > 0 && x.ref != "" {
				plan.New = append(plan.New, b.charge(o, ChargeRefund, sh.No, x.ref, back, "more was captured than left"))
			}
		}
		if x.failed || cancelled || o.Payment != order.PaymentCard || sh.State == order.ShipmentCancelled || sh.State == order.ShipmentPlanned && !sh.Due ||
			sh.qty() <= x.covered && b.owed(o, sh, s) <= x.net {
			continue
		}
		plan.New = append(plan.New, b.capture(o, sh, s))
	}
	if v, ok := b.void(o); ok {
		plan.New = append(plan.New, v)
	}
	return plan
}

// cardBook is what was charged so far.
type cardBook struct {
	ships    map[int]*shipBook
	past     []Charge
	captured order.Yen // done or open, of the order's present authorisation
	voided   order.Yen
	waived   order.Yen // of the order as a whole
	closed   bool      // a void of all that is open was asked for, or failed
	reduced  bool      // a void of a part is open or failed
	pending  bool      // some capture's outcome is open
	feeOn    int       // the shipment that the fee is captured with, 0 for none yet
}

type shipBook struct {
	net     order.Yen // captured and not refunded
	covered int       // goods paid
	open    bool
	failed  bool   // a capture
	stuck   bool   // a refund failed
	ref     string // that its captures are of
}

func bookOf(past []Charge, ships []CardShipment, o order.Order) *cardBook {
	b := &cardBook{ships: map[int]*shipBook{}, past: past}
	at := func(no int) *shipBook {
		if b.ships[no] == nil {
			b.ships[no] = &shipBook{}
		}
		return b.ships[no]
	}
	for _, sh := range ships {
		at(sh.No)
	}
	for _, c := range past {
		x := at(c.ShipmentNo)
		mine := c.Reference == o.Authorisation
		if c.State == ChargeWithdrawn {
			continue
		}
		switch c.Kind {
		case ChargeCapture:
			if c.State == ChargeWaived && c.ShipmentNo == 0 {
				b.waived += c.Yen
				continue
			}
			x.open, x.failed = x.open || c.State.Open(), x.failed || c.State == ChargeFailed
			b.pending = b.pending || c.State.Open()
			if c.State == ChargeFailed {
				continue
			}
			if b.feeOn == 0 && c.Yen > 0 {
				b.feeOn = c.ShipmentNo
			}
			if mine && c.State != ChargeWaived {
				b.captured += c.Yen
			}
			if c.State == ChargeDone || c.State == ChargeWaived {
				x.net, x.covered = x.net+c.Yen, max(x.covered, c.Qty)
			}
			if c.State == ChargeDone && c.Yen > 0 {
				x.ref = c.Reference
			}
		case ChargeRefund:
			if c.ShipmentNo == 0 {
				continue // for a return: the goods had left (PlanRefund)
			}
			x.open, x.stuck = x.open || c.State.Open(), x.stuck || c.State == ChargeFailed
			if c.State == ChargeDone || c.State == ChargeWaived {
				x.net -= c.Yen
			}
		case ChargeVoid:
			if !mine {
				continue
			}
			if c.Yen == 0 {
				b.closed = true
				continue
			}
			b.reduced = b.reduced || c.State != ChargeDone && c.State != ChargeWaived
			if c.State != ChargeFailed {
				b.voided += c.Yen
			}
		}
	}
	return b
}

// owed is what a shipment's own invoice comes to.
func (b *cardBook) owed(o order.Order, sh CardShipment, s Settings) order.Yen {
	var total order.Yen
	for _, t := range b.invoice(o, sh, s) {
		total += t.NetYen + t.TaxYen
	}
	return total
}

func (b *cardBook) invoice(o order.Order, sh CardShipment, s Settings) []order.Tax {
	if o.State == order.StateCancelled {
		return nil
	}
	net := map[order.Percent]order.Yen{}
	for _, g := range sh.Goods {
		if i := slices.IndexFunc(o.Lines, func(l order.Line) bool { return l.No == g.LineNo }); i >= 0 && sh.State != order.ShipmentCancelled {
			net[o.Lines[i].TaxRate] += o.Lines[i].UnitPrice * order.Yen(g.Qty)
		}
	}
	if b.feeOn == sh.No && o.FeeYen > 0 {
		net[s.FeeTaxRate] += o.FeeYen
	}
	return taxesOf(net, s)
}

// capture plans what is missing of a shipment's invoice.
func (b *cardBook) capture(o order.Order, sh CardShipment, s Settings) Charge {
	x := b.ships[sh.No]
	fee, problem := b.feeOn, ""
	for _, g := range sh.Goods {
		if i := slices.IndexFunc(o.Lines, func(l order.Line) bool { return l.No == g.LineNo }); i < 0 || g.Qty < 0 || g.Qty > o.Lines[i].Qty {
			problem = "more left than was ordered: look at the shipment's result"
		}
	}
	if b.feeOn == 0 {
		b.feeOn = sh.No
	}
	taxes := b.invoice(o, sh, s)
	missing := max(0, b.owed(o, sh, s)-x.net)
	switch left := o.AuthorisedYen - b.captured - b.voided; {
	case problem != "" || missing == 0:
	case o.Authorisation == "":
		problem = "the order carries no card authorisation: have the customer pay otherwise"
	case o.AuthorisedYen > 0 && missing > left && missing-left <= b.waived:
		missing, b.waived = max(0, left), b.waived-(missing-left)
	case o.AuthorisedYen > 0 && missing > left:
		problem = fmt.Sprintf("the shipment comes to %s yen, of the card's authorisation %s yen are left: have the customer authorise the rest", missing.Grouped(), left.Grouped())
	}
	c := b.charge(o, ChargeCapture, sh.No, o.Authorisation, missing, "")
	c.Taxes, c.Qty = taxes, sh.qty()
	b.pending = b.pending || missing > 0
	switch {
	case problem != "":
		c.State, c.Why, b.feeOn = ChargeFailed, problem, fee
		return c
	case missing == 0:
		c.State, c.Why = ChargeDone, "nothing is to be paid"
	}
	b.captured, x.open = b.captured+missing, true
	return c
}

// void plans the void of what the order does not need of its authorisation any more.
func (b *cardBook) void(o order.Order) (Charge, bool) {
	if o.Authorisation == "" || b.closed || b.reduced {
		return Charge{}, false
	}
	left := o.AuthorisedYen - b.captured - b.voided
	if o.State == order.StateCancelled || o.State == order.StateShipped || o.Payment != order.PaymentCard {
		if b.pending || o.AuthorisedYen > 0 && left <= 0 || o.AuthorisedYen == 0 && b.captured > 0 {
			return Charge{}, false
		}
		return b.charge(o, ChargeVoid, 0, o.Authorisation, 0, "nothing more is to be captured"), true
	}
	// A provisional fee may yet be charged (FEE-2).
	dropped := slices.ContainsFunc(o.Lines, func(l order.Line) bool { return l.CancelledQty > 0 })
	if spare := o.AuthorisedYen - b.voided - max(TotalYen(o), b.captured); dropped && o.FeeUntil.IsZero() && o.AuthorisedYen > 0 && spare > 0 {
		return b.charge(o, ChargeVoid, 0, o.Authorisation, min(spare, left), "a remainder was cancelled"), true
	}
	return Charge{}, false
}

// charge names a new charge: the number in its key counts those of its kind and shipment.
func (b *cardBook) charge(o order.Order, kind ChargeKind, no int, ref string, yen order.Yen, why string) Charge {
	n := 1
	for _, c := range b.past {
		if c.Kind == kind && c.ShipmentNo == no {
			n++
		}
	}
	c := Charge{
		Key: fmt.Sprintf("%s-%s-%d-%d", kind, o.Number, no, n), Kind: kind, OrderID: o.ID, ShipmentNo: no, Reference: ref, Yen: yen,
		State: ChargePlanned, Why: why,
	}
	b.past = append(b.past, c)
	return c
}

// PlanVoid is the void of an authorisation that the order does not use any more, because the card
// was authorised anew. ok is false where nothing is open of it.
func PlanVoid(o order.Order, past []Charge) (Charge, bool) {
	b := bookOf(past, nil, o)
	if o.Payment != order.PaymentCard || o.Authorisation == "" || b.closed || b.pending || o.AuthorisedYen > 0 && b.captured+b.voided >= o.AuthorisedYen || o.AuthorisedYen == 0 && b.captured > 0 {
		return Charge{}, false
	}
	return b.charge(o, ChargeVoid, 0, o.Authorisation, 0, "nothing more is to be captured"), true
}

// refundable is an authorisation of whose captures an amount can still be given back.
func refundable(past []Charge, amount order.Yen) (string, bool) {
	left := map[string]order.Yen{}
	var refs []string
	for _, p := range past {
		switch {
		case p.Kind == ChargeCapture && p.State == ChargeDone:
			if !slices.Contains(refs, p.Reference) {
				refs = append(refs, p.Reference)
			}
			left[p.Reference] += p.Yen
		case p.Kind == ChargeRefund && p.State != ChargeFailed && p.State != ChargeWithdrawn:
			left[p.Reference] -= p.Yen
		}
	}
	for _, r := range refs {
		if left[r] >= amount {
			return r, true
		}
	}
	return "", false
}

// MayAuthorise tells what stands against another authorisation for an order, nil where nothing does:
// it has to reach for what is not captured yet.
func MayAuthorise(o order.Order, past []Charge, ref string, yen order.Yen) *order.Error {
	const longest = 200
	var captured order.Yen
	for _, c := range past {
		switch {
		case c.Kind == ChargeCapture && c.State.Open():
			return order.Conflict("PAY-1", "the gateway is being asked about the card: wait until that is over")
		case c.Kind == ChargeCapture && (c.State == ChargeDone || c.State == ChargeWaived):
			captured += c.Yen
			if c.Reference == ref && c.State == ChargeDone && c.Yen > 0 && ref != o.Authorisation {
				return order.Conflict("PAY-1", "that authorisation was used for the order before: give the new one")
			}
		}
	}
	need := TotalYen(o) - captured
	if ref == o.Authorisation {
		need = TotalYen(o) // it was raised: what was captured is part of it
	}
	switch {
	case o.State == order.StateCancelled || o.State == order.StateShipped:
		return order.Conflict("PAY-1", "nothing of the order is still to be captured")
	case ref == "" || len(ref) > longest:
		return order.Invalid("PAY-1", "authorisation", "give the reference of the card's authorisation, at most 200 bytes")
	case order.LooksLikeCard(ref):
		return order.Invalid("PAY-1", "authorisation", "the reference looks like a card's number, which must not be sent here: send the reference that the gateway gave to the authorisation")
	case yen < need:
		return order.Invalid("PAY-1", "authorised_yen", fmt.Sprintf("%s yen do not reach: %s yen of the order are to be captured", yen.Grouped(), need.Grouped()))
	}
	return nil
}

// Reissued are failed charges that PlanCharges would not plan again by itself once they are settled,
// under keys of their own: refunds for returns, and voids of authorisations that the order does not
// use any more.
func Reissued(o order.Order, failed, past []Charge) []Charge {
	var out []Charge
	for _, c := range failed {
		byHand := c.Kind == ChargeRefund && c.ShipmentNo == 0
		left := c.Kind == ChargeVoid && c.Reference != o.Authorisation
		if !byHand && !left {
			continue
		}
		base, _, _ := strings.Cut(c.Key, "~")
		n := 2
		for slices.ContainsFunc(past, func(p Charge) bool { return p.Key == fmt.Sprintf("%s~%d", base, n) }) {
			n++
		}
		c.Key, c.OrderID, c.State = fmt.Sprintf("%s~%d", base, n), o.ID, ChargePlanned
		c.Tries, c.Doubtful, c.NotBefore = 0, false, time.Time{}
		out = append(out, c)
	}
	return out
}

// ChargeSum is what became of an order's money.
type ChargeSum struct {
	Captured, Refunded order.Yen
	Voided             order.Yen // of what is known: a void of all that is open counts for the present authorisation
	Waived             order.Yen // captures that a lead let go
	Open               order.Yen // of the present authorisation
	OpenKnown          bool      // somebody said for how much it is
	Refundable         order.Yen // captured, and neither refunded nor about to be
}

// SumCharges adds up what was done about an order's card.
func SumCharges(o order.Order, past []Charge) ChargeSum {
	var s ChargeSum
	var captured, voided order.Yen // of the present authorisation
	closed := false
	for _, c := range past {
		mine := c.Reference == o.Authorisation
		switch {
		case c.Kind == ChargeCapture && c.State == ChargeWaived:
			s.Waived += c.Yen
		case c.Kind == ChargeCapture && c.State == ChargeDone:
			s.Captured += c.Yen
			s.Refundable += c.Yen
			if mine {
				captured += c.Yen
			}
		case c.Kind == ChargeRefund && c.State != ChargeFailed && c.State != ChargeWithdrawn:
			s.Refundable -= c.Yen
			if c.State == ChargeDone {
				s.Refunded += c.Yen
			}
		case c.Kind == ChargeVoid && c.State == ChargeDone:
			s.Voided += c.Yen
			if mine {
				voided, closed = voided+c.Yen, closed || c.Yen == 0
			}
		}
	}
	if s.OpenKnown = o.AuthorisedYen > 0; s.OpenKnown {
		s.Open = max(0, o.AuthorisedYen-captured-voided)
	}
	if closed {
		s.Voided, s.Open, s.OpenKnown = s.Voided+s.Open, 0, true
	}
	return s
}
