package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
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
	IssuedAt      time.Time // zero while its documents are not made
	ShippedAt     time.Time // zero while nobody reported it shipped (WHS-3)
	ShippedBy     string    // who reported it
	Wave          int       // of the warehouse, day and class, from 1
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
}

// GetPickList reads a pick list with its lines, by order, shipment and line.
func (s *Store) GetPickList(ctx context.Context, id int64) (PickList, error) {
	var p PickList
	var issued, shipped instant
	err := s.pool.QueryRow(ctx, query("PickListGet"), id).Scan(&p.ID, &p.Number, &p.WarehouseCode, &p.WarehouseName, &p.Channel,
		&p.Formats, (*date)(&p.ShipOn), &p.Class, &p.ReleasedAt, &issued,
		&shipped, &p.ShippedBy, &p.Wave)
	if missing(err) {
		return p, order.NotFound("pick_list", "there is no such pick list")
	}
	if err != nil {
		return p, kinded(fmt.Errorf("read pick list: %w", err))
	}
	p.IssuedAt, p.ShippedAt = time.Time(issued), time.Time(shipped)
	p.Lines, err = collect(ctx, s.pool, "PickListLines", func(r pgx.CollectableRow) (PickLine, error) {
		var l PickLine
		return l, r.Scan(&l.OrderID, &l.ShipmentNo, (*date)(&l.ArrivalOn), &l.OrderNumber, &l.Channel, &l.Company, &l.Department,
			&l.ShipTo.Code, &l.ShipTo.Name, &l.ShipTo.PostalCode, &l.ShipTo.Prefecture, &l.ShipTo.Address,
			&l.LineNo, &l.ItemCode, &l.ItemName, &l.Unit, &l.Qty, &l.Comment, &l.CommentImage, &l.Shipments)
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
	return collect(ctx, s.pool, "PickListsList", func(r pgx.CollectableRow) (PickListRow, error) {
		var p PickListRow
		return p, r.Scan(&p.ID, &p.Number, &p.WarehouseCode, (*date)(&p.ShipOn), &p.Class, &p.ReleasedAt, (*instant)(&p.IssuedAt),
			(*instant)(&p.ShippedAt), &p.ShippedBy, &p.Orders, &p.Allocations, &p.Qty)
	})
}

// NewIssue is a rendered document about to leave. Its bytes are in the blob folder under Key.
type NewIssue struct {
	Format    string // xlsx, pdf
	FileName  string
	Key       string
	SizeBytes int
}

// IssuePickList records a pick list's documents for good, each chained to the one before
// (KEP-1), with a delivery of each to its warehouse, once: ok is false where they were
// issued before.
func (tx *Tx) IssuePickList(ctx context.Context, p PickList, documents []NewIssue, now time.Time) (ok bool, err error) {
	now = at(now)
	var issued instant
	if err := tx.tx.QueryRow(ctx, query("PickListLock"), p.ID).Scan(&issued); err != nil {
		return false, fmt.Errorf("lock pick list: %w", err)
	}
	if !time.Time(issued).IsZero() {
		return false, nil
	}
	if err := tx.exec(ctx, "IssueLock"); err != nil { // the chain has one end
		return false, err
	}
	var last string
	if err := tx.tx.QueryRow(ctx, query("IssueLast")).Scan(&last); err != nil && !missing(err) {
		return false, fmt.Errorf("read chain: %w", err)
	}
	const kind = "pick_list"
	for _, d := range documents {
		next := chain(last, kind, string(p.Number), d.Format, d.Key, now)
		var id int64
		if err := tx.tx.QueryRow(ctx, query("IssueInsert"), kind, string(p.Number), d.Format, d.FileName, p.ID, d.Key, d.Key,
			int64(d.SizeBytes), now, last, next).Scan(&id); err != nil {
			return false, fmt.Errorf("issue document: %w", err)
		}
		last = next
		var delivery int64
		if err := tx.tx.QueryRow(ctx, query("DeliveryInsert"), id, p.Channel, p.WarehouseCode, now).Scan(&delivery); err != nil {
			return false, fmt.Errorf("insert delivery: %w", err)
		}
		if err := tx.Enqueue(ctx, jobs.DeliverDocument{DeliveryID: delivery}); err != nil {
			return false, err
		}
	}
	return true, tx.exec(ctx, "PickListIssued", p.ID, now)
}

// chain is the hash of an issued document that covers the one before it.
func chain(previous, kind, number, format, sha string, issued time.Time) string {
	text := strings.Join([]string{previous, kind, number, format, sha, strconv.FormatInt(issued.UnixMicro(), 10)}, "\n")
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// VerifyIssued checks the chain and the bytes of every issued document (KEP-1) and says what
// is wrong with each.
func (s *Store) VerifyIssued(ctx context.Context) ([]string, error) {
	const page = 1000
	var bad []string
	var last string
	for id := int64(0); ; {
		type row struct {
			ID                         int64
			Kind, Number, Format, File string
			PickListID                 int64
			Key, SHA                   string
			Size                       int64
			IssuedAt                   time.Time
			Previous, Chain            string
		}
		rows, err := collect(ctx, s.pool, "IssuedAll", pgx.RowToStructByPos[row], id, page)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.Previous != last || r.Chain != chain(last, r.Kind, r.Number, r.Format, r.SHA, r.IssuedAt) {
				bad = append(bad, fmt.Sprintf("issued document %d: its chain is broken", r.ID))
			}
			if b, err := s.blobs.Get(r.Key); err != nil || r.SHA != r.Key || int64(len(b)) != r.Size {
				bad = append(bad, fmt.Sprintf("issued document %d: its bytes are damaged or missing", r.ID))
			}
			id, last = r.ID, r.Chain
		}
		if len(rows) < page {
			return bad, nil
		}
	}
}

// Delivery is one issued document to one recipient on one channel.
type Delivery struct {
	ID        int64     `json:"id"`
	Channel   string    `json:"channel"`
	Recipient string    `json:"recipient"`
	State     string    `json:"state"` // waiting, sent
	Location  string    `json:"location,omitempty"`
	Number    string    `json:"number"`
	FileName  string    `json:"file_name"`
	BlobKey   string    `json:"sha256"`
	SizeBytes int64     `json:"size_bytes"`
	SentAt    time.Time `json:"sent_at,omitzero"`
}

// Sent tells whether nothing is left to do.
func (d Delivery) Sent() bool { return d.State == "sent" }

func scanDelivery(r pgx.CollectableRow) (Delivery, error) {
	var d Delivery
	return d, r.Scan(&d.ID, &d.Channel, &d.Recipient, &d.State, &d.Location, &d.Number, &d.FileName, &d.BlobKey, &d.SizeBytes, (*instant)(&d.SentAt))
}

// GetDelivery reads one delivery.
func (s *Store) GetDelivery(ctx context.Context, id int64) (Delivery, error) {
	d, err := collect(ctx, s.pool, "DeliveryGet", scanDelivery, id)
	if err == nil && len(d) == 0 {
		err = order.NotFound("delivery", "there is no such delivery")
	}
	if err != nil {
		return Delivery{}, err
	}
	return d[0], nil
}

// Deliveries are all deliveries, oldest first.
func (s *Store) Deliveries(ctx context.Context) ([]Delivery, error) {
	return collect(ctx, s.pool, "DeliveriesList", scanDelivery)
}

// ClaimDelivery notes, before anything leaves, that a delivery is being made; ok is false
// where it was made already.
func (s *Store) ClaimDelivery(ctx context.Context, id int64, now time.Time) (ok bool, err error) {
	tag, err := s.pool.Exec(ctx, query("DeliveryClaim"), id, at(now))
	return err == nil && tag.RowsAffected() == 1, kinded(err)
}

// DeliverySent records that a delivery was made and where it went.
func (tx *Tx) DeliverySent(ctx context.Context, id int64, location string, now time.Time) error {
	return tx.exec(ctx, "DeliverySent", id, at(now), location)
}
