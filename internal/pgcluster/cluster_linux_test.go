package pgcluster_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
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

	"github.com/jackc/pgx/v5"

	"todoke/internal/pgcluster"
)

// ownEnv, set to a cluster's folder, makes the test binary a process that owns it until it is
// killed.
const ownEnv = "PGCLUSTER_OWN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownEnv); dir != "" {
		s, err := pgcluster.Start(context.Background(), options(dir))
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		fmt.Println("ready", s.PID())
		select {}
	}
	status := m.Run()
	if base.dir != "" {
		_ = os.RemoveAll(base.dir)
	}
	os.Exit(status)
}

func options(dir string) pgcluster.Options {
	return pgcluster.Options{
		Dir: dir, NoSync: true, Database: "shop", BinDir: os.Getenv("PG_BINDIR"),
		Settings: map[string]string{"shared_buffers": "16MB", "max_connections": "30"},
	}
}

// newDir is a folder that PostgreSQL's user can reach even where root runs the tests.
func newDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cluster")
}

// base is a cluster that initdb has made once; tests get copies.
var base struct {
	once sync.Once
	dir  string
	err  error
}

// newCluster is the folder of a cluster that is not running and holds the table notes.
func newCluster(t *testing.T) string {
	t.Helper()
	base.once.Do(func() {
		if base.dir, base.err = os.MkdirTemp("", "pgbase"); base.err != nil { //nolint:usetesting // shared by tests, which end one by one
			return
		}
		if base.err = os.Chmod(base.dir, 0o711); base.err != nil {
			return
		}
		s, err := pgcluster.Start(t.Context(), options(filepath.Join(base.dir, "cluster")))
		if err != nil {
			base.err = err
			return
		}
		conn, err := pgx.Connect(t.Context(), s.DSN(""))
		if err == nil {
			_, err = conn.Exec(t.Context(), `create table notes (note text); insert into notes values ('届け')`)
			err = errors.Join(err, conn.Close(t.Context()))
		}
		base.err = errors.Join(err, s.Stop(t.Context()))
	})
	if base.err != nil {
		t.Fatal(base.err)
	}
	dir := newDir(t)
	if out, err := exec.Command("cp", "-a", filepath.Join(base.dir, "cluster"), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func start(t *testing.T, o pgcluster.Options) *pgcluster.Server {
	t.Helper()
	s, err := pgcluster.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// notes counts the rows of notes.
func notes(t *testing.T, dsn string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var n int
	if err := conn.QueryRow(t.Context(), `select count(*) from notes`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func execSQL(t *testing.T, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); {
		if done() {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatalf("it never came: %s", what)
}

// ownerOf gives the credential of a file's owner, nil if that is the caller.
func ownerOf(t *testing.T, path string) *syscall.Credential {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	if int(st.Uid) == os.Geteuid() {
		return nil
	}
	return &syscall.Credential{Uid: st.Uid, Gid: st.Gid}
}

// own starts a process that owns the cluster, and gives it and its postmaster's pid.
func own(t *testing.T, dir string) (*exec.Cmd, int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self) // killed below
	cmd.Env = append(os.Environ(), ownEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, _ := bufio.NewReader(out).ReadString('\n')
	pid, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "ready ")))
	if err != nil {
		t.Fatalf("the owner said %q", line)
	}
	return cmd, pid
}

func running(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err == nil {
		// A zombie has ended, whoever has yet to be told.
		return !strings.Contains(string(b), ") Z ")
	}
	return !errors.Is(err, fs.ErrNotExist) && syscall.Kill(pid, 0) == nil
}

func TestNewClusterIsPrivateAndKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	o := options(dir)
	o.NoSync = false
	s := start(t, o)
	execSQL(t, s.DSN(""), `create table notes (note text); insert into notes values ('届け')`)

	for _, sub := range []string{"data", "run"} {
		info, err := os.Stat(filepath.Join(dir, sub))
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", sub, info.Mode(), err)
		}
	}
	out, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	if err == nil && strings.Contains(string(out), "\nUid:\t0\t") {
		t.Error("PostgreSQL runs as root")
	}
	conn, err := pgx.Connect(t.Context(), s.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	var addresses, checksums, encoding string
	err = conn.QueryRow(t.Context(), `select current_setting('listen_addresses'), current_setting('data_checksums'), current_setting('server_encoding')`).
		Scan(&addresses, &checksums, &encoding)
	if err != nil || addresses != "" || checksums != "on" || encoding != "UTF8" {
		t.Errorf("listens on %q, checksums %s, encoding %s: %v", addresses, checksums, encoding, err)
	}
	// The connection stays open: Stop cuts it off.
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Errorf("second Stop: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "data", "postmaster.pid")); left != nil {
		t.Errorf("left %v", left)
	}
	if n := notes(t, start(t, o).DSN("")); n != 1 {
		t.Errorf("%d notes after a restart", n)
	}
}

func TestKillOfTheParent(t *testing.T) {
	t.Parallel()
	dir := newCluster(t)
	parent, pid := own(t, dir)
	c, err := pgcluster.Attach(t.Context(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	execSQL(t, c.DSN(""), `insert into notes values ('kept')`)
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	// At once: the postmaster may still be alive, and is waited for.
	s := start(t, options(dir))
	if s.PID() == pid {
		t.Error("the old postmaster")
	}
	if n := notes(t, s.DSN("")); n != 2 {
		t.Errorf("%d notes", n)
	}
}

func TestPostgresStopsWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()
	dir := newCluster(t)
	parent, pid := own(t, dir)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "PostgreSQL ends by itself", func() bool { return !running(pid) })
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("not a clean stop: %v", err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
	if err != nil || !strings.Contains(string(log), "received fast shutdown request") {
		t.Errorf("log %q, %v", log, err)
	}
}

func TestServerLeftRunning(t *testing.T) {
	t.Parallel()
	dir := newCluster(t)
	bin, err := pgcluster.Find(options(dir).BinDir)
	if err != nil {
		t.Fatal(err)
	}
	// Somebody else's postmaster, with nobody behind it.
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin.Dir, "pg_ctl"), "start", "-w", "-D", filepath.Join(dir, "data"),
		"-l", filepath.Join(dir, "postgres.log"), "-o", "-c listen_addresses= -k "+filepath.Join(dir, "run"))
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: ownerOf(t, filepath.Join(dir, "data"))}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	old := postmasterPID(t, dir)
	s := start(t, options(dir))
	if running(old) {
		t.Error("the old postmaster still runs")
	}
	if n := notes(t, s.DSN("")); n != 1 {
		t.Errorf("%d notes", n)
	}
}

func postmasterPID(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestStalePostmasterPID(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"of a dead process", "of another program", "garbage"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newCluster(t)
			data := filepath.Join(dir, "data")
			// Same user as the server, or PostgreSQL would not mind it.
			other := exec.CommandContext(t.Context(), "sleep", "1000")
			other.Dir = "/"
			other.SysProcAttr = &syscall.SysProcAttr{Credential: ownerOf(t, data)}
			if err := other.Start(); err != nil {
				t.Fatal(err)
			}
			ended := false
			t.Cleanup(func() {
				if !ended {
					_ = other.Process.Kill()
					_ = other.Wait()
				}
			})
			content := fmt.Sprintf("%d\n%s\n1700000000\n5432\n%s\n\n  5432001         0\nready   \n", other.Process.Pid, data, filepath.Join(dir, "run"))
			switch name {
			case "of a dead process":
				_ = other.Process.Kill()
				_ = other.Wait()
				ended = true
			case "garbage":
				content = "\x00\xff not a pid"
			}
			for _, path := range []string{filepath.Join(data, "postmaster.pid"), filepath.Join(dir, "run", ".s.PGSQL.5432.lock")} {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
				if c := ownerOf(t, data); c != nil {
					if err := os.Chown(path, int(c.Uid), int(c.Gid)); err != nil {
						t.Fatal(err)
					}
				}
			}
			if n := notes(t, start(t, options(dir)).DSN("")); n != 1 {
				t.Errorf("%d notes", n)
			}
			if !ended && !running(other.Process.Pid) {
				t.Error("the other program was ended")
			}
		})
	}
}

func TestKillOfThePostmaster(t *testing.T) {
	t.Parallel()
	o := options(newCluster(t))
	o.NoSync = false // what is committed must outlive the crash
	s := start(t, o)
	dsn := s.DSN("")
	execSQL(t, dsn, `insert into notes values ('kept')`)

	// A backend that is busy does not see its postmaster die.
	busy, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close(context.Background()) }()
	backend := int(busy.PgConn().PID())
	failed := make(chan error, 1)
	go func() {
		_, err := busy.Exec(context.Background(), `do $$ declare i bigint := 0; begin loop i := i + 1; end loop; end $$`)
		failed <- err
	}()

	old := s.PID()
	if err := s.Err(); err != nil {
		t.Errorf("Err while it runs: %v", err)
	}
	if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("Err = %v", err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if running(backend) {
		t.Error("the orphaned backend still runs")
	}
	if err := <-failed; err == nil {
		t.Error("the busy query ended well")
	}
	if s.PID() == old || notes(t, dsn) != 2 {
		t.Error("not recovered")
	}
	pid := s.PID()
	if err := s.Restart(t.Context()); err != nil || s.PID() != pid {
		t.Errorf("Restart of a running server: pid %d, was %d: %v", s.PID(), pid, err)
	}
}

// A postmaster and its parent both killed: the next start ends the orphaned backends.
func TestKillOfPostmasterAndParent(t *testing.T) {
	t.Parallel()
	dir := newCluster(t)
	parent, pid := own(t, dir)
	c, err := pgcluster.Attach(t.Context(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	busy, err := pgx.Connect(t.Context(), c.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close(context.Background()) }()
	backend := int(busy.PgConn().PID())
	failed := make(chan error, 1)
	go func() {
		_, err := busy.Exec(context.Background(), `do $$ declare i bigint := 0; begin loop i := i + 1; end loop; end $$`)
		failed <- err
	}()
	if err := errors.Join(syscall.Kill(pid, syscall.SIGKILL), parent.Process.Kill(), c.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	eventually(t, "the postmaster is dead", func() bool { return !running(pid) })
	if n := notes(t, start(t, options(dir)).DSN("")); n != 1 {
		t.Errorf("%d notes", n)
	}
	if running(backend) {
		t.Error("the orphaned backend still runs")
	}
	if err := <-failed; err == nil {
		t.Error("the busy query ended well")
	}
}

func TestOneOwner(t *testing.T) {
	t.Parallel()
	dir := newCluster(t)
	start(t, options(dir))
	_, err := pgcluster.Start(t.Context(), options(dir))
	if !errors.Is(err, pgcluster.ErrInUse) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("error %v", err)
	}
}

func TestVersionMismatch(t *testing.T) {
	t.Parallel()
	dir := newCluster(t)
	version := filepath.Join(dir, "data", "PG_VERSION")
	if err := os.WriteFile(version, []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := pgcluster.Start(t.Context(), options(dir))
	bin, findErr := pgcluster.Find(options(dir).BinDir)
	if findErr != nil {
		t.Fatal(findErr)
	}
	if !errors.Is(err, pgcluster.ErrVersion) || !strings.Contains(err.Error(), "PostgreSQL 9,") || !strings.Contains(err.Error(), "PostgreSQL "+bin.Version) {
		t.Errorf("error %v", err)
	}
	// Nothing was touched: with its version back it starts.
	if err := os.WriteFile(version, []byte(strconv.Itoa(bin.Major)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := notes(t, start(t, options(dir)).DSN("")); n != 1 {
		t.Errorf("%d notes", n)
	}

	o := options(newDir(t))
	o.MinMajor = 999
	if _, err := pgcluster.Start(t.Context(), o); !errors.Is(err, pgcluster.ErrVersion) || !strings.Contains(err.Error(), "999 or newer") {
		t.Errorf("error %v", err)
	}
}

func TestFolderWithSomethingElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	precious := filepath.Join(dir, "data", "ledger.csv")
	if err := os.MkdirAll(filepath.Dir(precious), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(precious, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		for _, path := range []string{dir, filepath.Dir(precious), precious} {
			if err := os.Chown(path, 65534, 65534); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := pgcluster.Start(t.Context(), options(dir)); err == nil || !strings.Contains(err.Error(), "nothing has been changed") {
		t.Errorf("error %v", err)
	}
	if b, err := os.ReadFile(precious); err != nil || string(b) != "x" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := newCluster(t)
	long := filepath.Join(filepath.Dir(dir), strings.Repeat("n", 120))
	if err := os.Rename(dir, long); err != nil {
		t.Fatal(err)
	}
	s := start(t, options(long))
	if n := notes(t, s.DSN("")); n != 1 {
		t.Errorf("%d notes", n)
	}
	c, err := pgcluster.Attach(t.Context(), options(long))
	if err != nil {
		t.Fatal(err)
	}
	if c.DSN("") != s.DSN("") {
		t.Errorf("%s and %s", c.DSN(""), s.DSN(""))
	}
	if err := errors.Join(c.Close(t.Context()), s.Stop(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestErrorsCarryTheServersLastWords(t *testing.T) {
	t.Parallel()
	o := options(newCluster(t))
	o.Settings = map[string]string{"no_such_setting": "1"}
	_, err := pgcluster.Start(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), `unrecognized configuration parameter "no_such_setting"`) {
		t.Errorf("error %v", err)
	}
	// The failed start has let go of the cluster.
	start(t, options(o.Dir))
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=12m,mode=0755"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	_, err := pgcluster.Start(t.Context(), options(filepath.Join(dir, "cluster")))
	if err == nil || !strings.Contains(err.Error(), "No space left on device") {
		t.Errorf("error %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "cluster", "data*")); left != nil {
		t.Errorf("left %v", left)
	}
}

func TestUnreachableFolder(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(filepath.Dir(newDir(t)), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(closed, "cluster")
	if os.Geteuid() == 0 {
		_, err := pgcluster.Start(t.Context(), options(dir))
		if err == nil || !strings.Contains(err.Error(), "cannot enter "+closed) || !strings.Contains(err.Error(), "/var/lib") {
			t.Errorf("error %v", err)
		}
		return
	}
	if err := os.Chmod(closed, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o700) }) //nolint:gosec // so that it can be removed
	_, err := pgcluster.Start(t.Context(), options(dir))
	if err == nil || !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
}

func TestUnfinishedInitIsCleared(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	half := filepath.Join(dir, "data.init.4711")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, options(dir))
	if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
}

func TestCancelledStart(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	if _, err := pgcluster.Start(ctx, options(dir)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	start(t, options(dir))
}

func TestAttachNeedsAServer(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{newDir(t), newCluster(t)} {
		if _, err := pgcluster.Attach(t.Context(), options(dir)); !errors.Is(err, pgcluster.ErrNotRunning) {
			t.Errorf("error %v", err)
		}
	}
}

// Short commands share one server, whoever of them comes first and whoever leaves last.
func TestOpenTogether(t *testing.T) {
	t.Parallel()
	dir := newCluster(t)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			c, err := pgcluster.Open(t.Context(), options(dir))
			if err != nil {
				t.Error(err)
				return
			}
			conn, err := pgx.Connect(t.Context(), c.DSN(""))
			if err != nil {
				t.Error(err)
				return
			}
			for range 20 {
				if _, err := conn.Exec(t.Context(), `insert into notes values ('together')`); err != nil {
					t.Error(err)
					break
				}
			}
			if err := errors.Join(conn.Close(t.Context()), c.Close(t.Context()), c.Close(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := start(t, options(dir))
	if n := notes(t, s.DSN("")); n != 1+6*20 {
		t.Errorf("%d notes", n)
	}
	if s.InUse() {
		t.Error("in use by nobody")
	}
	c, err := pgcluster.Attach(t.Context(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	if !s.InUse() || c.Server() != nil {
		t.Error("not seen to be in use")
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFindFollowsLinks(t *testing.T) {
	t.Parallel()
	real, err := pgcluster.Find(os.Getenv("PG_BINDIR"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"postgres", "initdb"} {
		if err := os.Symlink(filepath.Join(real.Dir, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := pgcluster.Find(dir)
	if err != nil || got != real {
		t.Errorf("%+v, want %+v: %v", got, real, err)
	}
	if _, err := pgcluster.Find(t.TempDir()); !errors.Is(err, pgcluster.ErrNoBinaries) {
		t.Errorf("error %v", err)
	}
	fake := t.TempDir()
	for name, script := range map[string]string{"postgres": "#!/bin/sh\necho I am a mail server 3.1\n", "initdb": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(fake, name), []byte(script), 0o755); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	if _, err := pgcluster.Find(fake); err == nil || !strings.Contains(err.Error(), "mail server") {
		t.Errorf("error %v", err)
	}
}

// Where root runs the tests, all of them run once more as an ordinary user.
func TestAsOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("this is an ordinary user already")
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	home, err := os.MkdirTemp("", "pguser") //nolint:usetesting // short: sockets lie in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(home, "pgcluster.test")
	if out, err := exec.CommandContext(t.Context(), "cp", self, bin).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := errors.Join(os.Chmod(bin, 0o755), os.Chown(home, uid, gid)); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bin, "-test.v", "-test.timeout", "4m")
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "TMPDIR="+home, "HOME="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}} //nolint:gosec // user ids
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
	if n := strings.Count(string(out), "--- PASS"); n < 15 {
		t.Errorf("only %d tests passed:\n%s", n, out)
	}
}

// People name folders as they please; connection strings and settings have their own ideas of
// spaces, commas and quotes.
func TestFolderNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b", "a, b", `the "shop's"`, "届け", "100%20+1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newCluster(t)
			odd := filepath.Join(filepath.Dir(dir), name)
			if err := os.Rename(dir, odd); err != nil {
				t.Fatal(err)
			}
			if got := notes(t, start(t, options(odd)).DSN("")); got != 1 {
				t.Errorf("%d notes", got)
			}
		})
	}
}
