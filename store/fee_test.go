package store_test

import (
	"context"
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

// feeOf is what an order says of its fee.
func feeOf(tb testing.TB, s *store.Store, id int64) (fee order.Yen, first order.Number, provisional bool) {
	tb.Helper()
	o := get(tb, s, id)
	var net order.Yen
	for _, x := range o.Taxes {
		net += x.NetYen
	}
	if net != o.GoodsYen+o.FeeYen {
		tb.Errorf("order %s: taxes of %d yen, goods and fee of %d", o.Number, net, o.GoodsYen+o.FeeYen)
	}
	return o.FeeYen, o.FeeFirst, !o.FeeUntil.IsZero()
}

func feeEvents(tb testing.TB, s *store.Store, id int64) (texts []string) {
	tb.Helper()
	events, err := s.OrderEvents(tb.Context(), id)
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == order.EventFeeSet {
			texts = append(texts, e.Rule+" "+e.Text)
		}
	}
	return texts
}

// TestFEE2AddOns: add-ons across channels pay nothing, a cancelled first order charges them after
// all, and the cut-off settles what is provisional.
func TestFEE2AddOns(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	first := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 30))
	clock.Set(clock.Now().Add(time.Minute))
	fax := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1))
	web := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 2))
	other := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Osaka, st.Pen, 2))
	for _, o := range []order.Order{fax, web} {
		if fee, to, provisional := feeOf(t, s, o.ID); fee != 0 || to != first.Number || !provisional {
			t.Errorf("an add-on: %d yen, to %q, provisional %v", fee, to, provisional)
		}
	}
	if fee, _, _ := feeOf(t, s, other.ID); fee != 300 {
		t.Errorf("another department's: %d yen", fee)
	}

	// A fax that was read late is the first order of one that came after it.
	early := st.Request(order.ChannelFax, clock.Now().Add(-5*time.Minute), st.Osaka, st.Pen, 50)
	late := accept(t, s, early)
	if fee, to, _ := feeOf(t, s, other.ID); fee != 0 || to != late.Number {
		t.Errorf("after the fax that came before it: %d yen, to %q", fee, to)
	}

	cancel(t, s, first.ID)
	for _, o := range []order.Order{fax, web} {
		if fee, to, provisional := feeOf(t, s, o.ID); fee != 300 || to != "" || provisional {
			t.Errorf("first order cancelled: %d yen, to %q, provisional %v", fee, to, provisional)
		}
		if told := feeEvents(t, s, o.ID); len(told) != 2 || !strings.Contains(told[1], "after all") {
			t.Errorf("told %q", told)
		}
	}

	// The cut-off passes: whatever becomes of the first order then, the fee stands.
	clock.Set(st.At(t, "2026-11-24 17:30:00"))
	if n, err := s.SettleFees(t.Context(), clock.Now()); err != nil || n != 0 {
		t.Errorf("at the cut-off: %d, %v", n, err)
	}
	clock.Set(st.At(t, "2026-11-24 17:30:01"))
	if _, err := s.Tick(t.Context(), clock.Now()); err != nil || waiting(t, s, "settle_fees") != 1 {
		t.Errorf("no job settles what is provisional: %v", err)
	}
	if n, err := s.SettleFees(t.Context(), clock.Now()); err != nil || n != 1 {
		t.Errorf("settled %d, %v", n, err)
	}
	cancel(t, s, late.ID)
	if fee, to, provisional := feeOf(t, s, other.ID); fee != 0 || to != late.Number || provisional {
		t.Errorf("settled: %d yen, to %q, provisional %v", fee, to, provisional)
	}
	if n, err := s.SettleFees(t.Context(), clock.Now()); err != nil || n != 0 {
		t.Errorf("settled again: %d, %v", n, err)
	}
}

// TestFEE2LeavesWhatIsNotItsOwn: a fax that was read late makes a later order an add-on. Another
// add-on, of which goods have left, is at that moment changed by somebody else: the fax neither
// waits for it nor writes over it.
func TestFEE2LeavesWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 30))
	clock.Set(clock.Now().Add(time.Minute))
	left := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 1))
	if _, _, provisional := feeOf(t, s, left.ID); !provisional {
		t.Fatal("an add-on before its cut-off is final")
	}
	elsewhere := func(at time.Time, qty int) order.Request {
		req := st.Request(order.ChannelFax, at, st.Tokyo, st.Pen, qty)
		req.ShipToCode = "001"
		return req
	}
	early := clock.Now().Add(time.Minute)
	clock.Set(early.Add(time.Minute))
	late := accept(t, s, elsewhere(clock.Now(), 1))
	if fee, _, _ := feeOf(t, s, late.ID); fee != 300 {
		t.Fatalf("nobody's add-on pays %d yen", fee)
	}
	if _, err := s.Pool().Exec(t.Context(), `UPDATE shipments SET state = 'shipped' WHERE order_id = $1`, left.ID); err != nil {
		t.Fatal(err)
	}

	report, err := s.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = report.Rollback(t.Context()) }()
	if _, err := report.Exec(t.Context(), `UPDATE orders SET state = 'shipped' WHERE id = $1`, left.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan order.Order, 1)
	go func() {
		var o order.Order
		if err := s.InTx(t.Context(), func(tx *store.Tx) (err error) {
			o, err = tx.Accept(t.Context(), elsewhere(early, 50), s.Now())
			return err
		}); err != nil {
			t.Error(err)
		}
		done <- o
	}()
	var first order.Order
	for waited := false; first.ID == 0 && !waited; {
		select {
		case first = <-done:
		default:
			runtime.Gosched()
			waited = lockWaits(t, s) > 0
		}
	}
	if first.ID == 0 {
		t.Error("the fax waits for an order that is none of its own")
	}
	if err := report.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if first.ID == 0 {
		first = <-done
	}
	if fee, to, _ := feeOf(t, s, late.ID); fee != 0 || to != first.Number {
		t.Errorf("after the fax that came before it: %d yen, to %q", fee, to)
	}
	if o := get(t, s, left.ID); o.State != order.StateShipped || o.FeeYen != 0 {
		t.Errorf("what left is %s, with a fee of %d yen", o.State, o.FeeYen)
	}
	clock.Set(st.At(t, "2026-11-24 17:30:01"))
	if n, err := s.SettleFees(t.Context(), clock.Now()); err != nil || n != 2 {
		t.Errorf("settled %d, %v", n, err)
	}
	if _, _, provisional := feeOf(t, s, left.ID); provisional {
		t.Error("what left is provisional after the cut-off")
	}
}

// TestFEE2CardBeyondItsAuthorisation: the fee after all is not charged to a card that was not
// authorised for it.
func TestFEE2CardBeyondItsAuthorisation(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	first := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 30))
	paid := func(yen order.Yen) order.Order {
		req := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 1)
		req.Payment, req.Authorisation, req.AuthorisedYen = order.PaymentCard, "auth-1", yen
		req.Terms = &order.Terms{Version: "1", AgreedAt: clock.Now()}
		return accept(t, s, req)
	}
	tight, roomy := paid(132), paid(462)
	cancel(t, s, first.ID)
	if fee, _, _ := feeOf(t, s, tight.ID); fee != 0 {
		t.Errorf("a card authorised for 132 yen: %d", fee)
	}
	if fee, _, _ := feeOf(t, s, roomy.ID); fee != 300 {
		t.Errorf("a card authorised for 462 yen: %d", fee)
	}
}

// TestFEE2Race: orders of one department that come at the same instant are never each other's
// first, and a fee is neither forgiven nor charged by who was faster, however they and the
// cancellation of the first one mix.
func TestFEE2Race(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	rounds := 40
	if testing.Short() {
		rounds = 10
	}
	start := clock.Now()
	for round := range rounds {
		// Every round has its own day, so that rounds have nothing to do with each other.
		day := order.DateOf(start).Add(round)
		if day.Weekday() == time.Sunday || day == order.D(2026, 11, 23) || (day.Month == time.December && day.Day >= 27 || day.Month == time.January && day.Day <= 4) {
			continue
		}
		now := day.At(order.Clock{Hour: 10})
		clock.Set(now)
		// Two of enough and two below, at one instant, on both channels.
		qty := []int{30, 1, 25, 2}
		got := make([]order.Order, len(qty))
		var wg sync.WaitGroup
		for i, n := range qty {
			wg.Go(func() {
				channel := []order.Channel{order.ChannelWeb, order.ChannelFax}[i/2]
				err := s.InTx(t.Context(), func(tx *store.Tx) (err error) {
					got[i], err = tx.Accept(t.Context(), st.Request(channel, now, st.Tokyo, st.Pen, n), now)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if round%2 == 1 { // both firsts go, one of them while another add-on comes
			wg.Go(func() { cancelQuietly(t, s, got[0].ID) })
			wg.Go(func() {
				err := s.InTx(t.Context(), func(tx *store.Tx) error {
					o, err := tx.Accept(t.Context(), st.Request(order.ChannelWeb, now, st.Tokyo, st.Pen, 3), now)
					got = append(got[:len(qty):len(qty)], o)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			cancelQuietly(t, s, got[2].ID)
		}
		var siblings []rules.FeeOrder
		region := order.Region{Code: "KANTO", CutoffFax: order.Clock{Hour: 17}, CutoffWeb: order.Clock{Hour: 17, Minute: 30}, CutoffTruck: order.Clock{Hour: 13}}
		numbers := map[order.Number]order.Order{}
		for _, o := range got {
			o = get(t, s, o.ID)
			numbers[o.Number] = o
			siblings = append(siblings, rules.FeeOrderOf(o, region, false))
		}
		for _, d := range rules.Fees(siblings, rules.Default(), now) {
			o := numbers[d.Number]
			if d.Changed {
				t.Errorf("round %d: order %s has a fee of %d yen as an add-on to %q, and should have %d yen, add-on to %q", round, d.Number, o.FeeYen, o.FeeFirst, d.FeeYen, d.First)
			}
			if first, ok := numbers[o.FeeFirst]; o.FeeFirst != "" && (!ok || first.FeeFirst != "" || first.State == order.StateCancelled || first.OrderedYen() < 2500) {
				t.Errorf("round %d: order %s is an add-on to %s, which is no first order", round, d.Number, o.FeeFirst)
			}
			if o.OrderedYen() < 2500 && o.FeeYen == 0 && o.FeeFirst == "" {
				t.Errorf("round %d: order %s of %d yen pays no fee, as nobody's add-on", round, d.Number, o.OrderedYen())
			}
		}
	}
}

func cancelQuietly(tb testing.TB, s *store.Store, id int64) {
	tb.Helper()
	if err := s.InTx(context.WithoutCancel(tb.Context()), func(tx *store.Tx) error {
		_, err := tx.Change(tb.Context(), id, func(o order.Order, _ store.Facts) (order.Order, []order.Event, error) {
			o.State = order.StateCancelled
			return o, []order.Event{{Kind: order.EventCancelled, Rule: "CAN-1", Text: "Cancelled.", At: s.Now()}}, nil
		})
		return err
	}); err != nil {
		tb.Error(err)
	}
}
