package desk

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// orderCard shows what became of an order's card (PAY-1), and what a person may do about it.
func (d *Desk) orderCard(ctx context.Context, p Person, v *page.Order, o order.Order) error {
	all, err := d.Store.PaymentsOf(ctx, o.ID)
	if err != nil || o.Payment != order.PaymentCard && len(all) == 0 {
		return err
	}
	tries, err := d.Store.PaymentTries(ctx, o.ID)
	if err != nil {
		return err
	}
	c := &page.CardView{
		Reference: o.Authorisation, Authorised: o.AuthorisedYen, Until: o.AuthorisedTill, Billed: o.Payment != order.PaymentCard,
		Lapsed: !o.AuthorisedTill.IsZero() && d.Now().After(o.AuthorisedTill),
	}
	past := make([]rules.Charge, 0, len(all))
	for _, x := range all {
		past = append(past, x.Charge)
		row := page.CardRow{
			Kind: string(x.Kind), Shipment: x.ShipmentNo, Yen: x.Yen, Rest: x.Kind == rules.ChargeVoid && x.Yen == 0, State: string(x.State), At: x.CreatedAt,
			AnsweredAt: x.AnsweredAt, NextAt: x.NotBefore, Tries: x.Tries, Answer: page.Saying(p.Lang, x.Answer), Why: page.Saying(p.Lang, x.Why), By: x.By,
		}
		if x.State == rules.ChargeSent {
			row.NextAt = time.Time{}
		}
		if row.Why == row.Answer {
			row.Why = ""
		}
		for _, t := range tries {
			if t.PaymentID == x.ID {
				row.Asked = append(row.Asked, page.CardTry{At: t.BeganAt, Outcome: t.Outcome, Answer: page.Saying(p.Lang, t.Answer)})
			}
		}
		c.Rows = append(c.Rows, row)
	}
	sum := rules.SumCharges(o, past)
	c.Captured, c.Voided, c.Refunded, c.Waived, c.Open, c.OpenKnown = sum.Captured, sum.Voided, sum.Refunded, sum.Waived, sum.Open, sum.OpenKnown
	c.Need = max(0, rules.TotalYen(o)-sum.Captured-sum.Waived)
	has := func(f func(rules.Charge) bool) bool { return slices.ContainsFunc(past, f) }
	failed := has(func(x rules.Charge) bool { return x.State == rules.ChargeFailed })
	open := has(func(x rules.Charge) bool { return x.State.Open() })
	live := o.State != order.StateCancelled && o.State != order.StateShipped
	c.Retry = failed || open
	uncharged := live && c.Need > 0 || has(func(x rules.Charge) bool { return x.State == rules.ChargeFailed && x.Kind == rules.ChargeCapture })
	c.Authorise = o.Payment == order.PaymentCard && live && uncharged
	c.Invoice = o.Payment == order.PaymentCard && uncharged
	if lead := p.At(leads); lead {
		c.Release = rules.HeldBy(o, "PAY-1") || has(func(x rules.Charge) bool { return x.State == rules.ChargeFailed && x.Kind == rules.ChargeCapture })
		c.Settled = has(func(x rules.Charge) bool { return x.State == rules.ChargeFailed && x.Kind != rules.ChargeCapture })
		c.Refundable = sum.Refundable
	}
	v.Card = c
	return nil
}

// cardWaits tells whether something about the order's card waits for a person.
func (d *Desk) cardWaits(ctx context.Context, o order.Order) (bool, error) {
	all, err := d.Store.PaymentsOf(ctx, o.ID)
	return slices.ContainsFunc(all, func(p store.Payment) bool {
		return p.State == rules.ChargeFailed || p.State.Open() && p.Tries >= d.Store.Settings().PaymentTries
	}), err
}

// cardActs are what may be done about a card, and whether a lead alone may.
var cardActs = map[string]bool{"retry": false, "authorise": false, "invoice": false, "release": true, "settled": true, "refund": true}

// actOnCard does what a person decided about an order's card.
func (d *Desk) actOnCard(w http.ResponseWriter, r *http.Request) { d.decideCard(w, r, false) }

// leadOnCard does what a lead alone decides: goods that leave uncharged, and money that is paid back.
func (d *Desk) leadOnCard(w http.ResponseWriter, r *http.Request) { d.decideCard(w, r, true) }

func (d *Desk) decideCard(w http.ResponseWriter, r *http.Request, lead bool) {
	ctx, p, now := r.Context(), personOf(r.Context()), d.Now()
	o, err := d.orderOf(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	act, reason := r.PostFormValue("act"), strings.TrimSpace(r.PostFormValue("reason"))
	if needsLead, known := cardActs[act]; !known || needsLead != lead {
		d.refuseAct(w, r, o, order.Invalid("PAY-1", "act", "there is no such action: choose retry, authorise, invoice, release or settled"))
		return
	}
	task := "payment"
	if waits(o) {
		task = "hold"
	}
	if err := d.mine(ctx, task, o.ID); err != nil {
		d.refuseAct(w, r, o, err)
		return
	}
	detail, err := d.settleCard(ctx, o, act, reason, r, now)
	if err != nil {
		d.refuseAct(w, r, o, err)
		return
	}
	d.log(r, p.Login, "change", "order "+string(o.Number), "card "+detail+": "+reason)
	d.tell(ctx, cardDone(p.Lang, act, o))
	next := orderPath(o.Number)
	if r.PostFormValue("task") != "" && act != "refund" {
		next = "/desk/next?why=" + task
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (d *Desk) settleCard(ctx context.Context, o order.Order, act, reason string, r *http.Request, now time.Time) (detail string, err error) {
	p := personOf(ctx)
	if act == "refund" {
		yen, err := typedYen(r.PostFormValue("yen"), "yen")
		name := strings.TrimSpace(r.PostFormValue("name"))
		switch {
		case err != nil:
			return "", err
		case name == "" || len(name) > 100:
			return "", order.Invalid("PAY-1", "name", "say what is refunded, such as the number of the return: a name is refunded once")
		case reason == "":
			return "", order.Invalid("KEP-2", "reason", "say why")
		}
		return "refund of " + yen.Grouped() + " yen (" + order.MaskCards(name) + ")", d.Store.InTx(ctx, func(tx *store.Tx) error {
			return tx.Refund(ctx, o.ID, order.MaskCards(name), yen, p.By(), reason, now)
		})
	}
	s := store.PaymentDecision{Act: store.PaymentAct(act), By: p.By(), Reason: reason, Lead: p.At(leads)}
	if s.Act == store.PayAuthorise {
		s.Reference = strings.TrimSpace(r.PostFormValue("reference"))
		if s.Yen, err = typedYen(r.PostFormValue("yen"), "authorised_yen"); err != nil {
			return "", err
		}
		if until := strings.TrimSpace(r.PostFormValue("until")); until != "" {
			on, err := order.ParseDate(until)
			if err != nil {
				return "", err
			}
			s.Until = time.Date(on.Year, on.Month, on.Day+1, 0, 0, 0, 0, order.JST).Add(-time.Second)
			if !s.Until.After(now) {
				return "", order.Invalid("PAY-1", "authorised_until", "the authorisation would have ended: enter the day on which the new one ends")
			}
		}
	}
	_, err = d.Store.SettlePayment(ctx, o.ID, s, now)
	return act, err
}

// typedYen is an amount as people key it: 1,650 or １６５０円.
func typedYen(s, field string) (order.Yen, error) {
	s = strings.NewReplacer(",", "", "円", "", "¥", "", "，", "").Replace(normal(s))
	n, err := strconv.ParseInt(cmp.Or(s, "0"), 10, 64)
	const most = 1_000_000_000
	if err != nil || n < 1 || n > most {
		return 0, order.Invalid("PAY-1", field, "the amount must be whole yen, at least 1")
	}
	return order.Yen(n), nil
}

func cardDone(lang page.Lang, act string, o order.Order) string {
	n := o.Number.Grouped()
	switch act {
	case "authorise":
		return pick(lang, n+" の新しい承認番号を登録しました。", n+" has its new authorisation.")
	case "invoice":
		return pick(lang, n+" を請求書払いに変えました。", n+" is billed instead.")
	case "release":
		return pick(lang, n+" をカードに請求しないまま出荷できるようにしました。", n+" may leave uncharged.")
	case "settled":
		return pick(lang, n+" の返金・取消を処理済みにしました。", n+": settled without the gateway.")
	case "refund":
		return pick(lang, n+" の返金を決済会社に依頼します。", n+": the refund is asked for.")
	}
	return pick(lang, n+" のカード決済をやり直します。", n+": the card is tried again.")
}
