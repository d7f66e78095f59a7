package store_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestNoNameKeepsADocumentOut: fax servers write Shift_JIS file names, mails carry anything.
func TestNoNameKeepsADocumentOut(t *testing.T) {
	t.Parallel()
	s, clock := st.New(t)
	long := make([]byte, 5000) // incompressible: an index refuses it as it is
	rng := rand.NewChaCha8([32]byte{1})
	for i := range long {
		long[i] = '!' + byte(rng.Uint64()%90)
	}
	seen := map[int64]bool{}
	for _, tt := range []struct{ name, external, want string }{
		{"\x92\x8d\x95\xb6\x8f\x91.tif", "\x92\x8d\x95\xb6\x8f\x91.tif@1", `\x92\x8d\x95\xb6\x8f\x91.tif`},
		{"\x92\x8e.tif", "\x92\x8e.tif@1", `\x92\x8e.tif`},
		{"a\x00b.tif", "a\x00b@1", `a\x00b.tif`},
		{"注文書.tif", string(long), "注文書.tif"},
		{"注文書.tif", string(long) + "2", "注文書.tif"},
		{"�.tif", "�", "�.tif"}, // written so by its sender
	} {
		for range 2 { // handed in again it is known for the same
			id, first, err := s.AddDocument(t.Context(), store.NewDocument{
				Source: "folder", ExternalID: tt.external, ReceivedAt: clock.Now(), Caller: tt.name, MediaType: tt.name, FileName: tt.name, Bytes: []byte("fax"),
			})
			if err != nil {
				t.Errorf("%.40q: %v", tt.external, err)
				break
			}
			if first != 0 {
				continue
			}
			seen[id] = true
			d, err := s.GetDocument(t.Context(), id)
			if err != nil || d.FileName != tt.want || strings.ToValidUTF8(d.ExternalID, "") != d.ExternalID {
				t.Errorf("%+v %v, want %s", d, err, tt.want)
			}
		}
	}
	if n := count(t, s, `SELECT count(*)::int FROM documents WHERE duplicate_of IS NULL`); len(seen) != 6 || n != 6 {
		t.Errorf("%d documents, %d in the database, want 6", len(seen), n)
	}
}

// TestAddDocumentsInOneGo: all or none, with ids in order, each transmission once.
func TestAddDocumentsInOneGo(t *testing.T) {
	t.Parallel()
	s, clock := st.New(t)
	doc := func(id, text string) store.NewDocument {
		return store.NewDocument{Source: "mail", ExternalID: id, ReceivedAt: clock.Now(), Bytes: []byte(text)}
	}
	long := strings.Repeat("n", 3000)
	if _, err := s.AddDocuments(t.Context(), []store.NewDocument{doc("1", "one"), doc("", "nameless")}); order.KindOf(err) != order.KindInvalid {
		t.Fatalf("a document without a name: %v", err)
	}
	first, err := s.AddDocuments(t.Context(), []store.NewDocument{doc("1", "one"), doc("2", "two"), doc(long, "three"), doc("2", "two"), doc("2", "other bytes")})
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.AddDocuments(t.Context(), []store.NewDocument{doc("2", "two"), doc(long, "three")})
	if err != nil {
		t.Fatal(err)
	}
	if first[0].ID >= first[1].ID || first[1].ID >= first[2].ID || first[3].DuplicateOf != first[1].ID || first[4].DuplicateOf != 0 ||
		again[0].DuplicateOf != first[1].ID || again[1].DuplicateOf != first[2].ID {
		t.Errorf("first %+v, again %+v", first, again)
	}
	all, err := s.ListDocuments(t.Context(), store.DocumentFilter{})
	if err != nil || len(all) != 7 {
		t.Fatalf("%d documents, %v", len(all), err)
	}
	for _, d := range all {
		want := store.DocumentReceived
		if d.DuplicateOf != 0 {
			want = store.DocumentDuplicate
		}
		if b, err := s.DocumentBytes(t.Context(), d.ID); err != nil || d.State != want || d.SizeBytes != int64(len(b)) {
			t.Errorf("%+v: %q, %v", d, b, err)
		}
	}
	if n, err := s.Unfinished(t.Context()); err != nil || n != 4 {
		t.Errorf("%d jobs, want one for each document that is no duplicate: %v", n, err)
	}
}
