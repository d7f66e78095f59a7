package desk_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// again is a fax of clear readings: pen and tea, in that many of the first.
func (o *office) again(t *testing.T, name, pens string) string {
	t.Helper()
	id, _, err := o.st.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: name, ReceivedAt: o.clock.Now(), Bytes: []byte(name), FileName: name + ".tif"})
	if err != nil {
		t.Fatal(err)
	}
	quantity := sure("lines[1].quantity", pens)
	quantity.Area = &order.Area{X0: 40, Y0: 60, X1: 60, Y1: 75}
	return o.page(t, id, &order.Draft{Form: "order", Decision: order.DecisionReview, Fields: []order.DraftField{
		sure("customer_code", storetest.Code(storetest.Tokyo)),
		sure("lines[1].item_code", storetest.Code(storetest.Pen)), quantity,
		sure("lines[2].item_code", storetest.Code(storetest.Tea)), sure("lines[2].quantity", "3"),
	}}, order.Conflict("FAX-5", "suspected resend of document 1.1: x; see both with todoke review show 2.1"))
}

// TestResend: what may be another fax again is shown beside it and becomes no order before a person
// has said what it is.
func TestResend(t *testing.T) {
	t.Parallel()
	for as, want := range map[string]struct {
		state         store.ReviewState
		cancelled, in int // orders
	}{
		"resend":     {store.ReviewDuplicate, 0, 1},
		"addon":      {store.ReviewSettled, 0, 2},
		"correction": {store.ReviewSettled, 1, 2},
		"own":        {store.ReviewSettled, 0, 2},
	} {
		t.Run(as, func(t *testing.T) {
			t.Parallel()
			o, b, _ := openOffice(t)
			first := o.again(t, "first", "10")
			if a := b.post("/desk/review/"+first+"/settle", nil); a.status != http.StatusSeeOther {
				t.Fatalf("the first is not released: %d %s", a.status, a.body)
			}
			o.clock.Set(o.clock.Now().Add(time.Hour))
			name := o.again(t, "second", "12")
			path := "/desk/review/" + name
			a := b.get(path)
			for _, want := range []string{"/desk/image/" + first, "/desk/image/" + name, "商品は同じで数量が違います", `region differs" data-field="lines[1].quantity"`, ">12</td>"} {
				if !strings.Contains(a.body, want) {
					t.Errorf("no %s", want)
				}
			}
			if m := regexp.MustCompile(`<a href="(/desk/orders/\d+)" target`).FindStringSubmatch(a.body); m == nil || b.get(m[1]).status != http.StatusOK {
				t.Errorf("no way to the other one's order: %v", m)
			}
			if a := b.post(path+"/settle", nil); a.status == http.StatusSeeOther {
				t.Error("released before anybody said what it is")
			}
			if a := b.post(path+"/as", url.Values{"as": {as}, "of": {first}}); a.status != http.StatusSeeOther {
				t.Fatalf("not decided: %d %s", a.status, a.body)
			}
			r, err := o.st.GetReview(t.Context(), mustDocument(t, name), 1)
			if err != nil || r.State != want.state {
				t.Errorf("the review is %s (%v), want %s", r.State, err, want.state)
			}
			orders, err := o.st.ListOrders(t.Context(), store.OrderFilter{})
			cancelled := 0
			for _, o := range orders {
				if o.State == order.StateCancelled {
					cancelled++
				}
			}
			if err != nil || len(orders) != want.in || cancelled != want.cancelled {
				t.Errorf("%d orders, %d cancelled (%v), want %d and %d", len(orders), cancelled, err, want.in, want.cancelled)
			}
		})
	}
}

// TestResendByKey: a resend is decided by one key.
func TestResendByKey(t *testing.T) {
	t.Parallel()
	o, hanako, _ := openOffice(t)
	hanako.post("/desk/review/"+o.again(t, "first", "10")+"/settle", nil)
	o.clock.Set(o.clock.Now().Add(time.Hour))
	name := o.again(t, "second", "10")
	b := o.window(t, "ja")
	b.Open(o.URL + "/desk/review/" + name)
	ready(b, "decide")
	b.Shot(filepath.Join(t.ArtifactDir(), "resend.png"))
	b.Press("d")
	b.WaitFor("location.pathname === '/desk/queue'")
	if r, err := o.st.GetReview(t.Context(), mustDocument(t, name), 1); err != nil || r.State != store.ReviewDuplicate {
		t.Errorf("the review is %s (%v)", r.State, err)
	}
}

// TestReopenDuplicate: a page that was closed as sent again by mistake goes back to review, is asked
// about anew, and becomes an order. One that a correction replaced stays closed as long as the
// correction's order stands, and says why and what to do.
func TestReopenDuplicate(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	reason := url.Values{"reason": {"別の注文でした"}}
	first := o.again(t, "first", "10")
	b.post("/desk/review/"+first+"/settle", nil)
	o.clock.Set(o.clock.Now().Add(time.Hour))
	second := "/desk/review/" + o.again(t, "second", "10")
	b.post(second+"/as", url.Values{"as": {"resend"}, "of": {first}})
	if a := b.get(second); !strings.Contains(a.body, second+"/reopen") || !strings.Contains(a.body, "重複ではない") {
		t.Fatalf("a duplicate cannot be taken back: %s", a.body)
	}
	if a := b.post(second+"/reopen", reason); a.status != http.StatusSeeOther {
		t.Fatalf("not taken back: %d %s", a.status, a.body)
	}
	if a := b.post(second+"/settle", nil); a.status == http.StatusSeeOther {
		t.Error("nobody is asked again what it is")
	}
	if a := b.get("/desk/queue"); !strings.Contains(a.body, second) {
		t.Error("what was taken back is not in the queue")
	}
	if a := b.post(second+"/as", url.Values{"as": {"own"}, "of": {first}}); a.status != http.StatusSeeOther {
		t.Fatalf("not settled: %d %s", a.status, a.body)
	}

	// A page waits, is corrected by the next one, and is closed for that.
	o.clock.Set(o.clock.Now().Add(100 * 24 * time.Hour))
	b.signIn("hanako", secret)
	third := o.again(t, "third", "20")
	o.clock.Set(o.clock.Now().Add(time.Hour))
	fourth := o.again(t, "fourth", "30")
	if a := b.post("/desk/review/"+fourth+"/as", url.Values{"as": {"correction"}, "of": {third}}); a.status != http.StatusSeeOther {
		t.Fatalf("not corrected: %d %s", a.status, a.body)
	}
	a := b.get("/desk/review/" + third)
	if strings.Contains(a.body, third+"/reopen") || !strings.Contains(a.body, `href="/desk/review/`+fourth+`"`) || !strings.Contains(a.body, "先にその頁を確認に戻すか") {
		t.Errorf("a corrected page does not say why it stays closed: %s", a.body)
	}
	if a := b.post("/desk/review/"+third+"/reopen", reason); a.status != http.StatusConflict || !strings.Contains(a.body, "両方に代わります") {
		t.Errorf("a corrected page is ordered beside its correction: %d", a.status)
	}
	if a := b.post("/desk/review/"+fourth+"/reopen", reason); a.status != http.StatusSeeOther {
		t.Fatalf("the correction is not taken back: %d %s", a.status, a.body)
	}
	if a := b.post("/desk/review/"+third+"/reopen", reason); a.status != http.StatusSeeOther {
		t.Fatalf("the corrected page is not taken back: %d %s", a.status, a.body)
	}
}
