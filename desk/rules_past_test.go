package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"todoke/desk"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

// TestPastSettingsStay: what held on days that are over neither comes nor goes.
func TestPastSettingsStay(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, desk.Config{Masters: calendarOf})
	storetest.Shop(t, o.st)
	o.hire(t, "lead", store.RoleLead)
	b := o.browser(t)
	b.signIn("lead", secret)
	head := strings.Join(rules.ChangeColumns, ",") + "\n"
	edit := func(rows string) answer {
		return b.post("/desk/rules/settings", url.Values{"text": {head + rows}, "reason": {"送料の見直し"}, "do": {"save"}})
	}
	today := o.clock.Now().In(time.FixedZone("JST", 9*60*60)).Format(time.DateOnly)
	rest := strings.Repeat(",", len(rules.ChangeColumns)-2) + "\n"
	row := today + ",3000" + rest
	if a := edit(row); a.status != http.StatusSeeOther {
		t.Fatalf("from today on: %d %s", a.status, a.body)
	}
	o.clock.Set(o.clock.Now().Add(48 * time.Hour))
	b.signIn("lead", secret)
	for name, rows := range map[string]string{"taken away": "", "changed": today + ",2000" + rest} {
		if a := edit(rows); a.status != http.StatusUnprocessableEntity {
			t.Errorf("what held the day before yesterday is %s: %d", name, a.status)
		}
	}
	if a := edit(today + ", 3000" + rest + "2027-04-01,4000" + rest); a.status != http.StatusSeeOther {
		t.Errorf("a later change beside it: %d %s", a.status, a.body)
	}
}
