package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// ShippedFacts are what a customer is told of a shipment that left.
type ShippedFacts struct {
	Order    order.Order
	Shipment order.Shipment
	Customer order.Department
	Email    string // of who ordered, else of the customer
	Profile  order.WarehouseProfile
	Lines    []ShippedLine
}

// ShippedLine is what of a line is in a shipment.
type ShippedLine struct {
	No   int
	Item string
	Name string
	Unit string
	Qty  int
}

// DueNotices are the shipments of which a customer is to be told now, by id (WHS-3).
func (s *Store) DueNotices(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	return collect(ctx, s.pool, "NoticesDue", pgx.RowTo[int64], at(now), limit)
}

// FactsOfShipment reads what a shipping notice is made of.
func (s *Store) FactsOfShipment(ctx context.Context, shipment int64) (ShippedFacts, error) {
	var f ShippedFacts
	var id int64
	if err := s.pool.QueryRow(ctx, query("ShipmentOrder"), shipment).Scan(&id); err != nil {
		return f, kinded(fmt.Errorf("find shipment: %w", err))
	}
	var err error
	if f.Order, err = s.GetOrderByID(ctx, id); err != nil {
		return f, err
	}
	for _, sh := range f.Order.Shipments {
		if sh.ID == shipment {
			f.Shipment = sh
		}
	}
	if f.Customer, err = s.GetDepartment(ctx, f.Order.DepartmentCode); err != nil {
		return f, err
	}
	f.Email = f.Customer.Email
	var email string
	if err := s.pool.QueryRow(ctx, query("AnswerUserEmail"), f.Order.UserCode, f.Order.DepartmentCode).Scan(&email); err != nil && !missing(err) {
		return f, kinded(fmt.Errorf("find mail address: %w", err))
	}
	if email != "" {
		f.Email = email
	}
	if f.Profile, err = s.WarehouseProfile(ctx, f.Shipment.WarehouseCode); err != nil {
		return f, err
	}
	f.Lines, err = collect(ctx, s.pool, "ShippedLines", pgx.RowToStructByPos[ShippedLine], shipment)
	return f, err
}

// CloseNotice records that a customer was told of a shipment, or why not; ok is false where another
// was faster, and then nothing may be sent.
func (tx *Tx) CloseNotice(ctx context.Context, shipment int64, state, detail string) (ok bool, err error) {
	tag, err := tx.tx.Exec(ctx, query("NoticeClose"), shipment, state, bounded(text(detail)))
	if err != nil {
		return false, fmt.Errorf("close notice: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// FaxNotice issues a fax that tells of a shipment, once, and sends it, as a customer asked for: the
// order's history says who was asked, and why. A shipment that was told so before is a conflict.
func (tx *Tx) FaxNotice(ctx context.Context, f ShippedFacts, issue NewIssue, number, by, reason string, now time.Time) error {
	if strings.TrimSpace(by) == "" || strings.TrimSpace(reason) == "" {
		return order.Invalid("KEP-2", "reason", "say why")
	}
	now = at(now)
	id, fresh, err := tx.Issue(ctx, issue, now)
	if err != nil {
		return err
	}
	if !fresh {
		return order.Conflict("WHS-3", "the shipment was told by fax before: send that document again")
	}
	if err := tx.Send(ctx, id, Recipient{Channel: "fax", Address: number}, now); err != nil {
		return err
	}
	b := &pgx.Batch{}
	queueOrderEvents(b, []orderEvent{{f.Order.ID, order.Event{
		Kind: order.EventNoted, Rule: "WHS-3", By: by,
		Text:   fmt.Sprintf("Shipment %d is told by fax to %s, as the customer asked: %s", f.Shipment.No, number, bounded(text(strings.TrimSpace(reason)))),
		Inputs: order.Inputs(map[string]any{"shipment": f.Shipment.No, "fax": number, "decided_at": now}),
	}}}, now)
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save notice: %w", err)
	}
	return nil
}

// MarkDelivered sets the day of delivery of shipments of which nobody told it, by the carrier's lead
// time (WHS-3, rules.DeliveredOn), and returns how many orders it saw. What left late is looked at again on the day it arrives.
func (s *Store) MarkDelivered(ctx context.Context, now time.Time, limit int) (int, error) {
	now = at(now)
	n := 0
	err := s.InTx(ctx, func(tx *Tx) error {
		n = 0
		sh, err := tx.s.shared(ctx, tx.tx)
		if err != nil {
			return err
		}
		ids, err := collect(ctx, tx.tx, "DeliveredClaim", pgx.RowTo[int64], date(order.DateOf(now)), limit)
		if err != nil || len(ids) == 0 {
			return err
		}
		orders, err := readOrders(ctx, tx.tx, ids)
		if err != nil {
			return err
		}
		var shipments, late []int64
		var days, look []date
		var events []orderEvent
		today := order.DateOf(now)
		for _, o := range orders {
			region, ok := sh.regions.On(order.DateOf(now)).ByCode(o.RegionCode)
			for _, p := range o.Shipments {
				if p.State != order.ShipmentShipped || !p.DeliveredOn.IsZero() || p.ShippedOn.IsZero() {
					continue
				}
				r := region
				for _, w := range sh.warehousesOn(order.DateOf(now)) {
					if w.Code == p.WarehouseCode {
						r = rules.RegionFrom(region, w)
					}
				}
				var on order.Date
				reached := false
				if ok {
					on, reached = rules.DeliveredOn(p, p.ShippedOn, order.Date{}, r, sh.settings.On(today), sh.calendar, now)
				}
				if !reached { // nothing to decide before that day, or while no table knows its region
					if !on.After(today) {
						on = today.Add(1)
					}
					late, look = append(late, p.ID), append(look, date(on))
					continue
				}
				shipments, days = append(shipments, p.ID), append(days, date(on))
				events = append(events, orderEvent{o.ID, order.Event{
					Kind: order.EventNoted, Rule: "WHS-3", Text: fmt.Sprintf("Shipment %d counts as delivered on %s by the carrier's days.", p.No, on),
					Inputs: order.Inputs(map[string]any{"shipment": p.No, "shipped_on": p.ShippedOn, "arrival_on": p.ArrivalOn, "region": o.RegionCode, "delivered_on": on, "decided_at": now}),
				}})
			}
		}
		n = len(ids)
		b := &pgx.Batch{}
		b.Queue(query("DeliveredSet"), shipments, days)
		b.Queue(query("DeliveredLater"), late, look)
		queueOrderEvents(b, events, now)
		if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("save deliveries: %w", err)
		}
		return nil
	})
	return n, err
}
