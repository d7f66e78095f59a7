package desk

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

func cardDayPath(day order.Date) string { return "/desk/cards/" + day.String() }

// cardDayTask is the number by which a day of the gateway's books is claimed, such as 20261123.
func cardDayTask(day order.Date) int64 { return int64(day.Year*10000 + int(day.Month)*100 + day.Day) }

func cardDayOf(r *http.Request) (order.Date, error) {
	day, err := order.ParseDate(r.PathValue("day"))
	if err != nil || day.String() != r.PathValue("day") {
		return day, order.NotFound("day", "there is no such day")
	}
	return day, nil
}

// showCardDay shows what comparing a day of the card gateway's books with ours came to (PAY-1), and takes
// it for the person where something is to be settled.
func (d *Desk) showCardDay(w http.ResponseWriter, r *http.Request) {
	day, err := cardDayOf(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "cards "+day.String())
	d.cardDayPage(w, r, http.StatusOK, day, "")
}

func (d *Desk) cardDayPage(w http.ResponseWriter, r *http.Request, status int, day order.Date, said string) {
	ctx, p := r.Context(), personOf(r.Context())
	runs, found, err := d.Store.CardDay(ctx, day)
	v := page.CardDay{
		Frame: d.frame(r, "queue", pick(p.Lang, "カード決済の照合", "Card gateway's books")), Path: cardDayPath(day), Day: day, Said: said,
		MayCompare: day.Before(order.DateOf(d.Now())),
	}
	for _, x := range found {
		row := page.CardDiff{
			ID: x.ID, Kind: x.Kind, What: x.What, Key: x.Key, Reference: x.Reference, GatewayID: x.GatewayID, Here: x.Here, There: x.There, At: x.At, FoundAt: x.FoundAt,
			GoneAt: x.GoneAt, SettledAt: x.SettledAt, SettledBy: x.SettledBy, Reason: x.Reason, Open: x.Open() && x.Kind != store.CardNotAnswered,
		}
		if x.Order != "" {
			row.Order, row.OrderPath = x.Order.Grouped(), orderPath(x.Order)
		}
		v.Open = v.Open || row.Open
		v.Rows = append(v.Rows, row)
	}
	for _, x := range runs {
		v.Runs = append(v.Runs, page.CardRun{At: x.At, By: x.By, Listed: x.Listed, Booked: x.Booked, Differences: x.Differences, NotAnswered: x.NotAnswered})
	}
	if err == nil && v.Open {
		v.Claim, err = d.claim(ctx, "cards", cardDayTask(day))
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.showAs(w, r, status, v)
}

// actOnCardDay keeps what a person found out about a difference, or has the day compared once more.
func (d *Desk) actOnCardDay(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	day, err := cardDayOf(r)
	if err == nil {
		err = d.mine(ctx, "cards", cardDayTask(day))
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	act, reason, told, detail := r.PostFormValue("act"), strings.TrimSpace(r.PostFormValue("reason")), "", ""
	switch act {
	case "settle":
		id, _ := strconv.ParseInt(r.PostFormValue("id"), 10, 64)
		err = d.settleCardDiff(r, day, id, reason)
		told, detail = pick(p.Lang, "差異を処理済みにしました。", "The difference is settled."), fmt.Sprintf("settled %d: %s", id, reason)
	case "compare":
		if !day.Before(order.DateOf(d.Now())) {
			err = order.Invalid("PAY-1", "day", "the day is not over yet")
			break
		}
		err = d.Store.CompareCardDay(ctx, day, p.By())
		told, detail = pick(p.Lang, "もう一度照合しています。しばらくしてからこのページを開き直してください。", "The day is compared once more: open this page again in a moment."), "compared again"
	default:
		err = order.Invalid("", "act", "there is no such action")
	}
	if err != nil {
		d.refused(w, r, err, func(status int, said string) { d.cardDayPage(w, r, status, day, said) })
		return
	}
	d.log(r, p.Login, "change", "cards "+day.String(), detail)
	d.tell(ctx, told)
	http.Redirect(w, r, cardDayPath(day), http.StatusSeeOther)
}

// settleCardDiff settles a difference of the day's.
func (d *Desk) settleCardDiff(r *http.Request, day order.Date, id int64, reason string) error {
	_, found, err := d.Store.CardDay(r.Context(), day)
	if err != nil {
		return err
	}
	for _, x := range found {
		if x.ID == id && x.Kind != store.CardNotAnswered {
			return d.Store.SettleCardDifference(r.Context(), id, personOf(r.Context()).By(), reason, d.Now())
		}
	}
	return order.NotFound("id", "the day has no such difference")
}
