package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// unseen is a page of n lines that became an order without a person.
func unseen(t *testing.T, s *store.Store, name string, now time.Time, qty ...string) (documentID, pageID int64, o order.Order) {
	t.Helper()
	documentID, _, err := s.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: name, ReceivedAt: now, Bytes: []byte(name)})
	if err != nil {
		t.Fatal(err)
	}
	draft := &order.Draft{Form: "order", Decision: order.DecisionAccept, Fields: []order.DraftField{read("customer_code", st.Code(st.Tokyo))}}
	for i, q := range qty {
		f := read(fmt.Sprintf("lines[%d].quantity", i+1), q)
		f.Cells, f.Area = []order.DraftCell{{Text: q}}, &order.Area{X1: 10, Y1: 10}
		draft.Fields = append(draft.Fields, read(fmt.Sprintf("lines[%d].item_code", i+1), st.Code(st.Pen)), f)
	}
	req, problems := rules.RequestOf(*draft, order.Source{DocumentID: documentID, Page: 1}, now)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	err = s.InTx(t.Context(), func(tx *store.Tx) error {
		if o, err = tx.Accept(t.Context(), req, now); err != nil {
			return err
		}
		if pageID, err = tx.AddPage(t.Context(), store.Page{DocumentID: documentID, No: 1, BlobKey: strings.Repeat("0", 64), State: store.PageOrdered, OrderID: o.ID}, draft, now); err != nil {
			return err
		}
		_, err = tx.SetDocument(t.Context(), documentID, store.DocumentRead, "1 page(s)", 0, now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return documentID, pageID, o
}

func draw(t *testing.T, s *store.Store, documentID, pageID, orderID int64, fields ...store.NewReadingAudit) {
	t.Helper()
	err := s.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.DrawAudits(t.Context(), documentID, pageID, orderID, 1, fields, s.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func quantityAudit(line int, reading string, confidence rules.PPM) store.NewReadingAudit {
	return store.NewReadingAudit{
		Field: fmt.Sprintf("lines[%d].quantity", line), Kind: rules.ReadingQuantity, Reading: reading, Confidence: confidence, Threshold: 997_500, Model: "m1", Picture: "picture",
	}
}

func TestAuditIsBlindAndDecidedByMajority(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	doc, page, o := unseen(t, s, "a", clock.Now(), "7", "3", "4")
	draw(t, s, doc, page, o.ID, quantityAudit(1, "7", 999_000), quantityAudit(2, "3", 999_900), quantityAudit(3, "4", 999_990))
	draw(t, s, doc, page, o.ID, quantityAudit(1, "7", 999_000)) // once
	open, err := s.OpenAudits(t.Context(), "佐藤")
	if err != nil || len(open) != 3 {
		t.Fatalf("%+v, %v", open, err)
	}
	if _, err := s.GetSettledAudit(t.Context(), 1); order.KindOf(err) != order.KindConflict {
		t.Errorf("an open audit tells what was read: %v", err)
	}
	// The first agrees.
	a, err := s.KeyAudit(t.Context(), 2, "佐藤", "03", false, clock.Now())
	if err != nil || a.State != store.AuditSettled || a.Outcome != rules.AuditAgree || a.Reading != "3" {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, err := s.KeyAudit(t.Context(), 2, "鈴木", "4", false, clock.Now()); order.KindOf(err) != order.KindConflict {
		t.Errorf("keyed after it was settled: %v", err)
	}
	// The person errs: told so by another, blind to both.
	if a, err = s.KeyAudit(t.Context(), 3, "佐藤", "9", false, clock.Now()); err != nil || a.State != store.AuditDisputed || a.Reading != "" || len(a.Keyings) != 0 {
		t.Fatalf("the first who differs learns more than that: %+v, %v", a, err)
	}
	for _, again := range []string{"佐藤", " 佐藤 "} {
		if _, err := s.KeyAudit(t.Context(), 3, again, "4", false, clock.Now()); order.KindOf(err) != order.KindConflict {
			t.Errorf("%q keyed twice: %v", again, err)
		}
	}
	events, err := s.DocumentEvents(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Rule == "RDR-3" && strings.Contains(e.Text, "audit 3") && (strings.Contains(string(e.Inputs), `"9"`) || strings.Contains(e.Text, "9")) {
			t.Errorf("the history tells what the first person saw: %+v", e)
		}
	}
	if open, err := s.OpenAudits(t.Context(), "佐藤"); err != nil || len(open) != 1 || open[0].ID != 1 {
		t.Errorf("佐藤 may key %+v, %v", open, err)
	}
	if open, err := s.OpenAudits(t.Context(), "鈴木"); err != nil || len(open) != 2 || open[0].ID != 3 {
		t.Errorf("the disputed one comes first: %+v, %v", open, err)
	}
	if a, err = s.KeyAudit(t.Context(), 3, "鈴木", "4", false, clock.Now()); err != nil || a.Outcome != rules.AuditPersonErred {
		t.Fatalf("%+v, %v", a, err)
	}
	if got := get(t, s, o.ID); got.State != order.StateAccepted {
		t.Errorf("the order is %s for a person's error", got.State)
	}
	// The reader errs: the order is held, in the same moment, and the ledger names it.
	for by, want := range map[string]string{"": "who", "佐藤": "no number"} {
		if _, err := s.KeyAudit(t.Context(), 1, by, "2x", false, clock.Now()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", by, err)
		}
	}
	for i, by := range []string{"佐藤", "鈴木"} {
		if a, err = s.KeyAudit(t.Context(), 1, by, "2", false, clock.Now()); err != nil || (i == 1) != (a.Outcome == rules.AuditReaderErred) {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	if got := get(t, s, o.ID); got.State != order.StateHeld || !strings.Contains(got.HoldReason, `lines[1].quantity of page 1.1 was read as "7", it is "2"`) {
		t.Errorf("the order is %s: %s", got.State, got.HoldReason)
	}
	ledger, err := s.Ledger(t.Context())
	if err != nil || len(ledger) != 2 || !strings.Contains(ledger[0].Detail, "RDR-3") || ledger[1].Kind != "answer" {
		t.Errorf("the ledger: %+v, %v", ledger, err)
	}
	f, err := s.AuditFigures(t.Context(), clock.Now().Add(-time.Hour), clock.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	q := f.Kinds[2]
	if q.Kind != rules.ReadingQuantity || q.Audited != 3 || q.Errors != 1 || q.Rate != 333_333 || q.Upper < 905_000 || q.Upper > 906_000 || q.Lower < 8_000 || q.Lower > 9_000 || q.Accepted != 3 || q.Share != rules.Whole {
		t.Errorf("%+v", q)
	}
	if len(f.Errors) != 1 || len(f.Errors[0].Keyings) != 2 || f.Weighted != 333_333 || len(f.Bands) != 3 || f.Bands[0].Errors != 1 || f.Bands[0].Expected != 1000 {
		t.Errorf("%+v", f)
	}
	for _, p := range f.Persons {
		want := map[string][2]int{"佐藤": {3, 1}, "鈴木": {2, 0}}[p.By]
		if p.Audited != want[0] || p.Errors != want[1] {
			t.Errorf("%+v, want %v", p, want)
		}
	}
	audit(t, s)
}

// TestAnErrorAfterReleaseIsReported: what is on a pick list is not pulled back.
func TestAnErrorAfterReleaseIsReported(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	doc, page, o := unseen(t, s, "a", clock.Now(), "7")
	draw(t, s, doc, page, o.ID, quantityAudit(1, "7", 999_000))
	allocate(t, s, 10, false)
	clock.Set(st.At(t, "2026-11-24 17:30:00"))
	wave(t, s, clock.Now())
	if got := get(t, s, o.ID); got.State != order.StateReleased {
		t.Fatal(got.State)
	}
	for _, by := range []string{"佐藤", "鈴木"} {
		if _, err := s.KeyAudit(t.Context(), 1, by, "2", false, clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if got := get(t, s, o.ID); got.State != order.StateReleased {
		t.Errorf("a released order became %s", got.State)
	}
	events, err := s.OrderEvents(t.Context(), o.ID)
	if last := events[len(events)-1]; err != nil || last.Rule != "RDR-3" || !strings.Contains(last.Text, "was released when it came out") {
		t.Errorf("%+v, %v", last, err)
	}
	audit(t, s)
}

// TestKeyingRaces: of many who key the same field at the same moment, each counts once and only
// as many as are needed.
func TestKeyingRaces(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	doc, page, o := unseen(t, s, "a", clock.Now(), "7")
	draw(t, s, doc, page, o.ID, quantityAudit(1, "7", 999_000))
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = s.KeyAudit(t.Context(), 1, []string{"佐藤", "鈴木", "高橋", "田中"}[i%4], "2", false, clock.Now())
		})
	}
	wg.Wait()
	taken := 0
	for _, err := range errs {
		if err == nil {
			taken++
		} else if order.KindOf(err) != order.KindConflict {
			t.Error(err)
		}
	}
	a, err := s.GetSettledAudit(t.Context(), 1)
	if err != nil || taken != 2 || len(a.Keyings) != 2 || strings.EqualFold(a.Keyings[0].By, a.Keyings[1].By) {
		t.Errorf("%d keyings were taken: %+v, %v", taken, a, err)
	}
}

func TestThresholdsFollowTheirAudits(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	defaults := store.Thresholds{rules.ReadingItem: 998_000, rules.ReadingQuantity: 997_500}
	adapt := func(model string) map[rules.ReadingKind]store.AdaptedThreshold {
		t.Helper()
		out := map[rules.ReadingKind]store.AdaptedThreshold{}
		err := s.InTx(ctx, func(tx *store.Tx) error {
			all, err := tx.AdaptThresholds(ctx, defaults, model, clock.Now())
			for _, a := range all {
				out[a.Kind] = a
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	force := func(model string, want rules.PPM) {
		t.Helper()
		held, err := s.ThresholdsInForce(ctx, defaults, model, clock.Now())
		if err != nil || held[rules.ReadingQuantity] != want || held[rules.ReadingItem] != 998_000 {
			t.Errorf("in force for %s: %v, %v; want %d", model, held, err, want)
		}
	}
	if a := adapt("m1"); a[rules.ReadingQuantity].Action != rules.ThresholdHold {
		t.Errorf("moved without data: %+v", a)
	}
	force("m1", 997_500)

	doc, page, o := unseen(t, s, "a", clock.Now(), "7")
	draw(t, s, doc, page, o.ID, quantityAudit(1, "7", 998_000))
	for _, by := range []string{"佐藤", "鈴木"} {
		if _, err := s.KeyAudit(ctx, 1, by, "2", false, clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	clock.Set(clock.Now().Add(time.Hour))
	if a := adapt("m2"); a[rules.ReadingQuantity].Action != rules.ThresholdHold {
		t.Errorf("another recogniser's error: %+v", a)
	}
	if a := adapt("m1"); a[rules.ReadingQuantity].Action != rules.ThresholdTighten || a[rules.ReadingQuantity].Next != 998_750 {
		t.Errorf("an error: %+v", a)
	}
	force("m1", 998_750)
	force("m2", 998_750)
	clock.Set(clock.Now().Add(time.Hour))
	if a := adapt("m1"); a[rules.ReadingQuantity].Action != rules.ThresholdHold {
		t.Errorf("the same error once more: %+v", a)
	}
	if err := s.PinThreshold(ctx, rules.ReadingQuantity, 995_000, "店長", "棚卸しの間", clock.Now()); err != nil {
		t.Fatal(err)
	}
	force("m1", 995_000)
	doc, page, o = unseen(t, s, "b", clock.Now(), "8")
	draw(t, s, doc, page, o.ID, quantityAudit(1, "8", 998_000))
	for _, by := range []string{"佐藤", "鈴木"} {
		if _, err := s.KeyAudit(ctx, 2, by, "2", false, clock.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	clock.Set(clock.Now().Add(time.Hour))
	if a := adapt("m1"); a[rules.ReadingQuantity].Action != rules.ThresholdHold || !a[rules.ReadingQuantity].Pinned {
		t.Errorf("a pinned threshold: %+v", a)
	}
	if err := s.ResetThreshold(ctx, rules.ReadingQuantity, "店長", "棚卸しが済んだ", clock.Now()); err != nil {
		t.Fatal(err)
	}
	force("m1", 997_500)
	history, err := s.ThresholdHistory(ctx, rules.ReadingQuantity)
	if err != nil || len(history) != 3 || history[0].Action != "tighten" || !strings.Contains(string(history[0].Inputs), `"bands"`) || history[1].By != "店長" || history[2].Action != "reset" {
		t.Errorf("%+v, %v", history, err)
	}
	// An error at the ceiling stops the kind, and the ledger says so until a person resets it.
	row := `INSERT INTO reading_thresholds (kind, threshold_ppm, action, model, reason, from_at) VALUES ('quantity', 999950, 'tighten', 'm1', 'x', $1)`
	if _, err := s.Pool().Exec(ctx, row, clock.Now()); err != nil {
		t.Fatal(err)
	}
	clock.Set(clock.Now().Add(time.Hour))
	doc, page, o = unseen(t, s, "c", clock.Now(), "9")
	draw(t, s, doc, page, o.ID, quantityAudit(1, "9", 999_990))
	for _, by := range []string{"佐藤", "鈴木"} {
		if _, err := s.KeyAudit(ctx, 3, by, "2", false, clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	clock.Set(clock.Now().Add(time.Hour))
	if a := adapt("m1")[rules.ReadingQuantity]; !a.Alarm || a.Next != rules.Whole {
		t.Errorf("an error at the ceiling: %+v", a)
	}
	stopped := func() bool {
		ledger, err := s.Ledger(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(ledger, func(e store.Entry) bool {
			return e.Kind == "threshold" && e.Name == "quantity" && strings.Contains(e.Detail, "until a person resets it")
		})
	}
	if !stopped() {
		t.Error("the ledger does not tell that quantities are stopped")
	}
	if err := s.ResetThreshold(ctx, rules.ReadingQuantity, "店長", "新しい文字認識", clock.Now()); err != nil || stopped() {
		t.Errorf("still stopped after a reset: %v", err)
	}
	for _, err := range []error{
		s.PinThreshold(ctx, "colour", rules.Whole, "a", "b", clock.Now()), s.PinThreshold(ctx, rules.ReadingItem, 9_985, "a", "b", clock.Now()),
		s.PinThreshold(ctx, rules.ReadingItem, rules.Whole, "", "b", clock.Now()), s.ResetThreshold(ctx, rules.ReadingItem, "a", " ", clock.Now()),
	} {
		if order.KindOf(err) != order.KindInvalid {
			t.Errorf("taken: %v", err)
		}
	}
}
