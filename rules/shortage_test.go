package rules_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func TestSTK2(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-24 10:00")
	soon, past := day(t, "2026-12-01"), day(t, "2026-11-23")
	for name, tt := range map[string]struct {
		stockout order.StockoutPreference
		class    order.Class
		short    rules.Shortage
		want     rules.ShortDecision
	}{
		"waits":               {order.StockoutBackorder, "", rules.Shortage{Missing: 3, RestockOn: soon}, rules.ShortDecision{Backorder: 3, RestockOn: soon}},
		"comes in today":      {order.StockoutBackorder, "", rules.Shortage{Missing: 3, RestockOn: day(t, "2026-11-24")}, rules.ShortDecision{Backorder: 3, RestockOn: day(t, "2026-11-24")}},
		"no date":             {order.StockoutBackorder, "", rules.Shortage{Missing: 3}, rules.ShortDecision{Cancel: 3, Why: rules.ShortNoRestock}},
		"a date that is past": {order.StockoutBackorder, "", rules.Shortage{Missing: 3, RestockOn: past}, rules.ShortDecision{Cancel: 3, Why: rules.ShortNoRestock}},
		"was told a day":      {order.StockoutBackorder, "", rules.Shortage{Missing: 3, RestockOn: past, Told: true}, rules.ShortDecision{Backorder: 3}},
		"told, comes later":   {order.StockoutBackorder, "", rules.Shortage{Missing: 3, RestockOn: soon, Told: true}, rules.ShortDecision{Backorder: 3, RestockOn: soon}},
		"wants no backorder":  {order.StockoutCancel, "", rules.Shortage{Missing: 3, RestockOn: soon}, rules.ShortDecision{Cancel: 3, Why: rules.ShortPreference}},
		"lies elsewhere":      {order.StockoutCancel, "", rules.Shortage{Missing: 3, Elsewhere: 5}, rules.ShortDecision{Refill: 3}},
		"partly elsewhere":    {order.StockoutBackorder, "", rules.Shortage{Missing: 3, Elsewhere: 1, RestockOn: soon}, rules.ShortDecision{Refill: 1, Backorder: 2, RestockOn: soon}},
		"made to order":       {order.StockoutCancel, order.ClassPhone, rules.Shortage{Missing: 3}, rules.ShortDecision{Backorder: 3}},
	} {
		o := order.Order{Stockout: tt.stockout, Lines: []order.Line{{No: 1, Qty: 5, Class: tt.class}}}
		tt.short.LineNo, tt.want.LineNo = 1, 1
		got := rules.SettleShort(o, []rules.Shortage{tt.short, {LineNo: 1}, {LineNo: 9, Missing: 1}}, now)
		if len(got) != 1 || got[0] != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
	levels := []order.StockLevel{{ItemCode: pen, RestockOn: past}, {ItemCode: pen, RestockOn: soon.Add(1)}, {ItemCode: pen, RestockOn: soon}, {ItemCode: tea, RestockOn: day(t, "2026-11-25")}}
	if got := rules.Restock(levels, pen, order.DateOf(now)); got != soon {
		t.Errorf("restock %s", got)
	}
}

// TestFEE3: a remainder that is cancelled leaves the goods total and its tax, never the fee.
func TestFEE3(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-24 10:00")
	s := rules.Default()
	o := order.Order{
		State: order.StateShort, ReceivedAt: now, Stockout: order.StockoutCancel, GoodsYen: 3000,
		Lines:     []order.Line{{No: 1, Qty: 5, UnitPrice: 500, TaxRate: 10}, {No: 2, Qty: 1, UnitPrice: 500, TaxRate: 8}},
		Shipments: []order.Shipment{{No: 1, State: order.ShipmentPlanned}},
	}
	o.Taxes = rules.Taxes(o.Lines, 0, s)
	got, sum, events := rules.ApplyShort(o, []rules.ShortDecision{{LineNo: 1, Cancel: 4, Why: rules.ShortNoRestock}}, s, now)
	if got.GoodsYen != 1000 || got.FeeYen != 0 || got.OrderedYen() != 3000 || got.Lines[0].KeptQty() != 1 || sum.BackYen != -2000 || sum.Whole || got.State != order.StateAllocated {
		t.Errorf("%+v %+v", got, sum)
	}
	if len(got.Taxes) != 2 || got.Taxes[0].NetYen != 500 || o.Lines[0].CancelledQty != 0 || len(events) != 2 || events[0].Kind != order.EventShort || events[1].Rule != "FEE-3" {
		t.Errorf("%+v %+v", got.Taxes, events)
	}
	if rules.Fee(got.OrderedYen(), s) != 0 {
		t.Error("the fee is opened again")
	}
	if waits, _, _ := rules.ApplyShort(o, []rules.ShortDecision{{LineNo: 1, Backorder: 4}}, s, now); waits.State != order.StateShort || waits.GoodsYen != 3000 {
		t.Errorf("%+v", waits)
	}
	whole, sum, events := rules.ApplyShort(o, []rules.ShortDecision{{LineNo: 1, Cancel: 5}, {LineNo: 2, Cancel: 1}}, s, now)
	if !sum.Whole || whole.GoodsYen != 3000 || len(events) != 2 {
		t.Errorf("%+v %+v", whole, sum)
	}
	if same, _, events := rules.ApplyShort(o, nil, s, now); same.State != o.State || events != nil {
		t.Errorf("%+v", same)
	}
	for state, want := range map[order.ShipmentState]order.State{order.ShipmentReleased: order.StateReleased, order.ShipmentShipped: order.StateShipped, order.ShipmentPlanned: order.StateAllocated} {
		o.Shipments[0].State = state
		if got, _, _ := rules.ApplyShort(o, []rules.ShortDecision{{LineNo: 1, Cancel: 1}}, s, now); got.State != want || !o.State.CanBecome(want) {
			t.Errorf("%s: %s", state, got.State)
		}
	}
	o.State = order.StateReleased // a short pick
	if got, _, _ := rules.ApplyShort(o, []rules.ShortDecision{{LineNo: 1, Backorder: 1}}, s, now); got.State != order.StateShort || !o.State.CanBecome(got.State) {
		t.Errorf("short pick: %s", got.State)
	}
	for r, gone := range map[rules.ShortReason]bool{rules.PickMissing: true, rules.PickDamaged: true, rules.PickLate: false} {
		if !r.Valid() || r.StockGone() != gone {
			t.Errorf("%s: %v", r, r.StockGone())
		}
	}
}

// TestSTK2CancelEmpty: a shipment that carries nothing goes where no line of its class waits, and the order with the rest.
func TestSTK2CancelEmpty(t *testing.T) {
	t.Parallel()
	planned, phone := order.ShipmentPlanned, order.ClassPhone
	for name, tt := range map[string]struct {
		state, want order.State
		first       order.ShipmentState
		second      order.Class
		waits       int // of line 2, which is of the second's class
		gone        bool
	}{
		"the first is planned": {order.StateAllocated, order.StateAllocated, planned, "", 0, true},
		"the first is listed":  {order.StateAllocated, order.StateReleased, order.ShipmentReleased, "", 0, true},
		"the first has left":   {order.StateAllocated, order.StateShipped, order.ShipmentShipped, "", 0, true},
		"held":                 {order.StateHeld, order.StateHeld, order.ShipmentShipped, "", 0, true},
		"another class waits":  {order.StateShort, order.StateShort, order.ShipmentShipped, "", 0, true},
		"its class waits":      {order.StateShort, order.StateShort, order.ShipmentShipped, "", 1, false},
		"made to order":        {order.StateAllocated, order.StateAllocated, order.ShipmentShipped, phone, 1, false},
	} {
		o := order.Order{
			State: tt.state,
			Lines: []order.Line{{No: 1, Qty: 2, ReservedQty: 2, Class: tt.second}, {No: 2, Qty: 3, CancelledQty: 3 - tt.waits, Class: tt.second}},
			Shipments: []order.Shipment{
				{No: 1, State: tt.first, Class: tt.second}, {No: 2, State: planned, Class: tt.second},
			},
		}
		if got := rules.CancelEmpty(o, []int{2}); got.State != tt.want || (got.Shipments[1].State == order.ShipmentCancelled) != tt.gone || got.Shipments[0].State != tt.first {
			t.Errorf("%s: %s %+v", name, got.State, got.Shipments)
		}
		if got := rules.CancelEmpty(o, nil); got.State != tt.state || got.Shipments[1].State != planned {
			t.Errorf("%s, with goods: %s %+v", name, got.State, got.Shipments)
		}
	}
}

func TestSTK4RestockMoved(t *testing.T) {
	t.Parallel()
	ws := []rules.Waiting{
		{OrderID: 3, LineNo: 1, ItemCode: pen, Qty: 2},
		{OrderID: 1, LineNo: 2, ItemCode: pen, Qty: 2, RestockOn: day(t, "2026-12-01")},
		{OrderID: 2, LineNo: 1, ItemCode: pen, Qty: 2, RestockOn: day(t, "2026-12-05")},
	}
	if n := rules.RestockMoved(ws, pen, day(t, "2026-12-03")); len(n) != 2 || n[0].OrderID != 3 || n[1].OrderID != 1 || n[1].Now != day(t, "2026-12-03") {
		t.Errorf("%+v", n)
	}
	if n := rules.RestockMoved(ws, pen, order.Date{}); len(n) != 2 {
		t.Errorf("no date any more: %+v", n)
	}
	if n := rules.RestockMoved(ws, tea, order.Date{}); len(n) != 0 {
		t.Errorf("another item: %+v", n)
	}
}

// TestSTK1FallbackWarehouse: what comes from farther away may arrive later, and ships earlier where it need not.
func TestSTK1FallbackWarehouse(t *testing.T) {
	t.Parallel()
	f := facts(t)
	far := order.Warehouse{Code: "W3", Regions: []string{rules.RegionKyushu}, FallbackLeadDays: 2}
	honshu := region(t, rules.RegionHonshu)
	o, _ := mustAccept(t, request(t, order.ChannelWeb, "2026-11-24 10:00", lines(pen, 1)), f, jst(t, "2026-11-24 10:00"))
	sh, events, err := rules.FromWarehouse(o.Shipments[0], far, honshu, f.Settings, f.Calendar, jst(t, "2026-11-24 10:01"))
	if err != nil || sh.WarehouseCode != "W3" || sh.ArrivalOn != day(t, "2026-11-27") || sh.ShipOn != day(t, "2026-11-24") || len(events) != 1 {
		t.Errorf("%+v %v", sh, err)
	}
	req := request(t, order.ChannelWeb, "2026-11-24 10:00", lines(pen, 1))
	req.DesignatedOn = day(t, "2026-12-04")
	o, _ = mustAccept(t, req, f, jst(t, "2026-11-24 10:00"))
	sh, events, err = rules.FromWarehouse(o.Shipments[0], far, honshu, f.Settings, f.Calendar, jst(t, "2026-11-24 10:01"))
	if err != nil || sh.ArrivalOn != req.DesignatedOn || sh.ShipOn != day(t, "2026-12-01") || len(events) != 0 {
		t.Errorf("%+v %v", sh, err)
	}
	far.Regions = []string{rules.RegionHonshu}
	if r := rules.RegionFrom(honshu, far); r.LeadDays != honshu.LeadDays {
		t.Errorf("a warehouse of the region: %+v", r)
	}
}

// TestSTK3: availability says exactly what ordering would promise at that instant, and, where the
// goods lie, when allocating them at that instant lets them arrive: for all regions, islands among
// them, channels and classes, around cut-offs, year ends and leap days, with carriers' days and
// settings that change.
func TestSTK3(t *testing.T) {
	t.Parallel()
	f := facts(t)
	for i := range f.Warehouses {
		f.Warehouses[i].FallbackLeadDays = i
	}
	later, truckLater := order.Clock{Hour: 16}, order.Clock{Hour: 12, Minute: 30}
	f.Settings.Changes = []rules.Change{{From: day(t, "2027-01-12"), DispatchDeadline: &later, DispatchDeadlineTruck: &truckLater}}
	var err error
	if f.Calendar, err = f.Calendar.WithCarriers([]order.CarrierDay{
		{Region: rules.RegionIslands, Weekdays: []time.Weekday{time.Tuesday}},
		{Region: rules.RegionHokkaido, Class: order.ClassTruck, From: day(t, "2026-12-20"), To: day(t, "2027-01-10"), LeadDays: 2},
		{From: day(t, "2027-02-12"), To: day(t, "2027-02-12")},
	}); err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(3, 3))
	start, days := jst(t, "2026-11-01 00:00"), 485 // over two year ends, to a leap day
	places := [][2]string{{"新潟県", "9520011"}, {"鹿児島県", "8940001"}}
	for _, p := range order.Prefectures() {
		places = append(places, [2]string{p, "9999999"})
	}
	for i := range 6000 {
		at := start.Add(time.Duration(rnd.IntN(days*24*3600)) * time.Second)
		place := places[rnd.IntN(len(places))]
		r, _ := f.Regions.Find(place[0], place[1])
		code := []string{pen, tea, cabinet, madeChair, glass}[rnd.IntN(5)]
		channel := []order.Channel{order.ChannelFax, order.ChannelWeb}[rnd.IntN(2)]
		if i%2 == 0 { // at a cut-off or a deadline, or a second beside it
			on := order.DateOf(at)
			of := f.Settings.On(on)
			clocks := []order.Clock{r.CutoffFax, r.CutoffWeb, r.CutoffTruck, of.DispatchDeadline, of.DispatchDeadlineTruck, {}}
			at = on.At(clocks[rnd.IntN(len(clocks))]).Add(time.Duration(rnd.IntN(3)-1) * time.Second)
		}
		req := request(t, channel, "2026-11-24 10:00", lines(code, 1))
		req.ReceivedAt = at
		req.ShipTo = &order.Address{Name: "x", Address: "y", PostalCode: place[1], Prefecture: place[0]}
		o, _ := mustAccept(t, req, f, at)
		w := f.Warehouses[rnd.IntN(len(f.Warehouses))]
		got, err := rules.Availability(rules.StockAsk{Item: f.Items[code], Qty: 1, Region: r, Channel: channel, At: at, Stock: []rules.Stock{{WarehouseCode: w.Code, OnHand: 5}}}, f.Warehouses, f.Settings, f.Calendar)
		if err != nil || got.ArrivalOn != o.Shipments[0].ArrivalOn || got.AcceptanceOn != o.Shipments[0].AcceptanceOn || !slices.Equal(got.Rules, o.Shipments[0].Rules) {
			t.Fatalf("%s %s %s to %s: %+v, ordering promises %+v (%v)", at, channel, code, r.Code, got, o.Shipments[0], err)
		}
		if code == madeChair {
			continue
		}
		sent, _, problem := rules.FromWarehouse(o.Shipments[0], w, r, f.Settings.On(order.DateOf(at)), f.Calendar, at)
		if problem != nil || got.LikelyOn != sent.ArrivalOn || got.LikelyOn.Before(got.ArrivalOn) {
			t.Fatalf("%s %s %s from %s to %s: likely on %s, allocation says %s (%v)", at, channel, code, w.Code, r.Code, got.LikelyOn, sent.ArrivalOn, problem)
		}
	}
}

func TestSTK3Quantities(t *testing.T) {
	t.Parallel()
	f := facts(t)
	f.Warehouses[0].FallbackLeadDays = 2 // W3
	honshu := region(t, rules.RegionHonshu)
	ask := func(item string, qty int, stock ...rules.Stock) rules.StockAnswer {
		t.Helper()
		got, err := rules.Availability(rules.StockAsk{Item: f.Items[item], Qty: qty, Region: honshu, Channel: order.ChannelWeb, At: jst(t, "2026-11-24 10:00"), Stock: stock}, f.Warehouses, f.Settings, f.Calendar)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	near := rules.Stock{WarehouseCode: "W1", OnHand: 10, Reserved: 7}
	far := rules.Stock{WarehouseCode: "W3", OnHand: 10, RestockOn: day(t, "2026-12-10")}
	for name, tt := range map[string]struct {
		got    rules.StockAnswer
		qty    int
		enough bool
		likely string
		by     int // how many by the promised day
	}{
		"near":                {ask(pen, 3, near, far), 13, true, "2026-11-25", 3},
		"partly far":          {ask(pen, 4, near, far), 13, true, "2026-11-27", 3},
		"comes in far away":   {ask(pen, 14, near, far), 13, false, "2026-12-14", 3}, // with that warehouse's days
		"comes in nearby":     {ask(pen, 14, near, far, rules.Stock{WarehouseCode: "W2", RestockOn: day(t, "2026-12-10")}), 13, false, "2026-12-11", 3},
		"part of it far away": {ask(pen, 14, rules.Stock{WarehouseCode: "W1", RestockOn: day(t, "2026-11-24")}, far), 10, false, "2026-11-27", 0},
		"nothing, no restock": {ask(pen, 1), 0, false, "", 0},
		"oversold by hand":    {ask(pen, 1, rules.Stock{WarehouseCode: "W1", OnHand: 1, Reserved: 3}), 0, false, "", 0},
	} {
		if tt.got.AvailableQty != tt.qty || tt.got.Enough != tt.enough || tt.got.LikelyOn.String() != tt.likely || tt.got.ArrivalQty != tt.by || tt.got.ArrivalOn != day(t, "2026-11-25") {
			t.Errorf("%s: %+v", name, tt.got)
		}
	}
	if _, err := rules.Availability(rules.StockAsk{Item: f.Items[oldPen], Region: honshu, Channel: order.ChannelWeb, At: jst(t, "2026-11-24 10:00")}, f.Warehouses, f.Settings, f.Calendar); err == nil || err.Suggest != pen {
		t.Errorf("discontinued: %v", err)
	}
	if _, err := rules.Availability(rules.StockAsk{Item: f.Items[pen], Region: honshu, Channel: order.ChannelWeb, At: jst(t, "2026-11-24 10:00")}, nil, f.Settings, f.Calendar); err == nil {
		t.Error("no warehouse")
	}
}
