package gateway_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/order"
)

const ownNumber = "05033330001"

func book(tb testing.TB) *gateway.Book {
	tb.Helper()
	b, err := gateway.Load("", []string{ownNumber})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func sample(tb testing.TB, name string) *mail.Message {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
	if err != nil {
		tb.Fatal(err)
	}
	m, err := mail.Parse(data, mail.DefaultLimits())
	if err != nil {
		tb.Fatal(err)
	}
	return &m
}

func TestShippedProfilesAreSound(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, want := range samples {
		tried[want.profile] = true
	}
	for _, want := range fileNames {
		tried[want.profile] = true
	}
	for _, p := range book(t).Profiles() {
		if p.About == "" || !tried[p.Name] {
			t.Errorf("%s says nothing about itself, or no sample mail is of it", p.Name)
		}
	}
}

type expect struct {
	profile, kind, caller, station, line, at, job string
	pages                                         int
	serial                                        int64
	problem                                       string
}

const at1659 = "2026-11-24T16:59:30+09:00"

var samples = map[string]expect{
	"efax":              {"efax", "fax", "0312345678", "TESUTO SHOJI", "", at1659, "tok1_did12-1795507170-81312345678-12", 2, 0, ""},
	"efax-ja":           {"efax", "fax", "0312345678", "", "", at1659, "jpn1_did3-1795507171-81312345678-3", 3, 0, ""},
	"efax-failed":       {"efax", "failed", "", "", "", "", "", 0, 0, ""},
	"faximo":            {"faximo", "fax", "0312345678", "", ownNumber, at1659, "A-20261124-77", 2, 0, ""},
	"faximo-withheld":   {"faximo", "fax", "", "", "", "2026-11-24T16:59:00+09:00", "", 1, 0, "途中で切断されました"},
	"faximo-failed":     {"faximo", "failed", "", "", "", "", "", 0, 0, ""},
	"faximo-delivered":  {"faximo", "delivered", "", "", "", "", "", 0, 0, ""},
	"message-plus":      {"message-plus", "fax", "0312345678", "", "", "", "", 0, 0, ""},
	"message-plus-time": {"message-plus", "fax", "09012345678", "", "", at1659, "", 2, 0, ""},
	"hylafax":           {"hylafax", "fax", "0312345678", "+81 3 1234 5678", "", at1659, "4711", 3, 4711, ""},
	"hylafax-cut":       {"hylafax", "fax", "0312345678", "TESUTO SHOJI", "", at1659, "4711", 3, 4711, "Missing EOP {E105}"},
	"hylafax-failed":    {"hylafax", "failed", "", "", "", "", "", 0, 0, ""},
	"freepbx":           {"freepbx", "fax", "0312345678", "", ownNumber, at1659, "1795507170.42", 0, 0, ""},
	"freepbx-anonymous": {"freepbx", "fax", "", "", ownNumber, at1659, "1795507171.43", 0, 0, "withheld the number (anonymous)"},
	"freepbx-failed":    {"freepbx", "failed", "", "", "", "", "", 0, 0, ""},
	"copier-fax":        {"copier-fax", "fax", "0312345678", "0312345678", "", at1659, "0042", 2, 0, ""},
	"copier-fax-ja":     {"copier-fax", "fax", "0312345678", "", "", at1659, "0043", 2, 0, ""},
	"scan-ricoh":        {"copier-scan", "scan", "", "RNP002673A1B2C3", "", at1659, "", 0, 0, ""},
	"scan-canon":        {"copier-scan", "scan", "", "", "", "", "", 0, 0, ""},
	"scan-fujifilm":     {"copier-scan", "scan", "", "FX-1234AB", "", "", "", 2, 0, ""},
	"scan-konica":       {"copier-scan", "scan", "", "KMBT_C360", "", at1659, "", 0, 0, ""},
	"scan-sharp":        {"copier-scan", "scan", "", "MX-2631", "", "", "", 0, 0, ""},
	"scan-ja":           {"copier-scan", "scan", "", "COPY2F", "", "2026-11-24T16:59:00+09:00", "", 1, 0, ""},
	"header":            {"header", "fax", "0312345678", "", "", at1659, "12", 2, 0, ""},
	"note-ja":           {"note-ja", "fax", "0312345678", "", "", at1659, "40000123", 2, 0, ""},
	"note-en":           {"note-en", "fax", "0312345678", "", "", at1659, "F-9", 2, 0, ""},
	"note-en-subject":   {"note-en", "fax", "0312345678", "", "", at1659, "F-9", 2, 0, ""},
	"subject":           {"subject", "fax", "0312345678", "", "", "", "", 2, 0, ""},
	"own-number":        {"note-ja", "fax", "", "", "", at1659, "", 0, 0, "050-3333-0001 is our own: the sender is unknown"},
	"odd-number":        {"note-ja", "fax", "", "", "", "", "", 0, 0, `"1234-56" is no Japanese number`},
	"person":            {},
}

func TestSampleMails(t *testing.T) {
	t.Parallel()
	b := book(t)
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) != len(samples) {
		t.Fatalf("%d samples for %d mails, %v", len(samples), len(files), err)
	}
	for name, want := range samples {
		f := b.Read(sample(t, name))
		got := expect{f.Profile, string(f.Kind), f.Caller.Digits, f.Station.Text, f.Line.Digits, "", f.Job, f.Pages, f.Serial, ""}
		if !f.At.IsZero() {
			got.at = f.At.In(order.JST).Format(time.RFC3339)
		}
		if got.problem = strings.Trim(strings.Join(append(f.Problems, f.Incomplete), "; "), "; "); want.problem != "" && strings.Contains(got.problem, want.problem) {
			got.problem = want.problem
		}
		if got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
	}
}

func TestTheTextsOfClaimsAreKept(t *testing.T) {
	t.Parallel()
	b := book(t)
	if f := b.Read(sample(t, "odd-number")); f.Caller.Text != "1234-56" || f.AtText == "" || len(f.Problems) != 2 {
		t.Errorf("%+v", f)
	}
	if f := b.Read(sample(t, "own-number")); !f.Caller.Own || f.Caller.Text != "050-3333-0001" {
		t.Errorf("%+v", f)
	}
	if f := b.Read(sample(t, "faximo-withheld")); !f.Caller.Withheld || f.Caller.Text != "非通知" {
		t.Errorf("%+v", f)
	}
	for text, want := range map[string]gateway.Number{
		"+81 3 1234 5678": {Text: "+81 3 1234 5678", Digits: "0312345678"},
		"TESUTO":          {Text: "TESUTO"},
		"０５０－３３３３－０００１":       {Text: "050-3333-0001", Own: true},
		"03 1234 5678 TESUTO": {Text: "03 1234 5678 TESUTO", Digits: "0312345678"},
	} {
		if got := b.Station(text); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

func TestExplainSaysWhyAProfileDoesNotFit(t *testing.T) {
	t.Parallel()
	for _, try := range book(t).Explain(sample(t, "person")) {
		if len(try.Missing) == 0 {
			t.Errorf("%s takes a person's mail for its own: %+v", try.Profile.Name, try.Found)
		}
	}
	tries := book(t).Explain(sample(t, "note-ja"))
	if i := slices.IndexFunc(tries, func(x gateway.Try) bool { return x.Profile.Name == "faximo" }); i < 0 || !strings.Contains(tries[i].Missing[0], "from does not hold") {
		t.Errorf("%+v", tries)
	}
}

func TestAShopsProfilesComeFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.yaml", "name: ours\nabout: x\nmatch: [{in: from, find: 'faxbin'}]\ncaller: [{in: body, find: '発信元: {{number}}'}]\nline: [{in: 'header:To', find: '.*'}]\n")
	write("b.yml", "name: efax\noff: true\n")
	write("readme.txt", "not a profile")
	b, err := gateway.Load(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f := b.Read(sample(t, "note-ja")); f.Profile != "ours" || f.Caller.Digits != "0312345678" || f.Line.Text != "fax@shop.example.jp" {
		t.Errorf("%+v", f)
	}
	if f := b.Read(sample(t, "efax")); f.Profile == "efax" {
		t.Errorf("a profile that was turned off fits: %+v", f)
	}
	if b, err := gateway.Load(filepath.Join(dir, "nowhere"), nil); err != nil || len(b.Profiles()) == 0 {
		t.Error(err)
	}
	write("c.yaml", "name: ours\nneeds: [caller]\ncaller: [{in: body, find: x}]\n")
	write("d.yaml", "name: Big Name\nmatch: [{in: nowhere, find: x}, {in: body, find: '('}, {in: body, find: '{{nonsense}}'}]\nreceived: [{in: body, find: 'x'}]\nneeds: [job]\nzone: Mars/Base\nfailed: [{in: body, find: '(?P<x>.)'}]\n")
	write("e.yaml", "name: e\ncolour: red\n")
	write("f.yaml", "name: f\nfailed: [{in: body, find: x}]\nneeds: [caller]\ncaller: [{in: body, find: x}]\n")
	write("g.yaml", "name: g\nmatch: [{in: body, find: '(a{1000}){1000}'}]\n")
	_, err = gateway.Load(dir, nil)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"c.yaml: the name ours is taken", "d.yaml: name:", "match[1]: in:", "match[2]: find:", "{{nonsense}} is none of", "received[1]: find: a time needs",
		`needs: "job"`, `zone: "Mars/Base"`, `failed[1]: find: group "x"`, "e.yaml: ", "colour", "f.yaml: match: without match or any", "g.yaml: match[1]: find:",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.eml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	b := book(f)
	lim := mail.DefaultLimits()
	lim.Bytes = 64 << 10
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := mail.Parse(data, lim)
		if err != nil {
			return
		}
		facts := b.Read(&m)
		for _, n := range []gateway.Number{facts.Caller, facts.Station} {
			if _, ok := order.ParsePhone(n.Digits); n.Digits != "" && !ok || n.Digits == ownNumber || strings.Contains(n.Text, "\n") {
				t.Fatalf("%+v", facts)
			}
		}
		if len(b.Explain(&m)) != len(b.Profiles()) {
			t.Fatal("a profile was not tried")
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("name: x\nmatch: [{in: body, find: '{{when}}'}]\n"))
	f.Add([]byte("name: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := gateway.Parse("x", data)
		if (p == nil) == (err == nil) {
			t.Fatalf("%v %v", p, err)
		}
		if err == nil && !p.Off {
			gateway.Only(p, nil).Read(&mail.Message{Text: "a\nb"})
		}
	})
}

// fileNames are what fax servers name the files that they put into a folder.
var fileNames = map[string]struct {
	profile, caller, job string
	serial               int64
}{
	"fax000000123.tif":               {"hylafax-recvq", "", "123", 123},
	"FAX00007.PDF":                   {"hylafax-recvq", "", "7", 7},
	"20261124165930_0352114402.tif":  {"numbered-file", "0352114402", "", 0},
	"0901234５６７８_2.pdf":              {"numbered-file", "09012345678", "", 0},
	"20261124_05033330001.tif":       {"numbered-file", "", "", 0}, // our own
	"fax1.tif":                       {},
	"注文書 2026-11-24.pdf":             {},
	"":                               {},
	"fax" + strings.Repeat("9", 300): {},
}

func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	b := book(t)
	for name, want := range fileNames {
		f := b.ReadFile(name)
		if f.Profile != want.profile || f.Caller.Digits != want.caller || f.Job != want.job || f.Serial != want.serial {
			t.Errorf("%q: %+v", name, f)
		}
	}
	if f := (*gateway.Book)(nil).ReadFile("fax00007.tif"); f.Profile != "" {
		t.Errorf("no book: %+v", f)
	}
	if f := b.Read(&mail.Message{Attachments: []mail.Attachment{{Name: "fax00007.tif"}}}); f.Profile == "hylafax-recvq" {
		t.Error("a mail is taken for a file")
	}
}
