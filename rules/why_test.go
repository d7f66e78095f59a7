package rules_test

import (
	"testing"

	"todoke/order"
	"todoke/rules"
)

func TestWhyReview(t *testing.T) {
	t.Parallel()
	bad := func(rules ...string) []*order.Error {
		var all []*order.Error
		for _, r := range rules {
			all = append(all, order.Invalid(r, "", "x"))
		}
		return all
	}
	form := &order.Draft{Form: "order", Decision: order.DecisionReview}
	for name, c := range map[string]struct {
		reasons []*order.Error
		draft   *order.Draft
		want    rules.Why
	}{
		"fields in doubt":          {bad("FAX-2", "FAX-2"), form, rules.WhyDoubt},
		"doubt and a rule":         {bad("ITM-1", "FAX-2"), form, rules.WhyDoubt},
		"settled":                  {nil, form, rules.WhyDoubt},
		"its time decided":         {nil, &order.Draft{Form: "order", Fields: []order.DraftField{{Name: "received_at"}}}, rules.WhyTime},
		"a rule alone":             {bad("ITM-1"), form, rules.WhyRule},
		"sent again, and in doubt": {bad("FAX-2", "FAX-5"), form, rules.WhyResend},
		"a mail":                   {bad("FAX-1"), nil, rules.WhyMail},
		"two clocks":               {bad("CUT-3"), nil, rules.WhyTime},
		"not decoded":              {bad(""), nil, rules.WhyFailed},
		"unreadable":               {bad("FAX-2"), &order.Draft{Decision: order.DecisionUnreadable}, rules.WhyFailed},
		"a letter":                 {bad("FAX-2"), &order.Draft{Decision: order.DecisionNotAForm}, rules.WhyUnknown},
		"white":                    {bad("FAX-2"), &order.Draft{Decision: order.DecisionBlank}, rules.WhyUnknown},
	} {
		if got := rules.WhyReview(c.reasons, c.draft); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
