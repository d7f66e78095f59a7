package desk

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// queueRows is how many things one page of the queue shows.
const queueRows = 100

func queueFilter(q url.Values) page.QueueFilter {
	return page.QueueFilter{Why: q.Get("why"), Customer: q.Get("customer"), Source: q.Get("source"), Who: q.Get("who"), Form: q.Get("form")}
}

func (d *Desk) showQueue(w http.ResponseWriter, r *http.Request) {
	ctx, p, now := r.Context(), personOf(r.Context()), d.Now()
	f := queueFilter(r.URL.Query())
	want := store.TaskFilter{Why: rules.Why(f.Why), Customer: f.Customer, Source: f.Source, Who: f.Who, Form: f.Form, Limit: queueRows + 1}
	if f.Who == "me" {
		want.Who = p.Login
	}
	if key := r.URL.Query().Get("after"); key != "" {
		want.After = &store.Task{Key: key}
		if n, err := strconv.ParseInt(r.URL.Query().Get("at"), 10, 64); err == nil {
			want.After.DeadlineAt = time.UnixMicro(n)
		}
	}
	tasks, err := d.Store.Tasks(ctx, want, now)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	counts, err := d.Store.TaskCounts(ctx)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.Queue{Frame: d.frame(r, "queue", pick(p.Lang, "受付", "Queue")), Filter: f, Self: r.URL.RequestURI(), Counts: tabs(counts, f.Why)}
	if len(tasks) > queueRows {
		tasks = tasks[:queueRows]
		v.Next = nextPage(r.URL, tasks[queueRows-1])
	}
	for _, t := range tasks {
		v.Rows = append(v.Rows, queueRow(p, t))
	}
	d.show(w, r, v)
}

func nextPage(u *url.URL, last store.Task) string {
	q := u.Query()
	q.Set("after", last.Key)
	q.Del("at")
	if !last.DeadlineAt.IsZero() {
		q.Set("at", strconv.FormatInt(last.DeadlineAt.UnixMicro(), 10))
	}
	return u.Path + "?" + q.Encode()
}

// tabs are the kinds of work with how much of each there is; kinds of which nothing waits are
// left out.
func tabs(counts []store.TaskCount, here string) []page.QueueCount {
	all := page.QueueCount{Here: here == ""}
	out := []page.QueueCount{all}
	for _, c := range counts {
		out[0].N += c.N
		out[0].ValueYen += c.ValueYen
		out = append(out, page.QueueCount{Why: string(c.Why), N: c.N, ValueYen: c.ValueYen, Here: string(c.Why) == here})
	}
	return out
}

func queueRow(p Person, t store.Task) page.QueueRow {
	const reasons = 2
	row := page.QueueRow{
		Path: "/desk/review/" + t.Name, Name: t.Name, Why: string(t.Why), Text: page.Reasons(p.Lang, t.Reasons, reasons),
		Customer: t.CustomerName, Code: t.CustomerCode, From: order.FormatPhone(t.Caller), Source: t.Source, ValueYen: t.ValueYen,
		ReceivedAt: t.ReceivedAt, DeadlineAt: t.DeadlineAt, Who: t.ClaimedName, Mine: t.ClaimedBy == p.Login && t.ClaimedBy != "",
	}
	if t.OrderID != 0 {
		row.Path = "/desk/orders/" + t.Name
		row.Name = order.Number(t.Name).Grouped()
	}
	return row
}

// next takes the most urgent task that nobody works on.
func (d *Desk) next(w http.ResponseWriter, r *http.Request) {
	ctx, p, now := r.Context(), personOf(r.Context()), d.Now()
	f := queueFilter(r.URL.Query())
	const tries = 20 // others take at the same moment
	tasks, err := d.Store.Tasks(ctx, store.TaskFilter{Why: rules.Why(f.Why), Customer: f.Customer, Source: f.Source, Form: f.Form, Who: "-", Limit: tries}, now)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	for _, t := range tasks {
		if t.OrderID != 0 {
			continue // a held order is worked on at its own page
		}
		_, mine, err := d.Store.ClaimTask(ctx, t.Key, p.Login, now, d.claimLasts())
		if err != nil {
			d.fail(w, r, err)
			return
		}
		if mine {
			http.Redirect(w, r, "/desk/review/"+t.Name, http.StatusSeeOther)
			return
		}
	}
	d.tell(ctx, pick(p.Lang, "処理できる受付はありません。", "Nothing is left to take."))
	http.Redirect(w, r, "/desk/queue", http.StatusSeeOther)
}
