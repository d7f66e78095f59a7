package gateway_test

import (
	"os"
	"path/filepath"
	"slices"
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
	s, err := gateway.OpenShelf(dir, nil, nil, func(err error) { told = append(told, err) })
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
	if _, err := gateway.OpenShelf(dir, nil, nil, nil); err == nil {
		t.Error("a folder with a mistake is opened")
	}
}

// TestStoredProfiles: what is stored takes the place of a folder's and a shipped profile where it
// stands, holds from the next mail on, and gives way again.
func TestStoredProfiles(t *testing.T) {
	t.Parallel()
	names := func(b *gateway.Book) (out []string) {
		for _, p := range b.Profiles() {
			out = append(out, p.Name)
		}
		return out
	}
	var stored []gateway.Stored
	s, err := gateway.OpenShelf("", func() ([]gateway.Stored, error) { return stored, nil }, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := names(s.Book())
	text := "name: " + before[1] + "\nabout: ours\nmatch: [{in: from, find: '@'}]\n"
	stored = []gateway.Stored{{before[1], "the desk", text}, {"mine", "the desk", strings.Replace(text, before[1], "mine", 1)}, {before[2], "the desk", "name: " + before[2] + "\noff: true\n"}}
	after := names(s.Book())
	if len(after) != len(before) || after[0] != "mine" || after[2] != before[1] || slices.Contains(after, before[2]) {
		t.Errorf("%v became %v", before, after)
	}
	if p := s.Book().Profiles()[2]; p.File() != "the desk" || p.Text() != text {
		t.Errorf("%s %q", p.File(), p.Text())
	}
	if got := s.Book().Read(sample(t, "person")).Profile; got != "mine" {
		t.Errorf("a mail is read by %q", got)
	}
	stored = []gateway.Stored{{"mine", "the desk", "name: other\nmatch: [{in: from, find: '@'}]\n"}}
	if got := names(s.Book()); !slices.Equal(got, after) {
		t.Errorf("a mistake took effect: %v", got)
	}
	stored = nil
	if got := names(s.Book()); !slices.Equal(got, before) {
		t.Errorf("taken back: %v", got)
	}
}
