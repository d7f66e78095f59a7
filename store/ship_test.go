package store_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// issue makes the lists' documents, as the printing job does.
func issue(tb testing.TB, s *store.Store, now time.Time, ids ...int64) []order.Number {
	tb.Helper()
	var numbers []order.Number
	for _, id := range ids {
		p, err := s.GetPickList(tb.Context(), id)
		if err != nil {
			tb.Fatal(err)
		}
		key, err := s.Blobs().Put([]byte(p.Number))
		if err != nil {
			tb.Fatal(err)
		}
		err = s.InTx(tb.Context(), func(tx *store.Tx) error {
			_, err := tx.IssuePickList(tb.Context(), p, []store.NewIssue{{Format: "pdf", FileName: string(p.Number) + ".pdf", Key: key, SizeBytes: len(p.Number)}}, now)
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
		numbers = append(numbers, p.Number)
	}
	return numbers
}

func ship(tb testing.TB, s *store.Store, now time.Time, numbers ...order.Number) {
	tb.Helper()
	for _, n := range numbers {
		if l, err := s.ShipPickList(tb.Context(), n, "倉田", now); err != nil || l.Again {
			tb.Fatalf("ship %s: %+v, %v", n, l, err)
		}
	}
}

func stockOf(tb testing.TB, s *store.Store, warehouse, item string) (onHand, reserved int) {
	tb.Helper()
	rows, err := s.Stock(tb.Context(), warehouse, st.Code(item))
	if err != nil || len(rows) != 1 {
		tb.Fatal(rows, err)
	}
	return rows[0].OnHandQty, rows[0].ReservedQty
}

// TestDayAfterDay plays what a shop does every day: import, orders, wave, shipped, the evening's
// count, and the next days on top of it.
func TestDayAfterDay(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t) // Tuesday 2026-11-24, 10:00; 100 pens in the east, 50 in the west
	ctx := t.Context()
	left := 100
	for _, day := range []string{"2026-11-24", "2026-11-25", "2026-11-26"} {
		clock.Set(st.At(t, day+" 10:00:00"))
		first := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 20))
		second := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 5))
		allocate(t, s, 10, false)
		clock.Set(st.At(t, day+" 18:30:00"))
		numbers := issue(t, s, clock.Now(), wave(t, s, clock.Now())...)
		if len(numbers) != 1 {
			t.Fatalf("%s: %d lists", day, len(numbers))
		}

		// The count comes before the report: refused with what to do, and nothing changes.
		clock.Set(st.At(t, day+" 20:00:00"))
		counted := []order.StockLevel{{WarehouseCode: st.East, ItemCode: st.Code(st.Pen), OnHand: left - 25}}
		err := s.ImportStock(ctx, counted)
		if order.KindOf(err) != order.KindInvalid || !strings.Contains(err.Error(), "todoke picklist shipped "+numbers[0].Grouped()) ||
			strings.Contains(err.Error(), "\n") {
			t.Fatalf("%s: count before the report: %v", day, err)
		}
		ship(t, s, clock.Now(), numbers...)
		if onHand, reserved := stockOf(t, s, st.East, st.Pen); onHand != left-25 || reserved != 0 {
			t.Fatalf("%s: %d on hand, %d reserved after shipping", day, onHand, reserved)
		}
		if err := s.ImportStock(ctx, counted); err != nil {
			t.Fatalf("%s: the evening's count: %v", day, err)
		}
		left -= 25
		for _, o := range []order.Order{first, second} {
			got := get(t, s, o.ID)
			if got.State != order.StateShipped || got.Shipments[0].State != order.ShipmentShipped {
				t.Errorf("%s: order %s is %s, its shipment %s", day, o.Number, got.State, got.Shipments[0].State)
			}
		}
		if n, err := s.ReplanShipments(ctx, clock.Now()); err != nil || n != 0 {
			t.Errorf("%s: %d orders replanned, %v", day, n, err)
		}
		audit(t, s)
	}
}

func TestShipPickListOnce(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	o := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 30))
	allocate(t, s, 10, false)
	ids := wave(t, s, st.At(t, "2026-11-24 17:01:00"))
	p, err := s.GetPickList(ctx, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	now := st.At(t, "2026-11-24 19:00:00")
	if _, err := s.ShipPickList(ctx, p.Number, "倉田", now); order.KindOf(err) != order.KindConflict {
		t.Errorf("shipped before its documents were made: %v", err)
	}
	if _, err := s.ShipPickList(ctx, order.NumberOf(599999999), "倉田", now); order.KindOf(err) != order.KindNotFound {
		t.Errorf("an unknown list: %v", err)
	}
	waiting := string(p.Number) + " waiting: its documents are not made yet"
	if got := ledgerLists(t, s); len(got) != 1 || !strings.HasPrefix(got[0], waiting) {
		t.Errorf("before its documents are made the ledger lists %q", got)
	}
	issue(t, s, st.At(t, "2026-11-24 17:02:00"), ids...)
	if got := ledgerLists(t, s); !slices.Equal(got, []string{string(p.Number) + " issued: WHS-2: warehouse " + st.East + " has not reported 1 of 1 lines; dispatch deadline 2026-11-24 18:30"}) {
		t.Errorf("issued, and the ledger lists %q", got)
	}

	// However many say it at once, it left once.
	var wg sync.WaitGroup
	results := make([]store.ShippedList, 4)
	errs := make([]error, len(results))
	for i := range results {
		wg.Go(func() {
			results[i], errs[i] = s.ShipPickList(context.WithoutCancel(ctx), p.Number, "倉田", now.Add(time.Duration(i)*time.Minute))
		})
	}
	wg.Wait()
	first := 0
	for i, r := range results {
		if errs[i] != nil || r.Qty != 30 || r.Orders != 1 || r.By != "倉田" {
			t.Errorf("%+v, %v", r, errs[i])
		}
		if !r.Again {
			first++
			for _, other := range results {
				if !other.ShippedAt.Equal(r.ShippedAt) {
					t.Errorf("shipped at %s and at %s", r.ShippedAt, other.ShippedAt)
				}
			}
		}
	}
	if first != 1 {
		t.Errorf("%d of them shipped it", first)
	}
	if onHand, reserved := stockOf(t, s, st.East, st.Pen); onHand != 70 || reserved != 0 {
		t.Errorf("%d on hand, %d reserved", onHand, reserved)
	}
	events, err := s.OrderEvents(ctx, o.ID)
	if err != nil {
		t.Fatal(err)
	}
	var said []order.Event
	for _, e := range events {
		if e.Kind == order.EventShipped {
			said = append(said, e)
		}
	}
	if len(said) != 1 || said[0].Rule != "WHS-3" || said[0].By != "倉田" ||
		!strings.Contains(string(said[0].Inputs), string(p.Number)) || !strings.Contains(string(said[0].Inputs), `"quantity": 30`) {
		t.Errorf("events %+v", said)
	}
	err = s.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.Change(ctx, o.ID, func(o order.Order, _ store.Facts) (order.Order, []order.Event, error) {
			o.State = order.StateCancelled
			return o, nil, nil
		})
		return err
	})
	if order.KindOf(err) != order.KindConflict {
		t.Errorf("a shipped order was cancelled: %v", err)
	}
	audit(t, s)
}

// TestShipShortAndSplitOrders ships lists one by one and holds every order to the pure rule.
func TestShipShortAndSplitOrders(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	var ids []int64
	add := func(department string, lines ...any) int64 {
		req := st.Request(order.ChannelFax, clock.Now(), department, lines[0].(string), lines[1].(int))
		for i := 2; i < len(lines); i += 2 {
			req.Lines = append(req.Lines, order.RequestLine{Field: "x", ItemCode: st.Code(lines[i].(string)), Qty: lines[i+1].(int)})
		}
		id := accept(t, s, req).ID
		ids = append(ids, id)
		return id
	}
	split := add(st.Tokyo, st.Pen, 120)             // 100 from the east, 20 from the west
	short := add(st.Tokyo, st.Pen, 40)              // 30 from the west, the rest waits
	classes := add(st.Tokyo, st.Tea, 1, st.Desk, 1) // two lists, truck first
	made := add(st.Tokyo, st.Paper, 5, st.Stamp, 1) // the stamp waits for a date
	alone := add(st.Osaka, st.Tea, 3)               // from the west
	allocate(t, s, 100, false)

	var numbers []order.Number
	numbers = append(numbers, issue(t, s, st.At(t, "2026-11-24 13:11:00"), wave(t, s, st.At(t, "2026-11-24 13:11:00"))...)...)
	if len(numbers) != 3 { // east normal, east truck, west normal
		t.Fatalf("%d lists", len(numbers))
	}
	now := st.At(t, "2026-11-24 19:00:00")
	for _, n := range numbers {
		before := map[int64]order.Order{}
		for _, id := range ids {
			before[id] = get(t, s, id)
		}
		ship(t, s, now, n)
		for _, id := range ids {
			o := get(t, s, id)
			was := before[id]
			was.Shipments = o.Shipments
			if want := rules.Shipped(was); o.State != want {
				t.Errorf("after %s: order %s is %s, the rule says %s", n, o.Number, o.State, want)
			}
		}
		audit(t, s)
	}
	for id, want := range map[int64]order.State{
		split: order.StateShipped, short: order.StateShort, classes: order.StateShipped, made: order.StateAllocated, alone: order.StateShipped,
	} {
		if o := get(t, s, id); o.State != want {
			t.Errorf("order %d is %s, want %s", id, o.State, want)
		}
	}
	if n := count(t, s, `SELECT sum(reserved_qty)::int FROM stock`); n != 0 {
		t.Errorf("%d still reserved", n)
	}

	// The rest of the short order comes, and ends it.
	if err := s.ImportStock(ctx, []order.StockLevel{{WarehouseCode: st.East, ItemCode: st.Code(st.Pen), OnHand: 50}}); err != nil {
		t.Fatal(err)
	}
	allocate(t, s, 10, true)
	if _, err := s.ReplanShipments(ctx, now); err != nil {
		t.Fatal(err)
	}
	audit(t, s)
	o := get(t, s, short)
	i := slices.IndexFunc(o.Shipments, func(sh order.Shipment) bool { return sh.State == order.ShipmentPlanned })
	if o.State != order.StateAllocated || i < 0 {
		t.Fatalf("%s %+v", o.State, o.Shipments)
	}
	next := o.Shipments[i].ShipOn.At(order.Clock{Hour: 17, Minute: 1})
	ship(t, s, next.Add(time.Hour), issue(t, s, next, wave(t, s, next)...)...)
	if o := get(t, s, short); o.State != order.StateShipped {
		t.Errorf("the short order is %s", o.State)
	}
	if onHand, reserved := stockOf(t, s, st.East, st.Pen); onHand != 40 || reserved != 0 {
		t.Errorf("%d on hand, %d reserved", onHand, reserved)
	}
	audit(t, s)
}

// TestAuditSeesWhatShippingGotWrong breaks the books by hand: each break is seen.
func TestAuditSeesWhatShippingGotWrong(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"shipped and on an open list":      `UPDATE shipments SET state = 'shipped'`,
		"stock that did not fall":          `UPDATE pick_lists SET shipped_at = issued_at`,
		"an order that left in the books":  `UPDATE orders SET state = 'shipped'`,
		"reserved that fell without goods": `UPDATE stock SET reserved_qty = 0`,
	} {
		s, clock := st.NewShop(t)
		accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 30))
		allocate(t, s, 10, false)
		now := st.At(t, "2026-11-24 17:01:00")
		issue(t, s, now, wave(t, s, now)...)
		audit(t, s)
		if _, err := s.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		if bad, err := s.Audit(t.Context()); err != nil || len(bad) == 0 {
			t.Errorf("%s: not seen, %v", name, err)
		}
	}
}
