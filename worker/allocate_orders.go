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

// Work implements river.Worker.
func (w *AllocateOrders) Work(ctx context.Context, job *river.Job[jobs.AllocateOrders]) error {
	if err := allocate(ctx, w.cfg.Store); err != nil {
		return verdict(err)
	}
	return done(ctx, w.cfg.Store, job)
}

// allocate reserves stock for all that waits. Backorders come first: they are older (STK-4).
func allocate(ctx context.Context, s *store.Store) error {
	for _, backorders := range []bool{true, false} {
		for {
			n := 0
			err := s.InTx(ctx, func(tx *store.Tx) error {
				var err error
				n, err = tx.AllocateBatch(ctx, allocateBatch, backorders, s.Now())
				return err
			})
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	for { // who still waits is told of another day
		if n, err := s.TellRestock(ctx, allocateBatch, s.Now()); err != nil || n == 0 {
			return err
		}
	}
}
