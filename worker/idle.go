package worker

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"todoke/store"
)

// WaitIdle returns when no job is left to work, retries included. Jobs that another process
// works are noticed within a second.
func WaitIdle(ctx context.Context, client *river.Client[pgx.Tx], s *store.Store) error {
	events, cancel := client.Subscribe(river.EventKindJobCompleted, river.EventKindJobCancelled, river.EventKindJobFailed)
	defer cancel()
	for {
		n, err := s.Unfinished(ctx)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-events:
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
