-- Statements about inbound documents, their pages and what a person must settle.

-- name: DocumentInsert
INSERT INTO documents (source, external_id, parent_id, received_at, stored_at, caller, file_name, media_type, sha256, size_bytes, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (source, external_id) WHERE duplicate_of IS NULL DO NOTHING
RETURNING id;

-- name: DocumentInsertDuplicate
INSERT INTO documents (source, external_id, parent_id, received_at, stored_at, caller, file_name, media_type, sha256, size_bytes, body, duplicate_of)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
RETURNING id;

-- name: DocumentByTransmission
SELECT id, sha256 FROM documents WHERE source = $1 AND external_id = $2 AND duplicate_of IS NULL;

-- name: DocumentStateInsert
INSERT INTO document_states (document_id, state, detail, order_id, changed_at) VALUES ($1, $2, $3, $4, $5);

-- name: DocumentStatesInsert
INSERT INTO document_states (document_id, state, detail, order_id, changed_at)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[]);

-- name: DocumentStateUpdate
UPDATE document_states SET state = $2, detail = $3, order_id = $4, changed_at = $5 WHERE document_id = $1;

-- name: DocumentStateLock
SELECT state FROM document_states WHERE document_id = $1 FOR UPDATE;

-- name: DocumentsByID
SELECT d.id, d.source, d.external_id, coalesce(d.parent_id, 0), coalesce(d.duplicate_of, 0), d.received_at, d.stored_at, d.caller,
    d.file_name, d.media_type, d.sha256, d.size_bytes, s.state, s.detail, coalesce(s.order_id, 0), s.changed_at
FROM documents d JOIN document_states s ON s.document_id = d.id
WHERE d.id = ANY($1) ORDER BY d.id;

-- name: DocumentIDsList
SELECT d.id FROM documents d JOIN document_states s ON s.document_id = d.id
WHERE ($1 = '' OR s.state = $1) AND ($2 = '' OR d.source = $2) AND d.id > $3
ORDER BY d.id LIMIT $4;

-- name: DocumentBody
SELECT sha256, body FROM documents WHERE id = $1;

-- name: DocumentChildren
SELECT id FROM documents WHERE parent_id = $1 ORDER BY id;

-- name: PagesByDocument
SELECT p.id, p.document_id, p.no, p.blob_key, p.width_px, p.height_px, p.x_dpi, p.y_dpi, p.coding, p.bad_rows, p.state, p.detail,
    coalesce(p.order_id, 0), coalesce(o.number, ''), coalesce(j.document_id, 0), coalesce(j.no, 0), coalesce(s.no, 0)
FROM pages p LEFT JOIN orders o ON o.id = p.order_id LEFT JOIN pages j ON j.id = p.joined_to LEFT JOIN pages s ON s.id = p.split_from
WHERE p.document_id = ANY($1) ORDER BY p.document_id, p.no;

-- name: PageInsert
INSERT INTO pages (document_id, no, blob_key, width_px, height_px, x_dpi, y_dpi, coding, bad_rows, state, detail, order_id, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
RETURNING id;

-- name: PageStateUpdate
UPDATE pages SET state = $2, detail = $3, order_id = $4, changed_at = $5, joined_to = CASE WHEN $2 = 'joined' THEN joined_to END WHERE id = $1;

-- name: DraftInsert
INSERT INTO drafts (page_id, draft, read_at) VALUES ($1, $2, $3);

-- name: DraftLatest
SELECT draft FROM drafts WHERE page_id = $1 ORDER BY id DESC LIMIT 1;

-- name: ReviewInsert
INSERT INTO reviews (document_id, page_id, state, reasons, draft, deadline_at, opened_at)
VALUES ($1, $2, 'open', $3, $4, $5, $6)
RETURNING id;

-- name: ReviewsOpen
SELECT r.id, r.document_id, coalesce(r.page_id, 0), coalesce(p.no, 0), r.state, r.reasons, r.draft, r.deadline_at, r.opened_at,
    r.closed_at, r.closed_by, coalesce(r.order_id, 0)
FROM reviews r LEFT JOIN pages p ON p.id = r.page_id
WHERE r.state = 'open'
ORDER BY r.deadline_at NULLS LAST, r.id;

-- name: ReviewsByDocument
SELECT r.id, r.document_id, coalesce(r.page_id, 0), coalesce(p.no, 0), r.state, r.reasons, r.draft, r.deadline_at, r.opened_at,
    r.closed_at, r.closed_by, coalesce(r.order_id, 0)
FROM reviews r LEFT JOIN pages p ON p.id = r.page_id
WHERE r.document_id = $1
ORDER BY p.no NULLS FIRST, r.id;

-- name: ReviewsLock
SELECT id FROM reviews WHERE document_id = $1 ORDER BY id FOR UPDATE;

-- name: ReviewUpdate
UPDATE reviews SET state = $2, reasons = $3, draft = $4, closed_at = $5, closed_by = $6, order_id = $7 WHERE id = $1;
