package rules_test

import (
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func TestAPR1Conditions(t *testing.T) {
	t.Parallel()
	o := order.Order{Lines: []order.Line{{No: 1, Qty: 2, UnitPrice: 400}, {No: 2, Qty: 1, UnitPrice: 9200}}} // 10,000 yen
	over := []rules.BudgetOver{{Period: "2026-11", LimitYen: 5000, UsedYen: 1000, OrderYen: 10000, Over: rules.OverBlock}}
	asks := []rules.BudgetOver{{Period: "2026-11", LimitYen: 5000, UsedYen: 1000, OrderYen: 10000, Over: rules.OverApprove}}
	for name, tt := range map[string]struct {
		when []rules.ApprovalWhen
		over []rules.BudgetOver
		want string
	}{
		"all":                      {[]rules.ApprovalWhen{{Condition: rules.ApproveAll}}, nil, "all"},
		"total met exactly":        {[]rules.ApprovalWhen{{Condition: rules.ApproveTotal, Yen: 10000}}, nil, "total"},
		"total not met":            {[]rules.ApprovalWhen{{Condition: rules.ApproveTotal, Yen: 10001}}, nil, ""},
		"unit price met exactly":   {[]rules.ApprovalWhen{{Condition: rules.ApproveUnitPrice, Yen: 9200}}, nil, "unit_price"},
		"unit price not met":       {[]rules.ApprovalWhen{{Condition: rules.ApproveUnitPrice, Yen: 9201}}, nil, ""},
		"over budget":              {[]rules.ApprovalWhen{{Condition: rules.ApproveOverBudget}}, over, "over_budget"},
		"within budget":            {[]rules.ApprovalWhen{{Condition: rules.ApproveOverBudget}}, nil, ""},
		"the budget asks for it":   {[]rules.ApprovalWhen{{Condition: rules.ApproveTotal, Yen: 99999}}, asks, "over_budget"},
		"the budget alone does":    {nil, asks, "over_budget"},
		"several":                  {[]rules.ApprovalWhen{{Condition: rules.ApproveTotal, Yen: 1}, {Condition: rules.ApproveUnitPrice, Yen: 1}}, nil, "total unit_price"},
		"no condition":             {nil, nil, ""},
		"blocked is not asked for": {nil, over, ""},
	} {
		var got []string
		for _, r := range rules.ApprovalReasons(o, rules.ApprovalFlow{When: tt.when}, tt.over) {
			got = append(got, string(r.Condition))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %q, want %q", name, s, tt.want)
		}
	}
}

func TestAPR1Validate(t *testing.T) {
	t.Parallel()
	users := []string{"A", "B"}
	good := rules.ApprovalFlow{When: []rules.ApprovalWhen{{Condition: rules.ApproveTotal, Yen: 1}}, Levels: [][]string{{"A"}, {"B"}}}
	if err := good.Validate(users); err != nil {
		t.Error(err)
	}
	for field, f := range map[string]rules.ApprovalFlow{
		"levels":            {When: good.When},
		"levels[0]":         {When: good.When, Levels: [][]string{{}}},
		"levels[1]":         {When: good.When, Levels: [][]string{{"A"}, {"Z"}}},
		"when":              {Levels: good.Levels},
		"when[0].yen":       {Levels: good.Levels, When: []rules.ApprovalWhen{{Condition: rules.ApproveUnitPrice}}},
		"when[0].condition": {Levels: good.Levels, When: []rules.ApprovalWhen{{Condition: "moon"}}},
	} {
		if err := f.Validate(users); err == nil || err.Rule != "APR-1" || err.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if f, ok := rules.FlowOn([]rules.ApprovalFlow{{From: day(t, "2026-12-01"), Levels: [][]string{{"B"}}}, {From: day(t, "2026-04-01"), Levels: [][]string{{"A"}}}}, day(t, "2026-11-30")); !ok || f.Levels[0][0] != "A" {
		t.Errorf("flow %+v", f)
	}
}

func TestAPR1Decide(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-24 10:00")
	flow := rules.ApprovalFlow{Levels: [][]string{{"A", "B"}, {"C"}}, Admins: []string{"ADM", "U"}}
	o := order.Order{State: order.StateAccepted, UserCode: "U"}
	ask := func(user string, f rules.ApprovalFlow) rules.Approval {
		t.Helper()
		o := o
		o.UserCode = user
		held, a, events, err := rules.AskApproval(o, f, []rules.ApprovalReason{{Condition: rules.ApproveAll}}, now)
		if err != nil || !rules.HeldBy(held, "APR-1") || len(events) != 1 {
			t.Fatal(held, events, err)
		}
		return a
	}
	names := func(a rules.Approval, ds []rules.Delegation, on string) string {
		var out []string
		for _, d := range a.Deciders(ds, day(t, on)) {
			name := d.User
			if d.For != "" {
				name += "/" + d.For
			}
			out = append(out, name)
		}
		return strings.Join(out, " ")
	}
	holiday := []rules.Delegation{
		{From: "A", To: "D", Since: day(t, "2026-11-24"), Until: day(t, "2026-11-25")},
		{From: "B", To: "U", Since: day(t, "2026-11-24"), Until: day(t, "2026-11-25")},
	}
	a := ask("U", flow)
	for on, want := range map[string]string{"2026-11-23": "A B", "2026-11-24": "A B D/A", "2026-11-25": "A B D/A", "2026-11-26": "A B"} {
		if got := names(a, holiday, on); got != want {
			t.Errorf("%s: %q, want %q", on, got, want)
		}
	}
	if got := names(ask("A", flow), nil, "2026-11-24"); got != "B" {
		t.Errorf("an approver's own order: %q", got)
	}
	if got := names(ask("C", rules.ApprovalFlow{Levels: [][]string{{"C"}}, Admins: []string{"ADM", "C"}}), nil, "2026-11-24"); got != "ADM" {
		t.Errorf("the only approver's own order: %q", got)
	}
	if got := names(ask("", flow), nil, "2026-11-24"); got != "A B" {
		t.Errorf("a fax: %q", got)
	}

	if _, _, err := rules.DecideApproval(a, "C", true, "", nil, now); err == nil || err.Field != "by" {
		t.Errorf("the second level decides first: %v", err)
	}
	if _, _, err := rules.DecideApproval(a, "U", true, "", holiday, now); err == nil {
		t.Error("the orderer decides as a delegate")
	}
	if _, _, err := rules.DecideApproval(a, "A", false, " ", nil, now); err == nil || err.Field != "note" {
		t.Errorf("refused without a reason: %v", err)
	}
	one, events, err := rules.DecideApproval(a, "D", true, "", holiday, now)
	if err != nil || one.State != rules.ApprovalLevel1 || one.Steps[0].For != "A" || len(events) != 1 || len(a.Steps) != 0 {
		t.Fatalf("%+v %v", one, err)
	}
	two, _, err := rules.DecideApproval(one, "C", true, "", nil, now.Add(time.Hour))
	if err != nil || two.State != rules.ApprovalApproved || two.Level() != 0 {
		t.Fatalf("%+v %v", two, err)
	}
	if _, _, err := rules.DecideApproval(two, "C", true, "", nil, now); err == nil || err.Kind != order.KindConflict {
		t.Errorf("decided twice: %v", err)
	}
	if no, _, err := rules.DecideApproval(one, "C", false, "too dear", nil, now); err != nil || no.State != rules.ApprovalRefused {
		t.Errorf("%+v %v", no, err)
	}
	alone := ask("U", rules.ApprovalFlow{Levels: [][]string{{"A"}, {"A"}}, Admins: []string{"ADM"}})
	if alone, _, err = rules.DecideApproval(alone, "A", true, "", nil, now); err != nil || names(alone, nil, "2026-11-24") != "ADM" {
		t.Errorf("the same approver on both levels: %q %v", names(alone, nil, "2026-11-24"), err)
	}
	if alone.Admins = nil; names(alone, nil, "2026-11-24") != "A" {
		t.Errorf("nobody is left: %q", names(alone, nil, "2026-11-24"))
	}
	same := []rules.Delegation{{From: "C", To: "D", Since: day(t, "2026-11-24"), Until: day(t, "2026-11-25")}}
	if got := names(one, same, "2026-11-24"); got != "C" {
		t.Errorf("one person on both levels: %q", got)
	}
}

func TestAPR1Timeouts(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	a := rules.Approval{State: rules.ApprovalAsked, Levels: [][]string{{"A"}}, AskedAt: jst(t, "2026-11-24 10:00"), FirstAt: jst(t, "2026-11-24 10:00")}
	for i, want := range []string{"2026-11-25 10:00", "2026-11-26 10:00", "2026-11-27 10:00"} {
		at, what := a.NextDue(s)
		if what != rules.ApprovalRemind || !at.Equal(jst(t, want)) {
			t.Errorf("reminder %d: %s %s", i, at, what)
		}
		if _, ok := rules.ApprovalReminded(a, s, at.Add(-1)); ok {
			t.Error("reminded before it is due")
		}
		var ok bool
		if a, ok = rules.ApprovalReminded(a, s, at); !ok {
			t.Error("not reminded")
		}
	}
	at, what := a.NextDue(s)
	if what != rules.ApprovalExpire || !at.Equal(jst(t, "2026-12-08 10:00")) {
		t.Errorf("%s %s", at, what)
	}
	if _, ok := rules.ApprovalLapsed(a, s, at.Add(-1)); ok {
		t.Error("lapsed early")
	}
	if gone, ok := rules.ApprovalLapsed(a, s, at); !ok || gone.State != rules.ApprovalExpired || gone.State.Open() {
		t.Errorf("%+v", gone)
	}
	fresh := a
	fresh.Reminded = 0
	if once, ok := rules.ApprovalReminded(fresh, s, jst(t, "2026-11-30 10:00")); !ok || once.Reminded != 3 {
		t.Errorf("after an outage %+v", once)
	}
	if _, ok := rules.ApprovalLapsed(fresh, s, jst(t, "2026-12-08 10:00")); !ok {
		t.Error("an outage keeps it open for ever")
	}
}

// TestCUT9: an order that waited is dated by its final approval, and priced and cancellable by its receipt.
func TestCUT9(t *testing.T) {
	t.Parallel()
	f := facts(t)
	o, _ := mustAccept(t, request(t, order.ChannelWeb, "2026-11-24 17:00", lines(pen, 3)), f, jst(t, "2026-11-24 17:00"))
	held, err := rules.AddHold(o, "APR-1", "waits")
	if err != nil {
		t.Fatal(err)
	}
	honshu := region(t, rules.RegionHonshu)
	for at, want := range map[string]string{
		"2026-11-24 17:30":    "2026-11-25", // in time still
		"2026-11-24 17:30:01": "2026-11-26",
		"2026-11-27 18:00":    "2026-11-30",
	} {
		got, events, err := rules.Approved(held, honshu, nil, f.Settings, f.Calendar, jst(t, at))
		if err != nil || got.State != order.StateAccepted || got.Shipments[0].ArrivalOn != day(t, want) || !got.ApprovedAt.Equal(jst(t, at)) {
			t.Errorf("%s: %+v %v", at, got.Shipments, err)
		}
		if !got.CancelUntil.Equal(o.CancelUntil) || got.GoodsYen != o.GoodsYen || got.ReceivedAt != o.ReceivedAt {
			t.Errorf("%s: minutes or prices moved: %+v", at, got)
		}
		if moved := o.Shipments[0].ArrivalOn != day(t, want); moved != (len(events) == 2) {
			t.Errorf("%s: events %+v", at, events)
		}
	}
	// A designated date that passed meanwhile moves, on the web too.
	req := request(t, order.ChannelWeb, "2026-11-24 10:00", lines(pen, 3))
	req.DesignatedOn = day(t, "2026-11-25")
	o, _ = mustAccept(t, req, f, jst(t, "2026-11-24 10:00"))
	held, _ = rules.AddHold(o, "APR-1", "waits")
	held, _ = rules.AddHold(held, "KEP-2", "asked")
	got, _, err := rules.Approved(held, honshu, nil, f.Settings, f.Calendar, jst(t, "2026-11-25 10:00"))
	if err != nil || got.Shipments[0].ArrivalOn != day(t, "2026-11-26") || got.State != order.StateHeld || rules.HeldBy(got, "APR-1") {
		t.Errorf("%+v %v", got, err)
	}
	if _, _, err := rules.Approved(o, honshu, nil, f.Settings, f.Calendar, jst(t, "2026-11-25 10:00")); err == nil {
		t.Error("approved what did not wait")
	}
}

// TestCUT9MadeToOrder: the date that the desk entered for made-to-order goods stands whenever the
// order is approved.
func TestCUT9MadeToOrder(t *testing.T) {
	t.Parallel()
	f := facts(t)
	honshu := region(t, rules.RegionHonshu)
	o, _ := mustAccept(t, request(t, order.ChannelWeb, "2026-11-24 10:00", lines(pen, 3, madeChair, 1)), f, jst(t, "2026-11-24 10:00"))
	held, err := rules.AddHold(o, "APR-1", "waits")
	if err != nil {
		t.Fatal(err)
	}
	for _, on := range []string{"2026-12-10", ""} {
		if on != "" {
			if held, _, err = rules.DateOrder(held, 2, day(t, on), "佐野", honshu, f.Settings, f.Calendar, jst(t, "2026-11-24 11:00")); err != nil {
				t.Fatal(err)
			}
		} else {
			held.Shipments = o.Shipments
		}
		was := held.Shipments[1]
		got, events, err := rules.Approved(held, honshu, nil, f.Settings, f.Calendar, jst(t, "2026-11-25 10:00"))
		if err != nil {
			t.Fatal(err)
		}
		if sh := got.Shipments[1]; sh.Class != order.ClassPhone || sh.ArrivalOn.String() != on || sh.ShipOn != was.ShipOn || sh.AcceptanceOn != day(t, "2026-11-25") {
			t.Errorf("entered %q: %+v", on, sh)
		}
		if got.Shipments[0].ArrivalOn != day(t, "2026-11-26") || len(events) != 2 { // approved, and the pens' new date
			t.Errorf("entered %q: %+v, %d events", on, got.Shipments[0], len(events))
		}
	}
}
