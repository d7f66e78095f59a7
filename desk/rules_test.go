package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"todoke/desk"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// calendarOf reads days as the program's own reader does, as far as the test needs it.
func calendarOf(kind string, data []byte) (m order.Masters, bad []desk.FileProblem) {
	for i, l := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		cells := strings.Split(l, ",")
		if kind != "calendar" || i == 0 {
			continue
		}
		on, err := order.ParseDate(cells[0])
		if err != nil {
			bad = append(bad, desk.FileProblem{Line: i + 1, Column: "on", Rule: "CUT-10", Text: "no day"})
			continue
		}
		m.Calendar = append(m.Calendar, order.CalendarDay{On: on, Kind: order.DayKind(cells[1]), Name: cells[2]})
	}
	return m, bad
}

// TestEditCalendar: a preview changes nothing, a mistake saves nothing, and what is saved is what
// was seen, with its reason in the log.
func TestEditCalendar(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, desk.Config{Masters: calendarOf})
	storetest.Shop(t, o.st)
	o.hire(t, "hanako", store.RoleDesk)
	o.hire(t, "lead", store.RoleLead)
	b, plain := o.browser(t), o.browser(t)
	b.signIn("lead", secret)
	plain.signIn("hanako", secret)
	table := func() string {
		days, err := o.st.CalendarTable(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var s []string
		for _, d := range days {
			s = append(s, d.On.String()+" "+string(d.Kind))
		}
		return strings.Join(s, ",")
	}
	before := table()
	edit := url.Values{"text": {"on,kind,name\r\n2026-12-29,closure,棚卸し\r\n"}, "reason": {"棚卸しのため"}, "do": {"preview"}}
	if a := plain.post("/desk/rules/calendar", edit); a.status < http.StatusBadRequest {
		t.Errorf("the desk edits: %d", a.status)
	}
	a := b.post("/desk/rules/calendar", edit)
	if a.status != http.StatusOK || !strings.Contains(a.body, "2026-12-29,closure,棚卸し</span></li>") || !strings.Contains(a.body, `value="save"`) {
		t.Fatalf("the preview: %d %s", a.status, a.body)
	}
	if got := table(); got != before {
		t.Fatalf("a preview changed the table to %s", got)
	}
	wrong := url.Values{"text": {"on,kind,name\nnever,closure,x\n"}, "reason": {"x"}, "do": {"save"}}
	if a := b.post("/desk/rules/calendar", wrong); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "2行目 on（CUT-10）") || table() != before {
		t.Errorf("a mistake gives %d", a.status)
	}
	stale := url.Values{"text": edit["text"], "reason": edit["reason"], "do": {"save"}, "was": {"another"}}
	if a := b.post("/desk/rules/calendar", stale); a.status != http.StatusConflict || table() != before {
		t.Errorf("over somebody else's change: %d", a.status)
	}
	edit.Set("do", "save")
	if a := b.post("/desk/rules/calendar", edit); a.status != http.StatusSeeOther {
		t.Fatalf("saving gives %d: %s", a.status, a.body)
	}
	if got := table(); !strings.Contains(got, "2026-12-29 closure") {
		t.Errorf("the table is %s", got)
	}
	log, err := o.st.Accesses(t.Context(), o.clock.Now().Add(-time.Hour), o.clock.Now().Add(time.Hour), "lead", "table calendar", 5)
	if err != nil || len(log) != 1 || !strings.Contains(log[0].Detail, "棚卸しのため") {
		t.Errorf("the log: %+v (%v)", log, err)
	}
	if a := b.get("/desk/rules"); !strings.Contains(a.body, "CUT-2") || !strings.Contains(a.body, "FEE-1") {
		t.Error("the tables do not name their rules")
	}
}

// TestTryGateway: what the profiles make of a pasted mail is shown.
func TestTryGateway(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, desk.Config{Gateways: desk.Gateways{
		List: func(context.Context) ([]desk.GatewayProfile, error) {
			return []desk.GatewayProfile{{Name: "ifax", File: "ifax.yaml", About: "i-FAX 回線"}}, nil
		},
		Test: func(_ context.Context, mail []byte) (desk.GatewayReading, error) {
			if !strings.HasPrefix(string(mail), "From:") {
				return desk.GatewayReading{}, order.Invalid("", "mail", "no mail")
			}
			return desk.GatewayReading{Profile: "ifax", Caller: "03-1234-5678", Tries: []desk.GatewayTry{{Profile: "other", Missing: []string{"no subject"}}, {Profile: "ifax"}}}, nil
		},
	}})
	o.hire(t, "lead", store.RoleLead)
	b := o.browser(t)
	b.signIn("lead", secret)
	if a := b.get("/desk/gateways"); !strings.Contains(a.body, "i-FAX 回線") {
		t.Errorf("the profiles are not listed: %d", a.status)
	}
	if a := b.post("/desk/gateways", url.Values{"text": {"From: fax\r\n\r\n"}}); a.status != http.StatusOK || !strings.Contains(a.body, "03-1234-5678") || !strings.Contains(a.body, "no subject") {
		t.Errorf("the reading is not shown: %d", a.status)
	}
	for _, text := range []string{"", "<b>nothing"} {
		if a := b.post("/desk/gateways", url.Values{"text": {text}}); a.status != http.StatusUnprocessableEntity || strings.Contains(a.body, "<b>nothing") {
			t.Errorf("%q gives %d", text, a.status)
		}
	}
}

// TestRulePreview: a new fee is shown with the orders of the last month that it would have changed,
// holds from its day on without a restart, and stands in the history.
func TestRulePreview(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, desk.Config{Masters: calendarOf})
	storetest.Shop(t, o.st)
	cheap := o.accept(t, storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Osaka, storetest.Pen, 10))
	o.accept(t, storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Osaka, storetest.Paper, 20))
	if cheap.FeeYen != 300 {
		t.Fatalf("the fee was %d", cheap.FeeYen)
	}
	o.hire(t, "lead", store.RoleLead)
	b := o.browser(t)
	b.signIn("lead", secret)
	const path = "/desk/rules/settings"
	if a := b.get(path); a.status != http.StatusOK || !strings.Contains(a.body, `name="cell-0-2"`) {
		t.Fatalf("the form: %d", a.status)
	}
	cells := url.Values{"grid": {"1"}, "reason": {"運賃改定"}, "do": {"preview"}, "cell-0-0": {"2026-11-24"}, "cell-0-2": {"350"}, "cell-1-0": {""}}
	a := b.post(path, cells)
	if a.status != http.StatusOK || !strings.Contains(a.body, cheap.Number.Grouped()) || !strings.Contains(a.body, "送料が変わる 1件") || !strings.Contains(a.body, "の注文 <b>2</b>") {
		t.Fatalf("the preview: %d %s", a.status, a.body)
	}
	past := url.Values{"grid": {"1"}, "reason": {"x"}, "do": {"save"}, "cell-0-0": {"2026-11-23"}, "cell-0-2": {"350"}}
	if a := b.post(path, past); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "本日以降") {
		t.Errorf("a past day gives %d", a.status)
	}
	cells.Set("do", "save")
	if a := b.post(path, cells); a.status != http.StatusSeeOther {
		t.Fatalf("saving: %d %s", a.status, a.body)
	}
	// A deadline before the cut-offs is refused; another one holds without a restart, wave and all.
	dated := url.Values{"text": {"from,fee_yen,dispatch_deadline\n2026-11-24,350,17:00\n"}, "reason": {"出荷の繰り上げ"}, "do": {"save"}}
	if a := b.post(path, dated); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "CUT-11") {
		t.Errorf("a deadline before the cut-offs: %d", a.status)
	}
	dated.Set("text", "from,fee_yen,dispatch_deadline\n2026-11-24,350,18:05\n")
	if a := b.post(path, dated); a.status != http.StatusSeeOther {
		t.Fatalf("a deadline: %d %s", a.status, a.body)
	}
	if s, err := o.st.ScheduleStates(t.Context(), o.clock.Now()); err != nil || !slices.ContainsFunc(s, func(x store.ScheduleState) bool { return x.Spec.Name == "wave_1805" }) {
		t.Errorf("no wave at the new deadline: %v", err)
	}
	if a := b.get("/desk/rules"); !strings.Contains(a.body, "18:05") {
		t.Error("the deadline is not shown")
	}
	if o := o.accept(t, storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Tokyo, storetest.Pen, 10)); o.FeeYen != 350 {
		t.Errorf("the fee is %d now", o.FeeYen)
	}
	if a := b.get("/desk/rules"); !strings.Contains(a.body, "運賃改定") || !strings.Contains(a.body, "350円") || !strings.Contains(a.body, "2026-11-24,,350,,,") {
		t.Error("the change is not in the history")
	}
	history, err := o.st.RuleHistory(t.Context(), "settings", 5)
	if err != nil || len(history) != 2 || history[0].By != "佐藤 花" {
		t.Errorf("%+v %v", history, err)
	}
	if a := b.get("/desk/rules/nothing"); a.status != http.StatusNotFound {
		t.Errorf("a table that is not there: %d", a.status)
	}
	// The last special day of a year goes where its line is taken away.
	days := url.Values{"text": {"on,kind,name\n2027-06-01,closure,創立記念日\n"}, "reason": {"x"}, "do": {"save"}}
	if a := b.post("/desk/rules/calendar", days); a.status != http.StatusSeeOther {
		t.Fatalf("a closure: %d %s", a.status, a.body)
	}
	days.Set("text", "on,kind,name\n")
	b.post("/desk/rules/calendar", days)
	if left, err := o.st.CalendarTable(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("%v stays (%v)", left, err)
	}
}
