package rules

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"todoke/order"
)

// Calendar knows business days and delivery days (CUT-1) and the national holidays (CUT-10).
// It is safe for concurrent use.
type Calendar struct {
	closures []Closure
	rows     map[order.Date]order.CalendarDay
	base     *Calendar          // whose days these are, of a calendar with carriers
	carriers []order.CarrierDay // of all regions and classes
	shut     []order.CarrierDay // of the region and class that the calendar is For

	mu    sync.RWMutex
	years map[int]map[order.Date]string
}

// NewCalendar makes a calendar of the yearly closures and the rows of the calendar table,
// which win over what is computed: holiday and closure rows shut a day, an open row lifts a
// holiday or closure. A Sunday is never a business day, open row or not (CUT-1). Of two rows
// for one day the later in the slice wins. Errors name the row.
func NewCalendar(closures []Closure, rows []order.CalendarDay) (*Calendar, error) {
	c := &Calendar{closures: closures, rows: make(map[order.Date]order.CalendarDay, len(rows)), years: map[int]map[order.Date]string{}}
	var errs []error
	for i, r := range rows {
		field := "calendar[" + strconv.Itoa(i) + "]"
		switch {
		case r.On.IsZero():
			errs = append(errs, order.Invalid("CUT-10", field+".on", "give the day as YYYY-MM-DD"))
		case r.Kind != order.DayHoliday && r.Kind != order.DayClosure && r.Kind != order.DayOpen:
			errs = append(errs, order.Invalid("CUT-10", field+".kind", fmt.Sprintf("%q is unknown: choose holiday, closure or open", r.Kind)))
		default:
			c.rows[r.On] = r
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// DefaultCalendar is the calendar of the default settings with nothing overridden.
func DefaultCalendar() *Calendar {
	c, _ := NewCalendar(Default().Closures, nil) // without rows nothing can be wrong
	return c
}

// Closed tells whether d is a holiday or closure, and its name. Sundays are not looked at.
func (c *Calendar) Closed(d order.Date) (name string, closed bool) {
	name, _, closed = c.closed(d)
	return name, closed
}

// closed is Closed, and whether a holiday shuts the day (CUT-10) or the shop itself (CUT-1).
func (c *Calendar) closed(d order.Date) (name string, holiday, closed bool) {
	if c.base != nil {
		return c.base.closed(d)
	}
	if r, ok := c.rows[d]; ok {
		return r.Name, r.Kind == order.DayHoliday, r.Kind != order.DayOpen
	}
	if name, ok := c.holidays(d.Year)[d]; ok {
		return name, true, true
	}
	for _, cl := range c.closures {
		if cl.covers(d) {
			return cl.Name, false, true
		}
	}
	return "", false, false
}

func (c *Calendar) holidays(year int) map[order.Date]string {
	c.mu.RLock()
	m, ok := c.years[year]
	c.mu.RUnlock()
	if ok {
		return m
	}
	m = make(map[order.Date]string)
	for _, h := range Holidays(year) {
		m[h.On] = h.Name
	}
	c.mu.Lock()
	c.years[year] = m
	c.mu.Unlock()
	return m
}

// Business tells whether d is a business day: Monday to Saturday, neither holiday nor closure.
func (c *Calendar) Business(d order.Date) bool {
	if d.Weekday() == time.Sunday {
		return false
	}
	_, closed := c.Closed(d)
	return !closed
}

// Delivery tells whether goods arrive on d without being designated: a business day that is
// no Saturday, on which the carrier delivers.
func (c *Calendar) Delivery(d order.Date) bool {
	return d.Weekday() != time.Saturday && c.Business(d) && c.Carried(d)
}

// ClosedDays are the holidays and closures from d on within so many days, Sundays left out:
// nothing is ever planned for those.
func (c *Calendar) ClosedDays(d order.Date, days int) []order.Date {
	var closed []order.Date
	for range days {
		if d.Weekday() != time.Sunday && !c.Business(d) {
			closed = append(closed, d)
		}
		d = d.Add(1)
	}
	return closed
}

// searchDays bounds every search for a day: a table that shuts the shop for longer is wrong.
const searchDays = 400

// OnOrAfter is the first day from d on for which is holds; zero when there is none within
// 400 days.
func OnOrAfter(d order.Date, is func(order.Date) bool) order.Date {
	if d.IsZero() {
		return d
	}
	for range searchDays {
		if is(d) {
			return d
		}
		d = d.Add(1)
	}
	return order.Date{}
}

// AddBusiness is the n-th business day after d (before d when n is negative); d itself when n
// is 0. It is zero where the calendar has no such day within reach.
func (c *Calendar) AddBusiness(d order.Date, n int) order.Date {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for ; n > 0; n-- {
		found := false
		for range searchDays {
			d = d.Add(step)
			if c.Business(d) {
				found = true
				break
			}
		}
		if !found {
			return order.Date{}
		}
	}
	return d
}
