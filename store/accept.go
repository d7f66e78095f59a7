package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// acceptance is one request on its way to being an order.
type acceptance struct {
	req      order.Request
	now      time.Time
	facts    rules.Facts
	order    order.Order
	events   []order.Event
	problems []*order.Error // why it is refused: nothing of it is saved
}

// Accept loads what the rules need, lets them decide (rules.Accept), and saves the order with
// its events and the jobs that follow. What stands against the request comes back as a
// *Refusal, and nothing is saved.
func (tx *Tx) Accept(ctx context.Context, req order.Request, now time.Time) (order.Order, error) {
	a := &acceptance{req: req, now: at(now)}
	if err := tx.acceptAll(ctx, []*acceptance{a}); err != nil {
		return order.Order{}, err
	}
	if len(a.problems) > 0 {
		return order.Order{}, &Refusal{Problems: a.problems}
	}
	return a.order, nil
}

// acceptAll accepts requests of different departments, set-wise: each is judged by what was before
// all of them, so no two may hang together.
func (tx *Tx) acceptAll(ctx context.Context, as []*acceptance) error {
	ids, err := tx.s.facts(ctx, tx.tx, as, true)
	if err != nil {
		return err
	}
	accepted := make([]*acceptance, 0, len(as))
	for i, a := range as {
		a.order, a.events, a.problems = rules.Accept(a.req, a.facts, a.now)
		if len(a.problems) == 0 {
			a.order.ID, a.order.Number = ids[i], order.NumberOf(ids[i])
			accepted = append(accepted, a)
		}
	}
	if err := tx.insertOrders(ctx, accepted); err != nil {
		return err
	}
	for _, a := range accepted {
		if err := tx.judgeSiblings(ctx, a.order, a.facts, a.now); err != nil {
			return err
		}
		if err := tx.takeControls(ctx, a.order, a.facts, a.now); err != nil {
			return err
		}
	}
	return nil
}

// Try lets the rules judge a request and saves nothing: the desk sees what stands against it.
func (s *Store) Try(ctx context.Context, req order.Request, now time.Time) (order.Order, []*order.Error, error) {
	a := &acceptance{req: req, now: at(now)}
	if _, err := s.facts(ctx, s.pool, []*acceptance{a}, false); err != nil {
		return order.Order{}, nil, kinded(err)
	}
	o, _, problems := rules.Accept(req, a.facts, a.now)
	return o, problems, nil
}

// facts reads in one round trip what rules.Accept looks at, and where the orders are to be saved locks
// their departments and takes an order id for each. An unknown customer gives facts with an empty department: the rules say so.
func (s *Store) facts(ctx context.Context, q querier, as []*acceptance, save bool) (ids []int64, err error) {
	var departments, wanting, wanted, codes, periods []string
	var from []date
	var received []time.Time
	for _, a := range as {
		departments = append(departments, a.req.DepartmentCode)
		from, received = append(from, siblingsFrom(a.req.ReceivedAt)), append(received, within(a.req.ReceivedAt))
		periods = append(periods, periodsOn(order.DateOf(a.req.ReceivedAt))...)
		for _, l := range a.req.Lines {
			wanting, wanted = append(wanting, a.req.DepartmentCode), append(wanted, l.ItemCode)
		}
	}
	codes = distinct(wanted)
	rows := map[string]order.Department{}
	shipTos := map[string]map[string]order.ShipTo{} // by company
	items := map[string]order.Item{}
	prices := map[string][]order.ContractPrice{}
	allowed := map[string]controls{}
	var version int64
	var siblings feeSiblings
	b := &pgx.Batch{}
	department := eachRow(
		func(r pgx.CollectableRow) (order.Department, error) { return scanDepartment(r) },
		func(d order.Department) { rows[d.Code] = d })
	if save {
		b.Queue(query("DepartmentLock"), departments).Query(department)
	} else {
		b.Queue(query("DepartmentGet"), departments[0]).Query(department)
	}
	b.Queue(query("FeeSiblings"), departments, from, received, date(endOfDays), date(endOfDays)).Query(siblings.collect)
	b.Queue(query("MastersVersion")).QueryRow(func(r pgx.Row) error { return r.Scan(&version) })
	b.Queue(query("ShipTosOfDepartment"), departments).Query(eachRow(scanShipTo, func(t order.ShipTo) {
		if shipTos[t.CompanyCode] == nil {
			shipTos[t.CompanyCode] = map[string]order.ShipTo{}
		}
		shipTos[t.CompanyCode][t.Code] = t
	}))
	b.Queue(query("ItemsWithSuccessors"), list(codes)).Query(eachRow(scanItem, func(i order.Item) { items[i.Code] = i }))
	b.Queue(query("PricesOfDepartment"), list(wanting), list(wanted)).Query(eachRow(scanContractPrice, func(p order.ContractPrice) {
		prices[p.ItemCode] = append(prices[p.ItemCode], p)
	}))
	b.Queue(query("ControlsOfDepartment"), departments, distinct(periods)).Query(eachRow(
		func(r pgx.CollectableRow) (controls, error) { return scanControls(r) },
		func(c controls) { allowed[c.department] = c }))
	if save {
		b.Queue(query("OrderNextIDs"), len(as)).Query(eachRow(pgx.RowTo[int64], func(id int64) { ids = append(ids, id) }))
	}
	if err := q.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("load facts: %w", err)
	}
	sh, err := s.masters.at(ctx, q, version, s.settings)
	if err != nil {
		return nil, err
	}
	for _, a := range as {
		d := rows[a.req.DepartmentCode]
		regions := sh.regions.On(order.DateOf(a.req.ReceivedAt))
		a.facts = rules.Facts{
			Settings: sh.settings, Calendar: sh.calendar, Regions: regions, Warehouses: sh.warehousesOn(order.DateOf(a.req.ReceivedAt)),
			Department: d, ShipTos: shipTos[d.CompanyCode], Items: items, Prices: prices,
			Siblings: siblings.orders(a.req.DepartmentCode, regions),
		}
		allowed[a.req.DepartmentCode].put(&a.facts, a.req.UserCode, order.DateOf(a.req.ReceivedAt))
	}
	return ids, nil
}

// insertOrders saves new orders whose ids and numbers are set, their events, and the jobs that
// follow, in one round trip and at most one more for the jobs.
func (tx *Tx) insertOrders(ctx context.Context, as []*acceptance) error {
	if len(as) == 0 {
		return nil
	}
	type orderLine struct {
		id int64
		order.Line
	}
	var lines []orderLine
	var events []orderEvent
	var all []order.Event
	var told []int64 // whose customers hear of it
	var taxes []string
	orders := make([]*order.Order, 0, len(as))
	for _, a := range as {
		o := &a.order
		o.ReceivedAt, o.AcceptedAt, o.CancelUntil, o.FeeUntil, o.ApprovedAt = at(o.ReceivedAt), at(o.AcceptedAt), at(o.CancelUntil), at(o.FeeUntil), at(o.ApprovedAt)
		text, err := json.Marshal(list(o.Taxes))
		if err != nil {
			return fmt.Errorf("encode taxes: %w", err)
		}
		taxes, orders = append(taxes, string(text)), append(orders, o)
		for _, l := range o.Lines {
			lines = append(lines, orderLine{o.ID, l})
		}
		for _, e := range a.events {
			events = append(events, orderEvent{o.ID, e})
		}
		all = append(all, a.events...)
		if wantsAnswer(jobs.Next(a.events)) {
			told = append(told, o.ID)
		}
	}
	b := &pgx.Batch{}
	b.Queue(query("OrdersInsert"),
		column(orders, func(o *order.Order) int64 { return o.ID }),
		column(orders, func(o *order.Order) string { return string(o.Number) }),
		column(orders, func(o *order.Order) string { return string(o.State) }),
		column(orders, func(o *order.Order) string { return o.HoldReason }),
		column(orders, func(o *order.Order) string { return string(o.Channel) }),
		column(orders, func(o *order.Order) time.Time { return o.ReceivedAt }),
		column(orders, func(o *order.Order) time.Time { return o.AcceptedAt }),
		column(orders, func(o *order.Order) date { return date(o.AcceptanceOn) }),
		column(orders, func(o *order.Order) instant { return instant(o.CancelUntil) }),
		column(orders, func(o *order.Order) string { return o.DepartmentCode }),
		column(orders, func(o *order.Order) string { return o.UserCode }),
		column(orders, func(o *order.Order) string { return o.ShipTo.Code }),
		column(orders, func(o *order.Order) string { return o.ShipTo.Name }),
		column(orders, func(o *order.Order) string { return o.ShipTo.PostalCode }),
		column(orders, func(o *order.Order) string { return o.ShipTo.Prefecture }),
		column(orders, func(o *order.Order) string { return o.ShipTo.Address }),
		column(orders, func(o *order.Order) string { return o.RegionCode }),
		column(orders, func(o *order.Order) date { return date(o.DesignatedOn) }),
		column(orders, func(o *order.Order) string { return string(o.Stockout) }),
		column(orders, func(o *order.Order) string { return string(o.Payment) }),
		column(orders, func(o *order.Order) string { return o.Authorisation }),
		column(orders, func(o *order.Order) int64 { return int64(o.GoodsYen) }),
		column(orders, func(o *order.Order) int64 { return int64(o.FeeYen) }),
		taxes,
		column(orders, func(o *order.Order) *int64 { return null(o.Source.DocumentID) }),
		column(orders, func(o *order.Order) int { return o.Source.Page }),
		column(orders, func(o *order.Order) string { return o.Source.ShopFront }),
		column(orders, func(o *order.Order) string { return o.Source.Key }),
		column(orders, func(o *order.Order) int64 { return int64(o.AuthorisedYen) }),
		column(orders, func(o *order.Order) string { return string(o.FeeFirst) }),
		column(orders, func(o *order.Order) instant { return instant(o.FeeUntil) }),
		column(orders, func(o *order.Order) instant { return instant(o.ApprovedAt) }),
		column(orders, func(o *order.Order) instant { return instant(at(o.AuthorisedTill)) }))
	b.Queue(query("LinesInsert"),
		column(lines, func(l orderLine) int64 { return l.id }),
		column(lines, func(l orderLine) int { return l.No }),
		column(lines, func(l orderLine) string { return l.ItemCode }),
		column(lines, func(l orderLine) string { return l.Name }),
		column(lines, func(l orderLine) string { return l.Unit }),
		column(lines, func(l orderLine) string { return string(l.Class) }),
		column(lines, func(l orderLine) int { return l.Qty }),
		column(lines, func(l orderLine) int64 { return int64(l.UnitPrice) }),
		column(lines, func(l orderLine) string { return l.PriceList }),
		column(lines, func(l orderLine) int16 { return int16(l.TaxRate) }),
		column(lines, func(l orderLine) string { return l.Comment }),
		column(lines, func(l orderLine) string { return l.CommentImage }))
	queueShipments(b, orders...)
	queueOrderEvents(b, events, tx.s.now())
	if len(told) > 0 {
		wantAnswers(b, tx.s.Settings().On(order.DateOf(tx.s.now())), told, false, tx.s.now())
	}
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save orders: %w", err)
	}
	return tx.Enqueue(ctx, jobs.Next(all)...)
}

// queueShipments saves orders' shipments; new ones get their ids.
func queueShipments(b *pgx.Batch, orders ...*order.Order) {
	type place struct {
		orderID int64
		no      int
	}
	added := map[place]*order.Shipment{}
	var places []place
	for _, o := range orders {
		for i := range o.Shipments {
			s := &o.Shipments[i]
			if s.ID != 0 {
				b.Queue(query("ShipmentUpdate"), o.ID, s.ID, string(s.State), string(s.Class), s.WarehouseCode,
					date(s.AcceptanceOn), date(s.ReadyOn), date(s.ShipOn), date(s.ArrivalOn), list(s.Rules))
				continue
			}
			p := place{o.ID, s.No}
			places, added[p] = append(places, p), s
		}
	}
	if len(places) == 0 {
		return
	}
	b.Queue(query("ShipmentsInsert"),
		column(places, func(p place) int64 { return p.orderID }),
		column(places, func(p place) int { return p.no }),
		column(places, func(p place) string { return string(added[p].State) }),
		column(places, func(p place) string { return string(added[p].Class) }),
		column(places, func(p place) string { return added[p].WarehouseCode }),
		column(places, func(p place) date { return date(added[p].AcceptanceOn) }),
		column(places, func(p place) date { return date(added[p].ReadyOn) }),
		column(places, func(p place) date { return date(added[p].ShipOn) }),
		column(places, func(p place) date { return date(added[p].ArrivalOn) }),
		column(places, func(p place) string { return strings.Join(added[p].Rules, " ") }),
	).Query(func(rows pgx.Rows) error {
		var p place
		var id int64
		_, err := pgx.ForEachRow(rows, []any{&p.orderID, &p.no, &id}, func() error {
			added[p].ID = id
			return nil
		})
		return err
	})
}

// eachRow hands each row of a batch's statement on, scanned.
func eachRow[T any](scan pgx.RowToFunc[T], use func(T)) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				return err
			}
			use(v)
		}
		return rows.Err()
	}
}

// distinct are sorted texts, each once.
func distinct(v []string) []string {
	out := slices.Clone(v)
	slices.Sort(out)
	return list(slices.Compact(out))
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
	if f.Department, err = scanDepartment(tx.tx.QueryRow(ctx, query("DepartmentLock"), []string{department})); err != nil {
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
	f.Calendar, f.Regions, f.Warehouses, f.Settings = sh.calendar, sh.regions.On(order.DateOf(tx.s.now())), sh.warehousesOn(order.DateOf(tx.s.now())), sh.settings
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
	if o.Authorisation != "" && (o.State == order.StateCancelled && old.State != order.StateCancelled || o.FeeYen != old.FeeYen ||
		slices.ContainsFunc(events, func(e order.Event) bool { return e.Kind == order.EventShort })) {
		if err := tx.chargeCard(ctx, o.ID, at(tx.s.now())); err != nil {
			return order.Order{}, err
		}
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
