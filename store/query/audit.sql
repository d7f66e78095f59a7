-- What must always hold, each statement naming what does not; and what is not finished yet.

-- name: AuditReserved
SELECT format('item %s at %s: %s reserved, %s allocated', s.item_code, s.warehouse_code, s.reserved_qty, coalesce(a.qty, 0))
FROM stock s LEFT JOIN (
    SELECT a.item_code, a.warehouse_code, sum(a.qty - a.shipped_qty - a.short_qty) AS qty
    FROM allocations a JOIN shipments h ON h.id = a.shipment_id WHERE h.state <> 'cancelled' GROUP BY 1, 2) a USING (item_code, warehouse_code)
WHERE s.reserved_qty <> coalesce(a.qty, 0);

-- name: AuditLines
SELECT format('order %s line %s: %s reserved, %s allocated', o.number, l.no, l.reserved_qty, coalesce(a.qty, 0))
FROM order_lines l JOIN orders o ON o.id = l.order_id
LEFT JOIN (SELECT order_id, line_no, sum(qty - short_qty) AS qty FROM allocations GROUP BY 1, 2) a ON a.order_id = l.order_id AND a.line_no = l.no
WHERE l.reserved_qty <> coalesce(a.qty, 0);

-- name: AuditLists
SELECT format('order %s line %s: allocation %s is %s while its shipment is %s', o.number, a.line_no, a.id,
    CASE WHEN a.pick_list_id IS NULL THEN 'on no list' ELSE 'on a list' END, s.state)
FROM allocations a JOIN shipments s ON s.id = a.shipment_id JOIN orders o ON o.id = a.order_id
WHERE (a.pick_list_id IS NULL) <> (s.state = 'planned')
UNION ALL
SELECT format('order %s line %s: allocation %s is on the list of another warehouse, class or order''s shipment', o.number, a.line_no, a.id)
FROM allocations a JOIN shipments s ON s.id = a.shipment_id JOIN orders o ON o.id = a.order_id
JOIN pick_lists p ON p.id = a.pick_list_id JOIN waves w ON w.id = p.wave_id
WHERE s.order_id <> a.order_id OR s.warehouse_code <> a.warehouse_code OR w.warehouse_code <> a.warehouse_code
   OR w.class <> s.class OR w.ship_on <> s.ship_on;

-- name: AuditShipDays
SELECT format('pick list %s ships on %s and was released at %s', p.number, w.ship_on, w.released_at)
FROM waves w JOIN pick_lists p ON p.wave_id = w.id
WHERE (w.released_at AT TIME ZONE 'Asia/Tokyo')::date <> w.ship_on
UNION ALL
SELECT format('order %s could be cancelled until %s and is on pick list %s released at %s', o.number, o.cancel_until_at, p.number, w.released_at)
FROM orders o JOIN allocations a ON a.order_id = o.id JOIN pick_lists p ON p.id = a.pick_list_id JOIN waves w ON w.id = p.wave_id
WHERE o.cancel_until_at >= w.released_at;

-- name: AuditStates
SELECT format('order %s is %s with %s of %s reserved', o.number, o.state, sum(l.reserved_qty), sum(l.qty - l.cancelled_qty))
FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.state IN ('allocated', 'released', 'short') AND l.class <> 'phone'
GROUP BY o.id HAVING (sum(l.reserved_qty) = sum(l.qty - l.cancelled_qty)) = (o.state = 'short')
UNION ALL
SELECT format('order %s is released with goods on no list', o.number)
FROM orders o WHERE o.state = 'released' AND EXISTS (SELECT FROM allocations a WHERE a.order_id = o.id AND a.pick_list_id IS NULL)
UNION ALL
SELECT format('order %s has goods on a list and is %s', o.number, o.state)
FROM orders o WHERE o.state IN ('accepted', 'cancelled') AND EXISTS (SELECT FROM allocations a WHERE a.order_id = o.id AND a.pick_list_id IS NOT NULL AND a.short_qty < a.qty)
UNION ALL
SELECT format('order %s line %s, made to order, lacks %s and no shipment waits for it', o.number, l.no, l.qty - l.cancelled_qty - l.reserved_qty)
FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.state IN ('allocated', 'released', 'short', 'shipped') AND l.class = 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty
  AND NOT EXISTS (SELECT FROM shipments s WHERE s.order_id = o.id AND s.class = 'phone' AND s.state = 'planned');

-- name: AuditShipped
-- What was told of goods on lists and the states of lists, shipments and orders agree, with an event for each order; the rest is not shipped.
SELECT format('order %s line %s: allocation %s has %s shipped and %s short of %s while its shipment is %s', o.number, a.line_no, a.id,
    a.shipped_qty, a.short_qty, a.qty, s.state)
FROM allocations a JOIN shipments s ON s.id = a.shipment_id JOIN orders o ON o.id = a.order_id
WHERE (s.state = 'shipped' AND a.shipped_qty + a.short_qty < a.qty)
   OR (s.state = 'planned' AND a.shipped_qty + a.short_qty > 0)
   OR (s.state = 'released' AND NOT EXISTS (SELECT FROM allocations b WHERE b.shipment_id = s.id AND b.shipped_qty + b.short_qty < b.qty))
   OR (s.state = 'cancelled' AND a.shipped_qty > 0)
UNION ALL
SELECT format('pick list %s is %s with %s still to be told', p.number, CASE WHEN p.shipped_at IS NULL THEN 'open' ELSE 'shipped' END, sum(a.qty - a.shipped_qty - a.short_qty))
FROM pick_lists p JOIN allocations a ON a.pick_list_id = p.id
GROUP BY p.id HAVING (p.shipped_at IS NOT NULL) <> (sum(a.qty - a.shipped_qty - a.short_qty) = 0)
UNION ALL
SELECT format('pick list %s is shipped and was issued at %s', p.number, coalesce(p.issued_at::text, 'no time'))
FROM pick_lists p WHERE p.shipped_at IS NOT NULL AND (p.issued_at IS NULL OR p.shipped_at < p.issued_at)
UNION ALL
SELECT format('order %s left with %s and its events say %s', o.number, l.qty, coalesce(e.qty, 0))
FROM orders o
JOIN (SELECT order_id, sum(shipped_qty) AS qty FROM allocations WHERE shipped_qty > 0 GROUP BY 1) l ON l.order_id = o.id
CROSS JOIN LATERAL (SELECT sum((q->>'quantity')::int) AS qty FROM events v CROSS JOIN LATERAL jsonb_array_elements(v.inputs->'quantities') q
    WHERE v.order_id = o.id AND v.kind = 'shipped') e
WHERE l.qty <> coalesce(e.qty, 0)
UNION ALL
SELECT format('order %s is %s and its shipments are %s', o.number, o.state, string_agg(s.state, ', ' ORDER BY s.no))
FROM orders o JOIN shipments s ON s.order_id = o.id WHERE o.state IN ('released', 'shipped')
GROUP BY o.id HAVING (o.state = 'shipped') <> bool_and(s.state IN ('shipped', 'cancelled'))
UNION ALL
SELECT format('order %s is shipped with %s of %s reserved', o.number, sum(l.reserved_qty), sum(l.qty - l.cancelled_qty))
FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.state = 'shipped' GROUP BY o.id HAVING sum(l.reserved_qty) <> sum(l.qty - l.cancelled_qty);

-- name: AuditYen
-- Goods are what is kept of the lines (STK-2), and tax is on goods and fee; what was cancelled whole stays as it was ordered.
SELECT format('order %s has goods of %s yen, its lines come to %s, its taxes are on %s', o.number, o.goods_yen, l.yen, t.net)
FROM orders o
CROSS JOIN LATERAL (SELECT coalesce(sum(unit_price_yen * (qty - cancelled_qty)), 0)::bigint AS yen FROM order_lines WHERE order_id = o.id) l
CROSS JOIN LATERAL (SELECT coalesce(sum((x ->> 'net_yen')::bigint), 0)::bigint AS net FROM jsonb_array_elements(o.taxes) x) t
WHERE o.goods_yen <> l.yen OR o.goods_yen + o.fee_yen <> t.net;

-- name: AuditOnHand
SELECT format('item %s at %s: %s on hand, %s reserved', item_code, warehouse_code, on_hand_qty, reserved_qty)
FROM stock WHERE on_hand_qty < 0 OR reserved_qty < 0 OR reserved_qty > on_hand_qty;

-- name: AuditDocuments
-- One pass over the documents and one over the pages, whatever is asked of each: the first thing that is wrong is told.
SELECT t.text FROM (
    SELECT CASE
        WHEN s.document_id IS NULL THEN format('document %s has no state', d.id)
        WHEN s.state = 'read' AND g.n IS NULL THEN format('document %s was read and has no page', d.id)
        WHEN s.state = 'split' AND NOT EXISTS (SELECT FROM documents c WHERE c.parent_id = d.id)
            AND NOT EXISTS (SELECT FROM mail_parts m JOIN partner_files f ON f.id = substring(m.why FROM ' file (\d+) of warehouse ')::bigint WHERE m.document_id = d.id) -- a partner's mail
        THEN format('document %s was split and has no part', d.id)
        WHEN s.state = 'ordered' AND o.id IS NULL THEN format('document %s is ordered and has no order', d.id)
        WHEN s.state = 'review' AND r.document_id IS NULL THEN format('document %s waits for a review that is not there', d.id)
        WHEN s.state <> 'review' AND r.document_id IS NOT NULL THEN format('document %s is %s and a review of it as a whole is open', d.id, s.state)
        WHEN g.n <> g.last THEN format('document %s has %s pages numbered up to %s', d.id, g.n, g.last)
        WHEN g.n > 0 AND s.state IN ('received', 'split', 'refused', 'ordered') THEN format('document %s has pages and is %s', d.id, s.state)
    END AS text
    FROM documents d LEFT JOIN document_states s ON s.document_id = d.id LEFT JOIN orders o ON o.id = s.order_id
    LEFT JOIN (SELECT document_id, count(*) AS n, max(no) AS last FROM pages GROUP BY 1) g ON g.document_id = d.id
    LEFT JOIN (SELECT document_id FROM reviews WHERE page_id IS NULL AND state = 'open') r ON r.document_id = d.id
    UNION ALL
    SELECT CASE
        WHEN (p.state = 'ordered') <> (o.id IS NOT NULL) THEN format('page %s of document %s: state %s, order %s', p.no, p.document_id, p.state, coalesce(p.order_id::text, 'none'))
        WHEN (p.state = 'review') <> (r.page_id IS NOT NULL) THEN format('page %s of document %s is %s and its review is open or not there', p.no, p.document_id, p.state)
        WHEN p.state IN ('cover', 'handled', 'junk', 'duplicate', 'joined', 'attached')
            AND NOT EXISTS (SELECT FROM reviews r WHERE r.page_id = p.id AND r.state IN ('junk', 'duplicate', 'handled', 'joined', 'attached') AND r.closed_by <> '')
            AND NOT EXISTS (SELECT FROM page_kinds k WHERE k.page_id = p.id AND k.closed)
        THEN format('page %s of document %s is %s, which nobody and no rule decided', p.no, p.document_id, p.state)
    END
    FROM pages p LEFT JOIN orders o ON o.id = p.order_id AND o.document_id = p.document_id AND o.page_no = p.no
    LEFT JOIN (SELECT page_id FROM reviews WHERE page_id IS NOT NULL AND state = 'open') r ON r.page_id = p.id
) t WHERE t.text IS NOT NULL
UNION ALL
SELECT format('page %s of document %s is attached to no order', p.no, p.document_id) FROM pages p WHERE p.state = 'attached' AND p.order_id IS NULL
UNION ALL
SELECT format('page %s of document %s is joined to another one, and became order %s by itself', p.no, p.document_id, o.number)
FROM pages p JOIN orders o ON o.document_id = p.document_id AND o.page_no = p.no WHERE p.state = 'joined' AND o.state <> 'cancelled'
UNION ALL
SELECT format('page %s of document %s was closed unseen as %s', p.no, p.document_id, k.kind) FROM page_kinds k JOIN pages p ON p.id = k.page_id
WHERE k.closed AND k.kind NOT IN ('blank', 'cover', 'advert')
UNION ALL
SELECT format('attachment %s of mail %s is document %s, which is no part of it', m.no, m.document_id, m.part_id) FROM mail_parts m
JOIN documents d ON d.id = m.part_id WHERE d.parent_id IS DISTINCT FROM m.document_id;

-- name: AuditEvents
SELECT format('order %s has no event that explains it', o.number) FROM orders o
WHERE NOT EXISTS (SELECT FROM events e WHERE e.order_id = o.id AND e.kind = 'accepted');

-- name: LedgerDocuments
SELECT 'document', d.id::text, s.state, concat_ws('; ', nullif(s.detail, ''), (SELECT 'sender unknown: ' || u.why FROM unknown_senders u WHERE u.document_id = d.id LIMIT 1)), s.changed_at
FROM documents d JOIN document_states s ON s.document_id = d.id WHERE s.state IN ('received', 'review') ORDER BY d.id;

-- name: LedgerPages
SELECT 'page', p.document_id || '.' || p.no, p.state,
    concat_ws('; ', nullif(p.detail, ''), (SELECT 'sender unknown: ' || u.why FROM unknown_senders u WHERE u.document_id = p.document_id LIMIT 1)), p.changed_at FROM pages p WHERE p.state = 'review' ORDER BY p.document_id, p.no;

-- name: LedgerOrders
SELECT 'order', o.number, o.state, CASE o.state
    WHEN 'held' THEN o.hold_reason
    WHEN 'accepted' THEN 'waits for stock'
    WHEN 'short' THEN 'STK-2: ' || (SELECT string_agg(format('item %s lacks %s, %s', l.item_code, l.qty - l.cancelled_qty - l.reserved_qty,
            coalesce('which come in on ' || l.restock_on, 'no day is known: ask the customer')), '; ' ORDER BY l.no)
        FROM order_lines l WHERE l.order_id = o.id AND l.class <> 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty)
    ELSE CASE WHEN EXISTS (SELECT FROM shipments s WHERE s.order_id = o.id AND s.state = 'planned' AND s.ship_on IS NULL)
        THEN 'CUT-6: a line made to order waits for a date from the desk' ELSE 'CUT-6: goods made to order wait for their ship day' END END, o.accepted_at
FROM orders o
WHERE o.state IN ('held', 'accepted', 'short') OR (o.state = 'allocated' AND NOT EXISTS (
    SELECT FROM allocations a WHERE a.order_id = o.id AND a.pick_list_id IS NULL))
ORDER BY o.id;

-- name: LedgerPickLists
-- Lists that are not made yet, or not wholly reported: released orders stand on them.
SELECT p.number, w.warehouse_code, w.class, w.ship_on, coalesce(p.issued_at, w.released_at), p.issued_at IS NOT NULL,
    count(*) FILTER (WHERE a.shipped_qty + a.short_qty < a.qty), count(*)
FROM pick_lists p JOIN waves w ON w.id = p.wave_id JOIN allocations a ON a.pick_list_id = p.id
WHERE p.shipped_at IS NULL GROUP BY p.id, w.id ORDER BY p.id;

-- name: LedgerDeliveries
SELECT 'delivery', v.id::text, v.state, i.file_name || ' to ' || v.recipient || CASE WHEN v.detail = '' THEN '' ELSE ': ' || v.detail END, v.created_at
FROM deliveries v JOIN issued_documents i ON i.id = v.issued_document_id WHERE v.state IN ('waiting', 'failed') ORDER BY v.id;

-- name: LedgerRuns
SELECT 'run', schedule, 'waiting', 'due ' || to_char(due_at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD HH24:MI'), inserted_at
FROM schedule_runs WHERE finished_at IS NULL ORDER BY due_at, schedule;

-- name: LedgerJobs
SELECT 'job', id::text, state::text, kind || ' ' || args::text, coalesce(finalized_at, created_at)
FROM river_job WHERE state IN ('discarded', 'cancelled') ORDER BY id;

-- name: JobsUnfinished
SELECT count(*) FROM river_job WHERE state IN ('available', 'running', 'retryable', 'pending', 'scheduled');

-- name: LedgerThresholds
-- Kinds of fields of which nothing is accepted unseen any more, because audits found too much wrong.
SELECT 'threshold', t.kind, 'stopped', 'RDR-4: ' || t.reason, t.from_at
FROM (SELECT DISTINCT ON (kind) * FROM reading_thresholds ORDER BY kind, id DESC) t
WHERE t.action = 'tighten' AND t.threshold_ppm = 1000000 ORDER BY t.kind;
