-- Statements of the desk's overview: what one day came to, and what waits now. $1 and $2 are where
-- the day begins and ends.

-- name: TodayReceived
-- What came in by hour and channel; a mail counts by the faxes that were attached to it.
SELECT extract(hour FROM d.received_at AT TIME ZONE 'Asia/Tokyo')::integer,
    CASE WHEN d.source LIKE 'web:%' OR d.media_type = 'application/json' THEN 'web' WHEN d.media_type = 'message/rfc822' THEN 'mail' ELSE 'fax' END, count(*)
FROM documents d
WHERE d.duplicate_of IS NULL AND d.received_at >= $1 AND d.received_at < $2
  AND (d.media_type <> 'message/rfc822' OR NOT EXISTS (SELECT FROM documents c WHERE c.parent_id = d.id))
GROUP BY 1, 2;

-- name: TodayAccepted
-- Orders by channel but those cancelled or entered anew since, and those of them that some person had a hand in.
SELECT o.channel, count(*), coalesce(sum(o.goods_yen), 0)::bigint, count(*) FILTER (WHERE
    EXISTS (SELECT FROM reviews r WHERE r.order_id = o.id AND r.closed_by <> '')
    OR EXISTS (SELECT FROM events e WHERE e.order_id = o.id AND e.by <> '' AND e.kind <> 'shipped'))
FROM orders o WHERE o.accepted_at >= $1 AND o.accepted_at < $2 AND o.state <> 'cancelled' GROUP BY 1 ORDER BY 1;

-- name: TodayWaiting
-- What waits for a person now by its dispatch deadline; what is late is one row, before all others.
SELECT coalesce(deadline_at < $1, false), CASE WHEN deadline_at >= $1 THEN deadline_at END, count(*), coalesce(sum(value_yen), 0)::bigint FROM (
    SELECT r.deadline_at, f.value_yen
    FROM reviews r LEFT JOIN LATERAL (SELECT * FROM review_facts f WHERE f.review_id = r.id OFFSET 0) f ON true WHERE r.state = 'open'
    UNION ALL SELECT NULL, o.goods_yen FROM orders o WHERE o.state = 'held') t
GROUP BY 1, 2 ORDER BY 1 DESC, 2 NULLS LAST LIMIT $2;

-- name: TodayDid
-- What people and the workers got done on the day.
SELECT (SELECT count(*) FROM reviews WHERE closed_at >= $1 AND closed_at < $2),
    (SELECT count(*) FROM reading_audit_states WHERE outcome = 'reader_erred' AND changed_at >= $1 AND changed_at < $2);

-- name: TodayDeliveries
SELECT channel, state, count(*) FROM deliveries WHERE created_at >= $1 AND created_at < $2 GROUP BY 1, 2 ORDER BY 1, 2;

-- name: TodayWaits
-- What is not done yet, however old it is. Long lists are counted up to $1.
SELECT (SELECT count(*) FROM deliveries WHERE state = 'failed'), (SELECT count(*) FROM deliveries WHERE state = 'waiting'),
    (SELECT count(*) FROM reading_audit_states WHERE state <> 'settled' AND state = 'open'), (SELECT count(*) FROM reading_audit_states WHERE state <> 'settled' AND state = 'disputed'),
    (SELECT count(*) FROM (SELECT FROM orders WHERE state = 'short' LIMIT $1) o), (SELECT count(*) FROM (SELECT FROM orders WHERE state = 'accepted' LIMIT $1) o),
    (SELECT count(*) FROM pages WHERE state = 'review'), (SELECT count(*) FROM document_states WHERE state IN ('received', 'review')),
    (SELECT count(*) FROM pick_lists WHERE issued_at IS NULL), (SELECT count(*) FROM schedule_runs WHERE finished_at IS NULL),
    (SELECT count(*) FROM answers WHERE state = 'desk'), (SELECT count(*) FROM river_job WHERE state IN ('discarded', 'cancelled') AND finalized_at IS NOT NULL),
    (SELECT count(*) FROM (SELECT FROM archive_pending LIMIT $1) p), coalesce((SELECT max(seq) FROM archive_entries), 0),
    (SELECT sealed_at FROM archive_entries ORDER BY seq DESC LIMIT 1),
    (SELECT max(finished_at) FROM schedule_runs WHERE schedule = 'tell_archive_head');

-- name: TodayShortItems
-- Items that orders wait for, most wanted first.
SELECT l.item_code, min(l.name), sum(l.qty - l.cancelled_qty - l.reserved_qty)::bigint, count(DISTINCT o.id), (SELECT min(s.restock_on) FROM stock s WHERE s.item_code = l.item_code)
FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.state = 'short' AND l.class <> 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty
GROUP BY l.item_code ORDER BY 3 DESC, 1 LIMIT $1;

-- name: TodayWaves
SELECT w.released_at, w.warehouse_code, h.name, w.class, p.id, p.number, p.issued_at, p.shipped_at, a.orders, a.lines, a.qty
FROM waves w JOIN pick_lists p ON p.wave_id = w.id JOIN warehouses h ON h.code = w.warehouse_code
CROSS JOIN LATERAL (SELECT count(DISTINCT order_id) AS orders, count(*) AS lines, coalesce(sum(qty), 0)::bigint AS qty FROM allocations WHERE pick_list_id = p.id) a
WHERE w.released_at >= $1 AND w.released_at < $2 ORDER BY w.released_at, w.warehouse_code, w.class;

-- The lists behind the numbers: what it is, its number, when, whose, more about it, its state and its
-- value. Each page begins after ($3, $4) and has $5 rows.

-- name: TodayListReceived
SELECT d.id, d.received_at, CASE WHEN o.id IS NOT NULL THEN 'order' WHEN r.id IS NOT NULL THEN 'review' ELSE 'document' END,
    coalesce(o.number, CASE WHEN r.page_id IS NULL THEN d.id::text ELSE d.id || '.' || p.no END), coalesce(c.name || ' ' || e.name, ''),
    concat_ws(' ', d.source, d.file_name), s.state, o.goods_yen
FROM documents d JOIN document_states s ON s.document_id = d.id
LEFT JOIN LATERAL (SELECT * FROM reviews WHERE document_id = d.id ORDER BY state = 'open' DESC, id LIMIT 1) r ON true
LEFT JOIN pages p ON p.id = r.page_id
LEFT JOIN LATERAL (SELECT * FROM orders WHERE document_id = d.id AND r.id IS NULL ORDER BY page_no LIMIT 1) o ON true
LEFT JOIN departments e ON e.code = o.department_code LEFT JOIN companies c ON c.code = e.company_code
WHERE d.duplicate_of IS NULL AND d.received_at >= $1 AND d.received_at < $2 AND (d.received_at, d.id) > ($3, $4)
  AND (d.media_type <> 'message/rfc822' OR NOT EXISTS (SELECT FROM documents x WHERE x.parent_id = d.id))
ORDER BY d.received_at, d.id LIMIT $5;

-- name: TodayListAccepted
SELECT o.id, o.accepted_at, 'order', o.number, c.name || ' ' || e.name, o.channel, o.state, o.goods_yen
FROM orders o JOIN departments e ON e.code = o.department_code JOIN companies c ON c.code = e.company_code
WHERE o.accepted_at >= $1 AND o.accepted_at < $2 AND o.state <> 'cancelled' AND (o.accepted_at, o.id) > ($3, $4)
ORDER BY o.accepted_at, o.id LIMIT $5;

-- name: TodayListTouched
SELECT o.id, o.accepted_at, 'order', o.number, c.name || ' ' || e.name,
    coalesce((SELECT r.closed_by FROM reviews r WHERE r.order_id = o.id AND r.closed_by <> '' LIMIT 1),
        (SELECT v.by FROM events v WHERE v.order_id = o.id AND v.by <> '' AND v.kind <> 'shipped' LIMIT 1)), o.state, o.goods_yen
FROM orders o JOIN departments e ON e.code = o.department_code JOIN companies c ON c.code = e.company_code
WHERE o.accepted_at >= $1 AND o.accepted_at < $2 AND o.state <> 'cancelled' AND (o.accepted_at, o.id) > ($3, $4)
  AND (EXISTS (SELECT FROM reviews r WHERE r.order_id = o.id AND r.closed_by <> '')
    OR EXISTS (SELECT FROM events v WHERE v.order_id = o.id AND v.by <> '' AND v.kind <> 'shipped'))
ORDER BY o.accepted_at, o.id LIMIT $5;

-- name: TodayListClosed
SELECT r.id, r.closed_at, 'review', CASE WHEN r.page_id IS NULL THEN r.document_id::text ELSE r.document_id || '.' || p.no END,
    '', r.closed_by, r.state, f.value_yen
FROM reviews r LEFT JOIN pages p ON p.id = r.page_id LEFT JOIN review_facts f ON f.review_id = r.id
WHERE r.closed_at >= $1 AND r.closed_at < $2 AND (r.closed_at, r.id) > ($3, $4) ORDER BY r.closed_at, r.id LIMIT $5;

-- name: TodayListShort
-- Orders that wait for stock now; the day is not asked.
SELECT o.id, o.accepted_at, 'order', o.number, c.name || ' ' || e.name,
    (SELECT string_agg(l.item_code || ' × ' || (l.qty - l.cancelled_qty - l.reserved_qty), '  ' ORDER BY l.no) FROM order_lines l
     WHERE l.order_id = o.id AND l.class <> 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty), o.state, o.goods_yen
FROM orders o JOIN departments e ON e.code = o.department_code JOIN companies c ON c.code = e.company_code
WHERE o.state = 'short' AND $1::timestamptz < $2::timestamptz AND $3::timestamptz IS NOT NULL AND o.id > $4 ORDER BY o.id LIMIT $5;

-- name: TodayListDeliveries
-- Deliveries that failed or still wait; the day is not asked.
SELECT v.id, v.created_at, 'delivery', v.id::text, v.channel || ' ' || v.recipient, concat_ws(': ', i.file_name, nullif(v.detail, '')), v.state, i.amount_yen
FROM deliveries v JOIN issued_documents i ON i.id = v.issued_document_id
WHERE v.state IN ('failed', 'waiting') AND $1::timestamptz < $2::timestamptz AND $3::timestamptz IS NOT NULL AND v.id > $4 ORDER BY v.id LIMIT $5;

-- name: TodayListOpen
-- Documents and pages that are not final; the day is not asked.
SELECT t.id, t.received_at, CASE WHEN r.id IS NULL THEN 'document' ELSE 'review' END, t.name, '', concat_ws(' ', t.source, t.file_name), t.state, f.value_yen
FROM (SELECT d.id * 1000 AS id, d.id::text AS name, NULL::bigint AS page_id, d.id AS document_id, d.received_at, s.state, d.source, d.file_name
      FROM document_states s JOIN documents d ON d.id = s.document_id WHERE s.state IN ('received', 'review')
      UNION ALL SELECT d.id * 1000 + p.no, d.id || '.' || p.no, p.id, d.id, d.received_at, p.state, d.source, d.file_name
      FROM pages p JOIN documents d ON d.id = p.document_id WHERE p.state = 'review') t
LEFT JOIN reviews r ON r.document_id = t.document_id AND r.page_id IS NOT DISTINCT FROM t.page_id AND r.state = 'open'
LEFT JOIN review_facts f ON f.review_id = r.id
WHERE $1::timestamptz < $2::timestamptz AND $3::timestamptz IS NOT NULL AND t.id > $4 ORDER BY t.id LIMIT $5;

-- name: TodayRunsOf
-- Runs due within a span of time, the newest first, with what each left behind.
SELECT r.schedule, r.due_at, r.inserted_at, r.finished_at, q.by, q.reason,
    w.lists, w.orders, w.qty, h.seq, t.changes, a.drawn,
    c.days, c.booked, c.differences, c.not_answered
FROM schedule_runs r
LEFT JOIN LATERAL (SELECT by, reason FROM schedule_run_requests q WHERE q.schedule = r.schedule AND q.due_at = r.due_at AND q.inserted ORDER BY id LIMIT 1) q ON true
LEFT JOIN LATERAL (SELECT count(DISTINCT p.id) AS lists, count(DISTINCT a.order_id) AS orders, coalesce(sum(a.qty), 0)::bigint AS qty
    FROM waves v JOIN pick_lists p ON p.wave_id = v.id JOIN allocations a ON a.pick_list_id = p.id
    WHERE r.schedule LIKE 'wave%' AND v.released_at = r.finished_at) w ON true
LEFT JOIN LATERAL (SELECT max(seq) AS seq FROM archive_entries e WHERE r.schedule = 'tell_archive_head' AND e.sealed_at <= r.finished_at) h ON true
LEFT JOIN LATERAL (SELECT count(*) AS changes FROM reading_thresholds c WHERE r.schedule = 'adapt_thresholds' AND c.by = '' AND c.from_at = r.finished_at) t ON true
LEFT JOIN LATERAL (SELECT count(*) AS drawn FROM reading_audits c WHERE r.schedule = 'adapt_thresholds' AND c.drawn_for = 'minimum' AND c.drawn_at = r.finished_at) a ON true
LEFT JOIN LATERAL (SELECT count(*) AS days, coalesce(sum(booked), 0)::bigint AS booked, coalesce(sum(differences), 0)::bigint AS differences, coalesce(sum(not_answered), 0)::bigint AS not_answered
    FROM card_comparisons c WHERE r.schedule = 'reconcile_cards' AND c.by = '' AND c.at = r.finished_at) c ON true
WHERE ($1 = '' OR r.schedule = $1) AND r.due_at >= $2 AND r.due_at < $3 ORDER BY r.due_at DESC, r.schedule LIMIT $4;

-- name: TodayRunsOpen
-- Runs that are not finished, the oldest first, and how their jobs stand.
SELECT r.schedule, r.due_at, r.inserted_at, coalesce(j.state, ''), coalesce(j.attempt, 0), coalesce(j.error, '')
FROM schedule_runs r
LEFT JOIN LATERAL (SELECT j.state::text, j.attempt::integer, coalesce(j.errors[cardinality(j.errors)] ->> 'error', '') AS error FROM river_job j
    WHERE j.args @> jsonb_build_object('schedule', r.schedule) AND (j.args ->> 'due_at')::timestamptz = r.due_at ORDER BY j.id DESC LIMIT 1) j ON true
WHERE r.finished_at IS NULL ORDER BY r.due_at, r.schedule LIMIT $1;

-- name: TodayRunLast
SELECT r.due_at, r.finished_at FROM schedule_runs r WHERE r.schedule = $1 ORDER BY r.due_at DESC LIMIT 1;

-- name: RunRequestInsert
INSERT INTO schedule_run_requests (schedule, due_at, inserted, reason, by, asked_at) VALUES ($1, $2, $3, $4, $5, $6);
