package store_test

import (
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

func wave(tb testing.TB, s *store.Store, now time.Time) []int64 {
	tb.Helper()
	var ids []int64
	err := s.InTx(tb.Context(), func(tx *store.Tx) error {
		var err error
		ids, err = tx.ReleaseWave(tb.Context(), now)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return ids
}

func TestReleaseWave(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t) // Tuesday 2026-11-24, 10:00
	fax := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1))
	truck := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Desk, 1))
	later := st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Tea, 1)
	later.DesignatedOn = order.D(2026, 12, 10)
	designated := accept(t, s, later)
	short := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Osaka, st.Paper, 500))
	webAt := st.At(t, "2026-11-24 17:25:00")
	clock.Set(webAt)
	web := accept(t, s, st.Request(order.ChannelWeb, webAt, st.Tokyo, st.Pen, 2))
	allocate(t, s, 100, false)

	lists := wave(t, s, webAt.Add(10*time.Minute)) // inclusive: it may still be cancelled
	if len(lists) != 2 {                           // east normal, west normal: truck closed at 14:30
		t.Fatalf("%d lists", len(lists))
	}
	for id, want := range map[int64]order.State{
		fax.ID: order.StateReleased, truck.ID: order.StateAllocated, designated.ID: order.StateAllocated,
		short.ID: order.StateReleased, web.ID: order.StateAllocated,
	} {
		if o := get(t, s, id); o.State != want {
			t.Errorf("order %s %s, want %s", o.Number, o.State, want)
		}
	}
	audit(t, s)
	if again := wave(t, s, webAt.Add(10*time.Minute)); len(again) != 0 {
		t.Errorf("released again: %v", again)
	}
	if more := wave(t, s, webAt.Add(10*time.Minute+time.Second)); len(more) != 1 {
		t.Errorf("after the cancel window: %v", more)
	}
	if o := get(t, s, web.ID); o.State != order.StateReleased {
		t.Errorf("web order %s", o.State)
	}
	if late := wave(t, s, st.At(t, "2026-11-24 18:45:01")); len(late) != 0 {
		t.Errorf("released after the dispatch deadline: %v", late)
	}
	list, err := s.GetPickList(t.Context(), lists[0])
	if err != nil || len(list.Lines) == 0 || list.Wave != 1 {
		t.Fatal(list, err)
	}
	audit(t, s)

	// The truck shipment missed 14:30 (CUT-11).
	now := st.At(t, "2026-11-24 19:00:00")
	if n, err := s.ReplanShipments(t.Context(), now); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	o := get(t, s, truck.ID)
	if got := o.Shipments[0]; !got.ShipOn.After(order.D(2026, 11, 24)) || got.ArrivalOn.Before(got.ShipOn) {
		t.Errorf("replanned to %+v", got)
	}
	if n, err := s.ReplanShipments(t.Context(), now); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	if l := wave(t, s, o.Shipments[0].ShipOn.At(order.Clock{Hour: 13})); len(l) != 1 {
		t.Errorf("truck wave: %v", l)
	}
	if l := wave(t, s, order.D(2026, 12, 9).At(order.Clock{Hour: 18})); len(l) != 1 {
		t.Errorf("designated date's wave: %v", l)
	}
	audit(t, s)
}

// TestReleaseWaveIsTheRule compares what a wave takes with the pure rule, shipment by
// shipment, at many instants.
func TestReleaseWaveIsTheRule(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	var ids []int64
	for i := range 24 {
		at := st.At(t, "2026-11-24 09:00:00").Add(time.Duration(i) * 23 * time.Minute)
		clock.Set(at)
		channel := []order.Channel{order.ChannelFax, order.ChannelWeb}[i%2]
		item := []string{st.Pen, st.Desk, st.Tea}[i%3]
		req := st.Request(channel, at, []string{st.Tokyo, st.Osaka}[i/2%2], item, 1+i%3)
		if i%5 == 0 {
			req.DesignatedOn = order.D(2026, 11, 30)
		}
		ids = append(ids, accept(t, s, req).ID)
	}
	allocate(t, s, 100, false)
	// Closed after the promises: a ship day, and a day on which others arrive.
	if err := s.Import(t.Context(), order.Masters{Calendar: []order.CalendarDay{{On: order.D(2026, 11, 26), Kind: order.DayClosure, Name: "棚卸休業"}}}); err != nil {
		t.Fatal(err)
	}
	calendar, _, _, err := s.Masters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, now := range []string{
		"2026-11-24 08:00:00", "2026-11-24 14:44:00", "2026-11-24 14:46:00", "2026-11-24 17:41:00", "2026-11-24 18:46:00",
		"2026-11-25 00:00:00", "2026-11-25 18:45:00", "2026-11-26 12:00:00", "2026-11-27 12:00:00", "2026-11-28 12:00:00",
	} {
		at := st.At(t, now)
		want := map[int64]bool{}
		for _, id := range ids {
			o := get(t, s, id)
			for _, sh := range o.Shipments {
				n := count(t, s, `SELECT coalesce(sum(qty), 0)::int FROM allocations WHERE shipment_id = $1 AND pick_list_id IS NULL`, sh.ID)
				want[sh.ID] = sh.State == order.ShipmentReleased || rules.Releasable(o, sh, n, s.Settings(), calendar, at).Verdict == rules.ReleaseNow
			}
		}
		preview, err := s.WavePreview(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		before := count(t, s, `SELECT count(*)::int FROM allocations WHERE pick_list_id IS NOT NULL`)
		wave(t, s, at)
		goes := 0
		for _, p := range preview {
			if p.Goes {
				goes += p.Lines
			} else if p.Rule == "" || p.Why == "" {
				t.Errorf("at %s: nobody says why %+v stays", now, p)
			}
		}
		if got := count(t, s, `SELECT count(*)::int FROM allocations WHERE pick_list_id IS NOT NULL`) - before; got != goes {
			t.Errorf("at %s: the wave released %d quantities, the preview told %d", now, got, goes)
		}
		for _, id := range ids {
			for _, sh := range get(t, s, id).Shipments {
				if got := sh.State == order.ShipmentReleased; got != want[sh.ID] {
					t.Errorf("at %s: shipment %+v released %v, the rule says %v", now, sh, got, want[sh.ID])
				}
			}
		}
	}
	audit(t, s)
}

// TestMadeToOrderShipsOnItsDay: goods made to order, dated at the desk, go on a list on their ship
// day, alone or beside others, and leave no stock behind (CUT-6, WHS-1).
func TestMadeToOrderShipsOnItsDay(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	alone := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Stamp, 2))
	req := st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Stamp, 1)
	req.Lines = append(req.Lines, order.RequestLine{Field: "lines[1]", ItemCode: st.Code(st.Pen), Qty: 1})
	mixed := accept(t, s, req)
	missed := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Osaka, st.Stamp, 1))
	allocate(t, s, 10, false)
	for id, on := range map[int64]order.Date{alone.ID: order.D(2026, 12, 3), mixed.ID: order.D(2026, 12, 3), missed.ID: order.D(2026, 11, 30)} {
		for _, sh := range get(t, s, id).Shipments {
			if sh.Class != order.ClassPhone {
				continue
			}
			if _, err := s.DateShipment(t.Context(), id, sh.No, on, "長谷川", clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	allocate(t, s, 10, false)
	if o := get(t, s, alone.ID); o.State != order.StateAllocated || o.Lines[0].ReservedQty != 0 {
		t.Fatalf("dated: %s %+v", o.State, o.Lines)
	}
	if lists := wave(t, s, clock.Now()); len(lists) != 1 { // the pen
		t.Errorf("%d lists on the first day", len(lists))
	}
	// Of an earlier day that no wave took: it gets another date, and the customer is told.
	if n, err := s.ReplanShipments(t.Context(), st.At(t, "2026-11-30 09:00:00")); err != nil || n != 1 {
		t.Errorf("%d orders planned anew (%v)", n, err)
	}
	if sh := get(t, s, missed.ID).Shipments[0]; !sh.ArrivalOn.After(order.D(2026, 11, 30)) {
		t.Errorf("missed its day and arrives %s", sh.ArrivalOn)
	}
	day := get(t, s, alone.ID).Shipments[0].ShipOn
	at := day.At(order.Clock{Hour: 16})
	clock.Set(at)
	preview, err := s.WavePreview(t.Context(), at)
	goes := 0
	for _, p := range preview {
		if p.Goes {
			goes += p.Qty
		}
	}
	if err != nil || goes != 3 {
		t.Errorf("the preview tells %d (%v): %+v", goes, err, preview)
	}
	lists := wave(t, s, at)
	if len(lists) != 1 {
		t.Fatalf("%d lists on the ship day", len(lists))
	}
	list, err := s.GetPickList(t.Context(), lists[0])
	if err != nil || len(list.Lines) != 2 || list.Class != order.ClassPhone {
		t.Fatalf("%+v %v", list, err)
	}
	for _, id := range []int64{alone.ID, mixed.ID} {
		if o := get(t, s, id); o.State != order.StateReleased {
			t.Errorf("order %s is %s", o.Number, o.State)
		}
	}
	audit(t, s)
	if again := wave(t, s, at.Add(time.Minute)); len(again) != 0 {
		t.Errorf("released again: %v", again)
	}
	if n := count(t, s, `SELECT coalesce(sum(on_hand_qty - reserved_qty), -1)::int FROM stock WHERE item_code = $1`, st.Code(st.Stamp)); n != 0 {
		t.Errorf("what is made for one is nobody else's: %d are free", n)
	}
}

func TestTickCatchesUpInOrder(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	tick := func(at string, want int) {
		t.Helper()
		if n, err := s.Tick(t.Context(), st.At(t, at)); err != nil || n != want {
			t.Fatalf("at %s: %d runs, %v; want %d", at, n, err, want)
		}
	}
	tick("2026-11-24 10:00:00", 0) // nothing is due from before the first tick
	tick("2026-11-24 10:00:00", 0)
	tick("2026-11-24 13:11:00", 1)
	tick("2026-11-24 13:11:30", 0)
	tick("2026-11-26 00:00:00", 4+5+1+1+2+2) // stood still for a day and a half, with a night, a morning and two evenings
	rows, err := s.Pool().Query(t.Context(), `SELECT args->>'due_at' FROM river_job WHERE kind = 'release_wave' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var last time.Time
	n := 0
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || at.Before(last) {
			t.Errorf("%s after %s: %v", at, last, err)
		}
		last = at
		n++
	}
	if n != 10 {
		t.Errorf("%d wave jobs", n)
	}
	clock.Set(st.At(t, "2026-11-26 00:00:00"))
	due, inserted, err := s.RunSchedule(t.Context(), "wave_1830", st.At(t, "2026-11-25 20:00:00"))
	if err != nil || inserted || !due.Equal(st.At(t, "2026-11-25 18:30:00")) {
		t.Errorf("a run by hand that already ran: %v %v %v", due, inserted, err)
	}
}

// TestPickListTellsShipments: who packs one of two shipments is told of the other.
func TestPickListTellsShipments(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	split := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 120)) // 100 from the east, 20 from the west
	whole := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Osaka, st.Tea, 3))
	allocate(t, s, 10, false)
	seen := map[int64]int{}
	for _, id := range wave(t, s, st.At(t, "2026-11-24 17:30:00")) {
		p, err := s.GetPickList(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range p.Lines {
			want := 1
			if l.OrderID == split.ID {
				want = 2
			}
			if l.Shipments != want || l.ShipmentNo > want {
				t.Errorf("order %s: shipment %d of %d, want of %d", l.OrderNumber, l.ShipmentNo, l.Shipments, want)
			}
			seen[l.OrderID]++
		}
	}
	if seen[split.ID] != 2 || seen[whole.ID] != 1 {
		t.Errorf("lines by order %v", seen)
	}
}

// TestWHS1Preview: what is held stays for its cause, and so does what a carrier does not take to its
// region any more.
func TestWHS1Preview(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	clock.Set(st.At(t, "2026-11-24 10:00:00"))
	o := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1))
	allocate(t, s, 10, false)
	goes := func() (n int) {
		preview, err := s.WavePreview(t.Context(), st.At(t, "2026-11-24 17:45:00"))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range preview {
			if p.Goes {
				n++
			}
		}
		return n
	}
	if n := goes(); n != 1 {
		t.Fatalf("%d go before the carrier rests", n)
	}
	if _, err := s.DecideOrder(t.Context(), o.ID, store.OrderDecision{Act: rules.ActHold, By: "佐野", Reason: "電話で確認中"}, clock.Now()); err != nil {
		t.Fatal(err)
	}
	if preview, err := s.WavePreview(t.Context(), st.At(t, "2026-11-24 17:45:00")); err != nil || len(preview) != 1 || preview[0].Goes || preview[0].Rule != "KEP-2" {
		t.Errorf("held: %+v %v", preview, err)
	}
	if _, err := s.DecideOrder(t.Context(), o.ID, store.OrderDecision{Act: rules.ActFree, By: "佐野", Reason: "確認済み"}, clock.Now()); err != nil {
		t.Fatal(err)
	}
	allocate(t, s, 10, false)
	on := o.Shipments[0].ArrivalOn
	if err := s.Import(t.Context(), order.Masters{Carriers: []order.CarrierDay{{Carrier: "はやて便", Region: o.RegionCode, From: on, To: on, Name: "点検"}}}); err != nil {
		t.Fatal(err)
	}
	if n := goes(); n != 0 {
		t.Errorf("%d go that the carrier does not deliver on %s", n, on)
	}
}
