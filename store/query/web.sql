-- Statements about web orders' attempts.

-- name: KeysInsert
INSERT INTO idempotency_keys (shop_front, key, body_sha256, created_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[])
ON CONFLICT DO NOTHING
RETURNING shop_front, key;

-- name: KeyGet
SELECT body_sha256, coalesce(order_id, 0), answer FROM idempotency_keys WHERE shop_front = $1 AND key = $2;

-- name: KeysAnswer
UPDATE idempotency_keys k SET document_id = t.document_id, order_id = t.order_id, answer = t.answer
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::jsonb[]) AS t (shop_front, key, document_id, order_id, answer)
WHERE k.shop_front = t.shop_front AND k.key = t.key;
