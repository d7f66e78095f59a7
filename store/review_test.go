package store_test

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestSettlingLosesNothing: while one person settles a field, another has just settled one.
func TestSettlingLosesNothing(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	id, _, err := s.AddDocument(ctx, store.NewDocument{Source: "folder", ExternalID: "a", ReceivedAt: clock.Now(), Bytes: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	err = s.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.OpenReview(ctx, id, 0, []*order.Error{order.Invalid("FAX-2", "", "look")}, &order.Draft{Form: "order"}, clock.Now(), clock.Now()); err != nil {
			return err
		}
		_, err := tx.SetDocument(ctx, id, store.DocumentReview, "", 0, clock.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.Pool().Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback(ctx) }()
	if _, err := other.Exec(ctx, `UPDATE reviews SET draft = '{"form": "order", "fields": [{"name": "lines[1].quantity", "text": "10", "decision": "accept"}]}'`); err != nil {
		t.Fatal(err)
	}
	settled := make(chan error, 1)
	go func() {
		_, err := s.Settle(ctx, id, 0, store.Settlement{Values: map[string]string{"customer_code": st.Code(st.Tokyo)}, By: "佐藤"}, clock.Now())
		settled <- err
	}()
	// Until the second one waits for the first.
	for lockWaits(t, s) == 0 && len(settled) == 0 {
		runtime.Gosched()
	}
	if err := other.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-settled; order.KindOf(err) != order.KindInvalid {
		t.Fatalf("no item is named yet: %v", err)
	}
	open, err := s.OpenReviews(ctx)
	if err != nil || len(open) != 1 {
		t.Fatal(open, err)
	}
	if f := open[0].Draft.Field("lines[1].quantity"); f == nil || f.Text != "10" {
		t.Errorf("the first person's quantity is lost: %+v", open[0].Draft.Fields)
	}
}

// TestResendsAreSeenInAnyOrder: lines are the same goods in whatever order they stand.
func TestResendsAreSeenInAnyOrder(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	req := st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 9)
	req.Lines = append(req.Lines, order.RequestLine{Field: "lines[1]", ItemCode: st.Code(st.Pen), Qty: 10})
	first := accept(t, s, req)
	again := req
	again.Lines = slices.Clone(req.Lines)
	slices.Reverse(again.Lines)
	err := s.InTx(t.Context(), func(tx *store.Tx) error {
		suspects, err := tx.Suspects(t.Context(), store.Probe{Customer: again.DepartmentCode, ReceivedAt: again.ReceivedAt, Lines: again.Lines, Known: true})
		if err == nil && (len(suspects) != 1 || suspects[0].Relation != rules.RelationResend) {
			t.Errorf("the same items and quantities as order %s are not suspected: %+v", first.Number, suspects)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// inReview is a document with an open review of a draft.
func inReview(t *testing.T, s *store.Store, now time.Time, name string, fields ...order.DraftField) int64 {
	t.Helper()
	id, _, err := s.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: name, ReceivedAt: now, Bytes: []byte(name)})
	if err != nil {
		t.Fatal(err)
	}
	err = s.InTx(t.Context(), func(tx *store.Tx) error {
		draft := &order.Draft{Form: "order", Fields: fields}
		if err := tx.OpenReview(t.Context(), id, 0, []*order.Error{order.Invalid("FAX-2", "", "look")}, draft, now, now); err != nil {
			return err
		}
		_, err := tx.SetDocument(t.Context(), id, store.DocumentReview, "", 0, now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func read(name, text string) order.DraftField {
	return order.DraftField{Name: name, Text: text, Confidence: 0.9999, Decision: order.DecisionAccept}
}

// TestASettledResendIsSuspected: a page that the reader could not read is compared with earlier
// orders once a person has settled it (FAX-5).
func TestASettledResendIsSuspected(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 9))
	doubtful := read("lines[1].quantity", "?")
	doubtful.Decision = order.DecisionReview
	id := inReview(t, s, clock.Now(), "again", read("customer_code", st.Code(st.Tokyo)), read("lines[1].item_code", st.Code(st.Pen)), doubtful)
	// Nothing is suspected yet: nobody decides in advance.
	if _, err := s.Settle(t.Context(), id, 0, store.Settlement{As: store.AsOwn, By: "佐藤"}, clock.Now()); order.KindOf(err) != order.KindInvalid {
		t.Errorf("an own order before anything is suspected: %v", err)
	}
	_, err := s.Settle(t.Context(), id, 0, store.Settlement{Values: map[string]string{"lines[1].quantity": "9"}, By: "佐藤"}, clock.Now())
	if refusal, ok := errors.AsType[*store.Refusal](err); !ok || refusal.Problems[0].Rule != "FAX-5" {
		t.Fatalf("the same items and quantities became a second order: %v", err)
	}
	if o, err := s.Settle(t.Context(), id, 0, store.Settlement{As: store.AsOwn, By: "佐藤"}, clock.Now()); err != nil || o.Lines[0].Qty != 9 {
		t.Fatal(o, err)
	}
}

// TestSettlingIsToldInWords: every value with what was read before it and by whom (KEP-2).
func TestSettlingIsToldInWords(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	id := inReview(t, s, clock.Now(), "words", read("customer_code", st.Code(st.Tokyo)), read("lines[1].item_code", "1000099"), read("lines[1].quantity", "3"))
	values := map[string]string{"lines[1].item_code": st.Code(st.Paper), "lines[1].quantity": "3", "lines[1].comment": "至急"}
	if _, err := s.Settle(t.Context(), id, 0, store.Settlement{Values: values, By: "yamada"}, clock.Now()); err == nil {
		t.Fatal("3 is no multiple of 5")
	}
	if _, err := s.Settle(t.Context(), id, 0, store.Settlement{Values: map[string]string{"lines[1].quantity": "5"}, By: "yamada"}, clock.Now()); err != nil {
		t.Fatal(err)
	}
	events, err := s.DocumentEvents(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for text, inputs := range map[string]string{
		`lines[1].item_code: read "1000099", settled "` + st.Code(st.Paper) + `" by yamada`: `"old": "1000099"`,
		`lines[1].quantity: read "3", confirmed by yamada`:                                  `"new": "3"`,
		`lines[1].comment: read blank, settled "至急" by yamada`:                              `"old": ""`,
		`lines[1].quantity: settled before as "3", settled "5" by yamada`:                   `"new": "5"`,
	} {
		if !slices.ContainsFunc(events, func(e order.Event) bool {
			return strings.HasSuffix(e.Text, text) && e.Rule == "KEP-2" && e.By == "yamada" && strings.Contains(string(e.Inputs), inputs)
		}) {
			t.Errorf("no event says %s with %s: %+v", text, inputs, events)
		}
	}
	reviews, err := s.ReviewsOf(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if f := reviews[0].Draft.Field("lines[1].quantity"); !slices.Equal(f.Evidence, []string{"person:yamada"}) {
		t.Errorf("evidence %q", f.Evidence)
	}
}

// TestADroppedLineIsNoOrderLine: left out on purpose, told in words, and still in the total.
func TestADroppedLineIsNoOrderLine(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	now := clock.Now()
	id := inReview(t, s, now, "drop", read("customer_code", st.Code(st.Tokyo)),
		read("lines[1].item_code", st.Code(st.Pen)), read("lines[1].quantity", "3"),
		read("lines[2].item_code", "9999999"), read("lines[2].quantity", "4"), read("total_quantity", "8"))
	for name, said := range map[string]store.Settlement{
		"no reason":     {Drop: []int{2}},
		"an empty line": {Drop: []int{3}, Reason: "廃番"},
	} {
		said.By = "yamada"
		if _, err := s.Settle(t.Context(), id, 0, said, now); order.KindOf(err) != order.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := s.Settle(t.Context(), id, 0, store.Settlement{Drop: []int{2}, Reason: "廃番、電話で確認", By: "yamada"}, now)
	if refusal, ok := errors.AsType[*store.Refusal](err); !ok || len(refusal.Problems) != 1 || refusal.Problems[0].Field != "total_quantity" {
		t.Fatalf("8 is not 3 and 4: %v", err)
	}
	// Taken back, the line's item must be one; then it is left out again.
	_, err = s.Settle(t.Context(), id, 0, store.Settlement{Values: map[string]string{"total_quantity": "7"}, Keep: []int{2}, By: "yamada"}, now)
	if refusal, ok := errors.AsType[*store.Refusal](err); !ok || refusal.Problems[0].Rule != "ITM-1" {
		t.Fatalf("a line ordered after all with an item that does not exist: %v", err)
	}
	o, err := s.Settle(t.Context(), id, 0, store.Settlement{Drop: []int{2}, Reason: "廃番、電話で確認", By: "yamada"}, now)
	if err != nil || len(o.Lines) != 1 || o.Lines[0].ItemCode != st.Code(st.Pen) {
		t.Fatal(o.Lines, err)
	}
	events, err := s.DocumentEvents(t.Context(), id)
	if err != nil || !slices.ContainsFunc(events, func(e order.Event) bool {
		return e.Rule == "FAX-2" && e.By == "yamada" && strings.Contains(e.Text, "廃番、電話で確認") && strings.Contains(e.Text, "item 9999999, quantity 4")
	}) {
		t.Errorf("the line left out is not told: %+v, %v", events, err)
	}
}

// TestNothingToSettle: why there is nothing is said.
func TestNothingToSettle(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	id := inReview(t, s, clock.Now(), "junk")
	if r, err := s.Junk(t.Context(), id, 0, "yamada", clock.Now()); err != nil || r.State != store.ReviewJunk {
		t.Fatal(r, err)
	}
	for text, doc := range map[string]int64{"there is no document 99999": 99999, "closed as junk by yamada": id} {
		_, err := s.Settle(t.Context(), doc, 0, store.Settlement{By: "yamada"}, clock.Now())
		if order.KindOf(err) != order.KindNotFound || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %q", err, text)
		}
	}
}
