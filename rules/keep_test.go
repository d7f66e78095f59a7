package rules_test

import (
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func TestKeepUntil(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		end           rules.MonthDay
		filing, years int
		day, want     order.Date
	}{
		{"in the fiscal year to March", rules.MonthDay{Month: time.March, Day: 31}, 2, 7, order.D(2026, 11, 24), order.D(2034, 5, 31)},
		{"its last day", rules.MonthDay{Month: time.March, Day: 31}, 2, 7, order.D(2027, 3, 31), order.D(2034, 5, 31)},
		{"the next one's first day", rules.MonthDay{Month: time.March, Day: 31}, 2, 7, order.D(2027, 4, 1), order.D(2035, 5, 31)},
		{"after a loss", rules.MonthDay{Month: time.March, Day: 31}, 2, 10, order.D(2026, 11, 24), order.D(2037, 5, 31)},
		{"the default", rules.MonthDay{Month: time.March, Day: 31}, 2, 11, order.D(2026, 11, 24), order.D(2038, 5, 31)},
		{"a calendar year, with an extension", rules.MonthDay{Month: time.December, Day: 31}, 3, 7, order.D(2026, 12, 31), order.D(2034, 3, 31)},
		{"the end of February in a leap year", rules.MonthDay{Month: time.February, Day: 29}, 2, 7, order.D(2028, 2, 29), order.D(2035, 4, 30)},
		{"the end of February in a common year", rules.MonthDay{Month: time.February, Day: 29}, 2, 7, order.D(2027, 3, 1), order.D(2035, 4, 30)},
		{"the twentieth", rules.MonthDay{Month: time.May, Day: 20}, 2, 7, order.D(2026, 5, 21), order.D(2034, 7, 20)},
	}
	for _, tt := range tests {
		s := rules.Default()
		s.FiscalYearEnd, s.FilingMonths, s.KeepYears = tt.end, tt.filing, tt.years
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		if got := s.KeepUntil(tt.day); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	s := rules.Default()
	for day, last := order.D(2024, 1, 1), (order.Date{}); day.Year < 2030; day = day.Add(1) {
		until := s.KeepUntil(day)
		if until.Before(last) || until.Before(order.D(day.Year+s.KeepYears, day.Month, day.Day)) {
			t.Fatalf("%s is kept until %s, the day before until %s", day, until, last)
		}
		last = until
	}
	s.KeepYears, s.FilingMonths = 6, -1
	if err := s.Validate(); err == nil {
		t.Error("six years were taken")
	}
}
