-- Statements about what customers are told of their faxes and orders (FAX-3, STK-2).

-- name: AnswerWantOrders
-- One row waits for each customer of a fax or order. The first answer is due at $3, a later one at $4.
INSERT INTO answers (document_id, order_id, department_code, state, wanted_at, due_at)
SELECT w.document_id, w.order_id, w.department_code, 'waiting', $2,
    CASE WHEN EXISTS (SELECT FROM answers a WHERE a.state = 'told' AND a.department_code = w.department_code
        AND (a.document_id = w.document_id OR a.order_id = w.order_id)) THEN $4::timestamptz ELSE $3::timestamptz END
FROM (SELECT DISTINCT CASE WHEN channel = 'fax' THEN document_id END AS document_id,
          CASE WHEN channel = 'fax' AND document_id IS NOT NULL THEN NULL ELSE id END AS order_id, department_code
      FROM orders WHERE id = ANY($1)) w
ORDER BY w.document_id, w.order_id, w.department_code
ON CONFLICT (coalesce(document_id, 0), coalesce(order_id, 0), department_code) WHERE state = 'waiting'
DO UPDATE SET version = answers.version + 1, due_at = least(answers.due_at, excluded.due_at);

-- name: AnswerWantDocument
INSERT INTO answers (document_id, department_code, state, wanted_at, due_at) VALUES ($1, $2, 'waiting', $3, $4)
ON CONFLICT (coalesce(document_id, 0), coalesce(order_id, 0), department_code) WHERE state = 'waiting'
DO UPDATE SET version = answers.version + 1, due_at = least(answers.due_at, excluded.due_at);

-- name: AnswerWantSettled
-- The customers of document $1 whose latest answer says that page $2 is being looked at.
INSERT INTO answers (document_id, department_code, state, wanted_at, due_at)
SELECT $1, a.department_code, 'waiting', $3, $4
FROM (SELECT DISTINCT ON (department_code) department_code, told FROM answers WHERE document_id = $1 AND state = 'told' ORDER BY department_code, no DESC) a
WHERE a.told->'checking' @> jsonb_build_array(jsonb_build_object('page', $2::integer))
ON CONFLICT (coalesce(document_id, 0), coalesce(order_id, 0), department_code) WHERE state = 'waiting'
DO UPDATE SET version = answers.version + 1, due_at = least(answers.due_at, excluded.due_at);

-- name: AnswersReady
-- Due, or standing: every order of it has been through allocation, so that a stock-out is told
-- with the rest, and either it is the first answer about something accepted, or no page waits
-- for a person any more.
SELECT a.id FROM answers a
WHERE a.state = 'waiting' AND (a.due_at <= $1 OR (
    NOT EXISTS (SELECT FROM orders o WHERE o.state = 'accepted' AND o.document_id = a.document_id AND o.department_code = a.department_code)
    AND NOT EXISTS (SELECT FROM orders o WHERE o.state = 'accepted' AND o.id = a.order_id)
    AND (a.order_id IS NOT NULL
        OR NOT EXISTS (SELECT FROM pages p WHERE p.document_id = a.document_id AND p.state = 'review')
        OR EXISTS (SELECT FROM orders o WHERE o.document_id = a.document_id AND o.department_code = a.department_code)
            AND NOT EXISTS (SELECT FROM answers b WHERE b.state = 'told' AND b.document_id = a.document_id AND b.department_code = a.department_code))))
ORDER BY a.due_at, a.id LIMIT $2;

-- name: AnswerGet
SELECT id, coalesce(document_id, 0), coalesce(order_id, 0), department_code, state, version, wanted_at, due_at, coalesce(no, 0), kind, channel,
    told, detail, closed_at, closed_by
FROM answers WHERE id = $1;

-- name: AnswerLock
-- All of the fax or order: the next number is one's own until the transaction ends.
SELECT t.id, t.state, t.version, coalesce(t.no, 0) FROM answers a
JOIN answers t ON t.document_id = a.document_id OR t.order_id = a.order_id
WHERE a.id = $1 ORDER BY t.id FOR UPDATE OF t;

-- name: AnswerLastTold
SELECT t.told FROM answers t
WHERE t.state = 'told' AND t.department_code = $3 AND (t.document_id = $1 OR t.order_id = $2) ORDER BY t.no DESC LIMIT 1;

-- name: AnswerClose
UPDATE answers SET state = $2, no = $3, kind = $4, channel = $5, told = $6, detail = $7, closed_at = $8 WHERE id = $1;

-- name: AnswerDone
UPDATE answers SET state = 'done', closed_by = $2, closed_at = $3 WHERE id = $1 AND state = 'desk';

-- name: AnswerAgain
-- What could not be told is made anew, by whatever way is registered now.
INSERT INTO answers (document_id, order_id, department_code, state, wanted_at, due_at)
SELECT document_id, order_id, department_code, 'waiting', $2, $2 FROM answers WHERE id = $1
ON CONFLICT (coalesce(document_id, 0), coalesce(order_id, 0), department_code) WHERE state = 'waiting'
DO UPDATE SET version = answers.version + 1, due_at = least(answers.due_at, excluded.due_at);

-- name: AnswersOf
SELECT id, coalesce(document_id, 0), coalesce(order_id, 0), department_code, state, version, wanted_at, due_at, coalesce(no, 0), kind, channel,
    told, detail, closed_at, closed_by
FROM answers WHERE document_id = $1 OR order_id = $2 ORDER BY id;

-- name: AnswersList
SELECT id, coalesce(document_id, 0), coalesce(order_id, 0), department_code, state, version, wanted_at, due_at, coalesce(no, 0), kind, channel,
    told, detail, closed_at, closed_by
FROM answers WHERE state = ANY($1) ORDER BY id;

-- name: AnswerDeliveries
-- What was issued about a fax or order and where each of it goes.
SELECT i.kind, i.number, i.format, v.channel, v.recipient, v.state, i.issued_at, v.sent_at
FROM issued_documents i JOIN deliveries v ON v.issued_document_id = i.id
WHERE (i.document_id = $1 OR i.order_id = $2) AND i.kind <> 'pick_list' ORDER BY i.id, v.id;

-- name: AnswerOrders
SELECT id FROM orders WHERE (document_id = $1 AND department_code = $3 AND channel = 'fax') OR id = $2 ORDER BY page_no, id;

-- name: AnswerParts
-- What of each line travels with which shipment.
SELECT a.order_id, a.line_no, s.no, sum(a.qty - a.short_qty)::int
FROM allocations a JOIN shipments s ON s.id = a.shipment_id
WHERE a.order_id = ANY($1) AND a.short_qty < a.qty GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- name: AnswerEvents
SELECT order_id, kind, rule, text, inputs, by, at FROM events WHERE order_id = ANY($1) ORDER BY id;

-- name: AnswerUserEmail
SELECT email FROM users WHERE code = $1 AND department_code = $2;

-- name: IllegibleInsert
-- A page that was taken back and called so again keeps its row, if it is the same customer's.
INSERT INTO illegible_pages (document_id, page_no, department_code, fields, by, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (document_id, page_no) DO NOTHING;

-- name: IllegibleCustomer
SELECT department_code FROM illegible_pages WHERE document_id = $1 AND page_no = $2;

-- name: IllegiblePages
-- Those that were not taken back to their review since.
SELECT page_no, department_code, fields FROM illegible_pages i WHERE document_id = $1
  AND (page_no = 0 AND EXISTS (SELECT FROM document_states s WHERE s.document_id = i.document_id AND s.state = 'junk')
    OR EXISTS (SELECT FROM pages p WHERE p.document_id = i.document_id AND p.no = i.page_no AND p.state = 'junk'))
ORDER BY page_no;

-- name: DocumentCustomers
-- Whose a fax is by what became orders of it.
SELECT DISTINCT department_code FROM orders WHERE document_id = $1 ORDER BY 1;

-- name: LedgerAnswers
-- Answers that wait only because a page of theirs does are not told twice.
SELECT 'answer', coalesce('document ' || a.document_id, 'order ' || o.number), a.state,
    CASE a.state WHEN 'waiting' THEN 'the customer ' || a.department_code || ' is told by ' || to_char(a.due_at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD HH24:MI')
    ELSE a.detail || ' (todoke answer done ' || a.id || ')' END, a.wanted_at
FROM answers a LEFT JOIN orders o ON o.id = a.order_id
WHERE a.state = 'desk' OR (a.state = 'waiting' AND NOT EXISTS (SELECT FROM pages p WHERE p.document_id = a.document_id AND p.state = 'review'))
ORDER BY a.id;
