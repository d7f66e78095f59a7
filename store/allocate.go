package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// AllocateBatch reserves stock for up to limit orders that wait and returns how many it
// settled (STK-1, STK-2), but for those left to the next look, behind an older order that another
// transaction holds just now (STK-4): each becomes allocated, or short where it waits for stock that comes in,
// or held where it has phone lines alone (CUT-6). What is short and not waited for is cancelled,
// and an order of which nothing is left is cancelled whole (rules.SettleShort). With backorders it
// claims short orders that would take something of what is there now instead (STK-4): they wait on.
//
// Orders are claimed past those that another batch holds, stock rows are locked in one fixed
// order before they are read, and rules.Allocate decides: reserved never exceeds on hand,
// under any concurrency.
func (tx *Tx) AllocateBatch(ctx context.Context, limit int, backorders bool, now time.Time) (int, error) {
	now = at(now)
	claim := "AllocateClaim"
	if backorders {
		claim = "AllocateClaimBackorders"
	}
	ids, err := collect(ctx, tx.tx, claim, pgx.RowTo[int64], limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	a := newAllocator(tx, backorders, now)
	if err := a.load(ctx, ids); err != nil {
		return 0, err
	}
	if !backorders {
		// Stock that came in since the backorders were looked at is theirs (STK-4). Its rows are locked:
		// no more comes until this commits.
		late, err := a.awaited(ctx)
		if err != nil {
			return 0, err
		}
		for n := 1; len(late) > 0 && n > 0; {
			if n, err = tx.AllocateBatch(ctx, limit, true, now); err != nil {
				return 0, err
			}
		}
		if len(late) > 0 {
			a = newAllocator(tx, backorders, now)
			if err := a.load(ctx, ids); err != nil {
				return 0, err
			}
			// Who still waits for what is there is locked by another transaction, else it were
			// served by now: who wants the same is looked at again after it.
			if late, err = a.awaited(ctx); err != nil {
				return 0, err
			}
			a.leaveOut(late)
		}
	}
	if err := a.decide(); err != nil {
		return 0, err
	}
	if err := a.save(ctx); err != nil {
		return 0, err
	}
	return len(a.orders), a.soldOut(ctx)
}

// allocator carries one batch from its rows to its rows.
type allocator struct {
	tx         *Tx
	now        time.Time
	backorders bool
	rule       string // by which shipments are dated anew
	shared     *shared
	warehouses []order.Warehouse // of today
	available  map[rules.StockKey]int
	restock    map[string]order.Date // by item, the earliest from today on
	orders     []*allocOrder

	// what is saved
	got       []rules.Allocation
	shipments []*allocShipment // one for each of got
	moved     []*allocShipment
	added     []*allocShipment
	cancelled []lineQty
	told      []lineDay
	priced    []*allocOrder
	emptied   []int64 // orders with shipments of which nothing is left
	events    []orderEvent
}

func newAllocator(tx *Tx, backorders bool, now time.Time) *allocator {
	a := &allocator{tx: tx, now: now, backorders: backorders, rule: "STK-1", available: map[rules.StockKey]int{}, restock: map[string]order.Date{}}
	if backorders {
		a.rule = "STK-4"
	}
	return a
}

// awaited are the batch's items that are there and that older orders wait for.
func (a *allocator) awaited(ctx context.Context) ([]string, error) {
	var items []string
	for k, qty := range a.available {
		if qty > 0 {
			items = append(items, k.ItemCode)
		}
	}
	if len(items) == 0 {
		return nil, nil
	}
	return collect(ctx, a.tx.tx, "AllocateAwaited", pgx.RowTo[string], distinct(items))
}

// leaveOut takes orders off the batch that lack one of the items.
func (a *allocator) leaveOut(items []string) {
	a.orders = slices.DeleteFunc(a.orders, func(o *allocOrder) bool {
		return slices.ContainsFunc(o.Lines, func(l order.Line) bool {
			return l.Class != order.ClassPhone && l.ReservedQty < l.KeptQty() && slices.Contains(items, l.ItemCode)
		})
	})
}

// allocOrder is what allocation knows of an order: what rules.ApplyShort looks at.
type allocOrder struct {
	order.Order // without its shipments
	shipments   []*allocShipment
	told        []int // lines that wait, as the customer knows
	whole       bool  // nothing of it is left
	wasYen      order.Yen
}

type allocShipment struct {
	order.Shipment
	orderID int64
	used    bool   // carries allocations
	moved   bool   // is to be saved
	likeID  int64  // of a new one: whose dates it takes
	rule    string // that dated it anew
}

type lineQty struct {
	orderID int64
	no, qty int
}

type lineDay struct {
	orderID int64
	no      int
	on      order.Date
}

type orderEvent struct {
	orderID int64
	order.Event
}

func (a *allocator) load(ctx context.Context, ids []int64) error {
	sh, err := a.tx.s.shared(ctx, a.tx.tx)
	if err != nil {
		return err
	}
	today := order.DateOf(a.now)
	a.shared, a.warehouses = sh, sh.warehousesOn(today)
	rows, err := a.tx.tx.Query(ctx, query("AllocateLockStock"), ids)
	if err != nil {
		return fmt.Errorf("lock stock: %w", err)
	}
	var key rules.StockKey
	var qty int
	var restock date
	if _, err := pgx.ForEachRow(rows, []any{&key.WarehouseCode, &key.ItemCode, &qty, &restock}, func() error {
		a.available[key] = qty
		on, known := order.Date(restock), a.restock[key.ItemCode]
		if !on.IsZero() && !on.Before(today) && (known.IsZero() || on.Before(known)) {
			a.restock[key.ItemCode] = on
		}
		return nil
	}); err != nil {
		return fmt.Errorf("lock stock: %w", err)
	}

	byID := make(map[int64]*allocOrder, len(ids))
	b := &pgx.Batch{}
	b.Queue(query("AllocateLines"), ids).Query(func(rows pgx.Rows) error {
		var o order.Order
		var l order.Line
		var told bool
		_, err := pgx.ForEachRow(rows, []any{
			&o.ID, &o.RegionCode, &o.Stockout, &o.ReceivedAt, &o.GoodsYen, &o.FeeYen,
			&l.No, &l.ItemCode, &l.Class, &l.Qty, &l.CancelledQty, &l.ReservedQty, &l.UnitPrice, &l.TaxRate, (*date)(&l.RestockOn), &told,
		}, func() error {
			of, ok := byID[o.ID]
			if !ok {
				of = &allocOrder{Order: o}
				byID[o.ID] = of
				a.orders = append(a.orders, of)
			}
			of.Lines = append(of.Lines, l)
			if told {
				of.told = append(of.told, l.No)
			}
			return nil
		})
		return err
	})
	b.Queue(query("AllocateShipments"), ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			s := &allocShipment{}
			if err := rows.Scan(&s.orderID, &s.ID, &s.No, &s.State, &s.Class, &s.WarehouseCode, (*date)(&s.AcceptanceOn), (*date)(&s.ReadyOn),
				(*date)(&s.ShipOn), (*date)(&s.ArrivalOn), &s.Rules, &s.used); err != nil {
				return err
			}
			o := byID[s.orderID]
			o.shipments = append(o.shipments, s)
		}
		return rows.Err()
	})
	if err := a.tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("read lines: %w", err)
	}
	return nil
}

func (a *allocator) decide() error {
	prefer := map[string][]string{}
	var demands []rules.Demand
	for _, o := range a.orders {
		if _, ok := prefer[o.RegionCode]; !ok {
			prefer[o.RegionCode] = rules.WarehouseOrder(o.RegionCode, a.warehouses)
		}
		for _, l := range o.Lines {
			if l.Class != order.ClassPhone && l.ReservedQty < l.KeptQty() {
				demands = append(demands, rules.Demand{OrderID: o.ID, LineNo: l.No, ItemCode: l.ItemCode, Region: o.RegionCode, Qty: l.KeptQty() - l.ReservedQty})
			}
		}
	}
	a.got = rules.Allocate(demands, a.available, func(region string) []string { return prefer[region] })
	rest := a.got
	for _, o := range a.orders {
		n := 0
		for n < len(rest) && rest[n].OrderID == o.ID {
			n++
		}
		if err := a.order(o, rest[:n], prefer[o.RegionCode]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return fmt.Errorf("allocate: %d allocations do not follow the order of their demands", len(rest))
	}
	return nil
}

type allocInput struct {
	Line      int    `json:"line"`
	Item      string `json:"item"`
	Warehouse string `json:"warehouse"`
	Qty       int    `json:"quantity"`
}

// order settles one order with what it got.
func (a *allocator) order(o *allocOrder, got []rules.Allocation, prefer []string) error {
	place := make(map[int]int, len(o.Lines))
	for i, l := range o.Lines {
		place[l.No] = i
	}
	inputs := make([]allocInput, 0, len(got))
	var elsewhere []string
	for _, g := range got {
		l := &o.Lines[place[g.LineNo]]
		l.ReservedQty += g.Qty
		s, err := a.shipment(o, l.Class, g.WarehouseCode, got, place)
		if err != nil {
			return err
		}
		a.shipments = append(a.shipments, s)
		inputs = append(inputs, allocInput{g.LineNo, g.ItemCode, g.WarehouseCode, g.Qty})
		if g.WarehouseCode != prefer[0] && !slices.Contains(elsewhere, g.WarehouseCode) {
			elsewhere = append(elsewhere, g.WarehouseCode)
		}
	}
	if len(got) > 0 {
		lines := map[int]bool{} // a line may be served from several warehouses
		for _, g := range got {
			lines[g.LineNo] = true
		}
		a.event(o, order.EventAllocated, "STK-1", fmt.Sprintf("Reserved stock for %d line(s) at %s.", len(lines), strings.Join(warehousesOf(got), ", ")),
			map[string]any{"allocations": inputs, "region": o.RegionCode, "warehouses": prefer})
	}
	if len(elsewhere) > 0 {
		a.event(o, order.EventNoted, "CUT-8", fmt.Sprintf("Stock at %s goes as a shipment of its own.", strings.Join(elsewhere, ", ")),
			map[string]any{"served_first": prefer[0], "warehouses": elsewhere})
	}
	for _, s := range o.shipments {
		a.events = append(a.events, a.date(o, s)...)
	}
	o.State = order.StateAllocated
	done := a.short(o, got)
	a.cancelEmpty(o)
	if done {
		return nil
	}
	phone, other := 0, 0
	for _, l := range o.Lines {
		switch {
		case l.Class == order.ClassPhone:
			phone++
		case l.KeptQty() > 0:
			other++
		}
	}
	if other == 0 && slices.ContainsFunc(o.shipments, func(s *allocShipment) bool { return s.State == order.ShipmentPlanned && s.ArrivalOn.IsZero() }) {
		o.State, o.HoldReason = order.StateHeld, "CUT-6: made to order, waits for a date from the desk"
		a.event(o, order.EventHeld, "CUT-6", "Made to order: no date is promised until the desk enters one.", map[string]any{"phone_lines": phone})
	}
	return nil
}

func warehousesOf(got []rules.Allocation) []string {
	var out []string
	for _, g := range got {
		if !slices.Contains(out, g.WarehouseCode) {
			out = append(out, g.WarehouseCode)
		}
	}
	slices.Sort(out)
	return out
}

// shipment finds the planned shipment that goods of a class at a warehouse travel with: the
// one there is, else the class's empty one sent from there instead, else a new one (CUT-8).
func (a *allocator) shipment(o *allocOrder, class order.Class, warehouse string, got []rules.Allocation, place map[int]int) (*allocShipment, error) {
	var empty, like *allocShipment
	last := 0
	for _, s := range o.shipments {
		last = max(last, s.No)
		if s.Class != class {
			continue
		}
		if s.State == order.ShipmentPlanned && s.WarehouseCode == warehouse {
			if !s.used && a.backorders {
				a.move(s) // its goods came in: dated by today
			}
			s.used = true
			return s, nil
		}
		wanted := slices.ContainsFunc(got, func(g rules.Allocation) bool {
			return g.WarehouseCode == s.WarehouseCode && o.Lines[place[g.LineNo]].Class == class
		})
		if s.State == order.ShipmentPlanned && !s.used && !wanted && s.ID != 0 {
			empty = cmp.Or(empty, s)
		}
		if s.ID != 0 {
			like = cmp.Or(like, s)
		}
	}
	if like == nil {
		return nil, fmt.Errorf("allocate: order %d has no shipment of class %s", o.ID, class)
	}
	if empty != nil {
		empty.WarehouseCode, empty.used = warehouse, true
		a.move(empty)
		return empty, nil
	}
	s := &allocShipment{Shipment: like.Shipment, orderID: o.ID, used: true, likeID: like.ID}
	s.ID, s.No, s.State, s.WarehouseCode = 0, last+1, order.ShipmentPlanned, warehouse
	o.shipments = append(o.shipments, s)
	a.added = append(a.added, s)
	return s, nil
}

// move has a shipment that is there saved as it stands at the end.
func (a *allocator) move(s *allocShipment) {
	if !s.moved && s.ID != 0 {
		s.moved = true
		a.moved = append(a.moved, s)
	}
}

func (a *allocator) event(o *allocOrder, kind order.EventKind, rule, text string, inputs any) {
	a.events = append(a.events, orderEvent{o.ID, order.Event{Kind: kind, Rule: rule, Text: text, Inputs: order.Inputs(inputs)}})
}

func (a *allocator) save(ctx context.Context) error {
	tx := a.tx
	if len(a.moved) > 0 {
		if err := tx.exec(ctx, "AllocateMoveShipments",
			column(a.moved, func(s *allocShipment) int64 { return s.ID }),
			column(a.moved, func(s *allocShipment) string { return s.WarehouseCode }),
			column(a.moved, func(s *allocShipment) string { return string(s.State) }),
			column(a.moved, func(s *allocShipment) date { return date(s.ReadyOn) }),
			column(a.moved, func(s *allocShipment) date { return date(s.ShipOn) }),
			column(a.moved, func(s *allocShipment) date { return date(s.ArrivalOn) }),
			column(a.moved, func(s *allocShipment) string { return s.rule })); err != nil {
			return err
		}
	}
	if len(a.added) > 0 {
		type key struct {
			orderID int64
			no      int
		}
		added := map[key]*allocShipment{}
		for _, s := range a.added {
			added[key{s.orderID, s.No}] = s
		}
		rows, err := tx.tx.Query(ctx, query("AllocateAddShipments"),
			column(a.added, func(s *allocShipment) int64 { return s.likeID }),
			column(a.added, func(s *allocShipment) int { return s.No }),
			column(a.added, func(s *allocShipment) string { return s.WarehouseCode }),
			column(a.added, func(s *allocShipment) date { return date(s.ReadyOn) }),
			column(a.added, func(s *allocShipment) date { return date(s.ShipOn) }),
			column(a.added, func(s *allocShipment) date { return date(s.ArrivalOn) }),
			column(a.added, func(s *allocShipment) string { return s.rule }))
		if err != nil {
			return fmt.Errorf("add shipments: %w", err)
		}
		var k key
		var id int64
		if _, err := pgx.ForEachRow(rows, []any{&k.orderID, &k.no, &id}, func() error {
			added[k].ID = id
			return nil
		}); err != nil {
			return fmt.Errorf("add shipments: %w", err)
		}
	}
	b := &pgx.Batch{}
	if len(a.got) > 0 {
		orders := column(a.got, func(g rules.Allocation) int64 { return g.OrderID })
		lines := column(a.got, func(g rules.Allocation) int { return g.LineNo })
		warehouses := column(a.got, func(g rules.Allocation) string { return g.WarehouseCode })
		items := column(a.got, func(g rules.Allocation) string { return g.ItemCode })
		qty := column(a.got, func(g rules.Allocation) int { return g.Qty })
		b.Queue(query("AllocateInsert"), orders, lines, warehouses, items, qty,
			column(a.shipments, func(s *allocShipment) int64 { return s.ID }), a.now)
		b.Queue(query("AllocateReserveLines"), orders, lines, qty)
		b.Queue(query("AllocateReserveStock"), warehouses, items, qty)
	}
	if err := a.queueShort(b); err != nil {
		return err
	}
	b.Queue(query("OrderStatesUpdate"),
		column(a.orders, func(o *allocOrder) int64 { return o.ID }),
		column(a.orders, func(o *allocOrder) string { return string(o.State) }),
		column(a.orders, func(o *allocOrder) string { return o.HoldReason }))
	queueOrderEvents(b, a.events, a.now)
	if ids := a.news(); len(ids) > 0 {
		wantAnswers(b, tx.s.Settings().On(order.DateOf(a.now)), ids, true, a.now)
	}
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save allocations: %w", err)
	}
	for _, o := range a.priced { // BUD-1
		if err := tx.AdjustBudget(ctx, o.ID, o.GoodsYen-o.wasYen, a.now); err != nil {
			return err
		}
	}
	changed := append(column(a.priced, func(o *allocOrder) int64 { return o.ID }), a.emptied...)
	if err := tx.chargeCards(ctx, changed, a.now); err != nil { // PAY-1
		return err
	}
	return tx.Enqueue(ctx, jobs.AnswerCustomers{}) // answers wait for what was settled here
}

// news are the orders of which a customer learns something by the batch: what is short (STK-2), and
// what came in for a backorder.
func (a *allocator) news() []int64 {
	var ids []int64
	for _, e := range a.events {
		if e.Kind != order.EventShort && (!a.backorders || e.Kind != order.EventAllocated) && e.Kind != order.EventHeld && e.Kind != order.EventReplanned {
			continue
		}
		if n := len(ids); n == 0 || ids[n-1] != e.orderID {
			ids = append(ids, e.orderID)
		}
	}
	return ids
}

// queueOrderEvents saves events of many orders; one without an instant happened now.
func queueOrderEvents(b *pgx.Batch, events []orderEvent, now time.Time) {
	if len(events) == 0 {
		return
	}
	b.Queue(query("OrderEventsInsert"),
		column(events, func(e orderEvent) int64 { return e.orderID }),
		column(events, func(e orderEvent) string { return string(e.Kind) }),
		column(events, func(e orderEvent) string { return e.Rule }),
		column(events, func(e orderEvent) string { return e.Text }),
		column(events, func(e orderEvent) *string { return null(string(e.Inputs)) }),
		column(events, func(e orderEvent) string { return e.By }),
		column(events, func(e orderEvent) time.Time {
			if e.At.IsZero() {
				return now
			}
			return at(e.At)
		}))
}
