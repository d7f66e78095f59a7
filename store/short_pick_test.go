package store_test

import (
	"maps"
	"slices"
	"testing"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestCUT6ShortPickOfAHeldOrder: goods made to order that a warehouse could not pick while their order
// is held wait for another day from the desk, and ship on it (WHS-3).
func TestCUT6ShortPickOfAHeldOrder(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	holds := map[int64]string{}
	for _, hold := range []string{
		"", "PAY-1: the card could not be charged: 51", "CST-1: 支払いの確認", "KEP-2: 電話待ち", "RDR-3: a field was read wrongly",
		"PAY-1: the card could not be charged: 51; KEP-2: 電話待ち",
	} {
		req := with(st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Stamp, 1), st.Pen, 3)
		req.DesignatedOn = order.D(2026, 12, 18)
		holds[accept(t, s, req).ID] = hold
	}
	ids := slices.Sorted(maps.Keys(holds))
	allocate(t, s, 10, false)
	made := func(id int64) order.Shipment {
		t.Helper()
		all := get(t, s, id).Shipments
		i := slices.IndexFunc(all, func(sh order.Shipment) bool { return sh.Class == order.ClassPhone && sh.State == order.ShipmentPlanned })
		if i < 0 {
			t.Fatalf("%q: nothing made to order waits: %+v", holds[id], all)
		}
		return all[i]
	}
	release := func(on order.Date) {
		t.Helper()
		for _, id := range ids {
			if _, err := s.DateShipment(ctx, id, made(id).No, on, "長谷川", clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		allocate(t, s, 10, false)
		clock.Set(made(ids[0]).ShipOn.At(order.Clock{Hour: 16}))
		if lists := issue(t, s, clock.Now(), wave(t, s, clock.Now())...); len(lists) != 1 {
			t.Fatalf("%d lists", len(lists))
		}
	}
	report := func(row rules.ResultRow) {
		t.Helper()
		var rows []rules.ResultRow
		for _, id := range ids {
			row.Order, row.LineNo = string(get(t, s, id).Number), 1
			rows = append(rows, row)
		}
		if _, problems := result(t, s, clock.Now(), st.East, rows...); len(problems) > 0 {
			t.Fatal(problems)
		}
		audit(t, s)
	}

	release(order.D(2026, 12, 3))
	for id, hold := range holds {
		if _, err := s.Pool().Exec(ctx, `UPDATE orders SET state = 'held', hold_reason = $2 WHERE id = $1 AND $2 <> ''`, id, hold); err != nil {
			t.Fatal(err)
		}
	}
	report(rules.ResultRow{Short: 1, Reason: rules.PickLate})
	for _, id := range ids { // STK-2: told at once
		if e := eventsOf(t, s, id, "STK-2"); len(e) != 1 || e[0].Kind != order.EventShort || answerDue(t, s, id).IsZero() {
			t.Errorf("%q: %+v, told on %s", holds[id], e, answerDue(t, s, id))
		}
	}
	for _, id := range ids {
		if got := get(t, s, id); got.HoldReason != holds[id] || (got.State == order.StateHeld) != (holds[id] != "") {
			t.Errorf("%q: %s %q", holds[id], got.State, got.HoldReason)
		}
		if sh := made(id); !sh.ArrivalOn.IsZero() {
			t.Errorf("%q: dated by nobody: %+v", holds[id], sh)
		}
	}
	if tasks, err := s.Tasks(ctx, store.TaskFilter{Why: "hold"}, clock.Now()); err != nil || len(tasks) != len(ids) {
		t.Errorf("the desk is asked of %d orders, %v", len(tasks), err)
	}
	if _, err := s.Pool().Exec(ctx, `UPDATE orders SET state = 'accepted', hold_reason = '' WHERE state = 'held'`); err != nil {
		t.Fatal(err)
	}
	release(order.D(2026, 12, 9))
	report(rules.ResultRow{Shipped: 1})
}
