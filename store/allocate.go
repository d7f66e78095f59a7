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
// settled (STK-1, STK-2): each becomes allocated, or short where stock does not go round, or
// held where it has phone lines alone (CUT-6). With backorders it claims short orders that
// would take something of what is there now instead (STK-4).
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
	a := allocator{tx: tx, now: now, backorders: backorders, available: map[rules.StockKey]int{}, restock: map[string]order.Date{}}
	if err := a.load(ctx, ids); err != nil {
		return 0, err
	}
	if err := a.decide(); err != nil {
		return 0, err
	}
	return len(ids), a.save(ctx)
}

// allocator carries one batch from its rows to its rows.
type allocator struct {
	tx         *Tx
	now        time.Time
	backorders bool
	warehouses []order.Warehouse
	available  map[rules.StockKey]int
	restock    map[string]order.Date // by item, the earliest
	orders     []*allocOrder

	// what is saved
	got       []rules.Allocation
	shipments []*allocShipment // one for each of got
	moved     []*allocShipment
	added     []*allocShipment
	events    []orderEvent
}

type allocOrder struct {
	id        int64
	region    string
	lines     []allocLine
	shipments []*allocShipment
	state     order.State
	hold      string
}

type allocLine struct {
	no            int
	item          string
	class         order.Class
	qty, reserved int
}

type allocShipment struct {
	id, orderID int64
	no          int
	state       order.ShipmentState
	class       order.Class
	warehouse   string
	used        bool  // carries allocations
	dated       bool  // has its day of arrival
	likeID      int64 // of a new one: whose dates it takes
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
	a.warehouses = sh.warehouses
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
		if !on.IsZero() && (known.IsZero() || on.Before(known)) {
			a.restock[key.ItemCode] = on
		}
		return nil
	}); err != nil {
		return fmt.Errorf("lock stock: %w", err)
	}

	byID := make(map[int64]*allocOrder, len(ids))
	b := &pgx.Batch{}
	b.Queue(query("AllocateLines"), ids).Query(func(rows pgx.Rows) error {
		var id int64
		var region, stockout string
		var l allocLine
		_, err := pgx.ForEachRow(rows, []any{&id, &region, &stockout, &l.no, &l.item, &l.class, &l.qty, &l.reserved}, func() error {
			o, ok := byID[id]
			if !ok {
				o = &allocOrder{id: id, region: region}
				byID[id] = o
				a.orders = append(a.orders, o)
			}
			o.lines = append(o.lines, l)
			return nil
		})
		return err
	})
	b.Queue(query("AllocateShipments"), ids).Query(func(rows pgx.Rows) error {
		var s allocShipment
		_, err := pgx.ForEachRow(rows, []any{&s.orderID, &s.id, &s.no, &s.state, &s.class, &s.warehouse, &s.used, &s.dated}, func() error {
			o := byID[s.orderID]
			o.shipments = append(o.shipments, new(s))
			return nil
		})
		return err
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
		if _, ok := prefer[o.region]; !ok {
			prefer[o.region] = rules.WarehouseOrder(o.region, a.warehouses)
		}
		for _, l := range o.lines {
			if l.class != order.ClassPhone && l.reserved < l.qty {
				demands = append(demands, rules.Demand{OrderID: o.id, LineNo: l.no, ItemCode: l.item, Region: o.region, Qty: l.qty - l.reserved})
			}
		}
	}
	a.got = rules.Allocate(demands, a.available, func(region string) []string { return prefer[region] })
	rest := a.got
	for _, o := range a.orders {
		n := 0
		for n < len(rest) && rest[n].OrderID == o.id {
			n++
		}
		if err := a.order(o, rest[:n], prefer[o.region]); err != nil {
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

type shortInput struct {
	Line      int        `json:"line"`
	Item      string     `json:"item"`
	Ordered   int        `json:"ordered"`
	Reserved  int        `json:"reserved"`
	Missing   int        `json:"missing"`
	RestockOn order.Date `json:"restock_on,omitzero"`
}

// order settles one order with what it got.
func (a *allocator) order(o *allocOrder, got []rules.Allocation, prefer []string) error {
	place := make(map[int]int, len(o.lines))
	for i, l := range o.lines {
		place[l.no] = i
	}
	inputs := make([]allocInput, 0, len(got))
	var elsewhere []string
	for _, g := range got {
		l := &o.lines[place[g.LineNo]]
		l.reserved += g.Qty
		s, err := a.shipment(o, l.class, g.WarehouseCode, got, place)
		if err != nil {
			return err
		}
		a.shipments = append(a.shipments, s)
		inputs = append(inputs, allocInput{g.LineNo, g.ItemCode, g.WarehouseCode, g.Qty})
		if g.WarehouseCode != prefer[0] && !slices.Contains(elsewhere, g.WarehouseCode) {
			elsewhere = append(elsewhere, g.WarehouseCode)
		}
	}
	var short []shortInput
	phone, other := 0, 0
	for _, l := range o.lines {
		switch {
		case l.class == order.ClassPhone:
			phone++
			continue
		case l.reserved < l.qty:
			short = append(short, shortInput{l.no, l.item, l.qty, l.reserved, l.qty - l.reserved, a.restock[l.item]})
		}
		other++
	}
	if len(got) > 0 {
		lines := map[int]bool{} // a line may be served from several warehouses
		for _, g := range got {
			lines[g.LineNo] = true
		}
		a.event(o, order.EventAllocated, "STK-1", fmt.Sprintf("Reserved stock for %d line(s) at %s.", len(lines), strings.Join(warehousesOf(got), ", ")),
			map[string]any{"allocations": inputs, "region": o.region, "warehouses": prefer})
	}
	if len(elsewhere) > 0 {
		a.event(o, order.EventNoted, "CUT-8", fmt.Sprintf("Stock at %s goes as a shipment of its own.", strings.Join(elsewhere, ", ")),
			map[string]any{"served_first": prefer[0], "warehouses": elsewhere})
	}
	switch {
	case other == 0 && slices.ContainsFunc(o.shipments, func(s *allocShipment) bool { return s.state == order.ShipmentPlanned && !s.dated }):
		o.state, o.hold = order.StateHeld, "CUT-6: made to order, waits for a date from the desk"
		a.event(o, order.EventHeld, "CUT-6", "Made to order: no date is promised until the desk enters one.", map[string]any{"phone_lines": phone})
	case len(short) > 0:
		o.state = order.StateShort
		if a.backorders && len(got) == 0 {
			break // another order was faster: nothing new to tell
		}
		for _, s := range short {
			text := fmt.Sprintf("Line %d: item %s is short of %d (ordered %d, reserved %d)", s.Line, s.Item, s.Missing, s.Ordered, s.Reserved)
			if !s.RestockOn.IsZero() {
				text += "; restock on " + s.RestockOn.String()
			}
			a.event(o, order.EventShort, "STK-2", text+".", s)
		}
	default:
		o.state = order.StateAllocated
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
		last = max(last, s.no)
		if s.class != class {
			continue
		}
		if s.state == order.ShipmentPlanned && s.warehouse == warehouse {
			s.used = true
			return s, nil
		}
		wanted := slices.ContainsFunc(got, func(g rules.Allocation) bool {
			return g.WarehouseCode == s.warehouse && o.lines[place[g.LineNo]].class == class
		})
		if s.state == order.ShipmentPlanned && !s.used && !wanted && s.id != 0 {
			empty = cmp.Or(empty, s)
		}
		if s.id != 0 {
			like = cmp.Or(like, s)
		}
	}
	if like == nil {
		return nil, fmt.Errorf("allocate: order %d has no shipment of class %s", o.id, class)
	}
	if empty != nil {
		empty.warehouse, empty.used = warehouse, true
		a.moved = append(a.moved, empty)
		return empty, nil
	}
	s := &allocShipment{orderID: o.id, no: last + 1, state: order.ShipmentPlanned, class: class, warehouse: warehouse, used: true, likeID: like.id}
	o.shipments = append(o.shipments, s)
	a.added = append(a.added, s)
	return s, nil
}

func (a *allocator) event(o *allocOrder, kind order.EventKind, rule, text string, inputs any) {
	a.events = append(a.events, orderEvent{o.id, order.Event{Kind: kind, Rule: rule, Text: text, Inputs: order.Inputs(inputs)}})
}

func (a *allocator) save(ctx context.Context) error {
	tx := a.tx
	if len(a.moved) > 0 {
		if err := tx.exec(ctx, "AllocateMoveShipments",
			column(a.moved, func(s *allocShipment) int64 { return s.id }),
			column(a.moved, func(s *allocShipment) string { return s.warehouse })); err != nil {
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
			added[key{s.orderID, s.no}] = s
		}
		rows, err := tx.tx.Query(ctx, query("AllocateAddShipments"),
			column(a.added, func(s *allocShipment) int64 { return s.likeID }),
			column(a.added, func(s *allocShipment) int { return s.no }),
			column(a.added, func(s *allocShipment) string { return s.warehouse }))
		if err != nil {
			return fmt.Errorf("add shipments: %w", err)
		}
		var k key
		var id int64
		if _, err := pgx.ForEachRow(rows, []any{&k.orderID, &k.no, &id}, func() error {
			added[k].id = id
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
			column(a.shipments, func(s *allocShipment) int64 { return s.id }), a.now)
		b.Queue(query("AllocateReserveLines"), orders, lines, qty)
		b.Queue(query("AllocateReserveStock"), warehouses, items, qty)
	}
	b.Queue(query("OrderStatesUpdate"),
		column(a.orders, func(o *allocOrder) int64 { return o.id }),
		column(a.orders, func(o *allocOrder) string { return string(o.state) }),
		column(a.orders, func(o *allocOrder) string { return o.hold }))
	queueOrderEvents(b, a.events, a.now)
	if ids := a.news(); len(ids) > 0 {
		wantAnswers(b, tx.s.Settings().On(order.DateOf(a.now)), ids, true, a.now)
	}
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save allocations: %w", err)
	}
	return tx.Enqueue(ctx, jobs.AnswerCustomers{}) // answers wait for what was settled here
}

// news are the orders of which a customer learns something by the batch: what is short (STK-2), and
// what came in for a backorder.
func (a *allocator) news() []int64 {
	var ids []int64
	for _, e := range a.events {
		if e.Kind != order.EventShort && (!a.backorders || e.Kind != order.EventAllocated) && e.Kind != order.EventHeld {
			continue
		}
		if n := len(ids); n == 0 || ids[n-1] != e.orderID {
			ids = append(ids, e.orderID)
		}
	}
	return ids
}

func queueOrderEvents(b *pgx.Batch, events []orderEvent, now time.Time) {
	if len(events) == 0 {
		return
	}
	b.Queue(query("OrderEventsInsert"),
		column(events, func(e orderEvent) int64 { return e.orderID }),
		column(events, func(e orderEvent) string { return string(e.Kind) }),
		column(events, func(e orderEvent) string { return e.Rule }),
		column(events, func(e orderEvent) string { return e.Text }),
		column(events, func(e orderEvent) string { return string(e.Inputs) }),
		column(events, func(e orderEvent) string { return e.By }), now)
}
