package store_test

import (
	"slices"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

func eventsOf(tb testing.TB, s *store.Store, id int64, rule string) []order.Event {
	tb.Helper()
	events, err := s.OrderEvents(tb.Context(), id)
	if err != nil {
		tb.Fatal(err)
	}
	return slices.DeleteFunc(events, func(e order.Event) bool { return e.Rule != rule })
}

// answerDue is when the answer about an order is due; none is the year 1.
func answerDue(tb testing.TB, s *store.Store, id int64) (due time.Time) {
	tb.Helper()
	answers, err := s.AnswersOf(tb.Context(), 0, id)
	if err != nil {
		tb.Fatal(err)
	}
	for _, a := range answers {
		if a.State == store.AnswerWaiting {
			due = a.DueAt
		}
	}
	return due
}

// STK-2: what is there is reserved, and what the customer does not wait for, or nobody knows the day
// of, is cancelled: with its money, its budget and its customer told at once.
func TestSTK2CancelsWhatIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	s, clock := controlled(t, order.Masters{Budgets: []order.BudgetRow{
		budget("month", 1_000_000, "block"),
		{DepartmentCode: st.Code(st.Osaka), Span: "month", LimitYen: 1_000_000, Over: "block", From: order.D(2026, 4, 1)},
	}})
	used := func(department string) order.Yen {
		states, _, err := s.BudgetsOf(t.Context(), st.Code(department), order.D(2026, 11, 24), 10)
		if err != nil {
			t.Fatal(err)
		}
		return states[0].UsedYen
	}
	now := clock.Now()
	req := st.Request(order.ChannelFax, now, st.Osaka, st.Pen, 200) // Osaka waits for nothing
	req.Lines = append(req.Lines, order.RequestLine{Field: "lines[1]", ItemCode: st.Code(st.Desk), Qty: 1})
	part := accept(t, s, req)
	whole := accept(t, s, st.Request(order.ChannelWeb, now, st.Osaka, st.Pen, 3))
	if used(st.Osaka) != 200*120+30000+3*120 { // the second is an add-on (FEE-2)
		t.Fatalf("budget %d", used(st.Osaka))
	}
	if n := allocate(t, s, 10, false); n != 2 {
		t.Fatalf("%d orders", n)
	}
	o := get(t, s, part.ID)
	if o.State != order.StateAllocated || o.Lines[0].ReservedQty != 150 || o.Lines[0].CancelledQty != 50 || o.GoodsYen != 150*120+30000 || o.FeeYen != part.FeeYen || o.Taxes[0].NetYen != o.GoodsYen {
		t.Errorf("%s %+v goods %d fee %d %+v", o.State, o.Lines, o.GoodsYen, o.FeeYen, o.Taxes)
	}
	if e := eventsOf(t, s, part.ID, "STK-2"); len(e) != 1 || e[0].Text != "Line 1: item "+st.Code(st.Pen)+" is short of 50 (ordered 200, reserved 150); 50 cancelled: the customer does not wait." {
		t.Errorf("%+v", e)
	}
	if e := eventsOf(t, s, part.ID, "FEE-3"); len(e) != 1 || e[0].Text != "Goods come to 48,000 yen instead of 54,000; the shipping fee stays 0." {
		t.Errorf("%+v", e)
	}
	o = get(t, s, whole.ID)
	if o.State != order.StateCancelled || o.Shipments[0].State != order.ShipmentCancelled || o.Lines[0].CancelledQty != 0 || o.GoodsYen != 360 {
		t.Errorf("%s %+v %+v", o.State, o.Lines, o.Shipments)
	}
	if e := eventsOf(t, s, whole.ID, "STK-2"); len(e) != 2 || e[1].Kind != order.EventCancelled {
		t.Errorf("%+v", e)
	}
	if got := answerDue(t, s, whole.ID); !got.Equal(now) && got.After(clock.Now().Add(s.Settings().AnswerWait())) {
		t.Errorf("told at %s", got)
	}
	if used(st.Osaka) != 150*120+30000 {
		t.Errorf("budget %d", used(st.Osaka))
	}
	audit(t, s)

	// No day is known any more: nobody can wait.
	if err := s.ImportStock(t.Context(), []order.StockLevel{{WarehouseCode: st.East, ItemCode: st.Code(st.Tea), OnHand: 4}, {WarehouseCode: st.West, ItemCode: st.Code(st.Tea), RestockOn: order.D(2026, 11, 23)}}); err != nil {
		t.Fatal(err)
	}
	req = st.Request(order.ChannelFax, now, st.Tokyo, st.Tea, 5)
	req.Lines = append(req.Lines, order.RequestLine{Field: "lines[1]", ItemCode: st.Code(st.Paper), Qty: 300}, order.RequestLine{Field: "lines[2]", ItemCode: st.Code(st.Stamp), Qty: 1})
	mixed := accept(t, s, req)
	allocate(t, s, 10, false)
	o = get(t, s, mixed.ID)
	if o.State != order.StateShort || o.Lines[0].ReservedQty != 4 || o.Lines[0].CancelledQty != 1 || o.Lines[1].ReservedQty != 150 || o.Lines[1].CancelledQty != 0 ||
		o.Lines[1].RestockOn != order.D(2026, 12, 7) || o.Lines[2].CancelledQty != 0 {
		t.Errorf("%s %+v", o.State, o.Lines)
	}
	audit(t, s)

	// Goods of one class are all gone: their shipment is, and what is made to order waits for its date.
	req = st.Request(order.ChannelFax, now, st.Osaka, st.Pen, 1)
	req.Lines = append(req.Lines, order.RequestLine{Field: "lines[1]", ItemCode: st.Code(st.Stamp), Qty: 1})
	made := accept(t, s, req)
	allocate(t, s, 10, false)
	o = get(t, s, made.ID)
	if o.State != order.StateHeld || !rules.HeldBy(o, "CUT-6") || o.Lines[0].CancelledQty != 1 || o.Shipments[0].State != order.ShipmentCancelled || o.Shipments[1].State != order.ShipmentPlanned {
		t.Errorf("%s %+v %+v", o.State, o.Lines, o.Shipments)
	}
	audit(t, s)
}

// An order whose remainder was cancelled ships as any other, and is finished then.
func TestSTK2ShipsTheRest(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	o := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Osaka, st.Desk, 151))
	allocate(t, s, 10, false)
	lists := wave(t, s, clock.Now())
	issue(t, s, clock.Now(), lists...)
	for _, id := range lists {
		l, err := s.GetPickList(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ShipPickList(t.Context(), l.Number, "倉田", clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if got := get(t, s, o.ID); got.State != order.StateShipped || got.Lines[0].CancelledQty != 1 || got.GoodsYen != 150*30000 {
		t.Errorf("%s %+v", got.State, got.Lines)
	}
	audit(t, s)
}

// STK-1, CUT-8: goods of a warehouse that is farther travel by themselves and arrive when they can.
func TestSTK1FallbackWarehouseTakesItsDays(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t) // Tuesday 2026-11-24, 10:00
	if err := s.ImportWarehouses(t.Context(), []order.Warehouse{
		{Code: st.West, Name: "西日本物流センター", Regions: []string{"KANSAI"}, FallbackOrder: 2, FallbackLeadDays: 1, Channel: "folder", Format: []string{"pdf"}},
	}); err != nil {
		t.Fatal(err)
	}
	o := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 120))
	designated := st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 10)
	designated.DesignatedOn = order.D(2026, 12, 4)
	later := accept(t, s, designated)
	allocate(t, s, 10, false)
	o = get(t, s, o.ID)
	if len(o.Shipments) != 2 || o.Shipments[0].ArrivalOn != order.D(2026, 11, 25) || o.Shipments[1].WarehouseCode != st.West ||
		o.Shipments[1].ArrivalOn != order.D(2026, 11, 26) || o.Shipments[1].ShipOn != order.D(2026, 11, 24) || !slices.Contains(o.Shipments[1].Rules, "STK-1") {
		t.Errorf("%+v", o.Shipments)
	}
	if e := eventsOf(t, s, o.ID, "STK-1"); len(e) != 2 || e[1].Kind != order.EventReplanned {
		t.Errorf("%+v", e)
	}
	// A designated day stands; it only leaves earlier.
	o = get(t, s, later.ID)
	if len(o.Shipments) != 1 || o.Shipments[0].WarehouseCode != st.West || o.Shipments[0].ArrivalOn != order.D(2026, 12, 4) || o.Shipments[0].ShipOn != order.D(2026, 12, 2) {
		t.Errorf("%+v", o.Shipments)
	}
	audit(t, s)
}

// CUT-6, WHS-3: made-to-order goods that were not picked in time lie there for the next wave: they
// are booked in once.
func TestMadeToOrderIsBookedInOnce(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	o := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Stamp, 3))
	allocate(t, s, 10, false)
	day := order.D(2026, 11, 27)
	ship := func(row rules.ResultRow) {
		t.Helper()
		o, err := s.DateShipment(t.Context(), o.ID, len(get(t, s, o.ID).Shipments), day, "田中", clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		allocate(t, s, 10, false)
		clock.Set(o.Shipments[len(o.Shipments)-1].ShipOn.At(order.Clock{Hour: 11}))
		issue(t, s, clock.Now(), wave(t, s, clock.Now())...)
		row.Field, row.Order, row.LineNo = "line 2", string(o.Number), 1
		if _, problems := result(t, s, clock.Now(), st.East, row); len(problems) > 0 {
			t.Fatal(problems)
		}
		audit(t, s)
	}
	ship(rules.ResultRow{Shipped: 1, Short: 2, Reason: rules.PickLate})
	if onHand, reserved := stockOf(t, s, st.East, st.Stamp); onHand != 2 || reserved != 0 {
		t.Errorf("%d on hand, %d reserved", onHand, reserved)
	}
	day = order.D(2026, 12, 2)
	ship(rules.ResultRow{Shipped: 2})
	if onHand, reserved := stockOf(t, s, st.East, st.Stamp); onHand != 0 || reserved != 0 {
		t.Errorf("%d on hand, %d reserved", onHand, reserved)
	}
	if got := get(t, s, o.ID); got.State != order.StateShipped {
		t.Errorf("%s %+v", got.State, got.Shipments)
	}
}
