// Package archive measures sealing, verifying and searching the archive on generated rows.
//
// In: a store on an empty database, and its superuser's connection string. Out: lines of figures.
// It spoils the database: nothing else may use it.
package archive

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/store"
)

// Options say how much is generated.
type Options struct {
	N       int // documents that are sealed and verified
	Bytes   int // size of each one's file
	Entries int // rows that are searched
	Parties int // counterparties among them
	Queries int // of each kind
	Seed    uint64
}

// Run measures and prints.
func Run(ctx context.Context, w io.Writer, st *store.Store, superuser string, c Options) error {
	super, err := pgx.Connect(ctx, superuser)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = super.Close(context.WithoutCancel(ctx)) }()
	if err := c.seal(ctx, w, st, super); err != nil {
		return err
	}
	return c.search(ctx, w, st, super)
}

// seal makes documents, seals and verifies them.
func (c Options) seal(ctx context.Context, w io.Writer, st *store.Store, super *pgx.Conn) error {
	buf := make([]byte, c.Bytes)
	now := st.Now()
	rows := make([][]any, c.N)
	for i := range rows {
		_, _ = rand.Read(buf) // it never fails
		key := store.Key(buf)
		path := filepath.Join(st.Blobs().Dir(), key[:2], key)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, buf, 0o400); err != nil {
			return err
		}
		rows[i] = []any{"bench", strconv.Itoa(i), now, now, fmt.Sprintf("03%08d", i%c.Parties), "image/tiff", key, int64(c.Bytes)}
	}
	if _, err := super.CopyFrom(ctx, pgx.Identifier{"documents"},
		[]string{"source", "external_id", "received_at", "stored_at", "caller", "media_type", "sha256", "size_bytes"}, pgx.CopyFromRows(rows)); err != nil {
		return fmt.Errorf("make documents: %w", err)
	}
	started := time.Now()
	entries, err := st.Seal(ctx)
	if err != nil {
		return err
	}
	took := time.Since(started)
	fmt.Fprintf(w, "sealing    n=%d documents, %d entries: %.0f documents/s\n", c.N, entries, float64(c.N)/took.Seconds())

	plain, err := hashAll(st.Blobs().Dir())
	if err != nil {
		return err
	}
	peak, stop := peakHeap()
	started = time.Now()
	r, err := st.VerifyArchive(ctx, store.VerifyOptions{})
	stop()
	if err != nil {
		return err
	}
	took = time.Since(started)
	const hundredThousand = 100_000
	fmt.Fprintf(w, "verifying  n=%d documents of %d bytes, %d problems: %.0f documents/s, %.1f s per 100,000; %.2f of the time that one reader takes to hash the same files; heap at most %d MB\n",
		c.N, c.Bytes, r.Problems, float64(c.N)/took.Seconds(), took.Seconds()/float64(c.N)*hundredThousand, took.Seconds()/plain.Seconds(), *peak>>20)
	return nil
}

// hashAll is how long one reader takes for all files.
func hashAll(dir string) (time.Duration, error) {
	started := time.Now()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if sum := sha256.Sum256(b); err == nil && hex.EncodeToString(sum[:]) != filepath.Base(path) {
			return errors.New(path + " is damaged")
		}
		return err
	})
	return time.Since(started), err
}

// peakHeap watches the heap until stop.
func peakHeap() (peak *uint64, stop func()) {
	peak = new(uint64)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			*peak = max(*peak, m.HeapInuse)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return peak, func() { close(done); <-ended }
}

// search makes rows of ten years and searches them.
func (c Options) search(ctx context.Context, w io.Writer, st *store.Store, super *pgx.Conn) error {
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`SET session_replication_role = replica`, nil}, // no chain for these
		{`INSERT INTO archive_parties (code, name, company, contact, search)
			SELECT p::text, '第' || p || '営業課', '株式会社取引先' || p, '03' || lpad(p::text, 8, '0'), p || E'\n株式会社取引先' || p || '第' || p || E'営業課\n03' || lpad(p::text, 8, '0')
			FROM generate_series(10000001, 10000000 + $1::int) p ON CONFLICT DO NOTHING`, []any{c.Parties}},
		{`INSERT INTO documents (source, external_id, received_at, stored_at, media_type, sha256, size_bytes)
			SELECT 'search', i::text, '2016-11-24'::timestamptz + i * interval '10 years' / $1::int, '2026-11-24', 'image/tiff', repeat('0', 64), 1 FROM generate_series(1, $1::int) i`, []any{c.Entries}},
		{`INSERT INTO archive_facts (document_id, party_id, amount_yen, transacted_on, reason, recorded_at)
			SELECT d.id, p.first + (hashint8(d.id)::bigint & 1073741823) % $1::int, 1000 + (hashint8(d.id + 1)::bigint & 1073741823) % 99000, d.received_at::date, 'x', d.received_at
			FROM documents d, (SELECT min(id) AS first FROM archive_parties WHERE search LIKE '1000%') p WHERE d.source = 'search'`, []any{c.Parties}},
		{`SET session_replication_role = origin`, nil},
		{`ANALYZE`, nil},
	} {
		if _, err := super.Exec(ctx, step.sql, step.args...); err != nil {
			return fmt.Errorf("make rows: %w", err)
		}
	}
	g := mrand.New(mrand.NewPCG(c.Seed, 0))
	month := func(q *store.ArchiveQuery) {
		q.From = order.D(2016, time.November, 25+g.IntN(3600))
		q.To = q.From.Add(30)
	}
	amount := func(q *store.ArchiveQuery) {
		low := int64(1000 + g.IntN(98000))
		high := low + 500
		q.MinYen, q.MaxYen = &low, &high
	}
	party := func(q *store.ArchiveQuery) { q.Party = fmt.Sprintf("取引先%d", 10_000_001+g.IntN(c.Parties)) }
	many := func(q *store.ArchiveQuery) { q.Party = fmt.Sprintf("先100%02d", g.IntN(20)) }
	for _, kind := range []struct {
		name string
		set  []func(*store.ArchiveQuery)
	}{
		{"day", []func(*store.ArchiveQuery){month}},
		{"amount", []func(*store.ArchiveQuery){amount}},
		{"one party", []func(*store.ArchiveQuery){party}},
		{"1,000 parties", []func(*store.ArchiveQuery){many}},
		{"day, amount", []func(*store.ArchiveQuery){month, amount}},
		{"day, party", []func(*store.ArchiveQuery){month, party}},
		{"amount, party", []func(*store.ArchiveQuery){amount, party}},
		{"amount, 1,000", []func(*store.ArchiveQuery){amount, many}},
		{"all three", []func(*store.ArchiveQuery){month, amount, party}},
	} {
		times := make([]time.Duration, c.Queries)
		hits := 0
		for i := range times {
			var q store.ArchiveQuery
			for _, set := range kind.set {
				set(&q)
			}
			started := time.Now()
			n := 0
			for _, err := range st.SearchArchive(ctx, q) {
				if err != nil {
					return err
				}
				if n++; n == 200 {
					break
				}
			}
			times[i] = time.Since(started)
			hits += n
		}
		slices.Sort(times)
		fmt.Fprintf(w, "searching  %-14s of %d rows, n=%d, %.1f hits: median %.1f ms, p95 %.1f ms\n", kind.name, c.Entries, c.Queries, float64(hits)/float64(c.Queries),
			times[len(times)/2].Seconds()*1000, times[len(times)*95/100].Seconds()*1000)
	}
	return nil
}
