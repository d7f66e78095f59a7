package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// Probe is a page of which is asked what it may repeat (FAX-5).
type Probe struct {
	PageID     int64 // 0 before it is saved
	DocumentID int64
	PageNo     int // 0 for a whole document
	BlobKey    string
	SHA256     string // of its document
	Caller     string
	Customer   string // as read or settled; "" where it is not known
	ReceivedAt time.Time
	Ink        *order.Ink
	Lines      []order.RequestLine
	Known      bool // Lines are all that it orders
}

// keys are what a page may have in common with another one that is looked at in this instant.
func (p Probe) keys() []string {
	var out []string
	for _, k := range [][2]string{{"customer ", p.Customer}, {"caller ", p.Caller}, {"page ", p.BlobKey}} {
		if k[1] != "" {
			out = append(out, k[0]+k[1])
		}
	}
	return out
}

// Suspect is a page or an order that a page may repeat, and what the two are to each other.
type Suspect struct {
	rules.Resend
	Document   int64        // 0 for a web order
	Page       int          // 0 where the document has none
	Order      order.Number // "" where it has none yet
	State      order.State  // of the order
	Channel    order.Channel
	ReceivedAt time.Time
}

// Name is how people name it: order, or document and page.
func (s Suspect) Name() string {
	fax := ""
	if s.Document != 0 {
		fax = "document " + Review{DocumentID: s.Document, PageNo: s.Page}.Name()
	}
	switch {
	case s.Order == "":
		return fax
	case fax == "":
		return "order " + s.Order.Grouped() + " (" + string(s.Channel) + ")"
	}
	return "order " + s.Order.Grouped() + " (" + fax + ")"
}

// Ref is how the command line names it.
func (s Suspect) Ref() string {
	if s.Document != 0 {
		return Review{DocumentID: s.Document, PageNo: s.Page}.Name()
	}
	return string(s.Order)
}

// Problem is what a person must decide about the review of that name, and how.
func (s Suspect) Problem(review string) *order.Error {
	why := s.Name()
	if len(s.Reasons) > 0 {
		why += ": " + strings.Join(s.Reasons, "; ")
	}
	return order.Conflict("FAX-5", fmt.Sprintf("suspected %s of %s; see both with todoke review show %s, and decide: todoke review settle %s --as resend|addon|correction|own",
		s.Relation, why, review, review))
}

// Inputs are the facts of an event.
func (s Suspect) inputs() map[string]any {
	in := map[string]any{"other": s.Ref(), "suggested": s.Relation, "reasons": s.Reasons, "same_sheet": s.SameSheet, "other_received_at": s.ReceivedAt}
	if s.Order != "" {
		in["other_order"], in["other_state"] = s.Order, s.State
	}
	if s.Lines != nil {
		in["lines"] = s.Lines
	}
	if len(s.Fields) > 0 {
		in["fields"] = s.Fields
	}
	return in
}

// GoodsKnown tells whether all that a page orders is known, though something else may stand against
// it: a total that is not the sum, say.
func GoodsKnown(problems []*order.Error) bool {
	return !slices.ContainsFunc(problems, func(e *order.Error) bool { return strings.HasPrefix(e.Field, "lines[") })
}

// LockResends makes whoever looks for resends of such pages do so one after the other, until the
// transaction ends: two readers that read the same fax at one instant would not see each other's
// page. It comes before every other lock of the transaction.
func (tx *Tx) LockResends(ctx context.Context, probes ...Probe) error {
	var keys []string
	for _, p := range probes {
		keys = append(keys, p.keys()...)
	}
	slices.Sort(keys)
	if keys = slices.Compact(keys); len(keys) == 0 {
		return nil
	}
	return tx.exec(ctx, "ResendLock", keys)
}

// candidate is a page or order that is looked at, and its facts.
type candidate struct {
	Suspect
	orderID int64
	facts   rules.ResendFacts
}

// Suspects finds what a page may repeat, the most likely first. Where several readers may be at
// it, LockResends comes first.
func (tx *Tx) Suspects(ctx context.Context, p Probe) ([]Suspect, error) {
	return findSuspects(ctx, tx.tx, tx.s.settings, p)
}

func findSuspects(ctx context.Context, q querier, s rules.Settings, p Probe) ([]Suspect, error) {
	all, err := resendPages(ctx, q, s, p)
	if err != nil {
		return nil, err
	}
	orders, err := resendOrders(ctx, q, s, p)
	if err != nil {
		return nil, err
	}
	for _, o := range orders {
		if !slices.ContainsFunc(all, func(c candidate) bool { return c.orderID == o.orderID }) {
			all = append(all, o)
		}
	}
	if p.PageID != 0 {
		family, err := collect(ctx, q, "SplitPages", pgx.RowTo[int], p.PageID)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(c candidate) bool { return c.Document == p.DocumentID && slices.Contains(family, c.Page) })
	}
	if err := addGoods(ctx, q, all); err != nil {
		return nil, err
	}
	var out []Suspect
	for _, c := range all {
		f := c.facts
		f.Now, f.NowAt, f.NowPage = p.Lines, p.ReceivedAt, p.PageNo
		f.Known = f.Known && p.Known
		f.Then, f.ThenAt, f.ThenPage, f.Channel, f.State = c.facts.Then, c.ReceivedAt, c.Page, c.Channel, c.State
		f.Together = c.Document != 0 && c.Document == p.DocumentID
		if c.Resend = rules.Relate(f, s); c.Suspect.Suspect() {
			out = append(out, c.Suspect)
		}
	}
	rank := []rules.Relation{rules.RelationResend, rules.RelationCorrection, rules.RelationAddOn}
	slices.SortStableFunc(out, func(a, b Suspect) int {
		sheet := func(s Suspect) int {
			if s.SameSheet {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(sheet(a), sheet(b)), cmp.Compare(slices.Index(rank, a.Relation), slices.Index(rank, b.Relation)))
	})
	return out, nil
}

// resendPages are the pages that a page may be another fax of.
func resendPages(ctx context.Context, q querier, s rules.Settings, p Probe) ([]candidate, error) {
	const day = 24 * time.Hour
	window := time.Duration(s.ResendPageDays) * day
	return collect(ctx, q, "ResendPages", func(r pgx.CollectableRow) (candidate, error) {
		var c candidate
		var id int64
		var state PageState
		var key, sha, caller, customer string
		var legible bool
		var ink, draft []byte
		err := r.Scan(&id, &c.Document, &c.Page, &state, &key, &sha, &c.ReceivedAt, &caller, &legible, &ink, &c.orderID, &c.Order, &c.State, &customer, &draft)
		if err != nil {
			return c, err
		}
		c.Channel = order.ChannelFax
		f := &c.facts
		f.SamePixels = key != "" && key == p.BlobKey
		f.SameBytes = sha == p.SHA256 && c.Page == p.PageNo
		f.SameCaller = caller != "" && caller == p.Caller
		f.TwoOf = customer != "" && p.Customer != "" && customer != p.Customer
		f.Illegible = !legible && c.Order == ""
		if ink != nil && p.Ink != nil {
			var other order.Ink
			if err := other.UnmarshalBinary(ink); err != nil {
				return c, err
			}
			like := rules.CompareInk(&other, p.Ink, s)
			f.Ink = &like
		}
		if c.Order == "" && draft != nil { // it waits for a person: what is read of it so far
			d := &order.Draft{}
			if err := json.Unmarshal(draft, d); err != nil {
				return c, err
			}
			req, problems := rules.RequestOf(*d, order.Source{DocumentID: c.Document, Page: c.Page}, c.ReceivedAt)
			f.Then, f.Known = req.Lines, GoodsKnown(problems)
			other := d.Field("customer_code")
			f.TwoOf = p.Customer != "" && other != nil && other.Decision == order.DecisionAccept && other.Text != p.Customer
		}
		return c, nil
	}, p.PageID, p.Customer, p.Caller, p.BlobKey, at(p.ReceivedAt.Add(-window)), at(p.ReceivedAt.Add(window)))
}

// resendOrders are the orders that a page's goods may be again, whatever way they came.
func resendOrders(ctx context.Context, q querier, s rules.Settings, p Probe) ([]candidate, error) {
	if !p.Known || p.Customer == "" {
		return nil, nil
	}
	window := time.Duration(s.ResendLineHours) * time.Hour
	all, err := collect(ctx, q, "ResendOrders", func(r pgx.CollectableRow) (candidate, error) {
		var c candidate
		return c, r.Scan(&c.orderID, &c.Order, &c.State, &c.Channel, &c.ReceivedAt, &c.Document, &c.Page)
	}, p.Customer, at(p.ReceivedAt.Add(-window)), at(p.ReceivedAt.Add(window)))
	own := func(c candidate) bool { return c.Document == p.DocumentID && c.Document != 0 && c.Page == p.PageNo }
	return slices.DeleteFunc(all, own), err
}

// addGoods reads the lines of the candidates' orders.
func addGoods(ctx context.Context, q querier, all []candidate) error {
	at := map[int64]int{}
	var ids []int64
	for i, c := range all {
		if c.orderID != 0 {
			at[c.orderID] = i
			ids = append(ids, c.orderID)
			all[i].facts.Known = true
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := q.Query(ctx, query("ResendGoods"), ids)
	if err != nil {
		return fmt.Errorf("read goods: %w", err)
	}
	var id int64
	var l order.RequestLine
	if _, err := pgx.ForEachRow(rows, []any{&id, &l.ItemCode, &l.Qty}, func() error {
		f := &all[at[id]].facts
		f.Then = append(f.Then, l)
		return nil
	}); err != nil {
		return fmt.Errorf("read goods: %w", err)
	}
	return nil
}

// Caller is the number that a document claims to come from, or the mail that it came in; "" where
// none is claimed.
func (tx *Tx) Caller(ctx context.Context, documentID int64) (string, error) {
	var caller string
	if err := tx.tx.QueryRow(ctx, query("DocumentCaller"), documentID).Scan(&caller); err != nil {
		return "", fmt.Errorf("find caller: %w", err)
	}
	return caller, nil
}

// AddLikeness keeps what tells a page's sheet, for the pages that come after it.
func (tx *Tx) AddLikeness(ctx context.Context, pageID int64, p Probe, draft *order.Draft) error {
	var ink []byte
	if p.Ink != nil {
		var err error
		if ink, err = p.Ink.MarshalBinary(); err != nil {
			return err
		}
	}
	return tx.exec(ctx, "PageLikenessInsert", pageID, p.Customer, p.Caller, at(p.ReceivedAt), rules.Legible(draft, tx.s.settings), ink)
}

// probe is a review's page as it stands: req is what it says, and known whether that is all.
func probe(ctx context.Context, q querier, r Review, doc Document, req order.Request, known bool) (Probe, error) {
	p := Probe{
		PageID: r.PageID, DocumentID: r.DocumentID, PageNo: r.PageNo, SHA256: doc.SHA256, Customer: req.DepartmentCode,
		ReceivedAt: req.ReceivedAt, Lines: req.Lines, Known: known, Caller: doc.Caller,
	}
	if r.PageID == 0 {
		return p, nil
	}
	pages, err := collect(ctx, q, "PagesByDocument", scanPage, []int64{r.DocumentID})
	if err != nil {
		return p, err
	}
	if i := slices.IndexFunc(pages, func(g Page) bool { return g.ID == r.PageID }); i >= 0 {
		p.BlobKey = pages[i].BlobKey
	}
	var ink []byte
	err = q.QueryRow(ctx, query("PageLikeness"), r.PageID).Scan(&p.Caller, &ink)
	if err != nil && !missing(err) {
		return p, fmt.Errorf("find likeness: %w", err)
	}
	if ink != nil {
		p.Ink = &order.Ink{}
		return p, p.Ink.UnmarshalBinary(ink)
	}
	return p, nil
}

// SuspectsOf are what a review's page may repeat, as things stand now, the most likely first.
func (s *Store) SuspectsOf(ctx context.Context, r Review) ([]Suspect, error) {
	doc, err := s.GetDocument(ctx, r.DocumentID)
	if err != nil || r.Draft == nil {
		return nil, err
	}
	req, problems := rules.RequestOf(*r.Draft, order.Source{DocumentID: r.DocumentID, Page: r.PageNo}, doc.ReceivedAt)
	p, err := probe(ctx, s.pool, r, doc, req, GoodsKnown(problems))
	if err != nil {
		return nil, err
	}
	return findSuspects(ctx, s.pool, s.settings, p)
}

// Superseding is a page that may be what a customer sent again because of one that could not be
// read.
type Superseding struct {
	Document   int64
	Page       int
	ReceivedAt time.Time
	Order      order.Number // "" where it has none yet
}

// SupersedingOf are pages that came after an unreadable one, from the same sender, and could be
// read; none where the page could be read itself.
func (s *Store) SupersedingOf(ctx context.Context, r Review) ([]Superseding, error) {
	if r.PageID == 0 {
		return nil, nil
	}
	doc, err := s.GetDocument(ctx, r.DocumentID)
	if err != nil {
		return nil, err
	}
	const day = 24 * time.Hour
	return collect(ctx, s.pool, "SupersedingPages", pgx.RowToStructByPos[Superseding], r.PageID, at(doc.ReceivedAt.Add(time.Duration(s.settings.ResendPageDays)*day)))
}

// Other names what a page is related to: a document with or without page, or an order.
type Other struct {
	Document int64
	Page     int
	Order    order.Number
}

// IsZero tells whether nothing is named.
func (o Other) IsZero() bool { return o == Other{} }

func (o Other) String() string {
	if o.Document == 0 {
		return "order " + o.Order.Grouped()
	}
	return "document " + Review{DocumentID: o.Document, PageNo: o.Page}.Name()
}

func (o Other) is(s Suspect) bool {
	if o.Order != "" {
		return o.Order == s.Order
	}
	return o.Document == s.Document && (o.Page == 0 || o.Page == s.Page)
}

// original is what a page is said to repeat: something must come of it, or nothing would ship.
func (tx *Tx) original(ctx context.Context, r Review, of Other) (Other, error) {
	if of.Order != "" {
		var id int64
		err := tx.tx.QueryRow(ctx, query("OrderIDByNumber"), string(of.Order)).Scan(&id)
		if missing(err) {
			return of, order.NotFound("of", "there is no order "+of.Order.Grouped())
		}
		if err != nil {
			return of, fmt.Errorf("find order: %w", err)
		}
		orders, err := readOrders(ctx, tx.tx, []int64{id})
		if err != nil {
			return of, err
		}
		if orders[0].State == order.StateCancelled {
			return of, order.Conflict("FAX-5", "order "+of.Order.Grouped()+" is cancelled: closed as the same, nothing of this page would ship")
		}
		of.Document, of.Page = orders[0].Source.DocumentID, orders[0].Source.Page
		return of, nil
	}
	docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{of.Document})
	if err != nil || len(docs) == 0 {
		return of, cmp.Or(err, error(order.NotFound("of", fmt.Sprintf("there is no document %d", of.Document))))
	}
	pages, err := tx.pages(ctx, of.Document)
	if err != nil {
		return of, err
	}
	if of.Document == r.DocumentID {
		// A page may repeat another page of its own fax.
		if r.PageID == 0 || of.Page == r.PageNo || len(pages) < 2 {
			return of, order.Invalid("FAX-5", "of", "a document is no resend of itself")
		}
	}
	closed := func(name, state string) error {
		return order.Conflict("FAX-5", fmt.Sprintf("document %s is itself closed as %s: closed as the same, nothing of this page would ship", name, state))
	}
	if len(pages) == 0 {
		if s := docs[0].State; s == DocumentDuplicate || s == DocumentJunk || s == DocumentRefused {
			return of, closed(strconv.FormatInt(of.Document, 10), string(s))
		}
		return of, nil
	}
	if of.Page == 0 && len(pages) == 1 {
		of.Page = pages[0].No
	}
	stands := false
	for _, p := range pages {
		if of.Page != 0 && p.No != of.Page || p.ID == r.PageID {
			continue
		}
		ok := p.State == PageReview || p.State == PageOrdered || p.State == PageJoined
		if ok && p.OrderNumber != "" {
			if of.Page != 0 {
				of.Order = p.OrderNumber
			}
			orders, err := readOrders(ctx, tx.tx, []int64{p.OrderID})
			if err != nil {
				return of, err
			}
			ok = len(orders) > 0 && orders[0].State != order.StateCancelled
		}
		stands = stands || ok
		if of.Page != 0 && !ok {
			return of, closed(of.name(), cmp.Or(p.Detail, string(p.State)))
		}
	}
	if !stands {
		return of, closed(of.name(), "no order")
	}
	return of, nil
}

func (o Other) name() string { return Review{DocumentID: o.Document, PageNo: o.Page}.Name() }

// CloseAsResend closes a review because its page is another one sent again (FAX-5): that one is
// worked on, this one makes no order. Without of it is the one that is suspected. The closed
// review, and what it repeats, are returned.
func (s *Store) CloseAsResend(ctx context.Context, documentID int64, page int, of Other, by, reason string, now time.Time) (Review, Other, error) {
	now = at(now)
	if by == "" {
		return Review{}, of, order.Invalid("KEP-2", "by", "say who decides this")
	}
	var r Review
	var original Other
	err := s.InTx(ctx, func(tx *Tx) error {
		var err error
		if r, err = tx.findReview(ctx, documentID, page); err != nil {
			return err
		}
		suspects, err := tx.suspectsOf(ctx, r)
		if err != nil {
			return err
		}
		original = of
		inputs := map[string]any{}
		if of.IsZero() {
			if len(suspects) == 0 {
				return order.Invalid("FAX-5", "of", "no other fax or order is suspected: name the one that this page repeats with --of")
			}
			original = Other{suspects[0].Document, suspects[0].Page, suspects[0].Order}
			if original.Document != 0 {
				original.Order = ""
			}
		}
		if original, err = tx.original(ctx, r, original); err != nil {
			return err
		}
		for _, s := range suspects {
			if original.is(s) {
				inputs = s.inputs()
				break
			}
		}
		inputs["review"], inputs["as"], inputs["of"], inputs["reason"] = r.Name(), rules.RelationResend, original.String(), reason
		r.State, r.ClosedAt, r.ClosedBy = ReviewDuplicate, now, by
		text := fmt.Sprintf("sent again: the same as %s, by %s", original, by)
		if reason != "" {
			text += ": " + reason
		}
		if err := tx.note(ctx, documentID, "FAX-5", by, "review "+r.Name()+" closed as "+text, order.Inputs(inputs), now); err != nil {
			return err
		}
		rest, err := tx.rest(ctx, r)
		if err != nil {
			return err
		}
		if rest == DocumentJunk {
			rest = DocumentDuplicate
		}
		return tx.closeReview(ctx, r, PageDuplicate, rest, text, now)
	})
	return r, original, err
}

// suspectsOf is SuspectsOf within a transaction.
func (tx *Tx) suspectsOf(ctx context.Context, r Review) ([]Suspect, error) {
	if r.Draft == nil {
		return nil, nil
	}
	docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{r.DocumentID})
	if err != nil {
		return nil, err
	}
	req, problems := rules.RequestOf(*r.Draft, order.Source{DocumentID: r.DocumentID, Page: r.PageNo}, docs[0].ReceivedAt)
	p, err := probe(ctx, tx.tx, r, docs[0], req, GoodsKnown(problems))
	if err != nil {
		return nil, err
	}
	return tx.Suspects(ctx, p)
}
