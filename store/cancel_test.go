package store_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestCAN1UndoesEverything: stock, budget and add-ons' fees are as if the order had never been.
func TestCAN1UndoesEverything(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	answer, err := s.PlaceWebOrder(t.Context(), webOrder("k", "{}", st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 30)), clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	addOn := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1))
	allocate(t, s, 10, false)
	if _, err := s.CancelWebOrder(t.Context(), "another", answer.Order.Number, clock.Now()); order.KindOf(err) != order.KindNotFound {
		t.Errorf("another shop front: %v", err)
	}
	for range 2 {
		o, err := s.CancelWebOrder(t.Context(), st.Front, answer.Order.Number, clock.Now())
		if err != nil || o.State != order.StateCancelled || o.Lines[0].ReservedQty != 0 {
			t.Fatalf("%+v, %v", o, err)
		}
	}
	if _, reserved := stockOf(t, s, st.East, st.Pen); reserved != 1 {
		t.Errorf("%d reserved", reserved)
	}
	if fee, _, _ := feeOf(t, s, addOn.ID); fee != 300 {
		t.Errorf("the add-on's fee is %d", fee)
	}
	events, err := s.OrderEvents(t.Context(), answer.Order.ID)
	if err != nil {
		t.Fatal(err)
	}
	cancelled := 0
	for _, e := range events {
		if e.Kind == order.EventCancelled {
			cancelled++
			if e.Rule != "CAN-1" || e.By != st.Front {
				t.Errorf("%+v", e)
			}
		}
	}
	if cancelled != 1 {
		t.Errorf("%d cancellations", cancelled)
	}
	audit(t, s)

	_, err = s.DecideOrder(t.Context(), addOn.ID, store.OrderDecision{Act: rules.ActCancel, AskedBy: rules.AskedByCustomer, Reason: "電話", By: "山田"}, clock.Now())
	if e, ok := errors.AsType[*order.Error](err); !ok || e.Rule != "CAN-1" {
		t.Errorf("a fax: %v", err)
	}
}

// TestCAN1AgainstWave: of a cancellation in the last instant and a wave in the next one wins, and
// the other is told so: goods of a cancelled order are on no list, an order on a list stands.
func TestCAN1AgainstWave(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	wins := map[bool]int{}
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	for round := range rounds {
		req := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 1)
		answer, err := s.PlaceWebOrder(t.Context(), webOrder("k"+string(rune('a'+round)), "{}", req), clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		allocate(t, s, 10, false)
		until := answer.Order.CancelUntil
		var wg sync.WaitGroup
		var refused error
		wg.Go(func() { _, refused = s.CancelWebOrder(t.Context(), st.Front, answer.Order.Number, until) })
		wg.Go(func() {
			if err := s.InTx(t.Context(), func(tx *store.Tx) error {
				_, err := tx.ReleaseWave(t.Context(), until.Add(time.Microsecond))
				return err
			}); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		o := get(t, s, answer.Order.ID)
		e, _ := errors.AsType[*order.Error](refused)
		switch {
		case refused == nil && o.State != order.StateCancelled:
			t.Errorf("cancelled, and the order is %s", o.State)
		case refused != nil && (e == nil || e.Rule != "WHS-1" || o.State != order.StateReleased):
			t.Errorf("refused with %v, and the order is %s", refused, o.State)
		}
		wins[refused == nil]++
		audit(t, s)
		clock.Set(until.Add(time.Second))
	}
	t.Logf("cancelled %d times, released %d", wins[true], wins[false])
}

// CAN-1: a cancellation that the database gives up for another transaction's sake is tried again with
// the same order.
func TestCAN1AfterADeadlock(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	answer, err := s.PlaceWebOrder(t.Context(), webOrder("k", "{}", st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 30)), clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := other.Exec(t.Context(), `SELECT FROM orders WHERE id = $1 FOR UPDATE`, answer.Order.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		o, err := s.CancelWebOrder(t.Context(), st.Front, answer.Order.Number, clock.Now())
		if err == nil && o.State != order.StateCancelled {
			err = errors.New(string(o.State))
		}
		done <- err
	}()
	for lockWaits(t, s) == 0 && len(done) == 0 { // until it holds the department and waits for the order
		runtime.Gosched()
	}
	// Whoever waited longer looks for a deadlock first, and is given up.
	if _, err := other.Exec(t.Context(), `SELECT FROM departments WHERE code = $1 FOR UPDATE`, st.Code(st.Tokyo)); err != nil {
		t.Fatal(err)
	}
	if err := other.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("cancelled after a deadlock: %v", err)
	}
	audit(t, s)
}
