package worker_test

import (
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// unacknowledged is a list of the east warehouse that was sent and that nobody acknowledged.
func (o *outbox) unacknowledged(t *testing.T) store.PickList {
	t.Helper()
	ctx := t.Context()
	if err := o.s.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Accept(ctx, st.Request(order.ChannelFax, o.clock.Now(), st.Tokyo, st.Pen, 5), o.clock.Now()); err != nil {
			return err
		}
		_, err := tx.AllocateBatch(ctx, 10, false, o.clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	o.clock.Set(st.At(t, order.DateOf(o.clock.Now()).String()+" 18:30:00"))
	var ids []int64
	if err := o.s.InTx(ctx, func(tx *store.Tx) (err error) {
		ids, err = tx.ReleaseWave(ctx, o.clock.Now())
		return err
	}); err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	o.idle(t)
	l, err := o.s.GetPickList(ctx, ids[0])
	if err != nil || l.IssuedAt.IsZero() {
		t.Fatal(l, err)
	}
	return l
}

// TestPartnersAreChased: WHS-2, a list that nobody acknowledges is asked after by mail as often as the
// rules say, then the desk is told; an acknowledgement by any way ends it.
func TestPartnersAreChased(t *testing.T) {
	t.Parallel()
	for _, acknowledged := range []bool{false, true} {
		o := withOutbox(t)
		o.profile(t, func(p *order.WarehouseProfile) { p.ChaseMinutes, p.Contact = 20, "tantou@partner.example" })
		o.work(t)
		l := o.unacknowledged(t)
		asked := func() (n int) {
			for _, m := range o.a.Mails() {
				if m.To[0] == "tantou@partner.example" {
					n++
				}
			}
			return n
		}
		told := func() bool {
			tasks, err := o.s.Tasks(t.Context(), store.TaskFilter{Why: "picklist"}, o.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			counts, err := o.s.TaskCounts(t.Context(), o.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, c := range counts {
				if c.Why == "picklist" {
					n += c.N
				}
			}
			if n != len(tasks) {
				t.Errorf("%d counted, %d listed", n, len(tasks))
			}
			return n > 0
		}
		step := func(minutes, wantAsked int, wantTold bool) {
			t.Helper()
			o.tick(t, time.Duration(minutes)*time.Minute)
			if asked() != wantAsked || told() != wantTold {
				t.Fatalf("asked %d times, want %d; told %v, want %v", asked(), wantAsked, told(), wantTold)
			}
		}
		step(19, 0, false)
		step(1, 1, false)
		step(5, 1, false)
		if acknowledged {
			if err := o.s.AcknowledgePickList(t.Context(), l.ID, "by API", st.East, o.clock.Now()); err != nil {
				t.Fatal(err)
			}
			step(600, 1, false)
			continue
		}
		step(100, 2, false) // nothing ran for long: one mail, not two
		step(19, 2, false)
		step(1, 2, true)
		step(600, 2, true)
		notes, err := o.s.PickListNotes(t.Context(), l.ID)
		if err != nil || len(notes) != 3 || notes[0].Kind != "chased" || notes[0].Text != "asked by mail to tantou@partner.example" || !strings.Contains(notes[2].Text, "the desk") {
			t.Errorf("%+v, %v", notes, err)
		}
	}
}
