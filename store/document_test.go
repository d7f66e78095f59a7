package store_test

import (
	"math/rand/v2"
	"strings"
	"testing"

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
