package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// PageKind is what a page was taken for, and by whom.
type PageKind struct {
	DocumentID int64           `json:"-"`
	PageNo     int             `json:"-"`
	Kind       order.PageKind  `json:"kind"`
	Sure       bool            `json:"sure"`   // a fact or a person's word, not a suggestion
	Closed     bool            `json:"closed"` // it closed the page without a person (PGE-2, PGE-4)
	Rule       string          `json:"rule"`
	Evidence   []string        `json:"evidence"`
	Look       *order.PageLook `json:"look,omitempty"`
	By         string          `json:"by,omitempty"` // the person; "" is the reader
	At         time.Time       `json:"at"`
}

// Words say it in one line: "cover sheet (送付状)?" is a suggestion.
func (k PageKind) Words() string {
	s := k.Kind.Words()
	if !k.Sure {
		s += "?"
	}
	if k.By != "" {
		s += " by " + k.By
	}
	return s
}

// PageKinds are what the pages of documents were taken for, the latest of each page first.
func (s *Store) PageKinds(ctx context.Context, documentIDs ...int64) ([]PageKind, error) {
	return collect(ctx, s.pool, "PageKinds", func(r pgx.CollectableRow) (PageKind, error) {
		var k PageKind
		var evidence, look []byte
		if err := r.Scan(&k.DocumentID, &k.PageNo, &k.Kind, &k.Sure, &k.Closed, &k.Rule, &evidence, &look, &k.By, &k.At); err != nil {
			return k, err
		}
		if look != nil {
			k.Look = &order.PageLook{}
			if err := json.Unmarshal(look, k.Look); err != nil {
				return k, err
			}
		}
		return k, json.Unmarshal(evidence, &k.Evidence)
	}, list(documentIDs))
}

// AddPageKind saves what the reader takes a page for, with its print where it has one.
func (tx *Tx) AddPageKind(ctx context.Context, pageID int64, v rules.PageVerdict, look *order.PageLook, print []byte, now time.Time) error {
	if err := tx.addPageKind(ctx, pageID, v, look, "", now); err != nil || len(print) == 0 {
		return err
	}
	return tx.exec(ctx, "PagePrintInsert", pageID, print)
}

func (tx *Tx) addPageKind(ctx context.Context, pageID int64, v rules.PageVerdict, look *order.PageLook, by string, now time.Time) error {
	evidence, err := json.Marshal(list(v.Evidence))
	if err != nil {
		return fmt.Errorf("encode evidence: %w", err)
	}
	var text []byte
	if look != nil {
		if text, err = json.Marshal(look); err != nil {
			return fmt.Errorf("encode look: %w", err)
		}
	}
	return tx.exec(ctx, "PageKindInsert", pageID, string(v.Kind), v.Sure, v.Close, v.Rule, evidence, text, by, at(now))
}

// judgePage keeps a person's word on what a page is, for pages to come (PGE-3).
func (tx *Tx) judgePage(ctx context.Context, r Review, kind order.PageKind, by string, now time.Time) error {
	if r.PageID == 0 {
		return nil
	}
	return tx.addPageKind(ctx, r.PageID, rules.PageVerdict{Kind: kind, Sure: true, Rule: "PGE-3"}, nil, by, now)
}

// judgeSettled keeps that a page which was taken for no order form became an order all the same.
func (tx *Tx) judgeSettled(ctx context.Context, r Review, by string, now time.Time) error {
	var kind order.PageKind
	err := tx.tx.QueryRow(ctx, query("PageKindOfPage"), r.PageID).Scan(&kind)
	if missing(err) || err == nil && kind.Form() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find page kind: %w", err)
	}
	return tx.judgePage(ctx, r, order.PageUnknown, by, now)
}

// JudgedPage is a page that a person judged, with what it looks like.
type JudgedPage struct {
	DocumentID int64
	No         int
	BlobKey    string
	Kind       order.PageKind
	By         string
	Print      []byte
	SameSender bool
}

// Name is how people name the page.
func (p JudgedPage) Name() string { return Review{DocumentID: p.DocumentID, PageNo: p.No}.Name() }

// mostJudged is how many judgements of persons are looked back at.
const mostJudged = 1000

// JudgedPages are the pages that people judged lately, the newest first, for a document with the
// given caller and the customers whose forms it holds.
func (s *Store) JudgedPages(ctx context.Context, documentID int64, caller string, customers []string) ([]JudgedPage, error) {
	return collect(ctx, s.pool, "PagesJudged", pgx.RowToStructByPos[JudgedPage], documentID, caller, list(customers), mostJudged)
}

// CallerIsCustomer tells whether a number is registered as a customer's fax.
func (tx *Tx) CallerIsCustomer(ctx context.Context, caller string) (ok bool, err error) {
	if caller == "" {
		return false, nil
	}
	if err := tx.tx.QueryRow(ctx, query("SenderIsCustomer"), caller).Scan(&ok); err != nil {
		return false, fmt.Errorf("find sender: %w", err)
	}
	return ok, nil
}

// Done closes a review of what a person dealt with outside, such as a return request or a letter:
// note says how. It is kept like any other, and no order is made. The closed review is returned.
func (s *Store) Done(ctx context.Context, documentID int64, page int, note, by string, now time.Time) (Review, error) {
	now = at(now)
	by, note = strings.TrimSpace(by), strings.TrimSpace(note)
	if by == "" || note == "" {
		return Review{}, order.Invalid("KEP-2", "note", "say who dealt with it and how: --by NAME --note TEXT")
	}
	var r Review
	err := s.InTx(ctx, func(tx *Tx) (err error) {
		r, err = tx.done(ctx, documentID, page, note, by, now)
		return err
	})
	return r, err
}

func (tx *Tx) done(ctx context.Context, documentID int64, page int, note, by string, now time.Time) (Review, error) {
	r, err := tx.findReview(ctx, documentID, page)
	if err != nil {
		return r, err
	}
	r.State, r.ClosedAt, r.ClosedBy = ReviewHandled, now, by
	text := "handled by " + by + ": " + note
	if err := tx.note(ctx, documentID, "KEP-2", by, "review "+r.Name()+" "+text, nil, now); err != nil {
		return r, err
	}
	if r.PageID != 0 {
		if err := tx.judgeSettled(ctx, r, by, now); err != nil {
			return r, err
		}
	}
	rest, err := tx.rest(ctx, r)
	if err != nil {
		return r, err
	}
	return r, tx.closeReview(ctx, r, PageHandled, rest, text, now)
}
