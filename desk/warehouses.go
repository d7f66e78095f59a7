package desk

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

// How much of a warehouse one page shows.
const (
	warehouseFew  = 5  // lists and files of each, beside others
	warehouseMost = 60 // of one alone
)

func warehousePath(code string) string { return "/desk/warehouses/" + url.PathEscape(code) }

// ownWarehouse tells whether the person may see a warehouse: its own people see no other.
func ownWarehouse(p Person, code string) bool {
	return p.Role != store.RoleWarehouse || p.WarehouseCode == code
}

// showWarehouses is what went to the warehouses and came back last.
func (d *Desk) showWarehouses(w http.ResponseWriter, r *http.Request) {
	if p := personOf(r.Context()); p.Role == store.RoleWarehouse {
		http.Redirect(w, r, warehousePath(p.WarehouseCode), http.StatusSeeOther)
		return
	}
	d.warehousesPage(w, r, http.StatusOK, "", "")
}

func (d *Desk) showWarehouse(w http.ResponseWriter, r *http.Request) {
	d.warehousesPage(w, r, http.StatusOK, r.PathValue("code"), "")
}

func (d *Desk) warehousesPage(w http.ResponseWriter, r *http.Request, status int, code, said string) {
	p := personOf(r.Context())
	if code != "" && !ownWarehouse(p, code) {
		d.fail(w, r, order.NotFound("warehouse", "there is no such warehouse"))
		return
	}
	most := warehouseFew
	if code != "" {
		most = warehouseMost
	}
	all, err := d.Store.SeeWarehouses(r.Context(), code, most)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	title := pick(p.Lang, "倉庫", "Warehouses")
	if code != "" {
		title = all[0].Name
		d.saw(r, "warehouse "+code)
	}
	v := page.Warehouses{Frame: d.frame(r, "warehouses", title), One: code != "", Said: said}
	for _, x := range all {
		v.Rows = append(v.Rows, d.warehouseView(p, x))
	}
	d.showAs(w, r, status, v)
}

func (d *Desk) warehouseView(p Person, x store.SeenWarehouse) page.WarehouseView {
	v := page.WarehouseView{Path: warehousePath(x.Code), Code: x.Code, Name: x.Name, Channel: x.Channel, Waiting: x.Waiting}
	asked := d.Settings.PickListAskedBefore(d.Now())
	for _, l := range x.Lists {
		row := page.WarehouseList{
			Path: "/desk/lists/" + string(l.Number), Number: l.Number.Grouped(), Class: string(l.Class), ShipOn: l.ShipOn, Orders: l.Orders, Qty: l.Qty, Shipped: l.Shipped, Short: l.Short, Open: l.Open(),
			IssuedAt: l.IssuedAt, SentAt: l.SentAt, Way: l.Way, Waits: l.Waits, Failed: l.Failed, AcknowledgedAt: l.AcknowledgedAt, AcknowledgedBy: l.AcknowledgedBy, Chased: l.Chased,
			ShippedAt: l.ShippedAt, ShippedBy: l.ShippedBy,
		}
		if p.Role == store.RoleWarehouse {
			row.Path = "/desk/picklists/" + string(l.Number)
		}
		if l.AcknowledgedAt.IsZero() && l.ShippedAt.IsZero() {
			row.Overdue = !l.ToldAt.IsZero() || !l.Chasing && !l.IssuedAt.After(asked)
		}
		row.Late = row.Open > 0 && d.Now().After(l.ShipOn.At(d.Settings.Deadline(x.Code, l.Class)))
		if row.Overdue {
			v.Overdue++
		}
		if row.Late {
			v.Late++
		}
		v.Lists = append(v.Lists, row)
	}
	for _, f := range x.Files {
		v.Files = append(v.Files, fileRow(p.Lang, f))
	}
	return v
}

// handInPartnerFile takes a warehouse's file by hand: it is read at once, whole or not at all, by the
// same rules as one that came by the warehouse's way.
func (d *Desk) handInPartnerFile(w http.ResponseWriter, r *http.Request) {
	ctx, p, code := r.Context(), personOf(r.Context()), r.PathValue("code")
	if !ownWarehouse(p, code) {
		d.fail(w, r, order.NotFound("warehouse", "there is no such warehouse"))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, store.MaxPartnerFile+intakeField)
	name, data, err := oneFile(r, p.Lang)
	var f store.PartnerFile
	var again bool
	if err == nil {
		f, again, err = d.Store.ReceivePartnerFile(ctx, store.NewPartnerFile{WarehouseCode: code, Channel: store.PartnerDesk, Name: name, Sender: p.By(), Bytes: data}, d.Now())
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		err = order.Invalid("WHS-2", "file", fmt.Sprintf("the file is larger than %d bytes: send it in parts", store.MaxPartnerFile))
	}
	if err == nil {
		f, err = d.applyHandedIn(r, f, again)
	}
	if err != nil {
		d.refused(w, r, err, func(status int, said string) { d.warehousesPage(w, r, status, code, said) })
		return
	}
	http.Redirect(w, r, partnerFilePath(strconv.FormatInt(f.ID, 10)), http.StatusSeeOther)
}

// applyHandedIn reads what was handed in, or says what became of the same bytes before.
func (d *Desk) applyHandedIn(r *http.Request, f store.PartnerFile, again bool) (store.PartnerFile, error) {
	ctx, p := r.Context(), personOf(r.Context())
	subject := "partner file " + strconv.FormatInt(f.ID, 10)
	switch {
	case again && f.State == store.PartnerFileRefused && f.Waits(): // what stood against it may be mended on our side
		return d.readAgain(r, f)
	case again && f.State != store.PartnerFileReceived:
		told := pick(p.Lang, "同じ内容のファイルを"+page.Stamp(p.Lang, f.ReceivedAt)+"に受け取っています。何も変わっていません。", "The same file came on "+page.Stamp(p.Lang, f.ReceivedAt)+": nothing changed.")
		if f.Undated {
			told += pick(p.Lang, "新しい棚卸であれば、棚卸日時の列に数えた日時を入れてください。", " If it is a new count, write when it was counted into 棚卸日時.")
		}
		d.tell(ctx, told)
		return f, nil
	}
	d.log(r, p.Login, "change", subject, "handed in: "+f.Name)
	return d.settleFile(r, f)
}

// settleFile applies a file that was received, or refuses it, and says which.
func (d *Desk) settleFile(r *http.Request, f store.PartnerFile) (store.PartnerFile, error) {
	if d.Partners.Apply == nil {
		return f, nil // its job reads it
	}
	ctx, p := r.Context(), personOf(r.Context())
	f, err := d.Partners.Apply(ctx, f)
	if err != nil {
		return f, err
	}
	switch f.State {
	case store.PartnerFileApplied:
		d.tell(ctx, pick(p.Lang, "ファイルを取り込みました。", "The file was applied."))
	case store.PartnerFileAsks:
		d.tell(ctx, pick(p.Lang, "ファイルを取り込みました。判断が必要な商品があります。", "The file was applied, but for items about which somebody must decide."))
	case store.PartnerFileRefused:
		d.tell(ctx, pick(p.Lang, "ファイルに誤りがあるため、何も取り込んでいません。", "Something is wrong in the file: nothing of it was applied."))
	}
	return f, nil
}

// oneFile is the file of a form that carries one.
func oneFile(r *http.Request, lang page.Lang) (name string, data []byte, err error) {
	choose := order.Invalid("", "file", pick(lang, "ファイルを選んでください。", "Choose a file."))
	form, err := r.MultipartReader()
	if err != nil {
		return "", nil, choose
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return "", nil, choose
		}
		if err != nil {
			return "", nil, broken(err, lang)
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		if data, err = io.ReadAll(part); err != nil {
			return "", nil, broken(err, lang)
		}
		return plainName(part.FileName()), data, nil
	}
}

// fileRow is a partner's file in a list.
func fileRow(lang page.Lang, f store.PartnerFile) page.PartnerFileRow {
	id := strconv.FormatInt(f.ID, 10)
	row := page.PartnerFileRow{
		Path: partnerFilePath(id), ID: id, Kind: f.Kind, Name: f.Name, Channel: f.Channel, Sender: f.Sender, State: fileState(f), Rows: f.Rows, Bytes: int(f.SizeBytes), ReceivedAt: f.ReceivedAt, SettledAt: f.SettledAt,
		Waits: f.Waits(), ClosedAt: f.ClosedAt, ClosedBy: f.ClosedBy, ClosedNote: page.Saying(lang, f.ClosedNote),
	}
	row.Outcome = fileOutcome(lang, f)
	if f.State == store.PartnerFileRefused {
		row.Rows = 0 // only those that could be read were counted
	}
	return row
}

// fileState is the file's state by the name that the pages know it by: of orders, refused means
// something else.
func fileState(f store.PartnerFile) string {
	return map[string]string{
		store.PartnerFileReceived: "file_received", store.PartnerFileRefused: "file_refused", store.PartnerFileApplied: "file_applied", store.PartnerFileAsks: "file_asks",
	}[f.State]
}

// fileOutcome is in a line what a file came to.
func fileOutcome(lang page.Lang, f store.PartnerFile) string {
	out, faults, err := outcomeOf(f)
	switch {
	case err != nil:
		return page.Saying(lang, f.Error)
	case out.Result != nil:
		said := fmt.Sprintf(pick(lang, "注文%d件：出荷 %d・欠品 %d", "%d order(s): %d shipped, %d short"), out.Result.Orders, out.Result.Shipped, out.Result.Short)
		if n := len(out.Result.Again); n > 0 {
			said += fmt.Sprintf(pick(lang, "・既報 %d行", ", %d row(s) told before"), n)
		}
		return said
	case out.Acknowledgement != nil:
		return fmt.Sprintf(pick(lang, "リスト%d件を受領（新たに%d件）", "%d list(s) acknowledged, %d of them new"), out.Acknowledgement.Lists, out.Acknowledgement.New)
	case out.Count != nil:
		c := out.Count
		said := []string{fmt.Sprintf(pick(lang, "商品%d点", "%d item(s)"), c.Items)}
		for _, part := range []struct {
			n                 int
			japanese, english string
		}{{c.Set, "更新", "set"}, {c.Same, "一致", "as known"}, {c.Older + len(c.Open), "据え置き", "left"}, {len(c.Promised), "要判断", "to decide"}} {
			if part.n > 0 {
				said = append(said, fmt.Sprintf(pick(lang, part.japanese+" %d", "%d "+part.english), part.n))
			}
		}
		return strings.Join(said, pick(lang, "・", ", "))
	case len(faults) > 0:
		return fmt.Sprintf(pick(lang, "誤り %d件", "%d error(s)"), len(faults))
	}
	return page.Saying(lang, cmp.Or(f.Error, ""))
}
