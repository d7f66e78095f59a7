-- Statements about issued documents and their deliveries.

-- name: IssueLock
SELECT pg_advisory_xact_lock(hashtext('todoke issued documents'));

-- name: IssueLast
SELECT chain FROM issued_documents ORDER BY id DESC LIMIT 1;

-- name: IssueInsert
INSERT INTO issued_documents (kind, number, format, file_name, pick_list_id, blob_key, sha256, size_bytes, issued_at, previous, chain,
    subject, party, amount_yen, transacted_on, order_id, document_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
RETURNING id;

-- name: IssueByName
SELECT id FROM issued_documents WHERE kind = $1 AND number = $2 AND format = $3;

-- name: IssuedAll
SELECT id, kind, number, format, file_name, coalesce(pick_list_id, 0), blob_key, sha256, size_bytes, issued_at, previous, chain
FROM issued_documents WHERE id > $1 ORDER BY id LIMIT $2;

-- name: DeliveryInsert
INSERT INTO deliveries (issued_document_id, channel, recipient, state, created_at) VALUES ($1, $2, $3, 'waiting', $4)
ON CONFLICT (issued_document_id, channel, recipient) DO NOTHING
RETURNING id;

-- name: DeliveryClaim
UPDATE deliveries SET claimed_at = $2 WHERE id = $1 AND state = 'waiting';

-- name: DeliveryGet
SELECT v.id, v.channel, v.recipient, v.state, v.location, i.number, i.file_name, i.blob_key, i.size_bytes, v.sent_at
FROM deliveries v JOIN issued_documents i ON i.id = v.issued_document_id WHERE v.id = $1;

-- name: DeliveriesList
SELECT v.id, v.channel, v.recipient, v.state, v.location, i.number, i.file_name, i.blob_key, i.size_bytes, v.sent_at
FROM deliveries v JOIN issued_documents i ON i.id = v.issued_document_id ORDER BY v.id;

-- name: DeliverySent
UPDATE deliveries SET state = 'sent', sent_at = $2, location = $3 WHERE id = $1 AND state = 'waiting';
