package main

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/payment"
	"todoke/payment/simulate"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestPaymentCommands: what a lead decides is a lead's at the command line, too; comparing the books keeps
// what it found, tells it until it is settled, and replaces nothing (PAY-1).
func TestPaymentCommands(t *testing.T) {
	t.Parallel()
	url := st.DSN(t)
	s, clock := st.Open(t, url)
	st.Shop(t, s)
	sim := &simulate.Gateway{Token: "t", Now: clock.Now}
	srv := httptest.NewServer(sim)
	t.Cleanup(srv.Close)
	g, err := payment.NewHTTP(srv.URL, "t", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for login, role := range map[string]store.Role{"hanako": store.RoleDesk, "lead": store.RoleLead} {
		if err := s.AddStaff(t.Context(), store.Staff{Login: login, Name: "佐藤 花", Role: role}, "x", clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	place := func(ref string, authorised order.Yen) (o order.Order) {
		t.Helper()
		if err := sim.Authorise(ref, authorised, time.Time{}); err != nil {
			t.Fatal(err)
		}
		req := st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Pen, 10)
		req.Payment, req.Authorisation, req.AuthorisedYen = order.PaymentCard, ref, authorised
		if err := s.InTx(t.Context(), func(tx *store.Tx) (err error) {
			if o, err = tx.Accept(t.Context(), req, clock.Now()); err == nil {
				_, err = tx.AllocateBatch(t.Context(), 10, false, clock.Now())
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return o
	}
	paid, small, down := place("paid", 1650), place("small", 1000), place("down", 1650) // ten pens and the fee come to 1,650 yen
	clock.Set(st.At(t, "2026-11-24 11:00:00"))
	if err := s.ChargeCard(t.Context(), paid.ID, clock.Now()); err != nil {
		t.Fatal(err)
	}
	p, ok, err := s.ClaimPayment(t.Context(), time.Minute, clock.Now())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	a := g.Do(t.Context(), payment.Request{Key: p.Key, Kind: payment.Kind(p.Kind), Reference: p.Reference, Yen: p.Yen})
	if _, err := s.RecordPayment(t.Context(), p, store.PaymentAnswer{Outcome: rules.AnswerDone, Gateway: "http", ID: a.ID, BeganAt: clock.Now()}, clock.Now()); err != nil {
		t.Fatal(err)
	}
	call := func(want int, says string, args ...string) string {
		t.Helper()
		status, stdout, stderr := run(t, url, append(append([]string{"payment"}, args...), "--set", "payment.url="+srv.URL, "--set", "payment.token=t")...)
		if status != want || !strings.Contains(stdout+stderr, says) {
			t.Errorf("%q: %d %s%s lacks %q", args, status, stdout, stderr, says)
		}
		return stdout + stderr
	}
	// What failed while the gateway was down is tried again by one command.
	call(exitOK, "0 of 0 order(s)", "retry", "--all-failed", "--by", "hanako", "--reason", "復旧")
	if err := s.ChargeCard(t.Context(), down.ID, clock.Now()); err != nil {
		t.Fatal(err)
	}
	if p, ok, err := s.ClaimPayment(t.Context(), time.Minute, clock.Now()); err != nil || !ok {
		t.Fatal(ok, err)
	} else if _, err := s.RecordPayment(t.Context(), p, store.PaymentAnswer{Outcome: rules.AnswerRefused, Gateway: "http", BeganAt: clock.Now()}, clock.Now()); err != nil {
		t.Fatal(err)
	}
	if !rules.HeldBy(mustOrder(t, s, down), "PAY-1") {
		t.Fatal("not held though its card could not be charged")
	}
	call(exitUsage, "--all-failed", "retry", "--by", "hanako", "--reason", "復旧")
	call(exitOK, "1 of 1 order(s) are tried again", "retry", "--all-failed", "--by", "hanako", "--reason", "復旧")
	if rules.HeldBy(mustOrder(t, s, down), "PAY-1") {
		t.Error("held still")
	}
	call(exitOK, "0 of 0 order(s)", "retry", "--all-failed", "--by", "hanako", "--reason", "復旧")
	n := string(small.Number)
	call(exitOK, "small for 1,000 yen", "show", n)
	call(exitFailure, "there is no login", "release", n, "--by", "nobody", "--reason", "長年のお客様")
	call(exitFailure, "is no lead", "release", n, "--by", "hanako", "--reason", "長年のお客様")
	if !rules.HeldBy(mustOrder(t, s, small), "PAY-1") {
		t.Fatal("not held any more")
	}
	call(exitOK, "order "+small.Number.Grouped()+" is accepted", "release", n, "--by", "lead", "--reason", "長年のお客様")
	call(exitFailure, "PAY-1", "release", n, "--by", "lead", "--reason", "もう一度") // there is nothing to let go any more
	all, err := s.PaymentsOf(t.Context(), small.ID)
	if err != nil || len(all) != 1 || all[0].State != rules.ChargeWaived || all[0].Yen != rules.TotalYen(mustOrder(t, s, small))-1000 || all[0].Why != "長年のお客様" || all[0].By != "佐藤 花" {
		t.Errorf("%+v %v", all, err)
	}

	day := []string{"reconcile", "--day", "2026-11-24"}
	call(exitOK, "2026-11-24: the gateway's books and ours agree", day...)
	call(exitFailure, "2026-11-25 is still to come", "reconcile", "--day", "2026-11-25")
	sim.Forget(p.Key)
	for range 2 { // the same difference, once
		if out := call(exitFailure, "missing_there", day...); strings.Count(out, p.Key) != 1 || !strings.Contains(out, paid.Number.Grouped()) || !strings.Contains(out, "differ in 1 things") {
			t.Error(out)
		}
	}
	runs, found, err := s.CardDay(t.Context(), order.D(2026, 11, 24))
	if err != nil || len(runs) != 3 || len(found) != 1 {
		t.Fatalf("%+v %+v %v", runs, found, err)
	}
	if err := s.SettleCardDifference(t.Context(), found[0].ID, "佐藤 花", "決済会社が訂正", clock.Now()); err != nil {
		t.Fatal(err)
	}
	call(exitOK, "決済会社が訂正", day...)
	call(exitOK, `"settled_by":"佐藤 花"`, append(day, "--json")...)
	srv.Close()
	call(exitFailure, "cannot be had", day...)
	if runs, found, err = s.CardDay(t.Context(), order.D(2026, 11, 24)); err != nil || len(runs) != 5 || len(found) != 1 || found[0].Reason != "決済会社が訂正" {
		t.Errorf("%+v %+v %v", runs, found, err)
	}
}

func mustOrder(t *testing.T, s *store.Store, o order.Order) order.Order {
	t.Helper()
	o, err := s.GetOrder(t.Context(), o.Number)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
