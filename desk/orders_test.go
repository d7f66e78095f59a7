package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

func (o *office) accept(t *testing.T, req order.Request) order.Order {
	t.Helper()
	var got order.Order
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) (err error) {
		got, err = tx.Accept(t.Context(), req, o.clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestOrders: the list finds, narrows, and goes straight to the one order whose number was typed.
func TestOrders(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	now := o.clock.Now()
	one := o.accept(t, storetest.Request(order.ChannelFax, now, storetest.Tokyo, storetest.Paper, 10))
	two := o.accept(t, storetest.Request(order.ChannelWeb, now, storetest.Osaka, storetest.Pen, 30))

	find := func(q string) answer { return b.get("/desk/orders?q=" + url.QueryEscape(q)) }
	a := b.get("/desk/orders")
	if a.status != http.StatusOK || !strings.Contains(a.body, one.Number.Grouped()) || !strings.Contains(a.body, two.Number.Grouped()) || !strings.Contains(a.body, "受付") {
		t.Fatalf("the list: %d %s", a.status, a.body)
	}
	if strings.Contains(a.body, "<script>") || strings.Contains(a.body, "style=") {
		t.Error("the page has script or style inline")
	}
	if a := find(one.Number.Grouped()); a.location() != "/desk/orders/"+string(one.Number) {
		t.Errorf("a number leads to %q", a.location())
	}
	for q, want := range map[string]order.Order{"ボールペン": two, "総務": one, "06-1234-5678": two, "4,500円": one} {
		other := one
		if want.Number == one.Number {
			other = two
		}
		if a := find(q); !strings.Contains(a.body, want.Number.Grouped()) || strings.Contains(a.body, other.Number.Grouped()) {
			t.Errorf("%q does not find %s alone", q, want.Number)
		}
	}
	wrong := []byte(one.Number)
	wrong[9] = '0' + (wrong[9]-'0'+1)%10
	if a := find(string(wrong)); !strings.Contains(a.body, "検査数字が合いません") {
		t.Error("a wrong number is not told")
	}
	if a := b.get("/desk/orders?channel=web&state=accepted"); strings.Contains(a.body, one.Number.Grouped()) || !strings.Contains(a.body, two.Number.Grouped()) {
		t.Error("the list is not narrowed")
	}
	if a := find("<b>x"); strings.Contains(a.body, "<b>x") {
		t.Error("what was typed is not escaped")
	}
}
