package desk_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// TestAccessLog: the log says in Japanese who looked at what, leads there, narrows by person, action
// and customer, and is exported as it was narrowed.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	storetest.Shop(t, o.st)
	one := o.accept(t, storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Osaka, storetest.Pen, 30))
	log := func(login, action, subject, detail string) {
		t.Helper()
		if err := o.st.LogAccess(t.Context(), store.Access{At: o.clock.Now(), Login: login, Address: "127.0.0.1", Action: action, Subject: subject, Detail: detail}); err != nil {
			t.Fatal(err)
		}
	}
	log("hanako", "view", "order "+string(one.Number), "")
	log("hanako", "change", "customer "+storetest.Code(storetest.Osaka), "asked the dealer: 電話番号")
	log("hanako", "view", "customer "+storetest.Code(storetest.Tokyo), "")
	log("ken", "change", "table regions", "締切の前倒し\n- a\n+ b")
	log("ken", "view", "customers", "searched: =1*1")
	o.hire(t, "lead", store.RoleLead)
	o.hire(t, "kansa", store.RoleAuditor)
	b, auditor := o.browser(t), o.browser(t)
	b.signIn("lead", secret)
	auditor.signIn("kansa", secret)
	rows := func(query string) int { return strings.Count(b.get("/desk/accesses?"+query).body, `id="access-`) }
	for query, want := range map[string]int{
		"login=hanako": 3, "login=hanako&action=change": 1, "login=ken&day=2026-11-24": 2, "login=ken&day=2026-11-23": 0, "day=2026-11-20&to=2026-11-24&login=ken": 2,
		"customer=" + storetest.Code(storetest.Osaka): 2, "customer=" + storetest.Code(storetest.Tokyo): 1, "customer=nobody": 0,
	} {
		if got := rows(query); got != want {
			t.Errorf("%s finds %d, want %d", query, got, want)
		}
	}
	a := b.get("/desk/accesses?login=hanako")
	for _, want := range []string{`href="/desk/orders/` + string(one.Number), `href="/desk/customers/` + storetest.Code(storetest.Osaka), "販売店へ依頼：電話番号"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	if a := b.get("/desk/accesses?login=ken"); !strings.Contains(a.body, "規則の表（地域と締切）") || !strings.Contains(a.body, `href="/desk/rules/regions"`) || !strings.Contains(a.body, "検索：=1*1") {
		t.Errorf("ken's: %s", a.body)
	}
	if a := auditor.get("/desk/accesses?login=hanako"); strings.Contains(a.body, `href="/desk/orders/`) {
		t.Error("an auditor is led to where auditors may not go")
	}
	a = auditor.get("/desk/accesses/export?login=ken")
	cells, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.body, "\xef\xbb\xbf"))).ReadAll()
	if a.status != http.StatusOK || err != nil || len(cells) != 3 || cells[1][4] != "お客様の検索" || cells[2][5] != "table regions" {
		t.Fatalf("%d %v %v", a.status, cells, err)
	}
	got, err := o.st.Accesses(t.Context(), o.clock.Now().Add(-1e9), o.clock.Now().Add(1e9), "kansa", "accesses", 5)
	if err != nil || len(got) == 0 || got[0].Detail != "exported: login=ken" {
		t.Errorf("the export is not in the log: %+v (%v)", got, err)
	}
}
