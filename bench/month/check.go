package month

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"todoke/order"
	"todoke/rules"
)

//go:embed check.sql
var checkSQL string

// check is a statement that names what does not hold.
type check struct{ name, sql string }

func checks() []check {
	var out []check
	for _, part := range strings.Split(checkSQL, "-- name: ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		out = append(out, check{name, text})
	}
	return out
}

// mostShown is how many breaches of one kind are kept in words; all are counted.
const mostShown = 5

// wrong notes what does not hold.
func (m *run) wrong(format string, args ...any) {
	m.report.mu.Lock()
	defer m.report.mu.Unlock()
	m.day.Wrong++
	text := fmt.Sprintf("%s: %s", m.Clock.Now().In(order.JST).Format("01-02 15:04"), fmt.Sprintf(format, args...))
	m.report.Wrong = append(m.report.Wrong, text)
}

// check proves all that must hold, while nobody works.
func (m *run) check(ctx context.Context, whole bool) error {
	began := m.Wall()
	audit := m.Store.AuditBooks
	if whole {
		audit = m.Store.Audit
	}
	bad, err := audit(ctx)
	if err != nil {
		return err
	}
	m.breaches("store.Audit", bad, m.Wall().Sub(began))
	conn, err := m.Admin.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Release()
	if err := m.narrow(ctx, conn, whole); err != nil {
		return err
	}
	for _, c := range checks() {
		began := m.Wall()
		rows, err := conn.Query(ctx, c.sql, pgx.QueryExecModeExec, m.Clock.Now()) // no plan is kept: the tables change
		if err != nil {
			return fmt.Errorf("check %q: %w", c.name, err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return fmt.Errorf("check %q: %w", c.name, err)
		}
		m.breaches(c.name, found, m.Wall().Sub(began))
	}
	if _, err := conn.Exec(ctx, "DISCARD TEMP"); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if err := m.reconcile(ctx); err != nil {
		return err
	}
	if err := m.lost(ctx); err != nil {
		return err
	}
	if err := m.stock(ctx); err != nil {
		return err
	}
	if err := m.arrivals(ctx); err != nil {
		return err
	}
	m.day.Checked = m.Wall().Sub(began)
	return nil
}

// narrow has a day's checks look at the orders of which anything happened since the last ones or still
// can, at their first orders and their add-ons: what was whole and is over stays so. At the end they
// look at all.
func (m *run) narrow(ctx context.Context, conn *pgxpool.Conn, whole bool) error {
	since := m.checked
	if err := conn.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM events`).Scan(&m.checked); err != nil {
		return fmt.Errorf("find what happened: %w", err)
	}
	if whole {
		return nil
	}
	for _, s := range []string{
		`CREATE TEMP TABLE month_orders (id bigint PRIMARY KEY)`,
		fmt.Sprintf(`INSERT INTO month_orders SELECT DISTINCT order_id FROM public.events WHERE id > %d AND order_id IS NOT NULL
			UNION SELECT id FROM public.orders WHERE state NOT IN ('shipped', 'cancelled')`, since),
		`INSERT INTO month_orders SELECT f.id FROM public.orders f WHERE f.number IN (SELECT o.fee_first FROM public.orders o JOIN month_orders USING (id))
			OR f.fee_first IN (SELECT o.number FROM public.orders o JOIN month_orders USING (id)) ON CONFLICT DO NOTHING`,
		`INSERT INTO month_orders SELECT f.id FROM public.orders f WHERE f.number IN (SELECT o.fee_first FROM public.orders o JOIN month_orders USING (id)) ON CONFLICT DO NOTHING`,
		`ANALYZE month_orders`,
		`CREATE TEMP VIEW orders AS SELECT o.* FROM public.orders o JOIN month_orders USING (id)`,
		`CREATE TEMP VIEW events AS SELECT * FROM public.events WHERE order_id IN (SELECT id FROM month_orders)`,
	} {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("narrow the checks: %w", err)
		}
	}
	return nil
}

// breaches notes what a check found that was not found before, and how long it took.
func (m *run) breaches(name string, found []string, took time.Duration) {
	found = slices.DeleteFunc(found, func(f string) bool {
		known := m.told[name+f]
		m.told[name+f] = true
		return known
	})
	m.report.checked(name, len(found), took)
	for i, f := range found {
		if i == mostShown {
			m.wrong("%s: and %d more", name, len(found)-i)
			break
		}
		m.wrong("%s: %s", name, f)
	}
}

// lost proves that every order that was sent became one order or was refused, and that there is no other.
func (m *run) lost(ctx context.Context) error {
	began := m.Wall()
	type row struct {
		Key, Number string
		Document    int64
		N           int
		Cancelled   bool
	}
	rows, err := m.Admin.Query(ctx, `SELECT idempotency_key, min(number), coalesce(document_id, 0), count(*)::int, bool_and(state = 'cancelled') FROM orders GROUP BY idempotency_key, coalesce(document_id, 0)`)
	if err != nil {
		return fmt.Errorf("find orders: %w", err)
	}
	orders, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return fmt.Errorf("find orders: %w", err)
	}
	rows, err = m.Admin.Query(ctx, `SELECT idempotency_key, coalesce(order_id, 0)::text, 0::bigint, 0, false FROM (SELECT key AS idempotency_key, order_id FROM idempotency_keys) k`)
	if err != nil {
		return fmt.Errorf("find keys: %w", err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return fmt.Errorf("find keys: %w", err)
	}
	taken := map[string]bool{}
	for _, k := range keys {
		taken[k.Key] = k.Number != "0"
	}
	byDocument, cancelled, n := map[int64]int{}, map[int64]bool{}, 0
	for _, o := range orders {
		byDocument[o.Document] += o.N
		cancelled[o.Document] = o.Cancelled
		n += o.N
	}
	var bad []string
	accepted := 0
	for key, s := range m.sent {
		switch {
		case s.way == wayWeb && s.number != "":
			accepted++
			if !taken[key] {
				bad = append(bad, fmt.Sprintf("web order %s was answered %s and is not there", key, s.number))
			}
		case s.way == wayWeb && taken[key]:
			bad = append(bad, fmt.Sprintf("web order %s was refused (%v) and is there", key, s.refused))
		case s.way != wayWeb && s.again == once && byDocument[s.docs[0]] > 1+m.report.Changed:
			bad = append(bad, fmt.Sprintf("document %d made %d orders", s.docs[0], byDocument[s.docs[0]]))
		}
		var made []int64 // of one sheet; what repeats a cancelled order is a new one
		for _, id := range s.docs {
			if byDocument[id] > 0 && !cancelled[id] && !slices.Contains(made, id) {
				made = append(made, id)
			}
		}
		if len(made) > 1 {
			bad = append(bad, fmt.Sprintf("documents %v are one sheet and made an order each", made))
		}
	}
	rows, err = m.Admin.Query(ctx, `SELECT format('%s %s is %s', d.file_name, d.id, s.state) FROM documents d JOIN document_states s ON s.document_id = d.id
		LEFT JOIN LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE p.state IN ('ordered', 'junk', 'duplicate')) AS ended FROM pages p WHERE p.document_id = d.id) p ON true
		WHERE d.source = 'month' AND s.state NOT IN ('duplicate', 'ordered', 'junk') AND NOT (s.state = 'read' AND p.n = 1 AND p.ended = 1)
		  AND NOT EXISTS (SELECT FROM reviews r WHERE r.document_id = d.id AND r.state = 'open')`)
	if err != nil {
		return fmt.Errorf("find documents: %w", err)
	}
	open, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("find documents: %w", err)
	}
	slices.Sort(bad)
	m.breaches("nothing is lost: every order that was sent is there once, was refused, or waits for a person", append(bad, open...), m.Wall().Sub(began))
	m.report.Orders, m.report.WebTaken = n, accepted
	return nil
}

// stock proves that what came in is there or has left.
func (m *run) stock(ctx context.Context) error {
	began := m.Wall()
	rows, err := m.Admin.Query(ctx, `SELECT s.warehouse_code, s.item_code, s.on_hand_qty, coalesce(a.qty, 0)::int FROM stock s LEFT JOIN (
		SELECT warehouse_code, item_code, sum(shipped_qty) AS qty FROM allocations GROUP BY 1, 2) a
		USING (warehouse_code, item_code)`)
	if err != nil {
		return fmt.Errorf("count stock: %w", err)
	}
	type level struct {
		Warehouse, Item string
		There, Left     int
	}
	levels, err := pgx.CollectRows(rows, pgx.RowToStructByPos[level])
	if err != nil {
		return fmt.Errorf("count stock: %w", err)
	}
	var bad []string
	for _, l := range levels {
		if m.shop.items[l.Item].Class == order.ClassPhone {
			continue // made to order: booked in for its order alone, as it leaves (CUT-6)
		}
		if n := m.world.arrived[rules.StockKey{WarehouseCode: l.Warehouse, ItemCode: l.Item}]; n != l.There+l.Left {
			bad = append(bad, fmt.Sprintf("item %s at %s: %d came in, %d left, %d are there", l.Item, l.Warehouse, n, l.Left, l.There))
		}
	}
	m.breaches("stock: what came in is there or has left", bad, m.Wall().Sub(began))
	return nil
}

// arrivals proves that what arrived twice was in doubt or cut off.
func (m *run) arrivals(ctx context.Context) error {
	began := m.Wall()
	arrived, err := Arrived(m.Arrived)
	if err != nil {
		return err
	}
	rows, err := m.Admin.Query(ctx, `SELECT message_id FROM delivery_attempts GROUP BY 1 HAVING count(*) FILTER (WHERE outcome IN ('uncertain', '')) > 0`)
	if err != nil {
		return fmt.Errorf("find attempts: %w", err)
	}
	doubtful, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("find attempts: %w", err)
	}
	inDoubt := map[string]bool{}
	for _, id := range doubtful {
		inDoubt[id] = true
	}
	rows, err = m.Admin.Query(ctx, `SELECT DISTINCT message_id FROM delivery_attempts WHERE outcome = 'sent' AND way <> 'sftp'`)
	if err != nil {
		return fmt.Errorf("find attempts: %w", err)
	}
	told, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("find attempts: %w", err)
	}
	var bad []string
	m.report.Posted, m.report.Twice = 0, 0
	for id, n := range arrived {
		m.report.Posted++
		if n > 1 {
			m.report.Twice++
			if !inDoubt[id] {
				bad = append(bad, fmt.Sprintf("message %s arrived %d times without a doubt", id, n))
			}
		}
	}
	for _, id := range told {
		if arrived[id] == 0 {
			bad = append(bad, fmt.Sprintf("message %s is said to be sent and never arrived", id))
		}
	}
	dropped, err := m.dropped(ctx)
	if err != nil {
		return err
	}
	bad = append(bad, dropped...)
	slices.Sort(bad)
	m.breaches("mails and faxes arrive once, or twice where nobody could know", bad, m.Wall().Sub(began))
	return nil
}

// ErrWrong tells that something does not hold.
var ErrWrong = errors.New("something does not hold")
