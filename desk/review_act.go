package desk

import (
	"net/http"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/templates/page"
)

// closing are the ways to close a page without an order: what it is, in words and for the pages to
// come.
var closing = map[string]struct {
	kind              order.PageKind
	japanese, english string
}{
	"blank":  {order.PageBlank, "白紙", "a blank page"},
	"junk":   {order.PageUnknown, "不要", "junk"},
	"cover":  {order.PageCover, "送付状", "a cover sheet"},
	"advert": {order.PageAdvert, "広告", "an advert"},
}

// closeReview closes a page that is nothing to work on: as what it is, as one that nobody can read
// and the customer is asked for again (FAX-3), or as dealt with by hand.
func (d *Desk) closeReview(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	as, note := r.PostFormValue("as"), strings.TrimSpace(r.PostFormValue("reason"))
	var told string
	switch c, known := closing[as]; {
	case known:
		_, err = d.Store.JunkAs(ctx, v.DocumentID, v.PageNo, c.kind, p.By(), d.Now())
		told = pick(p.Lang, v.Name()+" を"+c.japanese+"として閉じました。", v.Name()+" is closed as "+c.english+".")
	case as == "done":
		if note == "" {
			d.panel(w, r, v, said{text: pick(p.Lang, "どう対応したかを入力してください。", "Say how it was dealt with."), wrong: true})
			return
		}
		_, err = d.Store.Done(ctx, v.DocumentID, v.PageNo, note, p.By(), d.Now())
		told = pick(p.Lang, v.Name()+" を対応済みにしました。", v.Name()+" is dealt with.")
	case as == "illegible":
		var asked bool
		_, asked, err = d.Store.Illegible(ctx, v.DocumentID, v.PageNo, d.customerOf(v.Review), p.By(), d.Now())
		told = pick(p.Lang, v.Name()+" を閉じました。お客様が不明のため、再送のお願いは送られません。", v.Name()+" is closed. Nobody knows whose it is: nobody is asked.")
		if asked {
			told = pick(p.Lang, v.Name()+" を閉じました。お客様に再送をお願いします。", v.Name()+" is closed, and the customer is asked to send it again.")
		}
	default:
		err = order.Invalid("", "as", "there is no such way to close a page")
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "document "+v.Name(), "closed: "+as)
	d.tell(ctx, told)
	d.onward(w, r)
}

// dropLine leaves a line out of the order for a reason, or takes it in again.
func (d *Desk) dropLine(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	no, err := strconv.Atoi(r.PostFormValue("no"))
	if err != nil {
		d.fail(w, r, order.Invalid("FAX-2", "no", "say which line"))
		return
	}
	after, err := d.Store.DropLine(ctx, v.DocumentID, v.PageNo, no, r.PostFormValue("keep") != "", r.PostFormValue("reason"), p.By(), d.Now())
	if err != nil {
		if order.KindOf(err) != order.KindInvalid {
			d.fail(w, r, err)
			return
		}
		d.panel(w, r, v, said{text: page.Saying(p.Lang, message(err)), wrong: true})
		return
	}
	v.Review = after
	if err := d.fill(ctx, &v); err != nil {
		d.fail(w, r, err)
		return
	}
	d.panel(w, r, v, said{})
}
