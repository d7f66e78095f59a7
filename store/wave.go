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

// openness tells which warehouses and classes can still dispatch on the day of now: until
// their dispatch deadline and the grace that follows it (CUT-11).
func (tx *Tx) openness(ctx context.Context, now time.Time) (open, closed lanes, err error) {
	today := order.DateOf(now)
	sh, err := tx.s.shared(ctx, tx.tx)
	if err != nil {
		return open, closed, err
	}
	s := sh.settings.On(today)
	rows, err := tx.tx.Query(ctx, query("WarehouseClasses"), date(today))
	if err != nil {
		return open, closed, fmt.Errorf("find warehouses and classes: %w", err)
	}
	var w string
	var c order.Class
	grace := time.Duration(s.DispatchGraceMinutes) * time.Minute
	_, err = pgx.ForEachRow(rows, []any{&w, &c}, func() error {
		to := &open
		if now.After(today.At(s.Deadline(w, c)).Add(grace)) {
			to = &closed
		}
		to.warehouses, to.classes = append(to.warehouses, w), append(to.classes, string(c))
		return nil
	})
	if err != nil {
		return open, closed, fmt.Errorf("find warehouses and classes: %w", err)
	}
	return open, closed, nil
}

// closedAhead are the closed days on which goods may have been planned when they were open yet
// (CUT-1). Promises beyond what may be designated are looked at when their days come near.
func (tx *Tx) closedAhead(ctx context.Context, today order.Date) (*rules.Calendar, []date, error) {
	sh, err := tx.s.shared(ctx, tx.tx)
	if err != nil {
		return nil, nil, err
	}
	const beyond = 31 // lead days and rolling over holidays
	days := sh.calendar.ClosedDays(today, sh.settings.On(today).DesignatedLimitDays+beyond)
	return sh.calendar, column(days, func(d order.Date) date { return date(d) }), nil
}

// lanes are pairs of warehouse and class.
type lanes struct{ warehouses, classes []string }

// ReleaseWave puts every reserved quantity that is due on pick lists, one list for each
// warehouse and class (WHS-1), and returns the lists' ids. Due is what ships on the day of
// now, a business day, whose warehouse and class has not closed for the day (CUT-11), whose
// arrival no holiday or closure came upon since (CUT-1), whose order is not held,
// and whose cancel window is over (CAN-1). What is made to order comes in on its ship day and goes
// with it (CUT-6). A short order's reserved goods go; the rest stays
// with the order (STK-2). Orders that are being allocated at this moment are waited for.
// Running it again releases nothing twice: what is on a list stays
// there, and only there.
func (tx *Tx) ReleaseWave(ctx context.Context, now time.Time) ([]int64, error) {
	now = at(now)
	today := date(order.DateOf(now))
	calendar, closed, err := tx.closedAhead(ctx, order.Date(today))
	if err != nil || !calendar.Business(order.Date(today)) {
		return nil, err
	}
	if err := tx.exec(ctx, "AllocateAwait"); err != nil {
		return nil, err
	}
	open, _, err := tx.openness(ctx, now)
	if err != nil || len(open.warehouses) == 0 {
		return nil, err
	}
	made, err := collect(ctx, tx.tx, "WaveMadeClaim", pgx.RowTo[int64], today, now, open.warehouses, open.classes, closed)
	if err != nil {
		return nil, err
	}
	if len(made) > 0 {
		if err := tx.exec(ctx, "WaveMade", made, today, now); err != nil {
			return nil, err
		}
	}
	ids, err := collect(ctx, tx.tx, "WaveClaim", pgx.RowTo[int64], today, now, open.warehouses, open.classes, closed)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	type picked struct {
		id, order, shipment int64
		warehouse           string
		class               order.Class
	}
	picks, err := collect(ctx, tx.tx, "WaveAllocations", func(r pgx.CollectableRow) (picked, error) {
		var p picked
		return p, r.Scan(&p.id, &p.order, &p.shipment, &p.warehouse, &p.class)
	}, today, ids, open.warehouses, open.classes, closed)
	if err != nil || len(picks) == 0 {
		return nil, err
	}
	type lane struct {
		warehouse string
		class     order.Class
	}
	type list struct {
		id     int64
		number order.Number
	}
	lists := map[lane]list{}
	var listIDs []int64
	for _, p := range picks {
		lists[lane{p.warehouse, p.class}] = list{}
	}
	lanesInOrder := make([]lane, 0, len(lists))
	for l := range lists {
		lanesInOrder = append(lanesInOrder, l)
	}
	slices.SortFunc(lanesInOrder, func(a, b lane) int {
		return cmp.Or(cmp.Compare(a.warehouse, b.warehouse), cmp.Compare(a.class, b.class))
	})
	for _, l := range lanesInOrder {
		var wave, id int64
		if err := tx.tx.QueryRow(ctx, query("WaveInsert"), l.warehouse, today, string(l.class), now).Scan(&wave, &id); err != nil {
			return nil, fmt.Errorf("insert wave: %w", err)
		}
		n := order.NumberOf(id)
		if err := tx.exec(ctx, "PickListInsert", id, string(n), wave); err != nil {
			return nil, err
		}
		lists[l] = list{id, n}
		listIDs = append(listIDs, id)
	}

	type onList struct {
		order int64
		lane  lane
	}
	quantities := map[onList]int{}
	var events []orderEvent
	for _, p := range picks {
		quantities[onList{p.order, lane{p.warehouse, p.class}}]++
	}
	seen := map[onList]bool{}
	for _, p := range picks {
		k := onList{p.order, lane{p.warehouse, p.class}}
		if seen[k] {
			continue
		}
		seen[k] = true
		l := lists[k.lane]
		events = append(events, orderEvent{p.order, order.Event{
			Kind: order.EventReleased, Rule: "WHS-1",
			Text: fmt.Sprintf("Released on pick list %s of %s, ship day %s, class %s.", l.number.Grouped(), p.warehouse, order.Date(today), p.class),
			Inputs: order.Inputs(map[string]any{
				"pick_list": l.number, "warehouse": p.warehouse, "class": p.class, "ship_on": order.Date(today),
				"allocations": quantities[k], "released_at": now,
			}),
		}})
	}
	shipments := column(picks, func(p picked) int64 { return p.shipment })
	slices.Sort(shipments)
	b := &pgx.Batch{}
	b.Queue(query("WavePutOnLists"),
		column(picks, func(p picked) int64 { return p.id }),
		column(picks, func(p picked) int64 { return lists[lane{p.warehouse, p.class}].id }))
	b.Queue(query("WaveReleaseShipments"), slices.Compact(shipments))
	b.Queue(query("WaveReleaseOrders"), ids)
	queueOrderEvents(b, events, now)
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("save wave: %w", err)
	}
	for _, id := range listIDs {
		if err := tx.Enqueue(ctx, jobs.PrintPickList{PickListID: id}); err != nil {
			return nil, err
		}
	}
	return listIDs, nil
}

// ReplanShipments gives the shipments that missed their dispatch deadline, or of which a day was
// closed after it was promised (CUT-1) or whose carrier takes longer now (CUT-5), the earliest date
// still reachable (CUT-11), at most maxReplan orders in one transaction, and returns how many it saw. Orders that somebody changes at this moment
// are left to the next time, and so is all while masters are imported. An order of which no date can be
// found is held for the desk.
func (s *Store) ReplanShipments(ctx context.Context, now time.Time) (int, error) {
	seen := 0
	err := s.InTx(ctx, func(tx *Tx) error {
		seen = 0
		// An import marks what it finds planned by the days before it: what is planned beside it would be
		// missed. The tick asks again after it.
		var stand bool
		if err := tx.tx.QueryRow(ctx, query("MastersStand")).Scan(&stand); err != nil || !stand {
			return err
		}
		ids, err := tx.missed(ctx, at(now), maxReplan)
		seen = len(ids)
		if err != nil || seen == 0 {
			return err
		}
		return tx.replan(ctx, ids, at(now))
	})
	return seen, err
}

// maxReplan bounds one job; the tick asks again while there are more.
const maxReplan = 500

// missed locks orders whose goods missed their dispatch deadline or are planned on a closed day.
func (tx *Tx) missed(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	_, closed, err := tx.openness(ctx, now)
	if err != nil {
		return nil, err
	}
	today := order.DateOf(now)
	_, days, err := tx.closedAhead(ctx, today)
	if err != nil {
		return nil, err
	}
	return collect(ctx, tx.tx, "ReplanClaim", pgx.RowTo[int64], date(today), list(closed.warehouses), list(closed.classes), limit, days)
}

// replan plans the shipments of locked orders anew. Dates alone move, and no fee hangs on one that
// moves (FEE-3), so neither departments nor stock are locked.
func (tx *Tx) replan(ctx context.Context, ids []int64, now time.Time) error {
	sh, err := tx.s.shared(ctx, tx.tx)
	if err != nil {
		return err
	}
	orders, err := readOrders(ctx, tx.tx, ids)
	if err != nil {
		return err
	}
	planned := map[int64]plannedShipment{}
	rows, err := tx.tx.Query(ctx, query("ReplanPlanned"), ids)
	if err != nil {
		return fmt.Errorf("read planned shipments: %w", err)
	}
	var id int64
	var p plannedShipment
	if _, err := pgx.ForEachRow(rows, []any{&id, &p.carried, &p.goods}, func() error {
		planned[id] = p
		return nil
	}); err != nil {
		return fmt.Errorf("read planned shipments: %w", err)
	}
	var looked []order.Shipment
	var held []order.Order
	var events []orderEvent
	var follow []order.Event
	var tell []int64
	for _, o := range orders {
		o, seen, told := replanned(o, planned, sh, now)
		looked = append(looked, seen...)
		if o.State == order.StateHeld {
			held = append(held, o)
		}
		for _, e := range told {
			events, follow = append(events, orderEvent{o.ID, e}), append(follow, e)
		}
		if wantsAnswer(jobs.Next(told)) {
			tell = append(tell, o.ID)
		}
	}
	b := &pgx.Batch{}
	b.Queue(query("ReplanSave"),
		column(looked, func(s order.Shipment) int64 { return s.ID }),
		column(looked, func(s order.Shipment) date { return date(s.ReadyOn) }),
		column(looked, func(s order.Shipment) date { return date(s.ShipOn) }),
		column(looked, func(s order.Shipment) date { return date(s.ArrivalOn) }),
		column(looked, func(s order.Shipment) string { return strings.Join(s.Rules, " ") }))
	if len(held) > 0 {
		b.Queue(query("OrderStatesUpdate"),
			column(held, func(o order.Order) int64 { return o.ID }),
			column(held, func(o order.Order) string { return string(o.State) }),
			column(held, func(o order.Order) string { return o.HoldReason }))
	}
	queueOrderEvents(b, events, now)
	if len(tell) > 0 {
		wantAnswers(b, tx.s.Settings().On(order.DateOf(now)), tell, false, now)
	}
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save new dates: %w", err)
	}
	return tx.Enqueue(ctx, jobs.Next(follow)...)
}

// plannedShipment is what planning anew looks at besides a shipment.
type plannedShipment struct {
	carried bool // its carrier's days changed since it was planned
	goods   bool // they are there to be shipped
}

// replanned is an order with the shipments that were looked at, those whose goods are there to be
// shipped, and what was decided. One of which no date can be found is held as it was.
func replanned(o order.Order, planned map[int64]plannedShipment, sh *shared, now time.Time) (order.Order, []order.Shipment, []order.Event) {
	today := order.DateOf(now)
	region, ok := sh.regions.On(today).ByCode(o.RegionCode)
	if !ok {
		return unplanned(o, "CUT-2", "region "+o.RegionCode+" is not in the region table any more", now)
	}
	warehouses := sh.warehousesOn(today)
	var looked []order.Shipment
	var events []order.Event
	for _, s := range o.Shipments {
		if s.State != order.ShipmentPlanned || o.State != order.StateAccepted && !planned[s.ID].goods {
			continue
		}
		next, e, changed, problem := rules.Replan(o, s, regionFrom(region, s, warehouses), planned[s.ID].carried, sh.settings.On(today), sh.calendar, now)
		if problem != nil {
			return unplanned(o, "CUT-11", "no date could be found for a shipment that cannot go as planned", now)
		}
		looked = append(looked, next)
		if changed {
			events = append(events, e)
		}
	}
	return o, looked, events
}

// regionFrom is a region as goods of a shipment's warehouse reach it (STK-1).
func regionFrom(r order.Region, sh order.Shipment, warehouses []order.Warehouse) order.Region {
	if i := slices.IndexFunc(warehouses, func(w order.Warehouse) bool { return w.Code == sh.WarehouseCode }); i >= 0 {
		return rules.RegionFrom(r, warehouses[i])
	}
	return r
}

// unplanned holds an order of which no date can be found.
func unplanned(o order.Order, rule, reason string, now time.Time) (order.Order, []order.Shipment, []order.Event) {
	o, events := hold(o, rule, reason, now)
	return o, nil, events
}

func hold(o order.Order, rule, reason string, now time.Time) (order.Order, []order.Event) {
	o.State, o.HoldReason = order.StateHeld, rule+": "+reason
	return o, []order.Event{{Kind: order.EventHeld, Rule: rule, Text: "Held: " + reason + ".", At: now}}
}
