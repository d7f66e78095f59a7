package rules_test

import (
	"testing"
	"time"

	"todoke/rules"
)

func TestCUT3WebReceivedAt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ ordered, receipt, want string }{
		"a minute before":           {"2026-11-24 17:29:30", "2026-11-24 17:30:30", "2026-11-24 17:29:30"},
		"exactly five minutes":      {"2026-11-24 17:25:00", "2026-11-24 17:30:00", "2026-11-24 17:25:00"},
		"a second more":             {"2026-11-24 17:24:59", "2026-11-24 17:30:00", "2026-11-24 17:30:00"},
		"the same instant":          {"2026-11-24 17:30:00", "2026-11-24 17:30:00", "2026-11-24 17:30:00"},
		"after our receipt":         {"2026-11-24 17:30:01", "2026-11-24 17:30:00", "2026-11-24 17:30:00"},
		"another day":               {"2026-11-23 17:30:00", "2026-11-24 17:30:00", "2026-11-24 17:30:00"},
		"unauthenticated: no claim": {"", "2026-11-24 17:30:00", "2026-11-24 17:30:00"},
	} {
		var ordered time.Time
		if tt.ordered != "" {
			ordered = jst(t, tt.ordered)
		}
		if got := rules.WebReceivedAt(ordered, jst(t, tt.receipt), rules.Default()); !got.Equal(jst(t, tt.want)) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestCUT3FaxReceivedAt(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		return jst(t, s)
	}
	for name, tt := range map[string]struct {
		gateway, header, internal, file, taken string
		want, claim                            string
		review                                 bool
	}{
		"the gateway's time, keyed later":    {gateway: "2026-11-24 16:59", header: "2026-11-24 17:01", internal: "2026-11-24 17:02", taken: "2026-11-24 17:40", want: "2026-11-24 16:59", claim: "gateway"},
		"our mail server's":                  {header: "2026-11-24 17:01", internal: "2026-11-24 17:02", taken: "2026-11-24 17:40", want: "2026-11-24 17:01", claim: "header"},
		"the mailbox's":                      {internal: "2026-11-24 17:02", taken: "2026-11-24 17:40", want: "2026-11-24 17:02", claim: "internal_date"},
		"the file's":                         {file: "2026-11-24 16:58", taken: "2026-11-24 17:40", want: "2026-11-24 16:58", claim: "file"},
		"nothing but our own clock":          {taken: "2026-11-24 17:40", want: "2026-11-24 17:40", claim: "taken"},
		"gateway alone":                      {gateway: "2026-11-24 16:59", want: "2026-11-24 16:59", claim: "gateway"},
		"nothing at all":                     {review: true},
		"gateway ahead within tolerance":     {gateway: "2026-11-24 17:11", header: "2026-11-24 17:01", want: "2026-11-24 17:11", claim: "gateway"},
		"gateway ahead of it":                {gateway: "2026-11-24 17:11:01", header: "2026-11-24 17:01", want: "2026-11-24 17:01", claim: "header", review: true},
		"gateway behind within tolerance":    {gateway: "2026-11-24 15:01", header: "2026-11-24 17:01", want: "2026-11-24 15:01", claim: "gateway"},
		"gateway in another zone":            {gateway: "2026-11-24 08:01", header: "2026-11-24 17:01", want: "2026-11-24 17:01", claim: "header", review: true},
		"our mail server ahead of us":        {header: "2026-11-24 17:51", taken: "2026-11-24 17:40", want: "2026-11-24 17:40", claim: "taken", review: true},
		"a file ahead within tolerance":      {file: "2026-11-24 17:50", taken: "2026-11-24 17:40", want: "2026-11-24 17:50", claim: "file"},
		"a gateway of tomorrow":              {gateway: "2026-11-25 09:00", taken: "2026-11-24 17:40", want: "2026-11-24 17:40", claim: "taken", review: true},
		"gateway of another year, by a file": {gateway: "2025-11-24 17:00", file: "2026-11-24 17:01", want: "2026-11-24 17:01", claim: "file", review: true},
	} {
		got, claim, err := rules.FaxReceivedAt(rules.FaxClaims{
			GatewayAt: at(tt.gateway), HeaderAt: at(tt.header), InternalAt: at(tt.internal), FileAt: at(tt.file), TakenAt: at(tt.taken),
		}, rules.Default())
		if !got.Equal(at(tt.want)) || claim != tt.claim || (err != nil) != tt.review {
			t.Errorf("%s: %s by %q, %v; want %s by %q, review %v", name, got, claim, err, tt.want, tt.claim, tt.review)
		}
		if err != nil && err.Rule != "CUT-3" {
			t.Errorf("%s: rule %s", name, err.Rule)
		}
	}
}
