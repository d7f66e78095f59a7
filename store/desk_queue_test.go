package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestQueuePages: a page after the other shows everything that waits once, the most urgent first, and
// reads as little of it as a page has, however much waits.
func TestQueuePages(t *testing.T) {
	t.Parallel()
	dsn := st.DSN(t)
	s, _ := st.Open(t, dsn)
	st.Shop(t, s)
	ctx := t.Context()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	const waiting, held = 3000, 7
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, order.JST)
	for _, q := range []string{
		`SET session_replication_role = replica`,
		`INSERT INTO documents (id, source, external_id, received_at, stored_at, file_name, media_type, sha256, size_bytes) OVERRIDING SYSTEM VALUE
			SELECT i, CASE WHEN i % 50 = 0 THEN 'mail' ELSE 'folder' END, i::text, '2026-11-24 09:00+09', '2026-11-24 09:00+09', 'x', 'image/tiff', lpad(i::text, 64, '0'), 1 FROM generate_series(1, 9000) i`,
		`INSERT INTO pages (id, document_id, no, width_px, height_px, x_dpi, y_dpi, state, changed_at) OVERRIDING SYSTEM VALUE
			SELECT i, i, 1, 1, 1, 1, 1, 'review', '2026-11-24 09:00+09' FROM generate_series(1, 9000) i`,
		`INSERT INTO reviews (id, document_id, page_id, state, reasons, deadline_at, opened_at) OVERRIDING SYSTEM VALUE
			SELECT i, i, i, CASE WHEN i % 3 = 0 THEN 'open' ELSE 'settled' END, '[]',
				CASE WHEN i % 4 > 0 THEN timestamptz '2026-11-24 11:00+09' + i % 5 * interval '1 hour' END, '2026-11-24 09:00+09' FROM generate_series(1, 9000) i`,
		`INSERT INTO review_facts (review_id, why, form, customer_code) SELECT i, CASE WHEN i % 2 = 0 THEN 'rule' ELSE 'doubt' END, 'order', 'D' || i % 100 FROM generate_series(1, 9000) i`,
		`INSERT INTO orders (id, number, state, hold_reason, channel, received_at, accepted_at, acceptance_on, department_code, ship_to_name,
				ship_to_postal_code, ship_to_prefecture, ship_to_address, region_code, stockout, payment, goods_yen, fee_yen, taxes)
			SELECT i, 'N' || i, 'held', 'unknown ship-to', 'web', '2026-11-24 09:00+09', '2026-11-24 09:00+09', '2026-11-24', 'D7', 'x', 'x', 'x', 'x', 'KANTO', 'backorder', 'invoice', i, 0, '[]'
			FROM generate_series(1, 7) i`,
		`INSERT INTO staff (login, name, role, password_hash, created_at) VALUES ('sato', '佐藤 花', 'desk', 'x', '2026-11-24 09:00+09')`,
		`INSERT INTO desk_claims (task, login, claimed_at, until_at) VALUES ('review 3', 'sato', '2026-11-24 09:59+09', '2026-11-24 10:02+09'),
			('review 6', 'sato', '2026-11-24 08:59+09', '2026-11-24 09:02+09'), ('hold 2', 'sato', '2026-11-24 09:59+09', '2026-11-24 10:02+09')`,
		`VACUUM ANALYZE`,
	} {
		if _, err := c.Exec(ctx, q); err != nil {
			t.Fatalf("%v: %s", err, q)
		}
	}
	all := func(f store.TaskFilter) []store.Task {
		t.Helper()
		var out []store.Task
		for {
			page, err := s.Tasks(ctx, f, now)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, page...)
			if len(page) < f.Limit {
				return out
			}
			f.After = &page[len(page)-1]
		}
	}
	tasks := all(store.TaskFilter{Limit: 97})
	seen := map[string]bool{}
	holds := 0
	for i, x := range tasks {
		if seen[x.Key] {
			t.Fatalf("%s is shown twice", x.Key)
		}
		seen[x.Key] = true
		if x.OrderID != 0 {
			holds++
			if x.Name == "" || x.Why != "hold" || len(x.Reasons) != 1 || x.Reasons[0].Message != "unknown ship-to" || x.Source != "web" {
				t.Fatalf("a held order is %+v", x)
			}
		}
		if i > 0 && (tasks[i-1].DeadlineAt.IsZero() && !x.DeadlineAt.IsZero() || x.DeadlineAt.Before(tasks[i-1].DeadlineAt) && !x.DeadlineAt.IsZero()) {
			t.Fatalf("%s stands after %s, which is due later", x.Key, tasks[i-1].Key)
		}
	}
	if len(tasks) != waiting+held || holds != held {
		t.Errorf("%d tasks and %d held orders are shown, not %d and %d", len(tasks), holds, waiting+held, held)
	}
	for _, tt := range []struct {
		name string
		f    store.TaskFilter
		want int
	}{
		{"why", store.TaskFilter{Why: "rule"}, waiting / 2},
		{"held", store.TaskFilter{Why: "hold"}, held},
		{"customer", store.TaskFilter{Customer: "D7"}, waiting/100 + held},
		{"source", store.TaskFilter{Source: "mail"}, waiting / 50},
		{"form", store.TaskFilter{Form: "order"}, waiting},
		{"hers", store.TaskFilter{Who: "sato"}, 2},
		{"nobody's", store.TaskFilter{Who: "-"}, waiting + held - 2},
	} {
		tt.f.Limit = 200
		if got := all(tt.f); len(got) != tt.want {
			t.Errorf("%s: %d tasks, not %d", tt.name, len(got), tt.want)
		}
	}
	args := func(limit int) []any {
		return []any{now, "", "", "", "-", "", "-infinity", 0, -1, 0, limit, "{}", now, now, "", 5}
	}
	for limit, most := range map[int]int{2: 250, 101: 1800} {
		if got := touched(t, c, "TasksList", args(limit)...); got > most {
			t.Errorf("%d tasks touch %d pages, at most %d are expected", limit, got, most)
		}
	}
}
