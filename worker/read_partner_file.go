package worker

import (
	"context"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/store"
)

// ReadPartnerFile works jobs.ReadPartnerFile.
type ReadPartnerFile struct {
	river.WorkerDefaults[jobs.ReadPartnerFile]
	cfg Config
}

// Work implements river.Worker.
func (w *ReadPartnerFile) Work(ctx context.Context, job *river.Job[jobs.ReadPartnerFile]) error {
	s := w.cfg.Store
	f, err := s.GetPartnerFile(ctx, job.Args.PartnerFileID)
	if err != nil {
		return verdict(err)
	}
	if f.State != store.PartnerFileReceived {
		return verdict(done(ctx, s, job))
	}
	data, err := s.Blobs().Get(f.SHA256)
	if err != nil {
		return verdict(err)
	}
	settle, err := w.cfg.ReadPartnerFile(ctx, f, data)
	if err != nil {
		return verdict(err)
	}
	err = s.InTx(ctx, func(tx *store.Tx) error {
		v, err := settle(tx)
		if err != nil {
			return err
		}
		w.cfg.logger().InfoContext(ctx, "a partner's file was read", "file", f.ID, "warehouse", f.WarehouseCode, "name", f.Name, "kind", v.Kind, "rows", v.Rows, "faults", len(v.Faults))
		return store.Complete(ctx, tx, job)
	})
	if order.KindOf(err) == order.KindConflict { // who handed it in had it applied at once
		if now, getErr := s.GetPartnerFile(ctx, f.ID); getErr == nil && now.State != store.PartnerFileReceived {
			return verdict(done(ctx, s, job))
		}
	}
	return verdict(err)
}
