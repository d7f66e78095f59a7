package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// endOfDays is later than every day of acceptance.
var endOfDays = order.D(9999, 12, 31)

// feeDays are the days of acceptance of the orders whose fees hang together with one order's: from
// its receipt to its acceptance, when its add-ons came, and from today on, where an approval dates it.
type feeDays struct{ from, to, again date }

// siblingsFrom is the first day on which an order that hangs together with one received at that
// instant can have been accepted: no order is accepted before it comes (CUT-4).
func siblingsFrom(received time.Time) date { return date(order.DateOf(within(received))) }

// within keeps an instant that somebody stated among those that the database can hold.
func within(t time.Time) time.Time {
	if first := order.D(2000, 1, 1).At(order.Clock{}); t.Before(first) {
		return first
	}
	if last := order.D(2200, 1, 1).At(order.Clock{}); t.After(last) {
		return last
	}
	return at(t)
}

// feeSiblings gathers rows of FeeSiblings before the region table is known.
type feeSiblings []struct {
	department string
	order      order.Order
	outOfStock bool
}

func (f *feeSiblings) collect(rows pgx.Rows) error {
	for rows.Next() {
		var o order.Order
		var sh order.Shipment
		var ordered order.Yen
		var left, outOfStock bool
		var taxes []byte
		if err := rows.Scan(&o.DepartmentCode, &o.ID, &o.Number, &o.State, &o.Channel, &o.ReceivedAt, (*instant)(&o.ApprovedAt), &o.RegionCode, &o.ShipTo.Code,
			&o.ShipTo.PostalCode, &o.ShipTo.Prefecture, &o.ShipTo.Address, &o.FeeYen, &o.FeeFirst, (*instant)(&o.FeeUntil), &taxes,
			&o.Payment, &o.AuthorisedYen, &ordered, &left, &sh.Class, (*date)(&sh.AcceptanceOn), (*date)(&sh.ArrivalOn), &outOfStock); err != nil {
			return err
		}
		if err := json.Unmarshal(taxes, &o.Taxes); err != nil {
			return err
		}
		sh.State = order.ShipmentPlanned
		if left {
			sh.State = order.ShipmentShipped
		}
		o.Lines = []order.Line{{Qty: 1, UnitPrice: ordered}}
		o.Shipments = []order.Shipment{sh}
		*f = append(*f, struct {
			department string
			order      order.Order
			outOfStock bool
		}{o.DepartmentCode, o, outOfStock})
	}
	return rows.Err()
}

// orders are those of one department.
func (f *feeSiblings) orders(department string, regions *rules.Regions) []rules.FeeOrder {
	var out []rules.FeeOrder
	for _, x := range *f {
		if x.department != department {
			continue
		}
		r, _ := regions.Of(x.order) // one that is gone has no cut-off: nothing is provisional there
		out = append(out, rules.FeeOrderOf(x.order, r, x.outOfStock))
	}
	return out
}

// siblings are the department's other orders whose fees hang together with that of o. Their rows
// and the department are locked.
func (tx *Tx) siblings(ctx context.Context, o order.Order, days feeDays, regions *rules.Regions) ([]rules.FeeOrder, error) {
	rows, err := tx.tx.Query(ctx, query("FeeSiblings"), []string{o.DepartmentCode}, []date{days.from}, []*time.Time{nil}, days.to, days.again)
	if err != nil {
		return nil, fmt.Errorf("find siblings: %w", err)
	}
	defer rows.Close()
	var found feeSiblings
	if err := found.collect(rows); err != nil {
		return nil, fmt.Errorf("find siblings: %w", err)
	}
	return slices.DeleteFunc(found.orders(o.DepartmentCode, regions), func(x rules.FeeOrder) bool { return x.ID == o.ID }), nil
}

// judgeAnew judges the fees that a change of an order touches (FEE-2): its own, where its approval
// dated it anew, and those of its add-ons where it was cancelled. It returns the order with its
// events, and the decisions about others.
func (tx *Tx) judgeAnew(old, o order.Order, f Facts, events []order.Event) (order.Order, []order.Event, []rules.FeeDecision) {
	cancelled := o.State == order.StateCancelled && old.State != order.StateCancelled
	anew := !o.ApprovedAt.Equal(old.ApprovedAt)
	if !cancelled && !anew {
		return o, events, nil
	}
	now := at(tx.s.now())
	r, _ := f.Regions.Of(o)
	own := rules.FeeOrderOf(o, r, slices.ContainsFunc(events, func(e order.Event) bool { return e.Kind == order.EventCancelled && e.Rule == "STK-2" }))
	own.Anew = anew
	var others []rules.FeeDecision
	for _, d := range rules.Fees(append(slices.Clone(f.Siblings), own), f.Settings, now) {
		switch {
		case d.ID != o.ID:
			if d.Changed {
				others = append(others, d)
			}
		default:
			var told []order.Event
			o, told = rules.ApplyFee(o, d, f.Settings, now)
			events = append(events, told...)
		}
	}
	return o, events, others
}

// judgeSiblings judges the fees of the department's other orders after a new one came (FEE-2): a
// fax that was read late may be the first order of one that came after it.
func (tx *Tx) judgeSiblings(ctx context.Context, o order.Order, f rules.Facts, now time.Time) error {
	if len(f.Siblings) == 0 {
		return nil
	}
	judge := func(siblings []rules.FeeOrder) (changed []rules.FeeDecision) {
		r, _ := f.Regions.Of(o)
		for _, d := range rules.Fees(append(slices.Clone(siblings), rules.FeeOrderOf(o, r, false)), f.Settings, now) {
			if d.Changed && d.ID != o.ID {
				changed = append(changed, d)
			}
		}
		return changed
	}
	changed := judge(f.Siblings)
	if len(changed) == 0 {
		return nil
	}
	// They may leave at this moment: judged again with their rows locked. What that says of others is
	// not theirs to write: they are not locked, and SettleFees makes final what of them is provisional.
	locked := column(changed, func(d rules.FeeDecision) int64 { return d.ID })
	if err := tx.exec(ctx, "OrdersLock", locked); err != nil {
		return err
	}
	siblings, err := tx.siblings(ctx, o, feeDays{siblingsFrom(o.ReceivedAt), date(endOfDays), date(endOfDays)}, f.Regions)
	if err != nil {
		return err
	}
	return tx.saveFees(ctx, slices.DeleteFunc(judge(siblings), func(d rules.FeeDecision) bool { return !slices.Contains(locked, d.ID) }), f.Settings)
}

// saveFees writes decisions into their orders, which are locked: their fees, and nothing else of them.
func (tx *Tx) saveFees(ctx context.Context, ds []rules.FeeDecision, s rules.Settings) error {
	if len(ds) == 0 {
		return nil
	}
	orders, err := readOrders(ctx, tx.tx, column(ds, func(d rules.FeeDecision) int64 { return d.ID }))
	if err != nil {
		return err
	}
	now := at(tx.s.now())
	for _, o := range orders {
		i := slices.IndexFunc(ds, func(d rules.FeeDecision) bool { return d.ID == o.ID })
		was := o.FeeYen
		o, events := rules.ApplyFee(o, ds[i], s, now)
		if err := tx.AdjustBudget(ctx, o.ID, o.FeeYen-was, now); err != nil { // BUD-1
			return err
		}
		taxes, err := json.Marshal(list(o.Taxes))
		if err != nil {
			return fmt.Errorf("encode taxes: %w", err)
		}
		b := &pgx.Batch{}
		b.Queue(query("FeeUpdate"), o.ID, int64(o.FeeYen), taxes, string(o.FeeFirst), instant(o.FeeUntil))
		if err := tx.finish(ctx, b, o.ID, events); err != nil {
			return err
		}
	}
	return nil
}

// SettleFees makes the provisional fees final whose cut-off has passed (FEE-2), each order in a
// transaction of its own, and returns how many there were.
func (s *Store) SettleFees(ctx context.Context, now time.Time) (int, error) {
	const most = 500 // the tick asks again while there are more
	now = at(now)
	ids, err := collect(ctx, s.pool, "FeesDue", pgx.RowTo[int64], now, most)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := s.InTx(ctx, func(tx *Tx) error {
			_, err := tx.Change(ctx, id, func(o order.Order, _ Facts) (order.Order, []order.Event, error) {
				settled, events, _ := rules.SettleFee(o, now)
				return settled, events, nil
			})
			return err
		}); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}
