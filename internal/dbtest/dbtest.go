package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Migrate brings the empty database behind dsn to the schema that tests want. It must close
// its connections.
type Migrate func(ctx context.Context, dsn string) error

// templateLock is the advisory lock under which templates are made and dropped, one at a time
// on the whole server: migrations may create roles, which belong to the server.
const templateLock = 0x6462_7465_7374 // "dbtest"

const (
	templatePrefix = "tmpl_"
	clonePrefix    = "test_"
)

// New gives tb a database migrated by migrate: its connection string, for a superuser. Databases
// of the same key are copies of one template, so key must change when migrate would do
// something else: a hash of the migrations, say. The database is dropped when tb ends.
func New(tb testing.TB, key string, migrate Migrate) (dsn string) {
	tb.Helper()
	admin, err := server(tb.Context())
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	template, err := ensureTemplate(tb.Context(), admin, key, migrate)
	if err != nil {
		tb.Fatalf("dbtest: make the template database: %v", err)
	}
	return clone(tb, admin, template)
}

// Empty gives tb a database with nothing in it. It is dropped when tb ends.
func Empty(tb testing.TB) (dsn string) {
	tb.Helper()
	admin, err := server(tb.Context())
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	return clone(tb, admin, "template0")
}

func clone(tb testing.TB, admin, template string) string {
	tb.Helper()
	name := clonePrefix + strconv.Itoa(os.Getpid()) + "_" + strings.ToLower(rand.Text()[:12])
	// FILE_COPY is far faster than the default once fsync is off.
	if err := execute(tb.Context(), admin, `create database `+name+` template `+template+` strategy file_copy`); err != nil {
		tb.Fatalf("dbtest: copy the template database: %v", err)
	}
	tb.Cleanup(func() {
		// tb.Context has ended by now. Force: a test that failed may have left connections.
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := execute(ctx, admin, `drop database if exists `+name+` with (force)`); err != nil {
			tb.Errorf("dbtest: drop %s: %v", name, err)
		}
	})
	return withDatabase(admin, name)
}

// templates remembers the templates that this process has seen whole.
var templates sync.Map // name → struct{}

// ensureTemplate makes the template database of key if the server has none, and gives its name.
func ensureTemplate(ctx context.Context, admin, key string, migrate Migrate) (string, error) {
	sum := sha256.Sum256([]byte(key))
	name := templatePrefix + hex.EncodeToString(sum[:10])
	if _, seen := templates.Load(name); seen {
		return name, nil
	}
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // frees the advisory lock
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, int64(templateLock)); err != nil {
		return "", err
	}
	var there bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, name).Scan(&there); err != nil {
		return "", err
	}
	if !there {
		// Only a template that is whole gets the name that others look for.
		raw := name + "_raw"
		statements := []string{
			`drop database if exists ` + raw + ` with (force)`,
			`create database ` + raw + ` template template0 strategy file_copy`,
		}
		for _, sql := range statements {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return "", err
			}
		}
		if err := migrate(ctx, withDatabase(admin, raw)); err != nil {
			return "", fmt.Errorf("migrate: %w", err)
		}
		statements = []string{
			// Nobody may connect to a template, or copying it fails.
			`alter database ` + raw + ` allow_connections false`,
			`select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '` + raw + `'`,
			`alter database ` + raw + ` rename to ` + name,
		}
		for _, sql := range statements {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return "", err
			}
		}
	}
	// When it was last used, in UTC, so that old ones can be dropped.
	if _, err := conn.Exec(ctx, `select set_config('dbtest.now', to_char(now() at time zone 'utc', 'YYYY-MM-DD HH24:MI'), false)`); err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, `do $$ begin execute format('comment on database `+name+` is %L', current_setting('dbtest.now')); end $$`); err != nil {
		return "", err
	}
	templates.Store(name, struct{}{})
	return name, nil
}

// withDatabase is dsn, a URL, with another database.
func withDatabase(dsn, database string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		panic("dbtest: " + err.Error()) // server has parsed it before
	}
	u.Path = "/" + database
	return u.String()
}

func execute(ctx context.Context, dsn, sql string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, sql)
	return err
}
