package rules_test

import (
	"slices"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func TestWHS2ReadResult(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-24 19:00")
	a, b := order.NumberOf(1), order.NumberOf(2)
	listed := []rules.Listed{
		{List: "P1", Order: a, OrderID: 1, ShipmentNo: 1, LineNo: 1, ItemCode: pen, Qty: 5},
		{List: "P1", Order: a, OrderID: 1, ShipmentNo: 1, LineNo: 2, ItemCode: tea, Qty: 2},
		{List: "P1", Order: a, OrderID: 1, ShipmentNo: 1, LineNo: 3, ItemCode: pen, Qty: 1},
		{List: "P2", Order: b, OrderID: 2, ShipmentNo: 1, LineNo: 1, ItemCode: pen, Qty: 4, Done: 4},
	}
	row := func(change func(*rules.ResultRow)) rules.ResultRow {
		r := rules.ResultRow{Field: "rows[0]", List: "P1", Order: a.Grouped(), LineNo: 1, ItemCode: pen, Shipped: 5, Tracking: "4012-3456-7890", WeightGrams: 1200}
		if change != nil {
			change(&r)
		}
		return r
	}
	got, errs := rules.ReadResult([]rules.ResultRow{
		row(nil),
		{Field: "rows[1]", Order: string(a), LineNo: 2, Shipped: 1, Short: 1, Reason: rules.PickMissing, Tracking: "4012-3456-7891"},
		{Field: "rows[2]", Order: string(a), ItemCode: pen, Shipped: 1, ShippedOn: day(t, "2026-11-23")},
	}, listed, nil, rules.Default(), now)
	if len(errs) > 0 || len(got) != 1 {
		t.Fatalf("%+v %v", got, errs)
	}
	r := got[0]
	if r.OrderID != 1 || len(r.Lines) != 3 || r.Lines[1].Short != 1 || r.Lines[1].Reason != rules.PickMissing || r.Lines[2].Shipped != 1 || len(r.Tracking) != 2 || r.WeightGrams != 1200 || r.ShippedOn != day(t, "2026-11-24") || !r.Complete {
		t.Errorf("%+v", r)
	}
	if part, errs := rules.ReadResult([]rules.ResultRow{row(func(r *rules.ResultRow) { r.Shipped = 2 })}, listed, nil, rules.Default(), now); len(errs) > 0 || part[0].Complete {
		t.Errorf("part %+v %v", part, errs)
	}
	for column, change := range map[string]func(*rules.ResultRow){
		"list":       func(r *rules.ResultRow) { r.List = "P9" },
		"order":      func(r *rules.ResultRow) { r.Order = order.NumberOf(3).Grouped() },
		"line":       func(r *rules.ResultRow) { r.LineNo = 9 },
		"reason":     func(r *rules.ResultRow) { r.Shipped, r.Short = 4, 1 },
		"shipped":    func(r *rules.ResultRow) { r.Shipped = 6 },
		"short":      func(r *rules.ResultRow) { r.Shipped, r.Short, r.Reason = 0, 6, rules.PickLate },
		"tracking":   func(r *rules.ResultRow) { r.Tracking = "=cmd()" },
		"weight":     func(r *rules.ResultRow) { r.WeightGrams = 1 << 30 },
		"shipped_on": func(r *rules.ResultRow) { r.ShippedOn = day(t, "2026-11-25") },
	} {
		// One wrong row refuses all of them.
		got, errs := rules.ReadResult([]rules.ResultRow{row(func(r *rules.ResultRow) { r.Field, r.LineNo, r.ItemCode, r.Shipped = "rows[1]", 2, tea, 1 }), row(change)}, listed, nil, rules.Default(), now)
		if got != nil || len(errs) != 1 || errs[0].Field != "rows[0]."+column || errs[0].Rule != "WHS-2" {
			t.Errorf("%s: %+v %v", column, got, errs)
		}
	}
	// The whole day sent again with another number on it: nothing is shipped twice, the number is taken.
	again, errs := rules.ReadResult([]rules.ResultRow{row(func(r *rules.ResultRow) { r.List, r.Order, r.Shipped = "P2", string(b), 4 })}, listed, nil, rules.Default(), now)
	if len(errs) > 0 || len(again) != 1 || len(again[0].Lines) != 0 || !slices.Equal(again[0].Tracking, []string{"4012-3456-7890"}) || !again[0].Complete {
		t.Errorf("told again: %+v %v", again, errs)
	}
	for name, rows := range map[string][]rules.ResultRow{
		"empty":          {},
		"the row twice":  {row(nil), row(nil)},
		"more after all": {row(func(r *rules.ResultRow) { r.List, r.Order, r.Shipped = "P2", string(b), 1 })},
		"told twice again": {
			row(func(r *rules.ResultRow) { r.List, r.Order, r.Shipped = "P2", string(b), 4 }),
			row(func(r *rules.ResultRow) { r.List, r.Order, r.Shipped = "P2", string(b), 4 }),
		},
		"short after all": {row(func(r *rules.ResultRow) {
			r.List, r.Order, r.Shipped, r.Short, r.Reason = "P2", string(b), 3, 1, rules.PickMissing
		})},
		"nothing reported":  {row(func(r *rules.ResultRow) { r.Shipped = 0 })},
		"below zero":        {row(func(r *rules.ResultRow) { r.Shipped = -1 })},
		"no number":         {row(func(r *rules.ResultRow) { r.Order = "x" })},
		"another item":      {row(func(r *rules.ResultRow) { r.ItemCode = tea })},
		"neither":           {row(func(r *rules.ResultRow) { r.ItemCode, r.LineNo = "", 0 })},
		"a reason too many": {row(func(r *rules.ResultRow) { r.Reason = rules.PickLate })},
	} {
		if got, errs := rules.ReadResult(rows, listed, nil, rules.Default(), now); got != nil || len(errs) == 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// FuzzReadResult: whatever a partner reports, no line ends beyond what is on its list.
func FuzzReadResult(f *testing.F) {
	f.Add("1000000018", 1, "1000001", 3, 1, "missing", "ABC-123", 20)
	now := time.Date(2026, 11, 24, 19, 0, 0, 0, order.JST)
	number := order.NumberOf(1)
	f.Fuzz(func(t *testing.T, by string, line int, item string, shipped, short int, reason, tracking string, weight int) {
		listed := []rules.Listed{{Order: number, OrderID: 1, ShipmentNo: 1, LineNo: 1, ItemCode: pen, Qty: 5, Done: 1}, {Order: number, OrderID: 1, ShipmentNo: 1, LineNo: 2, ItemCode: pen, Qty: 2}}
		if by == "" {
			by = string(number)
		}
		r := rules.ResultRow{Field: "rows[0]", Order: by, LineNo: line, ItemCode: item, Shipped: shipped, Short: short, Reason: rules.ShortReason(reason), Tracking: tracking, WeightGrams: weight}
		got, errs := rules.ReadResult([]rules.ResultRow{r, r}, listed, nil, rules.Default(), now)
		if (len(got) > 0) == (len(errs) > 0) {
			t.Fatalf("%+v %v", got, errs)
		}
		sum := 0
		for _, s := range got {
			for _, l := range s.Lines {
				sum += l.Shipped + l.Short
				if l.Shipped < 0 || l.Short < 0 || l.Shipped+l.Short+l.Listed.Done > l.Listed.Qty {
					t.Fatalf("%+v", l)
				}
			}
		}
		if len(got) > 0 && sum != 2*(shipped+short) {
			t.Fatalf("%d of %d", sum, 2*(shipped+short))
		}
	})
}

func TestWHS2Chase(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	sent := jst(t, "2026-11-24 17:40")
	for name, tt := range map[string]struct {
		chased, minutes int
		want            string
		due             rules.ChaseDue
	}{
		"first":       {0, 0, "2026-11-24 18:40", rules.ChaseAgain},
		"second":      {1, 0, "2026-11-24 19:40", rules.ChaseAgain},
		"the desk":    {2, 0, "2026-11-24 20:40", rules.ChaseDesk},
		"done":        {3, 0, "", ""},
		"a partner's": {0, 15, "2026-11-24 17:55", rules.ChaseAgain},
	} {
		at, due := rules.Chase(sent, time.Time{}, tt.chased, tt.minutes, s)
		if due != tt.due || tt.want == "" && !at.IsZero() || tt.want != "" && !at.Equal(jst(t, tt.want)) {
			t.Errorf("%s: %s %s", name, at, due)
		}
	}
	if _, due := rules.Chase(sent, sent, 0, 0, s); due != "" {
		t.Error("acknowledged and chased")
	}
	if _, due := rules.Chase(time.Time{}, time.Time{}, 0, 0, s); due != "" {
		t.Error("chased before it was sent")
	}
}

func TestWHS3DeliveredOn(t *testing.T) {
	t.Parallel()
	s, c := rules.Default(), rules.DefaultCalendar()
	for name, tt := range map[string]struct {
		shipped, arrival, stated, region, now, want string
	}{
		"by lead time":          {"2026-11-24", "2026-11-25", "", rules.RegionHonshu, "2026-11-25 09:00", "2026-11-25"},
		"still ahead":           {"2026-11-24", "2026-11-25", "", rules.RegionHonshu, "2026-11-24 23:59", ""},
		"as stated":             {"2026-11-24", "2026-11-25", "2026-11-26", rules.RegionHonshu, "2026-11-27 09:00", "2026-11-26"},
		"stated before it left": {"2026-11-24", "2026-11-25", "2026-11-23", rules.RegionHonshu, "2026-11-27 09:00", "2026-11-25"},
		"stated for tomorrow":   {"2026-11-24", "2026-11-25", "2026-11-28", rules.RegionHonshu, "2026-11-27 09:00", "2026-11-25"},
		"shipped late":          {"2026-11-27", "2026-11-25", "", rules.RegionHonshu, "2026-12-01 09:00", "2026-11-30"},
		"left before its day":   {"2026-11-24", "2026-12-04", "", rules.RegionHonshu, "2026-12-04 09:00", "2026-12-04"},
		"farther away":          {"2026-11-24", "2026-11-26", "", rules.RegionHokkaido, "2026-11-30 09:00", "2026-11-26"},
		"a designated Saturday": {"2026-11-27", "2026-11-28", "", rules.RegionHonshu, "2026-11-30 09:00", "2026-11-28"},
	} {
		sh := order.Shipment{Class: order.ClassNormal, ArrivalOn: day(t, tt.arrival)}
		var stated order.Date
		if tt.stated != "" {
			stated = day(t, tt.stated)
		}
		got, reached := rules.DeliveredOn(sh, day(t, tt.shipped), stated, region(t, tt.region), s, c, jst(t, tt.now))
		if !reached {
			got = order.Date{}
		}
		if got.String() != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
