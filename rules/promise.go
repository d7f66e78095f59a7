package rules

import (
	"fmt"
	"slices"
	"time"

	"todoke/order"
)

// Wish is what a promise is asked for: one shipment's lines of one class.
type Wish struct {
	Channel      order.Channel
	Class        order.Class
	Region       order.Region // of the ship-to
	Warehouse    string       // code; "" takes the shop's dispatch deadlines
	ReceivedAt   time.Time    // CUT-3; an order that waited for approval: the final approval (CUT-9)
	Now          time.Time    // the instant of deciding; zero or before ReceivedAt counts as ReceivedAt
	DesignatedOn order.Date   // zero where none was asked for
	NoSaturday   bool         // some line of the shipment is flagged so (CUT-7)
	Moves        bool         // a designated date that cannot be kept is moved on every channel: the order stands already (CUT-9)
}

// Dates are what a promise answers. All but AcceptanceOn are zero for the phone class, of
// which no date is promised (CUT-6).
type Dates struct {
	AcceptanceOn order.Date // CUT-4
	ReadyOn      order.Date // CUT-5, CUT-6
	ArrivalOn    order.Date // the promise
	ShipOn       order.Date // CUT-11
	Rules        []string   // rule ids that decided, in the order of their numbers
	Moved        bool       // the designated date could not be kept: tell the customer (CUT-7, CUT-11)
	Late         bool       // the dispatch deadline of the ship day was missed: tell the customer (CUT-11)
}

// Promise judges one shipment's dates by CUT-2 and CUT-4 to CUT-11, or says why none can be
// promised. An error of rule CUT-7 carries the earliest date that could be designated in
// Suggest; for a fax it means that a person must look (CUT-7).
func Promise(w Wish, s Settings, c *Calendar) (Dates, *order.Error) {
	d, err := promise(w, s, c)
	if err != nil && err.Rule == "CUT-7" {
		suggestDate(err, Earliest([]Wish{w}, s, c))
	}
	return d, err
}

func suggestDate(e *order.Error, earliest order.Date) {
	if earliest.IsZero() {
		return
	}
	e.Suggest = earliest.String()
	e.Message += "; the earliest possible date is " + e.Suggest
}

// Earliest is the first date that could be designated for all the wishes of an order at once
// (CUT-7), reachable by dispatch (CUT-11). It is zero where no wish is of a class that is
// promised a date, or where the calendar has none within reach.
func Earliest(wishes []Wish, s Settings, c *Calendar) order.Date {
	var from order.Date
	dated := make([]Wish, 0, len(wishes))
	for _, w := range wishes {
		if w.Class == order.ClassPhone || w.check() != nil {
			continue
		}
		dated = append(dated, w)
		on := acceptance(w, c)
		if !on.IsZero() {
			on = dispatchDay(on, w.Warehouse, w.Class, w.deciding(), s, c)
		}
		if !on.IsZero() {
			on = c.For(w.Region.Code, w.Class).reach(on, s.LeadDays(w.Class, w.Region))
		}
		if on.IsZero() {
			return order.Date{}
		}
		from = laterOf(from, on)
	}
	return OnOrAfter(from, func(d order.Date) bool {
		for _, w := range dated {
			if !designatable(d, w, c) {
				return false
			}
		}
		return true
	})
}

func promise(w Wish, s Settings, c *Calendar) (Dates, *order.Error) {
	if err := w.check(); err != nil {
		return Dates{}, err
	}
	now := w.deciding()
	c = c.For(w.Region.Code, w.Class)
	var d Dates
	d.AcceptanceOn = acceptance(w, c)
	d.decided("CUT-4")
	if d.AcceptanceOn.IsZero() {
		return Dates{}, noDay(w.ReceivedAt)
	}
	if w.Class == order.ClassPhone {
		d.decided("CUT-6")
		return d, nil
	}

	lead := s.LeadDays(w.Class, w.Region)
	if w.Class == order.ClassTruck {
		d.decided("CUT-6")
	}
	if w.Class != order.ClassTruck || w.Region.LeadDays > 0 {
		d.decided("CUT-5")
	}
	d.ReadyOn = c.reach(d.AcceptanceOn, lead)

	// What can still be reached: the first business day whose dispatch deadline is ahead.
	dispatch := dispatchDay(d.AcceptanceOn, w.Warehouse, w.Class, now, s, c)
	reachable := c.reach(dispatch, lead)
	if d.ReadyOn.IsZero() || reachable.IsZero() {
		return Dates{}, noDay(w.ReceivedAt)
	}

	d.ArrivalOn = OnOrAfter(d.ReadyOn, c.Delivery)
	if !w.DesignatedOn.IsZero() {
		d.decided("CUT-7")
		arrival, moved, err := designated(w, d.ReadyOn, s, c)
		if err != nil {
			return Dates{}, err
		}
		d.ArrivalOn, d.Moved = arrival, moved
	}
	if d.ArrivalOn.Before(reachable) {
		d.decided("CUT-11")
		d.ArrivalOn = OnOrAfter(reachable, c.Delivery)
		d.ReadyOn = reachable
		d.Late, d.Moved = true, !w.DesignatedOn.IsZero()
	}
	d.ShipOn = c.leave(d.ArrivalOn, lead)
	if d.ArrivalOn.IsZero() || d.ShipOn.IsZero() {
		return Dates{}, noDay(w.ReceivedAt)
	}
	return d, nil
}

// deciding is the instant of deciding, never before the order came.
func (w Wish) deciding() time.Time {
	if w.Now.Before(w.ReceivedAt) {
		return w.ReceivedAt
	}
	return w.Now
}

func (w Wish) check() *order.Error {
	switch {
	case w.Channel != order.ChannelFax && w.Channel != order.ChannelWeb:
		return order.Invalid("FAX-1", "channel", fmt.Sprintf("%q is no ordering channel: choose fax or web", w.Channel))
	case w.Class != order.ClassNormal && w.Class != order.ClassTruck && w.Class != order.ClassPhone:
		return order.Invalid("CUT-6", "class", fmt.Sprintf("%q is no delivery class: choose normal, truck or phone", w.Class))
	case w.ReceivedAt.IsZero():
		return order.Invalid("CUT-3", "received", "say when the order was received")
	case !inReach(w.ReceivedAt) || !w.Now.IsZero() && !inReach(w.Now):
		return order.Invalid("CUT-3", "received", fmt.Sprintf("the years %d to %d are known", firstYear, lastYear))
	}
	return nil
}

// The years in which the holiday rules and equinox formula hold (CUT-10).
const firstYear, lastYear = 2000, 2098

func inReach(t time.Time) bool {
	y := t.In(order.JST).Year()
	return firstYear <= y && y <= lastYear
}

func noDay(received time.Time) *order.Error {
	return order.Invalid("CUT-1", "received", fmt.Sprintf("the calendar knows no business day within %d days after %s: check the calendar table", searchDays, order.DateOf(received)))
}

// Cutoff is the cut-off of a region for a channel and class (CUT-2, CUT-6). Phone-mark orders
// are accepted by the channel's cut-off.
func Cutoff(r order.Region, channel order.Channel, class order.Class) order.Clock {
	switch {
	case class == order.ClassTruck:
		return r.CutoffTruck
	case channel == order.ChannelFax:
		return r.CutoffFax
	default:
		return r.CutoffWeb
	}
}

// acceptance is CUT-4: the day of receipt if it is a business day and in time, else the next
// business day. The cut-off's own instant is in time; a fraction of a second after it is not.
func acceptance(w Wish, c *Calendar) order.Date {
	day := order.DateOf(w.ReceivedAt)
	if w.ReceivedAt.After(day.At(Cutoff(w.Region, w.Channel, w.Class))) {
		day = day.Add(1)
	}
	return OnOrAfter(day, c.Business)
}

// dispatchDay is the first business day from on whose dispatch deadline is not past (CUT-11).
func dispatchDay(from order.Date, warehouse string, class order.Class, now time.Time, s Settings, c *Calendar) order.Date {
	if today := order.DateOf(now); today.After(from) {
		from = today
	}
	return OnOrAfter(from, func(d order.Date) bool { return c.Business(d) && !now.After(d.At(s.deadlineOn(d, warehouse, class))) })
}

// designated judges a designated date against the ready day (CUT-7).
func designated(w Wish, ready order.Date, s Settings, c *Calendar) (arrival order.Date, moved bool, _ *order.Error) {
	may := func(d order.Date) bool { return designatable(d, w, c) }
	received := order.DateOf(w.ReceivedAt)
	s = s.On(received)
	limit := received.Add(s.DesignatedLimitDays)
	refuse := func(why string) (order.Date, bool, *order.Error) {
		return order.Date{}, false, order.Invalid("CUT-7", DesignatedField(w.Channel), why)
	}
	on := w.DesignatedOn
	switch {
	case on.After(limit):
		return refuse(fmt.Sprintf("%s lies beyond %s, %d days after the day of receipt: designate a date up to then", on, limit, s.DesignatedLimitDays))
	case !on.Before(ready) && may(on):
		return on, false, nil
	case w.Channel == order.ChannelFax || w.Moves:
		return OnOrAfter(laterOf(on, ready), c.Delivery), true, nil
	case on.Before(ready):
		return refuse(fmt.Sprintf("%s is too early", on))
	case on.Weekday() == time.Saturday && c.Business(on):
		return refuse(fmt.Sprintf("%s is a Saturday, on which these goods cannot be delivered: designate a weekday", on))
	default:
		return refuse(fmt.Sprintf("no deliveries are made on %s, a %s: designate a business day", on, dayName(on, c)))
	}
}

// designatable tells whether goods may be designated to arrive on d: a delivery day, or a
// business Saturday unless truck mark or a no_saturday item forbids it (CUT-7).
func designatable(d order.Date, w Wish, c *Calendar) bool {
	if !c.For(w.Region.Code, w.Class).Carried(d) {
		return false
	}
	if d.Weekday() == time.Saturday {
		return w.Class == order.ClassNormal && !w.NoSaturday && c.Business(d)
	}
	return c.Business(d)
}

func dayName(d order.Date, c *Calendar) string {
	if name, closed := c.Closed(d); closed && name != "" {
		return "closed day (" + name + ")"
	}
	if d.Weekday() == time.Sunday {
		return "Sunday"
	}
	return "closed day"
}

// DesignatedField is what errors call the designated date: by the name of the form's field
// on a fax, of the order's member on the web.
func DesignatedField(channel order.Channel) string {
	if channel == order.ChannelFax {
		return "delivery_day"
	}
	return "designated_on"
}

func laterOf(a, b order.Date) order.Date {
	if a.After(b) {
		return a
	}
	return b
}

// decided adds a rule id, keeping the ids in the order of their numbers.
func (d *Dates) decided(rule string) {
	if slices.Contains(d.Rules, rule) {
		return
	}
	d.Rules = append(d.Rules, rule)
	slices.SortFunc(d.Rules, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b) // CUT-4 before CUT-11
		}
		if a < b {
			return -1
		}
		return 1
	})
}
