package rules

import (
	"fmt"
	"slices"
	"time"

	"todoke/order"
)

// Verdict is what Release makes of a shipment.
type Verdict string

// The verdicts.
const (
	ReleaseNow  Verdict = "now"    // put what is allocated on a pick list
	ReleaseWait Verdict = "wait"   // not yet: Until says when to look again, where a clock decides
	ReleaseLate Verdict = "late"   // the dispatch deadline was missed, or a day of it is closed: Replan (CUT-11)
	ReleaseDone Verdict = "closed" // nothing of it will be released any more
)

// Release is whether a shipment may be put on a pick list, the rule that says so and why.
type Release struct {
	Verdict Verdict
	Rule    string
	Reason  string
	Until   time.Time // first instant at which the verdict may change by itself; zero where none
}

// Releasable judges a shipment of an order at the instant of a wave (WHS-1): its ship day and
// dispatch deadline (CUT-11), the customer's ten minutes (CAN-1), holds, and the date that
// phone-mark shipments wait for (CUT-6). A shipment whose ship day or arrival was closed after
// it was promised is not released before it is planned anew (CUT-1). allocated is the shipment's quantity that is reserved
// and on no pick list yet. A wave that runs a little after the deadline still counts: Settings
// give the grace.
func Releasable(o order.Order, sh order.Shipment, allocated int, s Settings, c *Calendar, now time.Time) Release {
	shut, isShut := closedDay(sh, c.For(o.RegionCode, sh.Class))
	switch {
	case sh.State != order.ShipmentPlanned:
		return Release{ReleaseDone, "WHS-1", fmt.Sprintf("the shipment is %s", sh.State), time.Time{}}
	case o.State == order.StateCancelled || o.State == order.StateShipped:
		return Release{ReleaseDone, "WHS-1", fmt.Sprintf("the order is %s", o.State), time.Time{}}
	case o.State == order.StateHeld:
		return Release{ReleaseWait, "WHS-1", "the order is held: " + o.HoldReason, time.Time{}}
	case sh.ShipOn.IsZero():
		return Release{ReleaseWait, "CUT-6", "the desk has entered no date yet", time.Time{}}
	case allocated <= 0:
		return Release{ReleaseWait, "STK-1", "nothing of it is allocated", time.Time{}}
	case isShut:
		return Release{ReleaseLate, "CUT-1", fmt.Sprintf("%s is a %s now", shut, dayName(shut, c)), time.Time{}}
	case now.Before(sh.ShipOn.Start()):
		return Release{ReleaseWait, "CUT-11", fmt.Sprintf("its ship day is %s", sh.ShipOn), sh.ShipOn.Start()}
	case missed(sh, s, now):
		return Release{ReleaseLate, "CUT-11", fmt.Sprintf("the dispatch deadline of %s is past", sh.ShipOn), time.Time{}}
	case !o.CancelUntil.IsZero() && !now.After(o.CancelUntil):
		return Release{ReleaseWait, "CAN-1", "the customer may cancel until " + stamp(o.CancelUntil), o.CancelUntil.Add(1)}
	default:
		return Release{ReleaseNow, "WHS-1", fmt.Sprintf("its ship day is %s", sh.ShipOn), time.Time{}}
	}
}

// missed tells whether a planned shipment's last wave is past, grace included (CUT-11).
func missed(sh order.Shipment, s Settings, now time.Time) bool {
	last := sh.ShipOn.At(s.Deadline(sh.WarehouseCode, sh.Class)).Add(time.Duration(s.DispatchGraceMinutes) * time.Minute)
	return now.After(last)
}

// closedDay finds the day on which a planned shipment cannot ship or arrive any more because it
// was closed after the promise (CUT-1). A business Saturday that was designated stays (CUT-7).
func closedDay(sh order.Shipment, c *Calendar) (on order.Date, closed bool) {
	switch {
	case !c.Business(sh.ShipOn):
		return sh.ShipOn, true
	case !arrivable(sh, c):
		return sh.ArrivalOn, true
	default:
		return order.Date{}, false
	}
}

func arrivable(sh order.Shipment, c *Calendar) bool {
	return c.Delivery(sh.ArrivalOn) || sh.Class == order.ClassNormal && c.Business(sh.ArrivalOn) && c.Carried(sh.ArrivalOn)
}

// Replan gives a planned shipment that missed its dispatch deadline the earliest date still
// reachable, and one of which a day was closed after it was promised (CUT-1) the earliest from
// its promised date on: where that day itself stands and an earlier ship day still reaches it,
// the promise is kept (CUT-11). So is one that leaves too late for the days its carrier takes, where
// carried tells that these changed since it was planned (CUT-5). The event says so. changed is false
// where the dates stand. The error is of a calendar without business days.
func Replan(o order.Order, sh order.Shipment, r order.Region, carried bool, s Settings, c *Calendar, now time.Time) (_ order.Shipment, _ order.Event, changed bool, _ *order.Error) {
	if sh.State != order.ShipmentPlanned || sh.ShipOn.IsZero() {
		return sh, order.Event{}, false, nil
	}
	c = c.For(r.Code, sh.Class)
	late := missed(sh, s, now)
	shut, isShut := closedDay(sh, c)
	lead := s.LeadDays(sh.Class, r)
	slow := carried && !late && !isShut && c.reach(sh.ShipOn, lead).After(sh.ArrivalOn)
	if !late && !isShut && !slow {
		return sh, order.Event{}, false, nil
	}
	was := sh
	from := sh.ShipOn
	if !late {
		from = sh.AcceptanceOn
	}
	var reachable order.Date
	dispatch := dispatchDay(from, sh.WarehouseCode, sh.Class, now, s, c)
	if !dispatch.IsZero() {
		reachable = c.reach(dispatch, lead)
	}
	if !late {
		sh.ReadyOn = OnOrAfter(sh.ReadyOn, c.Business)
		if !arrivable(sh, c) {
			sh.ArrivalOn = OnOrAfter(sh.ArrivalOn, c.Delivery)
		}
	}
	if late || sh.ArrivalOn.Before(reachable) && c.leave(sh.ArrivalOn, lead).Before(dispatch) {
		sh.ReadyOn, sh.ArrivalOn = reachable, OnOrAfter(reachable, c.Delivery)
	}
	sh.ShipOn = c.leave(sh.ArrivalOn, lead)
	if reachable.IsZero() || sh.ArrivalOn.IsZero() || sh.ShipOn.IsZero() {
		return was, order.Event{}, false, noDay(now)
	}
	rule, why := "CUT-11", fmt.Sprintf("missed the dispatch deadline of %s", was.ShipOn)
	switch {
	case slow:
		rule, why = "CUT-5", fmt.Sprintf("would arrive late if it left on %s, for its carrier takes longer now", was.ShipOn)
		sh.Rules = withRule(sh.Rules, "CUT-5")
	case !late:
		rule, why = "CUT-1", fmt.Sprintf("was planned on %s, a %s now", shut, dayName(shut, c))
		sh.Rules = withRule(sh.Rules, "CUT-1")
	}
	sh.Rules = withRule(sh.Rules, "CUT-11")
	text := fmt.Sprintf("Shipment %d %s: it arrives %s instead of %s, ships %s. Tell the customer.", sh.No, why, sh.ArrivalOn, was.ArrivalOn, sh.ShipOn)
	if sh.ArrivalOn == was.ArrivalOn {
		text = fmt.Sprintf("Shipment %d %s: it ships %s instead of %s and still arrives %s.", sh.No, why, sh.ShipOn, was.ShipOn, sh.ArrivalOn)
	}
	inputs := map[string]any{
		"shipment": sh.No, "class": sh.Class, "warehouse": sh.WarehouseCode, "region": r.Code, "lead_days": lead,
		"dispatch_deadline": s.Deadline(sh.WarehouseCode, sh.Class), "decided_at": now, "designated_on": o.DesignatedOn,
		"was_ship_on": was.ShipOn, "was_arrival_on": was.ArrivalOn, "ship_on": sh.ShipOn, "arrival_on": sh.ArrivalOn,
	}
	if isShut {
		inputs["closed_on"] = shut
	}
	return sh, order.Event{Kind: order.EventReplanned, Rule: rule, At: now, Text: text, Inputs: order.Inputs(inputs)}, true, nil
}

// withRule adds a rule id, without touching the slice given.
func withRule(rules []string, id string) []string {
	if slices.Contains(rules, id) {
		return rules
	}
	return append(slices.Clone(rules), id)
}

// Schedule gives a phone-mark shipment the date that the desk entered (CUT-6), or says why it
// cannot be: not a delivery day, or too near to be reached by dispatch (CUT-11).
func Schedule(sh order.Shipment, on order.Date, by string, r order.Region, s Settings, c *Calendar, now time.Time) (order.Shipment, order.Event, *order.Error) {
	const field = "arrival_on"
	if sh.State != order.ShipmentPlanned || sh.Class != order.ClassPhone {
		return sh, order.Event{}, order.Conflict("CUT-6", "only a planned phone-mark shipment takes a date from the desk")
	}
	c = c.For(r.Code, sh.Class)
	lead := s.LeadDays(sh.Class, r)
	earliest := OnOrAfter(dispatchDay(order.DateOf(now), sh.WarehouseCode, sh.Class, now, s, c), c.Business)
	if !earliest.IsZero() {
		earliest = OnOrAfter(c.reach(earliest, lead), c.Delivery)
	}
	if earliest.IsZero() {
		return sh, order.Event{}, noDay(now)
	}
	if on.Before(earliest) || !c.Delivery(on) || !inReach(on.Start()) {
		e := order.Invalid("CUT-6", field, fmt.Sprintf("%s is no delivery day that can still be reached", on))
		if inReach(on.Start()) {
			suggestDate(e, OnOrAfter(laterOf(on, earliest), c.Delivery))
		}
		return sh, order.Event{}, e
	}
	sh.ReadyOn, sh.ArrivalOn, sh.ShipOn = on, on, c.leave(on, lead)
	return sh, order.Event{
		Kind: order.EventPromised, Rule: "CUT-6", By: by, At: now,
		Text:   fmt.Sprintf("Shipment %d arrives %s as the desk entered, ships %s.", sh.No, sh.ArrivalOn, sh.ShipOn),
		Inputs: order.Inputs(map[string]any{"shipment": sh.No, "arrival_on": sh.ArrivalOn, "ship_on": sh.ShipOn, "region": r.Code, "lead_days": lead}),
	}, nil
}
