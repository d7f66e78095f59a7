package rules_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"todoke/order"
	"todoke/rules"
)

// draft makes a page of accepted fields, given as names and texts by turns.
func draft(nameText ...string) order.Draft {
	d := order.Draft{Form: "order", FormVersion: 1, Decision: order.DecisionAccept}
	for i := 0; i < len(nameText); i += 2 {
		f := order.DraftField{Name: nameText[i], Text: nameText[i+1], Confidence: 0.999, Decision: order.DecisionAccept}
		if f.Text == "" {
			f.Decision = order.DecisionBlank
		}
		d.Fields = append(d.Fields, f)
	}
	return d
}

func TestRequestOf(t *testing.T) {
	t.Parallel()
	d := draft(
		"customer_code", "10002345", "ship_to", "001", "delivery_month", "1", "delivery_day", "08",
		"lines[1].item_code", pen, "lines[1].quantity", "3", "lines[1].comment", "企画課",
		"lines[12].item_code", paper, "lines[12].quantity", "0010",
		"lines[2].item_code", "", "lines[2].quantity", "",
		"total_quantity", "13", "stockout.cancel", "1", "stockout.backorder", "",
	)
	source := order.Source{DocumentID: 7, Page: 2}
	received := jst(t, "2026-12-20 10:00")
	got, errs := rules.RequestOf(d, source, received)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	want := order.Request{
		Channel: order.ChannelFax, ReceivedAt: received, DepartmentCode: "10002345", ShipToCode: "001",
		DesignatedOn: day(t, "2027-01-08"), Stockout: order.StockoutCancel, Source: source,
		Lines: []order.RequestLine{
			{Field: "lines[1]", ItemCode: pen, Qty: 3, Comment: "企画課"},
			{Field: "lines[12]", ItemCode: paper, Qty: 10},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRequestOfTellsWhatToSettle(t *testing.T) {
	t.Parallel()
	line := []string{"lines[1].item_code", pen, "lines[1].quantity", "3"}
	for name, tt := range map[string]struct {
		fields []string
		want   string // rule and field of the only error
	}{
		"nothing to settle":    {append([]string{"total_quantity", "3"}, line...), ""},
		"no total":             {line, ""},
		"wrong total":          {append([]string{"total_quantity", "4"}, line...), "FAX-2 total_quantity"},
		"a total of no digits": {append([]string{"total_quantity", "三"}, line...), "FAX-2 total_quantity"},
		"both marks":           {append([]string{"stockout.cancel", "1", "stockout.backorder", "1"}, line...), "STK-2 stockout.backorder"},
		"half a date":          {append([]string{"delivery_month", "12", "delivery_day", ""}, line...), "CUT-7 delivery_day"},
		"no such date":         {append([]string{"delivery_month", "2", "delivery_day", "30"}, line...), "CUT-7 delivery_day"},
		"no leap year":         {append([]string{"delivery_month", "2", "delivery_day", "29"}, line...), "CUT-7 delivery_day"},
		"item alone":           {[]string{"lines[3].item_code", pen}, "ITM-1 lines[3].quantity"},
		"quantity alone":       {[]string{"lines[3].quantity", "1"}, "ITM-1 lines[3].item_code"},
		"no quantity":          {[]string{"lines[3].item_code", pen, "lines[3].quantity", "1?"}, "ITM-1 lines[3].quantity"},
		"beyond any number":    {[]string{"lines[3].item_code", pen, "lines[3].quantity", strings.Repeat("9", 40)}, "ITM-1 lines[3].quantity"},
		"comment alone":        {[]string{"lines[3].comment", "同じものを"}, "FAX-4 lines[3].item_code"},
	} {
		_, errs := rules.RequestOf(draft(tt.fields...), order.Source{}, jst(t, "2026-11-24 10:00"))
		var got []string
		for _, e := range errs {
			got = append(got, e.Rule+" "+e.Field)
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}

	d := draft(line...)
	d.Fields[1].Decision, d.Fields[1].Reasons = order.DecisionReview, []string{"3 or 8"}
	_, errs := rules.RequestOf(d, order.Source{}, jst(t, "2026-11-24 10:00"))
	if len(errs) != 1 || errs[0].Field != "lines[1].quantity" || !strings.Contains(errs[0].Message, "3 or 8") {
		t.Errorf("a field in review: %v", errs)
	}
}

// TestRequestOfLeavesDroppedLinesOut: whatever was read on them, but not out of the total.
func TestRequestOfLeavesDroppedLinesOut(t *testing.T) {
	t.Parallel()
	for total, tt := range map[string]struct{ qty, want string }{
		"7": {"4", ""}, "3": {"", ""}, "8": {"4", "total_quantity"}, "4": {"1?", "lines[2].quantity"}, "": {"4", ""},
	} {
		d := draft("lines[1].item_code", pen, "lines[1].quantity", "3", "lines[2].item_code", "?", "lines[2].quantity", tt.qty, "lines[2].comment", "至急", "total_quantity", total)
		d.Fields[2].Decision, d.Fields[3].Decision = order.DecisionReview, order.DecisionReview
		d.Dropped = []order.DroppedLine{{Line: 2, Reason: "廃番", By: "佐藤"}}
		r, errs := rules.RequestOf(d, order.Source{}, jst(t, "2026-11-24 10:00"))
		got := ""
		if len(errs) > 0 {
			got = errs[0].Field
		}
		if len(r.Lines) != 1 || got != tt.want || len(errs) > 1 {
			t.Errorf("total %q of 3 and %q left out: %v, %v", total, tt.qty, r.Lines, errs)
		}
	}
}

// TestRequestOfDates: month and day are the first on or after the day of receipt.
func TestRequestOfDates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ received, month, day, want string }{
		{"2026-11-24 10:00", "11", "24", "2026-11-24"},
		{"2026-11-24 10:00", "11", "25", "2026-11-25"},
		{"2026-11-24 10:00", "11", "23", "2027-11-23"}, // beyond 60 days: a person decides
		{"2026-12-31 23:59", "1", "1", "2027-01-01"},
		{"2027-12-20 10:00", "2", "29", "2028-02-29"},
	} {
		r, errs := rules.RequestOf(draft("delivery_month", tt.month, "delivery_day", tt.day), order.Source{}, jst(t, tt.received))
		if len(errs) > 0 || r.DesignatedOn != day(t, tt.want) {
			t.Errorf("%s/%s received %s: %s, %v", tt.month, tt.day, tt.received, r.DesignatedOn, errs)
		}
	}
}

// FuzzRequestOf: whatever a page seems to say, it becomes a request or something to settle by
// field, and the request goes through Accept without harm.
func FuzzRequestOf(f *testing.F) {
	f.Add("10002345", "001", "12", "24", pen, "3", "3", uint8(0))
	f.Add("", "", "2", "29", "100000?", "-5", "", uint8(7))
	f.Add("99999999", "1", "13", "", paper, "99999999999999999999", "+1", uint8(255))
	fc := facts(f)
	received := jst(f, "2026-11-24 10:00")
	f.Fuzz(func(t *testing.T, customer, shipTo, month, dom, item, qty, total string, flags uint8) {
		d := draft("customer_code", customer, "ship_to", shipTo, "delivery_month", month, "delivery_day", dom, "total_quantity", total)
		for no := 1; no <= 3; no++ {
			d.Fields = append(d.Fields, draft(fmt.Sprintf("lines[%d].item_code", no), item, fmt.Sprintf("lines[%d].quantity", no), qty).Fields...)
		}
		for i := range d.Fields {
			if flags>>(i%8)&1 == 1 && i%3 == 0 {
				d.Fields[i].Decision = order.DecisionReview
			}
		}
		r, errs := rules.RequestOf(d, order.Source{}, received)
		for _, e := range errs {
			if e.Rule == "" || e.Field == "" || e.Message == "" {
				t.Fatalf("%+v", e)
			}
		}
		if !r.DesignatedOn.IsZero() && (r.DesignatedOn.Before(order.DateOf(received)) || r.DesignatedOn.Sub(order.DateOf(received)) > 366) {
			t.Fatalf("designated %s", r.DesignatedOn)
		}
		o, _, refused := rules.Accept(r, fc, received)
		if len(refused) == 0 && len(o.Lines) != len(r.Lines) {
			t.Fatalf("%d lines of %d", len(o.Lines), len(r.Lines))
		}
	})
}

// TestFAX4CommentStaysAPicture: handwriting nobody typed goes with its line as a picture, or
// with a pointer to the page where the picture is missing.
func TestFAX4CommentStaysAPicture(t *testing.T) {
	t.Parallel()
	d := order.Draft{Fields: []order.DraftField{
		{Name: "customer_code", Text: "10000017", Decision: order.DecisionAccept},
		{Name: "lines[1].item_code", Text: "1000008", Decision: order.DecisionAccept},
		{Name: "lines[1].quantity", Text: "2", Decision: order.DecisionAccept},
		{Name: "lines[1].comment", Decision: order.DecisionAccept, Evidence: []string{"ink"}, Image: "blob"},
	}}
	req, errs := rules.RequestOf(d, order.Source{DocumentID: 7, Page: 2}, jst(t, "2026-11-24 09:00"))
	if len(errs) > 0 || len(req.Lines) != 1 || req.Lines[0].CommentImage != "blob" || req.Lines[0].Comment != "" {
		t.Fatal(req.Lines, errs)
	}
	d.Fields[3].Image = ""
	req, errs = rules.RequestOf(d, order.Source{DocumentID: 7, Page: 2}, jst(t, "2026-11-24 09:00"))
	if len(errs) > 0 || len(req.Lines) != 1 || req.Lines[0].CommentImage != "" || !strings.Contains(req.Lines[0].Comment, "受信文書7・2頁") {
		t.Fatal(req.Lines, errs)
	}
	d.Fields[3].Image = "blob"
	d.Fields = append(d.Fields[:1], d.Fields[3]) // a comment on a line without an item
	if _, errs = rules.RequestOf(d, order.Source{DocumentID: 7, Page: 2}, jst(t, "2026-11-24 09:00")); len(errs) != 1 || errs[0].Rule != "FAX-4" {
		t.Fatal(errs)
	}
}
