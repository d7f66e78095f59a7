package rules_test

import (
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func TestCUT5Carriers(t *testing.T) {
	t.Parallel()
	f := facts(t)
	c, err := rules.DefaultCalendar().WithCarriers([]order.CarrierDay{
		{Carrier: "はやて便", Region: rules.RegionIslands, Weekdays: []time.Weekday{time.Monday, time.Thursday}},
		{Carrier: "はやて便", Class: order.ClassTruck, From: day(t, "2026-11-26"), To: day(t, "2026-11-27"), Name: "点検"},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Calendar = c
	for name, tt := range map[string]struct {
		region   string
		class    order.Class
		received string
		wish     string
		arrival  string // "" is refused
		ship     string
	}{
		"no carrier's day":       {rules.RegionHonshu, order.ClassNormal, "2026-11-25 10:00", "", "2026-11-26", "2026-11-25"},
		"an island's Monday":     {rules.RegionIslands, order.ClassNormal, "2026-11-25 10:00", "", "2026-12-01", "2026-11-26"}, // 4 business days: Mon 30, not carried
		"trucks rest":            {rules.RegionHonshu, order.ClassTruck, "2026-11-24 10:00", "", "2026-11-30", "2026-11-27"},
		"designated on a rest":   {rules.RegionHonshu, order.ClassTruck, "2026-11-24 10:00", "2026-11-27", "", ""},
		"designated after it":    {rules.RegionHonshu, order.ClassTruck, "2026-11-24 10:00", "2026-11-30", "2026-11-30", "2026-11-27"},
		"normal goods on a rest": {rules.RegionHonshu, order.ClassNormal, "2026-11-24 10:00", "2026-11-27", "2026-11-27", "2026-11-26"},
	} {
		w := rules.Wish{Channel: order.ChannelWeb, Class: tt.class, Region: region(t, tt.region), ReceivedAt: jst(t, tt.received)}
		if tt.wish != "" {
			w.DesignatedOn = day(t, tt.wish)
		}
		d, err := rules.Promise(w, f.Settings, f.Calendar)
		if tt.arrival == "" {
			if err == nil || err.Suggest != "2026-11-30" {
				t.Errorf("%s: %+v %v", name, d, err)
			}
			continue
		}
		if err != nil || d.ArrivalOn != day(t, tt.arrival) || d.ShipOn != day(t, tt.ship) {
			t.Errorf("%s: %+v %v", name, d, err)
		}
	}
	sh := order.Shipment{State: order.ShipmentPlanned, Class: order.ClassTruck, AcceptanceOn: day(t, "2026-11-24"), ReadyOn: day(t, "2026-11-26"), ShipOn: day(t, "2026-11-24"), ArrivalOn: day(t, "2026-11-26")}
	o := order.Order{State: order.StateAllocated, RegionCode: rules.RegionHonshu}
	if got := rules.Releasable(o, sh, 1, f.Settings, c, jst(t, "2026-11-24 10:00")); got.Verdict != rules.ReleaseLate {
		t.Errorf("a day that the carrier took since: %+v", got)
	}
	if got, _, changed, err := rules.Replan(o, sh, region(t, rules.RegionHonshu), false, f.Settings, c, jst(t, "2026-11-24 10:00")); err != nil || !changed || got.ArrivalOn != day(t, "2026-11-30") {
		t.Errorf("%+v %v", got, err)
	}
	// It takes a day more since: what can leave earlier keeps its promise, the rest moves.
	slow, err := rules.DefaultCalendar().WithCarriers([]order.CarrierDay{{Carrier: "はやて便", LeadDays: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		ship, arrival, nextShip, next string
		carried, changed              bool
	}{
		{"2026-11-26", "2026-11-27", "2026-11-25", "2026-11-27", true, true},
		{"2026-11-24", "2026-11-25", "2026-11-24", "2026-11-26", true, true},
		{"2026-11-24", "2026-11-26", "2026-11-24", "2026-11-26", true, false},
		{"2026-11-24", "2026-11-25", "2026-11-24", "2026-11-25", false, false}, // as it was promised with those days
	} {
		sh := order.Shipment{State: order.ShipmentPlanned, Class: order.ClassNormal, AcceptanceOn: day(t, "2026-11-24"), ReadyOn: day(t, "2026-11-25"), ShipOn: day(t, tt.ship), ArrivalOn: day(t, tt.arrival)}
		got, e, changed, err := rules.Replan(o, sh, region(t, rules.RegionHonshu), tt.carried, f.Settings, slow, jst(t, "2026-11-24 10:00"))
		if err != nil || changed != tt.changed || got.ShipOn != day(t, tt.nextShip) || got.ArrivalOn != day(t, tt.next) || changed && e.Rule != "CUT-5" {
			t.Errorf("%+v: %+v %+v %v", tt, got, e, err)
		}
		if _, _, again, _ := rules.Replan(o, got, region(t, rules.RegionHonshu), true, f.Settings, slow, jst(t, "2026-11-24 10:00")); tt.carried && again {
			t.Errorf("%+v: planned anew twice", tt)
		}
	}
	for name, row := range map[string]order.CarrierDay{
		"nothing":  {},
		"half":     {From: day(t, "2026-11-26")},
		"backward": {From: day(t, "2026-11-27"), To: day(t, "2026-11-26")},
		"weekday":  {Weekdays: []time.Weekday{7}},
		"class":    {Class: "pigeon", Weekdays: []time.Weekday{1}},
		"never":    {Weekdays: []time.Weekday{1, 2, 3, 4, 5}},
	} {
		if _, err := rules.DefaultCalendar().WithCarriers([]order.CarrierDay{row}); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestCUT2EffectiveDates(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	later := rules.DefaultRegions(s)
	later[0].CutoffFax = order.Clock{Hour: 16}
	tables, err := rules.NewRegionTables([]rules.RegionTable{{From: day(t, "2026-12-01"), Rows: later}, {Rows: rules.DefaultRegions(s)}})
	if err != nil {
		t.Fatal(err)
	}
	for on, want := range map[string]string{"2026-11-30": "17:00", "2026-12-01": "16:00", "2027-06-01": "16:00", "2000-01-01": "17:00"} {
		r, ok := tables.On(day(t, on)).Find("東京都", "")
		if !ok || r.CutoffFax.String() != want {
			t.Errorf("%s: %s", on, r.CutoffFax)
		}
	}
	bad := rules.DefaultRegions(s)
	bad[1].Prefectures = []string{"火星"}
	for name, ts := range map[string][]rules.RegionTable{
		"none from the beginning": {{From: day(t, "2026-12-01"), Rows: later}},
		"two on a day":            {{Rows: later}, {Rows: later}},
		"a wrong row":             {{Rows: bad}},
	} {
		if _, err := rules.NewRegionTables(ts); err == nil {
			t.Errorf("%s passes", name)
		}
	}

	// What the change would have done to orders of the past.
	before := rules.Configuration{Settings: s, Calendar: rules.DefaultCalendar(), Regions: tables}
	now, err := rules.NewRegionTables([]rules.RegionTable{{Rows: later}})
	if err != nil {
		t.Fatal(err)
	}
	after := before
	after.Regions = now
	after.Settings.FeeYen = 350
	f := facts(t)
	var past []rules.PastOrder
	for _, received := range []string{"2026-11-24 15:00", "2026-11-24 16:30"} {
		o, _ := mustAccept(t, request(t, order.ChannelFax, received, lines(pen, 1)), f, jst(t, received))
		past = append(past, rules.PastOrder{Order: o})
	}
	diffs, sum := rules.Diff(past, before, after)
	if sum.Orders != 2 || sum.Changed != 2 || sum.Later != 1 || sum.Earlier != 0 || sum.FeeYen != 100 || sum.ByField["arrival_on"] != 1 || sum.ByField["fee_yen"] != 2 || len(diffs) != 5 {
		t.Errorf("%+v %+v", sum, diffs)
	}
	if same, sum := rules.Diff(past, before, before); len(same) != 0 || sum.Changed != 0 {
		t.Errorf("%+v", same)
	}
	after.Regions, _ = rules.NewRegionTables([]rules.RegionTable{{Rows: later[1:]}})
	if _, sum := rules.Diff(past, before, after); sum.Refused != 2 {
		t.Errorf("%+v", sum)
	}
}
