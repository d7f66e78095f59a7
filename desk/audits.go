package desk

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

func (d *Desk) showAudits(w http.ResponseWriter, r *http.Request) {
	d.auditPage(w, r, http.StatusOK, 0, "")
}

// auditPage shows the field that the person keys next, or one again, with what is wrong with
// what was keyed.
func (d *Desk) auditPage(w http.ResponseWriter, r *http.Request, status int, id int64, again string) {
	p := personOf(r.Context())
	open, err := d.Store.OpenAudits(r.Context(), p.By())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.Audit{Frame: d.frame(r, "audits", pick(p.Lang, "検査", "Audit")), Left: len(open), Again: again, MayLead: p.At(leads)}
	for i, a := range open {
		if a.ID == id || id == 0 && i == 0 {
			v.ID, v.Kind, v.Field, v.Disputed = a.ID, string(a.Kind), page.FieldName(p.Lang, a.Field), a.State == store.AuditDisputed
			v.Hint = pick(p.Lang, "数字をそのまま入力します。", "Digits as they stand.")
			if a.Kind == rules.ReadingMark {
				v.Hint = pick(p.Lang, "印があれば x。", "x where there is a mark.")
			}
			break
		}
	}
	if v.ID != 0 {
		d.saw(r, "audit "+strconv.FormatInt(v.ID, 10))
	}
	d.showAs(w, r, status, v)
}

func auditID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, order.NotFound("audit", pick(personOf(r.Context()).Lang, "この検査はありません。", "there is no such audit"))
	}
	return id, nil
}

func (d *Desk) auditImage(w http.ResponseWriter, r *http.Request) {
	id, err := auditID(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	a, err := d.Store.FindBlindAudit(r.Context(), id)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	png, err := d.Store.Blobs().Get(a.Picture)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "private, max-age=3600")
	_, _ = w.Write(png)
}

// keyAudit keeps what a person sees in the picture. A dash is nothing, a question mark what
// nobody can tell.
func (d *Desk) keyAudit(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	id, err := auditID(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	value, unreadable := strings.TrimSpace(r.PostFormValue("value")), false
	switch value {
	case "":
		d.auditPage(w, r, http.StatusUnprocessableEntity, id, pick(p.Lang, "見えている値を入力してください。空欄は「-」です。", "Key what you see; a blank field is -."))
		return
	case "-", "－", "ー":
		value = "blank"
	case "?", "？":
		value, unreadable = "", true
	}
	a, err := d.Store.KeyAudit(ctx, id, p.By(), value, unreadable, d.Now())
	if err != nil {
		if order.KindOf(err) == order.KindInvalid {
			d.auditPage(w, r, http.StatusUnprocessableEntity, id, pick(p.Lang, "この項目の値として正しくありません。見えている数字、または「-」「?」を入力してください。", message(err)))
			return
		}
		if order.KindOf(err) == order.KindConflict {
			d.tell(ctx, pick(p.Lang, "この項目はすでに処理されています。", "This field was keyed meanwhile."))
			http.Redirect(w, r, "/desk/audits", http.StatusSeeOther)
			return
		}
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "audit "+strconv.FormatInt(id, 10), "keyed")
	if a.State == store.AuditSettled && a.Outcome == rules.AuditReaderErred {
		d.tell(ctx, pick(p.Lang, "読み取りの誤りとして記録しました。注文が出荷前なら保留になっています。", "Recorded as an error of the reader; the order is held if it has not left."))
	}
	http.Redirect(w, r, "/desk/audits", http.StatusSeeOther)
}

const (
	reportDays = 28
	mostDays   = 3650
)

func (d *Desk) showAuditReport(w http.ResponseWriter, r *http.Request) {
	d.auditReport(w, r, http.StatusOK, "")
}

func (d *Desk) auditReport(w http.ResponseWriter, r *http.Request, status int, problem string) {
	ctx, p, now := r.Context(), personOf(r.Context()), d.Now()
	days, err := strconv.Atoi(r.URL.Query().Get("days"))
	if err != nil || days < 1 || days > mostDays {
		days = reportDays
	}
	f, err := d.Store.AuditFigures(ctx, now.AddDate(0, 0, -days), now.Add(time.Second))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.AuditReport{Frame: d.frame(r, "audits", pick(p.Lang, "検査の報告", "Audit report")), Days: days, From: f.From, To: f.To, Problem: problem}
	for _, k := range f.Kinds {
		row := auditRow(page.ReadingKind(p.Lang, string(k.Kind)), k.ErrorFigures)
		row.Target, row.Share, row.Read, row.Waiting, row.Unreadable = k.Target.String(), "—", k.Accepted+k.Reviewed, k.Waiting, k.Unreadable
		row.Over = k.Audited > 0 && k.Lower > k.Target
		if row.Read > 0 {
			row.Share = k.Share.Short()
		}
		v.Kinds = append(v.Kinds, row)
	}
	v.Kinds = append(v.Kinds, auditRow(page.ReadingKind(p.Lang, "all"), f.Overall))
	if f.Overall.Audited > 0 {
		v.Weighted = f.Weighted.Short()
	}
	for _, b := range f.Bands {
		row := auditRow(pick(p.Lang, b.From.String()+" 以上", "from "+b.From.String()), b.ErrorFigures)
		row.Expected = b.Expected.Short()
		v.Bands = append(v.Bands, row)
	}
	for _, x := range f.Persons {
		row := auditRow(x.By, x.ErrorFigures)
		row.Unreadable, row.Waiting = x.Unreadable, x.Waiting
		v.Persons = append(v.Persons, row)
	}
	const most = 50 // of which the orders are looked up
	for i, e := range f.Errors {
		if i == most {
			break
		}
		o, err := d.Store.GetOrder(ctx, e.OrderNumber)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		blank := pick(p.Lang, "（空欄）", "blank")
		v.Errors = append(v.Errors, page.AuditError{
			ID: e.ID, At: e.ChangedAt, Page: strconv.FormatInt(e.DocumentID, 10) + "." + strconv.Itoa(e.Page), Field: page.FieldName(p.Lang, e.Field),
			Reading: cmp.Or(e.Reading, blank), Truth: cmp.Or(e.Truth, blank), Confidence: e.Confidence.String(),
			Order: e.OrderNumber.Grouped(), Path: "/desk/orders/" + string(e.OrderNumber), Held: o.State == order.StateHeld,
		})
	}
	d.saw(r, "audit report")
	d.showAs(w, r, status, v)
}

func auditRow(name string, f store.ErrorFigures) page.AuditRow {
	row := page.AuditRow{Name: name, Audited: f.Audited, Errors: f.Errors, Rate: "—"}
	if f.Audited > 0 {
		row.Rate, row.Lower, row.Upper = f.Rate.Short(), f.Lower.Short(), f.Upper.Short()
	}
	return row
}

// resolveAudit says what becomes of an order that is held because a field was misread.
func (d *Desk) resolveAudit(w http.ResponseWriter, r *http.Request) {
	ctx, p, now := r.Context(), personOf(r.Context()), d.Now()
	id, err := auditID(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	reason := strings.TrimSpace(r.PostFormValue("reason"))
	if reason == "" {
		d.auditReport(w, r, http.StatusUnprocessableEntity, pick(p.Lang, "理由を入力してください。", "Say why."))
		return
	}
	how, next := r.PostFormValue("how"), "/desk/audits/report"
	switch how {
	case "as_read":
		var o order.Order
		if o, err = d.Store.FreeAuditedOrder(ctx, id, p.By(), reason, now); err == nil {
			d.tell(ctx, pick(p.Lang, "注文 "+o.Number.Grouped()+" は読んだとおりに進めます。", "Order "+o.Number.Grouped()+" goes as it was read."))
		}
	case "reorder":
		var rev store.Review
		if rev, err = d.Store.ReorderAudited(ctx, id, p.By(), reason, now); err == nil {
			next = "/desk/review/" + rev.Name()
			d.tell(ctx, pick(p.Lang, "注文を取り消しました。正しい値で確定してください。", "The order is cancelled: release it with the right value."))
		}
	default:
		err = order.Invalid("RDR-3", "how", pick(p.Lang, "処置を選んでください。", "choose what becomes of the order"))
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "audit "+strconv.FormatInt(id, 10), how+": "+reason)
	http.Redirect(w, r, next, http.StatusSeeOther)
}
