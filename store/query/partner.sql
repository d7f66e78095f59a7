-- Statements about what partner warehouses hand in, and how they are asked.

-- name: PartnerFileInsert
INSERT INTO partner_files (warehouse_code, channel, name, sender, sha256, size_bytes, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (warehouse_code, sha256) DO NOTHING
RETURNING id;

-- name: PartnerFilesList
-- One file $1; those of a warehouse $2, in a state $3, of the bytes $4; newest first.
SELECT id, warehouse_code, channel, name, sender, sha256, size_bytes, received_at, state, error, settled_at
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
