package rules_test

import (
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func cardOrder() order.Order {
	return order.Order{
		ID: 5, Number: order.NumberOf(5), State: order.StateReleased, Payment: order.PaymentCard, Authorisation: "a1", AuthorisedYen: 1770,
		ReceivedAt: time.Date(2026, 11, 24, 10, 0, 0, 0, order.JST), FeeYen: 300, GoodsYen: 1325,
		Lines: []order.Line{{No: 1, Qty: 3, UnitPrice: 105, TaxRate: 10}, {No: 2, Qty: 1, UnitPrice: 1010, TaxRate: 8}},
	}
}

func TestPAY1Capture(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	o := cardOrder()
	one, needed, err := rules.PlanCapture(o, 1, []rules.ShippedQty{{LineNo: 1, Qty: 1}, {LineNo: 2, Qty: 1}}, nil, s)
	if err != nil || !needed || one.Yen != 105+300+40+1010+80 || one.Key != "capture-"+string(o.Number)+"-1" || len(one.Taxes) != 2 {
		t.Fatalf("first %+v %v", one, err)
	}
	two, needed, err := rules.PlanCapture(o, 2, []rules.ShippedQty{{LineNo: 1, Qty: 2}}, []rules.Charge{one}, s)
	if err != nil || !needed || two.Yen != 231 {
		t.Fatalf("second %+v %v", two, err)
	}
	if _, needed, err = rules.PlanCapture(o, 2, []rules.ShippedQty{{LineNo: 1, Qty: 2}}, []rules.Charge{one, two}, s); needed || err != nil {
		t.Error("captured twice")
	}
	o.AuthorisedYen = 1765
	if _, _, err = rules.PlanCapture(o, 2, []rules.ShippedQty{{LineNo: 1, Qty: 2}}, []rules.Charge{one}, s); err == nil || err.Rule != "PAY-1" {
		t.Errorf("beyond the authorisation: %v", err)
	}
	if _, _, err = rules.PlanCapture(o, 1, []rules.ShippedQty{{LineNo: 1, Qty: 4}}, nil, s); err == nil {
		t.Error("more than ordered")
	}
	if _, _, err = rules.PlanCapture(o, 1, []rules.ShippedQty{{LineNo: 9, Qty: 1}}, nil, s); err == nil {
		t.Error("an unknown line")
	}
	failed := one
	failed.State = rules.ChargeFailed
	if again, needed, err := rules.PlanCapture(o, 1, []rules.ShippedQty{{LineNo: 1, Qty: 1}}, []rules.Charge{failed}, s); err != nil || !needed || again.Yen != 405+40 || again.Key == one.Key {
		t.Errorf("after a failure %+v %v", again, err)
	}
	o.Payment = order.PaymentInvoice
	if _, needed, _ = rules.PlanCapture(o, 1, []rules.ShippedQty{{LineNo: 1, Qty: 1}}, nil, s); needed {
		t.Error("an invoice customer's card")
	}
}

func TestPAY1VoidAndRefund(t *testing.T) {
	t.Parallel()
	o := cardOrder()
	v, ok := rules.PlanVoid(o, nil)
	if !ok || v.Kind != rules.ChargeVoid {
		t.Errorf("void %+v", v)
	}
	done := rules.Charge{Kind: rules.ChargeCapture, ShipmentNo: 1, Yen: 1000, State: rules.ChargeDone}
	for _, past := range [][]rules.Charge{{v}, {done}} {
		if _, ok := rules.PlanVoid(o, past); ok {
			t.Errorf("voided after %+v", past)
		}
	}
	r, err := rules.PlanRefund(o, "R1", 600, []rules.Charge{done})
	if err != nil || r.Yen != 600 {
		t.Errorf("refund %+v %v", r, err)
	}
	for _, yen := range []order.Yen{0, -1, 401} {
		if _, err := rules.PlanRefund(o, "R2", yen, []rules.Charge{done, r}); err == nil {
			t.Errorf("%d refunded", yen)
		}
	}
	if _, err := rules.PlanRefund(o, "R2", 400, []rules.Charge{done, r}); err != nil {
		t.Error(err)
	}
}

func TestPAY1Retries(t *testing.T) {
	t.Parallel()
	s, now := rules.Default(), time.Date(2026, 11, 24, 10, 0, 0, 0, order.JST)
	c := rules.Charge{OrderID: 1, State: rules.ChargeSent}
	for i := range s.PaymentTries {
		c.State = rules.ChargeSent
		c = rules.Charged(c, rules.AnswerTemporary, s, now)
		if last := i == s.PaymentTries-1; last != (c.State == rules.ChargeFailed) || !last && !c.NotBefore.After(now) {
			t.Fatalf("try %d: %+v", i+1, c)
		}
	}
	c = rules.Charge{OrderID: 1, State: rules.ChargeSent}
	for range 3 * s.PaymentTries { // what may have happened is never given up
		if c = rules.Charged(c, rules.AnswerUncertain, s, now); c.State != rules.ChargeUncertain || !c.NotBefore.After(now) {
			t.Fatalf("%+v", c)
		}
	}
	c.State = rules.ChargeSent
	if c = rules.Charged(c, rules.AnswerTemporary, s, now); c.State != rules.ChargeUncertain {
		t.Errorf("what may have happened is certain after an outage: %+v", c)
	}
	if c = rules.Charged(c, rules.AnswerDone, s, now); c.State != rules.ChargeDone {
		t.Errorf("%+v", c)
	}
	if c = rules.Charged(rules.Charge{}, rules.AnswerRefused, s, now); c.State != rules.ChargeFailed {
		t.Errorf("%+v", c)
	}
	o := cardOrder()
	o.State = order.StateShort
	held, events := rules.CaptureFailed(o, rules.Charge{ShipmentNo: 1, Yen: 500}, "expired", now)
	if !rules.HeldBy(held, "PAY-1") || len(events) != 1 || events[0].Kind != order.EventHeld {
		t.Errorf("%+v %+v", held, events)
	}
	o.State = order.StateShipped
	if o, events = rules.CaptureFailed(o, rules.Charge{ShipmentNo: 1, Yen: 500}, "expired", now); o.State != order.StateShipped || events[0].Kind != order.EventNoted {
		t.Errorf("%+v %+v", o, events)
	}
}
