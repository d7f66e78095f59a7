package worker

import (
	"context"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/store"
)

// allocateBatch is how many orders one transaction allocates: large enough to be fast, small
// enough to hold its locks briefly.
const allocateBatch = 500

// AllocateOrders works jobs.AllocateOrders: batch after batch until nothing waits.
type AllocateOrders struct {
	river.WorkerDefaults[jobs.AllocateOrders]
	cfg Config
}

// Work implements river.Worker. Backorders come first: they are older (STK-4).
func (w *AllocateOrders) Work(ctx context.Context, job *river.Job[jobs.AllocateOrders]) error {
	for _, backorders := range []bool{true, false} {
		for {
			n := 0
			err := w.cfg.Store.InTx(ctx, func(tx *store.Tx) error {
				var err error
				n, err = tx.AllocateBatch(ctx, allocateBatch, backorders, w.cfg.Store.Now())
				return err
			})
			if err != nil {
				return verdict(err)
			}
			if n == 0 {
				break
			}
		}
	}
	return done(ctx, w.cfg.Store, job)
}
