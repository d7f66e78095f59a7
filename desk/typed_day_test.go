package desk_test

import (
	"testing"

	"todoke/desk"
	"todoke/order"
)

func TestTypedDay(t *testing.T) {
	t.Parallel()
	today := order.D(2026, 11, 24)
	for typed, want := range map[string]string{
		"12/1": "2026-12-01", "1201": "2026-12-01", "0121": "2027-01-21", "1/21": "2027-01-21", "12月1日": "2026-12-01", "2026-12-10": "2026-12-10",
		"121": "", "12": "", "11": "", "111": "", "13/1": "",
	} {
		on, err := desk.TypedDay(typed, today)
		if (err == nil) != (want != "") || want != "" && on.String() != want {
			t.Errorf("%q is %s (%v), want %q", typed, on, err, want)
		}
	}
}
