-- Statements about schedules and what waits.

-- name: ScheduleInsert
INSERT INTO schedules (name, since_at) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: ScheduleLast
-- Runs from after $2, left by a clock that was wrong, hide nothing that falls due before them.
SELECT greatest(s.since_at, (SELECT max(r.due_at) FROM schedule_runs r WHERE r.schedule = s.name AND r.due_at <= $2))
FROM schedules s WHERE s.name = $1;

-- name: ScheduleRunInsert
INSERT INTO schedule_runs (schedule, due_at, inserted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: ScheduleRunFinish
UPDATE schedule_runs SET finished_at = $3 WHERE schedule = $1 AND due_at = $2 AND finished_at IS NULL;

-- name: ScheduleRunsList
SELECT schedule, due_at, inserted_at, finished_at FROM schedule_runs ORDER BY due_at DESC, schedule LIMIT $1;

-- name: WaitingForStock
-- New orders, backorders of which something could be reserved now, or whose customers were told
-- another day than goods come in on from $1 on (RestockMoved; STK-4).
WITH lacking AS MATERIALIZED ( -- for both; OFFSET 0 as in RestockMoved
    SELECT l.order_id, l.no, l.item_code, l.restock_on, o.stockout FROM orders o
    CROSS JOIN LATERAL (SELECT * FROM order_lines WHERE order_id = o.id AND class <> 'phone' AND reserved_qty + cancelled_qty < qty OFFSET 0) l
    WHERE o.state = 'short')
SELECT EXISTS (SELECT FROM orders WHERE state = 'accepted') OR EXISTS (
    SELECT FROM lacking l LEFT JOIN stock s ON s.item_code = l.item_code GROUP BY l.order_id, l.no, l.restock_on, l.stockout
    HAVING l.stockout = 'backorder' AND bool_or(s.reserved_qty < s.on_hand_qty)
      OR l.restock_on IS DISTINCT FROM min(s.restock_on) FILTER (WHERE s.restock_on >= $1)
        AND NOT (l.restock_on < $1 AND coalesce(bool_or(s.restock_on = l.restock_on), false)));
