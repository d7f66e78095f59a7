package desk

import (
	"net/http"
	"slices"
	"strings"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// previewChange shows what an order would be with changes, before anything is cancelled: when it
// would arrive, what it would come to, and which wish cannot be kept.
func (d *Desk) previewChange(w http.ResponseWriter, r *http.Request, o order.Order, said store.OrderDecision) {
	p := personOf(r.Context())
	after, err := d.Store.PreviewOrder(r.Context(), o.ID, said, d.Now())
	if err != nil {
		d.refuseAct(w, r, o, err)
		return
	}
	v, err := d.orderPage(r, o)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	c := &page.ChangePreview{Reason: said.Reason}
	row := func(japanese, english, was, now string) {
		c.Rows = append(c.Rows, page.ChangeRow{Name: pick(p.Lang, japanese, english), Was: was, Now: now, Differs: was != now})
	}
	row("お届け", "Arrives", arrivesOn(p.Lang, o), arrivesOn(p.Lang, after))
	row("お届け先", "Ship to", strings.TrimSpace(o.ShipTo.Code+" "+o.ShipTo.Name), strings.TrimSpace(after.ShipTo.Code+" "+after.ShipTo.Name))
	row("商品合計", "Goods", page.Yen(p.Lang, o.GoodsYen), page.Yen(p.Lang, after.GoodsYen))
	row("送料", "Fee", page.Yen(p.Lang, o.FeeYen), page.Yen(p.Lang, after.FeeYen))
	row("合計（税込）", "Total with tax", page.Yen(p.Lang, totalOf(o)), page.Yen(p.Lang, totalOf(after)))
	for _, n := range rules.MovedDates(after) {
		if s := notKept(p.Lang, n); !slices.Contains(c.Problems, s) {
			c.Problems = append(c.Problems, s)
		}
	}
	if after.State == order.StateHeld {
		c.Problems = append(c.Problems, pick(p.Lang, "変更後の注文は保留になります：", "The changed order is held: ")+page.HoldReason(p.Lang, after.HoldReason))
	}
	for name, values := range r.PostForm {
		for _, value := range values {
			if name != "act" {
				c.Fields = append(c.Fields, [2]string{name, value})
			}
		}
	}
	slices.SortStableFunc(c.Fields, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	v.Preview = c
	d.saw(r, "order "+string(o.Number))
	d.showAs(w, r, http.StatusOK, v)
}

func totalOf(o order.Order) order.Yen {
	sum := o.GoodsYen + o.FeeYen
	for _, t := range o.Taxes {
		sum += t.TaxYen
	}
	return sum
}

// arrivesOn are the days on which an order's shipments arrive.
func arrivesOn(lang page.Lang, o order.Order) string {
	var days []string
	for _, s := range o.Shipments {
		day := pick(lang, "未定", "no date yet")
		if !s.ArrivalOn.IsZero() {
			day = page.Day(lang, s.ArrivalOn)
		}
		if !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	return strings.Join(days, pick(lang, "、", ", "))
}

// notKept says why a wished day cannot be kept, and which it is instead.
func notKept(lang page.Lang, n order.Note) string {
	was, _ := order.ParseDate(n.Was)
	now, _ := order.ParseDate(n.Now)
	if n.Kind != order.NoteDateMoved {
		return pick(lang, "当日の出荷締切を過ぎたため、最短のお届けは"+page.Day(lang, now)+"です。", "The dispatch deadline has passed: the earliest day is "+page.Day(lang, now)+".")
	}
	why := map[order.Reason][2]string{
		order.ReasonEarliest: {"最短のお届け日より前のため", "it lies before the earliest day"},
		order.ReasonSaturday: {"土曜日は配達しない商品があるため", "not everything is delivered on a Saturday"},
		order.ReasonClosed:   {"配達のない日のため", "nothing is delivered on that day"},
		order.ReasonDeadline: {"出荷の締切を過ぎたため", "the dispatch deadline has passed"},
	}[n.Why]
	return pick(lang, "ご希望の"+page.Day(lang, was)+"にはお届けできません（"+why[0]+"）。"+page.Day(lang, now)+"のお届けになります。",
		"The wished "+page.Day(lang, was)+" cannot be kept ("+why[1]+"): it arrives on "+page.Day(lang, now)+".")
}
