package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"

	"todoke/order"
)

// ArchiveParty is a counterparty as it was called at the time; any part may be unknown.
type ArchiveParty struct {
	Code    string `json:"code,omitempty"`    // customer or warehouse
	Name    string `json:"name,omitempty"`    // department or warehouse
	Company string `json:"company,omitempty"` //
	Contact string `json:"contact,omitempty"` // caller's number or mail address
}

// search is what searches are compared with.
func (p ArchiveParty) search() string {
	return strings.Join([]string{foldParty(p.Code), foldParty(p.Company + p.Name), foldParty(p.Contact)}, "\n")
}

// Narrow is a text as it is looked for: full-width letters, digits and signs become half-width ones.
func Narrow(s string) string { return norm.NFKC.String(s) }

// foldParty makes texts equal that people write in more than one way: full and half width, large
// and small letters, blanks, hyphens of numbers and codes.
func foldParty(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t', '\n', '\r', '‐', '‑', '–', '—', '−', '　':
			return -1
		}
		return r
	}, strings.ToLower(norm.NFKC.String(s)))
}

// ArchiveFacts are what a document, a page of it or an issued document is searched by (KEP-1).
type ArchiveFacts struct {
	ID           int64        `json:"id"`
	DocumentID   int64        `json:"document,omitempty"`
	Page         int          `json:"page,omitempty"` // 0 is the document as a whole
	IssuedID     int64        `json:"issued,omitempty"`
	OrderID      int64        `json:"-"`
	Party        ArchiveParty `json:"party"`
	AmountYen    *int64       `json:"amount_yen"` // including tax; null where it is about no money
	TransactedOn order.Date   `json:"transacted_on"`
	Reason       string       `json:"reason"`       // what it was taken from, or a person's words
	By           string       `json:"by,omitempty"` // the person
	RecordedAt   time.Time    `json:"recorded_at"`
	Replaces     int64        `json:"replaces,omitempty"`
}

type factKey struct {
	document int64
	page     int
	issued   int64
}

func (f ArchiveFacts) key() factKey { return factKey{f.DocumentID, f.Page, f.IssuedID} }

func (f ArchiveFacts) same(g ArchiveFacts) bool {
	return f.OrderID == g.OrderID && f.Party == g.Party && f.TransactedOn == g.TransactedOn &&
		(f.AmountYen == nil) == (g.AmountYen == nil) && (f.AmountYen == nil || *f.AmountYen == *g.AmountYen)
}

func scanFact(r pgx.Row) (f ArchiveFacts, erased bool, err error) {
	err = r.Scan(&f.ID, &f.DocumentID, &f.Page, &f.IssuedID, &f.OrderID, &f.Party.Code, &f.Party.Name, &f.Party.Company, &f.Party.Contact,
		&f.AmountYen, (*date)(&f.TransactedOn), &f.Reason, &f.By, &f.RecordedAt, &f.Replaces, &erased)
	return f, erased, err
}

// updateFacts writes what documents and issued documents are about where that is not what was
// written last. What a person stated stays.
func (tx *Tx) updateFacts(ctx context.Context, documents, issued []int64, now time.Time) error {
	if len(documents)+len(issued) == 0 {
		return nil
	}
	wanted, err := tx.wantedFacts(ctx, documents, issued)
	if err != nil {
		return err
	}
	current, err := collect(ctx, tx.tx, "ArchiveFactsNow", func(r pgx.CollectableRow) (ArchiveFacts, error) {
		f, _, err := scanFact(r)
		return f, err
	}, list(documents), list(issued))
	if err != nil {
		return err
	}
	newest := map[factKey]ArchiveFacts{}
	for _, f := range current {
		newest[f.key()] = f
	}
	var out []ArchiveFacts
	seen := map[factKey]bool{}
	for _, f := range wanted {
		seen[f.key()] = true
		last, ok := newest[f.key()]
		if ok && (last.By != "" || last.same(f)) {
			continue
		}
		f.Replaces = last.ID
		out = append(out, f)
	}
	for _, f := range current { // pages that are no order any more
		if !seen[f.key()] && f.OrderID != 0 && f.By == "" {
			f.Replaces, f.OrderID, f.AmountYen, f.Reason = f.ID, 0, nil, "the page is no order any more"
			out = append(out, f)
		}
	}
	return tx.insertFacts(ctx, out, now)
}

func (tx *Tx) wantedFacts(ctx context.Context, documents, issued []int64) ([]ArchiveFacts, error) {
	var out []ArchiveFacts
	if len(documents) > 0 {
		found, err := collect(ctx, tx.tx, "ArchiveWantedDocuments", func(r pgx.CollectableRow) (f ArchiveFacts, err error) {
			var number string
			err = r.Scan(&f.DocumentID, &f.Page, &f.OrderID, &f.Party.Code, &f.Party.Name, &f.Party.Company, &f.Party.Contact,
				&f.AmountYen, (*date)(&f.TransactedOn), &number)
			f.Reason = "as received"
			if number != "" {
				f.Reason = "order " + number
			}
			return f, err
		}, documents)
		if err != nil {
			return nil, err
		}
		out = found
	}
	if len(issued) > 0 {
		found, err := collect(ctx, tx.tx, "ArchiveWantedIssued", func(r pgx.CollectableRow) (f ArchiveFacts, err error) {
			return f, r.Scan(&f.IssuedID, &f.OrderID, &f.Party.Code, &f.Party.Name, &f.Party.Company, &f.Party.Contact,
				&f.AmountYen, (*date)(&f.TransactedOn), &f.Reason)
		}, issued)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// insertFacts writes facts, and their parties where they are new.
func (tx *Tx) insertFacts(ctx context.Context, facts []ArchiveFacts, now time.Time) error {
	if len(facts) == 0 {
		return nil
	}
	var codes, names, companies, contacts, searches []string
	seen := map[ArchiveParty]bool{}
	for _, f := range facts {
		if p := f.Party; !seen[p] {
			seen[p] = true
			codes, names, companies = append(codes, p.Code), append(names, p.Name), append(companies, p.Company)
			contacts, searches = append(contacts, p.Contact), append(searches, p.search())
		}
	}
	if err := tx.exec(ctx, "ArchivePartiesAdd", codes, names, companies, contacts, searches); err != nil {
		return err
	}
	ids := map[ArchiveParty]int64{}
	if _, err := collect(ctx, tx.tx, "ArchivePartyIDs", func(r pgx.CollectableRow) (p ArchiveParty, err error) {
		var id int64
		err = r.Scan(&id, &p.Code, &p.Name, &p.Company, &p.Contact)
		ids[p] = id
		return p, err
	}, codes, names, companies, contacts); err != nil {
		return err
	}
	rows := make([][]any, 0, len(facts))
	for _, f := range facts {
		rows = append(rows, []any{
			null(f.DocumentID), f.Page, null(f.IssuedID), null(f.OrderID), ids[f.Party], f.AmountYen, date(f.TransactedOn),
			f.Reason, f.By, now, null(f.Replaces),
		})
	}
	_, err := tx.tx.CopyFrom(ctx, pgx.Identifier{"archive_facts"}, []string{
		"document_id", "page_no", "issued_document_id", "order_id", "party_id", "amount_yen", "transacted_on", "reason", "by", "recorded_at", "replaces",
	}, pgx.CopyFromRows(rows))
	if err != nil {
		return fmt.Errorf("write archive facts: %w", err)
	}
	return nil
}

// Description is what a person states of a document that nothing else tells: an invoice that came
// by mail, say. What is nil stays as it is.
type Description struct {
	Party        *ArchiveParty
	AmountYen    *int64
	TransactedOn order.Date
	Reason, By   string
}

// Describe corrects what a document, or one page of it, is searched by. What was written before
// stays as history.
func (s *Store) Describe(ctx context.Context, documentID int64, page int, d Description, now time.Time) error {
	switch {
	case d.By == "":
		return order.Invalid("KEP-2", "by", "say who states this")
	case d.Reason == "":
		return order.Invalid("KEP-1", "reason", "say why: --reason TEXT")
	case d.AmountYen != nil && *d.AmountYen < 0:
		return order.Invalid("KEP-1", "amount-yen", "an amount is not below zero")
	}
	if _, err := s.Seal(ctx); err != nil { // the first facts are written by sealing
		return err
	}
	return s.InTx(ctx, func(tx *Tx) error {
		if err := tx.exec(ctx, "ArchiveLock"); err != nil {
			return err
		}
		var id int64
		err := tx.tx.QueryRow(ctx, query("ArchiveFactOf"), documentID, page).Scan(&id)
		if missing(err) {
			return order.NotFound("document", fmt.Sprintf("the archive has nothing of document %d, page %d", documentID, page))
		}
		if err != nil {
			return fmt.Errorf("find facts: %w", err)
		}
		f, erased, err := scanFact(tx.tx.QueryRow(ctx, query("ArchiveFacts"), []int64{id}))
		if err != nil {
			return fmt.Errorf("read facts: %w", err)
		}
		if erased {
			return order.Conflict("document", fmt.Sprintf("document %d was erased: nothing is to be said of it", documentID))
		}
		f.Replaces, f.Reason, f.By = f.ID, text(d.Reason), text(d.By)
		if d.Party != nil {
			f.Party = ArchiveParty{text(d.Party.Code), text(d.Party.Name), text(d.Party.Company), text(d.Party.Contact)}
		}
		if d.AmountYen != nil {
			f.AmountYen = d.AmountYen
		}
		if !d.TransactedOn.IsZero() {
			f.TransactedOn = d.TransactedOn
		}
		if err := tx.insertFacts(ctx, []ArchiveFacts{f}, at(now)); err != nil {
			return err
		}
		return tx.note(ctx, documentID, "KEP-1", d.By, "what the archive says of it was corrected by "+d.By+": "+d.Reason,
			canonical(map[string]any{"page": page, "party": f.Party, "amount_yen": f.AmountYen, "transacted_on": f.TransactedOn}), at(now))
	})
}

// NoteSender keeps the address that a mail says it is from, for the archive's search.
func (tx *Tx) NoteSender(ctx context.Context, documentID int64, address string, now time.Time) error {
	if address = strings.TrimSpace(text(address)); address == "" {
		return nil
	}
	return tx.exec(ctx, "SenderNote", documentID, address, at(now))
}
