package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// PaymentsOn are what was done on a day of Japan's calendar, and what has one of the keys, as far as
// the gateway was asked for it, oldest first: key, kind, reference, amount, state and when.
func (s *Store) PaymentsOn(ctx context.Context, day order.Date, keys []string) ([]Payment, error) {
	return collect(ctx, s.pool, "PaymentsToReconcile", func(r pgx.CollectableRow) (Payment, error) {
		var p Payment
		return p, r.Scan(&p.Key, &p.Kind, &p.Reference, &p.Yen, &p.State, &p.AnsweredAt)
	}, at(day.Start()), at(day.Add(1).Start()), keys)
}
