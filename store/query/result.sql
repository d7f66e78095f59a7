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
    delivered_by = CASE WHEN t.delivered_on IS NULL THEN s.delivered_by ELSE 'result' END
FROM unnest($1::bigint[], $2::date[], $3::text[], $4::int[], $5::date[]) AS t (id, shipped_on, tracking, weight_grams, delivered_on)
WHERE s.id = t.id;

-- name: ResultShipmentsSettle
-- Shipments of which nothing is open: shipped where anything of them left, else nothing travels.
UPDATE shipments s SET state = CASE WHEN g.shipped > 0 THEN 'shipped' ELSE 'cancelled' END
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

-- name: LinesCancelled
UPDATE order_lines l SET cancelled_qty = t.qty FROM unnest($2::int[], $3::int[]) AS t (no, qty) WHERE l.order_id = $1 AND l.no = t.no;
