package worker

import (
	"context"

	"github.com/riverqueue/river"

	"todoke/jobs"
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
	settle, err := w.read(ctx, f, data)
	if err != nil {
		return verdict(err)
	}
	return verdict(s.InTx(ctx, func(tx *store.Tx) error {
		if err := settle(tx); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	}))
}

// read decides what a file comes to. What settle does is all that it does.
func (w *ReadPartnerFile) read(ctx context.Context, f store.PartnerFile, data []byte) (settle func(*store.Tx) error, err error) {
	w.cfg.logger().InfoContext(ctx, "a partner's file waits for a person", "file", f.ID, "warehouse", f.WarehouseCode, "name", f.Name, "bytes", len(data))
	return func(*store.Tx) error { return nil }, nil
}
