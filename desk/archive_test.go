package desk_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"todoke/desk"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// TestArchive: an auditor finds by any combination, reads page by page, opens a document, has it
// checked and saved; changed bytes are told; and each look is in the log.
func TestArchive(t *testing.T) {
	t.Parallel()
	var exported store.ArchiveQuery
	o := newOfficeOf(t, desk.Config{Export: func(_ context.Context, w io.Writer, q store.ArchiveQuery) (rows, files int, damaged []string, err error) {
		exported = q
		z := zip.NewWriter(w)
		_, err = z.Create("index.csv")
		return 1, 0, nil, errors.Join(err, z.Close())
	}})
	storetest.Shop(t, o.st)
	web := o.accept(t, storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Osaka, storetest.Pen, 30))
	var ids []int64
	for i := range 130 {
		d, _, err := o.st.AddDocument(t.Context(), store.NewDocument{
			Source: "folder", ExternalID: strconv.Itoa(i), ReceivedAt: o.clock.Now(), Caller: "0312345678", FileName: "受信" + strconv.Itoa(i) + ".tif", MediaType: "image/tiff",
			Bytes: []byte("no fax " + strconv.Itoa(i)),
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d)
	}
	o.hire(t, "kansa", store.RoleAuditor)
	b := o.browser(t)
	b.signIn("kansa", secret)

	a := b.get("/desk/archive?from=2026-11-24&kind=inbound&party=03-1234-5678")
	if a.status != http.StatusOK || strings.Count(a.body, `id="hit-`) != 100 {
		t.Fatalf("the first page: %d with %d rows", a.status, strings.Count(a.body, `id="hit-`))
	}
	at := strings.Index(a.body, "/desk/archive?after=")
	next := strings.ReplaceAll(a.body[at:at+strings.Index(a.body[at:], `"`)], "&amp;", "&")
	if n := strings.Count(b.get(next).body, `id="hit-`); n != 30 {
		t.Errorf("the second page has %d rows", n)
	}
	for query, want := range map[string]int{
		"from=2026-11-25": 0, "to=2026-11-23": 0, "min=1&kind=web": 0, "number=" + string(web.Number): 0, "party=nobody": 0, "kind=folder&from=2026-11-24&to=2026-11-24": 100,
	} {
		if got := strings.Count(b.get("/desk/archive?"+query).body, `id="hit-`); got != want {
			t.Errorf("%s finds %d, want %d", query, got, want)
		}
	}
	for _, wrong := range []string{"from=2026-11-25&to=2026-11-24", "min=5&max=4", "min=abc", "from=soon"} {
		if a := b.get("/desk/archive?" + wrong); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `role="alert"`) {
			t.Errorf("%s gives %d", wrong, a.status)
		}
	}

	path := "/desk/archive/inbound/" + strconv.FormatInt(ids[7], 10)
	a = b.get(path)
	if a.status != http.StatusOK || !strings.Contains(a.body, "保存したときのままです") || !strings.Contains(a.body, store.Key([]byte("no fax 7"))) || strings.Count(a.body, `class="seal"`) != 2 {
		t.Fatalf("the document: %d %s", a.status, a.body)
	}
	if a := b.get(path + "/bytes"); a.body != "no fax 7" || !strings.Contains(a.header.Get("Content-Disposition"), "7.tif") {
		t.Errorf("its bytes: %q %v", a.body, a.header)
	}
	for _, none := range []string{"/desk/archive/inbound/99999", "/desk/archive/issued/99999", "/desk/archive/other/1", "/desk/archive/inbound/x"} {
		if a := b.get(none); a.status != http.StatusNotFound {
			t.Errorf("%s gives %d", none, a.status)
		}
	}
	a = b.get("/desk/archive/export?kind=inbound&min=1%2C000&to=2026-11-24")
	z, err := zip.NewReader(bytes.NewReader([]byte(a.body)), int64(len(a.body)))
	if err != nil || len(z.File) != 1 || exported.Kind != "inbound" || exported.MinYen == nil || *exported.MinYen != 1000 || exported.To.String() != "2026-11-24" {
		t.Errorf("the export of %+v: %v", exported, err)
	}

	// Somebody changes a file where it lies.
	key := store.Key([]byte("no fax 7"))
	file := filepath.Join(o.st.Blobs().Dir(), key[:2], key)
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if a := b.get(path); !strings.Contains(a.body, "内容が保存時と異なります") {
		t.Error("changed bytes are not told")
	}
	if _, err := o.st.CheckArchive(t.Context(), "監査 太郎", store.VerifyOptions{}); err != nil {
		t.Fatal(err)
	}
	if a := b.get("/desk/archive"); !strings.Contains(a.body, "監査 太郎") || !strings.Contains(a.body, "問題 1件") {
		t.Errorf("the check is not shown: %s", a.body)
	}
	if a := b.post("/desk/archive/verify", nil); a.status != http.StatusSeeOther {
		t.Errorf("asking for a check gives %d", a.status)
	}

	log, err := o.st.Accesses(t.Context(), o.clock.Now().Add(-1e9), o.clock.Now().Add(1e9), "kansa", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, x := range log {
		seen[x.Subject+" "+x.Detail]++
	}
	doc := "document " + strconv.FormatInt(ids[7], 10)
	for what, want := range map[string]int{doc + " ": 2, doc + " saved the original": 1, "archive exported: to=2026-11-24 min=1,000 kind=inbound": 1, "archive searched: from=2026-11-25": 1} {
		if seen[what] != want {
			t.Errorf("the log has %q %d times, want %d: %v", what, seen[what], want, seen)
		}
	}
}
