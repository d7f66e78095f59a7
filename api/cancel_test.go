package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"todoke/api"
	"todoke/order"
	"todoke/store/storetest"
)

// TestCAN1: a shop front cancels its own orders up to and with the tenth minute, however often it
// asks, and is told the rule where it is too late.
func TestCAN1(t *testing.T) {
	t.Parallel()
	b := setup(t)
	auth := []string{"Authorization", "Bearer " + storetest.Token}
	place := func(key string) (o api.OrderAnswer) {
		if err := json.Unmarshal([]byte(b.place(t, key, orderOf(storetest.Tokyo, storetest.Pen, 3)).body), &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	in, late := place("k1"), place("k2")
	cancel := func(number string) answer {
		return b.do(t, http.MethodPost, "/v1/orders/"+number+"/cancel", "", auth...)
	}
	b.clock.Set(*in.CancelUntil)
	for range 2 {
		if got := cancel(in.Number); got.status != http.StatusOK || !strings.Contains(got.body, `"state":"cancelled"`) {
			t.Errorf("at the tenth minute: %d %s", got.status, got.body)
		}
	}
	b.clock.Set(in.CancelUntil.Add(time.Microsecond))
	if got := cancel(in.Number); got.status != http.StatusOK {
		t.Errorf("again, later: %d %s", got.status, got.body)
	}
	if got := cancel(late.Number); got.status != http.StatusConflict || !strings.Contains(got.body, `"rule":"CAN-1"`) || !strings.Contains(got.body, "return") {
		t.Errorf("too late: %d %s", got.status, got.body)
	}
	if got := cancel("1000000090"); got.status != http.StatusNotFound {
		t.Errorf("nobody's: %d %s", got.status, got.body)
	}
	if got := b.do(t, http.MethodPost, "/v1/orders/"+in.Number+"/cancel", ""); got.status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", got.status)
	}
	if got := b.do(t, http.MethodGet, "/v1/orders/"+in.Number+"/cancel", "", auth...); got.status != http.StatusMethodNotAllowed {
		t.Errorf("looked at: %d", got.status)
	}
}

// TestSTK3: what an inquiry promises is what ordering at the same instant gets.
func TestSTK3(t *testing.T) {
	t.Parallel()
	b := setup(t)
	auth := []string{"Authorization", "Bearer " + storetest.Token}
	ask := func(item, query string) (a api.AvailabilityAnswer, got answer) {
		got = b.do(t, http.MethodGet, "/v1/items/"+item+"/availability?"+query, "", auth...)
		if got.status == http.StatusOK {
			if err := json.Unmarshal([]byte(got.body), &a); err != nil {
				t.Fatal(err)
			}
		}
		return a, got
	}
	key := 0
	for _, at := range []string{"2026-11-24 10:00:00", "2026-11-24 13:00:01", "2026-11-24 17:30:00", "2026-11-24 17:30:01", "2026-11-27 18:00:00", "2026-11-28 12:00:00", "2026-12-29 18:00:00"} {
		b.clock.Set(storetest.At(t, at))
		for _, item := range []string{storetest.Pen, storetest.Desk, storetest.Stamp} {
			for _, customer := range []string{storetest.Tokyo, storetest.Osaka} {
				promised, got := ask(storetest.Code(item), "customer_code="+storetest.Code(customer))
				if got.status != http.StatusOK {
					t.Fatalf("%s: %d %s", at, got.status, got.body)
				}
				key++
				var o api.OrderAnswer
				if err := json.Unmarshal([]byte(b.place(t, "k"+string(rune('0'+key)), orderOf(customer, item, 1)).body), &o); err != nil || len(o.Shipments) != 1 {
					t.Fatal(err, o)
				}
				if o.Shipments[0].ArrivalOn != promised.ArrivalOn || o.AcceptanceOn != promised.AcceptanceOn {
					t.Errorf("%s, item %s: promised %s accepted %s, ordered %s accepted %s", at, item, promised.ArrivalOn, promised.AcceptanceOn, o.Shipments[0].ArrivalOn, o.AcceptanceOn)
				}
			}
		}
	}
	b.clock.Set(storetest.At(t, "2026-11-24 10:00:00"))
	pen := storetest.Code(storetest.Pen)
	if a, _ := ask(pen, "customer_code="+storetest.Code(storetest.Tokyo)+"&ship_to=001&quantity=151"); a.AvailableQty != 150 || a.Enough || a.RestockOn != "2026-12-07" || a.ArrivalQty != 150 || a.LikelyOn != "2026-12-08" {
		t.Errorf("more than there is: %+v", a)
	}
	if a, _ := ask(pen, "prefecture=大阪府&channel=fax"); a.Region != "KANSAI" || a.ArrivalOn != order.D(2026, 11, 25).String() {
		t.Errorf("to any place: %+v", a)
	}
	for query, want := range map[string]int{
		pen + "?ship_to=001": 422, pen + "?prefecture=朝日県": 422, "1000999?prefecture=大阪府": 404, pen + "?customer_code=99": 404,
		pen + "?prefecture=大阪府&quantity=0": 422, pen + "?prefecture=大阪府&channel=phone": 422, storetest.Code(storetest.OldPen) + "?prefecture=大阪府": 422,
	} {
		item, rest, _ := strings.Cut(query, "?")
		if _, got := ask(item, rest); got.status != want {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
	for query, want := range map[string]string{
		"":                                `"field":"customer_code"`,
		"quantity=2":                      `"field":"customer_code"`,
		"customer=1&prefecture=大阪府&qty=0": `[{"field":"customer","message":"the parameter is unknown: leave it out; known here are customer_code, `,
		"prefecture=大阪府&qty=0":            `"field":"qty"`,
	} {
		if _, got := ask(pen, query); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
}
