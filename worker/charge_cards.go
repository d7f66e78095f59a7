package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/payment"
	"todoke/rules"
	"todoke/store"
)

// ChargeCards works jobs.ChargeCards.
type ChargeCards struct {
	river.WorkerDefaults[jobs.ChargeCards]
	cfg Config
}

// Limits of one look at cards.
const (
	chargeBatch = 200
	// chargeClaim is how long a claim stands: longer than any job, so that whoever held it is dead.
	chargeClaim = 2 * jobs.Timeout
)

// Work implements river.Worker.
func (w *ChargeCards) Work(ctx context.Context, job *river.Job[jobs.ChargeCards]) error {
	more, err := chargeCards(ctx, w.cfg, chargeBatch)
	if err != nil {
		return verdict(err)
	}
	return verdict(w.cfg.Store.InTx(ctx, func(tx *store.Tx) error {
		if err := store.Complete(ctx, tx, job); err != nil || !more {
			return err
		}
		return tx.Enqueue(ctx, jobs.ChargeCards{})
	}))
}

// chargeCards plans the captures of goods that may leave, and asks the gateway for up to limit things
// that are due. more tells that it did not get through.
func chargeCards(ctx context.Context, cfg Config, limit int) (more bool, err error) {
	s := cfg.Store
	due, err := s.DueCards(ctx, s.Now(), limit)
	if err != nil {
		return false, err
	}
	var failed []error
	for _, id := range due {
		if err := s.ChargeCard(ctx, id, s.Now()); err != nil {
			failed = append(failed, fmt.Errorf("charge order %d: %w", id, err))
		}
	}
	asked, spent := 0, time.Duration(0)
	for cfg.Cards != nil && asked < limit && spent < jobs.Timeout/4 { // one more may take a status and a request
		p, ok, err := s.ClaimPayment(ctx, chargeClaim, s.Now())
		if err != nil {
			failed = append(failed, err)
			break
		}
		if !ok {
			break
		}
		a := ask(ctx, cfg.Cards, p, s.Now)
		if ctx.Err() != nil { // nothing can be recorded: whoever claims it next asks what became of it
			return false, ctx.Err()
		}
		if _, err := s.RecordPayment(ctx, p, a, s.Now()); err != nil {
			failed = append(failed, fmt.Errorf("record %s: %w", p.Key, err))
		}
		asked++
		spent += s.Now().Sub(a.BeganAt)
	}
	if err := errors.Join(failed...); err != nil {
		return false, order.Temporary("some cards could not be charged", err)
	}
	return len(due) == limit || asked == limit || spent >= jobs.Timeout/4, nil
}

// ask asks the gateway for a payment, and first what became of it where nobody knows: it is asked
// for again, under the same key, only where the gateway never heard of it.
func ask(ctx context.Context, g payment.Gateway, p store.Payment, now func() time.Time) store.PaymentAnswer {
	began := now()
	r := payment.Request{Key: p.Key, Kind: payment.Kind(p.Kind), Reference: p.Reference, Yen: p.Yen}
	a := payment.Answer{Outcome: payment.Unknown}
	if p.Doubtful {
		a = g.Status(ctx, r)
	}
	if a.Outcome == payment.Unknown {
		a = g.Do(ctx, r)
	}
	out := store.PaymentAnswer{Gateway: g.Name(), ID: a.ID, Text: cmp.Or(a.Detail, a.Code), BeganAt: began}
	if a.Code != "" && a.Detail != "" && a.Code != a.Detail {
		out.Text = a.Code + ": " + a.Detail
	}
	switch a.Outcome {
	case payment.Done:
		out.Outcome = rules.AnswerDone
	case payment.Refused:
		out.Outcome = rules.AnswerRefused
	case payment.Temporary:
		out.Outcome = rules.AnswerTemporary
	default:
		out.Outcome = rules.AnswerUncertain
	}
	return out
}
