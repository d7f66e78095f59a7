package store_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"todoke/order"
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
