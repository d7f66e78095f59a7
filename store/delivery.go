package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

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
