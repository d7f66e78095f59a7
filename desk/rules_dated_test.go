package desk_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"todoke/desk"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
	"todoke/templates/page"
)

// regionsOf reads region tables as the program's own reader does, as far as the test needs it.
func regionsOf(kind string, data []byte) (m order.Masters, bad []desk.FileProblem) {
	if kind != "regions" {
		return calendarOf(kind, data)
	}
	rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		return m, []desk.FileProblem{{Line: 1, Text: "no table"}}
	}
	for _, c := range rows[1:] {
		r := order.Region{Code: c[1], Prefectures: strings.Fields(c[2]), PostalPrefixes: strings.Fields(c[3])}
		r.From, _ = order.ParseDate(c[0])
		r.CutoffFax, _ = order.ParseClock(c[4])
		r.CutoffWeb, _ = order.ParseClock(c[5])
		r.CutoffTruck, _ = order.ParseClock(c[6])
		r.LeadDays, _ = strconv.Atoi(c[7])
		m.Regions = append(m.Regions, r)
	}
	return m, bad
}

// TestRegionsFromADay: a lead copies the table for another day, sees which of last month's orders
// would change, and saves; today's orders stay as they are.
func TestRegionsFromADay(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, desk.Config{Masters: regionsOf})
	storetest.Shop(t, o.st)
	was := o.accept(t, storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Osaka, storetest.Pen, 10))
	o.hire(t, "lead", store.RoleLead)
	b := o.browser(t)
	b.signIn("lead", secret)
	const path = "/desk/rules/regions"
	for _, day := range []string{"2026-11-23", "soon"} {
		if a := b.get(path + "?from=" + day); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a table from %s on: %d", day, a.status)
		}
	}
	a := b.get(path + "?from=2026-12-01")
	if a.status != http.StatusOK || strings.Count(a.body, `value="2026-12-01"`) != 2 || !strings.Contains(a.body, `name="cell-3-0"`) {
		t.Fatalf("the copy: %d %s", a.status, a.body)
	}
	text, err := o.st.RuleText(t.Context(), "regions")
	if err != nil {
		t.Fatal(err)
	}
	// Osaka goes to the other region, which is a day farther.
	after := text + "2026-12-01,KANTO,東京都 神奈川県 大阪府,,16:00,16:30,13:00,1\n"
	edit := url.Values{"text": {after}, "was": {text}, "reason": {"配送網の見直し"}, "do": {"preview"}}
	a = b.post(path, edit)
	if a.status != http.StatusOK || !strings.Contains(a.body, was.Number.Grouped()) || !strings.Contains(a.body, `<span class="was mono">KANSAI</span> → <b class="mono">KANTO</b>`) ||
		!strings.Contains(a.body, `<span class="was mono">`+storetest.West+`</span> → <b class="mono">`+storetest.East+`</b>`) || !strings.Contains(a.body, "地域が変わる 1件") {
		t.Fatalf("the preview: %d %s", a.status, a.body)
	}
	edit.Set("do", "save")
	if a := b.post(path, edit); a.status != http.StatusSeeOther {
		t.Fatalf("saving: %d %s", a.status, a.body)
	}
	again := o.accept(t, storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Osaka, storetest.Pen, 10))
	if again.RegionCode != "KANSAI" || again.Shipments[0].ArrivalOn != was.Shipments[0].ArrivalOn {
		t.Errorf("today's orders changed: %s %s", again.RegionCode, again.Shipments[0].ArrivalOn)
	}
	if a := b.get("/desk/rules"); strings.Count(a.body, `<td class="nowrap">`+page.Date(page.Japanese, order.D(2026, 12, 1))+"</td>") != 1 {
		t.Error("the coming table is not shown")
	}
	o.clock.Set(storetest.At(t, "2026-12-02 10:00:00"))
	if o := o.accept(t, storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Osaka, storetest.Pen, 10)); o.RegionCode != "KANTO" {
		t.Errorf("from the day on it goes to %s", o.RegionCode)
	}
	// What held until then stays as it was, and so does what holds now be taken away.
	b.signIn("lead", secret)
	for _, wrong := range []string{strings.Replace(after, "17:00", "15:00", 1), text, after + "2026-11-30,KANTO,東京都,,16:00,16:30,13:00,1\n"} {
		if a := b.post(path, url.Values{"text": {wrong}, "reason": {"x"}, "do": {"save"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "本日以降") {
			t.Errorf("the past is changed: %d", a.status)
		}
	}
}

// TestTwoEditors: of two leads who edit one table, the second learns what the first saved, keeps
// what they typed, and saves once they have seen it.
func TestTwoEditors(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, desk.Config{Masters: calendarOf})
	storetest.Shop(t, o.st)
	o.hire(t, "first", store.RoleLead)
	o.hire(t, "second", store.RoleLead)
	first, second := o.browser(t), o.browser(t)
	first.signIn("first", secret)
	second.signIn("second", secret)
	const path, head = "/desk/rules/calendar", "on,kind,name\n"
	one := url.Values{"text": {head + "2026-12-28,closure,大掃除\n"}, "was": {head}, "reason": {"大掃除"}, "do": {"save"}}
	two := url.Values{"text": {head + "2026-12-29,closure,棚卸し\n"}, "was": {head}, "reason": {"棚卸し"}, "do": {"save"}}
	if a := first.post(path, one); a.status != http.StatusSeeOther {
		t.Fatal(a.status, a.body)
	}
	a := second.post(path, two)
	if a.status != http.StatusConflict || !strings.Contains(a.body, `id="newer"`) || !strings.Contains(a.body, "2026-12-28,closure,大掃除</span>") || !strings.Contains(a.body, "2026-12-29,closure,棚卸し") {
		t.Fatalf("the second: %d %s", a.status, a.body)
	}
	two.Set("was", head+"2026-12-28,closure,大掃除\n")
	two.Set("text", head+"2026-12-28,closure,大掃除\n2026-12-29,closure,棚卸し\n")
	if a := second.post(path, two); a.status != http.StatusSeeOther {
		t.Fatal(a.status, a.body)
	}
	if days, err := o.st.CalendarTable(t.Context()); err != nil || len(days) != 2 {
		t.Error(days, err)
	}
}
