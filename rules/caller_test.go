package rules_test

import (
	"testing"

	"todoke/rules"
)

func TestCallerMismatch(t *testing.T) {
	t.Parallel()
	const a, b = "0312345678", "0698765432"
	for name, c := range map[string]struct {
		caller        string
		owners        []string
		customer, fax string
		want          bool
	}{
		"another customer's number":    {a, []string{"A"}, "B", b, true},
		"of several others":            {a, []string{"A", "C"}, "B", b, true},
		"its own":                      {b, []string{"B"}, "B", b, false},
		"shared by two departments":    {a, []string{"A", "B"}, "B", a, false},
		"nobody's number":              {a, nil, "B", b, false},
		"no caller":                    {"", nil, "B", b, false},
		"a customer without a number":  {a, []string{"A"}, "B", "", false},
		"no customer on the form":      {a, []string{"A"}, "", "", false},
		"registered meanwhile, as own": {b, []string{"A"}, "B", b, false},
	} {
		if got := rules.CallerMismatch(c.caller, c.owners, c.customer, c.fax); (got != nil) != c.want || got != nil && got.Rule != "FAX-3" {
			t.Errorf("%s: %v", name, got)
		}
	}
}
