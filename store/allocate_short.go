package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// short settles what of an order stock does not cover (STK-2). done tells that nothing else is to
// be decided about it.
func (a *allocator) short(o *allocOrder, got []rules.Allocation) (done bool) {
	var missing []rules.Shortage
	for _, l := range o.Lines {
		if l.Class != order.ClassPhone && l.ReservedQty < l.KeptQty() {
			missing = append(missing, rules.Shortage{LineNo: l.No, Missing: l.KeptQty() - l.ReservedQty, RestockOn: a.restock[l.ItemCode], Told: slices.Contains(o.told, l.No)})
		}
	}
	if len(missing) == 0 {
		return false
	}
	var decisions []rules.ShortDecision
	waits := false // for what the customer knows
	if a.backorders {
		if o.State = order.StateShort; len(got) == 0 {
			return true // another order was faster: nothing new to tell
		}
		for _, m := range missing { // they were told to wait
			decisions = append(decisions, rules.ShortDecision{LineNo: m.LineNo, Backorder: m.Missing, RestockOn: m.RestockOn})
		}
	} else {
		for _, d := range rules.SettleShort(o.Order, missing, a.now) {
			if o.knows(d, got) {
				waits = true
				continue
			}
			decisions = append(decisions, d)
		}
	}
	before := o.withShipments()
	next, sum, events := rules.ApplyShort(before, decisions, a.shared.settings, a.now)
	for _, e := range events {
		a.events = append(a.events, orderEvent{o.ID, e})
	}
	if waits {
		next.State = order.StateShort
	}
	if o.whole = sum.Whole; o.whole {
		o.State = order.StateAccepted // until it is cancelled, in the same transaction
		return true
	}
	for i, l := range next.Lines {
		if l.CancelledQty != o.Lines[i].CancelledQty {
			a.cancelled = append(a.cancelled, lineQty{o.ID, l.No, l.CancelledQty})
		}
	}
	for _, d := range decisions {
		if d.Backorder > 0 {
			a.told = append(a.told, lineDay{o.ID, d.LineNo, d.RestockOn})
		}
	}
	a.settle(o, next)
	o.wasYen = before.GoodsYen
	if sum.BackYen != 0 {
		a.priced = append(a.priced, o)
	}
	return next.State == order.StateShort
}

// knows tells that a line waits as its customer was told: an order that was held comes by again.
func (o *allocOrder) knows(d rules.ShortDecision, got []rules.Allocation) bool {
	if d.Backorder == 0 || !slices.Contains(o.told, d.LineNo) || slices.ContainsFunc(got, func(g rules.Allocation) bool { return g.OrderID == o.ID && g.LineNo == d.LineNo }) {
		return false
	}
	return d.RestockOn.IsZero() || slices.ContainsFunc(o.Lines, func(l order.Line) bool { return l.No == d.LineNo && l.RestockOn == d.RestockOn })
}

// cancelEmpty cancels shipments of which nothing is left (rules.CancelEmpty).
func (a *allocator) cancelEmpty(o *allocOrder) {
	var empty []int
	for _, s := range o.shipments {
		if s.State == order.ShipmentPlanned && s.Class != order.ClassPhone && !s.used {
			empty = append(empty, s.No)
		}
	}
	if len(empty) == 0 || o.whole {
		return
	}
	if a.settle(o, rules.CancelEmpty(o.withShipments(), empty)) {
		a.emptied = append(a.emptied, o.ID)
	}
}

func (o *allocOrder) withShipments() order.Order {
	out := o.Order
	out.Shipments = column(o.shipments, func(s *allocShipment) order.Shipment { return s.Shipment })
	return out
}

// settle takes over what a rule made of an order; moved tells that shipments changed their states.
func (a *allocator) settle(o *allocOrder, next order.Order) (moved bool) {
	for i, s := range o.shipments {
		if s.State != next.Shipments[i].State {
			s.State, moved = next.Shipments[i].State, true
			a.move(s)
		}
	}
	next.Shipments = nil
	o.Order = next
	return moved
}

// soldOut cancels the orders of which nothing is left (STK-2). They are locked, and nothing of
// them is reserved. Whatever else hangs on them stays as it is: what stock does re-opens no fee
// (FEE-3), so neither department nor siblings are locked, which others lock before orders.
func (a *allocator) soldOut(ctx context.Context) error {
	var ids []int64
	for _, o := range a.orders {
		if o.whole {
			ids = append(ids, o.ID)
		}
	}
	orders, err := readOrders(ctx, a.tx.tx, ids)
	if err != nil {
		return err
	}
	f := Facts{Facts: rules.Facts{Settings: a.shared.settings, Regions: a.shared.regions.On(order.DateOf(a.now))}}
	for _, o := range orders {
		c := rules.Cancellation{AskedBy: rules.AskedByShop, Reason: "nothing of it is to be had", Rule: "STK-2"}
		o, events, err := a.tx.cancelled(ctx, o, f, c, a.now)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		if err := queueOrder(b, &o); err != nil {
			return err
		}
		queueCancelled(b, &o)
		queueShipments(b, &o)
		if err := a.tx.finish(ctx, b, o.ID, events); err != nil {
			return err
		}
		if err := a.tx.giveControlsBack(ctx, o.ID, a.now); err != nil {
			return err
		}
		if err := a.tx.chargeCards(ctx, []int64{o.ID}, a.now); err != nil {
			return err
		}
	}
	return nil
}

// date dates a shipment anew that another warehouse sends than was planned, which may need more
// days (STK-1), or whose goods came in after its day (STK-4).
func (a *allocator) date(o *allocOrder, s *allocShipment) []orderEvent {
	if !s.moved && s.likeID == 0 || !s.used {
		return nil
	}
	w := slices.IndexFunc(a.warehouses, func(w order.Warehouse) bool { return w.Code == s.WarehouseCode })
	region, ok := a.shared.regions.On(order.DateOf(a.now)).ByCode(o.RegionCode)
	if w < 0 || !ok {
		return nil // Replan holds it where a wave cannot take it
	}
	next, events, problem := rules.FromWarehouse(s.Shipment, a.warehouses[w], region, a.shared.settings.On(order.DateOf(a.now)), a.shared.calendar, a.now)
	if problem != nil {
		return nil // likewise
	}
	s.Shipment = next
	out := make([]orderEvent, 0, len(events))
	for _, e := range events {
		e.Rule, s.rule = a.rule, a.rule
		out = append(out, orderEvent{o.ID, e})
	}
	return out
}

// queueShort saves what of lines is cancelled and waited for.
func (a *allocator) queueShort(b *pgx.Batch) error {
	if len(a.cancelled) > 0 {
		b.Queue(query("AllocateCancelLines"),
			column(a.cancelled, func(l lineQty) int64 { return l.orderID }),
			column(a.cancelled, func(l lineQty) int { return l.no }),
			column(a.cancelled, func(l lineQty) int { return l.qty }))
	}
	queueTold(b, a.told)
	if len(a.priced) == 0 {
		return nil
	}
	taxes := make([]string, 0, len(a.priced))
	for _, o := range a.priced {
		text, err := json.Marshal(list(o.Taxes))
		if err != nil {
			return fmt.Errorf("encode taxes: %w", err)
		}
		taxes = append(taxes, string(text))
	}
	b.Queue(query("AllocatePriceOrders"),
		column(a.priced, func(o *allocOrder) int64 { return o.ID }),
		column(a.priced, func(o *allocOrder) int64 { return int64(o.GoodsYen) }), taxes)
	return nil
}

// queueTold keeps on which days customers were told that lines' goods come in (STK-4).
func queueTold(b *pgx.Batch, told []lineDay) {
	if len(told) == 0 {
		return
	}
	b.Queue(query("AllocateTellLines"),
		column(told, func(l lineDay) int64 { return l.orderID }),
		column(told, func(l lineDay) int { return l.no }),
		column(told, func(l lineDay) date { return date(l.on) }))
}
