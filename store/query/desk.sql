-- Statements of the desk's pages: what waits for a person, and who works on it.

-- name: ReviewFactsPut
INSERT INTO review_facts (review_id, why, form, customer_code, value_yen) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (review_id) DO UPDATE SET why = excluded.why, form = excluded.form, customer_code = excluded.customer_code, value_yen = excluded.value_yen;

-- name: TasksList
-- What waits for a person, the most urgent first. $1 at, $2 why, $3 customer, $4 source, $5 who (login, or
-- '-' for nobody), $6 form; the page begins after ($7, $8).
WITH tasks AS (
    SELECT 'review ' || r.id AS task, CASE WHEN r.page_id IS NULL THEN r.document_id::text ELSE r.document_id || '.' || p.no END AS name,
        coalesce(f.why, 'doubt') AS why, r.reasons, coalesce(f.form, '') AS form, coalesce(f.customer_code, '') AS customer_code,
        f.value_yen, d.received_at, r.deadline_at, r.opened_at, d.source, d.caller, r.document_id, 0::bigint AS order_id
    FROM reviews r JOIN documents d ON d.id = r.document_id LEFT JOIN pages p ON p.id = r.page_id LEFT JOIN review_facts f ON f.review_id = r.id
    WHERE r.state = 'open'
    UNION ALL
    SELECT 'hold ' || o.id, o.number, 'hold', jsonb_build_array(jsonb_build_object('rule', '', 'field', '', 'message', o.hold_reason)), '',
        o.department_code, o.goods_yen, o.received_at, NULL, o.accepted_at, o.channel, '', coalesce(o.document_id, 0), o.id
    FROM orders o WHERE o.state = 'held'
)
SELECT t.task, t.name, t.why, t.reasons, t.form, t.customer_code, coalesce(c.name || ' ' || e.name, ''), t.value_yen, t.received_at, t.deadline_at,
    t.opened_at, t.source, t.caller, t.document_id, t.order_id, coalesce(l.login, ''), coalesce(s.name, '')
FROM tasks t LEFT JOIN departments e ON e.code = t.customer_code LEFT JOIN companies c ON c.code = e.company_code
LEFT JOIN desk_claims l ON l.task = t.task AND l.until_at > $1 LEFT JOIN staff s ON s.login = l.login
WHERE ($2 = '' OR t.why = $2) AND ($3 = '' OR t.customer_code = $3) AND ($4 = '' OR t.source = $4) AND ($6 = '' OR t.form = $6)
  AND ($5 = '' OR $5 = '-' AND l.login IS NULL OR l.login = $5)
  AND (coalesce(t.deadline_at, 'infinity'), t.task) > ($7, $8)
ORDER BY coalesce(t.deadline_at, 'infinity'), t.task LIMIT $9;

-- name: TaskCounts
-- How much waits, by why; the value of what is known of it, and when the first must be done.
SELECT why, count(*), coalesce(sum(value_yen), 0)::bigint, min(deadline_at) FROM (
    SELECT coalesce(f.why, 'doubt') AS why, f.value_yen, r.deadline_at FROM reviews r LEFT JOIN review_facts f ON f.review_id = r.id WHERE r.state = 'open'
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
