package desk

import (
	"net/http"
	"slices"
	"strconv"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

func (d *Desk) answerOf(r *http.Request) (store.Answer, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return store.Answer{}, order.NotFound("answer", "there is no such answer")
	}
	return d.Store.GetAnswer(r.Context(), id)
}

// showAnswer shows what a customer must be told and cannot be sent, and takes it for the person.
func (d *Desk) showAnswer(w http.ResponseWriter, r *http.Request) {
	a, err := d.answerOf(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "customer "+a.DepartmentCode)
	d.answerPage(w, r, http.StatusOK, a, "")
}

func (d *Desk) answerPage(w http.ResponseWriter, r *http.Request, status int, a store.Answer, said string) {
	ctx, p := r.Context(), personOf(r.Context())
	name := strconv.FormatInt(a.ID, 10)
	v := page.Answer{
		Frame: d.frame(r, "queue", name), Path: "/desk/answers/" + name, Name: name, Why: page.Saying(p.Lang, a.Detail), WantedAt: a.WantedAt, Open: a.State == store.AnswerDesk,
		ClosedBy: a.ClosedBy, State: string(a.State), Said: said,
	}
	if a.ClosedBy != "" {
		v.ClosedAt = a.ClosedAt
	}
	f, err := d.Store.FactsOfAnswer(ctx, a.DocumentID, a.OrderID, a.DepartmentCode, d.Now())
	if err == nil && v.Open {
		v.Claim, err = d.claim(ctx, "answer", a.ID)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v.Customer, v.Email = customerView(&f.Customer), f.Email
	if a.DocumentID != 0 {
		v.Document = &page.Link{Path: d.documentPage(ctx, a.DocumentID), Text: strconv.FormatInt(a.DocumentID, 10)}
	}
	for _, o := range f.Orders {
		row := page.AnswerOrder{Path: orderPath(o.Order.Number), Number: o.Order.Number.Grouped(), State: string(o.Order.State), GoodsYen: o.Order.GoodsYen}
		for _, s := range o.Order.Shipments {
			if s.State != order.ShipmentCancelled && !slices.Contains(row.Arrivals, s.ArrivalOn) {
				row.Arrivals = append(row.Arrivals, s.ArrivalOn)
			}
		}
		v.Orders = append(v.Orders, row)
	}
	d.showAs(w, r, status, v)
}

// actOnAnswer closes what a person told, or has it made anew.
func (d *Desk) actOnAnswer(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	a, err := d.answerOf(r)
	if err == nil {
		err = d.mine(ctx, "answer", a.ID)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	act, note, told := r.PostFormValue("act"), "", ""
	switch act {
	case "told":
		if note, err = d.toldBy(r); err == nil {
			err = d.Store.AnswerToldBy(ctx, a.ID, note, p.By(), d.Now())
		}
		told = pick(p.Lang, "連絡済みにしました。", "It is closed as told.")
	case "again":
		err = d.Store.AnswerAgain(ctx, a.ID, p.By(), d.Now())
		told = pick(p.Lang, "今の登録先で回答を作り直します。", "The answer is made anew, by what is registered now.")
	default:
		err = order.Invalid("", "act", "there is no such action")
	}
	if err != nil {
		d.refused(w, r, err, func(status int, said string) {
			if now, err := d.Store.GetAnswer(ctx, a.ID); err == nil {
				a = now
			}
			d.answerPage(w, r, status, a, said)
		})
		return
	}
	d.log(r, p.Login, "change", "answer "+strconv.FormatInt(a.ID, 10), act+": "+note)
	d.tell(ctx, told)
	http.Redirect(w, r, "/desk/next?why=delivery", http.StatusSeeOther)
}
