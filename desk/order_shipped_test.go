package desk_test

import (
	"strings"
	"testing"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

// TestOrderPageTellsTracking: WHS-3, tracking numbers and delivery stand with the shipment.
func TestOrderPageTellsTracking(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	ctx, now := t.Context(), o.clock.Now()
	var one order.Order
	var ids []int64
	if err := o.st.InTx(ctx, func(tx *store.Tx) (err error) {
		if one, err = tx.Accept(ctx, storetest.Request(order.ChannelFax, now, storetest.Tokyo, storetest.Pen, 5), now); err != nil {
			return err
		}
		if _, err = tx.AllocateBatch(ctx, 10, false, now); err != nil {
			return err
		}
		ids, err = tx.ReleaseWave(ctx, storetest.At(t, order.DateOf(now).String()+" 18:30:00"))
		return err
	}); err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	l, err := o.st.GetPickList(ctx, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	today := order.DateOf(now)
	if err := o.st.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.IssuePickList(ctx, l, []store.NewIssue{{Format: "csv", FileName: "list.csv", Key: strings.Repeat("0", 64), SizeBytes: 1}}, now); err != nil {
			return err
		}
		_, problems, err := tx.ApplyResult(ctx, l.WarehouseCode, []rules.ResultRow{
			{Field: "a", Order: string(one.Number), LineNo: 1, Shipped: 5, Tracking: "4012-3456-7890 4012-3456-7891", ShippedOn: today, DeliveredOn: today},
		}, "東部倉庫", now)
		if len(problems) > 0 {
			t.Error(problems)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	profile := order.DefaultProfile(l.WarehouseCode)
	profile.Carrier, profile.TrackingURL = "はやぶさ急送", "https://hayabusa-kyuso.example/track?no={number}"
	if err := o.st.Import(ctx, order.Masters{Profiles: []order.WarehouseProfile{profile}}); err != nil {
		t.Fatal(err)
	}
	a := b.get("/desk/orders/" + string(one.Number))
	for _, want := range []string{"お問い合わせ番号", "4012-3456-7890", "4012-3456-7891", "お届け済み", "はやぶさ急送", `href="https://hayabusa-kyuso.example/track?no=401234567890" target="_blank" rel="noopener noreferrer"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(a.body, "配送日数による") {
		t.Error("the delivery was told, and the page says that it is reckoned")
	}
}
