-- Statements about what partner warehouses hand in, and how they are asked.

-- name: PartnerFilesLock
-- Files of a warehouse are taken in one after the other: of two under one key the second sees the first.
SELECT pg_advisory_xact_lock(hashtextextended('todoke files of ' || $1::text, 7));

-- name: PartnerFileInsert
INSERT INTO partner_files (warehouse_code, channel, name, sender, sha256, size_bytes, received_at, result_key, transmissions)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, array_remove(ARRAY[$9::text], ''))
RETURNING id;

-- name: PartnerFileBefore
-- The file of the warehouse $1 with the bytes $2 that the sending $3 brought, else the latest of them.
SELECT id, $3::text = ANY(transmissions) FROM partner_files WHERE warehouse_code = $1 AND sha256 = $2
ORDER BY 2 DESC, id DESC LIMIT 1 FOR UPDATE;

-- name: PartnerFileComesAgain
-- A file that is not read, or was refused and is settled by nobody, and that its partner sends once more
-- is read as it now came, and answered that way.
UPDATE partner_files SET state = 'received', error = '', settled_at = NULL, faults = NULL, channel = $2, name = $3, sender = $4, received_at = $5,
    transmissions = transmissions || array_remove(ARRAY[$6::text], '')
WHERE id = $1 AND state IN ('received', 'refused') AND closed_at IS NULL;

-- name: PartnerFilesList
-- One file $1; those of a warehouse $2, in a state $3, of the bytes $4; newest first.
SELECT id, warehouse_code, channel, name, sender, sha256, size_bytes, received_at, state, error, settled_at,
    kind, row_count, outcome, faults, closed_at, closed_by, closed_note, result_key, undated
FROM partner_files
WHERE ($1::bigint IS NULL OR id = $1) AND $2 IN ('', warehouse_code) AND $3 IN ('', state) AND $4 IN ('', sha256)
ORDER BY id DESC LIMIT $5;

-- name: PartnerFileSettle
UPDATE partner_files SET state = $2, error = $3, settled_at = $4 WHERE id = $1 AND state = 'received';

-- name: WarehouseExists
SELECT EXISTS (SELECT FROM warehouses WHERE code = $1);

-- name: WarehouseTokenInsert
INSERT INTO warehouse_tokens (warehouse_code, name, token_sha256, created_at) VALUES ($1, $2, $3, $4);

-- name: WarehouseTokenRevoke
UPDATE warehouse_tokens SET revoked_at = $3 WHERE warehouse_code = $1 AND name = $2 AND revoked_at IS NULL;

-- name: WarehouseTokenFind
SELECT warehouse_code, name FROM warehouse_tokens WHERE token_sha256 = $1 AND revoked_at IS NULL;

-- name: WarehouseTokensList
SELECT warehouse_code, name, created_at, revoked_at FROM warehouse_tokens ORDER BY warehouse_code, id;

-- name: PickListsForPartner
-- Issued lists of a warehouse $1, oldest first: in a state $2, issued since $3, after the number $4.
SELECT p.number, w.ship_on, w.class, w.released_at, p.issued_at, p.acknowledged_at, p.shipped_at,
    (SELECT count(DISTINCT a.order_id) FROM allocations a WHERE a.pick_list_id = p.id),
    (SELECT count(*) FROM allocations a WHERE a.pick_list_id = p.id),
    (SELECT coalesce(sum(a.qty), 0) FROM allocations a WHERE a.pick_list_id = p.id)
FROM pick_lists p JOIN waves w ON w.id = p.wave_id
WHERE w.warehouse_code = $1 AND p.issued_at IS NOT NULL
  AND CASE $2 WHEN 'open' THEN p.acknowledged_at IS NULL AND p.shipped_at IS NULL
      WHEN 'acknowledged' THEN p.acknowledged_at IS NOT NULL AND p.shipped_at IS NULL
      WHEN 'shipped' THEN p.shipped_at IS NOT NULL ELSE true END
  AND ($3::timestamptz IS NULL OR p.issued_at >= $3)
  AND p.id > coalesce((SELECT id FROM pick_lists WHERE number = $4), 0)
ORDER BY p.id LIMIT $5;

-- name: PickListFiles
-- The documents that a list was issued with, each once.
SELECT id, file_name, format, sha256, size_bytes FROM issued_documents WHERE pick_list_id = $1 AND file_name <> '' ORDER BY id;

-- name: ChasesOpen
-- Lists whose partner is asked after them: sent, and neither acknowledged nor shipped.
SELECT p.id, f.warehouse_code, f.contact, v.sent_at, n.at, p.chased, f.chase_minutes
FROM pick_lists p JOIN waves w ON w.id = p.wave_id JOIN warehouse_profiles f ON f.warehouse_code = w.warehouse_code
CROSS JOIN LATERAL (SELECT max(v.sent_at) AS sent_at FROM issued_documents i JOIN deliveries v ON v.issued_document_id = i.id WHERE i.pick_list_id = p.id) v
CROSS JOIN LATERAL (SELECT max(n.at) AS at FROM pick_list_notes n WHERE n.pick_list_id = p.id AND n.kind = 'chased') n
WHERE p.chasing AND p.told_at IS NULL AND p.acknowledged_at IS NULL AND p.shipped_at IS NULL AND p.issued_at IS NOT NULL
  AND v.sent_at IS NOT NULL
ORDER BY v.sent_at, p.id;

-- name: PickListChased
UPDATE pick_lists SET chased = chased + 1, told_at = CASE WHEN $4 THEN $3::timestamptz END
WHERE id = $1 AND chased = $2 AND acknowledged_at IS NULL AND shipped_at IS NULL;

-- name: PartnerFileByKey
SELECT sha256 FROM partner_files WHERE warehouse_code = $1 AND (result_key = $2 OR 'key ' || $2 = ANY(transmissions)) ORDER BY id LIMIT 1;

-- name: WarehousesSeen
-- The warehouse $1, or all where it is empty, with how many of its files wait for a person.
SELECT h.code, h.name, h.channel, (SELECT count(*) FROM partner_files f WHERE f.state IN ('refused', 'asks') AND f.closed_at IS NULL AND f.warehouse_code = h.code)
FROM warehouses h WHERE $1 IN ('', h.code) ORDER BY h.code;

-- name: WarehouseLists
-- The latest $2 lists of the warehouse $1, or of each where it is empty: how they left, what was said of them.
SELECT h.code, p.number, p.ship_on, p.class, p.issued_at, p.acknowledged_at, p.acknowledged_by, p.chasing, p.chased, p.told_at, p.shipped_at, p.shipped_by,
    a.orders, a.qty, a.shipped, a.short, coalesce(d.way, ''), d.sent_at, coalesce(d.waiting, false), coalesce(d.failed, false)
FROM warehouses h CROSS JOIN LATERAL (
    SELECT p.*, w.ship_on, w.class FROM pick_lists p JOIN waves w ON w.id = p.wave_id
    WHERE w.warehouse_code = h.code AND p.issued_at IS NOT NULL ORDER BY p.id DESC LIMIT $2) p
CROSS JOIN LATERAL (
    SELECT count(DISTINCT order_id)::int AS orders, coalesce(sum(qty), 0)::int AS qty, coalesce(sum(shipped_qty), 0)::int AS shipped, coalesce(sum(short_qty), 0)::int AS short
    FROM allocations WHERE pick_list_id = p.id) a
CROSS JOIN LATERAL (
    SELECT max(coalesce(nullif(v.way, ''), v.channel)) AS way, max(v.sent_at) AS sent_at, bool_or(v.state = 'waiting') AS waiting, bool_or(v.state = 'failed') AS failed
    FROM issued_documents i JOIN deliveries v ON v.issued_document_id = i.id WHERE i.pick_list_id = p.id AND v.state <> 'resent') d
WHERE $1 IN ('', h.code) ORDER BY h.code, p.id DESC;

-- name: PartnerFilesLatest
-- The latest $2 files of the warehouse $1, or of each where it is empty, columns as of PartnerFilesList.
SELECT f.id, f.warehouse_code, f.channel, f.name, sender, sha256, size_bytes, received_at, state, error, settled_at,
    kind, row_count, outcome, faults, closed_at, closed_by, closed_note, result_key, undated
FROM warehouses h CROSS JOIN LATERAL (SELECT * FROM partner_files f WHERE f.warehouse_code = h.code ORDER BY f.id DESC LIMIT $2) f
WHERE $1 IN ('', h.code) ORDER BY f.warehouse_code, f.id DESC;

-- name: PartnerFileMovements
-- How a file $1 changed stock on hand, at most $2 items.
SELECT v.item_code, coalesce(i.name, ''), v.qty, v.kind, v.reason
FROM stock_movements v LEFT JOIN items i ON i.code = v.item_code WHERE v.file_id = $1 ORDER BY v.item_code, v.id LIMIT $2;
