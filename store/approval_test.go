package store_test

import (
	"sync"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// underApproval is the small shop of which Tokyo's orders are approved on the given levels.
func underApproval(tb testing.TB, m order.Masters, levels ...[]string) (*store.Store, *st.Clock) {
	tb.Helper()
	f := order.ApprovalRow{DepartmentCode: st.Code(st.Tokyo), From: order.D(2026, 4, 1), All: true, Level1: levels[0]}
	if len(levels) > 1 {
		f.Level2 = levels[1]
	}
	m.ApprovalFlows = []order.ApprovalRow{f}
	return controlled(tb, m)
}

func decide(tb testing.TB, s *store.Store, id int64, by string, yes bool) (order.Order, error) {
	tb.Helper()
	return s.DecideApproval(tb.Context(), id, store.ApprovalDecision{By: by, Yes: yes, Note: "要確認"}, s.Now())
}

func approval(tb testing.TB, s *store.Store, id int64) store.ApprovalCase {
	tb.Helper()
	c, found, err := s.ApprovalOf(tb.Context(), id, s.Now())
	if err != nil || !found {
		tb.Fatal(found, err)
	}
	return c
}

// APR-1, CUT-9: a faxed order waits like a web order, over two levels; the last yes lets it go, dated
// by that instant.
func TestApprovalOnTwoLevels(t *testing.T) {
	t.Parallel()
	s, clock := underApproval(t, order.Masters{}, []string{"AP1"}, []string{"AP2"})
	o := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 50))
	if o.State != order.StateHeld || !rules.HeldBy(o, "APR-1") || approval(t, s, o.ID).State != rules.ApprovalAsked {
		t.Fatal(o.State, o.HoldReason)
	}
	if n := count(t, s, `SELECT count(*) FROM river_job WHERE kind = 'ask_approvers'`); n != 1 {
		t.Errorf("%d jobs ask approvers", n)
	}
	if _, err := decide(t, s, o.ID, "AP2", true); order.KindOf(err) != order.KindInvalid {
		t.Errorf("the second level decided first: %v", err)
	}
	if o, err := decide(t, s, o.ID, "AP1", true); err != nil || o.State != order.StateHeld {
		t.Fatal(o.State, err)
	}
	clock.Set(st.At(t, "2026-11-26 10:00:00"))
	now, err := decide(t, s, o.ID, "AP2", true)
	if err != nil || now.State != order.StateAccepted {
		t.Fatal(now.State, err)
	}
	read, err := s.GetOrder(t.Context(), o.Number)
	if err != nil || !read.ApprovedAt.Equal(clock.Now()) || !read.Shipments[0].ShipOn.After(o.Shipments[0].ShipOn) {
		t.Errorf("%v: ships %s, was %s", read.ApprovedAt, read.Shipments[0].ShipOn, o.Shipments[0].ShipOn)
	}
	if n := count(t, s, `SELECT count(*) FROM answers WHERE order_id = $1`, o.ID); n == 0 {
		t.Error("the customer is not told of the new dates")
	}
	if _, err := decide(t, s, o.ID, "AP2", false); order.KindOf(err) != order.KindConflict {
		t.Errorf("decided twice: %v", err)
	}
}

// APR-1: a refusal cancels as every order is cancelled (CAN-1): stock, budget, card and the fees of
// add-ons are as if it had never been. Without a reason it is none.
func TestApprovalRefused(t *testing.T) {
	t.Parallel()
	s, clock := underApproval(t, order.Masters{Budgets: []order.BudgetRow{budget("month", 100_000, "block")}}, []string{"AP1"})
	req := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 50)
	req.Payment, req.Authorisation, req.AuthorisedYen = order.PaymentCard, "a1", 10_000
	o := accept(t, s, req)
	addOn := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 1))
	if fee, first, _ := feeOf(t, s, addOn.ID); fee != 0 || first != o.Number {
		t.Fatal(fee, first)
	}
	if _, err := s.DecideApproval(t.Context(), o.ID, store.ApprovalDecision{By: "AP1"}, s.Now()); order.KindOf(err) != order.KindInvalid {
		t.Errorf("refused without a reason: %v", err)
	}
	o, err := s.DecideApproval(t.Context(), o.ID, store.ApprovalDecision{By: "AP1", Note: "在庫あり", EnteredBy: "受付 花子"}, s.Now())
	if err != nil || o.State != order.StateCancelled {
		t.Fatal(o.State, err)
	}
	c := approval(t, s, o.ID)
	if c.State != rules.ApprovalRefused || len(c.Steps) != 1 || c.Steps[0].EnteredBy != "受付 花子" || !c.DueAt.IsZero() {
		t.Errorf("%+v", c.Steps)
	}
	if used := count(t, s, `SELECT sum(yen) FROM budget_entries WHERE order_id = $1`, o.ID); used != 0 {
		t.Errorf("%d yen stay taken", used)
	}
	if n := count(t, s, `SELECT count(*) FROM payments WHERE order_id = $1 AND kind = 'void' AND state = 'planned'`, o.ID); n != 1 {
		t.Errorf("%d times the card is given back", n)
	}
	if fee, first, _ := feeOf(t, s, addOn.ID); fee != 300 || first != "" {
		t.Errorf("the add-on's fee is %d, of the first order %s", fee, first)
	}
	if n := count(t, s, `SELECT count(*) FROM shipments WHERE order_id = $1 AND state = 'planned'`, o.ID); n != 0 || o.HoldReason != "" {
		t.Errorf("%d shipments are planned, held by %q", n, o.HoldReason)
	}
	if _, reserved := stockOf(t, s, st.East, st.Pen); reserved != 0 {
		t.Errorf("%d reserved", reserved)
	}
	audit(t, s)
}

// APR-1: what a budget of the kind "approve" does not cover waits for the department's administrator.
func TestOverBudgetIsApproved(t *testing.T) {
	t.Parallel()
	s, clock := controlled(t, order.Masters{Budgets: []order.BudgetRow{budget("month", 7_000, "approve")}})
	req := st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, 50)
	if o := accept(t, s, req); o.State != order.StateAccepted {
		t.Fatal(o.HoldReason)
	}
	o := accept(t, s, req)
	c := approval(t, s, o.ID)
	if len(c.Deciders) != 1 || c.Deciders[0].Code != "ADM" || c.Reasons[0].Condition != rules.ApproveOverBudget {
		t.Fatal(c.Deciders, c.Reasons)
	}
	if o, err := decide(t, s, o.ID, "ADM", true); err != nil || o.State != order.StateAccepted {
		t.Error(o.State, err)
	}
}

// APR-1: a delegate decides for who is away; reminders come, then the order lapses.
func TestApprovalReminderAndLapse(t *testing.T) {
	t.Parallel()
	s, clock := underApproval(t, order.Masters{Delegations: []order.DelegationRow{{From: "AP1", To: "ORD", Since: order.D(2026, 11, 25), Until: order.D(2026, 11, 26)}}}, []string{"AP1"})
	o := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 50))
	ctx := t.Context()
	c := approval(t, s, o.ID)
	if len(c.Deciders) != 1 || c.Deciders[0].Code != "AP1" {
		t.Fatal(c.Deciders)
	}
	token := store.NewApprovalToken()
	mail := store.ApprovalMail{User: "AP1", To: "ap1@c1.example.jp", Token: token, Issue: store.NewIssue{Kind: "approval_request", Number: "x", Format: "txt", Key: blob(t, s, "x"), OrderID: o.ID}}
	if err := s.AskApproval(ctx, c, []store.ApprovalMail{mail}, s.Now()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, `SELECT count(*) FROM deliveries WHERE channel = 'mail'`); n != 1 {
		t.Errorf("%d mails", n)
	}
	if l, ok, err := s.FindApprovalLink(ctx, token, s.Now()); err != nil || !ok || l.User != "AP1" {
		t.Fatal(l, ok, err)
	}
	if n := count(t, s, `SELECT count(*) FROM approval_links WHERE encode(token_sha256, 'hex') LIKE '%' || $1 || '%'`, token); n != 0 {
		t.Error("the token itself is stored")
	}
	if err := s.AskApproval(ctx, c, []store.ApprovalMail{mail}, s.Now()); err != nil { // asked already
		t.Fatal(err)
	}

	clock.Set(st.At(t, "2026-11-25 10:00:00"))
	if c = approval(t, s, o.ID); len(c.Deciders) != 2 || c.Deciders[1].Code != "ORD" || c.Deciders[1].For != "AP1" {
		t.Fatal(c.Deciders)
	}
	due, err := s.DueApprovals(ctx, s.Now(), 10)
	if err != nil || len(due) != 1 {
		t.Fatal(due, err)
	}
	if err := s.LookAtApproval(ctx, o.ID, s.Now()); err != nil {
		t.Fatal(err)
	}
	if c = approval(t, s, o.ID); c.Reminded != 1 || !c.Ask {
		t.Fatalf("%+v", c)
	}
	clock.Set(clock.Now().Add(20 * 24 * time.Hour))
	if _, ok, _ := s.FindApprovalLink(ctx, token, s.Now()); ok {
		t.Error("the link never expires")
	}
	if err := s.LookAtApproval(ctx, o.ID, s.Now()); err != nil {
		t.Fatal(err)
	}
	if got, err := s.GetOrder(ctx, o.Number); err != nil || got.State != order.StateCancelled || approval(t, s, o.ID).State != rules.ApprovalExpired {
		t.Error(got.State, err)
	}
}

func blob(tb testing.TB, s *store.Store, text string) string {
	tb.Helper()
	key, err := s.Blobs().Put([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// Two approvers at once, and an approver against the customer who cancels: one of them wins, and the
// order is in one state that its approval tells too.
func TestApprovalRaces(t *testing.T) {
	t.Parallel()
	s, clock := underApproval(t, order.Masters{}, []string{"AP1", "AP2"})
	for i := range 12 {
		o := accept(t, s, st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 50))
		other := func() error { _, err := decide(t, s, o.ID, "AP2", false); return err }
		if i%2 == 1 {
			other = func() error {
				_, err := s.DecideOrder(t.Context(), o.ID, store.OrderDecision{Act: rules.ActCancel, AskedBy: rules.AskedByCustomer, Reason: "不要", By: "受付"}, s.Now())
				return err
			}
		}
		var wg sync.WaitGroup
		var yes, no error
		wg.Go(func() { _, yes = decide(t, s, o.ID, "AP1", true) })
		wg.Go(func() { no = other() })
		wg.Wait()
		got, err := s.GetOrder(t.Context(), o.Number)
		if err != nil {
			t.Fatal(err)
		}
		c := approval(t, s, o.ID)
		switch {
		case yes == nil && no == nil && i%2 == 1: // approved, then cancelled within the customer's minutes
			if got.State != order.StateCancelled || c.State != rules.ApprovalApproved {
				t.Error(got.State, c.State)
			}
		case yes == nil && order.KindOf(no) == order.KindConflict:
			if got.State != order.StateAccepted || c.State != rules.ApprovalApproved {
				t.Error(got.State, c.State)
			}
		case no == nil && order.KindOf(yes) == order.KindConflict:
			if got.State != order.StateCancelled || c.State != rules.ApprovalRefused && c.State != rules.ApprovalWithdrawn {
				t.Error(got.State, c.State)
			}
		default:
			t.Errorf("approve: %v, other: %v", yes, no)
		}
		if len(c.Steps) > 1 {
			t.Errorf("%d decisions", len(c.Steps))
		}
	}
}

// TestApprovalAgainstWave: what is approved at the very instant of a wave goes with it or with the
// next one, on its day: on one list, once.
func TestApprovalAgainstWave(t *testing.T) {
	t.Parallel()
	s, clock := underApproval(t, order.Masters{}, []string{"AP1"})
	wave := func(at time.Time) {
		if err := s.InTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ReleaseWave(t.Context(), at)
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	const qty = 5
	released := map[bool]int{}
	for round, day := range []string{"11-24", "11-25", "11-26", "11-30", "12-01", "12-02"} {
		clock.Set(st.At(t, "2026-"+day+" 10:00:00"))
		o := accept(t, s, st.Request(order.ChannelFax, clock.Now(), st.Tokyo, st.Pen, qty))
		clock.Set(st.At(t, "2026-"+day+" 17:00:00")) // the cut-off, in time (CUT-2, CUT-9)
		var wg sync.WaitGroup
		approved := make(chan struct{})
		wg.Go(func() {
			if _, err := decide(t, s, o.ID, "AP1", true); err != nil {
				t.Error(err)
			}
			close(approved)
			allocate(t, s, 10, false)
		})
		wg.Go(func() {
			if round%2 == 1 { // it runs against the allocation, else against the approval
				<-approved
			}
			wave(s.Now())
		})
		wg.Wait()
		released[get(t, s, o.ID).State == order.StateReleased]++
		allocate(t, s, 10, false) // the next tick's: the wave may have held the order while the first looked
		wave(st.At(t, "2026-"+day+" 18:30:00"))
		if got := get(t, s, o.ID); got.State != order.StateReleased || got.Shipments[0].ShipOn != order.DateOf(clock.Now()) {
			t.Errorf("approved at %s: %s, ships %s", clock.Now(), got.State, got.Shipments[0].ShipOn)
		}
		if n := count(t, s, `SELECT sum(a.qty) FROM allocations a JOIN pick_lists p ON p.id = a.pick_list_id WHERE a.order_id = $1`, o.ID); n != qty {
			t.Errorf("%d of %d are on lists", n, qty)
		}
		if n := count(t, s, `SELECT count(*) FROM events WHERE order_id = $1 AND kind = 'released'`, o.ID); n != 1 {
			t.Errorf("released %d times", n)
		}
		audit(t, s)
	}
	t.Logf("%d went with the wave, %d with the next", released[true], released[false])
}
