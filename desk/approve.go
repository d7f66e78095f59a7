package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
	"todoke/templates/phrase"
)

// ApprovalPath begins the path of an approver's page; the token of their mail's link follows.
const ApprovalPath = "/approve/"

// approvalPolicy lets an approver's page load our style alone: there are no scripts on it.
const approvalPolicy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// approvalForm is how many bytes an approver may send.
const approvalForm = 16 << 10

// Approvals are the pages that mails to customers' approvers lead to (APR-1), beside the desk and
// without its sign-in: who has the link may look, and decide by a button alone, for whoever scans
// mails opens links but presses nothing.
func (d *Desk) Approvals() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET "+ApprovalPath+"{token}", d.showApproval)
	m.HandleFunc("POST "+ApprovalPath+"{token}", d.decideApproval)
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { d.approvalGone(w, r) })
	crowd := newBuckets(d.Settings.ApprovalBurst, 1)
	guarded := http.NewCrossOriginProtection().Handler(m)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		d.guard(h, approvalPolicy, "no-referrer")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		r.Body = http.MaxBytesReader(w, r.Body, approvalForm)
		if wait := crowd.Take(address(r), d.Now()); wait > 0 {
			h.Set("Retry-After", "5")
			d.showAs(w, r, http.StatusTooManyRequests, d.approvalSays(r, "アクセスが集中しています。少し待ってから、もう一度お試しください。", "There were too many requests. Wait a moment and try again."))
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// approvalSays is a page that says one thing.
func (d *Desk) approvalSays(r *http.Request, japanese, english string) page.Approve {
	lang := doorLang(r)
	var contact []string
	for _, s := range []string{d.DeskName, d.ShopPhone, d.DeskHours} {
		if s != "" {
			contact = append(contact, s)
		}
	}
	return page.Approve{
		Lang: lang, Shop: d.ShopName, Title: pick(lang, "ご注文の承認", "Approval of an order"), Said: pick(lang, japanese, english), Contact: strings.Join(contact, "　"),
	}
}

func (d *Desk) approvalGone(w http.ResponseWriter, r *http.Request) {
	d.showAs(w, r, http.StatusNotFound, d.approvalSays(r, "このリンクは無効か、期限が過ぎています。お手数ですが、お問い合わせください。", "This link is not valid or has expired. Please ask us."))
}

// approvalOf is what the link of a request leads to; ok is false where the answer is given.
func (d *Desk) approvalOf(w http.ResponseWriter, r *http.Request) (l store.ApprovalLink, c store.ApprovalCase, ok bool) {
	l, ok, err := d.Store.FindApprovalLink(r.Context(), r.PathValue("token"), d.Now())
	if err == nil && ok {
		c, ok, err = d.Store.ApprovalOf(r.Context(), l.OrderID, d.Now())
	}
	if err != nil {
		d.Log.ErrorContext(r.Context(), "approval page failed", "error", err) // without its path, which is the token
		d.showAs(w, r, http.StatusInternalServerError, d.approvalSays(r, "処理できませんでした。しばらくしてからもう一度お試しください。", "Something failed on our side. Try again in a moment."))
		return l, c, false
	}
	if !ok {
		d.approvalGone(w, r)
	}
	return l, c, ok
}

func (d *Desk) showApproval(w http.ResponseWriter, r *http.Request) {
	if l, c, ok := d.approvalOf(w, r); ok {
		v := d.approvalPage(r, l, c)
		v.Refuse = r.URL.Query().Has("no")
		d.show(w, r, v)
	}
}

// approvalPage shows the order with its buttons, or what became of it.
func (d *Desk) approvalPage(r *http.Request, l store.ApprovalLink, c store.ApprovalCase) page.Approve {
	v := d.approvalSays(r, "", "")
	o := c.Order
	v.Company, v.Customer, v.Number, v.Orderer, v.To = c.Customer.CompanyName, c.Customer.Name, o.Number.Grouped(), c.Users[c.Orderer].Name, c.Users[l.User].Name
	v.ReceivedAt, v.Goods, v.Fee, v.Taxes, v.Total, v.Expires = o.ReceivedAt, o.GoodsYen, o.FeeYen, o.Taxes, o.GoodsYen+o.FeeYen, l.ExpiresAt
	for _, t := range o.Taxes {
		v.Total += t.TaxYen
	}
	const reduced = 8
	for _, line := range o.Lines {
		v.Lines = append(v.Lines, page.ApproveLine{
			Code: line.ItemCode, Name: line.Name, Unit: line.Unit, Qty: line.Qty, Price: line.UnitPrice, Amount: line.Amount(), Reduced: line.TaxRate == reduced,
		})
	}
	v.Why = approvalWhy(c.Reasons)
	for _, who := range c.Deciders {
		if who.Code == l.User && c.Level() == l.Level {
			v.Path = ApprovalPath + r.PathValue("token")
		}
	}
	if v.Path != "" {
		return v
	}
	said := map[rules.ApprovalState][2]string{
		rules.ApprovalApproved:  {"このご注文は承認されました。ありがとうございました。", "This order is approved. Thank you."},
		rules.ApprovalRefused:   {"このご注文は否認され、取り消しとなりました。", "This order was refused and is cancelled."},
		rules.ApprovalExpired:   {"期限が過ぎたため、このご注文は取り消しとなりました。", "Nobody decided in time: this order is cancelled."},
		rules.ApprovalWithdrawn: {"このご注文は取り消されたため、ご判断は不要となりました。", "This order was cancelled: nothing is left to decide."},
		rules.ApprovalLevel1:    {"承認を承りました。次の承認者様のご判断をお待ちしております。", "Your approval is noted. The next level decides."},
		rules.ApprovalAsked:     {"現在、このリンクではご判断いただけません。", "Nothing can be decided by this link now."},
	}[c.State]
	v.Said = pick(v.Lang, said[0], said[1])
	return v
}

// decideApproval takes the button that was pressed. The link is for one decision: the level that it
// is for is decided then.
func (d *Desk) decideApproval(w http.ResponseWriter, r *http.Request) {
	l, c, ok := d.approvalOf(w, r)
	if !ok {
		return
	}
	v := d.approvalPage(r, l, c)
	if err := r.ParseForm(); err != nil || v.Path == "" {
		d.showAs(w, r, http.StatusConflict, v)
		return
	}
	decision, note := r.PostFormValue("decision"), r.PostFormValue("note")
	var problem *order.Error
	if decision == "yes" || decision == "no" {
		_, err := d.Store.DecideApproval(r.Context(), l.OrderID, store.ApprovalDecision{By: l.User, Yes: decision == "yes", Note: note}, d.Now())
		if err == nil {
			http.Redirect(w, r, ApprovalPath+r.PathValue("token"), http.StatusSeeOther)
			return
		}
		if problem, ok = errors.AsType[*order.Error](err); !ok || problem.Kind != order.KindInvalid && problem.Kind != order.KindConflict {
			d.Log.ErrorContext(r.Context(), "approval failed", "order", string(c.Order.Number), "error", err)
			d.showAs(w, r, http.StatusInternalServerError, d.approvalSays(r, "処理できませんでした。しばらくしてからもう一度お試しください。", "Something failed on our side. Try again in a moment."))
			return
		}
	}
	if problem != nil && problem.Kind == order.KindConflict { // somebody was faster
		if _, c, ok = d.approvalOf(w, r); ok {
			d.showAs(w, r, http.StatusConflict, d.approvalPage(r, l, c))
		}
		return
	}
	v.Note = note
	v.Problem = pick(v.Lang, "「承認する」または「否認する」を押してください。", "Press one of the buttons.")
	if problem != nil {
		v.Problem = pick(v.Lang, "否認される場合は、理由をご記入ください。", "Say why the order is refused.")
	}
	d.showAs(w, r, http.StatusUnprocessableEntity, v)
}

func approvalWhy(reasons []rules.ApprovalReason) []string {
	out := make([]string, 0, len(reasons))
	for _, why := range reasons {
		out = append(out, phrase.ApprovalReason(string(why.Condition), why.FromYen, why.Yen, why.LineNo, why.Period))
	}
	return out
}

// orderApproval shows whether and by whom an order is approved.
func (d *Desk) orderApproval(ctx context.Context, v *page.Order, o order.Order) error {
	c, found, err := d.Store.ApprovalOf(ctx, o.ID, d.Now())
	if err != nil || !found {
		return err
	}
	name := func(code string) string {
		if u, ok := c.Users[code]; ok && u.Name != "" {
			return u.Name + " " + code
		}
		return code
	}
	a := &page.ApprovalView{
		State: "approval_" + string(c.State), Why: approvalWhy(c.Reasons), Level: c.Level(), Levels: len(c.Levels), Orderer: name(c.Orderer), AskedAt: c.AskedAt, DueAt: c.DueAt, Expires: c.Expires, Reminded: c.Reminded,
	}
	for _, s := range c.Steps {
		a.Steps = append(a.Steps, page.ApprovalStepRow{Level: s.Level, By: name(s.By), For: name(s.For), EnteredBy: s.EnteredBy, Yes: s.Yes, Note: s.Note, At: s.At})
	}
	for _, who := range c.Deciders {
		a.Deciders = append(a.Deciders, page.ApprovalPerson{Code: who.Code, Name: name(who.Code), For: name(who.For), Email: who.Email})
	}
	v.Approval = a
	return nil
}

// enterApproval takes a decision that an approver told by telephone.
func (d *Desk) enterApproval(w http.ResponseWriter, r *http.Request, o order.Order) {
	ctx, p := r.Context(), personOf(r.Context())
	yes := r.PostFormValue("act") == "approval-yes"
	approver, reason := r.PostFormValue("approver"), strings.TrimSpace(r.PostFormValue("reason"))
	err := error(order.Invalid("KEP-2", "reason", "say why"))
	if reason != "" {
		_, err = d.Store.DecideApproval(ctx, o.ID, store.ApprovalDecision{By: approver, Yes: yes, Note: reason, EnteredBy: p.By()}, d.Now())
	}
	if err != nil {
		d.refuseAct(w, r, o, err)
		return
	}
	d.log(r, p.Login, "change", "order "+string(o.Number), fmt.Sprintf("approval by telephone of %s, approved %t: %s", approver, yes, reason))
	d.tell(ctx, pick(p.Lang, "ご判断を記録しました。", "The decision is kept."))
	http.Redirect(w, r, orderPath(o.Number), http.StatusSeeOther)
}
