package main

import (
	"bytes"
	"errors"
	"io/fs"
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

	// A reference to nothing is told in the same round as a fault in another file, and what
	// refers to a row with a fault is not told for that.
	edit("stock.csv", "\nE1,", "\nZ9,")
	edit("items.csv", ",80,10,normal", ",-80,10,normal")
	status, _, stderr = run(t, url, "import", dir)
	want := `items.csv line 2, column 6 (list_price_yen): -80 is negative: write a number from 0 to 100000000
stock.csv line 2, column 1 (warehouse_code): there is no warehouse "Z9": add it to warehouses.csv or correct the code
todoke: nothing was imported: 2 errors
`
	if status != exitFailure || stderr != want {
		t.Fatalf("%d\n%s", status, stderr)
	}
	edit("items.csv", ",-80,10,normal", ",80,10,normal")
	status, _, stderr = run(t, url, "import", "users", filepath.Join(dir, "users.csv"))
	if status != exitFailure || !strings.Contains(stderr, "users.csv line 2, column 2 (department_code)") {
		t.Fatalf("a half import stayed: %d\n%s", status, stderr)
	}
	if status, _, stderr := run(t, url, "import", "--check", dir); status != exitFailure || !strings.Contains(stderr, "there is no warehouse") {
		t.Fatalf("%d\n%s", status, stderr)
	}
}

// A file alone is held against what is stored, with --check too.
func TestImportChecksAgainstTheDatabase(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, migrations.Hash(), migrations.Up)
	dir := sampleDir(t)
	stock := filepath.Join(dir, "stock.csv")
	if status, _, stderr := run(t, url, "import", "--check", "stock", stock); status != exitFailure || !strings.Contains(stderr, "there is no item") || !strings.Contains(stderr, "there is no warehouse") {
		t.Fatalf("%d\n%s", status, stderr)
	}
	status, stdout, stderr := run(t, url, "import", "--check", dir)
	if status != exitOK || !strings.Contains(stdout, "items        5000 rows, 5000 of them new\n") || !strings.HasSuffix(stdout, "\nchecked, nothing changed\n") {
		t.Fatalf("%d\n%s%s", status, stdout, stderr)
	}
	status, stdout, stderr = run(t, url, "import", dir)
	if status != exitOK || !strings.HasSuffix(stdout, "\nimported\n") {
		t.Fatalf("%d\n%s%s", status, stdout, stderr)
	}
	status, stdout, stderr = run(t, url, "import", "--check", "items", filepath.Join(dir, "items.csv"))
	if status != exitOK || stdout != "items        5000 rows, 0 of them new\nchecked, nothing changed\n" {
		t.Fatalf("%d\n%s%s", status, stdout, stderr)
	}
	if status, _, stderr := run(t, url, "import", "--check", "stock", stock); status != exitOK {
		t.Fatalf("%d\n%s", status, stderr)
	}
	// A file of another kind takes one line.
	status, _, stderr = run(t, url, "import", "items", stock)
	if status != exitFailure || strings.Count(stderr, "\n") != 2 || !strings.Contains(stderr, "stock.csv line 1: this looks like stock.csv: import it as stock") {
		t.Fatalf("%d\n%s", status, stderr)
	}
}

// Without a database, what one file refers to is not checked, and no database is made for it.
func TestImportChecksWithoutADatabase(t *testing.T) {
	t.Parallel()
	dir, data := sampleDir(t), dataDir(t)
	app, stdout, stderr := testApp(t, nil)
	status := app.Main(t.Context(), []string{"import", "--check", "stock", filepath.Join(dir, "stock.csv"), "--data", data})
	if status != exitOK || !strings.Contains(stdout.String(), "was not checked: there is no database") {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	app, _, stderr = testApp(t, nil)
	status = app.Main(t.Context(), []string{"import", "stock", filepath.Join(dir, "stock.csv"), "--data", data})
	if status != exitFailure || !strings.Contains(stderr.String(), "there is no item") {
		t.Errorf("%d %s", status, stderr)
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it made %s: %v", data, err)
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
	url, stderr, stop := upInProcess(t, data, "--sample", "--no-faxes")
	app, out, errs := testApp(t, nil)
	if status := app.Main(t.Context(), []string{"shopfront", "add", "ao", "--data", data}); status != exitOK {
		t.Fatal(errs)
	}
	body := `{"customer_code":"10000386","lines":[{"item_code":"1010013","quantity":30}]}`
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
