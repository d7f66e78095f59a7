-- Set-wise statements of allocation: claim, lock, load, and save thousands of rows each. The
-- decision between load and save is rules.Allocate.

-- name: AllocateClaim
SELECT id FROM orders WHERE state = 'accepted' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED;

-- name: AllocateClaimBackorders
-- Short orders that would take something of what is there now (STK-4), oldest first.
SELECT o.id FROM orders o
WHERE o.state = 'short' AND o.stockout = 'backorder' AND EXISTS (
    SELECT FROM order_lines l JOIN stock s ON s.item_code = l.item_code
    WHERE l.order_id = o.id AND l.class <> 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty AND s.reserved_qty < s.on_hand_qty)
ORDER BY o.id LIMIT $1 FOR UPDATE OF o SKIP LOCKED;

-- name: AllocateAwaited
-- Which of the items short orders wait for.
SELECT DISTINCT l.item_code FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.state = 'short' AND o.stockout = 'backorder' AND l.item_code = ANY($1) AND l.class <> 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty;

-- name: AllocateAwait
-- Waits for the batches under way: whatever they hold is allocated for the next statement.
SELECT count(*) FROM (SELECT FROM orders WHERE state = 'accepted' ORDER BY id FOR KEY SHARE) t;

-- name: AllocateLockStock
-- A statement of its own: the next one sees what the transactions that held the locks did.
SELECT warehouse_code, item_code, on_hand_qty - reserved_qty, restock_on FROM stock
WHERE item_code IN (
    SELECT item_code FROM order_lines WHERE order_id = ANY($1) AND class <> 'phone' AND reserved_qty + cancelled_qty < qty)
ORDER BY item_code, warehouse_code FOR UPDATE;

-- name: AllocateLines
SELECT o.id, o.region_code, o.stockout, o.received_at, o.goods_yen, o.fee_yen,
    l.no, l.item_code, l.class, l.qty, l.cancelled_qty, l.reserved_qty, l.unit_price_yen, l.tax_rate, l.restock_on, l.waits
FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.id = ANY($1) ORDER BY o.id, l.no;

-- name: AllocateShipments
SELECT s.order_id, s.id, s.no, s.state, s.class, s.warehouse_code, s.acceptance_on, s.ready_on, s.ship_on, s.arrival_on, s.rules,
    EXISTS (SELECT FROM allocations a WHERE a.shipment_id = s.id)
FROM shipments s WHERE s.order_id = ANY($1) ORDER BY s.order_id, s.no;

-- name: AllocateMoveShipments
-- Shipments that another warehouse sends, that were dated anew, or of which nothing is left.
UPDATE shipments s SET warehouse_code = t.warehouse_code, state = t.state, ready_on = t.ready_on, ship_on = t.ship_on, arrival_on = t.arrival_on,
    rules = CASE WHEN t.rule = '' OR s.rules @> ARRAY[t.rule] THEN s.rules ELSE s.rules || t.rule END
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::date[], $5::date[], $6::date[], $7::text[]) AS t (id, warehouse_code, state, ready_on, ship_on, arrival_on, rule)
WHERE s.id = t.id;

-- name: AllocateAddShipments
-- A shipment from another warehouse goes by the rules of the one it parts from (CUT-8).
INSERT INTO shipments (order_id, no, state, class, warehouse_code, acceptance_on, ready_on, ship_on, arrival_on, rules)
SELECT s.order_id, t.no, 'planned', s.class, t.warehouse_code, s.acceptance_on, t.ready_on, t.ship_on, t.arrival_on,
    CASE WHEN t.rule = '' THEN s.rules || '{CUT-8}' ELSE s.rules || ARRAY['CUT-8', t.rule] END
FROM unnest($1::bigint[], $2::int[], $3::text[], $4::date[], $5::date[], $6::date[], $7::text[]) AS t (like_id, no, warehouse_code, ready_on, ship_on, arrival_on, rule)
JOIN shipments s ON s.id = t.like_id
RETURNING order_id, no, id;

-- name: AllocateInsert
INSERT INTO allocations (order_id, line_no, warehouse_code, item_code, qty, shipment_id, allocated_at)
SELECT t.*, $7 FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::int[], $6::bigint[]) AS t;

-- name: AllocateReserveLines
UPDATE order_lines l SET reserved_qty = l.reserved_qty + t.qty, waits = l.waits AND l.reserved_qty + l.cancelled_qty + t.qty < l.qty
FROM (SELECT order_id, no, sum(qty)::int AS qty FROM unnest($1::bigint[], $2::int[], $3::int[]) AS u (order_id, no, qty) GROUP BY 1, 2) t
WHERE l.order_id = t.order_id AND l.no = t.no;

-- name: AllocateReserveStock
UPDATE stock s SET reserved_qty = s.reserved_qty + t.qty
FROM (SELECT warehouse_code, item_code, sum(qty)::int AS qty
      FROM unnest($1::text[], $2::text[], $3::int[]) AS u (warehouse_code, item_code, qty) GROUP BY 1, 2) t
WHERE s.warehouse_code = t.warehouse_code AND s.item_code = t.item_code;

-- name: AllocateCancelLines
-- What is not delivered after all (STK-2).
UPDATE order_lines l SET cancelled_qty = t.cancelled_qty, waits = l.waits AND l.reserved_qty + t.cancelled_qty < l.qty
FROM unnest($1::bigint[], $2::int[], $3::int[]) AS t (order_id, no, cancelled_qty) WHERE l.order_id = t.order_id AND l.no = t.no;

-- name: AllocateTellLines
-- That a line's goods come in, and on which day, as its customer is told (STK-4).
UPDATE order_lines l SET restock_on = t.restock_on, waits = true
FROM unnest($1::bigint[], $2::int[], $3::date[]) AS t (order_id, no, restock_on) WHERE l.order_id = t.order_id AND l.no = t.no;

-- name: RestockMoved
-- Lines that wait whose goods come in on another day than the customer was told (STK-4), and the
-- earliest from $1 on. A day that passed while nobody states another one moves nothing.
-- OFFSET 0 keeps lines looked up order by order: PostgreSQL takes every third of all lines for one
-- that waits, and would read them all. Stock is joined once, for all of them.
WITH lacking AS MATERIALIZED (
    SELECT l.order_id, l.no, l.item_code, l.qty - l.cancelled_qty - l.reserved_qty AS qty, l.restock_on FROM orders o
    CROSS JOIN LATERAL (SELECT * FROM order_lines WHERE order_id = o.id AND class <> 'phone' AND reserved_qty + cancelled_qty < qty OFFSET 0) l
    WHERE o.state = 'short'
), moved AS (
    SELECT l.*, min(s.restock_on) FILTER (WHERE s.restock_on >= $1) AS earliest
    FROM lacking l LEFT JOIN stock s ON s.item_code = l.item_code AND s.restock_on IS NOT NULL GROUP BY 1, 2, 3, 4, 5
    HAVING l.restock_on IS DISTINCT FROM min(s.restock_on) FILTER (WHERE s.restock_on >= $1)
      AND NOT (l.restock_on < $1 AND coalesce(bool_or(s.restock_on = l.restock_on), false))
)
SELECT o.id, o.number, o.accepted_at, m.no, m.item_code, o.region_code, m.qty, m.restock_on, m.earliest
FROM orders o JOIN moved m ON m.order_id = o.id WHERE o.state = 'short'
ORDER BY o.id, m.no LIMIT $2 FOR UPDATE OF o SKIP LOCKED;

-- name: AllocatePriceOrders
UPDATE orders o SET goods_yen = t.goods_yen, taxes = t.taxes
FROM unnest($1::bigint[], $2::bigint[], $3::jsonb[]) AS t (id, goods_yen, taxes) WHERE o.id = t.id;

-- name: OrderStatesUpdate
UPDATE orders o SET state = t.state, hold_reason = t.hold_reason
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS t (id, state, hold_reason) WHERE o.id = t.id;

-- name: OrderEventsInsert
INSERT INTO events (order_id, kind, rule, text, inputs, by, at)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::timestamptz[]);
