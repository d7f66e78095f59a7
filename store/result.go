package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// ResultApplied is what applying a warehouse's result came to.
type ResultApplied struct {
	Orders   int            `json:"orders"`
	Finished int            `json:"orders_shipped"`  // orders of which nothing is still to come
	Shipped  int            `json:"shipped"`         // quantity
	Short    int            `json:"short"`           // quantity
	Lists    []order.Number `json:"lists,omitempty"` // of which nothing is open any more
	Again    []string       `json:"again,omitempty"` // rows that say what was told before
}

// ApplyResult applies a shipment result as a whole, or nothing of it (WHS-2, rules.ReadResult): goods
// leave on hand and reserved stock, short picks are settled as STK-2, shipments, lists and orders of
// which nothing is open go on, the lists count as acknowledged. What stands against it comes back with
// its row, and nothing is done. by is who reports it.
func (tx *Tx) ApplyResult(ctx context.Context, warehouse string, rows []rules.ResultRow, by string, now time.Time) (ResultApplied, []*order.Error, error) {
	return tx.applyReport(ctx, warehouse, 0, rows, by, at(now))
}

// applyReport is ApplyResult for the rows of a partner's file.
func (tx *Tx) applyReport(ctx context.Context, warehouse string, file int64, rows []rules.ResultRow, by string, now time.Time) (ResultApplied, []*order.Error, error) {
	ids, shipments, problems, err := tx.judgeReport(ctx, warehouse, rows, now)
	if err != nil || len(problems) > 0 {
		return ResultApplied{}, problems, err
	}
	out, err := tx.applyResult(ctx, warehouse, file, ids, shipments, by, now)
	if err != nil {
		return out, nil, err
	}
	touched, told := []int64{}, []rules.ToldRow{}
	for _, s := range shipments {
		told = append(told, s.Told...)
		out.Again = append(out.Again, s.Again...)
		for _, l := range s.Lines {
			touched = append(touched, l.Listed.ListID)
		}
	}
	if err := tx.keepTold(ctx, told, file, by, now); err != nil {
		return out, nil, err
	}
	slices.Sort(touched)
	return out, nil, tx.exec(ctx, "ResultAcknowledge", slices.Compact(touched), now, by)
}

// judgeReport locks the lists of a report and tells what its rows mean for them, or stands against them.
func (tx *Tx) judgeReport(ctx context.Context, warehouse string, rows []rules.ResultRow, now time.Time) (ids []int64, shipments []rules.ResultShipment, problems []*order.Error, err error) {
	var numbers, named []string
	for _, r := range rows {
		if n, err := order.ParseNumber(r.Order); err == nil {
			numbers = append(numbers, string(n))
		}
		if r.List != "" {
			named = append(named, r.List)
		}
	}
	slices.Sort(numbers)
	slices.Sort(named)
	ids, err = collect(ctx, tx.tx, "ResultLists", pgx.RowTo[int64], warehouse, list(slices.Compact(numbers)), list(slices.Compact(named)))
	if err != nil {
		return nil, nil, nil, err
	}
	listed, err := tx.listed(ctx, ids)
	if err != nil {
		return nil, nil, nil, err
	}
	before, err := tx.told(ctx, listed)
	if err != nil {
		return nil, nil, nil, err
	}
	shipments, problems = rules.ReadResult(rows, listed, before, tx.s.Settings().On(order.DateOf(now)), now)
	return ids, shipments, problems, nil
}

func (tx *Tx) listed(ctx context.Context, lists []int64) ([]rules.Listed, error) {
	return collect(ctx, tx.tx, "ResultListed", func(r pgx.CollectableRow) (rules.Listed, error) {
		var l rules.Listed
		return l, r.Scan(&l.ID, &l.ListID, &l.ShipmentID, &l.List, &l.Order, &l.OrderID, &l.ShipmentNo, &l.LineNo, &l.ItemCode, &l.Qty, &l.Done, &l.Short)
	}, lists)
}

// told are the rows of results that counted of the orders on lists.
func (tx *Tx) told(ctx context.Context, listed []rules.Listed) ([]rules.ToldRow, error) {
	orders := column(listed, func(l rules.Listed) int64 { return l.OrderID })
	slices.Sort(orders)
	return collect(ctx, tx.tx, "ResultRows", func(r pgx.CollectableRow) (rules.ToldRow, error) {
		var v rules.ToldRow
		var tracking string
		err := r.Scan(&v.ID, &v.OrderID, &v.Parts, &v.Reason, &tracking, (*date)(&v.ShippedOn), (*date)(&v.DeliveredOn), (*instant)(&v.At))
		v.Tracking = strings.Fields(tracking)
		return v, err
	}, slices.Compact(orders))
}

// keepTold keeps the rows of a result that counted, and what others tell more of earlier ones.
func (tx *Tx) keepTold(ctx context.Context, rows []rules.ToldRow, file int64, by string, now time.Time) error {
	if len(rows) == 0 {
		return nil
	}
	parts := make([]string, len(rows))
	for i, r := range rows {
		b, err := json.Marshal(list(r.Parts))
		if err != nil {
			return fmt.Errorf("encode a result's row: %w", err)
		}
		parts[i] = string(b)
	}
	return tx.exec(ctx, "ResultRowsInsert",
		column(rows, func(r rules.ToldRow) int64 { return r.OrderID }), column(rows, func(r rules.ToldRow) int64 { return r.ID }), parts,
		column(rows, func(r rules.ToldRow) string { return string(r.Reason) }), column(rows, func(r rules.ToldRow) string { return strings.Join(r.Tracking, " ") }),
		column(rows, func(r rules.ToldRow) date { return date(r.ShippedOn) }), column(rows, func(r rules.ToldRow) date { return date(r.DeliveredOn) }),
		file, by, now)
}

// applyResult saves what is known of shipments on lists that the caller has locked.
func (tx *Tx) applyResult(ctx context.Context, warehouse string, file int64, lists []int64, shipments []rules.ResultShipment, by string, now time.Time) (ResultApplied, error) {
	var out ResultApplied
	var orders []int64
	var lines []rules.ResultLine
	for _, s := range shipments {
		orders = append(orders, s.OrderID)
		lines = append(lines, s.Lines...)
	}
	slices.Sort(orders)
	orders = slices.Compact(orders)
	out.Orders = len(orders)
	// The fixed order of locks: orders by id, then stock by item code.
	if err := tx.exec(ctx, "OrdersLock", orders); err != nil {
		return out, err
	}
	items := column(lines, func(l rules.ResultLine) string { return l.Listed.ItemCode })
	if err := tx.exec(ctx, "ResultLockStock", warehouse, items); err != nil {
		return out, err
	}
	shipped := column(lines, func(l rules.ResultLine) int { return l.Shipped })
	short := column(lines, func(l rules.ResultLine) int { return l.Short })
	gone := column(lines, func(l rules.ResultLine) int {
		if l.Short > 0 && l.Reason.StockGone() {
			return l.Shipped + l.Short
		}
		return l.Shipped
	})
	for _, step := range []struct {
		name string
		args []any
	}{
		{"ResultAllocations", []any{column(lines, func(l rules.ResultLine) int64 { return l.Listed.ID }), shipped, short}},
		{"ResultStock", []any{warehouse, items, gone, column(lines, func(l rules.ResultLine) int { return l.Shipped + l.Short })}},
		{"ResultLines", []any{column(lines, func(l rules.ResultLine) int64 { return l.Listed.OrderID }), column(lines, func(l rules.ResultLine) int { return l.Listed.LineNo }), short}},
		{"ResultShipments", []any{
			column(shipments, func(s rules.ResultShipment) int64 { return s.ShipmentID }),
			column(shipments, func(s rules.ResultShipment) date { return date(s.ShippedOn) }),
			column(shipments, func(s rules.ResultShipment) string { return strings.Join(s.Tracking, "\n") }),
			column(shipments, func(s rules.ResultShipment) int { return s.WeightGrams }),
			column(shipments, func(s rules.ResultShipment) date { return date(s.DeliveredOn) }),
			now,
		}},
		{"ResultShipmentsSettle", []any{
			column(shipments, func(s rules.ResultShipment) int64 { return s.ShipmentID }),
			now, now.Add(time.Duration(tx.s.Settings().On(order.DateOf(now)).NoticeWaitMinutes) * time.Minute),
		}},
	} {
		if err := tx.exec(ctx, step.name, step.args...); err != nil {
			return out, err
		}
	}
	var ms []stockMovement
	for i, l := range lines {
		ms = append(ms, stockMovement{l.Listed.ItemCode, -l.Shipped, "shipped", l.Listed.ListID, file, time.Time{}, ""})
		if lost := gone[i] - l.Shipped; lost > 0 {
			ms = append(ms, stockMovement{l.Listed.ItemCode, -lost, "short", l.Listed.ListID, file, time.Time{}, string(l.Reason)})
		}
	}
	if err := tx.addMovements(ctx, warehouse, ms, by, now); err != nil {
		return out, err
	}
	done, err := collect(ctx, tx.tx, "ResultListsDone", pgx.RowTo[string], lists, now, by)
	if err != nil {
		return out, err
	}
	out.Lists = column(done, func(n string) order.Number { return order.Number(n) })
	finished, err := collect(ctx, tx.tx, "ShipFinishOrders", pgx.RowTo[int64], orders)
	if err != nil {
		return out, err
	}
	out.Finished = len(finished)
	events, picks := resultEvents(warehouse, shipments, finished, by, now)
	for _, l := range lines {
		out.Shipped, out.Short = out.Shipped+l.Shipped, out.Short+l.Short
	}
	b := &pgx.Batch{}
	queueOrderEvents(b, events, now)
	if b.Len() > 0 {
		if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
			return out, fmt.Errorf("save result: %w", err)
		}
	}
	if err := tx.Enqueue(ctx, jobs.Next(column(events, func(e orderEvent) order.Event { return e.Event }))...); err != nil {
		return out, err
	}
	if err := tx.Enqueue(ctx, jobs.TellShipped{}); err != nil {
		return out, err
	}
	if out.Short > 0 { // what is there after all may fill a backorder (STK-4)
		if err := tx.Enqueue(ctx, jobs.AllocateOrders{}); err != nil {
			return out, err
		}
	}
	for _, id := range sortedKeys(picks) {
		whole, err := tx.settleShortPick(ctx, id, picks[id], now)
		if err != nil {
			return out, err
		}
		if whole {
			out.Finished++
		}
	}
	return out, tx.chargeCards(ctx, orders, now)
}

// pickInput is one line of an order that a warehouse could not pick whole.
type pickInput struct {
	Shipment int               `json:"shipment"`
	Line     int               `json:"line"`
	Item     string            `json:"item"`
	Short    int               `json:"short"`
	Reason   rules.ShortReason `json:"reason"`
}

// resultEvents tells of each order what left and what did not, by list; picks are the short ones by order.
func resultEvents(warehouse string, shipments []rules.ResultShipment, finished []int64, by string, now time.Time) (events []orderEvent, picks map[int64][]pickInput) {
	type key struct {
		order int64
		list  string
	}
	picks = map[int64][]pickInput{}
	left, short := map[key][]shippedInput{}, map[key][]pickInput{}
	tracking := map[int64][]string{}
	var sequence []key
	for _, s := range shipments {
		for _, n := range s.Tracking {
			if !slices.Contains(tracking[s.OrderID], n) {
				tracking[s.OrderID] = append(tracking[s.OrderID], n)
			}
		}
		if len(s.Lines) == 0 { // told before: only what is new of it
			if len(s.Tracking) > 0 || !s.DeliveredOn.IsZero() {
				events = append(events, orderEvent{s.OrderID, order.Event{
					Kind: order.EventNoted, Rule: "WHS-2", By: by,
					Text:   fmt.Sprintf("Warehouse %s tells more of shipment %d: tracking number %s, delivered %s.", warehouse, s.ShipmentNo, dash(strings.Join(s.Tracking, " ")), dash(s.DeliveredOn.String())),
					Inputs: order.Inputs(map[string]any{"shipment": s.ShipmentNo, "tracking": s.Tracking, "delivered_on": s.DeliveredOn, "reported_at": now}),
				}})
			}
			continue
		}
		for _, l := range s.Lines {
			k := key{s.OrderID, l.Listed.List}
			if left[k] == nil && short[k] == nil {
				sequence = append(sequence, k)
			}
			if l.Shipped > 0 {
				left[k] = append(left[k], shippedInput{s.ShipmentNo, l.Listed.LineNo, l.Listed.ItemCode, l.Shipped})
			}
			if l.Short > 0 {
				p := pickInput{s.ShipmentNo, l.Listed.LineNo, l.Listed.ItemCode, l.Short, l.Reason}
				short[k] = append(short[k], p)
				picks[s.OrderID] = append(picks[s.OrderID], p)
			}
		}
	}
	for i, k := range sequence {
		if in := left[k]; len(in) > 0 {
			qty := 0
			for _, l := range in {
				qty += l.Qty
			}
			last := !slices.ContainsFunc(sequence[i+1:], func(o key) bool { return o.order == k.order })
			whole := last && slices.Contains(finished, k.order)
			text := fmt.Sprintf("Shipped from %s on pick list %s: %d in %d line(s)", warehouse, order.Number(k.list).Grouped(), qty, len(in))
			if whole {
				text += ", the last of the order"
			}
			inputs := map[string]any{"pick_list": k.list, "warehouse": warehouse, "quantities": in, "order_finished": whole, "reported_at": now}
			if t := tracking[k.order]; len(t) > 0 {
				text += ", tracking number " + strings.Join(t, " ")
				inputs["tracking"] = t
			}
			events = append(events, orderEvent{k.order, order.Event{Kind: order.EventShipped, Rule: "WHS-3", Text: text + ".", By: by, Inputs: order.Inputs(inputs)}})
		}
		if in := short[k]; len(in) > 0 {
			qty := 0
			for _, p := range in {
				qty += p.Short
			}
			events = append(events, orderEvent{k.order, order.Event{
				Kind: order.EventNoted, Rule: "WHS-3", By: by,
				Text:   fmt.Sprintf("Warehouse %s could not pick %d in %d line(s) of list %s.", warehouse, qty, len(in), order.Number(k.list).Grouped()),
				Inputs: order.Inputs(map[string]any{"pick_list": k.list, "warehouse": warehouse, "short": in, "reported_at": now}),
			}})
		}
	}
	return events, picks
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func sortedKeys[V any](m map[int64]V) []int64 {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
