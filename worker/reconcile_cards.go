package worker

import (
	"context"

	"todoke/order"
	"todoke/payment"
	"todoke/rules"
	"todoke/store"
)

// ReconcileCards compares what a gateway did on a day of Japan's calendar with what stands here
// (PAY-1). It changes nothing.
func ReconcileCards(ctx context.Context, s *store.Store, g payment.Gateway, day order.Date) ([]payment.Difference, error) {
	listed, err := g.Day(ctx, day)
	if err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(listed))
	for _, e := range listed {
		keys = append(keys, e.Key)
	}
	rows, err := s.PaymentsOn(ctx, day, keys)
	if err != nil {
		return nil, err
	}
	ours := make([]payment.Booked, 0, len(rows))
	for _, p := range rows {
		ours = append(ours, payment.Booked{
			Request: payment.Request{Key: p.Key, Kind: payment.Kind(p.Kind), Reference: p.Reference, Yen: p.Yen},
			Done:    p.State == rules.ChargeDone, Open: p.State.Open(), At: p.AnsweredAt,
		})
	}
	return payment.Reconcile(ctx, g, listed, ours)
}
