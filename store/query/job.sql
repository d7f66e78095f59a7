-- Statements about the queue's jobs and about events.

-- name: JobWaits
SELECT EXISTS (SELECT FROM river_job WHERE kind = $1 AND state = 'available');

-- name: EventInsert
INSERT INTO events (order_id, document_id, kind, rule, text, inputs, by, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
