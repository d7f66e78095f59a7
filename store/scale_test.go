package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/store"
	st "todoke/store/storetest"
)

// TestHotStatementsReadLittle measures what the statements that run at every tick, job or
// order touch where thousands of orders are open among many that are done: none may look at
// every order, nor at every open shipment for every open order.
func TestHotStatementsReadLittle(t *testing.T) {
	t.Parallel()
	const orders, open = 20_000, 2_000
	dsn := st.DSN(t)
	s, _ := st.Open(t, dsn)
	st.Shop(t, s)
	ctx := t.Context()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	// The newest are open: 100 wait, a fifth of the others is short of its first line.
	for _, q := range []string{
		`SET session_replication_role = replica`, // rows as they would be, without their history
		`INSERT INTO departments (code, name, company_code, postal_code, prefecture, address, points, stockout, payment)
			SELECT 'D' || i, 'x', 'C1', '1000001', '東京都', 'x', true, 'backorder', 'invoice' FROM generate_series(0, 99) i`,
		fmt.Sprintf(`INSERT INTO orders (id, number, state, channel, received_at, accepted_at, acceptance_on, department_code, ship_to_name,
				ship_to_postal_code, ship_to_prefecture, ship_to_address, region_code, stockout, payment, goods_yen, fee_yen, taxes)
			SELECT i, i::text, CASE WHEN i <= %[1]d - %[2]d THEN 'released' WHEN i > %[1]d - 100 THEN 'accepted' WHEN i %% 5 = 0 THEN 'short' ELSE 'allocated' END,
				'fax', at, at, '2026-11-24', 'D' || i %% 100, 'x', 'x', 'x', 'x', 'KANTO', 'backorder', 'invoice', 100, 0, '[]'
			FROM (SELECT i, timestamptz '2026-11-24 10:00+09' - (%[1]d - i) * interval '20 seconds' AS at FROM generate_series(1, %[1]d) i) t`, orders, open),
		fmt.Sprintf(`INSERT INTO order_lines (order_id, no, item_code, name, unit, class, qty, reserved_qty, unit_price_yen, tax_rate)
			SELECT o.id, l, '%s', 'x', 'x', 'normal', 5, CASE WHEN o.state = 'accepted' OR o.state = 'short' AND l = 1 THEN 0 ELSE 5 END, 100, 10
			FROM orders o, generate_series(1, 3) l`, st.Code(st.Pen)),
		`INSERT INTO shipments (order_id, no, state, class, warehouse_code, acceptance_on, ready_on, ship_on, arrival_on)
			SELECT id, 1, CASE WHEN state = 'released' THEN 'released' ELSE 'planned' END, 'normal', 'W1', '2026-11-24', '2026-11-24',
				CASE WHEN state = 'released' THEN '2026-11-23'::date ELSE '2026-11-24'::date + (id % 5)::int END, '2026-11-25' FROM orders`,
		// A hundred orders go on a list; the last two lists are under way.
		fmt.Sprintf(`INSERT INTO pick_lists (id, number, wave_id, issued_at, shipped_at)
			SELECT i, i::text, i, '2026-11-23 18:00+09', CASE WHEN i < %[1]d - 1 THEN timestamptz '2026-11-24 09:00+09' END FROM generate_series(0, %[1]d) i`, (orders-open)/100),
		`INSERT INTO allocations (order_id, line_no, warehouse_code, item_code, qty, shipment_id, allocated_at, pick_list_id, shipped_qty)
			SELECT l.order_id, l.no, 'W1', l.item_code, 5, s.id, '2026-11-24 10:00+09', p.id, CASE WHEN p.shipped_at IS NULL THEN 0 ELSE 5 END
			FROM order_lines l JOIN shipments s USING (order_id) LEFT JOIN pick_lists p ON s.state = 'released' AND p.id = l.order_id / 100
			WHERE l.reserved_qty > 0 ORDER BY l.order_id, l.no`,
		`UPDATE stock SET reserved_qty = on_hand_qty`,
		`ANALYZE orders`, `ANALYZE order_lines`, `ANALYZE shipments`, `ANALYZE allocations`, `ANALYZE pick_lists`, `ANALYZE stock`,
	} {
		if _, err := c.Exec(ctx, q); err != nil {
			t.Fatalf("%v: %s", err, q)
		}
	}
	noon := st.At(t, "2026-11-24 12:00:00")
	var closed []time.Time // as many as three months have, none with goods planned on them
	for i := range 8 {
		closed = append(closed, noon.AddDate(0, 1, i))
	}
	lanes := []any{[]string{st.East}, []string{"normal"}}
	for _, tt := range []struct {
		name string
		most int // pages of 8 kB
		args []any
	}{
		{"WarehouseClasses", 2 * open, []any{noon}},
		{"ReplanClaim", open / 10, []any{noon.AddDate(0, 0, -1), []string{}, []string{}, 1, closed}}, // what the tick asks
		{"ReplanClaim", 2 * open, []any{noon, []string{}, []string{}, 1, closed}},
		{"ReplanClaim", 10 * open, append([]any{noon}, append(lanes, 500, closed)...)},
		{"WaitingForStock", 100, []any{noon}},
		{"AllocateClaim", 10 * 500, []any{500}},
		{"AllocateClaimBackorders", 10 * open, []any{500}},
		{"WaveClaim", 20 * open, append([]any{noon, noon}, append(lanes, closed)...)},
		{"ResendOrders", orders / 10, []any{"D7", noon.AddDate(0, 0, -1), noon}},
		{"OrderDepartment", 10, []any{orders}},
		{"StockOnOpenLists", open / 10, []any{[]string{st.East}, []string{st.Code(st.Pen)}}},
		{"PromisedOrders", open / 10, []any{st.East, []string{st.Code(st.Pen)}}},
		{"PromisedOrders", 10, []any{st.East, []string{st.Code(st.Tea)}}},
		{"PromisedOf", 50, []any{st.East, st.Code(st.Pen), []int64{orders - 501}}},
	} {
		if got := touched(t, c, tt.name, tt.args...); got > tt.most {
			t.Errorf("%s touches %d pages, at most %d are expected", tt.name, got, tt.most)
		}
	}
	if _, err := c.Exec(ctx, `UPDATE orders SET state = 'allocated' WHERE state = 'accepted'`); err != nil {
		t.Fatal(err)
	}
	if got := touched(t, c, "WaitingForStock", noon); got > 10*open {
		t.Errorf("looking for backorders touches %d pages", got)
	}
	// Nothing to do for those that wait, as at nearly every tick: their lines are looked up once.
	if _, err := c.Exec(ctx, `UPDATE order_lines SET restock_on = (SELECT min(restock_on) FROM stock WHERE item_code = order_lines.item_code) WHERE reserved_qty < qty`); err != nil {
		t.Fatal(err)
	}
	if got := touched(t, c, "WaitingForStock", noon); got > 3*open/2 {
		t.Errorf("looking for what came touches %d pages where nothing did", got)
	}
	for name, args := range map[string][]any{"WaitingForStock": {noon}, "RestockMoved": {noon, 500}} {
		rows, _ := c.Query(ctx, "EXPLAIN "+store.Queries()[name], args...)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || strings.Contains(strings.Join(plan, ""), "Seq Scan on order_lines") {
			t.Errorf("%s reads every line: %v, %s", name, err, strings.Join(plan, "\n"))
		}
	}
}

// touched counts the pages that a statement looks at.
func touched(tb testing.TB, c *pgx.Conn, name string, args ...any) int {
	tb.Helper()
	var text []byte
	if err := c.QueryRow(tb.Context(), "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "+store.Queries()[name], args...).Scan(&text); err != nil {
		tb.Fatal(name, err)
	}
	var plans []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	if err := json.Unmarshal(text, &plans); err != nil || len(plans) != 1 {
		tb.Fatal(name, err)
	}
	return plans[0].Plan.Hit + plans[0].Plan.Read
}
