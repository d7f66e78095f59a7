package desk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store/storetest"
)

// TestPreviewChange: what a change would make of an order is shown before anything is cancelled, with
// the wish that cannot be kept.
func TestPreviewChange(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	one := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	path := "/desk/orders/" + string(one.Number)
	if a := b.get(path); !strings.Contains(a.body, `value="preview"`) || strings.Contains(a.body, `value="change"`) || !strings.Contains(a.body, "お客様にFAXで知らせます") {
		t.Fatalf("the page changes at one click, or does not say that it tells the customer: %s", a.body)
	}
	today := act("preview", "お急ぎとの電話")
	today.Set("designated_on", order.DateOf(o.clock.Now()).String())
	today.Set("qty-1", "20")
	a := b.post(path+"/act", today)
	for _, want := range []string{"にはお届けできません", "のお届けになります", "この内容で変更する", `name="act" value="change"`, `name="qty-1" value="20"`, "9,000円", "お急ぎとの電話"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the preview lacks %q", want)
		}
	}
	if a.status != http.StatusOK || strings.Contains(a.body, `name="act" value="preview"><input`) {
		t.Fatal(a.status)
	}
	if got, err := o.st.GetOrder(t.Context(), one.Number); err != nil || got.State == order.StateCancelled || got.Lines[0].Qty != 10 {
		t.Fatalf("a preview changed the order: %+v (%v)", got, err)
	}
	if all := b.get("/desk/orders"); strings.Count(all.body, `id="order-`) != 1 {
		t.Error("a preview left an order behind")
	}
	odd := act("preview", "x")
	odd.Set("qty-1", "7") // in multiples of 5
	if a := b.post(path+"/act", odd); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "ITM-1") {
		t.Errorf("a quantity that does not fit: %d", a.status)
	}
	today.Set("act", "change")
	if a := b.post(path+"/act", today); a.status != http.StatusSeeOther || a.location() == path {
		t.Fatalf("not changed: %d %s", a.status, a.body)
	}
}

// TestHoldQuietly: a hold and its release tell the customer unless whoever does it wishes otherwise.
func TestHoldQuietly(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	one := o.accept(t, storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	path := "/desk/orders/" + string(one.Number)
	wanted := func() int {
		var n int
		if err := o.st.Pool().QueryRow(context.WithoutCancel(t.Context()), "SELECT version FROM answers").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := wanted()
	quiet := act("hold", "社内で確認")
	quiet.Set("quiet", "yes")
	b.post(path+"/act", quiet)
	if a := b.get(path); !strings.Contains(a.body, "保留にしました。お客様には知らせません。") || !strings.Contains(a.body, "お客様にメールで知らせます") {
		t.Errorf("it is not said who is told: %s", a.body)
	}
	quiet.Set("act", "free")
	b.post(path+"/act", quiet)
	if n := wanted(); n != before {
		t.Errorf("told of a quiet hold: %d after %d", n, before)
	}
	b.post(path+"/act", act("hold", "お客様に確認"))
	if a := b.get(path); !strings.Contains(a.body, "保留にしました。お客様に知らせます。") || wanted() == before {
		t.Error("a hold is not told")
	}
}
