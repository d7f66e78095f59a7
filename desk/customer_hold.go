package desk

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/rules"
	"todoke/templates/page"
)

// holdCustomer has all orders of a customer wait, or go again (CST-1).
func (d *Desk) holdCustomer(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	c, err := d.Store.GetDepartment(ctx, r.PathValue("code"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	hold, reason := r.PostFormValue("act") == "hold", strings.TrimSpace(r.PostFormValue("reason"))
	n, err := d.Store.HoldCustomer(ctx, c.Code, hold, reason, p.By(), d.Now())
	if err != nil {
		switch order.KindOf(err) {
		case order.KindInvalid:
			d.customerPage(w, r, http.StatusUnprocessableEntity, c, page.Saying(p.Lang, message(err)))
		case order.KindConflict:
			d.customerPage(w, r, http.StatusConflict, c, page.Saying(p.Lang, message(err)))
		default:
			d.fail(w, r, err)
		}
		return
	}
	act, told := "free", pick(p.Lang, "保留を解除しました。保留していた注文 "+strconv.Itoa(n)+"件が進みます。", fmt.Sprintf("The hold is over: %d order(s) go on.", n))
	if hold {
		act, told = "hold", pick(p.Lang, "このお客様の注文をすべて保留にしました（受付済み "+strconv.Itoa(n)+"件）。", fmt.Sprintf("All orders of this customer wait, %d of them taken before.", n))
	}
	d.log(r, p.Login, "change", "customer "+c.Code, act+": "+reason)
	d.tell(ctx, told)
	http.Redirect(w, r, customerPath(c.Code), http.StatusSeeOther)
}

// customerControls are a customer's hold and budgets.
func (d *Desk) customerControls(ctx context.Context, p Person, v *page.Customer, code string) (err error) {
	if v.Hold, err = d.Store.CustomerHold(ctx, code); err != nil {
		return err
	}
	v.MayHold = p.At(leads)
	budgets, _, err := d.Store.BudgetsOf(ctx, code, order.DateOf(d.Now().In(order.JST)), 1)
	if err != nil {
		return err
	}
	users := map[string]string{}
	for _, u := range v.Users {
		users[u.Code] = u.Name
	}
	for _, b := range budgets {
		row := page.BudgetRow{
			Whose: pick(p.Lang, "部署", "department"), Span: pick(p.Lang, "月", "month"), Period: b.Period, LimitYen: b.LimitYen, OpenYen: b.OpenYen, UsedYen: b.UsedYen - b.OpenYen, LeftYen: b.LeftYen,
			Over: pick(p.Lang, "受け付けない", "refused"), W: int(min(barWidth, max(0, b.UsedYen*barWidth/max(1, b.LimitYen)))),
		}
		if b.UserCode != "" {
			row.Whose = strings.TrimSpace(users[b.UserCode] + " " + b.UserCode)
		}
		if b.Span == rules.BudgetYear {
			row.Span = pick(p.Lang, "年度", "year")
		}
		if b.Over == rules.OverApprove {
			row.Over = pick(p.Lang, "承認を求める", "needs approval")
		}
		v.Budgets = append(v.Budgets, row)
	}
	return nil
}
