-- What must hold of a month, beside store.Audit: each statement names what does not. $1 is the time.

-- name: every order is explained: each event names its rule and what it looked at
SELECT format('order %s: event %s "%s" has no rule or no inputs', o.number, e.kind, e.text) FROM events e JOIN orders o ON o.id = e.order_id
WHERE $1::timestamptz IS NOT NULL AND (e.rule = '' OR e.inputs IS NULL OR e.inputs::text IN ('{}', 'null'));

-- name: every order is explained: accepted, priced, fee and dates once each, its end by its own event
SELECT format('order %s is %s: %s accepted, %s priced, %s fee, %s promised, %s cancelled, %s released, %s shipped events', o.number, o.state, e.a, e.p, e.f, e.d, e.c, e.r, e.s)
FROM orders o CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE kind = 'accepted') AS a, count(*) FILTER (WHERE kind = 'priced' AND rule = 'ITM-2') AS p,
    count(*) FILTER (WHERE kind = 'fee_set') AS f, count(*) FILTER (WHERE kind = 'promised') AS d, count(*) FILTER (WHERE kind = 'cancelled') AS c,
    count(*) FILTER (WHERE kind = 'released') AS r, count(*) FILTER (WHERE kind = 'shipped') AS s FROM events WHERE order_id = o.id) e
WHERE $1::timestamptz IS NOT NULL AND (e.a <> 1 OR e.p <> 1 OR e.f < 1 OR e.d < 1 OR (o.state = 'cancelled') <> (e.c = 1) OR (o.state IN ('released', 'shipped') AND e.r = 0) OR (o.state = 'shipped' AND e.s = 0));

-- name: a held order says by which rule, and an event says so too
SELECT format('order %s is held for "%s" and no event holds it by that rule', o.number, o.hold_reason) FROM orders o
WHERE $1::timestamptz IS NOT NULL AND o.state = 'held' AND NOT EXISTS (SELECT FROM events e WHERE e.order_id = o.id AND e.kind = 'held' AND o.hold_reason LIKE e.rule || ':%');

-- name: goods are the sum of the lines less what was cancelled of them
SELECT format('order %s: goods of %s yen, lines of %s', o.number, o.goods_yen, l.yen)
FROM orders o CROSS JOIN LATERAL (SELECT sum(unit_price_yen * (qty - cancelled_qty)) AS yen FROM order_lines WHERE order_id = o.id) l
WHERE $1::timestamptz IS NOT NULL AND o.goods_yen <> l.yen;

-- name: prices are those that the pricing event lists
SELECT format('order %s line %s: %s yen a unit, the event says %s', o.number, l.no, l.unit_price_yen, p.x->>'unit_price_yen')
FROM events e JOIN orders o ON o.id = e.order_id JOIN order_lines l ON l.order_id = o.id
LEFT JOIN LATERAL (SELECT x FROM jsonb_array_elements(e.inputs->'lines') x WHERE (x->>'line')::int = l.no) p ON true
WHERE $1::timestamptz IS NOT NULL AND e.kind = 'priced' AND e.rule = 'ITM-2' AND (p.x->>'unit_price_yen')::bigint IS DISTINCT FROM l.unit_price_yen;

-- name: goods come to what the last event about them says
SELECT format('order %s: goods of %s yen, the event says %s', o.number, o.goods_yen, e.inputs->>'goods_yen')
FROM orders o JOIN LATERAL (SELECT inputs FROM events WHERE order_id = o.id AND kind IN ('priced', 'short') AND inputs ? 'goods_yen' ORDER BY id DESC LIMIT 1) e ON true
WHERE $1::timestamptz IS NOT NULL AND (e.inputs->>'goods_yen')::bigint IS DISTINCT FROM o.goods_yen;

-- name: the fee is what the last event about it says
SELECT format('order %s: fee of %s yen, the event says %s', o.number, o.fee_yen, e.inputs->>'charged_yen')
FROM orders o JOIN LATERAL (SELECT inputs FROM events WHERE order_id = o.id AND kind = 'fee_set' ORDER BY id DESC LIMIT 1) e ON true
WHERE $1::timestamptz IS NOT NULL AND (e.inputs->>'charged_yen')::bigint IS DISTINCT FROM o.fee_yen;

-- name: taxes are those of the lines and the fee
SELECT format('order %s: taxes %s, rate %s should be %s of %s', o.number, o.taxes, t.rate, floor(t.net * t.rate / 100.0), t.net)
FROM orders o CROSS JOIN LATERAL (SELECT rate, sum(net) AS net FROM (
    SELECT tax_rate::int AS rate, unit_price_yen * (qty - cancelled_qty) AS net FROM order_lines WHERE order_id = o.id
    UNION ALL SELECT 10, o.fee_yen) n GROUP BY rate HAVING sum(net) <> 0) t
WHERE $1::timestamptz IS NOT NULL AND NOT EXISTS (SELECT FROM jsonb_array_elements(o.taxes) x WHERE (x->>'rate')::int = t.rate
    AND (x->>'net_yen')::bigint = t.net AND (x->>'tax_yen')::bigint = floor(t.net * t.rate / 100.0));

-- name: FEE-1: enough goods are free, else the fee is paid or the order is an add-on
SELECT format('order %s: goods of %s yen as ordered, fee %s, add-on to "%s"', o.number, l.yen, o.fee_yen, o.fee_first)
FROM orders o CROSS JOIN LATERAL (SELECT sum(unit_price_yen * qty) AS yen FROM order_lines WHERE order_id = o.id) l
WHERE $1::timestamptz IS NOT NULL AND ((l.yen >= 2500 AND o.fee_yen <> 0) OR (l.yen < 2500 AND o.fee_yen NOT IN (0, 300)) OR (l.yen < 2500 AND o.fee_yen = 0 AND o.fee_first = '' AND o.state <> 'cancelled'
    AND NOT EXISTS (SELECT FROM events e WHERE e.order_id = o.id AND e.kind = 'fee_set' AND e.inputs ? 'authorised_yen')));

-- name: FEE-2: an add-on has a first order of its own department and place that is free and came before
SELECT format('order %s is an add-on to %s, which is %s of %s yen', o.number, o.fee_first, coalesce(f.state, 'nowhere'), l.yen)
FROM orders o LEFT JOIN orders f ON f.number = o.fee_first
LEFT JOIN LATERAL (SELECT sum(unit_price_yen * qty) AS yen FROM order_lines WHERE order_id = f.id) l ON true
WHERE $1::timestamptz IS NOT NULL AND o.fee_first <> '' AND o.fee_yen = 0 AND o.state <> 'cancelled' AND (f.id IS NULL OR l.yen < 2500 OR f.department_code <> o.department_code
    OR (f.ship_to_code, f.ship_to_postal_code, f.ship_to_address) <> (o.ship_to_code, o.ship_to_postal_code, o.ship_to_address)
    OR (f.received_at, f.id) >= (o.received_at, o.id) AND f.received_at >= o.received_at AND f.id > o.id);

-- name: FEE-2: a first order that was cancelled before the cut-off leaves no add-on free
SELECT format('order %s is free as an add-on to %s, which was cancelled at %s, before %s', o.number, o.fee_first, c.at, o.fee_until_at)
FROM orders o JOIN orders f ON f.number = o.fee_first JOIN events c ON c.order_id = f.id AND c.kind = 'cancelled'
WHERE o.fee_yen = 0 AND o.state <> 'cancelled' AND o.payment <> 'card' AND c.rule <> 'STK-2' AND f.state = 'cancelled' AND o.fee_until_at >= $1::timestamptz;

-- name: FEE-2: no fee stays provisional after its cut-off
SELECT format('order %s: its fee is provisional until %s', o.number, o.fee_until_at) FROM orders o
WHERE o.fee_until_at < $1::timestamptz - interval '10 minutes' AND o.state <> 'cancelled';

-- name: FEE-2: of orders that came at one instant one is the first
SELECT format('orders %s and %s are add-ons to each other', a.number, b.number) FROM orders a JOIN orders b ON b.number = a.fee_first
WHERE $1::timestamptz IS NOT NULL AND b.fee_first = a.number;

-- name: BUD-1: an order takes of budgets what it comes to, a cancelled one nothing
SELECT format('order %s (%s) of %s yen took %s of the budget %s %s %s', o.number, o.state, o.goods_yen + o.fee_yen, b.yen, b.user_code, b.span, b.period)
FROM (SELECT order_id, user_code, span, period, sum(yen) AS yen FROM budget_entries GROUP BY 1, 2, 3, 4) b JOIN orders o ON o.id = b.order_id
WHERE $1::timestamptz IS NOT NULL AND b.yen <> CASE WHEN o.state = 'cancelled' THEN 0 ELSE o.goods_yen + o.fee_yen END;

-- name: BUD-1: a budget that blocks is never exceeded
SELECT format('budget of %s %s %s: %s taken of %s', e.department_code, e.user_code, e.period, e.yen, b.limit_yen)
FROM (SELECT department_code, user_code, span, period, max(run) AS yen FROM (SELECT department_code, user_code, span, period,
    sum(yen) OVER (PARTITION BY department_code, user_code, span, period ORDER BY id) AS run FROM budget_entries) x GROUP BY 1, 2, 3, 4) e
JOIN budgets b ON (b.department_code, b.user_code, b.span) = (e.department_code, e.user_code, e.span)
WHERE $1::timestamptz IS NOT NULL AND b.over = 'block' AND e.yen > b.limit_yen;

-- name: BUD-1: what goes beyond a budget that asks was asked for
SELECT format('order %s went beyond the budget of %s in %s and nobody was asked', o.number, r.department_code, r.period)
FROM (SELECT *, sum(yen) OVER (PARTITION BY department_code, user_code, span, period ORDER BY id) AS run FROM budget_entries) r
JOIN budgets b ON (b.department_code, b.user_code, b.span) = (r.department_code, r.user_code, r.span) JOIN orders o ON o.id = r.order_id
WHERE $1::timestamptz IS NOT NULL AND b.over = 'approve' AND r.yen > 0 AND r.run > b.limit_yen AND r.id = (SELECT min(id) FROM budget_entries WHERE order_id = o.id)
  AND NOT EXISTS (SELECT FROM approvals a WHERE a.order_id = o.id);

-- name: APR-1: nothing leaves that its customer has not approved
SELECT format('order %s is %s while its approval is %s', o.number, o.state, a.state) FROM approvals a JOIN orders o ON o.id = a.order_id
WHERE $1::timestamptz IS NOT NULL AND ((a.state IN ('asked', 'level1') AND o.state <> 'held') OR (a.state IN ('refused', 'expired', 'withdrawn') AND o.state <> 'cancelled')
   OR (a.state = 'approved' AND (SELECT count(*) FROM approval_steps s WHERE s.order_id = o.id AND s.yes) <> greatest(1, jsonb_array_length(a.levels))));

-- name: APR-1: what nobody decided in time is ended
SELECT format('order %s waits for its approver since %s', o.number, a.first_at) FROM approvals a JOIN orders o ON o.id = a.order_id
WHERE a.state IN ('asked', 'level1') AND a.first_at < $1::timestamptz - interval '15 days';

-- name: LCK-1: nothing locked was accepted
SELECT format('order %s line %s: item %s is locked', o.number, l.no, l.item_code) FROM order_lines l JOIN orders o ON o.id = l.order_id
JOIN items i ON i.code = l.item_code JOIN item_locks k ON k.department_code = o.department_code AND (k.item_code = i.code OR (k.category <> '' AND k.category = i.category)) AND k.user_code IN ('', o.user_code)
WHERE $1::timestamptz IS NOT NULL;

-- name: CAN-1: no web order is released within its ten minutes, nor cancelled by its customer after them
SELECT format('order %s, received %s, was %s at %s', o.number, o.received_at, e.kind, e.at) FROM orders o JOIN events e ON e.order_id = o.id
WHERE $1::timestamptz IS NOT NULL AND o.channel = 'web' AND ((e.kind = 'released' AND e.at <= o.cancel_until_at) OR (e.kind = 'cancelled' AND e.rule = 'CAN-1' AND e.at > o.cancel_until_at AND e.by = o.shop_front));

-- name: CAN-1: nothing cancelled is on a list or reserves stock
SELECT format('order %s is cancelled and has allocations', o.number) FROM orders o
WHERE $1::timestamptz IS NOT NULL AND o.state = 'cancelled' AND EXISTS (SELECT FROM allocations a WHERE a.order_id = o.id AND (a.pick_list_id IS NULL OR a.short_qty < a.qty));

-- name: WHS-1: no more of a line is on lists than was ordered
SELECT format('order %s line %s: %s of %s allocated', o.number, l.no, a.qty, l.qty) FROM (SELECT order_id, line_no, sum(qty - short_qty) AS qty FROM allocations GROUP BY 1, 2) a
JOIN order_lines l ON l.order_id = a.order_id AND l.no = a.line_no JOIN orders o ON o.id = a.order_id
WHERE $1::timestamptz IS NOT NULL AND a.qty > l.qty - cancelled_qty;

-- name: WHS-1: each document of a list was sent once to its warehouse
SELECT format('pick list %s: %s of %s documents delivered %s time(s)', p.number, count(*) FILTER (WHERE d.n = 1), count(*), max(d.n))
FROM pick_lists p JOIN issued_documents i ON i.pick_list_id = p.id CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'sent') AS n FROM deliveries d WHERE d.issued_document_id = i.id) d
WHERE p.issued_at < $1::timestamptz - interval '2 hours' GROUP BY p.id HAVING bool_or(d.n <> 1);

-- name: WHS-1: every list is issued
SELECT format('pick list %s of %s is not issued', p.number, w.released_at) FROM pick_lists p JOIN waves w ON w.id = p.wave_id
WHERE p.issued_at IS NULL AND w.released_at < $1::timestamptz - interval '1 hour';

-- name: CUT-2, CUT-4: accepted on the day that the table of its day says, what waited for approval aside
SELECT format('order %s shipment %s (%s, %s): received %s, accepted %s', o.number, s.no, o.channel, s.class, o.received_at, s.acceptance_on)
FROM orders o JOIN shipments s ON s.order_id = o.id
CROSS JOIN LATERAL (SELECT (o.received_at AT TIME ZONE 'Asia/Tokyo')::date AS on_day, (o.received_at AT TIME ZONE 'Asia/Tokyo')::time AS at) r
CROSS JOIN LATERAL (SELECT * FROM regions WHERE code = o.region_code AND coalesce(from_on, '-infinity') <= r.on_day ORDER BY from_on DESC NULLS LAST LIMIT 1) t
WHERE $1::timestamptz IS NOT NULL AND s.class <> 'phone' AND NOT EXISTS (SELECT FROM approvals a WHERE a.order_id = o.id)
  AND s.acceptance_on <> (SELECT min(d)::date FROM generate_series(
      r.on_day + CASE WHEN r.at > CASE WHEN s.class = 'truck' THEN t.cutoff_truck WHEN o.channel = 'web' THEN t.cutoff_web ELSE t.cutoff_fax END THEN 1 ELSE 0 END, r.on_day + 14, interval '1 day') d
    WHERE extract(isodow FROM d) <> 7 AND d NOT BETWEEN '2026-12-30' AND '2027-01-03' AND d <> '2027-01-11');

-- name: CUT-11: nothing that is reserved is left behind after its day
SELECT format('order %s (%s): shipment %s was to leave on %s', o.number, o.state, s.no, s.ship_on) FROM shipments s JOIN orders o ON o.id = s.order_id
WHERE s.state = 'planned' AND s.ship_on < ($1::timestamptz AT TIME ZONE 'Asia/Tokyo')::date AND o.state IN ('allocated', 'short')
  AND EXISTS (SELECT FROM allocations a WHERE a.shipment_id = s.id);

-- name: CUT-11: a shipment leaves on its day, and the promise is what the last event says
SELECT format('order %s shipment %s arrives %s, the event says %s', o.number, s.no, s.arrival_on, e.inputs->>'arrival_on') FROM shipments s JOIN orders o ON o.id = s.order_id
JOIN LATERAL (SELECT inputs FROM events WHERE order_id = o.id AND kind IN ('promised', 'replanned') AND (inputs->>'shipment')::int = s.no ORDER BY id DESC LIMIT 1) e ON true
WHERE $1::timestamptz IS NOT NULL AND s.arrival_on IS NOT NULL AND (e.inputs->>'arrival_on')::date IS DISTINCT FROM s.arrival_on;

-- name: CUT-11: no arrival lies on a day without delivery, none before its acceptance
SELECT format('order %s shipment %s: accepted %s, ships %s, arrives %s', o.number, s.no, s.acceptance_on, s.ship_on, s.arrival_on) FROM shipments s JOIN orders o ON o.id = s.order_id
WHERE $1::timestamptz IS NOT NULL AND (s.arrival_on <= s.acceptance_on OR s.ship_on > s.arrival_on OR extract(isodow FROM s.arrival_on) = 7
    OR s.arrival_on BETWEEN '2026-12-30' AND '2027-01-03' OR s.ship_on BETWEEN '2026-12-30' AND '2027-01-03' OR extract(isodow FROM s.ship_on) = 7);

-- name: STK-2, CUT-11: who gets less or later is told
SELECT format('order %s: %s at %s, and its customer was told nothing after it', o.number, e.kind, e.at)
FROM orders o JOIN LATERAL (SELECT kind, at FROM events WHERE order_id = o.id AND kind IN ('short', 'replanned') ORDER BY id DESC LIMIT 1) e ON true
WHERE e.at < $1::timestamptz - interval '24 hours' AND NOT EXISTS (SELECT FROM answers a WHERE (a.order_id = o.id OR a.document_id = o.document_id) AND a.closed_at >= e.at);

-- name: FAX-3: no answer waits for long
SELECT format('answer %s of order %s document %s waits since %s, due %s', a.id, a.order_id, a.document_id, a.wanted_at, a.due_at) FROM answers a
WHERE a.state = 'waiting' AND a.due_at < $1::timestamptz - interval '2 hours';

-- name: FAX-3: what was sent was sent once
SELECT format('delivery %s to %s was sent %s times', d.id, d.recipient, count(*)) FROM deliveries d JOIN delivery_attempts a ON a.delivery_id = d.id
WHERE $1::timestamptz IS NOT NULL AND a.outcome = 'sent' GROUP BY d.id HAVING count(*) > 1;

-- name: STK-4: no backorder waits while there is stock for it
SELECT format('order %s line %s waits for %s of item %s, of which %s are there', o.number, l.no, l.qty - l.reserved_qty - cancelled_qty, l.item_code, s.qty)
FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN (SELECT item_code, sum(on_hand_qty - reserved_qty) AS qty FROM stock GROUP BY 1) s ON s.item_code = l.item_code
WHERE $1::timestamptz IS NOT NULL AND o.state = 'short' AND l.class <> 'phone' AND l.reserved_qty < l.qty - cancelled_qty AND s.qty > 0;

-- name: every run of a schedule was carried out once
SELECT format('run %s of %s is not finished', schedule, due_at) FROM schedule_runs WHERE finished_at IS NULL AND due_at < $1::timestamptz - interval '1 hour'
  AND schedule LIKE 'wave%';

-- name: no job was given up
SELECT format('job %s %s: %s', id, kind, coalesce(errors[array_upper(errors, 1)]->>'error', state::text)) FROM river_job WHERE state IN ('discarded', 'cancelled') AND $1::timestamptz IS NOT NULL;

-- name: PAY-1: of a card is captured what left, its tax and the fee, neither more nor less
WITH card AS (SELECT o.id, o.number, o.fee_yen FROM orders o WHERE $1::timestamptz IS NOT NULL AND o.payment = 'card' AND o.state = 'shipped'
    AND NOT EXISTS (SELECT FROM payments p WHERE p.order_id = o.id AND p.state IN ('planned', 'sent', 'uncertain', 'failed', 'waived'))),
nets AS (SELECT id, no, rate, sum(net) AS net FROM (
    SELECT c.id, s.no, l.tax_rate::int AS rate, a.shipped_qty * l.unit_price_yen AS net FROM card c JOIN shipments s ON s.order_id = c.id
    JOIN allocations a ON a.shipment_id = s.id JOIN order_lines l ON (l.order_id, l.no) = (a.order_id, a.line_no)
    UNION ALL SELECT c.id, (SELECT p.shipment_no FROM payments p WHERE p.order_id = c.id AND p.kind = 'capture' AND p.state = 'done' ORDER BY p.id LIMIT 1), 10, c.fee_yen FROM card c WHERE c.fee_yen > 0) x
  GROUP BY 1, 2, 3),
owed AS (SELECT id, sum(net + floor(net * rate / 100.0)) AS yen FROM nets GROUP BY 1)
SELECT format('order %s: %s yen left, tax and fee with them, %s were captured', c.number, coalesce(w.yen, 0), coalesce(p.yen, 0))
FROM card c LEFT JOIN owed w ON w.id = c.id
CROSS JOIN LATERAL (SELECT sum(CASE kind WHEN 'capture' THEN yen WHEN 'refund' THEN -yen ELSE 0 END) AS yen FROM payments WHERE order_id = c.id AND state = 'done') p
WHERE coalesce(w.yen, 0) <> coalesce(p.yen, 0);

-- name: PAY-1: nothing goes onto a list that no card was charged for
SELECT DISTINCT format('order %s shipment %s is on a list and was not captured', o.number, s.no) FROM orders o JOIN shipments s ON s.order_id = o.id
JOIN allocations a ON a.shipment_id = s.id AND a.pick_list_id IS NOT NULL
WHERE $1::timestamptz IS NOT NULL AND o.payment = 'card' AND NOT EXISTS (SELECT FROM payments p WHERE p.order_id = o.id AND p.shipment_no = s.no AND p.kind = 'capture' AND p.state IN ('done', 'waived'));

-- name: PAY-1: a cancelled order keeps nothing of its card
SELECT format('order %s is cancelled and keeps %s yen of its card', o.number, p.yen) FROM orders o
CROSS JOIN LATERAL (SELECT sum(CASE kind WHEN 'capture' THEN yen WHEN 'refund' THEN -yen ELSE 0 END) AS yen FROM payments WHERE order_id = o.id AND state = 'done') p
WHERE $1::timestamptz IS NOT NULL AND o.state = 'cancelled' AND o.authorisation <> '' AND p.yen <> 0
  AND NOT EXISTS (SELECT FROM payments p WHERE p.order_id = o.id AND p.state IN ('planned', 'sent', 'uncertain', 'failed'));

-- name: PAY-1: nothing is asked of a card for days
SELECT format('%s of order %s, %s yen, is %s since %s', p.kind, o.number, p.yen, p.state, p.created_at) FROM payments p JOIN orders o ON o.id = p.order_id
WHERE p.state IN ('planned', 'sent', 'uncertain', 'failed') AND p.created_at < $1::timestamptz - interval '8 days';

-- name: WHS-3: of each shipment that left its customer was told once, or nobody wants to hear of it
SELECT format('order %s shipment %s left on %s: its notice is "%s", %s mail(s)', o.number, s.no, s.shipped_on, s.notice, n.mails) FROM orders o JOIN shipments s ON s.order_id = o.id
CROSS JOIN LATERAL (SELECT count(*) AS mails FROM issued_documents i WHERE i.order_id = o.id AND i.kind = 'shipping_notice' AND i.number = o.number || '-' || s.no) n
WHERE s.state = 'shipped' AND s.shipped_on < ($1::timestamptz AT TIME ZONE 'Asia/Tokyo')::date AND (s.notice NOT IN ('told', 'needless', 'desk') OR n.mails <> CASE s.notice WHEN 'told' THEN 1 ELSE 0 END)
   OR s.state <> 'shipped' AND n.mails > 0;
