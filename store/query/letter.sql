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
