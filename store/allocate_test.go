package store_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

func allocate(tb testing.TB, s *store.Store, limit int, backorders bool) int {
	tb.Helper()
	n := 0
	err := s.InTx(tb.Context(), func(tx *store.Tx) error {
		var err error
		n, err = tx.AllocateBatch(tb.Context(), limit, backorders, s.Now())
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func audit(tb testing.TB, s *store.Store) {
	tb.Helper()
	bad, err := s.Audit(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	for _, b := range bad {
		tb.Error("audit:", b)
	}
}

func get(tb testing.TB, s *store.Store, id int64) order.Order {
	tb.Helper()
	o, err := s.GetOrderByID(tb.Context(), id)
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

func TestAllocateFromTheNextWarehouse(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	// 100 in the east, 50 in the west: 120 travel as two shipments, the next 40 are short of 10.
	first := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 120))
	second := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 40))
	if n := allocate(t, s, 10, false); n != 2 {
		t.Fatalf("%d orders", n)
	}
	o := get(t, s, first.ID)
	if o.State != order.StateAllocated || len(o.Shipments) != 2 || o.Shipments[1].WarehouseCode != st.West ||
		o.Shipments[1].ShipOn != o.Shipments[0].ShipOn {
		t.Errorf("first: %s %+v", o.State, o.Shipments)
	}
	o = get(t, s, second.ID)
	if o.State != order.StateShort || o.Lines[0].ReservedQty != 30 || len(o.Shipments) != 1 || o.Shipments[0].WarehouseCode != st.West {
		t.Errorf("second: %s %+v %+v", o.State, o.Lines, o.Shipments)
	}
	events, err := s.OrderEvents(t.Context(), second.ID)
	if err != nil {
		t.Fatal(err)
	}
	short := 0
	for _, e := range events {
		if e.Kind == order.EventShort && e.Rule == "STK-2" {
			short++
		}
	}
	if short != 1 {
		t.Errorf("%d short events", short)
	}
	audit(t, s)

	// STK-4: received stock fills the backorder.
	if err := s.ImportStock(t.Context(), []order.StockLevel{{WarehouseCode: st.East, ItemCode: st.Code(st.Pen), OnHand: 105}}); err != nil {
		t.Fatal(err)
	}
	if n := allocate(t, s, 10, true); n != 1 {
		t.Fatalf("%d backorders", n)
	}
	if n := allocate(t, s, 10, true); n != 0 {
		t.Fatalf("%d backorders without stock", n)
	}
	o = get(t, s, second.ID)
	if o.State != order.StateShort || o.Lines[0].ReservedQty != 35 || len(o.Shipments) != 2 {
		t.Errorf("backorder: %s %+v %+v", o.State, o.Lines, o.Shipments)
	}
	// A count below what is promised is refused.
	err = s.ImportStock(t.Context(), []order.StockLevel{{WarehouseCode: st.East, ItemCode: st.Code(st.Pen), OnHand: 104}})
	if order.KindOf(err) != order.KindInvalid {
		t.Errorf("stock below reserved: %v", err)
	}
	audit(t, s)
}

func TestAllocateHoldsWhatIsMadeToOrder(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	alone := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Stamp, 1))
	req := st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Stamp, 1)
	req.Lines = append(req.Lines, order.RequestLine{Field: "lines[1]", ItemCode: st.Code(st.Pen), Qty: 1})
	mixed := accept(t, s, req)
	allocate(t, s, 10, false)
	if o := get(t, s, alone.ID); o.State != order.StateHeld || o.HoldReason == "" {
		t.Errorf("phone line alone: %s %q", o.State, o.HoldReason)
	}
	if o := get(t, s, mixed.ID); o.State != order.StateAllocated || o.Lines[0].ReservedQty != 0 || o.Lines[1].ReservedQty != 1 {
		t.Errorf("mixed: %s %+v", o.State, o.Lines)
	}
	audit(t, s)
}

// TestAllocateIsTheRule compares what the database holds after many batches with the pure
// rule on the same demands.
func TestAllocateIsTheRule(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	_, _, warehouses, err := s.Masters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	available := map[rules.StockKey]int{}
	var demands []rules.Demand
	levels, err := s.Stock(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range levels {
		available[rules.StockKey{WarehouseCode: l.WarehouseCode, ItemCode: l.ItemCode}] = l.AvailableQty
	}
	items := []string{st.Pen, st.Tea, st.Desk}
	for range 60 {
		dep := []string{st.Tokyo, st.Osaka}[rnd.IntN(2)]
		req := st.Request(order.ChannelFax, clock.Now(), dep, items[rnd.IntN(3)], 1+rnd.IntN(15))
		for i := range rnd.IntN(3) {
			req.Lines = append(req.Lines, order.RequestLine{Field: strconv.Itoa(i), ItemCode: st.Code(items[rnd.IntN(3)]), Qty: 1 + rnd.IntN(15)})
		}
		o := accept(t, s, req)
		for _, l := range o.Lines {
			demands = append(demands, rules.Demand{OrderID: o.ID, LineNo: l.No, ItemCode: l.ItemCode, Region: o.RegionCode, Qty: l.Qty})
		}
	}
	want := map[rules.Allocation]int{}
	for _, a := range rules.Allocate(demands, available, func(r string) []string { return rules.WarehouseOrder(r, warehouses) }) {
		want[a]++
	}
	for allocate(t, s, 7, false) > 0 {
	}
	rows, err := s.Pool().Query(t.Context(), `SELECT order_id, line_no, warehouse_code, item_code, qty FROM allocations`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var a rules.Allocation
		if err := rows.Scan(&a.OrderID, &a.LineNo, &a.WarehouseCode, &a.ItemCode, &a.Qty); err != nil {
			t.Fatal(err)
		}
		n++
		if want[a]--; want[a] < 0 {
			t.Errorf("the rule does not allocate %+v", a)
		}
	}
	if n == 0 || n != len(rules.Allocate(demands, available, func(r string) []string { return rules.WarehouseOrder(r, warehouses) })) {
		t.Errorf("%d allocations", n)
	}
	audit(t, s)
}

func TestAllocateConcurrentlyNeverOversells(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	const orders = 120
	for i := range orders {
		req := st.Request(order.ChannelFax, clock.Now(), []string{st.Tokyo, st.Osaka}[i%2], st.Pen, 3)
		// Lines in another order in every second order: locks are taken in one order all the same.
		second := order.RequestLine{Field: "x", ItemCode: st.Code(st.Tea), Qty: 2}
		if i%2 == 0 {
			req.Lines = append(req.Lines, second)
		} else {
			req.Lines = append([]order.RequestLine{second}, req.Lines...)
		}
		accept(t, s, req)
	}
	var wg sync.WaitGroup
	errs := make(chan error, 4)
	for range 4 {
		wg.Go(func() {
			for {
				n := 0
				err := s.InTx(context.WithoutCancel(t.Context()), func(tx *store.Tx) error {
					var err error
					n, err = tx.AllocateBatch(t.Context(), 5, false, s.Now())
					return err
				})
				if err != nil {
					errs <- err
					return
				}
				if n == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	audit(t, s)
	if n := count(t, s, `SELECT sum(reserved_qty)::int FROM stock WHERE item_code = $1`, st.Code(st.Pen)); n != 150 {
		t.Errorf("%d pens reserved of 150 asked for 360 times", n)
	}
	if n := count(t, s, `SELECT count(*) FROM orders WHERE state = 'accepted'`); n != 0 {
		t.Errorf("%d orders still wait", n)
	}
}

func TestCancellingGivesStockBack(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	o := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 120))
	allocate(t, s, 10, false)
	err := s.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Change(t.Context(), o.ID, func(o order.Order, _ store.Facts) (order.Order, []order.Event, error) {
			o.State = order.StateCancelled
			return o, []order.Event{{Kind: order.EventCancelled, Rule: "CAN-1", Text: "Cancelled.", At: s.Now()}}, nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, `SELECT sum(reserved_qty)::int FROM stock`); n != 0 {
		t.Errorf("%d still reserved", n)
	}
	audit(t, s)
}
