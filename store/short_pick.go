package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// settleShortPick settles what a warehouse could not pick of an order as stock that was short from
// the first (WHS-3, STK-2): what lies anywhere is reserved at once, the rest waits for its restock
// date or is cancelled, and the customer is told. A held order stays held: it is allocated anew once
// it is freed. whole tells that nothing is left of the order, so that it was cancelled.
func (tx *Tx) settleShortPick(ctx context.Context, id int64, picks []pickInput, now time.Time) (whole bool, err error) {
	orders, err := readOrders(ctx, tx.tx, []int64{id})
	if err != nil {
		return false, err
	}
	o := orders[0]
	if o.State == order.StateCancelled {
		return false, nil
	}
	isPhone := func(no int) bool {
		return slices.ContainsFunc(o.Lines, func(l order.Line) bool { return l.No == no && l.Class == order.ClassPhone })
	}
	// Allocation passes made-to-order lines by: what they lack waits for the desk also while the order is held.
	if slices.ContainsFunc(picks, func(p pickInput) bool { return isPhone(p.Line) }) {
		if err := tx.exec(ctx, "ShortPickShipment", id); err != nil {
			return false, err
		}
		var made []rules.Shortage
		for _, l := range o.Lines {
			if isPhone(l.No) && slices.ContainsFunc(picks, func(p pickInput) bool { return p.Line == l.No }) {
				made = append(made, rules.Shortage{LineNo: l.No, Missing: l.KeptQty() - l.ReservedQty})
			}
		}
		_, _, told := rules.ApplyShort(o, rules.SettleShort(o, made, now), tx.s.Settings(), now) // it changes nothing
		if err := tx.finish(ctx, &pgx.Batch{}, id, told); err != nil {
			return false, err
		}
	}
	if o.State == order.StateHeld {
		return false, nil
	}
	if err := tx.exec(ctx, "OrderStatesUpdate", []int64{id}, []string{string(order.StateShort)}, []string{""}); err != nil {
		return false, err
	}
	a := allocator{tx: tx, now: now, backorders: true, rule: "WHS-3", available: map[rules.StockKey]int{}, restock: map[string]order.Date{}}
	if err := a.load(ctx, []int64{id}); err != nil {
		return false, err
	}
	if err := a.decide(); err != nil {
		return false, err
	}
	if err := a.save(ctx); err != nil {
		return false, err
	}
	if orders, err = readOrders(ctx, tx.tx, []int64{id}); err != nil {
		return false, err
	}
	o = orders[0]
	var items []string
	for _, l := range o.Lines {
		items = append(items, l.ItemCode)
	}
	levels, err := collect(ctx, tx.tx, "StockLock", func(r pgx.CollectableRow) (order.StockLevel, error) {
		var v order.StockLevel
		var reserved int
		return v, r.Scan(&v.WarehouseCode, &v.ItemCode, &v.OnHand, &reserved, (*date)(&v.RestockOn))
	}, items)
	if err != nil {
		return false, err
	}
	var shortages []rules.Shortage
	waits := false // for what was short before
	for _, l := range o.Lines {
		missing := l.KeptQty() - l.ReservedQty
		switch {
		case missing <= 0 || l.Class == order.ClassPhone:
		case slices.ContainsFunc(picks, func(p pickInput) bool { return p.Line == l.No }):
			told := slices.ContainsFunc(a.orders, func(o *allocOrder) bool { return slices.Contains(o.told, l.No) })
			shortages = append(shortages, rules.Shortage{LineNo: l.No, Missing: missing, RestockOn: rules.Restock(levels, l.ItemCode, order.DateOf(now)), Told: told})
		default:
			waits = true
		}
	}
	settings := tx.s.Settings()
	decisions := rules.SettleShort(o, shortages, now)
	next, settled, events := rules.ApplyShort(o, decisions, settings, now)
	if settled.Whole {
		if err := tx.finish(ctx, &pgx.Batch{}, id, events); err != nil { // what of each line
			return false, err
		}
		_, err := tx.Cancel(ctx, id, rules.Cancellation{AskedBy: rules.AskedByShop, Reason: "nothing of it could be picked, and no more comes", Rule: "STK-2"}, now)
		return err == nil, err
	}
	if len(events) == 0 {
		return false, nil
	}
	empty, err := collect(ctx, tx.tx, "ShipmentsEmpty", pgx.RowTo[int], id)
	if err != nil {
		return false, err
	}
	next = rules.CancelEmpty(next, empty)
	if waits && next.State != order.StateHeld {
		next.State = order.StateShort
	}
	b := &pgx.Batch{}
	if err := queueOrder(b, &next); err != nil {
		return false, err
	}
	b.Queue(query("LinesCancelled"), id,
		column(next.Lines, func(l order.Line) int { return l.No }), column(next.Lines, func(l order.Line) int { return l.CancelledQty }))
	queueShipments(b, &next)
	var told []lineDay
	for _, d := range decisions {
		if d.Backorder > 0 {
			told = append(told, lineDay{id, d.LineNo, d.RestockOn})
		}
	}
	queueTold(b, told)
	if err := tx.finish(ctx, b, id, events); err != nil {
		return false, err
	}
	return next.State == order.StateShipped, tx.AdjustBudget(ctx, id, settled.BackYen, now)
}
