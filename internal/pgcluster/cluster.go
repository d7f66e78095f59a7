package pgcluster

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrInUse: another process is the server's parent.
	ErrInUse = errors.New("another process runs the database")
	// ErrNotRunning: Attach found no server.
	ErrNotRunning = errors.New("the database is not running")
	// ErrVersion: the programs do not fit the data directory or are too old.
	ErrVersion = errors.New("wrong PostgreSQL version")
)

const (
	port = "5432" // only part of the socket's name: the server does not listen on TCP

	// stopPatience is how long a fast shutdown may take before backends are cut off. A
	// checkpoint on a slow disk needs its time.
	stopPatience = 60 * time.Second
	// killPatience is how long what was told to stop at once may take before it is killed.
	killPatience = 5 * time.Second
	// logLimit is the size in bytes above which postgres.log starts anew, the old one kept as
	// postgres.log.1.
	logLimit = 16 << 20
)

// Options says where the cluster lies and how it runs.
type Options struct {
	Dir       string            // holds everything; made if missing
	BinDir    string            // folder of postgres and initdb; "" finds them
	MinMajor  int               // oldest PostgreSQL to accept; 0 takes any
	Superuser string            // the role that owns the cluster, set at its creation; "" is "owner"
	Database  string            // created if missing; "" is "postgres"
	Settings  map[string]string // server settings, such as max_connections
	NoSync    bool              // for tests: fast, and an operating system crash may lose everything
	Log       *slog.Logger      // nil logs nothing
}

func (o *Options) dataDir() string { return filepath.Join(o.Dir, "data") }
func (o *Options) logPath() string { return filepath.Join(o.Dir, "postgres.log") }

func (o *Options) complete() error {
	if o.Dir == "" {
		return errors.New("no directory given")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	o.Dir = dir
	o.Superuser = cmp.Or(o.Superuser, "owner")
	o.Database = cmp.Or(o.Database, "postgres")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// maxSocketPath is what a Unix socket address holds, its final NUL taken off.
var maxSocketPath = len(syscall.RawSockaddrUnix{}.Path) - 1

const socketName = ".s.PGSQL." + port

// runDir is the socket's folder: DIR/run, or a short one in the folder for temporary files
// where that path does not fit a socket address or has a comma, which would part two hosts in
// a connection string.
func (o *Options) runDir(id identity) (string, error) {
	dir := filepath.Join(o.Dir, "run")
	if len(filepath.Join(dir, socketName)) <= maxSocketPath && !strings.Contains(dir, ",") {
		return dir, nil
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(o.Dir))
	name := fmt.Sprintf("pg-%d-%016x", id.uid, h.Sum64())
	for _, tmp := range []string{os.TempDir(), "/tmp"} {
		if dir := filepath.Join(tmp, name); len(filepath.Join(dir, socketName)) <= maxSocketPath {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no folder is short enough for a socket (%d bytes with its name): use a shorter data directory than %s", maxSocketPath, o.Dir)
}

// dsn is the connection string of a database behind the socket in runDir.
func dsn(superuser, runDir, database string) string {
	query := url.Values{"host": {runDir}, "port": {port}}.Encode()
	u := url.URL{
		Scheme: "postgres", User: url.User(superuser), Path: "/" + database,
		RawQuery: strings.ReplaceAll(query, "+", "%20"), // in a connection URI a plus is a plus
	}
	return u.String()
}

// dataMajor is the version in the data directory's PG_VERSION, 0 where there is no data
// directory yet (or an empty folder). A folder that holds something else is an error.
func dataMajor(dataDir string) (int, error) {
	b, err := os.ReadFile(filepath.Join(dataDir, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(dataDir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
		if len(entries) > 0 {
			return 0, fmt.Errorf("%s is neither empty nor a PostgreSQL data directory (it has no PG_VERSION): move it away or restore it; nothing has been changed", dataDir)
		}
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, fmt.Errorf("read %s/PG_VERSION: %w", dataDir, err)
	}
	return major, nil
}

// Start starts the server, making the cluster first where there is none, and returns when it
// answers. Crash recovery may take its time: only ctx limits it. The server stops with Stop or
// with the caller's death. It fails with ErrInUse while another process owns the cluster.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	s, err := start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL in %s: %w", o.Dir, err)
	}
	return s, nil
}

func start(ctx context.Context, o Options) (_ *Server, err error) {
	id, err := serverIdentity(o)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o711); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	lock, err := lockFile(filepath.Join(o.Dir, "owner.lock"), true)
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("%w (pid %d)", ErrInUse, ownerPID(filepath.Join(o.Dir, "owner.lock")))
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = lock.Close()
		}
	}()
	signOwner(lock)
	users, err := os.OpenFile(filepath.Join(o.Dir, "users.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	_ = users.Close()

	major, err := dataMajor(o.dataDir())
	if err != nil {
		return nil, err
	}
	bin, err := choose(o, major)
	if err != nil {
		return nil, err
	}
	if err := id.ownFolder(o.Dir); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	if err := reachable(ctx, o, bin, id); err != nil {
		return nil, err
	}
	run, err := o.runDir(id)
	if err != nil {
		return nil, err
	}
	if err := id.ownFolder(run); err != nil {
		return nil, fmt.Errorf("make the socket's folder: %w", err)
	}
	if major == 0 {
		if err := initialise(ctx, o, bin, id); err != nil {
			return nil, err
		}
	}
	s := &Server{opts: o, bin: bin, id: id, run: run, lock: lock}
	if err := s.launch(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// reachable runs a harmless command as the server's user in the cluster's folder: what keeps
// that from working would keep the server from starting, with a far worse message.
func reachable(ctx context.Context, o Options, bin Binaries, id identity) error {
	cmd := exec.CommandContext(ctx, filepath.Join(bin.Dir, "postgres"), "--version")
	cmd.Dir, cmd.Env = o.Dir, environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: id.credential()}
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if at, mode := id.blockedAt(o.Dir); at != "" && id.drop {
		return fmt.Errorf("user %v, who runs PostgreSQL because root must not, cannot enter %s (mode %04o): "+
			"use a data directory that others can reach, such as one under /var/lib, or chmod o+x %s, or run as an ordinary user: %w", id, at, mode, at, err)
	}
	return fmt.Errorf("user %v cannot run %s in %s: %w: %s", id, cmd.Path, o.Dir, err, bytes.TrimSpace(out))
}

// environment is what the server's programs get of ours: nothing that would change their
// locale, their language or, through libpq, whom they talk to, and no secrets.
func environment() []string {
	env := []string{"LC_ALL=C"}
	for _, key := range []string{"PATH", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(key); ok {
			env = append(env, key+"="+v)
		}
	}
	return env
}

// initialise makes the data directory beside its place and renames it when it is whole and on
// disk, so that what bears its name is never half made.
func initialise(ctx context.Context, o Options, bin Binaries, id identity) error {
	leftovers, _ := filepath.Glob(filepath.Join(o.Dir, "data.init.*"))
	for _, dir := range leftovers {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove an unfinished data directory: %w", err)
		}
	}
	tmp := filepath.Join(o.Dir, fmt.Sprintf("data.init.%d", os.Getpid()))
	o.Log.Info("making a PostgreSQL cluster", "dir", o.dataDir(), "version", bin.Version, "user", id.String())

	var out []byte
	var err error
	// musl and macOS have no C.UTF-8. C orders the same and only knows no upper case beyond ASCII.
	for _, locale := range []string{"C.UTF-8", "C"} {
		args := []string{
			"-D", tmp, "-U", o.Superuser, "-E", "UTF8", "--locale=" + locale,
			"--auth-local=trust", "--auth-host=reject", "--data-checksums",
		}
		if o.NoSync {
			args = append(args, "--no-sync")
		}
		cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(bin.Dir, "initdb"), args...)
		cmd.Dir, cmd.Env = o.Dir, environment()
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: id.credential()}
		deathSignal(cmd.SysProcAttr, syscall.SIGTERM)
		out, err = runCancellable(ctx, cmd)
		if err == nil || ctx.Err() != nil || !bytes.Contains(out, []byte("invalid locale")) {
			break
		}
	}
	if err != nil {
		_ = os.RemoveAll(tmp)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("initdb: %w: %s", err, lastLines(string(out), 8))
	}
	if err := os.Rename(tmp, o.dataDir()); err != nil {
		return fmt.Errorf("put the data directory in its place: %w", err)
	}
	if o.NoSync {
		return nil
	}
	return syncFolder(o.Dir)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}

// lastLines is the end of a program's output, on one line.
func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	lines = lines[max(0, len(lines)-n):]
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, " | ")
}
