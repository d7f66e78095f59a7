package desk

import (
	"io"
	"net/http"
	"strings"

	"todoke/internal/likeness"
	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

// mostFound is how many items or customers a list under a field shows.
const mostFound = 8

// customerOf is the customer whom a review's prices and stock are for, as read or keyed.
func (d *Desk) customerOf(r store.Review) string {
	if r.Draft == nil {
		return ""
	}
	f := r.Draft.Field("customer_code")
	if f == nil || d.blind(*f) {
		return ""
	}
	return f.Text
}

// find lists what a person may mean who types into a field: items for an item's code, customers for
// a customer's. Without a word it offers what the customer orders most.
func (d *Desk) find(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	doc, no, ok := reviewName(r.PathValue("name"))
	if !ok {
		d.fail(w, r, order.NotFound("document", "there is no such review"))
		return
	}
	rv, err := d.Store.GetReview(ctx, doc, no)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	q := r.URL.Query().Get("q")
	if r.URL.Query().Get("what") == "code" {
		only, err := d.Store.CompleteCode(ctx, r.URL.Query().Get("field"), normal(q), d.customerOf(rv))
		if err != nil {
			d.fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, only)
		return
	}
	found := page.Found{Lang: p.Lang}
	if r.URL.Query().Get("what") == "customer" {
		if strings.TrimSpace(q) != "" {
			all, err := d.Store.LookForCustomers(ctx, q, mostFound)
			if err != nil {
				d.fail(w, r, err)
				return
			}
			for _, c := range all {
				found.Rows = append(found.Rows, page.FoundRow{Value: c.Code, Name: c.CompanyName + " " + c.Name, Note: c.Prefecture + c.Address})
			}
		}
	} else {
		all, err := d.Store.LookForItems(ctx, q, d.customerOf(rv), order.DateOf(d.Now()), mostFound)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		for _, i := range all {
			found.Rows = append(found.Rows, foundItem(i))
		}
	}
	d.show(w, r, found)
}

// item tells of one item while its code is typed: name, price and what is there.
func (d *Desk) item(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	customer := ""
	if doc, no, ok := reviewName(r.URL.Query().Get("review")); ok {
		rv, err := d.Store.GetReview(ctx, doc, no)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		customer = d.customerOf(rv)
	}
	items, err := d.Store.ShowItems(ctx, customer, order.DateOf(d.Now()), normal(r.URL.Query().Get("code")))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.Item{Lang: p.Lang}
	if len(items) > 0 {
		row := foundItem(items[0])
		v.Row = &row
	}
	d.show(w, r, v)
}

func foundItem(i store.FoundItem) page.FoundRow {
	price := i.Price
	return page.FoundRow{Value: i.Code, Name: i.Name, Unit: i.Unit, Price: &price, Stock: stockOf(i)}
}

func stockOf(i store.FoundItem) *page.Stock {
	if !i.Stocked {
		return nil
	}
	return &page.Stock{Qty: i.AvailableQty, RestockOn: i.RestockOn}
}

// addLine adds a typed line to the page: what it says is judged like any other.
func (d *Desk) addLine(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	field := "lines[" + r.PostFormValue("no") + "]."
	v.Review, err = d.Store.KeyFields(ctx, v.DocumentID, v.PageNo, map[string]string{
		field + "item_code": normal(r.PostFormValue("code")), field + "quantity": normal(r.PostFormValue("quantity")),
	}, p.By(), d.Now())
	if err == nil {
		err = d.fill(ctx, &v)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.panel(w, r, v, said{})
}

// addTyping makes a page that nothing could be read of ready to type: whose it is, where the same
// sender sent such a paper before, and a line to begin with.
func (d *Desk) addTyping(r *http.Request, view *page.Review, v reviewed) error {
	p := personOf(r.Context())
	last := 0
	for _, l := range view.Lines {
		last = max(last, l.No)
	}
	view.NewLine = last + 1
	if v.Draft != nil && v.Draft.Decision != order.DecisionNotAForm && v.Draft.Decision != order.DecisionUnreadable && v.Draft.Decision != order.DecisionBlank && len(view.Lines) > 0 {
		return nil
	}
	view.Typed = true
	have := func(name string) bool {
		for _, f := range view.Fields {
			if f.Name == name {
				return true
			}
		}
		return false
	}
	b := fieldsBuilder{d: d, lang: p.Lang, view: view, v: v}
	for _, name := range []string{"customer_code", "ship_to", "delivery_month", "delivery_day"} {
		if !have(name) {
			f := b.field(order.DraftField{Name: name, Decision: order.DecisionBlank})
			f.Doubt = name == "customer_code"
			view.Fields = append(view.Fields, f)
		}
	}
	for i := range view.Fields {
		view.Fields[i].Text = view.Fields[i].Text || view.Fields[i].Find != ""
	}
	own, err := d.ownPaper(r, v)
	if err != nil {
		return err
	}
	if own == nil {
		return d.offerCaller(r, view, v)
	}
	name := store.Review{DocumentID: own.DocumentID, PageNo: own.PageNo}.Name()
	view.OwnPaper = pick(p.Lang, "このお客様の用紙です（受信 "+name+" と同じ）", "This customer's own paper, like "+name)
	offer(view, own.CustomerCode)
	return nil
}

// offer puts a customer where none is read: an Enter says that it is theirs.
func offer(view *page.Review, code string) {
	for i := range view.Fields {
		if f := &view.Fields[i]; f.Name == "customer_code" && f.Value == "" && !f.Blind {
			f.Value, f.Doubt = code, true
		}
	}
}

// offerCaller offers the one customer whose registered fax the page claims to come from.
func (d *Desk) offerCaller(r *http.Request, view *page.Review, v reviewed) error {
	if v.doc.Caller == "" {
		return nil
	}
	all, err := d.Store.LookForCustomers(r.Context(), v.doc.Caller, 2) //nolint:mnd // one, or too many
	if err != nil || len(all) != 1 || all[0].Fax != v.doc.Caller {
		return err
	}
	offer(view, all[0].Code)
	return nil
}

// ownPaper is the latest page of the same sender that looks like this one and became an order.
func (d *Desk) ownPaper(r *http.Request, v reviewed) (*store.OwnPaper, error) {
	if v.PageID == 0 {
		return nil, nil
	}
	print, before, err := d.Store.OwnPapers(r.Context(), v.PageID)
	if err != nil || len(before) == 0 {
		return nil, err
	}
	here, err := likeness.Parse(print)
	if err != nil {
		return nil, err
	}
	least := float64(d.Settings.PageAlikePermille) / 1000 //nolint:forbidigo // a likeness
	for i, b := range before {
		there, err := likeness.Parse(b.Print)
		if err != nil {
			d.Log.ErrorContext(r.Context(), "print of a page left out", "document", b.DocumentID, "page", b.PageNo, "error", err)
			continue
		}
		if _, ok := likeness.AtLeast(there, here, least); ok {
			return &before[i], nil
		}
	}
	return nil, nil
}
