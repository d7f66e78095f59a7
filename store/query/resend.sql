-- Statements that find what a page may be another fax of (FAX-5).

-- name: ResendLock
-- Whoever looks at pages of one customer, of one number or with the same pixels waits here for
-- whoever looks at such pages already, and then sees what became of them.
SELECT pg_advisory_xact_lock(hashtextextended(k, 5))
FROM (SELECT unnest($1::text[]) AS k ORDER BY 1) keys;

-- name: PageLikenessInsert
INSERT INTO page_likenesses (page_id, customer_code, caller, received_at, legible, ink) VALUES ($1, $2, $3, $4, $5, $6);

-- name: PageLikenessCustomer
UPDATE page_likenesses SET customer_code = $2 WHERE page_id = $1 AND customer_code <> $2;

-- name: PageLikeness
SELECT caller, ink FROM page_likenesses WHERE page_id = $1;

-- name: DocumentCaller
SELECT coalesce(nullif(d.caller, ''), p.caller, '')
FROM documents d LEFT JOIN documents p ON p.id = d.parent_id
WHERE d.id = $1;

-- name: ResendPages
-- Pages that became an order or wait for a person, of the customer ($2), from the number ($3) or
-- with the same pixels ($4), received within the window; the newest first.
WITH candidates (page_id) AS (
    SELECT page_id FROM page_likenesses WHERE customer_code = $2 AND customer_code <> '' AND received_at BETWEEN $5 AND $6
    UNION
    SELECT page_id FROM page_likenesses WHERE caller = $3 AND caller <> '' AND received_at BETWEEN $5 AND $6
    UNION
    SELECT id FROM pages WHERE blob_key = $4 AND blob_key <> ''
)
SELECT p.id, p.document_id, p.no, p.state, p.blob_key, d.sha256, d.received_at, coalesce(l.caller, ''), coalesce(l.legible, true), l.ink,
    coalesce(o.id, 0), coalesce(o.number, ''), coalesce(o.state, ''), coalesce(o.department_code, ''), coalesce(r.draft, (SELECT f.draft FROM drafts f WHERE f.page_id = p.id ORDER BY f.id DESC LIMIT 1))
FROM candidates c JOIN pages p ON p.id = c.page_id JOIN documents d ON d.id = p.document_id
    LEFT JOIN page_likenesses l ON l.page_id = p.id
    LEFT JOIN orders o ON o.id = p.order_id
    LEFT JOIN reviews r ON r.page_id = p.id
WHERE p.id <> $1 AND p.joined_to IS DISTINCT FROM $1 AND p.state IN ('ordered', 'review', 'joined') AND d.received_at BETWEEN $5 AND $6
    AND NOT EXISTS (SELECT FROM pages me WHERE me.id = $1 AND coalesce(me.split_from, me.id) = coalesce(p.split_from, p.id))
ORDER BY d.received_at DESC, p.id DESC
LIMIT 500;

-- name: ResendOrders
-- Orders of a department that were received within the window and not cancelled, but for that of
-- the page itself; the newest first.
SELECT o.id, o.number, o.state, o.channel, o.received_at, coalesce(o.document_id, 0), o.page_no
FROM orders o
WHERE o.department_code = $1 AND o.state <> 'cancelled' AND o.received_at BETWEEN $2 AND $3
ORDER BY o.received_at DESC, o.id DESC
LIMIT 500;

-- name: SplitPages
-- The pages that a page was split into, or that it is one of: no two of them hold the same goods.
SELECT p.no FROM pages me JOIN pages p ON p.document_id = me.document_id AND coalesce(p.split_from, p.id) = coalesce(me.split_from, me.id)
WHERE me.id = $1 AND p.id <> $1;

-- name: ResendGoods
SELECT order_id, item_code, qty FROM order_lines WHERE order_id = ANY($1) ORDER BY order_id, no;

-- name: SupersedingPages
-- Pages that came after a page that could not be read, from the same number or of the same
-- customer, and could be.
SELECT p.document_id, p.no, d.received_at, coalesce(o.number, '')
FROM page_likenesses mine
    JOIN page_likenesses l ON l.page_id <> mine.page_id AND l.legible
        AND (l.caller = mine.caller AND l.caller <> '' OR l.customer_code = mine.customer_code AND l.customer_code <> '')
        AND l.received_at BETWEEN mine.received_at AND $2
    JOIN pages p ON p.id = l.page_id AND p.state IN ('ordered', 'review')
    JOIN documents d ON d.id = p.document_id AND d.id <> (SELECT document_id FROM pages WHERE id = mine.page_id)
    LEFT JOIN orders o ON o.id = p.order_id
WHERE mine.page_id = $1 AND NOT mine.legible
ORDER BY d.received_at, p.id
LIMIT 5;
