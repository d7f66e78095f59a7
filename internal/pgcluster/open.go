package pgcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Client is the use of a running server: it keeps the server of another process from being
// stopped by a Close there, and owns the server where Open had to start it.
type Client struct {
	opts   Options
	run    string
	server *Server // nil where another process owns it

	mu    sync.Mutex
	users *lockedFile // nil once closed
}

// DSN is the connection string of a database for the superuser; "" is the one of Options.
func (c *Client) DSN(database string) string {
	if database == "" {
		database = c.opts.Database
	}
	return dsn(c.opts.Superuser, c.run, database)
}

// Server is the server that Open started, nil where another process owns it.
func (c *Client) Server() *Server { return c.server }

// Attach uses the server that another process runs under dir. It fails with ErrNotRunning
// where none answers.
func Attach(ctx context.Context, o Options) (*Client, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("use PostgreSQL: %w", err)
	}
	fail := func(err error) (*Client, error) {
		return nil, fmt.Errorf("use PostgreSQL in %s: %w", o.Dir, err)
	}
	if _, err := os.Stat(o.dataDir()); errors.Is(err, os.ErrNotExist) {
		return fail(ErrNotRunning)
	}
	id, err := serverIdentity(o)
	if err != nil {
		return fail(err)
	}
	run, err := o.runDir(id)
	if err != nil {
		return fail(err)
	}
	users, err := lockFile(filepath.Join(o.Dir, "users.lock"), false)
	if errors.Is(err, errLocked) {
		return fail(ErrNotRunning) // its owner is stopping it
	}
	if err != nil {
		return fail(err)
	}
	c := &Client{opts: o, run: run, users: users}
	conn, err := pgx.Connect(ctx, c.DSN(""))
	if err != nil {
		_ = users.Close()
		if startingUp(err) {
			err = fmt.Errorf("%w: %w", ErrNotRunning, err)
		}
		return fail(err)
	}
	return c, conn.Close(ctx)
}

// Open uses the server under o.Dir: that of another process where one runs, else one that it
// starts for itself. It is for short commands, any number of them at once.
func Open(ctx context.Context, o Options) (*Client, error) {
	for {
		c, err := Attach(ctx, o)
		if err == nil || !errors.Is(err, ErrNotRunning) {
			return c, err
		}
		s, err := Start(ctx, o)
		if err == nil {
			return &Client{opts: s.opts, run: s.run, server: s}, nil
		}
		if !errors.Is(err, ErrInUse) {
			return nil, err
		}
		// Its owner is starting or stopping it.
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// Close ends the use. A server that Open started is stopped when the other processes that
// meanwhile use it have closed it too, or when ctx ends.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users != nil {
		err := c.users.Close()
		c.users = nil
		return err
	}
	if c.server == nil {
		return nil
	}
	return c.server.StopUnused(ctx)
}

// InUse tells whether other processes use the server (Open, Attach).
func (s *Server) InUse() bool {
	f, err := lockFile(filepath.Join(s.opts.Dir, "users.lock"), true)
	if err != nil {
		return errors.Is(err, errLocked)
	}
	_ = f.Close()
	return false
}

// StopUnused stops the server once no other process uses it, or when ctx ends. No new user is
// let in meanwhile it stops.
func (s *Server) StopUnused(ctx context.Context) error {
	for {
		f, err := lockFile(filepath.Join(s.opts.Dir, "users.lock"), true)
		if err == nil {
			defer func() { _ = f.Close() }()
			return s.Stop(ctx)
		}
		if !errors.Is(err, errLocked) {
			return errors.Join(err, s.Stop(ctx))
		}
		select {
		case <-ctx.Done():
			return s.Stop(context.WithoutCancel(ctx))
		case <-s.Done():
			return s.Stop(ctx)
		case <-time.After(30 * time.Millisecond):
		}
	}
}
