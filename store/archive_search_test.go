package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// found are hits by document or issued document, such as "3", "4.1", "issued 1".
func found(hits []store.ArchiveHit) string {
	var out []string
	for _, h := range hits {
		name := "issued " + text(h.IssuedID)
		if h.DocumentID != 0 {
			name = text(h.DocumentID)
			if h.Page != 0 {
				name += "." + text(int64(h.Page))
			}
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func text(n int64) string { return string(rune('0' + n)) } // of the few that tests have

func yen(n int64) *int64 { return &n }

// TestSearchCombinesDayAmountAndParty: KEP-1's three, alone and together.
func TestSearchCombinesDayAmountAndParty(t *testing.T) {
	t.Parallel()
	s, _, _ := archived(t) // faxes 1 (Osaka's number) and 2 (unknown), web order 3 of Tokyo, an invoice to Osaka
	web := search(t, s, store.ArchiveQuery{Kind: "inbound", MinYen: yen(1)})
	if len(web) != 1 || web[0].DocumentID != 3 || web[0].AmountYen == nil || *web[0].AmountYen != 4950 || web[0].Order == "" || web[0].Seq == 0 {
		t.Fatalf("%+v", web)
	}
	day := order.D(2026, 11, 24)
	tests := []struct {
		name string
		q    store.ArchiveQuery
		want string
	}{
		{"everything", store.ArchiveQuery{}, "1, 2, 3, issued 1"},
		{"a day", store.ArchiveQuery{From: day, To: day}, "1, 2, 3"},
		{"up to a day", store.ArchiveQuery{To: order.D(2026, 11, 20)}, "issued 1"},
		{"an amount, to the yen", store.ArchiveQuery{MinYen: yen(4950), MaxYen: yen(4950)}, "3"},
		{"an amount from", store.ArchiveQuery{MinYen: yen(4951)}, "issued 1"},
		{"part of a company", store.ArchiveQuery{Party: "あおば"}, "1, 3, issued 1"},
		{"part of a name", store.ArchiveQuery{Party: "大阪支"}, "1, issued 1"},
		{"company and name together", store.ArchiveQuery{Party: "あおば商事株式会社 総務部"}, "3"},
		{"a code", store.ArchiveQuery{Party: st.Code(st.Tokyo)}, "3"},
		{"a number as people write it", store.ArchiveQuery{Party: "０３－９９９９-8888"}, "2"},
		{"no wildcard", store.ArchiveQuery{Party: "%"}, ""},
		{"nobody", store.ArchiveQuery{Party: "みどり"}, ""},
		{"party and amount", store.ArchiveQuery{Party: "あおば", MinYen: yen(5000)}, "issued 1"},
		{"party and day", store.ArchiveQuery{Party: "大阪", From: day}, "1"},
		{"day and amount", store.ArchiveQuery{From: day, MaxYen: yen(99_999)}, "3"},
		{"all three", store.ArchiveQuery{From: day, To: day, MinYen: yen(1), MaxYen: yen(5000), Party: "総務"}, "3"},
		{"all three, another amount", store.ArchiveQuery{From: day, To: day, MinYen: yen(5000), Party: "総務"}, ""},
		{"a kind of what was issued", store.ArchiveQuery{Kind: "invoice"}, "issued 1"},
		{"a number", store.ArchiveQuery{Number: "77"}, "issued 1"},
		{"an order's number", store.ArchiveQuery{Number: order.Number(web[0].Order).Grouped()}, "3"},
	}
	for _, tt := range tests {
		if got := found(search(t, s, tt.q)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	for name, q := range map[string]store.ArchiveQuery{
		"days": {From: day, To: day.Add(-1)}, "amounts": {MinYen: yen(2), MaxYen: yen(1)}, "party": {Party: " - "},
	} {
		for _, err := range s.SearchArchive(t.Context(), q) {
			if order.KindOf(err) != order.KindInvalid {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestWhatBecomesAnOrderLaterIsFound: a fax is found by its sender at first, and by the order as
// soon as there is one; a changed amount and a person's statement replace what was there.
func TestWhatBecomesAnOrderLaterIsFound(t *testing.T) {
	t.Parallel()
	dsn := st.DSN(t)
	s, clock := st.Open(t, dsn)
	st.Shop(t, s)
	clock.Set(st.At(t, "2026-11-24 10:00:00"))
	seal(t, s)
	id, _, o := unseen(t, s, "fax", clock.Now(), "3")
	seal(t, s)
	q := store.ArchiveQuery{Number: string(o.Number)}
	hits := search(t, s, q)
	if found(hits) != "1.1" || *hits[0].AmountYen != 726 || hits[0].Party.Code != st.Code(st.Tokyo) || hits[0].KeepUntilOn != order.D(2038, 5, 31) {
		t.Fatalf("%+v", hits)
	}
	if _, err := s.Pool().Exec(t.Context(), `UPDATE orders SET goods_yen = goods_yen - 120 WHERE id = $1`, o.ID); err != nil {
		t.Fatal(err)
	}
	seal(t, s)
	if hits = search(t, s, q); found(hits) != "1.1" || *hits[0].AmountYen != 606 || hits[0].Replaces == 0 {
		t.Fatalf("after the order changed: %+v", hits)
	}
	if got := found(search(t, s, store.ArchiveQuery{MinYen: yen(726), MaxYen: yen(726)})); got != "" {
		t.Errorf("history is found: %s", got)
	}
	// What a person states stays, whatever the order does.
	if err := s.Describe(t.Context(), id, 1, store.Description{AmountYen: yen(1000), Reason: "as agreed by telephone", By: "佐藤"}, clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pool().Exec(t.Context(), `UPDATE orders SET goods_yen = goods_yen + 1 WHERE id = $1`, o.ID); err != nil {
		t.Fatal(err)
	}
	seal(t, s)
	if hits = search(t, s, q); len(hits) != 1 || *hits[0].AmountYen != 1000 || hits[0].By != "佐藤" {
		t.Fatalf("what a person stated: %+v", hits)
	}
	// A page that is no order any more is about no money.
	if _, err := s.Pool().Exec(t.Context(), `UPDATE pages SET state = 'review', order_id = NULL WHERE document_id = $1`, id); err != nil {
		t.Fatal(err)
	}
	seal(t, s)
	history, err := s.ArchiveHistory(t.Context(), id)
	if err != nil || len(history) != 4 { // the document, and three of its page
		t.Fatal(history, err)
	}
	if _, bad := verify(t, s); bad != "" {
		t.Error(bad)
	}
	for _, d := range []store.Description{{By: "x"}, {Reason: "x"}, {By: "x", Reason: "x", AmountYen: yen(-1)}} {
		if err := s.Describe(t.Context(), id, 1, d, clock.Now()); order.KindOf(err) != order.KindInvalid {
			t.Errorf("%+v: %v", d, err)
		}
	}
	if err := s.Describe(t.Context(), id, 9, store.Description{By: "x", Reason: "x"}, clock.Now()); order.KindOf(err) != order.KindNotFound {
		t.Error(err)
	}
}

// TestEraseKeepsTheChain: bytes, pages and names go, what was there and who took it away stays.
func TestEraseKeepsTheChain(t *testing.T) {
	t.Parallel()
	s, clock, dsn := archived(t)
	before, _ := verify(t, s)
	mail := add(t, s, store.NewDocument{Source: "mail", ExternalID: "山田太郎様の名簿", ReceivedAt: clock.Now(), FileName: "山田太郎.eml", Bytes: []byte("a mail")})
	var part int64
	key, err := s.Blobs().Put([]byte("a list of people"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := s.Blobs().Put([]byte("a page of it"))
	if err != nil {
		t.Fatal(err)
	}
	err = s.InTx(t.Context(), func(tx *store.Tx) error {
		var err error
		part, _, err = tx.AddPart(t.Context(), store.NewDocument{Source: "mail", ExternalID: "part", ReceivedAt: clock.Now(), FileName: "山田太郎.pdf", Bytes: []byte("a list of people"), ParentID: mail}, key)
		if err != nil {
			return err
		}
		if _, err := tx.AddPage(t.Context(), store.Page{DocumentID: part, No: 1, BlobKey: picture, State: store.PageReview}, &order.Draft{Form: "山田太郎"}, clock.Now()); err != nil {
			return err
		}
		return tx.NoteSender(t.Context(), mail, "taro.yamada@example.jp", clock.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	seal(t, s)
	if got := found(search(t, s, store.ArchiveQuery{Party: "Taro.Yamada@"})); got != "4, 5" {
		t.Fatalf("the sender finds %q", got)
	}
	erase := func(id int64) (store.Erasure, error) {
		return s.Erase(t.Context(), dsn, id, "misdirected", "佐藤", time.Millisecond)
	}
	for _, id := range []int64{part, 3, 99} { // a part, an order, nothing
		if _, err := erase(id); order.KindOf(err) != order.KindConflict && order.KindOf(err) != order.KindNotFound {
			t.Errorf("document %d: %v", id, err)
		}
	}
	e, err := erase(mail)
	if err != nil || len(e.Documents) != 2 || e.Files != 3 || e.Kept != 0 {
		t.Fatalf("%+v %v", e, err)
	}
	for _, k := range []string{key, picture, store.Key([]byte("a mail"))} {
		if _, err := os.Stat(filepath.Join(s.Blobs().Dir(), k[:2], k)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("blob %s is still there: %v", k, err)
		}
	}
	r, bad := verify(t, s, before.Head)
	if bad != "" || r.Erased != 2 {
		t.Errorf("%s: %+v", bad, r)
	}
	if n := count(t, s, `SELECT count(*) FROM archive_parties WHERE search LIKE '%yamada%'`) +
		count(t, s, `SELECT count(*) FROM documents WHERE file_name LIKE '%山田%' OR external_id LIKE '%山田%'`) +
		count(t, s, `SELECT count(*) FROM drafts WHERE draft::text LIKE '%山田%'`) + count(t, s, `SELECT count(*) FROM document_senders`); n != 0 {
		t.Errorf("%d rows still name the person", n)
	}
	if hits := search(t, s, store.ArchiveQuery{Kind: "inbound"}); len(hits) != 5 || hits[3].Erased != "misdirected (佐藤)" {
		t.Errorf("%+v", hits)
	}
	if _, err := s.DocumentBytes(t.Context(), mail); err == nil {
		t.Error("the bytes are still given out")
	}
	if again, err := erase(mail); err != nil || again.Files != 0 {
		t.Errorf("again: %+v %v", again, err)
	}
	// Bytes that another document holds stay, and the others are named.
	twin := add(t, s, store.NewDocument{Source: "mail", ExternalID: "twin", ReceivedAt: clock.Now(), Bytes: []byte("first fax")})
	if e, err := erase(twin); err != nil || e.Kept != 1 || e.Files != 0 || !slices.Equal(e.SameBytes, []int64{1}) {
		t.Errorf("%+v %v", e, err)
	}
	if _, bad := verify(t, s); bad != "" {
		t.Error(bad)
	}
	// Without the role's user nothing is erased.
	if _, err := s.Erase(t.Context(), "postgres://nobody@127.0.0.1:1/x", 1, "x", "x", 0); err == nil {
		t.Error("erased through no database")
	}
}
