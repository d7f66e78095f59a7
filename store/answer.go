package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// AnswerState is where an answer stands.
type AnswerState string

// The states of an answer. Waiting and desk are not final.
const (
	AnswerWaiting  AnswerState = "waiting"
	AnswerTold     AnswerState = "told"     // issued, with a delivery for each way
	AnswerNeedless AnswerState = "needless" // nothing new to say
	AnswerDesk     AnswerState = "desk"     // a person must tell the customer; Detail says why
	AnswerDone     AnswerState = "done"     // … and did
)

// Answer is what a customer is to be told of a fax or web order, or was.
type Answer struct {
	ID             int64            `json:"id"`
	DocumentID     int64            `json:"document,omitempty"`
	OrderID        int64            `json:"-"`
	DepartmentCode string           `json:"customer_code"`
	State          AnswerState      `json:"state"`
	Version        int              `json:"-"`
	WantedAt       time.Time        `json:"wanted_at"`
	DueAt          time.Time        `json:"due_at"`
	No             int              `json:"no,omitempty"`
	Kind           order.AnswerKind `json:"kind,omitempty"`
	Channel        string           `json:"channel,omitempty"`
	Told           *order.Told      `json:"-"`
	Detail         string           `json:"detail,omitempty"`
	ClosedAt       time.Time        `json:"closed_at,omitzero"`
	ClosedBy       string           `json:"closed_by,omitempty"`
}

func scanAnswer(r pgx.CollectableRow) (Answer, error) {
	var a Answer
	var told []byte
	err := r.Scan(&a.ID, &a.DocumentID, &a.OrderID, &a.DepartmentCode, &a.State, &a.Version, &a.WantedAt, &a.DueAt, &a.No, &a.Kind,
		&a.Channel, &told, &a.Detail, (*instant)(&a.ClosedAt), &a.ClosedBy)
	if err == nil && told != nil {
		a.Told = &order.Told{}
		err = json.Unmarshal(told, a.Told)
	}
	return a, err
}

// wantAnswers has the customers of orders told of them: at once where soon, as after a stock-out
// (STK-2), else once allocation has been through them, and later changes together.
func wantAnswers(b *pgx.Batch, s rules.Settings, ids []int64, soon bool, now time.Time) {
	first, later := now.Add(s.AnswerWait()), now.Add(s.AnswerLaterWait())
	if soon {
		later = now
	}
	b.Queue(query("AnswerWantOrders"), ids, at(now), at(first), at(later))
}

// wantsAnswer tells whether the jobs that follow an order's events tell its customer.
func wantsAnswer(next []river.JobArgs) bool {
	return slices.ContainsFunc(next, func(j river.JobArgs) bool { return j.Kind() == jobs.AnswerCustomers{}.Kind() })
}

// wantPageAnswer has the customer of a page told that it came and is being looked at, if that
// takes long. Whose page it is must be known (FAX-3).
func (tx *Tx) wantPageAnswer(ctx context.Context, documentID int64, draft *order.Draft, now time.Time) error {
	customer := rules.DraftCustomer(draft)
	if customer == "" {
		return nil
	}
	_, err := scanDepartment(tx.tx.QueryRow(ctx, query("DepartmentGet"), customer))
	if missing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find customer: %w", err)
	}
	return tx.exec(ctx, "AnswerWantDocument", documentID, customer, at(now), at(now.Add(tx.s.settings.AnswerReceiptWait())))
}

// wantSettledAnswer has the customers told what became of a page of which they were told that it is
// being looked at. Of other pages that became no order nobody is told.
func (tx *Tx) wantSettledAnswer(ctx context.Context, r Review, now time.Time) error {
	if r.PageNo == 0 {
		return nil
	}
	return tx.exec(ctx, "AnswerWantSettled", r.DocumentID, r.PageNo, at(now), at(now.Add(tx.s.settings.AnswerLaterWait())))
}

// ReadyAnswers are the answers that can be given now, by id, the most urgent first.
func (s *Store) ReadyAnswers(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	return collect(ctx, s.pool, "AnswersReady", pgx.RowTo[int64], at(now), limit)
}

// GetAnswer reads an answer.
func (s *Store) GetAnswer(ctx context.Context, id int64) (Answer, error) {
	a, err := collect(ctx, s.pool, "AnswerGet", scanAnswer, id)
	if err == nil && len(a) == 0 {
		err = order.NotFound("answer", fmt.Sprintf("there is no answer %d", id))
	}
	if err != nil {
		return Answer{}, err
	}
	return a[0], nil
}

// AnswersOf are the answers about a document or order, oldest first.
func (s *Store) AnswersOf(ctx context.Context, documentID, orderID int64) ([]Answer, error) {
	return collect(ctx, s.pool, "AnswersOf", scanAnswer, null(documentID), null(orderID))
}

// ListAnswers are the answers in any of the states, oldest first.
func (s *Store) ListAnswers(ctx context.Context, states ...AnswerState) ([]Answer, error) {
	return collect(ctx, s.pool, "AnswersList", scanAnswer, column(states, func(s AnswerState) string { return string(s) }))
}

// IssuedAnswer is one issued document about a fax or order, and one way that it goes.
type IssuedAnswer struct {
	Kind      string    `json:"kind"`
	Number    string    `json:"number"`
	Format    string    `json:"format"`
	Channel   string    `json:"channel"`
	Recipient string    `json:"recipient"`
	State     string    `json:"state"`
	IssuedAt  time.Time `json:"issued_at"`
	SentAt    time.Time `json:"sent_at,omitzero"`
}

// IssuedAnswers are what was sent to the customer of a document or order.
func (s *Store) IssuedAnswers(ctx context.Context, documentID, orderID int64) ([]IssuedAnswer, error) {
	return collect(ctx, s.pool, "AnswerDeliveries", func(r pgx.CollectableRow) (IssuedAnswer, error) {
		var a IssuedAnswer
		return a, r.Scan(&a.Kind, &a.Number, &a.Format, &a.Channel, &a.Recipient, &a.State, &a.IssuedAt, (*instant)(&a.SentAt))
	}, null(documentID), null(orderID))
}

// AnswerFacts are what an answer about a customer's fax or order is made of, and whom it goes to.
type AnswerFacts struct {
	rules.AnswerFacts
	Customer order.Department
	Email    string // of who ordered, else of the customer
	Card     bool   // pays by card (ACC-5)
	Number   string // number of the order that came without a fax
}

// DocumentCustomers are the customers that a document is of, by what became orders of it and by
// what is surely read of its other pages.
func (s *Store) DocumentCustomers(ctx context.Context, documentID int64) ([]string, error) {
	customers, err := collect(ctx, s.pool, "DocumentCustomers", pgx.RowTo[string], documentID)
	if err != nil {
		return nil, err
	}
	reviews, err := s.ReviewsOf(ctx, documentID)
	if err != nil {
		return nil, err
	}
	for _, r := range reviews {
		if c := rules.DraftCustomer(r.Draft); c != "" && !slices.Contains(customers, c) {
			customers = append(customers, c)
		}
	}
	slices.Sort(customers)
	return customers, nil
}

// FactsOfAnswer reads them as they stand at now. Of documentID and orderID one is set.
func (s *Store) FactsOfAnswer(ctx context.Context, documentID, orderID int64, department string, now time.Time) (AnswerFacts, error) {
	f := AnswerFacts{AnswerFacts: rules.AnswerFacts{DocumentID: documentID, Now: now}}
	var err error
	if f.Customer, err = s.GetDepartment(ctx, department); err != nil {
		return f, err
	}
	f.Card, f.Email = f.Customer.Payment == order.PaymentCard, f.Customer.Email
	if err := s.answerOrders(ctx, &f, orderID); err != nil {
		return f, err
	}
	if documentID != 0 {
		if err := s.answerPages(ctx, &f); err != nil {
			return f, err
		}
	}
	for _, o := range f.Orders {
		f.Card = f.Card || o.Order.Payment == order.PaymentCard
		if documentID != 0 {
			continue
		}
		f.ReceivedAt, f.Number = o.Order.ReceivedAt, string(o.Order.Number)
		var email string
		if err := s.pool.QueryRow(ctx, query("AnswerUserEmail"), o.Order.UserCode, department).Scan(&email); err != nil && !missing(err) {
			return f, kinded(fmt.Errorf("find user: %w", err))
		}
		if email != "" {
			f.Email = email
		}
	}
	if err := s.answerItems(ctx, &f); err != nil {
		return f, err
	}
	var told []byte
	err = s.pool.QueryRow(ctx, query("AnswerLastTold"), null(documentID), null(orderID), department).Scan(&told)
	if missing(err) {
		return f, nil
	}
	if err != nil {
		return f, kinded(fmt.Errorf("read last answer: %w", err))
	}
	f.Before = &order.Told{}
	return f, json.Unmarshal(told, f.Before)
}

func (s *Store) answerOrders(ctx context.Context, f *AnswerFacts, orderID int64) error {
	ids, err := collect(ctx, s.pool, "AnswerOrders", pgx.RowTo[int64], null(f.DocumentID), null(orderID), f.Customer.Code)
	if err != nil || len(ids) == 0 {
		return err
	}
	orders, err := readOrders(ctx, s.pool, ids)
	if err != nil {
		return err
	}
	place := map[int64]int{}
	for i, o := range orders {
		place[o.ID] = i
		f.Orders = append(f.Orders, rules.AnswerOrder{Order: o})
	}
	rows, err := s.pool.Query(ctx, query("AnswerParts"), ids)
	if err != nil {
		return kinded(fmt.Errorf("read allocations: %w", err))
	}
	var id int64
	var p rules.AnswerPart
	if _, err := pgx.ForEachRow(rows, []any{&id, &p.Line, &p.Shipment, &p.Qty}, func() error {
		o := &f.Orders[place[id]]
		o.Parts = append(o.Parts, p)
		return nil
	}); err != nil {
		return kinded(fmt.Errorf("read allocations: %w", err))
	}
	if rows, err = s.pool.Query(ctx, query("AnswerEvents"), ids); err != nil {
		return kinded(fmt.Errorf("read events: %w", err))
	}
	var e order.Event
	var inputs []byte
	if _, err := pgx.ForEachRow(rows, []any{&id, &e.Kind, &e.Rule, &e.Text, &inputs, &e.By, &e.At}, func() error {
		e.Inputs = slices.Clone(inputs)
		f.Orders[place[id]].Events = append(f.Orders[place[id]].Events, e)
		return nil
	}); err != nil {
		return kinded(fmt.Errorf("read events: %w", err))
	}
	return nil
}

// answerPages reads what became of the fax's pages. Of pages whose customer is not known those
// are told that came with orders or pages of this one alone.
func (s *Store) answerPages(ctx context.Context, f *AnswerFacts) error {
	doc, err := s.GetDocument(ctx, f.DocumentID)
	if err != nil {
		return err
	}
	f.ReceivedAt = doc.ReceivedAt
	pages, err := s.Pages(ctx, f.DocumentID)
	if err != nil {
		return err
	}
	for _, p := range pages {
		if p.SplitFrom == 0 {
			f.Pages++
		}
	}
	images, ids := map[int]string{}, map[int]int64{}
	for i := range f.Orders {
		o := &f.Orders[i]
		for _, p := range pages {
			if p.No == o.Order.Source.Page {
				if o.Read, err = s.FindDraft(ctx, p.ID); err != nil {
					return err
				}
			}
		}
	}
	reviews, err := s.ReviewsOf(ctx, f.DocumentID)
	if err != nil {
		return err
	}
	customers, err := s.DocumentCustomers(ctx, f.DocumentID)
	if err != nil {
		return err
	}
	ours := func(c string) bool {
		return c == f.Customer.Code || c == "" && !slices.ContainsFunc(customers, func(c string) bool { return c != f.Customer.Code })
	}
	for _, p := range pages {
		images[p.No], ids[p.No] = p.BlobKey, p.ID
	}
	for _, r := range reviews {
		for i := range f.Orders {
			if o := &f.Orders[i]; o.Order.ID == r.OrderID {
				o.Settled = r.Draft
			}
		}
		if r.State == ReviewOpen && r.PageID != 0 && ours(rules.DraftCustomer(r.Draft)) {
			f.Waiting = append(f.Waiting, rules.AnswerPage{Page: r.PageNo, Image: images[r.PageNo], Draft: r.Draft, Reasons: r.Reasons})
		}
	}
	illegible, err := collect(ctx, s.pool, "IllegiblePages", func(r pgx.CollectableRow) (illegiblePage, error) {
		var p illegiblePage
		return p, r.Scan(&p.no, &p.department, &p.fields)
	}, f.DocumentID)
	if err != nil {
		return err
	}
	for _, p := range illegible {
		if p.department != f.Customer.Code {
			continue
		}
		page := rules.AnswerPage{Page: p.no, Image: images[p.no], Fields: p.fields}
		if id := ids[p.no]; id != 0 {
			d, err := s.FindDraft(ctx, id)
			if err != nil {
				return err
			}
			if d != nil && d.Geometry != nil {
				page.Turned = d.Geometry.Rotation
			}
		}
		f.Illegible = append(f.Illegible, page)
	}
	return nil
}

type illegiblePage struct {
	no         int
	department string
	fields     []string
}

// answerItems reads the items that the pages name, with their successors (ITM-1).
func (s *Store) answerItems(ctx context.Context, f *AnswerFacts) error {
	var codes []string
	take := func(d *order.Draft) {
		if d == nil {
			return
		}
		for _, x := range d.Fields {
			if len(x.Name) > len(itemCode) && x.Name[len(x.Name)-len(itemCode):] == itemCode && x.Text != "" {
				codes = append(codes, x.Text)
			}
		}
	}
	for _, o := range f.Orders {
		if o.Settled != nil { // only what a person settled may differ from the page
			take(o.Read)
			take(o.Settled)
		}
	}
	for _, p := range f.Waiting {
		take(p.Draft)
	}
	f.Items = map[string]order.Item{}
	if len(codes) == 0 {
		return nil
	}
	slices.Sort(codes)
	items, err := collect(ctx, s.pool, "ItemsWithSuccessors", scanItem, slices.Compact(codes))
	for _, i := range items {
		f.Items[i.Code] = i
	}
	return err
}

const itemCode = ".item_code"

// CloseAnswer ends a waiting answer of a version; save, if it is not nil, is called with the running number that
// it has and issues it in the same transaction. ok is false where it stands elsewhere already or something
// happened since it was read: then it waits, to be made anew, and nothing is saved.
func (s *Store) CloseAnswer(ctx context.Context, a Answer, now time.Time, save func(tx *Tx, no int) (Answer, error)) (ok bool, err error) {
	err = s.InTx(ctx, func(tx *Tx) error {
		ok = false
		type row struct {
			ID      int64
			State   AnswerState
			Version int
			No      int
		}
		rows, err := collect(ctx, tx.tx, "AnswerLock", pgx.RowToStructByPos[row], a.ID)
		if err != nil {
			return err
		}
		last := 0
		for _, r := range rows {
			last = max(last, r.No)
			ok = ok || r.ID == a.ID && r.State == AnswerWaiting && r.Version == a.Version
		}
		if !ok {
			return nil
		}
		closed, err := save(tx, last+1)
		if err != nil {
			return err
		}
		var told []byte
		if closed.Told != nil {
			if told, err = json.Marshal(closed.Told); err != nil {
				return fmt.Errorf("encode answer: %w", err)
			}
		}
		return tx.exec(ctx, "AnswerClose", a.ID, string(closed.State), null(closed.No), string(closed.Kind), closed.Channel, told, text(closed.Detail), at(now))
	})
	return ok && err == nil, err
}

// NextAnswerNo is the number that the next answer about a document or order would have.
func NextAnswerNo(before []Answer) int {
	n := 0
	for _, a := range before {
		n = max(n, a.No)
	}
	return n + 1
}

// Illegible closes a review whose page nobody can read: it becomes no order, and the customer is
// asked to send it again (FAX-3). Whose page it is must be known by what is read or settled, or be said
// as customer; where nobody knows, nobody is asked, and asked is false.
func (s *Store) Illegible(ctx context.Context, documentID int64, page int, customer, by string, now time.Time) (r Review, asked bool, err error) {
	now = at(now)
	if by == "" {
		return Review{}, false, order.Invalid("KEP-2", "by", "say who decides this")
	}
	err = s.InTx(ctx, func(tx *Tx) error {
		var err error
		if r, err = tx.findReview(ctx, documentID, page); err != nil {
			return err
		}
		code := customer
		if code == "" {
			code = rules.DraftCustomer(r.Draft)
		}
		if code != "" {
			_, err := scanDepartment(tx.tx.QueryRow(ctx, query("DepartmentGet"), code))
			if missing(err) {
				return order.NotFound("customer_code", fmt.Sprintf("no customer has the code %q", code))
			}
			if err != nil {
				return fmt.Errorf("find customer: %w", err)
			}
		}
		asked = code != ""
		r.State, r.ClosedAt, r.ClosedBy = ReviewJunk, now, by
		detail := "illegible by " + by
		if asked {
			detail += "; the customer " + code + " is asked to send it again"
		}
		if err := tx.note(ctx, documentID, "FAX-3", by, "review "+r.Name()+" closed as "+detail, order.Inputs(map[string]any{"customer_code": code}), now); err != nil {
			return err
		}
		if err := tx.exec(ctx, "IllegibleInsert", documentID, r.PageNo, code, illegibleFields(r.Draft), by, now); err != nil {
			return err
		}
		var kept string
		if err := tx.tx.QueryRow(ctx, query("IllegibleCustomer"), documentID, r.PageNo).Scan(&kept); err != nil {
			return fmt.Errorf("find illegible page: %w", err)
		}
		if kept != code {
			return order.Conflict("FAX-3", fmt.Sprintf("page %s was called illegible before, as one of customer %q: tell this customer by telephone and close it with todoke review done", r.Name(), kept))
		}
		rest, err := tx.rest(ctx, r)
		if err != nil {
			return err
		}
		if err := tx.closeReview(ctx, r, PageJunk, rest, detail, now); err != nil || !asked {
			return err
		}
		if err := tx.exec(ctx, "AnswerWantDocument", documentID, code, now, now); err != nil {
			return err
		}
		return tx.Enqueue(ctx, jobs.AnswerCustomers{})
	})
	return r, asked, err
}

// illegibleFields are the fields of a page that could not be read.
func illegibleFields(d *order.Draft) []string {
	out := []string{}
	if d == nil {
		return out
	}
	for _, f := range d.Fields {
		if f.Decision == order.DecisionReview {
			out = append(out, f.Name)
		}
	}
	return out
}

// FactsIfIllegible is FactsOfAnswer as it would be if a review were closed as a page that nobody can
// read.
func (s *Store) FactsIfIllegible(ctx context.Context, r Review, department string, now time.Time) (AnswerFacts, error) {
	f, err := s.FactsOfAnswer(ctx, r.DocumentID, 0, department, now)
	if err != nil {
		return f, err
	}
	page := rules.AnswerPage{Page: r.PageNo, Fields: illegibleFields(r.Draft)}
	pages, err := s.Pages(ctx, r.DocumentID)
	if err != nil {
		return f, err
	}
	for _, p := range pages {
		if p.No == r.PageNo {
			page.Image = p.BlobKey
		}
	}
	if d, err := s.FindDraft(ctx, r.PageID); err != nil {
		return f, err
	} else if d != nil && d.Geometry != nil {
		page.Turned = d.Geometry.Rotation
	}
	f.Waiting = slices.DeleteFunc(f.Waiting, func(w rules.AnswerPage) bool { return w.Page == r.PageNo })
	f.Illegible = append(f.Illegible, page)
	return f, nil
}
