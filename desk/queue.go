package desk

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
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
	counts, err := d.Store.TaskCounts(ctx, now)
	var atWork []store.DeskClaim
	if err == nil {
		atWork, err = d.Store.AtWork(ctx, now)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.Queue{Frame: d.frame(r, "queue", pick(p.Lang, "受付", "Queue")), Filter: f, Self: r.URL.RequestURI(), Counts: tabs(counts, f)}
	v.Forms, v.Sources, v.People = choices(p.Lang, counts, atWork, f)
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
// left out, but for the one that is looked at.
func tabs(counts []store.TaskCount, f page.QueueFilter) []page.QueueCount {
	out := []page.QueueCount{{Here: f.Why == "", Path: f.PathOf("")}}
	add := func(why string) *page.QueueCount {
		for i := range out {
			if i > 0 && out[i].Why == why {
				return &out[i]
			}
		}
		out = append(out, page.QueueCount{Why: why, Here: why == f.Why, Path: f.PathOf(why)})
		return &out[len(out)-1]
	}
	for _, c := range counts {
		t := add(string(c.Why))
		t.N += c.N
		t.ValueYen += c.ValueYen
		out[0].N += c.N
		out[0].ValueYen += c.ValueYen
	}
	if f.Why != "" {
		add(f.Why)
	}
	return out
}

// choices are what the queue can be narrowed to: what waits has it, or it is chosen already.
func choices(lang page.Lang, counts []store.TaskCount, atWork []store.DeskClaim, f page.QueueFilter) (forms, sources, people []page.Option) {
	add := func(list []page.Option, value, text, here string) []page.Option {
		if value == "" || slices.ContainsFunc(list, func(o page.Option) bool { return o.Value == value }) {
			return list
		}
		return append(list, page.Option{Value: value, Text: text, Here: value == here})
	}
	for _, c := range counts {
		forms = add(forms, c.Form, page.FormName(lang, c.Form), f.Form)
		sources = add(sources, c.Source, page.SourceName(lang, c.Source), f.Source)
	}
	forms, sources = add(forms, f.Form, page.FormName(lang, f.Form), f.Form), add(sources, f.Source, page.SourceName(lang, f.Source), f.Source)
	people = append(people, page.Option{Value: "me", Text: pick(lang, "自分", "me"), Here: f.Who == "me"}, page.Option{Value: "-", Text: pick(lang, "未着手", "nobody"), Here: f.Who == "-"})
	for _, c := range atWork {
		people = add(people, c.Login, c.Name, f.Who)
	}
	return forms, sources, add(people, f.Who, f.Who, f.Who)
}

func queueRow(p Person, t store.Task) page.QueueRow {
	const reasons = 2
	row := page.QueueRow{
		Why: string(t.Why), Text: page.Briefly(p.Lang, t.Reasons, reasons), Rules: page.Reasons(p.Lang, t.Reasons, len(t.Reasons)),
		Customer: t.CustomerName, Code: t.CustomerCode, From: order.FormatPhone(t.Caller), Source: t.Source, ValueYen: t.ValueYen,
		ReceivedAt: t.ReceivedAt, DeadlineAt: t.DeadlineAt, Who: t.ClaimedName, Mine: t.ClaimedBy == p.Login && t.ClaimedBy != "",
	}
	row.ID = strings.ReplaceAll(t.Key, " ", "-")
	row.Path, row.Name = taskPage(t)
	return row
}

// taskPage is where a task is worked on, and its name there.
func taskPage(t store.Task) (path, name string) {
	kind, id, _ := strings.Cut(t.Key, " ")
	switch kind {
	case "hold":
		return "/desk/orders/" + t.Name + "?task=hold", order.Number(t.Name).Grouped()
	case "payment":
		return "/desk/orders/" + t.Name + "?task=payment", order.Number(t.Name).Grouped()
	case "cards":
		return "/desk/cards/" + t.Name, t.Name
	case "delivery":
		return "/desk/deliveries/" + id, t.Name
	case "answer":
		return "/desk/answers/" + id, id
	case "partner":
		return partnerFilePath(id), id
	case "picklist":
		return "/desk/lists/" + t.Name, order.Number(t.Name).Grouped()
	}
	if t.Why == rules.WhyMail && !strings.Contains(t.Name, ".") {
		return "/desk/mails/" + t.Name, t.Name
	}
	return "/desk/review/" + t.Name, t.Name
}

// next takes the most urgent task that nobody works on.
func (d *Desk) next(w http.ResponseWriter, r *http.Request) {
	t, err := d.takeNext(r.Context(), queueFilter(r.URL.Query()))
	if err == nil && t == nil {
		err = d.tellNothingLeft(r.Context(), queueFilter(r.URL.Query()))
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	path := "/desk/queue"
	if t != nil {
		path, _ = taskPage(*t)
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
}

// takeNext takes the most urgent task for the person; nil where none is left.
func (d *Desk) takeNext(ctx context.Context, f page.QueueFilter) (*store.Task, error) {
	p, now := personOf(ctx), d.Now()
	const tries = 20 // others take at the same moment
	tasks, err := d.Store.Tasks(ctx, store.TaskFilter{
		Why: rules.Why(f.Why), Customer: f.Customer, Source: f.Source, Form: f.Form, Who: "-", For: p.Login, Limit: tries,
	}, now)
	if err != nil {
		return nil, err
	}
	for i, t := range tasks {
		if _, mine, err := d.Store.ClaimTask(ctx, t.Key, p.Login, now, d.claimLasts()); err != nil || mine {
			return &tasks[i], err
		}
	}
	return nil, nil
}

// tellNothingLeft says why a person gets nothing more.
func (d *Desk) tellNothingLeft(ctx context.Context, f page.QueueFilter) error {
	p := personOf(ctx)
	others, err := d.Store.Tasks(ctx, store.TaskFilter{Who: "-", Limit: 1}, d.Now())
	if err != nil {
		return err
	}
	if len(others) > 0 && (f.Why != "" || f.Narrowed()) {
		d.tell(ctx, pick(p.Lang, "選んだ種類の受付は残っていません。ほかの受付はこの一覧から開けます。", "Nothing of this kind is left. Open the rest from this list."))
		return nil
	}
	if len(others) > 0 {
		d.tell(ctx, pick(p.Lang, "残りは、あとに回した受付だけです。この一覧から開けます。", "Only what you put off is left. Open it from this list."))
		return nil
	}
	own, err := d.Store.Tasks(ctx, store.TaskFilter{Who: p.Login, Limit: 1}, d.Now())
	if err != nil {
		return err
	}
	if len(own) > 0 {
		d.tell(ctx, pick(p.Lang, "残りは、ご自分が処理中の受付だけです。この一覧から開けます。", "Only what you work on yourself is left. Open it from this list."))
		return nil
	}
	d.tell(ctx, pick(p.Lang, "いま処理できる受付はありません（ほかの担当者が処理中のものを除きます）。", "Nothing is left to take that nobody works on."))
	return nil
}

// pageHeader names the page that an answer to the script holds, where it is not the one asked for.
const pageHeader = "Todoke-Page"

// onward leads to the next task. The script gets a fax that comes next with the answer itself: it
// shows before a browser would have asked for it.
func (d *Desk) onward(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("HX-Request") == "" {
		http.Redirect(w, r, "/desk/next", http.StatusSeeOther)
		return
	}
	ctx := r.Context()
	t, err := d.takeNext(ctx, page.QueueFilter{})
	if err == nil && t == nil {
		if err = d.tellNothingLeft(ctx, page.QueueFilter{}); err == nil {
			d.leave(w, r, "/desk/queue")
			return
		}
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	path, _ := taskPage(*t)
	name, isReview := strings.CutPrefix(path, "/desk/review/")
	if !isReview {
		d.leave(w, r, path)
		return
	}
	v, err := d.load(ctx, name)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	w.Header().Set(pageHeader, path)
	d.openReview(w, r, v)
}

var claimable = regexp.MustCompile(`^(review|hold|delivery|answer|picklist|payment|partner|cards) [1-9][0-9]{0,17}$`)

// renewTask is the sign of life of somebody who works on something of the queue.
func (d *Desk) renewTask(w http.ResponseWriter, r *http.Request) {
	task := r.PostFormValue("task")
	if !claimable.MatchString(task) {
		d.fail(w, r, order.Invalid("", "task", "there is no such task"))
		return
	}
	if _, _, err := d.Store.ClaimTask(r.Context(), task, personOf(r.Context()).Login, d.Now(), d.claimLasts()); err != nil {
		d.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// takeOver gives a lead what somebody else works on: a colleague went home with it open.
func (d *Desk) takeOver(w http.ResponseWriter, r *http.Request) {
	ctx, p, task, at := r.Context(), personOf(r.Context()), r.PostFormValue("task"), within(r.PostFormValue("from"))
	if !claimable.MatchString(task) {
		d.fail(w, r, order.Invalid("", "task", "there is no such task"))
		return
	}
	from, err := d.Store.TakeClaim(ctx, task, p.Login, d.Now(), d.claimLasts())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", cmp.Or(at, task), "taken over from "+cmp.Or(from.Name, from.Login))
	if from.Name != "" {
		d.tell(ctx, pick(p.Lang, from.Name+"さんから引き継ぎました。", "Taken over from "+from.Name+"."))
	}
	d.leave(w, r, cmp.Or(at, "/desk/queue"))
}

// claim takes a task for the person where nobody else has it, and tells who has.
func (d *Desk) claim(ctx context.Context, kind string, id int64) (page.Claim, error) {
	c := page.Claim{Task: kind + " " + strconv.FormatInt(id, 10)}
	of, mine, err := d.Store.ClaimTask(ctx, c.Task, personOf(ctx).Login, d.Now(), d.claimLasts())
	if err == nil && !mine {
		c.Taken = of.Name
	}
	return c, err
}

// mine makes sure that nobody else works on a task.
func (d *Desk) mine(ctx context.Context, kind string, id int64) error {
	c, err := d.claim(ctx, kind, id)
	if err == nil && c.Taken != "" {
		return order.Conflict("", c.Taken+" works on this page")
	}
	return err
}
