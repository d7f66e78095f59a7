package store_test

import (
	"strings"
	"testing"

	"todoke/order"
	st "todoke/store/storetest"
)

// TestClosedAfterThePromise imports a closure over days that orders were promised on (CUT-1).
func TestClosedAfterThePromise(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t) // Tuesday 2026-11-24, 10:00
	ctx := t.Context()
	today := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1))  // ships 24, arrives 25
	truck := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Desk, 1)) // ships 24, arrives 26
	designated := func(month, day int) order.Order {
		req := st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Tea, month+day) // not alike: no resends
		req.DesignatedOn = order.D(2026, 11, day)
		if month == 12 {
			req.DesignatedOn = order.D(2026, 12, day)
		}
		return accept(t, s, req)
	}
	saturday := designated(11, 28)
	arrives := designated(11, 30)
	ships := designated(12, 2)
	far := designated(12, 16)
	waiting := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Osaka, st.Paper, 5)) // not allocated yet
	allocate(t, s, 6, false)
	if o := get(t, s, waiting.ID); o.State != order.StateAccepted {
		t.Fatal(o.State)
	}
	replan := func(at string, want int) {
		t.Helper()
		if n, err := s.ReplanShipments(ctx, st.At(t, at)); err != nil || n != want {
			t.Fatalf("at %s: %d orders replanned, %v; want %d", at, n, err, want)
		}
	}
	waiters := func() int { return count(t, s, `SELECT count(*) FROM river_job WHERE kind = 'replan_shipments'`) }

	replan("2026-11-24 11:00:00", 0)
	if _, err := s.Tick(ctx, st.At(t, "2026-11-24 11:00:00")); err != nil || waiters() != 0 {
		t.Fatal(err, waiters())
	}
	var days []order.CalendarDay
	for _, on := range []order.Date{order.D(2026, 11, 25), order.D(2026, 11, 30), order.D(2026, 12, 1)} {
		days = append(days, order.CalendarDay{On: on, Kind: order.DayClosure, Name: "棚卸休業"})
	}
	if err := s.Import(ctx, order.Masters{Calendar: days}); err != nil {
		t.Fatal(err)
	}

	// Before anything is planned anew no wave takes what would arrive on a closed day. The truck
	// arrives on the 26th all the same.
	lists := wave(t, s, st.At(t, "2026-11-24 13:11:00"))
	if len(lists) != 1 || get(t, s, truck.ID).State != order.StateReleased || get(t, s, today.ID).State != order.StateAllocated {
		t.Errorf("%d lists, %s, %s", len(lists), get(t, s, truck.ID).State, get(t, s, today.ID).State)
	}
	if _, err := s.Tick(ctx, st.At(t, "2026-11-24 13:12:00")); err != nil || waiters() != 1 {
		t.Errorf("%v, %d jobs", err, waiters())
	}
	replan("2026-11-24 13:12:00", 4)
	replan("2026-11-24 13:12:00", 0)
	for name, tt := range map[string]struct {
		id            int64
		ship, arrival order.Date
		moved         bool
	}{
		"arrival closed":         {today.ID, order.D(2026, 11, 24), order.D(2026, 11, 26), true},
		"not allocated yet":      {waiting.ID, order.D(2026, 11, 24), order.D(2026, 11, 26), true},
		"a designated Saturday":  {saturday.ID, order.D(2026, 11, 27), order.D(2026, 11, 28), false},
		"designated, closed":     {arrives.ID, order.D(2026, 11, 28), order.D(2026, 12, 2), true},
		"ship day closed":        {ships.ID, order.D(2026, 11, 28), order.D(2026, 12, 2), true},
		"far from what closed":   {far.ID, order.D(2026, 12, 15), order.D(2026, 12, 16), false},
		"released before it was": {truck.ID, order.D(2026, 11, 24), order.D(2026, 11, 26), false},
	} {
		sh := get(t, s, tt.id).Shipments[0]
		if sh.ShipOn != tt.ship || sh.ArrivalOn != tt.arrival {
			t.Errorf("%s: ships %s, arrives %s; want %s, %s", name, sh.ShipOn, sh.ArrivalOn, tt.ship, tt.arrival)
		}
		events, err := s.OrderEvents(ctx, tt.id)
		if err != nil {
			t.Fatal(err)
		}
		said := 0
		for _, e := range events {
			if e.Kind == order.EventReplanned && e.Rule == "CUT-1" && strings.Contains(e.Text, "棚卸休業") {
				said++
			}
		}
		if (said == 1) != tt.moved || said > 1 {
			t.Errorf("%s: said %d times", name, said)
		}
	}
	audit(t, s)

	// The day itself is closed while goods are planned on it: nothing leaves, all is planned anew.
	days = append(days, order.CalendarDay{On: order.D(2026, 11, 24), Kind: order.DayClosure, Name: "臨時休業"})
	if err := s.Import(ctx, order.Masters{Calendar: days}); err != nil {
		t.Fatal(err)
	}
	allocate(t, s, 10, false)
	if l := wave(t, s, st.At(t, "2026-11-24 17:01:00")); len(l) != 0 {
		t.Errorf("released on a closed day: %v", l)
	}
	replan("2026-11-24 17:01:00", 2)
	for _, id := range []int64{today.ID, waiting.ID} {
		if sh := get(t, s, id).Shipments[0]; sh.ShipOn != order.D(2026, 11, 26) || sh.ArrivalOn != order.D(2026, 11, 27) {
			t.Errorf("ships %s, arrives %s", sh.ShipOn, sh.ArrivalOn)
		}
	}
	if l := wave(t, s, st.At(t, "2026-11-26 17:01:00")); len(l) != 2 {
		t.Errorf("%d lists on the day it was moved to", len(l))
	}
	audit(t, s)
}
