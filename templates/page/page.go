package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"todoke/order"
)

// Lang is the language of a page.
type Lang string

// The languages.
const (
	Japanese Lang = "ja"
	English  Lang = "en"
)

// Frame is what every page of somebody who signed in shows around its content.
type Frame struct {
	Lang   Lang
	Title  string // of the browser's tab
	Here   string // which entry of the menu it is: queue, orders …
	Name   string // who signed in
	Role   string
	Shop   string
	Notice string // what the last action came to, told once
	Now    time.Time
	Find   string // what was looked for
	// Menu are the entries that the role may use.
	Menu []MenuItem
}

// MayFind tells whether the search is of use: whoever may not open orders has nothing to find.
func (f Frame) MayFind() bool {
	return slices.ContainsFunc(f.Menu, func(m MenuItem) bool { return m.Key == "orders" })
}

// MayTakeOver tells whether the person may take what somebody else works on.
func (f Frame) MayTakeOver() bool { return f.Role == "lead" || f.Role == "operator" }

// MenuItem is an entry of the menu.
type MenuItem struct {
	Key, Path, Japanese, English string
	Shortcut                     string // keys that open it, such as "g q"
	Count                        int    // shown beside it where not 0
	Rare                         bool   // stands under one entry with others of its kind
}

// fewEntries all stand side by side.
const fewEntries = 7

func (f Frame) aside(m MenuItem) bool { return m.Rare && m.Key != f.Here && len(f.Menu) > fewEntries }

// Shown are the entries that stand side by side: those of every day, and where one is.
func (f Frame) Shown() []MenuItem {
	return slices.DeleteFunc(slices.Clone(f.Menu), f.aside)
}

// Others are the entries under "more".
func (f Frame) Others() []MenuItem {
	return slices.DeleteFunc(slices.Clone(f.Menu), func(m MenuItem) bool { return !f.aside(m) })
}

//go:embed html/*.html
var htmlFiles embed.FS

//go:embed asset
var assetFiles embed.FS

var (
	assets = readAssets()
	pages  = map[Lang]*template.Template{Japanese: parse(Japanese), English: parse(English)}
)

// parse reads every template in one language; they are embedded, so that what is wrong with one
// is found before anything is served.
func parse(lang Lang) *template.Template {
	t := template.New("").Funcs(template.FuncMap{
		"t":     func(japanese, english string) string { return pick(lang, japanese, english) },
		"lang":  func() Lang { return lang },
		"asset": assetPath,
		"yen": func(v any) string {
			if p, ok := v.(*order.Yen); ok {
				return yen(lang, *p)
			}
			return yen(lang, v.(order.Yen))
		},
		"why":       func(w string) string { return WhyName(lang, w) },
		"left":      func(deadline, now time.Time) string { return Left(lang, deadline, now) },
		"urgency":   Urgency,
		"clock":     func(at time.Time) string { return formatTime(at, "15:04") },
		"stamp":     func(at time.Time) string { return Stamp(lang, at) },
		"day":       func(d order.Date) string { return Day(lang, d) },
		"term":      func(w string) string { return Term(lang, w) },
		"dict":      dict,
		"role":      func(r string) string { return RoleName(lang, r) },
		"pagekind":  func(k string) string { return KindOfPage(lang, k) },
		"pagestate": func(s string) string { return StateOfPage(lang, s) },
		"did":       func(a string) string { return ActionName(lang, a) },
		"said":      func(w string) string { return Saying(lang, w) },
		"add":       func(a, b int) int { return a + b },
		"state":     func(s string) string { return StateName(lang, s) },
		"look":      stateLook,
		"word":      func(v string) string { return word(lang, v) },
		"kind":      func(v string) string { return IssueKind(lang, v) },
		"action": func(v string) string {
			if a, ok := actions[v]; ok {
				return pick(lang, a[0], a[1])
			}
			return v
		},
		"column":   func(v string) string { return ColumnName(lang, v) },
		"source":   func(v string) string { return SourceName(lang, v) },
		"gateway":  func(name, about string) string { return GatewayAbout(lang, name, about) },
		"subject":  func(s string) string { return Subject(lang, s) },
		"region":   func(c string) string { return RegionName(lang, c) },
		"schedule": func(n string) string { return ScheduleName(lang, n) },
		"cron":     func(c string) string { return CronText(lang, c) },
		"postal":   PostalCodes,
		"size":     func(n int) string { return Size(lang, n) },
		"date":     func(d order.Date) string { return Date(lang, d) },
		"channel":  func(c string) string { return ChannelName(lang, c) },
	})
	return template.Must(t.ParseFS(htmlFiles, "html/*.html"))
}

func pick(lang Lang, japanese, english string) string {
	if lang == English {
		return english
	}
	return japanese
}

// dict makes a map for a template that takes several values.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict takes pairs, not %d values", len(pairs))
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict takes names, not %v", pairs[i])
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}

// Yen is an amount in people's words.
func Yen(lang Lang, y order.Yen) string { return yen(lang, y) }

func yen(lang Lang, y order.Yen) string {
	if lang == English {
		return "¥" + y.Grouped()
	}
	return y.Grouped() + "円"
}

func formatTime(at time.Time, layout string) string {
	if at.IsZero() {
		return ""
	}
	return at.In(order.JST).Format(layout)
}

var weekdays = [...]string{"日", "月", "火", "水", "木", "金", "土"}

// Stamp is a time with its day: 11/24（火）17:00, Tue 24 Nov 17:00.
func Stamp(lang Lang, at time.Time) string {
	if lang == English {
		return formatTime(at, "Mon 2 Jan 15:04")
	}
	if at.IsZero() {
		return ""
	}
	at = at.In(order.JST)
	return at.Format("1/2") + "（" + weekdays[at.Weekday()] + "）" + at.Format("15:04")
}

// Day is a day with its weekday: 11/24（火）, Tue 24 Nov.
func Day(lang Lang, d order.Date) string {
	if d.IsZero() {
		return ""
	}
	at := d.At(order.Clock{})
	if lang == English {
		return at.Format("Mon 2 Jan")
	}
	return at.Format("1/2") + "（" + weekdays[at.Weekday()] + "）"
}

// Render writes the template of that name.
func Render(w io.Writer, lang Lang, name string, view any) error {
	t, ok := pages[lang]
	if !ok {
		t = pages[Japanese]
	}
	var b bytes.Buffer // a page that fails half way is not sent
	if err := t.ExecuteTemplate(&b, name, view); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// file is an asset under the name that pages load it by.
type file struct {
	name string
	data []byte
	kind string
}

var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

func readAssets() map[string]file {
	all := map[string]file{}
	names, err := fs.Glob(assetFiles, "asset/*")
	if err != nil {
		panic(err)
	}
	for _, n := range names {
		ext := path.Ext(n)
		if kinds[ext] == "" {
			continue // licences
		}
		data, err := assetFiles.ReadFile(n)
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(data)
		base := path.Base(n)
		all[base] = file{strings.TrimSuffix(base, ext) + "." + hex.EncodeToString(sum[:6]) + ext, data, kinds[ext]}
	}
	return all
}

// AssetPrefix begins the path of every asset.
const AssetPrefix = "/desk/asset/"

func assetPath(name string) (string, error) {
	f, ok := assets[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %s", name)
	}
	return AssetPrefix + f.name, nil
}

// Assets serves what pages load, for ever: another content has another name.
func Assets() http.Handler {
	byName := map[string]file{}
	for _, f := range assets {
		byName[AssetPrefix+f.name] = f
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := byName[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", f.kind)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(f.data)
	})
}
