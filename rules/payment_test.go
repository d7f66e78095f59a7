package rules_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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

func goods(line, qty int, more ...int) []rules.ShippedQty {
	out := []rules.ShippedQty{{LineNo: line, Qty: qty}}
	for i := 0; i+1 < len(more); i += 2 {
		out = append(out, rules.ShippedQty{LineNo: more[i], Qty: more[i+1]})
	}
	return out
}

// charged answers everything planned, as the gateway would.
func charged(past []rules.Charge, plan rules.ChargePlan, as rules.ChargeState) []rules.Charge {
	for i := range past {
		if slices.Contains(plan.Withdraw, past[i].Key) {
			past[i].State = rules.ChargeWithdrawn
		}
	}
	for _, c := range plan.New {
		if c.State == rules.ChargePlanned {
			c.State = as
		}
		past = append(past, c)
	}
	return past
}

func told(plan rules.ChargePlan) string {
	var out []string
	for _, c := range plan.New {
		out = append(out, fmt.Sprintf("%s %d %d %s", c.Kind, c.ShipmentNo, c.Yen, c.State))
	}
	return strings.Join(append(out, plan.Withdraw...), ", ")
}

// TestPAY1Charges goes through the life of a card's charges.
func TestPAY1Charges(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	planned := func(due1, due2 bool) []rules.CardShipment {
		return []rules.CardShipment{
			{No: 1, State: order.ShipmentPlanned, Due: due1, Goods: goods(1, 1, 2, 1)}, {No: 2, State: order.ShipmentPlanned, Due: due2, Goods: goods(1, 2)},
		}
	}
	expect := func(step string, got rules.ChargePlan, want string) {
		t.Helper()
		if told(got) != want {
			t.Errorf("%s: %q, want %q", step, told(got), want)
		}
	}
	o := cardOrder()
	o.State = order.StateAllocated
	expect("nothing is due", rules.PlanCharges(o, planned(false, false), nil, s), "")
	first := rules.PlanCharges(o, planned(true, false), nil, s)
	expect("the first, with the fee", first, "capture 1 1535 planned")
	if c := first.New[0]; c.Qty != 2 || len(c.Taxes) != 2 || c.Key != "capture-"+string(o.Number)+"-1-1" || c.Reference != "a1" {
		t.Errorf("%+v", c)
	}
	open := charged(nil, first, rules.ChargePlanned)
	expect("asked once", rules.PlanCharges(o, planned(true, false), open, s), "")
	past := charged(nil, first, rules.ChargeDone)
	expect("paid", rules.PlanCharges(o, planned(true, false), past, s), "")
	second := rules.PlanCharges(o, planned(true, true), past, s)
	expect("the second, without", second, "capture 2 231 planned")
	both := charged(slices.Clone(past), second, rules.ChargeDone)

	left := o
	left.State = order.StateShipped
	gone := func(goods1, goods2 []rules.ShippedQty) []rules.CardShipment {
		return []rules.CardShipment{{No: 1, State: order.ShipmentShipped, Goods: goods1}, {No: 2, State: order.ShipmentShipped, Goods: goods2}}
	}
	expect("all left: the rest is given back", rules.PlanCharges(left, gone(goods(1, 1, 2, 1), goods(1, 2)), both, s), "void 0 0 planned")
	expect("one short at the shelf", rules.PlanCharges(left, gone(goods(1, 1, 2, 1), goods(1, 1)), both, s), "refund 2 116 planned, void 0 0 planned")
	expect("left though nobody charged it", rules.PlanCharges(left, gone(goods(1, 1, 2, 1), goods(1, 2)), past, s), "capture 2 231 planned")

	cancelled := o
	cancelled.State = order.StateCancelled
	expect("cancelled before", rules.PlanCharges(cancelled, planned(false, false), nil, s), "void 0 0 planned")
	expect("cancelled while planned", rules.PlanCharges(cancelled, planned(false, false), open, s), "void 0 0 planned, capture-"+string(o.Number)+"-1-1")
	sent := charged(nil, first, rules.ChargeUncertain)
	expect("cancelled while nobody knows", rules.PlanCharges(cancelled, planned(false, false), sent, s), "")
	expect("cancelled after", rules.PlanCharges(cancelled, planned(false, false), past, s), "refund 1 1535 planned, void 0 0 planned")
	expect("voided once", rules.PlanCharges(cancelled, planned(false, false), charged(nil, rules.PlanCharges(cancelled, nil, nil, s), rules.ChargeFailed), s), "")

	small := o
	small.AuthorisedYen = 1765
	expect("beyond the authorisation", rules.PlanCharges(small, planned(true, true), nil, s), "capture 1 1535 planned, capture 2 231 failed")
	refused := charged(nil, first, rules.ChargeFailed)
	expect("refused stays refused", rules.PlanCharges(o, planned(true, false), refused, s), "")
	refused[0].State = rules.ChargeWithdrawn
	again := rules.PlanCharges(o, planned(true, false), refused, s)
	expect("tried again", again, "capture 1 1535 planned")
	if again.New[0].Key == refused[0].Key {
		t.Error("what was refused under the key stays refused")
	}
	waived := refused[0]
	waived.State, waived.Qty = rules.ChargeWaived, 1<<30
	expect("waived by a lead", rules.PlanCharges(o, planned(true, false), []rules.Charge{waived}, s), "")
	whole := []rules.Charge{{Kind: rules.ChargeCapture, State: rules.ChargeWaived, Yen: 1, Reference: "a1"}}
	expect("a yen waived of the whole", rules.PlanCharges(small, planned(true, true), whole, s), "capture 1 1535 planned, capture 2 230 planned")

	short := o
	short.Lines = slices.Clone(o.Lines)
	short.Lines[0].CancelledQty, short.GoodsYen = 2, 1115
	short.Taxes = []order.Tax{{Rate: 10, NetYen: 405, TaxYen: 40}, {Rate: 8, NetYen: 1010, TaxYen: 80}}
	expect("a remainder was cancelled", rules.PlanCharges(short, planned(false, false), nil, s), "void 0 235 planned")

	more := planned(true, false)
	more[0].Goods = goods(1, 2, 2, 1)
	expect("more came in before it left", rules.PlanCharges(o, more, past, s), "capture 1 116 planned")
	free := o
	free.Lines, free.FeeYen = []order.Line{{No: 1, Qty: 3, TaxRate: 10}}, 0
	gift := []rules.CardShipment{{No: 1, State: order.ShipmentPlanned, Due: true, Goods: goods(1, 3)}}
	expect("nothing to pay", rules.PlanCharges(free, gift, nil, s), "capture 1 0 done")
	billed := o
	billed.Payment = order.PaymentInvoice
	expect("billed instead", rules.PlanCharges(billed, planned(true, true), past, s), "void 0 0 planned")
	billed.Authorisation = ""
	expect("never a card", rules.PlanCharges(billed, planned(true, true), nil, s), "")
}

// TestPAY1NeverBeyond plays random lives: whatever the gateway answers, and in whatever order things
// happen, never more is captured than authorised, nor refunded than captured, nor twice voided.
func TestPAY1NeverBeyond(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		o := cardOrder()
		o.State, o.AuthorisedYen = order.StateAllocated, order.Yen(1000+r.IntN(1200))
		ships := []rules.CardShipment{{No: 1, State: order.ShipmentPlanned, Goods: goods(1, 1, 2, 1)}, {No: 2, State: order.ShipmentPlanned, Goods: goods(1, 2)}}
		var past []rules.Charge
		for range 30 {
			switch sh := &ships[r.IntN(2)]; r.IntN(6) {
			case 0:
				sh.Due = true
			case 1: // by the wave's gate alone
				paid := slices.ContainsFunc(past, func(c rules.Charge) bool {
					return c.Kind == rules.ChargeCapture && c.ShipmentNo == sh.No && c.State == rules.ChargeDone
				})
				if paid && o.State != order.StateCancelled {
					sh.State = order.ShipmentShipped
					if r.IntN(3) == 0 {
						sh.Goods[0].Qty--
					}
					if ships[0].State == order.ShipmentShipped && ships[1].State == order.ShipmentShipped {
						o.State = order.StateShipped
					}
				}
			case 2:
				if ships[0].State == order.ShipmentPlanned && ships[1].State == order.ShipmentPlanned && r.IntN(4) == 0 {
					o.State = order.StateCancelled
				}
			default:
				for i := range past {
					if past[i].State.Open() && r.IntN(2) == 0 {
						past[i].State = []rules.ChargeState{rules.ChargeDone, rules.ChargeDone, rules.ChargeUncertain, rules.ChargeFailed}[r.IntN(4)]
					}
				}
			}
			past = charged(past, rules.PlanCharges(o, ships, past, s), rules.ChargePlanned)
			var captured, refunded, voided order.Yen
			voids, keys := 0, map[string]bool{}
			for _, c := range past {
				if keys[c.Key] {
					t.Fatalf("seed %d: key %s twice", seed, c.Key)
				}
				keys[c.Key] = true
				if c.State == rules.ChargeFailed || c.State == rules.ChargeWithdrawn {
					continue
				}
				switch c.Kind {
				case rules.ChargeCapture:
					captured += c.Yen
				case rules.ChargeRefund:
					refunded += c.Yen
				case rules.ChargeVoid:
					voids++
					voided += c.Yen
				}
			}
			if captured+voided > o.AuthorisedYen || refunded > captured || voids > 1 {
				t.Fatalf("seed %d: captured %d, refunded %d, voids %d of %d: %+v", seed, captured, refunded, voids, o.AuthorisedYen, past)
			}
		}
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
	all := rules.Charge{Kind: rules.ChargeCapture, ShipmentNo: 1, Yen: 1770, State: rules.ChargeDone, Reference: "a1"}
	for _, past := range [][]rules.Charge{{v}, {all}} {
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
