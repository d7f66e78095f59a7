package store

import (
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"time"
)

// Queries are all named statements.
func Queries() map[string]string { return maps.Clone(queries) }

// ErasureTables are the tables that an erasure takes content from, and those that it leaves alone.
func ErasureTables() []string {
	out := slices.Collect(maps.Keys(erasureSpares))
	for _, e := range erasures {
		out = append(out, e.table)
	}
	return out
}

// PlaceWebOrders writes attempts as one group, as they are when they come while others are written.
func (s *Store) PlaceWebOrders(ctx context.Context, ws []WebOrder, now time.Time) ([]WebAnswer, []error) {
	group := make([]*webAttempt, len(ws))
	for i, w := range ws {
		sum := sha256.Sum256(w.Body)
		group[i] = &webAttempt{WebOrder: w, now: at(now), sum: sum[:]}
	}
	s.writeWebOrders(ctx, slices.Clone(group))
	return column(group, func(a *webAttempt) WebAnswer { return a.answer }), column(group, func(a *webAttempt) error { return a.err })
}
