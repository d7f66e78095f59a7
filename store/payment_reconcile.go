package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/payment"
	"todoke/rules"
)

// Reconcile compares what a gateway did on a day of Japan's calendar with what stands here (PAY-1).
func (s *Store) Reconcile(ctx context.Context, g payment.Gateway, day order.Date) ([]payment.Difference, error) {
	listed, err := g.Day(ctx, day)
	if err != nil {
		return nil, err
	}
	keys := column(listed, func(e payment.Entry) string { return e.Key })
	ours, err := collect(ctx, s.pool, "PaymentsToReconcile", func(r pgx.CollectableRow) (payment.Booked, error) {
		var b payment.Booked
		var state rules.ChargeState
		err := r.Scan(&b.Key, &b.Kind, &b.Reference, &b.Yen, &state, &b.At)
		b.Done, b.Open = state == rules.ChargeDone, state.Open()
		return b, err
	}, at(day.Start()), at(day.Add(1).Start()), keys)
	if err != nil {
		return nil, err
	}
	return payment.Reconcile(ctx, g, listed, ours)
}
