-- Statements about what is asked of the card gateway (PAY-1).

-- name: PaymentsOfOrder
SELECT id, order_id, shipment_no, kind, reference, yen, taxes, qty, key, state, tries, doubtful, due_at, why, by, gateway, gateway_id, answer, created_at, answered_at
FROM payments WHERE order_id = $1 ORDER BY id;

-- name: PaymentsList
-- Newest first, before id $1; of the state $2 or the order number $3 where given.
SELECT p.id, p.order_id, p.shipment_no, p.kind, p.reference, p.yen, p.taxes, p.qty, p.key, p.state, p.tries, p.doubtful, p.due_at, p.why, p.by, p.gateway,
    p.gateway_id, p.answer, p.created_at, p.answered_at, o.number
FROM payments p JOIN orders o ON o.id = p.order_id
WHERE ($1 = 0 OR p.id < $1) AND ($2 = '' OR p.state = $2) AND ($3 = '' OR o.number = $3) ORDER BY p.id DESC LIMIT $4;

-- name: PaymentTries
SELECT t.payment_id, t.no, t.began_at, t.ended_at, t.outcome, t.answer FROM payment_tries t JOIN payments p ON p.id = t.payment_id
WHERE p.order_id = $1 ORDER BY t.payment_id, t.no;

-- name: PaymentInsert
INSERT INTO payments (order_id, shipment_no, kind, reference, yen, taxes, qty, key, state, due_at, why, by, answer, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: PaymentsWithdraw
UPDATE payments SET state = 'withdrawn', due_at = NULL WHERE order_id = $1 AND key = ANY($2) AND state = 'planned';

-- name: PaymentsSupersede
-- Failed ones are tried again as others, or settled otherwise.
-- Captures stay as they are where $2.
UPDATE payments SET state = 'withdrawn' WHERE order_id = $1 AND state = 'failed' AND NOT ($2 AND kind = 'capture')
RETURNING shipment_no, kind, reference, yen, qty, key, why;

-- name: PaymentsHurry
UPDATE payments SET due_at = $2 WHERE order_id = $1 AND state IN ('planned', 'uncertain');

-- name: CardGoods
-- What each shipment of an order carries: reserved goods, and those that are made to order for it.
SELECT s.no, s.state, s.ship_on, coalesce(g.line_no, 0), coalesce(g.qty, 0)::int
FROM shipments s LEFT JOIN LATERAL (
    SELECT line_no, sum(qty) AS qty FROM (
        SELECT a.line_no, a.qty - a.short_qty AS qty FROM allocations a WHERE a.shipment_id = s.id
        UNION ALL SELECT l.no, l.qty - l.reserved_qty - l.cancelled_qty FROM order_lines l
        WHERE s.class = 'phone' AND s.state = 'planned' AND l.order_id = s.order_id AND l.class = 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty) x
    GROUP BY line_no) g ON true
WHERE s.order_id = $1 ORDER BY s.no, g.line_no;

-- name: CardsDue
-- Orders with goods that may go onto a pick list today ($1) and are not paid, nor being paid (WaveClaim's conditions).
SELECT o.id FROM orders o
WHERE o.payment = 'card' AND o.state IN ('allocated', 'short') AND (o.cancel_until_at IS NULL OR o.cancel_until_at < $2)
  AND EXISTS (
    SELECT FROM shipments s CROSS JOIN LATERAL (
        SELECT coalesce(sum(x.qty), 0) AS qty FROM (
            SELECT a.qty FROM allocations a WHERE a.shipment_id = s.id
            UNION ALL SELECT l.qty - l.reserved_qty - l.cancelled_qty FROM order_lines l WHERE s.class = 'phone' AND l.order_id = s.order_id AND l.class = 'phone') x) g
    WHERE s.order_id = o.id AND s.state = 'planned' AND s.ship_on <= $1 AND g.qty > 0
      AND NOT EXISTS (SELECT FROM payments p WHERE p.order_id = o.id AND p.shipment_no = s.no AND p.kind = 'capture'
        AND (p.state IN ('planned', 'sent', 'uncertain', 'failed') OR p.state IN ('done', 'waived') AND p.qty >= g.qty)))
ORDER BY o.id LIMIT $3;

-- name: PaymentsWait
SELECT EXISTS (SELECT FROM payments WHERE due_at <= $1);

-- name: PaymentClaim
-- One that is due, for as long as until $2. Whoever had claimed it before died: it may have happened.
UPDATE payments SET state = 'sent', tries = tries + 1, doubtful = doubtful OR state = 'sent', due_at = $2
WHERE id = (SELECT id FROM payments WHERE due_at <= $1 ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, order_id, shipment_no, kind, reference, yen, taxes, qty, key, state, tries, doubtful, due_at, why, by, gateway, gateway_id, answer, created_at, answered_at;

-- name: PaymentHeld
SELECT id FROM payments WHERE id = $1 AND state = 'sent' AND tries = $2 FOR UPDATE;

-- name: PaymentRecord
UPDATE payments SET state = $2, doubtful = $3, due_at = $4, gateway = $5, gateway_id = $6, answer = $7, answered_at = $8, tries = $9 WHERE id = $1;

-- name: PaymentTryInsert
INSERT INTO payment_tries (payment_id, no, began_at, ended_at, outcome, answer)
SELECT $1, coalesce(max(no), 0) + 1, $2, $3, $4, $5 FROM payment_tries WHERE payment_id = $1;

-- name: OrderPay
UPDATE orders SET payment = $2, authorisation = $3, authorised_yen = $4, authorised_until_at = $5 WHERE id = $1;

-- name: PaymentsOpen
-- What a person has to look at: failed, and asked in vain for long.
SELECT p.id, p.order_id, p.shipment_no, p.kind, p.reference, p.yen, p.taxes, p.qty, p.key, p.state, p.tries, p.doubtful, p.due_at, p.why, p.by, p.gateway,
    p.gateway_id, p.answer, p.created_at, p.answered_at, o.number
FROM payments p JOIN orders o ON o.id = p.order_id
WHERE p.state = 'failed' OR p.due_at IS NOT NULL AND p.tries >= $1 ORDER BY p.id LIMIT $2;

-- name: OrdersByCard
SELECT id FROM orders WHERE id = ANY($1) AND authorisation <> '' ORDER BY id;

-- name: PaymentsToReconcile
-- What was done from $1 to before $2, and what has the keys $3. What the gateway was never asked for is left out.
SELECT key, kind, reference, yen, state, coalesce(answered_at, created_at) FROM payments
WHERE gateway <> '' AND (state = 'done' AND answered_at >= $1 AND answered_at < $2 OR key = ANY($3))
   OR key = ANY($3) AND state IN ('planned', 'sent', 'uncertain')
ORDER BY id;

-- name: CardDayLock
-- Comparisons of one day are kept one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('todoke card day ' || $1::date, 8));

-- name: CardComparisonInsert
INSERT INTO card_comparisons (day, at, by, gateway, listed, booked, differences, not_answered) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id;

-- name: CardDifferenceFound
-- What was found before stays as it is, whoever settled it; only that it was found again is noted.
INSERT INTO card_differences (day, kind, key, what, reference, yen_here, yen_there, gateway_id, happened_at, order_id, found_in, last_in)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce((SELECT order_id FROM payments WHERE key = $3), (SELECT order_id FROM payments WHERE reference = $5 ORDER BY id LIMIT 1)), $10, $10)
ON CONFLICT (day, kind, key, what, reference, yen_here, yen_there, gateway_id) DO UPDATE SET last_in = excluded.last_in, gone_in = NULL;

-- name: CardDifferencesGone
-- What the comparison $2 of the day did not find any more.
UPDATE card_differences SET gone_in = $2 WHERE day = $1 AND gone_in IS NULL AND last_in <> $2;

-- name: CardDaysUnanswered
-- Days before $1 of which the gateway left something unanswered.
SELECT DISTINCT day FROM card_differences WHERE kind = 'not_answered' AND gone_in IS NULL AND settled_at IS NULL AND day <> $1 ORDER BY day DESC LIMIT $2;

-- name: CardComparisonsOf
SELECT id, day, at, by, gateway, listed, booked, differences, not_answered FROM card_comparisons WHERE day = $1 ORDER BY id DESC;

-- name: CardDifferencesOf
SELECT d.id, d.day, d.kind, d.key, d.what, d.reference, d.yen_here, d.yen_there, d.gateway_id, d.happened_at, coalesce(o.number, ''), f.at, g.at, d.settled_at, d.settled_by, d.reason
FROM card_differences d JOIN card_comparisons f ON f.id = d.found_in LEFT JOIN card_comparisons g ON g.id = d.gone_in LEFT JOIN orders o ON o.id = d.order_id
WHERE d.day = $1 ORDER BY d.id;

-- name: CardDifferenceSettle
UPDATE card_differences SET settled_at = $4, settled_by = $2, reason = $3 WHERE id = $1 AND settled_at IS NULL AND gone_in IS NULL RETURNING day;
