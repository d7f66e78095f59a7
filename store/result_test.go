package store_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

func result(tb testing.TB, s *store.Store, now time.Time, warehouse string, rows ...rules.ResultRow) (store.ResultApplied, []*order.Error) {
	tb.Helper()
	var out store.ResultApplied
	var problems []*order.Error
	err := s.InTx(tb.Context(), func(tx *store.Tx) (err error) {
		out, problems, err = tx.ApplyResult(tb.Context(), warehouse, rows, "東部倉庫", now)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out, problems
}

// with is a request with a line more.
func with(r order.Request, item string, qty int) order.Request {
	r.Lines = append(r.Lines, order.RequestLine{Field: "lines[1]", ItemCode: st.Code(item), Qty: qty})
	return r
}

// released is one order with its goods on an issued list.
func released(tb testing.TB, s *store.Store, clock *st.Clock, requests ...order.Request) ([]order.Order, order.Number) {
	tb.Helper()
	var orders []order.Order
	for _, r := range requests {
		orders = append(orders, accept(tb, s, r))
	}
	allocate(tb, s, 10, false)
	clock.Set(st.At(tb, order.DateOf(clock.Now()).String()+" 18:30:00"))
	numbers := issue(tb, s, clock.Now(), wave(tb, s, clock.Now())...)
	if len(numbers) != 1 {
		tb.Fatalf("%d lists", len(numbers))
	}
	return orders, numbers[0]
}

func TestWHS2ResultInParts(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	orders, list := released(t, s, clock,
		with(st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 20), st.Paper, 10), st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 5))
	a, b := orders[0], orders[1]
	clock.Set(st.At(t, "2026-11-24 19:00:00"))

	// One wrong row: nothing of the file counts.
	good := rules.ResultRow{Field: "line 2", List: string(list), Order: a.Number.Grouped(), LineNo: 1, Shipped: 20, Tracking: "4012-3456-7890", WeightGrams: 1500}
	_, problems := result(t, s, clock.Now(), st.East, good, rules.ResultRow{Field: "line 3", Order: string(b.Number), LineNo: 1, Shipped: 6})
	if len(problems) != 1 || problems[0].Field != "line 3.shipped" {
		t.Fatal(problems)
	}
	if onHand, reserved := stockOf(t, s, st.East, st.Pen); onHand != 100 || reserved != 25 {
		t.Fatalf("%d on hand, %d reserved after a refused result", onHand, reserved)
	}
	// Another warehouse knows nothing of the list.
	if _, problems := result(t, s, clock.Now(), st.West, good); len(problems) != 1 || problems[0].Field != "line 2.list" {
		t.Fatal(problems)
	}

	out, problems := result(t, s, clock.Now(), st.East, good)
	if len(problems) > 0 || out.Shipped != 20 || out.Orders != 1 || out.Finished != 0 || len(out.Lists) != 0 {
		t.Fatal(out, problems)
	}
	if got := get(t, s, a.ID); got.State != order.StateReleased || got.Shipments[0].State != order.ShipmentReleased {
		t.Errorf("half of it told: %s, %s", got.State, got.Shipments[0].State)
	}
	audit(t, s)

	// The rest, with what was told before once more and a number more.
	again := good
	again.Tracking = "4012-3456-7891"
	out, problems = result(t, s, clock.Now(), st.East, again,
		rules.ResultRow{Field: "line 3", Order: string(a.Number), ItemCode: st.Code(st.Paper), Shipped: 10},
		rules.ResultRow{Field: "line 4", Order: string(b.Number), LineNo: 1, Shipped: 5})
	if len(problems) > 0 || out.Shipped != 15 || out.Finished != 2 || len(out.Lists) != 1 {
		t.Fatal(out, problems)
	}
	for _, o := range orders {
		if got := get(t, s, o.ID); got.State != order.StateShipped {
			t.Errorf("%s is %s", got.Number, got.State)
		}
	}
	got := get(t, s, a.ID).Shipments[0]
	if strings.Join(got.Tracking, " ") != "4012-3456-7890 4012-3456-7891" || got.WeightGrams != 1500 || got.ShippedOn != order.D(2026, 11, 24) {
		t.Errorf("%+v", got)
	}
	if onHand, reserved := stockOf(t, s, st.East, st.Pen); onHand != 75 || reserved != 0 {
		t.Errorf("%d on hand, %d reserved", onHand, reserved)
	}
	if l, err := s.ShipPickList(t.Context(), list, "倉田", clock.Now()); err != nil || !l.Again {
		t.Errorf("reported by hand after its result: %+v %v", l, err)
	}
	p, err := s.GetPickListByNumber(t.Context(), list)
	if err != nil || p.AckBy != "東部倉庫" {
		t.Errorf("acknowledged by %q, %v", p.AckBy, err)
	}
	audit(t, s)
}

func TestWHS3ShortPick(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	// Tokyo backorders, Osaka cancels; nothing of the tea lies elsewhere.
	if err := s.ImportStock(ctx, []order.StockLevel{{WarehouseCode: st.West, ItemCode: st.Code(st.Tea), OnHand: 0}, {WarehouseCode: st.West, ItemCode: st.Code(st.Pen), OnHand: 3},
		{WarehouseCode: st.East, ItemCode: st.Code(st.Tea), OnHand: 100, RestockOn: order.D(2026, 11, 30)}}); err != nil {
		t.Fatal(err)
	}
	orders, _ := released(t, s, clock, with(st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 20), st.Tea, 6))
	o := orders[0]
	clock.Set(st.At(t, "2026-11-24 19:00:00"))
	out, problems := result(t, s, clock.Now(), st.East,
		rules.ResultRow{Field: "line 2", Order: string(o.Number), LineNo: 1, Shipped: 15, Short: 5, Reason: rules.PickMissing},
		rules.ResultRow{Field: "line 3", Order: string(o.Number), LineNo: 2, Shipped: 4, Short: 2, Reason: rules.PickDamaged})
	if len(problems) > 0 || out.Short != 7 || out.Finished != 0 || len(out.Lists) != 1 {
		t.Fatal(out, problems)
	}
	// Five pens are gone from the count and fetched anew from the same shelf's other 80; the tea waits for its restock.
	if onHand, reserved := stockOf(t, s, st.East, st.Pen); onHand != 80 || reserved != 5 {
		t.Errorf("pens: %d on hand, %d reserved", onHand, reserved)
	}
	got := get(t, s, o.ID)
	if got.State != order.StateAllocated && got.State != order.StateShort || got.Lines[0].ReservedQty != 20 || got.Lines[1].ReservedQty != 6 {
		t.Errorf("%s %+v", got.State, got.Lines)
	}
	audit(t, s)
}

func TestWHS3ShortPickEndsOrder(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	item := st.Code(st.Tea)
	if err := s.ImportStock(ctx, []order.StockLevel{{WarehouseCode: st.West, ItemCode: item, OnHand: 6}, {WarehouseCode: st.East, ItemCode: item, OnHand: 0}}); err != nil {
		t.Fatal(err)
	}
	whole, _ := released(t, s, clock, st.Request(order.ChannelFax, clock.Now(), st.Osaka, st.Tea, 2), st.Request(order.ChannelFax, clock.Now(), st.Osaka, st.Tea, 4))
	clock.Set(st.At(t, "2026-11-24 19:00:00"))
	nothing, part := whole[0], whole[1]
	out, problems := result(t, s, clock.Now(), st.West,
		rules.ResultRow{Field: "line 2", Order: string(nothing.Number), LineNo: 1, Short: 2, Reason: rules.PickMissing},
		rules.ResultRow{Field: "line 3", Order: string(part.Number), LineNo: 1, Shipped: 3, Short: 1, Reason: rules.PickMissing})
	if len(problems) > 0 || out.Finished != 2 {
		t.Fatal(out, problems)
	}
	if got := get(t, s, nothing.ID); got.State != order.StateCancelled {
		t.Errorf("nothing of it was there: %s", got.State)
	}
	got := get(t, s, part.ID)
	if got.State != order.StateShipped || got.Lines[0].CancelledQty != 1 || got.GoodsYen != 3*600 || got.FeeYen != part.FeeYen {
		t.Errorf("%s %+v %d yen", got.State, got.Lines[0], got.GoodsYen)
	}
	if onHand, reserved := stockOf(t, s, st.West, st.Tea); onHand != 0 || reserved != 0 {
		t.Errorf("%d on hand, %d reserved", onHand, reserved)
	}
	events, err := s.OrderEvents(ctx, part.ID)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, string(e.Kind)+" "+e.Rule)
	}
	if text := strings.Join(kinds, ", "); !strings.Contains(text, "shipped WHS-3, noted WHS-3, ") || !strings.HasSuffix(text, "short STK-2, priced FEE-3") {
		t.Error(text)
	}
	audit(t, s)
}

// TestWHS2OneOfManyCounts: a result that several hand in at once is applied once.
func TestWHS2OneOfManyCounts(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	orders, list := released(t, s, clock, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 20))
	clock.Set(st.At(t, "2026-11-24 19:00:00"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, problems := result(t, s, clock.Now(), st.East, rules.ResultRow{Field: "line 2", Order: string(orders[0].Number), LineNo: 1, Shipped: 20})
			if len(problems) > 0 {
				t.Error(problems)
			}
		})
		wg.Go(func() {
			if _, err := s.ShipPickList(t.Context(), list, "倉田", clock.Now()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if onHand, reserved := stockOf(t, s, st.East, st.Pen); onHand != 80 || reserved != 0 {
		t.Errorf("%d on hand, %d reserved", onHand, reserved)
	}
	audit(t, s)
}
