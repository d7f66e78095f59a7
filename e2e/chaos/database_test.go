package chaos_test

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// database looks into the program's own PostgreSQL, which comes and goes.
type database struct {
	url string

	mu   sync.Mutex
	conn *pgx.Conn
}

// one reads one row. An error may only mean that the server was killed.
func (d *database) one(sql string, into ...any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	const patience = 20 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if d.conn == nil {
		conn, err := pgx.Connect(ctx, d.url)
		if err != nil {
			return err
		}
		d.conn = conn
	}
	err := d.conn.QueryRow(ctx, sql).Scan(into...)
	if err != nil {
		_ = d.conn.Close(ctx)
		d.conn = nil
	}
	return err
}

func (d *database) works() bool {
	var n int
	return d.one("SELECT 1", &n) == nil
}

// rows reads all rows.
func rows[T any](r *run, sql string) []T {
	r.t.Helper()
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, r.db.url)
	must(r.t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	found, err := conn.Query(ctx, sql)
	must(r.t, err)
	out, err := pgx.CollectRows(found, pgx.RowToStructByPos[T])
	must(r.t, err)
	return out
}

// worked is how many mails were read, as far as it is known now.
func (r *run) worked() int64 {
	var n int64
	if err := r.db.one(`SELECT count(*) FROM documents d JOIN document_states s ON s.document_id = d.id
		WHERE d.source = 'mail' AND d.parent_id IS NULL AND s.state <> 'received'`, &n); err == nil {
		r.known.Store(n)
	}
	return r.known.Load()
}
