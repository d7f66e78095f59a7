package dbtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/internal/pgcluster"
)

// superviseEnv, set to the cluster's folder, makes a test binary the supervisor.
const superviseEnv = "DBTEST_SUPERVISE"

const (
	// linger is how long the server outlives its last user: longer than `go test` takes between
	// two packages, short enough to be gone when one looks.
	linger = 10 * time.Second
	// startPatience is how long a test waits for the server: initdb on a busy machine.
	startPatience = 2 * time.Minute
	// templateAge is how long an unused template is kept.
	templateAge = "24 hours"
)

func init() {
	if dir := os.Getenv(superviseEnv); dir != "" {
		if err := supervise(dir); err != nil {
			fmt.Fprintln(os.Stderr, "dbtest:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

var shared struct {
	sync.Mutex
	client *pgcluster.Client // open until the process ends
	admin  string
}

// server gives the administrative connection string of the shared server, starting it if need
// be. A failure is tried again by the next test.
func server(ctx context.Context) (string, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.admin != "" {
		return shared.admin, nil
	}
	if external := os.Getenv("DBTEST_URL"); external != "" {
		u, err := url.Parse(external)
		if err != nil || u.Scheme == "" {
			return "", errors.New("DBTEST_URL must be a URL, such as postgres://user@host/postgres")
		}
		shared.admin = external
		return external, nil
	}
	o, err := options()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	client, err := attach(ctx, o)
	if err != nil {
		return "", err
	}
	shared.client, shared.admin = client, client.DSN("postgres")
	return shared.admin, nil
}

// options are those of the cluster that all test processes of this user share. Its folder's
// name holds the PostgreSQL version: another one gets another cluster.
func options() (pgcluster.Options, error) {
	bin, err := pgcluster.Find(os.Getenv("PG_BINDIR"))
	if err != nil {
		return pgcluster.Options{}, err
	}
	name := fmt.Sprintf("dbtest-%d-pg%d", os.Geteuid(), bin.Major)
	return optionsIn(filepath.Join(os.TempDir(), name), bin.Dir), nil
}

func optionsIn(dir, binDir string) pgcluster.Options {
	return pgcluster.Options{
		Dir: dir, BinDir: binDir, NoSync: true,
		Settings: map[string]string{
			"max_connections":                 "500", // packages × parallel tests × pool
			"shared_buffers":                  "64MB",
			"max_wal_size":                    "1GB",
			"checkpoint_timeout":              "1h",
			"autovacuum":                      "off", // databases live for seconds
			"max_locks_per_transaction":       "256",
			"deadlock_timeout":                "200ms",
			"log_checkpoints":                 "off",
			"log_min_messages":                "fatal", // tests provoke errors
			"jit":                             "off",
			"max_parallel_workers_per_gather": "0",
		},
	}
}

// attach uses the shared server, starting a supervisor for it where none runs.
func attach(ctx context.Context, o pgcluster.Options) (*pgcluster.Client, error) {
	if err := claimFolder(o.Dir); err != nil {
		return nil, err
	}
	var supervisor *os.Process
	var lastErr error
	for {
		client, err := pgcluster.Attach(ctx, o)
		if err == nil {
			return client, nil
		}
		if !errors.Is(err, pgcluster.ErrNotRunning) {
			lastErr = err
		}
		if supervisor == nil || !alive(supervisor) {
			if supervisor != nil {
				lastErr = errors.New("the supervisor ended: see supervisor.log there")
			}
			// Supervisors that come too many end at once: only one can own the cluster.
			if supervisor, err = startSupervisor(o); err != nil {
				return nil, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the test server in %s does not start: %w", o.Dir, errors.Join(ctx.Err(), lastErr))
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// claimFolder makes the cluster's folder, and refuses one that somebody else laid in wait: the
// folder for temporary files is everybody's.
func claimFolder(dir string) error {
	if err := os.Mkdir(dir, 0o700); err == nil {
		return nil
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("make the test server's folder: %w", err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || (os.Geteuid() != 0 && int(st.Uid) != os.Geteuid()) || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s is not a private folder of this user: remove it", dir)
	}
	return nil
}

// startSupervisor runs this test binary once more, in a session of its own and with none of
// our streams: go test would wait for whoever holds them.
func startSupervisor(o pgcluster.Options) (*os.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the test server: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(o.Dir, "supervisor.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start the test server: %w", err)
	}
	defer func() { _ = log.Close() }()
	if info, err := log.Stat(); err == nil && info.Size() > 1<<20 {
		_ = log.Truncate(0)
	}
	cmd := exec.CommandContext(context.Background(), self) // it outlives the test
	cmd.Env = append(os.Environ(), superviseEnv+"="+o.Dir, "PG_BINDIR="+o.BinDir, "GOCOVERDIR=")
	cmd.Dir, cmd.Stderr = os.TempDir(), log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the test server: %w", err)
	}
	go func() { _ = cmd.Wait() }() // no zombies in a long test run
	return cmd.Process, nil
}

func alive(p *os.Process) bool { return p.Signal(syscall.Signal(0)) == nil }

// supervise owns the cluster in dir until nobody has used it for a while.
func supervise(dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("supervisor", strconv.Itoa(os.Getpid()))
	o := optionsIn(dir, os.Getenv("PG_BINDIR"))
	o.Log = log
	s, err := pgcluster.Start(ctx, o)
	if errors.Is(err, pgcluster.ErrInUse) {
		return nil // another supervisor was faster
	}
	if err != nil && ctx.Err() == nil {
		// Without fsync a crash of the machine may have spoilt it. There is nothing to lose.
		log.Warn("making the cluster anew", "error", err)
		if err := os.RemoveAll(filepath.Join(dir, "data")); err != nil {
			return err
		}
		s, err = pgcluster.Start(ctx, o)
	}
	if err != nil {
		return err
	}
	if err := sweep(ctx, s.DSN("postgres")); err != nil {
		log.Warn("leftovers remain", "error", err)
	}
	last := time.Now()
	for ctx.Err() == nil && time.Since(last) < linger {
		select {
		case <-ctx.Done():
		case <-s.Done():
			log.Error("the server died", "error", s.Err())
			return errors.Join(s.Err(), s.Stop(context.Background()))
		case <-time.After(250 * time.Millisecond):
		}
		if s.InUse() {
			last = time.Now()
		}
	}
	return s.StopUnused(ctx)
}

// sweep drops what earlier runs left: databases of killed tests (tests that have attached
// meanwhile have made theirs after the server's start) and templates long unused.
func sweep(ctx context.Context, admin string) error {
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, int64(templateLock)); err != nil {
		return err
	}
	rows, err := conn.Query(ctx, `
		select datname from pg_database d
		where (datname like 'test\_%' and not exists (select from pg_stat_activity a where a.datname = d.datname)
		       and pg_stat_file('base/' || oid || '/PG_VERSION', true) is not null
		       and (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < pg_postmaster_start_time())
		   or (datname like 'tmpl\_%' and coalesce(shobj_description(oid, 'pg_database'), '') <
		       to_char((now() - interval '`+templateAge+`') at time zone 'utc', 'YYYY-MM-DD HH24:MI'))`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := conn.Exec(ctx, `drop database if exists `+pgx.Identifier{name}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}
