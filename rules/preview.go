package rules

import (
	"fmt"
	"time"

	"todoke/order"
)

// WaveCandidate is a shipment with what is reserved of it.
type WaveCandidate struct {
	Order     order.Order
	Shipment  order.Shipment
	Allocated int // reserved and on no pick list
	Missing   int // of what the shipment's lines still need
}

// WavePreview is what a wave would do with one shipment, and why.
type WavePreview struct {
	Number   order.Number
	Shipment int
	ShipOn   order.Date
	Release
	Qty     int // that would go on the list
	Missing int // that stays behind (STK-2)
}

// PreviewWave is what a wave at an instant would put on a warehouse's lists, and why the other
// shipments stay (WHS-1): not due yet, within the customer's minutes, held (for approval, for a
// card, by a person), nothing of it reserved, or too late. class "" is every class. It is the
// verdict of Releasable, which the wave itself asks. The sequence is that of the candidates.
func PreviewWave(candidates []WaveCandidate, warehouse string, class order.Class, s Settings, c *Calendar, at time.Time) []WavePreview {
	var out []WavePreview
	for _, x := range candidates {
		if x.Shipment.WarehouseCode != warehouse || class != "" && x.Shipment.Class != class {
			continue
		}
		p := WavePreview{
			Number: x.Order.Number, Shipment: x.Shipment.No, ShipOn: x.Shipment.ShipOn, Missing: x.Missing,
			Release: Releasable(x.Order, x.Shipment, x.Allocated, s, c, at),
		}
		switch {
		case x.Order.State == order.StateHeld && p.Verdict == ReleaseWait:
			if hs := Holds(x.Order); len(hs) > 0 {
				p.Rule = hs[0].Rule // the cause says more than that it is held
			}
		case p.Verdict == ReleaseWait && p.Rule == "STK-1" && x.Missing > 0:
			p.Rule, p.Reason = "STK-2", fmt.Sprintf("%d are short of stock", x.Missing)
		case p.Verdict == ReleaseNow:
			p.Qty = x.Allocated
		}
		out = append(out, p)
	}
	return out
}

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
// lead time gives, which is never before the promised one of a designated date. It is zero while
// that day is ahead.
func DeliveredOn(sh order.Shipment, shippedOn, stated order.Date, r order.Region, s Settings, c *Calendar, now time.Time) order.Date {
	today := order.DateOf(now)
	if !stated.IsZero() && !stated.Before(shippedOn) && !stated.After(today) {
		return stated
	}
	c = c.For(r.Code, sh.Class)
	on := c.reach(shippedOn, s.LeadDays(sh.Class, r))
	if on != sh.ArrivalOn { // a designated Saturday stays
		on = OnOrAfter(on, c.Delivery)
	}
	if !sh.ArrivalOn.IsZero() {
		on = laterOf(on, sh.ArrivalOn)
	}
	if on.IsZero() || on.After(today) {
		return order.Date{}
	}
	return on
}
