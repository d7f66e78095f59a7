package rules_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

// jst reads "2026-11-24 17:00" or "2026-11-24 17:00:01" as Japanese time.
func jst(tb testing.TB, s string) time.Time {
	tb.Helper()
	layout := time.DateTime
	if strings.Count(s, ":") == 1 {
		layout = "2006-01-02 15:04"
	}
	at, err := time.ParseInLocation(layout, s, order.JST)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func day(tb testing.TB, s string) order.Date {
	tb.Helper()
	if s == "" {
		return order.Date{}
	}
	d, err := order.ParseDate(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func region(tb testing.TB, code string) order.Region {
	tb.Helper()
	rs, err := rules.DefaultRegionTable(rules.Default())
	if err != nil {
		tb.Fatal(err)
	}
	r, ok := rs.ByCode(code)
	if !ok {
		tb.Fatalf("no region %s", code)
	}
	return r
}

// TestCUT4RuleBook is the table of the rule book, row by row.
func TestCUT4RuleBook(t *testing.T) {
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

// TestCUT7PromiseEdges are cases beside the rule book's table.
func TestCUT7PromiseEdges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, received, now        string
		channel                    order.Channel
		class                      order.Class
		region, designated         string
		noSaturday                 bool
		acceptance, ready, arrival string
		ship, rules                string
		moved, late                bool
		refused, earliest          string // part of the message
	}{
		// CUT-2: the instant itself is in time, a fraction later is not.
		{name: "half a second late", received: "2026-11-24 17:00:00.5", channel: "fax", acceptance: "2026-11-25", ready: "2026-11-26", arrival: "2026-11-26", ship: "2026-11-25", rules: "CUT-4 CUT-5"},
		{name: "web a second late", received: "2026-11-24 17:30:01", channel: "web", acceptance: "2026-11-25", ready: "2026-11-26", arrival: "2026-11-26", ship: "2026-11-25", rules: "CUT-4 CUT-5"},
		{name: "the day's first instant", received: "2026-11-24 00:00:00", channel: "web", acceptance: "2026-11-24", ready: "2026-11-25", arrival: "2026-11-25", ship: "2026-11-24", rules: "CUT-4 CUT-5"},
		{name: "the day's last second", received: "2026-11-24 23:59:59", channel: "web", acceptance: "2026-11-25", ready: "2026-11-26", arrival: "2026-11-26", ship: "2026-11-25", rules: "CUT-4 CUT-5"},

		// CUT-4 round holidays on Saturdays and at the ends of years.
		{name: "holiday on a Saturday", received: "2029-11-02 16:00", channel: "fax", acceptance: "2029-11-02", ready: "2029-11-05", arrival: "2029-11-05", ship: "2029-11-02", rules: "CUT-4 CUT-5"},
		{name: "received on a Saturday holiday", received: "2029-11-03 10:00", channel: "fax", acceptance: "2029-11-05", ready: "2029-11-06", arrival: "2029-11-06", ship: "2029-11-05", rules: "CUT-4 CUT-5"},
		{name: "before the silver week of 2026", received: "2026-09-18 17:30", channel: "web", acceptance: "2026-09-18", ready: "2026-09-19", arrival: "2026-09-24", ship: "2026-09-19", rules: "CUT-4 CUT-5"},
		{name: "in the golden week", received: "2026-05-02 17:31", channel: "web", acceptance: "2026-05-07", ready: "2026-05-08", arrival: "2026-05-08", ship: "2026-05-07", rules: "CUT-4 CUT-5"},
		{name: "New Year's Eve", received: "2026-12-31 23:59", channel: "web", acceptance: "2027-01-04", ready: "2027-01-05", arrival: "2027-01-05", ship: "2027-01-04", rules: "CUT-4 CUT-5"},
		{name: "truck before New Year", received: "2026-12-28 13:00", channel: "fax", class: "truck", acceptance: "2026-12-28", ready: "2027-01-04", arrival: "2027-01-04", ship: "2026-12-28", rules: "CUT-4 CUT-6"},
		{name: "truck on the year's last day", received: "2026-12-29 13:00", channel: "fax", class: "truck", acceptance: "2026-12-29", ready: "2027-01-05", arrival: "2027-01-05", ship: "2026-12-29", rules: "CUT-4 CUT-6"},

		// CUT-5, CUT-6: lead days, islands, phone.
		{name: "Hokkaido takes a day more", received: "2026-11-24 15:00", channel: "fax", region: rules.RegionHokkaido, acceptance: "2026-11-24", ready: "2026-11-26", arrival: "2026-11-26", ship: "2026-11-24", rules: "CUT-4 CUT-5"},
		{name: "Hokkaido after its own cut-off", received: "2026-11-24 15:00:01", channel: "fax", region: rules.RegionHokkaido, acceptance: "2026-11-25", ready: "2026-11-27", arrival: "2026-11-27", ship: "2026-11-25", rules: "CUT-4 CUT-5"},
		{name: "island over a weekend", received: "2026-11-26 14:30", channel: "web", region: rules.RegionIslands, acceptance: "2026-11-26", ready: "2026-12-01", arrival: "2026-12-01", ship: "2026-11-26", rules: "CUT-4 CUT-5"},
		{name: "truck to Okinawa", received: "2026-11-24 13:00", channel: "web", class: "truck", region: rules.RegionOkinawa, acceptance: "2026-11-24", ready: "2026-11-28", arrival: "2026-11-30", ship: "2026-11-25", rules: "CUT-4 CUT-5 CUT-6"},
		{name: "phone by fax goes by the fax cut-off", received: "2026-11-24 17:00:01", channel: "fax", class: "phone", designated: "2026-11-29", acceptance: "2026-11-25", rules: "CUT-4 CUT-6"},

		// CUT-7: designated dates.
		{name: "next month ships the day before", received: "2026-11-24 10:00", channel: "web", designated: "2026-12-22", acceptance: "2026-11-24", ready: "2026-11-25", arrival: "2026-12-22", ship: "2026-12-21", rules: "CUT-4 CUT-5 CUT-7"},
		{name: "Monday designated ships on Saturday", received: "2026-11-24 10:00", channel: "web", designated: "2026-12-07", acceptance: "2026-11-24", ready: "2026-11-25", arrival: "2026-12-07", ship: "2026-12-05", rules: "CUT-4 CUT-5 CUT-7"},
		{name: "after New Year designated ships before", received: "2026-12-10 10:00", channel: "web", designated: "2027-01-04", acceptance: "2026-12-10", ready: "2026-12-11", arrival: "2027-01-04", ship: "2026-12-29", rules: "CUT-4 CUT-5 CUT-7"},
		{name: "the ready day itself", received: "2026-11-24 10:00", channel: "web", designated: "2026-11-25", acceptance: "2026-11-24", ready: "2026-11-25", arrival: "2026-11-25", ship: "2026-11-24", rules: "CUT-4 CUT-5 CUT-7"},
		{name: "web too early", received: "2026-11-24 17:30:01", channel: "web", designated: "2026-11-25", refused: "too early", earliest: "2026-11-26"},
		{name: "web in the past", received: "2026-11-24 10:00", channel: "web", designated: "2026-11-20", refused: "too early", earliest: "2026-11-25"},
		{name: "web too early, Saturday is the earliest", received: "2026-11-27 10:00", channel: "web", designated: "2026-11-27", refused: "too early", earliest: "2026-11-28"},
		{name: "web too early, no Saturday", received: "2026-11-27 10:00", channel: "web", designated: "2026-11-27", noSaturday: true, refused: "too early", earliest: "2026-11-30"},
		{name: "web Saturday", received: "2026-11-24 10:00", channel: "web", designated: "2026-11-28", acceptance: "2026-11-24", ready: "2026-11-25", arrival: "2026-11-28", ship: "2026-11-27", rules: "CUT-4 CUT-5 CUT-7"},
		{name: "web Saturday, no_saturday item", received: "2026-11-24 10:00", channel: "web", designated: "2026-11-28", noSaturday: true, refused: "Saturday", earliest: "2026-11-25"},
		{name: "web Saturday, truck", received: "2026-11-24 10:00", channel: "web", class: "truck", designated: "2026-12-05", refused: "Saturday", earliest: "2026-11-26"},
		{name: "web Sunday", received: "2026-11-24 10:00", channel: "web", designated: "2026-11-29", refused: "a Sunday", earliest: "2026-11-25"},
		{name: "web holiday", received: "2026-11-20 10:00", channel: "web", designated: "2026-11-23", refused: "勤労感謝の日", earliest: "2026-11-21"},
		{name: "web closure", received: "2026-12-20 10:00", channel: "web", designated: "2026-12-31", refused: "年末年始休業", earliest: "2026-12-22"},
		{name: "web holiday Saturday", received: "2029-10-29 10:00", channel: "web", designated: "2029-11-03", refused: "文化の日", earliest: "2029-10-30"},
		{name: "sixty days", received: "2026-11-24 10:00", channel: "web", designated: "2027-01-22", acceptance: "2026-11-24", ready: "2026-11-25", arrival: "2027-01-22", ship: "2027-01-21", rules: "CUT-4 CUT-5 CUT-7"},
		{name: "the sixtieth day", received: "2026-11-27 10:00", channel: "web", designated: "2027-01-26", acceptance: "2026-11-27", ready: "2026-11-28", arrival: "2027-01-26", ship: "2027-01-25", rules: "CUT-4 CUT-5 CUT-7"},
		{name: "the sixty-first day", received: "2026-11-27 10:00", channel: "web", designated: "2027-01-27", refused: "60 days", earliest: "2026-11-28"},
		{name: "sixty days count from receipt, not acceptance", received: "2026-11-28 18:00", channel: "web", designated: "2027-01-28", refused: "beyond 2027-01-27", earliest: "2026-12-01"},

		// CUT-7 on a fax: moved, not refused, but beyond sixty days.
		{name: "fax too early", received: "2026-11-24 17:00:01", channel: "fax", designated: "2026-11-25", acceptance: "2026-11-25", ready: "2026-11-26", arrival: "2026-11-26", ship: "2026-11-25", rules: "CUT-4 CUT-5 CUT-7", moved: true},
		{name: "fax too early, ready on Saturday", received: "2026-11-27 10:00", channel: "fax", designated: "2026-11-27", acceptance: "2026-11-27", ready: "2026-11-28", arrival: "2026-11-30", ship: "2026-11-28", rules: "CUT-4 CUT-5 CUT-7", moved: true},
		{name: "fax Sunday", received: "2026-11-24 10:00", channel: "fax", designated: "2026-11-29", acceptance: "2026-11-24", ready: "2026-11-25", arrival: "2026-11-30", ship: "2026-11-28", rules: "CUT-4 CUT-5 CUT-7", moved: true},
		{name: "fax Saturday, truck", received: "2026-11-24 10:00", channel: "fax", class: "truck", designated: "2026-12-05", acceptance: "2026-11-24", ready: "2026-11-26", arrival: "2026-12-07", ship: "2026-12-04", rules: "CUT-4 CUT-6 CUT-7", moved: true},
		{name: "fax New Year's Day", received: "2026-12-10 10:00", channel: "fax", designated: "2027-01-01", acceptance: "2026-12-10", ready: "2026-12-11", arrival: "2027-01-04", ship: "2026-12-29", rules: "CUT-4 CUT-5 CUT-7", moved: true},
		{name: "fax sixty-first day", received: "2026-11-27 10:00", channel: "fax", designated: "2027-01-27", refused: "60 days", earliest: "2026-11-28"},
		{name: "fax sixtieth day a Sunday moves past it", received: "2026-11-25 10:00", channel: "fax", designated: "2027-01-24", acceptance: "2026-11-25", ready: "2026-11-26", arrival: "2027-01-25", ship: "2027-01-23", rules: "CUT-4 CUT-5 CUT-7", moved: true},

		// CUT-3, CUT-9, CUT-11: reviewed late.
		{name: "keyed at 17:40", received: "2026-11-24 16:59", now: "2026-11-24 17:40", channel: "fax", acceptance: "2026-11-24", ready: "2026-11-25", arrival: "2026-11-25", ship: "2026-11-24", rules: "CUT-4 CUT-5"},
		{name: "at the dispatch deadline", received: "2026-11-24 16:59", now: "2026-11-24 18:30:00", channel: "fax", acceptance: "2026-11-24", ready: "2026-11-25", arrival: "2026-11-25", ship: "2026-11-24", rules: "CUT-4 CUT-5"},
		{name: "a second after it", received: "2026-11-24 16:59", now: "2026-11-24 18:30:01", channel: "fax", acceptance: "2026-11-24", ready: "2026-11-26", arrival: "2026-11-26", ship: "2026-11-25", rules: "CUT-4 CUT-5 CUT-11", late: true},
		{name: "truck after its deadline", received: "2026-11-24 12:00", now: "2026-11-24 14:30:01", channel: "fax", class: "truck", acceptance: "2026-11-24", ready: "2026-11-27", arrival: "2026-11-27", ship: "2026-11-25", rules: "CUT-4 CUT-6 CUT-11", late: true},
		{name: "truck missed but Friday still reaches Monday", received: "2026-11-26 12:00", now: "2026-11-26 16:00", channel: "fax", class: "truck", acceptance: "2026-11-26", ready: "2026-11-28", arrival: "2026-11-30", ship: "2026-11-27", rules: "CUT-4 CUT-6"},
		{name: "Friday missed but Saturday still reaches Monday", received: "2026-11-27 16:00", now: "2026-11-28 09:00", channel: "fax", acceptance: "2026-11-27", ready: "2026-11-28", arrival: "2026-11-30", ship: "2026-11-28", rules: "CUT-4 CUT-5"},
		{name: "reviewed a month later", received: "2026-10-20 10:00", now: "2026-11-24 10:00", channel: "fax", acceptance: "2026-10-20", ready: "2026-11-25", arrival: "2026-11-25", ship: "2026-11-24", rules: "CUT-4 CUT-5 CUT-11", late: true},
		{name: "reviewed on a Sunday", received: "2026-11-27 10:00", now: "2026-11-29 10:00", channel: "fax", acceptance: "2026-11-27", ready: "2026-12-01", arrival: "2026-12-01", ship: "2026-11-30", rules: "CUT-4 CUT-5 CUT-11", late: true},
		{name: "designated date still reachable", received: "2026-11-24 10:00", now: "2026-11-26 10:00", channel: "fax", designated: "2026-11-27", acceptance: "2026-11-24", ready: "2026-11-25", arrival: "2026-11-27", ship: "2026-11-26", rules: "CUT-4 CUT-5 CUT-7"},
		{name: "designated date missed", received: "2026-11-24 10:00", now: "2026-11-26 19:00", channel: "web", designated: "2026-11-27", acceptance: "2026-11-24", ready: "2026-11-28", arrival: "2026-11-30", ship: "2026-11-28", rules: "CUT-4 CUT-5 CUT-7 CUT-11", moved: true, late: true},
		{name: "refused date offers what is still reachable", received: "2026-11-24 10:00", now: "2026-11-24 19:00", channel: "web", designated: "2026-11-24", refused: "too early", earliest: "2026-11-26"},
		{name: "a clock behind the receipt counts as the receipt", received: "2026-11-24 10:00", now: "2026-11-20 10:00", channel: "web", acceptance: "2026-11-24", ready: "2026-11-25", arrival: "2026-11-25", ship: "2026-11-24", rules: "CUT-4 CUT-5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := rules.Wish{
				Channel: tt.channel, Class: tt.class, ReceivedAt: jst(t, tt.received),
				DesignatedOn: day(t, tt.designated), NoSaturday: tt.noSaturday,
			}
			if w.Class == "" {
				w.Class = order.ClassNormal
			}
			if tt.region == "" {
				tt.region = rules.RegionHonshu
			}
			w.Region = region(t, tt.region)
			if tt.now != "" {
				w.Now = jst(t, tt.now)
			}
			d, err := rules.Promise(w, rules.Default(), rules.DefaultCalendar())
			if tt.refused != "" {
				if err == nil || err.Rule != "CUT-7" || err.Kind != order.KindInvalid || !strings.Contains(err.Message, tt.refused) || err.Suggest != tt.earliest {
					t.Fatalf("error %v, earliest %q; want %q, %q", err, suggested(err), tt.refused, tt.earliest)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := rules.Dates{
				AcceptanceOn: day(t, tt.acceptance), ReadyOn: day(t, tt.ready), ArrivalOn: day(t, tt.arrival), ShipOn: day(t, tt.ship),
				Rules: strings.Fields(tt.rules), Moved: tt.moved, Late: tt.late,
			}
			if !reflect.DeepEqual(d, want) {
				t.Errorf("got  %+v\nwant %+v", d, want)
			}
		})
	}
}

func suggested(e *order.Error) string {
	if e == nil {
		return ""
	}
	return e.Suggest
}

func TestPromiseRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	good := rules.Wish{Channel: "web", Class: "normal", Region: region(t, rules.RegionHonshu), ReceivedAt: jst(t, "2026-11-24 10:00")}
	for field, change := range map[string]func(*rules.Wish){
		"channel":  func(w *rules.Wish) { w.Channel = "phone" },
		"class":    func(w *rules.Wish) { w.Class = "" },
		"received": func(w *rules.Wish) { w.ReceivedAt = time.Time{} },
	} {
		w := good
		change(&w)
		if _, err := rules.Promise(w, rules.Default(), rules.DefaultCalendar()); err == nil || err.Field != field {
			t.Errorf("%s: error %v", field, err)
		}
	}
	far := good
	far.ReceivedAt = time.Date(292_277_022, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := rules.Promise(far, rules.Default(), rules.DefaultCalendar()); err == nil || err.Rule != "CUT-3" {
		t.Errorf("error %v", err)
	}
}

// FuzzPromise holds every promise to what must be true of all: it does not fail, hang or lie
// in the past, arrives on a day of delivery, ships on a business day from which the lead time
// reaches the arrival, and never becomes earlier for having been received later.
func FuzzPromise(f *testing.F) {
	f.Add(int64(0), uint32(0), uint8(0), uint8(0), uint8(0), int16(-1), false, uint32(1))
	f.Add(int64(86400*3+61200), uint32(5400), uint8(0), uint8(0), uint8(1), int16(4), true, uint32(3600))
	f.Add(int64(86400*36), uint32(864000), uint8(1), uint8(1), uint8(5), int16(61), false, uint32(86400))
	f.Add(int64(86400*365*9), uint32(0), uint8(1), uint8(2), uint8(4), int16(60), true, uint32(7))
	s, c := rules.Default(), rules.DefaultCalendar()
	regions := rules.DefaultRegions(s)
	from := order.D(2026, time.November, 24).Start()
	f.Fuzz(func(t *testing.T, second int64, waited uint32, channel, class, regionNo uint8, designated int16, noSaturday bool, later uint32) {
		const years = 20 * 366 * 24 * 60 * 60
		w := rules.Wish{
			Channel:    []order.Channel{order.ChannelFax, order.ChannelWeb}[channel%2],
			Class:      []order.Class{order.ClassNormal, order.ClassTruck, order.ClassPhone}[class%3],
			Region:     regions[int(regionNo)%len(regions)],
			ReceivedAt: from.Add(time.Duration(second%years) * time.Second),
			NoSaturday: noSaturday,
		}
		w.Now = w.ReceivedAt.Add(time.Duration(waited%(90*24*60*60)) * time.Second)
		received := order.DateOf(w.ReceivedAt)
		if designated >= 0 {
			w.DesignatedOn = received.Add(int(designated%100) - 10)
		}
		d, err := rules.Promise(w, s, c)
		if err != nil {
			switch {
			case err.Rule != "CUT-7" || w.DesignatedOn.IsZero() || w.Class == order.ClassPhone:
				t.Fatalf("%+v: %v", w, err)
			case w.Channel == order.ChannelFax && w.DesignatedOn.Sub(received) <= 60:
				t.Fatalf("%+v: a fax was refused: %v", w, err)
			}
			// What is offered is taken.
			w.DesignatedOn = day(t, err.Suggest)
			if d, err = rules.Promise(w, s, c); err != nil {
				if w.DesignatedOn.Sub(received) > 60 {
					return // reviewed so late that sixty days are over
				}
				t.Fatalf("%+v: the offered date is refused: %v", w, err)
			}
			if d.ArrivalOn != w.DesignatedOn || d.Moved {
				t.Fatalf("%+v: the offered date became %s", w, d.ArrivalOn)
			}
		}
		if !c.Business(d.AcceptanceOn) || d.AcceptanceOn.Before(received) {
			t.Fatalf("%+v: accepted %s", w, d.AcceptanceOn)
		}
		if w.Class == order.ClassPhone {
			if !d.ArrivalOn.IsZero() || !d.ShipOn.IsZero() || !d.ReadyOn.IsZero() {
				t.Fatalf("%+v: %+v promises a phone-mark date", w, d)
			}
			return
		}
		lead := 1 + w.Region.LeadDays
		deadline := order.Clock{Hour: 18, Minute: 30}
		if w.Class == order.ClassTruck {
			lead, deadline = lead+1, order.Clock{Hour: 14, Minute: 30}
		}
		saturday := d.ArrivalOn.Weekday() == time.Saturday
		switch {
		case !c.Business(d.ArrivalOn) || !c.Business(d.ShipOn) || !c.Business(d.ReadyOn):
			t.Fatalf("%+v: %+v not all business days", w, d)
		case saturday && (w.Class == order.ClassTruck || w.NoSaturday || d.ArrivalOn != w.DesignatedOn):
			t.Fatalf("%+v: arrives on Saturday %s", w, d.ArrivalOn)
		case d.ReadyOn.After(d.ArrivalOn) || d.AcceptanceOn.After(d.ShipOn) || !d.ShipOn.Before(d.ArrivalOn):
			t.Fatalf("%+v: %+v out of order", w, d)
		case c.AddBusiness(d.ShipOn, lead) != d.ArrivalOn:
			t.Fatalf("%+v: ships %s for %s", w, d.ShipOn, d.ArrivalOn)
		case w.Now.After(d.ShipOn.At(deadline)):
			t.Fatalf("%+v: ship day %s is past", w, d.ShipOn)
		case !order.DateOf(w.Now).Before(d.ArrivalOn):
			t.Fatalf("%+v: arrival %s is not ahead", w, d.ArrivalOn)
		case d.Late != slices.Contains(d.Rules, "CUT-11"):
			t.Fatalf("%+v: %+v", w, d)
		}
		// Later received, never earlier promised.
		after := w
		after.ReceivedAt = after.ReceivedAt.Add(time.Duration(later%(30*24*60*60)) * time.Second)
		if after.ReceivedAt.After(after.Now) {
			after.Now = after.ReceivedAt
		}
		e, err := rules.Promise(after, s, c)
		if err != nil {
			return
		}
		if e.AcceptanceOn.Before(d.AcceptanceOn) || e.ArrivalOn.Before(d.ArrivalOn) || e.ShipOn.Before(d.ShipOn) {
			t.Fatalf("received %s: %+v\nreceived %s: %+v", w.ReceivedAt, d, after.ReceivedAt, e)
		}
	})
}

// TestCUT11DeadlineOfItsDay: an order is judged by the settings of its receipt, and leaves with the
// waves of the day on which it ships.
func TestCUT11DeadlineOfItsDay(t *testing.T) {
	t.Parallel()
	earlier := order.Clock{Hour: 17}
	s := rules.Default()
	s.Changes = []rules.Change{{From: day(t, "2026-12-01"), DispatchDeadline: &earlier}}
	for _, of := range []rules.Settings{s, s.On(day(t, "2026-11-30"))} {
		for now, want := range map[string]string{"2026-11-30 17:30:00": "2026-12-01", "2026-12-01 17:00:00": "2026-12-02", "2026-12-01 17:00:01": "2026-12-03"} {
			d, err := rules.Promise(rules.Wish{
				Channel: order.ChannelFax, Class: order.ClassNormal, Region: region(t, rules.RegionHonshu), ReceivedAt: jst(t, "2026-11-30 16:50"), Now: jst(t, now),
			}, of, rules.DefaultCalendar())
			if err != nil || d.ArrivalOn != day(t, want) || d.AcceptanceOn != day(t, "2026-11-30") {
				t.Errorf("read at %s: accepted %s, arrives %s, want %s (%v)", now, d.AcceptanceOn, d.ArrivalOn, want, err)
			}
		}
	}
}

// TestCUT5AcceptSaysWhy: the event of a promise says in its text and inputs which facts made it that day
// (CUT-1, CUT-2, CUT-5, CUT-6, CUT-7, CUT-10, CUT-11), and goes by the rule that decided.
func TestCUT5AcceptSaysWhy(t *testing.T) {
	t.Parallel()
	const hokkaido = "北海道"
	for name, c := range map[string]struct {
		channel    order.Channel
		received   string
		now        string
		item       string
		prefecture string
		designated string
		rule, want string
	}{
		"in time": {received: "2026-11-24 17:30", rule: "CUT-5", want: "received by the cut-off 17:30 (CUT-2); goods take 1 business day(s) (CUT-5)"},
		"after the cut-off": {
			channel: order.ChannelFax, received: "2026-11-20 17:00:01", rule: "CUT-5",
			want: "received after the cut-off 17:00 (CUT-2); 2026-11-22 is a Sunday (CUT-1); 2026-11-23 is a holiday: 勤労感謝の日 (CUT-10); goods take 1 business day(s) (CUT-5)",
		},
		"a Sunday, then a holiday, to Hokkaido": {
			received: "2026-11-22 15:06", prefecture: hokkaido, rule: "CUT-5",
			want: "received on 2026-11-22, a Sunday (CUT-1); 2026-11-23 is a holiday: 勤労感謝の日 (CUT-10); goods take 1 business day(s) (CUT-5); region hokkaido takes 1 more (CUT-5)",
		},
		"after Hokkaido's cut-off": {
			received: "2026-11-24 15:31", prefecture: hokkaido, rule: "CUT-5",
			want: "received after the cut-off 15:30 (CUT-2); goods take 1 business day(s) (CUT-5); region hokkaido takes 1 more (CUT-5)",
		},
		"a holiday": {received: "2026-11-23 10:00", rule: "CUT-5", want: "received on 2026-11-23, a holiday: 勤労感謝の日 (CUT-10); goods take 1 business day(s) (CUT-5)"},
		"over New Year": {
			received: "2026-12-29 17:31", rule: "CUT-5",
			want: "received after the cut-off 17:30 (CUT-2); closed on 2026-12-30 – 2026-12-31: 年末年始休業 (CUT-1); 2027-01-01 is a holiday: 元日 (CUT-10); closed on 2027-01-02 – 2027-01-03: 年末年始休業 (CUT-1); goods take 1 business day(s) (CUT-5)",
		},
		"trucks": {
			received: "2026-11-26 12:00", item: cabinet, rule: "CUT-6",
			want: "received by the cut-off 13:00 (CUT-6); 2026-11-28 is a Saturday, no delivery day (CUT-1); 2026-11-29 is a Sunday (CUT-1); truck-mark goods take 2 business day(s) (CUT-6)",
		},
		"a day asked for": {received: "2026-11-24 10:00", designated: "2026-12-10", rule: "CUT-7", want: "received by the cut-off 17:30 (CUT-2); goods take 1 business day(s) (CUT-5); the customer asked for 2026-12-10 (CUT-7)"},
		"dispatch missed": {
			received: "2026-11-24 17:30", now: "2026-11-24 18:31", rule: "CUT-11",
			want: "received by the cut-off 17:30 (CUT-2); goods take 1 business day(s) (CUT-5); the dispatch deadline of an earlier ship day had passed (CUT-11)",
		},
		"made to order": {received: "2026-11-22 10:00", item: madeChair, rule: "CUT-6", want: "received on 2026-11-22, a Sunday (CUT-1); 2026-11-23 is a holiday: 勤労感謝の日 (CUT-10)"},
	} {
		f := facts(t)
		if c.prefecture != "" {
			f.Department.Prefecture, f.Department.PostalCode = c.prefecture, "0600001"
		}
		if c.channel == "" {
			c.channel = order.ChannelWeb
		}
		if c.item == "" {
			c.item = pen
		}
		req := request(t, c.channel, c.received, lines(c.item, 10))
		if c.designated != "" {
			req.DesignatedOn = day(t, c.designated)
		}
		now := req.ReceivedAt
		if c.now != "" {
			now = jst(t, c.now)
		}
		_, events := mustAccept(t, req, f, now)
		i := slices.IndexFunc(events, func(e order.Event) bool { return e.Kind == order.EventPromised })
		if i < 0 {
			t.Fatalf("%s: nothing promised", name)
		}
		var in struct {
			Why []string `json:"why"`
		}
		if err := json.Unmarshal(events[i].Inputs, &in); err != nil || strings.Join(in.Why, "; ") != c.want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", name, err, strings.Join(in.Why, "; "), c.want)
		}
		if events[i].Rule != c.rule || !strings.HasSuffix(events[i].Text, " Why: "+c.want+".") {
			t.Errorf("%s: %s %s", name, events[i].Rule, events[i].Text)
		}
	}
}
