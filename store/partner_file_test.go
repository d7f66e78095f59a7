package store_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

// TestPartnerFileIsTakenOnce: WHS-2, a partner's file is one however often it comes, and by whatever way.
func TestPartnerFileIsTakenOnce(t *testing.T) {
	t.Parallel()
	s, clock := storetest.NewShop(t)
	f := store.NewPartnerFile{WarehouseCode: storetest.East, Channel: store.PartnerSFTP, Name: `C:\out\results_1.csv`, Sender: "sftp://e1", Bytes: []byte("order,line\r\n")}
	first, again, err := s.ReceivePartnerFile(t.Context(), f, clock.Now())
	if err != nil || again || first.ID == 0 || first.Name != "results_1.csv" || first.State != store.PartnerFileReceived {
		t.Fatalf("%+v, %v, %v", first, again, err)
	}
	f.Channel, f.Name = store.PartnerAPI, "another name.csv"
	second, again, err := s.ReceivePartnerFile(t.Context(), f, clock.Now())
	if err != nil || !again || !reflect.DeepEqual(second, first) {
		t.Errorf("%+v, %v, %v: want %+v", second, again, err, first)
	}
	f.WarehouseCode = storetest.West
	if other, again, err := s.ReceivePartnerFile(t.Context(), f, clock.Now()); err != nil || again || other.ID == first.ID {
		t.Errorf("another warehouse's: %+v, %v, %v", other, again, err)
	}
	if b, err := s.Blobs().Get(first.SHA256); err != nil || !bytes.Equal(b, f.Bytes) {
		t.Errorf("%q, %v", b, err)
	}
	settle := func() error {
		return s.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.SettlePartnerFile(t.Context(), first.ID, store.PartnerFileRefused, "line 2: no such order", clock.Now())
		})
	}
	if err := settle(); err != nil {
		t.Fatal(err)
	}
	if err := settle(); order.KindOf(err) != order.KindConflict {
		t.Errorf("settled twice: %v", err)
	}
	if refused, err := s.PartnerFiles(t.Context(), storetest.East, store.PartnerFileRefused, 9); err != nil || len(refused) != 1 || refused[0].Error != "line 2: no such order" {
		t.Errorf("%+v, %v", refused, err)
	}
}

func TestPartnerFileIsRefused(t *testing.T) {
	t.Parallel()
	s, clock := storetest.NewShop(t)
	good := store.NewPartnerFile{WarehouseCode: storetest.East, Channel: store.PartnerAPI, Name: "a.csv", Bytes: []byte("a")}
	for name, spoil := range map[string]func(*store.NewPartnerFile){
		"empty":     func(f *store.NewPartnerFile) { f.Bytes = nil },
		"large":     func(f *store.NewPartnerFile) { f.Bytes = make([]byte, store.MaxPartnerFile+1) },
		"channel":   func(f *store.NewPartnerFile) { f.Channel = "pigeon" },
		"name":      func(f *store.NewPartnerFile) { f.Name = " " },
		"warehouse": func(f *store.NewPartnerFile) { f.WarehouseCode = "X9" },
	} {
		f := good
		spoil(&f)
		_, _, err := s.ReceivePartnerFile(t.Context(), f, clock.Now())
		if e, ok := errors.AsType[*order.Error](err); !ok || e.Kind != order.KindInvalid && e.Kind != order.KindNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if files, err := s.PartnerFiles(t.Context(), "", "", 9); err != nil || len(files) != 0 {
		t.Errorf("%+v, %v", files, err)
	}
}

// TestWHS2SameCountAnotherDay: a count without times of its own holds as of when it came, so that the
// same bytes in another sending are another count; the same sending is one, and so is all else.
func TestWHS2SameCountAnotherDay(t *testing.T) {
	t.Parallel()
	s, clock := storetest.NewShop(t)
	ctx := t.Context()
	pen := storetest.Code(storetest.Pen)
	comes := func(channel, sent, key string) (store.PartnerFile, bool, error) {
		return s.ReceivePartnerFile(ctx, store.NewPartnerFile{
			WarehouseCode: storetest.East, Channel: channel, Name: "tana.csv", Sender: "x", Bytes: []byte(pen + ",100\r\n"), Transmission: sent, Key: key,
		}, clock.Now())
	}
	apply := func(f store.PartnerFile, rows store.PartnerRows) store.PartnerOutcome {
		t.Helper()
		var out store.PartnerOutcome
		if err := s.InTx(ctx, func(tx *store.Tx) (err error) {
			var problems []*order.Error
			if out, problems, err = tx.ApplyPartnerFile(ctx, f, rows, clock.Now()); len(problems) > 0 {
				t.Error(problems)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	count := func(at time.Time) store.PartnerRows {
		return store.PartnerRows{Kind: store.PartnerCount, Counts: []rules.CountRow{{Field: "line 2", ItemCode: pen, OnHand: 100, At: at}}}
	}
	monday, _, err := comes(store.PartnerSFTP, "sftp 1", "")
	if err != nil {
		t.Fatal(err)
	}
	if out := apply(monday, count(time.Time{})); out.Count.Same != 1 {
		t.Fatalf("%+v", out.Count)
	}
	clock.Set(storetest.At(t, "2026-11-25 09:00:00"))
	if err := s.ImportStock(ctx, []order.StockLevel{{WarehouseCode: storetest.East, ItemCode: pen, OnHand: 90}}); err != nil {
		t.Fatal(err)
	}
	clock.Set(storetest.At(t, "2026-11-26 19:00:00"))
	// What was seen before, and what nothing names as another sending, is Monday's file.
	for _, sent := range []string{"sftp 1", ""} {
		if f, again, err := comes(store.PartnerSFTP, sent, ""); err != nil || !again || f.ID != monday.ID || !f.Undated {
			t.Errorf("%q: %+v %v %v", sent, f, again, err)
		}
	}
	if f, again, err := comes(store.PartnerDesk, "", ""); err != nil || !again || f.ID != monday.ID {
		t.Errorf("by hand: %+v %v %v", f, again, err)
	}
	wednesday, again, err := comes(store.PartnerMail, "mail 2", "")
	if err != nil || again || wednesday.ID == monday.ID {
		t.Fatalf("lost: %+v %v %v", wednesday, again, err)
	}
	// Sent once more before it is read, it counts as of when it came last.
	clock.Set(storetest.At(t, "2026-11-26 20:00:00"))
	if f, again, err := comes(store.PartnerSFTP, "sftp 3", ""); err != nil || !again || f.ID != wednesday.ID || !f.ReceivedAt.Equal(clock.Now()) {
		t.Errorf("%+v %v %v", f, again, err)
	}
	if out := apply(wednesday, count(time.Time{})); out.Count.Set != 1 || !out.Count.Changes[0].CountedAt.Equal(clock.Now()) {
		t.Errorf("%+v", out.Count)
	}
	if onHand, _ := stockOf(t, s, storetest.East, storetest.Pen); onHand != 100 {
		t.Errorf("%d on hand", onHand)
	}
	for _, sent := range []string{"sftp 1", "mail 2", "sftp 3"} {
		if f, again, err := comes(store.PartnerSFTP, sent, ""); err != nil || !again || f.State != store.PartnerFileApplied {
			t.Errorf("%q: %+v %v %v", sent, f, again, err)
		}
	}
	// By key, as systems send it.
	keyed, again, err := comes(store.PartnerAPI, "", "K1")
	if err != nil || again {
		t.Fatalf("%+v %v", keyed, err)
	}
	if _, _, err := comes(store.PartnerAPI, "", "K2"); order.KindOf(err) != order.KindTemporary {
		t.Errorf("while the first is read: %v", err)
	}
	if f, again, err := comes(store.PartnerAPI, "", "K1"); err != nil || !again || f.ID != keyed.ID {
		t.Errorf("%+v %v %v", f, again, err)
	}
	// A count with its own times says the same however often it comes.
	apply(keyed, count(clock.Now()))
	if f, again, err := comes(store.PartnerMail, "mail 9", ""); err != nil || !again || f.ID != keyed.ID || f.Undated {
		t.Errorf("%+v %v %v", f, again, err)
	}
	audit(t, s)
}

// TestWHS2RefusedCountComesLater: a count that was refused and comes once more holds as of then.
func TestWHS2RefusedCountComesLater(t *testing.T) {
	t.Parallel()
	s, clock := storetest.NewShop(t)
	ctx := t.Context()
	comes := func(sent string) store.PartnerFile {
		t.Helper()
		f, _, err := s.ReceivePartnerFile(ctx, store.NewPartnerFile{WarehouseCode: storetest.East, Channel: store.PartnerSFTP, Name: "tana.csv", Sender: "x", Bytes: []byte("a"), Transmission: sent}, clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	first := comes("sftp 1")
	if err := s.InTx(ctx, func(tx *store.Tx) error {
		return tx.RefusePartnerFile(ctx, first.ID, store.PartnerCount, 1, []byte(`[{"message":"x"}]`), "x", clock.Now())
	}); err != nil {
		t.Fatal(err)
	}
	clock.Set(storetest.At(t, "2026-11-26 19:00:00"))
	if f := comes("sftp 1"); f.State != store.PartnerFileRefused {
		t.Errorf("the same sending is read once more: %+v", f)
	}
	if f := comes("sftp 2"); f.ID != first.ID || f.State != store.PartnerFileReceived || !f.ReceivedAt.Equal(clock.Now()) {
		t.Errorf("%+v", f)
	}
}
