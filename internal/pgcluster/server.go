package pgcluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Server is a running PostgreSQL that the calling process owns. Its methods may be called from
// any goroutine.
type Server struct {
	opts Options
	bin  Binaries
	id   identity
	run  string

	mu      sync.Mutex // guards process and lock, and serialises Restart and Stop
	process *process
	lock    *lockedFile // nil once stopped
}

// process is one life of the postmaster.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended, after err is set
	err  error
	from int64 // where its words begin in postgres.log
}

// DSN is the connection string of a database of the cluster for the superuser; "" is the
// database of Options.
func (s *Server) DSN(database string) string {
	if database == "" {
		database = s.opts.Database
	}
	return dsn(s.opts.Superuser, s.run, database)
}

// Binaries tells which PostgreSQL runs.
func (s *Server) Binaries() Binaries { return s.bin }

// PID is the postmaster's process id.
func (s *Server) PID() int { return s.current().cmd.Process.Pid }

// Done is closed when the postmaster has ended, asked or not. Restart makes a new one.
func (s *Server) Done() <-chan struct{} { return s.current().done }

// Err says why the postmaster ended, with its last words. It is nil while it runs.
func (s *Server) Err() error {
	p := s.current()
	select {
	case <-p.done:
		return fmt.Errorf("PostgreSQL ended (%w): %s", cmpErr(p.err), s.lastWords(p.from))
	default:
		return nil
	}
}

var errExitZero = errors.New("exit status 0")

func cmpErr(err error) error {
	if err == nil {
		return errExitZero
	}
	return err
}

func (s *Server) current() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

// launch clears what an earlier life left behind, starts the postmaster and waits until it
// answers. The caller holds mu or is the only one to know s.
func (s *Server) launch(ctx context.Context) error {
	if err := s.clearLeftovers(ctx); err != nil {
		return err
	}
	if err := s.spawn(); err != nil {
		return err
	}
	if err := s.awaitReady(ctx); err != nil {
		return errors.Join(err, s.process.stop(context.WithoutCancel(ctx), killPatience))
	}
	return nil
}

// spawn starts the postmaster from a thread that stays, since the death signal is the thread's.
func (s *Server) spawn() error {
	log, from, err := s.openLog()
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	args := []string{
		"-D", s.opts.dataDir(), "-k", s.run, "-p", port,
		"-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", "-c", "logging_collector=off",
	}
	if s.opts.NoSync {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
	}
	keys := make([]string, 0, len(s.opts.Settings))
	for k := range s.opts.Settings {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		args = append(args, "-c", k+"="+s.opts.Settings[k])
	}
	cmd := exec.CommandContext(context.Background(), filepath.Join(s.bin.Dir, "postgres"), args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir, cmd.Env = log, log, s.opts.Dir, environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: s.id.credential(),
		Setpgid:    true, // Ctrl-C in a terminal is ours to handle first
	}
	deathSignal(cmd.SysProcAttr, syscall.SIGINT)
	p := &process{cmd: cmd, done: make(chan struct{}), from: from}
	if err := startStaying(cmd, func(err error) { p.err = err; close(p.done) }); err != nil {
		return fmt.Errorf("run postgres: %w", err)
	}
	s.process = p
	go s.watchLog(p)
	return nil
}

// startStaying starts cmd from a thread of its own that lives as long as cmd, and calls ended
// with Wait's result.
func startStaying(cmd *exec.Cmd, ended func(error)) error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := cmd.Start()
		started <- err
		if err == nil {
			ended(cmd.Wait())
		}
	}()
	return <-started
}

// runCancellable runs cmd to its end, or asks it to stop when ctx ends. Its output is both
// streams together.
func runCancellable(ctx context.Context, cmd *exec.Cmd) ([]byte, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	ended := make(chan error, 1)
	if err := startStaying(cmd, func(err error) { ended <- err }); err != nil {
		return nil, err
	}
	select {
	case err := <-ended:
		return out.Bytes(), err
	case <-ctx.Done():
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended //nolint:errcheck // it was told to stop: ctx says why
		return out.Bytes(), ctx.Err()
	}
}

// socketPatience is how long a server may take to make its socket. It does so before it recovers
// anything, however long that takes.
const socketPatience = time.Minute

// awaitReady returns when the server accepts connections and the database is there.
func (s *Server) awaitReady(ctx context.Context) error {
	p, began, told := s.process, time.Now(), time.Now()
	for {
		err := s.ensureDatabase(ctx)
		if err == nil {
			return nil
		}
		if !startingUp(err) || errors.Is(err, fs.ErrNotExist) && time.Since(began) > socketPatience {
			select {
			case <-p.done: // its own words say more than ours
			case <-time.After(100 * time.Millisecond):
				return fmt.Errorf("connect to PostgreSQL: %w", err)
			}
		}
		select {
		case <-p.done:
			return fmt.Errorf("PostgreSQL ended at once (%w): %s", cmpErr(p.err), s.lastWords(p.from))
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(15 * time.Millisecond):
		}
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			s.opts.Log.Info("PostgreSQL is still starting", "since", time.Since(began).Round(time.Second))
		}
	}
}

// startingUp tells the errors of a server that is not ready yet: no socket, nobody listening,
// still recovering, or (just after a crash) out of slots.
func startingUp(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "57P03"
	}
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func (s *Server) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var there bool
	err = conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, s.opts.Database).Scan(&there)
	if err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, `create database `+pgx.Identifier{s.opts.Database}.Sanitize())
	return err
}

// Restart starts the server anew after it has died (Done), clearing what it left behind, under
// the same lock and with the same connection strings. It does nothing while the server runs.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return errors.New("restart PostgreSQL: it was stopped")
	}
	select {
	case <-s.process.done:
	default:
		return nil
	}
	if err := s.launch(ctx); err != nil {
		return fmt.Errorf("restart PostgreSQL in %s: %w", s.opts.Dir, err)
	}
	return nil
}

// Stop shuts the server down: clients are cut off, everything committed is kept. When ctx ends
// first (or after a minute) it is stopped the hard way, and the next start recovers. The
// cluster is free for the next owner when Stop returns. It may be called again.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return nil
	}
	err := s.process.stop(ctx, stopPatience)
	if filepath.Dir(s.run) != s.opts.Dir {
		_ = os.Remove(s.run) // the short folder among the temporary files
	}
	return errors.Join(err, s.release())
}

func (s *Server) release() error {
	err := s.lock.Close()
	s.lock = nil
	return err
}

// stop ends a process: fast shutdown, then immediate shutdown, then kill.
func (p *process) stop(ctx context.Context, patience time.Duration) error {
	steps := []struct {
		sig  syscall.Signal
		wait time.Duration
	}{{syscall.SIGINT, patience}, {syscall.SIGQUIT, killPatience}, {syscall.SIGKILL, killPatience}}
	for i, step := range steps {
		select {
		case <-p.done:
			return nil
		default:
		}
		_ = p.cmd.Process.Signal(step.sig)
		hurry := ctx.Done()
		if i > 0 {
			hurry = nil
		}
		select {
		case <-p.done:
			if i > 0 {
				return fmt.Errorf("stop PostgreSQL: it did not shut down in time and was ended by %v: the next start recovers", step.sig)
			}
			return nil
		case <-hurry:
		case <-time.After(step.wait):
		}
	}
	return fmt.Errorf("stop PostgreSQL: process %d does not end", p.cmd.Process.Pid)
}

// openLog opens postgres.log for the server's words, private to its user, and says where they
// will begin.
func (s *Server) openLog() (*os.File, int64, error) {
	path := s.opts.logPath()
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		_ = os.Rename(path, path+".1")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, fmt.Errorf("open PostgreSQL's log: %w", err)
	}
	if s.id.drop {
		err = f.Chown(s.id.uid, s.id.gid)
	}
	var end int64
	if err == nil {
		end, err = f.Seek(0, io.SeekEnd)
	}
	if err != nil {
		_ = f.Close()
		return nil, 0, fmt.Errorf("open PostgreSQL's log: %w", err)
	}
	return f, end, nil
}

// watchLog keeps a server that runs for months from filling the disk with its log: it copies
// the log aside and empties it. The server appends, so it goes on at the new end; a line
// written in between may be lost.
func (s *Server) watchLog(p *process) {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-tick.C:
			path := s.opts.logPath()
			info, err := os.Stat(path)
			if err != nil || info.Size() <= logLimit {
				continue
			}
			b, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path+".1", b, 0o600)
			}
			if err == nil {
				err = os.Truncate(path, 0)
			}
			if err != nil {
				s.opts.Log.Warn("PostgreSQL's log could not be rotated", "error", err)
			}
		}
	}
}

// lastWords is the end of what the server has written to its log since from.
func (s *Server) lastWords(from int64) string {
	const most = 8 << 10
	f, err := os.Open(s.opts.logPath())
	if err != nil {
		return "its log cannot be read: " + err.Error()
	}
	defer func() { _ = f.Close() }()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil || end <= from {
		return "it wrote nothing to " + s.opts.logPath()
	}
	b := make([]byte, min(end-from, most))
	if _, err := f.ReadAt(b, end-int64(len(b))); err != nil {
		return "its log cannot be read: " + err.Error()
	}
	return lastLines(string(b), 6)
}

// clearLeftovers makes room for a new postmaster. The caller holds owner.lock, so whatever
// still runs on the data directory has lost its owner: a postmaster whose parent was killed is
// stopped cleanly, backends whose postmaster was killed end by themselves or are ended.
// postmaster.pid is then stale, whoever has its pid today: PostgreSQL would believe any live
// process of its user, so it is removed.
func (s *Server) clearLeftovers(ctx context.Context) error {
	data := s.opts.dataDir()
	pidFile := filepath.Join(data, "postmaster.pid")
	pid := readPostmasterPID(pidFile)
	left := clusterProcesses(data, pid)
	if len(left) > 0 {
		s.opts.Log.Warn("PostgreSQL was left behind by a process that is gone: stopping it", "postmaster", pid, "processes", left)
	}
	steps := []struct {
		sig  syscall.Signal
		wait time.Duration
	}{
		{syscall.SIGINT, stopPatience},
		{syscall.SIGQUIT, killPatience},
		{syscall.SIGKILL, killPatience},
	}
	if !slices.Contains(left, pid) {
		// Only backends are left. They see that their postmaster died at their next wait; the
		// signals reach those that are busy.
		steps[0] = struct {
			sig  syscall.Signal
			wait time.Duration
		}{0, 2 * time.Second}
	}
	for _, step := range steps {
		if len(left) == 0 {
			break
		}
		for _, p := range left {
			// A fast shutdown is the postmaster's to lead.
			if step.sig != 0 && (step.sig != syscall.SIGINT || p == pid) {
				_ = syscall.Kill(p, step.sig)
			}
		}
		for until := time.Now().Add(step.wait); len(left) > 0 && time.Now().Before(until); {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
			}
			left = clusterProcesses(data, pid)
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("processes %v of an earlier PostgreSQL do not end: end them by hand", left)
	}
	stale, _ := filepath.Glob(filepath.Join(s.run, socketName+"*"))
	for _, path := range append(stale, pidFile) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a stale file: %w", err)
		}
	}
	return nil
}

// readPostmasterPID is the pid in postmaster.pid, 0 where there is none.
func readPostmasterPID(path string) int {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	return max(pid, 0) // a single-user server writes it negative
}
