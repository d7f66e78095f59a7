package rules_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"todoke/order"
	"todoke/rules"
)

// TestDefaultSettings holds the defaults to the rule book's numbers.
func TestDefaultSettings(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{
		"CUT-2 fax":         s.CutoffFax.String() == "17:00",
		"CUT-2 web":         s.CutoffWeb.String() == "17:30",
		"CUT-3":             s.WebClockToleranceMinutes == 5,
		"CUT-5":             s.ReadyDays == 1,
		"CUT-6":             s.CutoffTruck.String() == "13:00" && s.TruckReadyDays == 2,
		"CUT-7":             s.DesignatedLimitDays == 60,
		"CUT-11":            s.Deadline("", order.ClassNormal).String() == "18:30" && s.Deadline("", order.ClassTruck).String() == "14:30",
		"CAN-1":             s.CancelWindow() == 10*time.Minute,
		"FEE-1":             s.FeeFreeFromYen == 2500 && s.FeeYen == 300 && s.FeeTaxRate == 10,
		"TAX-1":             reflect.DeepEqual(s.TaxRates, []order.Percent{10, 8}),
		"TAX-2":             s.TaxRounding == rules.RoundDown,
		"CUT-1":             len(s.Closures) == 1 && s.Closures[0].From.String() == "12-30" && s.Closures[0].To.String() == "01-03",
		"codes of the form": s.Scheme() == order.DefaultScheme() && s.ShipToCodeDigits == 3,
	} {
		if !ok {
			t.Errorf("%s: the default differs from the rule book: %+v", name, s)
		}
	}
}

func TestSettingsTravel(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	early := order.Clock{Hour: 17, Minute: 15}
	s.WarehouseDeadlines = []rules.WarehouseDeadline{{Warehouse: "W3", Normal: &early}}
	for name, trip := range map[string]func(rules.Settings, *rules.Settings) error{
		"json": func(in rules.Settings, out *rules.Settings) error {
			b, err := json.Marshal(in)
			if err != nil {
				return err
			}
			return json.Unmarshal(b, out)
		},
		"yaml": func(in rules.Settings, out *rules.Settings) error {
			b, err := yaml.Marshal(in)
			if err != nil {
				return err
			}
			return yaml.Unmarshal(b, out)
		},
	} {
		var back rules.Settings
		if err := trip(s, &back); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(back, s) {
			t.Errorf("%s: got %+v, want %+v", name, back, s)
		}
	}
}

// TestSettingsFromYAML: a file changes what it names and leaves the rest.
func TestSettingsFromYAML(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	err := yaml.Unmarshal([]byte(`
fee_yen: 350
cutoff_fax: 16:30
closures:
  - {from: "08-13", to: "08-15", name: 夏季休業}
  - {from: 12-29, to: 01-04}
warehouse_deadlines:
  - {warehouse: W2, truck: "14:00"}
`), &s)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if s.FeeYen != 350 || s.CutoffFax.String() != "16:30" || s.FeeFreeFromYen != 2500 || len(s.Closures) != 2 || s.Closures[1].To.String() != "01-04" {
		t.Errorf("settings %+v", s)
	}
	if got := s.Deadline("W2", order.ClassTruck); got.String() != "14:00" {
		t.Errorf("truck deadline of W2 %s", got)
	}
	if got := s.Deadline("W2", order.ClassNormal); got.String() != "18:30" {
		t.Errorf("normal deadline of W2 %s", got)
	}
	if err := yaml.Unmarshal([]byte("cutoff_fax: 25:00"), &s); err == nil || !strings.Contains(err.Error(), "25:00") {
		t.Errorf("error %v", err)
	}
	if err := yaml.Unmarshal([]byte(`closures: [{from: "13-01", to: "01-03"}]`), &s); err == nil || !strings.Contains(err.Error(), "13-01") {
		t.Errorf("error %v", err)
	}
}

// TestSettingsChangeOnTheirDay: a fee entered beforehand holds from its day of receipt on.
func TestSettingsChangeOnTheirDay(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	err := yaml.Unmarshal([]byte(`
changes:
  - {from: 2027-04-01, fee_yen: 350, designated_limit_days: 30}
  - {from: 2026-12-01, fee_yen: 320, fee_free_from_yen: 3000, cancel_window_minutes: 15}
`), &s)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	for on, want := range map[string][3]int{
		"2026-11-30": {300, 2500, 60}, "2026-12-01": {320, 3000, 60}, "2027-03-31": {320, 3000, 60}, "2027-04-01": {350, 3000, 30},
	} {
		got := s.On(day(t, on))
		if int(got.FeeYen) != want[0] || int(got.FeeFreeFromYen) != want[1] || got.DesignatedLimitDays != want[2] {
			t.Errorf("%s: fee %d from %d, %d days; want %v", on, got.FeeYen, got.FeeFreeFromYen, got.DesignatedLimitDays, want)
		}
	}
	f := facts(t)
	f.Settings.Changes = s.Changes
	for received, want := range map[string]order.Yen{"2026-11-30 23:59:59": 0, "2026-12-01 00:00:00": 320} {
		o, _ := mustAccept(t, request(t, order.ChannelWeb, received, lines(paper, 5)), f, time.Time{})
		if o.FeeYen != want {
			t.Errorf("%s: fee %d, want %d", received, o.FeeYen, want)
		}
		if w := o.CancelUntil.Sub(o.ReceivedAt); (w == 15*time.Minute) != (want == 320) {
			t.Errorf("%s: cancel window %s", received, w)
		}
	}
	w := rules.Wish{Channel: "web", Class: "normal", Region: region(t, rules.RegionHonshu), ReceivedAt: jst(t, "2027-04-01 10:00"), DesignatedOn: day(t, "2027-05-06")}
	if _, err := rules.Promise(w, s, rules.DefaultCalendar()); err == nil || !strings.Contains(err.Message, "30 days") {
		t.Errorf("error %v", err)
	}
}

func TestSettingsValidateNamesEachKey(t *testing.T) {
	t.Parallel()
	if err := (rules.Settings{}).Validate(); err == nil {
		t.Error("empty settings are valid")
	}
	for key, change := range map[string]func(*rules.Settings){
		"cutoff_fax":                       func(s *rules.Settings) { s.CutoffFax.Hour = 24 },
		"cutoff_web":                       func(s *rules.Settings) { s.CutoffWeb.Minute = -1 },
		"cutoff_truck":                     func(s *rules.Settings) { s.CutoffTruck.Second = 60 },
		"dispatch_deadline":                func(s *rules.Settings) { s.DispatchDeadline.Hour = 99 },
		"dispatch_deadline_truck":          func(s *rules.Settings) { s.DispatchDeadlineTruck.Hour = 99 },
		"dispatch_grace_minutes":           func(s *rules.Settings) { s.DispatchGraceMinutes = -1 },
		"warehouse_deadlines[0].warehouse": func(s *rules.Settings) { s.WarehouseDeadlines = []rules.WarehouseDeadline{{}} },
		"warehouse_deadlines[1].warehouse": func(s *rules.Settings) {
			s.WarehouseDeadlines = []rules.WarehouseDeadline{{Warehouse: "W1"}, {Warehouse: "W1"}}
		},
		"changes[0].from": func(s *rules.Settings) { s.Changes = []rules.Change{{}} },
		"changes[1].fee_yen": func(s *rules.Settings) {
			s.Changes = []rules.Change{{From: order.D(2026, 12, 1)}, {From: order.D(2026, 12, 2), FeeYen: new(order.Yen(-1))}}
		},
		"ready_days":                  func(s *rules.Settings) { s.ReadyDays = 0 },
		"truck_ready_days":            func(s *rules.Settings) { s.TruckReadyDays = 1000 },
		"designated_limit_days":       func(s *rules.Settings) { s.DesignatedLimitDays = 0 },
		"closures[0]":                 func(s *rules.Settings) { s.Closures = []rules.Closure{{}} },
		"closures":                    func(s *rules.Settings) { s.Closures[0].To = rules.MonthDay{Month: time.August, Day: 1} },
		"web_clock_tolerance_minutes": func(s *rules.Settings) { s.WebClockToleranceMinutes = -5 },
		"fax_clock_ahead_minutes":     func(s *rules.Settings) { s.FaxClockAheadMinutes = -5 },
		"fax_clock_behind_minutes":    func(s *rules.Settings) { s.FaxClockBehindMinutes = 1 << 40 },
		"cancel_window_minutes":       func(s *rules.Settings) { s.CancelWindowMinutes = -1 },
		"fee_free_from_yen":           func(s *rules.Settings) { s.FeeFreeFromYen = -1 },
		"fee_yen":                     func(s *rules.Settings) { s.FeeYen = 1 << 60 },
		"fee_tax_rate":                func(s *rules.Settings) { s.FeeTaxRate = 101 },
		"tax_rates":                   func(s *rules.Settings) { s.TaxRates = nil },
		"tax_rates[1]":                func(s *rules.Settings) { s.TaxRates[1] = -8 },
		"tax_rounding":                func(s *rules.Settings) { s.TaxRounding = "bankers" },
		"max_lines":                   func(s *rules.Settings) { s.MaxLines = 0 },
		"max_line_quantity":           func(s *rules.Settings) { s.MaxLineQuantity = 1 << 40 },
		"max_unit_price_yen":          func(s *rules.Settings) { s.MaxUnitPriceYen = 0 },
		"item_code_digits":            func(s *rules.Settings) { s.ItemCodeDigits = 99 },
		"customer_code_digits":        func(s *rules.Settings) { s.CustomerCodeDigits = -1 },
		"ship_to_code_digits":         func(s *rules.Settings) { s.ShipToCodeDigits = -1 },
	} {
		s := rules.Default()
		change(&s)
		err := s.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), key+": ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", key, err)
		}
	}
}

func FuzzMonthDay(f *testing.F) {
	for _, seed := range []string{"12-30", "02-29", "13-01", "1-1", "", "12-30-01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := rules.ParseMonthDay(s)
		if err == nil && m.String() != s {
			t.Errorf("%q became %s", s, m)
		}
	})
}
