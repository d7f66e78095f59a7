package worker

import (
	"context"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/store"
)

// ReleaseWave works jobs.ReleaseWave. A wave that is caught up late releases what is due now:
// the warehouse picks from now on, whatever the hour it was due.
type ReleaseWave struct {
	river.WorkerDefaults[jobs.ReleaseWave]
	cfg Config
}

// Work implements river.Worker.
func (w *ReleaseWave) Work(ctx context.Context, job *river.Job[jobs.ReleaseWave]) error {
	// An order that came just before the day's last wave must not wait for tomorrow's because
	// its allocation has not started yet.
	if err := allocate(ctx, w.cfg.Store); err != nil {
		return verdict(err)
	}
	now := w.cfg.Store.Now()
	return verdict(w.cfg.Store.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.ReleaseWave(ctx, now); err != nil {
			return err
		}
		if err := tx.FinishRun(ctx, job.Args.Schedule, job.Args.DueAt, now); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	}))
}
