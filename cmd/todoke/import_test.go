package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/internal/dbtest"
	"todoke/migrations"
)

// run runs a command in process on the database of url.
func run(t *testing.T, url string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	app, out, errs := testApp(t, map[string]string{"DATABASE_URL": url})
	status = app.Main(t.Context(), append(args, "--data", filepath.Join(t.TempDir(), "data")))
	return status, out.String(), errs.String()
}

func sampleDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	app, _, stderr := testApp(t, nil)
	if status := app.Main(t.Context(), []string{"sample", dir}); status != exitOK {
		t.Fatal(stderr)
	}
	return dir
}

func TestImportTakesTheSampleShopTwice(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, migrations.Hash(), migrations.Up)
	dir := sampleDir(t)
	for range 2 {
		status, stdout, stderr := run(t, url, "import", dir)
		if status != exitOK || !strings.Contains(stdout, "items        5000 rows") {
			t.Fatalf("%d\n%s%s", status, stdout, stderr)
		}
	}
	if status, _, stderr := run(t, url, "import", "ship-tos", filepath.Join(dir, "ship_tos.csv")); status != exitOK {
		t.Fatal(stderr)
	}
}

func TestImportTakesAllRowsOrNone(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, migrations.Hash(), migrations.Up)
	dir := sampleDir(t)
	edit := func(file, old, new string) {
		t.Helper()
		path := filepath.Join(dir, file)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(b, []byte(old)) {
			t.Fatalf("%s does not hold %q", file, old)
		}
		if err := os.WriteFile(path, bytes.Replace(b, []byte(old), []byte(new), 1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit("items.csv", ",80,10,normal", ",80,9,normal")
	status, stdout, stderr := run(t, url, "import", dir)
	if status != exitFailure || stdout != "" || !strings.Contains(stderr, "items.csv line 2, column 7 (tax_rate): ") {
		t.Fatalf("%d\n%s%s", status, stdout, stderr)
	}
	edit("items.csv", ",80,9,normal", ",80,10,normal")

	// A reference that only the database can refuse: nothing before it stays.
	edit("stock.csv", "\nE1,", "\nZ9,")
	status, _, stderr = run(t, url, "import", dir)
	if status != exitFailure || !strings.Contains(stderr, "stock.csv line 2, column 1 (warehouse_code): Z9 is unknown") {
		t.Fatalf("%d\n%s", status, stderr)
	}
	status, _, stderr = run(t, url, "import", "users", filepath.Join(dir, "users.csv"))
	if status != exitFailure || !strings.Contains(stderr, "users.csv line 2, column 2 (department_code)") {
		t.Fatalf("a half import stayed: %d\n%s", status, stderr)
	}
	if status, _, stderr := run(t, url, "import", "--check", dir); status != exitFailure || !strings.Contains(stderr, "there is no warehouse") {
		t.Fatalf("%d\n%s", status, stderr)
	}
}

// CUT-11: the sample's web orders could be placed until after the trucks have left.
func TestImportHoldsRegionsAgainstTheDispatchDeadlines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(sampleDir(t), "regions.csv")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	late := bytes.Replace(b, []byte(",17:30,"), []byte(",18:25,"), 1)
	if err := os.WriteFile(path, late, 0o600); err != nil || bytes.Equal(late, b) {
		t.Fatalf("no cut-off changed: %v", err)
	}
	url := dbtest.New(t, migrations.Hash(), migrations.Up)
	for _, args := range [][]string{{"import", "--check", "regions", path}, {"import", "regions", path}} {
		status, stdout, stderr := run(t, url, args...)
		if status != exitFailure || stdout != "" || !strings.Contains(stderr, "regions.csv line 2, column 5 (cutoff_web): ") ||
			!strings.Contains(stderr, "choose 18:19 or earlier") || !strings.Contains(stderr, "CUT-11") {
			t.Errorf("%v: status %d\n%s%s", args, status, stdout, stderr)
		}
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := run(t, url, "import", "regions", path); status != exitOK {
		t.Error(stderr)
	}
}

func TestImportUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"import", "nothing", "x.csv"}, {"import", "items"}, {"import", filepath.Join(t.TempDir(), "none")}} {
		app, _, stderr := testApp(t, nil)
		if status := app.Main(t.Context(), args); status != exitUsage {
			t.Errorf("%v: %d %s", args, status, stderr)
		}
	}
}

func TestShopFrontTokens(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, migrations.Hash(), migrations.Up)
	status, first, stderr := run(t, url, "shopfront", "add", "ao", "--title", "あおオンライン")
	first = strings.TrimSpace(first)
	if status != exitOK || len(first) < 30 || strings.Contains(stderr, first) {
		t.Fatalf("%d %q %s", status, first, stderr)
	}
	if _, second, _ := run(t, url, "shopfront", "add", "ao"); strings.TrimSpace(second) == first {
		t.Error("the same token twice")
	}
	if status, _, _ := run(t, url, "shopfront", "add", "Ao Online"); status != exitUsage {
		t.Error(status)
	}
	if status, _, stderr := run(t, url, "shopfront", "revoke", "ao"); status != exitOK {
		t.Error(stderr)
	}
}

func TestUpLoadsTheSampleShopAndTakesOrders(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a private PostgreSQL")
	}
	data := dataDir(t)
	url, stderr, stop := upInProcess(t, data, "--sample")
	app, out, errs := testApp(t, nil)
	if status := app.Main(t.Context(), []string{"shopfront", "add", "ao", "--data", data}); status != exitOK {
		t.Fatal(errs)
	}
	body := `{"customer_code":"10000036","lines":[{"item_code":"1010013","quantity":30}]}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/orders", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(out.String()))
	req.Header.Set("Idempotency-Key", "1")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusCreated {
		t.Errorf("%d\n%s", res.StatusCode, stderr)
	}
	if status := stop(); status != exitOK {
		t.Errorf("%d\n%s", status, stderr)
	}
}
