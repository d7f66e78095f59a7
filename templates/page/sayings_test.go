package page

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// spoken are the functions through which words reach people at the desk: which of their
// arguments is the message, by the folder they are called in ("" is any).
var spoken = []struct {
	dir, name string
	arg       int
}{
	{"", "Invalid", 2},
	{"", "NotFound", 1},
	{"", "Conflict", 1},
	{"", "Temporary", 0},
	{"", "Permanent", 0},
	{"rules", "bad", 2},
	{"rules", "offer", 3},
	{"rules", "refuse", 0},
	{"rules", "say", 0},
	{"ingest/web", "bad", 2},
	{"ingest/partner", "bad", 2},
	{"ingest/partner", "note", 1},
	{"ingest/form", "doubt", 0},
	{"ingest/form", "stop", 1},
	{"ingest/form", "review", 0},
	{"ingest/fax", "permanent", 1},
	{"ingest/fax", "note", 0},
	{"ingest/fax", "leaveOut", 1},
	{"ingest/mail", "unread", 0},
	{"store", "hold", 2},
	{"store", "note", 4},
	{"worker", "Note", 3},
	{"rules", "event", 2},
	{"store", "event", 3},
}

// silent are files and functions whose words nobody reads at the desk, each with why.
var silent = map[string]string{
	"rules/audit_settings.go": "settings, read by whoever sets the shop up at the command line",
	"rules/region_table.go":   "rows of regions.csv, read by whoever imports it",
	"rules/carrier.go":        "rows of the carriers' days, read by whoever imports them",
	"rules/flow_settings.go":  "settings, read by whoever sets the shop up at the command line",
	"rules/settings.go":       "settings, read by whoever sets the shop up at the command line",
	"rules/region.go":         "rows of regions.csv, read by whoever imports it",
	"rules/calendar.go":       "rows of calendar.csv, read by whoever imports it",
	"store/import.go":         "rows of a master's CSV, read by whoever imports it",
	"templates/form/order.go": "forms printed at the command line",
}

// literals are all words that reach people, as Go formats, each with where it stands.
func literals(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join("..", "..")
	found := map[string]string{}
	for _, top := range []string{"order", "rules", "store", "worker", "ingest/form", "ingest/fax", "ingest/mail", "ingest/web", "ingest/partner", "templates/form", "desk"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.IsDir() {
				return err
			}
			if filepath.Base(path) == "testdata" || strings.HasSuffix(path, "test") {
				return fs.SkipDir
			}
			dir, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			return collect(root, filepath.ToSlash(dir), found)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// collect reads the files of one package.
func collect(root, dir string, found map[string]string) error {
	entries, err := os.ReadDir(filepath.Join(root, dir))
	if err != nil {
		return err
	}
	files := map[string]*ast.File{}
	set := token.NewFileSet()
	consts := map[string]ast.Expr{}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, filepath.Join(root, dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files[e.Name()] = f
		for _, decl := range f.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, n := range v.Names {
					if i < len(v.Values) {
						consts[n.Name] = v.Values[i]
					}
				}
			}
		}
	}
	for name, f := range files {
		if silent[dir+"/"+name] != "" {
			continue
		}
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			r := resolver{consts: consts, body: fn.Body}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				for _, e := range messages(dir, n) {
					for _, format := range r.formats(e, 0) {
						if wordy(format) {
							found[format] = fmt.Sprintf("%s/%s:%d", dir, name, set.Position(e.Pos()).Line)
						}
					}
				}
				return true
			})
		}
	}
	return nil
}

var reasonName = regexp.MustCompile(`^[rR]easons?$`)

// messages are the expressions of n that people read.
func messages(dir string, n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := called(n.Fun)
		if name == "append" && dir == "ingest/form" && len(n.Args) > 1 && reasonName.MatchString(called(n.Args[0])) {
			return n.Args[1:]
		}
		for _, s := range spoken {
			if s.name == name && (s.dir == "" || s.dir == dir) && s.arg < len(n.Args) {
				return n.Args[s.arg : s.arg+1]
			}
		}
	case *ast.CompositeLit:
		kind := called(n.Type)
		var out []ast.Expr
		for _, e := range n.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			key := called(kv.Key)
			switch {
			case kind == "Error" && key == "Message", kind == "Event" && key == "Text", key == "HoldReason":
				out = append(out, kv.Value)
			case kind == "Draft" && key == "Reasons":
				if l, ok := kv.Value.(*ast.CompositeLit); ok {
					out = append(out, l.Elts...)
				}
			}
		}
		return out
	case *ast.AssignStmt:
		if l := called(n.Lhs[0]); l == "HoldReason" && len(n.Rhs) == 1 {
			return n.Rhs
		}
	case *ast.ReturnStmt:
		if dir == "ingest/form" && len(n.Results) == 1 && strings.HasPrefix(called(n.Results[0]), "reason") {
			return n.Results
		}
	}
	return nil
}

// called is the last name of an expression.
func called(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// resolver finds what formats an expression can be.
type resolver struct {
	consts map[string]ast.Expr
	body   *ast.BlockStmt
}

func (r resolver) formats(e ast.Expr, deep int) []string {
	const any, deepest = "%v", 4
	if deep > deepest {
		return []string{any}
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return r.formats(e.X, deep)
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil {
			return []string{s}
		}
	case *ast.BinaryExpr:
		var out []string
		for _, a := range r.formats(e.X, deep) {
			for _, b := range r.formats(e.Y, deep) {
				out = append(out, a+b)
			}
		}
		return out
	case *ast.CallExpr:
		if called(e.Fun) == "Sprintf" && len(e.Args) > 0 {
			return r.formats(e.Args[0], deep+1)
		}
	case *ast.Ident:
		if c, ok := r.consts[e.Name]; ok {
			return r.formats(c, deep+1)
		}
		if out := r.assigned(e.Name, deep); len(out) > 0 {
			return out
		}
	}
	return []string{any}
}

// assigned are the formats that a local variable can hold.
func (r resolver) assigned(name string, deep int) (out []string) {
	var first, more []string
	ast.Inspect(r.body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != len(a.Rhs) {
			return true
		}
		for i, l := range a.Lhs {
			if called(l) != name {
				continue
			}
			if a.Tok == token.ADD_ASSIGN {
				more = append(more, r.formats(a.Rhs[i], deep+1)...)
			} else {
				first = append(first, r.formats(a.Rhs[i], deep+1)...)
			}
		}
		return true
	})
	for _, f := range first {
		out = append(out, f)
		for _, m := range more {
			out = append(out, f+m)
		}
	}
	return out
}

var verb = regexp.MustCompile(`%[-+# 0-9.]*[a-z]`)

// wordy tells whether a format has words of its own that a Japanese reader would meet in English.
func wordy(format string) bool {
	n := 0
	for _, c := range verb.ReplaceAllString(format, "") {
		if c < unicode.MaxASCII && unicode.IsLetter(c) {
			n++
		}
	}
	return n > 1 && strings.ContainsFunc(format, func(c rune) bool { return c < unicode.MaxASCII })
}

// TestEveryMessageIsSaidInJapanese walks the source: what reaches people at the desk has Japanese.
func TestEveryMessageIsSaidInJapanese(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, s := range slices.Concat(pageSayings, orderSayings, formSayings, fileSayings, mailSayings, webSayings, storeSayings, workSayings, eventSayings, archiveSayings, flowSayings, paymentSayings, gatewaySayings, tableSayings, resultSayings) {
		if known[s[0]] {
			t.Errorf("%q is said twice", s[0])
		}
		known[s[0]] = true
	}
	all := literals(t)
	const atLeast = 350
	if len(all) < atLeast {
		t.Errorf("only %d messages were found: the walk has lost sight of them", len(all))
	}
	for _, format := range slices.Sorted(maps.Keys(all)) {
		place := all[format]
		if m := ruled.FindStringSubmatch(strings.TrimPrefix(format, listGlue)); m != nil {
			format = m[2]
		}
		if !known[format] {
			t.Errorf("%s: %q has no Japanese: add it to the sayings of this package", place, format)
		}
	}
}

// commands are words of the command line and of the programs, which no page shows.
var commands = regexp.MustCompile(`todoke |--[a-z]|[A-Za-z]{3,}\s+[A-Za-z]{3,}`)

func TestSayings(t *testing.T) {
	t.Parallel()
	for _, p := range said {
		if commands.MatchString(p.japanese) {
			t.Errorf("%q has words that are none of the desk", p.japanese)
		}
		holed := map[string]bool{}
		for _, h := range holes.FindAllString(p.japanese, -1) {
			holed[h] = true
			if int(h[1]-'0') > len(p.verbs) {
				t.Errorf("%q: there is no %s in %s", p.japanese, h, p.re)
			}
		}
	}
	for message, want := range map[string]string{
		`read as "": no customer code`:                                                                                 "お客様コードが書かれていません",
		`read as "7": the reader is not sure`:                                                                          "「7」と読みましたが、確信がありません",
		`read as "12": not a multiple of 5 (ITM-1); two digits in one box`:                                             "「12」と読みましたが、確信がありません（5単位の販売です（ITM-1）。1マスに2文字書かれています）",
		`lines[3].quantity: damaged by the fax line`:                                                                   "3行目の数量：通信の乱れで欠けています",
		`0 is no quantity: order at least 5, the nearest is 5`:                                                         "数量0は受け付けられません。5以上で入力してください（最も近い数量は5）",
		`2026-11-22 is too early; the earliest possible date is 2026-11-25`:                                            "2026-11-22は早すぎて間に合いません。最短のお届け日は2026-11-25です",
		`order 1234-567-890 is released and cannot become cancelled`:                                                   "注文1234-567-890は出荷指示済みのため、取消済みにできません",
		`this is a return request (返品依頼書): deal with it by hand and close it with todoke review done 12.1 --note TEXT`: "返品依頼書です。内容に対応してから、画面の「対応済み」で閉じてください",
		`not sure enough: 98.10 %, needs 99.95 %`:                                                                      "確信が足りません（98.10%、必要99.95%）",
		`no deliveries are made on 2026-11-23, a closed day (勤労感謝の日): designate a business day`:                        "2026-11-23は休業日（勤労感謝の日）のためお届けできません。営業日を指定してください",
		`CUT-6: made to order, waits for a date from the desk`:                                                         "受注生産のため、担当者の日付入力を待っています（CUT-6）",
		`CUT-2: region K9 is not in the region table any more; RDR-3: audit 7 is settled already`:                      "地域「K9」が地域表にありません（CUT-2）。抜取検査7は確定済みです（RDR-3）",
		`suspected correction of order 100-000-0018 (document 12.1): the ink differs in lines[1].quantity; see both with todoke review show 14.1, and decide: todoke review settle 14.1 --as resend|addon|correction|own`: "受信 12.1 の訂正の疑いがあります",
		`これは日本語`:                      "これは日本語",
		`words that nobody ever said`: "words that nobody ever said",
	} {
		if got := Saying(Japanese, message); got != want {
			t.Errorf("%q says %q, want %q", message, got, want)
		}
		if got := Saying(English, message); !strings.HasPrefix(message, got) || strings.Contains(got, "todoke ") {
			t.Errorf("%q is %q in English", message, got)
		}
	}
}

// FuzzSaying: whatever a message holds, and faxes put their own words into them, it is said
// without a panic and in no time to speak of.
func FuzzSaying(f *testing.F) {
	f.Add(`read as "$1$9": read as "": a; b; c`)
	f.Add(strings.Repeat(`read as "": `, 300))
	f.Add(strings.Repeat("a; ", 1300))
	f.Add(strings.Repeat("a, b; the earliest possible date is ", 100))
	f.Fuzz(func(t *testing.T, message string) {
		start := time.Now()
		if Saying(Japanese, message) == "" && message != "" {
			t.Errorf("%q says nothing", message)
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("it took %v", d)
		}
	})
}

func BenchmarkSaying(b *testing.B) {
	for b.Loop() {
		Saying(Japanese, `read as "12": not a multiple of 5 (ITM-1); two digits in one box`)
	}
}
