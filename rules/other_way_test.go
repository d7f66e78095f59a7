package rules_test

import (
	"testing"

	"todoke/order"
	"todoke/rules"
)

// TestOtherWay: a document goes to what is registered alone, and never back to where it failed.
func TestOtherWay(t *testing.T) {
	t.Parallel()
	c := &order.Department{Code: "1", Fax: "0312345678", Email: "soumu@aoba.example.jp"}
	bare := &order.Department{Code: "2"}
	for name, x := range map[string]struct {
		c                        *order.Department
		card                     bool
		channel, wasChannel, was string
		to, rule                 string
	}{
		"changed number":       {c, false, "fax", "fax", "0399999999", "0312345678", ""},
		"the same number":      {c, false, "fax", "fax", "0312345678", "", "FAX-3"},
		"by mail instead":      {c, false, "mail", "fax", "0312345678", "soumu@aoba.example.jp", ""},
		"fax to a card payer":  {c, true, "fax", "mail", "x@aoba.example.jp", "", "ACC-5"},
		"mail to a card payer": {c, true, "mail", "mail", "x@aoba.example.jp", "soumu@aoba.example.jp", ""},
		"no number":            {bare, false, "fax", "mail", "x@aoba.example.jp", "", "FAX-3"},
		"no address":           {bare, false, "mail", "fax", "0312345678", "", "FAX-3"},
		"no customer":          {nil, false, "fax", "folder", "E1", "", "FAX-3"},
		"no such channel":      {c, false, "folder", "fax", "0399999999", "", "FAX-3"},
	} {
		to, refused := rules.OtherWay(x.c, x.card, x.channel, x.wasChannel, x.was)
		rule := ""
		if refused != nil {
			rule = refused.Rule
		}
		if to != x.to || rule != x.rule {
			t.Errorf("%s: %q, %q, want %q, %q", name, to, rule, x.to, x.rule)
		}
	}
}
