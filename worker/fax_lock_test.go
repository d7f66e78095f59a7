package worker_test

import (
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// LCK-1: a faxed order with an item that its customer may not order goes to review at that line; a
// person leaves the line out, and nothing else brings it into an order.
func TestLockedItemOnAFaxGoesToReview(t *testing.T) {
	t.Parallel()
	d := drafts()
	draft := d[wOrder]
	draft.Fields = append(draft.Fields[:3:3], field("lines[2].item_code", st.Code(st.Pen), order.DecisionAccept), field("lines[2].quantity", "3", order.DecisionAccept))
	d[wOrder] = draft
	b := setup(t, d)
	if err := b.s.Import(t.Context(), order.Masters{Locks: []order.LockRow{{DepartmentCode: st.Code(st.Tokyo), ItemCode: st.Code(st.Pen), Reason: "総務部で購入"}}}); err != nil {
		t.Fatal(err)
	}
	id := b.add(t, "order.tif", page(t, 1, wOrder))
	b.work(t)
	reviews, err := b.s.OpenReviews(t.Context())
	if err != nil || len(reviews) != 1 || len(reviews[0].Reasons) != 1 {
		t.Fatalf("%+v %v", reviews, err)
	}
	if r := reviews[0].Reasons[0]; r.Rule != "LCK-1" || r.Field != "lines[2].item_code" || !strings.Contains(r.Message, "総務部で購入") {
		t.Errorf("%+v", r)
	}
	if _, err := b.s.Settle(t.Context(), id, 1, store.Settlement{By: "佐藤"}, b.clock.Now()); err == nil {
		t.Error("settled with the locked item")
	}
	o, err := b.s.Settle(t.Context(), id, 1, store.Settlement{Values: map[string]string{"lines[2].item_code": "", "lines[2].quantity": ""}, By: "佐藤"}, b.clock.Now())
	if err != nil || len(o.Lines) != 1 || o.Lines[0].ItemCode != st.Code(st.Paper) {
		t.Fatalf("%+v %v", o.Lines, err)
	}
	b.audit(t)
}
