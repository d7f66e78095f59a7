package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestErasureKnowsEveryTable: whatever refers to documents, to pages or reviews of them, or bears
// their number, is a table that the erasure empties or says why not.
func TestErasureKnowsEveryTable(t *testing.T) {
	t.Parallel()
	s, _ := st.Open(t, st.DSN(t))
	rows, err := s.Pool().Query(t.Context(), `
WITH RECURSIVE refers AS (
    SELECT conrelid, confrelid FROM pg_constraint WHERE contype = 'f'
), reached AS (
    SELECT 'documents'::regclass::oid AS rel
    UNION
    SELECT f.conrelid FROM refers f JOIN reached r ON f.confrelid = r.rel
    -- What hangs on an order or an issued document is theirs.
    WHERE r.rel NOT IN ('orders'::regclass, 'issued_documents'::regclass, 'reading_audits'::regclass)
)
SELECT rel::regclass::text FROM reached
UNION
SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name IN ('document_id', 'page_id', 'review_id')
ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 15 {
		t.Fatal(tables, err)
	}
	known := store.ErasureTables()
	for _, table := range tables {
		if !slices.Contains(known, table) {
			t.Errorf("table %s refers to documents, pages or reviews: erasures or erasureSpares must name it (KEP-1)", table)
		}
	}
	for _, table := range known {
		if !slices.Contains(tables, table) {
			t.Errorf("the erasure names %s, which refers to no document", table)
		}
	}
}

// TestErasureLeavesNoContent: a name that stands in everything that can be derived of a mail and
// its page stands nowhere after the erasure, and nobody is told of it any more.
func TestErasureLeavesNoContent(t *testing.T) {
	t.Parallel()
	s, clock, dsn := archived(t)
	const name, number = "山田花子", "0312340000"
	now := clock.Now()
	mail := add(t, s, store.NewDocument{Source: "mail", ExternalID: name, ReceivedAt: now, FileName: name + ".eml", Caller: number, Bytes: []byte("a mail of " + name)})
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		page, err := tx.AddPage(t.Context(), store.Page{DocumentID: mail, No: 1, State: store.PageReview, Detail: name}, &order.Draft{Form: name}, now)
		if err != nil {
			return err
		}
		if err := tx.OpenReview(t.Context(), mail, page, []*order.Error{order.Invalid("FAX-2", "", name)}, &order.Draft{Form: name}, now, now); err != nil {
			return err
		}
		if err := tx.AddClaims(t.Context(), mail, []store.Claim{{Kind: store.ClaimCaller, Value: number, Text: name, By: "gateway p"}}, now); err != nil {
			return err
		}
		if err := tx.AddMailPart(t.Context(), mail, store.MailPart{No: 1, Path: "1.2", FileName: name, MediaType: "text/vcard", Why: "a card"}); err != nil {
			return err
		}
		return tx.NoteSender(t.Context(), mail, name+"@example.jp", now)
	}); err != nil {
		t.Fatal(err)
	}
	issued := issueOne(t, s, store.NewIssue{Kind: "letter_answer", Number: "9", Format: "txt", FileName: "letter_9.txt", DocumentID: mail, TransactedOn: order.DateOf(now)}, "how to order")
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.Send(t.Context(), issued, store.Recipient{Channel: "mail", Address: "someone@example.jp"}, now)
	}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`INSERT INTO page_kinds (page_id, kind, sure, closed, rule, evidence, look, made_at) SELECT id, 'unknown', false, false, 'PGE-1', '["N"]', '{"a": "N"}', now() FROM pages WHERE document_id = $1`,
		`INSERT INTO page_prints SELECT id, convert_to('N', 'UTF8') FROM pages WHERE document_id = $1 ON CONFLICT DO NOTHING`,
		`INSERT INTO page_likenesses SELECT id, 'N', '0312340000', now(), true, convert_to('N', 'UTF8') FROM pages WHERE document_id = $1 ON CONFLICT DO NOTHING`,
		`INSERT INTO illegible_pages VALUES ($1, 1, 'N', '{N}', 'sato', now())`,
		`INSERT INTO answers (document_id, department_code, state, wanted_at, due_at) VALUES ($1, 'N', 'waiting', now(), now())`,
		`INSERT INTO answers (document_id, department_code, state, wanted_at, due_at, no, kind, channel, told, closed_at) VALUES ($1, 'N', 'told', now(), now(), 1, 'x', 'fax', '{"a": "N"}', now())`,
		`INSERT INTO delivery_notices SELECT $1, id, 'failed', 'number', 'N', now() FROM deliveries LIMIT 1`,
		`INSERT INTO idempotency_keys (shop_front, key, body_sha256, document_id, answer, created_at) VALUES ('w', 'N', '', $1, '{"a": "N"}', now())`,
		`INSERT INTO review_facts (review_id, why, customer_code) SELECT id, 'rule', 'N' FROM reviews WHERE document_id = $1 ON CONFLICT (review_id) DO UPDATE SET customer_code = 'N'`,
		fmt.Sprintf(`INSERT INTO mail_answers SELECT $1, 'N', '2026-11-24', %d, '{N}', now()`, issued),
		`INSERT INTO events (document_id, kind, text, inputs, at) VALUES ($1, 'x', 'N', '{"a": "N"}', now())`,
	} {
		sql = strings.NewReplacer("'N'", "'"+name+"'", `"N"`, `"`+name+`"`, "{N}", "{"+name+"}").Replace(sql)
		if _, err := s.Pool().Exec(t.Context(), sql, mail); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	seal(t, s)
	tables := func() (found []string) {
		for _, table := range store.ErasureTables() {
			n := count(t, s, fmt.Sprintf(`SELECT count(*) FROM %s t WHERE t::text LIKE '%%%s%%' OR t::text LIKE '%%%s%%' OR t::text LIKE '%%%x%%'`, table, name, number, name))
			if n > 0 {
				found = append(found, table)
			}
		}
		slices.Sort(found)
		return found
	}
	const hold = 17 // all but document_states and archive_facts, which name nobody themselves
	if got := tables(); len(got) != hold {
		t.Errorf("before, the name stands in %d tables: %q", len(got), got)
	}
	e, err := s.Erase(t.Context(), dsn, mail, "misdirected", "佐藤", time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if got := tables(); len(got) > 0 {
		t.Errorf("the name still stands in %q", got)
	}
	if !slices.Equal(e.Issued, []string{"letter_9.txt"}) {
		t.Errorf("what was issued about it: %q", e.Issued)
	}
	if n := count(t, s, fmt.Sprintf(`SELECT count(*) FROM answers WHERE document_id = %d AND state = 'waiting'`, mail)) +
		count(t, s, fmt.Sprintf(`SELECT count(*) FROM reviews WHERE document_id = %d AND state = 'open'`, mail)); n != 0 {
		t.Errorf("%d things still wait", n)
	}
	if _, bad := verify(t, s); bad != "" {
		t.Error(bad)
	}
}
