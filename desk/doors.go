package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"todoke/internal/password"
	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

// only lets people of these roles through to a page; others sign in, or are told no. What the
// page does not log itself is logged for it.
func (d *Desk) only(roles []store.Role, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := d.person(r)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		if !p.Active() {
			d.toLogin(w, r)
			return
		}
		k := &kept{ResponseWriter: w, d: d, p: p}
		r = r.WithContext(context.WithValue(context.WithValue(r.Context(), personKey{}, p), keptKey{}, k))
		k.r = r
		if wait := d.busy.Take(p.Session, d.Now()); wait > 0 {
			d.tooMany(w, r, wait)
			return
		}
		if !p.At(roles) {
			d.log(r, p.Login, "refused", r.URL.Path, "role "+string(p.Role))
			d.showAs(w, r, http.StatusForbidden, page.Problem{
				Frame: d.frame(r, "", pick(p.Lang, "権限がありません", "Not for your role")),
				Text:  pick(p.Lang, "このページは別の役割の方のものです。必要な場合は管理者に依頼してください。", "This page is for another role. Ask whoever runs the system if you need it."),
			})
			return
		}
		if p.PasswordGiven && !beforeFactor[r.Pattern] {
			d.tell(r.Context(), pick(p.Lang, "渡されたパスワードでログインしています。自分のパスワードに変更すると、ほかのページを開けます。", "You signed in with a password that was handed to you. Choose your own, and the other pages open."))
			d.send(w, r, "/desk/account")
			return
		}
		if !p.SecondFactor && p.At(d.FactorRoles) && !beforeFactor[r.Pattern] {
			d.tell(r.Context(), pick(p.Lang, "この役割では二段階認証が必要です。設定すると、ほかのページを開けます。", "Your role needs a second factor. Set it, and the other pages open."))
			d.send(w, r, "/desk/account")
			return
		}
		next(k, r)
	}
}

// beforeFactor is what is open to those who must choose a password or set a second factor first.
var beforeFactor = map[string]bool{
	"GET /desk/account": true, "GET /desk/account/factor.png": true, "POST /desk/account/factor": true, "POST /desk/account/password": true, "POST /desk/account/sessions": true, "POST /desk/lang": true,
}

// unattended marks requests that a page makes by itself: they keep no session awake.
const unattended = "Todoke-Unattended"

// person is who the session belongs to, as they stand now: one who was locked or disabled is
// out at once. The zero Person where nobody has signed in or the session was idle for too long
// (ACC-2).
func (d *Desk) person(r *http.Request) (Person, error) {
	const often = 15 * time.Second // not at every request, picture and key; a session can only end that much earlier
	ctx, now := r.Context(), d.Now()
	id := d.sessions.GetString(ctx, "session")
	if id == "" {
		return Person{}, nil
	}
	s, seen, err := d.Store.StaffOfSession(ctx, id)
	if err != nil {
		return Person{}, err
	}
	if s.ID == 0 { // ended elsewhere
		return Person{}, d.sessions.Destroy(ctx)
	}
	idle := now.Sub(seen)
	if idle > time.Duration(d.Settings.IdleMinutes)*time.Minute {
		return Person{}, errors.Join(d.Store.EndSession(ctx, s.Login, id, now), d.sessions.Destroy(ctx))
	}
	if idle >= often && r.Header.Get(unattended) == "" {
		if err := d.Store.SeeSession(ctx, id, now); err != nil {
			return Person{}, err
		}
	}
	return Person{Staff: s, Lang: page.Lang(s.Lang), Session: id}, nil
}

// toLogin sends somebody to the doors, and back afterwards.
func (d *Desk) toLogin(w http.ResponseWriter, r *http.Request) {
	to := "/desk/login"
	if r.Method == http.MethodGet && r.URL.Path != "/desk" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	d.send(w, r, to)
}

// send sends the whole page elsewhere, also where only a part of it was asked for.
func (d *Desk) send(w http.ResponseWriter, r *http.Request, to string) {
	if r.Header.Get("HX-Request") != "" {
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
	recovered := false
	if right && a.TOTPSecret != "" {
		if right, recovered, err = d.secondFactor(ctx, a, r.PostFormValue("code")); err != nil {
			d.fail(w, r, err)
			return
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
	if err := d.admit(r, login); err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, login, "login", "", "")
	if recovered {
		d.log(r, login, "recovered", "staff "+login, "")
		d.tell(ctx, pick(lang, "復旧コードでログインしました。このコードはもう使えません。", "You signed in with a recovery code. It is used up."))
	}
	if err := d.Store.TidySessions(ctx, now.Add(-longestSession)); err != nil {
		d.Log.WarnContext(ctx, "sessions that ran out could not be deleted", "error", err)
	}
	to := again.Next
	if to == "" {
		to = "/desk"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// admit makes the session the person's.
func (d *Desk) admit(r *http.Request, login string) error {
	const most = 300
	ctx, id := r.Context(), rand.Text()
	agent := []rune(r.UserAgent())
	n := store.StaffSession{ID: id, Agent: string(agent[:min(len(agent), most)]), Address: address(r), Since: d.Now()}
	if err := d.Store.BeginSession(ctx, login, n); err != nil {
		return err
	}
	d.sessions.Put(ctx, "login", login)
	d.sessions.Put(ctx, "session", id)
	return nil
}

func (d *Desk) logout(w http.ResponseWriter, r *http.Request) {
	if login := d.sessions.GetString(r.Context(), "login"); login != "" {
		d.log(r, login, "logout", "", "")
		if err := d.Store.EndSession(r.Context(), login, d.sessions.GetString(r.Context(), "session"), d.Now()); err != nil && order.KindOf(err) != order.KindNotFound {
			d.fail(w, r, err)
			return
		}
	}
	if err := d.sessions.Destroy(r.Context()); err != nil {
		d.fail(w, r, err)
		return
	}
	w.Header().Set("Clear-Site-Data", `"cache"`) // pictures of pages
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
