package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
)

// ArchiveDocument is all that the archive knows of one inbound or issued document, checked as it was
// looked at (KEP-1).
type ArchiveDocument struct {
	Hits    []ArchiveHit   // what searches find it by: the whole, and each page that became an order
	History []ArchiveFacts // everything that it was ever searched by, the oldest first
	Seals   []ArchiveSeal  // its entries of the chain
	// Bytes tells whether they are there to be had; what was erased has none.
	Bytes bool
	// Problems are what is not as it was archived: none says that entries, what they seal and the
	// bytes are unchanged.
	Problems []ArchiveProblem
}

// ArchiveSeal is an entry of the chain and what it sealed, as text; "" where that was erased.
type ArchiveSeal = ArchiveLink

// ArchiveDocument looks at one document: an inbound one, or else an issued one. Its entries and their
// links are computed anew, and its bytes are read and hashed.
func (s *Store) ArchiveDocument(ctx context.Context, documentID, issuedID int64) (d ArchiveDocument, err error) {
	ids, err := collect(ctx, s.pool, "ArchiveHitsOf", pgx.RowTo[int64], documentID, issuedID)
	if err != nil {
		return d, err
	}
	if len(ids) == 0 {
		return d, order.NotFound("document", "the archive holds no such document")
	}
	if d.Hits, err = s.SearchArchivePage(ctx, ArchiveQuery{facts: ids}, ArchiveCursor{}, len(ids)); err != nil {
		return d, err
	}
	if documentID != 0 {
		d.History, err = s.ArchiveHistory(ctx, documentID)
	} else {
		d.History, err = s.factsOf(ctx, "ArchiveIssuedHistory", issuedID)
	}
	if err != nil {
		return d, err
	}
	v := &verifier{s: s, o: VerifyOptions{Found: func(p ArchiveProblem) { d.Problems = append(d.Problems, p) }, Overdue: time.Duration(1<<63 - 1)}}
	if d.Seals, err = v.sealsOf(ctx, documentID, issuedID); err != nil {
		return d, err
	}
	d.Bytes, err = v.fileOf(ctx, documentID, issuedID)
	return d, err
}

// sealsOf computes a document's entries anew, each with its link to the entry before.
func (v *verifier) sealsOf(ctx context.Context, documentID, issuedID int64) ([]ArchiveSeal, error) {
	var documents, issued []int64
	if documentID != 0 {
		documents = []int64{documentID}
	} else {
		issued = []int64{issuedID}
	}
	seqs, err := v.s.ArchiveSeals(ctx, documents, issued)
	if err != nil {
		return nil, err
	}
	var out []ArchiveSeal
	for _, seq := range seqs {
		// The entry before comes along: its hash is what this one follows.
		entries, err := collect(ctx, v.s.pool, "ArchiveEntries", scanEntry, max(seq-2, 0), 2)
		if err != nil {
			return nil, err
		}
		last := ArchiveHead{Chain: ArchiveStart}
		for _, e := range entries {
			if e.Seq == seq {
				records, err := loadRecords(ctx, v.s.pool, sealed{e.Kind: {e.ID}})
				if err != nil {
					return nil, err
				}
				v.link(last, e)
				v.row(e, records)
				l := ArchiveLink{ArchiveEntry: e}
				if r, ok := records[entryKey{e.Kind, e.ID}]; ok && !r.erased {
					l.Record = string(r.text)
				}
				out = append(out, l)
				break
			}
			last = ArchiveHead{e.Seq, e.Chain}
		}
	}
	return out, nil
}

// fileOf reads and hashes a document's file. What lies in the database is hashed with its row.
func (v *verifier) fileOf(ctx context.Context, documentID, issuedID int64) (there bool, err error) {
	var key string
	var size int64
	err = v.s.pool.QueryRow(ctx, query("ArchiveFile"), documentID, issuedID).Scan(&key, &size)
	if err != nil {
		return false, kinded(fmt.Errorf("find file: %w", err))
	}
	if key == "" {
		return v.report.Erased == 0, nil
	}
	if bad := v.s.blobs.Check(ctx, key, size); bad != nil {
		return false, v.badFile(ctx, key, bad)
	}
	return true, nil
}

// ArchiveKinds are the kinds of documents that were issued so far.
func (s *Store) ArchiveKinds(ctx context.Context) ([]string, error) {
	return collect(ctx, s.pool, "ArchiveKinds", pgx.RowTo[string])
}

// ArchiveVerification is a check of the whole archive as it was kept.
type ArchiveVerification struct {
	StartedAt, FinishedAt         time.Time
	By                            string
	Head                          ArchiveHead
	Entries, Files, Bytes, Erased int64
	Heads                         int // that the chain was held against
	Problems                      int64
	First                         []string // of the problems
}

// problemsKept is how many problems a kept verification names.
const problemsKept = 20

// ArchiveState is how the chain stands.
type ArchiveState struct {
	Head     ArchiveHead
	SealedAt time.Time // of the newest entry; zero of an empty archive
	Waits    bool      // whether anything is not sealed yet
	ToldAt   time.Time // when the head was last written outside the database
	Verified *ArchiveVerification
}

// ArchiveState reads how the chain stands.
func (s *Store) ArchiveState(ctx context.Context) (v ArchiveState, err error) {
	if v.Head, v.SealedAt, err = s.ArchiveHead(ctx); err != nil {
		return v, err
	}
	if v.Waits, err = s.ArchiveWaiting(ctx); err != nil {
		return v, err
	}
	if err = s.pool.QueryRow(ctx, query("ArchiveHeadTold")).Scan((*instant)(&v.ToldAt)); err != nil {
		return v, kinded(err)
	}
	last, err := s.ArchiveVerifications(ctx, 1)
	if err == nil && len(last) == 1 {
		v.Verified = &last[0]
	}
	return v, err
}

// ArchiveVerifications are the checks that were made, the newest first.
func (s *Store) ArchiveVerifications(ctx context.Context, limit int) ([]ArchiveVerification, error) {
	return collect(ctx, s.pool, "ArchiveVerifications", func(r pgx.CollectableRow) (v ArchiveVerification, err error) {
		return v, r.Scan(&v.StartedAt, &v.FinishedAt, &v.By, &v.Head.Seq, &v.Head.Chain, &v.Entries, &v.Files, &v.Bytes, &v.Erased, &v.Heads, &v.Problems, &v.First)
	}, limit)
}

// KeepVerification keeps what a check found for good.
func (s *Store) KeepVerification(ctx context.Context, v ArchiveVerification) error {
	_, err := s.pool.Exec(ctx, query("ArchiveVerificationInsert"), at(v.StartedAt), at(v.FinishedAt), text(v.By), v.Head.Seq, v.Head.Chain,
		v.Entries, v.Files, v.Bytes, v.Erased, v.Heads, v.Problems, list(v.First[:min(len(v.First), problemsKept)]))
	return kinded(err)
}

// AskArchiveCheck has the workers check the whole archive; one that waits already is as good as two.
func (s *Store) AskArchiveCheck(ctx context.Context, by string) error {
	return s.InTx(ctx, func(tx *Tx) error { return tx.Enqueue(ctx, jobs.VerifyArchive{By: by}) })
}

// CheckArchive is VerifyArchive whose result is kept, with who asked for it.
func (s *Store) CheckArchive(ctx context.Context, by string, o VerifyOptions) (ArchiveReport, error) {
	v := ArchiveVerification{StartedAt: s.now(), By: by, Heads: len(o.Heads)}
	tell := o.Found
	o.Found = func(p ArchiveProblem) {
		if len(v.First) < problemsKept {
			v.First = append(v.First, p.String())
		}
		if tell != nil {
			tell(p)
		}
	}
	r, err := s.VerifyArchive(ctx, o)
	if err != nil {
		return r, err
	}
	v.FinishedAt, v.Head, v.Entries, v.Files, v.Bytes, v.Erased, v.Problems = s.now(), r.Head, r.Entries, r.Files, r.Bytes, r.Erased, r.Problems
	return r, s.KeepVerification(ctx, v)
}
