-- Set-wise statements about what warehouses report of their lists (WHS-2, WHS-3).

-- name: ResultLists
-- The warehouse's lists that carry the orders $2 or are named in $3, locked in one order.
SELECT p.id FROM pick_lists p JOIN waves w ON w.id = p.wave_id
WHERE w.warehouse_code = $1 AND p.issued_at IS NOT NULL AND (p.number = ANY($3)
    OR p.id IN (SELECT a.pick_list_id FROM orders o JOIN allocations a ON a.order_id = o.id WHERE o.number = ANY($2)))
ORDER BY p.id FOR UPDATE OF p;

-- name: ResultListed
SELECT a.id, a.pick_list_id, a.shipment_id, p.number, o.number, a.order_id, s.no, a.line_no, a.item_code, a.qty, a.shipped_qty + a.short_qty, a.short_qty
FROM allocations a JOIN pick_lists p ON p.id = a.pick_list_id JOIN shipments s ON s.id = a.shipment_id JOIN orders o ON o.id = a.order_id
WHERE a.pick_list_id = ANY($1) ORDER BY a.order_id, s.no, a.line_no, a.id;

-- name: ResultRows
-- The rows that counted of orders $1, with what was told of the same goods since.
SELECT r.id, r.order_id, r.parts, r.reason, concat_ws(' ', r.tracking, m.tracking), r.shipped_on, greatest(r.delivered_on, m.delivered_on), r.at
FROM result_rows r LEFT JOIN LATERAL (SELECT string_agg(a.tracking, ' ' ORDER BY a.id) AS tracking, max(a.delivered_on) AS delivered_on
    FROM result_rows a WHERE a.order_id = r.order_id AND a.again_of = r.id) m ON true
WHERE r.order_id = ANY($1) AND r.again_of IS NULL ORDER BY r.id;

-- name: ResultRowsInsert
INSERT INTO result_rows (order_id, again_of, parts, reason, tracking, shipped_on, delivered_on, file_id, by, at)
SELECT t.order_id, nullif(t.again_of, 0), t.parts::jsonb, t.reason, t.tracking, t.shipped_on, t.delivered_on, nullif($8::bigint, 0), $9, $10
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[])
    AS t (order_id, again_of, parts, reason, tracking, shipped_on, delivered_on);

-- name: ResultLockStock
SELECT item_code FROM stock WHERE warehouse_code = $1 AND item_code = ANY($2) ORDER BY item_code, warehouse_code FOR UPDATE;

-- name: ResultAllocations
UPDATE allocations a SET shipped_qty = a.shipped_qty + t.shipped, short_qty = a.short_qty + t.short
FROM unnest($1::bigint[], $2::int[], $3::int[]) AS t (id, shipped, short) WHERE a.id = t.id;

-- name: ResultStock
UPDATE stock s SET on_hand_qty = s.on_hand_qty - t.gone, reserved_qty = s.reserved_qty - t.done
FROM (SELECT item_code, sum(gone)::int AS gone, sum(done)::int AS done
      FROM unnest($2::text[], $3::int[], $4::int[]) AS u (item_code, gone, done) GROUP BY 1) t
WHERE s.warehouse_code = $1 AND s.item_code = t.item_code;

-- name: ResultLines
-- What was short is reserved no more: the line lacks it again (STK-2).
UPDATE order_lines l SET reserved_qty = l.reserved_qty - t.short
FROM (SELECT order_id, no, sum(short)::int AS short FROM unnest($1::bigint[], $2::int[], $3::int[]) AS u (order_id, no, short)
      GROUP BY 1, 2 HAVING sum(short) > 0) t
WHERE l.order_id = t.order_id AND l.no = t.no;

-- name: ResultShipments
UPDATE shipments s SET shipped_on = coalesce(greatest(s.shipped_on, t.shipped_on), s.shipped_on),
    tracking = s.tracking || ARRAY(SELECT n FROM unnest(string_to_array(nullif(t.tracking, ''), E'\n')) n WHERE n <> ALL(s.tracking)),
    weight_grams = greatest(s.weight_grams, t.weight_grams),
    delivered_on = coalesce(t.delivered_on, s.delivered_on),
    delivered_by = CASE WHEN t.delivered_on IS NULL THEN s.delivered_by ELSE 'result' END,
    notice_due_at = CASE WHEN s.notice = 'waiting' AND t.tracking <> '' THEN least(s.notice_due_at, $6::timestamptz) ELSE s.notice_due_at END
FROM unnest($1::bigint[], $2::date[], $3::text[], $4::int[], $5::date[]) AS t (id, shipped_on, tracking, weight_grams, delivered_on)
WHERE s.id = t.id;

-- name: ResultShipmentsSettle
-- Shipments of which nothing is open: shipped where anything of them left, else nothing travels.
UPDATE shipments s SET state = CASE WHEN g.shipped > 0 THEN 'shipped' ELSE 'cancelled' END,
    notice = CASE WHEN g.shipped > 0 THEN 'waiting' ELSE '' END, -- the customer is told, with the number if it comes in time (WHS-3)
    notice_due_at = CASE WHEN g.shipped = 0 THEN NULL WHEN cardinality(s.tracking) > 0 THEN $2::timestamptz ELSE $3::timestamptz END
FROM (SELECT shipment_id, sum(shipped_qty) AS shipped FROM allocations WHERE shipment_id = ANY($1)
      GROUP BY 1 HAVING sum(qty - shipped_qty - short_qty) = 0) g
WHERE s.id = g.shipment_id AND s.state = 'released';

-- name: ResultListsDone
UPDATE pick_lists p SET shipped_at = $2, shipped_by = $3
WHERE p.id = ANY($1) AND p.shipped_at IS NULL
  AND NOT EXISTS (SELECT FROM allocations a WHERE a.pick_list_id = p.id AND a.shipped_qty + a.short_qty < a.qty)
RETURNING p.number;

-- name: ResultAcknowledge
-- Whoever reports on a list has it (WHS-1), whatever was said of it before.
WITH known AS (
    UPDATE pick_lists SET acknowledged_at = $2, acknowledged_by = $3 WHERE id = ANY($1) AND acknowledged_at IS NULL RETURNING id
)
INSERT INTO pick_list_notes (pick_list_id, kind, text, by, at) SELECT id, 'acknowledged', 'by its result', $3, $2 FROM known;

-- name: ShortPickShipment
-- What was made to order and could not be picked waits for another day from the desk (CUT-6).
INSERT INTO shipments (order_id, no, state, class, warehouse_code, acceptance_on, rules)
SELECT s.order_id, (SELECT max(no) + 1 FROM shipments WHERE order_id = $1), 'planned', s.class, s.warehouse_code, s.acceptance_on, s.rules
FROM shipments s WHERE s.order_id = $1 AND s.class = 'phone'
  AND NOT EXISTS (SELECT FROM shipments x WHERE x.order_id = $1 AND x.class = 'phone' AND x.state = 'planned')
ORDER BY s.no LIMIT 1;

-- name: ShipmentsEmpty
-- Planned shipments that carry nothing.
SELECT no FROM shipments s WHERE order_id = $1 AND state = 'planned' AND NOT EXISTS (SELECT FROM allocations WHERE shipment_id = s.id);

-- name: LinesCancelled
UPDATE order_lines l SET cancelled_qty = t.qty, waits = l.waits AND l.reserved_qty + t.qty < l.qty FROM unnest($2::int[], $3::int[]) AS t (no, qty) WHERE l.order_id = $1 AND l.no = t.no;

-- name: PickListNumbers
SELECT number FROM pick_lists WHERE id = ANY($1);

-- name: AcknowledgeLists
UPDATE pick_lists SET acknowledged_at = $2, acknowledged_by = $3 WHERE id = ANY($1) AND acknowledged_at IS NULL RETURNING id;

-- name: PartnerFileLock
SELECT state, received_at FROM partner_files WHERE id = $1 FOR UPDATE;

-- name: PartnerFileUndated
UPDATE partner_files SET undated = true WHERE id = $1 AND NOT undated;

-- name: PartnerFileRead
UPDATE partner_files SET kind = $2, row_count = $3, outcome = $4, faults = $5 WHERE id = $1;

-- name: PartnerFileCloseOlder
UPDATE partner_files SET closed_at = $4, closed_by = $5, closed_note = 'a file of the same name was applied since'
WHERE warehouse_code = $1 AND name = $2 AND id < $3 AND state = 'refused' AND closed_at IS NULL;

-- name: PartnerFileClose
UPDATE partner_files SET closed_at = $2, closed_by = $3, closed_note = $4
WHERE id = $1 AND state IN ('refused', 'asks') AND closed_at IS NULL;

-- name: CountsSuperseded
-- Counts of the warehouses $1 that ask and of which a later count or import stands for every item that
-- they ask about: nothing is left to decide. One that is being decided is left to its decision.
UPDATE partner_files SET closed_at = $2, closed_by = $3, closed_note = 'a later count or import of these items stands'
WHERE id IN (
    SELECT f.id FROM partner_files f
    WHERE f.state = 'asks' AND f.closed_at IS NULL AND f.warehouse_code = ANY($1)
      AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(f.outcome->'count'->'promised') d
        LEFT JOIN stock s ON s.warehouse_code = f.warehouse_code AND s.item_code = d->>'item'
        WHERE coalesce(s.counted_at <= (d->>'counted_at')::timestamptz, true))
    FOR UPDATE OF f SKIP LOCKED);

-- name: PartnerFileDecided
UPDATE partner_files SET outcome = $2 WHERE id = $1;

-- name: PartnerFileRetry
UPDATE partner_files SET state = 'received', error = '', settled_at = NULL, faults = NULL WHERE id = $1 AND state = 'refused' AND closed_at IS NULL;

-- name: CountLevels
-- What is known of counted items: now, what moved since the count, what was on lists under way then.
WITH t AS (SELECT * FROM unnest($2::text[], $3::timestamptz[]) AS u (item_code, at)), moved AS (
    SELECT t.item_code, sum(v.qty) FILTER (WHERE v.kind NOT IN ('count', 'import')) AS moved,
        -sum(v.qty) FILTER (WHERE v.kind IN ('shipped', 'short') AND p.issued_at <= t.at) AS told
    FROM t JOIN stock_movements v ON v.warehouse_code = $1 AND v.item_code = t.item_code AND v.at > t.at
    LEFT JOIN pick_lists p ON p.id = v.pick_list_id GROUP BY 1
), open AS (
    SELECT t.item_code, sum(a.qty - a.shipped_qty - a.short_qty) AS open
    FROM pick_lists p JOIN allocations a ON a.pick_list_id = p.id JOIN t ON t.item_code = a.item_code
    WHERE p.shipped_at IS NULL AND p.issued_at <= t.at AND a.warehouse_code = $1 GROUP BY 1
)
SELECT i.code, coalesce(s.on_hand_qty, 0), coalesce(s.reserved_qty, 0), coalesce(m.moved, 0)::int,
    (coalesce(m.told, 0) + coalesce(o.open, 0))::int, s.counted_at
FROM t JOIN items i ON i.code = t.item_code
LEFT JOIN stock s ON s.warehouse_code = $1 AND s.item_code = t.item_code
LEFT JOIN moved m ON m.item_code = t.item_code LEFT JOIN open o ON o.item_code = t.item_code;

-- name: CountSet
-- On hand is what was counted, and as of when that holds; an item that agreed keeps its quantity.
INSERT INTO stock (warehouse_code, item_code, on_hand_qty, counted_at) SELECT $1, * FROM unnest($2::text[], $3::int[], $4::timestamptz[])
ON CONFLICT (item_code, warehouse_code) DO UPDATE SET on_hand_qty = excluded.on_hand_qty, counted_at = excluded.counted_at;

-- name: StockMovementsInsert
INSERT INTO stock_movements (warehouse_code, item_code, qty, kind, pick_list_id, file_id, counted_at, reason, by, at)
SELECT $1, t.*, $9, $10 FROM unnest($2::text[], $3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::timestamptz[], $8::text[]) AS t;

-- name: PromisedOrders
SELECT DISTINCT order_id FROM allocations WHERE warehouse_code = $1 AND item_code = ANY($2) AND pick_list_id IS NULL ORDER BY order_id;

-- name: PromisedOf
SELECT a.id, a.order_id, s.no, a.line_no, o.accepted_at, a.qty
FROM allocations a JOIN orders o ON o.id = a.order_id JOIN shipments s ON s.id = a.shipment_id
WHERE a.warehouse_code = $1 AND a.item_code = $2 AND a.pick_list_id IS NULL AND a.order_id = ANY($3);

-- name: PromiseTakeBack
-- A reserved quantity of a line goes back; it is on no list.
WITH gone AS (
    DELETE FROM allocations WHERE id = $1 AND qty = $2 AND pick_list_id IS NULL RETURNING order_id, line_no, warehouse_code, item_code
), less AS (
    UPDATE allocations SET qty = qty - $2 WHERE id = $1 AND qty > $2 AND pick_list_id IS NULL RETURNING order_id, line_no, warehouse_code, item_code
), t AS (SELECT * FROM gone UNION ALL SELECT * FROM less), lines AS (
    UPDATE order_lines l SET reserved_qty = l.reserved_qty - $2 FROM t WHERE l.order_id = t.order_id AND l.no = t.line_no
)
UPDATE stock s SET reserved_qty = s.reserved_qty - $2 FROM t WHERE s.warehouse_code = t.warehouse_code AND s.item_code = t.item_code;

-- name: NoticesDue
SELECT id FROM shipments WHERE notice = 'waiting' AND notice_due_at <= $1 ORDER BY notice_due_at, id LIMIT $2;

-- name: NoticeClose
UPDATE shipments SET notice = $2, notice_detail = $3 WHERE id = $1 AND notice = 'waiting';

-- name: ShipmentOrder
SELECT order_id FROM shipments WHERE id = $1;

-- name: ShippedLines
SELECT l.no, l.item_code, l.name, l.unit, sum(a.shipped_qty)::int
FROM allocations a JOIN order_lines l ON l.order_id = a.order_id AND l.no = a.line_no
WHERE a.shipment_id = $1 AND a.shipped_qty > 0 GROUP BY 1, 2, 3, 4 ORDER BY 1;

-- name: DeliveredClaim
-- Orders with shipments that left before $1, arrive by then, and of which nobody told when they came.
SELECT DISTINCT order_id FROM shipments
WHERE state = 'shipped' AND delivered_on IS NULL AND shipped_on < $1 AND (arrival_on IS NULL OR arrival_on <= $1) AND (look_on IS NULL OR look_on <= $1) LIMIT $2;

-- name: DeliveredSet
UPDATE shipments s SET delivered_on = t.delivered_on, delivered_by = 'lead_time'
FROM unnest($1::bigint[], $2::date[]) AS t (id, delivered_on) WHERE s.id = t.id AND s.delivered_on IS NULL;

-- name: DeliveredLater
UPDATE shipments s SET look_on = t.look_on FROM unnest($1::bigint[], $2::date[]) AS t (id, look_on) WHERE s.id = t.id;

-- name: ShippingWaits
SELECT EXISTS (SELECT FROM shipments WHERE notice = 'waiting' AND notice_due_at <= $1)
    OR EXISTS (SELECT FROM shipments WHERE state = 'shipped' AND delivered_on IS NULL AND shipped_on < $2 AND (arrival_on IS NULL OR arrival_on <= $2)
        AND (look_on IS NULL OR look_on <= $2));

-- name: LedgerPartnerFiles
-- Files of partners that wait for a person, or for their job.
SELECT 'partner file', f.id::text, f.state, f.warehouse_code || ' ' || f.name || ': ' || CASE f.state WHEN 'received' THEN 'is being read' ELSE f.error END, f.received_at
FROM partner_files f WHERE f.state = 'received' OR (f.state IN ('refused', 'asks') AND f.closed_at IS NULL) ORDER BY f.id;
