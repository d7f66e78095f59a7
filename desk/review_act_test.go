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

// TestClose: each way to close a page without an order, with its state and what is told.
func TestClose(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	for as, want := range map[string]struct {
		state store.ReviewState
		page  store.PageState
	}{
		"junk": {store.ReviewJunk, store.PageJunk}, "cover": {store.ReviewJunk, store.PageCover}, "advert": {store.ReviewJunk, store.PageJunk},
		"illegible": {store.ReviewJunk, store.PageJunk}, "done": {store.ReviewHandled, store.PageHandled},
	} {
		name := o.fax(t, as)
		path := "/desk/review/" + name
		if as == "done" {
			if a := b.post(path+"/close", url.Values{"as": {as}}); !strings.Contains(a.body, "どう対応したか") {
				t.Errorf("closed as dealt with without a word how: %d", a.status)
			}
		}
		if a := b.post(path+"/close", url.Values{"as": {as}, "reason": {"お電話で確認"}}); a.status != http.StatusSeeOther {
			t.Errorf("%s: %d %s", as, a.status, a.body)
			continue
		}
		r, err := o.st.GetReview(t.Context(), mustDocument(t, name), 1)
		pages, err2 := o.st.Pages(t.Context(), mustDocument(t, name))
		if err != nil || err2 != nil || r.State != want.state || pages[0].State != want.page {
			t.Errorf("%s: review %s, page %s (%v %v), want %s and %s", as, r.State, pages[0].State, err, err2, want.state, want.page)
		}
	}
	if a := b.post("/desk/review/"+o.fax(t, "other")+"/close", url.Values{"as": {"order"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown way to close got %d", a.status)
	}
}

// TestDropLine: a line is left out for a reason and taken in again; nothing is ordered by that.
func TestDropLine(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	name := o.fax(t, "one")
	path := "/desk/review/" + name
	b.post(path+"/key", key("lines[2].quantity", "7"))
	if a := b.post(path+"/drop", url.Values{"no": {"2"}}); !strings.Contains(a.body, `problem" role="alert"`) {
		t.Error("left out without a reason")
	}
	if a := b.post(path+"/drop", url.Values{"no": {"2"}, "reason": {"販売終了のためお客様了承"}}); !strings.Contains(a.body, "販売終了のためお客様了承") {
		t.Errorf("not left out: %d %s", a.status, a.body)
	}
	r, err := o.st.GetReview(t.Context(), mustDocument(t, name), 1)
	if err != nil || r.State != store.ReviewOpen || !r.Draft.Drops(2) {
		t.Errorf("review %+v (%v)", r, err)
	}
	b.post(path+"/drop", url.Values{"no": {"2"}, "keep": {"1"}})
	if r, err = o.st.GetReview(t.Context(), mustDocument(t, name), 1); err != nil || r.Draft.Drops(2) {
		t.Errorf("not taken in again: %v", err)
	}
	b.post(path+"/line", url.Values{"no": {"3"}, "code": {storetest.Code(storetest.Tea)}, "quantity": {"２"}})
	if r, err = o.st.GetReview(t.Context(), mustDocument(t, name), 1); err != nil || r.Draft.Field("lines[3].quantity") == nil || r.Draft.Field("lines[3].quantity").Text != "2" {
		t.Errorf("no line is added: %v", err)
	}
	if orders, err := o.st.ListOrders(t.Context(), store.OrderFilter{State: order.StateAccepted}); err != nil || len(orders) != 0 {
		t.Errorf("%d orders before release (%v)", len(orders), err)
	}
}
