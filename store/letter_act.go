package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// GivenLetterAnswer is an answer that a mail was given (FAX-1).
type GivenLetterAnswer struct {
	IssuedID   int64
	Key        string // of its bytes
	AnsweredAt time.Time
	By         string // who wanted it; "" for the program itself
	Reason     string
	To         string
	State      string // of its delivery
	SentAt     time.Time
}

// LetterAnswers are the answers to a mail, oldest first.
func (s *Store) LetterAnswers(ctx context.Context, documentID int64) ([]GivenLetterAnswer, error) {
	return collect(ctx, s.pool, "MailAnswersOf", func(r pgx.CollectableRow) (GivenLetterAnswer, error) {
		var a GivenLetterAnswer
		return a, r.Scan(&a.IssuedID, &a.Key, &a.AnsweredAt, &a.By, &a.Reason, &a.To, &a.State, (*instant)(&a.SentAt))
	}, documentID)
}

// AnswerLetterBy answers a mail with how to order because a person wants so, however often it was
// answered before; whether it may be answered at all, a's verdict says (rules.AnswerLetterByHand).
func (s *Store) AnswerLetterBy(ctx context.Context, a LetterAnswer, by, reason string, now time.Time) error {
	by, reason = strings.TrimSpace(by), strings.TrimSpace(reason)
	switch {
	case by == "" || reason == "":
		return order.Invalid("KEP-2", "reason", "say who answers the mail and why")
	case !a.Verdict.Answer:
		return order.Invalid("FAX-1", "", a.Verdict.Why)
	}
	now = at(now)
	return s.InTx(ctx, func(tx *Tx) error {
		if err := tx.exec(ctx, "MailAnswersLock"); err != nil { // of two who click, the second sees the first
			return err
		}
		var before int
		if err := tx.tx.QueryRow(ctx, query("MailAnswersOfCount"), a.Document).Scan(&before); err != nil {
			return fmt.Errorf("count answers: %w", err)
		}
		number := strconv.FormatInt(a.Document, 10)
		if before > 0 {
			number += "-" + strconv.Itoa(before+1)
		}
		issued, _, err := tx.Issue(ctx, NewIssue{
			Kind: IssueHowToOrder, Number: number, Format: "txt", FileName: IssueHowToOrder + "_" + number + ".txt", Subject: a.Subject,
			Key: a.Key, SizeBytes: a.SizeBytes, Party: a.Verdict.To, DocumentID: a.Document,
		}, now)
		if err != nil {
			return err
		}
		thread := make([]string, len(a.Thread)) // never null
		for i, id := range a.Thread {
			thread[i] = text(id)
		}
		if err := tx.exec(ctx, "MailAnswerByHand", a.Document, a.Verdict.Person, date(order.DateOf(now)), issued, thread, now, text(by), bounded(text(reason))); err != nil {
			return err
		}
		if err := tx.Send(ctx, issued, Recipient{Channel: "mail", Address: a.Verdict.To}, now); err != nil {
			return err
		}
		return tx.note(ctx, a.Document, "FAX-1", by, "answered by mail to "+a.Verdict.To+" with how to order, as "+by+" wants: "+reason,
			order.Inputs(map[string]any{"to": a.Verdict.To, "reason": reason}), now)
	})
}

// FileMail makes a mail a paper of an order: both tell of each other, and the mail's review is closed.
func (s *Store) FileMail(ctx context.Context, documentID int64, n order.Number, note, by string, now time.Time) error {
	by, note = strings.TrimSpace(by), strings.TrimSpace(note)
	if by == "" || note == "" {
		return order.Invalid("KEP-2", "note", "say what was done")
	}
	o, err := s.GetOrder(ctx, n)
	if err != nil {
		return err
	}
	now = at(now)
	return s.InTx(ctx, func(tx *Tx) error { // neither tells of the other alone
		if _, err := tx.done(ctx, documentID, 0, "paper of order "+o.Number.Grouped()+": "+note, by, now); err != nil {
			return err
		}
		b := &pgx.Batch{}
		queueEvents(b, o.ID, 0, []order.Event{{
			Kind: order.EventNoted, Rule: "KEP-2", By: by, At: now, Text: fmt.Sprintf("Mail %d belongs to this order: %s.", documentID, note),
			Inputs: order.Inputs(map[string]any{"mail": documentID, "note": note}),
		}})
		if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("note mail: %w", err)
		}
		return nil
	})
}
