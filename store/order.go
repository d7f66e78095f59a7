package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// GetOrder reads an order by its number.
func (s *Store) GetOrder(ctx context.Context, n order.Number) (order.Order, error) {
	var id int64
	err := s.pool.QueryRow(ctx, query("OrderIDByNumber"), string(n)).Scan(&id)
	if missing(err) {
		return order.Order{}, order.NotFound("number", "there is no order "+n.Grouped())
	}
	if err != nil {
		return order.Order{}, kinded(fmt.Errorf("find order: %w", err))
	}
	return s.GetOrderByID(ctx, id)
}

// GetOrderByID reads an order by its id.
func (s *Store) GetOrderByID(ctx context.Context, id int64) (order.Order, error) {
	o, err := readOrders(ctx, s.pool, []int64{id})
	if err != nil {
		return order.Order{}, err
	}
	if len(o) == 0 {
		return order.Order{}, order.NotFound("number", "there is no such order")
	}
	return o[0], nil
}

// OrderFilter narrows ListOrders; empty fields do not.
type OrderFilter struct {
	State          order.State
	DepartmentCode string
	Channel        order.Channel
	AfterID        int64 // for the next page: the last id seen
	Limit          int   // 0 is 100
}

// ListOrders reads orders in the order they came.
func (s *Store) ListOrders(ctx context.Context, f OrderFilter) ([]order.Order, error) {
	const page = 100
	if f.Limit <= 0 {
		f.Limit = page
	}
	ids, err := collect(ctx, s.pool, "OrderIDsList", pgx.RowTo[int64], string(f.State), f.DepartmentCode, string(f.Channel), f.AfterID, f.Limit)
	if err != nil {
		return nil, err
	}
	return readOrders(ctx, s.pool, ids)
}

// OrderEvents are the decisions about an order, oldest first (KEP-2).
func (s *Store) OrderEvents(ctx context.Context, id int64) ([]order.Event, error) {
	return collect(ctx, s.pool, "EventsByOrder", scanEvent, id)
}

// DocumentEvents are the decisions about a document, oldest first.
func (s *Store) DocumentEvents(ctx context.Context, id int64) ([]order.Event, error) {
	return collect(ctx, s.pool, "EventsByDocument", scanEvent, id)
}

func scanEvent(r pgx.CollectableRow) (order.Event, error) {
	var e order.Event
	var inputs []byte
	err := r.Scan(&e.Kind, &e.Rule, &e.Text, &inputs, &e.By, &e.At)
	e.Inputs = inputs
	return e, err
}

// readOrders reads whole orders in three statements and one round trip, by id.
func readOrders(ctx context.Context, q querier, ids []int64) ([]order.Order, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var out []order.Order
	place := map[int64]int{}
	b := &pgx.Batch{}
	b.Queue(query("OrdersByID"), ids).Query(func(rows pgx.Rows) error {
		var err error
		out, err = pgx.CollectRows(rows, scanOrder)
		for i, o := range out {
			place[o.ID] = i
		}
		return err
	})
	b.Queue(query("LinesByOrder"), ids).Query(func(rows pgx.Rows) error {
		var id int64
		var l order.Line
		_, err := pgx.ForEachRow(rows, []any{
			&id, &l.No, &l.ItemCode, &l.Name, &l.Unit, &l.Class, &l.Qty, &l.CancelledQty, &l.ReservedQty, (*date)(&l.RestockOn),
			&l.UnitPrice, &l.PriceList, &l.TaxRate, &l.Comment, &l.CommentImage,
		}, func() error {
			o := &out[place[id]]
			o.Lines = append(o.Lines, l)
			return nil
		})
		return err
	})
	b.Queue(query("ShipmentsByOrder"), ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var id int64
			var s order.Shipment
			if err := rows.Scan(&id, &s.ID, &s.No, &s.State, &s.Class, &s.WarehouseCode, (*date)(&s.AcceptanceOn),
				(*date)(&s.ReadyOn), (*date)(&s.ShipOn), (*date)(&s.ArrivalOn), &s.Rules,
				(*date)(&s.ShippedOn), &s.Tracking, &s.WeightGrams, (*date)(&s.DeliveredOn), &s.DeliveredBy); err != nil {
				return err
			}
			o := &out[place[id]]
			o.Shipments = append(o.Shipments, s)
		}
		return rows.Err()
	})
	if err := q.SendBatch(ctx, b).Close(); err != nil {
		return nil, kinded(fmt.Errorf("read orders: %w", err))
	}
	return out, nil
}

func scanOrder(r pgx.CollectableRow) (order.Order, error) {
	var o order.Order
	var taxes []byte
	err := r.Scan(&o.ID, &o.Number, &o.State, &o.HoldReason, &o.Channel, &o.ReceivedAt, &o.AcceptedAt,
		(*date)(&o.AcceptanceOn), (*instant)(&o.CancelUntil), &o.DepartmentCode, &o.UserCode,
		&o.ShipTo.Code, &o.ShipTo.Name, &o.ShipTo.PostalCode, &o.ShipTo.Prefecture, &o.ShipTo.Address,
		&o.RegionCode, (*date)(&o.DesignatedOn), &o.Stockout, &o.Payment, &o.Authorisation, &o.GoodsYen, &o.FeeYen, &taxes,
		&o.Source.DocumentID, &o.Source.Page, &o.Source.ShopFront, &o.Source.Key,
		&o.AuthorisedYen, &o.FeeFirst, (*instant)(&o.FeeUntil), (*instant)(&o.ApprovedAt), (*instant)(&o.AuthorisedTill))
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(taxes, &o.Taxes)
}
