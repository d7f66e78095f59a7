package worker_test

import (
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/order"
	"todoke/payment"
	"todoke/payment/simulate"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
	"todoke/worker"
)

// till is a shop with a card gateway that fails as it is told to.
type till struct {
	*testing.T
	s     *store.Store
	clock *st.Clock
	sim   *simulate.Gateway
	cfg   worker.Config
}

func newTill(t *testing.T) *till {
	t.Helper()
	s, clock := st.NewShop(t)
	sim := &simulate.Gateway{Token: "t", Now: clock.Now, Delay: time.Millisecond}
	srv := httptest.NewServer(sim)
	t.Cleanup(srv.Close)
	g, err := payment.NewHTTP(srv.URL, "t", 300*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return &till{t, s, clock, sim, worker.Config{Store: s, Cards: g}}
}

// order places a card order of pens (120 yen) for Tokyo that ships today, allocated.
func (b *till) order(ref string, qty int, authorised order.Yen) order.Order {
	b.Helper()
	if err := b.sim.Authorise(ref, authorised, time.Time{}); err != nil {
		b.Fatal(err)
	}
	req := st.Request(order.ChannelWeb, b.clock.Now(), st.Tokyo, st.Pen, qty)
	req.Payment, req.Authorisation, req.AuthorisedYen = order.PaymentCard, ref, authorised
	var o order.Order
	err := b.s.InTx(b.Context(), func(tx *store.Tx) (err error) {
		if o, err = tx.Accept(b.Context(), req, b.s.Now()); err == nil {
			_, err = tx.AllocateBatch(b.Context(), 10, false, b.s.Now())
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return o
}

func (b *till) at(s string) { b.Helper(); b.clock.Set(st.At(b, "2026-11-24 "+s)) }

// look has cards charged until nothing is due, moving the clock over pauses between tries.
func (b *till) look(times int) {
	b.Helper()
	for range times {
		if _, err := worker.ChargeCardsOnce(b.Context(), b.cfg, 100); err != nil {
			b.Fatal(err)
		}
		b.clock.Set(b.clock.Now().Add(2 * time.Minute))
	}
}

func (b *till) get(o order.Order) order.Order {
	b.Helper()
	o, err := b.s.GetOrder(b.Context(), o.Number)
	if err != nil {
		b.Fatal(err)
	}
	return o
}

// wave releases what may go and reports every list as shipped.
func (b *till) wave() int {
	b.Helper()
	lists := b.release()
	for _, l := range lists {
		if _, err := b.s.ShipPickList(b.Context(), l.Number, "倉田", b.s.Now()); err != nil {
			b.Fatal(err)
		}
	}
	return len(lists)
}

func (b *till) expect(o order.Order, state order.State, captured, voided, refunded order.Yen) {
	b.Helper()
	a := b.sim.Look(o.Authorisation)
	if got := b.get(o); got.State != state || a.Captured != captured || a.Voided != voided || a.Refunded != refunded {
		ps, _ := b.s.PaymentsOf(b.Context(), o.ID)
		b.Errorf("%s (%s), %+v; want %s, captured %d, voided %d, refunded %d\n%+v", got.State, got.HoldReason, a, state, captured, voided, refunded, ps)
	}
}

// TestPAY1NeverShippedUncaptured plays every fault of the gateway from the order to the shipment:
// nothing leaves before it is paid, and it is paid once.
func TestPAY1NeverShippedUncaptured(t *testing.T) {
	t.Parallel()
	for _, fault := range append([]simulate.Fault{simulate.None}, simulate.Faults...) {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			b := newTill(t)
			o := b.order("auth-"+string(fault), 10, 5000) // 1,200 and 300 for the fee, and tax: 1,650
			if b.wave() != 0 {
				t.Fatal("on a list within the customer's ten minutes")
			}
			b.at("11:00:00")
			if b.wave() != 0 {
				t.Fatal("on a list before it was paid")
			}
			b.look(6)
			if fault == simulate.Refuse {
				b.expect(o, order.StateHeld, 0, 0, 0)
				if b.wave() != 0 || !rules.HeldBy(b.get(o), "PAY-1") {
					t.Fatal("refused, and not held")
				}
				return
			}
			if b.wave() != 1 {
				t.Fatal("paid, and on no list")
			}
			b.look(3)
			b.expect(o, order.StateShipped, 1650, 3350, 0)
			story, err := b.s.OrderEvents(t.Context(), o.ID)
			if err != nil {
				t.Fatal(err)
			}
			var all strings.Builder
			for _, e := range story {
				if e.Rule == "PAY-1" {
					all.WriteString(e.Text + "|")
				}
			}
			told := all.String()
			if !strings.Contains(told, "The card was charged 1,650 yen for shipment 1.") || !strings.Contains(told, "given back") {
				t.Error(told)
			}
		})
	}
}

// TestPAY1Cancel voids before the capture and refunds after it (CAN-1).
func TestPAY1Cancel(t *testing.T) {
	t.Parallel()
	b := newTill(t)
	cancel := func(o order.Order) {
		t.Helper()
		err := b.s.InTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Cancel(t.Context(), o.ID, rules.Cancellation{AskedBy: rules.AskedByShop, By: "受付", Reason: "試験"}, b.s.Now())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	early, late := b.order("early", 10, 2000), b.order("late", 10, 2000)
	cancel(early)
	b.look(1)
	b.expect(early, order.StateCancelled, 0, 2000, 0)
	b.at("11:00:00")
	b.look(1)
	cancel(late)
	b.look(2)
	b.expect(late, order.StateCancelled, 1650, 350, 1650)
	cancel(late)
	b.look(2)
	b.expect(late, order.StateCancelled, 1650, 350, 1650)
}

// TestPAY1KilledBetweenCallAndRecord kills who asked after the gateway did it, and lets two workers
// go on at once.
func TestPAY1KilledBetweenCallAndRecord(t *testing.T) {
	t.Parallel()
	b := newTill(t)
	o := b.order("auth", 10, 1650)
	b.at("11:00:00")
	if err := b.s.ChargeCard(t.Context(), o.ID, b.s.Now()); err != nil {
		t.Fatal(err)
	}
	p, ok, err := b.s.ClaimPayment(t.Context(), 4*time.Minute, b.s.Now())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	r := payment.Request{Key: p.Key, Kind: payment.Capture, Reference: p.Reference, Yen: p.Yen}
	if a := b.cfg.Cards.Do(t.Context(), r); a.Outcome != payment.Done {
		t.Fatal(a)
	}
	b.look(2) // 11:00 and 11:02: the claim stands
	if ps, _ := b.s.PaymentsOf(t.Context(), o.ID); ps[0].State != rules.ChargeSent || b.wave() != 0 {
		t.Fatalf("%+v", ps)
	}
	b.clock.Set(b.clock.Now().Add(time.Minute))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := worker.ChargeCardsOnce(t.Context(), b.cfg, 100); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b.expect(o, order.StateAllocated, 1650, 0, 0)
	if b.sim.Asked(p.Key) != 1 {
		t.Errorf("asked %d times for what had happened", b.sim.Asked(p.Key))
	}
	// The first one comes back from the dead: its answer counts no more.
	if recorded, err := b.s.RecordPayment(t.Context(), p, store.PaymentAnswer{Outcome: rules.AnswerRefused, BeganAt: b.s.Now()}, b.s.Now()); err != nil || recorded {
		t.Error("an answer after the claim ran out is taken", err)
	}
	if b.wave() != 1 {
		t.Error("paid, and on no list")
	}
	b.look(1)
	b.expect(o, order.StateShipped, 1650, 0, 0)
}

// TestPAY1Settle has a held order authorised anew, billed, let go by a lead, or tried again.
func TestPAY1Settle(t *testing.T) {
	t.Parallel()
	b := newTill(t)
	refused := map[string]order.Order{}
	for _, way := range []string{"retry", "authorise", "invoice", "release"} {
		refused[way] = b.order(way+"-refuse", 10, 1650)
	}
	small := b.order("small", 10, 1600)
	if !rules.HeldBy(b.get(small), "PAY-1") {
		t.Fatal("authorised for less than it costs, and not held")
	}
	b.at("11:00:00")
	b.look(1)
	settle := func(o order.Order, d store.PaymentDecision) error {
		t.Helper()
		d.By, d.Reason = "窓口", "お客様と確認"
		_, err := b.s.SettlePayment(t.Context(), o.ID, d, b.s.Now())
		return err
	}
	for way, o := range refused {
		b.expect(o, order.StateHeld, 0, 0, 0)
		if err := settle(o, store.PaymentDecision{Act: store.PayRelease}); order.KindOf(err) != order.KindConflict {
			t.Errorf("%s: let go by anybody: %v", way, err)
		}
	}
	if err := b.sim.Authorise("second", 1650, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := settle(refused["authorise"], store.PaymentDecision{Act: store.PayAuthorise, Reference: "4111111111111111", Yen: 1650}); order.KindOf(err) != order.KindInvalid {
		t.Error("a card's number:", err)
	}
	if err := settle(refused["authorise"], store.PaymentDecision{Act: store.PayAuthorise, Reference: "second", Yen: 1649}); order.KindOf(err) != order.KindInvalid {
		t.Error("a yen too little:", err)
	}
	for _, d := range []struct {
		o order.Order
		store.PaymentDecision
	}{
		{refused["retry"], store.PaymentDecision{Act: store.PayRetry}},
		{refused["authorise"], store.PaymentDecision{Act: store.PayAuthorise, Reference: "second", Yen: 1650}},
		{refused["invoice"], store.PaymentDecision{Act: store.PayInvoice}},
		{refused["release"], store.PaymentDecision{Act: store.PayRelease, Lead: true}},
		{small, store.PaymentDecision{Act: store.PayRelease, Lead: true}},
	} {
		if err := settle(d.o, d.PaymentDecision); err != nil {
			t.Errorf("%s: %v", d.Act, err)
		}
	}
	if err := b.s.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AllocateBatch(t.Context(), 10, false, b.s.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	b.look(3)
	b.expect(refused["retry"], order.StateHeld, 0, 0, 0) // refused again
	b.wave()
	b.look(2)
	b.expect(b.get(refused["authorise"]), order.StateShipped, 1650, 0, 0)
	b.expect(small, order.StateShipped, 1600, 0, 0)
	for way, payment := range map[string]order.Payment{"invoice": order.PaymentInvoice, "release": order.PaymentCard} {
		if o := b.get(refused[way]); o.State != order.StateShipped || o.Payment != payment {
			t.Errorf("%s: %s by %s (%s)", way, o.State, o.Payment, o.HoldReason)
		}
		if a := b.sim.Look(way + "-refuse"); a.Captured != 0 {
			t.Errorf("%s: %+v", way, a)
		}
	}
	refund := func(o order.Order, name string, yen order.Yen) error {
		return b.s.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.Refund(t.Context(), o.ID, name, yen, "窓口", "返品", b.s.Now())
		})
	}
	if err := refund(small, "R1", 600); err != nil {
		t.Fatal(err)
	}
	if order.KindOf(refund(small, "R1", 600)) != order.KindConflict || order.KindOf(refund(small, "R2", 1001)) != order.KindInvalid {
		t.Error("refunded twice, or more than was captured")
	}
	b.look(1)
	b.expect(small, order.StateShipped, 1600, 0, 600)
}
