package rules_test

import (
	"slices"
	"strconv"
	"testing"

	"todoke/order"
	"todoke/rules"
)

func TestAuditable(t *testing.T) {
	t.Parallel()
	field := func(name, text string) order.DraftField {
		return order.DraftField{
			Name: name, Text: text, Decision: order.DecisionAccept, Area: &order.Area{X1: 10, Y1: 10},
			Cells: []order.DraftCell{{Text: "1"}, {}},
		}
	}
	printedCode := field("customer_code", "10000016")
	printedCode.Cells = []order.DraftCell{{}, {}}
	printedItem := field("lines[2].item_code", "1000025")
	printedItem.Evidence = []string{"check_digit", "master", "printed"}
	settled := field("lines[3].quantity", "3")
	settled.Evidence = []string{"person:佐藤"}
	doubtful := field("lines[4].quantity", "4")
	doubtful.Decision = order.DecisionReview
	nowhere := field("lines[5].quantity", "5")
	nowhere.Area = nil
	blank := field("lines[6].quantity", "")
	d := order.Draft{Fields: []order.DraftField{
		printedCode, printedItem, field("lines[1].item_code", "1000017"), field("lines[1].comment", "x"), field("total_quantity", "9"), settled, doubtful, nowhere, blank,
		field("stockout.cancel", "x"), field("ship_to", "001"), field("delivery_day", "24"),
	}}
	var names []string
	for _, f := range rules.Auditable(d) {
		names = append(names, f.Name)
	}
	if want := []string{"lines[1].item_code", "stockout.cancel", "ship_to", "delivery_day"}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
}

// TestAuditLots: spread evenly, the same again, other with another key.
func TestAuditLots(t *testing.T) {
	t.Parallel()
	key, other := []byte("0123456789abcdef0123456789abcdef"), []byte("0123456789abcdef0123456789abcdeg")
	const n = 20_000
	drawn, same := 0, 0
	for i := range int64(n) {
		lot := rules.AuditLot(key, i, 1, "lines[1].quantity")
		if lot < 0 || lot >= rules.Whole || lot != rules.AuditLot(key, i, 1, "lines[1].quantity") {
			t.Fatal(lot)
		}
		if lot < 100_000 {
			drawn++
		}
		if lot == rules.AuditLot(other, i, 1, "lines[1].quantity") || lot == rules.AuditLot(key, i, 2, "lines[1].quantity") || lot == rules.AuditLot(key, i, 1, "lines[1].item_code") {
			same++
		}
	}
	if drawn < n/10-150 || drawn > n/10+150 || same > 2 {
		t.Errorf("%d of %d lots are below 10 %%, %d equal others", drawn, n, same)
	}
}

func TestJudgeAudit(t *testing.T) {
	t.Parallel()
	said := func(values ...string) (k []rules.Keying) {
		for i, v := range values {
			k = append(k, rules.Keying{By: strconv.Itoa(i), Value: v, Unreadable: v == "?"})
		}
		return k
	}
	tests := []struct {
		keyings []rules.Keying
		want    rules.AuditOutcome
		truth   string
	}{
		{nil, rules.AuditOpen, ""},
		{said("7"), rules.AuditAgree, "7"},
		{said("2"), rules.AuditOpen, ""},
		{said("2", "7"), rules.AuditPersonErred, "7"},
		{said("2", "2"), rules.AuditReaderErred, "2"},
		{said("2", "1"), rules.AuditOpen, ""},
		{said("2", "1", "1"), rules.AuditReaderErred, "1"},
		{said("2", "1", "7"), rules.AuditPersonErred, "7"},
		{said("2", "1", "3", "4"), rules.AuditUnreadable, ""},
		{said("?"), rules.AuditOpen, ""},
		{said("?", "?"), rules.AuditUnreadable, ""},
		{said("?", "7"), rules.AuditPersonErred, "7"},
		{said("?", "2", "2"), rules.AuditReaderErred, "2"},
		{said("", ""), rules.AuditReaderErred, ""}, // nothing is written there
	}
	for _, tt := range tests {
		if got, truth := rules.JudgeAudit("7", tt.keyings); got != tt.want || truth != tt.truth {
			t.Errorf("%+v: %q %q, want %q %q", tt.keyings, got, truth, tt.want, tt.truth)
		}
	}
}

func TestAuditValue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind     rules.ReadingKind
		in, want string
		ok       bool
	}{
		{rules.ReadingQuantity, " 007", "7", true},
		{rules.ReadingQuantity, "１０", "10", true},
		{rules.ReadingQuantity, "0", "0", true},
		{rules.ReadingQuantity, "1o", "", false},
		{rules.ReadingItem, "0100 001", "0100001", true},
		{rules.ReadingShipTo, "001", "1", true},
		{rules.ReadingDate, "4", "4", true},
		{rules.ReadingMark, "レ", "x", true},
		{rules.ReadingMark, "空欄", "", true},
		{rules.ReadingMark, "7", "", false},
		{rules.ReadingCustomer, "-", "", true},
		{rules.ReadingCustomer, "12345678901234567", "", false},
	}
	for _, tt := range tests {
		got, err := rules.AuditValue(tt.kind, tt.in)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%s %q: %q %v", tt.kind, tt.in, got, err)
		}
	}
}

func FuzzAuditValue(f *testing.F) {
	f.Add("quantity", "０12")
	f.Add("mark", "✓")
	f.Fuzz(func(t *testing.T, kind, in string) {
		got, err := rules.AuditValue(rules.ReadingKind(kind), in)
		if err != nil {
			return
		}
		if again, err := rules.AuditValue(rules.ReadingKind(kind), got); err != nil || again != got {
			t.Errorf("%q becomes %q and then %q, %v", in, got, again, err)
		}
	})
}
