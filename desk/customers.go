package desk

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/form"
	"todoke/templates/mail"
	"todoke/templates/page"
)

func (d *Desk) showCustomers(w http.ResponseWriter, r *http.Request) {
	const most = 100
	p, q := personOf(r.Context()), r.URL.Query().Get("q")
	found, wide, err := d.Store.FindCustomers(r.Context(), rules.ReadFind(q, order.DateOf(d.Now())), most)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if q != "" {
		d.log(r, p.Login, "view", "customers", "searched: "+q)
	}
	v := page.Customers{Frame: d.frame(r, "customers", pick(p.Lang, "お客様", "Customers")), Q: q, Wide: wide}
	for _, c := range found {
		v.Rows = append(v.Rows, page.CustomerRow{
			Path: customerPath(c.Code), Code: c.Code, Company: c.CompanyName, Name: c.Name, Fax: order.FormatPhone(c.Fax), Place: c.Prefecture + c.Address, Dealer: c.DealerCode,
		})
	}
	d.show(w, r, v)
}

func customerPath(code string) string { return "/desk/customers/" + code }

func (d *Desk) showCustomer(w http.ResponseWriter, r *http.Request) {
	c, err := d.Store.GetDepartment(r.Context(), r.PathValue("code"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "customer "+c.Code)
	d.customerPage(w, r, http.StatusOK, c, "")
}

func (d *Desk) customerPage(w http.ResponseWriter, r *http.Request, status int, c order.Department, said string) {
	const latest = 50
	p := personOf(r.Context())
	f, err := d.Store.FileOf(r.Context(), c, latest)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.Customer{
		Frame: d.frame(r, "customers", c.CompanyName+" "+c.Name), Path: customerPath(c.Code), Code: c.Code, Company: c.CompanyName, Name: c.Name, Said: said,
		Facts: customerFacts(p.Lang, c), Orders: orderRows(p.Lang, f.Orders), Sent: sentRows(p.Lang, f.Issued), Requests: requestRows(f.Requests),
	}
	for _, u := range f.Users {
		v.Users = append(v.Users, page.UserRow{Code: u.Code, Name: u.Name, Email: u.Email, Role: u.Role})
	}
	for _, s := range f.ShipTos {
		v.ShipTos = append(v.ShipTos, page.Option{Value: s.Code, Text: s.Name + " 〒" + page.PostalCode(s.PostalCode) + " " + s.Prefecture + s.Address})
	}
	if l := f.Dealer; l != nil {
		v.Dealer = &page.DealerView{Code: l.Code, Name: l.Name, Address: l.Address, Fax: order.FormatPhone(l.Fax), Email: l.Email}
	}
	for _, s := range f.Departments {
		if s.Code != c.Code {
			v.Departments = append(v.Departments, page.Link{Path: customerPath(s.Code), Text: s.Code + " " + s.Name})
		}
	}
	if err := d.customerControls(r.Context(), p, &v, c.Code); err != nil {
		d.fail(w, r, err)
		return
	}
	if err := d.wishes(r.Context(), p, &v, c); err != nil {
		d.fail(w, r, err)
		return
	}
	slices.Reverse(f.Faxes)
	if v.Faxes, err = d.documentRows(r.Context(), p.Lang, f.Faxes); err != nil {
		d.fail(w, r, err)
		return
	}
	d.showAs(w, r, status, v)
}

func customerFacts(lang page.Lang, c order.Department) [][2]string {
	var facts [][2]string
	add := func(japanese, english, value string) {
		if value != "" {
			facts = append(facts, [2]string{pick(lang, japanese, english), value})
		}
	}
	points := pick(lang, "あり", "yes")
	if !c.Points {
		points = pick(lang, "なし", "no")
	}
	add("FAX（登録）", "Fax (registered)", order.FormatPhone(c.Fax))
	add("電話", "Telephone", order.FormatPhone(c.Phone))
	add("フリガナ", "Reading", c.Kana)
	add("メール", "Mail", c.Email)
	add("住所", "Address", "〒"+page.PostalCode(c.PostalCode)+" "+c.Prefecture+c.Address)
	add("ポイント", "Points", points)
	add("会社コード", "Company code", c.CompanyCode)
	return facts
}

// blankForm prints an order form that anybody may fill in.
func (d *Desk) blankForm(w http.ResponseWriter, r *http.Request) {
	regions, err := rules.DefaultRegionTable(d.settings())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	honshu, _ := regions.ByCode(rules.RegionHonshu)
	d.sendForm(w, r, form.Options{Terms: termsOf(d.settings(), honshu)}, "order.pdf")
}

func (d *Desk) settings() rules.Settings { return d.Store.Settings().On(order.DateOf(d.Now())) }

// usualItems is how many of a customer's usual items a form names.
const usualItems = 8

// customerForm prints a customer's own order form, with what is usually ordered.
func (d *Desk) customerForm(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	c, err := d.Store.GetDepartment(ctx, r.PathValue("code"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	o := form.Options{CustomerCode: c.Code, CompanyName: c.CompanyName, DepartmentName: c.Name, Fax: c.Fax}
	_, regions, _, err := d.Store.Masters(ctx)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	region, ok := regions.Find(c.Prefecture, c.PostalCode)
	if !ok {
		region, _ = regions.ByCode(rules.RegionHonshu)
	}
	o.Terms = termsOf(d.settings(), region)
	o.Terms.OwnRegion = ok
	codes, err := d.Store.UsualItems(ctx, c.Code, usualItems)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	items, err := d.Store.FindItems(ctx, c.Code, order.DateOf(d.Now()), codes...)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	for _, code := range codes {
		if i, ok := items[code]; ok {
			o.Items = append(o.Items, form.Item{Code: code, Name: i.Name, Unit: i.Unit})
		}
	}
	d.saw(r, "customer "+c.Code)
	d.sendForm(w, r, o, "order_"+c.Code+".pdf")
}

func (d *Desk) sendForm(w http.ResponseWriter, r *http.Request, o form.Options, name string) {
	if d.ShopFax != "" {
		o.Shop = form.Shop{Name: d.ShopName, Desk: d.DeskName, Fax: d.ShopFax}
	}
	sheets, err := form.OrderSheets(o)
	var b bytes.Buffer
	if err == nil {
		err = form.RenderPDF(&b, d.Now(), sheets...)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	sendBytes(w, b.Bytes(), name, "application/pdf")
}

// termsOf are the numbers that a form tells of a region.
func termsOf(s rules.Settings, region order.Region) form.Terms {
	return form.Terms{
		CutoffFax:      rules.Cutoff(region, order.ChannelFax, order.ClassNormal),
		LeadDays:       s.LeadDays(order.ClassNormal, region),
		CutoffTruck:    rules.Cutoff(region, order.ChannelFax, order.ClassTruck),
		TruckLeadDays:  s.LeadDays(order.ClassTruck, region),
		DesignatedDays: s.DesignatedLimitDays, FreeFromYen: s.FeeFreeFromYen, FeeYen: s.FeeYen,
	}
}

// askDealer sends a request to a customer's dealer (ACC-3).
func (d *Desk) askDealer(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	c, err := d.Store.GetDepartment(ctx, r.PathValue("code"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if err = d.requestOf(r, p, c); err != nil {
		if order.KindOf(err) == order.KindInvalid || order.KindOf(err) == order.KindNotFound {
			d.customerPage(w, r, http.StatusUnprocessableEntity, c, page.Saying(p.Lang, message(err)))
			return
		}
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "customer "+c.Code, "asked the dealer: "+r.PostFormValue("subject"))
	d.tell(ctx, pick(p.Lang, "担当販売店に依頼を送りました。", "The dealer is asked."))
	http.Redirect(w, r, customerPath(c.Code), http.StatusSeeOther)
}

func (d *Desk) requestOf(r *http.Request, p Person, c order.Department) error {
	ctx := r.Context()
	l, err := d.Store.GetDealer(ctx, c.DealerCode)
	if err != nil {
		return err
	}
	q := store.NewDealerRequest{Department: c, Dealer: l, Subject: r.PostFormValue("subject"), Body: r.PostFormValue("body"), By: p.By()}
	if text := r.PostFormValue("order"); text != "" {
		n, err := order.ParseNumber(text)
		if err != nil {
			return err
		}
		if q.Order, err = d.Store.GetOrder(ctx, n); err != nil {
			return err
		}
		if q.Order.DepartmentCode != c.Code {
			return order.Invalid("ACC-3", "order", pick(p.Lang, "このお客様の注文ではありません。", "That is no order of this customer."))
		}
	}
	q.Render = func(number string) (string, string, error) {
		m, err := mail.DealerRequest{
			Shop:   d.mailShop(),
			Number: number, Dealer: l.Name, Customer: c.CompanyName + " " + c.Name, Code: c.Code, Order: q.Order.Number.Grouped(), Topic: q.Subject, Text: q.Body, By: p.By(),
		}.Render()
		return m.Subject, m.Body, err
	}
	_, err = d.Store.AskDealer(ctx, q, d.Now())
	return err
}

func requestRows(all []store.DealerRequest) []page.RequestRow {
	out := make([]page.RequestRow, 0, len(all))
	for _, q := range all {
		row := page.RequestRow{
			Path: "/desk/dealers/" + strconv.FormatInt(q.ID, 10), Number: q.Number, Mail: "/desk/issued/" + strconv.FormatInt(q.IssuedID, 10),
			Customer: page.Link{Path: customerPath(q.DepartmentCode), Text: q.Customer}, Dealer: q.Dealer, Subject: q.Subject, Body: q.Body, Answer: q.Answer,
			State: q.State, Delivery: q.Delivery, To: q.Recipient, By: q.AskedBy, ChangedBy: q.ChangedBy, At: q.AskedAt, ChangedAt: q.ChangedAt, Open: q.State != store.DealerClosed,
		}
		if q.Order != "" {
			row.Order = &page.Link{Path: orderPath(q.Order), Text: q.Order.Grouped()}
		}
		out = append(out, row)
	}
	return out
}

// showDealers lists what was asked of dealers.
func (d *Desk) showDealers(w http.ResponseWriter, r *http.Request) {
	p := personOf(r.Context())
	v := page.Dealers{Frame: d.frame(r, "dealers", pick(p.Lang, "販売店への依頼", "Requests to dealers")), State: r.URL.Query().Get("state")}
	if v.State != store.DealerAnswered && v.State != store.DealerClosed {
		v.State = store.DealerOpen
	}
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	all, err := d.Store.DealerRequests(r.Context(), "", v.State, before, listRows+1)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if len(all) > listRows {
		all = all[:listRows]
		v.Next = "/desk/dealers?state=" + v.State + "&before=" + strconv.FormatInt(all[listRows-1].ID, 10)
	}
	v.Rows = requestRows(all)
	d.saw(r, "dealer requests")
	d.show(w, r, v)
}

// moveDealerRequest notes what a dealer answered, or that a request is done.
func (d *Desk) moveDealerRequest(w http.ResponseWriter, r *http.Request) {
	p := personOf(r.Context())
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		d.fail(w, r, order.NotFound("request", "there is no such request"))
		return
	}
	state := r.PostFormValue("state")
	if err := d.Store.MoveDealerRequest(r.Context(), id, state, r.PostFormValue("answer"), p.By(), d.Now()); err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "dealer request "+strconv.FormatInt(id, 10), state)
	d.tell(r.Context(), pick(p.Lang, "記録しました。", "It is noted."))
	http.Redirect(w, r, "/desk/dealers?state="+state, http.StatusSeeOther)
}
