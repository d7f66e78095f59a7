package desk_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"todoke/desk"
	"todoke/internal/password"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

const secret = "a long enough password"

// office is a desk over a store of its own.
type office struct {
	*httptest.Server
	st    *store.Store
	clock *storetest.Clock
	first atomic.Pointer[func(*http.Request)] // looks at each request before the desk does
}

func newOffice(t *testing.T) *office {
	t.Helper()
	return newOfficeOf(t, desk.Config{})
}

// newOfficeOf is an office with more than every desk has.
func newOfficeOf(t *testing.T, cfg desk.Config) *office {
	t.Helper()
	return newOfficeWith(t, cfg, rules.Default())
}

// newOfficeWith is an office by other numbers than every shop's.
func newOfficeWith(t *testing.T, cfg desk.Config, settings rules.Settings) *office {
	t.Helper()
	st, clock := storetest.New(t)
	cfg.Store, cfg.Settings, cfg.Now, cfg.Log, cfg.ShopName = st, settings, clock.Now, slog.New(slog.DiscardHandler), "つばめ事務用品"
	d := desk.New(cfg)
	o := &office{st: st, clock: clock}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := o.first.Load(); f != nil {
			(*f)(r)
		}
		d.ServeHTTP(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *office) hire(t *testing.T, login string, role store.Role) {
	t.Helper()
	o.hireAs(t, store.Staff{Login: login, Name: "佐藤 花", Role: role})
}

func (o *office) hireAs(t *testing.T, p store.Staff) {
	t.Helper()
	hash, err := password.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.st.AddStaff(t.Context(), p, hash, o.clock.Now()); err != nil {
		t.Fatal(err)
	}
}

// browser keeps cookies and follows no redirect.
type browser struct {
	*http.Client
	t    *testing.T
	base string
}

func (o *office) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, t, o.URL}
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) location() string { return a.header.Get("Location") }

func (b *browser) do(r *http.Request) answer {
	b.t.Helper()
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		b.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, form url.Values) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (b *browser) signIn(login, password string) answer {
	b.t.Helper()
	return b.post("/desk/login", url.Values{"login": {login}, "password": {password}})
}

func TestDoors(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hire(t, "hanako", store.RoleDesk)
	b := o.browser(t)

	a := b.get("/desk")
	if a.status != http.StatusSeeOther || a.location() != "/desk/login" {
		t.Fatalf("a stranger got %d to %q", a.status, a.location())
	}
	if a := b.signIn("hanako", "another password"); a.status != http.StatusUnauthorized {
		t.Errorf("a wrong password got %d", a.status)
	}
	if a := b.signIn("nobody", secret); a.status != http.StatusUnauthorized {
		t.Errorf("an unknown login got %d", a.status)
	}
	before := cookie(t, b)
	if a := b.signIn("hanako", secret); a.status != http.StatusSeeOther {
		t.Fatalf("the right password got %d", a.status)
	}
	if after := cookie(t, b); after == "" || after == before {
		t.Errorf("the session kept its token through the login: %q", after)
	}
	a = b.get("/desk")
	if a.status == http.StatusSeeOther && a.location() == "/desk/login" {
		t.Errorf("who signed in is sent back to the doors: %s", a.body)
	}
	for h, want := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if got := a.header.Get(h); got != want {
			t.Errorf("%s is %q, want %q", h, got, want)
		}
	}
	if csp := a.header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "script-src 'self'") {
		t.Errorf("content security policy %q", csp)
	}
	log, err := o.st.Accesses(t.Context(), o.clock.Now().Add(-time.Hour), o.clock.Now().Add(time.Hour), "hanako", "", 10)
	if err != nil || len(log) != 2 || log[0].Action != "login" || log[1].Action != "login_failed" {
		t.Errorf("accesses %v (%v)", log, err)
	}
}

func cookie(t *testing.T, b *browser) string {
	t.Helper()
	u, err := url.Parse(b.base)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(u) {
		if c.Name == "todoke_desk" {
			return c.Value
		}
	}
	return ""
}

// ACC-2: an idle session ends after 60 minutes, one in use does not.
func TestIdle(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hire(t, "hanako", store.RoleDesk)
	b := o.browser(t)
	b.signIn("hanako", secret)
	out := func() bool {
		a := b.post("/desk/lang", url.Values{"lang": {"ja"}})
		return strings.HasPrefix(a.location(), "/desk/login")
	}
	for range 3 {
		o.clock.Set(o.clock.Now().Add(60 * time.Minute))
		if out() {
			t.Fatal("out after 60 minutes")
		}
	}
	o.clock.Set(o.clock.Now().Add(60*time.Minute + time.Second))
	if !out() {
		t.Error("still in after more than 60 idle minutes")
	}
}

// ACC-2: more than 10 wrong passwords lock, also when guessed at the same instant, and the right
// one does not help any more.
func TestLock(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hire(t, "hanako", store.RoleDesk)
	b := o.browser(t)
	for i := range 10 {
		b.signIn("hanako", fmt.Sprintf("wrong number %d", i))
	}
	if a := b.signIn("hanako", secret); a.status != http.StatusSeeOther {
		t.Fatalf("ten wrong ones lock already: %d", a.status)
	}
	o.clock.Set(o.clock.Now().Add(2 * time.Minute)) // another minute's guesses
	done := make(chan struct{})
	for i := range 15 {
		go func() {
			defer func() { done <- struct{}{} }()
			o.browser(t).signIn("hanako", fmt.Sprintf("wrong at once %d", i))
		}()
	}
	for range 15 {
		<-done
	}
	o.clock.Set(o.clock.Now().Add(2 * time.Minute))
	if a := b.signIn("hanako", secret); a.status != http.StatusUnauthorized {
		t.Errorf("a locked login got %d", a.status)
	}
	if a := b.post("/desk/lang", url.Values{"lang": {"en"}}); !strings.HasPrefix(a.location(), "/desk/login") {
		t.Error("the session of a locked login goes on")
	}
	if err := o.st.UnlockStaff(t.Context(), "hanako"); err != nil {
		t.Fatal(err)
	}
	if a := b.signIn("hanako", secret); a.status != http.StatusSeeOther {
		t.Errorf("an unlocked login got %d", a.status)
	}
}

func TestGuessesAreLimited(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	b := o.browser(t)
	var last int
	for i := range 21 {
		last = b.signIn(fmt.Sprintf("login%d", i), "some password here").status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the 21st guess of a minute got %d", last)
	}
}

func TestCrossOriginIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hire(t, "hanako", store.RoleDesk)
	b := o.browser(t)
	b.signIn("hanako", secret)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/desk/logout", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if a := b.do(r); a.status != http.StatusForbidden {
		t.Errorf("another site signed us out: %d", a.status)
	}
}

func TestLoginLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hire(t, "hanako", store.RoleDesk)
	for next, want := range map[string]string{
		"/desk/orders?q=1": "/desk/orders?q=1", "https://evil.example/desk": "/desk", "//evil.example/desk": "/desk",
		"/\\evil.example": "/desk", "/elsewhere": "/desk", "": "/desk",
	} {
		a := o.browser(t).post("/desk/login", url.Values{"login": {"hanako"}, "password": {secret}, "next": {next}})
		if got := a.location(); got != want {
			t.Errorf("next %q leads to %q, want %q", next, got, want)
		}
	}
}
