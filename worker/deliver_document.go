package worker

import (
	"context"
	"errors"

	"github.com/riverqueue/river"

	"todoke/delivery/folder"
	"todoke/jobs"
	"todoke/order"
	"todoke/store"
)

// DeliverDocument works jobs.DeliverDocument: it puts an issued document's bytes into the
// partner's folder.
type DeliverDocument struct {
	river.WorkerDefaults[jobs.DeliverDocument]
	cfg Config
}

// Work implements river.Worker: claim, write with no transaction open, record. Killed between
// writing and recording, the next attempt writes the same bytes under the same name: the
// partner sees one file.
func (w *DeliverDocument) Work(ctx context.Context, job *river.Job[jobs.DeliverDocument]) error {
	s := w.cfg.Store
	d, err := s.GetDelivery(ctx, job.Args.DeliveryID)
	if err != nil {
		return verdict(err)
	}
	if d.Sent() {
		return verdict(done(ctx, s, job))
	}
	if _, err := s.ClaimDelivery(ctx, d.ID, s.Now()); err != nil {
		return verdict(err)
	}
	data, err := s.Blobs().Get(d.BlobKey)
	if err != nil {
		return verdict(err)
	}
	path, err := folder.Deliver(w.cfg.Deliver, d.Recipient, d.FileName, data)
	if errors.Is(err, folder.ErrName) {
		return verdict(order.Permanent("the delivery cannot be made: see the folder for deliveries and the warehouse's code", err))
	}
	if err != nil {
		return verdict(order.Temporary("the folder for deliveries cannot be written to", err))
	}
	return verdict(s.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.DeliverySent(ctx, d.ID, path, s.Now()); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	}))
}
