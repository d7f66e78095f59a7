package store_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

func accept(tb testing.TB, s *store.Store, req order.Request) order.Order {
	tb.Helper()
	var o order.Order
	err := s.InTx(tb.Context(), func(tx *store.Tx) error {
		var err error
		o, err = tx.Accept(tb.Context(), req, s.Now())
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

func count(tb testing.TB, s *store.Store, sql string, args ...any) int {
	tb.Helper()
	var n int
	if err := s.Pool().QueryRow(tb.Context(), sql, args...).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

// lockWaits is how many locks of the test's own database are waited for: others run beside it.
func lockWaits(tb testing.TB, s *store.Store) int {
	tb.Helper()
	return count(tb, s, `SELECT count(*)::int FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()`)
}

func TestAcceptSavesWhatItDecides(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	o := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Paper, 10))
	if _, err := order.ParseNumber(string(o.Number)); err != nil {
		t.Fatal(err)
	}
	got, err := s.GetOrder(t.Context(), o.Number)
	if err != nil {
		t.Fatal(err)
	}
	if got.GoodsYen != 4500 || got.Lines[0].PriceList != st.PriceP1 || got.State != order.StateAccepted {
		t.Errorf("read back %+v", got)
	}
	if len(got.Shipments) != 1 || got.Shipments[0].ShipOn != order.D(2026, 11, 24) || got.Shipments[0].ArrivalOn != order.D(2026, 11, 25) {
		t.Errorf("shipments %+v", got.Shipments)
	}
	if !got.CancelUntil.Equal(st.At(t, "2026-11-24 10:10:00")) {
		t.Errorf("cancel until %v", got.CancelUntil)
	}
	if string(order.Inputs(o)) != string(order.Inputs(got)) {
		t.Errorf("accepted %s\nread back %s", order.Inputs(o), order.Inputs(got))
	}
	events, err := s.OrderEvents(t.Context(), got.ID)
	if err != nil || len(events) == 0 {
		t.Fatal(events, err)
	}
	if n := count(t, s, `SELECT count(*) FROM river_job WHERE kind = 'allocate_orders'`); n != 1 {
		t.Errorf("%d allocation jobs", n)
	}
}

func TestAcceptRefusesWithoutATrace(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	err := s.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Accept(t.Context(), st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Paper, 7), s.Now())
		return err
	})
	refusal, ok := errors.AsType[*store.Refusal](err)
	if !ok || len(refusal.Problems) != 1 || refusal.Problems[0].Rule != "ITM-1" {
		t.Fatalf("got %v", err)
	}
	if n := count(t, s, `SELECT count(*) FROM orders`); n != 0 {
		t.Errorf("%d orders", n)
	}
}

func webOrder(key, body string, req order.Request) store.WebOrder {
	return store.WebOrder{ShopFront: st.Front, Key: key, Body: []byte(body), Request: req}
}

func TestPlaceWebOrderAnswersOnce(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	req := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 3)
	first, err := s.PlaceWebOrder(t.Context(), webOrder("k1", "body", req), s.Now())
	if err != nil || first.Replayed || first.Order.Number == "" {
		t.Fatal(first, err)
	}
	again, err := s.PlaceWebOrder(t.Context(), webOrder("k1", "body", req), s.Now())
	if err != nil || !again.Replayed || again.Order.ID != first.Order.ID ||
		!bytes.Equal(order.Inputs(again.Order), order.Inputs(first.Order)) {
		t.Fatal(again, err)
	}
	_, err = s.PlaceWebOrder(t.Context(), webOrder("k1", "other body", req), s.Now())
	if order.KindOf(err) != order.KindConflict {
		t.Fatalf("another body under the same key: %v", err)
	}
	if n := count(t, s, `SELECT count(*) FROM orders`); n != 1 {
		t.Errorf("%d orders", n)
	}
	// A refusal is an answer too.
	req.Lines[0].ItemCode = st.Code(st.OldPen)
	refused, err := s.PlaceWebOrder(t.Context(), webOrder("k2", "b2", req), s.Now())
	if err != nil || len(refused.Problems) == 0 {
		t.Fatal(refused, err)
	}
	again, err = s.PlaceWebOrder(t.Context(), webOrder("k2", "b2", req), s.Now())
	if err != nil || !again.Replayed || len(again.Problems) != len(refused.Problems) || again.Problems[0].Error() != refused.Problems[0].Error() {
		t.Fatal(again, err)
	}
	if n := count(t, s, `SELECT count(*) FROM document_states WHERE state = 'refused'`); n != 1 {
		t.Errorf("%d refused documents", n)
	}
}

// Attempts of one group are answered each for itself: accepted, refused, replayed, or in error.
func TestWebOrdersOfOneGroupStandAlone(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	pens := func(customer string) order.Request {
		return st.Request(order.ChannelWeb, clock.Now(), customer, st.Pen, 3)
	}
	before, err := s.PlaceWebOrder(t.Context(), webOrder("before", "b", pens(st.Tokyo)), s.Now())
	if err != nil {
		t.Fatal(err)
	}
	gone := pens(st.Osaka)
	gone.Lines[0].ItemCode = st.Code(st.OldPen)
	unknown := pens(st.Osaka)
	unknown.DepartmentCode = "99999999"
	poison := pens(st.Osaka)
	poison.DepartmentCode = "\x00" // what no table can hold
	group := []store.WebOrder{
		webOrder("z", "1", pens(st.Tokyo)), webOrder("before", "b", pens(st.Tokyo)), webOrder("before2", "2", gone), webOrder("a", "3", unknown),
	}
	for _, withPoison := range []bool{false, true} {
		if withPoison {
			for i := range group {
				group[i].Key += "+"
			}
			group[1].Key = "before"
			group = append(group, webOrder("poison", "4", poison))
		}
		answers, errs := s.PlaceWebOrders(t.Context(), group, s.Now())
		if errs[0] != nil || answers[0].Order.Number == "" || answers[0].Replayed {
			t.Errorf("accepted: %+v, %v", answers[0], errs[0])
		}
		if errs[1] != nil || !answers[1].Replayed || answers[1].Order.ID != before.Order.ID {
			t.Errorf("replayed: %+v, %v", answers[1], errs[1])
		}
		for _, i := range []int{2, 3} {
			if errs[i] != nil || len(answers[i].Problems) == 0 || answers[i].Order.Number != "" {
				t.Errorf("refused: %+v, %v", answers[i], errs[i])
			}
		}
		if withPoison && errs[4] == nil {
			t.Error("what the database refuses is answered without an error")
		}
	}
	if n := count(t, s, `SELECT count(*) FROM orders`); n != 3 {
		t.Errorf("%d orders, 3 were accepted", n)
	}
	if n := count(t, s, `SELECT count(*) FROM idempotency_keys WHERE answer IS NULL`); n != 0 {
		t.Errorf("%d attempts without an answer", n)
	}
}

func TestPlaceWebOrderConcurrently(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	req := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 3)
	const callers = 16
	answers := make([]store.WebAnswer, callers)
	errs := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() { answers[i], errs[i] = s.PlaceWebOrder(t.Context(), webOrder("same", "body", req), s.Now()) })
	}
	wg.Wait()
	fresh := 0
	for i := range callers {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if answers[i].Order.ID != answers[0].Order.ID {
			t.Errorf("caller %d was answered order %s, caller 0 %s", i, answers[i].Order.Number, answers[0].Order.Number)
		}
		if !answers[i].Replayed {
			fresh++
		}
	}
	if n := count(t, s, `SELECT count(*) FROM orders`); n != 1 || fresh != 1 {
		t.Errorf("%d orders, %d first answers", n, fresh)
	}
}

func TestAddDocumentOncePerTransmission(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	d := store.NewDocument{Source: "file", ExternalID: "job 1", ReceivedAt: clock.Now(), Bytes: []byte("page")}
	first, dup, err := s.AddDocument(t.Context(), d)
	if err != nil || dup != 0 {
		t.Fatal(dup, err)
	}
	again, dup, err := s.AddDocument(t.Context(), d)
	if err != nil || dup != first {
		t.Fatalf("handed in again: document %d, duplicate of %d, %v", again, dup, err)
	}
	doc, err := s.GetDocument(t.Context(), again)
	if err != nil || doc.State != store.DocumentDuplicate || doc.DuplicateOf != first {
		t.Fatal(doc, err)
	}
	d.Bytes = []byte("other page")
	other, dup, err := s.AddDocument(t.Context(), d)
	if err != nil || dup != 0 || other == first {
		t.Fatal(other, dup, err)
	}
	b, err := s.DocumentBytes(t.Context(), other)
	if err != nil || string(b) != "other page" {
		t.Fatal(string(b), err)
	}
	if n := count(t, s, `SELECT count(*) FROM river_job WHERE kind = 'read_document'`); n != 2 {
		t.Errorf("%d reading jobs", n)
	}
}

func TestChangeKeepsToTheOrdersLife(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	o := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 3))
	change := func(to order.State) error {
		return s.InTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Change(t.Context(), o.ID, func(o order.Order, f store.Facts) (order.Order, []order.Event, error) {
				if len(f.Stock) != 2 || f.Department.Code != o.DepartmentCode {
					t.Errorf("facts %+v", f.Stock)
				}
				o.State = to
				return o, []order.Event{{Kind: order.EventNoted, Text: "changed", At: s.Now()}}, nil
			})
			return err
		})
	}
	if err := change(order.StateHeld); err != nil {
		t.Fatal(err)
	}
	if err := change(order.StateReleased); order.KindOf(err) != order.KindConflict {
		t.Fatalf("held order released: %v", err)
	}
	got, err := s.GetOrderByID(t.Context(), o.ID)
	if err != nil || got.State != order.StateHeld {
		t.Fatal(got.State, err)
	}
}

func TestEveryQueryIsPrepared(t *testing.T) {
	t.Parallel()
	s, _ := st.New(t)
	conn, err := s.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for name, sql := range store.Queries() {
		if name == "CodesMissing" {
			continue // takes a table's name
		}
		if _, err := conn.Conn().PgConn().Prepare(t.Context(), name, sql, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
