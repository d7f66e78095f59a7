package rules_test

import (
	"strings"
	"testing"

	"todoke/order"
	"todoke/rules"
)

func TestCAN1UndoesEverything(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-24 10:09")
	o := feeOrder(t, 1, order.ChannelWeb, "2026-11-24 10:00", 3000, card(3300))
	o.CancelUntil = jst(t, "2026-11-24 10:10")
	o.Lines[0].ItemCode, o.Lines[0].ReservedQty = pen, 1
	o, err := rules.AddHold(o, "APR-1", "waits")
	if err != nil {
		t.Fatal(err)
	}
	f := rules.CancelFacts{
		Settings: rules.Default(), Region: region(t, rules.RegionHonshu),
		Siblings: []rules.FeeOrder{
			sibling(t, 2, order.ChannelWeb, "2026-11-24 10:05", 800, addOn(t, 1, "2026-11-24 17:30")),
			sibling(t, 3, order.ChannelWeb, "2026-11-24 09:00", 800),
		},
		Budget: []rules.BudgetEntry{{OrderID: 1, DepartmentCode: "D", Span: rules.BudgetMonth, Period: "2026-11", Yen: 3000}},
	}
	got, u, events, err := rules.Cancel(o, f, rules.Cancellation{AskedBy: rules.AskedByCustomer, By: "U1", Reason: "not needed."}, now)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != order.StateCancelled || got.HoldReason != "" || got.Shipments[0].State != order.ShipmentCancelled || o.Shipments[0].State != order.ShipmentPlanned {
		t.Errorf("order %+v", got)
	}
	if len(u.Stock) != 1 || u.Stock[0].Qty != 1 || len(u.Budget) != 1 || u.Budget[0].Yen != -3000 || u.Charge == nil || u.Charge.Kind != rules.ChargeVoid || !u.Points || !u.Asked {
		t.Errorf("undoing %+v", u)
	}
	if len(u.Fees) != 1 || u.Fees[0].ID != 2 || u.Fees[0].FeeYen != 300 {
		t.Errorf("fees %+v", u.Fees)
	}
	if len(events) != 1 || events[0].Rule != "CAN-1" || events[0].Text != "Cancelled by U1: not needed." {
		t.Errorf("events %+v", events)
	}
	// Nothing of an order that stock alone ended re-opens a fee (FEE-3).
	_, u, _, err = rules.Cancel(o, f, rules.Cancellation{AskedBy: rules.AskedByShop, Reason: "sold out", Rule: "STK-2"}, now)
	if err != nil || len(u.Fees) != 0 {
		t.Errorf("fees %+v %v", u.Fees, err)
	}
	if _, _, _, err = rules.Cancel(o, f, rules.Cancellation{AskedBy: rules.AskedByCustomer}, jst(t, "2026-11-24 10:10:01")); err == nil || err.Rule != "CAN-1" {
		t.Errorf("too late: %v", err)
	}
	o.Channel = order.ChannelFax
	if _, _, _, err = rules.Cancel(o, f, rules.Cancellation{AskedBy: rules.AskedByCustomer}, now); err == nil || err.Rule != "CAN-1" {
		t.Errorf("fax: %v", err)
	}
}

// TestCAN1Minutes cancels at the customer's wish within the minutes alone, and says CAN-1 whatever
// became of the order since.
func TestCAN1Minutes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		channel order.Channel
		state   order.State
		now     string
		want    string
	}{
		"at once":                 {order.ChannelWeb, order.StateAccepted, "2026-11-24 17:29:00", ""},
		"the last instant":        {order.ChannelWeb, order.StateAllocated, "2026-11-24 17:39:00", ""},
		"a second later":          {order.ChannelWeb, order.StateAllocated, "2026-11-24 17:39:01", "CAN-1"},
		"held":                    {order.ChannelWeb, order.StateHeld, "2026-11-24 17:39:00", ""},
		"short of stock":          {order.ChannelWeb, order.StateShort, "2026-11-24 17:39:00", ""},
		"released":                {order.ChannelWeb, order.StateReleased, "2026-11-24 17:39:01", "CAN-1"},
		"shipped":                 {order.ChannelWeb, order.StateShipped, "2026-11-25 09:00:00", "CAN-1"},
		"faxed":                   {order.ChannelFax, order.StateAccepted, "2026-11-24 17:30:00", "CAN-1"},
		"faxed and released":      {order.ChannelFax, order.StateReleased, "2026-11-24 17:30:00", "CAN-1"},
		"faxed, shipped long ago": {order.ChannelFax, order.StateShipped, "2026-12-24 17:30:00", "CAN-1"},
	} {
		o := order.Order{Channel: tt.channel, State: tt.state, Shipments: []order.Shipment{{State: order.ShipmentPlanned}}}
		if tt.channel == order.ChannelWeb {
			o.CancelUntil = jst(t, "2026-11-24 17:29:00").Add(rules.Default().CancelWindow())
		}
		if tt.state == order.StateReleased {
			o.Shipments[0].State = order.ShipmentReleased
		}
		_, _, _, err := rules.Cancel(o, rules.CancelFacts{Settings: rules.Default()}, rules.Cancellation{AskedBy: rules.AskedByCustomer}, jst(t, tt.now))
		switch {
		case (err == nil) != (tt.want == ""):
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		case err != nil && (err.Rule != tt.want || err.Kind != order.KindConflict || !strings.Contains(err.Message, "return")):
			t.Errorf("%s: %+v, want %s", name, err, tt.want)
		}
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	o := order.Order{State: order.StateAllocated}
	add := func(rule, text string) {
		t.Helper()
		var err *order.Error
		if o, err = rules.AddHold(o, rule, text); err != nil {
			t.Fatal(err)
		}
	}
	add("APR-1", "waits; for approval")
	add("KEP-2", "asked by phone")
	add("APR-1", "waits again")
	if got := rules.Holds(o); len(got) != 2 || got[0].Rule != "KEP-2" || got[1] != (rules.Hold{Rule: "APR-1", Text: "waits again"}) {
		t.Errorf("holds %+v", got)
	}
	if e := rules.MayAct(o, rules.ActFree, "", jst(t, "2026-11-24 10:00")); e == nil || e.Rule != "APR-1" {
		t.Errorf("a person may free it: %v", e)
	}
	o, freed := rules.FreeHold(o, "APR-1")
	if !freed || o.State != order.StateHeld || o.HoldReason != "KEP-2: asked by phone" || rules.MayFree("KEP-2") != nil {
		t.Errorf("%v %+v", freed, o)
	}
	if _, freed = rules.FreeHold(o, "PAY-1"); freed {
		t.Error("freed of what did not hold it")
	}
	if o, _ = rules.FreeHold(o, "KEP-2"); o.State != order.StateAccepted || o.HoldReason != "" || rules.Holds(o) != nil {
		t.Errorf("%+v", o)
	}
	if _, err := rules.AddHold(order.Order{State: order.StateShipped}, "KEP-2", "x"); err == nil {
		t.Error("a shipped order is held")
	}
}
