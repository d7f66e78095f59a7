package store

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// ArchiveQuery narrows a search of the archive (KEP-1): any combination. Empty fields do not.
type ArchiveQuery struct {
	From, To order.Date // day of the transaction, both inclusive
	MinYen   *int64     // including tax, inclusive
	MaxYen   *int64
	Party    string // part of a customer or warehouse code, name, company, mail address or caller's number
	Kind     string // inbound, issued, what was issued: pick_list …, or where it came from: mail, folder, web …
	Number   string // of the order, or of the issued document

	facts []int64 // these alone; nil is all
}

// ArchiveHit is a document, a page of one that became an order, or an issued document.
type ArchiveHit struct {
	ArchiveFacts
	Seq         int64      `json:"seq"`            // of its entry in the chain; 0 while it waits to be sealed
	Mail        int64      `json:"mail,omitempty"` // the mail that it came with
	Kind        string     `json:"kind"`           // inbound, issued
	What        string     `json:"what"`           // its source, or the kind of what was issued
	Number      string     `json:"number,omitempty"`
	Order       string     `json:"order,omitempty"` // its number; of an answer about several, each with a space between
	Format      string     `json:"format,omitempty"`
	FileName    string     `json:"file_name,omitempty"`
	Subject     string     `json:"subject,omitempty"`
	MediaType   string     `json:"media_type,omitempty"`
	SHA256      string     `json:"sha256"`
	SizeBytes   int64      `json:"size_bytes"`
	At          time.Time  `json:"at"` // received or issued
	Erased      string     `json:"erased,omitempty"`
	KeepUntilOn order.Date `json:"keep_until"`
}

// Days before and after all others.
var (
	firstDay = order.D(1, time.January, 1)
	lastDay  = order.D(9999, time.December, 31)
)

// ArchiveCursor is where a page of a search ended; the zero one is before the first.
type ArchiveCursor struct {
	On order.Date
	ID int64
}

// Cursor is where a search goes on after the hit.
func (h ArchiveHit) Cursor() ArchiveCursor { return ArchiveCursor{h.TransactedOn, h.ID} }

// SearchArchive finds what the archive holds, by day and then as it was recorded. It reads page by
// page as it is asked to go on; the last error ends it.
func (s *Store) SearchArchive(ctx context.Context, q ArchiveQuery) iter.Seq2[ArchiveHit, error] {
	return func(yield func(ArchiveHit, error) bool) {
		search, err := s.archiveSearch(ctx, q)
		if err != nil {
			yield(ArchiveHit{}, err)
			return
		}
		var last ArchiveCursor
		for page := 200; ; page = 2000 {
			hits, err := search(last, page)
			if err != nil {
				yield(ArchiveHit{}, err)
				return
			}
			for _, h := range hits {
				if !yield(h, nil) {
					return
				}
				last = h.Cursor()
			}
			if len(hits) < page {
				return
			}
		}
	}
}

// SearchArchivePage is one page of SearchArchive.
func (s *Store) SearchArchivePage(ctx context.Context, q ArchiveQuery, after ArchiveCursor, limit int) ([]ArchiveHit, error) {
	search, err := s.archiveSearch(ctx, q)
	if err != nil {
		return nil, err
	}
	return search(after, limit)
}

// archiveSearch makes the search that reads a page after a cursor.
func (s *Store) archiveSearch(ctx context.Context, q ArchiveQuery) (func(ArchiveCursor, int) ([]ArchiveHit, error), error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	parties, err := s.archiveParties(ctx, q.Party)
	if err != nil {
		return nil, err
	}
	if q.Party != "" && len(parties) == 0 {
		return func(ArchiveCursor, int) ([]ArchiveHit, error) { return nil, nil }, nil
	}
	from, to := q.From, q.To
	if from.IsZero() {
		from = firstDay
	}
	if to.IsZero() {
		to = lastDay
	}
	number := strings.ReplaceAll(q.Number, "-", "")
	return func(after ArchiveCursor, limit int) ([]ArchiveHit, error) {
		if after.On.IsZero() {
			after.On = firstDay
		}
		return s.archivePage(ctx, []any{
			// The values decide the plan: no index fits every combination.
			pgx.QueryExecModeCacheDescribe,
			date(from), date(to), q.MinYen, q.MaxYen, parties, q.Kind, number, date(after.On), after.ID, limit, q.facts,
		})
	}, nil
}

func (q ArchiveQuery) check() error {
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From) {
		return order.Invalid("KEP-1", "to", fmt.Sprintf("%s comes before %s", q.To, q.From))
	}
	if q.MinYen != nil && q.MaxYen != nil && *q.MaxYen < *q.MinYen {
		return order.Invalid("KEP-1", "max-yen", fmt.Sprintf("%d is less than %d", *q.MaxYen, *q.MinYen))
	}
	if q.Party != "" && foldParty(q.Party) == "" {
		return order.Invalid("KEP-1", "party", "give a part of a code, name, mail address or number")
	}
	return nil
}

// archiveParties are the counterparties that a text is part of; nil for no text.
func (s *Store) archiveParties(ctx context.Context, part string) ([]int64, error) {
	if part == "" {
		return nil, nil
	}
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(foldParty(text(part)))
	return collect(ctx, s.pool, "ArchivePartiesFind", pgx.RowTo[int64], escaped)
}

func (s *Store) archivePage(ctx context.Context, args []any) ([]ArchiveHit, error) {
	return collect(ctx, s.pool, "ArchiveSearch", func(r pgx.CollectableRow) (h ArchiveHit, err error) {
		err = r.Scan(&h.ID, &h.DocumentID, &h.Page, &h.IssuedID, &h.Mail, (*date)(&h.TransactedOn), &h.AmountYen,
			&h.Party.Code, &h.Party.Name, &h.Party.Company, &h.Party.Contact, &h.Order, &h.Kind, &h.What, &h.Number, &h.Format, &h.FileName,
			&h.MediaType, &h.SHA256, &h.SizeBytes, &h.At, &h.Subject, &h.Reason, &h.By, &h.RecordedAt, &h.Replaces, &h.Seq, &h.Erased)
		h.KeepUntilOn = s.settings.KeepUntil(h.TransactedOn)
		return h, err
	}, args...)
}

// ArchiveHistory is everything that a document was ever searched by, the oldest first.
func (s *Store) ArchiveHistory(ctx context.Context, documentID int64) ([]ArchiveFacts, error) {
	return s.factsOf(ctx, "ArchiveHistory", documentID)
}

// factsOf are the facts whose ids a statement finds, in its order.
func (s *Store) factsOf(ctx context.Context, name string, of int64) ([]ArchiveFacts, error) {
	ids, err := collect(ctx, s.pool, name, pgx.RowTo[int64], of)
	if err != nil {
		return nil, err
	}
	byID := map[int64]ArchiveFacts{}
	if _, err := collect(ctx, s.pool, "ArchiveFacts", func(r pgx.CollectableRow) (ArchiveFacts, error) {
		f, _, err := scanFact(r)
		byID[f.ID] = f
		return f, err
	}, ids); err != nil {
		return nil, err
	}
	out := make([]ArchiveFacts, 0, len(ids))
	for _, id := range ids {
		out = append(out, byID[id])
	}
	return out, nil
}

// ArchiveBytes are an archived document's bytes, checked: an inbound one's, or else an issued one's.
func (s *Store) ArchiveBytes(ctx context.Context, h ArchiveHit) ([]byte, error) {
	if h.DocumentID != 0 {
		return s.DocumentBytes(ctx, h.DocumentID)
	}
	return s.blobs.Get(h.SHA256)
}

// ArchiveSeals are the entries of the chain about documents and issued documents: themselves, what
// they were searched by, erasures.
func (s *Store) ArchiveSeals(ctx context.Context, documents, issued []int64) ([]int64, error) {
	return collect(ctx, s.pool, "ArchiveSealsOf", pgx.RowTo[int64], list(documents), list(issued))
}

// ArchiveChain gives the chain from an entry on, with the canonical text of those that want asks
// for: nil for the others, and for what was erased.
func (s *Store) ArchiveChain(ctx context.Context, from int64, want func(ArchiveEntry) bool) iter.Seq2[ArchiveLink, error] {
	const page = 2000
	return func(yield func(ArchiveLink, error) bool) {
		for last := from - 1; ; {
			entries, err := collect(ctx, s.pool, "ArchiveEntries", scanEntry, last, page)
			if err != nil {
				yield(ArchiveLink{}, err)
				return
			}
			rows := sealed{}
			for _, e := range entries {
				if want(e) {
					rows[e.Kind] = append(rows[e.Kind], e.ID)
				}
			}
			records, err := loadRecords(ctx, s.pool, rows)
			if err != nil {
				yield(ArchiveLink{}, err)
				return
			}
			for _, e := range entries {
				l := ArchiveLink{ArchiveEntry: e}
				if r, ok := records[entryKey{e.Kind, e.ID}]; ok && !r.erased {
					l.Record = string(r.text)
				}
				if !yield(l, nil) {
					return
				}
				last = e.Seq
			}
			if len(entries) < page {
				return
			}
		}
	}
}

// ArchiveLink is an entry with what it seals.
type ArchiveLink struct {
	ArchiveEntry
	Record string // canonical text; its SHA-256 is Digest
}
