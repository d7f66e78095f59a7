package worker

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/payment"
	"todoke/rules"
	"todoke/store"
)

// ReconcileCards works jobs.ReconcileCards.
type ReconcileCards struct {
	river.WorkerDefaults[jobs.ReconcileCards]
	cfg Config
}

// Timeout implements river.Worker.
func (w *ReconcileCards) Timeout(*river.Job[jobs.ReconcileCards]) time.Duration {
	return jobs.BooksTimeout
}

// moreDays is how many other days a run compares anew because the gateway left something unanswered.
const moreDays = 5

// Work implements river.Worker.
func (w *ReconcileCards) Work(ctx context.Context, job *river.Job[jobs.ReconcileCards]) error {
	s := w.cfg.Store
	day := order.DateOf(job.Args.DueAt).Add(-1)
	if job.Args.Day != "" {
		var err error
		if day, err = order.ParseDate(job.Args.Day); err != nil {
			return verdict(err)
		}
	}
	var all []CardBooks
	if w.cfg.Cards != nil {
		books, err := CompareCards(ctx, s, w.cfg.Cards, day)
		if err != nil {
			return verdict(err)
		}
		all = append(all, books)
		days, err := s.CardDaysUnanswered(ctx, day, moreDays)
		if err != nil {
			return verdict(err)
		}
		for _, d := range days {
			books, err := CompareCards(ctx, s, w.cfg.Cards, d)
			if err != nil { // the next run asks again
				w.cfg.logger().WarnContext(ctx, "the card gateway's books of an earlier day cannot be compared", "day", d, "error", err)
				continue
			}
			all = append(all, books)
		}
	}
	now := s.Now()
	return verdict(s.InTx(ctx, func(tx *store.Tx) error {
		for _, b := range all {
			if err := b.Keep(ctx, tx, job.Args.By, now); err != nil {
				return err
			}
			w.cfg.logger().InfoContext(ctx, "the card gateway's books were compared", "day", b.Day, "listed", b.Listed, "booked", b.Booked, "differences", len(b.Found))
		}
		if job.Args.Schedule != "" {
			if err := tx.FinishRun(ctx, job.Args.Schedule, job.Args.DueAt, now); err != nil {
				return err
			}
		}
		return store.Complete(ctx, tx, job)
	}))
}

// CardBooks is what comparing a day of the gateway's books with ours came to.
type CardBooks struct {
	store.CardComparison
	Found []payment.Difference
}

// Keep keeps it, as of an instant.
func (b CardBooks) Keep(ctx context.Context, tx *store.Tx, by string, now time.Time) error {
	found := make([]store.CardDifference, 0, len(b.Found))
	for _, d := range b.Found {
		found = append(found, store.CardDifference{
			Kind: d.Kind, Key: d.Key, What: string(d.What), Reference: d.Ref, Here: d.Here, There: d.There, GatewayID: d.ID, At: d.At,
		})
	}
	b.By, b.At = by, now
	return tx.KeepCardComparison(ctx, b.CardComparison, found)
}

// CompareCards compares what a gateway did on a day of Japan's calendar with what stands here
// (PAY-1). It changes nothing.
func CompareCards(ctx context.Context, s *store.Store, g payment.Gateway, day order.Date) (CardBooks, error) {
	out := CardBooks{CardComparison: store.CardComparison{Day: day, Gateway: g.Name()}}
	listed, err := g.Day(ctx, day)
	if err != nil {
		return out, err
	}
	keys := make([]string, 0, len(listed))
	for _, e := range listed {
		keys = append(keys, e.Key)
	}
	rows, err := s.PaymentsOn(ctx, day, keys)
	if err != nil {
		return out, err
	}
	ours := make([]payment.Booked, 0, len(rows))
	for _, p := range rows {
		ours = append(ours, payment.Booked{
			Request: payment.Request{Key: p.Key, Kind: payment.Kind(p.Kind), Reference: p.Reference, Yen: p.Yen},
			Done:    p.State == rules.ChargeDone, Open: p.State.Open(), At: p.AnsweredAt,
		})
	}
	out.Listed, out.Booked, out.Found = len(listed), len(ours), payment.Reconcile(ctx, g, listed, ours)
	return out, ctx.Err()
}
