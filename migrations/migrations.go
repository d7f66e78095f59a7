// Package migrations holds the database's numbered SQL and brings a database up to date with
// it: River's tables, todoke's tables, then roles and grants. It never takes anything down.
package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// Files are the numbered migrations and grants.sql.
//
//go:embed *.sql
var Files embed.FS

// The database roles. Migrations run as the owner (whoever connects to Up), the program as
// RoleApp, which can add to the archive but not change it, and deletion after the legal term
// as RoleRetention (KEP-1).
const (
	RoleOwner     = "todoke_owner"
	RoleApp       = "todoke_app"
	RoleRetention = "todoke_retention"
)

// lockKey is the advisory lock that makes programs that start together migrate one by one.
const lockKey = 0x746f646f6b65 // "todoke"

// Hash names this set of migrations, River's version included: databases made by equal hashes
// are alike.
func Hash() string {
	h := sha256.New()
	names, _ := fs.Glob(Files, "*.sql") // the pattern is well formed
	for _, name := range names {
		b, err := Files.ReadFile(name)
		if err != nil {
			panic(err) // embedded
		}
		_, _ = fmt.Fprintf(h, "%s %d\n%s", name, len(b), b) // a hash takes everything
	}
	m, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err == nil {
		_, _ = fmt.Fprintf(h, "river %d", len(m.AllVersions()))
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// Up brings the database at dsn up to date. It may run any number of times and at the same
// time from many processes. The user of dsn must own the database and, on the first run, be
// allowed to create roles or find them there.
func Up(ctx context.Context, dsn string) error {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return fmt.Errorf("parse database URL: %w", err)
	}
	cfg.MaxConns = 3 // the lock's, River's, goose's
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer pool.Close()

	lock, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer lock.Release()
	if _, err := lock.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(lockKey)); err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	// The pool closes the connection in any case; unlocking lets a waiting process start at once.
	defer func() {
		_, _ = lock.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(lockKey))
	}()

	rm, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("prepare queue migrations: %w", err)
	}
	if _, err := rm.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate queue: %w", err)
	}
	if err := up(ctx, cfg.ConnConfig.Copy()); err != nil {
		return err
	}
	grants, err := Files.ReadFile("grants.sql")
	if err != nil {
		return fmt.Errorf("read grants: %w", err)
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, string(grants))
		return err
	})
	if err != nil {
		return fmt.Errorf("grant rights: %w", err)
	}
	return nil
}

// AllowLogin lets the program's roles connect by themselves, without a password: for a private
// server that only its own user reaches.
func AllowLogin(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, role := range []string{RoleApp, RoleRetention} {
		var may bool
		if err := conn.QueryRow(ctx, `SELECT rolcanlogin FROM pg_roles WHERE rolname = $1`, role).Scan(&may); err != nil {
			return fmt.Errorf("look at role %s: %w", role, err)
		}
		if may {
			continue
		}
		if _, err := conn.Exec(ctx, "ALTER ROLE "+role+" LOGIN"); err != nil {
			return fmt.Errorf("let role %s connect: %w", role, err)
		}
	}
	return nil
}

func up(ctx context.Context, cfg *pgx.ConnConfig) error {
	db := stdlib.OpenDB(*cfg)
	defer func() { _ = db.Close() }()
	p, err := provider(db)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate tables: %w", err)
	}
	return nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	p, err := goose.NewProvider(goose.DialectPostgres, db, numbered{})
	if err != nil {
		return nil, fmt.Errorf("prepare migrations: %w", err)
	}
	return p, nil
}

// numbered shows goose the numbered files only.
type numbered struct{}

func (numbered) Open(name string) (fs.File, error) { return Files.Open(name) }

func (numbered) Glob(pattern string) ([]string, error) {
	names, err := fs.Glob(Files, pattern)
	return slices.DeleteFunc(names, func(n string) bool { return n[0] < '0' || n[0] > '9' }), err
}

// Version tells the newest migration in this program and the one the database at dsn is at.
func Version(ctx context.Context, dsn string) (latest, current int64, err error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return 0, 0, fmt.Errorf("parse database URL: %w", err)
	}
	db := stdlib.OpenDB(*cfg)
	defer func() { _ = db.Close() }()
	p, err := provider(db)
	if err != nil {
		return 0, 0, err
	}
	current, latest, err = p.GetVersions(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read migration version: %w", err)
	}
	return latest, current, nil
}
