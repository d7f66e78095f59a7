package desk

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"todoke/order"
	"todoke/templates/page"
)

// policy lets pages load only what we serve ourselves, nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Limits of a request.
const (
	formBytes      = 1 << 20 // uploads have limits of their own
	guessesAMinute = 20      // at passwords from one address, over all logins
)

// uploads are where files are taken in; they hold to limits of their own. Anywhere else a form with
// files is refused before any of it lies on the disk.
var uploads = regexp.MustCompile(`^/desk/(intake|gateways|warehouses/[^/]+)$`)

// guard sets the headers that every page has, signed in or not.
func (d *Desk) guard(h http.Header, policy, referrer string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", referrer)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if d.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// around is what every request of the desk goes through.
func (d *Desk) around(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.problem(w, r, http.StatusForbidden, "ほかのサイトからの操作です", "Asked for by another site",
			"安全のため、ほかのサイトから送られた操作は受け付けません。お客様サービスデスクの画面からやり直してください。", "For safety, nothing is done that another site asks for. Do it from the desk's own pages.")
	}))
	guarded := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		d.guard(h, policy, "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if !uploads.MatchString(r.URL.Path) {
			r.Body = http.MaxBytesReader(w, r.Body, formBytes)
		}
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so, too
				panic(p)
			}
			d.Log.ErrorContext(r.Context(), "page panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			d.fail(w, r, errors.New("the page failed"))
		}()
		if !strings.HasPrefix(r.URL.Path, page.AssetPrefix) {
			if wait := d.crowd.Take(address(r), d.Now()); wait > 0 {
				d.tooMany(w, r, wait)
				return
			}
		}
		guarded.ServeHTTP(w, r)
	})
}

// tooMany answers who asks for more than anybody can.
func (d *Desk) tooMany(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
	d.problem(w, r, http.StatusTooManyRequests, "アクセスが集中しています", "Too many requests",
		"短い時間に多くの操作がありました。少し待ってから、もう一度お試しください。入力した内容は失われていません。", "There were too many requests in a short time. Wait a moment and try again; nothing that was kept is lost.")
}

// problem is a page that says why something is not done, to whoever asks.
func (d *Desk) problem(w http.ResponseWriter, r *http.Request, status int, japanese, english, textJapanese, textEnglish string) {
	f := d.frame(r, "", "")
	if personOf(r.Context()).ID == 0 {
		f.Lang = doorLang(r)
	}
	f.Title = pick(f.Lang, japanese, english)
	d.showAs(w, r, status, page.Problem{Frame: f, Text: pick(f.Lang, textJapanese, textEnglish)})
}

// nowhere answers who asks for a page that is not there.
func (d *Desk) nowhere(w http.ResponseWriter, r *http.Request) {
	d.fail(w, r, order.NotFound("page", "there is no such page"))
}

// renderer is a page.
type renderer interface{ Render(w io.Writer) error }

func (d *Desk) show(w http.ResponseWriter, r *http.Request, v renderer) {
	d.showAs(w, r, http.StatusOK, v)
}

func (d *Desk) showAs(w http.ResponseWriter, r *http.Request, status int, v renderer) {
	var b bytes.Buffer
	if err := v.Render(&b); err != nil {
		d.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// fail answers with what went wrong, as far as it is the person's to know.
func (d *Desk) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := personOf(r.Context())
	status, title := http.StatusInternalServerError, pick(p.Lang, "処理できませんでした", "Something failed on our side")
	text, id := pick(p.Lang, "しばらくしてからもう一度お試しください。続くようなら下の番号を管理者に伝えてください。", "Try again in a moment. If it goes on, tell the number below to whoever runs the system."), ""
	said := page.Saying(p.Lang, message(err))
	switch order.KindOf(err) {
	case order.KindNotFound:
		status, title, text = http.StatusNotFound, pick(p.Lang, "見つかりません", "Not found"), said
	case order.KindConflict:
		status, title, text = http.StatusConflict, pick(p.Lang, "ほかの操作と重なりました", "Somebody was faster"), said
	case order.KindInvalid:
		status, title, text = http.StatusUnprocessableEntity, pick(p.Lang, "この内容では処理できません", "This cannot be done as it stands"), said
	case order.KindInternal, order.KindTemporary, order.KindPermanent:
	}
	if status == http.StatusInternalServerError {
		id = rand.Text()[:10]
		d.Log.ErrorContext(r.Context(), "page failed", "path", r.URL.Path, "request", id, "error", err)
	}
	f := d.frame(r, "", title)
	f.Title = title
	var b bytes.Buffer
	if err := (page.Problem{Frame: f, Text: text, Request: id}).Render(&b); err != nil {
		http.Error(w, title, status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

func message(err error) string {
	if e, ok := errors.AsType[*order.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// address is where a request comes from: the proxy's word counts only behind one on this machine.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		all := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if last := net.ParseIP(strings.TrimSpace(all[len(all)-1])); last != nil {
			return last.String()
		}
	}
	return host
}

// rates counts what each address does in a span of time.
type rates struct {
	mu    sync.Mutex
	most  int
	span  time.Duration
	since time.Time
	count map[string]int
}

func newRates(most int, span time.Duration) *rates {
	return &rates{most: most, span: span, count: map[string]int{}}
}

// Allow counts one more and tells whether it is still within the limit.
func (l *rates) Allow(who string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) >= l.span || now.Before(l.since) {
		l.since = now
		clear(l.count)
	}
	l.count[who]++
	return l.count[who] <= l.most
}
