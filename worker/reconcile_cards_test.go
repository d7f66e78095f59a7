package worker_test

import (
	"fmt"
	"slices"
	"testing"

	"todoke/order"
	"todoke/payment"
	"todoke/payment/simulate"
	"todoke/worker"
)

// TestPAY1Reconcile: each kind of difference between the gateway's books and ours is found, and what
// agrees is not told.
func TestPAY1Reconcile(t *testing.T) {
	t.Parallel()
	b := newTill(t)
	b.sim.Script = func(r payment.Request, n int) simulate.Fault {
		if r.Reference == "refused" {
			return simulate.Refuse
		}
		return simulate.None
	}
	for _, ref := range []string{"same", "lost", "other", "twice", "foreign", "refused"} {
		b.order(ref, 10, 5000)
	}
	b.at("11:00:00")
	b.look(2)
	day := order.DateOf(b.clock.Now())
	find := func(on order.Date) (out []string) {
		t.Helper()
		all, err := worker.ReconcileCards(t.Context(), b.s, b.cfg.Cards, on)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			out = append(out, fmt.Sprintf("%s %s %s %d %d", d.Kind, d.What, d.Ref, d.Here, d.There))
		}
		slices.Sort(out)
		return out
	}
	if got := find(day); len(got) != 0 {
		t.Fatalf("what agrees differs: %q", got)
	}
	do := func(key, ref string, yen order.Yen) {
		t.Helper()
		if a := b.cfg.Cards.Do(t.Context(), payment.Request{Key: key, Kind: payment.Capture, Reference: ref, Yen: yen}); a.Outcome != payment.Done {
			t.Fatal(key, a)
		}
	}
	for _, op := range b.sim.Operations() {
		switch op.Authorisation {
		case "lost":
			b.sim.Forget(op.Key)
		case "other":
			b.sim.Forget(op.Key)
			do(op.Key, "other", 1651)
		}
	}
	do("capture-again", "twice", 1650)
	do("by-somebody", "foreign", 77)
	want := []string{
		"done_twice capture twice 0 1650", "missing_here capture foreign 0 77", "missing_there capture lost 1650 0", "other_amount capture other 1650 1651",
	}
	if got := find(day); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if got := find(day.Add(-1)); len(got) != 0 {
		t.Errorf("the day before: %q", got)
	}
}
