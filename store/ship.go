package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// ShippedList is what shipping a pick list came to.
type ShippedList struct {
	Number    order.Number `json:"number"`
	ShippedAt time.Time    `json:"shipped_at"`
	By        string       `json:"by,omitempty"`
	Again     bool         `json:"again,omitempty"` // it was reported before, as told here: nothing changed
	Orders    int          `json:"orders"`
	Finished  int          `json:"orders_shipped"` // orders of which nothing is still to come
	Qty       int          `json:"quantity"`
}

// shippedInput is one line of an order that left on a list.
type shippedInput struct {
	Shipment int    `json:"shipment"`
	Line     int    `json:"line"`
	Item     string `json:"item"`
	Qty      int    `json:"quantity"`
}

// ShipPickList records that everything on a pick list left its warehouse (WHS-3): on hand and
// reserved stock fall by what is on it, its shipments are shipped when all they carry is on
// shipped lists, and orders are shipped when nothing of them is still to come (rules.Shipped).
// by is the person who reports it. A list that was reported before is left as it is and told
// with Again. An unknown list is not found; one whose documents are not made yet is a conflict:
// nobody can have picked by it.
func (s *Store) ShipPickList(ctx context.Context, n order.Number, by string, now time.Time) (ShippedList, error) {
	var out ShippedList
	err := s.InTx(ctx, func(tx *Tx) (err error) {
		out, err = tx.shipPickList(ctx, n, by, at(now))
		return err
	})
	return out, err
}

func (tx *Tx) shipPickList(ctx context.Context, n order.Number, by string, now time.Time) (ShippedList, error) {
	out := ShippedList{Number: n, ShippedAt: now, By: by}
	var id int64
	var warehouse string
	var issued, shipped instant
	var before string
	err := tx.tx.QueryRow(ctx, query("ShipLock"), string(n)).Scan(&id, &warehouse, &issued, &shipped, &before)
	if missing(err) {
		return out, order.NotFound("pick_list", "there is no pick list "+n.Grouped()+": see todoke picklist list")
	}
	if err != nil {
		return out, fmt.Errorf("lock pick list: %w", err)
	}
	out.Again = !time.Time(shipped).IsZero()
	if out.Again {
		out.ShippedAt, out.By = time.Time(shipped), before
	} else if time.Time(issued).IsZero() {
		return out, order.Conflict("WHS-3", "pick list "+n.Grouped()+" is not issued yet, so nothing can have been picked by it: wait for its documents (todoke ledger)")
	}

	// The fixed order of locks: orders by id, then stock by item code.
	orders, err := collect(ctx, tx.tx, "ShipOrders", pgx.RowTo[int64], id)
	if err != nil {
		return out, err
	}
	if !out.Again {
		if err := tx.exec(ctx, "OrdersLock", orders); err != nil {
			return out, err
		}
		if err := tx.exec(ctx, "ShipLockStock", warehouse, id); err != nil {
			return out, err
		}
	}
	type picked struct {
		OrderID, ShipmentID int64
		ShipmentNo, LineNo  int
		Item                string
		Qty                 int
	}
	picks, err := collect(ctx, tx.tx, "ShipAllocations", pgx.RowToStructByPos[picked], id)
	if err != nil {
		return out, err
	}
	out.Orders = len(orders)
	for _, p := range picks {
		out.Qty += p.Qty
	}
	if out.Again {
		return out, nil
	}

	// A statement of its own: the next ones must see the list as shipped.
	for _, step := range []struct {
		name string
		args []any
	}{
		{"ShipList", []any{id, now, by}},
		{"ShipStock", []any{id}},
		{"ShipShipments", []any{id}},
	} {
		if err := tx.exec(ctx, step.name, step.args...); err != nil {
			return out, err
		}
	}
	finished, err := collect(ctx, tx.tx, "ShipFinishOrders", pgx.RowTo[int64], orders)
	if err != nil {
		return out, err
	}
	out.Finished = len(finished)

	events := make([]orderEvent, 0, len(orders))
	for rest := picks; len(rest) > 0; {
		of := rest[0].OrderID
		end := slices.IndexFunc(rest, func(p picked) bool { return p.OrderID != of })
		if end < 0 {
			end = len(rest)
		}
		lines, qty := make([]shippedInput, 0, end), 0
		for _, p := range rest[:end] {
			lines = append(lines, shippedInput{p.ShipmentNo, p.LineNo, p.Item, p.Qty})
			qty += p.Qty
		}
		rest = rest[end:]
		whole := slices.Contains(finished, of)
		text := fmt.Sprintf("Shipped from %s on pick list %s: %d in %d line(s)", warehouse, n.Grouped(), qty, len(lines))
		if whole {
			text += ", the last of the order"
		}
		events = append(events, orderEvent{of, order.Event{
			Kind: order.EventShipped, Rule: "WHS-3", Text: text + ".", By: by,
			Inputs: order.Inputs(map[string]any{
				"pick_list": n, "warehouse": warehouse, "quantities": lines, "order_finished": whole, "reported_at": now,
			}),
		}})
	}
	b := &pgx.Batch{}
	queueOrderEvents(b, events, now)
	if b.Len() == 0 {
		return out, nil
	}
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return out, fmt.Errorf("save shipping: %w", err)
	}
	return out, nil
}

// GetPickListByNumber reads a pick list with its lines.
func (s *Store) GetPickListByNumber(ctx context.Context, n order.Number) (PickList, error) {
	var id int64
	err := s.pool.QueryRow(ctx, query("PickListByNumber"), string(n)).Scan(&id)
	if missing(err) {
		return PickList{}, order.NotFound("pick_list", "there is no pick list "+n.Grouped()+": see todoke picklist list")
	}
	if err != nil {
		return PickList{}, kinded(fmt.Errorf("find pick list: %w", err))
	}
	return s.GetPickList(ctx, id)
}

// DeliveriesOf are the deliveries of a pick list's documents, oldest first.
func (s *Store) DeliveriesOf(ctx context.Context, pickListID int64) ([]Delivery, error) {
	return collect(ctx, s.pool, "DeliveriesList", scanDelivery, nil, nil, nil, pickListID)
}
