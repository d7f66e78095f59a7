package worker

import (
	"context"

	"github.com/riverqueue/river"

	"todoke/jobs"
)

// SealArchive works jobs.SealArchive.
type SealArchive struct {
	river.WorkerDefaults[jobs.SealArchive]
	cfg Config
}

// Work implements river.Worker. Each batch commits on its own: what an interrupted run sealed stays
// sealed.
func (w *SealArchive) Work(ctx context.Context, job *river.Job[jobs.SealArchive]) error {
	n, err := w.cfg.Store.Seal(ctx)
	if n > 0 {
		w.cfg.logger().DebugContext(ctx, "archive sealed", "entries", n)
	}
	if err != nil {
		return verdict(err)
	}
	return verdict(done(ctx, w.cfg.Store, job))
}
