package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// SeenWarehouse is a warehouse as the desk sees its comings and goings.
type SeenWarehouse struct {
	Code, Name string
	Channel    string // by which its lists go
	Waiting    int    // files that wait for a person
	Lists      []SeenList
	Files      []PartnerFile
}

// SeenList is a pick list with what became of it.
type SeenList struct {
	Warehouse      string
	Number         order.Number
	ShipOn         order.Date
	Class          order.Class
	IssuedAt       time.Time
	AcknowledgedAt time.Time
	AcknowledgedBy string
	Chasing        bool // its partner is asked before the desk is told
	Chased         int
	ToldAt         time.Time // when asking was in vain
	ShippedAt      time.Time
	ShippedBy      string
	Orders         int
	Qty            int
	Shipped, Short int    // of Qty, as reported
	Way            string // by which it left
	SentAt         time.Time
	Waits, Failed  bool // a document of it has not left, or cannot
}

// Open is how much of the list nobody has reported.
func (l *SeenList) Open() int {
	if !l.ShippedAt.IsZero() {
		return 0
	}
	return l.Qty - l.Shipped - l.Short
}

// SeeWarehouses are the warehouse of a code, or all where it is empty, each with its latest lists and
// files, at most so many of either.
func (s *Store) SeeWarehouses(ctx context.Context, code string, most int) ([]SeenWarehouse, error) {
	out, err := collect(ctx, s.pool, "WarehousesSeen", func(r pgx.CollectableRow) (SeenWarehouse, error) {
		var w SeenWarehouse
		return w, r.Scan(&w.Code, &w.Name, &w.Channel, &w.Waiting)
	}, code)
	if err != nil {
		return nil, err
	}
	if code != "" && len(out) == 0 {
		return nil, order.NotFound("warehouse", "there is no such warehouse")
	}
	lists, err := collect(ctx, s.pool, "WarehouseLists", func(r pgx.CollectableRow) (SeenList, error) {
		var l SeenList
		return l, r.Scan(&l.Warehouse, &l.Number, (*date)(&l.ShipOn), &l.Class, &l.IssuedAt, (*instant)(&l.AcknowledgedAt), &l.AcknowledgedBy, &l.Chasing, &l.Chased, (*instant)(&l.ToldAt),
			(*instant)(&l.ShippedAt), &l.ShippedBy, &l.Orders, &l.Qty, &l.Shipped, &l.Short, &l.Way, (*instant)(&l.SentAt), &l.Waits, &l.Failed)
	}, code, most)
	if err != nil {
		return nil, err
	}
	files, err := collect(ctx, s.pool, "PartnerFilesLatest", scanPartnerFile, code, most)
	if err != nil {
		return nil, err
	}
	for i := range out {
		for _, l := range lists {
			if l.Warehouse == out[i].Code {
				out[i].Lists = append(out[i].Lists, l)
			}
		}
		for _, f := range files {
			if f.WarehouseCode == out[i].Code {
				out[i].Files = append(out[i].Files, f)
			}
		}
	}
	return out, nil
}

// FileMovement is how a partner's file changed stock on hand.
type FileMovement struct {
	Item, Name   string
	Qty          int // below 0: it left
	Kind, Reason string
}

// MovementsOfFile are how a file changed stock on hand, by item.
func (s *Store) MovementsOfFile(ctx context.Context, id int64, most int) ([]FileMovement, error) {
	return collect(ctx, s.pool, "PartnerFileMovements", pgx.RowToStructByPos[FileMovement], id, most)
}
