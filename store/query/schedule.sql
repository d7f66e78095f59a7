-- Statements about schedules and what waits.

-- name: ScheduleInsert
INSERT INTO schedules (name, since_at) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: ScheduleLast
SELECT greatest(s.since_at, (SELECT max(r.due_at) FROM schedule_runs r WHERE r.schedule = s.name)) FROM schedules s WHERE s.name = $1;

-- name: ScheduleRunInsert
INSERT INTO schedule_runs (schedule, due_at, inserted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: ScheduleRunFinish
UPDATE schedule_runs SET finished_at = $3 WHERE schedule = $1 AND due_at = $2 AND finished_at IS NULL;

-- name: ScheduleRunsList
SELECT schedule, due_at, inserted_at, finished_at FROM schedule_runs ORDER BY due_at DESC, schedule LIMIT $1;

-- name: WaitingForStock
SELECT EXISTS (SELECT FROM orders WHERE state = 'accepted');
