package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"todoke/order"
	"todoke/rules"
)

// OrderRow is an order as a list tells it.
type OrderRow struct {
	ID             int64
	Number         order.Number
	State          order.State
	HoldReason     string
	Channel        order.Channel
	ReceivedAt     time.Time
	DepartmentCode string
	CompanyName    string
	DepartmentName string
	GoodsYen       order.Yen
	FeeYen         order.Yen
	TotalYen       order.Yen // with fee and tax
	Lines          int
	ShortLines     int        // that wait for stock
	ArrivalOn      order.Date // of the first shipment; zero where none is promised
	DocumentID     int64
	Page           int
}

// OrderFind is what is looked for among orders, and how the list is narrowed.
type OrderFind struct {
	rules.Find
	State   order.State
	Channel order.Channel
	Day     order.Date // received on
	After   *OrderRow  // the last of the page before: its ReceivedAt and ID
	Limit   int        // 0 is 100
}

// Limits of names that fit: more customers or items than these are not looked at.
const (
	findDepartments = 300
	findItemsMost   = 100
)

// FindOrders are the orders that fit, the newest first. wide tells that the words fit more customers
// or items than are looked at.
func (s *Store) FindOrders(ctx context.Context, f OrderFind) (rows []OrderRow, wide bool, err error) {
	const page = 100
	if f.Limit <= 0 {
		f.Limit = page
	}
	if f.Wrong != "" {
		return nil, false, nil
	}
	asks := []ask{{}}
	var names []string
	for _, w := range f.Words {
		if w.Text != "" {
			names = append(names, w.Text)
			continue
		}
		readings, err := s.readings(ctx, w)
		if err != nil {
			return nil, false, err
		}
		asks = allOf(asks, readings)
	}
	if len(names) > 0 {
		var readings []ask
		if readings, wide, err = s.named(ctx, names); err != nil {
			return nil, false, err
		}
		asks = allOf(asks, readings)
	}
	var found []foundOrder
	for _, a := range asks {
		some, err := s.find(ctx, f, a)
		if err != nil {
			return nil, false, err
		}
		found = append(found, some...)
	}
	slices.SortFunc(found, func(a, b foundOrder) int {
		if len(f.Words) > 0 {
			return cmp.Compare(b.id, a.id)
		}
		return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.id, a.id))
	})
	found = slices.CompactFunc(found, func(a, b foundOrder) bool { return a.id == b.id })
	found = found[:min(len(found), f.Limit)]
	if len(found) == 0 {
		return nil, wide, nil
	}
	ids := column(found, func(o foundOrder) int64 { return o.id })
	rows, err = s.orderRows(ctx, ids)
	slices.SortFunc(rows, func(a, b OrderRow) int { return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID)) })
	return rows, wide, err
}

type foundOrder struct {
	id int64
	at time.Time
}

func (s *Store) orderRows(ctx context.Context, ids []int64) ([]OrderRow, error) {
	return collect(ctx, s.pool, "FindRows", func(r pgx.CollectableRow) (OrderRow, error) {
		var o OrderRow
		return o, r.Scan(&o.ID, &o.Number, &o.State, &o.HoldReason, &o.Channel, &o.ReceivedAt, &o.DepartmentCode, &o.CompanyName, &o.DepartmentName,
			&o.GoodsYen, &o.FeeYen, &o.TotalYen, &o.Lines, &o.ShortLines, (*date)(&o.ArrivalOn), &o.DocumentID, &o.Page)
	}, ids)
}

// ask is one reading of what is looked for: all that is set holds.
type ask struct {
	departments, items []string // nil is any
	amount             *order.Yen
	number             order.Number
	idFrom, idTo       int64
	document           int64
	page               int
	caller             string
}

// allOf joins two lists of readings: each of one with each of the other, as far as they do not
// say two things of one kind.
func allOf(a, b []ask) []ask {
	const most = 12
	var out []ask
	for _, x := range a {
		for _, y := range b {
			x := x
			if len(out) == most || x.departments != nil && y.departments != nil || x.items != nil && y.items != nil || x.amount != nil && y.amount != nil {
				continue
			}
			if y.departments != nil {
				x.departments = y.departments
			}
			if y.items != nil {
				x.items = y.items
			}
			x.amount = cmp.Or(x.amount, y.amount)
			x.number, x.idFrom, x.idTo = cmp.Or(x.number, y.number), cmp.Or(x.idFrom, y.idFrom), cmp.Or(x.idTo, y.idTo)
			x.document, x.page, x.caller = cmp.Or(x.document, y.document), cmp.Or(x.page, y.page), cmp.Or(x.caller, y.caller)
			out = append(out, x)
		}
	}
	return out
}

// readings are everything that a word which is no name may mean.
func (s *Store) readings(ctx context.Context, w rules.FindWord) ([]ask, error) {
	var out []ask
	if w.Number != "" {
		out = append(out, ask{number: w.Number})
	}
	if w.IDTo != 0 {
		out = append(out, ask{idFrom: w.IDFrom, idTo: w.IDTo})
	}
	if w.Customer != "" {
		out = append(out, ask{departments: []string{w.Customer}})
	}
	if w.Item != "" {
		out = append(out, ask{items: []string{w.Item}})
	}
	if w.Amount != nil {
		out = append(out, ask{amount: w.Amount})
	}
	if w.Document != 0 {
		out = append(out, ask{document: w.Document, page: w.Page})
	}
	if w.Phone != "" {
		of, err := collect(ctx, s.pool, "FindDepartmentsByFax", pgx.RowTo[string], w.Phone, findDepartments, beyond(w.Phone))
		if err != nil {
			return nil, err
		}
		if len(of) > 0 {
			out = append(out, ask{departments: of})
		}
		out = append(out, ask{caller: w.Phone})
	}
	return out, nil
}

// beyond is what comes after every number that begins with these digits.
func beyond(digits string) string { return digits + ":" }

// named are the customers, and the items, that the words name: all of them one, or the first ones
// a customer and the others an item.
func (s *Store) named(ctx context.Context, words []string) (out []ask, wide bool, err error) {
	look := func(name string, words []string, most int) ([]string, error) {
		codes, err := collect(ctx, s.pool, name, pgx.RowTo[string], words, most)
		wide = wide || len(codes) == most
		return codes, err
	}
	customers, err := look("FindDepartments", words, findDepartments)
	if err != nil {
		return nil, false, err
	}
	items, err := look("FindItems", words, findItemsMost)
	if err != nil {
		return nil, false, err
	}
	if len(customers) > 0 {
		out = append(out, ask{departments: customers})
	}
	if len(items) > 0 {
		out = append(out, ask{items: items})
	}
	for i := 1; i < len(words) && len(out) == 0; i++ {
		if customers, err = look("FindDepartments", words[:i], findDepartments); err != nil {
			return nil, false, err
		}
		if items, err = look("FindItems", words[i:], findItemsMost); err != nil {
			return nil, false, err
		}
		if len(customers) > 0 && len(items) > 0 {
			out = append(out, ask{departments: customers, items: items})
		}
	}
	return out, wide, nil
}

// Instants before and after all orders.
var (
	longAgo = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	farAway = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// orInfinity lets statements see that a bound is none.
func orInfinity(t time.Time) any {
	switch t {
	case longAgo:
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	case farAway:
		return pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	}
	return t
}

// find are the newest orders of one reading.
func (s *Store) find(ctx context.Context, f OrderFind, a ask) ([]foundOrder, error) {
	from, until := longAgo, farAway
	within := func(first, last order.Date) {
		if !first.IsZero() && first.Start().After(from) {
			from = first.Start()
		}
		if !last.IsZero() && last.Add(1).Start().Before(until) {
			until = last.Add(1).Start()
		}
	}
	within(f.From, f.To)
	if !f.Day.IsZero() {
		within(f.Day, f.Day)
	}
	at, id := farAway, int64(math.MaxInt64)
	if f.After != nil {
		at, id = f.After.ReceivedAt, f.After.ID
	}
	if a.number != "" {
		if err := s.pool.QueryRow(ctx, query("OrderIDByNumber"), string(a.number)).Scan(&a.idFrom); missing(err) {
			return nil, nil
		} else if err != nil {
			return nil, kinded(fmt.Errorf("find order: %w", err))
		}
		a.idTo = a.idFrom + 1
	}
	args := []any{string(f.State), string(f.Channel), orInfinity(from), orInfinity(until), at, id, f.Limit, a.departments != nil, list(a.departments), a.items != nil, list(a.items), a.amount}
	name := "FindRecent"
	switch {
	case a.idTo != 0:
		name, args = "FindOfNumbers", append(args, a.idFrom, a.idTo)
	case a.document != 0:
		name, args = "FindOfDocument", append(args, a.document, a.page)
	case a.caller != "":
		name, args = "FindOfCaller", append(args, a.caller, beyond(a.caller))
	case a.amount != nil:
		name = "FindOfAmount"
	case a.departments != nil:
		name = "FindOfDepartments"
	case a.items != nil:
		name = "FindOfItems"
	case f.State != "": // the list itself, narrowed: a statement for each index
		name, args = "FindRecentState", args[:7]
	case f.Channel != "":
		name, args = "FindRecentChannel", args[1:7]
	}
	// Planned for what is asked each time: one plan for all that is optional reads every order.
	return collect(ctx, s.pool, name, func(r pgx.CollectableRow) (foundOrder, error) {
		var o foundOrder
		return o, r.Scan(&o.id, &o.at)
	}, slices.Insert(args, 0, any(pgx.QueryExecModeCacheDescribe))...)
}
