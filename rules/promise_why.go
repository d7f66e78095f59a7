package rules

import (
	"fmt"
	"time"

	"todoke/order"
)

// because says what made a shipment's dates what they are, one clause a fact, each with its rule: the
// cut-off, every day passed over on the way to the arrival, and what goods, region and carrier take.
func because(w Wish, d Dates, s Settings, c *Calendar) []string {
	c = c.For(w.Region.Code, w.Class)
	var why []string
	add := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }

	received := order.DateOf(w.ReceivedAt)
	at, cut := Cutoff(w.Region, w.Channel, w.Class), "CUT-2"
	if w.Class == order.ClassTruck {
		cut = "CUT-6"
	}
	from := received.Add(1)
	switch {
	case !c.Business(received):
		from = received
	case w.ReceivedAt.After(received.At(at)):
		add("received after the cut-off %s (%s)", at, cut)
	default:
		add("received by the cut-off %s (%s)", at, cut)
	}
	till := d.ReadyOn // a designated day lies where the customer wants it
	if w.DesignatedOn.IsZero() {
		till = d.ArrivalOn
	}
	if w.Class == order.ClassPhone {
		till = d.AcceptanceOn
	}
	for on := from; on.Before(till); on = on.Add(1) {
		name, holiday, closed := c.closed(on)
		switch {
		case holiday && on == received:
			add("received on %s, a holiday: %s (CUT-10)", on, name)
		case holiday:
			add("%s is a holiday: %s (CUT-10)", on, name)
		case closed:
			last := on
			for {
				if n, _, more := c.closed(last.Add(1)); !more || n != name {
					break
				}
				last = last.Add(1)
			}
			span := on.String()
			if last != on {
				span += " – " + last.String()
			}
			if on == received {
				add("received on a day of closure, %s: %s (CUT-1)", span, name)
			} else {
				add("closed on %s: %s (CUT-1)", span, name)
			}
			on = last
		case on.Weekday() == time.Sunday && on == received:
			add("received on %s, a Sunday (CUT-1)", on)
		case on.Weekday() == time.Sunday:
			add("%s is a Sunday (CUT-1)", on)
		case on.Before(d.ReadyOn): // a business day on the way
		case on.Weekday() == time.Saturday:
			add("%s is a Saturday, no delivery day (CUT-1)", on)
		case !c.Carried(on):
			add("the carrier delivers nothing on %s (CUT-5)", on)
		}
	}
	if w.Class == order.ClassPhone {
		return why
	}
	if w.Class == order.ClassTruck {
		add("truck-mark goods take %d business day(s) (CUT-6)", s.TruckReadyDays)
	} else {
		add("goods take %d business day(s) (CUT-5)", s.ReadyDays)
	}
	if n := w.Region.LeadDays; n > 0 {
		add("region %s takes %d more (CUT-5)", w.Region.Code, n)
	}
	if n := c.Slower(d.ShipOn); n > 0 {
		add("the carrier takes %d more (CUT-5)", n)
	}
	if !w.DesignatedOn.IsZero() {
		add("the customer asked for %s (CUT-7)", w.DesignatedOn)
	}
	if d.Late {
		add("the dispatch deadline of an earlier ship day had passed (CUT-11)")
	}
	return why
}
