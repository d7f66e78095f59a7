package main

import (
	"path/filepath"
	"strings"
	"testing"

	"todoke/internal/dbtest"
	"todoke/migrations"
)

// What nobody works must not be told as waiting for anything else.
func TestWhatIsHandedInWaitsForAWorker(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, migrations.Hash(), migrations.Up)
	file := writeFile(t, "order.json", "{}")
	status, _, stderr := run(t, url, "ingest", file)
	if want := "todoke: 1 job(s) wait for a worker: start todoke up or todoke work\n"; status != exitOK || stderr != want {
		t.Fatalf("%d %q", status, stderr)
	}
	status, stdout, stderr := run(t, url, "ledger")
	if status != exitOK || !strings.Contains(stdout, "waits for a worker: start todoke up or todoke work") {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	app, _, _ := testApp(t, map[string]string{"DATABASE_URL": url})
	found := diagnose(t, app, exitOK, "--data", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0")
	if f := found["work"]; f.Status != statusWarn || !strings.Contains(f.Found, "read_document") {
		t.Errorf("%+v", f)
	}
}
