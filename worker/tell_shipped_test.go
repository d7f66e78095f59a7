package worker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestWHS3ShippingNotice: a web customer is told once that a shipment left, with the tracking number
// as soon as it is there, and the shipment counts as delivered by the carrier's days.
func TestWHS3ShippingNotice(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ctx := t.Context()
	d, err := b.s.GetDepartment(ctx, st.Code(st.Tokyo))
	if err != nil {
		t.Fatal(err)
	}
	d.Email = "soumu@aoba.example.jp"
	if err := b.s.ImportCustomers(ctx, []order.Department{d}); err != nil {
		t.Fatal(err)
	}
	profile := order.DefaultProfile(st.East)
	profile.Carrier, profile.TrackingURL = "はやて便", "https://hayate.example/track?no={number}"
	if err := b.s.Import(ctx, order.Masters{Profiles: []order.WarehouseProfile{profile}}); err != nil {
		t.Fatal(err)
	}
	var numbers []order.Number
	for _, key := range []string{"a", "b"} {
		w, err := b.s.PlaceWebOrder(ctx, store.WebOrder{ShopFront: st.Front, Key: key, Body: []byte("{}"), Request: st.Request(order.ChannelWeb, b.clock.Now(), st.Tokyo, st.Pen, 20)}, b.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, w.Order.Number)
	}
	b.work(t)
	if _, err := b.s.Tick(ctx, st.At(t, "2026-11-24 10:01:00")); err != nil {
		t.Fatal(err)
	}
	b.clock.Set(st.At(t, "2026-11-24 17:42:00"))
	if _, err := b.s.Tick(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.idle(t)
	told := func() []string {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(b.out, d.Email, "*"))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "発送のお知らせ") || strings.Contains(string(text), "発送いたしました") {
				out = append(out, string(text))
			}
		}
		return out
	}
	report := func(rows ...rules.ResultRow) {
		t.Helper()
		if err := b.s.InTx(ctx, func(tx *store.Tx) error {
			_, problems, err := tx.ApplyResult(ctx, st.East, rows, "東部倉庫", b.clock.Now())
			if len(problems) > 0 {
				t.Error(problems)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.s.Tick(ctx, b.clock.Now()); err != nil {
			t.Fatal(err)
		}
		b.idle(t)
	}
	b.clock.Set(st.At(t, "2026-11-24 19:00:00"))
	first := rules.ResultRow{Field: "a", Order: string(numbers[0]), LineNo: 1, Shipped: 20, Tracking: "4012-3456-7890"}
	second := rules.ResultRow{Field: "b", Order: string(numbers[1]), LineNo: 1, Shipped: 20}
	report(first, second)
	mails := told()
	if len(mails) != 1 || !strings.Contains(mails[0], "お問い合わせ番号：4012-3456-7890\n　https://hayate.example/track?no=401234567890\n") ||
		!strings.Contains(mails[0], "配送会社　　　：はやて便") || !strings.Contains(mails[0], numbers[0].Grouped()) || !strings.Contains(mails[0], "20個") {
		t.Fatalf("%d mails: %v", len(mails), mails)
	}
	// The number of the other comes later: the mail waited for it.
	b.clock.Set(st.At(t, "2026-11-24 19:30:00"))
	second.Tracking = "4012-3456-7891"
	report(first, second)
	if mails = told(); len(mails) != 2 {
		t.Fatalf("%d mails", len(mails))
	}
	// When the other comes cannot be told today: it is looked at again tomorrow, not at every tick.
	region := func(code string) {
		t.Helper()
		if _, err := b.s.Pool().Exec(ctx, `UPDATE orders SET region_code = $2 WHERE number = $1`, numbers[1], code); err != nil {
			t.Fatal(err)
		}
	}
	region("GONE")
	b.clock.Set(st.At(t, "2026-11-26 09:00:00"))
	report(first)
	var waits int
	if _, err := b.s.Tick(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := b.s.Pool().QueryRow(ctx, `SELECT count(*) FROM river_job WHERE kind = 'tell_shipped' AND state <> 'completed'`).Scan(&waits); err != nil || waits != 0 {
		t.Errorf("%d jobs for a shipment that is looked at tomorrow (%v)", waits, err)
	}
	b.idle(t)
	if o, err := b.s.GetOrder(ctx, numbers[1]); err != nil || !o.Shipments[0].DeliveredOn.IsZero() {
		t.Errorf("%+v %v", o.Shipments, err)
	}
	if n := len(told()); n != 2 {
		t.Errorf("told again: %d mails", n)
	}
	o, err := b.s.GetOrder(ctx, numbers[0])
	if err != nil || o.Shipments[0].DeliveredOn != o.Shipments[0].ArrivalOn || o.Shipments[0].DeliveredBy != order.DeliveredByLeadTime {
		t.Errorf("%+v %v", o.Shipments, err)
	}
	region("KANTO")
	b.clock.Set(st.At(t, "2026-11-27 09:00:00"))
	report(first)
	if o, err := b.s.GetOrder(ctx, numbers[1]); err != nil || o.Shipments[0].DeliveredOn != o.Shipments[0].ArrivalOn {
		t.Errorf("%+v %v", o.Shipments, err)
	}
	b.audit(t)
}
