package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// Reread is a page that a person turned, to be read again as it lies now.
type Reread struct {
	ID         int64
	PageID     int64
	DocumentID int64
	PageNo     int
	FileNo     int // number of the page in the document's bytes
	Turn       int // degrees clockwise by which the stored picture is turned before it is read
	By         string
	Done       bool
	Outcome    string
}

// AskReread has an open review's page read again, its picture turned clockwise by 0, 90, 180 or 270
// degrees first. The bytes as received stay as they are. What persons keyed stays, too.
func (s *Store) AskReread(ctx context.Context, documentID int64, page, turn int, by string, now time.Time) (Review, error) {
	now = at(now)
	if by = strings.TrimSpace(by); by == "" {
		return Review{}, order.Invalid("KEP-2", "by", "say who settles this")
	}
	if !slices.Contains([]int{0, 90, 180, 270}, turn) {
		return Review{}, order.Invalid("FAX-2", "turn", "turn the page by 0, 90, 180 or 270 degrees")
	}
	var r Review
	err := s.InTx(ctx, func(tx *Tx) error {
		var err error
		if r, err = tx.findReview(ctx, documentID, page); err != nil {
			return err
		}
		if r.PageID == 0 {
			return order.Invalid("FAX-2", "page", "only a page can be turned: name it as DOC.PAGE")
		}
		var id int64
		if err := tx.tx.QueryRow(ctx, query("RereadInsert"), r.PageID, turn, by, now).Scan(&id); err != nil {
			return fmt.Errorf("insert reread: %w", err)
		}
		if err := tx.note(ctx, documentID, "FAX-2", by, fmt.Sprintf("page %s turned by %d degrees by %s, to be read again", r.Name(), turn, by),
			order.Inputs(map[string]any{"review": r.Name(), "turn": turn}), now); err != nil {
			return err
		}
		return tx.Enqueue(ctx, jobs.RereadPage{RereadID: id})
	})
	return r, err
}

// GetReread is what a job was asked for.
func (s *Store) GetReread(ctx context.Context, id int64) (Reread, error) {
	r := Reread{ID: id}
	err := s.pool.QueryRow(ctx, query("RereadGet"), id).Scan(&r.PageID, &r.DocumentID, &r.PageNo, &r.FileNo, &r.Turn, &r.By, &r.Done)
	if missing(err) {
		return r, order.NotFound("page", "nobody asked to read this page again")
	}
	return r, kinded(err)
}

// LatestReread is the last time that a page was to be read again; ok is false where it never was.
func (s *Store) LatestReread(ctx context.Context, pageID int64) (r Reread, ok bool, err error) {
	r.PageID = pageID
	err = s.pool.QueryRow(ctx, query("RereadLatest"), pageID).Scan(&r.ID, &r.Turn, &r.Done, &r.Outcome)
	if missing(err) {
		return r, false, nil
	}
	return r, err == nil, kinded(err)
}

// SaveReread keeps what was read of a turned page: as one more reading, and in its review as far as
// nobody settled it or said otherwise. With draft nil the page could not be read; the review stays
// as it was, and outcome says why.
func (tx *Tx) SaveReread(ctx context.Context, a Reread, draft *order.Draft, outcome string, now time.Time) error {
	now = at(now)
	if err := tx.exec(ctx, "ReviewsLock", a.DocumentID); err != nil {
		return err
	}
	if err := tx.exec(ctx, "RereadDone", a.ID, now, outcome); err != nil {
		return err
	}
	all, err := collect(ctx, tx.tx, "ReviewsByDocument", scanReview, a.DocumentID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(r Review) bool { return r.PageID == a.PageID && r.State == ReviewOpen })
	if i < 0 || draft == nil {
		return tx.note(ctx, a.DocumentID, "FAX-2", "", "page "+a.name()+" was to be read again: "+outcome, nil, now)
	}
	r := all[i]
	reading := *draft // with what was read of pages that are joined to it
	before, err := findDraft(ctx, tx.tx, r.PageID)
	if err != nil {
		return err
	}
	if before != nil {
		reading = rules.Reread(*before, *draft)
	}
	if err := tx.addDraft(ctx, r.PageID, &reading, now); err != nil {
		return err
	}
	merged := *draft
	if r.Draft != nil {
		merged = rules.Reread(*r.Draft, *draft)
	}
	docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{a.DocumentID})
	if err != nil {
		return err
	}
	// What stands against the page beside its reading stands still.
	reasons := slices.DeleteFunc(slices.Clone(r.Reasons), func(e *order.Error) bool { return e.Rule != "FAX-5" && e.Rule != "FAX-3" && e.Rule != "CUT-3" })
	received := docs[0].ReceivedAt
	if at, problem := rules.ReceivedOf(&merged, received); problem == nil { // CUT-3: as a person decided
		received = at
	}
	_, unclear := rules.RequestOf(merged, order.Source{DocumentID: a.DocumentID, Page: a.PageNo}, received)
	reasons = append(reasons, unclear...)
	if len(reasons) == 0 {
		reasons = append(reasons, order.Invalid("FAX-2", "", "the page was turned and read again"))
	}
	r.Draft, r.Reasons = &merged, reasons
	if err := tx.weigh(ctx, r.ID, reasons, r.Draft, order.DateOf(received)); err != nil {
		return err
	}
	if err := tx.note(ctx, a.DocumentID, "FAX-2", "", "page "+a.name()+" was read again as "+a.By+" turned it: "+outcome,
		order.Inputs(map[string]any{"review": a.name(), "turn": a.Turn, "form": draft.Form, "decision": draft.Decision, "fields": len(draft.Fields)}), now); err != nil {
		return err
	}
	if err := tx.wantPageAnswer(ctx, a.DocumentID, r.Draft, now); err != nil {
		return err
	}
	return tx.saveReview(ctx, r)
}

func (a Reread) name() string { return Review{DocumentID: a.DocumentID, PageNo: a.PageNo}.Name() }

// addDraft keeps one more reading of a page; earlier ones stay.
func (tx *Tx) addDraft(ctx context.Context, pageID int64, d *order.Draft, now time.Time) error {
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode draft: %w", err)
	}
	return tx.exec(ctx, "DraftInsert", pageID, text, at(now))
}
