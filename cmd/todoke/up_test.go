package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// runMainEnv makes the test binary todoke itself, for tests that send it signals.
const runMainEnv = "RUN_AS_TODOKE"

func TestMain(m *testing.M) {
	if os.Getenv(runMainEnv) != "" {
		_ = os.Unsetenv(runMainEnv)
		main()
	}
	os.Exit(m.Run())
}

// dataDir is a folder that PostgreSQL's user can reach even where root runs the tests.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

// upInProcess runs `todoke up` until stop is called, which gives its exit status.
func upInProcess(t *testing.T, data string, args ...string) (url string, stderr *lockedBuffer, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	app, _, _ := testApp(t, nil)
	stderr = &lockedBuffer{}
	app.Stderr = stderr
	ready, status := make(chan string, 1), make(chan int, 1)
	app.Ready = func(a *App) { ready <- "http://" + a.Addr.String() }
	go func() {
		status <- app.Main(ctx, append([]string{"up", "--data", data, "--listen", "127.0.0.1:0"}, args...))
	}()
	stop = func() int {
		cancel()
		select {
		case s := <-status:
			return s
		case <-time.After(time.Minute):
			t.Fatalf("it does not stop:\n%s", stderr)
			return -1
		}
	}
	select {
	case url = <-ready:
	case s := <-status:
		t.Fatalf("up ended with %d:\n%s", s, stderr)
	case <-time.After(2 * time.Minute):
		t.Fatalf("up does not come up:\n%s", stderr)
	}
	return url, stderr, stop
}

// get answers with status and body of an HTTP GET.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// eventually waits until done holds.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if done() {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Fatalf("it never came: %s", what)
}

func TestUp(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	url, stderr, stop := upInProcess(t, data)
	for _, path := range []string{"/healthz", "/readyz"} {
		if code, body := get(t, url+path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}

	// Commands beside it use the database that runs.
	app, stdout, errs := testApp(t, nil)
	if got := app.Main(t.Context(), []string{"migrate", "--data", data}); got != exitOK || !strings.Contains(stdout.String(), "the database is at version") {
		t.Errorf("migrate: status %d: %s%s", got, stdout, errs)
	}

	// The postmaster killed outright: todoke starts it again and goes on.
	db := postmasterPID(t, data)
	if err := syscall.Kill(db, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a new postmaster", func() bool {
		return strings.Contains(stderr.String(), "PostgreSQL is up again")
	})
	eventually(t, "ready after the postmaster's death", func() bool { code, _ := get(t, url+"/readyz"); return code == http.StatusOK })
	if postmasterPID(t, data) == db {
		t.Error("the killed postmaster is still named")
	}

	// What is put into the inbox is taken in.
	if err := os.WriteFile(filepath.Join(data, "inbox", "fax.tif"), []byte("II*\x00 no fax"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the file is taken", func() bool {
		taken, _ := filepath.Glob(filepath.Join(data, "inbox", "taken", "*", "*-fax.tif"))
		return len(taken) == 1
	})
	if got := stop(); got != exitOK {
		t.Errorf("status %d:\n%s", got, stderr)
	}
	if _, err := os.Stat(filepath.Join(data, "postgres", "data", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("PostgreSQL was not stopped: %v", err)
	}
}

func postmasterPID(t *testing.T, data string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(data, "postgres", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid := 0
	for _, c := range line {
		pid = pid*10 + int(c-'0')
	}
	return pid
}

// binary is todoke as a process of its own.
func binary(t *testing.T, args ...string) (*exec.Cmd, *lockedBuffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...) // killed below, whatever happens
	cmd.Env = append(os.Environ(), runMainEnv+"=1")
	var out lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, &out
}

// A process killed outright loses nothing, and the next one takes its cluster over.
func TestUpAfterKill(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	args := []string{"up", "--data", data, "--listen", "127.0.0.1:0"}
	first, out := binary(t, args...)
	eventually(t, "the first is up", func() bool { return strings.Contains(out.String(), "todoke is up") })
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	second, out := binary(t, args...)
	eventually(t, "the second is up", func() bool { return strings.Contains(out.String(), "todoke is up") })

	// A second `up` on one folder is refused, in words.
	app, _, stderr := testApp(t, nil)
	if got := app.Main(t.Context(), args); got != exitFailure || !strings.Contains(stderr.String(), "another todoke runs on") {
		t.Errorf("status %d: %s", got, stderr)
	}

	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, out)
	}
}

func TestUpErrors(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	file := writeFile(t, "a-file", "x")
	const free = "127.0.0.1:0" // whatever runs on the machine
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"port taken", []string{"up", "--data", dataDir(t), "--listen", taken.Addr().String()}, "choose another with --listen"},
		{"data is a file", []string{"up", "--data", file, "--listen", free}, "data: "},
		{"no such server", []string{"up", "--data", dataDir(t), "--database-url", "postgres://nobody@127.0.0.1:1/x", "--listen", free}, "migrate: "},
		{"no binaries there", []string{"up", "--data", dataDir(t), "--set", "database.bin_dir=" + t.TempDir(), "--listen", free}, "were not found in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app, _, stderr := testApp(t, nil)
			if got := app.Main(t.Context(), tt.args); got != exitFailure {
				t.Errorf("status %d", got)
			}
			if !strings.Contains(stderr.String(), tt.want) {
				t.Errorf("%q lacks %q", stderr, tt.want)
			}
		})
	}
}

func TestRunServices(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	untilTold := func(name string) service {
		return service{name, func(ctx, _ context.Context) error { <-ctx.Done(); return nil }}
	}
	t.Run("told to stop", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := runServices(ctx, log, time.Minute, untilTold("a"), untilTold("b")); err != nil {
			t.Error(err)
		}
	})
	t.Run("one fails, the rest stops", func(t *testing.T) {
		t.Parallel()
		err := runServices(t.Context(), log, time.Minute, untilTold("a"),
			service{"b", func(context.Context, context.Context) error { return errors.New("no paper") }})
		if err == nil || err.Error() != "b: no paper" {
			t.Error(err)
		}
	})
	t.Run("one ends by itself", func(t *testing.T) {
		t.Parallel()
		err := runServices(t.Context(), log, time.Minute, untilTold("a"),
			service{"b", func(context.Context, context.Context) error { return nil }})
		if err == nil || !strings.Contains(err.Error(), "b: it ended by itself") {
			t.Error(err)
		}
	})
	t.Run("work that takes too long is dropped", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		dropped := false
		err := runServices(ctx, log, time.Millisecond, service{"slow", func(_, kill context.Context) error {
			<-kill.Done()
			dropped = true
			return nil
		}})
		if err != nil || !dropped {
			t.Errorf("dropped %v: %v", dropped, err)
		}
	})
}

// lockedBuffer may be read while a process still writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
