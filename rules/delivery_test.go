package rules_test

import (
	"testing"
	"time"

	"todoke/rules"
)

func TestPlanDelivery(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC) // 10:00 in Japan
	at := func(minutes int) time.Time { return created.Add(time.Duration(minutes) * time.Minute) }
	tries := func(texts ...string) []rules.Attempt { // "a t": way a, temporary
		var out []rules.Attempt
		outcomes := map[byte]rules.AttemptOutcome{'t': rules.AttemptTemporary, 'p': rules.AttemptPermanent, 'u': rules.AttemptUncertain, 'r': rules.AttemptReturned, 's': rules.AttemptSent}
		for i, s := range texts {
			out = append(out, rules.Attempt{Way: s[:1], Outcome: outcomes[s[2]], At: at(i)})
		}
		return out
	}
	ab := []string{"a", "b"}
	tests := []struct {
		name    string
		channel string
		ways    []string
		past    []rules.Attempt
		now     time.Time
		way     string
		low     time.Time // of NotBefore
		high    time.Time
		why     string
	}{
		{"first", "fax", ab, nil, at(0), "a", at(0), at(0), ""},
		{"once failed", "fax", ab, tries("a t"), at(0), "a", at(0).Add(45 * time.Second), at(1), ""},
		{"failed long ago", "fax", ab, tries("a t"), at(90), "a", at(90), at(90), ""},
		{"twice failed", "fax", ab, tries("a t", "a t"), at(1), "a", at(1).Add(90 * time.Second), at(3), ""},
		{"thrice failed", "fax", ab, tries("a t", "a t", "a t"), at(2), "b", at(5), at(6), ""},
		{"the second failed, too", "fax", ab, tries("a t", "a t", "a t", "b t", "b t", "b t"), at(5), "a", at(5 + 24), at(5 + 32), ""},
		{"one way alone goes on", "mail", []string{"a"}, tries("a t", "a t", "a t"), at(2), "a", at(5), at(6), ""},
		{"for good", "fax", ab, tries("a p"), at(0), "b", at(0), at(0), ""},
		{"taken back", "fax", ab, tries("a s", "a r"), at(1), "b", at(1), at(1), ""},
		{"both for good", "fax", ab, tries("a p", "b p"), at(1), "", at(0), at(0), "every way failed for good"},
		{"no way", "fax", nil, nil, at(0), "", at(0), at(0), "no way is configured for fax"},
		{"uncertain", "fax", ab, tries("a u"), at(0), "a", at(0).Add(45 * time.Second), at(1), ""},
		{"uncertain after failures", "fax", ab, tries("a t", "a t", "a u"), at(2), "a", at(5), at(6), ""},
		{"thrice uncertain", "fax", ab, tries("a u", "a u", "a u"), at(2), "", at(0), at(0), "it may have arrived: 3 attempts ended without an answer"},
		{"a day", "mail", []string{"a"}, tries("a t"), at(24 * 60), "", at(0), at(0), "not delivered within 24 hours"},
		{"at night", "fax", ab, nil, at(11 * 60), "a", at(21 * 60), at(21 * 60), ""},
		{"after midnight", "fax", ab, nil, at(16 * 60), "a", at(21 * 60), at(21 * 60), ""},
		{"at seven", "fax", ab, nil, at(21 * 60), "a", at(21 * 60), at(21 * 60), ""},
		{"a mail at night", "mail", ab, nil, at(16 * 60), "a", at(16 * 60), at(16 * 60), ""},
		{"a retry into the night", "fax", ab, []rules.Attempt{{Way: "a", Outcome: rules.AttemptTemporary, At: at(660 - 1).Add(50 * time.Second)}}, at(659).Add(50 * time.Second), "a", at(21 * 60), at(21 * 60), ""},
		{"a way that is configured no more", "fax", ab, tries("c t"), at(0), "a", at(0).Add(45 * time.Second), at(1), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := rules.PlanDelivery(7, tt.channel, "acknowledgement", tt.ways, tt.past, created, tt.now, rules.Default())
			if got.Way != tt.way || got.Why != tt.why || tt.way != "" && (got.NotBefore.Before(tt.low) || got.NotBefore.After(tt.high)) ||
				(got.Waits != "") != (tt.way != "" && got.NotBefore.After(tt.now)) {
				t.Errorf("%+v", got)
			}
		})
	}
	s := rules.Default()
	s.FaxQuietExcept = []string{"stockout_notice"}
	if got := rules.PlanDelivery(7, "fax", "stockout_notice", ab, nil, created, at(16*60), s); !got.NotBefore.Equal(at(16 * 60)) {
		t.Errorf("%+v", got)
	}
	s.FaxQuietFrom = s.FaxQuietTo
	if got := rules.PlanDelivery(7, "fax", "x", ab, nil, created, at(16*60), s); !got.NotBefore.Equal(at(16 * 60)) {
		t.Errorf("%+v", got)
	}
	pauses := map[time.Time]bool{}
	for id := range int64(50) {
		pauses[rules.PlanDelivery(id, "mail", "x", ab, tries("a t"), created, at(0), rules.Default()).NotBefore] = true
	}
	if len(pauses) < 40 {
		t.Errorf("50 deliveries wait for %d times", len(pauses))
	}
}
