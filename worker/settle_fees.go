package worker

import (
	"context"

	"github.com/riverqueue/river"

	"todoke/jobs"
)

// SettleFees works jobs.SettleFees.
type SettleFees struct {
	river.WorkerDefaults[jobs.SettleFees]
	cfg Config
}

// Work implements river.Worker.
func (w *SettleFees) Work(ctx context.Context, job *river.Job[jobs.SettleFees]) error {
	if _, err := w.cfg.Store.SettleFees(ctx, w.cfg.Store.Now()); err != nil {
		return verdict(err)
	}
	return done(ctx, w.cfg.Store, job)
}
