-- Statements about web orders' attempts.

-- name: KeyInsert
INSERT INTO idempotency_keys (shop_front, key, body_sha256, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING;

-- name: KeyGet
SELECT body_sha256, coalesce(order_id, 0), answer FROM idempotency_keys WHERE shop_front = $1 AND key = $2;

-- name: KeyAnswer
UPDATE idempotency_keys SET document_id = $3, order_id = $4, answer = $5 WHERE shop_front = $1 AND key = $2;
