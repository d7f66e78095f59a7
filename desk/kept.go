package desk

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// viewAgain is how long the same view of the same session is one view: lists renew themselves, and
// a page's pictures are loaded many times.
const viewAgain = 10 * time.Minute

// impersonal are the pages that show nobody's data but the person's own; every other page that is
// shown writes a view (ASVS 8.3.5).
var impersonal = map[string]bool{
	"GET /desk": true, "/desk/": true, "GET /desk/account": true, "GET /desk/account/factor.png": true, "GET /desk/forms/order.pdf": true, "GET /desk/item": true,
	"GET /desk/rules": true, "GET /desk/gateways": true, "GET /desk/runs": true, JobsPath: true, JobsPath + "/": true,
}

// unchanging are the requests that are sent like changes and change nothing that outlives the view:
// a claim is renewed while its page, which was logged, is open.
var unchanging = map[string]bool{
	"POST /desk/review/{name}/claim": true, "POST /desk/claim": true, "POST /desk/gateways": true,
	"POST /desk/rules/{table}": true, // a preview changes nothing; what is saved is logged with its reason
}

// kept makes sure, before the first byte leaves, that a view or a change is logged.
type kept struct {
	http.ResponseWriter
	d      *Desk
	r      *http.Request
	p      Person
	logged bool
	begun  bool
}

type keptKey struct{}

// WriteHeader implements http.ResponseWriter.
func (k *kept) WriteHeader(status int) {
	if !k.begun {
		k.begun = true
		k.keep(status)
	}
	k.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (k *kept) Write(b []byte) (int, error) {
	if !k.begun {
		k.WriteHeader(http.StatusOK)
	}
	return k.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (k *kept) Unwrap() http.ResponseWriter { return k.ResponseWriter }

func (k *kept) keep(status int) {
	if k.logged || status >= http.StatusBadRequest {
		return
	}
	r := k.r
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		if !unchanging[r.Pattern] && r.Pattern != JobsPath+"/" {
			k.d.log(r, k.p.Login, "change", subjectOf(r), r.URL.Path)
		}
	case impersonal[r.Pattern] || status >= http.StatusMultipleChoices:
	default:
		subject := subjectOf(r)
		if k.d.seen.First(k.p.Session+" "+subject, k.d.Now()) {
			k.d.saw(r, subject)
		}
	}
}

// subjectOf names what a path is about as the pages' own entries do.
func subjectOf(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/desk/")
	if strings.HasSuffix(r.Pattern, "/find") {
		return "customers and items for document " + r.PathValue("name")
	}
	for _, s := range []struct{ begin, value, subject string }{
		{"review/", "name", "document "},
		{"image/", "name", "document "},
		{"orders/", "number", "order "},
		{"customers/", "code", "customer "},
		{"picklists/", "number", "pick list "},
		{"audits/", "id", "audit "},
		{"dealers/", "id", "dealer request "},
		{"staff/", "login", "staff "},
		{"warehouses/", "code", "warehouse "},
		{"partner-files/", "id", "partner file "},
	} {
		if v := r.PathValue(s.value); v != "" && strings.HasPrefix(path, s.begin) {
			return s.subject + v
		}
	}
	if strings.HasPrefix(path, "account/") || path == "lang" {
		return "staff " + personOf(r.Context()).Login
	}
	return path
}

// recent remembers for a while what was done.
type recent struct {
	mu   sync.Mutex
	span time.Duration
	at   map[string]time.Time
}

func newRecent(span time.Duration) *recent { return &recent{span: span, at: map[string]time.Time{}} }

// First tells whether this was not done within the span, and remembers it.
func (l *recent) First(what string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.at[what]; ok && !now.Before(at) && now.Sub(at) < l.span {
		return false
	}
	if len(l.at) >= manyBuckets {
		for k, at := range l.at {
			if now.Sub(at) >= l.span {
				delete(l.at, k)
			}
		}
	}
	l.at[what] = now
	return true
}
