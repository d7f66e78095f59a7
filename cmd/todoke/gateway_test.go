package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGatewayCommands(t *testing.T) {
	t.Parallel()
	sample := func(name string) string {
		return filepath.Join("..", "..", "ingest", "gateway", "testdata", name+".eml")
	}
	dir := t.TempDir()
	profile := filepath.Join(dir, "mine.yaml")
	if err := os.WriteFile(profile, []byte("name: mine\nabout: 当店のもの\nmatch: [{in: from, find: faxbin}]\npages: [{in: body, find: 'ページ数: {{count}}'}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("name: bad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   []string
	}{
		{"list", []string{"gateway", "list"}, exitOK, []string{"hylafax", "shipped 40-hylafax.yaml", "copier-scan"}},
		{"list own", []string{"gateway", "list", "--set", "gateways.profiles=" + dir, "--json"}, exitOK, []string{`"name":"mine"`, "当店のもの"}},
		{"test", []string{"gateway", "test", sample("hylafax")}, exitOK, []string{"profile hylafax: a fax that came in", "03-1234-5678", "4711 (counted)", "efax does not fit", "subject does not hold", "by body"}},
		{"test own number", []string{"gateway", "test", sample("own-number"), "--set", "gateways.own_numbers=050-3333-0001, 03-0000-1111"}, exitOK, []string{"our own: the sender is unknown"}},
		{"test shop fax", []string{"gateway", "test", sample("own-number"), "--set", "shop_fax=050-3333-0001", "--json"}, exitOK, []string{`"own":true`}},
		{"test with one profile", []string{"gateway", "test", sample("note-ja"), "--profile", profile}, exitOK, []string{"profile mine", `pages "2" -> 2`}},
		{"none fits", []string{"gateway", "test", sample("person")}, exitFailure, []string{"no profile fits", "it states none of caller, received"}},
		{"json", []string{"gateway", "test", sample("faximo-failed"), "--json"}, exitOK, []string{`"kind":"failed"`, `"tries"`}},
		{"bad profile", []string{"gateway", "test", sample("person"), "--profile", bad}, exitFailure, []string{"bad.yaml: match: without match"}},
		{"bad number", []string{"gateway", "list", "--set", "gateways.own_numbers=123"}, exitUsage, []string{`"123" is no fax number`}},
	} {
		app, stdout, stderr := testApp(t, nil)
		if status := app.Main(t.Context(), c.args); status != c.status {
			t.Errorf("%s: status %d, %s", c.name, status, stderr)
		}
		for _, w := range c.want {
			if all := stdout.String() + stderr.String(); !strings.Contains(all, w) {
				t.Errorf("%s: %q is not in\n%s", c.name, w, all)
			}
		}
	}
}
