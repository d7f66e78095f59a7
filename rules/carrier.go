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
		case r.From.IsZero() != r.To.IsZero(), r.From.IsZero() == (len(r.Weekdays) == 0):
			errs = append(errs, order.Invalid("CUT-5", field, "give from and to, or weekdays"))
		case r.To.Before(r.From):
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
					for _, d := range r.Weekdays {
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
		if slices.Contains(r.Weekdays, d.Weekday()) || !r.From.IsZero() && !d.Before(r.From) && !d.After(r.To) {
			return false
		}
	}
	return true
}
