package store_test

import (
	"runtime"
	"slices"
	"testing"

	"todoke/order"
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
		_, err := s.Settle(ctx, id, 0, map[string]string{"customer_code": st.Code(st.Tokyo)}, "佐藤", clock.Now())
		settled <- err
	}()
	// Until the second one waits for the first.
	for count(t, s, `SELECT count(*)::int FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()`) == 0 && len(settled) == 0 {
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

// TestResendsAreSeenInAnyOrder: the database and the rule must sort an order's lines alike.
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
		suspect, err := tx.SuspectLines(t.Context(), again)
		if err == nil && suspect == nil {
			t.Errorf("the same items and quantities as order %s are not suspected", first.Number)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
