package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"todoke/desk"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
	"todoke/worker"
)

// TestOrderPageTellsTracking: WHS-3, tracking numbers and delivery stand with the shipment.
func TestOrderPageTellsTracking(t *testing.T) {
	t.Parallel()
	var o *office
	o = newOfficeOf(t, desk.Config{FaxShipped: func(ctx context.Context, shipment int64, by, reason string) error {
		return worker.Config{Store: o.st, ShopName: "つばめ事務用品"}.FaxShipped(ctx, shipment, by, reason)
	}})
	storetest.Shop(t, o.st)
	o.hire(t, "hanako", store.RoleDesk)
	b := o.browser(t)
	b.signIn("hanako", secret)
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

	// On request the customer is told by fax, once, at the registered number.
	notice := "/desk/orders/" + string(one.Number) + "/notice/1"
	if !strings.Contains(a.body, notice) {
		t.Error("the page offers no fax")
	}
	if a := b.post(notice, nil); a.status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", a.status)
	}
	if a := b.post(notice, url.Values{"reason": {"お電話でのご希望"}}); a.status != http.StatusSeeOther {
		t.Errorf("by fax: %d %s", a.status, a.body)
	}
	if a := b.post(notice, url.Values{"reason": {"もう一度"}}); a.status != http.StatusConflict {
		t.Errorf("by fax twice: %d", a.status)
	}
	if a := b.post("/desk/orders/"+string(one.Number)+"/notice/9", url.Values{"reason": {"x"}}); a.status != http.StatusNotFound {
		t.Errorf("of no shipment: %d", a.status)
	}
	about, err := o.st.IssuedAbout(ctx, one.ID, 0)
	if err != nil || len(about) != 1 || about[0].Kind != "shipping_notice" || about[0].Channel != "fax" || about[0].Format != "pdf" {
		t.Errorf("issued %+v, %v", about, err)
	}
	if a := b.get("/desk/orders/" + string(one.Number)); !strings.Contains(a.body, "ファクスでお送りします：お電話でのご希望") {
		t.Error("the history does not tell of the fax")
	}
}
