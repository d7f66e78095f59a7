package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"todoke/store"
	"todoke/store/storetest"
)

// TestToday: the day's figures follow what happened, and each number's list opens.
func TestToday(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	path := "/desk/review/" + o.fax(t, "one")

	a := b.get("/desk/today")
	if a.status != http.StatusOK {
		t.Fatalf("the overview gives %d", a.status)
	}
	for _, want := range []string{"FAX 1 ", "11/24（火）", "確認待ち</span><b>1</b>", "受け付けた注文</span><b>0</b>", "無人受付率</span><b>—</b>"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the overview lacks %q", want)
		}
	}
	if strings.Contains(a.body, "style=") || strings.Contains(a.body, "<script>") {
		t.Error("the overview has style or script of its own")
	}
	b.get(path)
	again := key("lines[2].quantity", "1")
	again.Set("again", "1")
	b.post(path+"/key", again)
	if a := b.post(path+"/settle", nil); a.status != http.StatusSeeOther {
		t.Fatalf("settling gives %d: %s", a.status, a.body)
	}
	a = b.get("/desk/today")
	for _, want := range []string{"確認待ち</span><b>0</b>", "受け付けた注文</span><b>1</b>", "無人受付率</span><b>0.0%</b>", "人が関与 1件"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("after settling the overview lacks %q", want)
		}
	}
	for _, list := range store.TodayListNames {
		a := b.get("/desk/today/list/" + list + "?on=2026-11-24")
		if a.status != http.StatusOK {
			t.Errorf("list %s gives %d", list, a.status)
		}
		if has := strings.Contains(a.body, `id="row-`); has != (list == "received" || list == "accepted" || list == "touched" || list == "closed") {
			t.Errorf("list %s has rows: %t", list, has)
		}
	}
	if a := b.get("/desk/today?on=2026-11-23"); !strings.Contains(a.body, "受け付けた注文</span><b>0</b>") {
		t.Error("the day before has this day's order")
	}
	if a := b.get("/desk/today/list/nothing"); a.status != http.StatusNotFound {
		t.Errorf("a list that is not there gives %d", a.status)
	}
	if a := b.get("/desk/runs"); a.status != http.StatusForbidden && a.status != http.StatusNotFound {
		t.Errorf("the desk sees the runs: %d", a.status)
	}
}

// TestRunByHand: a due run is started once, with a reason, and is in the log.
func TestRunByHand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	storetest.Shop(t, o.st)
	o.hire(t, "lead", store.RoleLead)
	o.hire(t, "operator", store.RoleOperator)
	lead, op := o.browser(t), o.browser(t)
	lead.signIn("lead", secret)
	op.signIn("operator", secret)
	if _, err := o.st.Tick(t.Context(), o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if a := lead.get("/desk/runs"); a.status != http.StatusOK || !strings.Contains(a.body, "wave_1830") || strings.Contains(a.body, "手動で実行") {
		t.Fatalf("a lead sees %d", a.status)
	}
	run := url.Values{"schedule": {"wave_1830"}, "reason": {"倉庫の依頼"}}
	if a := lead.post("/desk/runs", run); a.status < http.StatusBadRequest {
		t.Fatalf("a lead runs a wave: %d", a.status)
	}
	if a := op.post("/desk/runs", url.Values{"schedule": {"wave_1830"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "理由を入力してください") {
		t.Errorf("a run without a reason gives %d", a.status)
	}
	future := url.Values{"schedule": {"wave_1830"}, "reason": {"x"}, "at": {"2026-11-25T19:00"}}
	if a := op.post("/desk/runs", future); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "まだ来ていません") {
		t.Errorf("a run to come gives %d", a.status)
	}
	if a := op.post("/desk/runs", run); a.status != http.StatusSeeOther {
		t.Fatalf("a run by hand gives %d", a.status)
	}
	if a := op.get("/desk/runs"); !strings.Contains(a.body, "の実行を始めました") || !strings.Contains(a.body, "倉庫の依頼") || !strings.Contains(a.body, "開始待ち") {
		t.Errorf("the run is not shown: %s", a.body)
	}
	op.post("/desk/runs", run)
	if a := op.get("/desk/runs"); !strings.Contains(a.body, "すでに実行されています") {
		t.Error("the second time is not told to change nothing")
	}
	runs, err := o.st.Runs(t.Context(), 10)
	if err == nil && len(runs) == 1 { // it found nothing; the clock of the office stands on a Tuesday, and then on a holiday
		for day, said := range map[string]string{"2026-11-24 10:30:00": "対象なし", "2026-11-23 10:30:00": "休業日のため出荷指示なし"} {
			if _, err := o.st.Pool().Exec(t.Context(), "UPDATE schedule_runs SET finished_at = $1", storetest.At(t, day)); err != nil {
				t.Fatal(err)
			}
			if a := op.get("/desk/runs"); !strings.Contains(a.body, said) {
				t.Errorf("%s is not told", said)
			}
		}
	}
	if err != nil || len(runs) != 1 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	log, err := o.st.Accesses(t.Context(), o.clock.Now().Add(-time.Hour), o.clock.Now().Add(time.Hour), "operator", "", 20)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, a := range log {
		if a.Action == "change" && strings.HasPrefix(a.Subject, "run wave_1830") {
			n++
		}
	}
	if n != 2 {
		t.Errorf("the log has the run %d times", n)
	}
}
