package rules_test

import (
	"strings"
	"testing"

	"todoke/order"
	"todoke/rules"
)

func TestWHS1Releasable(t *testing.T) {
	t.Parallel()
	early := order.Clock{Hour: 16}
	s := rules.Default()
	s.WarehouseDeadlines = []rules.WarehouseDeadline{{Warehouse: "W9", Normal: &early}}
	for name, tt := range map[string]struct {
		now     string
		change  func(*order.Order, *order.Shipment)
		nothing bool
		want    rules.Verdict
		rule    string
		until   string
	}{
		"on its ship day":           {now: "2026-11-24 17:00", want: rules.ReleaseNow, rule: "WHS-1"},
		"before it":                 {now: "2026-11-23 18:00", want: rules.ReleaseWait, rule: "CUT-11", until: "2026-11-24 00:00:00"},
		"its first instant":         {now: "2026-11-24 00:00", want: rules.ReleaseNow, rule: "WHS-1"},
		"at the deadline":           {now: "2026-11-24 18:30", want: rules.ReleaseNow, rule: "WHS-1"},
		"within the grace":          {now: "2026-11-24 18:45", want: rules.ReleaseNow, rule: "WHS-1"},
		"after the grace":           {now: "2026-11-24 18:45:01", want: rules.ReleaseLate, rule: "CUT-11"},
		"the next day":              {now: "2026-11-25 09:00", want: rules.ReleaseLate, rule: "CUT-11"},
		"truck goes earlier":        {now: "2026-11-24 14:45:01", change: func(_ *order.Order, sh *order.Shipment) { sh.Class = order.ClassTruck }, want: rules.ReleaseLate, rule: "CUT-11"},
		"a warehouse goes earlier":  {now: "2026-11-24 16:15:01", change: func(_ *order.Order, sh *order.Shipment) { sh.WarehouseCode = "W9" }, want: rules.ReleaseLate, rule: "CUT-11"},
		"in the ten minutes":        {now: "2026-11-24 17:35", change: web("2026-11-24 17:29"), want: rules.ReleaseWait, rule: "CAN-1", until: "2026-11-24 17:39:00"},
		"their last instant":        {now: "2026-11-24 17:39:00", change: web("2026-11-24 17:29"), want: rules.ReleaseWait, rule: "CAN-1", until: "2026-11-24 17:39:00"},
		"after the ten minutes":     {now: "2026-11-24 17:39:01", change: web("2026-11-24 17:29"), want: rules.ReleaseNow, rule: "WHS-1"},
		"held":                      {now: "2026-11-24 17:00", change: func(o *order.Order, _ *order.Shipment) { o.State = order.StateHeld }, want: rules.ReleaseWait, rule: "WHS-1"},
		"held and late":             {now: "2026-11-25 17:00", change: func(o *order.Order, _ *order.Shipment) { o.State = order.StateHeld }, want: rules.ReleaseWait, rule: "WHS-1"},
		"cancelled":                 {now: "2026-11-24 17:00", change: func(o *order.Order, _ *order.Shipment) { o.State = order.StateCancelled }, want: rules.ReleaseDone, rule: "WHS-1"},
		"released already":          {now: "2026-11-24 17:00", change: func(_ *order.Order, sh *order.Shipment) { sh.State = order.ShipmentReleased }, want: rules.ReleaseDone, rule: "WHS-1"},
		"phone mark without a date": {now: "2026-11-24 17:00", change: func(_ *order.Order, sh *order.Shipment) { sh.Class, sh.ShipOn = order.ClassPhone, order.Date{} }, want: rules.ReleaseWait, rule: "CUT-6"},
		"nothing allocated":         {now: "2026-11-24 17:00", nothing: true, want: rules.ReleaseWait, rule: "STK-1"},
	} {
		o := order.Order{State: order.StateAllocated, Channel: order.ChannelFax}
		sh := order.Shipment{No: 1, State: order.ShipmentPlanned, Class: order.ClassNormal, WarehouseCode: "W1", ShipOn: day(t, "2026-11-24"), ArrivalOn: day(t, "2026-11-25")}
		if tt.change != nil {
			tt.change(&o, &sh)
		}
		allocated := 5
		if tt.nothing {
			allocated = 0
		}
		got := rules.Releasable(o, sh, allocated, s, rules.DefaultCalendar(), jst(t, tt.now))
		if got.Verdict != tt.want || got.Rule != tt.rule || got.Reason == "" {
			t.Errorf("%s: %+v, want %s by %s", name, got, tt.want, tt.rule)
		}
		if (tt.until != "") != !got.Until.IsZero() || tt.until != "" && got.Until.Sub(jst(t, tt.until)) > 1 {
			t.Errorf("%s: look again at %s, want %s", name, got.Until, tt.until)
		}
		if !got.Until.IsZero() { // the instant given is the first at which it is released
			if at := rules.Releasable(o, sh, allocated, s, rules.DefaultCalendar(), got.Until); at.Verdict != rules.ReleaseNow {
				t.Errorf("%s: at %s still %+v", name, got.Until, at)
			}
			if at := rules.Releasable(o, sh, allocated, s, rules.DefaultCalendar(), got.Until.Add(-1)); at.Verdict != rules.ReleaseWait {
				t.Errorf("%s: just before %s already %+v", name, got.Until, at)
			}
		}
	}
}

func web(received string) func(*order.Order, *order.Shipment) {
	return func(o *order.Order, _ *order.Shipment) {
		d, clock := received[:10], received[11:]
		on, err := order.ParseDate(d)
		if err != nil {
			panic(err)
		}
		at, err := order.ParseClock(clock)
		if err != nil {
			panic(err)
		}
		o.Channel, o.CancelUntil = order.ChannelWeb, on.At(at).Add(rules.Default().CancelWindow())
	}
}

// TestCUT11Replan is CUT-11: what missed its deadline gets the earliest date still reachable.
func TestCUT11Replan(t *testing.T) {
	t.Parallel()
	s, c := rules.Default(), rules.DefaultCalendar()
	for name, tt := range map[string]struct {
		class         order.Class
		region        string
		ship, arrival string
		now           string
		wantShip      string
		wantArrival   string
		changed       bool
	}{
		"in time":             {ship: "2026-11-24", arrival: "2026-11-25", now: "2026-11-24 18:30", wantShip: "2026-11-24", wantArrival: "2026-11-25"},
		"within the grace":    {ship: "2026-11-24", arrival: "2026-11-25", now: "2026-11-24 18:45", wantShip: "2026-11-24", wantArrival: "2026-11-25"},
		"missed":              {ship: "2026-11-24", arrival: "2026-11-25", now: "2026-11-24 18:46", wantShip: "2026-11-25", wantArrival: "2026-11-26", changed: true},
		"missed by days":      {ship: "2026-11-24", arrival: "2026-11-25", now: "2026-12-01 10:00", wantShip: "2026-12-01", wantArrival: "2026-12-02", changed: true},
		"Friday's":            {ship: "2026-11-26", arrival: "2026-11-27", now: "2026-11-27 09:00", wantShip: "2026-11-28", wantArrival: "2026-11-30", changed: true},
		"designated Saturday": {ship: "2026-11-27", arrival: "2026-11-28", now: "2026-11-27 19:00", wantShip: "2026-11-28", wantArrival: "2026-11-30", changed: true},
		"the year's last":     {ship: "2026-12-28", arrival: "2026-12-29", now: "2026-12-29 19:00", wantShip: "2027-01-04", wantArrival: "2027-01-05", changed: true},
		"truck":               {class: order.ClassTruck, ship: "2026-11-24", arrival: "2026-11-26", now: "2026-11-24 15:00", wantShip: "2026-11-25", wantArrival: "2026-11-27", changed: true},
		"island":              {region: rules.RegionIslands, ship: "2026-11-24", arrival: "2026-11-28", now: "2026-11-24 19:00", wantShip: "2026-11-25", wantArrival: "2026-11-30", changed: true},
		"not due yet":         {ship: "2026-12-21", arrival: "2026-12-22", now: "2026-11-24 19:00", wantShip: "2026-12-21", wantArrival: "2026-12-22"},
	} {
		sh := order.Shipment{No: 2, State: order.ShipmentPlanned, Class: tt.class, WarehouseCode: "W1", ShipOn: day(t, tt.ship), ArrivalOn: day(t, tt.arrival), Rules: []string{"CUT-4", "CUT-5"}}
		if sh.Class == "" {
			sh.Class = order.ClassNormal
		}
		if tt.region == "" {
			tt.region = rules.RegionHonshu
		}
		got, event, changed, err := rules.Replan(order.Order{State: order.StateAllocated}, sh, region(t, tt.region), false, s, c, jst(t, tt.now))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if changed != tt.changed || got.ShipOn != day(t, tt.wantShip) || got.ArrivalOn != day(t, tt.wantArrival) {
			t.Errorf("%s: ships %s, arrives %s, changed %v", name, got.ShipOn, got.ArrivalOn, changed)
		}
		if !changed {
			continue
		}
		if event.Kind != order.EventReplanned || event.Rule != "CUT-11" || !strings.Contains(event.Text, tt.arrival) || got.Rules[len(got.Rules)-1] != "CUT-11" {
			t.Errorf("%s: %+v, rules %v", name, event, got.Rules)
		}
		if len(sh.Rules) != 2 {
			t.Errorf("%s: the shipment given was changed", name)
		}
		// Planned anew, it is due: replanning again changes nothing, and a wave may take it.
		if _, _, again, _ := rules.Replan(order.Order{}, got, region(t, tt.region), false, s, c, jst(t, tt.now)); again {
			t.Errorf("%s: replanned twice", name)
		}
	}
}

// TestCUT1ReplanAroundClosedDays is CUT-1 and CUT-11: a day closed after the promise moves what was
// planned on it, no farther than it must.
func TestCUT1ReplanAroundClosedDays(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	for name, tt := range map[string]struct {
		closed         []string
		open           string
		class          order.Class
		region         string
		accepted, ship string
		arrival, now   string
		wantShip       string
		wantArrival    string
		changed, late  bool
	}{
		"nothing closed":               {accepted: "2026-11-24", ship: "2026-11-25", arrival: "2026-11-26", now: "2026-11-24 12:00", wantShip: "2026-11-25", wantArrival: "2026-11-26"},
		"another day closed":           {closed: []string{"2026-11-27"}, accepted: "2026-11-24", ship: "2026-11-25", arrival: "2026-11-26", now: "2026-11-24 12:00", wantShip: "2026-11-25", wantArrival: "2026-11-26"},
		"arrival":                      {closed: []string{"2026-11-26"}, accepted: "2026-11-24", ship: "2026-11-25", arrival: "2026-11-26", now: "2026-11-24 12:00", wantShip: "2026-11-25", wantArrival: "2026-11-27", changed: true},
		"ship day, sent a day earlier": {closed: []string{"2026-11-25"}, accepted: "2026-11-24", ship: "2026-11-25", arrival: "2026-11-26", now: "2026-11-24 12:00", wantShip: "2026-11-24", wantArrival: "2026-11-26", changed: true},
		"ship day, too late for that":  {closed: []string{"2026-11-25"}, accepted: "2026-11-24", ship: "2026-11-25", arrival: "2026-11-26", now: "2026-11-24 18:31", wantShip: "2026-11-26", wantArrival: "2026-11-27", changed: true},
		"not before it is accepted":    {closed: []string{"2026-11-25"}, accepted: "2026-11-25", ship: "2026-11-25", arrival: "2026-11-26", now: "2026-11-24 18:00", wantShip: "2026-11-26", wantArrival: "2026-11-27", changed: true},
		"today":                        {closed: []string{"2026-11-24"}, accepted: "2026-11-24", ship: "2026-11-24", arrival: "2026-11-25", now: "2026-11-24 12:00", wantShip: "2026-11-25", wantArrival: "2026-11-26", changed: true},
		"both days":                    {closed: []string{"2026-11-25", "2026-11-26"}, accepted: "2026-11-24", ship: "2026-11-25", arrival: "2026-11-26", now: "2026-11-24 12:00", wantShip: "2026-11-24", wantArrival: "2026-11-27", changed: true},
		"next month stays next month":  {closed: []string{"2026-12-16"}, accepted: "2026-11-24", ship: "2026-12-15", arrival: "2026-12-16", now: "2026-11-24 12:00", wantShip: "2026-12-15", wantArrival: "2026-12-17", changed: true},
		"a designated Saturday stays":  {accepted: "2026-11-24", ship: "2026-11-27", arrival: "2026-11-28", now: "2026-11-24 12:00", wantShip: "2026-11-27", wantArrival: "2026-11-28"},
		"a designated Saturday closed": {closed: []string{"2026-11-28"}, accepted: "2026-11-24", ship: "2026-11-27", arrival: "2026-11-28", now: "2026-11-24 12:00", wantShip: "2026-11-27", wantArrival: "2026-11-30", changed: true},
		"Saturday's dispatch closed":   {closed: []string{"2026-11-28"}, accepted: "2026-11-27", ship: "2026-11-28", arrival: "2026-11-30", now: "2026-11-27 12:00", wantShip: "2026-11-27", wantArrival: "2026-11-30", changed: true},
		"truck":                        {class: order.ClassTruck, closed: []string{"2026-11-26"}, accepted: "2026-11-24", ship: "2026-11-24", arrival: "2026-11-26", now: "2026-11-24 12:00", wantShip: "2026-11-24", wantArrival: "2026-11-27", changed: true},
		"island":                       {region: rules.RegionIslands, closed: []string{"2026-11-27"}, accepted: "2026-11-24", ship: "2026-11-24", arrival: "2026-11-27", now: "2026-11-24 12:00", wantShip: "2026-11-24", wantArrival: "2026-11-30", changed: true},
		"missed and closed":            {closed: []string{"2026-11-25"}, accepted: "2026-11-24", ship: "2026-11-24", arrival: "2026-11-25", now: "2026-11-24 19:00", wantShip: "2026-11-26", wantArrival: "2026-11-27", changed: true, late: true},
		"a holiday that was lifted":    {open: "2026-11-23", accepted: "2026-11-20", ship: "2026-11-21", arrival: "2026-11-23", now: "2026-11-20 12:00", wantShip: "2026-11-21", wantArrival: "2026-11-23"},
		"and is a holiday again":       {accepted: "2026-11-20", ship: "2026-11-21", arrival: "2026-11-23", now: "2026-11-20 12:00", wantShip: "2026-11-21", wantArrival: "2026-11-24", changed: true},
	} {
		var rows []order.CalendarDay
		for _, on := range tt.closed {
			rows = append(rows, order.CalendarDay{On: day(t, on), Kind: order.DayClosure, Name: "臨時休業"})
		}
		if tt.open != "" {
			rows = append(rows, order.CalendarDay{On: day(t, tt.open), Kind: order.DayOpen})
		}
		c, err := rules.NewCalendar(s.Closures, rows)
		if err != nil {
			t.Fatal(err)
		}
		sh := order.Shipment{
			No: 1, State: order.ShipmentPlanned, Class: tt.class, WarehouseCode: "W1", AcceptanceOn: day(t, tt.accepted),
			ReadyOn: day(t, tt.arrival), ShipOn: day(t, tt.ship), ArrivalOn: day(t, tt.arrival), Rules: []string{"CUT-4", "CUT-5"},
		}
		if sh.Class == "" {
			sh.Class = order.ClassNormal
		}
		if tt.region == "" {
			tt.region = rules.RegionHonshu
		}
		o, now := order.Order{State: order.StateAllocated}, jst(t, tt.now)
		if verdict := rules.Releasable(o, sh, 1, s, c, now).Verdict; (verdict == rules.ReleaseLate) != tt.changed {
			t.Errorf("%s: a wave says %s", name, verdict)
		}
		got, event, changed, problem := rules.Replan(o, sh, region(t, tt.region), false, s, c, now)
		if problem != nil {
			t.Errorf("%s: %v", name, problem)
			continue
		}
		if changed != tt.changed || got.ShipOn != day(t, tt.wantShip) || got.ArrivalOn != day(t, tt.wantArrival) {
			t.Errorf("%s: ships %s, arrives %s, changed %v", name, got.ShipOn, got.ArrivalOn, changed)
		}
		if !changed {
			continue
		}
		rule := "CUT-1"
		if tt.late {
			rule = "CUT-11"
		}
		if event.Kind != order.EventReplanned || event.Rule != rule || !strings.Contains(event.Text, tt.wantArrival) || !tt.late && !strings.Contains(string(event.Inputs), `"closed_on"`) {
			t.Errorf("%s: %+v %s", name, event, event.Inputs)
		}
		if !got.ReadyOn.IsZero() && (!c.Business(got.ReadyOn) || got.ReadyOn.After(got.ArrivalOn)) {
			t.Errorf("%s: ready on %s, arrives %s", name, got.ReadyOn, got.ArrivalOn)
		}
		if _, _, again, _ := rules.Replan(o, got, region(t, tt.region), false, s, c, now); again {
			t.Errorf("%s: replanned twice", name)
		}
	}
}

// TestCUT6Schedule is CUT-6: the desk's date of a made-to-order shipment.
func TestCUT6Schedule(t *testing.T) {
	t.Parallel()
	s, c := rules.Default(), rules.DefaultCalendar()
	phone := order.Shipment{No: 1, State: order.ShipmentPlanned, Class: order.ClassPhone, WarehouseCode: "W1"}
	for on, want := range map[string]struct{ ship, suggest string }{
		"2026-12-21": {ship: "2026-12-19"},
		"2026-11-25": {ship: "2026-11-24"},
		"2026-11-24": {suggest: "2026-11-25"},
		"2026-12-20": {suggest: "2026-12-21"},
		"2026-12-19": {suggest: "2026-12-21"}, // a Saturday
		"2027-01-01": {suggest: "2027-01-04"},
		"9999-12-31": {},
	} {
		sh, event, err := rules.Schedule(phone, day(t, on), "木村", region(t, rules.RegionHonshu), s, c, jst(t, "2026-11-24 10:00"))
		if want.ship == "" {
			if err == nil || err.Rule != "CUT-6" || err.Suggest != want.suggest {
				t.Errorf("%s: %v offering %q, want %q", on, err, suggested(err), want.suggest)
			}
			continue
		}
		if err != nil || sh.ArrivalOn != day(t, on) || sh.ShipOn != day(t, want.ship) || event.By != "木村" || event.Rule != "CUT-6" {
			t.Errorf("%s: %+v, %+v, %v", on, sh, event, err)
		}
	}
	if _, _, err := rules.Schedule(order.Shipment{State: order.ShipmentPlanned, Class: order.ClassNormal}, day(t, "2026-12-21"), "", region(t, rules.RegionHonshu), s, c, jst(t, "2026-11-24 10:00")); err == nil {
		t.Error("a normal shipment was given a date by hand")
	}
}
