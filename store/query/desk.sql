-- Statements of the desk's pages: what waits for a person, and who works on it.

-- name: ReviewFactsPut
INSERT INTO review_facts (review_id, why, form, customer_code, value_yen) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (review_id) DO UPDATE SET why = excluded.why, form = excluded.form, customer_code = excluded.customer_code, value_yen = excluded.value_yen;

-- name: TasksList
-- What waits for a person, the most urgent first. $1 at, $2 why, $3 customer, $4 source, $5 who (login, or
-- '-' for nobody), $6 form; the page begins after deadline $7 and there after review $8 and held order $9, and
-- has $10 rows. Each kind goes by its index as far as the page needs; texts are looked up for its rows
-- alone. OFFSET 0 keeps the planner from joining what it would then read whole.
WITH tasks AS MATERIALIZED (
    SELECT * FROM (
        (SELECT r.due, 1 AS rank, r.id, 'review ' || r.id AS task, coalesce(f.why, 'doubt') AS why, coalesce(f.form, '') AS form,
            coalesce(f.customer_code, '') AS customer_code, f.value_yen, r.document_id, l.login
        FROM (SELECT coalesce(deadline_at, 'infinity') AS due, id, document_id FROM reviews
              WHERE state = 'open' AND (coalesce(deadline_at, 'infinity'), id) > ($7, $8) ORDER BY coalesce(deadline_at, 'infinity'), id OFFSET 0) r
        LEFT JOIN LATERAL (SELECT * FROM review_facts f WHERE f.review_id = r.id OFFSET 0) f ON true
        LEFT JOIN LATERAL (SELECT login FROM desk_claims l WHERE l.task = 'review ' || r.id AND l.until_at > $1 OFFSET 0) l ON true
        WHERE ($2 = '' OR coalesce(f.why, 'doubt') = $2) AND ($3 = '' OR f.customer_code = $3) AND ($6 = '' OR f.form = $6)
          AND ($4 = '' OR EXISTS (SELECT FROM documents d WHERE d.id = r.document_id AND d.source = $4))
          AND ($5 <> '-' OR l.login IS NULL)
          AND ($5 IN ('', '-') OR 'review ' || r.id IN (SELECT c.task FROM desk_claims c WHERE c.login = $5 AND c.until_at > $1))
        ORDER BY r.due, r.id LIMIT $10)
        UNION ALL
        (SELECT 'infinity', 0, o.id, 'hold ' || o.id, 'hold', '', o.department_code, o.goods_yen, coalesce(o.document_id, 0), l.login
        FROM orders o LEFT JOIN LATERAL (SELECT login FROM desk_claims l WHERE l.task = 'hold ' || o.id AND l.until_at > $1 OFFSET 0) l ON true
        WHERE o.state = 'held' AND o.id > $9 AND $2 IN ('', 'hold') AND ($3 = '' OR o.department_code = $3) AND ($4 = '' OR o.channel = $4) AND $6 = ''
          AND ($5 <> '-' OR l.login IS NULL)
          AND ($5 IN ('', '-') OR 'hold ' || o.id IN (SELECT c.task FROM desk_claims c WHERE c.login = $5 AND c.until_at > $1))
        ORDER BY o.id LIMIT $10)) t
    ORDER BY due, rank, id LIMIT $10)
SELECT t.task, CASE WHEN t.rank = 0 THEN o.number WHEN r.page_id IS NULL THEN t.document_id::text ELSE t.document_id || '.' || p.no END, t.why,
    CASE WHEN t.rank = 0 THEN jsonb_build_array(jsonb_build_object('rule', '', 'field', '', 'message', o.hold_reason)) ELSE r.reasons END, t.form, t.customer_code,
    coalesce(c.name || ' ' || e.name, ''), t.value_yen, coalesce(d.received_at, o.received_at), r.deadline_at, coalesce(r.opened_at, o.accepted_at),
    coalesce(d.source, o.channel), coalesce(d.caller, ''), t.document_id, CASE WHEN t.rank = 0 THEN t.id ELSE 0 END, coalesce(t.login, ''), coalesce(s.name, '')
FROM tasks t LEFT JOIN reviews r ON t.rank = 1 AND r.id = t.id LEFT JOIN documents d ON t.rank = 1 AND d.id = t.document_id LEFT JOIN pages p ON p.id = r.page_id
LEFT JOIN orders o ON t.rank = 0 AND o.id = t.id
LEFT JOIN departments e ON e.code = t.customer_code LEFT JOIN companies c ON c.code = e.company_code LEFT JOIN staff s ON s.login = t.login
ORDER BY t.due, t.rank, t.id;

-- name: TaskCounts
-- How much waits, by why; the value of what is known of it, and when the first must be done.
SELECT why, count(*), coalesce(sum(value_yen), 0)::bigint, min(deadline_at) FROM (
    SELECT coalesce(f.why, 'doubt') AS why, f.value_yen, r.deadline_at
    FROM reviews r LEFT JOIN LATERAL (SELECT * FROM review_facts f WHERE f.review_id = r.id OFFSET 0) f ON true WHERE r.state = 'open'
    UNION ALL SELECT 'hold', o.goods_yen, NULL FROM orders o WHERE o.state = 'held') t
GROUP BY why ORDER BY why;

-- name: ClaimPut
-- Free, run out, or one's own: another's stands.
INSERT INTO desk_claims (task, login, claimed_at, until_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (task) DO UPDATE SET login = excluded.login, until_at = excluded.until_at,
    claimed_at = CASE WHEN desk_claims.login = excluded.login THEN desk_claims.claimed_at ELSE excluded.claimed_at END
WHERE desk_claims.login = excluded.login OR desk_claims.until_at <= $3
RETURNING login;

-- name: ClaimGet
SELECT c.login, s.name, c.claimed_at, c.until_at FROM desk_claims c JOIN staff s ON s.login = c.login WHERE c.task = $1 AND c.until_at > $2;

-- name: ClaimDrop
DELETE FROM desk_claims WHERE task = $1 AND login = $2;

-- name: ClaimsDropOf
DELETE FROM desk_claims WHERE login = $1;
