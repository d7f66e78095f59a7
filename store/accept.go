package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// Accept loads what the rules need, lets them decide (rules.Accept), and saves the order with
// its events and the jobs that follow. What stands against the request comes back as a
// *Refusal, and nothing is saved.
func (tx *Tx) Accept(ctx context.Context, req order.Request, now time.Time) (order.Order, error) {
	now = at(now)
	facts, id, err := tx.s.facts(ctx, tx.tx, req, true)
	if err != nil {
		return order.Order{}, err
	}
	o, events, problems := rules.Accept(req, facts, now)
	if len(problems) > 0 {
		return order.Order{}, &Refusal{Problems: problems}
	}
	o.ID, o.Number = id, order.NumberOf(id)
	if err := tx.insertOrder(ctx, &o, events); err != nil {
		return order.Order{}, err
	}
	if err := tx.judgeSiblings(ctx, o, facts, now); err != nil {
		return order.Order{}, err
	}
	return o, tx.takeControls(ctx, o, facts, now)
}

// Try lets the rules judge a request and saves nothing: the desk sees what stands against it.
func (s *Store) Try(ctx context.Context, req order.Request, now time.Time) (order.Order, []*order.Error, error) {
	facts, _, err := s.facts(ctx, s.pool, req, false)
	if err != nil {
		return order.Order{}, nil, kinded(err)
	}
	o, _, problems := rules.Accept(req, facts, at(now))
	return o, problems, nil
}

// facts reads in one round trip what rules.Accept looks at, and where the order is to be saved locks
// the department and takes an order id. An unknown customer gives facts with an empty department: the rules say so.
func (s *Store) facts(ctx context.Context, q querier, req order.Request, save bool) (rules.Facts, int64, error) {
	codes := make([]string, 0, len(req.Lines))
	for _, l := range req.Lines {
		codes = append(codes, l.ItemCode)
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)

	f := rules.Facts{
		ShipTos: map[string]order.ShipTo{},
		Items:   map[string]order.Item{},
		Prices:  map[string][]order.ContractPrice{},
	}
	var version, id int64
	var siblings feeSiblings
	b := &pgx.Batch{}
	department := "DepartmentGet"
	if save {
		department = "DepartmentLock"
	}
	b.Queue(query(department), req.DepartmentCode).QueryRow(func(r pgx.Row) (err error) {
		f.Department, err = scanDepartment(r)
		if missing(err) {
			return nil
		}
		return err
	})
	b.Queue(query("FeeSiblings"), req.DepartmentCode, siblingsFrom(req.ReceivedAt), within(req.ReceivedAt), date(endOfDays), date(endOfDays)).Query(siblings.collect)
	b.Queue(query("MastersVersion")).QueryRow(func(r pgx.Row) error { return r.Scan(&version) })
	b.Queue(query("ShipTosOfDepartment"), req.DepartmentCode).Query(func(rows pgx.Rows) error {
		v, err := pgx.CollectRows(rows, scanShipTo)
		for _, s := range v {
			f.ShipTos[s.Code] = s
		}
		return err
	})
	b.Queue(query("ItemsWithSuccessors"), codes).Query(func(rows pgx.Rows) error {
		v, err := pgx.CollectRows(rows, scanItem)
		for _, i := range v {
			f.Items[i.Code] = i
		}
		return err
	})
	b.Queue(query("PricesOfDepartment"), req.DepartmentCode, codes).Query(func(rows pgx.Rows) error {
		v, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (order.ContractPrice, error) {
			var p order.ContractPrice
			return p, r.Scan(&p.PriceList, &p.ItemCode, &p.Price, (*date)(&p.From))
		})
		for _, p := range v {
			f.Prices[p.ItemCode] = append(f.Prices[p.ItemCode], p)
		}
		return err
	})
	on := order.DateOf(req.ReceivedAt)
	b.Queue(query("ControlsOfDepartment"), req.DepartmentCode, periodsOn(on)).QueryRow(func(r pgx.Row) error {
		c, err := scanControls(r)
		c.put(&f, req.UserCode, on)
		return err
	})
	if save {
		b.Queue(query("OrderNextID")).QueryRow(func(r pgx.Row) error { return r.Scan(&id) })
	}
	if err := q.SendBatch(ctx, b).Close(); err != nil {
		return f, 0, fmt.Errorf("load facts: %w", err)
	}
	sh, err := s.masters.at(ctx, q, version, s.settings)
	if err != nil {
		return f, 0, err
	}
	f.Calendar, f.Regions, f.Warehouses, f.Settings = sh.calendar, sh.regions, sh.warehouses, sh.settings
	f.Siblings = siblings.orders(f.Regions)
	return f, id, nil
}

// insertOrder saves a new order whose id and number are set, its events, and the jobs that
// follow, in one round trip and at most one more for the jobs.
func (tx *Tx) insertOrder(ctx context.Context, o *order.Order, events []order.Event) error {
	o.ReceivedAt, o.AcceptedAt, o.CancelUntil, o.FeeUntil, o.ApprovedAt = at(o.ReceivedAt), at(o.AcceptedAt), at(o.CancelUntil), at(o.FeeUntil), at(o.ApprovedAt)
	taxes, err := json.Marshal(list(o.Taxes))
	if err != nil {
		return fmt.Errorf("encode taxes: %w", err)
	}
	b := &pgx.Batch{}
	b.Queue(query("OrderInsert"), o.ID, string(o.Number), string(o.State), o.HoldReason, string(o.Channel),
		o.ReceivedAt, o.AcceptedAt, date(o.AcceptanceOn), instant(o.CancelUntil),
		o.DepartmentCode, o.UserCode, o.ShipTo.Code, o.ShipTo.Name, o.ShipTo.PostalCode, o.ShipTo.Prefecture, o.ShipTo.Address,
		o.RegionCode, date(o.DesignatedOn), string(o.Stockout), string(o.Payment), o.Authorisation,
		int64(o.GoodsYen), int64(o.FeeYen), taxes,
		null(o.Source.DocumentID), o.Source.Page, o.Source.ShopFront, o.Source.Key,
		int64(o.AuthorisedYen), string(o.FeeFirst), instant(o.FeeUntil), instant(o.ApprovedAt))
	b.Queue(query("LinesInsert"), o.ID,
		column(o.Lines, func(l order.Line) int { return l.No }),
		column(o.Lines, func(l order.Line) string { return l.ItemCode }),
		column(o.Lines, func(l order.Line) string { return l.Name }),
		column(o.Lines, func(l order.Line) string { return l.Unit }),
		column(o.Lines, func(l order.Line) string { return string(l.Class) }),
		column(o.Lines, func(l order.Line) int { return l.Qty }),
		column(o.Lines, func(l order.Line) int64 { return int64(l.UnitPrice) }),
		column(o.Lines, func(l order.Line) string { return l.PriceList }),
		column(o.Lines, func(l order.Line) int16 { return int16(l.TaxRate) }),
		column(o.Lines, func(l order.Line) string { return l.Comment }),
		column(o.Lines, func(l order.Line) string { return l.CommentImage }))
	queueShipments(b, o)
	return tx.finish(ctx, b, o.ID, events)
}

func queueShipments(b *pgx.Batch, o *order.Order) {
	for i := range o.Shipments {
		s := &o.Shipments[i]
		if s.ID != 0 {
			b.Queue(query("ShipmentUpdate"), o.ID, s.ID, string(s.State), string(s.Class), s.WarehouseCode,
				date(s.AcceptanceOn), date(s.ReadyOn), date(s.ShipOn), date(s.ArrivalOn), list(s.Rules))
			continue
		}
		b.Queue(query("ShipmentInsert"), o.ID, s.No, string(s.State), string(s.Class), s.WarehouseCode,
			date(s.AcceptanceOn), date(s.ReadyOn), date(s.ShipOn), date(s.ArrivalOn), list(s.Rules)).
			QueryRow(func(r pgx.Row) error { return r.Scan(&s.ID) })
	}
}

// finish sends the batch with an order's events and inserts the jobs that follow them.
func (tx *Tx) finish(ctx context.Context, b *pgx.Batch, orderID int64, events []order.Event) error {
	queueEvents(b, orderID, 0, events)
	next := jobs.Next(events)
	if wantsAnswer(next) {
		wantAnswers(b, tx.s.Settings().On(order.DateOf(tx.s.now())), []int64{orderID}, false, tx.s.now())
	}
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save order: %w", err)
	}
	return tx.Enqueue(ctx, next...)
}

// Change moves one order: it locks in the fixed order department, order, stock by item code,
// reads the order and the facts a rule may look at, lets fn decide, and saves the order it
// returns with its events and the jobs that follow. A change of state that the order's life
// does not know is a conflict, and so is cancelling what is partly on a pick list. Lines' items and quantities stay as they are,
// but for what of them is cancelled (STK-2), which only grows; cancelling gives back what was reserved and is not on a pick list. Where the order is cancelled or dated anew by
// its approval, the fees of the department's orders are judged anew (FEE-2).
func (tx *Tx) Change(ctx context.Context, id int64, fn func(order.Order, Facts) (order.Order, []order.Event, error)) (order.Order, error) {
	var department string
	var received time.Time
	var accepted date
	err := tx.tx.QueryRow(ctx, query("OrderDepartment"), id).Scan(&department, &received, &accepted)
	if missing(err) {
		return order.Order{}, order.NotFound("number", "there is no such order")
	}
	if err != nil {
		return order.Order{}, fmt.Errorf("find order: %w", err)
	}
	var f Facts
	if f.Department, err = scanDepartment(tx.tx.QueryRow(ctx, query("DepartmentLock"), department)); err != nil {
		return order.Order{}, fmt.Errorf("lock department: %w", err)
	}
	days := feeDays{siblingsFrom(received), accepted, date(order.DateOf(tx.s.now()))}
	if err := tx.exec(ctx, "FeeOrdersLock", id, department, days.from, days.to, days.again); err != nil {
		return order.Order{}, err
	}
	orders, err := readOrders(ctx, tx.tx, []int64{id})
	if err != nil {
		return order.Order{}, err
	}
	old := orders[0]
	items := column(old.Lines, func(l order.Line) string { return l.ItemCode })
	f.Stock, err = collect(ctx, tx.tx, "StockLock", func(r pgx.CollectableRow) (order.StockLevel, error) {
		var v order.StockLevel
		var reserved int
		return v, r.Scan(&v.WarehouseCode, &v.ItemCode, &v.OnHand, &reserved, (*date)(&v.RestockOn))
	}, items)
	if err != nil {
		return order.Order{}, err
	}
	sh, err := tx.s.shared(ctx, tx.tx)
	if err != nil {
		return order.Order{}, err
	}
	f.Calendar, f.Regions, f.Warehouses, f.Settings = sh.calendar, sh.regions, sh.warehouses, sh.settings
	if f.Siblings, err = tx.siblings(ctx, old, days, f.Regions); err != nil {
		return order.Order{}, err
	}

	o, events, err := fn(clone(old), f)
	if err != nil {
		return order.Order{}, err
	}
	o, events, judged := tx.judgeAnew(old, o, f, events)
	if !old.State.CanBecome(o.State) {
		return order.Order{}, order.Conflict("", fmt.Sprintf("order %s is %s and cannot become %s", old.Number.Grouped(), old.State, o.State))
	}
	if o.ID != old.ID || o.Number != old.Number || !slices.EqualFunc(o.Lines, old.Lines, sameLine) {
		return order.Order{}, fmt.Errorf("change order %s: its number or lines were touched", old.Number)
	}
	atWarehouse := func(s order.Shipment) bool {
		return s.State == order.ShipmentReleased || s.State == order.ShipmentShipped
	}
	if o.State == order.StateCancelled && old.State != order.StateCancelled && slices.ContainsFunc(old.Shipments, atWarehouse) {
		return order.Order{}, order.Conflict("WHS-1", "order "+old.Number.Grouped()+" has goods on a pick list: take them back as a return")
	}
	b := &pgx.Batch{}
	if err := queueOrder(b, &o); err != nil {
		return order.Order{}, err
	}
	if o.State == order.StateCancelled && old.State != order.StateCancelled {
		queueCancelled(b, &o)
	}
	if !slices.Equal(column(o.Lines, order.Line.KeptQty), column(old.Lines, order.Line.KeptQty)) {
		b.Queue(query("LinesCancelled"), o.ID,
			column(o.Lines, func(l order.Line) int { return l.No }), column(o.Lines, func(l order.Line) int { return l.CancelledQty }))
	}
	queueShipments(b, &o)
	if err := tx.finish(ctx, b, o.ID, events); err != nil {
		return order.Order{}, err
	}
	if err := tx.saveFees(ctx, judged, f.Settings); err != nil {
		return order.Order{}, err
	}
	if o.State == order.StateCancelled && old.State != order.StateCancelled {
		return o, tx.giveControlsBack(ctx, o.ID, tx.s.now())
	}
	return o, tx.AdjustBudget(ctx, o.ID, o.GoodsYen+o.FeeYen-old.GoodsYen-old.FeeYen, tx.s.now()) // BUD-1
}

// queueCancelled gives back what is reserved for an order that is cancelled.
func queueCancelled(b *pgx.Batch, o *order.Order) {
	b.Queue(query("StockFree"), o.ID)
	for i := range o.Shipments {
		if o.Shipments[i].State == order.ShipmentPlanned {
			o.Shipments[i].State = order.ShipmentCancelled
		}
	}
	for i := range o.Lines {
		o.Lines[i].ReservedQty = 0
	}
}

// sameLine tells whether a line is as it was, but for more of it that is cancelled.
func sameLine(l, old order.Line) bool {
	more := l.CancelledQty >= old.CancelledQty
	l.CancelledQty = old.CancelledQty
	return more && l == old
}

// queueOrder saves what may change of an order but its lines and shipments.
func queueOrder(b *pgx.Batch, o *order.Order) error {
	taxes, err := json.Marshal(list(o.Taxes))
	if err != nil {
		return fmt.Errorf("encode taxes: %w", err)
	}
	b.Queue(query("OrderUpdate"), o.ID, string(o.State), o.HoldReason, date(o.AcceptanceOn), instant(o.CancelUntil),
		date(o.DesignatedOn), string(o.Stockout), int64(o.GoodsYen), int64(o.FeeYen), taxes, string(o.FeeFirst), instant(o.FeeUntil), instant(o.ApprovedAt))
	return nil
}

// clone lets a rule change slices without touching the original.
func clone(o order.Order) order.Order {
	o.Lines = slices.Clone(o.Lines)
	o.Shipments = slices.Clone(o.Shipments)
	o.Taxes = slices.Clone(o.Taxes)
	return o
}

func queueEvents(b *pgx.Batch, orderID, documentID int64, events []order.Event) {
	for _, e := range events {
		var inputs *string
		if e.Inputs != nil {
			inputs = new(string(e.Inputs))
		}
		b.Queue(query("EventInsert"), null(orderID), null(documentID), string(e.Kind), e.Rule, e.Text, inputs, e.By, at(e.At))
	}
}
