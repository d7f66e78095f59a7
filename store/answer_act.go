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

// AnswerDoneBy notes that a person told the customer what could not be sent.
func (s *Store) AnswerDoneBy(ctx context.Context, id int64, by string, now time.Time) error {
	return s.AnswerToldBy(ctx, id, "", by, now)
}

// AnswerToldBy is AnswerDoneBy that keeps how the customer was told with the order or fax.
func (s *Store) AnswerToldBy(ctx context.Context, id int64, note, by string, now time.Time) error {
	if by == "" {
		return order.Invalid("KEP-2", "by", "say who told the customer")
	}
	now, note = at(now), strings.TrimSpace(note)
	return s.InTx(ctx, func(tx *Tx) error {
		a, err := tx.answerDone(ctx, id, by, now)
		if err != nil || note == "" {
			return err
		}
		return tx.noteAnswer(ctx, a, by, "The customer was told by "+by+": "+note+".", note, now)
	})
}

// AnswerAgain has an answer that could not be given made anew: by now the customer may have a way.
func (s *Store) AnswerAgain(ctx context.Context, id int64, by string, now time.Time) error {
	if by == "" {
		return order.Invalid("KEP-2", "by", "say who told the customer")
	}
	now = at(now)
	return s.InTx(ctx, func(tx *Tx) error {
		a, err := tx.answerDone(ctx, id, by, now)
		if err != nil {
			return err
		}
		if err := tx.exec(ctx, "AnswerAgain", id, now); err != nil {
			return err
		}
		if err := tx.noteAnswer(ctx, a, by, by+" had the answer made anew.", "", now); err != nil {
			return err
		}
		return tx.Enqueue(ctx, jobs.AnswerCustomers{})
	})
}

// answerDone closes an answer that waits for the desk.
func (tx *Tx) answerDone(ctx context.Context, id int64, by string, now time.Time) (Answer, error) {
	tag, err := tx.tx.Exec(ctx, query("AnswerDone"), id, text(by), now)
	if err != nil {
		return Answer{}, fmt.Errorf("close answer: %w", err)
	}
	all, err := collect(ctx, tx.tx, "AnswerGet", scanAnswer, id)
	switch {
	case err != nil:
		return Answer{}, err
	case len(all) == 0:
		return Answer{}, order.NotFound("answer", fmt.Sprintf("there is no answer %d", id))
	case tag.RowsAffected() == 0:
		return Answer{}, order.Conflict("FAX-3", fmt.Sprintf("answer %d is %s: only one that waits for the desk can be done", id, all[0].State))
	}
	return all[0], nil
}

// noteAnswer keeps what was done about an answer with its order or fax.
func (tx *Tx) noteAnswer(ctx context.Context, a Answer, by, said, note string, now time.Time) error {
	inputs := map[string]any{"answer": a.ID}
	if note != "" {
		inputs["note"] = note
	}
	b := &pgx.Batch{}
	queueEvents(b, a.OrderID, a.DocumentID, []order.Event{{Kind: order.EventNoted, Rule: "FAX-3", By: by, At: now, Text: said, Inputs: order.Inputs(inputs)}})
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("note answer: %w", err)
	}
	return nil
}
