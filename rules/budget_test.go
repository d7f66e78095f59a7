package rules_test

import (
	"testing"

	"todoke/order"
	"todoke/rules"
)

func TestBUD1(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-24 10:00")
	month := rules.Budget{DepartmentCode: "D", Span: rules.BudgetMonth, LimitYen: 10_000, Over: rules.OverBlock, From: day(t, "2026-04-01")}
	year := rules.Budget{DepartmentCode: "D", UserCode: "U", Span: rules.BudgetYear, LimitYen: 50_000, Over: rules.OverApprove, From: day(t, "2026-04-01")}
	for on, want := range map[string][2]string{"2026-11-24": {"2026-11", "FY2026"}, "2027-03-31": {"2027-03", "FY2026"}, "2027-04-01": {"2027-04", "FY2027"}} {
		if m, y := month.Period(day(t, on)), year.Period(day(t, on)); m != want[0] || y != want[1] {
			t.Errorf("%s: %s %s", on, m, y)
		}
	}
	raised := month
	raised.From, raised.LimitYen = day(t, "2026-11-24"), 20_000
	for on, want := range map[string]order.Yen{"2026-11-23": 10_000, "2026-11-24": 20_000} {
		if got := rules.BudgetsOn([]rules.Budget{month, raised, year}, "U", day(t, on)); len(got) != 2 || got[0].LimitYen != want {
			t.Errorf("%s: %+v", on, got)
		}
	}
	if got := rules.BudgetsOn([]rules.Budget{month, year}, "V", day(t, "2026-11-24")); len(got) != 1 {
		t.Errorf("another user's: %+v", got)
	}
	o := order.Order{ID: 1, ReceivedAt: now, GoodsYen: 2000, FeeYen: 300}
	for used, wantOver := range map[order.Yen]bool{7700: false, 7701: true} {
		entries, over := rules.TakeBudget(o, []rules.BudgetUse{{Budget: month, UsedYen: used}, {Budget: year}}, now)
		if len(entries) != 2 || entries[0].Yen != 2300 || entries[1].Period != "FY2026" || (len(over) == 1) != wantOver {
			t.Errorf("%d used: %+v %+v", used, entries, over)
		}
		if wantOver && over[0].LeftYen() != 2299 {
			t.Errorf("left %d", over[0].LeftYen())
		}
	}
	// What is given back goes to the period of the order, whenever that is, and never more than was taken.
	entries, _ := rules.TakeBudget(o, []rules.BudgetUse{{Budget: month}, {Budget: year}}, now)
	later := jst(t, "2026-12-10 10:00")
	part := rules.AdjustBudget(entries, -500, later)
	if len(part) != 2 || part[0].Period != "2026-11" || part[0].Yen != -500 || part[0].At != later {
		t.Errorf("returned %+v", part)
	}
	rest := rules.GiveBack(append(entries, part...), later)
	if len(rest) != 2 || rest[0].Yen != -1800 || rest[1].Yen != -1800 {
		t.Errorf("cancelled %+v", rest)
	}
	all := append(append(entries, part...), rest...)
	if got := rules.GiveBack(all, later); len(got) != 0 {
		t.Errorf("given back twice: %+v", got)
	}
	if got := rules.AdjustBudget(all, -1, later); len(got) != 0 {
		t.Errorf("below zero: %+v", got)
	}
	if got := rules.AdjustBudget(entries, 300, later); len(got) != 2 || got[0].Yen != 300 {
		t.Errorf("a fee after all: %+v", got)
	}
	for field, b := range map[string]rules.Budget{
		"span":      {Over: rules.OverBlock, From: month.From},
		"over":      {Span: rules.BudgetMonth, From: month.From},
		"limit_yen": {Span: rules.BudgetMonth, Over: rules.OverBlock, From: month.From, LimitYen: -1},
		"from_on":   {Span: rules.BudgetMonth, Over: rules.OverBlock},
	} {
		if err := b.Validate(); err == nil || err.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := month.Validate(); err != nil {
		t.Error(err)
	}
}

func TestBUD1APR1LCK1Accept(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-24 10:00")
	block := rules.Budget{DepartmentCode: "10002345", Span: rules.BudgetMonth, LimitYen: 1000, Over: rules.OverBlock, From: day(t, "2026-04-01")}
	ask := block
	ask.Over = rules.OverApprove
	flow := rules.ApprovalFlow{When: []rules.ApprovalWhen{{Condition: rules.ApproveTotal, Yen: 1000}}, Levels: [][]string{{"A"}}, Admins: []string{"ADM"}}
	for name, tt := range map[string]struct {
		change func(*rules.Facts)
		req    []order.RequestLine
		held   bool
		rule   string // that refuses it
		field  string
	}{
		"nothing set":            {func(*rules.Facts) {}, lines(pen, 1), false, "", ""},
		"below the flow's limit": {func(f *rules.Facts) { f.Approval = &flow }, lines(pen, 1), false, "", ""},
		"needs approval":         {func(f *rules.Facts) { f.Approval = &flow }, lines(tea, 1), true, "", ""},
		"over a blocking budget": {func(f *rules.Facts) { f.Budgets = []rules.BudgetUse{{Budget: block, UsedYen: 500}} }, lines(pen, 1), false, "BUD-1", "lines"},
		"within it":              {func(f *rules.Facts) { f.Budgets = []rules.BudgetUse{{Budget: block, UsedYen: 320}} }, lines(pen, 1), false, "", ""},
		"over one that asks":     {func(f *rules.Facts) { f.Budgets = []rules.BudgetUse{{Budget: ask, UsedYen: 500}}; f.Approval = &flow }, lines(pen, 1), true, "", ""},
		"over one that asks, no flow": {func(f *rules.Facts) {
			f.Budgets = []rules.BudgetUse{{Budget: ask, UsedYen: 500}}
			f.Admins = []string{"ADM"}
		}, lines(pen, 1), true, "", ""},
		"locked item":                   {func(f *rules.Facts) { f.Locks = []rules.ItemLock{{ItemCode: tea}} }, lines(pen, 1, tea, 1), false, "LCK-1", "lines[2].item_code"},
		"locked category":               {func(f *rules.Facts) { f.Locks = []rules.ItemLock{{Category: "食品"}} }, lines(tea, 1), false, "LCK-1", "lines[1].item_code"},
		"locked for another user":       {func(f *rules.Facts) { f.Locks = []rules.ItemLock{{UserCode: "V", ItemCode: tea}} }, lines(tea, 1), false, "", ""},
		"locked from tomorrow on":       {func(f *rules.Facts) { f.Locks = []rules.ItemLock{{ItemCode: tea, From: day(t, "2026-11-25")}} }, lines(tea, 1), false, "", ""},
		"locked until today":            {func(f *rules.Facts) { f.Locks = []rules.ItemLock{{ItemCode: tea, Until: day(t, "2026-11-24")}} }, lines(tea, 1), false, "LCK-1", "lines[1].item_code"},
		"locked until yesterday":        {func(f *rules.Facts) { f.Locks = []rules.ItemLock{{ItemCode: tea, Until: day(t, "2026-11-23")}} }, lines(tea, 1), false, "", ""},
		"made to order, and to approve": {func(f *rules.Facts) { f.Approval = &flow }, lines(madeChair, 1), true, "", ""},
	} {
		for _, channel := range []order.Channel{order.ChannelWeb, order.ChannelFax} {
			f := facts(t)
			it := f.Items[tea]
			it.Category = "食品"
			f.Items[tea] = it
			tt.change(&f)
			o, events, errs := rules.Accept(request(t, channel, "2026-11-24 10:00", tt.req), f, now)
			if tt.rule != "" {
				if len(errs) != 1 || errs[0].Rule != tt.rule || errs[0].Field != tt.field {
					t.Errorf("%s by %s: %v", name, channel, errs)
				}
				continue
			}
			if len(errs) > 0 || rules.HeldBy(o, "APR-1") != tt.held {
				t.Errorf("%s by %s: %v %q", name, channel, errs, o.HoldReason)
				continue
			}
			asked := 0
			for _, e := range events {
				if e.Rule == "APR-1" && e.Kind == order.EventHeld {
					asked++
				}
			}
			a, needed := rules.ApprovalOf(o, f, now)
			if needed != tt.held || (asked == 1) != tt.held || tt.held && len(a.Deciders(nil, day(t, "2026-11-24"))) == 0 {
				t.Errorf("%s by %s: asked %d times, %+v", name, channel, asked, a)
			}
		}
	}
}

func TestLCK1(t *testing.T) {
	t.Parallel()
	item := order.Item{Code: "1", Category: "food"}
	on := day(t, "2026-11-24")
	if l, ok := rules.Locked(item, "U", []rules.ItemLock{{Category: "food"}, {ItemCode: "1", UserCode: "U", Reason: "ask first"}}, on); !ok || l.Reason != "ask first" {
		t.Errorf("%+v", l)
	}
	if _, ok := rules.Locked(item, "", []rules.ItemLock{{ItemCode: "1", UserCode: "U"}, {Category: ""}, {ItemCode: "2"}}, on); ok {
		t.Error("a fax is stopped by a user's lock")
	}
	for _, l := range []rules.ItemLock{{}, {ItemCode: "1", Category: "x"}, {ItemCode: "1", From: on, Until: on.Add(-1)}} {
		if l.Validate() == nil {
			t.Errorf("%+v passes", l)
		}
	}
	if err := (rules.ItemLock{ItemCode: "1"}).Validate(); err != nil {
		t.Error(err)
	}
}
