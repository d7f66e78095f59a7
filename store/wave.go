package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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
	rows, err := tx.tx.Query(ctx, query("WarehouseClasses"), date(today))
	if err != nil {
		return open, closed, fmt.Errorf("find warehouses and classes: %w", err)
	}
	var w string
	var c order.Class
	s := tx.s.settings
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

// lanes are pairs of warehouse and class.
type lanes struct{ warehouses, classes []string }

// ReleaseWave puts every reserved quantity that is due on pick lists, one list for each
// warehouse and class (WHS-1), and returns the lists' ids. Due is what ships on the day of
// now, whose warehouse and class has not closed for the day (CUT-11), whose order is not held,
// and whose cancel window is over (CAN-1). A short order's reserved goods go; the rest stays
// with the order (STK-2). Running it again releases nothing twice: what is on a list stays
// there, and only there.
func (tx *Tx) ReleaseWave(ctx context.Context, now time.Time) ([]int64, error) {
	now = at(now)
	today := date(order.DateOf(now))
	open, _, err := tx.openness(ctx, now)
	if err != nil || len(open.warehouses) == 0 {
		return nil, err
	}
	ids, err := collect(ctx, tx.tx, "WaveClaim", pgx.RowTo[int64], today, now, open.warehouses, open.classes)
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
	}, today, ids, open.warehouses, open.classes)
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

// ReplanShipments gives the shipments of up to limit orders that missed their dispatch
// deadline the earliest date still reachable (CUT-11) and returns how many orders it saw. An
// order of which no date can be found is held for the desk.
func (tx *Tx) ReplanShipments(ctx context.Context, limit int, now time.Time) (int, error) {
	now = at(now)
	today := order.DateOf(now)
	_, closed, err := tx.openness(ctx, now)
	if err != nil {
		return 0, err
	}
	ids, err := collect(ctx, tx.tx, "ReplanClaim", pgx.RowTo[int64], date(today), list(closed.warehouses), list(closed.classes), limit)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if _, err := tx.Change(ctx, id, func(o order.Order, f Facts) (order.Order, []order.Event, error) {
			return tx.replan(ctx, o, f, now)
		}); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (tx *Tx) replan(ctx context.Context, o order.Order, f Facts, now time.Time) (order.Order, []order.Event, error) {
	if o.State == order.StateCancelled || o.State == order.StateHeld || o.State == order.StateReleased {
		return o, nil, nil // it changed since it was found
	}
	used, err := collect(ctx, tx.tx, "AllocatedShipments", pgx.RowTo[int64], o.ID)
	if err != nil {
		return o, nil, err
	}
	region, ok := f.Regions.ByCode(o.RegionCode)
	if !ok {
		return hold(o, "CUT-2", "region "+o.RegionCode+" is not in the region table any more", now)
	}
	today := order.DateOf(now)
	s := f.Settings
	grace := time.Duration(s.DispatchGraceMinutes) * time.Minute
	var events []order.Event
	for i := range o.Shipments {
		sh := &o.Shipments[i]
		waits := sh.State == order.ShipmentPlanned && !sh.ShipOn.IsZero() &&
			(o.State == order.StateAccepted || slices.Contains(used, sh.ID))
		missed := sh.ShipOn.Before(today) || sh.ShipOn == today && now.After(today.At(s.Deadline(sh.WarehouseCode, sh.Class)).Add(grace))
		if !waits || !missed {
			continue
		}
		var items []string
		for _, l := range o.Lines {
			if l.Class == sh.Class {
				items = append(items, l.ItemCode)
			}
		}
		var noSaturday bool
		if err := tx.tx.QueryRow(ctx, query("NoSaturdayItems"), items).Scan(&noSaturday); err != nil {
			return o, nil, fmt.Errorf("read items: %w", err)
		}
		w := rules.Wish{
			Channel: o.Channel, Class: sh.Class, Region: region, Warehouse: sh.WarehouseCode, ReceivedAt: o.ReceivedAt,
			Now: now, DesignatedOn: o.DesignatedOn, NoSaturday: noSaturday,
		}
		d, problem := rules.Promise(w, s, f.Calendar)
		if problem != nil {
			w.DesignatedOn = order.Date{} // the day asked for cannot be kept any more
			d, problem = rules.Promise(w, s, f.Calendar)
		}
		if problem != nil || !d.ShipOn.After(sh.ShipOn) {
			return hold(o, "CUT-11", "no later date could be found for a shipment that missed its dispatch deadline", now)
		}
		events = append(events, order.Event{
			Kind: order.EventReplanned, Rule: "CUT-11", At: now,
			Text: fmt.Sprintf("Shipment %d missed the dispatch deadline of %s: it now ships on %s and arrives on %s instead of %s.",
				sh.No, sh.ShipOn, d.ShipOn, d.ArrivalOn, sh.ArrivalOn),
			Inputs: order.Inputs(map[string]any{
				"shipment": sh.No, "warehouse": sh.WarehouseCode, "class": sh.Class, "ship_on": sh.ShipOn, "arrival_on": sh.ArrivalOn,
				"deadline": s.Deadline(sh.WarehouseCode, sh.Class), "now": now, "rules": d.Rules,
			}),
		})
		sh.ShipOn, sh.ArrivalOn = d.ShipOn, d.ArrivalOn
		if !slices.Contains(sh.Rules, "CUT-11") {
			sh.Rules = append(slices.Clone(sh.Rules), "CUT-11")
		}
	}
	return o, events, nil
}

func hold(o order.Order, rule, reason string, now time.Time) (order.Order, []order.Event, error) {
	o.State, o.HoldReason = order.StateHeld, rule+": "+reason
	return o, []order.Event{{Kind: order.EventHeld, Rule: rule, Text: "Held: " + reason + ".", At: now}}, nil
}
