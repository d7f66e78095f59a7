-- Statements about the queue's jobs and about events.

-- name: JobWaits
SELECT EXISTS (SELECT FROM river_job WHERE kind = $1 AND state = 'available');

-- name: EventInsert
INSERT INTO events (order_id, document_id, kind, rule, text, inputs, by, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: JobsTakeUp
-- The queue's own clock decides when a job may start: now() is its scheduled_at, not business.
-- A process that died is no failure of the job, so the attempt does not count against it.
UPDATE river_job SET state = 'available', scheduled_at = now(), max_attempts = greatest(max_attempts, attempt + 1)
WHERE state = 'running';

-- name: JobsRetry
-- All over again: attempts are counted anew, what went wrong before stays to be read.
UPDATE river_job SET state = 'available', scheduled_at = now(), finalized_at = NULL, attempt = 0
WHERE state IN ('cancelled', 'discarded');
