-- Statements about mails: what was attached to them, and answers to those that carry no fax.

-- name: MailAnswersLock
-- Answers are counted, so that two given at the same moment must see each other.
SELECT pg_advisory_xact_lock(hashtext('todoke mail answers'));

-- name: MailAnswersCount
-- Answers to all on a day; those to a person on the days before and up to it.
SELECT count(*) FILTER (WHERE on_day = $1), count(*) FILTER (WHERE person = $2 AND on_day > $3 AND on_day <= $1),
    count(*) FILTER (WHERE document_id = $4)
FROM mail_answers WHERE on_day = $1 OR person = $2 OR document_id = $4;

-- name: MailAnswerInsert
INSERT INTO mail_answers (document_id, person, on_day, issued_document_id, thread, answered_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: MailThread
SELECT thread FROM mail_answers WHERE issued_document_id = $1;

-- name: MailPartInsert
INSERT INTO mail_parts (document_id, no, path, file_name, media_type, size_bytes, part_id, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: MailParts
SELECT no, path, file_name, media_type, size_bytes, coalesce(part_id, 0), why FROM mail_parts WHERE document_id = $1 ORDER BY no;

-- name: MailAnswerByHand
INSERT INTO mail_answers (document_id, person, on_day, issued_document_id, thread, answered_at, by, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: MailAnswersOfCount
SELECT count(*) FROM mail_answers WHERE document_id = $1;

-- name: MailAnswersOf
-- The answers to a mail and how each went, oldest first.
SELECT a.issued_document_id, i.blob_key, a.answered_at, a.by, a.reason, coalesce(v.recipient, ''), coalesce(v.state, ''), v.sent_at
FROM mail_answers a JOIN issued_documents i ON i.id = a.issued_document_id
LEFT JOIN LATERAL (SELECT * FROM deliveries d WHERE d.issued_document_id = i.id ORDER BY d.id DESC LIMIT 1) v ON true
WHERE a.document_id = $1 ORDER BY a.issued_document_id;
