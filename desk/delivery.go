package desk

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

func deliveryPath(id int64) string { return "/desk/deliveries/" + strconv.FormatInt(id, 10) }

func (d *Desk) deliveryOf(r *http.Request) (store.Delivery, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return store.Delivery{}, order.NotFound("delivery", "there is no such delivery")
	}
	return d.Store.GetDelivery(r.Context(), id)
}

// showDelivery shows what did not reach its recipient, and takes it for the person.
func (d *Desk) showDelivery(w http.ResponseWriter, r *http.Request) {
	v, err := d.deliveryOf(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "issued "+v.Kind+" "+v.Number)
	d.deliveryPage(w, r, http.StatusOK, v, "")
}

func (d *Desk) deliveryPage(w http.ResponseWriter, r *http.Request, status int, s store.Delivery, said string) {
	ctx, p := r.Context(), personOf(r.Context())
	v := page.Delivery{
		Frame: d.frame(r, "queue", s.Number), Path: deliveryPath(s.ID), Kind: s.Kind, Number: s.Number, State: s.State, Channel: s.Channel, To: order.FormatPhone(s.Recipient),
		Why: page.Saying(p.Lang, s.Detail), CreatedAt: s.CreatedAt, NextAt: s.NotBefore, Said: said, DecidedBy: s.DecidedBy, DecidedFor: s.DecidedFor, DecidedAt: s.DecidedAt,
		Retry: s.State == store.DeliveryFailed, Hurry: s.State == store.DeliveryWaiting && !s.NotBefore.IsZero(), Settle: s.State == store.DeliveryFailed || s.State == store.DeliveryWaiting,
	}
	party, err := d.Store.PartyOf(ctx, s.ID)
	if err == nil && v.Settle {
		v.Claim, err = d.claim(ctx, "delivery", s.ID)
	}
	if err == nil {
		v.Shown, err = d.shown(ctx, s)
	}
	var attempts []store.DeliveryAttempt
	if err == nil {
		attempts, err = d.Store.DeliveryAttempts(ctx, s.ID)
	}
	var all []store.Delivery
	if err == nil {
		all, err = d.Store.DeliveriesOfIssued(ctx, s.IssuedID)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v.Customer = customerView(party.Customer)
	if s.Order != "" {
		v.Order = &page.Link{Path: orderPath(s.Order), Text: s.Order.Grouped()}
	}
	if s.DocumentID != 0 {
		name := strconv.FormatInt(s.DocumentID, 10)
		v.Document = &page.Link{Path: d.documentPage(ctx, s.DocumentID), Text: name}
	}
	for _, a := range attempts {
		v.Attempts = append(v.Attempts, page.AttemptRow{No: a.No, Way: a.Way, Outcome: string(a.Outcome), Detail: a.Detail, Receipt: a.Receipt, At: a.ClaimedAt, EndedAt: a.EndedAt})
	}
	if len(all) > 1 {
		for _, o := range all {
			v.Others = append(v.Others, page.OtherWay{
				Path: deliveryPath(o.ID), Channel: o.Channel, To: order.FormatPhone(o.Recipient), State: o.State, By: o.DecidedBy, For: o.DecidedFor, At: o.CreatedAt, Here: o.ID == s.ID,
			})
		}
	}
	if party.Customer != nil {
		way := func(channel string) (to, why string) {
			to, refused := rules.OtherWay(party.Customer, party.Card, channel, s.Channel, s.Recipient)
			if refused != nil {
				return "", page.Reason(p.Lang, &order.Error{Rule: refused.Rule, Message: refused.Message})
			}
			return order.FormatPhone(to), ""
		}
		v.Fax, v.NoFax = way(string(order.ChannelFax))
		v.Mail, v.NoMail = way("mail")
	}
	d.showAs(w, r, status, v)
}

func customerView(c *order.Department) *page.ReviewCustomer {
	if c == nil {
		return nil
	}
	return &page.ReviewCustomer{Code: c.Code, Name: c.CompanyName + " " + c.Name, Fax: order.FormatPhone(c.Fax), Place: c.Prefecture + c.Address, Path: customerPath(c.Code)}
}

// documentPage is where a document that came in is seen best.
func (d *Desk) documentPage(ctx context.Context, id int64) string {
	name := strconv.FormatInt(id, 10)
	doc, err := d.Store.GetDocument(ctx, id)
	if err == nil && doc.MediaType == mailType {
		return "/desk/mails/" + name
	}
	if reviews, err := d.Store.ReviewsOf(ctx, id); err == nil && len(reviews) > 0 {
		return "/desk/review/" + reviews[0].Name()
	}
	return "/desk/documents/" + name + "/bytes"
}

// shown is a document as it was issued: its pages as pictures where they can be drawn, or its text.
func (d *Desk) shown(ctx context.Context, s store.Delivery) (page.Shown, error) {
	v := page.Shown{Path: "/desk/issued/" + strconv.FormatInt(s.IssuedID, 10), File: s.FileName}
	switch {
	case s.Format == "txt":
		data, err := d.Store.Blobs().Get(s.BlobKey)
		if err == nil {
			data, err = d.masked(ctx, data, "", s.Format)
		}
		if err != nil {
			return v, err
		}
		v.Text = string(data)
	case s.Format == "pdf" && d.Picture != nil:
		data, err := d.Store.Blobs().Get(s.BlobKey)
		if err != nil {
			return v, err
		}
		for no := range d.Picture.Pages(data) {
			v.Images = append(v.Images, fmt.Sprintf("%s/page/%d", v.Path, no+1))
		}
	}
	return v, nil
}

// issuedPicture draws a page of what the shop issued.
func (d *Desk) issuedPicture(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	no, errNo := strconv.Atoi(r.PathValue("no"))
	if err != nil || errNo != nil || d.Picture == nil {
		d.fail(w, r, order.NotFound("document", "there is no such document"))
		return
	}
	i, err := d.Store.GetIssued(r.Context(), id)
	var data []byte
	if err == nil {
		data, err = d.Store.Blobs().Get(i.Key)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.sendDrawn(w, r, data, no)
}

// sendDrawn sends a page of a file as a picture.
func (d *Desk) sendDrawn(w http.ResponseWriter, r *http.Request, data []byte, no int) {
	select { // a page may take much memory and time, and a browser asks for many at once
	case d.draws <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	png, err := func() ([]byte, error) {
		defer func() { <-d.draws }()
		return d.Picture.Draw(data, no)
	}()
	if err != nil {
		d.fail(w, r, order.NotFound("page", "there is no picture of this page"))
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	h.Set("Content-Type", "image/png")
	h.Set("Content-Length", strconv.Itoa(len(png)))
	_, _ = w.Write(png)
}

// actOnDelivery does what a person decided about something that did not arrive.
func (d *Desk) actOnDelivery(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	s, err := d.deliveryOf(r)
	if err == nil {
		err = d.mine(ctx, "delivery", s.ID)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	act, reason := r.PostFormValue("act"), strings.TrimSpace(r.PostFormValue("reason"))
	told := pick(p.Lang, "もう一度送ります。", "It is sent once more.")
	switch act {
	case "retry":
		_, err = d.Store.ResendDelivery(ctx, s.ID, p.By(), reason, d.Now())
	case "hurry":
		err = d.Store.HurryDelivery(ctx, s.ID, p.By(), reason, d.Now())
	case "fax", "mail":
		_, err = d.Store.RedirectDelivery(ctx, s.ID, act, p.By(), reason, d.Now())
		told = pick(p.Lang, "登録先へ送ります。", "It goes to what is registered.")
	case "told":
		if reason, err = d.toldBy(r); err == nil {
			err = d.Store.GiveUpDelivery(ctx, s.ID, p.By(), reason, d.Now())
		}
		told = pick(p.Lang, "連絡済みにしました。", "It is closed as told.")
	default:
		err = order.Invalid("", "act", "there is no such action")
	}
	if err != nil {
		d.refused(w, r, err, func(status int, said string) {
			if now, err := d.Store.GetDelivery(ctx, s.ID); err == nil {
				s = now
			}
			d.deliveryPage(w, r, status, s, said)
		})
		return
	}
	d.log(r, p.Login, "change", "delivery "+strconv.FormatInt(s.ID, 10), act+": "+reason)
	d.tell(ctx, s.Number+"："+told)
	http.Redirect(w, r, "/desk/next?why=delivery", http.StatusSeeOther)
}

// toldBy is what a person told whom, and when, as it is kept.
func (d *Desk) toldBy(r *http.Request) (string, error) {
	who, note := strings.TrimSpace(r.PostFormValue("who")), strings.TrimSpace(r.PostFormValue("note"))
	if who == "" {
		return "", order.Invalid("KEP-2", "who", "say who was told")
	}
	at := d.Now().In(order.JST)
	if s := r.PostFormValue("at"); s != "" {
		t, err := time.ParseInLocation("2006-01-02T15:04", s, order.JST)
		if err != nil || t.After(d.Now().Add(time.Minute)) {
			return "", order.Invalid("KEP-2", "at", "say when it was told; that cannot be still to come")
		}
		at = t
	}
	text := fmt.Sprintf("told by telephone: %s, %s", who, at.Format("2006-01-02 15:04"))
	if note != "" {
		text += ": " + note
	}
	return text, nil
}

// refused shows a page again with what stands against an action.
func (d *Desk) refused(w http.ResponseWriter, r *http.Request, err error, again func(status int, said string)) {
	said := page.Saying(personOf(r.Context()).Lang, message(err))
	switch order.KindOf(err) {
	case order.KindInvalid:
		again(http.StatusUnprocessableEntity, said)
	case order.KindConflict:
		again(http.StatusConflict, said)
	default:
		d.fail(w, r, err)
	}
}
