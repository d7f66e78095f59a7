package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

// CST-1: a lead has all orders of a customer wait, those taken and those that come, and lets them go;
// clerks see it and can do neither, other causes stay, and budgets stand on the page (BUD-1).
func TestCustomerHold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	storetest.Shop(t, o.st)
	tokyo := storetest.Code(storetest.Tokyo)
	if err := o.st.Import(t.Context(), order.Masters{Budgets: []order.BudgetRow{{DepartmentCode: tokyo, Span: "month", LimitYen: 50_000, Over: "block", From: order.D(2026, 4, 1)}}}); err != nil {
		t.Fatal(err)
	}
	take := func() order.Order {
		return o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Pen, 30))
	}
	first, other := take(), o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Osaka, storetest.Pen, 30))
	if _, err := o.st.DecideOrder(t.Context(), first.ID, store.OrderDecision{Act: rules.ActHold, Reason: "宛名の確認", By: "鈴木"}, o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	second := take()
	o.hire(t, "hanako", store.RoleDesk)
	o.hire(t, "lead", store.RoleLead)
	clerk, lead := o.browser(t), o.browser(t)
	clerk.signIn("hanako", secret)
	lead.signIn("lead", secret)
	path := "/desk/customers/" + tokyo
	hold := url.Values{"act": {"hold"}, "reason": {"与信の確認中"}}
	if a := clerk.post(path+"/hold", hold); a.status < http.StatusBadRequest {
		t.Errorf("a clerk holds a customer: %d", a.status)
	}
	if a := lead.post(path+"/hold", url.Values{"act": {"hold"}, "reason": {" "}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", a.status)
	}
	if a := lead.post(path+"/hold", hold); a.status != http.StatusSeeOther {
		t.Fatal(a.status, a.body)
	}
	if a := lead.post(path+"/hold", hold); a.status != http.StatusConflict {
		t.Errorf("held twice: %d", a.status)
	}
	third := take()
	held := func(x order.Order, causes ...string) {
		t.Helper()
		got, err := o.st.GetOrder(t.Context(), x.Number)
		if err != nil {
			t.Fatal(err)
		}
		var by []string
		for _, h := range rules.Holds(got) {
			by = append(by, h.Rule)
		}
		if strings.Join(by, " ") != strings.Join(causes, " ") {
			t.Errorf("%s is held by %v, want %v", x.Number, by, causes)
		}
	}
	held(first, "KEP-2", "CST-1")
	held(second, "CST-1")
	held(third, "CST-1")
	held(other)
	if a := clerk.get(path); !strings.Contains(a.body, "すべて保留中") || !strings.Contains(a.body, "与信の確認中") || strings.Contains(a.body, path+"/hold") {
		t.Error("a clerk does not see the hold, or may lift it")
	}
	if a := clerk.get("/desk/queue"); !strings.Contains(a.body, "与信の確認中") || !strings.Contains(a.body, "CST-1") {
		t.Error("the queue does not tell the rule")
	}
	act := "/desk/orders/" + string(third.Number)
	if a := clerk.get(act); !strings.Contains(a.body, "与信の確認中") {
		t.Error("the order's page does not tell why")
	}
	if a := clerk.post(act+"/act", url.Values{"act": {"free"}, "reason": {"x"}}); a.status != http.StatusConflict {
		t.Errorf("a clerk frees one order: %d", a.status)
	}
	if a := lead.post(path+"/hold", url.Values{"act": {"free"}, "reason": {"入金を確認"}}); a.status != http.StatusSeeOther {
		t.Fatal(a.status, a.body)
	}
	held(first, "KEP-2")
	held(second)
	held(third)
	held(take())
	a := lead.get(path)
	if !strings.Contains(a.body, "入金を確認") || !strings.Contains(a.body, "50,000") || !strings.Contains(a.body, "14,400") || !strings.Contains(a.body, "35,600") {
		t.Error("the page lacks the change or the budget")
	}
	events, err := o.st.OrderEvents(t.Context(), third.ID)
	if err != nil || events[len(events)-1].Rule != "CST-1" || events[len(events)-1].Kind != order.EventHoldFreed || !strings.Contains(events[len(events)-1].Text, "入金を確認") {
		t.Error(events, err)
	}
}
