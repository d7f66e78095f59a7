-- Statements about the fees of a department's orders, read under its lock (FEE-2).

-- name: FeeSiblings
-- The other orders of each department ($1) accepted from $2 up to $4, or from $5 on, that an order
-- received at $3 may be an add-on to, or that came no earlier and may be add-ons to it; all of them
-- where $3 is null. Of the shipments, the one that arrives first, and whether any left.
SELECT o.department_code, o.id, o.number, o.state, o.channel, o.received_at, o.approved_at, o.region_code, o.ship_to_code, o.ship_to_postal_code,
    o.ship_to_prefecture, o.ship_to_address, o.fee_yen, o.fee_first, o.fee_until_at, o.taxes, o.payment, o.authorised_yen,
    (SELECT coalesce(sum(l.unit_price_yen * l.qty), 0)::bigint FROM order_lines l WHERE l.order_id = o.id),
    s.left_already, s.class, s.acceptance_on, s.arrival_on,
    o.state = 'cancelled' AND EXISTS (SELECT FROM events e WHERE e.order_id = o.id AND e.kind = 'cancelled' AND e.rule = 'STK-2')
FROM unnest($1::text[], $2::date[], $3::timestamptz[]) AS w (department_code, from_on, received_at)
JOIN orders o ON o.department_code = w.department_code AND o.acceptance_on >= w.from_on AND (o.acceptance_on <= $4 OR o.acceptance_on >= $5)
  AND (w.received_at IS NULL OR o.fee_yen = 0 AND o.fee_first = '' OR o.received_at >= w.received_at)
CROSS JOIN LATERAL (
    SELECT class, acceptance_on, arrival_on, bool_or(state = 'shipped') OVER () AS left_already
    FROM shipments WHERE order_id = o.id ORDER BY arrival_on, no LIMIT 1) s
ORDER BY o.id;

-- name: FeeOrdersLock
-- The order and its siblings, in one order. No stronger than an update of theirs: a wave that waits
-- for allocation (AllocateAwait) holds later ones and goes on to earlier ones.
SELECT id FROM orders
WHERE id = $1 OR department_code = $2 AND acceptance_on >= $3 AND (acceptance_on <= $4 OR acceptance_on >= $5)
ORDER BY id FOR NO KEY UPDATE;

-- name: FeeUpdate
UPDATE orders SET fee_yen = $2, taxes = $3, fee_first = $4, fee_until_at = $5 WHERE id = $1;

-- name: FeesDue
SELECT id FROM orders WHERE fee_until_at < $1 ORDER BY fee_until_at, id LIMIT $2;
