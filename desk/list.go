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

func (d *Desk) listOf(r *http.Request) (store.PickList, error) {
	n, err := order.ParseNumber(r.PathValue("number"))
	if err != nil {
		return store.PickList{}, order.NotFound("pick_list", "there is no such pick list")
	}
	return d.Store.GetPickListByNumber(r.Context(), n)
}

// showList shows a pick list that its warehouse should have acknowledged, and takes it for the person.
func (d *Desk) showList(w http.ResponseWriter, r *http.Request) {
	l, err := d.listOf(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "pick list "+string(l.Number))
	d.listPage(w, r, http.StatusOK, l, "")
}

func (d *Desk) listPage(w http.ResponseWriter, r *http.Request, status int, l store.PickList, said string) {
	ctx, p := r.Context(), personOf(r.Context())
	v := page.List{
		Frame: d.frame(r, "queue", l.Number.Grouped()), Path: "/desk/lists/" + string(l.Number), Number: l.Number.Grouped(), Class: string(l.Class), Warehouse: l.WarehouseName,
		WarehouseCode: l.WarehouseCode, ShipOn: l.ShipOn, Wave: l.Wave, ValueYen: l.ValueYen, IssuedAt: l.IssuedAt, DeadlineAt: l.ShipOn.At(d.Settings.Deadline(l.WarehouseCode, l.Class)),
		AcknowledgedAt: l.Acknowledged, AcknowledgedBy: l.AckBy, ShippedAt: l.ShippedAt, ShippedBy: l.ShippedBy, Said: said,
		Open: l.Acknowledged.IsZero() && l.ShippedAt.IsZero() && !l.IssuedAt.IsZero(),
	}
	files, err := d.Store.DeliveriesOf(ctx, l.ID)
	var notes []store.PickListNote
	if err == nil {
		notes, err = d.Store.PickListNotes(ctx, l.ID)
	}
	if err == nil && v.Open {
		v.Claim, err = d.claim(ctx, "picklist", l.ID)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	for _, f := range files {
		v.Files = append(v.Files, page.ListFile{
			Path: "/desk/issued/" + strconv.FormatInt(f.IssuedID, 10), Name: f.FileName, Channel: f.Channel, To: f.Recipient, State: f.State, Why: page.Saying(p.Lang, f.Detail),
			Bytes: f.SizeBytes, SentAt: f.SentAt,
		})
	}
	seen := map[order.Number]bool{}
	for _, x := range l.Lines {
		v.Qty += x.Qty
		seen[x.OrderNumber] = true
		v.Lines = append(v.Lines, page.PickListLine{Order: x.OrderNumber.Grouped(), Item: x.ItemCode, Name: x.ItemName, Qty: x.Qty, Unit: x.Unit, ShipTo: x.ShipTo.Name, ArrivalOn: x.ArrivalOn})
	}
	v.Orders = len(seen)
	for _, n := range notes {
		v.Notes = append(v.Notes, page.ListNote{Kind: n.Kind, Text: page.Saying(p.Lang, n.Text), By: n.By, At: n.At})
	}
	d.showAs(w, r, status, v)
}

// actOnList does what a person decided about a list of which the warehouse has said nothing.
func (d *Desk) actOnList(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	l, err := d.listOf(r)
	if err == nil {
		err = d.mine(ctx, "picklist", l.ID)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	act, reason, told, next := r.PostFormValue("act"), strings.TrimSpace(r.PostFormValue("reason")), "", "/desk/lists/"+string(l.Number)
	switch {
	case reason == "":
		err = order.Invalid("KEP-2", "note", "say what was done")
	case act == "note":
		err = d.Store.NotePickList(ctx, l.ID, reason, p.By(), d.Now())
		told = pick(p.Lang, "メモを残しました。", "The note is kept.")
	case act == "resend":
		var n int
		n, err = d.Store.ResendPickList(ctx, l.ID, reason, p.By(), d.Now())
		told = fmt.Sprintf(pick(p.Lang, "同じ内容の書類%d件をもう一度送ります。", "%d document(s) are sent once more, unchanged."), n)
	case act == "acknowledge":
		err = d.Store.AcknowledgePickList(ctx, l.ID, reason, p.By(), d.Now())
		told, next = pick(p.Lang, l.Number.Grouped()+" を受領済みにしました。", l.Number.Grouped()+" is acknowledged."), "/desk/next?why=picklist"
	default:
		err = order.Invalid("", "act", "there is no such action")
	}
	if err != nil {
		d.refused(w, r, err, func(status int, said string) {
			if now, err := d.Store.GetPickList(ctx, l.ID); err == nil {
				l = now
			}
			d.listPage(w, r, status, l, said)
		})
		return
	}
	d.log(r, p.Login, "change", "pick list "+string(l.Number), act+": "+reason)
	d.tell(ctx, told)
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// acknowledgeOwn is the warehouse's own word that it has a list (WHS-1).
func (d *Desk) acknowledgeOwn(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	l, err := d.ownPickList(ctx, r.PathValue("number"))
	if err == nil {
		err = d.Store.AcknowledgePickList(ctx, l.ID, "", p.By(), d.Now())
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "pick list "+string(l.Number), "acknowledged")
	d.tell(ctx, pick(p.Lang, "リストの受領を知らせました。", "The list is acknowledged."))
	http.Redirect(w, r, "/desk/picklists/"+string(l.Number), http.StatusSeeOther)
}
