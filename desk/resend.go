package desk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// addSuspect shows what the page may repeat, until a person has said what it is (FAX-5).
func (d *Desk) addSuspect(r *http.Request, view *page.Review, v reviewed) error {
	ctx, p := r.Context(), personOf(r.Context())
	if v.Draft == nil || v.Draft.Related != nil {
		return nil
	}
	all, err := d.Store.SuspectsOf(ctx, v.Review)
	if err != nil || len(all) == 0 {
		return err
	}
	s := all[0]
	out := page.ReviewSuspect{
		Relation: string(s.Relation), Name: s.Ref(), Channel: string(s.Channel), At: s.ReceivedAt, More: len(all) - 1,
		CanCorrect: s.ReceivedAt.Before(v.doc.ReceivedAt) && s.State != order.StateReleased && s.State != order.StateShipped,
	}
	switch {
	case out.CanCorrect:
	case s.ReceivedAt.Before(v.doc.ReceivedAt):
		out.NoCorrect = pick(p.Lang, "前回の注文は出荷を指示済みのため、訂正にはできません。", "No correction: the other order is at the warehouse.")
	default:
		out.NoCorrect = pick(p.Lang, "比べている相手のほうが後に届いているため、訂正にはできません。", "No correction: the other one came later.")
	}
	if s.Order != "" {
		out.Order, out.Path = s.Order.Grouped(), "/desk/orders/"+string(s.Order)
	}
	for _, why := range s.Reasons {
		if said := page.ResendReason(p.Lang, why); said != "" {
			out.Reasons = append(out.Reasons, said)
		}
	}
	codes := make([]string, 0, len(s.Lines))
	for _, l := range s.Lines {
		codes = append(codes, l.ItemCode)
	}
	items, err := d.Store.FindItems(ctx, "", order.DateOf(v.doc.ReceivedAt), codes...)
	if err != nil {
		return err
	}
	for _, l := range s.Lines {
		out.Lines = append(out.Lines, page.ReviewDifference{Code: l.ItemCode, Name: items[l.ItemCode].Name, Then: l.Then, Now: l.Now})
	}
	view.Suspect, view.Ready = &out, false
	if s.Document == 0 {
		return nil
	}
	if out.Path == "" { // only what a person settled or will has a review
		out.Path = "/desk/review/" + store.Review{DocumentID: s.Document, PageNo: s.Page}.Name()
	}
	return d.addOtherSheet(ctx, view, v, s)
}

// addOtherSheet puts the other page beside this one, with what differs framed on both.
func (d *Desk) addOtherSheet(ctx context.Context, view *page.Review, v reviewed, s store.Suspect) error {
	pages, err := d.Store.Pages(ctx, s.Document)
	if err != nil {
		return err
	}
	no := max(1, s.Page)
	i := slices.IndexFunc(pages, func(g store.Page) bool { return g.No == no })
	if i < 0 || pages[i].BlobKey == "" {
		return nil
	}
	draft, err := d.Store.FindDraft(ctx, pages[i].ID)
	if err != nil {
		return err
	}
	other := sheetOf(s.Document, no, pages[i:i+1], draft)
	mark(&other, differing(s.Resend, draft))
	mark(&view.Sheet, differing(s.Resend, v.Draft))
	view.Other = &other
	return nil
}

// differing are the fields of a draft that say something else than those of the other page.
func differing(r rules.Resend, d *order.Draft) []string {
	out := slices.Clone(r.Fields)
	if d == nil {
		return out
	}
	for _, l := range r.Lines {
		if l.Then == l.Now {
			continue
		}
		for _, f := range d.Fields {
			if line, ok := strings.CutSuffix(f.Name, ".item_code"); ok && f.Text == l.ItemCode {
				out = append(out, line+".quantity")
				if l.Then == 0 || l.Now == 0 {
					out = append(out, f.Name)
				}
			}
		}
	}
	return out
}

func mark(s *page.Sheet, fields []string) {
	for i := range s.Marks {
		s.Marks[i].Differs = slices.Contains(fields, s.Marks[i].Field)
	}
}

// decideResend takes what a person says that the page is to the other one. Sent again it makes no
// order; anything else settles it, as far as nothing else stands against that.
func (d *Desk) decideResend(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	of, as, reason := other(r.PostFormValue("of")), r.PostFormValue("as"), strings.TrimSpace(r.PostFormValue("reason"))
	if as == string(rules.RelationResend) {
		_, original, err := d.Store.CloseAsResend(ctx, v.DocumentID, v.PageNo, of, p.By(), reason, d.Now())
		if err != nil {
			d.fail(w, r, err)
			return
		}
		d.log(r, p.Login, "change", "document "+v.Name(), "closed as "+original.String()+" sent again")
		d.tell(ctx, pick(p.Lang, v.Name()+" を再送として閉じました。注文にはなりません。", v.Name()+" is closed as sent again: it makes no order."))
		d.onward(w, r)
		return
	}
	d.log(r, p.Login, "change", "document "+v.Name(), "decided: "+as)
	o, err := d.Store.Settle(ctx, v.DocumentID, v.PageNo, store.Settlement{As: store.As(as), Of: of, Reason: reason, By: p.By()}, d.Now())
	d.settled(w, r, v, o, err)
}

// settled answers to an attempt to make an order: the next fax, or what still stands against it.
func (d *Desk) settled(w http.ResponseWriter, r *http.Request, v reviewed, o order.Order, err error) {
	ctx, p := r.Context(), personOf(r.Context())
	if refusal, ok := errors.AsType[*store.Refusal](err); ok {
		if v, err = d.load(ctx, v.Name()); err != nil {
			d.fail(w, r, err)
			return
		}
		const most = 3
		d.panel(w, r, v, said{text: page.Reasons(p.Lang, refusal.Problems, most), wrong: true})
		return
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "order "+string(o.Number), "released from review "+v.Name())
	d.tell(ctx, pick(p.Lang, "注文 "+o.Number.Grouped()+" を受け付けました（"+v.Name()+"）。", "Order "+o.Number.Grouped()+" is accepted ("+v.Name()+")."))
	d.onward(w, r)
}

// other reads what a page is related to: 12.1, 12, an order's number; anything else is the
// suspected one.
func other(name string) store.Other {
	if order.ValidCheckDigit(name) && len(name) == order.NumberDigits {
		return store.Other{Order: order.Number(name)}
	}
	doc, no, ok := reviewName(name)
	if !ok {
		return store.Other{}
	}
	return store.Other{Document: doc, Page: no}
}
