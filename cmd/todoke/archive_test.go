package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
	"todoke/worker"
)

// archiveShop is a shop with a web order, a fax and an issued invoice.
func archiveShop(t *testing.T) (url, blobs string) {
	t.Helper()
	url = st.DSN(t)
	s, clock := st.Open(t, url)
	st.Shop(t, s)
	if _, err := s.PlaceWebOrder(t.Context(), store.WebOrder{
		ShopFront: st.Front, Key: "k1", Body: []byte(`{"order":1}`), Request: st.Request(order.ChannelWeb, clock.Now(), st.Tokyo, st.Paper, 10),
	}, clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.AddDocument(t.Context(), store.NewDocument{
		Source: "mail", ExternalID: "=2+3", ReceivedAt: clock.Now(), FileName: "=cmd.tif", MediaType: "image/tiff", Caller: "0399998888", Bytes: []byte("a fax"),
	}); err != nil {
		t.Fatal(err)
	}
	key, err := s.Blobs().Put([]byte("an invoice"))
	if err != nil {
		t.Fatal(err)
	}
	amount := order.Yen(54_000)
	err = s.InTx(t.Context(), func(tx *store.Tx) error {
		_, _, err := tx.Issue(t.Context(), store.NewIssue{
			Kind: "invoice", Number: "77", Format: "pdf", FileName: "i.pdf", Subject: "=1+1", Key: key, SizeBytes: 10, Party: st.Code(st.Osaka), AmountYen: &amount, TransactedOn: order.D(2026, 11, 20),
		}, clock.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return url, s.Blobs().Dir()
}

func TestArchiveCommands(t *testing.T) {
	t.Parallel()
	url, blobs := archiveShop(t)
	heads := filepath.Join(t.TempDir(), "archive", "heads.txt")
	archive := func(args ...string) (int, string, string) {
		t.Helper()
		return run(t, url, append([]string{"archive", "--set", "blobs=" + blobs, "--set", "archive.heads=" + heads}, args...)...)
	}
	status, stdout, stderr := archive("search", "--party", "あおば", "--min-yen", "5000", "--json")
	var h store.ArchiveHit
	if err := json.Unmarshal([]byte(stdout), &h); status != exitOK || err != nil || h.IssuedID != 1 || *h.AmountYen != 54_000 {
		t.Fatalf("%d %s%s %v", status, stdout, stderr, err)
	}
	if status, stdout, _ := archive("search", "--from", "2026-11-24"); status != exitOK || !strings.Contains(stdout, "4,950") || !strings.Contains(stdout, "0399998888") || strings.Contains(stdout, "54,000") {
		t.Errorf("%d %s", status, stdout)
	}
	for _, wrong := range [][]string{{"--from", "24.11."}, {"--from", "2026-11-24", "--to", "2026-11-23"}} {
		if status, _, stderr := archive(append([]string{"search"}, wrong...)...); status != exitFailure || !strings.Contains(stderr, "KEP-1") {
			t.Errorf("%v: %d %s", wrong, status, stderr)
		}
	}
	status, stdout, stderr = archive("verify")
	_, text, _ := strings.Cut(stdout, "head ")
	head, err := store.ParseArchiveHead(text)
	if status != exitOK || err != nil || head.Seq != 6 {
		t.Fatalf("%d %s%s %v", status, stdout, stderr, err)
	}

	testExport(t, archive, head)

	// The head that was written down finds what came from elsewhere.
	if err := worker.AppendHead(heads, head, st.At(t, "2026-11-24 19:10:00")); err != nil {
		t.Fatal(err)
	}
	if status, stdout, _ := archive("verify"); status != exitOK || !strings.Contains(stdout, "1 known heads") {
		t.Errorf("%d %s", status, stdout)
	}
	other := strings.Replace(head.String(), ":", "9:", 1)
	if status, stdout, _ := archive("verify", "--head", other); status != exitFailure || !strings.Contains(stdout, "its end was cut off") {
		t.Errorf("%d %s", status, stdout)
	}
	if status, _, stderr := archive("verify", "--head", "6:xyz"); status != exitFailure || !strings.Contains(stderr, "is no head") {
		t.Errorf("%d %s", status, stderr)
	}

	if status, _, stderr := archive("erase", "2", "--reason", "x", "--by", "佐藤"); status != exitFailure || !strings.Contains(stderr, "database.retention_url") {
		t.Errorf("erased without the role's user: %d %s", status, stderr)
	}
	if status, stdout, stderr := archive("--set", "database.retention_url="+url, "erase", "2", "--reason", "misdirected", "--by", "佐藤"); status != exitOK || !strings.Contains(stdout, "1 file(s) removed") {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	if status, stdout, _ := archive("verify"); status != exitOK || !strings.Contains(stdout, "1 erased") {
		t.Errorf("%d %s", status, stdout)
	}
	if status, _, stderr := archive("describe", "2", "--amount-yen", "5", "--reason", "x", "--by", "x"); status != exitFailure || !strings.Contains(stderr, "erased") {
		t.Errorf("%d %s", status, stderr)
	}
}

// testExport checks an export with sha256sum alone, whole and tampered with.
func testExport(t *testing.T, archive func(...string) (int, string, string), head store.ArchiveHead) {
	t.Helper()
	dir := t.TempDir()
	folder, first, second := filepath.Join(dir, "x"), filepath.Join(dir, "a.zip"), filepath.Join(dir, "b.ZIP")
	for _, o := range []string{folder, first, second} {
		if status, stdout, stderr := archive("export", "-o", o, "--from", "2026-11-24"); status != exitOK || !strings.Contains(stdout, "2 row(s), 2 file(s)") {
			t.Fatalf("%d %s%s", status, stdout, stderr)
		}
	}
	if status, _, stderr := archive("export", "-o", folder); status != exitFailure || !strings.Contains(stderr, "is there already") {
		t.Errorf("%d %s", status, stderr)
	}
	a, b := readFile(t, first), readFile(t, second)
	if !bytes.Equal(a, b) {
		t.Error("the same export twice differs")
	}
	z, err := zip.NewReader(bytes.NewReader(a), int64(len(a)))
	if err != nil || len(z.File) != 8 {
		t.Fatalf("%v %v", z, err)
	}
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(readFile(t, filepath.Join(folder, "index.csv")), []byte("\xef\xbb\xbf")))).ReadAll()
	if err != nil || len(records) != 3 {
		t.Fatal(records, err)
	}
	if records[1][4] != "4950" || records[2][8] != "03-9999-8888" || readFileText(t, filepath.Join(folder, records[2][15])) != "a fax" {
		t.Errorf("%q", records)
	}
	if strings.Contains(readFileText(t, filepath.Join(folder, "entries.jsonl")), "54000") {
		t.Error("the export tells of what the filter leaves out")
	}
	check := func(args ...string) (string, error) {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "sh", append([]string{filepath.Join(folder, "verify.sh")}, args...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := check(head.String()); err != nil || !strings.Contains(out, "all right; head "+head.String()) {
		t.Fatalf("%s %v", out, err)
	}
	if out, err := check("6:" + strings.Repeat("a", 64)); err == nil {
		t.Errorf("another head is found right: %s", out)
	}
	for name, change := range map[string][2]string{
		"entries.jsonl": {`"amount_yen":4950`, `"amount_yen":49`},
		"chain.txt":     {"inbound 2", "inbound 3"},
		records[2][15]:  {"a fax", "b fax"},
	} {
		path := filepath.Join(folder, name)
		was := readFileText(t, path)
		if !strings.Contains(was, change[0]) {
			t.Fatalf("%s lacks %s", name, change[0])
		}
		write := func(s string) {
			if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(strings.Replace(was, change[0], change[1], 1))
		if out, err := check(); err == nil {
			t.Errorf("%s was changed unseen: %s", name, out)
		}
		write(was)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readFileText(t *testing.T, path string) string {
	t.Helper()
	return string(readFile(t, path))
}
