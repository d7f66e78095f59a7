package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"todoke/desk"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

var sessionButton = regexp.MustCompile(`name="session" value="([A-Z2-7]{26})"`)

// TestOwnSessions: people see where they are signed in, end one or all others, and never another's.
func TestOwnSessions(t *testing.T) {
	t.Parallel()
	o, here, jiro := openOffice(t)
	there, third := o.browser(t), o.browser(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/desk/login", strings.NewReader(url.Values{"login": {"hanako"}, "password": {secret}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0")
	there.do(r)
	third.signIn("hanako", secret)
	in := func(b *browser) bool { return b.get("/desk/account").status == http.StatusOK }
	a := here.get("/desk/account")
	if n := len(sessionButton.FindAllString(a.body, -1)); n != 2 || !strings.Contains(a.body, "Edge / Windows") || !strings.Contains(a.body, "この端末") || !strings.Contains(a.body, `value="others"`) {
		t.Fatalf("%d other sessions are listed: %s", n, a.body)
	}
	end := func(b *browser, session string) int {
		return b.post("/desk/account/sessions", url.Values{"session": {session}}).status
	}
	one := sessionButton.FindStringSubmatch(there.get("/desk/account").body)[1] // here's, or third's
	if got := end(jiro, one); got != http.StatusNotFound || !in(here) || !in(third) {
		t.Fatalf("jiro ended a session of hanako's: %d", got)
	}
	if got := end(there, one); got != http.StatusSeeOther || in(here) == in(third) {
		t.Fatalf("not one session was ended: %d, %v %v", got, in(here), in(third))
	}
	here.signIn("hanako", secret)
	third.signIn("hanako", secret)
	if got := end(here, "others"); got != http.StatusSeeOther || !in(here) || in(there) || in(third) || !in(jiro) {
		t.Errorf("all others: %d, here %v, there %v, third %v, jiro %v", got, in(here), in(there), in(third), in(jiro))
	}
	if a := here.get("/desk/account"); sessionButton.MatchString(a.body) {
		t.Error("ended sessions are still listed")
	}
	// Signing out ends it for good: the cookie of before opens nothing.
	before := cookie(t, here)
	here.post("/desk/logout", nil)
	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, o.URL+"/desk/account", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "todoke_desk", Value: before})
	if a := o.browser(t).do(r); a.status == http.StatusOK {
		t.Error("the cookie of a session that was ended still opens")
	}
}

// TestUnattended: a page that renews itself keeps nobody signed in (ACC-2).
func TestUnattended(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	poll := func() answer {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.URL+"/desk/queue", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("HX-Request", "true")
		r.Header.Set("Todoke-Unattended", "1")
		return b.do(r)
	}
	for range 6 {
		o.clock.Set(o.clock.Now().Add(10 * time.Minute))
		if a := poll(); a.status != http.StatusOK {
			t.Fatalf("out before 60 minutes: %d", a.status)
		}
	}
	o.clock.Set(o.clock.Now().Add(time.Second))
	if a := poll(); a.status != http.StatusUnauthorized || a.header.Get("Hx-Redirect") == "" {
		t.Errorf("the queue renewed itself for more than 60 minutes: %d", a.status)
	}
	if a := o.browser(t).get("/desk/login"); strings.Contains(a.body, "Todoke-Unattended") {
		t.Error("the login page renews itself")
	}
}

// TestFixation: a token from before the login, planted or kept, is worth nothing after it.
func TestFixation(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hire(t, "hanako", store.RoleDesk)
	b := o.browser(t)
	planted := strings.Repeat("A", 43)
	u, err := url.Parse(o.URL)
	if err != nil {
		t.Fatal(err)
	}
	b.Jar.SetCookies(u, []*http.Cookie{{Name: "todoke_desk", Value: planted}})
	if a := b.signIn("hanako", secret); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	if got := cookie(t, b); got == planted || len(got) < 43 {
		t.Errorf("the planted token was taken, or the new one is short: %q", got)
	}
	evil := o.browser(t)
	evil.Jar.SetCookies(u, []*http.Cookie{{Name: "todoke_desk", Value: planted}})
	if a := evil.get("/desk/account"); a.status == http.StatusOK {
		t.Error("the planted token opens the desk")
	}
}

// TestCookie: the session's cookie is for our pages alone, and behind TLS for nothing else.
func TestCookie(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		o := newOfficeOf(t, desk.Config{Secure: secure})
		o.hire(t, "hanako", store.RoleDesk)
		a := o.browser(t).signIn("hanako", secret)
		set := a.header.Values("Set-Cookie")
		if len(set) != 1 {
			t.Fatalf("cookies %q", set)
		}
		c, err := http.ParseSetCookie(set[0])
		if err != nil {
			t.Fatal(err)
		}
		name := "todoke_desk"
		if secure {
			name = "__Host-todoke_desk"
		}
		if c.Name != name || !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 || !c.Expires.IsZero() {
			t.Errorf("secure %v: %s", secure, set[0])
		}
		if hsts := a.header.Get("Strict-Transport-Security"); (hsts != "") != secure || secure && !strings.Contains(hsts, "max-age=31536000") {
			t.Errorf("secure %v: HSTS %q", secure, hsts)
		}
	}
}

// TestRecoveryCodes: each stands in for a lost device once; new ones, and whoever resets the factor, void the old.
func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hire(t, "hanako", store.RoleDesk)
	o.hire(t, "ken", store.RoleOperator)
	b := o.browser(t)
	b.signIn("hanako", secret)
	post := func(as, code string) answer {
		return b.post("/desk/account/factor", url.Values{"as": {as}, "password": {secret}, "code": {code}})
	}
	post("begin", "")
	m := regexp.MustCompile(`id="secret">([A-Z2-7]{32})<`).FindStringSubmatch(b.get("/desk/account").body)
	codesOf := func(a answer) []string {
		var out []string
		for _, m := range regexp.MustCompile(`<li class="mono">([A-Z2-7-]{29})<`).FindAllStringSubmatch(a.body, -1) {
			out = append(out, m[1])
		}
		return out
	}
	codes := codesOf(post("confirm", o.code(t, m[1])))
	if len(codes) != 8 {
		t.Fatalf("codes %q", codes)
	}
	if a := b.get("/desk/account"); strings.Contains(a.body, codes[0]) || !strings.Contains(a.body, "復旧コード 8件") {
		t.Error("the codes are shown once more, or not counted")
	}
	enter := func(code string) int {
		return o.browser(t).post("/desk/login", url.Values{"login": {"hanako"}, "password": {secret}, "code": {code}}).status
	}
	for i, tt := range []struct {
		code string
		want int
	}{
		{codes[0], http.StatusSeeOther},
		{codes[0], http.StatusUnauthorized},
		{strings.ToLower(strings.ReplaceAll(codes[1], "-", " ")), http.StatusSeeOther},
		{strings.Repeat("A", 24), http.StatusUnauthorized},
		{"", http.StatusUnauthorized},
	} {
		if got := enter(tt.code); got != tt.want {
			t.Errorf("step %d: %d, want %d", i, got, tt.want)
		}
	}
	fresh := codesOf(post("codes", ""))
	if len(fresh) != 8 || enter(codes[2]) != http.StatusUnauthorized || enter(fresh[0]) != http.StatusSeeOther {
		t.Errorf("new codes %q do not take the place of the old", fresh)
	}
	ken := o.browser(t)
	ken.signIn("ken", secret)
	if a := ken.post("/desk/staff/hanako", url.Values{"as": {"factor"}}); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	if a := b.get("/desk/account"); a.status == http.StatusOK {
		t.Error("the sessions of before the reset go on")
	}
	if got := enter(""); got != http.StatusSeeOther {
		t.Errorf("after the reset a code is still asked for: %d", got)
	}
}

// TestFactorByRole: who must have a second factor does nothing before it is set, and keeps it.
func TestFactorByRole(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, desk.Config{FactorRoles: []store.Role{store.RoleOperator}})
	o.hire(t, "hanako", store.RoleDesk)
	o.hire(t, "ken", store.RoleOperator)
	b, ken := o.browser(t), o.browser(t)
	b.signIn("hanako", secret)
	if a := b.get("/desk/queue"); a.status != http.StatusOK {
		t.Errorf("the desk must not: %d", a.status)
	}
	ken.signIn("ken", secret)
	for _, path := range []string{"/desk", "/desk/queue", "/desk/staff", "/desk/nowhere"} {
		if a := ken.get(path); a.location() != "/desk/account" {
			t.Errorf("%s opens without a second factor: %d", path, a.status)
		}
	}
	if a := ken.post("/desk/staff/hanako", url.Values{"as": {"lock"}}); a.location() != "/desk/account" {
		t.Errorf("locked somebody without a second factor: %d", a.status)
	}
	factor := func(as, code string) answer {
		return ken.post("/desk/account/factor", url.Values{"as": {as}, "password": {secret}, "code": {code}})
	}
	factor("begin", "")
	m := regexp.MustCompile(`id="secret">([A-Z2-7]{32})<`).FindStringSubmatch(ken.get("/desk/account").body)
	if m == nil {
		t.Fatal("no secret")
	}
	factor("confirm", o.code(t, m[1]))
	if a := ken.get("/desk/staff"); a.status != http.StatusOK {
		t.Errorf("with a second factor: %d", a.status)
	}
	if a := factor("remove", ""); a.status != http.StatusUnprocessableEntity {
		t.Errorf("taken away: %d", a.status)
	}
}

// TestRequestsAreLimited: a session that asks for more than anybody can is told so in Japanese and
// goes on after the moment it is told to wait; another session does not feel it, a crowd at one address does.
func TestRequestsAreLimited(t *testing.T) {
	t.Parallel()
	s := rules.Default()
	s.RequestBurst, s.RequestsPerSecond, s.AddressSessions = 20, 5, 3
	o := newOfficeWith(t, desk.Config{}, s)
	o.hire(t, "hanako", store.RoleDesk)
	b, other := o.browser(t), o.browser(t)
	b.signIn("hanako", secret)
	other.signIn("hanako", secret)
	ask := func(b *browser, n int) (passed int, last answer) {
		for range n {
			if last = b.get("/desk/account"); last.status == http.StatusOK {
				passed++
			}
		}
		return passed, last
	}
	passed, last := ask(b, 25)
	if passed != 20 || last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") != "1" || !strings.Contains(last.body, "アクセスが集中しています") {
		t.Errorf("%d of 25 passed, then %d %v", passed, last.status, last.header)
	}
	if passed, _ := ask(other, 1); passed != 1 {
		t.Error("another session waits, too")
	}
	o.clock.Set(o.clock.Now().Add(time.Second))
	if passed, _ := ask(b, 8); passed != 5 {
		t.Errorf("%d of 8 passed after a second, want 5", passed)
	}
	stranger, refused := o.browser(t), 0
	for range 70 {
		if stranger.get("/desk/login").status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("an address may ask without limit")
	}
	if a := stranger.get("/desk/asset/none.css"); a.status != http.StatusNotFound {
		t.Errorf("assets are limited: %d", a.status)
	}
}

// TestErrorsRevealNothing: what breaks inside is told by a number alone; what is not there, and what
// another site asks for, in words of the page.
func TestErrorsRevealNothing(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, desk.Config{Jobs: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret of the house") })})
	storetest.Shop(t, o.st)
	o.hire(t, "ken", store.RoleOperator)
	b := o.browser(t)
	b.signIn("ken", secret)
	within := func(what string, a answer, status int) {
		t.Helper()
		if a.status != status || !strings.Contains(a.body, `lang="ja"`) || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
		for _, bad := range []string{"secret of the house", ".go", "goroutine", "SQL", "pgx", "sql", "closed pool", "panic"} {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s tells %q", what, bad)
			}
		}
	}
	within("a panic", b.get(desk.JobsPath), http.StatusInternalServerError)
	within("no such page", b.get("/desk/nowhere/at/all"), http.StatusNotFound)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/desk/logout", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://evil.example")
	within("another site", b.do(r), http.StatusForbidden)
	o.st.Pool().Close()
	within("no database", b.get("/desk/queue"), http.StatusInternalServerError)
	within("no database, a stranger", o.browser(t).signIn("ken", secret), http.StatusInternalServerError)
}
