package desk_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"todoke/internal/browsertest"
)

// TestDesk opens every page of the desk that links lead to, in both languages and two sizes:
// nothing is cut off or needs scrolling sideways, and axe-core finds nothing serious. Doubtful
// faxes are settled by the keyboard alone, and one across a crash; so is done what other roles do
// rarely. SHOTS=DIR keeps a picture of each page, and what stands in Latin letters on Japanese ones.
func TestDesk(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.sampleFaxes()
	s.hire("souko", "倉田 実", "warehouse", "--warehouse", "E1")
	b := browsertest.New(t, 1366, 768, "ja")
	b.OnEveryPage(stopwatch)
	pages(t, s, b)
	(&person{shop: s, Browser: b}).settle(t, s.sendKept(), len(kept)+len(s.documents))
	restart(t, s, b, s.review("empty-form.tif"))
	if o := s.orders()[s.documents["empty-form.tif"]]; len(o) != 1 || len(o[0].Lines) != 2 || o[0].Customer != restartCustomer {
		t.Errorf("typed across a restart: %+v", o)
	}
	keyboard(t, s, b)
}

func pages(t *testing.T, s *shop, b *browsertest.Browser) {
	t.Helper()
	shots := os.Getenv("SHOTS")
	if shots != "" {
		if err := os.MkdirAll(shots, 0o755); err != nil { //nolint:gosec // pictures for whoever asked
			t.Fatal(err)
		}
	}
	look := func(lang, name string, check bool) {
		for _, size := range [][2]int{{1920, 1080}, {1366, 768}} {
			b.Resize(size[0], size[1])
			for _, o := range b.Overflows() {
				t.Errorf("%s %s %dx%d: %s", lang, name, size[0], size[1], o)
			}
			if shots != "" {
				b.Shot(filepath.Join(shots, fmt.Sprintf("%s-%s-%d.png", name, lang, size[0])))
			}
		}
		if check {
			for _, f := range b.Accessibility() {
				if f.Impact == "serious" || f.Impact == "critical" {
					t.Errorf("%s %s: %s: %s %s: %s", lang, name, f.Impact, f.Rule, f.Help, strings.Join(f.Where[:min(4, len(f.Where))], "; "))
				} else if shots != "" {
					t.Logf("%s %s: %s: %s %s: %s", lang, name, f.Impact, f.Rule, f.Help, strings.Join(f.Where[:min(4, len(f.Where))], "; "))
				}
			}
		}
	}
	b.Open(s.url + "/desk/login")
	look("ja", "login", true)
	s.signIn(b, login)
	pages := s.crawl(b)
	const least = 25
	if len(pages) < least {
		t.Errorf("links lead to %d pages: %v", len(pages), pages)
	}
	var latin []string
	for _, lang := range []string{"ja", "en"} {
		if lang == "en" {
			b.Open(s.url + "/desk/account")
			b.Click("button[name=lang]") // the switch: the same page in English
			b.WaitFor("document.documentElement.lang === 'en' && location.pathname === '/desk/account'")
		}
		for _, path := range pages {
			b.Open(s.url + path)
			look(lang, nameOf(path), lang == "ja" || shots != "") // axe-core in English too where there is time
			if shots != "" && lang == "ja" {
				latin = append(latin, path+": "+strings.Join(browsertest.Eval[[]string](b, latinWords), " | "))
			}
		}
	}
	b.Click("button[name=lang]")
	b.WaitFor("document.documentElement.lang === 'ja'")
	if shots != "" {
		if err := os.WriteFile(filepath.Join(shots, "latin.txt"), []byte(strings.Join(latin, "\n")), 0o600); err != nil {
			t.Error(err)
		}
	}
	b.Open(s.url + "/desk/review/999999.1")
	look("ja", "problem", true)
	b.Click("form[action='/desk/logout'] button")
	b.Wait("#login")
	s.signIn(b, "souko")
	look("ja", "picklists", true)
	b.Click("form[action='/desk/logout'] button")
	b.Wait("#login")
	s.signIn(b, login)
}

const latinWords = `(() => {
  const out = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!e.closest("kbd, .mono, code, pre, script, .who") && e.getClientRects().length) for (const m of walk.currentNode.data.match(/[A-Za-z][A-Za-z .,']{3,}/g) || []) out.add(m.trim());
  }
  return [...out];
})()`

// sampleFaxes are one of each kind of page, from this folder's testdata.
func (s *shop) sampleFaxes() {
	s.t.Helper()
	files, err := filepath.Glob("testdata/*.tif")
	if err != nil || len(files) == 0 {
		s.t.Fatalf("no faxes: %v", err)
	}
	s.documents = map[string]int64{}
	for i, id := range s.ingest(time.Now().Add(-time.Minute), files...) {
		s.documents[filepath.Base(files[i])] = id
	}
}

// review is the name of the first page of a sample fax.
func (s *shop) review(file string) string { return strconv.FormatInt(s.documents[file], 10) + ".1" }

var (
	digits  = regexp.MustCompile(`[0-9]+([.-][0-9]+)*`)
	lists   = regexp.MustCompile(`/list/\w+`)
	nothing = regexp.MustCompile(`/(jobs|image|bytes|files|issued|logout)(/|$)|\.(pdf|png|csv)$|/field/|^/desk/(next|queue/)`)
)

// crawl follows links from the menu and gives one page of each kind, all reviews, and every
// address of the settings.
func (s *shop) crawl(b *browsertest.Browser) (pages []string) {
	s.t.Helper()
	seen, todo := map[string]bool{}, []string{"/desk/queue", "/desk/audits/report"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		u, err := url.Parse(path)
		if err != nil || !strings.HasPrefix(u.Path, "/desk") || nothing.MatchString(u.Path) {
			continue
		}
		kind := lists.ReplaceAllString(digits.ReplaceAllString(u.Path, "*"), "/list")
		if strings.HasPrefix(kind, "/desk/review") {
			kind = u.Path
		}
		if table := u.Query().Get("table"); table != "" {
			kind += "?table=" + table
		}
		if seen[kind] || kind == "/desk" {
			continue
		}
		seen[kind] = true
		b.Open(s.url + path)
		if here := browsertest.Eval[string](b, "location.pathname"); here != u.Path && seen[digits.ReplaceAllString(here, "*")] {
			continue // it led elsewhere
		}
		if browsertest.Eval[bool](b, "document.body.dataset.here === undefined") {
			continue // not the desk's
		}
		pages = append(pages, path)
		todo = append(todo, browsertest.Eval[[]string](b, `[...document.querySelectorAll("a[href]:not([download])")].map((a) => a.getAttribute("href")).filter((h) => h.startsWith("/desk"))`)...)
	}
	return pages
}

func nameOf(path string) string {
	name := strings.Trim(strings.NewReplacer("/desk/", "", "/", "-", "?", "-", "&", "-", "=", "-", "%", "").Replace(path), "-")
	return name[:min(60, len(name))]
}
