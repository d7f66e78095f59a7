package rules

import (
	"time"

	"todoke/order"
)

// ChaseDue is what is due of a pick list that nobody acknowledged.
type ChaseDue string

// What is due.
const (
	ChaseAgain ChaseDue = "again" // send the list again, byte for byte
	ChaseDesk  ChaseDue = "desk"  // tell the desk: somebody calls the warehouse
)

// Chase is when a pick list has to be chased next (WHS-2), and how: the list is sent again after
// each pause, Settings.ChaseTimes times, then the desk is told, once. minutes is the partner's own
// pause, 0 for the shop's. The instant is zero where nothing is due: acknowledged, not sent yet,
// or the desk was told.
func Chase(sentAt, acknowledgedAt time.Time, chased, minutes int, s Settings) (time.Time, ChaseDue) {
	if sentAt.IsZero() || !acknowledgedAt.IsZero() || chased > s.ChaseTimes {
		return time.Time{}, ""
	}
	if minutes <= 0 {
		minutes = s.ChaseMinutes
	}
	at := sentAt.Add(time.Duration(minutes*(chased+1)) * time.Minute)
	if chased == s.ChaseTimes {
		return at, ChaseDesk
	}
	return at, ChaseAgain
}

// DeliveredOn is the day on which a shipment counts as delivered (WHS-3): the day that a result
// or the carrier states, where it lies between shipping and today, else the day that the carrier's
// lead time gives, which is never before the promised one of a designated date; zero where there is
// none. Reached tells that the day has come.
func DeliveredOn(sh order.Shipment, shippedOn, stated order.Date, r order.Region, s Settings, c *Calendar, now time.Time) (on order.Date, reached bool) {
	today := order.DateOf(now)
	if !stated.IsZero() && !stated.Before(shippedOn) && !stated.After(today) {
		return stated, true
	}
	c = c.For(r.Code, sh.Class)
	on = c.reach(shippedOn, s.LeadDays(sh.Class, r))
	if on != sh.ArrivalOn { // a designated Saturday stays
		on = OnOrAfter(on, c.Delivery)
	}
	if !sh.ArrivalOn.IsZero() {
		on = laterOf(on, sh.ArrivalOn)
	}
	return on, !on.IsZero() && !on.After(today)
}
