-- Statements about what people do to orders, and what an order's page tells.

-- name: OrderPagesMove
UPDATE pages SET order_id = $2 WHERE order_id = $1;

-- name: OrderReviewsMove
UPDATE reviews SET order_id = $2 WHERE order_id = $1 AND document_id = (SELECT document_id FROM orders WHERE id = $1);

-- name: OrderDocumentMove
UPDATE document_states SET order_id = $2 WHERE order_id = $1;

-- name: OrderKeyMove
-- The shop front's key is answered with the order that stands.
UPDATE idempotency_keys SET order_id = $2 WHERE (shop_front, key) = (SELECT shop_front, idempotency_key FROM orders WHERE id = $1) AND order_id = $1;

-- name: IssuedAbout
SELECT i.id, i.kind, i.number, i.format, i.file_name, i.subject, i.blob_key, i.issued_at,
    coalesce(v.id, 0), coalesce(v.channel, ''), coalesce(v.recipient, ''), coalesce(v.state, ''), v.sent_at
FROM issued_documents i LEFT JOIN deliveries v ON v.issued_document_id = i.id
WHERE (i.order_id = $1 OR i.document_id = $2) AND i.kind <> 'pick_list' ORDER BY i.id, v.id;

-- name: IssuedTo
SELECT i.id, i.kind, i.number, i.format, i.file_name, i.subject, i.blob_key, i.issued_at,
    coalesce(v.id, 0), coalesce(v.channel, ''), coalesce(v.recipient, ''), coalesce(v.state, ''), v.sent_at
FROM issued_documents i LEFT JOIN deliveries v ON v.issued_document_id = i.id
WHERE i.party = $1 AND i.kind <> 'pick_list' ORDER BY i.id DESC, v.id DESC LIMIT $2;

-- name: IssuedGet
SELECT i.id, i.kind, i.number, i.format, i.file_name, i.subject, i.blob_key, i.issued_at,
    0::bigint, '', '', '', NULL::timestamptz
FROM issued_documents i WHERE i.id = $1;

-- name: GoodsOfOrder
SELECT a.line_no, sum(a.qty - a.short_qty)::int, s.no, coalesce(p.number, ''), p.shipped_at
FROM allocations a JOIN shipments s ON s.id = a.shipment_id LEFT JOIN pick_lists p ON p.id = a.pick_list_id
WHERE a.order_id = $1 AND a.short_qty < a.qty GROUP BY a.line_no, s.no, p.number, p.shipped_at ORDER BY a.line_no, s.no;
