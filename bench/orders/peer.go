package orders

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"todoke/migrations"
	"todoke/store"
)

// recorder keeps the statements of the one order being worked, with their arguments.
type recorder struct {
	mu  sync.Mutex
	now []statement
}

type statement struct {
	sql  string
	args []any
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	r.add(d.SQL, d.Args)
	return ctx
}

func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (r *recorder) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	r.add(d.SQL, d.Args)
}

func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (r *recorder) add(sql string, args []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = append(r.now, statement{sql, args})
}

func (r *recorder) peek() []statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *recorder) take() []statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.now
	r.now = nil
	return out
}

// plan is what pgbench runs: a script whose statements are those of one order, and a table with the
// arguments of each order.
type plan struct {
	script     string
	arguments  string // of the script that reads the arguments alone
	statements int
}

// peer makes the plan: it places and allocates n orders one after the other in a database of its own, writes down
// every statement with its arguments, and puts the arguments into the database that pgbench is to work on.
// Ids that the database gives out are taken from its answer (\gset).
func (o *Options) peer(ctx context.Context, from, to string, n int) (plan, error) {
	rec := &recorder{}
	st, err := o.Open(ctx, from, rec)
	if err != nil {
		return plan{}, err
	}
	defer st.Close()
	db, err := pgx.Connect(ctx, o.on(from))
	if err != nil {
		return plan{}, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	// The ids of what is made here are unlike any other number, so that they are found again in the arguments.
	if _, err := db.Exec(ctx, `
		SELECT setval(pg_get_serial_sequence('documents', 'id'), 7000000000001);
		SELECT setval(pg_get_serial_sequence('shipments', 'id'), 8000000000001)`); err != nil {
		return plan{}, fmt.Errorf("set ids apart: %w", err)
	}
	orders := make([][]statement, 0, n)
	// Orders that take other statements, such as for a second warehouse, are left out: pgbench runs one script.
	for i := 0; len(orders) < n; i++ {
		if i > 2*n+100 {
			return plan{}, fmt.Errorf("only %d of %d orders take the same statements", len(orders), i)
		}
		rec.take()
		if err := o.place(ctx, st, i); err != nil {
			return plan{}, err
		}
		placed := len(rec.peek())
		if err := st.InTx(ctx, func(tx *store.Tx) error {
			k, err := tx.AllocateBatch(ctx, 1, false, st.Now())
			if err == nil && k != 1 {
				err = fmt.Errorf("%d orders were allocated rather than 1", k)
			}
			return err
		}); err != nil {
			return plan{}, err
		}
		all := rec.take()
		if i == 0 {
			continue // it reads the masters and inserts the jobs that wait from then on
		}
		list, err := tidy(all, placed)
		if err != nil {
			return plan{}, err
		}
		if len(orders) == 0 || same(list, orders[0]) {
			orders = append(orders, list)
		}
	}
	return o.write(ctx, db, to, orders)
}

func same(a, b []statement) bool {
	return slices.EqualFunc(a, b, func(a, b statement) bool { return a.sql == b.sql })
}

var comment = regexp.MustCompile(`(?m)^\s*--.*$`)

// tidy puts each statement on a line. Allocation claims the client's own order, so that none waits for another's.
func tidy(list []statement, placed int) ([]statement, error) {
	const claim = "WHERE state = 'accepted' ORDER BY id LIMIT $1"
	var id any
	for i := range list {
		s := &list[i]
		s.sql = strings.Join(strings.Fields(comment.ReplaceAllString(s.sql, "")), " ")
		if strings.HasPrefix(s.sql, "INSERT INTO orders ") {
			if ids, ok := s.args[0].([]int64); ok && len(ids) == 1 {
				id = ids[0]
			}
		}
		if i >= placed && strings.Contains(s.sql, claim) {
			s.sql = strings.Replace(s.sql, claim, "WHERE state = 'accepted' AND id = $1", 1)
			s.args = []any{id}
		}
	}
	if id == nil {
		return nil, errors.New("no order was inserted")
	}
	return list, nil
}

var (
	documentID = regexp.MustCompile(`^\{70000000\d{5}\}$`)
	shipmentID = regexp.MustCompile(`^\{80000000\d{5}(,80000000\d{5})*\}$`)
	argument   = regexp.MustCompile(`\$\d+`)
)

// write makes script and table of arguments.
func (o *Options) write(ctx context.Context, db *pgx.Conn, to string, orders [][]statement) (plan, error) {
	first := orders[0]
	var script strings.Builder
	var columns []string
	rows := make([][]any, len(orders))
	for k, s := range first {
		if word := strings.ToLower(s.sql); strings.HasPrefix(word, "begin") || word == "commit" {
			fmt.Fprintf(&script, "%s;\n", s.sql)
			continue
		}
		d, err := db.Prepare(ctx, "", s.sql)
		if err != nil {
			return plan{}, fmt.Errorf("prepare %q: %w", s.sql, err)
		}
		words := make([]string, len(s.args)) // what stands for each argument
		for i := range s.args {
			texts := make([]*string, len(orders))
			nulls, documents, shipments := 0, 0, 0
			for n, list := range orders {
				b, err := db.TypeMap().Encode(d.ParamOIDs[i], pgtype.TextFormatCode, list[k].args[i], []byte{})
				if err != nil {
					return plan{}, fmt.Errorf("write argument %d of %q: %w", i+1, s.sql, err)
				}
				if b == nil {
					nulls++
					continue
				}
				texts[n] = new(string(b))
				if documentID.Match(b) {
					documents++
				}
				if shipmentID.Match(b) {
					shipments++
				}
			}
			switch len(orders) {
			case nulls:
				words[i] = "NULL"
				continue
			case documents:
				words[i] = "ARRAY[:document_id]::bigint[]"
				continue
			case shipments:
				words[i] = "ARRAY[" + strings.TrimSuffix(strings.Repeat(":shipment_id,", strings.Count(*texts[0], ",")+1), ",") + "]::bigint[]"
				continue
			}
			if nulls+documents+shipments > 0 {
				return plan{}, fmt.Errorf("argument %d of %q is of one kind in some orders only", i+1, s.sql)
			}
			name := fmt.Sprintf("s%d_%d", k, i+1)
			columns = append(columns, name)
			words[i] = ":" + name
			for n := range orders {
				rows[n] = append(rows[n], texts[n])
			}
		}
		sql := argument.ReplaceAllStringFunc(s.sql, func(a string) string {
			n, _ := strconv.Atoi(a[1:])
			return words[n-1]
		})
		switch {
		case strings.HasPrefix(sql, "INSERT INTO documents "):
			sql += ` \gset document_`
		case strings.HasPrefix(sql, "INSERT INTO shipments "):
			sql += ` \gset shipment_`
		default:
			sql += ";"
		}
		script.WriteString(sql + "\n")
	}
	if err := o.keep(ctx, to, columns, rows); err != nil {
		return plan{}, err
	}
	const arguments = "\\set i :i + 1\n\\set n :client_id + (:i - 1) * :clients\nSELECT * FROM arguments WHERE n = :n \\gset\n"
	p := plan{filepath.Join(o.Dir, "peer.sql"), filepath.Join(o.Dir, "arguments.sql"), len(first)}
	if err := os.WriteFile(p.arguments, []byte(arguments), 0o600); err != nil {
		return plan{}, fmt.Errorf("write script: %w", err)
	}
	if err := os.WriteFile(p.script, []byte(arguments+script.String()), 0o600); err != nil {
		return plan{}, fmt.Errorf("write script: %w", err)
	}
	return p, nil
}

// keep puts the arguments into the database.
func (o *Options) keep(ctx context.Context, to string, columns []string, rows [][]any) error {
	db, err := pgx.Connect(ctx, o.on(to))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	if _, err := db.Exec(ctx, "CREATE TABLE arguments (n int PRIMARY KEY, "+strings.Join(columns, " text, ")+" text)"); err != nil {
		return fmt.Errorf("make arguments: %w", err)
	}
	numbered := make([][]any, len(rows))
	for n, r := range rows {
		numbered[n] = append([]any{n}, r...)
	}
	if _, err := db.CopyFrom(ctx, pgx.Identifier{"arguments"}, append([]string{"n"}, columns...), pgx.CopyFromRows(numbered)); err != nil {
		return fmt.Errorf("fill arguments: %w", err)
	}
	_, err = db.Exec(ctx, "GRANT SELECT ON arguments TO PUBLIC; ANALYZE arguments; CHECKPOINT")
	return err
}

// pgbench runs a script with so many clients until each of the orders had its turn. Plans is PostgreSQL's plan_cache_mode.
func (o *Options) pgbench(ctx context.Context, database, script string, clients int, plans string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(o.BinDir, "pgbench"), "-n", "-M", "prepared", "-t", strconv.Itoa(o.Orders/clients),
		"-c", strconv.Itoa(clients), "-j", "2", "-D", "i=0", "-D", "clients="+strconv.Itoa(clients), "-f", script, o.on(database))
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c role="+migrations.RoleApp+" -c jit=off -c plan_cache_mode="+plans)
	started := time.Now()
	text, err := cmd.CombinedOutput()
	took := time.Since(started)
	if err != nil || strings.Contains(strings.ToLower(string(text)), "error") {
		return 0, fmt.Errorf("run pgbench: %w: %s", err, firstLines(string(text), 8))
	}
	return took, nil
}

func firstLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[:min(n, len(lines))], " | ")
}
