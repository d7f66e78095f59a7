package rules

import (
	"fmt"
	"slices"
	"time"

	"todoke/order"
)

// Shortage is a part of a line that no reserved stock covers: found when stock was allocated, or
// at the shelf (WHS-3).
type Shortage struct {
	LineNo    int
	Missing   int        // of what is kept of the line
	Elsewhere int        // available now at any warehouse that the line may be served from
	RestockOn order.Date // the earliest known at those, zero where none is
	Told      bool       // the customer was told before that it comes
}

// ShortDecision is what becomes of a shortage: the parts sum to what was missing.
type ShortDecision struct {
	LineNo    int        `json:"line"`
	Refill    int        `json:"refill,omitempty"`    // allocated anew at once: it is there after all
	Backorder int        `json:"backorder,omitempty"` // waits for RestockOn
	Cancel    int        `json:"cancel,omitempty"`
	RestockOn order.Date `json:"restock_on,omitzero"`
	Why       ShortWhy   `json:"why,omitempty"` // of what is cancelled
}

// ShortWhy is why a remainder is cancelled.
type ShortWhy string

// The reasons.
const (
	ShortNoRestock  ShortWhy = "no_restock" // no restock date is known
	ShortPreference ShortWhy = "preference" // the customer wants no backorder
)

// SettleShort decides what shortages mean for an order (STK-2): what lies elsewhere is reserved
// there, the rest waits where its restock date is known and the customer wants to wait, else it is
// cancelled. What the customer was told to wait for is waited for, though its day passed or nobody
// knows one any more. Made-to-order lines wait for the desk's date whatever stock says (CUT-6). A restock
// date that is past is none.
func SettleShort(o order.Order, shortages []Shortage, now time.Time) []ShortDecision {
	today := order.DateOf(now)
	var out []ShortDecision
	for _, x := range shortages {
		i := slices.IndexFunc(o.Lines, func(l order.Line) bool { return l.No == x.LineNo })
		if i < 0 || x.Missing <= 0 {
			continue
		}
		d := ShortDecision{LineNo: x.LineNo, Refill: min(max(0, x.Elsewhere), x.Missing)}
		rest := x.Missing - d.Refill
		known := !x.RestockOn.IsZero() && !x.RestockOn.Before(today)
		switch {
		case rest == 0:
		case o.Lines[i].Class == order.ClassPhone:
			d.Backorder = rest
		case o.Stockout != order.StockoutBackorder:
			d.Cancel, d.Why = rest, ShortPreference
		case !known && x.Told:
			d.Backorder = rest
		case !known:
			d.Cancel, d.Why = rest, ShortNoRestock
		default:
			d.Backorder, d.RestockOn = rest, x.RestockOn
		}
		out = append(out, d)
	}
	return out
}

// Restock is the earliest day from today on which an item comes to any of the warehouses, zero
// where none is known.
func Restock(levels []order.StockLevel, item string, today order.Date) order.Date {
	var first order.Date
	for _, l := range levels {
		if l.ItemCode == item && !l.RestockOn.IsZero() && !l.RestockOn.Before(today) && (first.IsZero() || l.RestockOn.Before(first)) {
			first = l.RestockOn
		}
	}
	return first
}

// RestockArrival is when goods that come in on a day can arrive at the earliest (STK-3): as if
// they were accepted on that day or the next business day.
func RestockArrival(restock order.Date, r order.Region, class order.Class, s Settings, c *Calendar) order.Date {
	if restock.IsZero() || class == order.ClassPhone {
		return order.Date{}
	}
	c = c.For(r.Code, class)
	on := OnOrAfter(restock, c.Business)
	if !on.IsZero() {
		on = c.reach(on, s.LeadDays(class, r))
	}
	return OnOrAfter(on, c.Delivery)
}

// ShortSettled is what applying decisions to an order came to.
type ShortSettled struct {
	Whole   bool      // nothing is left of the order: Cancel it by rule STK-2
	BackYen order.Yen // ex tax, below 0: what budgets get back (AdjustBudget)
}

// ApplyShort writes decisions into an order (STK-2): cancelled remainders leave the goods total
// and its taxes, never the fee (FEE-3). Orders that wait for nothing any more go on. The customer
// is told at once: an event of kind short for each line. Shipments of which nothing is left are
// cancelled. Where nothing is left of the order at all, it is returned as it was, with Whole set
// and its lines' events.
func ApplyShort(o order.Order, ds []ShortDecision, s Settings, now time.Time) (order.Order, ShortSettled, []order.Event) {
	was := o
	s = s.On(order.DateOf(o.ReceivedAt))
	o.Lines = slices.Clone(o.Lines)
	var out ShortSettled
	var waits bool
	var events []order.Event
	for _, d := range ds {
		i := slices.IndexFunc(o.Lines, func(l order.Line) bool { return l.No == d.LineNo })
		if i < 0 || d.Refill+d.Backorder+d.Cancel == 0 {
			continue
		}
		l := &o.Lines[i]
		d.Cancel = min(d.Cancel, l.KeptQty())
		l.CancelledQty += d.Cancel
		out.BackYen -= l.UnitPrice * order.Yen(d.Cancel)
		waits = waits || d.Refill+d.Backorder > 0
		events = append(events, shortEvent(o, *l, d, now))
	}
	if len(events) == 0 {
		return was, out, nil
	}
	if !slices.ContainsFunc(o.Lines, func(l order.Line) bool { return l.KeptQty() > 0 }) {
		out.Whole = true
		return was, out, events
	}
	if out.BackYen != 0 {
		o.GoodsYen += out.BackYen
		events = append(events, order.Event{
			Kind: order.EventPriced, Rule: "FEE-3", At: now,
			Text:   fmt.Sprintf("Goods come to %s yen instead of %s; the shipping fee stays %s.", o.GoodsYen.Grouped(), was.GoodsYen.Grouped(), o.FeeYen.Grouped()),
			Inputs: order.Inputs(map[string]any{"was_goods_yen": was.GoodsYen, "goods_yen": o.GoodsYen, "ordered_yen": o.OrderedYen(), "fee_yen": o.FeeYen}),
		})
	}
	o.Taxes = Taxes(o.Lines, o.FeeYen, s)
	o.Shipments = slices.Clone(o.Shipments)
	for i := range o.Shipments {
		if sh := &o.Shipments[i]; sh.State == order.ShipmentPlanned && !slices.ContainsFunc(o.Lines, func(l order.Line) bool { return l.Class == sh.Class && l.KeptQty() > 0 }) {
			sh.State = order.ShipmentCancelled // nothing is left to travel with it
		}
	}
	if o.State != order.StateHeld {
		o.State = stateAfterShort(o, waits)
	}
	return o, out, events
}

// shortEvent tells what becomes of a line that is short.
func shortEvent(o order.Order, l order.Line, d ShortDecision, now time.Time) order.Event {
	missing := d.Refill + d.Backorder + d.Cancel
	text := fmt.Sprintf("Line %d: item %s is short of %d (ordered %d, reserved %d)", l.No, l.ItemCode, missing, l.Qty, l.ReservedQty)
	if d.Refill > 0 {
		text += fmt.Sprintf("; %d found elsewhere", d.Refill)
	}
	switch {
	case d.Cancel > 0 && d.Why == ShortPreference:
		text += fmt.Sprintf("; %d cancelled: the customer does not wait", d.Cancel)
	case d.Cancel > 0:
		text += fmt.Sprintf("; %d cancelled: no restock date is known", d.Cancel)
	case !d.RestockOn.IsZero():
		text += "; restock on " + d.RestockOn.String()
	}
	return order.Event{Kind: order.EventShort, Rule: "STK-2", At: now, Text: text + ".", Inputs: order.Inputs(shortInput{
		Line: l.No, Item: l.ItemCode, Ordered: l.Qty, Reserved: l.ReservedQty, Missing: missing, Refill: d.Refill, Waits: d.Backorder, Cancelled: d.Cancel,
		RestockOn: d.RestockOn, Why: d.Why, Stockout: o.Stockout,
	})}
}

// shortInput is what the event of a short line carries; answers read it again.
type shortInput struct {
	Line      int                      `json:"line"`
	Item      string                   `json:"item"`
	Ordered   int                      `json:"ordered"`
	Reserved  int                      `json:"reserved"`
	Missing   int                      `json:"missing"`
	Refill    int                      `json:"found_elsewhere,omitempty"`
	Waits     int                      `json:"waits,omitempty"`
	Cancelled int                      `json:"cancelled,omitempty"`
	RestockOn order.Date               `json:"restock_on,omitzero"`
	Why       ShortWhy                 `json:"why,omitempty"`
	Stockout  order.StockoutPreference `json:"stockout,omitempty"`
}

// stateAfterShort is the state of an order after its shortages were settled.
func stateAfterShort(o order.Order, waits bool) order.State {
	if waits {
		return order.StateShort
	}
	state := order.StateShipped
	for _, sh := range o.Shipments {
		switch sh.State {
		case order.ShipmentPlanned:
			return order.StateAllocated
		case order.ShipmentReleased:
			state = order.StateReleased
		case order.ShipmentShipped, order.ShipmentCancelled:
		}
	}
	return state
}

// CancelEmpty cancels planned shipments of which nothing is left though goods of their class were
// kept: of those numbered empty, which carry nothing, all but those whose class waits for stock. What
// is made to order carries its goods from its ship day on only (CUT-6). An order that waits for none
// of it goes on.
func CancelEmpty(o order.Order, empty []int) order.Order {
	o.Shipments = slices.Clone(o.Shipments)
	changed := false
	for i := range o.Shipments {
		sh := &o.Shipments[i]
		waits := func(l order.Line) bool { return l.Class == sh.Class && l.ReservedQty < l.KeptQty() }
		if sh.State == order.ShipmentPlanned && sh.Class != order.ClassPhone && slices.Contains(empty, sh.No) && !slices.ContainsFunc(o.Lines, waits) {
			sh.State, changed = order.ShipmentCancelled, true
		}
	}
	if changed && o.State == order.StateAllocated {
		o.State = stateAfterShort(o, false)
	}
	return o
}

// ShortReason is why a warehouse could not pick what its list says (WHS-3).
type ShortReason string

// The reason codes of short picks.
const (
	PickMissing ShortReason = "missing" // not at its place
	PickDamaged ShortReason = "damaged"
	PickLate    ShortReason = "late" // not picked in time: the goods are there
)

// Valid tells whether a reason is known.
func (r ShortReason) Valid() bool { return r == PickMissing || r == PickDamaged || r == PickLate }

// StockGone tells whether the quantity has to leave the warehouse's count: it is not there, or
// cannot be sold.
func (r ShortReason) StockGone() bool { return r != PickLate }

// Waiting is a line that waits for stock.
type Waiting struct {
	OrderID    int64
	Number     order.Number
	AcceptedAt time.Time
	LineNo     int
	ItemCode   string
	Region     string
	Qty        int
	RestockOn  order.Date // as the customer was told; zero where none was
}

// RestockNotice tells a customer of another restock date.
type RestockNotice struct {
	Waiting
	Now order.Date // zero: not known any more, the desk asks the customer
}

// RestockMoved is whom to tell that an item's restock date changed (STK-2): who waits for it and
// was told an earlier one, or none. What comes earlier needs no telling but the shipment's.
func RestockMoved(ws []Waiting, item string, restock order.Date) []RestockNotice {
	var out []RestockNotice
	for _, w := range ws {
		if w.ItemCode == item && w.RestockOn != restock && (w.RestockOn.IsZero() || restock.IsZero() || restock.After(w.RestockOn)) {
			out = append(out, RestockNotice{w, restock})
		}
	}
	return out
}

// RestockEvent tells that what a line waits for comes in on another day; of kind short where the
// customer is told.
func RestockEvent(w Waiting, restock order.Date, tell bool, now time.Time) order.Event {
	e := order.Event{Kind: order.EventNoted, Rule: "STK-4", At: now, Inputs: order.Inputs(map[string]any{
		"line": w.LineNo, "item": w.ItemCode, "missing": w.Qty, "was_restock_on": w.RestockOn, "restock_on": restock,
	})}
	switch {
	case !tell:
		e.Text = fmt.Sprintf("Line %d: item %s comes in on %s already, not on %s only.", w.LineNo, w.ItemCode, restock, w.RestockOn)
		return e
	case restock.IsZero():
		e.Text = fmt.Sprintf("Line %d: item %s was to come in on %s; no day is known any more. Tell the customer.", w.LineNo, w.ItemCode, w.RestockOn)
	case w.RestockOn.IsZero():
		e.Text = fmt.Sprintf("Line %d: item %s comes in on %s, as is known now. Tell the customer.", w.LineNo, w.ItemCode, restock)
	default:
		e.Text = fmt.Sprintf("Line %d: item %s comes in on %s instead of %s. Tell the customer.", w.LineNo, w.ItemCode, restock, w.RestockOn)
	}
	e.Kind = order.EventShort
	return e
}

// RegionFrom is a region as goods of a warehouse reach it: one that does not serve the region
// needs its own days more (STK-1). Every rule that takes a region takes this one of a shipment.
func RegionFrom(r order.Region, w order.Warehouse) order.Region {
	if !slices.Contains(w.Regions, r.Code) {
		r.LeadDays += w.FallbackLeadDays
	}
	return r
}

// FromWarehouse dates a planned shipment that another warehouse than planned sends (WHS-3): the
// promise stands where its lead days still reach it, else it moves to the earliest that can, and
// the customer is told. r is the region of the ship-to.
func FromWarehouse(sh order.Shipment, w order.Warehouse, r order.Region, s Settings, c *Calendar, now time.Time) (order.Shipment, []order.Event, *order.Error) {
	was := sh
	sh.WarehouseCode = w.Code
	if sh.State != order.ShipmentPlanned || sh.ShipOn.IsZero() {
		return sh, nil, nil
	}
	c = c.For(r.Code, sh.Class)
	lead := s.LeadDays(sh.Class, RegionFrom(r, w))
	reachable := dispatchDay(sh.AcceptanceOn, w.Code, sh.Class, now, s, c)
	if !reachable.IsZero() {
		reachable = c.reach(reachable, lead)
	}
	if sh.ArrivalOn.Before(reachable) {
		sh.ReadyOn, sh.ArrivalOn = reachable, OnOrAfter(reachable, c.Delivery)
	}
	sh.ShipOn = c.leave(sh.ArrivalOn, lead)
	if reachable.IsZero() || sh.ArrivalOn.IsZero() || sh.ShipOn.IsZero() {
		return was, nil, noDay(now)
	}
	if sh.ArrivalOn == was.ArrivalOn {
		return sh, nil, nil
	}
	sh.Rules = withRule(sh.Rules, "STK-1")
	return sh, []order.Event{{
		Kind: order.EventReplanned, Rule: "STK-1", At: now,
		Text: fmt.Sprintf("Shipment %d comes from warehouse %s: it arrives %s instead of %s, ships %s. Tell the customer.", sh.No, w.Code, sh.ArrivalOn, was.ArrivalOn, sh.ShipOn),
		Inputs: order.Inputs(map[string]any{
			"shipment": sh.No, "was_warehouse": was.WarehouseCode, "warehouse": w.Code, "region": r.Code, "lead_days": lead, "decided_at": now,
			"was_arrival_on": was.ArrivalOn, "arrival_on": sh.ArrivalOn, "ship_on": sh.ShipOn,
		}),
	}}, nil
}
