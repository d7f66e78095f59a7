package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// people are the users of the small shop's departments.
func people() []order.User {
	tokyo := st.Code(st.Tokyo)
	return []order.User{
		{Code: "ADM", DepartmentCode: tokyo, Name: "管理 一郎", Email: "adm@c1.example.jp", Role: "admin"},
		{Code: "ORD", DepartmentCode: tokyo, Name: "発注 花子", Email: "ord@c1.example.jp", Role: "orderer"},
		{Code: "AP1", DepartmentCode: tokyo, Name: "課長 太郎", Email: "ap1@c1.example.jp", Role: "approver"},
		{Code: "AP2", DepartmentCode: st.Code(st.Osaka), Name: "部長 次郎", Email: "ap2@c1.example.jp", Role: "approver"},
	}
}

// controlled is the small shop with people and what they set up.
func controlled(tb testing.TB, m order.Masters) (*store.Store, *st.Clock) {
	tb.Helper()
	s, clock := st.NewShop(tb)
	m.Users = people()
	if err := s.Import(tb.Context(), m); err != nil {
		tb.Fatal(err)
	}
	return s, clock
}

func budget(span string, limit order.Yen, over string) order.BudgetRow {
	return order.BudgetRow{DepartmentCode: st.Code(st.Tokyo), Span: span, LimitYen: limit, Over: over, From: order.D(2026, 4, 1)}
}

func tryAccept(tb testing.TB, s *store.Store, req order.Request) (o order.Order, err error) {
	tb.Helper()
	err = s.InTx(tb.Context(), func(tx *store.Tx) error {
		o, err = tx.Accept(tb.Context(), req, s.Now())
		return err
	})
	return o, err
}

func refusedBy(tb testing.TB, err error, rule, field string) string {
	tb.Helper()
	refusal, ok := errors.AsType[*store.Refusal](err)
	if !ok || len(refusal.Problems) != 1 || refusal.Problems[0].Rule != rule || refusal.Problems[0].Field != field {
		tb.Fatalf("want %s at %s, got %v", rule, field, err)
	}
	return refusal.Problems[0].Message
}

// BUD-1: taken at the order, refused with figures beyond, given back by a cancellation, all as
// entries that are only added.
func TestBudgets(t *testing.T) {
	t.Parallel()
	s, clock := controlled(t, order.Masters{Budgets: []order.BudgetRow{budget("month", 10_000, "block"), budget("year", 1_000_000, "approve")}})
	req := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 50) // 6,000 yen: free of fee or not, it is in
	first := accept(t, s, req)
	took := first.GoodsYen + first.FeeYen
	_, err := tryAccept(t, s, req)
	said := refusedBy(t, err, "BUD-1", "lines")
	if !strings.Contains(said, (10_000 - took).Grouped()) {
		t.Errorf("the refusal does not tell what is left: %s", said)
	}
	states, moves, err := s.BudgetsOf(t.Context(), st.Code(st.Tokyo), order.D(2026, 11, 24), 10)
	if err != nil || len(states) != 2 || states[0].UsedYen != took || states[1].Period != "FY2026" || len(moves) != 2 || moves[0].Order != first.Number {
		t.Fatal(states, moves, err)
	}
	if _, err := s.DecideOrder(t.Context(), first.ID, store.OrderDecision{Act: rules.ActCancel, AskedBy: rules.AskedByShop, Reason: "重複", By: "受付"}, s.Now()); err != nil {
		t.Fatal(err)
	}
	states, moves, err = s.BudgetsOf(t.Context(), st.Code(st.Tokyo), order.D(2026, 11, 24), 10)
	if err != nil || states[0].UsedYen != 0 || states[1].UsedYen != 0 || len(moves) != 4 {
		t.Fatal(states, moves, err)
	}
	accept(t, s, req)
	clock.Set(st.At(t, "2026-12-01 10:00:00")) // another month
	req.ReceivedAt = clock.Now()
	accept(t, s, req)
	if _, err := s.Pool().Exec(t.Context(), `UPDATE budget_entries SET yen = 0`); err == nil {
		t.Error("an entry of a budget can be changed")
	}
}

// BUD-1: a budget that is entered in the middle of its period holds what was ordered from its day
// on, whenever its file is given, and once; cancelled orders and other users' take nothing of it.
func TestBudgetEnteredLate(t *testing.T) {
	t.Parallel()
	s, clock := controlled(t, order.Masters{})
	at := func(text, user string) order.Order {
		clock.Set(st.At(t, text))
		req := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 50)
		req.UserCode = user
		return accept(t, s, req)
	}
	at("2026-10-30 10:00:00", "ORD")
	at("2026-11-02 10:00:00", "ORD")
	kept := at("2026-11-10 10:00:00", "ORD")
	gone := at("2026-11-11 10:00:00", "ORD")
	other := at("2026-11-12 10:00:00", "ADM")
	if _, err := s.DecideOrder(t.Context(), gone.ID, store.OrderDecision{Act: rules.ActCancel, AskedBy: rules.AskedByShop, Reason: "重複", By: "受付"}, s.Now()); err != nil {
		t.Fatal(err)
	}
	of := budget("month", 20_000, "block")
	of.From = order.D(2026, 11, 10)
	mine := of
	mine.UserCode, mine.Span = "ORD", "year"
	yen := func(o order.Order) order.Yen { return o.GoodsYen + o.FeeYen }
	for range 2 {
		if err := s.Import(t.Context(), order.Masters{Budgets: []order.BudgetRow{of, mine}}); err != nil {
			t.Fatal(err)
		}
		states, moves, err := s.BudgetsOf(t.Context(), st.Code(st.Tokyo), order.D(2026, 11, 24), 10)
		if err != nil || len(states) != 2 || len(moves) != 3 {
			t.Fatal(states, moves, err)
		}
		if all, own := states[0].UsedYen, states[1].UsedYen; all != yen(kept)+yen(other) || own != yen(kept) {
			t.Errorf("%d and %d yen are taken, want %d and %d", all, own, yen(kept)+yen(other), yen(kept))
		}
	}
	req := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 100)
	req.UserCode = "ORD"
	_, err := tryAccept(t, s, req)
	refusedBy(t, err, "BUD-1", "lines")
}

// BUD-1: a changed order is cancelled and taken anew, so that the budget holds it once.
func TestBudgetOfAChangedOrder(t *testing.T) {
	t.Parallel()
	s, clock := controlled(t, order.Masters{Budgets: []order.BudgetRow{budget("month", 10_000, "block")}})
	o := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 50))
	o, err := s.DecideOrder(t.Context(), o.ID, store.OrderDecision{
		Act: rules.ActChange, AskedBy: rules.AskedByShop, Reason: "数量の訂正", By: "受付", Change: rules.OrderChange{Quantities: map[int]int{1: 70}},
	}, s.Now())
	if err != nil {
		t.Fatal(err)
	}
	states, _, err := s.BudgetsOf(t.Context(), st.Code(st.Tokyo), order.D(2026, 11, 24), 10)
	if err != nil || states[0].UsedYen != o.GoodsYen+o.FeeYen {
		t.Fatal(states, o.GoodsYen, err)
	}
}

// BUD-1: orders at the same instant never take more than the budget.
func TestBudgetIsNeverExceeded(t *testing.T) {
	t.Parallel()
	s, clock := controlled(t, order.Masters{Budgets: []order.BudgetRow{budget("month", 20_000, "block")}})
	req := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 50)
	const callers = 12
	var wg sync.WaitGroup
	var mu sync.Mutex
	placed := 0
	for range callers {
		wg.Go(func() {
			_, err := tryAccept(t, s, req)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				placed++
			} else if _, ok := errors.AsType[*store.Refusal](err); !ok {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	used := count(t, s, `SELECT sum(yen) FROM budget_entries`)
	if placed < 2 || placed == callers || used > 20_000 || used*(placed+1)/placed <= 20_000 {
		t.Errorf("%d orders took %d of 20,000 yen", placed, used)
	}
}

// LCK-1: a locked item is refused by line on the web, a category too; a user's lock binds that user.
func TestLocks(t *testing.T) {
	t.Parallel()
	lock := func(user, item, category string) order.LockRow {
		return order.LockRow{DepartmentCode: st.Code(st.Tokyo), UserCode: user, ItemCode: item, Category: category, Reason: "総務部で購入"}
	}
	s, clock := controlled(t, order.Masters{Locks: []order.LockRow{lock("", st.Code(st.Pen), ""), lock("ORD", st.Code(st.Tea), "")}})
	req := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Paper, 5)
	req.Lines = append(req.Lines, order.RequestLine{Field: "lines[1]", ItemCode: st.Code(st.Pen), Qty: 1})
	_, err := tryAccept(t, s, req)
	if said := refusedBy(t, err, "LCK-1", "lines[1].item_code"); !strings.Contains(said, "総務部で購入") {
		t.Error(said)
	}
	tea := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Tea, 1)
	accept(t, s, tea)
	tea.UserCode = "ORD"
	_, err = tryAccept(t, s, tea)
	refusedBy(t, err, "LCK-1", "lines[0].item_code")
	accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Osaka, st.Pen, 1))
}

// Masters of purchase control are refused as a whole where a row is wrong.
func TestControlMastersAreChecked(t *testing.T) {
	t.Parallel()
	s, _ := controlled(t, order.Masters{})
	tokyo := st.Code(st.Tokyo)
	from := order.D(2026, 4, 1)
	for name, c := range map[string]struct {
		m     order.Masters
		field string
	}{
		"an orderer approves":     {order.Masters{ApprovalFlows: []order.ApprovalRow{{DepartmentCode: tokyo, From: from, All: true, Level1: []string{"ORD"}}}}, "level1"},
		"nobody of that code":     {order.Masters{ApprovalFlows: []order.ApprovalRow{{DepartmentCode: tokyo, From: from, All: true, Level1: []string{"AP1"}, Level2: []string{"NIL"}}}}, "level2"},
		"no condition":            {order.Masters{ApprovalFlows: []order.ApprovalRow{{DepartmentCode: tokyo, From: from, Level1: []string{"AP1"}}}}, "all_orders"},
		"delegate unknown":        {order.Masters{Delegations: []order.DelegationRow{{From: "AP1", To: "NIL", Since: from, Until: from}}}, "to_user"},
		"user of another budget":  {order.Masters{Budgets: []order.BudgetRow{{DepartmentCode: tokyo, UserCode: "AP2", Span: "month", Over: "block", From: from}}}, "user_code"},
		"item of no master":       {order.Masters{Locks: []order.LockRow{{DepartmentCode: tokyo, ItemCode: "9999999"}}}, "item_code"},
		"neither item, nor other": {order.Masters{Locks: []order.LockRow{{DepartmentCode: tokyo}}}, "item_code"},
	} {
		err := s.Import(t.Context(), c.m)
		refused, ok := errors.AsType[*store.ImportError](err)
		if !ok || len(refused.Rows) != 1 || refused.Rows[0].Err.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A flow without approvers ends the approval.
	if err := s.Import(t.Context(), order.Masters{ApprovalFlows: []order.ApprovalRow{{DepartmentCode: tokyo, From: from}}}); err != nil {
		t.Error(err)
	}
}
