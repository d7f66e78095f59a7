package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	st "todoke/store/storetest"
)

// TestAuditTellsDocuments: whatever is wrong with a document or page is told, and nothing is told of
// those that are as they should be.
func TestAuditTellsDocuments(t *testing.T) {
	t.Parallel()
	dsn := st.DSN(t)
	s, _ := st.Open(t, dsn)
	ctx := t.Context()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	exec := func(q string) {
		t.Helper()
		if _, err := c.Exec(ctx, q); err != nil {
			t.Fatalf("%v: %s", err, q)
		}
	}
	exec(`SET session_replication_role = replica`)
	exec(`INSERT INTO documents (id, source, external_id, received_at, stored_at, file_name, media_type, sha256, size_bytes) OVERRIDING SYSTEM VALUE
		SELECT i, 'folder', i::text, '2026-11-24 09:00+09', '2026-11-24 09:00+09', 'x', 'image/tiff', lpad(i::text, 64, '0'), 1 FROM generate_series(1, 20) i`)
	exec(`INSERT INTO document_states (document_id, state, changed_at) SELECT i, 'read', '2026-11-24 09:00+09' FROM generate_series(1, 20) i`)
	exec(`INSERT INTO pages (id, document_id, no, width_px, height_px, x_dpi, y_dpi, state, changed_at) OVERRIDING SYSTEM VALUE
		SELECT i, i, 1, 1, 1, 1, 1, 'review', '2026-11-24 09:00+09' FROM generate_series(1, 20) i`)
	exec(`INSERT INTO reviews (id, document_id, page_id, state, reasons, opened_at) OVERRIDING SYSTEM VALUE SELECT i, i, i, 'open', '[]', '2026-11-24 09:00+09' FROM generate_series(1, 20) i`)
	told := func() string {
		t.Helper()
		found, err := s.Audit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		found = slices.DeleteFunc(found, func(f string) bool { // the archive's say "document 1: …"
			return !strings.HasPrefix(f, "page ") && (!strings.HasPrefix(f, "document ") || strings.Contains(f, ": "))
		})
		slices.Sort(found)
		return strings.Join(found, "\n")
	}
	if got := told(); got != "" {
		t.Fatalf("of documents that are as they should be is told:\n%s", got)
	}
	exec(`DELETE FROM document_states WHERE document_id = 1`)
	exec(`UPDATE document_states SET state = 'split' WHERE document_id = 2`)
	exec(`UPDATE document_states SET state = 'ordered', order_id = 99 WHERE document_id = 3`)
	exec(`UPDATE document_states SET state = 'review' WHERE document_id = 4`)
	exec(`INSERT INTO reviews (id, document_id, state, reasons, opened_at) OVERRIDING SYSTEM VALUE VALUES (100, 5, 'open', '[]', '2026-11-24 09:00+09')`)
	exec(`UPDATE pages SET no = 2 WHERE id = 6`)
	exec(`UPDATE document_states SET state = 'refused' WHERE document_id = 7`)
	exec(`UPDATE pages SET state = 'ordered' WHERE id = 8`)
	exec(`UPDATE reviews SET state = 'settled' WHERE id = 9`)
	exec(`UPDATE pages SET state = 'junk' WHERE id = 10`)
	exec(`UPDATE reviews SET state = 'settled' WHERE id = 10`)
	exec(`DELETE FROM reviews WHERE id = 11`)
	exec(`DELETE FROM pages WHERE id = 11`)
	want := `document 1 has no state
document 11 was read and has no page
document 2 was split and has no part
document 3 is ordered and has no order
document 4 waits for a review that is not there
document 5 is read and a review of it as a whole is open
document 6 has 1 pages numbered up to 2
document 7 has pages and is refused
page 1 of document 10 is junk, which nobody and no rule decided
page 1 of document 8: state ordered, order none
page 1 of document 9 is review and its review is open or not there`
	if got := told(); got != want {
		t.Errorf("told:\n%s\nnot:\n%s", got, want)
	}
}

// TestGapsOfAGateway: the numbers passed over are told once, with the documents around.
func TestGapsOfAGateway(t *testing.T) {
	t.Parallel()
	dsn := st.DSN(t)
	s, _ := st.Open(t, dsn)
	ctx := t.Context()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	for _, q := range []string{
		`SET session_replication_role = replica`,
		`INSERT INTO document_claims (document_id, kind, value, by, made_at) SELECT i, 'serial', i, 'one', '2026-11-24 09:00+09' FROM generate_series(1, 50) i WHERE i NOT IN (7, 20, 21, 22, 40)`,
		`INSERT INTO document_claims (document_id, kind, value, by, made_at) SELECT 100 + i, 'serial', i, 'two', '2026-11-24 09:00+09' FROM unnest(ARRAY[5, 5, 6, 6, 8]) i`,
		`INSERT INTO gateway_gaps (gateway, first_job, last_job, reason, by, at) VALUES ('one', 40, 40, 'a test', '佐藤', '2026-11-24 09:00+09')`,
	} {
		if _, err := c.Exec(ctx, q); err != nil {
			t.Fatalf("%v: %s", err, q)
		}
	}
	entries, err := s.Ledger(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if e.Kind == "gateway" {
			got = append(got, e.Name+": "+e.Detail)
		}
	}
	want := []string{
		"one: job 7 never came: the jobs around are of documents 6 and 8",
		"one: jobs 20 to 22 never came: the jobs around are of documents 19 and 23",
		"two: job 7 never came: the jobs around are of documents 106 and 108",
	}
	if !slices.Equal(got, want) {
		t.Errorf("gaps %q, not %q", got, want)
	}
}
