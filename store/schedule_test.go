package store_test

import (
	"testing"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestRunsAheadHideNothing: a run inserted for a time to come, by hand or by a clock that was
// wrong, must not make the schedule believe that everything before it is done.
func TestRunsAheadHideNothing(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ahead := st.At(t, "2026-12-24 20:00:00")
	if _, err := s.Tick(t.Context(), clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, inserted, err := s.RunSchedule(t.Context(), "wave_1830", ahead); order.KindOf(err) != order.KindInvalid || inserted {
		t.Errorf("a run to come: %v, inserted %v", err, inserted)
	}
	if _, err := s.Tick(t.Context(), ahead); err != nil { // a machine that started with a wrong clock
		t.Fatal(err)
	}
	before := count(t, s, `SELECT count(*)::int FROM schedule_runs`)
	clock.Set(st.At(t, "2026-11-25 23:00:00"))
	if n, err := s.Tick(t.Context(), clock.Now()); err != nil || n != 16 {
		t.Errorf("%d runs of two days, %v; want 16 (%d of the wrong clock)", n, err, before)
	}
}

func waiting(tb testing.TB, s *store.Store, kind string) int {
	tb.Helper()
	return count(tb, s, `SELECT count(*)::int FROM river_job WHERE kind = $1 AND state = 'available'`, kind)
}

// TestBackordersAreLookedAt: what could be reserved for a short order is seen whatever freed
// it, and by the next tick where the wake-up was lost (STK-4).
func TestBackordersAreLookedAt(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	first := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 150))
	second := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 10))
	allocate(t, s, 10, false)
	if o := get(t, s, second.ID); o.State != order.StateShort {
		t.Fatal(o.State)
	}
	forget := func() {
		t.Helper()
		if _, err := s.Pool().Exec(t.Context(), `DELETE FROM river_job`); err != nil {
			t.Fatal(err)
		}
	}
	forget()
	if _, err := s.Tick(t.Context(), clock.Now()); err != nil || waiting(t, s, "allocate_orders") != 0 {
		t.Errorf("nothing is there to be reserved: %v", err)
	}
	cancel(t, s, first.ID)
	if n := waiting(t, s, "allocate_orders"); n != 1 {
		t.Errorf("%d jobs after cancelling gave stock back", n)
	}
	forget()
	if _, err := s.Tick(t.Context(), clock.Now()); err != nil || waiting(t, s, "allocate_orders") != 1 {
		t.Errorf("the tick does not see the backorder: %v", err)
	}
	if n := allocate(t, s, 10, true); n != 1 || get(t, s, second.ID).State != order.StateAllocated {
		t.Errorf("%d backorders, order is %s", n, get(t, s, second.ID).State)
	}
	forget()
	if _, err := s.Tick(t.Context(), clock.Now()); err != nil || waiting(t, s, "allocate_orders") != 0 {
		t.Errorf("nothing waits any more: %v", err)
	}
	audit(t, s)
}

func tryCancel(tb testing.TB, s *store.Store, id int64) error {
	tb.Helper()
	return s.InTx(tb.Context(), func(tx *store.Tx) error {
		_, err := tx.Change(tb.Context(), id, func(o order.Order, _ store.Facts) (order.Order, []order.Event, error) {
			o.State = order.StateCancelled
			return o, []order.Event{{Kind: order.EventCancelled, Rule: "CAN-1", Text: "Cancelled.", At: s.Now()}}, nil
		})
		return err
	})
}

func cancel(tb testing.TB, s *store.Store, id int64) {
	tb.Helper()
	if err := tryCancel(tb, s, id); err != nil {
		tb.Fatal(err)
	}
}

// TestGoodsOnAListAreNotCancelled: of two shipments one is at the warehouse already.
func TestGoodsOnAListAreNotCancelled(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	req := st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1)
	req.Lines = append(req.Lines, order.RequestLine{ItemCode: st.Code(st.Desk), Qty: 1})
	o := accept(t, s, req)
	allocate(t, s, 10, false)
	if l := wave(t, s, st.At(t, "2026-11-24 15:00:00")); len(l) != 1 {
		t.Fatalf("%d lists", len(l))
	}
	if err := tryCancel(t, s, o.ID); order.KindOf(err) != order.KindConflict {
		t.Errorf("cancelled with goods on a list: %v", err)
	}
	audit(t, s)
}
