-- Statements that find orders and customers. Of orders every one of them takes: $1 state, $2 channel,
-- received from $3 to before $4, before ($5, $6) of the list, at most $7; $8 whether they are of the departments $9,
-- $10 whether they have one of the items $11, $12 the amount, if any; newest first. The
-- whole list goes by when its orders came, which days narrow; what words find, by number.

-- name: FindRecent
SELECT o.id, o.received_at FROM orders o
WHERE ($1 = '' OR o.state = $1) AND ($2 = '' OR o.channel = $2)
      AND o.received_at >= $3 AND o.received_at < $4 AND (o.received_at, o.id) < ($5, $6)
      AND (NOT $8 OR o.department_code = ANY($9))
      AND (NOT $10 OR EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.item_code = ANY($11)))
      AND ($12::bigint IS NULL OR o.goods_yen = $12 OR order_total(o.goods_yen, o.fee_yen, o.taxes) = $12)
ORDER BY o.received_at DESC, o.id DESC LIMIT $7;

-- name: FindRecentState
SELECT o.id, o.received_at FROM orders o
WHERE o.state = $1 AND ($2 = '' OR o.channel = $2) AND o.received_at >= $3 AND o.received_at < $4 AND (o.received_at, o.id) < ($5, $6)
ORDER BY o.received_at DESC, o.id DESC LIMIT $7;

-- name: FindRecentChannel
SELECT o.id, o.received_at FROM orders o
WHERE o.channel = $1 AND o.received_at >= $2 AND o.received_at < $3 AND (o.received_at, o.id) < ($4, $5)
ORDER BY o.received_at DESC, o.id DESC LIMIT $6;

-- name: FindOfDepartments
-- Where nothing else narrows them, an index holds all that is asked of each department's orders.
SELECT o.id, o.received_at FROM (
    SELECT o.id FROM unnest($9::text[]) AS c (code) CROSS JOIN LATERAL (
        SELECT o.id FROM orders o
        WHERE o.department_code = c.code AND ($1 = '' OR o.state = $1) AND ($2 = '' OR o.channel = $2)
          AND ($3::timestamptz = '-infinity' OR o.received_at >= $3) AND ($4::timestamptz = 'infinity' OR o.received_at < $4)
          AND o.id < $6 AND $5::timestamptz IS NOT NULL AND $8::boolean
          AND (NOT $10 OR EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.item_code = ANY($11)))
          AND ($12::bigint IS NULL OR o.goods_yen = $12 OR order_total(o.goods_yen, o.fee_yen, o.taxes) = $12)
        ORDER BY o.id DESC LIMIT $7) o
    ORDER BY o.id DESC LIMIT $7) f JOIN orders o ON o.id = f.id
ORDER BY o.id DESC;

-- name: FindOfItems
SELECT DISTINCT o.id, o.received_at FROM unnest($11::text[]) AS c (code) CROSS JOIN LATERAL (
    SELECT o.id, o.received_at FROM order_lines l JOIN orders o ON o.id = l.order_id
    WHERE l.item_code = c.code AND ($1 = '' OR o.state = $1) AND ($2 = '' OR o.channel = $2)
      AND o.received_at >= $3 AND o.received_at < $4 AND o.id < $6 AND $5::timestamptz IS NOT NULL
      AND (NOT $8 OR o.department_code = ANY($9))
      AND (NOT $10 OR EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.item_code = ANY($11)))
      AND ($12::bigint IS NULL OR o.goods_yen = $12 OR order_total(o.goods_yen, o.fee_yen, o.taxes) = $12)
    ORDER BY l.order_id DESC LIMIT $7) o
ORDER BY o.id DESC LIMIT $7;

-- name: FindOfAmount
SELECT o.id, o.received_at FROM (
    (SELECT o.id, o.received_at FROM orders o WHERE o.goods_yen = $12 AND ($1 = '' OR o.state = $1) AND ($2 = '' OR o.channel = $2)
      AND o.received_at >= $3 AND o.received_at < $4 AND o.id < $6 AND $5::timestamptz IS NOT NULL
      AND (NOT $8 OR o.department_code = ANY($9))
      AND (NOT $10 OR EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.item_code = ANY($11)))
      AND ($12::bigint IS NULL OR o.goods_yen = $12 OR order_total(o.goods_yen, o.fee_yen, o.taxes) = $12) ORDER BY o.id DESC LIMIT $7)
    UNION
    (SELECT o.id, o.received_at FROM orders o WHERE order_total(o.goods_yen, o.fee_yen, o.taxes) = $12 AND ($1 = '' OR o.state = $1) AND ($2 = '' OR o.channel = $2)
      AND o.received_at >= $3 AND o.received_at < $4 AND o.id < $6 AND $5::timestamptz IS NOT NULL
      AND (NOT $8 OR o.department_code = ANY($9))
      AND (NOT $10 OR EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.item_code = ANY($11)))
      AND ($12::bigint IS NULL OR o.goods_yen = $12 OR order_total(o.goods_yen, o.fee_yen, o.taxes) = $12) ORDER BY o.id DESC LIMIT $7)) o
ORDER BY o.id DESC LIMIT $7;

-- name: FindOfDocument
SELECT o.id, o.received_at FROM orders o
WHERE o.document_id = $13 AND ($14 = 0 OR o.page_no = $14) AND ($1 = '' OR o.state = $1) AND ($2 = '' OR o.channel = $2)
      AND o.received_at >= $3 AND o.received_at < $4 AND o.id < $6 AND $5::timestamptz IS NOT NULL
      AND (NOT $8 OR o.department_code = ANY($9))
      AND (NOT $10 OR EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.item_code = ANY($11)))
      AND ($12::bigint IS NULL OR o.goods_yen = $12 OR order_total(o.goods_yen, o.fee_yen, o.taxes) = $12)
ORDER BY o.id DESC LIMIT $7;

-- name: FindOfNumbers
SELECT o.id, o.received_at FROM orders o
WHERE o.id >= $13 AND o.id < $14 AND ($1 = '' OR o.state = $1) AND ($2 = '' OR o.channel = $2)
      AND o.received_at >= $3 AND o.received_at < $4 AND o.id < $6 AND $5::timestamptz IS NOT NULL
      AND (NOT $8 OR o.department_code = ANY($9))
      AND (NOT $10 OR EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.item_code = ANY($11)))
      AND ($12::bigint IS NULL OR o.goods_yen = $12 OR order_total(o.goods_yen, o.fee_yen, o.taxes) = $12)
ORDER BY o.id DESC LIMIT $7;

-- name: FindOfCaller
-- Sent from a number from $13 to before $14, which the planner can look up without knowing them, as far
-- as the sender claims it.
SELECT o.id, o.received_at FROM documents d JOIN orders o ON o.document_id = d.id
WHERE d.caller ~>=~ $13 AND d.caller ~<~ $14 AND d.caller <> '' AND ($1 = '' OR o.state = $1) AND ($2 = '' OR o.channel = $2)
      AND o.received_at >= $3 AND o.received_at < $4 AND o.id < $6 AND $5::timestamptz IS NOT NULL
      AND (NOT $8 OR o.department_code = ANY($9))
      AND (NOT $10 OR EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.item_code = ANY($11)))
      AND ($12::bigint IS NULL OR o.goods_yen = $12 OR order_total(o.goods_yen, o.fee_yen, o.taxes) = $12)
ORDER BY o.id DESC LIMIT $7;

-- name: FindRows
-- What a list tells of orders: lines, how many of them are short, the first arrival.
SELECT o.id, o.number, o.state, o.hold_reason, o.channel, o.received_at, o.department_code, coalesce(c.name, ''), coalesce(d.name, ''), o.goods_yen, o.fee_yen,
    order_total(o.goods_yen, o.fee_yen, o.taxes), l.n, CASE WHEN o.state = 'short' THEN l.short ELSE 0 END, s.arrival_on, coalesce(o.document_id, 0), o.page_no
FROM orders o LEFT JOIN departments d ON d.code = o.department_code LEFT JOIN companies c ON c.code = d.company_code
CROSS JOIN LATERAL (SELECT count(*)::int AS n, (count(*) FILTER (WHERE reserved_qty + cancelled_qty < qty))::int AS short FROM order_lines WHERE order_id = o.id) l
CROSS JOIN LATERAL (SELECT min(arrival_on) AS arrival_on FROM shipments WHERE order_id = o.id AND state <> 'cancelled') s
WHERE o.id = ANY($1) ORDER BY o.id DESC;

-- name: FindDepartments
-- Departments of which company and name, or code, hold every word; and those of a fax number that begins so.
WITH p AS MATERIALIZED (SELECT coalesce(array_agg('%' || replace(replace(replace(fold(w), '\', '\\'), '%', '\%'), '_', '\_') || '%'), '{}') AS words FROM unnest($1::text[]) w)
SELECT d.code FROM p, departments d JOIN companies c ON c.code = d.company_code
WHERE (c.search || d.search) LIKE ALL (p.words) ORDER BY d.code LIMIT $2;

-- name: FindDepartmentsByMail
-- The department's address, or one of its users'.
(SELECT code FROM departments WHERE email <> '' AND lower(email) = lower($1) ORDER BY code LIMIT $2)
UNION (SELECT department_code FROM users WHERE email <> '' AND lower(email) = lower($1) ORDER BY department_code LIMIT $2) ORDER BY code LIMIT $2;

-- name: FindDepartmentsByFax
-- The fax number, or the telephone that the desk keeps.
(SELECT code FROM departments WHERE fax ~>=~ $1 AND fax ~<~ $3 AND fax <> '' ORDER BY code LIMIT $2)
UNION (SELECT code FROM departments WHERE desk_phone ~>=~ $1 AND desk_phone ~<~ $3 AND desk_phone <> '' ORDER BY code LIMIT $2) ORDER BY code LIMIT $2;

-- name: FindItems
WITH p AS MATERIALIZED (SELECT coalesce(array_agg('%' || replace(replace(replace(fold(w), '\', '\\'), '%', '\%'), '_', '\_') || '%'), '{}') AS words FROM unnest($1::text[]) w)
SELECT i.code FROM p, items i WHERE i.search LIKE ALL (p.words) ORDER BY i.code LIMIT $2;

-- name: FindDocumentsByCaller
-- The latest documents whose claimed number begins with $1; $2 is beyond all that do.
SELECT id FROM documents WHERE caller ~>=~ $1 AND caller ~<~ $2 AND caller <> '' ORDER BY caller USING ~>~, received_at DESC LIMIT $3;
