-- How the shop stands, for people who look after it.

-- name: Survey
SELECT count(*), min(j.scheduled_at),
    coalesce((array_agg(j.kind ORDER BY j.scheduled_at, j.id))[1], ''),
    coalesce(array_agg(DISTINCT j.kind), '{}'),
    -- Some worker always leads; a lead that has just run out is about to be taken over.
    EXISTS (SELECT FROM river_leader WHERE expires_at > now() - interval '15 seconds'),
    (SELECT count(*) FROM reviews WHERE state = 'open'),
    EXISTS (SELECT FROM items), EXISTS (SELECT FROM departments), EXISTS (SELECT FROM warehouses),
    EXISTS (SELECT FROM approval_flows WHERE cardinality(level1) > 0)
FROM river_job j
WHERE j.state = 'available' OR j.state IN ('retryable', 'scheduled') AND j.scheduled_at <= now();

-- name: WarehouseWays
SELECT w.code, w.channel, coalesce(p.address, ''), coalesce(p.host_key, ''), coalesce(p.fetch_folder, ''), coalesce(p.contact, ''), coalesce(p.chase_minutes, 0), coalesce(p.senders, '{}'),
    EXISTS (SELECT FROM warehouse_tokens t WHERE t.warehouse_code = w.code AND t.revoked_at IS NULL)
FROM warehouses w LEFT JOIN warehouse_profiles p ON p.warehouse_code = w.code ORDER BY w.code;
