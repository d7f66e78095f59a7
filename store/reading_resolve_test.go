package store_test

import (
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// misread is an order held because its quantity was read as 7 and is 2.
func misread(t *testing.T, allocated bool) (*store.Store, *st.Clock, order.Order) {
	t.Helper()
	s, clock := st.NewShop(t)
	doc, page, o := unseen(t, s, "a", clock.Now(), "7")
	draw(t, s, doc, page, o.ID, quantityAudit(1, "7", 999_000))
	if allocated {
		allocate(t, s, 10, false)
	}
	for _, by := range []string{"佐藤", "鈴木"} {
		if _, err := s.KeyAudit(t.Context(), 1, by, "2", false, clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if got := get(t, s, o.ID); got.State != order.StateHeld {
		t.Fatal(got.State)
	}
	return s, clock, o
}

func TestAMisreadOrderIsEnteredAnew(t *testing.T) {
	t.Parallel()
	s, clock, o := misread(t, true)
	ctx := t.Context()
	if _, err := s.ReorderAudited(ctx, 1, "田中", "", clock.Now()); order.KindOf(err) != order.KindInvalid {
		t.Errorf("without a reason: %v", err)
	}
	r, err := s.ReorderAudited(ctx, 1, "田中", "電話で確認", clock.Now())
	if err != nil || r.State != store.ReviewOpen || r.Draft.Field("lines[1].quantity").Text != "2" || !strings.Contains(r.Reasons[0].Message, `read as "7", it is "2"`) {
		t.Fatalf("%+v, %v", r, err)
	}
	audit(t, s)
	if got := get(t, s, o.ID); got.State != order.StateCancelled || got.Lines[0].ReservedQty != 0 {
		t.Errorf("the wrong order is %+v", got)
	}
	if _, err := s.ReorderAudited(ctx, 1, "田中", "もう一度", clock.Now()); order.KindOf(err) != order.KindConflict && order.KindOf(err) != order.KindNotFound {
		t.Errorf("twice: %v", err)
	}
	anew, err := s.Settle(ctx, r.DocumentID, 1, store.Settlement{By: "田中"}, clock.Now())
	if err != nil || anew.ID == o.ID || anew.Lines[0].Qty != 2 {
		t.Fatalf("%+v, %v", anew, err)
	}
	if a, err := s.GetSettledAudit(ctx, 1); err != nil || a.OrderNumber != anew.Number {
		t.Errorf("the audit names order %s, %v", a.OrderNumber, err)
	}
	if left, err := s.Ledger(ctx); err != nil || len(left) != 2 || left[0].State != "accepted" || left[1].Kind != "answer" {
		t.Errorf("%+v, %v", left, err)
	}
	allocate(t, s, 10, false)
	audit(t, s)
}

func TestAMisreadOrderMayGoAsItIs(t *testing.T) {
	t.Parallel()
	for _, allocated := range []bool{false, true} {
		s, clock, o := misread(t, allocated)
		if _, err := s.FreeAuditedOrder(t.Context(), 1, "田中", "お客様は7個でよいとのこと", clock.Now()); err != nil {
			t.Fatal(err)
		}
		if got := get(t, s, o.ID); got.State != order.StateAccepted || got.HoldReason != "" {
			t.Errorf("%s %q", got.State, got.HoldReason)
		}
		if n := waiting(t, s, "allocate_orders"); n == 0 {
			t.Error("nobody looks at it")
		}
		if _, err := s.FreeAuditedOrder(t.Context(), 1, "田中", "二度目", clock.Now()); order.KindOf(err) != order.KindConflict {
			t.Errorf("freed twice: %v", err)
		}
		allocate(t, s, 10, false)
		if got := get(t, s, o.ID); got.State != order.StateAllocated {
			t.Errorf("allocated %v before: it is %s", allocated, got.State)
		}
		audit(t, s)
	}
}
