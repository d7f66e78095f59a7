package store_test

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// STK-4: stock that comes in while new orders are being allocated is the older orders' all the same.
func TestSTK4BeforeNewOrders(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	old := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 160)) // 150 are there
	allocate(t, s, 10, false)
	young := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 10))
	if n := allocate(t, s, 10, true); n != 0 {
		t.Fatalf("%d backorders took of nothing", n)
	}
	// Between the two looks of a run 12 come in.
	onHand, _ := stockOf(t, s, st.West, st.Pen)
	if err := s.ImportStock(t.Context(), []order.StockLevel{{WarehouseCode: st.West, ItemCode: st.Code(st.Pen), OnHand: onHand + 12, RestockOn: order.D(2026, 12, 20)}}); err != nil {
		t.Fatal(err)
	}
	if n := allocate(t, s, 10, false); n != 1 {
		t.Fatalf("%d new orders", n)
	}
	if o := get(t, s, old.ID); o.State != order.StateAllocated || o.Lines[0].ReservedQty != 160 {
		t.Errorf("the older order: %s, %d reserved", o.State, o.Lines[0].ReservedQty)
	}
	if o := get(t, s, young.ID); o.State != order.StateShort || o.Lines[0].ReservedQty != 2 {
		t.Errorf("the newer order: %s, %d reserved", o.State, o.Lines[0].ReservedQty)
	}
	audit(t, s)
}

// STK-4: nor does a new order overtake an older one that another transaction holds at that moment; who
// wants other goods goes on, and so does everyone once it is let go.
func TestSTK4BehindLockedOrder(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	old := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 160)) // 150 are there
	allocate(t, s, 10, false)
	young := accept(t, s, with(st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 8), st.Tea, 1))
	other := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Tea, 1))
	onHand, _ := stockOf(t, s, st.West, st.Pen)
	if err := s.ImportStock(t.Context(), []order.StockLevel{{WarehouseCode: st.West, ItemCode: st.Code(st.Pen), OnHand: onHand + 12, RestockOn: order.D(2026, 12, 20)}}); err != nil {
		t.Fatal(err)
	}
	held, err := s.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Rollback(t.Context()) }()
	if _, err := held.Exec(t.Context(), `SELECT FROM orders WHERE id = $1 FOR UPDATE`, old.ID); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 0} { // the second look finds nothing to do: it does not go on for ever
		if n := allocate(t, s, 10, false); n != want {
			t.Fatalf("look %d: %d orders", i+1, n)
		}
	}
	for id, want := range map[int64]order.State{old.ID: order.StateShort, young.ID: order.StateAccepted, other.ID: order.StateAllocated} {
		if o := get(t, s, id); o.State != want || want == order.StateAccepted && o.Lines[1].ReservedQty != 0 {
			t.Errorf("%s, want %s: %+v", o.State, want, o.Lines)
		}
	}
	if err := held.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := allocate(t, s, 10, false); n != 1 {
		t.Fatalf("%d orders", n)
	}
	if o := get(t, s, old.ID); o.State != order.StateAllocated {
		t.Errorf("the older order: %s %+v", o.State, o.Lines)
	}
	if o := get(t, s, young.ID); o.State != order.StateShort || o.Lines[0].ReservedQty != 2 {
		t.Errorf("the newer order: %s %+v", o.State, o.Lines)
	}
	audit(t, s)
}

// STK-2: what a customer was told to wait for is waited for, though the order is held and freed after
// its day; it is not told twice, and the goods go to it when they come.
func TestSTK2HeldWhileItWaits(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t) // the pen's restock is stated for 2026-12-07
	part := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 160))
	whole := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 5))
	allocate(t, s, 10, false)
	events := func() int { return len(eventsOf(t, s, part.ID, "STK-2")) + len(eventsOf(t, s, whole.ID, "STK-2")) }
	if events() != 2 {
		t.Fatalf("%d events", events())
	}
	again := func(want order.Date) {
		t.Helper()
		for _, id := range []int64{part.ID, whole.ID} {
			for _, act := range []rules.OrderAct{rules.ActHold, rules.ActFree} {
				if _, err := s.DecideOrder(t.Context(), id, store.OrderDecision{Act: act, By: "田中", AskedBy: rules.AskedByShop, Reason: "確認"}, clock.Now()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := allocate(t, s, 10, false); n != 2 {
			t.Fatalf("%d orders", n)
		}
		for id, missing := range map[int64]int{part.ID: 10, whole.ID: 5} {
			if o := get(t, s, id); o.State != order.StateShort || o.Lines[0].Qty-o.Lines[0].ReservedQty != missing || o.Lines[0].CancelledQty != 0 || o.Lines[0].RestockOn != want {
				t.Errorf("%s %+v", o.State, o.Lines[0])
			}
		}
		audit(t, s)
	}
	clock.Set(st.At(t, "2026-12-08 10:00:00"))
	again(order.D(2026, 12, 7)) // a day late
	if events() != 2 {
		t.Errorf("told again: %d", events())
	}
	stock := order.StockLevel{WarehouseCode: st.East, ItemCode: st.Code(st.Pen), OnHand: 100}
	if err := s.ImportStock(t.Context(), []order.StockLevel{stock}); err != nil {
		t.Fatal(err)
	}
	if n, err := s.TellRestock(t.Context(), 10, clock.Now()); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	again(order.Date{}) // nobody knows a day any more
	stock.RestockOn = order.D(2026, 12, 15)
	if err := s.ImportStock(t.Context(), []order.StockLevel{stock}); err != nil {
		t.Fatal(err)
	}
	again(stock.RestockOn)
	if events() != 4 {
		t.Errorf("another day is told: %d", events())
	}
	stock.OnHand = 115
	if err := s.ImportStock(t.Context(), []order.StockLevel{stock}); err != nil {
		t.Fatal(err)
	}
	if n := allocate(t, s, 10, true); n != 2 {
		t.Errorf("%d backorders", n)
	}
	if n := count(t, s, `SELECT count(*)::int FROM order_lines WHERE waits OR reserved_qty < qty`); n != 0 {
		t.Errorf("%d lines wait on", n)
	}
	audit(t, s)
}

// STK-4: another restock day in a stock file moves what customers were told, once; stock that comes in
// fills backorders oldest first, and they are told.
func TestSTK4RestockDays(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	pen := st.Code(st.Pen)
	first := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 160))
	second := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 20))
	allocate(t, s, 10, false)
	stated := func(east, west order.Date) {
		t.Helper()
		var rows []order.StockLevel
		for w, on := range map[string]order.Date{st.East: east, st.West: west} {
			onHand, _ := stockOf(t, s, w, st.Pen)
			rows = append(rows, order.StockLevel{WarehouseCode: w, ItemCode: pen, OnHand: onHand, RestockOn: on})
		}
		if err := s.ImportStock(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	told := func(want int, on order.Date, text string) {
		t.Helper()
		n, err := s.TellRestock(t.Context(), 100, clock.Now())
		if err != nil || n != want {
			t.Fatalf("%d lines, want %d (%v)", n, want, err)
		}
		if again, err := s.TellRestock(t.Context(), 100, clock.Now()); err != nil || again != 0 {
			t.Errorf("%d lines are told again (%v)", again, err)
		}
		o := get(t, s, first.ID)
		if o.Lines[0].RestockOn != on {
			t.Errorf("restock on %s", o.Lines[0].RestockOn)
		}
		if e := eventsOf(t, s, first.ID, "STK-4"); text != "" && !strings.HasSuffix(e[len(e)-1].Text, text) {
			t.Errorf("%+v", e)
		}
	}
	told(0, order.D(2026, 12, 7), "")
	stated(order.D(2026, 12, 14), order.Date{})
	told(2, order.D(2026, 12, 14), "comes in on 2026-12-14 instead of 2026-12-07. Tell the customer.")
	if f, err := s.FactsOfAnswer(t.Context(), 0, first.ID, first.DepartmentCode, clock.Now()); err != nil {
		t.Error(err)
	} else if said, _, _, _ := rules.Tell(f.AnswerFacts); said.Orders[0].Lines[0].RestockOn != order.D(2026, 12, 14) {
		t.Errorf("%+v", said.Orders[0].Lines[0])
	}
	if due := answerDue(t, s, first.ID); due.IsZero() {
		t.Error("nobody tells the customer")
	}
	stated(order.D(2026, 12, 14), order.D(2026, 12, 1)) // earlier: the shipment tells it
	told(2, order.D(2026, 12, 1), "already, not on 2026-12-14 only.")
	clock.Set(st.At(t, "2026-12-02 10:00:00")) // a day that passes moves nothing by itself
	told(0, order.D(2026, 12, 1), "")
	stated(order.Date{}, order.Date{})
	told(2, order.Date{}, "no day is known any more. Tell the customer.")
	stated(order.D(2026, 12, 9), order.Date{})
	told(2, order.D(2026, 12, 9), "comes in on 2026-12-09, as is known now. Tell the customer.")

	// 15 come in: the older order takes its ten, the other one five, and their dates are of today.
	onHand, _ := stockOf(t, s, st.East, st.Pen)
	if err := s.ImportStock(t.Context(), []order.StockLevel{{WarehouseCode: st.East, ItemCode: pen, OnHand: onHand + 15, RestockOn: order.D(2026, 12, 9)}}); err != nil {
		t.Fatal(err)
	}
	allocate(t, s, 10, true)
	a, b := get(t, s, first.ID), get(t, s, second.ID)
	if a.State != order.StateAllocated || b.State != order.StateShort || b.Lines[0].ReservedQty != 5 {
		t.Errorf("%s %+v, %s %+v", a.State, a.Lines, b.State, b.Lines)
	}
	if sh := b.Shipments[len(b.Shipments)-1]; sh.ArrivalOn != order.D(2026, 12, 3) || sh.ShipOn != order.D(2026, 12, 2) {
		t.Errorf("%+v", b.Shipments)
	}
	if e := eventsOf(t, s, second.ID, "STK-4"); e[len(e)-1].Kind != order.EventReplanned {
		t.Errorf("%+v", e)
	}
	audit(t, s)
}

// CAN-1, WHS-1: whichever of a cancellation and a wave comes first holds, and the other one waits
// for it: an order is never cancelled and on a list.
func TestCancelAgainstWave(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	o := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 2))
	p := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Osaka, st.Pen, 2))
	allocate(t, s, 10, false)
	last := clock.Now().Add(10 * time.Minute) // the last instant to cancel; the wave's clock is ahead of it
	after := last.Add(time.Second)

	// first begins, second waits for it; then first commits.
	race := func(first, second func(tx *store.Tx) error) (firstErr, secondErr error) {
		var wg sync.WaitGroup
		began, finish := make(chan struct{}), make(chan struct{})
		wg.Go(func() {
			firstErr = s.InTx(t.Context(), func(tx *store.Tx) error {
				err := first(tx)
				close(began)
				<-finish
				return err
			})
		})
		<-began
		wg.Go(func() { secondErr = s.InTx(t.Context(), second) })
		for lockWaits(t, s) == 0 {
			runtime.Gosched()
		}
		close(finish)
		wg.Wait()
		return firstErr, secondErr
	}
	cancel := func(id int64) func(tx *store.Tx) error {
		return func(tx *store.Tx) error {
			_, err := tx.Cancel(t.Context(), id, rules.Cancellation{AskedBy: rules.AskedByCustomer, By: st.Front, Reason: "wish"}, last)
			return err
		}
	}
	var lists []int64
	release := func(tx *store.Tx) (err error) {
		lists, err = tx.ReleaseWave(t.Context(), after)
		return err
	}

	if a, b := race(cancel(o.ID), release); a != nil || b != nil {
		t.Fatal(a, b)
	}
	if got := get(t, s, o.ID); got.State != order.StateCancelled || len(lists) != 1 || get(t, s, p.ID).State != order.StateReleased {
		t.Errorf("cancelled first: %s, %d lists", got.State, len(lists))
	}
	audit(t, s)

	o = accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 2))
	allocate(t, s, 10, false)
	a, b := race(release, cancel(o.ID))
	var refused *order.Error
	if a != nil || !errors.As(b, &refused) || refused.Rule != "WHS-1" {
		t.Fatal(a, b)
	}
	if got := get(t, s, o.ID); got.State != order.StateReleased {
		t.Errorf("released first: %s", got.State)
	}
	audit(t, s)
}

// Many cancel while waves and allocation run: every order is either cancelled or on a list, whole.
func TestCancelsAndWavesAtOnce(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	var orders []order.Order
	for i := range 24 {
		orders = append(orders, accept(t, s, st.Request(order.ChannelWeb, clock.Now(), []string{st.Tokyo, st.Osaka}[i%2], st.Pen, 1+i%9)))
	}
	last := clock.Now().Add(10 * time.Minute)
	var wg sync.WaitGroup
	for _, o := range orders {
		wg.Go(func() {
			err := s.InTx(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Cancel(t.Context(), o.ID, rules.Cancellation{AskedBy: rules.AskedByCustomer, By: st.Front, Reason: "wish"}, last)
				return err
			})
			if err != nil && order.KindOf(err) != order.KindConflict {
				t.Error(err)
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range 6 {
				allocate(t, s, 5, false)
				wave(t, s, last.Add(time.Second))
			}
		})
	}
	wg.Wait()
	audit(t, s)
	allocate(t, s, 50, false)
	wave(t, s, last.Add(time.Second))
	for _, o := range orders {
		if got := get(t, s, o.ID); got.State != order.StateCancelled && got.State != order.StateReleased {
			t.Errorf("%s %s", got.Number, got.State)
		}
	}
	audit(t, s)
}
