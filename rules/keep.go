package rules

import (
	"time"

	"todoke/order"
)

// The bounds of the term: the law asks for seven years at least.
const (
	maxFilingMonths = 12
	minKeepYears    = 7
	maxKeepYears    = 50
)

// KeepUntil is the last day on which a document of a transaction must be kept (KEP-1): the fiscal
// year in which the day lies ends, its tax return is due FilingMonths later, and from the day
// after that KeepYears run (corporation tax act, enforcement regulations, article 59).
func (s Settings) KeepUntil(day order.Date) order.Date {
	end := s.fiscalYearEnd(day.Year)
	if end.Before(day) {
		end = s.fiscalYearEnd(day.Year + 1)
	}
	first := end.Add(1) // the new fiscal year's
	months := int(first.Month) - 1 + s.FilingMonths
	return order.D(first.Year+months/12+s.KeepYears, time.Month(months%12+1), first.Day).Add(-1)
}

// fiscalYearEnd is the day of a year on which the fiscal year ends; one that the month does not
// have is the month's last.
func (s Settings) fiscalYearEnd(year int) order.Date {
	last := order.D(year, s.FiscalYearEnd.Month+1, 0)
	if s.FiscalYearEnd.Day < last.Day {
		last.Day = s.FiscalYearEnd.Day
	}
	return last
}
