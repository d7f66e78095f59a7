package rules_test

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

// listedHolidays reads the hand-written list of testdata.
func listedHolidays(t *testing.T) map[order.Date]string {
	t.Helper()
	b, err := os.ReadFile("testdata/holidays.tsv")
	if err != nil {
		t.Fatal(err)
	}
	list := map[order.Date]string{}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		on, name, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			t.Fatalf("line %q", line)
		}
		list[day(t, on)] = name
	}
	return list
}

// TestCUT10Holidays is CUT-10: each day of 2024 to 2035 against the hand-written list.
func TestCUT10Holidays(t *testing.T) {
	t.Parallel()
	list := listedHolidays(t)
	want := map[int]int{
		2024: 21, 2025: 19, 2026: 18, 2027: 17, 2028: 16, 2029: 19,
		2030: 19, 2031: 19, 2032: 17, 2033: 17, 2034: 17, 2035: 19,
	}
	c := rules.DefaultCalendar()
	for year := 2024; year <= 2035; year++ {
		hs := rules.Holidays(year)
		if len(hs) != want[year] {
			t.Errorf("%d has %d holidays, want %d", year, len(hs), want[year])
		}
		computed := map[order.Date]string{}
		for i, h := range hs {
			computed[h.On] = h.Name
			if i > 0 && !hs[i-1].On.Before(h.On) {
				t.Errorf("%s comes after %s", hs[i-1].On, h.On)
			}
		}
		for d := order.D(year, time.January, 1); d.Year == year; d = d.Add(1) {
			if computed[d] != list[d] {
				t.Errorf("%s: %q, want %q", d, computed[d], list[d])
			}
			closed := d.Month == time.December && d.Day >= 30 || d.Month == time.January && d.Day <= 3
			business := d.Weekday() != time.Sunday && list[d] == "" && !closed
			if got := c.Business(d); got != business {
				t.Errorf("%s: business day %v, want %v", d, got, business)
			}
			if got := c.Delivery(d); got != (business && d.Weekday() != time.Saturday) {
				t.Errorf("%s: delivery day %v", d, got)
			}
		}
	}
}

func TestCUT10CalendarOverrides(t *testing.T) {
	t.Parallel()
	c, err := rules.NewCalendar(rules.Default().Closures, []order.CalendarDay{
		{On: day(t, "2026-11-25"), Kind: order.DayClosure, Name: "棚卸"},
		{On: day(t, "2026-11-26"), Kind: order.DayHoliday, Name: "即位の礼"},
		{On: day(t, "2026-11-23"), Kind: order.DayOpen},
		{On: day(t, "2026-12-30"), Kind: order.DayOpen},
		{On: day(t, "2026-11-29"), Kind: order.DayOpen}, // a Sunday
		{On: day(t, "2026-11-27"), Kind: order.DayClosure},
		{On: day(t, "2026-11-27"), Kind: order.DayOpen}, // the later row wins
	})
	if err != nil {
		t.Fatal(err)
	}
	for on, want := range map[string]bool{
		"2026-11-25": false, "2026-11-26": false, "2026-11-23": true, "2026-12-30": true,
		"2026-11-29": false, "2026-11-27": true, "2026-12-31": false, "2026-11-24": true,
	} {
		if got := c.Business(day(t, on)); got != want {
			t.Errorf("%s: business day %v, want %v", on, got, want)
		}
	}
	if name, closed := c.Closed(day(t, "2026-11-25")); name != "棚卸" || !closed {
		t.Errorf("2026-11-25: %q, %v", name, closed)
	}
	if got := c.AddBusiness(day(t, "2026-11-24"), 1); got != day(t, "2026-11-27") {
		t.Errorf("next business day %s", got)
	}
	if got := c.AddBusiness(day(t, "2026-11-27"), -1); got != day(t, "2026-11-24") {
		t.Errorf("business day before %s", got)
	}
}

func TestCalendarRefusesBadRows(t *testing.T) {
	t.Parallel()
	_, err := rules.NewCalendar(nil, []order.CalendarDay{{Kind: order.DayOpen}, {On: day(t, "2026-11-25"), Kind: "maybe"}})
	for _, want := range []string{"calendar[0].on", "calendar[1].kind", `"maybe"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
}

// TestCalendarWithoutBusinessDay: a table that shuts the shop for good must not hang anything.
func TestCalendarWithoutBusinessDay(t *testing.T) {
	t.Parallel()
	first, err := rules.ParseMonthDay("01-01")
	if err != nil {
		t.Fatal(err)
	}
	last, err := rules.ParseMonthDay("12-31")
	if err != nil {
		t.Fatal(err)
	}
	c, err := rules.NewCalendar([]rules.Closure{{From: first, To: last}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.AddBusiness(day(t, "2026-11-24"), 1); !got.IsZero() {
		t.Errorf("next business day %s", got)
	}
	_, refused := rules.Promise(rules.Wish{Channel: "web", Class: "normal", Region: region(t, rules.RegionHonshu), ReceivedAt: jst(t, "2026-11-24 10:00")}, rules.Default(), c)
	if refused == nil || refused.Rule != "CUT-1" {
		t.Errorf("error %v, want one of CUT-1", refused)
	}
}

// TestCalendarIsShared: many orders ask one calendar at once.
func TestCalendarIsShared(t *testing.T) {
	t.Parallel()
	c := rules.DefaultCalendar()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for year := 2024; year <= 2035; year++ {
				if c.Business(order.D(year, time.November, 3)) {
					t.Errorf("文化の日 of %d is a business day", year)
				}
			}
		})
	}
	wg.Wait()
}
