package desk

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// listRows is how many rows one page of a list shows.
const listRows = 50

// orderStates are the states of orders in the order of an order's life.
var orderStates = []order.State{
	order.StateHeld, order.StateAccepted, order.StateShort, order.StateAllocated, order.StateReleased, order.StateShipped, order.StateCancelled,
}

// showOrders lists orders, and finds them by whatever is typed.
func (d *Desk) showOrders(w http.ResponseWriter, r *http.Request) {
	ctx, p, q := r.Context(), personOf(r.Context()), r.URL.Query()
	f := page.OrdersFilter{Q: q.Get("q"), State: q.Get("state"), Channel: q.Get("channel"), Day: q.Get("day")}
	want := store.OrderFind{
		Find: rules.ReadFind(f.Q, order.DateOf(d.Now())), State: order.State(f.State), Channel: order.Channel(f.Channel), Limit: listRows + 1, After: afterOrder(q),
	}
	if on, err := order.ParseDate(f.Day); err == nil {
		want.Day = on
	}
	rows, wide, err := d.Store.FindOrders(ctx, want)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.Orders{Frame: d.frame(r, "orders", pick(p.Lang, "注文", "Orders")), Filter: f}
	if want.After == nil && want.State == "" && want.Channel == "" && want.Day.IsZero() {
		if err := d.foundBeside(ctx, p.Lang, &v, want.Find); err != nil {
			d.fail(w, r, err)
			return
		}
	}
	if len(want.Words) == 1 && want.Words[0].Number != "" && len(rows) == 1 && v.Issued == nil {
		http.Redirect(w, r, orderPath(rows[0].Number), http.StatusSeeOther)
		return
	}
	v.Find = f.Q
	for _, s := range orderStates {
		v.States = append(v.States, page.Option{Value: string(s), Text: page.StateName(p.Lang, string(s)), Here: f.State == string(s)})
	}
	switch {
	case want.Wrong != "":
		v.Hint = pick(p.Lang, "「"+want.Wrong+"」は注文番号として正しくありません（検査数字が合いません）。もう一度お確かめください。", want.Wrong+" is not an order number: its check digit does not fit. Please read it again.")
	case wide:
		v.Hint = pick(p.Lang, "名称に該当するお客様または商品が多いため、一部のみを検索しました。語を足して絞り込んでください。", "The words fit so many customers or items that only some were looked at. Add a word.")
	}
	if len(rows) > listRows {
		rows = rows[:listRows]
		last := rows[listRows-1]
		q.Set("after", strconv.FormatInt(last.ID, 10))
		q.Set("at", strconv.FormatInt(last.ReceivedAt.UnixMicro(), 10))
		v.Next = r.URL.Path + "?" + q.Encode()
	}
	if f.Q != "" {
		d.log(r, p.Login, "view", "orders", "searched: "+f.Q)
	}
	v.Rows = orderRows(p.Lang, rows)
	d.show(w, r, v)
}

// documentsFound is how many documents are shown beside the orders.
const documentsFound = 20

// foundBeside adds the documents that fit, and what we sent under the number that was typed.
func (d *Desk) foundBeside(ctx context.Context, lang page.Lang, v *page.Orders, f rules.Find) error {
	docs, err := d.Store.FindDocuments(ctx, f, documentsFound)
	if err != nil {
		return err
	}
	if v.Documents, err = d.documentRows(ctx, lang, docs); err != nil {
		return err
	}
	for _, w := range f.Words {
		if w.Issued == "" {
			continue
		}
		var about order.Order
		if w.Number != "" {
			if about, err = d.Store.GetOrder(ctx, w.Number); err != nil && order.KindOf(err) != order.KindNotFound {
				return err
			}
		}
		all, err := d.Store.IssuedAbout(ctx, about.ID, w.Document)
		if err != nil {
			return err
		}
		for _, i := range all {
			if i.Number == w.Issued {
				v.Issued = &page.Link{Path: "/desk/issued/" + strconv.FormatInt(i.ID, 10), Text: page.IssueKind(lang, i.Kind) + " " + i.Number}
			}
		}
	}
	return nil
}

// afterOrder is where a page of a list begins.
func afterOrder(q url.Values) *store.OrderRow {
	id, err := strconv.ParseInt(q.Get("after"), 10, 64)
	at, errAt := strconv.ParseInt(q.Get("at"), 10, 64)
	if err != nil || errAt != nil {
		return nil
	}
	return &store.OrderRow{ID: id, ReceivedAt: time.UnixMicro(at)}
}

func orderPath(n order.Number) string { return "/desk/orders/" + string(n) }

func orderRows(lang page.Lang, rows []store.OrderRow) []page.OrderRow {
	out := make([]page.OrderRow, 0, len(rows))
	for _, o := range rows {
		out = append(out, page.OrderRow{
			Path: orderPath(o.Number), Number: o.Number.Grouped(), State: string(o.State), Why: page.HoldReason(lang, o.HoldReason), Company: o.CompanyName, Department: o.DepartmentName,
			Code: o.DepartmentCode, Channel: string(o.Channel), ReceivedAt: o.ReceivedAt, Goods: o.GoodsYen, Lines: o.Lines, Short: o.ShortLines,
			ArrivalOn: o.ArrivalOn, Done: o.State == order.StateShipped || o.State == order.StateCancelled,
		})
	}
	return out
}
