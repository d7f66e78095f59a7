package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// PickList is a pick list's head and its lines as stored.
type PickList struct {
	ID            int64
	Number        order.Number
	WarehouseCode string
	WarehouseName string
	Channel       string   // how the warehouse gets its lists
	Formats       []string // xlsx, pdf, csv
	ShipOn        order.Date
	Class         order.Class
	ReleasedAt    time.Time
	IssuedAt      time.Time  // zero while its documents are not made
	ShippedAt     time.Time  // zero while nobody reported it shipped (WHS-3)
	ShippedBy     string     // who reported it
	Acknowledged  time.Time  // zero while the warehouse has not said that it has it
	AckBy         string     // who said so, or for the warehouse
	ValueYen      *order.Yen // of its goods, ex tax; nil while it is not issued
	Wave          int        // of the warehouse, day and class, from 1
	Lines         []PickLine
}

// PickLine is one allocated quantity with its order.
type PickLine struct {
	OrderID      int64
	ShipmentNo   int
	Shipments    int // of the order in all, as it stands
	ArrivalOn    order.Date
	OrderNumber  order.Number
	Channel      order.Channel
	Company      string
	Department   string
	ShipTo       order.Address
	LineNo       int
	ItemCode     string
	ItemName     string
	Unit         string
	Qty          int
	Comment      string
	CommentImage string // blob key
	Location     string // where it lies; "" where nobody said
	Customer     string // department code
	CustomerFax  string // registered
	ReceivedAt   time.Time
	FeeYen       order.Yen // of the order, ex tax
	OrderedQty   int       // of the order's line
	Returnable   bool      // RET-2
}

// GetPickList reads a pick list with its lines, by order, shipment and line.
func (s *Store) GetPickList(ctx context.Context, id int64) (PickList, error) {
	var p PickList
	var issued, shipped, acknowledged instant
	err := s.pool.QueryRow(ctx, query("PickListGet"), id).Scan(&p.ID, &p.Number, &p.WarehouseCode, &p.WarehouseName, &p.Channel,
		&p.Formats, (*date)(&p.ShipOn), &p.Class, &p.ReleasedAt, &issued,
		&shipped, &p.ShippedBy, &acknowledged, &p.AckBy, &p.ValueYen, &p.Wave)
	if missing(err) {
		return p, order.NotFound("pick_list", "there is no such pick list")
	}
	if err != nil {
		return p, kinded(fmt.Errorf("read pick list: %w", err))
	}
	p.IssuedAt, p.ShippedAt, p.Acknowledged = time.Time(issued), time.Time(shipped), time.Time(acknowledged)
	p.Lines, err = collect(ctx, s.pool, "PickListLines", func(r pgx.CollectableRow) (PickLine, error) {
		var l PickLine
		return l, r.Scan(&l.OrderID, &l.ShipmentNo, (*date)(&l.ArrivalOn), &l.OrderNumber, &l.Channel, &l.Company, &l.Department,
			&l.ShipTo.Code, &l.ShipTo.Name, &l.ShipTo.PostalCode, &l.ShipTo.Prefecture, &l.ShipTo.Address,
			&l.LineNo, &l.ItemCode, &l.ItemName, &l.Unit, &l.Qty, &l.Comment, &l.CommentImage, &l.Shipments,
			&l.Location, &l.Customer, &l.CustomerFax, &l.ReceivedAt, &l.FeeYen, &l.OrderedQty, &l.Returnable)
	}, id)
	return p, err
}

// PickListRow is one line of the list of pick lists.
type PickListRow struct {
	ID            int64        `json:"-"`
	Number        order.Number `json:"number"`
	WarehouseCode string       `json:"warehouse"`
	ShipOn        order.Date   `json:"ship_on"`
	Class         order.Class  `json:"class"`
	ReleasedAt    time.Time    `json:"released_at"`
	IssuedAt      time.Time    `json:"issued_at,omitzero"`
	ShippedAt     time.Time    `json:"shipped_at,omitzero"`
	ShippedBy     string       `json:"shipped_by,omitempty"`
	Orders        int          `json:"orders"`
	Allocations   int          `json:"lines"`
	Qty           int          `json:"quantity"`
}

// PickLists are all pick lists, oldest first.
func (s *Store) PickLists(ctx context.Context) ([]PickListRow, error) {
	return collect(ctx, s.pool, "PickListsList", scanPickListRow)
}

// PickListsOf are the latest lists that a warehouse was issued, newest first.
func (s *Store) PickListsOf(ctx context.Context, warehouse string) ([]PickListRow, error) {
	const most = 200
	return collect(ctx, s.pool, "PickListsOf", scanPickListRow, warehouse, most)
}

func scanPickListRow(r pgx.CollectableRow) (PickListRow, error) {
	var p PickListRow
	return p, r.Scan(&p.ID, &p.Number, &p.WarehouseCode, (*date)(&p.ShipOn), &p.Class, &p.ReleasedAt, (*instant)(&p.IssuedAt),
		(*instant)(&p.ShippedAt), &p.ShippedBy, &p.Orders, &p.Allocations, &p.Qty)
}

// OrderNote is something that is told with an order of a pick list.
type OrderNote struct {
	OrderID int64
	Rule    string
	Text    string
	Inputs  json.RawMessage
}

// IssuePickList records a pick list's documents for good (KEP-1), with a delivery of each to
// its warehouse, and what is to be told with its orders, once: ok is false where they were issued
// before. A document without a kind is the list itself.
func (tx *Tx) IssuePickList(ctx context.Context, p PickList, documents []NewIssue, now time.Time, notes ...OrderNote) (ok bool, err error) {
	var issued instant
	if err := tx.tx.QueryRow(ctx, query("PickListLock"), p.ID).Scan(&issued); err != nil {
		return false, fmt.Errorf("lock pick list: %w", err)
	}
	if !time.Time(issued).IsZero() {
		return false, nil
	}
	for _, d := range documents {
		d.Kind, d.Number, d.PickListID, d.Party, d.TransactedOn = cmp.Or(d.Kind, IssuePickListKind), string(p.Number), p.ID, p.WarehouseCode, p.ShipOn
		id, isNew, err := tx.Issue(ctx, d, now)
		if err != nil {
			return false, err
		}
		if isNew {
			if err := tx.AddPrintedForms(ctx, id, d.Forms, now); err != nil {
				return false, err
			}
		}
		if err := tx.Send(ctx, id, Recipient{Channel: p.Channel, Address: p.WarehouseCode}, now); err != nil {
			return false, err
		}
	}
	b := &pgx.Batch{}
	queueOrderEvents(b, column(notes, func(n OrderNote) orderEvent {
		return orderEvent{n.OrderID, order.Event{Kind: order.EventNoted, Rule: n.Rule, Text: n.Text, Inputs: n.Inputs}}
	}), at(now))
	b.Queue(query("PickListIssued"), p.ID, at(now))
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return false, fmt.Errorf("issue pick list: %w", err)
	}
	return true, nil
}
