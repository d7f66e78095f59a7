package mail_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/ingest/mail"
)

// TestBrokenMails reads the corpus of broken mails: testdata/broken/want.json says of each file
// what must come of it.
func TestBrokenMails(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/broken/want.json")
	if err != nil {
		t.Fatal(err)
	}
	const tiff = "49492a0008000000" + "0000" // what is attached, where the case says nothing else
	wants := map[string]struct {
		Text    string
		Subject string
		Name    *string // of the attachment
		Hex     *string // its bytes
		Note    string  // a part of what the desk is told
	}{}
	if err := json.Unmarshal(data, &wants); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/broken/*.eml")
	if err != nil || len(files) != len(wants) {
		t.Fatalf("%d files, %d expectations, %v", len(files), len(wants), err)
	}
	for name, want := range wants {
		raw, err := os.ReadFile(filepath.Join("testdata", "broken", name+".eml"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.Parse(raw, mail.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want.Text != "" && strings.TrimSpace(m.Text) != want.Text {
			t.Errorf("%s: text %q, want %q", name, m.Text, want.Text)
		}
		if want.Subject != "" && m.Subject != want.Subject {
			t.Errorf("%s: subject %q, want %q", name, m.Subject, want.Subject)
		}
		if m.From != "a@customer.example.jp" {
			t.Errorf("%s: from %q", name, m.From)
		}
		if notes := strings.Join(m.Notes, "; "); !strings.Contains(notes, want.Note) {
			t.Errorf("%s: notes %q, want %q", name, notes, want.Note)
		}
		if want.Name == nil {
			continue
		}
		if len(m.Attachments) != 1 {
			t.Errorf("%s: %d attachments, notes %q", name, len(m.Attachments), m.Notes)
			continue
		}
		a, bytes := m.Attachments[0], tiff
		if want.Hex != nil {
			bytes = *want.Hex
		}
		if got := hex.EncodeToString(a.Bytes); a.Name != *want.Name || got != bytes {
			t.Errorf("%s: attachment %q %s, want %q %s", name, a.Name, got, *want.Name, bytes)
		}
	}
}
