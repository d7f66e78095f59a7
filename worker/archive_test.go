package worker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/store"
	st "todoke/store/storetest"
)

// TestTheHeadIsToldEveryEvening: what came in is sealed by the workers, and the head goes to file and mail, once.
func TestTheHeadIsToldEveryEvening(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	heads := filepath.Join(t.TempDir(), "archive", "heads.txt")
	b.cfg.ArchiveHeads, b.cfg.ArchiveMail = heads, "zeirishi@example.jp"
	tick := func(at string) {
		t.Helper()
		b.clock.Set(st.At(t, at))
		if _, err := b.s.Tick(t.Context(), b.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	tick("2026-11-24 10:00:00")
	b.work(t)
	if _, _, err := b.s.AddDocument(t.Context(), store.NewDocument{Source: "file", ExternalID: "1", ReceivedAt: b.clock.Now(), Bytes: []byte("no fax")}); err != nil {
		t.Fatal(err)
	}
	b.idle(t)
	tick("2026-11-24 10:00:05")
	b.idle(t)
	if head, _, err := b.s.ArchiveHead(t.Context()); err != nil || head.Seq != 2 {
		t.Fatalf("after the tick: %v %v", head, err)
	}
	tick("2026-11-24 19:10:00")
	tick("2026-11-24 19:10:05")
	b.idle(t)
	text, err := os.ReadFile(heads)
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	head, err := store.ParseArchiveHead(line)
	if err != nil || head.Seq != 2 || strings.Count(string(text), ":") == 0 {
		t.Fatalf("%q %v", text, err)
	}
	var letter store.ArchiveHit
	tick("2026-11-24 19:10:10")
	b.idle(t)
	for h, err := range b.s.SearchArchive(t.Context(), store.ArchiveQuery{Kind: "archive_head", Party: "zeirishi@"}) {
		if err != nil || letter.ID != 0 {
			t.Fatal(h, err)
		}
		letter = h
	}
	body, err := b.s.ArchiveBytes(t.Context(), letter)
	if err != nil || !strings.Contains(string(body), head.String()) || !strings.Contains(letter.Subject, "2026-11-24") {
		t.Fatalf("%+v %s %v", letter, body, err)
	}
	r, err := b.s.VerifyArchive(t.Context(), store.VerifyOptions{Heads: []store.ArchiveHead{head}})
	if err != nil || r.Problems != 0 {
		t.Fatal(r, err)
	}
}
