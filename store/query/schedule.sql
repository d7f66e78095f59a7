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
SELECT EXISTS (SELECT FROM orders WHERE state = 'accepted') OR EXISTS (
    SELECT FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN stock s ON s.item_code = l.item_code
    WHERE o.state = 'short' AND o.stockout = 'backorder' AND l.class <> 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty
      AND s.reserved_qty < s.on_hand_qty)
OR EXISTS (
    SELECT FROM orders o JOIN order_lines l ON l.order_id = o.id
    CROSS JOIN LATERAL (
        SELECT min(restock_on) FILTER (WHERE restock_on >= $1) AS earliest, coalesce(bool_or(restock_on = l.restock_on), false) AS stands
        FROM stock WHERE item_code = l.item_code) s
    WHERE o.state = 'short' AND l.class <> 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty
      AND l.restock_on IS DISTINCT FROM s.earliest AND NOT (l.restock_on < $1 AND s.stands));
