package rules

import (
	"testing"

	"todoke/order"
)

func line(n, item, qty, page string) []order.DraftField {
	return []order.DraftField{
		{Name: "lines[" + n + "].item_code", Text: item, Decision: order.DecisionAccept, Page: page},
		{Name: "lines[" + n + "].quantity", Text: qty, Decision: order.DecisionAccept, Page: page},
	}
}

// TestRereadKeepsWhatThePageDoesNotSay: a page that is read again loses neither the question which of
// two times holds nor a line of a page that was joined to it.
func TestRereadKeepsWhatThePageDoesNotSay(t *testing.T) {
	t.Parallel()
	was := order.Draft{Decision: order.DecisionNotAForm, Fields: line("1", "2020013", "3", "12.2")}
	was.Keyed = []string{"lines[1].quantity"}
	AskReceived(&was, order.Invalid("CUT-3", "received_at", "decide which holds"))
	now := order.Draft{Form: "order", Decision: order.DecisionAccept, Fields: append(line("1", "1010013", "5", ""), line("2", "1010045", "1", "")...)}
	d := Reread(was, now)
	if f := d.Field("received_at"); f == nil || f.Decision != order.DecisionReview {
		t.Errorf("nobody is asked any more which time holds: %+v", f)
	}
	got := map[string]string{}
	for _, f := range d.Fields {
		if LineOf(f.Name) != 0 {
			got[f.Name] = f.Text + f.Page
		}
	}
	want := map[string]string{
		"lines[1].item_code": "1010013", "lines[1].quantity": "5", "lines[2].item_code": "1010045", "lines[2].quantity": "1",
		"lines[3].item_code": "202001312.2", "lines[3].quantity": "312.2",
	}
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s is %q, want %q", name, got[name], w)
		}
	}
	if len(got) != len(want) || len(d.Keyed) != 1 || d.Keyed[0] != "lines[3].quantity" {
		t.Errorf("lines %v, keyed %v", got, d.Keyed)
	}
	if back := UnjoinDraft(d, "12.2"); back.Field("lines[3].quantity") != nil || back.Field("lines[1].quantity") == nil {
		t.Errorf("taken apart: %+v", back.Fields)
	}
}

// TestJoinKeepsTheTime: an order of two faxes counts as received when the one that it is joined to was.
func TestJoinKeepsTheTime(t *testing.T) {
	t.Parallel()
	first := order.Draft{Fields: line("1", "1010013", "5", "")}
	second := order.Draft{Fields: append(line("1", "1010045", "1", ""), order.DraftField{Name: "received_at", Text: "2026-11-24T16:59:00+09:00", Decision: order.DecisionAccept})}
	d, problem := JoinDrafts(first, second, "13.1")
	if problem != nil || d.Field("received_at") != nil {
		t.Errorf("the other fax's time holds: %+v (%v)", d.Field("received_at"), problem)
	}
}
