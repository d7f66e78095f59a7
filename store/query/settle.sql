-- Statements of what people do with pages beside settling their fields: turn, split, join, attach.

-- name: RereadInsert
INSERT INTO rereads (page_id, turn, by, asked_at) VALUES ($1, $2, $3, $4) RETURNING id;

-- name: RereadGet
-- The page as it came: one that was split off has its number there.
SELECT r.page_id, p.document_id, p.no, coalesce(s.no, p.no), r.turn, r.by, r.done_at IS NOT NULL
FROM rereads r JOIN pages p ON p.id = r.page_id LEFT JOIN pages s ON s.id = p.split_from
WHERE r.id = $1;

-- name: RereadDone
UPDATE rereads SET done_at = $2, outcome = $3 WHERE id = $1 AND done_at IS NULL;

-- name: RereadLatest
SELECT id, turn, done_at IS NOT NULL, outcome FROM rereads WHERE page_id = $1 ORDER BY id DESC LIMIT 1;

-- name: PageLock
SELECT state FROM pages WHERE id = $1 FOR UPDATE;

-- name: PageJoin
-- The page's lines, and those of pages that were joined to it, are on another page's order.
UPDATE pages SET state = 'joined', joined_to = $2 WHERE id = $1 OR joined_to = $1;

-- name: PagesJoined
SELECT p.id, p.document_id, p.no, p.blob_key, p.width_px, p.height_px, p.x_dpi, p.y_dpi, p.coding, p.bad_rows, p.state, p.detail,
    coalesce(p.order_id, 0), '', 0::bigint, 0, 0
FROM pages p WHERE p.joined_to = $1 ORDER BY p.document_id, p.no;

-- name: PageJoinedTo
SELECT j.id, j.document_id, j.no FROM pages p JOIN pages j ON j.id = p.joined_to WHERE p.id = $1;

-- name: PagesJoinedOrder
-- With the order that the page became, or lost, so did the pages that continue it.
UPDATE pages SET order_id = $2, changed_at = $3 WHERE joined_to = $1;

-- name: PageSplit
-- A second reading of a page, with the next number of its document.
INSERT INTO pages (document_id, no, blob_key, width_px, height_px, x_dpi, y_dpi, coding, bad_rows, state, detail, changed_at, split_from)
SELECT document_id, (SELECT max(no) + 1 FROM pages m WHERE m.document_id = p.document_id), blob_key, width_px, height_px, x_dpi, y_dpi,
    coding, bad_rows, 'review', $2, $3, coalesce(split_from, id)
FROM pages p WHERE id = $1
RETURNING id, no;

-- name: PageLast
SELECT max(no) FROM pages WHERE document_id = $1;

-- name: AttachedToOrder
-- Pages and whole documents that belong to an order without ordering anything.
SELECT p.document_id, p.no, p.detail, p.changed_at FROM pages p WHERE p.order_id = $1 AND p.state = 'attached'
UNION ALL
SELECT s.document_id, 0, s.detail, s.changed_at FROM document_states s WHERE s.order_id = $1 AND s.state IN ('attached', 'split', 'read')
ORDER BY 4, 1, 2;

-- name: ReviewDeadline
UPDATE reviews SET deadline_at = $2 WHERE id = $1;
