package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// actOnOrder does what a person decided about an order.
func (d *Desk) actOnOrder(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	o, err := d.orderOf(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if err := r.ParseForm(); err != nil {
		d.fail(w, r, order.Invalid("", "", "the form cannot be read"))
		return
	}
	if waits(o) && r.PostFormValue("act") != string(rules.ActNote) {
		if err := d.mine(ctx, "hold", o.ID); err != nil {
			d.fail(w, r, err)
			return
		}
	}
	if r.PostFormValue("act") == "date" {
		d.dateShipment(w, r, o)
		return
	}
	if act := r.PostFormValue("act"); act == "approval-yes" || act == "approval-no" {
		d.enterApproval(w, r, o)
		return
	}
	said := store.OrderDecision{Act: rules.OrderAct(r.PostFormValue("act")), AskedBy: rules.AskedByShop, Reason: r.PostFormValue("reason"), By: p.By()}
	if said.Act == "cancel-customer" {
		said.Act, said.AskedBy = rules.ActCancel, rules.AskedByCustomer
	}
	said.Quiet = r.PostFormValue("quiet") != ""
	preview := r.PostFormValue("act") == "preview"
	if preview {
		said.Act = rules.ActChange
	}
	if said.Act == rules.ActChange {
		if said.Change, err = changeOf(r.PostForm); err != nil {
			d.showOrderWith(w, r, http.StatusUnprocessableEntity, o, page.Saying(p.Lang, message(err)))
			return
		}
	}
	if preview {
		d.previewChange(w, r, o, said)
		return
	}
	after, err := d.Store.DecideOrder(ctx, o.ID, said, d.Now())
	if err != nil {
		d.refuseAct(w, r, o, err)
		return
	}
	d.log(r, p.Login, "change", "order "+string(o.Number), string(said.Act)+": "+said.Reason)
	if after.ID != o.ID {
		d.log(r, p.Login, "change", "order "+string(after.Number), "takes the place of "+string(o.Number))
	}
	d.tell(ctx, actDone(p.Lang, said.Act, o, after)+told(p.Lang, said))
	next := orderPath(after.Number)
	if r.PostFormValue("task") != "" && said.Act != rules.ActNote { // taken from the queue: on with the next
		next = "/desk/next?why=hold"
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// waits tells whether the order waits for a person: held, or made to order without a date.
func waits(o order.Order) bool { return o.State == order.StateHeld || rules.Undated(o) }

// typedDay is a day as people key it: 12/10, 1210, 2026-12-10. Without a year it is the next such day.
func typedDay(s string, today order.Date) (order.Date, error) {
	s = normal(s)
	if on, err := order.ParseDate(s); err == nil {
		return on, nil
	}
	m := monthDay.FindStringSubmatch(s)
	if m == nil {
		return order.ParseDate(s)
	}
	if m[2] == "" && len(m[1]+m[3]) != 4 { // 121 is 12/1 or 1/21
		return order.Date{}, order.Invalid("CUT-6", "arrival_on", fmt.Sprintf("%q may be more than one day: write 12/1 or 1201", s))
	}
	month, _ := strconv.Atoi(m[1])
	day, _ := strconv.Atoi(m[3])
	for year := range 2 {
		on, err := order.ParseDate(fmt.Sprintf("%d-%02d-%02d", today.Year+year, month, day))
		if err == nil && !on.Before(today) {
			return on, nil
		}
	}
	return order.ParseDate(s)
}

var monthDay = regexp.MustCompile(`^(\d{1,2})([/.月-]?)(\d{2}|\d)日?$`)

// dateShipment keeps the day on which made-to-order goods arrive (CUT-6).
func (d *Desk) dateShipment(w http.ResponseWriter, r *http.Request, o order.Order) {
	ctx, p := r.Context(), personOf(r.Context())
	no, err := strconv.Atoi(r.PostFormValue("shipment"))
	var on order.Date
	if err == nil {
		on, err = typedDay(r.PostFormValue("arrival_on"), order.DateOf(d.Now()))
	} else {
		err = order.Invalid("CUT-6", "shipment", "the order has no such shipment")
	}
	var after order.Order
	if err == nil {
		after, err = d.Store.DateShipment(ctx, o.ID, no, on, p.By(), d.Now())
	}
	if err != nil {
		d.refuseAct(w, r, o, err)
		return
	}
	d.log(r, p.Login, "change", "order "+string(o.Number), "made to order: arrives "+on.String())
	d.tell(ctx, pick(p.Lang, o.Number.Grouped()+" のお届け日を"+page.Day(p.Lang, on)+"にしました。お客様に知らせます。", o.Number.Grouped()+" arrives "+page.Day(p.Lang, on)+"; the customer is told."))
	next := orderPath(o.Number)
	if r.PostFormValue("task") != "" && !waits(after) {
		next = "/desk/next?why=hold"
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// refuseAct shows the order again with what stands against the action.
func (d *Desk) refuseAct(w http.ResponseWriter, r *http.Request, o order.Order, err error) {
	p := personOf(r.Context())
	var said string
	status := http.StatusUnprocessableEntity
	if refusal, ok := errors.AsType[*store.Refusal](err); ok {
		said = page.Reasons(p.Lang, refusal.Problems, 3)
	} else if e, ok := errors.AsType[*order.Error](err); ok && (e.Kind == order.KindInvalid || e.Kind == order.KindConflict) {
		said = page.Reason(p.Lang, e)
		if on, err := order.ParseDate(e.Suggest); err == nil {
			said += pick(p.Lang, "　いちばん早い日："+page.Day(p.Lang, on), "  The earliest is "+page.Day(p.Lang, on)+".")
		}
		if e.Kind == order.KindConflict {
			status = http.StatusConflict
		}
	} else {
		d.fail(w, r, err)
		return
	}
	if now, err := d.Store.GetOrder(r.Context(), o.Number); err == nil {
		o = now
	}
	d.showOrderWith(w, r, status, o, said)
}

func changeOf(f url.Values) (rules.OrderChange, error) {
	c := rules.OrderChange{Quantities: map[int]int{}, Comments: map[int]string{}}
	for name := range f {
		if no, ok := strings.CutPrefix(name, "comment-"); ok {
			if line, err := strconv.Atoi(no); err == nil {
				c.Comments[line] = strings.TrimSpace(f.Get(name))
			}
			continue
		}
		no, ok := strings.CutPrefix(name, "qty-")
		if !ok {
			continue
		}
		line, err := strconv.Atoi(no)
		qty, errQty := strconv.Atoi(normal(f.Get(name)))
		if err != nil || errQty != nil {
			return c, order.Invalid("ITM-1", "quantity", strconv.Quote(f.Get(name))+" is no quantity")
		}
		c.Quantities[line] = qty
	}
	for i, code := range f["add-code"] {
		if code = normal(code); code == "" {
			continue
		}
		l := order.RequestLine{ItemCode: code}
		var err error
		if i < len(f["add-qty"]) {
			l.Qty, err = strconv.Atoi(normal(f["add-qty"][i]))
		}
		if err != nil || l.Qty < 1 {
			return c, order.Invalid("ITM-1", "quantity", "say how many of item "+code)
		}
		if i < len(f["add-comment"]) {
			l.Comment = strings.TrimSpace(f["add-comment"][i])
		}
		c.Added = append(c.Added, l)
	}
	if f.Has("designated_on") {
		var on order.Date
		if s := f.Get("designated_on"); s != "" {
			var err error
			if on, err = order.ParseDate(s); err != nil {
				return c, err
			}
		}
		c.DesignatedOn = &on
	}
	if f.Has("ship_to") {
		c.ShipToCode = new(f.Get("ship_to"))
	}
	return c, nil
}

// told says whether the customer is told of what was done.
func told(lang page.Lang, said store.OrderDecision) string {
	switch {
	case said.Act == rules.ActNote:
		return ""
	case said.Quiet && (said.Act == rules.ActHold || said.Act == rules.ActFree):
		return pick(lang, "お客様には知らせません。", " The customer is not told.")
	}
	return pick(lang, "お客様に知らせます。", " The customer is told.")
}

func actDone(lang page.Lang, act rules.OrderAct, o, after order.Order) string {
	n := o.Number.Grouped()
	switch act {
	case rules.ActHold:
		return pick(lang, n+" を保留にしました。", n+" is held.")
	case rules.ActFree:
		return pick(lang, n+" の保留を解除しました。", n+" goes on.")
	case rules.ActCancel:
		return pick(lang, n+" を取り消しました。", n+" is cancelled.")
	case rules.ActChange:
		return pick(lang, n+" を取り消し、変更後の注文 "+after.Number.Grouped()+" を作りました。", n+" is cancelled; "+after.Number.Grouped()+" takes its place.")
	case rules.ActNote:
	}
	return pick(lang, "メモを残しました。", "The note is kept.")
}

// issuedBytes sends what the shop issued, as it left but for links that still work.
func (d *Desk) issuedBytes(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		d.fail(w, r, order.NotFound("document", "there is no such document"))
		return
	}
	i, err := d.Store.GetIssued(r.Context(), id)
	var data []byte
	if err == nil {
		data, err = d.Store.Blobs().Get(i.Key)
	}
	if err == nil {
		data, err = d.masked(r.Context(), data, "", i.Format)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "issued "+i.Kind+" "+i.Number)
	sendBytes(w, data, i.FileName, map[string]string{"pdf": "application/pdf", "txt": "text/plain; charset=utf-8"}[i.Format])
}

// documentBytes sends a document as it came in: always as a file to keep, for nobody knows what
// a stranger put into it.
func (d *Desk) documentBytes(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		d.fail(w, r, order.NotFound("document", "there is no such document"))
		return
	}
	doc, err := d.Store.GetDocument(r.Context(), id)
	var data []byte
	if err == nil {
		data, err = d.Store.DocumentBytes(r.Context(), id)
	}
	if err == nil {
		data, err = d.masked(r.Context(), data, doc.MediaType, "")
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "document "+strconv.FormatInt(id, 10))
	sendBytes(w, data, doc.FileName, "")
}

// filePolicy lets a file that is shown load nothing and run nothing.
const filePolicy = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; plugin-types application/pdf; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"

// sendBytes sends a file: shown in the browser where its type is given, else to be kept.
func sendBytes(w http.ResponseWriter, data []byte, name, shown string) {
	h := w.Header()
	how := "inline"
	if shown == "" {
		how, shown = "attachment", "application/octet-stream"
	}
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Content-Type", shown)
	h.Set("Content-Disposition", how+"; filename*=UTF-8''"+url.PathEscape(strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\"'`, r) {
			return '_'
		}
		return r
	}, name)))
	h.Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data)
}

// resend sends a document to its recipient once more.
func (d *Desk) resend(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	o, err := d.orderOf(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	id, err := strconv.ParseInt(r.PathValue("delivery"), 10, 64)
	if err == nil {
		err = d.delivered(ctx, o, id)
	}
	if err != nil {
		d.fail(w, r, order.NotFound("delivery", "there is no such delivery of this order"))
		return
	}
	if _, err := d.Store.ResendDelivery(ctx, id, p.By(), r.PostFormValue("reason"), d.Now()); err != nil {
		d.refuseAct(w, r, o, err)
		return
	}
	d.log(r, p.Login, "change", "order "+string(o.Number), "sent delivery "+strconv.FormatInt(id, 10)+" again: "+r.PostFormValue("reason"))
	d.tell(ctx, pick(p.Lang, "もう一度送ります。", "It is sent once more."))
	http.Redirect(w, r, orderPath(o.Number), http.StatusSeeOther)
}

// faxNotice tells a customer who asks for it of a shipment by fax (WHS-3).
func (d *Desk) faxNotice(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	o, err := d.orderOf(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	i := slices.IndexFunc(o.Shipments, func(s order.Shipment) bool { return strconv.Itoa(s.No) == r.PathValue("shipment") })
	if i < 0 || d.FaxShipped == nil {
		d.fail(w, r, order.NotFound("shipment", "there is no such shipment of this order"))
		return
	}
	reason := strings.TrimSpace(r.PostFormValue("reason"))
	if err := d.FaxShipped(ctx, o.Shipments[i].ID, p.By(), reason); err != nil {
		d.refuseAct(w, r, o, err)
		return
	}
	d.log(r, p.Login, "change", "order "+string(o.Number), "told by fax of shipment "+strconv.Itoa(o.Shipments[i].No)+": "+reason)
	d.tell(ctx, pick(p.Lang, "発送のお知らせをFAXで送ります。", "The notice is sent by fax."))
	http.Redirect(w, r, orderPath(o.Number), http.StatusSeeOther)
}

// delivered makes sure that a delivery is about an order.
func (d *Desk) delivered(ctx context.Context, o order.Order, id int64) error {
	all, err := d.Store.IssuedAbout(ctx, o.ID, o.Source.DocumentID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(i store.IssuedDocument) bool { return i.DeliveryID == id }) {
		return order.NotFound("delivery", "there is no such delivery")
	}
	return nil
}
