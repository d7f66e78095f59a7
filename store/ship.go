package store

import (
	"context"
	"fmt"
	"time"

	"todoke/order"
	"todoke/rules"
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

	listed, err := tx.listed(ctx, []int64{id})
	if err != nil {
		return out, err
	}
	// All that no result told of yet left now.
	var shipments []rules.ResultShipment
	orders := map[int64]bool{}
	for _, l := range listed {
		orders[l.OrderID] = true
		out.Qty += l.Qty - l.Short
		if out.Again || l.Open() == 0 {
			continue
		}
		if n := len(shipments); n == 0 || shipments[n-1].ShipmentID != l.ShipmentID {
			shipments = append(shipments, rules.ResultShipment{OrderID: l.OrderID, Order: l.Order, ShipmentID: l.ShipmentID, ShipmentNo: l.ShipmentNo, ShippedOn: order.DateOf(now)})
		}
		last := &shipments[len(shipments)-1]
		last.Lines = append(last.Lines, rules.ResultLine{Listed: l, Shipped: l.Open()})
	}
	out.Orders = len(orders)
	if out.Again {
		return out, nil
	}
	applied, err := tx.applyResult(ctx, warehouse, 0, []int64{id}, shipments, by, now)
	out.Finished = applied.Finished
	return out, err
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
