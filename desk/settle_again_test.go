package desk_test

import (
	"net/http"
	"net/url"
	"testing"

	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// TestJoinedOnceMore: pages joined in a chain and taken apart in the middle are each ordered once.
func TestJoinedOnceMore(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	tokyo := storetest.Code(storetest.Tokyo)
	paper, pen, tea := storetest.Code(storetest.Paper), storetest.Code(storetest.Pen), storetest.Code(storetest.Tea)
	lines := func(name string) (out []string) {
		t.Helper()
		r, err := o.st.GetReview(t.Context(), mustDocument(t, name), 1)
		if err != nil || r.Draft == nil {
			t.Fatal(err)
		}
		for _, f := range r.Draft.Fields {
			if f.Text == paper || f.Text == pen || f.Text == tea {
				out = append(out, f.Text)
			}
		}
		return out
	}
	join := func(name, to string) {
		t.Helper()
		if a := b.post("/desk/review/"+name+"/join", url.Values{"to": {to}}); a.location() != "/desk/review/"+to {
			t.Fatalf("%s is not joined: %d %s", name, a.status, a.body)
		}
	}
	reopen := func(name string) {
		t.Helper()
		if a := b.post("/desk/review/"+name+"/reopen", url.Values{"reason": {"別の注文でした"}}); a.status != http.StatusSeeOther {
			t.Fatalf("%s is not taken back: %d %s", name, a.status, a.body)
		}
	}
	first, second, third := o.clear(t, "one", tokyo, [2]string{paper, "5"}), o.clear(t, "two", tokyo, [2]string{pen, "10"}), o.clear(t, "three", tokyo, [2]string{tea, "3"})
	join(third, second)
	join(second, first)
	if p := o.pageState(t, third); p.JoinedTo != first {
		t.Fatalf("the third page is %+v", p)
	}
	reopen(second) // as it was: with the third page
	if got := lines(first); len(got) != 1 || got[0] != paper {
		t.Errorf("the first page has %v", got)
	}
	if got := lines(second); len(got) != 2 {
		t.Errorf("the second page has %v", got)
	}
	if p := o.pageState(t, third); p.State != store.PageJoined || p.JoinedTo != second {
		t.Errorf("the third page is %+v", p)
	}
	join(second, first)
	reopen(third) // now by itself: the second one has it no more
	reopen(second)
	for name, want := range map[string]string{first: paper, second: pen, third: tea} {
		if got := lines(name); len(got) != 1 || got[0] != want {
			t.Errorf("page %s has %v, want %s alone", name, got, want)
		}
		if a := b.post("/desk/review/"+name+"/settle", nil); a.status != http.StatusSeeOther {
			t.Fatalf("%s is not released: %s", name, a.body)
		}
	}
	var sum order.Yen
	orders, err := o.st.ListOrders(t.Context(), store.OrderFilter{})
	for _, x := range orders {
		sum += x.GoodsYen
	}
	items, errItems := o.st.FindItems(t.Context(), tokyo, order.DateOf(o.clock.Now()), paper, pen, tea)
	if err != nil || errItems != nil || sum != 5*items[paper].Price+10*items[pen].Price+3*items[tea].Price {
		t.Errorf("%d orders of %d yen (%v, %v)", len(orders), sum, err, errItems)
	}
}

// TestUndoOnAJoinedPage: a value taken back is what was read of its own page, never of the other one.
func TestUndoOnAJoinedPage(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	tokyo, paper, pen := storetest.Code(storetest.Tokyo), storetest.Code(storetest.Paper), storetest.Code(storetest.Pen)
	first, second := o.clear(t, "one", tokyo), o.clear(t, "two", tokyo, [2]string{pen, "10"})
	path := "/desk/review/" + first
	b.post(path+"/key", key("lines[1].item_code", paper))
	if a := b.post("/desk/review/"+second+"/join", url.Values{"to": {first}}); a.location() != path {
		t.Fatalf("not joined: %d %s", a.status, a.body)
	}
	b.post(path+"/undo", nil)
	r, err := o.st.GetReview(t.Context(), mustDocument(t, first), 1)
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Draft.Field("lines[1].item_code"); f == nil || f.Text != "" || f.Page != "" {
		t.Errorf("taken back it is %+v", f)
	}
}
