package desk

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/templates/page"
)

const runsShown = 50

func (d *Desk) showRuns(w http.ResponseWriter, r *http.Request) {
	d.runsPage(w, r, http.StatusOK, page.RunAsk{Schedule: cmp.Or(r.URL.Query().Get("run"), r.URL.Query().Get("schedule")), At: r.URL.Query().Get("at")})
}

func (d *Desk) runsPage(w http.ResponseWriter, r *http.Request, status int, ask page.RunAsk) {
	ctx, p, now := r.Context(), personOf(r.Context()), d.Now()
	calendar, _, _, err := d.Store.Masters(ctx)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	states, err := d.Store.ScheduleStates(ctx, now)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	open, err := d.Store.OpenRuns(ctx, runsShown)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	schedule := r.URL.Query().Get("schedule")
	until := now.Add(time.Second)
	if n, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64); err == nil {
		until = time.UnixMicro(n)
	}
	// Runs due at one instant are as many as there are schedules at most: none is lost between pages.
	runs, err := d.Store.RunsBetween(ctx, schedule, time.Unix(0, 0), until, runsShown+len(states))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.Runs{Frame: d.frame(r, "runs", pick(p.Lang, "定時処理", "Runs")), Open: openRuns(p, open), Schedule: schedule, MayRun: p.At(operators), Ask: ask}
	if len(runs) > runsShown {
		end := runsShown
		for end < len(runs) && runs[end].DueAt.Equal(runs[end-1].DueAt) {
			end++
		}
		if end < len(runs) {
			q := url.Values{"before": {strconv.FormatInt(runs[end-1].DueAt.UnixMicro(), 10)}}
			if schedule != "" {
				q.Set("schedule", schedule)
			}
			v.Next = "/desk/runs?" + q.Encode()
		}
		runs = runs[:end]
	}
	v.Runs = runRows(p.Lang, runs, calendar)
	for _, s := range states {
		v.Schedules = append(v.Schedules, page.ScheduleRow{
			Name: s.Spec.Name, Cron: s.Spec.Cron, Does: scheduleDoes(p.Lang, s.Spec.Name), LastAt: s.LastDueAt, EndedAt: s.LastEndedAt, NextAt: s.NextAt,
		})
	}
	d.showAs(w, r, status, v)
}

// scheduleDoes is what a schedule is for.
func scheduleDoes(lang page.Lang, name string) string {
	switch {
	case name == "adapt_thresholds":
		return pick(lang, "前日の読み取りを検査し、しきい値を見直す（RDR-4）", "audits what was read the day before and moves thresholds (RDR-4)")
	case name == "tell_archive_head":
		return pick(lang, "電子帳簿の先頭を外部に記録する（KEP-1）", "writes the archive's head outside the database (KEP-1)")
	case name == "open_items":
		return pick(lang, "未処理の一覧をお客様サービスデスクに送る（KEP-3）", "sends the desk the list of what is open (KEP-3)")
	case name == "reconcile_cards":
		return pick(lang, "前日のカード決済を決済会社の記録と照合する（PAY-1）", "compares the card gateway's books of the day before with ours (PAY-1)")
	case strings.HasPrefix(name, "wave_"):
		return pick(lang, "出荷日の来た注文を出荷指示にする（WHS-1）", "puts what is due on pick lists (WHS-1)")
	}
	return ""
}

// runNow is a run by hand: what ran already is left alone.
func (d *Desk) runNow(w http.ResponseWriter, r *http.Request) {
	ctx, p, now := r.Context(), personOf(r.Context()), d.Now()
	ask := page.RunAsk{Schedule: r.PostFormValue("schedule"), At: r.PostFormValue("at"), Reason: strings.TrimSpace(r.PostFormValue("reason"))}
	until := now
	if ask.At != "" {
		t, err := time.ParseInLocation("2006-01-02T15:04", ask.At, order.JST)
		if err != nil {
			ask.Problem = pick(p.Lang, "時刻が正しくありません。", "This is no time.")
			d.runsPage(w, r, http.StatusUnprocessableEntity, ask)
			return
		}
		until = t
	}
	due, inserted, err := d.Store.RunByHand(ctx, ask.Schedule, until, p.By(), ask.Reason, now)
	switch order.KindOf(err) {
	case order.KindInvalid, order.KindNotFound:
		if err != nil {
			ask.Problem = runProblem(p.Lang, ask, until.After(now), err)
			d.runsPage(w, r, http.StatusUnprocessableEntity, ask)
			return
		}
	default:
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "run "+ask.Schedule+" "+due.In(order.JST).Format("2006-01-02 15:04"), fmt.Sprintf("by hand, inserted %t: %s", inserted, ask.Reason))
	when, name := page.Stamp(p.Lang, due), page.ScheduleName(p.Lang, ask.Schedule)
	if inserted {
		d.tell(ctx, pick(p.Lang, name+"（"+when+"予定分）の実行を始めました。", name+" due "+when+" was started."))
	} else {
		d.tell(ctx, pick(p.Lang, name+"（"+when+"予定分）はすでに実行されています。何も変更していません。", name+" due "+when+" had run already: nothing was changed."))
	}
	http.Redirect(w, r, "/desk/runs", http.StatusSeeOther)
}

func runProblem(lang page.Lang, ask page.RunAsk, future bool, err error) string {
	if lang == page.English {
		return message(err)
	}
	switch {
	case ask.Reason == "":
		return "理由を入力してください。"
	case future:
		return "この時刻はまだ来ていません。予定時刻を過ぎた分だけを実行できます。"
	case order.KindOf(err) == order.KindNotFound:
		return "この時刻までに予定された「" + page.ScheduleName(lang, ask.Schedule) + "」はありません。"
	}
	return message(err)
}
