package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/migrations"
	"todoke/order"
)

// Erasure is what was taken away (KEP-1).
type Erasure struct {
	Documents []int64  `json:"documents"`  // the document and, of a mail, its parts
	Files     int      `json:"files"`      // removed from the blob folder
	Kept      int      `json:"kept"`       // files that something else still needs
	SameBytes []int64  `json:"same_bytes"` // documents that hold the very same bytes
	Issued    []string `json:"issued"`     // file names of what was issued about them: it stays
}

// treeRow is a document that goes with the one to be erased.
type treeRow struct {
	ID, ParentID int64
	SHA          string
	Size         int64
	InRow        bool // its bytes lie in the row
	Erased       bool
	Order        string
	Pages        []string
}

// erasures take away what tables hold of a document, in this order. Every table that refers to
// documents, pages or reviews is named here or in erasureSpares: a test holds it.
var erasures = []struct {
	query, table string
	with         erasureArgs // beside the documents
}{
	{"EraseDocuments", "documents", 0},
	{"EraseDrafts", "drafts", 0},
	{"EraseClaims", "document_claims", 0},
	{"EraseSenders", "document_senders", 0},
	{"EraseParts", "mail_parts", 0},
	{"EraseLetters", "mail_answers", 0},
	{"EraseNotices", "delivery_notices", 0},
	{"EraseReviewFacts", "review_facts", 0},
	{"EraseReviews", "reviews", withPerson},
	{"EraseKinds", "page_kinds", 0},
	{"ErasePrints", "page_prints", 0},
	{"EraseLikenesses", "page_likenesses", 0},
	{"EraseIllegible", "illegible_pages", 0},
	{"EraseAnswers", "answers", withPerson},
	{"EraseRequests", "idempotency_keys", 0},
	{"ErasePages", "pages", withTime},
	{"EraseStates", "document_states", withTime},
	{"EraseEvents", "events", 0},
	{"EraseFacts", "archive_facts", 0},
}

type erasureArgs int

const (
	withTime   erasureArgs = iota + 1 // the moment
	withPerson                        // the moment and who does it
)

// erasureSpares are the tables that refer to documents and stay as they are, and why.
var erasureSpares = map[string]string{
	"orders":           "a document that became an order is not erased",
	"reading_audits":   "only what became an order is audited",
	"issued_documents": "what was issued is kept for as long as the law says, and named to who erases",
	"archive_entries":  "the chain: hashes alone",
	"rereads":          "which way a page was turned, by whom and when: nothing of what it says",
	"archive_erasures": "what was erased, by whom and why",
}

// Erase takes the bytes of a document away, with those of its parts, its pages and all that was
// read from them; what stays is that it was there, its hash, and who took it away and why. It
// works as the retention role, through dsn: the application itself may not. Erasing again carries
// on where it was interrupted. grace is how long a file is kept aside, for who may be storing the
// same bytes at this moment.
func (s *Store) Erase(ctx context.Context, dsn string, id int64, reason, by string, grace time.Duration) (Erasure, error) {
	switch {
	case by == "":
		return Erasure{}, order.Invalid("KEP-2", "by", "say who decides this")
	case reason == "":
		return Erasure{}, order.Invalid("KEP-1", "reason", "say why: --reason TEXT")
	}
	if _, err := s.Seal(ctx); err != nil { // what it was stays provable
		return Erasure{}, err
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return Erasure{}, fmt.Errorf("connect for retention: %w", kinded(err))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "SET ROLE "+migrations.RoleRetention); err != nil {
		return Erasure{}, fmt.Errorf("take role %s (grant it to the user of database.retention_url): %w", migrations.RoleRetention, err)
	}
	var out Erasure
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		out, err = (&Tx{s: s, tx: tx}).erase(ctx, id, text(reason), text(by), at(s.now()))
		return err
	})
	if err != nil {
		return Erasure{}, kinded(err)
	}
	if _, err := s.Seal(ctx); err != nil {
		return out, err
	}
	return out, s.removeFiles(ctx, &out, grace)
}

func (tx *Tx) erase(ctx context.Context, id int64, reason, by string, now time.Time) (Erasure, error) {
	if err := tx.exec(ctx, "EraseLock", id); err != nil { // nobody reads it meanwhile
		return Erasure{}, err
	}
	tree, err := collect(ctx, tx.tx, "ArchiveTree", pgx.RowToStructByPos[treeRow], id)
	if err != nil {
		return Erasure{}, err
	}
	if len(tree) == 0 {
		return Erasure{}, order.NotFound("document", fmt.Sprintf("there is no document %d", id))
	}
	var out Erasure
	var todo []int64
	for _, d := range tree {
		if d.ID == id && d.ParentID != 0 {
			return Erasure{}, order.Conflict("document", fmt.Sprintf("document %d is part of mail %d, which holds the same bytes: erase that", id, d.ParentID))
		}
		if d.Order != "" {
			return Erasure{}, order.Conflict("document", fmt.Sprintf(
				"document %d became order %s: the law wants it kept as long as the order's other papers", d.ID, order.Number(d.Order).Grouped()))
		}
		out.Documents = append(out.Documents, d.ID)
		if d.Erased {
			continue
		}
		todo = append(todo, d.ID)
		files := slices.Clone(d.Pages)
		if !d.InRow {
			files = append(files, d.SHA)
		}
		slices.Sort(files)
		if err := tx.exec(ctx, "ErasureInsert", d.ID, d.SHA, d.Size, list(slices.Compact(files)), reason, by, now); err != nil {
			return Erasure{}, err
		}
	}
	if len(todo) == 0 {
		return out, nil
	}
	for _, step := range erasures {
		var args []any
		switch step.with {
		case withTime:
			args = []any{now}
		case withPerson:
			args = []any{now, by}
		}
		if err := tx.exec(ctx, step.query, append([]any{todo}, args...)...); err != nil {
			return Erasure{}, err
		}
	}
	if err := tx.exec(ctx, "EraseParties"); err != nil {
		return Erasure{}, err
	}
	for _, d := range todo {
		if err := tx.note(ctx, d, "KEP-1", by, "erased by "+by+": "+reason, nil, now); err != nil {
			return Erasure{}, err
		}
	}
	return out, nil
}

// removeFiles removes what nothing needs any more. A file is set aside first and looked at again
// after grace: bytes that come in at this moment may be the same.
func (s *Store) removeFiles(ctx context.Context, out *Erasure, grace time.Duration) error {
	keys, err := collect(ctx, s.pool, "EraseFiles", pgx.RowTo[string], out.Documents)
	if err != nil {
		return err
	}
	if out.Issued, err = collect(ctx, s.pool, "EraseIssued", pgx.RowTo[string], out.Documents); err != nil {
		return err
	}
	if out.SameBytes, err = collect(ctx, s.pool, "SameBytes", pgx.RowTo[int64], keys, out.Documents); err != nil {
		return err
	}
	type aside struct {
		key        string
		done, back func() error
	}
	var set []aside
	for _, key := range keys {
		needed, err := s.referred(ctx, key)
		if err != nil {
			return err
		}
		if needed {
			out.Kept++
			continue
		}
		done, back, ok, err := s.blobs.setAside(key)
		if err != nil {
			return err
		}
		if ok {
			set = append(set, aside{key, done, back})
		}
	}
	if len(set) > 0 && grace > 0 {
		select {
		case <-ctx.Done(): // what is aside is removed all the same: it was erased
		case <-time.After(grace):
		}
		ctx = context.WithoutCancel(ctx)
	}
	var errs []error
	for _, a := range set {
		needed, err := s.referred(ctx, a.key)
		switch {
		case err != nil:
			errs = append(errs, err, a.back())
		case needed:
			out.Kept++
			errs = append(errs, a.back())
		default:
			out.Files++
			errs = append(errs, a.done())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove files (erase again to finish): %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return nil
}

func (s *Store) referred(ctx context.Context, key string) (needed bool, err error) {
	err = s.pool.QueryRow(ctx, query("BlobReferred"), key).Scan(&needed)
	return needed, kinded(err)
}
