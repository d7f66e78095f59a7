package store_test

import (
	"slices"
	"strconv"
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

// ledgerLists are the pick lists that are not in a final state.
func ledgerLists(tb testing.TB, s *store.Store) []string {
	tb.Helper()
	entries, err := s.Ledger(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if e.Kind == "pick_list" {
			out = append(out, e.Name+" "+e.State+": "+e.Detail)
		}
	}
	return out
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
	open := "WHS-2: warehouse " + st.East + " has not reported 2 of 3 lines; overdue; dispatch deadline 2026-11-24 18:30"
	if got := ledgerLists(t, s); !slices.Equal(got, []string{string(list) + " issued: " + open}) {
		t.Errorf("the ledger lists %q", got)
	}

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
	if got := ledgerLists(t, s); len(got) != 0 {
		t.Errorf("reported whole, and the ledger lists %q", got)
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
	if err := s.ImportStock(ctx, []order.StockLevel{
		{WarehouseCode: st.West, ItemCode: st.Code(st.Tea), OnHand: 0},
		{WarehouseCode: st.West, ItemCode: st.Code(st.Pen), OnHand: 3},
		{WarehouseCode: st.East, ItemCode: st.Code(st.Tea), OnHand: 100, RestockOn: order.D(2026, 11, 30)},
	}); err != nil {
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

// TestWHS2ResultSaidAgain: what is told once counts once, by whatever way it is said again, also of
// lines of which something is open.
func TestWHS2ResultSaidAgain(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	orders, list := released(t, s, clock, with(st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 20), st.Paper, 10))
	o := orders[0]
	hand := func(at string, again int, rows ...rules.ResultRow) store.PartnerFile {
		t.Helper()
		clock.Set(st.At(t, at))
		for i := range rows {
			rows[i].Field, rows[i].Order = "line "+strconv.Itoa(i+2), string(o.Number)
		}
		f, out, problems := file(t, s, st.East, "day.csv", store.PartnerRows{Kind: store.PartnerResult, Results: rows}, clock.Now())
		if len(problems) > 0 && again >= 0 || len(problems) == 0 && len(out.Result.Again) != again {
			t.Fatalf("%s: %+v %v", at, out.Result, problems)
		}
		return f
	}
	pens := func(left int) {
		t.Helper()
		if onHand, reserved := stockOf(t, s, st.East, st.Pen); onHand != 100-left || reserved != 20-left {
			t.Fatalf("%d left, %d on hand, %d reserved", left, onHand, reserved)
		}
		audit(t, s)
	}
	five, paper := rules.ResultRow{LineNo: 1, Shipped: 5, Tracking: "4012-0000-0001"}, rules.ResultRow{LineNo: 2, Shipped: 6, Tracking: "4012-0000-0002"}
	hand("2026-11-24 12:00:00", 0, five)
	pens(5)
	// The whole day with the row of noon, in another order; a row that may be it, or not, counts as nothing.
	hand("2026-11-24 19:00:00", 1, paper, five)
	pens(5)
	if f := hand("2026-11-24 19:10:00", -1, rules.ResultRow{LineNo: 1, Shipped: 5}); f.State != store.PartnerFileRefused {
		t.Fatal(f.State)
	}
	pens(5)
	// Without a file, with the day of its delivery and a number more, by which alone it is known then.
	said := five
	said.Field, said.Order, said.Tracking, said.DeliveredOn = "rows[0]", string(o.Number), five.Tracking+" 4012-0000-0003", order.D(2026, 11, 24)
	if out, problems := result(t, s, clock.Now(), st.East, said); len(problems) > 0 || len(out.Again) != 1 {
		t.Fatal(out, problems)
	}
	five.Tracking = "4012-0000-0003"
	other := five
	other.Tracking = "4012-0000-0004"
	hand("2026-11-24 20:00:00", 2, other, five, paper)
	pens(10)
	// The rest by hand, and all of it said once more as it left.
	if _, err := s.ShipPickList(t.Context(), list, "倉田", clock.Now()); err != nil {
		t.Fatal(err)
	}
	pens(20)
	hand("2026-11-25 09:00:00", 5, rules.ResultRow{LineNo: 1, Shipped: 10, Tracking: "4012-0000-0005"}, five, other, paper, rules.ResultRow{LineNo: 2, Shipped: 4})
	pens(20)
	got := get(t, s, o.ID)
	if sh := got.Shipments[0]; got.State != order.StateShipped || len(sh.Tracking) != 5 || sh.DeliveredOn != order.D(2026, 11, 24) {
		t.Errorf("%s %+v", got.State, sh)
	}
	if n := count(t, s, `SELECT count(*)::int FROM result_rows WHERE again_of IS NULL`); n != 3 {
		t.Errorf("%d rows counted", n)
	}
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

// file has a partner's file received, and its rows applied.
func file(tb testing.TB, s *store.Store, warehouse, name string, rows store.PartnerRows, now time.Time) (store.PartnerFile, store.PartnerOutcome, []*order.Error) {
	tb.Helper()
	f, _, err := s.ReceivePartnerFile(tb.Context(), store.NewPartnerFile{WarehouseCode: warehouse, Channel: store.PartnerDesk, Name: name, Sender: "東部倉庫", Bytes: []byte(name + now.String())}, now)
	if err != nil {
		tb.Fatal(err)
	}
	var out store.PartnerOutcome
	var problems []*order.Error
	if err := s.InTx(tb.Context(), func(tx *store.Tx) (err error) {
		if out, problems, err = tx.ApplyPartnerFile(tb.Context(), f, rows, now); err != nil || len(problems) == 0 {
			return err
		}
		return tx.RefusePartnerFile(tb.Context(), f.ID, rows.Kind, rows.Len(), []byte(`[{"message":"x"}]`), "x", now)
	}); err != nil {
		tb.Fatal(err)
	}
	if f, err = s.GetPartnerFile(tb.Context(), f.ID); err != nil {
		tb.Fatal(err)
	}
	return f, out, problems
}

func TestWHS2StockCount(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	pen, tea, paper := st.Code(st.Pen), st.Code(st.Tea), st.Code(st.Paper)
	count := func(now time.Time, rows ...rules.CountRow) (store.PartnerFile, store.CountApplied) {
		t.Helper()
		f, out, problems := file(t, s, st.East, "count.csv", store.PartnerRows{Kind: store.PartnerCount, Counts: rows}, now)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return f, *out.Count
	}
	clock.Set(st.At(t, "2026-11-24 11:00:00"))
	_, got := count(clock.Now(), rules.CountRow{Field: "line 2", ItemCode: pen, OnHand: 97}, rules.CountRow{Field: "line 3", ItemCode: tea, OnHand: 100})
	if got.Set != 1 || got.Same != 1 {
		t.Fatalf("%+v", got)
	}
	// Counted while a list is under way: 90 is neither before nor after the 20 that are on it.
	clock.Set(st.At(t, "2026-11-24 11:30:00"))
	orders, _ := released(t, s, clock, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 20))
	clock.Set(st.At(t, "2026-11-24 19:00:00"))
	f, got := count(clock.Now(), rules.CountRow{Field: "line 2", ItemCode: pen, OnHand: 90}, rules.CountRow{Field: "line 3", ItemCode: paper, OnHand: 120})
	if len(got.Open) != 1 || got.Set != 1 || f.State != store.PartnerFileApplied {
		t.Fatalf("%s %+v", f.State, got)
	}
	if _, problems := result(t, s, st.At(t, "2026-11-24 20:00:00"), st.East, rules.ResultRow{Field: "a", Order: string(orders[0].Number), LineNo: 1, Shipped: 20}); len(problems) > 0 {
		t.Fatal(problems)
	}
	// The same count comes late: told of what it saw, 77 stay 77.
	clock.Set(st.At(t, "2026-11-24 21:00:00"))
	for counted, want := range map[int]int{97: 77, 77: 77} {
		_, got = count(clock.Now().Add(time.Duration(counted)*time.Second), rules.CountRow{Field: "line 2", ItemCode: pen, OnHand: counted, At: st.At(t, "2026-11-24 19:00:00")})
		if onHand, _ := stockOf(t, s, st.East, st.Pen); got.Same != 1 || onHand != want {
			t.Errorf("counted %d: %+v, %d on hand", counted, got, onHand)
		}
	}
	// An older count than the one that stands changes nothing.
	clock.Set(st.At(t, "2026-11-24 21:30:00"))
	if _, got = count(clock.Now(), rules.CountRow{Field: "line 2", ItemCode: paper, OnHand: 3, At: st.At(t, "2026-11-24 18:00:00")}); got.Older != 1 {
		t.Errorf("%+v", got)
	}
	// All or nothing.
	_, _, problems := file(t, s, st.East, "bad.csv", store.PartnerRows{Kind: store.PartnerCount, Counts: []rules.CountRow{{Field: "line 2", ItemCode: pen, OnHand: 1}, {Field: "line 3", ItemCode: "999", OnHand: 1}}}, clock.Now())
	if onHand, _ := stockOf(t, s, st.East, st.Pen); len(problems) != 1 || onHand != 77 {
		t.Errorf("%v, %d on hand", problems, onHand)
	}
	audit(t, s)

	// Less than was promised: a person decides, the oldest promises are kept.
	clock.Set(st.At(t, "2026-11-25 10:00:00"))
	if err := s.ImportStock(ctx, []order.StockLevel{{WarehouseCode: st.West, ItemCode: pen, OnHand: 0}}); err != nil {
		t.Fatal(err)
	}
	first := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 50))
	clock.Set(st.At(t, "2026-11-25 10:30:00"))
	second := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 20))
	allocate(t, s, 10, false)
	clock.Set(st.At(t, "2026-11-25 11:00:00"))
	f, got = count(clock.Now(), rules.CountRow{Field: "line 2", ItemCode: pen, OnHand: 60})
	if len(got.Promised) != 1 || got.Promised[0].Lacking != 10 || f.State != store.PartnerFileAsks || !f.Waits() {
		t.Fatalf("%s %+v", f.State, got)
	}
	if onHand, reserved := stockOf(t, s, st.East, st.Pen); onHand != 77 || reserved != 70 {
		t.Errorf("set without being asked: %d, %d", onHand, reserved)
	}
	kept, err := s.DecideCount(ctx, f.ID, true, "数え直しても60", "倉田", clock.Now())
	if err != nil || kept.Orders != 1 || kept.Set != 1 {
		t.Fatal(kept, err)
	}
	if _, err := s.DecideCount(ctx, f.ID, true, "", "倉田", clock.Now()); order.KindOf(err) != order.KindConflict {
		t.Errorf("decided twice: %v", err)
	}
	if onHand, reserved := stockOf(t, s, st.East, st.Pen); onHand != 60 || reserved != 60 {
		t.Errorf("%d on hand, %d reserved", onHand, reserved)
	}
	if a, b := get(t, s, first.ID), get(t, s, second.ID); a.Lines[0].ReservedQty != 50 || b.Lines[0].ReservedQty != 10 || b.State != order.StateShort {
		t.Errorf("%+v, %s %+v", a.Lines[0], b.State, b.Lines[0])
	}
	audit(t, s)
}

// A count takes back all that a shipment of a card order carried: the shipment is cancelled, what was
// captured of it is refunded, and the order ends with its other goods, held meanwhile or not (PAY-1).
func TestWHS2StockCountEmptiesShipment(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	tea := st.Code(st.Tea)
	if err := s.ImportStock(ctx, []order.StockLevel{{WarehouseCode: st.East, ItemCode: tea}, {WarehouseCode: st.West, ItemCode: tea, OnHand: 6}}); err != nil {
		t.Fatal(err)
	}
	var orders []order.Order
	for _, ref := range []string{"A1", "A2", "A3"} {
		req := with(st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 20), st.Tea, 2)
		req.Payment, req.Authorisation, req.AuthorisedYen = order.PaymentCard, ref, 9999
		orders = append(orders, accept(t, s, req))
	}
	allocate(t, s, 10, false)
	capture := func() { // all that is planned
		t.Helper()
		for _, o := range orders {
			if err := s.ChargeCard(ctx, o.ID, clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		for {
			p, ok, err := s.ClaimPayment(ctx, time.Minute, clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				return
			}
			if _, err := s.RecordPayment(ctx, p, store.PaymentAnswer{Outcome: rules.AnswerDone, BeganAt: clock.Now()}, clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	clock.Set(st.At(t, "2026-11-24 17:00:00"))
	capture()
	// Of the first two, what the east has is listed; the rest is due tomorrow.
	listed, held, planned := orders[0], orders[1], orders[2]
	clock.Set(st.At(t, "2026-11-24 18:30:00"))
	if _, err := s.Pool().Exec(ctx, `UPDATE shipments SET ship_on = ship_on + 1 WHERE warehouse_code = $1 OR order_id = $2`, st.West, planned.ID); err != nil {
		t.Fatal(err)
	}
	issue(t, s, clock.Now(), wave(t, s, clock.Now())...)
	if err := s.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.Change(ctx, held.ID, func(o order.Order, _ store.Facts) (order.Order, []order.Event, error) {
			o, problem := rules.AddHold(o, "CST-1", "確認中")
			if problem != nil {
				return o, nil, problem
			}
			return o, nil, nil
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	f, out, problems := file(t, s, st.West, "count.csv", store.PartnerRows{Kind: store.PartnerCount, Counts: []rules.CountRow{{Field: "line 2", ItemCode: tea, OnHand: 0}}}, clock.Now())
	if len(problems) > 0 || len(out.Count.Promised) != 1 {
		t.Fatal(problems, out.Count)
	}
	if n, err := s.DecideCount(ctx, f.ID, true, "棚は空", "倉田", clock.Now()); err != nil || n.Orders != 3 {
		t.Fatal(n, err)
	}
	if n := count(t, s, `SELECT count(*)::int FROM payments WHERE kind = 'refund'`); n != 2 {
		t.Errorf("%d refunds of those not held", n)
	}
	if err := s.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.Change(ctx, held.ID, func(o order.Order, _ store.Facts) (order.Order, []order.Event, error) {
			o, _ = rules.FreeHold(o, "CST-1")
			return o, nil, nil
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	allocate(t, s, 10, false)
	for id, want := range map[int64]order.State{listed.ID: order.StateReleased, held.ID: order.StateReleased, planned.ID: order.StateAllocated} {
		if o := get(t, s, id); o.State != want || len(o.Shipments) != 2 || o.Shipments[1].State != order.ShipmentCancelled || o.Lines[1].CancelledQty != 2 {
			t.Errorf("%s, want %s: %+v %+v", o.State, want, o.Lines, o.Shipments)
		}
	}
	var rows []rules.ResultRow
	for _, o := range []order.Order{listed, held} {
		rows = append(rows, rules.ResultRow{Field: "line", Order: string(o.Number), LineNo: 1, Shipped: 20})
	}
	if _, problems := result(t, s, clock.Now(), st.East, rows...); len(problems) > 0 {
		t.Fatal(problems)
	}
	clock.Set(st.At(t, "2026-11-25 18:30:00"))
	issue(t, s, clock.Now(), wave(t, s, clock.Now())...)
	if _, problems := result(t, s, clock.Now(), st.East, rules.ResultRow{Field: "line", Order: string(planned.Number), LineNo: 1, Shipped: 20}); len(problems) > 0 {
		t.Fatal(problems)
	}
	capture()
	for _, o := range orders {
		if got := get(t, s, o.ID); got.State != order.StateShipped {
			t.Errorf("%s %+v", got.State, got.Shipments)
		}
		var net order.Yen
		ps, err := s.PaymentsOf(ctx, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range ps {
			switch {
			case p.Kind == rules.ChargeCapture && p.State == rules.ChargeDone:
				net += p.Yen
			case p.Kind == rules.ChargeRefund && p.State == rules.ChargeDone:
				net -= p.Yen
			}
		}
		if want := rules.TotalYen(get(t, s, o.ID)); net != want {
			t.Errorf("%d yen stay captured of %d: %+v", net, want, ps)
		}
	}
	audit(t, s)
}

func TestWHS2PartnerFiles(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx := t.Context()
	orders, list := released(t, s, clock, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 20))
	ack := func(n string) store.PartnerRows {
		return store.PartnerRows{Kind: store.PartnerAcknowledgement, Lists: []store.PartnerListRow{{Field: "line 2", List: n}}}
	}
	refused, _, problems := file(t, s, st.East, "ack.csv", ack("5000000028"), clock.Now())
	if len(problems) != 1 || !refused.Waits() || refused.State != store.PartnerFileRefused {
		t.Fatal(problems, refused)
	}
	// The corrected file of the same name settles the refused one.
	clock.Set(clock.Now().Add(time.Minute))
	f, out, problems := file(t, s, st.East, "ack.csv", ack(string(list)), clock.Now())
	if len(problems) > 0 || out.Acknowledgement.New != 1 || f.Waits() {
		t.Fatal(problems, out)
	}
	if refused, err := s.GetPartnerFile(ctx, refused.ID); err != nil || refused.Waits() {
		t.Error(refused, err)
	}
	// The result after it, and the same bytes again: one file.
	rows := store.PartnerRows{Kind: store.PartnerResult, Results: []rules.ResultRow{{Field: "line 2", Order: string(orders[0].Number), LineNo: 1, Shipped: 20}}}
	f, _, problems = file(t, s, st.East, "result.csv", rows, clock.Now())
	if len(problems) > 0 || f.State != store.PartnerFileApplied || f.Rows != 1 || f.Kind != store.PartnerResult {
		t.Fatal(problems, f)
	}
	again, twice, err := s.ReceivePartnerFile(ctx, store.NewPartnerFile{WarehouseCode: st.East, Channel: store.PartnerMail, Name: "other.csv", Sender: "x", Bytes: []byte("result.csv" + clock.Now().String())}, clock.Now())
	if err != nil || !twice || again.ID != f.ID {
		t.Error(again, twice, err)
	}
	if err := s.InTx(ctx, func(tx *store.Tx) error {
		_, _, err := tx.ApplyPartnerFile(ctx, f, rows, clock.Now())
		return err
	}); order.KindOf(err) != order.KindConflict {
		t.Errorf("applied twice: %v", err)
	}
	// A key is good for one report.
	for i, want := range []order.Kind{"", order.KindConflict} {
		_, _, err := s.ReceivePartnerFile(ctx, store.NewPartnerFile{WarehouseCode: st.East, Channel: store.PartnerAPI, Name: "api", Sender: "x", Bytes: []byte{'a' + byte(i)}, Key: "K1"}, clock.Now())
		if err == nil && want != "" || err != nil && order.KindOf(err) != want {
			t.Errorf("%d: %v", i, err)
		}
	}
	// A refused file is read once more, or settled by a person.
	refused, _, _ = file(t, s, st.East, "late.csv", ack("5000000028"), clock.Now())
	if err := s.RetryPartnerFile(ctx, refused.ID, "倉田", clock.Now()); err != nil {
		t.Error(err)
	}
	if err := s.ClosePartnerFile(ctx, refused.ID, "電話で確認", "倉田", clock.Now()); order.KindOf(err) != order.KindConflict {
		t.Errorf("closed while it is read: %v", err)
	}
	audit(t, s)
}
