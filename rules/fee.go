package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"todoke/order"
)

// FeeOrder is what FEE-2 looks at of one order of a department. FeeOrderOf makes it; those of one
// acceptance day are judged together, under the department's lock.
type FeeOrder struct {
	ID            int64 // 0 is the order being accepted, the last of those received at one instant
	Number        order.Number
	ReceivedAt    time.Time  // which order is the earlier one
	JudgedAt      time.Time  // by which the dates were judged: receipt, or the final approval (CUT-9)
	AcceptanceOn  order.Date // of the shipment that arrives first
	ArrivalOn     order.Date // of that shipment; zero where no date is promised
	CutoffAt      time.Time  // on the acceptance day, of the order's own channel
	ShipTo        string
	OrderedYen    order.Yen // goods ex tax as ordered (FEE-3)
	FeeYen        order.Yen
	FeeFirst      order.Number
	FeeUntil      time.Time
	Taxes         []order.Tax
	Payment       order.Payment
	AuthorisedYen order.Yen
	Cancelled     bool // but not for want of stock, which never re-opens a fee (FEE-3)
	Billed        bool // its first shipment left: the fee stands
	Anew          bool // dated anew by its approval: judged as if it had just come (CUT-9); set by the caller
}

// FeeOrderOf is what FEE-2 looks at of an order that ships to region r. outOfStock says that it
// was cancelled because nothing of it was to be had (FEE-3).
func FeeOrderOf(o order.Order, r order.Region, outOfStock bool) FeeOrder {
	x := FeeOrder{
		ID: o.ID, Number: o.Number, ReceivedAt: o.ReceivedAt, JudgedAt: judgedAt(o),
		ShipTo:     o.ShipTo.Code + "|" + o.ShipTo.PostalCode + "|" + o.ShipTo.Prefecture + "|" + o.ShipTo.Address,
		OrderedYen: o.OrderedYen(), FeeYen: o.FeeYen, FeeFirst: o.FeeFirst, FeeUntil: o.FeeUntil, Taxes: o.Taxes,
		Payment: o.Payment, AuthorisedYen: o.AuthorisedYen,
		Cancelled: o.State == order.StateCancelled && !outOfStock,
	}
	class := order.ClassNormal
	for _, sh := range o.Shipments {
		x.Billed = x.Billed || sh.State == order.ShipmentShipped
		if !sh.ArrivalOn.IsZero() && (x.ArrivalOn.IsZero() || sh.ArrivalOn.Before(x.ArrivalOn)) {
			x.ArrivalOn, x.AcceptanceOn, class = sh.ArrivalOn, sh.AcceptanceOn, sh.Class
		}
	}
	if !x.AcceptanceOn.IsZero() {
		x.CutoffAt = x.AcceptanceOn.At(Cutoff(r, o.Channel, class))
	}
	return x
}

// judgedAt is the instant by which an order's dates are judged (CUT-3, CUT-9).
func judgedAt(o order.Order) time.Time {
	if !o.ApprovedAt.IsZero() {
		return o.ApprovedAt
	}
	return o.ReceivedAt
}

// FeeDecision is the fee of one order, and why.
type FeeDecision struct {
	ID      int64
	Number  order.Number
	FeeYen  order.Yen // ex tax
	Rule    string    // FEE-1 or FEE-2
	First   order.Number
	Until   time.Time // provisional up to and with this instant; zero is final
	Changed bool      // it differs from what the order says
	Text    string    // of the event
	inputs  map[string]any
}

// Event explains the decision (KEP-2). charged_yen is what it comes to, where fee_yen may be what
// was looked at.
func (d FeeDecision) Event(now time.Time) order.Event {
	inputs := maps.Clone(d.inputs)
	inputs["charged_yen"] = d.FeeYen
	return order.Event{Kind: order.EventFeeSet, Rule: d.Rule, Text: d.Text, Inputs: order.Inputs(inputs), At: now}
}

// Fees judges the fees of a department's orders anew, after one was accepted, dated anew or
// cancelled (FEE-1, FEE-2). It looks at the orders as a set, sorted by receipt and id: of two
// orders that race one is always the earlier, and a fax that was read late still is the first
// order of a web order that came after it. Cancelled orders get no decision.
//
// A fee is raised only while it is provisional, never once the order left, nor on a card beyond
// its authorisation; it is dropped as long as the order has not left.
func Fees(orders []FeeOrder, s Settings, now time.Time) []FeeDecision {
	sorted := slices.Clone(orders)
	slices.SortFunc(sorted, func(a, b FeeOrder) int {
		return cmp.Or(a.ReceivedAt.Compare(b.ReceivedAt), compareID(a.ID, b.ID))
	})
	out := make([]FeeDecision, 0, len(sorted))
	for i, x := range sorted {
		if !x.Cancelled {
			out = append(out, feeAmong(x, sorted[:i], s, now))
		}
	}
	return out
}

// compareID puts the order that has no id yet last.
func compareID(a, b int64) int {
	if a == 0 || b == 0 {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

// feeAmong judges one order: earlier are those that came before it.
func feeAmong(x FeeOrder, earlier []FeeOrder, s Settings, now time.Time) FeeDecision {
	s = s.On(order.DateOf(x.ReceivedAt))
	keep := FeeDecision{ID: x.ID, Number: x.Number, FeeYen: x.FeeYen, Rule: "FEE-1", First: x.FeeFirst, Until: x.FeeUntil, inputs: map[string]any{"fee_yen": x.FeeYen, "first": x.FeeFirst}}
	if x.FeeFirst != "" {
		keep.Rule = "FEE-2"
	}
	if x.Billed && x.ID != 0 {
		keep.Until = time.Time{}
		keep.Changed = !x.FeeUntil.IsZero()
		keep.Text = "The fee is final: goods of the order have left."
		return keep
	}
	fee := Fee(x.OrderedYen, s)
	if fee == 0 {
		return FeeDecision{
			ID: x.ID, Number: x.Number, Rule: "FEE-1", Changed: x.ID == 0 || x.FeeYen != 0,
			Text:   fmt.Sprintf("No shipping fee: goods of %s yen reach %s yen.", x.OrderedYen.Grouped(), s.FeeFreeFromYen.Grouped()),
			inputs: map[string]any{"goods_yen": x.OrderedYen, "free_from_yen": s.FeeFreeFromYen},
		}
	}
	first, found := firstOf(x, earlier, s)
	inputs := map[string]any{
		"goods_yen": x.OrderedYen, "free_from_yen": s.FeeFreeFromYen, "received_at": x.ReceivedAt, "cutoff_at": x.CutoffAt, "decided_at": now,
	}
	d := FeeDecision{ID: x.ID, Number: x.Number, Rule: "FEE-2", inputs: inputs}
	if found {
		inputs["first"], inputs["first_goods_yen"], inputs["arrival_on"] = first.Number, first.OrderedYen, first.ArrivalOn
		d.First = first.Number
		text := fmt.Sprintf("No shipping fee: an add-on to order %s, which arrives on %s too.", first.Number.Grouped(), first.ArrivalOn)
		if !now.After(x.CutoffAt) {
			d.Until = x.CutoffAt
			text = fmt.Sprintf("No shipping fee: an add-on to order %s, which arrives on %s too; provisional until %s.", first.Number.Grouped(), first.ArrivalOn, stamp(x.CutoffAt))
		}
		d.Text = text
		d.Changed = x.ID == 0 || x.FeeYen != 0 || x.FeeFirst != d.First || !x.FeeUntil.Equal(d.Until)
		return d
	}
	inputs["fee_yen"], inputs["fee_tax_rate"] = fee, s.FeeTaxRate
	wasFirst := x.FeeFirst != "" && x.FeeYen == 0
	switch {
	case x.ID != 0 && !wasFirst: // charged before, and now
		return keep
	case wasFirst && x.Anew && beyondCard(x, fee, s):
		inputs["authorised_yen"], d.Changed = x.AuthorisedYen, true
		d.Text = "No shipping fee: the order is no add-on any more, but the card is not authorised for more."
		return d
	case wasFirst && x.Anew:
		d.FeeYen, d.Changed = fee, true
		d.Text = fmt.Sprintf("Shipping fee of %s yen ex tax: approved on %s, the order is no add-on any more.", fee.Grouped(), stamp(x.JudgedAt))
		return d
	case wasFirst && (x.FeeUntil.IsZero() || now.After(x.FeeUntil)):
		d.First, d.Changed = x.FeeFirst, !x.FeeUntil.IsZero()
		d.Text = fmt.Sprintf("The add-on's fee is final: the cut-off %s has passed.", stamp(x.CutoffAt))
		return d
	case wasFirst && beyondCard(x, fee, s):
		inputs["authorised_yen"] = x.AuthorisedYen
		d.First, d.Changed = x.FeeFirst, true
		d.Text = fmt.Sprintf("No shipping fee: the first order %s was cancelled, but the card is not authorised for more.", x.FeeFirst.Grouped())
		return d
	}
	d.FeeYen, d.Changed = fee, true
	if wasFirst {
		inputs["first"] = x.FeeFirst
		d.Text = fmt.Sprintf("Shipping fee of %s yen ex tax after all: order %s, to which this one was an add-on, was cancelled.", fee.Grouped(), x.FeeFirst.Grouped())
		return d
	}
	d.Rule = "FEE-1"
	d.Text = fmt.Sprintf("Shipping fee of %s yen ex tax: goods of %s yen stay below %s yen.", fee.Grouped(), x.OrderedYen.Grouped(), s.FeeFreeFromYen.Grouped())
	return d
}

// firstOf is the order to which x is an add-on (FEE-2): the one it is an add-on to already, while
// that stands, else the earliest that is.
func firstOf(x FeeOrder, earlier []FeeOrder, s Settings) (FeeOrder, bool) {
	free := func(y FeeOrder) bool { return !y.Cancelled && Fee(y.OrderedYen, s) == 0 }
	for _, y := range earlier {
		if x.FeeFirst != "" && !x.Anew && y.Number == x.FeeFirst && free(y) {
			return y, true // a date that moved since does not re-open the fee (FEE-3)
		}
	}
	for _, y := range earlier {
		if free(y) && y.ShipTo == x.ShipTo && !x.ArrivalOn.IsZero() && y.ArrivalOn == x.ArrivalOn &&
			y.AcceptanceOn == x.AcceptanceOn && !x.JudgedAt.After(x.CutoffAt) {
			return y, true
		}
	}
	return FeeOrder{}, false
}

// beyondCard tells whether the order with the fee costs more than the card is authorised for.
func beyondCard(x FeeOrder, fee order.Yen, s Settings) bool {
	if x.Payment != order.PaymentCard {
		return false
	}
	var total order.Yen
	for _, t := range withFee(x.Taxes, x.FeeYen, fee, s) {
		total += t.NetYen + t.TaxYen
	}
	return total > x.AuthorisedYen
}

// withFee is an order's taxes with another fee in place of the one before.
func withFee(taxes []order.Tax, was, fee order.Yen, s Settings) []order.Tax {
	net := map[order.Percent]order.Yen{}
	for _, t := range taxes {
		net[t.Rate] += t.NetYen
	}
	net[s.FeeTaxRate] += fee - was
	if net[s.FeeTaxRate] == 0 {
		delete(net, s.FeeTaxRate)
	}
	return taxesOf(net, s)
}

// ApplyFee writes a decision of Fees into its order: fee, taxes, and until when it is provisional.
// It says nothing where the decision changes nothing.
func ApplyFee(o order.Order, d FeeDecision, s Settings, now time.Time) (order.Order, []order.Event) {
	if !d.Changed {
		return o, nil
	}
	s = s.On(order.DateOf(o.ReceivedAt))
	o.Taxes = withFee(o.Taxes, o.FeeYen, d.FeeYen, s)
	o.FeeYen, o.FeeFirst, o.FeeUntil = d.FeeYen, d.First, d.Until
	return o, []order.Event{d.Event(now)}
}

// SettleFee makes a provisional fee final once its cut-off has passed (FEE-2): as it stands, for
// a first order that was cancelled before the cut-off had its add-ons judged then. due is false
// while the cut-off is ahead, or where nothing is provisional.
func SettleFee(o order.Order, now time.Time) (_ order.Order, _ []order.Event, due bool) {
	if o.FeeUntil.IsZero() || !now.After(o.FeeUntil) {
		return o, nil, false
	}
	e := order.Event{
		Kind: order.EventFeeSet, Rule: "FEE-2", At: now,
		Text:   fmt.Sprintf("The add-on's fee is final: the cut-off %s has passed.", stamp(o.FeeUntil)),
		Inputs: order.Inputs(map[string]any{"fee_yen": o.FeeYen, "charged_yen": o.FeeYen, "first": o.FeeFirst, "cutoff_at": o.FeeUntil, "decided_at": now}),
	}
	o.FeeUntil = time.Time{}
	return o, []order.Event{e}, true
}
