-- Set-wise statements of waves, and those of pick lists.

-- name: WaveMadeClaim
-- Orders with made-to-order goods due on $1 (CUT-6), by WaveClaim's conditions: nothing is reserved for them before.
SELECT o.id FROM orders o
WHERE o.state IN ('allocated', 'short') AND (o.cancel_until_at IS NULL OR o.cancel_until_at < $2)
  AND EXISTS (
    SELECT FROM shipments s JOIN unnest($3::text[], $4::text[]) AS t (warehouse_code, class) USING (warehouse_code, class)
    WHERE s.order_id = o.id AND s.class = 'phone' AND s.state = 'planned' AND NOT s.replan AND s.ship_on = $1 AND s.arrival_on <> ALL($5::date[]))
ORDER BY o.id FOR UPDATE OF o;

-- name: WaveMade
-- Made-to-order goods come to the warehouse on the day they ship, for their order alone: they are
-- booked in and reserved at once, and leave with the list. What lies there free, since it was not
-- picked in time before (WHS-3), is not booked in twice.
WITH made AS (
    SELECT s.order_id, s.id, s.warehouse_code, l.no, l.item_code, l.qty - l.cancelled_qty - l.reserved_qty AS qty
    FROM shipments s JOIN order_lines l ON l.order_id = s.order_id AND l.class = 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty
    WHERE s.order_id = ANY($1) AND s.class = 'phone' AND s.state = 'planned' AND s.ship_on = $2
), booked AS (
    INSERT INTO stock (warehouse_code, item_code, on_hand_qty, reserved_qty)
    SELECT warehouse_code, item_code, sum(qty), sum(qty) FROM made GROUP BY 1, 2 ORDER BY 2, 1
    ON CONFLICT (item_code, warehouse_code) DO UPDATE
    SET on_hand_qty = greatest(stock.on_hand_qty, stock.reserved_qty + excluded.reserved_qty), reserved_qty = stock.reserved_qty + excluded.reserved_qty
), lines AS (
    UPDATE order_lines l SET reserved_qty = l.qty - l.cancelled_qty FROM made m WHERE l.order_id = m.order_id AND l.no = m.no
), moves AS (
    INSERT INTO stock_movements (warehouse_code, item_code, qty, kind, at) SELECT warehouse_code, item_code, sum(qty), 'made', $3 FROM made GROUP BY 1, 2
)
INSERT INTO allocations (order_id, line_no, warehouse_code, item_code, qty, shipment_id, allocated_at)
SELECT order_id, no, warehouse_code, item_code, qty, id, $3 FROM made ORDER BY order_id, no;

-- name: WaveClaim
-- Orders with reserved goods due on $1 at the warehouses and classes still open, past their
-- cancel window (CAN-1), that arrive on none of the closed days $5 (CUT-1) and whose carrier's days changed not since (CUT-5), paid where a card pays (PAY-1). Locked by id; an order changed meanwhile is judged again.
SELECT o.id FROM orders o
WHERE o.state IN ('allocated', 'short') AND (o.cancel_until_at IS NULL OR o.cancel_until_at < $2)
  AND EXISTS (
    SELECT FROM shipments s JOIN unnest($3::text[], $4::text[]) AS t (warehouse_code, class) USING (warehouse_code, class)
    WHERE s.order_id = o.id AND s.state = 'planned' AND NOT s.replan AND s.ship_on = $1 AND s.arrival_on <> ALL($5::date[])
      AND EXISTS (SELECT FROM allocations a WHERE a.shipment_id = s.id AND a.pick_list_id IS NULL)
      AND (o.payment <> 'card' OR EXISTS (
        SELECT FROM payments p WHERE p.order_id = o.id AND p.shipment_no = s.no AND p.kind = 'capture' AND p.state IN ('done', 'waived')
          AND p.qty >= (SELECT sum(qty) FROM allocations WHERE shipment_id = s.id))))
ORDER BY o.id FOR UPDATE OF o;

-- name: WaveAllocations
SELECT a.id, a.order_id, s.id, s.warehouse_code, s.class
FROM allocations a JOIN shipments s ON s.id = a.shipment_id JOIN orders o ON o.id = a.order_id
JOIN unnest($3::text[], $4::text[]) AS t (warehouse_code, class) ON t.warehouse_code = s.warehouse_code AND t.class = s.class
WHERE a.order_id = ANY($2) AND a.pick_list_id IS NULL AND s.state = 'planned' AND NOT s.replan AND s.ship_on = $1 AND s.arrival_on <> ALL($5::date[])
  AND (o.payment <> 'card' OR EXISTS (
    SELECT FROM payments p WHERE p.order_id = o.id AND p.shipment_no = s.no AND p.kind = 'capture' AND p.state IN ('done', 'waived')
      AND p.qty >= (SELECT sum(qty) FROM allocations WHERE shipment_id = s.id)))
ORDER BY a.id;

-- name: WaveInsert
INSERT INTO waves (warehouse_code, ship_on, class, released_at) VALUES ($1, $2, $3, $4) RETURNING id, nextval('pick_list_numbers');

-- name: PickListInsert
INSERT INTO pick_lists (id, number, wave_id) VALUES ($1, $2, $3);

-- name: WavePutOnLists
UPDATE allocations a SET pick_list_id = t.list_id
FROM unnest($1::bigint[], $2::bigint[]) AS t (id, list_id) WHERE a.id = t.id AND a.pick_list_id IS NULL;

-- name: WaveReleaseShipments
UPDATE shipments SET state = 'released' WHERE id = ANY($1) AND state = 'planned';

-- name: WaveReleaseOrders
-- Orders of which nothing is left: every line reserved in full and on a list.
UPDATE orders o SET state = 'released'
WHERE o.id = ANY($1) AND o.state IN ('allocated', 'short')
  AND NOT EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.reserved_qty + l.cancelled_qty < l.qty)
  AND NOT EXISTS (SELECT FROM allocations a WHERE a.order_id = o.id AND a.pick_list_id IS NULL);

-- name: WarehouseClasses
SELECT DISTINCT warehouse_code, class FROM shipments WHERE state = 'planned' AND ship_on <= $1;

-- name: ReplanClaim
-- Orders with goods to ship that missed their dispatch deadline: of an earlier day, or of
-- today at a warehouse and class that has closed (CUT-11); or that ship or arrive on a day
-- of $5, closed after it was promised (CUT-1), or whose carrier's days changed since (CUT-5).
-- It runs at every tick: it starts from the few late shipments and must not ask per open order.
WITH due AS (
    SELECT s.order_id, s.id, s.class
    FROM shipments s LEFT JOIN unnest($2::text[], $3::text[]) AS t (warehouse_code, class) USING (warehouse_code, class)
    WHERE s.state = 'planned' AND s.ship_on <= $1 AND (s.ship_on < $1 OR t.class IS NOT NULL)
    UNION SELECT order_id, id, class FROM shipments WHERE state = 'planned' AND ship_on = ANY($5::date[])
    UNION SELECT order_id, id, class FROM shipments WHERE state = 'planned' AND arrival_on = ANY($5::date[])
    UNION SELECT order_id, id, class FROM shipments WHERE state = 'planned' AND replan
), late AS (
    SELECT order_id, class = 'phone' OR EXISTS (SELECT FROM allocations a WHERE a.shipment_id = due.id) AS reserved FROM due)
-- OFFSET 0: the orders are looked up one by one; merged, every order there is would be read.
SELECT id FROM orders WHERE id = ANY(ARRAY(
    SELECT DISTINCT o.id FROM late CROSS JOIN LATERAL (SELECT id, state FROM orders WHERE id = late.order_id OFFSET 0) o
    WHERE o.state = 'accepted' OR (o.state IN ('allocated', 'short') AND late.reserved)
    ORDER BY o.id LIMIT $4))
AND state IN ('accepted', 'allocated', 'short') -- once more, of what the lock finds
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED;

-- name: ReplanPlanned
-- Planned shipments, and which have goods; those made to order have them on their day.
SELECT id, replan, class = 'phone' AND ship_on IS NOT NULL OR EXISTS (SELECT FROM allocations a WHERE a.shipment_id = s.id)
FROM shipments s WHERE order_id = ANY($1) AND state = 'planned';

-- name: ReplanSave
-- The rules come as one text each: arrays of arrays must be even.
UPDATE shipments s SET ready_on = t.ready_on, ship_on = t.ship_on, arrival_on = t.arrival_on, rules = string_to_array(t.rules, ' '), replan = false
FROM unnest($1::bigint[], $2::date[], $3::date[], $4::date[], $5::text[]) AS t (id, ready_on, ship_on, arrival_on, rules) WHERE s.id = t.id;

-- name: NoSaturdayItems
SELECT EXISTS (SELECT FROM items WHERE no_saturday AND code = ANY($1));

-- name: PickListGet
SELECT p.id, p.number, w.warehouse_code, h.name, h.channel, h.formats, w.ship_on, w.class, w.released_at, p.issued_at,
    p.shipped_at, p.shipped_by, p.acknowledged_at, p.acknowledged_by, p.value_yen, (SELECT count(*) FROM waves e WHERE e.warehouse_code = w.warehouse_code AND e.ship_on = w.ship_on AND e.class = w.class AND e.id <= w.id)
FROM pick_lists p JOIN waves w ON w.id = p.wave_id JOIN warehouses h ON h.code = w.warehouse_code
WHERE p.id = $1;

-- name: PickListLines
SELECT a.order_id, s.no, s.arrival_on, o.number, o.channel, c.name, d.name, o.ship_to_code, o.ship_to_name, o.ship_to_postal_code,
    o.ship_to_prefecture, o.ship_to_address, l.no, l.item_code, l.name, l.unit, a.qty, l.comment, l.comment_image,
    (SELECT max(x.no) FROM shipments x WHERE x.order_id = a.order_id), coalesce(p.location, ''), o.department_code,
    d.fax, o.received_at, o.fee_yen, l.qty, i.returnable
FROM allocations a
JOIN shipments s ON s.id = a.shipment_id
JOIN orders o ON o.id = a.order_id
JOIN departments d ON d.code = o.department_code
JOIN companies c ON c.code = d.company_code
JOIN order_lines l ON l.order_id = a.order_id AND l.no = a.line_no
JOIN items i ON i.code = l.item_code
LEFT JOIN storage_locations p ON p.warehouse_code = a.warehouse_code AND p.item_code = a.item_code
WHERE a.pick_list_id = $1
ORDER BY o.number, s.no, l.no, a.id;

-- name: PickListsList
SELECT p.id, p.number, w.warehouse_code, w.ship_on, w.class, w.released_at, p.issued_at, p.shipped_at, p.shipped_by,
    (SELECT count(DISTINCT a.order_id) FROM allocations a WHERE a.pick_list_id = p.id),
    (SELECT count(*) FROM allocations a WHERE a.pick_list_id = p.id),
    (SELECT coalesce(sum(a.qty), 0) FROM allocations a WHERE a.pick_list_id = p.id)
FROM pick_lists p JOIN waves w ON w.id = p.wave_id ORDER BY p.id;

-- name: PickListsOf
SELECT p.id, p.number, w.warehouse_code, w.ship_on, w.class, w.released_at, p.issued_at, p.shipped_at, p.shipped_by,
    (SELECT count(DISTINCT a.order_id) FROM allocations a WHERE a.pick_list_id = p.id),
    (SELECT count(*) FROM allocations a WHERE a.pick_list_id = p.id),
    (SELECT coalesce(sum(a.qty), 0) FROM allocations a WHERE a.pick_list_id = p.id)
FROM pick_lists p JOIN waves w ON w.id = p.wave_id WHERE w.warehouse_code = $1 AND p.issued_at IS NOT NULL ORDER BY p.id DESC LIMIT $2;

-- name: PickListIssued
UPDATE pick_lists p SET issued_at = $2, value_yen = (SELECT coalesce(sum(a.qty * l.unit_price_yen), 0)
    FROM allocations a JOIN order_lines l ON l.order_id = a.order_id AND l.no = a.line_no WHERE a.pick_list_id = p.id),
    chasing = EXISTS (SELECT FROM waves w JOIN warehouse_profiles f ON f.warehouse_code = w.warehouse_code WHERE w.id = p.wave_id AND f.chase_minutes > 0 AND f.contact <> '')
WHERE id = $1;

-- name: PickListLock
SELECT issued_at FROM pick_lists WHERE id = $1 FOR UPDATE;

-- name: WavePreview
-- Every shipment that is still to be put on a list, with what a wave looks at (rules.Releasable).
SELECT o.number, o.region_code, s.no, o.state, o.hold_reason, o.cancel_until_at, s.warehouse_code, s.class, s.ship_on, s.arrival_on,
    g.qty, g.lines,
    o.payment <> 'card' OR EXISTS (SELECT FROM payments p WHERE p.order_id = o.id AND p.shipment_no = s.no AND p.kind = 'capture'
        AND p.state IN ('done', 'waived') AND p.qty >= g.qty)
FROM shipments s JOIN orders o ON o.id = s.order_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(x.qty), 0) AS qty, count(*) AS lines FROM (
        SELECT a.qty FROM allocations a WHERE a.shipment_id = s.id AND a.pick_list_id IS NULL
        UNION ALL SELECT l.qty - l.cancelled_qty - l.reserved_qty FROM order_lines l WHERE s.class = 'phone' AND l.order_id = s.order_id AND l.class = 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty) x) g
WHERE s.state = 'planned' AND o.state IN ('held', 'accepted', 'allocated', 'short')
ORDER BY s.warehouse_code, s.class, o.number, s.no;

-- name: PickListAcknowledge
UPDATE pick_lists SET acknowledged_at = $2, acknowledged_by = $3 WHERE id = $1 AND acknowledged_at IS NULL;

-- name: PickListNoteInsert
INSERT INTO pick_list_notes (pick_list_id, kind, text, by, at) VALUES ($1, $2, $3, $4, $5);

-- name: PickListNotes
SELECT kind, text, by, at FROM pick_list_notes WHERE pick_list_id = $1 ORDER BY id;
