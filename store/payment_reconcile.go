package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
)

// CardComparison is one time that a day of the card gateway's books was compared with ours (PAY-1).
type CardComparison struct {
	ID          int64      `json:"id,omitempty"`
	Day         order.Date `json:"day"`
	At          time.Time  `json:"at"`
	By          string     `json:"by,omitempty"` // "" is the schedule
	Gateway     string     `json:"gateway"`
	Listed      int        `json:"listed"` // operations in the gateway's list of the day
	Booked      int        `json:"booked"` // operations of ours that they were compared with
	Differences int        `json:"differences"`
	NotAnswered int        `json:"not_answered"` // of ours, about which the gateway gave no answer
}

// CardNotAnswered is the kind of what is no difference yet: the gateway gave no answer, and is asked
// again. The other kinds are those of the package payment.
const CardNotAnswered = "not_answered"

// CardDifference is one thing in which the gateway's books of a day and ours differ.
type CardDifference struct {
	ID        int64        `json:"id,omitempty"`
	Day       order.Date   `json:"day"`
	Kind      string       `json:"kind"`
	Key       string       `json:"key"`
	What      string       `json:"what"` // capture, void, refund
	Reference string       `json:"authorisation"`
	Here      order.Yen    `json:"yen_here"`
	There     order.Yen    `json:"yen_there"`
	GatewayID string       `json:"gateway_id,omitempty"`
	At        time.Time    `json:"at"`              // when it happened
	Order     order.Number `json:"order,omitempty"` // that has the key or the authorisation
	FoundAt   time.Time    `json:"found_at,omitzero"`
	GoneAt    time.Time    `json:"gone_at,omitzero"` // since when comparisons do not find it any more
	SettledAt time.Time    `json:"settled_at,omitzero"`
	SettledBy string       `json:"settled_by,omitempty"`
	Reason    string       `json:"reason,omitempty"`
}

// Open tells that the difference stands, and that nobody settled it.
func (d *CardDifference) Open() bool { return d.GoneAt.IsZero() && d.SettledAt.IsZero() }

// KeepCardComparison keeps what comparing a day came to: the comparison, what it found for the first
// time, and what it did not find any more. What was known and what a person settled stays as it is.
func (tx *Tx) KeepCardComparison(ctx context.Context, c CardComparison, found []CardDifference) error {
	if err := tx.exec(ctx, "CardDayLock", date(c.Day)); err != nil {
		return err
	}
	c.Differences, c.NotAnswered = 0, 0
	for _, d := range found {
		if d.Kind == CardNotAnswered {
			c.NotAnswered++
		} else {
			c.Differences++
		}
	}
	if err := tx.tx.QueryRow(ctx, query("CardComparisonInsert"), date(c.Day), at(c.At), c.By, c.Gateway, c.Listed, c.Booked, c.Differences, c.NotAnswered).Scan(&c.ID); err != nil {
		return fmt.Errorf("keep comparison: %w", err)
	}
	b := &pgx.Batch{}
	for _, d := range found {
		b.Queue(query("CardDifferenceFound"), date(c.Day), d.Kind, bounded(text(d.Key)), d.What, bounded(text(d.Reference)), int64(d.Here), int64(d.There),
			bounded(text(d.GatewayID)), at(d.At), c.ID)
	}
	b.Queue(query("CardDifferencesGone"), date(c.Day), c.ID)
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("keep differences: %w", err)
	}
	return nil
}

// CardDaysUnanswered are days other than the given one of which the gateway left something unanswered.
func (s *Store) CardDaysUnanswered(ctx context.Context, but order.Date, limit int) ([]order.Date, error) {
	return collect(ctx, s.pool, "CardDaysUnanswered", func(r pgx.CollectableRow) (order.Date, error) {
		var d date
		return order.Date(d), r.Scan(&d)
	}, date(but), limit)
}

// CardDay is what comparisons of a day came to, the latest first, and everything that ever differed.
func (s *Store) CardDay(ctx context.Context, day order.Date) ([]CardComparison, []CardDifference, error) {
	all, err := collect(ctx, s.pool, "CardComparisonsOf", func(r pgx.CollectableRow) (CardComparison, error) {
		var c CardComparison
		return c, r.Scan(&c.ID, (*date)(&c.Day), &c.At, &c.By, &c.Gateway, &c.Listed, &c.Booked, &c.Differences, &c.NotAnswered)
	}, date(day))
	if err != nil {
		return nil, nil, err
	}
	found, err := collect(ctx, s.pool, "CardDifferencesOf", func(r pgx.CollectableRow) (CardDifference, error) {
		var d CardDifference
		return d, r.Scan(&d.ID, (*date)(&d.Day), &d.Kind, &d.Key, &d.What, &d.Reference, &d.Here, &d.There, &d.GatewayID, &d.At, &d.Order, &d.FoundAt,
			(*instant)(&d.GoneAt), (*instant)(&d.SettledAt), &d.SettledBy, &d.Reason)
	}, date(day))
	return all, found, err
}

// SettleCardDifference keeps that a person looked into a difference, and what came of it.
func (s *Store) SettleCardDifference(ctx context.Context, id int64, by, reason string, now time.Time) error {
	if by, reason = strings.TrimSpace(by), strings.TrimSpace(reason); by == "" || reason == "" {
		return order.Invalid("KEP-2", "reason", "say why")
	}
	var day date
	err := s.pool.QueryRow(ctx, query("CardDifferenceSettle"), id, text(by), bounded(text(reason)), at(now)).Scan(&day)
	if missing(err) {
		return order.Conflict("PAY-1", "the difference is settled already, or is gone")
	}
	return kinded(err)
}

// CompareCardDay has a day compared once more because a person asks.
func (s *Store) CompareCardDay(ctx context.Context, day order.Date, by string) error {
	return s.InTx(ctx, func(tx *Tx) error { return tx.Enqueue(ctx, jobs.ReconcileCards{Day: day.String(), By: by}) })
}

// PaymentsOn are what was done on a day of Japan's calendar, and what has one of the keys, as far as
// the gateway was asked for it, oldest first: key, kind, reference, amount, state and when.
func (s *Store) PaymentsOn(ctx context.Context, day order.Date, keys []string) ([]Payment, error) {
	return collect(ctx, s.pool, "PaymentsToReconcile", func(r pgx.CollectableRow) (Payment, error) {
		var p Payment
		return p, r.Scan(&p.Key, &p.Kind, &p.Reference, &p.Yen, &p.State, &p.AnsweredAt)
	}, at(day.Start()), at(day.Add(1).Start()), keys)
}
