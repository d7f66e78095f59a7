package fax

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"text/tabwriter"

	"todoke/order"
	"todoke/templates/form"
)

// ReturnResult is what became of return request forms (RET-3) under one condition.
type ReturnResult struct {
	Name  string `json:"name"`
	Pages int    `json:"pages"`
	Known Fate   `json:"known"` // whose order, shipment and sheet it is
	// By what was filled in; what was left blank is right where it is found so.
	Quantities Fate     `json:"quantities"`
	Reasons    Fate     `json:"reasons"` // RET-6
	Wishes     Fate     `json:"wishes"`
	Blank      Fate     `json:"blank"`
	Mistakes   []string `json:"mistakes,omitempty"` // set, page, field, truth, reading
}

// Fate counts what became of things to be read.
type Fate struct {
	N      int `json:"n"`
	Right  int `json:"right"`
	Person int `json:"person"` // a person keys it
	Wrong  int `json:"wrong"`
}

func (f *Fate) add(right, person bool) {
	f.N++
	switch {
	case person:
		f.Person++
	case right:
		f.Right++
	default:
		f.Wrong++
	}
}

// String is a column of the table: of how many, right, to a person, wrong.
func (f *Fate) String() string {
	return fmt.Sprintf("%d: %d / %d / %d", f.N, f.Right, f.Person, f.Wrong)
}

// MeasureReturns prints return request forms of random shipments, fills in and sends each under the
// conditions of c.Sets, and reads it. Habits, junk and peers are of orders and not looked at.
func MeasureReturns(ctx context.Context, c Config) ([]*ReturnResult, error) {
	if len(c.Sources) == 0 {
		c.Sources = []*Source{nil}
	}
	var out []*ReturnResult
	for i, set := range c.Sets {
		res := &ReturnResult{Name: set.Name}
		out = append(out, res)
		for n := range c.Pages {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			r := rand.New(rand.NewPCG(c.Seed+uint64(i)*1_000_003, uint64(n)))
			if err := c.returnPage(res, set, n, r); err != nil {
				return out, fmt.Errorf("page %d of %s: %w", n, set.Name, err)
			}
		}
	}
	return out, nil
}

func (c *Config) returnPage(res *ReturnResult, set Set, n int, r *rand.Rand) error {
	d, lines, err := returnSheet(r, c.Shop)
	if err != nil {
		return err
	}
	w := NewWriter(r)
	w.Source = c.Sources[n%len(c.Sources)]
	if set.Condition.Hand != nil {
		set.Condition.Hand(&w, r)
	}
	p := &Paper{Image: form.Raster(d, PaperDPI, PaperDPI)}
	t := fillReturn(p, &d.Layout, lines, w, set.Condition.Mess, r)
	if set.Condition.Sheet != nil {
		set.Condition.Sheet(p, &d.Layout, &t, r)
	}
	line := set.Condition.Line(r)
	file, err := c.Encode(n, line.Send(p, r), line)
	if err != nil {
		return err
	}
	draft, err := c.Read(file, Watch{Lap: func(string) {}})
	if err != nil {
		return err
	}
	res.count(n, d, t, &draft)
	if c.Seen != nil {
		c.Seen(set.Name, n, file, t, draft)
	}
	return nil
}

// returnSheet is a sheet of the form that came with a random shipment.
func returnSheet(r *rand.Rand, shop *Shop) (*form.Drawing, []form.ReturnLine, error) {
	const orders, most = 100_000_000, 15 // lines: some shipments need a second sheet
	names := []string{"コピー用紙 A4 500枚×5冊 高白色", "スティックのり 22g", "耐震連結金具付スチール書庫（両開き・上置き用）W880×D400×H1050 ホワイト 施錠機能付き", "養生テープ 50mm×25m 緑"}
	customers := []string{"株式会社みなと設計事務所 総務部", "学校法人青葉台学園 青葉台高等学校 事務室 物品購入担当", "合同会社ひよこ企画"}
	dep := shop.Departments[r.IntN(len(shop.Departments))]
	o := form.ReturnOptions{
		Days: 90, Order: order.NumberOf(orders + r.Int64N(orders)), Shipment: 1 + r.IntN(3), CustomerCode: dep.Code,
		Customer: customers[r.IntN(len(customers))], Fax: "0300005512", ArrivalOn: shop.ReceivedOn.Add(-1 - r.IntN(80)),
	}
	for i := range 1 + r.IntN(most) {
		it := shop.Items[r.IntN(len(shop.Items))]
		o.Lines = append(o.Lines, form.ReturnLine{LineNo: i + 1, ItemCode: it.Code, Name: names[r.IntN(len(names))], Unit: "箱", Qty: quantity(r, it, Usual()), Returnable: r.IntN(4) > 0})
	}
	sheets, err := form.ReturnSheets(o)
	if err != nil {
		return nil, nil, err
	}
	at, from := r.IntN(len(sheets)), 0
	for _, s := range sheets[:at] {
		from += s.Identity.Rows
	}
	return sheets[at], o.Lines[from : from+sheets[at].Identity.Rows], nil
}

// fillReturn asks for some of the lines to be taken back.
func fillReturn(p *Paper, l *form.Layout, lines []form.ReturnLine, w Writer, mess Mess, r *rand.Rand) Truth {
	t := Truth{Text: map[string]string{}, Messy: map[string]bool{}, Cells: map[string][]int{}}
	f := filler{p: p, l: l, w: w, mess: mess, r: r, t: &t}
	tick := func(name string) {
		b := l.Field(name).Cells[0]
		w.tick(p, r, b.X, b.Y, b.W, b.H)
		t.Text[name] = "x"
	}
	asked, leftAlign := 1+r.IntN(min(3, len(lines))), r.IntN(7) == 0
	for _, i := range r.Perm(len(lines))[:asked] {
		row := "lines[" + strconv.Itoa(i+1) + "]."
		f.digits(row+"quantity", strconv.Itoa(1+r.IntN(min(lines[i].Qty, 9999))), !leftAlign)
		reasons := form.Reasons()
		tick(row + "reason." + reasons[r.IntN(len(reasons))])
	}
	if r.IntN(4) > 0 {
		tick([]string{"wish.refund", "wish.replacement"}[r.IntN(2)])
	}
	for _, name := range []string{"orderer_name", "orderer_phone", "note"} {
		if b := l.Field(name).Cells[0]; name != "note" || r.IntN(3) == 0 {
			w.scribble(p, r, b.X, b.Y, b.W, b.H)
		}
	}
	return t
}

func (res *ReturnResult) count(n int, d *form.Drawing, t Truth, draft *order.Draft) {
	res.Pages++
	known := draft.Form == string(form.KindReturn) && draft.FormVersion == d.Layout.Version && draft.Geometry != nil && draft.FormOrder != ""
	same := string(draft.FormOrder) == d.Identity.Order && draft.FormShipment == d.Identity.Shipment && draft.Sheet == d.Identity.Sheet
	res.Known.add(same, !known)
	if known && !same {
		res.Mistakes = append(res.Mistakes, fmt.Sprintf("%s page %d: order %s shipment %d sheet %d, read %s %d %d", res.Name, n, d.Identity.Order, d.Identity.Shipment, d.Identity.Sheet, draft.FormOrder, draft.FormShipment, draft.Sheet))
	}
	for i := range d.Layout.Fields {
		def := &d.Layout.Fields[i]
		if def.Kind != form.FieldDigits && def.Kind != form.FieldMark || def.Name == "customer_code" { // printed
			continue
		}
		want, written := t.Text[def.Name]
		fate := &res.Blank
		switch {
		case !written:
		case def.Kind == form.FieldDigits:
			fate = &res.Quantities
		case kindOf(def.Name) == "wish.refund" || kindOf(def.Name) == "wish.replacement":
			fate = &res.Wishes
		default:
			fate = &res.Reasons
		}
		f := draft.Field(def.Name)
		person := !known || f == nil || f.Decision != order.DecisionAccept && f.Decision != order.DecisionBlank
		right := !person && (f.Decision == order.DecisionBlank) == !written && f.Text == want
		fate.add(right, person)
		if !right && !person {
			res.Mistakes = append(res.Mistakes, fmt.Sprintf("%s page %d %s: written %q, read %q (%.6f)", res.Name, n, def.Name, want, f.Text, f.Confidence))
		}
	}
}

// PrintReturns writes what became of return request forms, a condition a row.
func PrintReturns(w io.Writer, results []*ReturnResult) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "N: RIGHT / TO A PERSON / WRONG\tPAGES\tQUANTITIES\tREASONS\tWISHES\tLEFT BLANK")
	all := &ReturnResult{Name: "all"}
	for _, r := range results {
		all.Known.sum(r.Known)
		all.Quantities.sum(r.Quantities)
		all.Reasons.sum(r.Reasons)
		all.Wishes.sum(r.Wishes)
		all.Blank.sum(r.Blank)
		all.Mistakes = append(all.Mistakes, r.Mistakes...)
	}
	for _, r := range append(results[:len(results):len(results)], all) {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, &r.Known, &r.Quantities, &r.Reasons, &r.Wishes, &r.Blank)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, m := range all.Mistakes {
		if _, err := fmt.Fprintln(w, m); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fate) sum(g Fate) {
	f.N, f.Right, f.Person, f.Wrong = f.N+g.N, f.Right+g.Right, f.Person+g.Person, f.Wrong+g.Wrong
}
