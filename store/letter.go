package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// IssueHowToOrder is the kind of the mail that answers a mail without any fax (FAX-1).
const IssueHowToOrder = "how_to_order"

// LetterAnswer is the answer to a mail without any fax, rendered. Its bytes are in the blob folder
// under Key.
type LetterAnswer struct {
	Document  int64 // the mail
	Verdict   rules.LetterVerdict
	Subject   string
	Key       string
	SizeBytes int
	Thread    []string // message ids for References, oldest first; the last is that of the mail
}

// AnswerLetter sends the answer to a mail, where the rule says that it is answered and neither its
// sender nor all senders together have had as many as they may (rules.Settings), and records what was
// decided and why (FAX-1). A person is answered once a day at most: that is a constraint of the
// database. sent tells whether an answer goes out.
func (tx *Tx) AnswerLetter(ctx context.Context, a LetterAnswer, now time.Time) (sent bool, err error) {
	now = at(now)
	v := a.Verdict
	inputs := map[string]any{"to": v.To, "field": v.Field, "value": v.Value}
	decided := func(text string) error {
		return tx.note(ctx, a.Document, "FAX-1", "", text, order.Inputs(inputs), now)
	}
	if !v.Answer {
		text := "not answered by mail: " + v.Why
		if v.Field != "" {
			text += fmt.Sprintf(" (%s: %s)", v.Field, v.Value)
		}
		return false, decided(text)
	}
	if err := tx.exec(ctx, "MailAnswersLock"); err != nil {
		return false, err
	}
	s := tx.s.settings
	today := order.DateOf(now)
	var all, toPerson, toThis int
	if err := tx.tx.QueryRow(ctx, query("MailAnswersCount"), date(today), v.Person, date(today.Add(-s.MailAnswerPauseDays)), a.Document).Scan(&all, &toPerson, &toThis); err != nil {
		return false, fmt.Errorf("count answers: %w", err)
	}
	inputs["answers_today"], inputs["answers_to_sender"] = all, toPerson
	switch {
	case toThis > 0:
		return false, decided("not answered by mail: it was answered before")
	case toPerson > 0:
		return false, decided(fmt.Sprintf("not answered by mail: %s has had an answer (rules.mail_answer_pause_days %d)", v.Person, s.MailAnswerPauseDays))
	case all >= s.MailAnswersPerDay:
		return false, decided(fmt.Sprintf("not answered by mail: %d answers have gone out today (rules.mail_answers_per_day %d)", all, s.MailAnswersPerDay))
	}
	number := strconv.FormatInt(a.Document, 10)
	issued, _, err := tx.Issue(ctx, NewIssue{
		Kind: IssueHowToOrder, Number: number, Format: "txt", FileName: IssueHowToOrder + "_" + number + ".txt", Subject: a.Subject,
		Key: a.Key, SizeBytes: a.SizeBytes, Party: v.To, DocumentID: a.Document,
	}, now)
	if err != nil {
		return false, err
	}
	thread := make([]string, len(a.Thread)) // never null
	for i, id := range a.Thread {
		thread[i] = text(id)
	}
	if err := tx.exec(ctx, "MailAnswerInsert", a.Document, v.Person, date(today), issued, thread, now); err != nil {
		return false, err
	}
	if err := tx.Send(ctx, issued, Recipient{Channel: "mail", Address: v.To}, now); err != nil {
		return false, err
	}
	return true, decided("answered by mail to " + v.To + " with how to order: " + v.Why)
}

// MailThread are the message ids that an issued mail answers, without brackets, oldest first: the
// last is for In-Reply-To, all are for References (RFC 5322, 3.6.4). A mail that has any is an
// automatic answer, and says so (RFC 3834, 5). None for other documents.
func (s *Store) MailThread(ctx context.Context, issuedID int64) ([]string, error) {
	var thread []string
	err := s.pool.QueryRow(ctx, query("MailThread"), issuedID).Scan(&thread)
	if missing(err) {
		return nil, nil
	}
	return thread, kinded(err)
}

// MailPart is a thing that was attached to a mail, and what became of it.
type MailPart struct {
	No        int    `json:"no"`
	Path      string `json:"path"` // place in the mail, such as "1.2"
	FileName  string `json:"file_name,omitempty"`
	MediaType string `json:"media_type"`
	SizeBytes int64  `json:"size_bytes"`
	Document  int64  `json:"document,omitempty"` // the document that it became; 0 for decoration, which stays in the mail
	Why       string `json:"why"`
}

// AddMailPart records what became of a thing that was attached to a mail.
func (tx *Tx) AddMailPart(ctx context.Context, mail int64, p MailPart) error {
	return tx.exec(ctx, "MailPartInsert", mail, p.No, text(p.Path), bounded(text(p.FileName)), bounded(text(p.MediaType)), p.SizeBytes, null(p.Document), text(p.Why))
}

// MailParts are the things that were attached to a mail, in their order.
func (s *Store) MailParts(ctx context.Context, mail int64) ([]MailPart, error) {
	return collect(ctx, s.pool, "MailParts", pgx.RowToStructByPos[MailPart], mail)
}
