package rules_test

import (
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func TestMayAct(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, order.JST)
	base := order.Order{State: order.StateAllocated, Channel: order.ChannelFax, Shipments: []order.Shipment{{State: order.ShipmentPlanned}}}
	with := func(change func(*order.Order)) order.Order {
		o := base
		o.Shipments = append([]order.Shipment(nil), base.Shipments...)
		change(&o)
		return o
	}
	web := func(until time.Time) order.Order {
		return with(func(o *order.Order) { o.Channel, o.CancelUntil = order.ChannelWeb, until })
	}
	held := func(why string) order.Order {
		return with(func(o *order.Order) { o.State, o.HoldReason = order.StateHeld, why })
	}
	released := with(func(o *order.Order) { o.Shipments[0].State = order.ShipmentReleased })
	for name, tt := range map[string]struct {
		o    order.Order
		act  rules.OrderAct
		by   rules.AskedBy
		want string // rule; "" where it may, "-" where it may not without one
	}{
		"hold":                          {base, rules.ActHold, "", ""},
		"hold what is held":             {held("KEP-2: x"), rules.ActHold, "", "WHS-1"},
		"hold what is at the warehouse": {released, rules.ActHold, "", "WHS-1"},
		"hold what was cancelled":       {with(func(o *order.Order) { o.State = order.StateCancelled }), rules.ActHold, "", "WHS-1"},
		"free":                          {held(rules.HoldByPerson("電話で確認中; あとで")), rules.ActFree, "", ""},
		"free what is not held":         {base, rules.ActFree, "", "-"},
		"free what was misread":         {held("KEP-2: x; RDR-3: y"), rules.ActFree, "", "RDR-3"},
		"free what is made to order":    {held("CUT-6: made to order"), rules.ActFree, "", "CUT-6"},
		"cancel by us":                  {base, rules.ActCancel, rules.AskedByShop, ""},
		"cancel a fax for the customer": {base, rules.ActCancel, rules.AskedByCustomer, "CAN-1"},
		"cancel at the last instant":    {web(now), rules.ActCancel, rules.AskedByCustomer, ""},
		"cancel too late":               {web(now.Add(-time.Second)), rules.ActCancel, rules.AskedByCustomer, "CAN-1"},
		"cancel too late, by us":        {web(now.Add(-time.Second)), rules.ActCancel, rules.AskedByShop, ""},
		"cancel what is on a list":      {released, rules.ActCancel, rules.AskedByShop, "WHS-1"},
		"change":                        {base, rules.ActChange, "", ""},
		"change a card order":           {with(func(o *order.Order) { o.Payment = order.PaymentCard }), rules.ActChange, "", "PAY-1"},
		"change what is on a list":      {released, rules.ActChange, "", "WHS-1"},
		"note":                          {released, rules.ActNote, "", ""},
		"anything else":                 {base, "burn", "", "-"},
	} {
		err := rules.MayAct(tt.o, tt.act, tt.by, now)
		switch {
		case tt.want == "" && err != nil, tt.want != "" && err == nil, tt.want != "" && tt.want != "-" && err.Rule != tt.want:
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestChangedRequest(t *testing.T) {
	t.Parallel()
	o := order.Order{
		Channel: order.ChannelFax, ShipTo: order.Address{Address: "x", PostalCode: "1"}, Source: order.Source{DocumentID: 3, Page: 2},
		Lines: []order.Line{{No: 1, ItemCode: "a", Qty: 5}, {No: 2, ItemCode: "b", Qty: 1}},
	}
	own := order.Address{Address: "x", PostalCode: "1"}
	req, changes, err := rules.ChangedRequest(o, own, rules.OrderChange{Quantities: map[int]int{1: 10, 2: 0}, ShipToCode: new("001")})
	if err != nil || len(changes) != 3 || len(req.Lines) != 1 || req.Lines[0].Qty != 10 || req.ShipToCode != "001" || req.ShipTo != nil || req.Source != o.Source {
		t.Errorf("%+v %v %v", req, changes, err)
	}
	said := o
	said.Lines = []order.Line{{No: 1, ItemCode: "a", Qty: 5, Comment: "3階へ", CommentImage: "picture"}, {No: 2, ItemCode: "b", Qty: 1, Comment: "箱なし"}}
	req, changes, err = rules.ChangedRequest(said, own, rules.OrderChange{
		Quantities: map[int]int{2: 0}, Comments: map[int]string{1: "4階へ", 2: "x"}, Added: []order.RequestLine{{ItemCode: "c", Qty: 3, Comment: "至急"}},
	})
	if err != nil || len(changes) != 3 || len(req.Lines) != 2 || req.Lines[0].Comment != "4階へ" || req.Lines[0].CommentImage != "picture" ||
		req.Lines[1].ItemCode != "c" || req.Lines[1].Qty != 3 || req.Lines[1].Comment != "至急" || req.Lines[1].Field != "lines[3]" {
		t.Errorf("%+v %v %v", req, changes, err)
	}
	if _, _, err := rules.ChangedRequest(said, own, rules.OrderChange{Comments: map[int]string{1: "3階へ"}}); err == nil {
		t.Error("the same comment passes as a change")
	}
	if _, _, err := rules.ChangedRequest(o, own, rules.OrderChange{Quantities: map[int]int{1: 5}}); err == nil {
		t.Error("no change passes")
	}
	if _, _, err := rules.ChangedRequest(o, own, rules.OrderChange{Quantities: map[int]int{1: 0, 2: 0}}); err == nil {
		t.Error("an order without lines passes")
	}
	if req, _, err := rules.ChangedRequest(o, order.Address{Address: "y"}, rules.OrderChange{DesignatedOn: new(order.D(2026, 12, 1))}); err != nil || req.ShipTo == nil || req.DesignatedOn != order.D(2026, 12, 1) {
		t.Errorf("an address of the order's own is lost: %+v %v", req, err)
	}
}
