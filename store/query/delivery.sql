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
ON CONFLICT (issued_document_id, channel, recipient, copy) DO NOTHING
RETURNING id;

-- name: DeliveryClaim
UPDATE deliveries SET claimed_at = $2 WHERE id = $1 AND state = 'waiting';

-- name: DeliveriesList
-- One delivery $1; those in the states $2; those of an order $3 or of a pick list $4; oldest first.
SELECT v.id, v.channel, v.recipient, v.state, v.location, i.number, i.file_name, i.blob_key, i.size_bytes, v.sent_at,
    i.id, i.kind, i.format, i.subject, coalesce(i.order_id, 0), coalesce(o.number, ''), coalesce(i.document_id, 0),
    v.copy, coalesce(v.resend_of, 0), v.created_at, v.not_before, v.detail, v.maybe_twice, v.way, v.message_id, v.sent_key,
    v.decided_by, v.decided_for, v.decided_at
FROM deliveries v JOIN issued_documents i ON i.id = v.issued_document_id LEFT JOIN orders o ON o.id = i.order_id
WHERE ($1::bigint IS NULL OR v.id = $1) AND ($2::text[] IS NULL OR v.state = ANY($2)) AND ($3::text IS NULL OR o.number = $3)
  AND ($4::bigint IS NULL OR i.pick_list_id = $4)
ORDER BY v.id;

-- name: DeliverySent
UPDATE deliveries SET state = 'sent', sent_at = $2, location = $3, not_before = NULL, detail = '' WHERE id = $1 AND state = 'waiting';

-- name: DeliveryLock
SELECT state FROM deliveries WHERE id = $1 FOR UPDATE;

-- name: DeliveryToRegistered
-- FAX-3: the number is the registered one of the department that the document is for, or of some
-- department where it names none.
SELECT EXISTS (SELECT FROM departments d WHERE d.fax = v.recipient AND d.fax <> ''
    AND (d.code = i.party OR NOT EXISTS (SELECT FROM departments p WHERE p.code = i.party)))
FROM deliveries v JOIN issued_documents i ON i.id = v.issued_document_id WHERE v.id = $1;

-- name: DeliveryWait
UPDATE deliveries SET not_before = $2, detail = $3 WHERE id = $1 AND state = 'waiting';

-- name: DeliveryPutOff
-- Only where no job has it in hand: a delivery has one job at a time.
UPDATE deliveries SET not_before = $2, detail = $3 WHERE id = $1 AND state = 'waiting' AND not_before IS NOT NULL;

-- name: DeliveryFail
UPDATE deliveries SET state = 'failed', not_before = NULL, detail = $2 WHERE id = $1 AND state IN ('waiting', 'sent', 'delivered');

-- name: DeliveryReopen
-- A notice took back that it was sent: the next way has its turn.
UPDATE deliveries SET state = 'waiting', not_before = $2, detail = $3 WHERE id = $1 AND state IN ('sent', 'delivered');

-- name: DeliveryDelivered
-- It arrived, whatever we thought of it.
UPDATE deliveries SET state = 'delivered', detail = $2, not_before = NULL, sent_at = coalesce(sent_at, $3)
WHERE id = $1 AND state IN ('sent', 'waiting', 'failed');

-- name: DeliveriesWake
-- What is due gets its job: whoever takes the row in this statement inserts it.
UPDATE deliveries SET not_before = NULL WHERE id IN (
    SELECT id FROM deliveries WHERE state = 'waiting' AND not_before <= $1 ORDER BY not_before, id LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING id, channel;

-- name: DeliveryAttempts
SELECT no, way, message_id, sent_key, claimed_at, ended_at, outcome, detail, receipt
FROM delivery_attempts WHERE delivery_id = $1 ORDER BY no;

-- name: DeliveryAttemptInsert
INSERT INTO delivery_attempts (delivery_id, no, way, message_id, sent_key, claimed_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: DeliveryAttempted
UPDATE deliveries SET claimed_at = $2, way = $3, message_id = $4, sent_key = $5, maybe_twice = maybe_twice OR $6 WHERE id = $1;

-- name: DeliveryAttemptEnd
UPDATE delivery_attempts SET ended_at = $3, outcome = $4, detail = $5, receipt = $6 WHERE delivery_id = $1 AND no = $2 AND outcome = '';

-- name: DeliveryAttemptReturn
-- What was handed over under a name, or may have been, did not arrive.
UPDATE delivery_attempts SET outcome = 'returned', detail = $2, ended_at = coalesce(ended_at, $4)
WHERE delivery_id = $1 AND outcome IN ('sent', 'uncertain', '') AND message_id = $3;

-- name: DeliveryResend
INSERT INTO deliveries (issued_document_id, channel, recipient, state, created_at, copy, resend_of)
SELECT issued_document_id, channel, recipient, 'waiting', $2,
    (SELECT max(copy) + 1 FROM deliveries o WHERE (o.issued_document_id, o.channel, o.recipient) = (v.issued_document_id, v.channel, v.recipient)), id
FROM deliveries v WHERE id = $1
RETURNING id, channel;

-- name: DeliveryCopyWaits
-- Whether the document is still to be sent to the recipient as another delivery.
SELECT EXISTS (SELECT FROM deliveries o JOIN deliveries v ON (o.issued_document_id, o.channel, o.recipient) = (v.issued_document_id, v.channel, v.recipient)
    WHERE v.id = $1 AND o.id <> v.id AND o.state = 'waiting');

-- name: DeliveryDecide
UPDATE deliveries SET state = $2, not_before = NULL, decided_by = $3, decided_for = $4, decided_at = $5 WHERE id = $1;

-- name: NoticeByMessage
SELECT delivery_id, message_id FROM delivery_attempts WHERE split_part(message_id, '@', 1) = ANY($1) ORDER BY delivery_id DESC, no DESC LIMIT 1;

-- name: NoticeByReceipt
-- Jobs are counted, and anybody can count: only what was handed over between two instants and is not accounted for.
SELECT a.delivery_id, a.message_id FROM delivery_attempts a JOIN deliveries v ON v.id = a.delivery_id
WHERE a.way = $1 AND a.receipt = $2 AND a.claimed_at BETWEEN $3 AND $4 AND v.state = 'sent' ORDER BY a.claimed_at DESC LIMIT 1;

-- name: NoticeByNumber
-- Faxes handed over to one of the numbers between two instants and not accounted for.
SELECT v.id, v.message_id, i.number FROM deliveries v JOIN issued_documents i ON i.id = v.issued_document_id
WHERE v.channel = 'fax' AND v.state = 'sent' AND v.recipient = ANY($1) AND v.sent_at BETWEEN $2 AND $3 ORDER BY v.id LIMIT 20;

-- name: NoticeOurs
SELECT EXISTS (SELECT FROM issued_documents WHERE sha256 = $1);

-- name: NoticeInsert
INSERT INTO delivery_notices (document_id, delivery_id, kind, matched_by, detail, noticed_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (document_id) DO NOTHING;

-- name: NoticesOf
SELECT document_id, kind, matched_by, detail, noticed_at FROM delivery_notices WHERE delivery_id = $1 ORDER BY noticed_at, document_id;

-- name: DeliveryParty
-- Whom the document is for, and whether its order is paid by card (ACC-5).
SELECT i.party, EXISTS (SELECT FROM orders o WHERE (o.id = i.order_id OR o.document_id = i.document_id AND o.department_code = i.party) AND o.payment = 'card')
FROM deliveries v JOIN issued_documents i ON i.id = v.issued_document_id WHERE v.id = $1;

-- name: DeliveryRedirect
INSERT INTO deliveries (issued_document_id, channel, recipient, state, created_at, copy, resend_of)
SELECT issued_document_id, $2, $3, 'waiting', $4,
    (SELECT coalesce(max(copy), 0) + 1 FROM deliveries o WHERE o.issued_document_id = v.issued_document_id AND o.channel = $2 AND o.recipient = $3), id
FROM deliveries v WHERE id = $1
RETURNING id;

-- name: DeliveriesOfIssued
-- Every way that the document of a delivery went or goes, oldest first.
SELECT o.id, o.channel, o.recipient, o.state, o.location, i.number, i.file_name, i.blob_key, i.size_bytes, o.sent_at,
    i.id, i.kind, i.format, i.subject, coalesce(i.order_id, 0), '', coalesce(i.document_id, 0),
    o.copy, coalesce(o.resend_of, 0), o.created_at, o.not_before, o.detail, o.maybe_twice, o.way, o.message_id, o.sent_key,
    o.decided_by, o.decided_for, o.decided_at
FROM issued_documents i JOIN deliveries o ON o.issued_document_id = i.id
WHERE i.id = $1 ORDER BY o.id;
