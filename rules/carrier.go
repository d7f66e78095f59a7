package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"todoke/order"
)

// WithCarriers is the calendar with the days on which a carrier delivers nothing to a region in a
// class, though the shop works (CUT-5). Shipments leave on such days; none arrive, designated or
// not. Errors name the row.
func (c *Calendar) WithCarriers(rows []order.CarrierDay) (*Calendar, error) {
	var errs []error
	for i, r := range rows {
		field := "carrier_days[" + strconv.Itoa(i) + "]"
		switch {
		case r.LeadDays < 0 || r.LeadDays > maxReadyDays:
			errs = append(errs, order.Invalid("CUT-5", field+".lead_days", fmt.Sprintf("%d is out of range: choose 0 to %d", r.LeadDays, maxReadyDays)))
		case r.LeadDays > 0 && len(r.Weekdays) > 0:
			errs = append(errs, order.Invalid("CUT-5", field+".weekdays", "lead days hold on every day of their span: leave the weekdays out"))
		case r.LeadDays == 0 && len(r.Weekdays) == 0 && (r.From.IsZero() || r.To.IsZero()):
			errs = append(errs, order.Invalid("CUT-5", field+".from", "give from and to, weekdays, or lead days"))
		case !r.To.IsZero() && r.To.Before(r.From):
			errs = append(errs, order.Invalid("CUT-5", field+".to", fmt.Sprintf("%s lies before %s", r.To, r.From)))
		case slices.ContainsFunc(r.Weekdays, func(d time.Weekday) bool { return d < time.Sunday || d > time.Saturday }):
			errs = append(errs, order.Invalid("CUT-5", field+".weekdays", "weekdays are 0 (Sunday) to 6"))
		case r.Class != "" && !slices.Contains(classes, r.Class):
			errs = append(errs, order.Invalid("CUT-5", field+".class", fmt.Sprintf("%q is no delivery class: choose normal, truck or phone", r.Class)))
		}
	}
	for _, class := range classes {
		regions := map[string]bool{}
		for _, r := range rows {
			regions[r.Region] = true
		}
		for region := range regions {
			week := map[time.Weekday]bool{}
			for _, r := range rows {
				if (r.Region == "" || r.Region == region) && (r.Class == "" || r.Class == class) {
					for _, d := range r.Weekdays { // whatever their span: it may be extended
						week[d] = true
					}
				}
			}
			if week[1] && week[2] && week[3] && week[4] && week[5] {
				errs = append(errs, order.Invalid("CUT-5", "carrier_days", fmt.Sprintf("nothing is ever delivered to region %q in class %s", region, class)))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Calendar{base: c.root(), carriers: slices.Clone(rows)}, nil
}

func (c *Calendar) root() *Calendar {
	if c.base != nil {
		return c.base
	}
	return c
}

// For is the calendar of what goes to a region in a class. Where no carrier has days of its own
// there it is the calendar itself; asked for once more, it stays what it is.
func (c *Calendar) For(region string, class order.Class) *Calendar {
	if len(c.carriers) == 0 {
		return c
	}
	var shut []order.CarrierDay
	for _, r := range c.carriers {
		if (r.Region == "" || r.Region == region) && (r.Class == "" || r.Class == class) {
			shut = append(shut, r)
		}
	}
	return &Calendar{base: c.root(), shut: shut}
}

// Carried tells whether the carrier delivers on d. A calendar that is For no region knows no
// carrier.
func (c *Calendar) Carried(d order.Date) bool {
	for _, r := range c.shut {
		if r.LeadDays == 0 && spans(r, d) && (len(r.Weekdays) == 0 || slices.Contains(r.Weekdays, d.Weekday())) {
			return false
		}
	}
	return true
}

func spans(r order.CarrierDay, d order.Date) bool {
	return !d.Before(r.From) && (r.To.IsZero() || !d.After(r.To))
}

// Slower is how many business days more the carrier takes for what leaves on a day.
func (c *Calendar) Slower(on order.Date) (days int) {
	for _, r := range c.shut {
		if spans(r, on) {
			days = max(days, r.LeadDays)
		}
	}
	return days
}

// reach is the business day on which goods that leave on a day can arrive, with so many lead days
// besides what the carrier takes more; zero where the calendar has none.
func (c *Calendar) reach(leaves order.Date, lead int) order.Date {
	if leaves.IsZero() {
		return leaves
	}
	return c.AddBusiness(leaves, lead+c.Slower(leaves))
}

// leave is the latest business day from which goods reach a day of arrival (CUT-11).
func (c *Calendar) leave(arrives order.Date, lead int) order.Date {
	if arrives.IsZero() {
		return arrives
	}
	on := c.AddBusiness(arrives, -lead)
	for range searchDays {
		if on.IsZero() || !c.reach(on, lead).After(arrives) {
			break
		}
		on = c.AddBusiness(on, -1)
	}
	return on
}
