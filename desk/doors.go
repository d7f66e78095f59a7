package desk

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"todoke/internal/password"
	"todoke/store"
	"todoke/templates/page"
)

// only lets people of these roles through to a page; others sign in, or are told no.
func (d *Desk) only(roles []store.Role, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := d.person(r.Context())
		if err != nil {
			d.fail(w, r, err)
			return
		}
		if !p.Active() {
			d.toLogin(w, r)
			return
		}
		if now := d.Now().Unix(); now-d.sessions.GetInt64(r.Context(), "seen") >= seenEvery || now < d.sessions.GetInt64(r.Context(), "seen") {
			d.sessions.Put(r.Context(), "seen", now)
		}
		r = r.WithContext(context.WithValue(r.Context(), personKey{}, p))
		if !p.At(roles) {
			d.log(r, p.Login, "refused", r.URL.Path, "role "+string(p.Role))
			d.showAs(w, r, http.StatusForbidden, page.Problem{
				Frame: d.frame(r, "", pick(p.Lang, "権限がありません", "Not for your role")),
				Text:  pick(p.Lang, "このページは別の役割の方のものです。必要な場合は管理者に依頼してください。", "This page is for another role. Ask whoever runs the system if you need it."),
			})
			return
		}
		next(w, r)
	}
}

// seenEvery is after how many seconds a session is written again: not at every request, picture and
// key. It can only end that much earlier.
const seenEvery = 15

// person is who the session belongs to, as they stand now: one who was locked or disabled is
// out at once. The zero Person where nobody has signed in or the session was idle for too long
// (ACC-2).
func (d *Desk) person(ctx context.Context) (Person, error) {
	login := d.sessions.GetString(ctx, "login")
	if login == "" {
		return Person{}, nil
	}
	idle := d.Now().Sub(time.Unix(d.sessions.GetInt64(ctx, "seen"), 0))
	if idle > time.Duration(d.Settings.IdleMinutes)*time.Minute {
		return Person{}, d.sessions.Destroy(ctx)
	}
	s, err := d.Store.GetStaff(ctx, login)
	if err != nil {
		return Person{}, err
	}
	if d.sessions.GetInt(ctx, "no") != s.SessionsNo { // ended elsewhere
		return Person{}, d.sessions.Destroy(ctx)
	}
	return Person{s, page.Lang(s.Lang)}, nil
}

// toLogin sends somebody to the doors, and back afterwards.
func (d *Desk) toLogin(w http.ResponseWriter, r *http.Request) {
	to := "/desk/login"
	if r.Method == http.MethodGet && r.URL.Path != "/desk" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	if r.Header.Get("HX-Request") != "" { // a part of a page: the whole page must go
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (d *Desk) showLogin(w http.ResponseWriter, r *http.Request) {
	d.show(w, r, page.Login{Lang: doorLang(r), Shop: d.ShopName, Next: within(r.FormValue("next"))})
}

func doorLang(r *http.Request) page.Lang {
	if l := r.URL.Query().Get("lang"); l == "en" || l == "" && strings.HasPrefix(r.Header.Get("Accept-Language"), "en") {
		return page.English
	}
	return page.Japanese
}

// within is a path of ours, or empty: a login must not lead elsewhere.
func within(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/desk") || strings.ContainsAny(next, "\\\r\n") {
		return ""
	}
	return next
}

// login checks a password, and a code where the person has a second factor. What is wrong is
// not told: neither which of them, nor whether there is such a person.
func (d *Desk) login(w http.ResponseWriter, r *http.Request) {
	ctx, now := r.Context(), d.Now()
	lang := doorLang(r)
	login := strings.ToLower(strings.TrimSpace(r.PostFormValue("login")))
	if len(login) > 40 {
		login = login[:40]
	}
	again := page.Login{Lang: lang, Shop: d.ShopName, Login: login, Next: within(r.PostFormValue("next"))}
	if !d.guesses.Allow(address(r), now) {
		again.Problem = pick(lang, "試行が続いています。1分ほど待ってからもう一度お試しください。", "Too many attempts. Wait a minute and try again.")
		w.Header().Set("Retry-After", "60")
		d.showAs(w, r, http.StatusTooManyRequests, again)
		return
	}
	a, err := d.Store.CountAttempt(ctx, login)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	right, err := password.Check(ctx, a.Hash, r.PostFormValue("password"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if right && a.TOTPSecret != "" {
		step, ok := codeStep(a.TOTPSecret, r.PostFormValue("code"), a.TOTPStep, now)
		if right = ok; ok {
			if right, err = d.Store.UseCode(ctx, a, step); err != nil {
				d.fail(w, r, err)
				return
			}
		}
	}
	locked, err := d.Store.EndAttempt(ctx, a, right, now)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if locked {
		d.log(r, login, "locked", "staff "+login, "too many wrong passwords (ACC-2)")
	}
	if !right {
		d.log(r, login, "login_failed", "", "")
		again.Problem = pick(lang, "ログインできませんでした。IDとパスワードを確かめてください。間違いが続くとロックされ、責任者による解除が必要になります。",
			"You could not be signed in. Check login and password; after too many wrong ones the login is locked until a lead unlocks it.")
		d.showAs(w, r, http.StatusUnauthorized, again)
		return
	}
	// Another token, so that one planted before is worth nothing.
	if err := d.sessions.RenewToken(ctx); err != nil {
		d.fail(w, r, err)
		return
	}
	if err := d.admit(ctx, login); err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, login, "login", "", "")
	if err := d.Store.TidySessions(ctx); err != nil {
		d.Log.WarnContext(ctx, "sessions that ran out could not be deleted", "error", err)
	}
	to := again.Next
	if to == "" {
		to = "/desk"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// admit makes the session the person's.
func (d *Desk) admit(ctx context.Context, login string) error {
	s, err := d.Store.GetStaff(ctx, login)
	if err != nil {
		return err
	}
	d.sessions.Put(ctx, "login", login)
	d.sessions.Put(ctx, "no", s.SessionsNo)
	d.sessions.Put(ctx, "seen", d.Now().Unix())
	return nil
}

func (d *Desk) logout(w http.ResponseWriter, r *http.Request) {
	if login := d.sessions.GetString(r.Context(), "login"); login != "" {
		d.log(r, login, "logout", "", "")
	}
	if err := d.sessions.Destroy(r.Context()); err != nil {
		d.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/desk/login", http.StatusSeeOther)
}

func (d *Desk) setLang(w http.ResponseWriter, r *http.Request) {
	lang := "ja"
	if r.PostFormValue("lang") == "en" {
		lang = "en"
	}
	if err := d.Store.SetStaffLang(r.Context(), personOf(r.Context()).Login, lang); err != nil {
		d.fail(w, r, err)
		return
	}
	back := "/desk"
	if u, err := url.Parse(r.Referer()); err == nil && within(u.RequestURI()) != "" {
		back = u.RequestURI()
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}
