package worker

import (
	"context"

	"github.com/riverqueue/river"

	"todoke/jobs"
)

// ReplanShipments works jobs.ReplanShipments.
type ReplanShipments struct {
	river.WorkerDefaults[jobs.ReplanShipments]
	cfg Config
}

// Work implements river.Worker.
func (w *ReplanShipments) Work(ctx context.Context, job *river.Job[jobs.ReplanShipments]) error {
	if _, err := w.cfg.Store.ReplanShipments(ctx, w.cfg.Store.Now()); err != nil {
		return verdict(err)
	}
	return done(ctx, w.cfg.Store, job)
}
