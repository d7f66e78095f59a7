package migrations_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"todoke/internal/dbtest"
	"todoke/migrations"
)

func connect(t *testing.T, dsn, role string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	if role != "" {
		if _, err := c.Exec(t.Context(), "SET ROLE "+role); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// refused tells whether the database refused for want of rights (42501).
func refused(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "42501"
}

const fill = `
INSERT INTO documents (source, external_id, received_at, stored_at, media_type, sha256, size_bytes)
VALUES ('test', '1', '2026-11-24', '2026-11-24', 'text/plain', repeat('0', 64), 0);
INSERT INTO document_claims (document_id, kind, by, made_at) VALUES (1, 'caller', 'x', '2026-11-24');
INSERT INTO illegible_pages (document_id, page_no, department_code, fields, by, at) VALUES (1, 1, '', '{}', 'x', '2026-11-24');
INSERT INTO gateway_gaps (gateway, first_job, last_job, reason, by, at) VALUES ('x', 1, 1, 'x', 'x', '2026-11-24');
INSERT INTO pages (document_id, no, width_px, height_px, x_dpi, y_dpi, state, changed_at) VALUES (1, 1, 1, 1, 1, 1, 'review', '2026-11-24');
INSERT INTO drafts (page_id, draft, read_at) VALUES (1, '{}', '2026-11-24');
INSERT INTO events (document_id, kind, text, at) VALUES (1, 'noted', 'x', '2026-11-24');
INSERT INTO issued_documents (kind, number, format, file_name, blob_key, sha256, size_bytes, issued_at)
VALUES ('pick_list', '1', 'pdf', 'x', 'x', repeat('0', 64), 0, '2026-11-24');
INSERT INTO mail_answers VALUES (1, 'a@b.jp', '2026-11-24', 1, '{}', '2026-11-24');
INSERT INTO mail_parts VALUES (1, 1, '1', 'x', 'x', 0, NULL, 'x');
INSERT INTO reading_thresholds (kind, threshold_ppm, action, reason, by, from_at) VALUES ('item', 999000, 'pin', 'x', 'x', '2026-11-24');
INSERT INTO companies VALUES ('C', 'c');
INSERT INTO departments VALUES ('D', 'd', 'C', NULL, '', '', '', '', '', '', true, 'backorder', 'invoice');
INSERT INTO orders (id, number, state, channel, received_at, accepted_at, acceptance_on, department_code, ship_to_name, ship_to_postal_code,
    ship_to_prefecture, ship_to_address, region_code, stockout, payment, goods_yen, fee_yen, taxes)
VALUES (1, '1', 'accepted', 'fax', '2026-11-24', '2026-11-24', '2026-11-24', 'D', '', '', '', '', 'R', 'cancel', 'card', 0, 0, '[]');
INSERT INTO result_rows (order_id, parts, reason, tracking, by, at) VALUES (1, '[]', '', '', 'x', '2026-11-24');
INSERT INTO reading_audits (document_id, page_id, order_id, field, kind, reading, confidence_ppm, threshold_ppm, model, picture_key, drawn_for, drawn_at)
VALUES (1, 1, 1, 'ship_to', 'ship_to', '1', 1, 1, 'x', 'x', 'share', '2026-11-24');
INSERT INTO reading_audit_keyings (audit_id, no, by, value, unreadable, keyed_at) VALUES (1, 1, 'x', '1', false, '2026-11-24');
INSERT INTO document_senders VALUES (1, 'a@b.example', '2026-11-24');
INSERT INTO archive_facts (document_id, party_id, transacted_on, reason, recorded_at) VALUES (1, 1, '2026-11-24', 'x', '2026-11-24');
INSERT INTO archive_entries (seq, kind, document_id, digest, sealed_at, previous, chain)
VALUES (1, 'inbound', 1, repeat('0', 64), '2026-11-24', repeat('0', 64), repeat('1', 64));`

func TestArchiveIsAppendOnly(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t, migrations.Hash(), migrations.Up)
	app := connect(t, dsn, migrations.RoleApp)
	if _, err := app.Exec(t.Context(), fill); err != nil {
		t.Fatalf("the application cannot add: %v", err)
	}
	columns := map[string]string{
		"document_claims": "value = 'x'", "mail_answers": "person = 'x'", "mail_parts": "why = 'x'", "gateway_gaps": "reason = 'y'",
		"documents": "caller = 'x'", "drafts": "draft = '[]'", "events": "text = 'y'", "issued_documents": "sha256 = sha256",
		"archive_entries": "sealed_at = '2027-01-01'", "archive_facts": "amount_yen = 1", "archive_parties": "name = 'x'", "document_senders": "address = 'x'",
		"illegible_pages": "by = 'y'", "result_rows": "by = 'y'",
		"reading_thresholds": "threshold_ppm = 0", "reading_audits": "reading = 'x'", "reading_audit_keyings": "value = 'x'",
	}
	for table, set := range columns {
		statements := []string{"UPDATE " + table + " SET " + set, "DELETE FROM " + table, "TRUNCATE " + table + " CASCADE"}
		for _, sql := range statements {
			if _, err := app.Exec(t.Context(), sql); !refused(err) {
				t.Errorf("the application may: %s (%v)", sql, err)
			}
		}
		// The owner has the rights, and is stopped by the triggers.
		owner := connect(t, dsn, "")
		for _, sql := range statements {
			if _, err := owner.Exec(t.Context(), sql); !refused(err) {
				t.Errorf("the owner may: %s (%v)", sql, err)
			}
		}
	}
	// Retention may, row by row.
	retention := connect(t, dsn, migrations.RoleRetention)
	if tag, err := retention.Exec(t.Context(), "DELETE FROM events"); err != nil || tag.RowsAffected() != 1 {
		t.Errorf("retention may not delete: %v", err)
	}
	for _, sql := range []string{"DELETE FROM orders", "DELETE FROM reviews", "DELETE FROM pick_lists"} {
		if _, err := app.Exec(t.Context(), sql); !refused(err) {
			t.Errorf("the application may: %s (%v)", sql, err)
		}
	}
	if _, err := app.Exec(t.Context(), "CREATE TABLE x (y int)"); !refused(err) {
		t.Errorf("the application may create tables: %v", err)
	}
}

func TestAListedQuantityStays(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t, migrations.Hash(), migrations.Up)
	c := connect(t, dsn, "")
	var def string
	if err := c.QueryRow(t.Context(), `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'stock_reserved_within_on_hand'`).Scan(&def); err != nil ||
		!strings.Contains(def, "reserved_qty <= on_hand_qty") {
		t.Errorf("stock check: %q %v", def, err)
	}
	const rows = `
INSERT INTO companies VALUES ('C', 'c'); INSERT INTO warehouses VALUES ('W', 'w', '{}', 1, 'folder', '{}');
INSERT INTO departments VALUES ('D', 'd', 'C', NULL, '', '', '', '', '', '', true, 'backorder', 'invoice');
INSERT INTO items (code, name, unit, order_multiple, list_price_yen, tax_rate, class, returnable, no_saturday) VALUES ('I', 'i', 'x', 1, 1, 10, 'normal', true, false);
INSERT INTO stock VALUES ('W', 'I', 5, 5);
INSERT INTO orders (id, number, state, channel, received_at, accepted_at, acceptance_on, department_code, ship_to_name, ship_to_postal_code,
    ship_to_prefecture, ship_to_address, region_code, stockout, payment, goods_yen, fee_yen, taxes)
VALUES (1, '1', 'allocated', 'fax', '2026-11-24', '2026-11-24', '2026-11-24', 'D', '', '', '', '', 'R', 'cancel', 'card', 0, 0, '[]');
INSERT INTO order_lines (order_id, no, item_code, name, unit, class, qty, reserved_qty, unit_price_yen, tax_rate) VALUES (1, 1, 'I', '', '', 'normal', 5, 5, 1, 10);
INSERT INTO shipments (order_id, no, state, class, warehouse_code, acceptance_on) VALUES (1, 1, 'planned', 'normal', 'W', '2026-11-24');
INSERT INTO waves (warehouse_code, ship_on, class, released_at) VALUES ('W', '2026-11-24', 'normal', '2026-11-24'), ('W', '2026-11-24', 'normal', '2026-11-24');
INSERT INTO pick_lists (id, number, wave_id) VALUES (1, '1', 1), (2, '2', 2);
INSERT INTO allocations (order_id, line_no, warehouse_code, item_code, qty, shipment_id, allocated_at) VALUES (1, 1, 'W', 'I', 5, 1, '2026-11-24');
UPDATE allocations SET pick_list_id = 1;`
	if _, err := c.Exec(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE allocations SET pick_list_id = 2", "UPDATE allocations SET pick_list_id = NULL", "UPDATE allocations SET qty = 1",
		"DELETE FROM allocations", "UPDATE stock SET reserved_qty = 6", "UPDATE stock SET on_hand_qty = 4",
	} {
		if _, err := c.Exec(t.Context(), sql); err == nil {
			t.Errorf("the database lets it happen: %s", sql)
		}
	}
}

func TestUpRunsAgainAndTogether(t *testing.T) {
	t.Parallel()
	dsn := dbtest.Empty(t)
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() { errs[i] = migrations.Up(t.Context(), dsn) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	latest, current, err := migrations.Version(t.Context(), dsn)
	if err != nil || latest != current || latest == 0 {
		t.Errorf("at %d of %d: %v", current, latest, err)
	}
}
