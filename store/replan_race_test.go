package store_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"todoke/order"
	st "todoke/store/storetest"
)

// CUT-5: shipments that are planned anew while a carrier's days come in are planned by the days that
// hold then: nobody is promised a day on which the carrier rests.
func TestCUT5ReplanAgainstImport(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	clock.Set(st.At(t, "2026-11-24 10:00:00"))
	o := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1))
	allocate(t, s, 10, false)
	clock.Set(st.At(t, "2026-11-25 10:00:00")) // no wave took it: it would be planned from 11-25 to 11-26

	hold, err := s.Pool().Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hold.Rollback(ctx) }()
	if _, err := hold.Exec(ctx, `SELECT FROM masters_version FOR UPDATE`); err != nil { // the import ends with it
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		rows := []order.CarrierDay{{Carrier: "はやて便", From: order.D(2026, 11, 25), To: order.D(2026, 11, 26), Name: "点検"}}
		if err := s.Import(ctx, order.Masters{Carriers: rows}); err != nil {
			t.Error(err)
		}
	})
	for lockWaits(t, s) < 1 {
		runtime.Gosched()
	}
	var looked atomic.Bool
	wg.Go(func() {
		if _, err := s.ReplanShipments(ctx, clock.Now()); err != nil {
			t.Error(err)
		}
		looked.Store(true)
	})
	for lockWaits(t, s) < 2 && !looked.Load() { // it does not wait for the import, or it does
		runtime.Gosched()
	}
	if err := hold.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	for n := 1; n > 0; {
		if n, err = s.ReplanShipments(ctx, clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if sh := get(t, s, o.ID).Shipments[0]; sh.ArrivalOn != order.D(2026, 11, 27) {
		t.Errorf("arrives %s, on which the carrier rests", sh.ArrivalOn)
	}
}
