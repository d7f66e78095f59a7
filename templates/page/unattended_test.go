package page_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRenewalsAreUnattended: what renews itself says so, and keeps nobody signed in (ACC-2).
func TestRenewalsAreUnattended(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("html/*.html")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	tag := regexp.MustCompile(`(?s)<[a-z]+(?:[^<>{}]|\{\{.*?\}\}|\{"|"\})*?hx-trigger="[^"]*\bevery\b.*?>`)
	renews := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		tags := tag.FindAllString(text, -1)
		if want := strings.Count(text, `hx-trigger="every`); len(tags) != want {
			t.Errorf("%s: %d parts renew themselves, %d tags were found", f, want, len(tags))
		}
		renews += len(tags)
		for _, x := range tags {
			if !strings.Contains(x, `hx-headers='{"Todoke-Unattended":"1"}'`) {
				t.Errorf("%s: this would keep people signed in: %s", f, x)
			}
		}
	}
	if renews < 3 {
		t.Errorf("only %d parts renew themselves", renews)
	}
	scripts, err := filepath.Glob("asset/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range scripts {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f, ".min.js") {
			continue
		}
		for _, x := range regexp.MustCompile(`(?s)setInterval\(.*?\}, \d+\)`).FindAllString(string(data), -1) {
			if strings.Contains(x, "fetch(") && !strings.Contains(x, `"Todoke-Unattended": "1"`) {
				t.Errorf("%s: this would keep people signed in: %s", f, x)
			}
		}
	}
}
