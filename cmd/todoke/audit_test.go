package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// audited is the small shop with an order accepted unseen, its quantity drawn for audit, read as 7.
func audited(t *testing.T) (url string, o order.Order) {
	t.Helper()
	url = st.DSN(t)
	s, _ := st.Open(t, url)
	app, _, _ := testApp(t, nil)
	now := app.Now()
	st.Shop(t, s)
	id, _, err := s.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: "a", ReceivedAt: now, Bytes: []byte("a")})
	if err != nil {
		t.Fatal(err)
	}
	// The commands' blob folder is another one: the picture is put there by the test that shows it.
	draft := &order.Draft{Form: "order", Decision: order.DecisionAccept, Fields: []order.DraftField{
		{Name: "customer_code", Text: st.Code(st.Tokyo), Confidence: 1, Decision: order.DecisionAccept},
		{Name: "lines[1].item_code", Text: st.Code(st.Pen), Confidence: 1, Decision: order.DecisionAccept},
		{Name: "lines[1].quantity", Text: "7", Confidence: 0.999, Decision: order.DecisionAccept},
	}}
	req, problems := rules.RequestOf(*draft, order.Source{DocumentID: id, Page: 1}, now)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	err = s.InTx(t.Context(), func(tx *store.Tx) error {
		if o, err = tx.Accept(t.Context(), req, now); err != nil {
			return err
		}
		page, err := tx.AddPage(t.Context(), store.Page{DocumentID: id, No: 1, State: store.PageOrdered, OrderID: o.ID}, draft, now)
		if err != nil {
			return err
		}
		if _, err := tx.DrawAudits(t.Context(), id, page, o.ID, 1, []store.NewReadingAudit{{
			Field: "lines[1].quantity", Kind: rules.ReadingQuantity, Reading: "7", Confidence: 999_000, Threshold: 997_500, Model: "m", Picture: store.Key([]byte("png")),
		}}, now); err != nil {
			return err
		}
		_, err = tx.SetDocument(t.Context(), id, store.DocumentRead, "1 page(s)", 0, now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return url, o
}

// TestAuditCommands: from the list to the right order, nothing told before it may be.
func TestAuditCommands(t *testing.T) {
	t.Parallel()
	url, o := audited(t)
	for _, args := range [][]string{{"audit", "list"}, {"audit", "list", "--json"}, {"audit", "list", "--by", "佐藤"}} {
		_, stdout, _ := run(t, url, args...)
		if !strings.Contains(stdout, "lines[1].quantity") || strings.Contains(stdout, "reading") || strings.Contains(stdout, "truth") || strings.Contains(stdout, "confidence") || strings.Contains(stdout, o.Number.Grouped()) {
			t.Errorf("%v tells too much or too little: %s", args, stdout)
		}
	}
	wantRun(t, url, exitUsage, []string{"--unreadable"}, "audit", "key", "1", "--by", "佐藤")
	wantRun(t, url, exitFailure, []string{"no number"}, "audit", "key", "1", "two", "--by", "佐藤")
	wantRun(t, url, exitFailure, []string{"there is no audit 9"}, "audit", "key", "9", "2", "--by", "佐藤")
	_, differs, _ := run(t, url, "audit", "key", "1", "2", "--by", "佐藤")
	if differs != "differ: another person must key it\n" {
		t.Error(differs)
	}
	wantRun(t, url, exitFailure, []string{"佐藤 has keyed audit 1 already"}, "audit", "key", "1", "2", "--by", "佐藤")
	if _, stdout, _ := run(t, url, "audit", "list", "--by", "佐藤", "--json"); stdout != "" {
		t.Error(stdout)
	}
	wantRun(t, url, exitOK, []string{"disputed"}, "audit", "list")
	wantRun(t, url, exitOK, []string{"the reader erred: read as 7, it is 2", "order " + o.Number.Grouped() + " is held"}, "audit", "key", "1", "2", "--by", "鈴木")
	wantRun(t, url, exitOK, []string{"held", "RDR-3"}, "ledger")
	wantRun(t, url, exitOK, []string{"RDR-3", `read as "7", it is "2"`}, "order", "explain", o.Number.Grouped())
	_, stdout, _ := run(t, url, "audit", "report", "--json")
	var f store.AuditFigures
	if err := json.Unmarshal([]byte(stdout), &f); err != nil || f.Overall.Audited != 1 || f.Overall.Errors != 1 || len(f.Errors) != 1 || f.Errors[0].Truth != "2" || len(f.Persons) != 2 {
		t.Errorf("%s, %v", stdout, err)
	}
	wantRun(t, url, exitOK, []string{"quantity", "100 %", "2.5 % to 100 %", "from 99.9 %", "佐藤", "lines[1].quantity"}, "audit", "report")
	wantRun(t, url, exitFailure, []string{"--reason"}, "audit", "resolve", "1", "--reorder", "--reason", " ", "--by", "田中")
	wantRun(t, url, exitOK, []string{"todoke review settle 1.1"}, "audit", "resolve", "1", "--reorder", "--reason", "電話で確認", "--by", "田中")
	wantRun(t, url, exitOK, []string{"order 100-000-"}, "review", "settle", "1.1", "--by", "田中")
	wantRun(t, url, exitFailure, []string{"not held"}, "audit", "resolve", "1", "--as-read", "--reason", "遅い", "--by", "田中")
}

func TestAuditShowsThePictureAlone(t *testing.T) {
	t.Parallel()
	url, _ := audited(t)
	data := t.TempDir()
	app, _, stderr := testApp(t, map[string]string{"DATABASE_URL": url})
	blobs, err := store.OpenBlobs(filepath.Join(data, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blobs.Put([]byte("png")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(data, "crop.png")
	if status := app.Main(t.Context(), []string{"audit", "show", "1", "-o", file, "--data", data}); status != exitOK || strings.Contains(strings.ReplaceAll(stderr.String(), file, ""), "7") {
		t.Errorf("%d %s", status, stderr)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "png" {
		t.Errorf("%q %v", b, err)
	}
}

func TestThresholdCommands(t *testing.T) {
	t.Parallel()
	url, _ := audited(t)
	wantRun(t, url, exitOK, []string{"quantity  99.75 %", "hold", "0 audited since the last change"}, "audit", "thresholds")
	wantRun(t, url, exitOK, []string{"quantity is accepted unseen from 99.85 % on"}, "audit", "pin", "quantity", "99.85", "--reason", "棚卸し", "--by", "店長")
	wantRun(t, url, exitOK, []string{"quantity  99.85 %", "pinned by 店長: 棚卸し"}, "audit", "thresholds")
	wantRun(t, url, exitOK, []string{`"current_ppm":998500`, `"pinned":true`}, "audit", "thresholds", "--json")
	wantRun(t, url, exitOK, []string{"default threshold again"}, "audit", "reset", "quantity", "--reason", "済んだ", "--by", "店長")
	wantRun(t, url, exitOK, []string{"pin", "99.85 %", "reset", "default", "店長"}, "audit", "thresholds", "--history")
	for _, bad := range []string{"101", "", "9,5", "99.12345", "1e2"} {
		wantRun(t, url, exitFailure, []string{"no percentage"}, "audit", "pin", "quantity", bad, "--reason", "x", "--by", "x")
	}
	wantRun(t, url, exitFailure, []string{`"colour" is none`}, "audit", "pin", "colour", "99", "--reason", "x", "--by", "x")
}
