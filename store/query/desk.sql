-- Statements of the desk's pages: what waits for a person, and who works on it.

-- name: ReviewFactsPut
INSERT INTO review_facts (review_id, why, form, customer_code, value_yen) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (review_id) DO UPDATE SET why = excluded.why, form = excluded.form, customer_code = excluded.customer_code, value_yen = excluded.value_yen;

-- name: TasksList
-- What waits for a person, the most urgent first. $1 at, $2 why, $3 customer, $4 source, $5 who (login, or
-- '-' for nobody), $6 form; the page begins after deadline $7 and there after review $8, or after rank $9 and id
-- $10 of what is no review, and has $11 rows. $12 are the dispatch deadlines by class and by warehouse and class;
-- lists issued by $13 should be acknowledged unless their partner is still asked after them, deliveries made by $14 should have left; what $15 put off, a login or
-- '' for nobody, is left out; payments asked for $16 times in vain wait, too. Reviews, of which there are many, go by their index as far as the page needs, and
-- texts are looked up for its rows alone. OFFSET 0 keeps the planner from joining what it would then read whole.
WITH others AS (
    SELECT (SELECT min(((s.ship_on + coalesce(($12::jsonb ->> (s.warehouse_code || ' ' || s.class))::time, ($12::jsonb ->> s.class)::time)) AT TIME ZONE 'Asia/Tokyo')) FROM shipments s WHERE s.order_id = o.id AND s.state = 'planned') AS due,
        0 AS rank, o.id, 'hold ' || o.id AS task, o.number AS name, 'hold' AS why,
        CASE o.state WHEN 'held' THEN o.hold_reason ELSE 'CUT-6: made to order, waits for a date from the desk' END AS said, '' AS rule, '' AS form,
        o.department_code AS customer_code, '' AS party, o.goods_yen AS value_yen, o.received_at, o.accepted_at AS opened_at,
        coalesce(d.source, CASE o.shop_front WHEN '' THEN o.channel ELSE 'web:' || o.shop_front END) AS source, coalesce(d.caller, '') AS caller,
        coalesce(o.document_id, 0) AS document_id, o.id AS order_id
    FROM (SELECT id FROM orders WHERE state = 'held' AND $2 IN ('', 'hold')
          UNION SELECT order_id FROM shipments WHERE class = 'phone' AND state = 'planned' AND arrival_on IS NULL AND $2 IN ('', 'hold')) t
    JOIN orders o ON o.id = t.id LEFT JOIN documents d ON d.id = o.document_id
    WHERE o.state <> 'cancelled'
    UNION ALL
    SELECT coalesce(x.due, l.due), 2, v.id, 'delivery ' || v.id, i.number, 'delivery', v.detail, 'FAX-3', i.kind, i.party, '', coalesce(x.value_yen, l.value_yen),
        v.created_at, v.created_at, 'to:' || coalesce(nullif(v.way, ''), v.channel), v.recipient, coalesce(i.document_id, 0), coalesce(i.order_id, 0)
    FROM deliveries v JOIN issued_documents i ON i.id = v.issued_document_id
    LEFT JOIN LATERAL (SELECT sum(o.goods_yen)::bigint AS value_yen,
            min((SELECT min(((s.ship_on + coalesce(($12::jsonb ->> (s.warehouse_code || ' ' || s.class))::time, ($12::jsonb ->> s.class)::time)) AT TIME ZONE 'Asia/Tokyo')) FROM shipments s WHERE s.order_id = o.id AND s.state = 'planned')) AS due
        FROM orders o WHERE (o.id = i.order_id OR o.document_id = i.document_id) AND o.state <> 'cancelled') x ON i.pick_list_id IS NULL
    LEFT JOIN LATERAL (SELECT p.value_yen, ((w.ship_on + coalesce(($12::jsonb ->> (w.warehouse_code || ' ' || w.class))::time, ($12::jsonb ->> w.class)::time)) AT TIME ZONE 'Asia/Tokyo') AS due
        FROM pick_lists p JOIN waves w ON w.id = p.wave_id WHERE p.id = i.pick_list_id) l ON i.pick_list_id IS NOT NULL
    WHERE v.state IN ('waiting', 'failed') AND (v.state = 'failed' OR v.created_at <= $14 AND v.detail <> '') AND $2 IN ('', 'delivery')
    UNION ALL
    SELECT x.due, 3, a.id, 'answer ' || a.id, a.id::text, 'delivery', a.detail, '', a.kind, a.department_code, '', x.value_yen, a.wanted_at, a.wanted_at,
        coalesce(d.source, 'web'), coalesce(d.caller, ''), coalesce(a.document_id, 0), coalesce(a.order_id, 0)
    FROM answers a LEFT JOIN documents d ON d.id = a.document_id
    LEFT JOIN LATERAL (SELECT sum(o.goods_yen)::bigint AS value_yen,
            min((SELECT min(((s.ship_on + coalesce(($12::jsonb ->> (s.warehouse_code || ' ' || s.class))::time, ($12::jsonb ->> s.class)::time)) AT TIME ZONE 'Asia/Tokyo')) FROM shipments s WHERE s.order_id = o.id AND s.state = 'planned')) AS due
        FROM orders o WHERE (o.id = a.order_id OR o.document_id = a.document_id) AND o.state <> 'cancelled') x ON true
    WHERE a.state = 'desk' AND $2 IN ('', 'delivery')
    UNION ALL
    SELECT ((w.ship_on + coalesce(($12::jsonb ->> (w.warehouse_code || ' ' || w.class))::time, ($12::jsonb ->> w.class)::time)) AT TIME ZONE 'Asia/Tokyo'), 4, p.id, 'picklist ' || p.id, p.number, 'picklist', 'the warehouse has not acknowledged the pick list', 'WHS-1', '', w.warehouse_code, h.name,
        p.value_yen, p.issued_at, p.issued_at, 'to:' || h.channel, '', 0, 0
    FROM pick_lists p JOIN waves w ON w.id = p.wave_id JOIN warehouses h ON h.code = w.warehouse_code
    WHERE p.acknowledged_at IS NULL AND p.shipped_at IS NULL AND (p.told_at IS NOT NULL OR NOT p.chasing AND p.issued_at <= $13) AND $2 IN ('', 'picklist')
    UNION ALL
    SELECT NULL, 5, o.id, 'payment ' || o.id, o.number, 'payment',
        CASE x.state WHEN 'failed' THEN 'the ' ELSE 'no answer yet from the gateway: the ' END || CASE WHEN x.kind = 'void' AND x.yen = 0 THEN 'void of the rest' ELSE x.kind || ' of ' || to_char(x.yen, 'FM999,999,999,990') || ' yen' END
            || CASE x.state WHEN 'failed' THEN ' failed' ELSE '' END,
        'PAY-1', '', o.department_code, '', o.goods_yen, o.received_at, x.at, coalesce(d.source, CASE o.shop_front WHEN '' THEN o.channel ELSE 'web:' || o.shop_front END), coalesce(d.caller, ''), coalesce(o.document_id, 0), o.id
    FROM (SELECT DISTINCT ON (order_id) order_id, kind, state, yen, coalesce(answered_at, created_at) AS at FROM payments
        WHERE (state = 'failed' OR due_at IS NOT NULL AND tries >= $16) AND $2 IN ('', 'payment') ORDER BY order_id, id) x
    JOIN orders o ON o.id = x.order_id LEFT JOIN documents d ON d.id = o.document_id
    WHERE NOT (o.state = 'held' AND o.hold_reason LIKE '%PAY-1: %')
    UNION ALL
    SELECT NULL, 6, f.id, 'partner ' || f.id, f.id::text, 'partner',
        CASE f.state WHEN 'refused' THEN 'nothing of the file ' || f.name || ' was applied: ' || coalesce(f.faults -> 0 ->> 'message', f.error) ELSE f.error END,
        'WHS-2', '', f.warehouse_code, h.name, NULL::bigint, f.received_at, f.settled_at, 'by:' || f.channel, '', 0, 0
    FROM partner_files f JOIN warehouses h ON h.code = f.warehouse_code WHERE f.state IN ('refused', 'asks') AND f.closed_at IS NULL AND $2 IN ('', 'partner')
    UNION ALL
    SELECT NULL, 7, to_char(x.day, 'YYYYMMDD')::bigint, 'cards ' || to_char(x.day, 'YYYYMMDD'), to_char(x.day, 'YYYY-MM-DD'), 'payment',
        x.n || ' differences between the card gateway''s books and ours of ' || to_char(x.day, 'YYYY-MM-DD'), 'PAY-1', '', '', '', NULL, x.at, x.at, 'cards', '', 0, 0
    FROM (SELECT d.day, count(*) AS n, min(c.at) AS at FROM card_differences d JOIN card_comparisons c ON c.id = d.found_in
        WHERE d.settled_at IS NULL AND d.gone_in IS NULL AND d.kind <> 'not_answered' AND $2 IN ('', 'payment') GROUP BY d.day) x
), tasks AS MATERIALIZED (
    SELECT * FROM (
        (SELECT r.due, 1 AS rank, r.id, 'review ' || r.id AS task, '' AS name, coalesce(f.why, 'doubt') AS why, '' AS said, '' AS rule, coalesce(f.form, '') AS form,
            coalesce(f.customer_code, '') AS customer_code, '' AS party, f.value_yen, NULL::timestamptz AS received_at, NULL::timestamptz AS opened_at, '' AS source,
            '' AS caller, r.document_id, 0::bigint AS order_id, l.login
        FROM (SELECT coalesce(deadline_at, 'infinity') AS due, id, document_id FROM reviews
              WHERE state = 'open' AND (coalesce(deadline_at, 'infinity'), id) > ($7, $8) ORDER BY coalesce(deadline_at, 'infinity'), id OFFSET 0) r
        LEFT JOIN LATERAL (SELECT * FROM review_facts f WHERE f.review_id = r.id OFFSET 0) f ON true
        LEFT JOIN LATERAL (SELECT login FROM desk_claims l WHERE l.task = 'review ' || r.id AND l.until_at > $1 OFFSET 0) l ON true
        WHERE ($2 = '' OR coalesce(f.why, 'doubt') = $2) AND ($3 = '' OR f.customer_code = $3) AND ($6 = '' OR f.form = $6)
          AND ($4 = '' OR EXISTS (SELECT FROM documents d WHERE d.id = r.document_id AND d.source = $4))
          AND ($5 <> '-' OR l.login IS NULL)
          AND ($15 = '' OR NOT EXISTS (SELECT FROM desk_put_off x WHERE x.task = 'review ' || r.id AND x.login = $15 AND x.until_at > $1))
          AND ($5 IN ('', '-') OR 'review ' || r.id IN (SELECT c.task FROM desk_claims c WHERE c.login = $5 AND c.until_at > $1))
          AND $2 NOT IN ('hold', 'delivery', 'picklist', 'payment', 'partner')
        ORDER BY r.due, r.id LIMIT $11)
        UNION ALL
        (SELECT coalesce(x.due, 'infinity'), x.rank, x.id, x.task, x.name, x.why, x.said, x.rule, x.form, x.customer_code, x.party, x.value_yen, x.received_at,
            x.opened_at, x.source, x.caller, x.document_id, x.order_id, l.login
        FROM others x LEFT JOIN desk_claims l ON l.task = x.task AND l.until_at > $1
        WHERE ($3 = '' OR x.customer_code = $3) AND ($4 = '' OR x.source = $4) AND ($6 = '' OR x.form = $6)
          AND ($15 = '' OR NOT EXISTS (SELECT FROM desk_put_off y WHERE y.task = x.task AND y.login = $15 AND y.until_at > $1))
          AND ($5 = '' OR $5 = '-' AND l.login IS NULL OR l.login = $5) AND (coalesce(x.due, 'infinity'), x.rank, x.id) > ($7, $9, $10)
        ORDER BY 1, 2, 3 LIMIT $11)) t
    ORDER BY due, rank, id LIMIT $11)
SELECT t.task, CASE WHEN t.rank <> 1 THEN t.name WHEN r.page_id IS NULL THEN t.document_id::text ELSE t.document_id || '.' || p.no END, t.why,
    CASE WHEN t.rank <> 1 THEN jsonb_build_array(jsonb_build_object('rule', t.rule, 'field', '', 'message', t.said)) ELSE r.reasons END, t.form, t.customer_code,
    coalesce(c.name || ' ' || e.name, t.party), t.value_yen, coalesce(d.received_at, t.received_at), nullif(t.due, 'infinity'), coalesce(r.opened_at, t.opened_at),
    coalesce(d.source, t.source), coalesce(d.caller, t.caller), t.document_id, t.order_id, coalesce(t.login, ''), coalesce(s.name, '')
FROM tasks t LEFT JOIN reviews r ON t.rank = 1 AND r.id = t.id LEFT JOIN documents d ON t.rank = 1 AND d.id = t.document_id LEFT JOIN pages p ON p.id = r.page_id
LEFT JOIN departments e ON e.code = t.customer_code LEFT JOIN companies c ON c.code = e.company_code LEFT JOIN staff s ON s.login = t.login
ORDER BY t.due, t.rank, t.id;

-- name: TaskCounts
-- How much waits, by why, source and form; the value of what is known of it. Lists issued by $1 should be
-- acknowledged, deliveries made by $2 should have left, payments be known after $3 tries.
SELECT why, source, form, count(*), coalesce(sum(value_yen), 0)::bigint FROM (
    SELECT coalesce(f.why, 'doubt') AS why, d.source, coalesce(f.form, '') AS form, f.value_yen
    FROM reviews r CROSS JOIN LATERAL (SELECT source FROM documents d WHERE d.id = r.document_id OFFSET 0) d
    LEFT JOIN LATERAL (SELECT * FROM review_facts f WHERE f.review_id = r.id OFFSET 0) f ON true WHERE r.state = 'open'
    UNION ALL
    SELECT 'hold', coalesce(d.source, CASE o.shop_front WHEN '' THEN o.channel ELSE 'web:' || o.shop_front END), '', o.goods_yen
    FROM (SELECT id FROM orders WHERE state = 'held'
          UNION SELECT order_id FROM shipments WHERE class = 'phone' AND state = 'planned' AND arrival_on IS NULL) w
    JOIN orders o ON o.id = w.id LEFT JOIN documents d ON d.id = o.document_id WHERE o.state <> 'cancelled'
    UNION ALL
    SELECT 'delivery', 'to:' || coalesce(nullif(v.way, ''), v.channel), i.kind, coalesce(p.value_yen,
        (SELECT sum(o.goods_yen)::bigint FROM orders o WHERE (o.id = i.order_id OR o.document_id = i.document_id) AND o.state <> 'cancelled'))
    FROM deliveries v JOIN issued_documents i ON i.id = v.issued_document_id LEFT JOIN pick_lists p ON p.id = i.pick_list_id
    WHERE v.state IN ('waiting', 'failed') AND (v.state = 'failed' OR v.created_at <= $2 AND v.detail <> '')
    UNION ALL
    SELECT 'delivery', coalesce(d.source, 'web'), a.kind,
        (SELECT sum(o.goods_yen)::bigint FROM orders o WHERE (o.id = a.order_id OR o.document_id = a.document_id) AND o.state <> 'cancelled')
    FROM answers a LEFT JOIN documents d ON d.id = a.document_id WHERE a.state = 'desk'
    UNION ALL
    SELECT 'picklist', 'to:' || h.channel, '', p.value_yen
    FROM pick_lists p JOIN waves w ON w.id = p.wave_id JOIN warehouses h ON h.code = w.warehouse_code
    WHERE p.acknowledged_at IS NULL AND p.shipped_at IS NULL AND (p.told_at IS NOT NULL OR NOT p.chasing AND p.issued_at <= $1)
    UNION ALL
    SELECT 'payment', coalesce(d.source, CASE o.shop_front WHEN '' THEN o.channel ELSE 'web:' || o.shop_front END), '', o.goods_yen
    FROM (SELECT DISTINCT ON (order_id) order_id, kind, state, yen, coalesce(answered_at, created_at) AS at FROM payments
        WHERE (state = 'failed' OR due_at IS NOT NULL AND tries >= $3) ORDER BY order_id, id) x
    JOIN orders o ON o.id = x.order_id LEFT JOIN documents d ON d.id = o.document_id
    WHERE NOT (o.state = 'held' AND o.hold_reason LIKE '%PAY-1: %')
    UNION ALL
    SELECT 'partner', 'by:' || channel, '', NULL::bigint FROM partner_files WHERE state IN ('refused', 'asks') AND closed_at IS NULL
    UNION ALL
    SELECT 'payment', 'cards', '', NULL FROM card_differences WHERE settled_at IS NULL AND gone_in IS NULL AND kind <> 'not_answered' GROUP BY day) t
GROUP BY why, source, form ORDER BY why, source, form;

-- name: ClaimsNow
SELECT DISTINCT c.login, s.name FROM desk_claims c JOIN staff s ON s.login = c.login WHERE c.until_at > $1 ORDER BY s.name, c.login;

-- name: ClaimPut
-- Free, run out, or one's own: another's stands.
INSERT INTO desk_claims (task, login, claimed_at, until_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (task) DO UPDATE SET login = excluded.login, until_at = excluded.until_at,
    claimed_at = CASE WHEN desk_claims.login = excluded.login THEN desk_claims.claimed_at ELSE excluded.claimed_at END
WHERE desk_claims.login = excluded.login OR desk_claims.until_at <= $3
RETURNING login;

-- name: ClaimTake
-- Whoever has it.
INSERT INTO desk_claims (task, login, claimed_at, until_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (task) DO UPDATE SET login = excluded.login, until_at = excluded.until_at, claimed_at = excluded.claimed_at;

-- name: ClaimGet
SELECT c.login, s.name, c.claimed_at, c.until_at FROM desk_claims c JOIN staff s ON s.login = c.login WHERE c.task = $1 AND c.until_at > $2;

-- name: ClaimDrop
DELETE FROM desk_claims WHERE task = $1 AND login = $2;

-- name: PutOffPut
-- $1 task, $2 login, $3 until, $4 now; what ran out is forgotten.
WITH old AS (DELETE FROM desk_put_off WHERE until_at <= $4 AND (task, login) <> ($1, $2)), given AS (DELETE FROM desk_claims WHERE task = $1 AND login = $2)
INSERT INTO desk_put_off (task, login, until_at) VALUES ($1, $2, $3) ON CONFLICT (task, login) DO UPDATE SET until_at = excluded.until_at;

-- name: ClaimsDropOf
DELETE FROM desk_claims WHERE login = $1;
