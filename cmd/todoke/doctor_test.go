package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// diagnose runs `todoke doctor --json` and gives its findings by check.
func diagnose(t *testing.T, app *App, want int, args ...string) map[string]finding {
	t.Helper()
	stdout := &lockedBuffer{}
	app.Stdout = stdout
	if got := app.Main(t.Context(), append([]string{"doctor", "--json"}, args...)); got != want {
		t.Errorf("status %d, want %d:\n%s%v", got, want, stdout, app.Stderr)
	}
	found := map[string]finding{}
	for line := range strings.Lines(stdout.String()) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		found[f.Check] = f
	}
	return found
}

func TestDoctorOnAFreshMachine(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	app, _, _ := testApp(t, nil)
	found := diagnose(t, app, exitOK, "--data", data, "--listen", "127.0.0.1:0")
	for _, check := range []string{"PostgreSQL", "data", "disk", "blobs", "inbox", "out", "database", "port", "fonts", "clock"} {
		if f := found[check]; f.Status != statusOK && check != "disk" {
			t.Errorf("%s: %+v", check, f)
		}
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it made the data folder: %v", err)
	}
}

func TestDoctorSeesARunningDatabase(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	url, _, stop := upInProcess(t, data)
	app, _, _ := testApp(t, nil)
	app.Now = time.Now // or it finds the test's clock wrong
	found := diagnose(t, app, exitOK, "--data", data, "--listen", strings.TrimPrefix(url, "http://"))
	if f := found["database"]; f.Status != statusOK || !strings.Contains(f.Found, "answers") {
		t.Errorf("database: %+v", f)
	}
	if f := found["migrations"]; f.Status != statusOK {
		t.Errorf("migrations: %+v", f)
	}
	if f := found["port"]; f.Status != statusOK || !strings.Contains(f.Found, "todoke is up") {
		t.Errorf("port: %+v", f)
	}
	if f := found["masters"]; f.Status != statusWarn || !strings.Contains(f.Found, "no items, no customers") {
		t.Errorf("masters: %+v", f)
	}
	if f := found["work"]; f.Status != statusOK {
		t.Errorf("work: %+v", f)
	}
	other := dataDir(t)
	if f := diagnose(t, app, exitOK, "--data", other, "--listen", strings.TrimPrefix(url, "http://"))["port"]; f.Status != statusWarn || !strings.Contains(f.Found, "another data folder") {
		t.Errorf("port: %+v", f)
	}
	if got := stop(); got != exitOK {
		t.Errorf("status %d", got)
	}
	app, _, _ = testApp(t, nil)
	if f := diagnose(t, app, exitOK, "--data", data, "--listen", "127.0.0.1:0")["database"]; !strings.Contains(f.Found, "not running") {
		t.Errorf("database: %+v", f)
	}
	// A cluster of a version that is not here.
	if err := os.WriteFile(filepath.Join(data, "postgres", "data", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	app, _, _ = testApp(t, nil)
	if f := diagnose(t, app, exitFailure, "--data", data, "--listen", "127.0.0.1:0")["database"]; f.Status != statusFail || !strings.Contains(f.Found, "PostgreSQL 9") {
		t.Errorf("database: %+v", f)
	}
}

func TestDoctorFindsFaults(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	file := writeFile(t, "a-file", "x")
	tests := []struct {
		name, check, status, found string
		exit                       int
		args                       []string
		now                        time.Time
	}{
		{
			name: "no binaries", check: "PostgreSQL", status: statusFail, found: "were not found", exit: exitFailure,
			args: []string{"--set", "database.bin_dir=" + t.TempDir()},
		},
		{name: "data is a file", check: "data", status: statusFail, found: "is not a folder", exit: exitFailure, args: []string{"--data", file}},
		{name: "out is a file", check: "out", status: statusFail, found: "is not a folder", exit: exitFailure, args: []string{"--set", "out=" + file}},
		{
			name: "no server", check: "database", status: statusFail, found: "does not answer", exit: exitFailure,
			args: []string{"--database-url", "postgres://nobody@127.0.0.1:1/x"},
		},
		{name: "port taken", check: "port", status: statusWarn, found: "another program", exit: exitOK, args: []string{"--listen", taken.Addr().String()}},
		{name: "clock at its epoch", check: "clock", status: statusFail, found: "1970", exit: exitFailure, now: time.Unix(0, 0).UTC()},
		{name: "clock far ahead", check: "clock", status: statusWarn, found: "2040", exit: exitOK, now: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app, _, _ := testApp(t, nil)
			if !tt.now.IsZero() {
				app.Now = func() time.Time { return tt.now }
			}
			args := []string{"--data", dataDir(t), "--listen", "127.0.0.1:0"}
			f := diagnose(t, app, tt.exit, append(args, tt.args...)...)[tt.check]
			if f.Status != tt.status || !strings.Contains(f.Found, tt.found) || (tt.status == statusFail && f.Mend == "") {
				t.Errorf("%+v", f)
			}
		})
	}
}

// TestDoctorDoors: pages that others reach without TLS are told, and how to mend that.
func TestDoctorDoors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ listen, https, want string }{
		{"127.0.0.1:0", "no", statusOK}, {"localhost:0", "no", statusOK}, {"[::1]:0", "no", statusOK}, {"0.0.0.0:0", "no", statusWarn}, {":0", "no", statusWarn}, {"0.0.0.0:0", "yes", statusOK},
	} {
		app, _, _ := testApp(t, nil)
		app.Config.Listen, app.Config.Desk.HTTPS = tt.listen, tt.https == "yes"
		var got finding
		app.checkDoors(t.Context(), func(check, status, found, mend string) { got = finding{check, status, found, mend} })
		if got.Status != tt.want || (got.Status == statusWarn) != strings.Contains(got.Mend, "desk.https=yes") {
			t.Errorf("%s, https %s: %+v", tt.listen, tt.https, got)
		}
	}
}
