package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// Task is one thing that waits for a person.
type Task struct {
	Key          string // review 12, hold 17, delivery 8, answer 3, picklist 4, payment 17 of order 17, partner 6, cards 20261123 of a day of the card gateway's books: what is claimed
	Name         string // 12.1 of a page, 12 of a document, the number of an order, pick list or issued document, an answer's or partner file's id, a day
	Why          rules.Why
	Reasons      []*order.Error
	Form         string
	CustomerCode string // as read or keyed; it need not exist
	CustomerName string
	ValueYen     *order.Yen // of the goods, ex tax; nil where no line is known
	ReceivedAt   time.Time
	DeadlineAt   time.Time // zero where none is to be kept
	OpenedAt     time.Time
	Source       string
	Caller       string
	DocumentID   int64
	OrderID      int64
	ClaimedBy    string // login; "" for nobody
	ClaimedName  string
}

// TaskFilter narrows Tasks; empty fields do not.
type TaskFilter struct {
	Why      rules.Why
	Customer string
	Source   string
	Who      string // a login, or "-" for what nobody works on
	Form     string
	For      string // a login: what that person put off is left out
	After    *Task  // the last of the page before
	Limit    int    // 0 is 100
}

// Tasks are what waits for a person, the first dispatch deadline first (KEP-3).
func (s *Store) Tasks(ctx context.Context, f TaskFilter, now time.Time) ([]Task, error) {
	const page = 100
	if f.Limit <= 0 {
		f.Limit = page
	}
	var deadline any = "-infinity"
	review, rank, id := int64(0), -1, int64(0)
	if f.After != nil {
		deadline = any("infinity")
		if !f.After.DeadlineAt.IsZero() {
			deadline = at(f.After.DeadlineAt)
		}
		kind, n, _ := strings.Cut(f.After.Key, " ")
		id, _ = strconv.ParseInt(n, 10, 64) // of another's making: from the first one on
		switch rank = slices.Index(taskRanks, kind); {
		case rank == reviewRank:
			review = id
		case rank > reviewRank: // the reviews of that deadline stand before it
			review = math.MaxInt64
		}
	}
	acknowledged, left := s.settings.PickListAskedBefore(now), s.settings.DeliveryAskedBefore(now)
	return collect(ctx, s.pool, "TasksList", scanTask, at(now), string(f.Why), f.Customer, f.Source, f.Who, f.Form, deadline, review, rank, id, f.Limit,
		s.deadlines(now), at(acknowledged), at(left), f.For, s.Settings().PaymentTries)
}

// taskRanks are the kinds of tasks in the order in which they stand at one deadline, as in TasksList.
var taskRanks = []string{"hold", "review", "delivery", "answer", "picklist", "payment", "partner", "cards"}

const reviewRank = 1

// deadlines are the dispatch deadlines as statements look them up: by class, and by warehouse and
// class where they differ.
func (s *Store) deadlines(now time.Time) []byte {
	settings := s.Settings().On(order.DateOf(now))
	m := map[string]string{}
	put := func(key, warehouse string, c order.Class) {
		d := settings.Deadline(warehouse, c)
		m[key+string(c)] = fmt.Sprintf("%02d:%02d:%02d", d.Hour, d.Minute, d.Second)
	}
	for _, c := range []order.Class{order.ClassNormal, order.ClassTruck, order.ClassPhone} {
		put("", "", c)
		for _, w := range settings.WarehouseDeadlines {
			put(w.Warehouse+" ", w.Warehouse, c)
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings only
	}
	return b
}

func scanTask(r pgx.CollectableRow) (Task, error) {
	var t Task
	var reasons []byte
	if err := r.Scan(&t.Key, &t.Name, &t.Why, &reasons, &t.Form, &t.CustomerCode, &t.CustomerName, &t.ValueYen, &t.ReceivedAt,
		(*instant)(&t.DeadlineAt), &t.OpenedAt, &t.Source, &t.Caller, &t.DocumentID, &t.OrderID, &t.ClaimedBy, &t.ClaimedName); err != nil {
		return t, err
	}
	var err error
	t.Reasons, err = decodeProblems(reasons)
	return t, err
}

// TaskCount is how much of one kind, source and form waits.
type TaskCount struct {
	Why      rules.Why
	Source   string
	Form     string
	N        int
	ValueYen order.Yen // of what is known of it
}

// TaskCounts are how much of each kind, source and form waits.
func (s *Store) TaskCounts(ctx context.Context, now time.Time) ([]TaskCount, error) {
	return collect(ctx, s.pool, "TaskCounts", pgx.RowToStructByPos[TaskCount], at(s.settings.PickListAskedBefore(now)), at(s.settings.DeliveryAskedBefore(now)), s.Settings().PaymentTries)
}

// AtWork are the people who work on something now, logins and names.
func (s *Store) AtWork(ctx context.Context, now time.Time) ([]DeskClaim, error) {
	return collect(ctx, s.pool, "ClaimsNow", func(r pgx.CollectableRow) (DeskClaim, error) {
		var c DeskClaim
		return c, r.Scan(&c.Login, &c.Name)
	}, at(now))
}

// DeskClaim is who works on a task, and how long that stands without another sign of life.
type DeskClaim struct {
	Login     string
	Name      string
	ClaimedAt time.Time
	UntilAt   time.Time
}

// ClaimTask takes a task for a person, or renews that it is theirs, for so long. Another
// person's claim that still stands is returned with mine false.
func (s *Store) ClaimTask(ctx context.Context, task, login string, now time.Time, lasts time.Duration) (c DeskClaim, mine bool, err error) {
	now = at(now)
	for range 2 { // one that runs out between the two statements is free at the second try
		var who string
		err = s.pool.QueryRow(ctx, query("ClaimPut"), task, login, now, at(now.Add(lasts))).Scan(&who)
		if err == nil {
			return DeskClaim{Login: login, ClaimedAt: now, UntilAt: now.Add(lasts)}, true, nil
		}
		if !missing(err) {
			return c, false, kinded(fmt.Errorf("claim %s: %w", task, err))
		}
		err = s.pool.QueryRow(ctx, query("ClaimGet"), task, now).Scan(&c.Login, &c.Name, &c.ClaimedAt, &c.UntilAt)
		if err == nil {
			return c, false, nil
		}
		if !missing(err) {
			return c, false, kinded(fmt.Errorf("read claim of %s: %w", task, err))
		}
	}
	return c, false, order.Conflict("", "somebody else is taking this at the same moment: try again")
}

// TakeClaim gives a task to a person, whoever has it, and tells who had it; "" where nobody had.
func (s *Store) TakeClaim(ctx context.Context, task, login string, now time.Time, lasts time.Duration) (from DeskClaim, err error) {
	now = at(now)
	err = s.pool.QueryRow(ctx, query("ClaimGet"), task, now).Scan(&from.Login, &from.Name, &from.ClaimedAt, &from.UntilAt)
	if err != nil && !missing(err) {
		return from, kinded(fmt.Errorf("read claim of %s: %w", task, err))
	}
	_, err = s.pool.Exec(ctx, query("ClaimTake"), task, login, now, at(now.Add(lasts)))
	return from, kinded(err)
}

// DropClaim gives a task back; another's claim stays.
func (s *Store) DropClaim(ctx context.Context, task, login string) error {
	_, err := s.pool.Exec(ctx, query("ClaimDrop"), task, login)
	return kinded(err)
}

// PutOff gives a task back and keeps it from coming to the same person again before its time; others
// may take it at once.
func (s *Store) PutOff(ctx context.Context, task, login string, until, now time.Time) error {
	_, err := s.pool.Exec(ctx, query("PutOffPut"), task, login, at(until), at(now))
	return kinded(err)
}

// DropClaims gives everything back that a person worked on.
func (s *Store) DropClaims(ctx context.Context, login string) error {
	_, err := s.pool.Exec(ctx, query("ClaimsDropOf"), login)
	return kinded(err)
}

// weigh keeps what the desk sorts and filters a review by.
func (tx *Tx) weigh(ctx context.Context, reviewID int64, reasons []*order.Error, d *order.Draft, on order.Date) error {
	var form, customer string
	var value *order.Yen
	if d != nil {
		form = d.Form
		if f := d.Field("customer_code"); f != nil {
			customer = f.Text
		}
		var err error
		if value, err = tx.worth(ctx, d, customer, on); err != nil {
			return err
		}
	}
	return tx.exec(ctx, "ReviewFactsPut", reviewID, string(rules.WhyReview(reasons, d)), text(form), text(customer), value)
}

// worth is what the goods of a draft come to as far as they are known, ex tax; nil where none is.
func (tx *Tx) worth(ctx context.Context, d *order.Draft, customer string, on order.Date) (*order.Yen, error) {
	req, _ := rules.RequestOf(*d, order.Source{}, on.At(order.Clock{}))
	codes := column(req.Lines, func(l order.RequestLine) string { return l.ItemCode })
	items, err := findItems(ctx, tx.tx, customer, on, codes...)
	if err != nil {
		return nil, err
	}
	var sum order.Yen
	known := false
	for _, l := range req.Lines {
		if i, ok := items[l.ItemCode]; ok && l.Qty > 0 {
			sum += i.Price * order.Yen(l.Qty)
			known = true
		}
	}
	if !known {
		return nil, nil
	}
	return &sum, nil
}
