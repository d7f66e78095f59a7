package store_test

import (
	"testing"
	"time"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// FAX-3: what is being sent at this moment goes no other way as well; once it was cut off, or has
// been redirected, one of the two ways alone is left.
func TestRedirectWhileItIsSent(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	key, err := s.Blobs().Put([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		id, _, err := tx.Issue(t.Context(), store.NewIssue{Kind: "order_acknowledgement", Number: "1", Format: "txt", FileName: "1.txt", Key: key, SizeBytes: 1, Party: st.Code(st.Tokyo)}, clock.Now())
		if err != nil {
			return err
		}
		return tx.Send(t.Context(), id, store.Recipient{Channel: "fax", Address: "0399999999"}, clock.Now())
	}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Deliveries(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	begin := func(no int) (ok bool) {
		t.Helper()
		if err := s.InTx(t.Context(), func(tx *store.Tx) (err error) {
			ok, err = tx.BeginAttempt(t.Context(), all[0].ID, store.DeliveryAttempt{No: no, Way: "gateway", MessageID: "m@x", ClaimedAt: clock.Now()})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if !begin(1) {
		t.Fatal("it is not sent")
	}
	redirect := func() error {
		_, err := s.RedirectDelivery(t.Context(), all[0].ID, "fax", "鈴木", "番号の変更", clock.Now())
		return err
	}
	if err := redirect(); order.KindOf(err) != order.KindConflict {
		t.Errorf("sent both ways at once: %v", err)
	}
	clock.Set(clock.Now().Add(24 * time.Hour)) // its process died
	if err := redirect(); err != nil {
		t.Fatal(err)
	}
	if begin(2) {
		t.Error("what was redirected is sent all the same")
	}
	if ways, err := s.DeliveriesOfIssued(t.Context(), all[0].IssuedID); err != nil || len(ways) != 2 || ways[0].State != store.DeliveryResent || ways[1].State != store.DeliveryWaiting || ways[1].Recipient != "0312345678" {
		t.Errorf("%+v %v", ways, err)
	}
}
