package desk

import (
	"context"
	"encoding/json"
	"fmt"
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

// showOrder tells an order's whole story.
func (d *Desk) showOrder(w http.ResponseWriter, r *http.Request) {
	o, err := d.orderOf(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if r.Header.Get(unattended) == "" { // what renews itself is one view
		d.saw(r, "order "+string(o.Number))
	}
	d.showOrderWith(w, r, http.StatusOK, o, "")
}

func (d *Desk) orderOf(r *http.Request) (order.Order, error) {
	n, err := order.ParseNumber(r.PathValue("number"))
	if err != nil {
		return order.Order{}, order.NotFound("number", pick(personOf(r.Context()).Lang, "その番号の注文はありません。", "There is no order of this number."))
	}
	return d.Store.GetOrder(r.Context(), n)
}

func (d *Desk) showOrderWith(w http.ResponseWriter, r *http.Request, status int, o order.Order, said string) {
	v, err := d.orderPage(r, o)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v.Said = said
	d.showAs(w, r, status, v)
}

func (d *Desk) orderPage(r *http.Request, o order.Order) (page.Order, error) {
	ctx, p := r.Context(), personOf(r.Context())
	v := page.Order{
		Frame: d.frame(r, "orders", o.Number.Grouped()), Path: orderPath(o.Number), Number: o.Number.Grouped(), State: string(o.State), Why: page.HoldReason(p.Lang, o.HoldReason),
		Money: page.OrderMoney{Goods: o.GoodsYen, Fee: o.FeeYen, Total: o.GoodsYen + o.FeeYen, Taxes: o.Taxes}, Designated: o.DesignatedOn.String(),
	}
	if v.Money.FeeUntil = o.FeeUntil; o.FeeFirst != "" {
		v.Money.AddOnTo, v.Money.AddOnPath = o.FeeFirst.Grouped(), orderPath(o.FeeFirst)
	}
	for _, t := range o.Taxes {
		v.Money.Total += t.TaxYen
	}
	c, err := d.Store.GetDepartment(ctx, o.DepartmentCode)
	if err != nil {
		return v, err
	}
	v.Customer = &page.ReviewCustomer{Code: c.Code, Name: c.CompanyName + " " + c.Name, Fax: order.FormatPhone(c.Fax), Path: "/desk/customers/" + c.Code}
	v.Facts = orderFacts(p.Lang, o)
	goods, err := d.Store.GoodsOf(ctx, o.ID)
	if err != nil {
		return v, err
	}
	orderGoods(&v, o, goods)
	if err := d.orderParcels(ctx, &v, o, c); err != nil {
		return v, err
	}
	if v.Sent, err = d.sent(ctx, p, o); err != nil {
		return v, err
	}
	if err := d.orderApproval(ctx, &v, o); err != nil {
		return v, err
	}
	if err := d.orderStory(ctx, p, &v, o); err != nil {
		return v, err
	}
	if n := len(v.Story); o.State == order.StateAccepted && n > 0 {
		v.Settling = d.Now().Sub(v.Story[n-1].At) < settles
	}
	if o.Source.DocumentID != 0 {
		if err := d.orderDocument(ctx, p, &v, o); err != nil {
			return v, err
		}
	}
	if err := d.orderPages(ctx, p, &v, o); err != nil {
		return v, err
	}
	v.TellBy = pick(p.Lang, "FAX", "by fax")
	if o.Channel == order.ChannelWeb || o.Payment == order.PaymentCard || c.Answers == order.AnswersByMail && c.Email != "" {
		v.TellBy = pick(p.Lang, "メール", "by mail")
	}
	if err := d.orderActs(ctx, p, &v, o); err != nil {
		return v, err
	}
	if err := d.orderCard(ctx, p, &v, o); err != nil {
		return v, err
	}
	if err := d.claimOrder(r, &v, o); err != nil {
		return v, err
	}
	if p.At(leads) {
		seen, err := d.Store.Accesses(ctx, time.Time{}.AddDate(2000, 0, 0), d.Now().Add(time.Minute), "", "order "+string(o.Number), 30)
		if err != nil {
			return v, err
		}
		for _, a := range seen {
			v.Seen = append(v.Seen, page.SeenRow{At: a.At, Login: a.Login, Action: a.Action, Detail: page.AccessDetail(p.Lang, a.Detail)})
		}
	}
	return v, nil
}

// claimOrder takes an order that waits for a person.
func (d *Desk) claimOrder(r *http.Request, v *page.Order, o order.Order) error {
	ctx, task := r.Context(), ""
	if waits(o) {
		task = "hold"
	} else if card, err := d.cardWaits(ctx, o); err != nil {
		return err
	} else if card {
		task = "payment"
	}
	if task == "" {
		return nil
	}
	c, err := d.claim(ctx, task, o.ID)
	v.Claim, v.FromQueue = c, r.FormValue("task") != ""
	return err
}

// settles is how long after its last event an accepted order's page looks whether its goods are reserved.
const settles = 2 * time.Minute

func orderFacts(lang page.Lang, o order.Order) [][2]string {
	var facts [][2]string
	add := func(japanese, english, value string) {
		if value != "" {
			facts = append(facts, [2]string{pick(lang, japanese, english), value})
		}
	}
	add("受信", "Received", page.Stamp(lang, o.ReceivedAt)+" "+page.ChannelName(lang, string(o.Channel)))
	add("受付日", "Acceptance day", page.Day(lang, o.AcceptanceOn))
	add("お届け希望日", "Designated", page.Day(lang, o.DesignatedOn))
	add("お届け先", "Ship to", strings.TrimSpace(o.ShipTo.Code+" "+o.ShipTo.Name)+" "+page.Place(o.ShipTo))
	add("お支払い", "Payment", page.Word(lang, string(o.Payment)))
	add("品切れの場合", "If short", page.Word(lang, string(o.Stockout)))
	add("発注者", "Ordered by", o.UserCode)
	add("ショップ", "Shop front", o.Source.ShopFront)
	if !o.CancelUntil.IsZero() {
		add("お客様の取消期限", "Customer may cancel until", page.Stamp(lang, o.CancelUntil))
	}
	return facts
}

// orderGoods puts what became of the goods onto lines and shipments.
func orderGoods(v *page.Order, o order.Order, goods []store.ListedGoods) {
	const reduced = 8
	for _, l := range o.Lines {
		row := page.OrderLine{
			No: l.No, Code: l.ItemCode, Name: l.Name, Unit: l.Unit, Class: string(l.Class), Qty: l.Qty, Cancelled: l.CancelledQty, Reserved: l.ReservedQty,
			Price: l.UnitPrice, Amount: l.UnitPrice * order.Yen(l.KeptQty()), RestockOn: l.RestockOn,
			TaxRate: int(l.TaxRate), Reduced: l.TaxRate == reduced, PriceList: l.PriceList, Comment: l.Comment,
		}
		if l.Class != order.ClassPhone && (o.State == order.StateShort || o.State == order.StateReleased || o.State == order.StateShipped) {
			row.Short = l.KeptQty() - l.ReservedQty
		}
		for _, g := range goods {
			switch {
			case g.Line != l.No || g.Number == "":
			case g.ShippedAt.IsZero():
				row.Listed += g.Qty
			default:
				row.Shipped += g.Qty
			}
		}
		v.Lines = append(v.Lines, row)
	}
	for _, s := range o.Shipments {
		row := page.OrderShipment{
			No: s.No, State: string(s.State), Class: string(s.Class), Warehouse: s.WarehouseCode, AcceptanceOn: s.AcceptanceOn, ShipOn: s.ShipOn, ArrivalOn: s.ArrivalOn, Rules: s.Rules,
			ShippedOn: s.ShippedOn, DeliveredOn: s.DeliveredOn, ByCarrier: s.DeliveredBy == order.DeliveredByLeadTime,
		}
		row.MayDate = s.Class == order.ClassPhone && s.State == order.ShipmentPlanned && o.State != order.StateCancelled
		if len(o.Shipments) > 1 {
			row.Goods = shipmentGoods(v.Lang, o, s, goods)
		}
		for _, g := range goods {
			if g.Shipment == s.No && g.Number != "" && !slices.Contains(row.Lists, g.Number.Grouped()) {
				row.Lists, row.ShippedAt = append(row.Lists, g.Number.Grouped()), g.ShippedAt
			}
		}
		v.Shipments = append(v.Shipments, row)
	}
}

// orderParcels tells of the parcels that left, and where their carriers tell of them (WHS-3).
func (d *Desk) orderParcels(ctx context.Context, v *page.Order, o order.Order, c order.Department) error {
	for i, s := range o.Shipments {
		if number, err := rules.ShippingFax(o, s, c, nil); err == nil && d.FaxShipped != nil {
			v.Shipments[i].MayFax = order.FormatPhone(number)
		}
		if len(s.Tracking) == 0 {
			continue
		}
		p, err := d.Store.WarehouseProfile(ctx, s.WarehouseCode)
		if err != nil {
			return err
		}
		v.Shipments[i].Carrier = p.Carrier
		for _, n := range s.Tracking {
			v.Shipments[i].Tracking = append(v.Shipments[i].Tracking, page.Link{Path: p.TrackingLink(n), Text: n})
		}
	}
	return nil
}

// shipmentGoods are the lines that travel with a shipment: those reserved for it, else those of its class.
func shipmentGoods(lang page.Lang, o order.Order, s order.Shipment, goods []store.ListedGoods) string {
	var lines []string
	for _, l := range o.Lines {
		reserved, here := false, false
		for _, g := range goods {
			reserved = reserved || g.Line == l.No
			here = here || g.Line == l.No && g.Shipment == s.No
		}
		if here || !reserved && l.Class == s.Class {
			lines = append(lines, strconv.Itoa(l.No))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return pick(lang, strings.Join(lines, "・")+"行目", "line "+strings.Join(lines, ", "))
}

func (d *Desk) sent(ctx context.Context, p Person, o order.Order) ([]page.SentRow, error) {
	all, err := d.Store.IssuedAbout(ctx, o.ID, o.Source.DocumentID)
	rows := sentRows(p.Lang, all)
	for i, s := range all {
		latest := i+1 == len(all) || all[i+1].ID != s.ID // of those of one document
		if latest && s.DeliveryID != 0 && s.State != store.DeliveryWaiting {
			rows[i].Resend = orderPath(o.Number) + "/resend/" + strconv.FormatInt(s.DeliveryID, 10)
		}
	}
	slices.Reverse(rows) // the newest first
	if len(rows) > 1 {
		rows[0].Newest = true
	}
	return rows, err
}

func sentRows(_ page.Lang, all []store.IssuedDocument) []page.SentRow {
	out := make([]page.SentRow, 0, len(all))
	for _, i := range all {
		to := i.Recipient
		if i.Channel == "fax" {
			to = order.FormatPhone(to)
		}
		out = append(out, page.SentRow{
			Kind: i.Kind, Number: i.Number, File: i.FileName, Path: "/desk/issued/" + strconv.FormatInt(i.ID, 10), Channel: i.Channel, To: to, State: i.State,
			IssuedAt: i.IssuedAt, SentAt: i.SentAt,
		})
	}
	return out
}

// orderStory is every decision about the order and, before, about its page.
func (d *Desk) orderStory(ctx context.Context, p Person, v *page.Order, o order.Order) error {
	events, err := d.Store.OrderEvents(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, e := range events {
		var in struct {
			Replaces   string `json:"replaces"`
			ReplacedBy string `json:"replaced_by"`
			Mail       int64  `json:"mail"`
		}
		if json.Unmarshal(e.Inputs, &in) != nil {
			continue
		}
		if n, err := order.ParseNumber(in.Replaces); err == nil {
			v.Replaces = &page.Link{Path: orderPath(n), Text: n.Grouped()}
		}
		if in.Mail != 0 {
			name := strconv.FormatInt(in.Mail, 10)
			v.Mails = append(v.Mails, page.Link{Path: "/desk/mails/" + name, Text: pick(p.Lang, "メール ", "mail ") + name})
		}
		if n, err := order.ParseNumber(in.ReplacedBy); err == nil {
			v.ReplacedBy = &page.Link{Path: orderPath(n), Text: n.Grouped()}
		}
	}
	if o.Source.DocumentID != 0 {
		before, err := d.Store.DocumentEvents(ctx, o.Source.DocumentID)
		if err != nil {
			return err
		}
		events = append(before, events...)
		slices.SortStableFunc(events, func(a, b order.Event) int { return a.At.Compare(b.At) })
	}
	for _, e := range events {
		v.Story = append(v.Story, page.StoryRow{At: e.At, Rule: e.Rule, Name: page.Rule(p.Lang, e.Rule), Text: page.Told(p.Lang, e), By: e.By, Inputs: page.Inputs(p.Lang, e.Inputs)})
	}
	return nil
}

// orderDocument shows what the order came by: its page with the reader's regions, the other
// pages, the readings and what a person made of them.
func (d *Desk) orderDocument(ctx context.Context, p Person, v *page.Order, o order.Order) error {
	doc, err := d.Store.GetDocument(ctx, o.Source.DocumentID)
	if err != nil {
		return err
	}
	name := strconv.FormatInt(doc.ID, 10)
	v.Document = &page.DocumentView{
		Name: name, File: doc.FileName, Source: doc.Source, State: string(doc.State), Caller: order.FormatPhone(doc.Caller), ReceivedAt: doc.ReceivedAt, Size: doc.SizeBytes,
		Path: "/desk/documents/" + name + "/bytes",
	}
	pages, err := d.Store.Pages(ctx, doc.ID)
	if err != nil {
		return err
	}
	reviews, err := d.Store.ReviewsOf(ctx, doc.ID)
	if err != nil {
		return err
	}
	for _, pg := range pages {
		pic := page.Picture{Name: name + "." + strconv.Itoa(pg.No), State: string(pg.State), Here: pg.No == o.Source.Page && pg.BlobKey != ""}
		if pg.OrderNumber != "" && pg.OrderNumber != o.Number {
			pic.Path, pic.Order = orderPath(pg.OrderNumber), pg.OrderNumber.Grouped()
		}
		if pic.Here {
			read, err := d.Store.FindDraft(ctx, pg.ID)
			if err != nil {
				return err
			}
			draw(p.Lang, &pic, pg, read)
			var settled *order.Draft
			for _, rv := range reviews {
				if rv.PageID == pg.ID {
					settled, v.ReadingPath = rv.Draft, "/desk/review/"+rv.Name()
				}
			}
			v.Reading = readingRows(p.Lang, read, settled)
		}
		v.Pictures = append(v.Pictures, pic)
	}
	slices.SortStableFunc(v.Pictures, func(a, b page.Picture) int {
		switch {
		case a.Here == b.Here:
			return 0
		case a.Here:
			return -1
		}
		return 1
	})
	return nil
}

// draw turns a page upright and puts the reader's regions on it, in millimetres.
func draw(lang page.Lang, pic *page.Picture, pg store.Page, read *order.Draft) {
	const inch = 25.4
	x, y := pg.XDPI, pg.YDPI
	if x <= 0 || y <= 0 {
		x, y = 200, 200
	}
	pic.Image = "/desk/image/" + pic.Name
	pic.ImageW, pic.ImageH = float64(pg.WidthPX)*inch/x, float64(pg.HeightPX)*inch/y //nolint:forbidigo // millimetres
	pic.Width, pic.Height = pic.ImageW, pic.ImageH
	if read == nil {
		return
	}
	w, h := pg.WidthPX, pg.HeightPX
	if g := read.Geometry; g != nil {
		switch g.Rotation {
		case 90:
			pic.Width, pic.Height, w, h = pic.ImageH, pic.ImageW, h, w
			pic.Turn = fmt.Sprintf("translate(%.2f 0) rotate(90)", pic.Width)
		case 180:
			pic.Turn = fmt.Sprintf("translate(%.2f %.2f) rotate(180)", pic.Width, pic.Height)
		case 270:
			pic.Width, pic.Height, w, h = pic.ImageH, pic.ImageW, h, w
			pic.Turn = fmt.Sprintf("translate(0 %.2f) rotate(270)", pic.Height)
		}
	}
	if w <= 0 || h <= 0 {
		return
	}
	part := func(n, of int) float64 { return float64(n) / float64(of) } //nolint:forbidigo // of the page
	for _, f := range read.Fields {
		if a := f.Area; a != nil {
			pic.Rects = append(pic.Rects, page.Rect{
				X: part(a.X0, w) * pic.Width, Y: part(a.Y0, h) * pic.Height, W: part(a.X1-a.X0, w) * pic.Width, H: part(a.Y1-a.Y0, h) * pic.Height,
				Field: page.FieldName(lang, f.Name), Doubt: f.Decision == order.DecisionReview,
			})
		}
	}
}

// readingRows are the fields that hold anything, as read and as settled.
func readingRows(lang page.Lang, read, settled *order.Draft) []page.ReadingRow {
	if read == nil {
		read = &order.Draft{}
	}
	var out []page.ReadingRow
	row := func(name string, f *order.DraftField) {
		v := page.ReadingRow{Field: page.FieldName(lang, name)}
		if f != nil {
			v.Read, v.Doubt = f.Text, f.Decision == order.DecisionReview
			if f.Confidence > 0 && f.Text != "" {
				v.Sure = strconv.FormatFloat(f.Confidence*100, 'f', 2, 64) + "%"
			}
		}
		if settled != nil {
			if s := settled.Field(name); s != nil {
				v.Settled = s.Text
				for _, e := range s.Evidence {
					if by, ok := strings.CutPrefix(e, "person:"); ok {
						v.By = by
					}
				}
			}
		} else if f != nil {
			v.Settled = f.Text
		}
		if v.Read != "" || v.Settled != "" || v.Doubt {
			out = append(out, v)
		}
	}
	for i := range read.Fields {
		row(read.Fields[i].Name, &read.Fields[i])
	}
	if settled != nil {
		for _, f := range settled.Fields {
			if read.Field(f.Name) == nil {
				row(f.Name, nil)
			}
		}
	}
	return out
}

// orderActs says what the person may do now, and why not what they may not.
func (d *Desk) orderActs(ctx context.Context, p Person, v *page.Order, o order.Order) error {
	now := d.Now()
	may := func(act rules.OrderAct, by rules.AskedBy) (bool, string) {
		e := rules.MayAct(o, act, by, now)
		if e == nil {
			return true, ""
		}
		return false, page.Reason(p.Lang, e)
	}
	a := &v.Acts
	a.Hold, a.NoHold = may(rules.ActHold, "")
	a.Free, a.NoFree = may(rules.ActFree, "")
	a.Cancel, a.NoCancel = may(rules.ActCancel, rules.AskedByShop)
	a.CustomerMayCancel, a.NoCustomer = may(rules.ActCancel, rules.AskedByCustomer)
	a.Change, a.NoChange = may(rules.ActChange, "")
	if o.State != order.StateHeld {
		a.NoFree = ""
	}
	if a.NoChange == a.NoCancel {
		a.NoChange = ""
	}
	if !a.Change {
		return nil
	}
	v.AddLines = []int{1, 2, 3}
	places, err := d.Store.ShipTosOf(ctx, o.DepartmentCode)
	if err != nil {
		return err
	}
	own := pick(p.Lang, "お客様のご住所", "The customer's own address")
	if o.ShipTo.Code == "" {
		own = o.ShipTo.Name + " " + o.ShipTo.Prefecture + o.ShipTo.Address
	}
	v.ShipTos = append(v.ShipTos, page.Option{Value: "", Text: own, Here: o.ShipTo.Code == ""})
	for _, s := range places {
		v.ShipTos = append(v.ShipTos, page.Option{Value: s.Code, Text: s.Code + " " + s.Name + " " + s.Prefecture + s.Address, Here: s.Code == o.ShipTo.Code})
	}
	return nil
}
