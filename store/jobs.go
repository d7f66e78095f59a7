package store

import (
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// JobsClient is the queue's client, for its dashboard: it inserts, retries and cancels, and works nothing.
func (s *Store) JobsClient() *river.Client[pgx.Tx] { return s.client }
