package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// PartnerListFilter narrows PickListsForPartner; empty fields do not.
type PartnerListFilter struct {
	State string // open, acknowledged or shipped
	Since time.Time
	After order.Number // the last of the page before
	Limit int
}

// PartnerList is a pick list as its warehouse's system sees it in a list.
type PartnerList struct {
	Number         order.Number
	ShipOn         order.Date
	Class          order.Class
	ReleasedAt     time.Time
	IssuedAt       time.Time
	AcknowledgedAt time.Time // zero while nobody said that it is there
	ShippedAt      time.Time
	Orders         int
	Lines          int
	Qty            int
}

// PickListsForPartner are the issued lists of a warehouse, oldest first.
func (s *Store) PickListsForPartner(ctx context.Context, warehouse string, f PartnerListFilter) ([]PartnerList, error) {
	var since *time.Time
	if !f.Since.IsZero() {
		t := at(f.Since)
		since = &t
	}
	return collect(ctx, s.pool, "PickListsForPartner", func(r pgx.CollectableRow) (PartnerList, error) {
		var p PartnerList
		return p, r.Scan(&p.Number, (*date)(&p.ShipOn), &p.Class, &p.ReleasedAt, &p.IssuedAt, (*instant)(&p.AcknowledgedAt), (*instant)(&p.ShippedAt), &p.Orders, &p.Lines, &p.Qty)
	}, warehouse, f.State, since, string(f.After), f.Limit)
}

// PickListFile is a document that a list was issued with.
type PickListFile struct {
	ID        int64
	FileName  string
	Format    string // xlsx, pdf or csv
	SHA256    string // also the key of its blob
	SizeBytes int64
}

// PickListFiles are the documents that a list was issued with.
func (s *Store) PickListFiles(ctx context.Context, pickListID int64) ([]PickListFile, error) {
	return collect(ctx, s.pool, "PickListFiles", pgx.RowToStructByPos[PickListFile], pickListID)
}
