package gateway_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"todoke/ingest/gateway"
)

func TestProfilesAreReadAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "ours.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var told []error
	s, err := gateway.OpenShelf(dir, nil, func(err error) { told = append(told, err) })
	if err != nil {
		t.Fatal(err)
	}
	m := sample(t, "person")
	profile := func() string { return s.Book().Read(m).Profile }
	if got := profile(); got != "" || len(told) != 0 {
		t.Errorf("%q %v", got, told)
	}
	const good = "name: ours\nabout: x\nmatch: [{in: from, find: '@'}]\n"
	write(good)
	if got := profile(); got != "ours" || len(told) != 1 || told[0] != nil {
		t.Errorf("a new profile: %q %v", got, told)
	}
	write("name: ours\ncolour: red\n")
	for range 3 {
		if got := profile(); got != "ours" {
			t.Errorf("a mistake takes the profile away: %q", got)
		}
	}
	if len(told) != 2 || told[1] == nil || !strings.Contains(told[1].Error(), "colour") {
		t.Errorf("told %v", told)
	}
	write(strings.Replace(good, "ours", "mine", 1)) // as many bytes as before, at the same moment
	if got := profile(); got != "mine" || len(told) != 3 || told[2] != nil {
		t.Errorf("mended: %q %v", got, told)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := s.Book().Read(m).Profile; got != "" {
				t.Errorf("taken away: %q", got)
			}
		})
	}
	wg.Wait()
	if len(told) != 4 {
		t.Errorf("told %v", told)
	}
	write("name: bad\n")
	if _, err := gateway.OpenShelf(dir, nil, nil); err == nil {
		t.Error("a folder with a mistake is opened")
	}
}
