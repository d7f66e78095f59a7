package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"todoke/internal/built"
)

// What all tests share, in a folder of their own that all can read.
var (
	todoke  string // the binary, built once
	samples string // the sample shop with its faxes, written once
)

func TestMain(m *testing.M) {
	status := 1
	defer func() { os.Exit(status) }()
	dir, err := os.MkdirTemp("", "todoke-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // others run what is in it
		fmt.Fprintln(os.Stderr, err)
		return
	}
	todoke, samples = filepath.Join(dir, "todoke"), filepath.Join(dir, "samples")
	if err := built.Todoke(context.Background(), "..", todoke); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	status = m.Run()
	base.remove()
}

// TestIsOfTheseSources: a result that go test keeps is one of the sources as they are.
func TestIsOfTheseSources(t *testing.T) {
	t.Parallel()
	built.Watch(t, "..")
}

// patience is how long anything may take on a busy machine. Nothing that works comes near it.
const patience = 5 * time.Minute

// person is a user of the machine with a home of their own.
type person struct {
	name string
	home string
	cred *syscall.Credential // nil is who runs the tests
}

// newHome makes a folder that belongs to who gets it.
func newHome(name string, cred *syscall.Credential) (person, error) {
	home, err := os.MkdirTemp("", "todoke-e2e-home-")
	if err != nil {
		return person{}, err
	}
	p := person{name, home, cred}
	tmp := filepath.Join(home, "tmp")
	if err := os.Mkdir(tmp, 0o711); err != nil { //nolint:gosec // root's PostgreSQL must pass through
		return p, err
	}
	if cred == nil {
		return p, os.Chmod(home, 0o711) //nolint:gosec // as above
	}
	return p, errors.Join(os.Chown(home, int(cred.Uid), int(cred.Gid)), os.Chown(tmp, int(cred.Uid), int(cred.Gid)))
}

// self is who runs the tests, in a fresh home.
func self(t *testing.T) person {
	t.Helper()
	return newPerson(t, "self", nil)
}

// ordinary is a user without rights: "nobody" where root runs the tests, else who runs them.
func ordinary(t *testing.T) person {
	t.Helper()
	if os.Geteuid() != 0 {
		return self(t)
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return newPerson(t, u.Username, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)})
}

func newPerson(t *testing.T, name string, cred *syscall.Credential) person {
	t.Helper()
	p, err := newHome(name, cred)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		eventually(t, "no process of PostgreSQL is left", func() bool { return len(postgresUnder(p.home)) == 0 })
		if err := os.RemoveAll(p.home); err != nil {
			t.Error(err)
		}
	})
	return p
}

// write puts a file into the home, for the person to read.
func (p person) write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(p.home, name)
	if err := os.WriteFile(path, data, 0o644); err != nil { //nolint:gosec // the person reads it
		t.Fatal(err)
	}
	return path
}

// command is todoke as this person calls it, with an environment that says nothing else
// and a time zone that must not matter.
func (p person) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, todoke, args...)
	cmd.Dir = p.home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.home, "TMPDIR=" + filepath.Join(p.home, "tmp"), "USER=" + p.name, "LANG=C.UTF-8", "TZ=America/New_York"}
	if dir := os.Getenv("PG_BINDIR"); dir != "" {
		cmd.Env = append(cmd.Env, "TODOKE_DATABASE_BIN_DIR="+dir)
	}
	if p.cred != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.cred}
	}
	return cmd
}

// result is what a command did.
type result struct {
	status         int
	stdout, stderr string
	maxRSS         int64 // bytes
	took           time.Duration
}

func (r result) String() string {
	return fmt.Sprintf("status %d\n%s%s", r.status, r.stdout, r.stderr)
}

// run runs todoke to its end.
func (p person) run(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := p.try(ctx, args...)
	if err != nil {
		t.Fatalf("todoke %s: %v\n%s", strings.Join(args, " "), err, r)
	}
	return r
}

func (p person) try(ctx context.Context, args ...string) (result, error) {
	cmd := p.command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	err := cmd.Run()
	r := result{stdout: out.String(), stderr: errs.String(), took: time.Since(began), status: -1}
	if cmd.ProcessState != nil {
		r.status = cmd.ProcessState.ExitCode()
		if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			r.maxRSS = u.Maxrss * 1024
		}
	}
	if _, ok := errors.AsType[*exec.ExitError](err); ok && r.status >= 0 {
		err = nil // it ran, and its status says how
	}
	return r, err
}

// must runs todoke and wants it to succeed.
func (p person) must(t *testing.T, args ...string) string {
	t.Helper()
	r := p.run(t, args...)
	if r.status != 0 {
		t.Fatalf("todoke %s: %s", strings.Join(args, " "), r)
	}
	return r.stdout
}

// listed runs a command that prints a JSON object a line.
func listed[T any](t *testing.T, p person, args ...string) []T {
	t.Helper()
	return decoded[T](t, p.must(t, args...))
}

func decoded[T any](t *testing.T, text string) []T {
	t.Helper()
	var out []T
	d := json.NewDecoder(strings.NewReader(text))
	for {
		var v T
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		out = append(out, v)
	}
}

// process is a todoke that goes on.
type process struct {
	cmd *exec.Cmd
	out *output
	end chan struct{} // closed when it has ended
	err error         // of Wait, once it has ended
}

// start starts todoke; it is killed at the latest when the test ends.
func (p person) start(t *testing.T, args ...string) *process {
	t.Helper()
	pr := &process{cmd: p.command(context.Background(), args...), out: newOutput(), end: make(chan struct{})}
	pr.cmd.Stdout, pr.cmd.Stderr = pr.out, pr.out
	if err := pr.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		pr.err = pr.cmd.Wait()
		close(pr.end)
	}()
	t.Cleanup(func() {
		_ = pr.cmd.Process.Kill()
		<-pr.end
		if t.Failed() {
			t.Logf("todoke %s:\n%s", strings.Join(args, " "), pr.out)
		}
	})
	return pr
}

// says waits until the output holds text.
func (pr *process) says(t *testing.T, text string) {
	t.Helper()
	limit := time.After(patience)
	for {
		changed := pr.out.changed()
		if strings.Contains(pr.out.String(), text) {
			return
		}
		select {
		case <-changed:
		case <-pr.end:
			if !strings.Contains(pr.out.String(), text) {
				t.Fatalf("it ended (%v) and never said %q:\n%s", pr.err, text, pr.out)
			}
			return
		case <-limit:
			t.Fatalf("it never said %q:\n%s", text, pr.out)
		}
	}
}

func (pr *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := pr.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// wait waits for the end and gives the exit status, -1 for one that a signal ended.
func (pr *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-pr.end:
	case <-time.After(patience):
		t.Fatalf("it does not end:\n%s", pr.out)
	}
	return pr.cmd.ProcessState.ExitCode()
}

func (pr *process) ended() bool {
	select {
	case <-pr.end:
		return true
	default:
		return false
	}
}

// output collects what a process writes and tells of every write.
type output struct {
	mu   sync.Mutex
	b    bytes.Buffer
	next chan struct{}
}

func newOutput() *output { return &output{next: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.next)
	o.next = make(chan struct{})
	return o.b.Write(p)
}

func (o *output) changed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.next
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// eventually waits until done holds.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if done() {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Errorf("it never came: %s", what)
}

// postgresUnder finds the processes of PostgreSQL that work in a folder: server and backends
// stand in their data directory.
func postgresUnder(dir string) []int {
	dirs, _ := filepath.Glob("/proc/[0-9]*/cwd")
	var pids []int
	for _, link := range dirs {
		cwd, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(cwd, dir+"/") || !strings.Contains(cwd, "/postgres/") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// postmaster is the server's process id as its own file names it, 0 where there is none.
func postmaster(data string) int {
	b, err := os.ReadFile(filepath.Join(data, "postgres", "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	return pid
}

// files lists the files under a folder with this suffix; a folder that is missing has none.
func files(dir, suffix string) []string {
	var out []string
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, suffix) {
			out = append(out, path)
		}
		return nil // files come and go while a process works
	})
	return out
}
