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
	head := strings.Join(rules.ChangeColumns, ",") + "\n"
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
