package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/migrations"
	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// archived is the small shop with a web order, two faxes and a pick list's documents, all sealed.
func archived(t *testing.T) (*store.Store, *st.Clock, string) {
	t.Helper()
	dsn := st.DSN(t)
	s, clock := st.Open(t, dsn)
	st.Shop(t, s)
	add(t, s, store.NewDocument{Source: "mail", ExternalID: "1", ReceivedAt: clock.Now(), FileName: "a.tif", Caller: "0612345678", Bytes: []byte("first fax")})
	add(t, s, store.NewDocument{Source: "mail", ExternalID: "2", ReceivedAt: clock.Now(), FileName: "b.tif", Caller: "0399998888", Bytes: []byte("second fax")})
	if _, err := s.PlaceWebOrder(t.Context(), webOrder("k1", "body", st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Paper, 10)), s.Now()); err != nil {
		t.Fatal(err)
	}
	yen := order.Yen(54_000)
	issueOne(t, s, store.NewIssue{
		Kind: "invoice", Number: "77", Format: "pdf", FileName: "invoice.pdf", Party: st.Code(st.Osaka), AmountYen: &yen, TransactedOn: order.D(2026, 11, 20),
	}, "an invoice")
	seal(t, s)
	return s, clock, dsn
}

func add(t *testing.T, s *store.Store, d store.NewDocument) int64 {
	t.Helper()
	id, _, err := s.AddDocument(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func issueOne(t *testing.T, s *store.Store, d store.NewIssue, text string) int64 {
	t.Helper()
	key, err := s.Blobs().Put([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	d.Key, d.SizeBytes = key, len(text)
	var id int64
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		id, _, err = tx.Issue(t.Context(), d, s.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

func seal(t *testing.T, s *store.Store) int {
	t.Helper()
	n, err := s.Seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// verify gives the report and the problems as they are told.
func verify(t *testing.T, s *store.Store, heads ...store.ArchiveHead) (store.ArchiveReport, string) {
	t.Helper()
	var bad []string
	r, err := s.VerifyArchive(t.Context(), store.VerifyOptions{Heads: heads, Found: func(p store.ArchiveProblem) { bad = append(bad, p.String()) }})
	if err != nil {
		t.Fatal(err)
	}
	if int(r.Problems) != len(bad) {
		t.Errorf("%d problems told, %d counted", len(bad), r.Problems)
	}
	return r, strings.Join(bad, "\n")
}

func search(t *testing.T, s *store.Store, q store.ArchiveQuery) []store.ArchiveHit {
	t.Helper()
	var out []store.ArchiveHit
	for h, err := range s.SearchArchive(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, h)
	}
	return out
}

func TestEverythingIsSealedOnce(t *testing.T) {
	t.Parallel()
	s, _, _ := archived(t)
	r, bad := verify(t, s)
	if bad != "" {
		t.Fatal(bad)
	}
	// Three documents and an issued one, each with its facts.
	if r.Entries != 8 || r.Head.Seq != 8 || r.Files != 3 || r.Sealed != 0 {
		t.Errorf("%+v", r)
	}
	if n := seal(t, s); n != 0 {
		t.Errorf("%d entries made of nothing new", n)
	}
	again, bad := verify(t, s, r.Head)
	if bad != "" || again.Head != r.Head {
		t.Errorf("%s: %+v", bad, again)
	}
}

// TestTamperingIsFound: what a superuser may do behind todoke's back is told, with the row (KEP-1).
func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		sql  string // run with triggers switched off
		file func(t *testing.T, path string)
		want string
	}{
		{"an amount of what was issued", `UPDATE issued_documents SET amount_yen = 5400`, nil, "issued document 1: what the database says of it was changed"},
		{"the party of what was issued", `UPDATE issued_documents SET party = '99999999'`, nil, "issued document 1: what the database says of it was changed"},
		{"an amount that is searched", `UPDATE archive_facts SET amount_yen = amount_yen + 1 WHERE amount_yen IS NOT NULL AND document_id IS NOT NULL`, nil, "fact 3: what the database says of it was changed"},
		{"a party's name", `UPDATE archive_parties SET name = 'x' WHERE name <> ''`, nil, "fact 1: what the database says"},
		{"the day a fax came", `UPDATE documents SET received_at = received_at - interval '1 day' WHERE id = 2`, nil, "document 2: what the database says of it was changed"},
		{"a deleted document", `DELETE FROM document_states WHERE document_id = 2; DELETE FROM documents WHERE id = 2`, nil, "document 2: it was deleted"},
		{"a deleted entry", `DELETE FROM archive_entries WHERE seq = 3`, nil, "entry 3: entries 3 to 3 are missing"},
		{"a document past todoke", `INSERT INTO documents (source, external_id, received_at, stored_at, media_type, sha256, size_bytes)
			SELECT source, 'x', received_at, stored_at - interval '1 hour', media_type, sha256, size_bytes FROM documents WHERE id = 1`, nil, "document 4: it is not sealed in the chain"},
		{"an entry put in", `INSERT INTO archive_entries (seq, kind, erasure_id, digest, sealed_at, previous, chain)
			SELECT 9, 'erased', 1, repeat('a', 64), now(), chain, repeat('b', 64) FROM archive_entries WHERE seq = 8`, nil, "entry 9: erasure 1: its own hash is wrong"},
		{"an entry's digest", `UPDATE archive_entries SET digest = repeat('a', 64) WHERE seq = 2`, nil, "entry 2: document 2: its own hash is wrong"},
		{"an erasure made up", `INSERT INTO archive_erasures (document_id, sha256, size_bytes, files, reason, by, erased_at) VALUES (1, '', 0, '{}', 'x', 'x', now())`, nil, "erasure 1: it is not sealed in the chain"},
		{"a web order's body", `UPDATE documents SET body = 'other' WHERE body IS NOT NULL`, nil, "document 3: its body in the database is not what came in"},
		{"swapped bytes", "", func(t *testing.T, path string) {
			t.Helper()
			if err := os.Chmod(path, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("other fax"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "holds other bytes than it was stored with"},
		{"a lost file", "", func(t *testing.T, path string) {
			t.Helper()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, "is missing; bring the file back from a backup"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _, dsn := archived(t)
			if tt.sql != "" {
				tamper(t, dsn, tt.sql)
			}
			if tt.file != nil {
				key := store.Key([]byte("first fax"))
				tt.file(t, filepath.Join(s.Blobs().Dir(), key[:2], key))
			}
			r, bad := verify(t, s)
			if !strings.Contains(bad, tt.want) || r.Problems == 0 {
				t.Errorf("%q lacks %q", bad, tt.want)
			}
		})
	}
}

// tamper runs SQL as the superuser with no trigger in the way.
func tamper(t *testing.T, dsn, sql string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	if _, err := c.Exec(t.Context(), "SET session_replication_role = replica; "+sql); err != nil {
		t.Fatal(err)
	}
}

// TestAKnownHeadFindsWhatTheChainAloneCannot: the end cut off, and everything written anew.
func TestAKnownHeadFindsWhatTheChainAloneCannot(t *testing.T) {
	t.Parallel()
	t.Run("the end cut off", func(t *testing.T) {
		t.Parallel()
		s, _, dsn := archived(t)
		r, _ := verify(t, s)
		tamper(t, dsn, `DELETE FROM archive_entries WHERE seq = 8 OR seq = 4;
			DELETE FROM archive_entries WHERE seq > 3; DELETE FROM archive_facts; DELETE FROM issued_documents;
			DELETE FROM document_states; DELETE FROM documents WHERE id > 3; DELETE FROM archive_pending;
			INSERT INTO archive_facts (document_id, party_id, transacted_on, reason, recorded_at) SELECT id, 1, '2026-11-24', 'x', '2026-11-24' FROM documents`)
		tamper(t, dsn, `DELETE FROM archive_entries WHERE seq > 3`)
		if _, bad := verify(t, s, r.Head); !strings.Contains(bad, "entry 8: the archive once reached it") {
			t.Errorf("%q", bad)
		}
	})
	t.Run("written anew", func(t *testing.T) {
		t.Parallel()
		s, _, dsn := archived(t)
		r, _ := verify(t, s)
		tamper(t, dsn, `UPDATE issued_documents SET amount_yen = 1; DELETE FROM archive_entries;
			INSERT INTO archive_pending (kind, ref) SELECT 'inbound', id FROM documents UNION ALL SELECT 'issued', id FROM issued_documents UNION ALL SELECT 'fact', id FROM archive_facts`)
		if _, bad := verify(t, s); bad != "" {
			t.Fatalf("the chain alone cannot know: %s", bad)
		}
		if _, bad := verify(t, s, r.Head); !strings.Contains(bad, "it was written anew from this entry or one before") {
			t.Errorf("%q", bad)
		}
	})
}

// TestTheApplicationCannotTouchTheArchive: as a user who has the application's role and no other.
func TestTheApplicationCannotTouchTheArchive(t *testing.T) {
	t.Parallel()
	_, _, dsn := archived(t)
	name := fmt.Sprintf("clerk_%d_%d", os.Getpid(), time.Now().UnixNano())
	admin, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close(context.Background()) }()
	if _, err := admin.Exec(t.Context(), "CREATE ROLE "+name+" LOGIN IN ROLE "+migrations.RoleApp); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := admin.Exec(context.Background(), "DROP ROLE "+name); err != nil {
			t.Error(err)
		}
	}()
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.User = name
	app, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = app.Close(context.Background()) }()
	refused := []string{
		"SET ROLE " + migrations.RoleRetention, "SET ROLE " + cfg.Database, "SET SESSION AUTHORIZATION postgres", "SET session_replication_role = replica",
		"INSERT INTO archive_erasures (document_id, sha256, size_bytes, files, reason, by, erased_at) VALUES (1, '', 0, '{}', 'x', 'x', now())",
		"CREATE OR REPLACE FUNCTION archive_never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
		"UPDATE archive_pending SET ref = 1",
	}
	for table, set := range map[string]string{
		"archive_entries": "digest = digest", "archive_facts": "amount_yen = 1", "archive_parties": "name = 'x'", "archive_erasures": "reason = 'x'",
		"document_senders": "address = 'x'", "documents": "caller = 'x'", "issued_documents": "amount_yen = 1", "events": "text = 'x'", "drafts": "draft = '[]'",
	} {
		refused = append(refused, "UPDATE "+table+" SET "+set, "DELETE FROM "+table, "TRUNCATE "+table+" CASCADE",
			"ALTER TABLE "+table+" DISABLE TRIGGER ALL", "DROP TABLE "+table+" CASCADE", "ALTER TABLE "+table+" OWNER TO "+name)
	}
	for _, sql := range refused {
		if _, err := app.Exec(t.Context(), sql); err == nil {
			t.Errorf("the application may: %s", sql)
		}
	}
	// The retention role blanks what an erasure is logged of, and nothing else.
	retention, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = retention.Close(context.Background()) }()
	if _, err := retention.Exec(t.Context(), "SET ROLE "+migrations.RoleRetention); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE documents SET caller = '' WHERE id = 1", "DELETE FROM documents", "DELETE FROM archive_entries", "UPDATE archive_entries SET digest = digest",
		"UPDATE issued_documents SET amount_yen = 1", "DELETE FROM issued_documents", "UPDATE archive_erasures SET reason = 'x'", "DELETE FROM archive_facts", "UPDATE orders SET goods_yen = 1",
	} {
		if _, err := retention.Exec(t.Context(), sql); err == nil {
			t.Errorf("retention may: %s", sql)
		}
	}
}

// TestTakingInWaitsForNobody: not for who seals, however long that takes; and any number may seal.
func TestTakingInWaitsForNobody(t *testing.T) {
	t.Parallel()
	s, clock, dsn := archived(t)
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	tx, err := c.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// A sealer in the middle of its work: it holds the chain's end and has taken what waits.
	if _, err := tx.Exec(t.Context(), store.Queries()["ArchiveLock"]+"; DELETE FROM archive_pending"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, _, err := s.AddDocument(ctx, store.NewDocument{Source: "mail", ExternalID: "3", ReceivedAt: clock.Now(), Bytes: []byte("third")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pool().Exec(ctx, `UPDATE orders SET goods_yen = goods_yen + 1`); err != nil {
		t.Fatal(err)
	}
	issueOne(t, s, store.NewIssue{Kind: "invoice", Number: "78", Format: "pdf", FileName: "x"}, "another")
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	counts := make([]int, 4)
	for i := range counts {
		all.Go(func() {
			if _, _, err := s.AddDocument(t.Context(), store.NewDocument{Source: "mail", ExternalID: fmt.Sprint("many ", i), ReceivedAt: clock.Now(), Bytes: []byte{byte(i)}}); err != nil {
				t.Error(err)
			}
			var err error
			if counts[i], err = s.Seal(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	// Six documents and an order's new amount: 6 × 2 + 1 entries, each once.
	if n := counts[0] + counts[1] + counts[2] + counts[3]; n != 13 {
		t.Errorf("%v entries", counts)
	}
	if r, bad := verify(t, s); bad != "" || r.Entries != 21 {
		t.Errorf("%s: %+v", bad, r)
	}
}

func FuzzParseArchiveHead(f *testing.F) {
	for _, s := range []string{"", "1:", "0:" + store.ArchiveStart, "9:" + strings.Repeat("a", 64), " 12:" + strings.Repeat("0", 64) + "\n", "999999999999999999:" + strings.Repeat("f", 64)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := store.ParseArchiveHead(s)
		if err == nil && h.String() != strings.TrimSpace(s) && !strings.HasPrefix(strings.TrimSpace(s), "0") {
			t.Fatalf("%q became %q", s, h)
		}
	})
}
