package worker_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"todoke/ingest/form"
	"todoke/jobs"
	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
	"todoke/worker"
)

func (b *bundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := b.s.Pool().Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// inReview tells that a person must look at the document, and that no job is left behind.
func (b *bundle) inReview(t *testing.T, id int64) {
	t.Helper()
	d, err := b.s.GetDocument(t.Context(), id)
	if err != nil || d.State != store.DocumentReview {
		t.Errorf("document is %s (%s), %v: want a review", d.State, d.Detail, err)
	}
	var dead int
	if err := b.s.Pool().QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE state <> 'completed'`).Scan(&dead); err != nil || dead != 0 {
		t.Errorf("%d jobs are not completed, %v", dead, err)
	}
	b.audit(t)
}

// TestADocumentThatKillsTheProgram: attempts that left no trace but their number.
func TestADocumentThatKillsTheProgram(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	var reads atomic.Int32
	b.cfg.Read = func(form.Page, form.Knowledge) order.Draft { reads.Add(1); return order.Draft{} }
	id := b.add(t, "killer.tif", page(t, 1, wOrder))
	b.exec(t, `UPDATE river_job SET attempt = max_attempts - 1`)
	b.work(t)
	b.inReview(t, id)
	if reads.Load() != 0 {
		t.Error("it was read once more")
	}
}

// TestADocumentThatTakesTooLong must not be tried for hours and then be forgotten.
func TestADocumentThatTakesTooLong(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	b.cfg.ReadTimeout = 500 * time.Millisecond
	b.cfg.Read = func(form.Page, form.Knowledge) order.Draft {
		<-time.After(2 * b.cfg.ReadTimeout)
		return order.Draft{}
	}
	id := b.add(t, "long.tif", page(t, 1, wOrder))
	b.exec(t, `UPDATE river_job SET attempt = 1`) // the attempt before this one took too long, too
	b.work(t)
	b.inReview(t, id)
}

// TestTheLastWaveTakesWhatHasJustCome: the order's allocation has not started when the wave does.
func TestTheLastWaveTakesWhatHasJustCome(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	now := st.At(t, "2026-11-24 16:59:00")
	var o order.Order
	err := b.s.InTx(t.Context(), func(tx *store.Tx) error {
		var err error
		o, err = tx.Accept(t.Context(), st.Request(order.ChannelFax, now, st.Tokyo, st.Pen, 1), now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.exec(t, `DELETE FROM river_job`)
	b.clock.Set(st.At(t, "2026-11-24 18:30:00"))
	if _, inserted, err := b.s.RunSchedule(t.Context(), "wave_1830", b.clock.Now()); err != nil || !inserted {
		t.Fatal(inserted, err)
	}
	b.work(t)
	if o, err = b.s.GetOrderByID(t.Context(), o.ID); err != nil || o.State != order.StateReleased {
		t.Errorf("order is %s, %v", o.State, err)
	}
	b.audit(t)
}

// TestDeliveriesAreTriedForDays: a partner's folder that is away for hours must not make the
// list wait for hours more, nor be given up over a weekend.
func TestDeliveriesAreTriedForDays(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	b.cfg.Deliver = "/dev/null/nowhere"
	now := b.clock.Now()
	err := b.s.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Accept(t.Context(), st.Request(order.ChannelFax, now, st.Tokyo, st.Pen, 1), now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Set(st.At(t, "2026-11-24 18:30:00"))
	if _, _, err := b.s.RunSchedule(t.Context(), "wave_1830", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if b.client, err = worker.Client(b.cfg); err != nil {
		t.Fatal(err)
	}
	failed, cancel := b.client.Subscribe(river.EventKindJobFailed)
	defer cancel()
	b.start(t)
	wait := func() {
		t.Helper()
		for range 2 { // workbook and PDF
			select {
			case e := <-failed:
				if e.Job.Kind != "deliver_document" {
					t.Fatalf("%s failed: %+v", e.Job.Kind, e.Job.Errors)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("no delivery failed")
			}
		}
	}
	wait()
	b.exec(t, `UPDATE river_job SET state = 'available', scheduled_at = now(), attempt = 20,
		errors = array_fill('{"at": "2026-11-24T00:00:00Z", "attempt": 1, "error": "x", "trace": ""}'::jsonb, ARRAY[20]) WHERE kind = 'deliver_document' AND state <> 'completed'`)
	wait()
	var pause, most int
	if err := b.s.Pool().QueryRow(t.Context(), `SELECT max(extract(epoch FROM scheduled_at - attempted_at))::int, min(max_attempts)
		FROM river_job WHERE kind = 'deliver_document' AND state = 'retryable'`).Scan(&pause, &most); err != nil {
		t.Fatal(err)
	}
	if slowest := int(jobs.SlowestRetry.Seconds()); pause > slowest*5/4 || pause < slowest/2 || most*slowest < 2*24*3600 {
		t.Errorf("after 21 failures the next attempt comes in %d s, of %d", pause, most)
	}
}

// TestWhatWasGivenUpIsTriedAgain: a list that could not be delivered leaves after all.
func TestWhatWasGivenUpIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	out := b.cfg.Deliver
	b.cfg.Deliver = "" // a permanent error
	now := b.clock.Now()
	err := b.s.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Accept(t.Context(), st.Request(order.ChannelFax, now, st.Tokyo, st.Pen, 1), now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Set(st.At(t, "2026-11-24 18:30:00"))
	if _, _, err := b.s.RunSchedule(t.Context(), "wave_1830", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.work(t)
	given := map[string]int{}
	entries, err := b.s.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		given[e.Kind]++
	}
	if given["delivery"] != 3 || given["job"] != 3 { // the list twice and its slips; the acknowledgement left by fax
		t.Fatalf("the ledger shows %v", entries)
	}
	if err := b.client.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.cfg.Deliver = out
	if n, err := b.s.RetryGivenUp(t.Context()); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	b.work(t)
	if entries, err := b.s.Ledger(t.Context()); err != nil || len(entries) != 1 || entries[0].Kind != "pick_list" || entries[0].State != "issued" {
		t.Errorf("left over: %v, %v", entries, err)
	}
	b.audit(t)
}
