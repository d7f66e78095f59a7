package rules_test

import (
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func TestParseChanges(t *testing.T) {
	t.Parallel()
	head := "from,fee_free_from_yen,fee_yen,fee_tax_rate,designated_limit_days,cancel_window_minutes\n" // as texts of earlier versions begin
	got, bad := rules.ParseChanges(head+"2026-12-01,,350,,,\n\n2027-01-04,3000,,,30,5\n", rules.Default())
	if len(bad) > 0 || len(got) != 2 || *got[0].FeeYen != 350 || got[0].FeeTaxRate != nil || *got[1].DesignatedLimitDays != 30 {
		t.Fatalf("%+v %v", got, bad)
	}
	s := rules.Default()
	s.Changes = got
	for day, want := range map[int]order.Yen{30: 300, 31: 350} { // of November
		if fee := rules.Fee(1000, s.On(order.D(2026, time.November, day))); fee != want {
			t.Errorf("on day %d the fee is %d, want %d", day, fee, want)
		}
	}
	for text, line := range map[string]int{
		"from,fee\n": 1, head + "2026-12-01,1,2\n": 2, head + "soon,,,,,\n": 2, head + "\n2026-12-01,,-1,,,\n": 3, head + "2026-12-01,,1.5,,,\n": 2,
		head + "2026-12-01,,1,,,\n2026-12-01,,2,,,\n": 3, head + "2026-12-01,,,,9999,\n": 2, head + "2026-12-01,,,200,,\n": 2,
	} {
		if got, bad := rules.ParseChanges(text, rules.Default()); len(bad) == 0 || bad[0].Line != line {
			t.Errorf("%q gives %+v %v, want a mistake in line %d", text, got, bad, line)
		}
	}
}

func TestChangesOfTheDay(t *testing.T) {
	t.Parallel()
	old := "from,fee_yen\n2026-12-01,350\n"
	wide := rules.WidenChanges(old)
	if !strings.HasPrefix(wide, strings.Join(rules.ChangeColumns, ",")+"\n2026-12-01,,350,,") {
		t.Fatalf("widened to %q", wide)
	}
	got, bad := rules.ParseChanges(wide+"2026-12-07,,,,,,17:45,14:00,5,21:00,07:30\n", rules.Default())
	if len(bad) > 0 || len(got) != 2 {
		t.Fatalf("%+v %v", got, bad)
	}
	s := rules.Default()
	s.Changes = got
	if d := s.On(order.D(2026, time.December, 6)).Deadline("", order.ClassNormal); d != s.DispatchDeadline {
		t.Errorf("the day before, dispatch ends at %s", d)
	}
	on := s.On(order.D(2026, time.December, 7))
	if on.Deadline("", order.ClassNormal).String() != "17:45" || on.Deadline("", order.ClassTruck).String() != "14:00" || on.AnswerWaitMinutes != 5 || on.FaxQuietFrom.String() != "21:00" || on.FaxQuietTo.String() != "07:30" || on.FeeYen != 350 {
		t.Errorf("on the day: %+v", on)
	}
	for _, text := range []string{"from,dispatch_deadline\n2026-12-01,25:00\n", "from,answer_wait_minutes\n2026-12-01,soon\n", "fee_yen,from\n1,2026-12-01\n", "from,fee_yen,fee_yen\n"} {
		if got, bad := rules.ParseChanges(text, rules.Default()); len(bad) == 0 {
			t.Errorf("%q gives %+v", text, got)
		}
	}
}
