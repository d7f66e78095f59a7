-- Statements about issued documents and their deliveries.

-- name: IssueInsert
-- Issued again, a document stays as it first left: no row then.
INSERT INTO issued_documents (kind, number, format, file_name, pick_list_id, blob_key, sha256, size_bytes, issued_at,
    subject, party, amount_yen, transacted_on, order_id, document_id)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (kind, number, format) DO NOTHING
RETURNING id;

-- name: IssueByName
SELECT id FROM issued_documents WHERE kind = $1 AND number = $2 AND format = $3;

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
