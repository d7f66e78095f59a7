package rules_test

import (
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

// TestHandwrittenCommentIsNotLost: where nobody has typed what stands there, the packer is told
// where to see it (FAX-4).
func TestHandwrittenCommentIsNotLost(t *testing.T) {
	t.Parallel()
	field := func(name, text string) order.DraftField {
		return order.DraftField{Name: name, Text: text, Decision: order.DecisionAccept}
	}
	d := order.Draft{Form: "order", Decision: order.DecisionAccept, Fields: []order.DraftField{
		field("customer_code", "10000016"), field("lines[1].item_code", "1000017"), field("lines[1].quantity", "10"), field("lines[1].comment", ""),
	}}
	r, problems := rules.RequestOf(d, order.Source{DocumentID: 7, Page: 2}, time.Date(2026, 11, 24, 10, 0, 0, 0, order.JST))
	if len(problems) > 0 || !strings.Contains(r.Lines[0].Comment, "受信文書7・2頁") {
		t.Errorf("%+v, %v", r.Lines, problems)
	}
}
