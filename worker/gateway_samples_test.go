package worker_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"todoke/store"
)

// attachedName finds the file names of a sample mail's attachments, and where each one's bytes lie.
var attachedName = regexp.MustCompile(`(?is)((?:file)?name\*?="?[^"\r\n;]+\.(?:tiff?|pdf)[^\r\n]*.*?\r?\n\r?\n)([A-Za-z0-9+/=\r\n]+)`)

// withFax puts a real fax in place of what a sample mail has attached; ok is false where it has nothing.
func withFax(mail, fax []byte) (out []byte, ok bool) {
	spans := attachedName.FindSubmatchIndex(mail)
	if spans == nil {
		return mail, false
	}
	body := base64.StdEncoding.EncodeToString(fax) + "\r\n"
	return append(append(append([]byte(nil), mail[:spans[4]]...), body...), mail[spans[5]:]...), true
}

// TestSampleMailsWithRealFaxes hands in each gateway's sample mail with a fax of ours attached: it is
// read, and what the gateway claims stands beside it.
func TestSampleMailsWithRealFaxes(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	b.realMails(t)
	files, err := filepath.Glob("../ingest/gateway/testdata/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	ids := map[string]int64{}
	for i, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		mail, ok := withFax(raw, page(t, i, wNoForm))
		if name := strings.TrimSuffix(filepath.Base(file), ".eml"); ok {
			ids[name] = b.add(t, name+".eml", mail)
		} else if !strings.HasSuffix(name, "-failed") && !strings.HasSuffix(name, "-delivered") && name != "person" {
			t.Errorf("%s has no fax attached", name)
		}
	}
	b.work(t)
	profiles := map[string]bool{}
	for name, id := range ids {
		d, err := b.s.GetDocument(t.Context(), id)
		if err != nil || d.State != store.DocumentSplit && d.State != store.DocumentReview {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
		claims, err := b.s.Claims(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range claims {
			profiles[strings.Fields(c.By)[1]] = true
		}
		if strings.HasSuffix(name, "-failed") || strings.HasSuffix(name, "-delivered") {
			continue // what comes back is a fax of ours
		}
		parts, err := b.s.MailParts(t.Context(), id)
		if err != nil || len(parts) == 0 || parts[0].Document == 0 {
			t.Errorf("%s: %+v, %v", name, parts, err)
			continue
		}
		read, err := b.s.GetDocument(t.Context(), parts[0].Document)
		pages := b.pages(t, parts[0].Document)
		if err != nil || read.State == store.DocumentReceived || len(pages) != 1 || pages[0].BlobKey == "" {
			t.Errorf("%s: %+v, %+v, %v", name, read, pages, err)
		}
		if b.eventOf(t, id, "FAX-1") != "" && name != "person" {
			t.Errorf("%s: %s", name, b.eventOf(t, id, "FAX-1"))
		}
	}
	const shipped = 11
	if len(profiles) < shipped-1 { // message-plus and others state claims of their own; scans may state none
		t.Errorf("%d profiles claim anything: %v", len(profiles), profiles)
	}
	b.audit(t)
}
