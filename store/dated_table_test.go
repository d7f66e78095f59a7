package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// CUT-2: a region table changed for next month decides for what comes from then on, everywhere, and
// changes nothing of today's orders.
func TestCUT2RegionTableOfNextMonth(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	before, err := s.RegionTables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	december := order.D(2026, 12, 1)
	rows := before.On(december).Rows()
	for i := range rows {
		rows[i].From = december
		rows[i].LeadDays += 2
		rows[i].CutoffFax = order.Clock{Hour: 12}
	}
	ask := store.AvailabilityAsk{ItemCode: st.Code(st.Pen), Channel: order.ChannelFax, DepartmentCode: st.Code(st.Tokyo)}
	order1 := func() (order.Order, order.Date) {
		o, err := tryAccept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1))
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Availability(t.Context(), ask, clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return o, a.ArrivalOn
	}
	clock.Set(st.At(t, "2026-11-30 16:00:00"))
	today, asked := order1()
	p, err := s.PreviewRules(t.Context(), store.RuleTables{Regions: rows, HasRegions: true}, clock.Now())
	if err != nil || p.On != december || p.Changed != 1 || p.Later != 1 {
		t.Fatalf("the preview: %+v %v", p, err)
	}
	if err := s.Import(t.Context(), order.Masters{Regions: rows}); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.RegionTable(t.Context()); err != nil || len(kept) != 2*len(rows) {
		t.Fatalf("%d rows %v", len(kept), err)
	}
	same, askedSame := order1()
	if same.Shipments[0].ArrivalOn != today.Shipments[0].ArrivalOn || askedSame != asked || asked != today.Shipments[0].ArrivalOn {
		t.Errorf("today's orders changed: %s, asked %s; before %s, %s", same.Shipments[0].ArrivalOn, askedSame, today.Shipments[0].ArrivalOn, asked)
	}
	clock.Set(st.At(t, "2026-12-01 10:00:00"))
	// One that came yesterday and was read today is judged by yesterday's table.
	late, err := tryAccept(t, s, st.Request(order.ChannelFax, st.At(t, "2026-11-30 16:30:00"), st.Tokyo, st.Pen, 1))
	if err != nil || late.AcceptanceOn != order.D(2026, 11, 30) {
		t.Errorf("accepted %s %v", late.AcceptanceOn, err)
	}
	o, asked := order1()
	if want := order.D(2026, 12, 4); o.Shipments[0].ArrivalOn != want || asked != want {
		t.Errorf("from December on it arrives %s, asked %s", o.Shipments[0].ArrivalOn, asked)
	}
	clock.Set(st.At(t, "2026-12-01 13:00:00"))
	if o, _ := order1(); o.AcceptanceOn != order.D(2026, 12, 2) {
		t.Errorf("after the new cut-off: accepted %s", o.AcceptanceOn)
	}
	// What missed its deadline is planned by the table of the day on which it is planned.
	if r, ok := before.On(december).ByCode(today.RegionCode); !ok || r.LeadDays != 0 {
		t.Error(r)
	}
	// A table that is wrong is refused with its row, whichever table it is of.
	rows[1].Prefectures = append(slices.Clone(rows[1].Prefectures), rows[0].Prefectures[0])
	err = s.Import(t.Context(), order.Masters{Regions: rows})
	if refused, ok := errors.AsType[*store.ImportError](err); !ok || refused.Rows[0].Row != 1 || refused.Rows[0].Err.Field != "prefectures" {
		t.Error(err)
	}
}

// STK-1: which warehouse serves a region from a day on decides for what comes, and what is reserved,
// from then on.
func TestSTK1WarehouseOfNextMonth(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	december := order.D(2026, 12, 1)
	stored, err := s.WarehouseTable(ctx)
	if err != nil || len(stored) != 2 {
		t.Fatal(stored, err)
	}
	east, west := stored[0], stored[1]
	east.From, east.Regions = december, nil
	west.From, west.Regions = december, []string{"KANSAI", "KANTO"}
	rows := []order.Warehouse{east, west}
	take := func(received string) order.Order {
		return accept(t, s, st.Request(order.ChannelFax, st.At(t, received), st.Tokyo, st.Pen, 1))
	}
	clock.Set(st.At(t, "2026-11-30 10:00:00"))
	today := take("2026-11-30 10:00:00")
	p, err := s.PreviewRules(ctx, store.RuleTables{Warehouses: rows}, clock.Now())
	if err != nil || p.On != december || p.ByField["warehouse"] != 1 {
		t.Fatalf("%+v %v", p, err)
	}
	other := west
	other.Name = "別の倉庫"
	unknown := west
	unknown.Code = "W9"
	for name, wrong := range map[string][]order.Warehouse{"served by two": {west}, "another name": {east, other}, "no row from the beginning": {unknown}} {
		if err := s.ImportWarehouses(ctx, wrong); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	if err := s.ImportWarehouses(ctx, rows); err != nil {
		t.Fatal(err)
	}
	if p, err := s.PreviewRules(ctx, store.RuleTables{From: december}, clock.Now()); err != nil || p.ByField["warehouse"] != 1 {
		t.Errorf("%+v %v", p, err)
	}
	same := take("2026-11-30 10:00:00")
	allocate(t, s, 10, false)
	clock.Set(st.At(t, "2026-12-01 10:00:00"))
	late, next := take("2026-11-30 16:00:00"), take("2026-12-01 10:00:00")
	if late.Shipments[0].WarehouseCode != st.East || next.Shipments[0].WarehouseCode != st.West {
		t.Errorf("planned from %s and %s", late.Shipments[0].WarehouseCode, next.Shipments[0].WarehouseCode)
	}
	allocate(t, s, 10, false)
	for name, tt := range map[string]struct {
		o    order.Order
		from string
	}{"before": {today, st.East}, "after the table came": {same, st.East}, "read late": {late, st.West}, "in December": {next, st.West}} {
		if got := get(t, s, tt.o.ID); got.Shipments[0].WarehouseCode != tt.from || len(got.Shipments) != 1 {
			t.Errorf("%s: %+v", name, got.Shipments)
		}
	}
	if err := s.ImportWarehouses(ctx, stored); err != nil { // takes it back
		t.Fatal(err)
	}
	if now, err := s.WarehouseTable(ctx); err != nil || len(now) != 2 {
		t.Error(now, err)
	}
	audit(t, s)
}

// CUT-5: carriers' days and lead days hold from their day on; what was promised for a day that is
// closed now is planned anew.
func TestCUT5CarriersOfTheShop(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	clock.Set(st.At(t, "2026-11-24 10:00:00"))
	take := func() order.Order {
		o, err := tryAccept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	was := take()
	if was.Shipments[0].ArrivalOn != order.D(2026, 11, 25) {
		t.Fatal(was.Shipments[0].ArrivalOn)
	}
	rows := []order.CarrierDay{
		{Carrier: "はやて便", From: order.D(2026, 11, 25), To: order.D(2026, 11, 25), Name: "点検"},
		{Carrier: "はやて便", From: order.D(2026, 12, 1), LeadDays: 1, Name: "歳末"},
		{Carrier: "はやて便", Region: was.RegionCode, Weekdays: []time.Weekday{time.Thursday}, From: order.D(2026, 12, 1)},
	}
	p, err := s.PreviewRules(t.Context(), store.RuleTables{Carriers: rows, HasCarriers: true}, clock.Now())
	if err != nil || p.Changed != 1 || p.Planned != 1 {
		t.Fatalf("%+v %v", p, err)
	}
	if err := s.Import(t.Context(), order.Masters{Carriers: rows}); err != nil {
		t.Fatal(err)
	}
	if o := take(); o.Shipments[0].ArrivalOn != order.D(2026, 11, 26) || o.Shipments[0].ShipOn != order.D(2026, 11, 25) {
		t.Errorf("over a rest: %+v", o.Shipments[0])
	}
	if n, err := s.ReplanShipments(t.Context(), clock.Now()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if o, err := s.GetOrder(t.Context(), was.Number); err != nil || o.Shipments[0].ArrivalOn != order.D(2026, 11, 26) {
		t.Errorf("not planned anew: %+v %v", o.Shipments[0], err)
	}
	clock.Set(st.At(t, "2026-12-01 10:00:00"))
	if o := take(); o.Shipments[0].ArrivalOn != order.D(2026, 12, 4) || o.Shipments[0].ShipOn != order.D(2026, 12, 2) {
		t.Errorf("a day more, and no Thursday: %+v", o.Shipments[0])
	}
	for _, wrong := range []order.CarrierDay{{Carrier: "x"}, {Carrier: "x", From: order.D(2026, 12, 2), To: order.D(2026, 12, 1)}} {
		if err := s.Import(t.Context(), order.Masters{Carriers: append(slices.Clone(rows), wrong)}); err == nil || !strings.Contains(err.Error(), "carriers row 4") {
			t.Error(err)
		}
	}
}

// CUT-5: where a carrier takes longer from a day on, what is planned leaves earlier, or arrives later
// and is told, once; so is what was held when its table came.
func TestCUT5CarrierTakesLonger(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	clock.Set(st.At(t, "2026-11-24 10:00:00"))
	take := func(on order.Date) order.Order {
		req := st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1)
		req.DesignatedOn = on
		return accept(t, s, req)
	}
	near, far, held := take(order.Date{}), take(order.D(2026, 11, 30)), take(order.Date{})
	allocate(t, s, 10, false)
	decide := func(act rules.OrderAct) {
		if _, err := s.DecideOrder(ctx, held.ID, store.OrderDecision{Act: act, Reason: "確認", By: "山田"}, clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	decide(rules.ActHold)
	if _, err := s.Pool().Exec(ctx, `UPDATE answers SET state = 'needless', closed_at = now()`); err != nil {
		t.Fatal(err)
	}
	rows := []order.CarrierDay{{Carrier: "はやて便", From: order.D(2026, 11, 24), LeadDays: 1, Name: "歳末"}}
	if p, err := s.PreviewRules(ctx, store.RuleTables{Carriers: rows, HasCarriers: true}, clock.Now()); err != nil || p.Planned != 3 {
		t.Fatalf("%+v %v", p, err)
	}
	if err := s.Import(ctx, order.Masters{Carriers: rows}); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, `SELECT count(*) FROM river_job WHERE kind = 'replan_shipments'`); n != 1 {
		t.Errorf("%d jobs look", n)
	}
	wave := func() (lists []int64) {
		if err := s.InTx(ctx, func(tx *store.Tx) (err error) {
			lists, err = tx.ReleaseWave(ctx, clock.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return lists
	}
	if lists := wave(); len(lists) != 0 {
		t.Error("a wave took what is to be planned anew")
	}
	replan := func(want int) {
		t.Helper()
		if n, err := s.ReplanShipments(ctx, clock.Now()); err != nil || n != want {
			t.Errorf("%d orders planned anew, want %d: %v", n, want, err)
		}
	}
	replan(2)
	decide(rules.ActFree)
	replan(1)
	replan(0)
	for name, tt := range map[string]struct {
		o         order.Order
		was       order.Order
		ship, day order.Date
		told      int
	}{
		"near": {get(t, s, near.ID), near, order.D(2026, 11, 24), order.D(2026, 11, 26), 1},
		"far":  {get(t, s, far.ID), far, order.D(2026, 11, 27), order.D(2026, 11, 30), 1},
		"held": {get(t, s, held.ID), held, order.D(2026, 11, 24), order.D(2026, 11, 26), 1},
	} {
		sh := tt.o.Shipments[0]
		if sh.ShipOn != tt.ship || sh.ArrivalOn != tt.day {
			t.Errorf("%s: %s to %s, was %s to %s", name, sh.ShipOn, sh.ArrivalOn, tt.was.Shipments[0].ShipOn, tt.was.Shipments[0].ArrivalOn)
		}
		if n := count(t, s, `SELECT count(*) FROM events WHERE order_id = $1 AND kind = 'replanned' AND rule = 'CUT-5'`, tt.o.ID); n != 1 {
			t.Errorf("%s: planned anew %d times", name, n)
		}
		if n := count(t, s, `SELECT count(*) FROM answers WHERE order_id = $1 AND state = 'waiting'`, tt.o.ID); n != tt.told {
			t.Errorf("%s: %d answers wait", name, n)
		}
	}
	if lists := wave(); len(lists) != 1 {
		t.Errorf("%d lists", len(lists))
	}
	if err := s.Import(ctx, order.Masters{Carriers: rows}); err != nil { // nothing new
		t.Fatal(err)
	}
	replan(0)
}

// Two who save one table at the same moment: one is told of the other, nothing is written over.
func TestTwoAtOneTable(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	for _, table := range []string{store.TableRegions, store.TableCalendar, store.TableCarriers, store.TableSettings} {
		was, err := s.RuleText(t.Context(), table)
		if err != nil {
			t.Fatal(err)
		}
		const people = 4
		var errs [people]error
		var wait sync.WaitGroup
		for i := range people {
			wait.Go(func() {
				m := order.Masters{}
				after := "from,fee_yen\n2026-12-01," + string(rune('1'+i)) + "00\n"
				switch table {
				case store.TableRegions:
					m.Regions = rules.DefaultRegions(rules.Default())
					m.Regions[0].LeadDays = i + 1
				case store.TableCalendar:
					m.Calendar = []order.CalendarDay{{On: order.D(2026, 12, 1+i), Kind: order.DayClosure, Name: "休"}}
				case store.TableCarriers:
					m.Carriers = []order.CarrierDay{{Carrier: "x", LeadDays: i + 1}}
				}
				errs[i] = s.SaveRules(t.Context(), store.RuleChange{Name: table, Before: was, After: after, Reason: "x", By: "y", At: clock.Now()}, m, nil)
			})
		}
		wait.Wait()
		saved := 0
		for _, err := range errs {
			switch {
			case err == nil:
				saved++
			case order.KindOf(err) != order.KindConflict:
				t.Errorf("%s: %v", table, err)
			}
		}
		if history, err := s.RuleHistory(t.Context(), table, 10); saved != 1 || err != nil || len(history) != 1 {
			t.Errorf("%s: %d saved, %d in the history %v", table, saved, len(history), err)
		}
	}
}

// CUT-11: a warehouse whose wave leaves too early for a region that it is to serve is refused with
// its line and the latest cut-off, before its orders miss their day.
func TestWarehouseWithAWaveTooEarly(t *testing.T) {
	t.Parallel()
	early := order.Clock{Hour: 16}
	settings := rules.Default()
	settings.WarehouseDeadlines = []rules.WarehouseDeadline{{Warehouse: st.West, Normal: &early}}
	s, err := store.Open(t.Context(), store.Config{DSN: st.DSN(t), BlobDir: t.TempDir(), Now: time.Now, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	region := order.Region{Code: "KANTO", Prefectures: []string{"東京都"}, CutoffFax: order.Clock{Hour: 17}, CutoffWeb: order.Clock{Hour: 17, Minute: 30}, CutoffTruck: order.Clock{Hour: 13}}
	warehouse := func(code, region string) order.Warehouse {
		return order.Warehouse{Code: code, Name: code, Regions: []string{region}, Channel: "folder", Format: []string{"pdf"}}
	}
	if err := s.Import(t.Context(), order.Masters{Regions: []order.Region{region}, Warehouses: []order.Warehouse{warehouse(st.East, "KANTO"), warehouse(st.West, "KANSAI")}}); err != nil {
		t.Fatal(err)
	}
	err = s.ImportWarehouses(t.Context(), []order.Warehouse{warehouse(st.East, ""), warehouse(st.West, "KANTO")})
	bad, ok := errors.AsType[*store.ImportError](err)
	if !ok || len(bad.Rows) != 2 || bad.Rows[0].Row != 1 || bad.Rows[0].Err.Rule != "CUT-11" || bad.Rows[0].Err.Field != "regions" || !strings.Contains(bad.Rows[0].Err.Message, "region KANTO") {
		t.Fatalf("%+v", err)
	}
}
