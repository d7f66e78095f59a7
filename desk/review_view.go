package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// reviewView is everything that the page of a review shows.
func (d *Desk) reviewView(r *http.Request, v reviewed, s said) (page.Review, error) {
	ctx, p := r.Context(), personOf(r.Context())
	view := page.Review{
		Frame: d.frame(r, "review", v.Name()), Name: v.Name(), Path: "/desk/review/" + v.Name(), Document: v.DocumentID, IsPage: v.PageID != 0, Open: v.State == store.ReviewOpen,
		Why: string(rules.WhyReview(v.Reasons, v.Draft)), DeadlineAt: v.DeadlineAt, ReceivedAt: v.doc.ReceivedAt, Said: s.text, SaidWrong: s.wrong, Focus: s.focus,
	}
	view.Sheet = sheet(v)
	view.Facts = d.reviewFacts(p, v)
	if err := errors.Join(d.addPages(ctx, &view, v), d.addKind(ctx, &view, v)); err != nil {
		return view, err
	}
	if !view.Open {
		view.ClosedText = pick(p.Lang, "この頁は"+v.ClosedBy+"さんが処理済みです（"+stateName(p.Lang, v.State)+"）。", v.ClosedBy+" settled this page ("+stateName(p.Lang, v.State)+").")
		c, corrected, err := d.Store.CorrectionOf(ctx, v.Review)
		if err != nil {
			return view, err
		}
		if corrected {
			view.Corrected = &page.ReviewCorrection{Order: c.Order.Grouped(), Path: "/desk/orders/" + string(c.Order), Page: c.Page}
		}
		view.Duplicate = v.State == store.ReviewDuplicate
		view.CanReopen = v.PageID != 0 && !corrected
		return view, d.addCustomer(ctx, &view, v)
	}
	if err := d.addTime(ctx, &view, v); err != nil {
		return view, err
	}
	if c, mine, err := d.Store.ClaimTask(ctx, taskOf(v.Review), p.Login, d.Now(), d.claimLasts()); err != nil {
		return view, err
	} else if !mine {
		view.Taken = c.Name
		view.Task = taskOf(v.Review)
	}
	b := fieldsBuilder{d: d, lang: p.Lang, v: v, said: s, view: &view, problems: map[string][]string{}, suggest: map[string]string{}}
	view.Untouched = untouched(v.Draft)
	b.build()
	if v.PageID != 0 {
		if err := d.addTyping(r, &view, v); err != nil {
			return view, err
		}
	}
	if err := d.addStock(ctx, &view, v); err != nil {
		return view, err
	}
	view.Undo = v.Draft != nil && len(v.Draft.Keyed) > 0
	view.Ready = len(v.judged.Problems) == 0 && v.Draft != nil
	if view.Doubts = len(v.judged.Problems); view.Untouched {
		view.Doubts = 0
	}
	if o := v.judged.Order; o.GoodsYen > 0 {
		view.Order = orderView(o)
	}
	if err := d.addSuspect(r, &view, v); err != nil {
		return view, err
	}
	if next, err := d.Store.Tasks(ctx, store.TaskFilter{Who: "-", For: p.Login, Limit: 2}, d.Now()); err == nil {
		for _, t := range next { // the next one's picture is there before it is asked for
			if _, no, ok := reviewName(t.Name); ok && no > 0 && t.OrderID == 0 && t.Name != v.Name() {
				view.Preload = "/desk/image/" + t.Name
				break
			}
		}
	}
	return view, d.addCustomer(ctx, &view, v)
}

// addStock tells what is there of each line's item where it would ship from.
func (d *Desk) addStock(ctx context.Context, view *page.Review, v reviewed) error {
	var codes []string
	for _, l := range view.Lines {
		if l.Price != nil && !slices.Contains(codes, l.Code.Value) {
			codes = append(codes, l.Code.Value)
		}
	}
	items, err := d.Store.ShowItems(ctx, d.customerOf(v.Review), order.DateOf(v.doc.ReceivedAt), codes...)
	if err != nil {
		return err
	}
	for i := range view.Lines {
		for _, f := range items {
			if f.Code == view.Lines[i].Code.Value {
				view.Lines[i].Stock = stockOf(f)
			}
		}
	}
	return nil
}

func stateName(lang page.Lang, s store.ReviewState) string {
	names := map[store.ReviewState][2]string{
		store.ReviewSettled: {"受注", "ordered"}, store.ReviewJunk: {"不要", "junk"}, store.ReviewDuplicate: {"重複", "duplicate"},
		store.ReviewHandled: {"対応済み", "dealt with"}, store.ReviewJoined: {"別の頁の続き", "part of another page"}, store.ReviewAttached: {"注文の書類", "belongs to an order"},
	}
	n, ok := names[s]
	if !ok {
		return string(s)
	}
	return pick(lang, n[0], n[1])
}

func (d *Desk) addCustomer(ctx context.Context, view *page.Review, v reviewed) error {
	if v.Draft == nil {
		return nil
	}
	f := v.Draft.Field("customer_code")
	if f == nil || f.Text == "" || d.blind(*f) {
		return nil
	}
	c, ok, err := d.Store.FindCustomer(ctx, f.Text)
	if err != nil || !ok {
		return err
	}
	view.Customer = &page.ReviewCustomer{
		Code: c.Code, Name: c.CompanyName + " " + c.Name, Fax: order.FormatPhone(c.Fax), Place: c.Prefecture + c.Address, Path: "/desk/customers/" + c.Code,
	}
	return nil
}

func (d *Desk) reviewFacts(p Person, v reviewed) [][2]string {
	facts := [][2]string{{pick(p.Lang, "受信", "Received"), page.Stamp(p.Lang, v.doc.ReceivedAt)}}
	add := func(japanese, english, value string) {
		if value != "" {
			facts = append(facts, [2]string{pick(p.Lang, japanese, english), value})
		}
	}
	add("発信番号（未確認）", "Caller (claimed)", order.FormatPhone(v.doc.Caller))
	add("経路", "Source", page.SourceName(p.Lang, v.doc.Source))
	add("ファイル", "File", v.doc.FileName)
	add("受信文書", "Document", strconv.FormatInt(v.DocumentID, 10))
	return facts
}

// sheet is the page's picture and where its fields are.
func sheet(v reviewed) page.Sheet { return sheetOf(v.DocumentID, max(1, v.PageNo), v.pages, v.Draft) }

func sheetOf(document int64, no int, pages []store.Page, draft *order.Draft) page.Sheet {
	var s page.Sheet
	for _, pg := range pages {
		name := store.Review{DocumentID: document, PageNo: pg.No}.Name()
		if len(pages) > 1 {
			s.Pages = append(s.Pages, page.Thumb{No: pg.No, Path: "/desk/review/" + name, State: string(pg.State), Here: pg.No == no})
		}
		if n := len(s.Pages); n > 0 {
			switch pg.No {
			case no + 1:
				s.Pages[n-1].Keys = "n"
			case no - 1:
				s.Pages[n-1].Keys = "p"
			}
		}
		if pg.No != no || pg.BlobKey == "" {
			continue
		}
		s.Name, s.Key = name, pg.BlobKey
		s.Image, s.Width, s.Height, s.XDPI, s.YDPI = "/desk/image/"+name, pg.WidthPX, pg.HeightPX, pg.XDPI, pg.YDPI
	}
	if draft != nil && draft.Geometry != nil {
		s.Rotation = draft.Geometry.Rotation
	}
	addMarks(&s, draft, "")
	return s
}

// addMarks frames what was read on a sheet; of names the page that was joined, "" is the page itself.
func addMarks(s *page.Sheet, draft *order.Draft, of string) {
	if draft == nil || s.Width == 0 {
		return
	}
	w, h := s.Width, s.Height
	if s.Rotation%180 != 0 {
		w, h = h, w
	}
	const thousand = 1000
	for _, f := range draft.Fields {
		if a := f.Area; a != nil && f.Page == of {
			s.Marks = append(s.Marks, page.Region{
				Field: f.Name, X: a.X0 * thousand / w, Y: a.Y0 * thousand / h, W: (a.X1 - a.X0) * thousand / w, H: (a.Y1 - a.Y0) * thousand / h,
				Doubt: f.Decision == order.DecisionReview,
			})
		}
	}
}

func orderView(o order.Order) *page.ReviewOrder {
	out := &page.ReviewOrder{Goods: o.GoodsYen, Fee: o.FeeYen, ShipTo: strings.TrimSpace(o.ShipTo.Code + " " + o.ShipTo.Name + " " + o.ShipTo.Prefecture + o.ShipTo.Address)}
	for _, t := range o.Taxes {
		out.Tax += t.TaxYen
	}
	out.Total = out.Goods + out.Fee + out.Tax
	for _, s := range o.Shipments {
		out.Shipments = append(out.Shipments, page.ReviewShipment{Class: string(s.Class), Warehouse: s.WarehouseCode, ShipOn: s.ShipOn, ArrivalOn: s.ArrivalOn})
	}
	return out
}

// fieldsBuilder puts a draft's fields and the problems with them onto the page.
type fieldsBuilder struct {
	d        *Desk
	lang     page.Lang
	v        reviewed
	said     said
	view     *page.Review
	problems map[string][]string
	suggest  map[string]string // by field: what would be right instead
}

func (b *fieldsBuilder) build() {
	for _, e := range b.v.judged.Problems {
		if e.Field == "received_at" && b.view.Times != nil {
			continue // both times are shown
		}
		if b.view.Untouched && (e.Field == "customer_code" || e.Field == "lines") {
			continue // nothing is demanded of a paper that nobody began to type
		}
		f := (*order.DraftField)(nil)
		if b.v.Draft != nil {
			f = b.v.Draft.Field(e.Field)
		}
		text := page.Saying(b.lang, e.Message)
		if f != nil && b.d.blind(*f) { // the message quotes what is not to be seen
			text = pick(b.lang, "画像を見て入力してください", "key what you see")
		}
		if e.Rule != "" {
			text += pick(b.lang, "（"+e.Rule+"）", " ("+e.Rule+")")
		}
		switch {
		case e.Field == "" || b.v.Draft == nil:
			b.view.Problems = append(b.view.Problems, text)
		default:
			b.problems[e.Field] = append(b.problems[e.Field], text)
			if e.Suggest != "" && e.Rule == "ITM-1" && (f == nil || !b.d.blind(*f)) {
				b.suggest[e.Field] = e.Suggest
			}
		}
	}
	if b.v.Draft == nil {
		return
	}
	shown := map[string]bool{waitField: true, cancelField: true}
	b.addStockout()
	lines := map[int]*page.ReviewLine{}
	for _, f := range b.v.Draft.Fields {
		m := lineField.FindStringSubmatch(f.Name)
		if m == nil {
			if keyable[f.Name] {
				b.view.Fields = append(b.view.Fields, b.field(f))
				shown[f.Name] = true
			}
			continue
		}
		shown[f.Name] = true
		no, _ := strconv.Atoi(m[1])
		l := lines[no]
		if l == nil {
			l = b.line(no)
			lines[no] = l
		}
		switch m[2] {
		case "item_code":
			l.Code = b.field(f)
			b.item(l, f)
		case "quantity":
			l.Qty = b.field(f)
		case "comment":
			l.Comment = b.field(f)
		}
	}
	for _, l := range b.v.Draft.Dropped {
		if x := lines[l.Line]; x != nil {
			x.Dropped = l.Reason
			x.Code.Doubt, x.Qty.Doubt, x.Comment.Doubt = false, false, false // nothing is asked of what is not ordered
		}
	}
	var nos []int
	for no, l := range lines {
		if l.Code.Value != "" || l.Qty.Value != "" || l.Doubt() || l.Code.Blind || l.Qty.Blind {
			nos = append(nos, no)
		}
	}
	slices.Sort(nos)
	for _, no := range nos {
		l := lines[no]
		b.offerOther(l)
		if l.Price != nil {
			if n, err := strconv.Atoi(l.Qty.Value); err == nil {
				sum := *l.Price * order.Yen(n)
				l.Amount = &sum
			}
		}
		b.view.Lines = append(b.view.Lines, *l)
	}
	for name, texts := range b.problems { // of fields that the form does not have
		if !shown[name] {
			for _, t := range texts {
				b.view.Problems = append(b.view.Problems, page.FieldName(b.lang, name)+pick(b.lang, "：", ": ")+t)
			}
		}
	}
	slices.Sort(b.view.Problems)
}

// untouched tells whether nothing could be read of a page and nobody has typed anything yet.
func untouched(d *order.Draft) bool {
	return d == nil || (d.Decision == order.DecisionNotAForm || d.Decision == order.DecisionUnreadable || d.Decision == order.DecisionBlank) && !slices.ContainsFunc(d.Fields, byPerson)
}

// keyable are the fields beside those of the lines that the page shows.
var keyable = map[string]bool{
	"customer_code": true, "ship_to": true, "delivery_month": true, "delivery_day": true, "total_quantity": true,
}

func (b *fieldsBuilder) field(f order.DraftField) page.ReviewField {
	out := page.ReviewField{
		Name: f.Name, Label: page.FieldName(b.lang, f.Name), Value: f.Text, Person: byPerson(f), Focus: b.said.focus == f.Name,
		Doubt: f.Decision == order.DecisionReview || len(b.problems[f.Name]) > 0,
	}
	switch {
	case f.Name == "customer_code":
		out.Find = "customer"
	case strings.HasSuffix(f.Name, ".item_code"):
		out.Find = "item"
	}
	if b.d.blind(f) {
		out.Value, out.Blind = "", true
		out.Mask, out.Digits = b.d.Settings.KeyMask(f), codeDigits(f)
		if out.Mask != "" {
			out.Boxes = boxesOf(f)
		}
	}
	if texts := b.problems[f.Name]; len(texts) > 0 {
		out.Problem = texts[0]
		out.Suggest = b.suggest[f.Name]
	}
	if f.Image != "" {
		out.Picture = b.view.Path + "/field/" + f.Name
		out.Text = true
	}
	if again, ok := b.said.again[f.Name]; ok {
		out.Again, out.Value, out.Doubt, out.Mask = &again, "", true, ""
	}
	return out
}

// line is a line of the form of which nothing is known yet.
func (b *fieldsBuilder) line(no int) *page.ReviewLine {
	field := func(part string) page.ReviewField {
		return b.field(order.DraftField{Name: fmt.Sprintf("lines[%d].%s", no, part), Decision: order.DecisionBlank})
	}
	return &page.ReviewLine{No: no, Code: field("item_code"), Qty: field("quantity"), Comment: field("comment")}
}

func (b *fieldsBuilder) item(l *page.ReviewLine, f order.DraftField) {
	i, ok := b.v.judged.Items[f.Text]
	if !ok || l.Code.Blind {
		return
	}
	price := i.Price
	l.Item, l.Unit, l.Price = i.Name, i.Unit, &price
}

// offerOther offers the quantity that fits on the other side of the one that is nearest.
func (b *fieldsBuilder) offerOther(l *page.ReviewLine) {
	item, known := b.v.judged.Items[l.Code.Value]
	n, err := strconv.Atoi(l.Qty.Value)
	if l.Qty.Suggest == "" || !known || err != nil {
		return
	}
	below, above := rules.FittingQuantities(n, item.OrderMultiple, b.d.Settings.MaxLineQuantity)
	for _, q := range []int{below, above} {
		if s := strconv.Itoa(q); q > 0 && s != l.Qty.Suggest {
			l.Qty.Other = s
		}
	}
}

// codeDigits is how many digits a code has that may be completed while it is keyed: as many as the
// form has boxes for it.
func codeDigits(f order.DraftField) int {
	if f.Name == "customer_code" || f.Name == "ship_to" || strings.HasSuffix(f.Name, ".item_code") {
		return len(f.Cells)
	}
	return 0
}

// boxesOf is where a field's digits stand on its region, which has a margin on both sides.
func boxesOf(f order.DraftField) string {
	first, last := order.DraftCell{}, order.DraftCell{}
	for i, c := range f.Cells {
		if i == 0 || c.X < first.X {
			first = c
		}
		if i == 0 || c.X > last.X {
			last = c
		}
	}
	const margin, thousand = 3, 1000 // mm that the reader leaves beside the boxes
	left, width := first.X-margin, last.X+last.W+margin-(first.X-margin)
	if f.Area == nil || width <= 0 {
		return ""
	}
	var out []string
	for _, c := range f.Cells {
		if c.Text != "" {
			out = append(out, fmt.Sprintf("%.0f,%.0f", (c.X-left)/width*thousand, c.W/width*thousand))
		}
	}
	return strings.Join(out, ";")
}
