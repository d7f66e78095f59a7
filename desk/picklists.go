package desk

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

// showPickLists is a warehouse's own lists, the newest first.
func (d *Desk) showPickLists(w http.ResponseWriter, r *http.Request) {
	p := personOf(r.Context())
	all, err := d.Store.PickListsOf(r.Context(), p.WarehouseCode)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.PickLists{Frame: d.frame(r, "picklists", pick(p.Lang, "ピッキングリスト", "Pick lists"))}
	for _, l := range all {
		v.Rows = append(v.Rows, page.PickListRow{
			Path: "/desk/picklists/" + string(l.Number), Number: l.Number.Grouped(), ShipOn: l.ShipOn, Class: string(l.Class), Orders: l.Orders, Lines: l.Allocations,
			Qty: l.Qty, IssuedAt: l.IssuedAt, ShippedAt: l.ShippedAt, ShippedBy: l.ShippedBy,
		})
	}
	d.show(w, r, v)
}

// ownPickList is a list of the person's warehouse; others are not there.
func (d *Desk) ownPickList(ctx context.Context, number string) (store.PickList, error) {
	none := order.NotFound("pick_list", "there is no such pick list")
	n, err := order.ParseNumber(number)
	if err != nil {
		return store.PickList{}, none
	}
	l, err := d.Store.GetPickListByNumber(ctx, n)
	if order.KindOf(err) == order.KindNotFound || err == nil && (l.WarehouseCode != personOf(ctx).WarehouseCode || l.IssuedAt.IsZero()) {
		return store.PickList{}, none
	}
	return l, err
}

func (d *Desk) showPickList(w http.ResponseWriter, r *http.Request) {
	l, err := d.ownPickList(r.Context(), r.PathValue("number"))
	var files []store.Delivery
	if err == nil {
		files, err = d.Store.DeliveriesOf(r.Context(), l.ID)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "pick list "+string(l.Number))
	v := page.PickList{
		Frame: d.frame(r, "picklists", l.Number.Grouped()), Path: "/desk/picklists/" + string(l.Number), Number: l.Number.Grouped(), ShipOn: l.ShipOn,
		Class: string(l.Class), ShippedAt: l.ShippedAt, ShippedBy: l.ShippedBy,
		AcknowledgedAt: l.Acknowledged, AcknowledgedBy: l.AckBy,
	}
	for _, f := range files {
		v.Files = append(v.Files, page.PickListFile{Path: v.Path + "/files/" + strconv.FormatInt(f.ID, 10), Name: f.FileName, Bytes: f.SizeBytes})
	}
	for _, x := range l.Lines {
		v.Lines = append(v.Lines, page.PickListLine{Order: x.OrderNumber.Grouped(), Item: x.ItemCode, Name: x.ItemName, Qty: x.Qty, Unit: x.Unit, ShipTo: x.ShipTo.Name, ArrivalOn: x.ArrivalOn})
	}
	d.show(w, r, v)
}

// pickListFile sends a document of the list as it was issued.
func (d *Desk) pickListFile(w http.ResponseWriter, r *http.Request) {
	l, err := d.ownPickList(r.Context(), r.PathValue("number"))
	var files []store.Delivery
	if err == nil {
		files, err = d.Store.DeliveriesOf(r.Context(), l.ID)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	i := slices.IndexFunc(files, func(f store.Delivery) bool { return strconv.FormatInt(f.ID, 10) == r.PathValue("id") })
	if i < 0 {
		d.fail(w, r, order.NotFound("document", "there is no such document"))
		return
	}
	data, err := d.Store.Blobs().Get(files[i].BlobKey)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "pick list "+string(l.Number))
	sendBytes(w, data, files[i].FileName, "")
}

// shipPickList reports that everything on the list left the warehouse (WHS-3).
func (d *Desk) shipPickList(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	l, err := d.ownPickList(ctx, r.PathValue("number"))
	var s store.ShippedList
	if err == nil {
		s, err = d.Store.ShipPickList(ctx, l.Number, p.By(), d.Now())
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if s.Again {
		d.tell(ctx, pick(p.Lang, "このリストは"+page.Stamp(p.Lang, s.ShippedAt)+"に出荷報告済みです。", "This list was reported shipped on "+page.Stamp(p.Lang, s.ShippedAt)+"."))
	} else {
		d.log(r, p.Login, "change", "pick list "+string(l.Number), "shipped")
		d.tell(ctx, pick(p.Lang, "出荷を報告しました（数量"+strconv.Itoa(s.Qty)+"）。", "Reported as shipped ("+strconv.Itoa(s.Qty)+" pieces)."))
	}
	http.Redirect(w, r, "/desk/picklists/"+string(l.Number), http.StatusSeeOther)
}
