package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"todoke/internal/browsertest"
	"todoke/store"
	"todoke/store/storetest"
)

func (o *office) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, o.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// TestSecondFactor: it is begun with the password, confirmed by a code, asked for at the doors,
// no code is good twice, and the password takes it away.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hire(t, "hanako", store.RoleDesk)
	b := o.browser(t)
	b.signIn("hanako", secret)
	factor := func(as, password, code string) answer {
		return b.post("/desk/account/factor", url.Values{"as": {as}, "password": {password}, "code": {code}})
	}
	if a := factor("begin", "not the password", ""); a.status != http.StatusUnprocessableEntity {
		t.Errorf("begun with a wrong password: %d", a.status)
	}
	factor("begin", secret, "")
	a := b.get("/desk/account")
	m := regexp.MustCompile(`id="secret">([A-Z2-7]{32})<`).FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no secret is shown: %s", a.body)
	}
	if img := b.get("/desk/account/factor.png"); img.header.Get("Content-Type") != "image/png" || img.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the picture: %d %v", img.status, img.header)
	}
	if a := factor("confirm", "", "000000"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("confirmed by a wrong code: %d", a.status)
	}
	used := o.code(t, m[1])
	if a := factor("confirm", "", used); a.status != http.StatusOK || !strings.Contains(a.body, `id="recovery-codes"`) {
		t.Fatalf("not confirmed: %d %s", a.status, a.body)
	}
	if a := b.get("/desk/account"); strings.Contains(a.body, m[1]) {
		t.Error("the secret is shown once more")
	}
	enter := func(code string) int {
		return o.browser(t).post("/desk/login", url.Values{"login": {"hanako"}, "password": {secret}, "code": {code}}).status
	}
	if got := enter(""); got != http.StatusUnauthorized {
		t.Errorf("in without a code: %d", got)
	}
	if got := enter(used); got != http.StatusUnauthorized {
		t.Errorf("in by the code that confirmed: %d", got)
	}
	o.clock.Set(o.clock.Now().Add(time.Minute))
	fresh := o.code(t, m[1])
	if got := enter(fresh); got != http.StatusSeeOther {
		t.Errorf("not in by a fresh code: %d", got)
	}
	if got := enter(fresh); got != http.StatusUnauthorized {
		t.Errorf("in by the same code again: %d", got)
	}
	if a := factor("remove", "not the password", ""); a.status != http.StatusUnprocessableEntity {
		t.Errorf("removed with a wrong password: %d", a.status)
	}
	if a := factor("remove", secret, ""); a.status != http.StatusSeeOther {
		t.Errorf("not removed: %d", a.status)
	}
	if got := enter(""); got != http.StatusSeeOther {
		t.Errorf("still asked for a code: %d", got)
	}
}

// TestChangePassword: the old one is asked for, the length is held, and other sessions end.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hire(t, "hanako", store.RoleDesk)
	here, there := o.browser(t), o.browser(t)
	here.signIn("hanako", secret)
	there.signIn("hanako", secret)
	const next = "another password 2"
	change := func(old, given, again string) int {
		return here.post("/desk/account/password", url.Values{"old": {old}, "new": {given}, "again": {again}}).status
	}
	for _, c := range [][3]string{{"wrong password", next, next}, {secret, next, next + "x"}, {secret, "short", "short"}} {
		if got := change(c[0], c[1], c[2]); got != http.StatusUnprocessableEntity {
			t.Errorf("%q is taken: %d", c, got)
		}
	}
	if got := change(secret, next, next); got != http.StatusSeeOther {
		t.Fatalf("not changed: %d", got)
	}
	if a := here.get("/desk/account"); a.status != http.StatusOK {
		t.Errorf("out of one's own session: %d", a.status)
	}
	if a := there.get("/desk/account"); !strings.HasPrefix(a.location(), "/desk/login") {
		t.Errorf("another session goes on: %d", a.status)
	}
	if a := o.browser(t).signIn("hanako", secret); a.status != http.StatusUnauthorized {
		t.Errorf("the old password still opens: %d", a.status)
	}
}

// TestStaff: operators manage people, leads unlock the desk alone, and what ends a person's right
// ends the session.
func TestStaff(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for login, role := range map[string]store.Role{"hanako": store.RoleDesk, "mika": store.RoleLead, "ken": store.RoleOperator} {
		o.hire(t, login, role)
	}
	hanako, mika, ken := o.browser(t), o.browser(t), o.browser(t)
	mika.signIn("mika", secret)
	ken.signIn("ken", secret)
	do := func(b *browser, login, as string) int {
		return b.post("/desk/staff/"+login, url.Values{"as": {as}}).status
	}
	out := func() bool {
		hanako.signIn("hanako", secret)
		in := hanako.get("/desk/account").status == http.StatusOK
		return !in
	}
	if out() {
		t.Fatal("hanako is out")
	}
	for _, as := range []string{"lock", "disable", "password", "sessions"} {
		if got := do(mika, "hanako", as); got != http.StatusForbidden {
			t.Errorf("a lead may %s: %d", as, got)
		}
	}
	if got := do(ken, "ken", "disable"); got != http.StatusForbidden {
		t.Errorf("ken shut himself out: %d", got)
	}
	if got := do(ken, "hanako", "sessions"); got != http.StatusSeeOther || !strings.HasPrefix(hanako.get("/desk/account").location(), "/desk/login") {
		t.Errorf("the session was not ended: %d", got)
	}
	if got := do(ken, "hanako", "lock"); got != http.StatusSeeOther || !out() {
		t.Errorf("not locked: %d", got)
	}
	if got := do(mika, "hanako", "unlock"); got != http.StatusSeeOther || out() {
		t.Errorf("a lead did not unlock: %d", got)
	}
	if got := do(mika, "ken", "unlock"); got != http.StatusForbidden {
		t.Errorf("a lead unlocks an operator: %d", got)
	}
	a := ken.post("/desk/staff", url.Values{"login": {"yuki"}, "name": {"森 由紀"}, "role": {"auditor"}})
	m := regexp.MustCompile(`id="new-password">([A-Z2-7]+)<`).FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no password is shown: %d %s", a.status, a.body)
	}
	yuki := o.browser(t)
	if a := yuki.signIn("yuki", m[1]); a.status != http.StatusSeeOther {
		t.Errorf("yuki is not let in: %d", a.status)
	}
	if a := yuki.get("/desk/accesses"); a.location() != "/desk/account" {
		t.Errorf("a password that was handed out opens %q", a.location())
	}
	yuki.post("/desk/account/password", url.Values{"old": {m[1]}, "new": {secret}, "again": {secret}})
	if a := yuki.get("/desk/accesses?login=ken"); a.status != http.StatusOK || !strings.Contains(a.body, "担当者 yuki") || strings.Contains(a.body, ">mika<") {
		t.Errorf("what ken did is not listed, or more: %d", a.status)
	}
	out()
	if a := ken.post("/desk/staff/hanako", url.Values{"as": {"role"}, "role": {"lead"}}); a.status != http.StatusSeeOther || hanako.get("/desk/account").status == http.StatusOK {
		t.Errorf("the session outlived the old role: %d", a.status)
	}
	hanako.signIn("hanako", secret)
	if a := hanako.get("/desk/staff"); a.status != http.StatusOK {
		t.Errorf("the new role opens nothing: %d", a.status)
	}
	if got := do(ken, "hanako", "disable"); got != http.StatusSeeOther || !out() {
		t.Errorf("not disabled: %d", got)
	}
}

// TestRoutesAndRoles: who may open what. A route that is not in the table is refused to nobody
// by accident: every GET of the desk's own pages stands here.
func TestRoutesAndRoles(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	storetest.Shop(t, o.st)
	desk, lead, operator, auditor, warehouse := store.RoleDesk, store.RoleLead, store.RoleOperator, store.RoleAuditor, store.RoleWarehouse
	atDesk, all := []store.Role{desk, lead, operator}, []store.Role{desk, lead, operator, auditor, warehouse}
	routes := map[string][]store.Role{
		"GET /desk/queue": atDesk, "GET /desk/review/1.1": atDesk, "GET /desk/image/1.1": atDesk, "GET /desk/next": atDesk, "GET /desk/review/1.1/field/note": atDesk,
		"POST /desk/review/1.1/key": atDesk, "POST /desk/review/1.1/undo": atDesk, "POST /desk/review/1.1/settle": atDesk, "POST /desk/review/1.1/close": atDesk,
		"POST /desk/review/1.1/reopen": atDesk, "POST /desk/review/1.1/claim": atDesk, "GET /desk/orders": atDesk, "GET /desk/review/1.1/panel": atDesk, "POST /desk/review/1.1/later": atDesk, "POST /desk/review/1.1/turn": atDesk,
		"POST /desk/review/1.1/split": atDesk, "POST /desk/review/1.1/join": atDesk, "POST /desk/review/1.1/attach": atDesk, "POST /desk/review/1.1/note": atDesk,
		"POST /desk/review/1.1/received": atDesk, "GET /desk/review/1.1/ask": atDesk, "GET /desk/review/1.1/ask/1": atDesk, "GET /desk/orders/1000000018": atDesk,
		"POST /desk/claim": atDesk, "POST /desk/take-over": {lead, operator}, "GET /desk/deliveries/1": atDesk, "POST /desk/deliveries/1": atDesk, "GET /desk/answers/1": atDesk, "POST /desk/answers/1": atDesk,
		"GET /desk/lists/1000000018": atDesk, "POST /desk/lists/1000000018": atDesk, "GET /desk/cards/2026-11-23": atDesk, "POST /desk/cards/2026-11-23": atDesk, "GET /desk/mails/1": atDesk, "POST /desk/mails/1": atDesk, "GET /desk/mails/1/files/1": atDesk,
		"GET /desk/mails/1/files/1/picture": atDesk, "GET /desk/issued/1/page/1": atDesk, "POST /desk/picklists/1000000018/acknowledged": {warehouse},
		"POST /desk/orders/1000000018/act": atDesk, "POST /desk/orders/1000000018/payment": atDesk, "POST /desk/orders/1000000018/payment/lead": {lead, operator}, "GET /desk/issued/1": atDesk, "GET /desk/documents/1/bytes": atDesk,
		"POST /desk/orders/1000000018/resend/1": atDesk, "GET /desk/intake": atDesk, "POST /desk/intake": atDesk, "GET /desk/customers": atDesk, "GET /desk/customers/10000016": atDesk,
		"GET /desk/customers/10000016/form.pdf": atDesk, "POST /desk/customers/10000016/dealer": atDesk, "POST /desk/customers/10000016/wish": atDesk, "GET /desk/forms/order.pdf": atDesk, "GET /desk/dealers": atDesk,
		"POST /desk/dealers/1": atDesk, "GET /desk/today": atDesk, "GET /desk/today/list/waiting": atDesk, "GET /desk/runs": {lead, operator}, "POST /desk/runs": {operator},
		"GET /desk/account": all, "GET /desk/account/factor.png": all, "POST /desk/account/factor": all, "POST /desk/account/sessions": all, "GET /desk/nowhere": all, "POST /desk/account/password": all, "POST /desk/lang": all, "GET /desk": all, "GET /desk/": all,
		"GET /desk/staff": {lead, operator}, "POST /desk/staff": {operator}, "POST /desk/staff/nobody": {lead, operator}, "GET /desk/accesses": {lead, operator, auditor}, "GET /desk/accesses/export": {lead, operator, auditor},
		"GET /desk/rules": atDesk, "GET /desk/rules/regions": {lead, operator}, "POST /desk/rules/regions": {lead, operator}, "GET /desk/gateways": {lead, operator}, "POST /desk/gateways": {lead, operator},
		"GET /desk/gateways/efax": {lead, operator}, "POST /desk/gateways/efax": {operator},
		"GET /desk/archive": {lead, operator, auditor}, "GET /desk/archive/export": {lead, operator, auditor}, "POST /desk/archive/verify": {lead, operator, auditor},
		"GET /desk/archive/inbound/1": {lead, operator, auditor}, "GET /desk/archive/issued/1/bytes": {lead, operator, auditor},
		"GET /desk/picklists": {warehouse}, "GET /desk/picklists/1000000018": {warehouse}, "GET /desk/picklists/1000000018/files/1": {warehouse}, "POST /desk/picklists/1000000018/shipped": {warehouse},
	}
	parties := append(slices.Clone(atDesk), warehouse)
	for _, route := range []string{"GET /desk/warehouses", "GET /desk/warehouses/E1", "POST /desk/warehouses/E1", "GET /desk/partner-files/1", "GET /desk/partner-files/1/bytes"} {
		routes[route] = parties
	}
	routes["POST /desk/partner-files/1"], routes["POST /desk/orders/1000000018/notice/1"] = atDesk, atDesk
	stranger := o.browser(t)
	for _, role := range all {
		login := "p-" + string(role)
		if role == warehouse {
			o.hireAs(t, store.Staff{Login: login, Name: "倉田 実", Role: role, WarehouseCode: storetest.East})
		} else {
			o.hire(t, login, role)
		}
		b := o.browser(t)
		if a := b.signIn(login, secret); a.status != http.StatusSeeOther {
			t.Fatalf("%s is not let in: %d", role, a.status)
		}
		for route, may := range routes {
			method, path, _ := strings.Cut(route, " ")
			ask := func(b *browser) answer {
				if method == http.MethodPost {
					return b.post(path, nil)
				}
				return b.get(path)
			}
			got := ask(b).status != http.StatusForbidden
			if got != slices.Contains(may, role) {
				t.Errorf("%s for %s: allowed is %v", route, role, got)
			}
			if role == desk && !strings.HasPrefix(ask(stranger).location(), "/desk/login") {
				t.Errorf("%s is open to strangers", route)
			}
		}
	}
}

// TestDoorsInBrowser: a second factor is set and asked for, and the language switched.
func TestDoorsInBrowser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hire(t, "ken", store.RoleOperator)
	b := browsertest.New(t, 1366, 768, "ja")
	enter := func(b *browsertest.Browser, code string) {
		b.Open(o.URL + "/desk/login")
		b.Fill("#login", "ken")
		b.Fill("#password", secret)
		if code != "" {
			b.Fill("#code", code)
		}
		b.Click("button.main")
		b.Wait(".bar")
	}
	enter(b, "")
	b.Open(o.URL + "/desk/account")
	b.Fill("#factor-password", secret)
	b.Click("button[value=begin]")
	b.WaitFor("document.querySelector('main img')?.naturalWidth > 100")
	key := b.Text("#secret")
	b.Fill("#code", o.code(t, key))
	b.Click("section button.main")
	b.Wait(".notice")
	b.Open(o.URL + "/desk/staff")
	if browsertest.Eval[bool](b, "document.documentElement.scrollWidth > innerWidth") {
		t.Error("the staff page scrolls sideways")
	}
	b.Click("button[name=lang]")
	b.WaitFor("document.documentElement.lang == 'en'")
	o.clock.Set(o.clock.Now().Add(time.Minute))
	enter(browsertest.New(t, 1366, 768, "ja"), o.code(t, key))
}
