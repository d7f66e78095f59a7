package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

// jst reads "2026-11-24 17:00" or "2026-11-24 17:00:01" as Japanese time.
func jst(t testing.TB, s string) time.Time {
	t.Helper()
	layout := time.DateTime
	if strings.Count(s, ":") == 1 {
		layout = "2006-01-02 15:04"
	}
	at, err := time.ParseInLocation(layout, s, order.JST)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func day(t testing.TB, s string) order.Date {
	t.Helper()
	if s == "" {
		return order.Date{}
	}
	d, err := order.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func region(t testing.TB, code string) order.Region {
	t.Helper()
	rs, err := rules.DefaultRegionTable(rules.Default())
	if err != nil {
		t.Fatal(err)
	}
	r, ok := rs.ByCode(code)
	if !ok {
		t.Fatalf("no region %s", code)
	}
	return r
}

// TestPromiseRuleBook is the table of the rule book, row by row.
func TestPromiseRuleBook(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule, received      string
		channel             order.Channel
		class               order.Class
		designated          string
		acceptance, arrival string
		ship                string
	}{
		{"CUT-2 fax at the cut-off", "2026-11-24 17:00:00", "fax", "normal", "", "2026-11-24", "2026-11-25", "2026-11-24"},
		{"CUT-2 fax a second late", "2026-11-24 17:00:01", "fax", "normal", "", "2026-11-25", "2026-11-26", "2026-11-25"},
		{"CUT-2 web at the cut-off", "2026-11-24 17:30:00", "web", "normal", "", "2026-11-24", "2026-11-25", "2026-11-24"},
		{"CUT-6 truck at the cut-off", "2026-11-24 13:00:00", "web", "truck", "", "2026-11-24", "2026-11-26", "2026-11-24"},
		{"CUT-6 truck a second late", "2026-11-24 13:00:01", "web", "truck", "", "2026-11-25", "2026-11-27", "2026-11-25"},
		{"CUT-6 truck ready on Saturday", "2026-11-26 12:00", "web", "truck", "", "2026-11-26", "2026-11-30", "2026-11-27"},
		{"CUT-5 Friday", "2026-11-27 16:00", "fax", "normal", "", "2026-11-27", "2026-11-30", "2026-11-28"},
		{"CUT-7 Friday, Saturday designated", "2026-11-27 16:00", "fax", "normal", "2026-11-28", "2026-11-27", "2026-11-28", "2026-11-27"},
		{"CUT-6 truck on Friday", "2026-11-27 12:00", "fax", "truck", "", "2026-11-27", "2026-11-30", "2026-11-27"},
		{"CUT-4 Saturday", "2026-11-28 10:00", "web", "normal", "", "2026-11-28", "2026-11-30", "2026-11-28"},
		{"CUT-6 truck on Saturday", "2026-11-28 12:00", "web", "truck", "", "2026-11-28", "2026-12-01", "2026-11-28"},
		{"CUT-4 Saturday after the cut-off", "2026-11-28 18:00", "web", "normal", "", "2026-11-30", "2026-12-01", "2026-11-30"},
		{"CUT-4 Sunday", "2026-11-29 09:00", "web", "normal", "", "2026-11-30", "2026-12-01", "2026-11-30"},
		{"CUT-5 Saturday before a holiday", "2026-11-21 10:00", "web", "normal", "", "2026-11-21", "2026-11-24", "2026-11-21"},
		{"CUT-4 holiday", "2026-11-23 10:00", "fax", "normal", "", "2026-11-24", "2026-11-25", "2026-11-24"},
		{"CUT-1 last day before New Year", "2026-12-29 16:00", "fax", "normal", "", "2026-12-29", "2027-01-04", "2026-12-29"},
		{"CUT-1 after the last cut-off of the year", "2026-12-29 18:00", "web", "normal", "", "2027-01-04", "2027-01-05", "2027-01-04"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			d, err := rules.Promise(rules.Wish{
				Channel: row.channel, Class: row.class, Region: region(t, rules.RegionHonshu),
				ReceivedAt: jst(t, row.received), DesignatedOn: day(t, row.designated),
			}, rules.Default(), rules.DefaultCalendar())
			if err != nil {
				t.Fatal(err)
			}
			if d.AcceptanceOn != day(t, row.acceptance) || d.ArrivalOn != day(t, row.arrival) || d.ShipOn != day(t, row.ship) {
				t.Errorf("acceptance %s, arrival %s, ship %s; want %s, %s, %s", d.AcceptanceOn, d.ArrivalOn, d.ShipOn, row.acceptance, row.arrival, row.ship)
			}
			if !slices.Contains(d.Rules, "CUT-4") {
				t.Errorf("rules %v do not name CUT-4", d.Rules)
			}
		})
	}
}
