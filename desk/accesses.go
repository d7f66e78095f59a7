package desk

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

const accessRows = 100

// accessFilter is what a person narrows the log to.
func (d *Desk) accessFilter(form url.Values) (f store.AccessPage, v page.AccessFilter) {
	v = page.AccessFilter{
		Day: form.Get("day"), To: form.Get("to"), Login: strings.TrimSpace(form.Get("login")), Action: form.Get("action"), Customer: strings.TrimSpace(form.Get("customer")),
		Subject: strings.TrimSpace(form.Get("subject")),
	}
	f = store.AccessPage{Until: d.Now().Add(time.Minute), Login: v.Login, Subject: v.Subject, Action: v.Action, Customer: v.Customer}
	if on, err := order.ParseDate(v.Day); err == nil {
		f.From, f.Until = on.At(order.Clock{}), on.Add(1).At(order.Clock{})
	} else {
		v.Day = ""
	}
	if to, err := order.ParseDate(v.To); err == nil {
		f.Until = to.Add(1).At(order.Clock{})
	} else {
		v.To = ""
	}
	f.Before, _ = strconv.ParseInt(form.Get("before"), 10, 64)
	return f, v
}

// showAccesses is who came in, looked at what and changed what.
func (d *Desk) showAccesses(w http.ResponseWriter, r *http.Request) {
	ctx, p, form := r.Context(), personOf(r.Context()), r.URL.Query()
	f, filter := d.accessFilter(form)
	f.Limit = accessRows + 1
	rows, err := d.Store.AccessesPage(ctx, f)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	people, err := d.Store.ListStaff(ctx)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.Accesses{Frame: d.frame(r, "accesses", pick(p.Lang, "閲覧・変更の記録", "Accesses")), Filter: filter}
	names := map[string]string{}
	for _, s := range people {
		names[s.Login] = s.Name
		v.People = append(v.People, page.Option{Value: s.Login, Text: s.Name + "（" + s.Login + "）", Here: s.Login == filter.Login})
	}
	for _, a := range []string{"view", "change", "login", "login_failed", "refused", "locked", "logout"} {
		v.Actions = append(v.Actions, page.Option{Value: a, Text: page.ActionName(p.Lang, a), Here: a == filter.Action})
	}
	keep := url.Values{}
	for k, x := range map[string]string{"day": filter.Day, "to": filter.To, "login": filter.Login, "action": filter.Action, "customer": filter.Customer, "subject": filter.Subject} {
		if x != "" {
			keep.Set(k, x)
		}
	}
	v.Export = "/desk/accesses/export?" + keep.Encode()
	if len(rows) > accessRows {
		rows = rows[:accessRows]
		keep.Set("before", strconv.FormatInt(rows[accessRows-1].ID, 10))
		v.Next = "/desk/accesses?" + keep.Encode()
	}
	for _, a := range rows {
		subject, path := page.Subject(p.Lang, a.Subject), page.SubjectPath(a.Subject)
		if !mayFollow(p, path) {
			path = ""
		}
		detail, more, _ := strings.Cut(a.Detail, "\n")
		v.Rows = append(v.Rows, page.AccessRow{
			ID: a.ID, At: a.At, Login: a.Login, Name: names[a.Login], Address: a.Address, Action: a.Action, Subject: subject, Path: path, Detail: page.AccessDetail(p.Lang, detail), More: more,
		})
	}
	d.show(w, r, v)
}

// mayFollow tells whether the person may open where a subject leads.
func mayFollow(p Person, path string) bool {
	switch {
	case path == "":
		return false
	case strings.HasPrefix(path, "/desk/archive"):
		return p.At(overseers)
	case strings.HasPrefix(path, "/desk/rules"), strings.HasPrefix(path, "/desk/gateways"), strings.HasPrefix(path, "/desk/staff"), strings.HasPrefix(path, "/desk/runs"):
		return p.At(leads)
	}
	return p.At(atDesk)
}

// exportAccesses sends what the log was narrowed to as CSV, the newest first.
func (d *Desk) exportAccesses(w http.ResponseWriter, r *http.Request) {
	ctx, p, form := r.Context(), personOf(r.Context()), r.URL.Query()
	f, _ := d.accessFilter(form)
	f.Before = 0
	const batch = 2000
	f.Limit = batch
	people, err := d.Store.ListStaff(ctx)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	rows, err := d.Store.AccessesPage(ctx, f)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	names := map[string]string{}
	for _, s := range people {
		names[s.Login] = s.Name
	}
	d.log(r, p.Login, "view", "accesses", "exported: "+cmp.Or(r.URL.RawQuery, "all"))
	if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil {
		d.Log.DebugContext(ctx, "no deadline to lift", "error", err)
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="accesses-`+d.Now().In(order.JST).Format("20060102-150405")+`.csv"`)
	out := bufio.NewWriter(w)
	_, _ = out.WriteString("\xef\xbb\xbf") // Excel knows UTF-8 by it
	c := csv.NewWriter(out)
	head := []string{"日時", "ログインID", "名前", "操作", "対象", "対象の記号", "内容", "接続元"}
	if p.Lang == page.English {
		head = []string{"At", "Login", "Name", "Action", "Subject", "Subject as kept", "Detail", "Address"}
	}
	_ = c.Write(head)
	for len(rows) > 0 {
		for _, a := range rows {
			subject := page.Subject(p.Lang, a.Subject)
			cells := []string{a.At.In(order.JST).Format(time.DateTime), a.Login, names[a.Login], page.ActionName(p.Lang, a.Action), subject, a.Subject, page.AccessDetail(p.Lang, a.Detail), a.Address}
			for i, x := range cells {
				if x != "" && strings.ContainsRune("=+-@\t\r", rune(x[0])) { // a spreadsheet takes it for a formula
					cells[i] = "'" + x
				}
			}
			_ = c.Write(cells)
		}
		if len(rows) < batch {
			break
		}
		f.Before = rows[len(rows)-1].ID
		if rows, err = d.Store.AccessesPage(ctx, f); err != nil {
			d.Log.ErrorContext(ctx, "export of the log failed", "error", err)
			panic(http.ErrAbortHandler)
		}
	}
	c.Flush()
	_ = out.Flush()
}
