package worker_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"todoke/jobs"
	"todoke/order"
	"todoke/payment"
	"todoke/payment/simulate"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
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
		all, err := worker.CompareCards(t.Context(), b.s, b.cfg.Cards, on)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all.Found {
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

// deaf is a gateway that lists nothing about some authorisations, and gives no answer about them.
type deaf struct {
	payment.Gateway
	to map[string]bool
}

func (g *deaf) Status(ctx context.Context, r payment.Request) payment.Answer {
	if g.to[r.Reference] {
		return payment.Answer{Outcome: payment.Uncertain, Detail: "HTTP 502"}
	}
	return g.Gateway.Status(ctx, r)
}

func (g *deaf) Day(ctx context.Context, day order.Date) ([]payment.Entry, error) {
	all, err := g.Gateway.Day(ctx, day)
	return slices.DeleteFunc(all, func(e payment.Entry) bool { return g.to[e.Reference] }), err
}

// TestPAY1ReconcileEachMorning: the schedule compares yesterday, keeps what it found, and asks again the
// next day what was not answered; what differs waits at the desk until a person settles it, and another
// run changes nothing of that.
func TestPAY1ReconcileEachMorning(t *testing.T) {
	t.Parallel()
	b := newTill(t)
	g := &deaf{b.cfg.Cards, map[string]bool{"silent": true}}
	b.cfg.Cards = g
	lost := b.order("lost", 10, 5000)
	b.order("same", 10, 5000)
	b.order("silent", 10, 5000)
	b.at("11:00:00")
	b.look(1)
	for _, op := range b.sim.Operations() {
		if op.Authorisation == "lost" {
			b.sim.Forget(op.Key)
		}
	}
	day := order.DateOf(b.clock.Now())
	client, err := river.NewClient(riverpgxv5.New(b.s.Pool()), &river.Config{
		Queues: map[string]river.QueueConfig{jobs.QueueBooks: {MaxWorkers: 1}}, Workers: worker.Workers(b.cfg), FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	events, unsubscribe := client.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobCancelled)
	defer unsubscribe()
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.StopAndCancel(context.WithoutCancel(t.Context())) }()
	done := func() {
		t.Helper()
		for e := range events {
			if e.Job.Kind == (jobs.ReconcileCards{}).Kind() {
				if e.Kind != river.EventKindJobCompleted {
					t.Fatalf("%s %+v", e.Kind, e.Job.Errors)
				}
				return
			}
		}
	}
	morning := func(on string) {
		t.Helper()
		b.clock.Set(st.At(t, on+" 06:31:00"))
		if _, inserted, err := b.s.RunSchedule(t.Context(), "reconcile_cards", b.clock.Now()); err != nil || !inserted {
			t.Fatal(inserted, err)
		}
		done()
	}
	see := func() (out []string, all []store.CardDifference) {
		t.Helper()
		_, all, err := b.s.CardDay(t.Context(), day)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			out = append(out, fmt.Sprintf("%s %s %s gone %t settled %q", d.Kind, d.Reference, d.Order, !d.GoneAt.IsZero(), d.SettledBy))
		}
		slices.Sort(out)
		return out, all
	}
	tasks := func() (out []string) {
		t.Helper()
		all, err := b.s.Tasks(t.Context(), store.TaskFilter{Why: rules.WhyPayment}, b.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			out = append(out, x.Key+" "+x.Reasons[0].Message)
		}
		return out
	}
	morning("2026-11-25")
	waits := []string{"missing_there lost " + string(lost.Number) + ` gone false settled ""`, `not_answered silent ` + string(b.orderOf("silent")) + ` gone false settled ""`}
	got, all := see()
	if !slices.Equal(got, waits) {
		t.Fatalf("found %q, want %q", got, waits)
	}
	if got := tasks(); !slices.Equal(got, []string{"cards 20261124 1 differences between the card gateway's books and ours of 2026-11-24"}) {
		t.Fatalf("waits: %q", got)
	}
	runs, err := b.s.RunsBetween(t.Context(), "reconcile_cards", day.Start(), b.clock.Now(), 5)
	if err != nil || len(runs) != 1 || runs[0].FinishedAt.IsZero() || runs[0].CardOps != 3 || runs[0].CardDiffers != 1 || runs[0].CardUnanswered != 1 {
		t.Fatalf("%+v %v", runs, err)
	}
	i := slices.IndexFunc(all, func(d store.CardDifference) bool { return d.Kind == payment.MissingThere })
	if err := b.s.SettleCardDifference(t.Context(), all[i].ID, "受付", " ", b.clock.Now()); order.KindOf(err) != order.KindInvalid {
		t.Error("settled without a reason", err)
	}
	if err := b.s.SettleCardDifference(t.Context(), all[i].ID, "受付", "決済会社に確認済み", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := b.s.SettleCardDifference(t.Context(), all[i].ID, "別の者", "x", b.clock.Now()); order.KindOf(err) != order.KindConflict {
		t.Error("settled twice", err)
	}
	g.to["silent"] = false
	if err := b.s.CompareCardDay(t.Context(), day, "受付"); err != nil {
		t.Fatal(err)
	}
	done()
	g.to["silent"] = true
	if err := b.s.CompareCardDay(t.Context(), day, "受付"); err != nil {
		t.Fatal(err)
	}
	done()
	waits[0] = "missing_there lost " + string(lost.Number) + ` gone false settled "受付"`
	if got, _ := see(); !slices.Equal(got, waits) || len(tasks()) != 0 {
		t.Fatalf("compared again: %q, want %q; %q", got, waits, tasks())
	}
	g.to["silent"] = false
	morning("2026-11-26") // of the 25th, and again of the 24th
	waits[1] = `not_answered silent ` + string(b.orderOf("silent")) + ` gone true settled ""`
	if got, _ := see(); !slices.Equal(got, waits) {
		t.Fatalf("the next day: %q, want %q", got, waits)
	}
	if runs, _, err := b.s.CardDay(t.Context(), day); err != nil || len(runs) != 4 || runs[3].NotAnswered != 1 || runs[0].NotAnswered != 0 || runs[2].By != "受付" {
		t.Errorf("%+v %v", runs, err)
	}
}

// orderOf is the order of an authorisation.
func (b *till) orderOf(ref string) order.Number {
	b.Helper()
	all, err := b.s.Payments(b.Context(), store.PaymentFilter{Limit: 100})
	i := slices.IndexFunc(all, func(p store.Payment) bool { return p.Reference == ref })
	if err != nil || i < 0 {
		b.Fatal(ref, err)
	}
	return all[i].Order
}

// TestPAY1ReconcileAsksNoMore: a gateway that answers nothing is not asked about every operation.
func TestPAY1ReconcileAsksNoMore(t *testing.T) {
	t.Parallel()
	g := &counting{}
	ours := make([]payment.Booked, 50)
	for i := range ours {
		ours[i] = payment.Booked{Request: payment.Request{Key: strconv.Itoa(i), Kind: payment.Capture, Reference: "a", Yen: 1}, Done: true}
	}
	found := payment.Reconcile(t.Context(), g, nil, ours)
	if len(found) != 50 || found[0].Kind != payment.NotAnswered || found[49].Kind != payment.NotAnswered || g.n != 3 {
		t.Errorf("%d found, asked %d times", len(found), g.n)
	}
}

type counting struct {
	payment.Invoice
	n int
}

func (g *counting) Status(context.Context, payment.Request) payment.Answer {
	g.n++
	return payment.Answer{Outcome: payment.Uncertain}
}
