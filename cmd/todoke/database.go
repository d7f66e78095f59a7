package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"todoke/internal/pgcluster"
	"todoke/migrations"
	"todoke/order"
	"todoke/store"
)

const (
	// minPostgres is the oldest PostgreSQL that todoke's SQL runs on.
	minPostgres = 15
	// databaseName is the database of a private PostgreSQL, databaseUser the role that owns it.
	databaseName = "todoke"
	databaseUser = "todoke"
	// ownerPatience is how long `up` waits for a short command to let go of the database.
	ownerPatience = 10 * time.Second
	// closePatience is how long a command that started the private PostgreSQL waits for the
	// others that use it by then.
	closePatience = 30 * time.Second
)

// database is the PostgreSQL that this process uses.
type database struct {
	URL    string
	server *pgcluster.Server // where this process is its parent, else nil
	client *pgcluster.Client // where it was opened for a command
}

// clusterOptions say where the private PostgreSQL lies and how it runs.
func (a *App) clusterOptions() pgcluster.Options {
	return pgcluster.Options{
		Dir: filepath.Join(a.Config.Data, "postgres"), BinDir: a.Config.Database.BinDir, MinMajor: minPostgres,
		Superuser: databaseUser, Database: databaseName, Log: a.Log,
		Settings: map[string]string{
			// This process's pool, the queue's listener, and the commands beside it.
			"max_connections": strconv.Itoa(a.Config.Database.PoolSize + 60),
		},
	}
}

// startDatabase makes the configured database ready for a process that goes on for long: the
// private one becomes its child.
func (a *App) startDatabase(ctx context.Context) (*database, error) {
	if a.Config.Database.URL != "" {
		return &database{URL: a.Config.Database.URL}, nil
	}
	if err := a.prepareData(); err != nil {
		return nil, err
	}
	for began := time.Now(); ; {
		s, err := pgcluster.Start(ctx, a.clusterOptions())
		if err == nil {
			a.Log.Info("PostgreSQL is up", "version", s.Binaries().Version, "pid", s.PID(), "dir", filepath.Join(a.Config.Data, "postgres"))
			return &database{URL: s.DSN(""), server: s}, nil
		}
		if !errors.Is(err, pgcluster.ErrInUse) {
			return nil, err
		}
		if time.Since(began) > ownerPatience {
			return nil, &order.Error{
				Kind: order.KindConflict, Field: "data",
				Message: "another todoke runs on " + a.Config.Data + ": stop it, or name another folder with --data", Err: err,
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// openDatabase makes the configured database ready for a command: the private one is used as
// it runs, or started for the command. Only who brings something in makes one that is not
// there: to any other command a wrong data folder would look like a shop that lost everything.
func (a *App) openDatabase(ctx context.Context, mayMake bool) (*database, error) {
	if a.Config.Database.URL != "" {
		return &database{URL: a.Config.Database.URL}, nil
	}
	if !mayMake && !a.hasCluster() {
		return nil, &order.Error{
			Kind: order.KindNotFound, Field: "data",
			Message: "there is no todoke data in " + shownFolder(a.Config.Data) + ": name the folder with --data, or start with todoke up",
		}
	}
	if err := a.prepareData(); err != nil {
		return nil, err
	}
	c, err := pgcluster.Open(ctx, a.clusterOptions())
	if err != nil {
		return nil, err
	}
	return &database{URL: c.DSN(""), server: c.Server(), client: c}, nil
}

// hasCluster tells whether the data folder holds a private database. One that cannot be looked
// at counts: opening it tells why.
func (a *App) hasCluster() bool {
	_, err := os.Stat(filepath.Join(a.clusterOptions().Dir, "data", "PG_VERSION"))
	return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
}

// shownFolder writes a folder so that it is seen to be one: ./data.
func shownFolder(dir string) string {
	if filepath.IsLocal(dir) && !strings.HasPrefix(dir, ".") {
		return "." + string(filepath.Separator) + dir
	}
	return dir
}

// Close lets go of the database. A private one that this process started is stopped cleanly;
// nothing of ctx's end keeps it from being asked to.
func (d *database) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
	defer cancel()
	if d.client != nil {
		return d.client.Close(ctx)
	}
	if d.server != nil {
		return d.server.Stop(ctx)
	}
	return nil
}

// prepareData makes the data folder. Where root runs todoke, PostgreSQL's user must be able to
// pass through it; what is in it protects itself.
func (a *App) prepareData() error {
	if err := os.MkdirAll(a.Config.Data, 0o755); err != nil {
		return order.Invalid("", "data", fmt.Sprintf("make the data folder: %v", err))
	}
	info, err := os.Stat(a.Config.Data)
	if err != nil {
		return order.Invalid("", "data", fmt.Sprintf("look at the data folder: %v", err))
	}
	if !info.IsDir() {
		return order.Invalid("", "data", a.Config.Data+" is not a folder: name another with --data")
	}
	const pass = fs.FileMode(0o111)
	if os.Geteuid() == 0 && info.Mode().Perm()&pass != pass {
		if err := os.Chmod(a.Config.Data, info.Mode().Perm()|pass); err != nil {
			return order.Invalid("", "data", fmt.Sprintf("let PostgreSQL's user pass through the data folder: %v", err))
		}
	}
	return nil
}

// A postmaster that dies is started again, but not for ever: one that dies again and again has
// a reason that a person must see.
const (
	restartLimit  = 5
	restartWindow = 10 * time.Minute
)

// service watches a private PostgreSQL of this process and starts it again when it dies. The
// connection string stays the same: pools connect anew by themselves.
func (d *database) service(a *App) service {
	return service{"PostgreSQL", func(ctx, _ context.Context) error {
		var deaths []time.Time
		for {
			select {
			case <-ctx.Done():
				return nil // stopped by Close, after all that use it
			case <-d.server.Done():
			}
			now := time.Now()
			deaths = append(deaths, now)
			for now.Sub(deaths[0]) > restartWindow {
				deaths = deaths[1:]
			}
			if len(deaths) > restartLimit {
				return fmt.Errorf("it died %d times within %v: %w", len(deaths), restartWindow, d.server.Err())
			}
			a.Log.Error("PostgreSQL died: starting it again", "error", d.server.Err(), "deaths", len(deaths))
			if err := d.server.Restart(ctx); err != nil {
				if ctx.Err() != nil {
					return nil //nolint:nilerr // told to stop meanwhile
				}
				return err
			}
			a.Log.Info("PostgreSQL is up again", "pid", d.server.PID())
		}
	}}
}

// openStore opens database, blobs and queue for a command that works on what is there. The
// caller closes with the function that comes with it.
func (a *App) openStore(ctx context.Context) (*store.Store, func(), error) {
	return a.openStoreOf(ctx, false)
}

// makeStore is openStore for a command that brings something in: it makes the private database
// where there is none.
func (a *App) makeStore(ctx context.Context) (*store.Store, func(), error) {
	return a.openStoreOf(ctx, true)
}

func (a *App) openStoreOf(ctx context.Context, mayMake bool) (*store.Store, func(), error) {
	db, err := a.openDatabase(ctx, mayMake)
	if err != nil {
		return nil, nil, err
	}
	if db.server != nil {
		// Nobody else would: a private database may be empty or of an older todoke.
		if err := db.migrate(ctx); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("migrate: %w", err), db.Close(ctx))
		}
	}
	st, err := a.newStore(ctx, db)
	if unprepared(err) {
		err = &order.Error{
			Kind: order.KindTemporary, Field: "database",
			Message: "the database is not prepared yet: wait until todoke up says that it is ready, or run todoke migrate, and try again",
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close(ctx))
	}
	return st, func() {
		st.Close()
		if err := db.Close(ctx); err != nil {
			a.Log.Warn("the private database did not stop cleanly", "error", err)
		}
	}, nil
}

// unprepared tells whether no migration has run in the database yet: its roles are not there.
func unprepared(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && strings.Contains(e.Message, strconv.Quote(migrations.RoleApp))
}

func (a *App) newStore(ctx context.Context, db *database) (*store.Store, error) {
	return a.newStoreTraced(ctx, db, nil)
}

// newStoreTraced is newStore with somebody who sees every statement.
func (a *App) newStoreTraced(ctx context.Context, db *database, trace store.Trace) (*store.Store, error) {
	return store.Open(ctx, store.Config{
		DSN: db.as(migrations.RoleApp), BlobDir: a.Config.Blobs, Now: a.Now, Settings: a.Config.Rules, Log: a.Log,
		MaxConns: int32(a.Config.Database.PoolSize), Trace: trace,
	})
}

// migrate brings the database up to date. A private one also lets the program connect as the very
// roles that it works as: nothing it runs can take back more rights (KEP-1).
func (d *database) migrate(ctx context.Context) error {
	if err := migrations.Up(ctx, d.URL); err != nil || !d.private() {
		return err
	}
	return migrations.AllowLogin(ctx, d.URL)
}

// private tells whether todoke runs the database itself.
func (d *database) private() bool { return d.server != nil || d.client != nil }

// as is the connection string for a role: its own user in a private database, the configured one,
// who takes the role, elsewhere.
func (d *database) as(role string) string {
	if !d.private() {
		return d.URL
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		return d.URL // ours is well formed
	}
	u.User = url.User(role)
	return u.String()
}
