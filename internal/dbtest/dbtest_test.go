package dbtest_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"todoke/internal/dbtest"
)

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func migrateGoods(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `create table goods (name text); insert into goods values ('コピー用紙')`)
	return errors.Join(err, conn.Close(ctx))
}

func TestEveryTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	var migrated atomic.Int32
	key := "goods " + t.Name() + strconv.Itoa(uniqueRun)
	for i := range 8 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			conn := connect(t, dbtest.New(t, key, func(ctx context.Context, dsn string) error {
				migrated.Add(1)
				return migrateGoods(ctx, dsn)
			}))
			if _, err := conn.Exec(t.Context(), `insert into goods values ($1)`, strconv.Itoa(i)); err != nil {
				t.Fatal(err)
			}
			var n int
			if err := conn.QueryRow(t.Context(), `select count(*) from goods`).Scan(&n); err != nil || n != 2 {
				t.Fatalf("%d goods, want the template's and mine: %v", n, err)
			}
			if got := migrated.Load(); got != 1 {
				t.Errorf("migrated %d times", got)
			}
		})
	}
}

func TestEmptyIsEmpty(t *testing.T) {
	t.Parallel()
	conn := connect(t, dbtest.Empty(t))
	var n int
	if err := conn.QueryRow(t.Context(), `select count(*) from pg_class where relnamespace = 'public'::regnamespace`).Scan(&n); err != nil || n != 0 {
		t.Fatalf("%d relations: %v", n, err)
	}
}

func TestDatabaseIsDroppedAtTheEnd(t *testing.T) { //nolint:tparallel // the inner test's end is what is tested
	t.Parallel()
	var name string
	t.Run("inner", func(t *testing.T) {
		conn := connect(t, dbtest.New(t, "goods", migrateGoods))
		if err := conn.QueryRow(t.Context(), `select current_database()`).Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	var there bool
	conn := connect(t, dbtest.Empty(t))
	if err := conn.QueryRow(t.Context(), `select exists (select from pg_database where datname = $1)`, name).Scan(&there); err != nil || there {
		t.Fatalf("%q is still there: %v", name, err)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		dbtest.New(b, "goods", migrateGoods)
	}
}
