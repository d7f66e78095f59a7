-- Statements about customers as the desk sees them: who they are, what came and went, what was
-- asked of their dealers.

-- name: CustomerRows
SELECT d.code, d.name, d.company_code, c.name, coalesce(d.dealer_code, ''), d.fax, d.email, d.postal_code,
    d.prefecture, d.address, d.price_list, d.points, coalesce(nullif(d.desk_stockout, ''), d.stockout), d.payment, d.desk_answers, d.desk_phone, d.desk_kana
FROM departments d JOIN companies c ON c.code = d.company_code WHERE d.code = ANY($1) ORDER BY c.name, d.code;

-- name: DepartmentsOfCompany
SELECT code, name FROM departments WHERE company_code = $1 ORDER BY code LIMIT 200;

-- name: UsersOfDepartment
SELECT code, department_code, name, email, role FROM users WHERE department_code = $1 ORDER BY role, code LIMIT 500;

-- name: DepartmentChoices
-- What the master says, and what the desk keeps beside it.
SELECT stockout, desk_stockout, desk_answers, desk_phone, desk_kana FROM departments WHERE code = $1;

-- name: DepartmentChoicesLock
SELECT desk_stockout, desk_answers, desk_phone, desk_kana FROM departments WHERE code = $1 FOR NO KEY UPDATE;

-- name: DepartmentChoicesSet
UPDATE departments SET desk_stockout = $2, desk_answers = $3, desk_phone = $4, desk_kana = $5 WHERE code = $1;

-- name: DepartmentChangeInsert
INSERT INTO department_changes (department_code, kind, before, after, reason, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: DepartmentChanges
SELECT kind, before, after, reason, by, at FROM department_changes WHERE department_code = $1 ORDER BY id DESC LIMIT $2;

-- name: DepartmentHold
SELECT hold FROM departments WHERE code = $1;

-- name: DepartmentHoldLock
SELECT hold FROM departments WHERE code = $1 FOR NO KEY UPDATE;

-- name: DepartmentHoldSet
UPDATE departments SET hold = $2 WHERE code = $1;

-- name: DepartmentOpenOrders
SELECT id FROM orders WHERE department_code = $1 AND state IN ('accepted', 'allocated', 'short', 'held') ORDER BY id;

-- name: SameBytesBefore
-- The first document that holds the bytes of $1, unless it is that one.
SELECT min(d.id) FROM documents d JOIN documents n ON n.sha256 = d.sha256 WHERE n.id = $1 HAVING min(d.id) < $1;

-- name: DealerGet
SELECT code, name, registration_number, address, fax, email FROM dealers WHERE code = $1;

-- name: CustomerFaxes
-- The latest documents that claim a customer's number $2, became orders of the customer $1, or are in review as the customer's.
SELECT id FROM (
    (SELECT d.id FROM documents d WHERE d.caller = $2 AND $2 <> '' ORDER BY d.received_at DESC LIMIT $3)
    UNION
    (SELECT o.document_id FROM orders o WHERE o.department_code = $1 AND o.document_id IS NOT NULL ORDER BY o.id DESC LIMIT $3)
    UNION
    (SELECT r.document_id FROM review_facts f JOIN reviews r ON r.id = f.review_id WHERE f.customer_code = $1 AND f.customer_code <> '' ORDER BY r.id DESC LIMIT $3)) t
ORDER BY id DESC LIMIT $3;

-- name: DeskDocuments
SELECT id FROM documents WHERE source LIKE 'desk:%' ORDER BY id DESC LIMIT $1;

-- name: DealerRequestNext
SELECT nextval('dealer_request_numbers');

-- name: DealerRequestInsert
INSERT INTO dealer_requests (department_code, dealer_code, order_id, subject, body, issued_document_id, state, asked_at, asked_by, changed_at, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, $7, $8) RETURNING id;

-- name: DealerRequests
-- Of a customer $1, in a state $2, before $3.
SELECT q.id, q.department_code, c.name || ' ' || d.name, q.dealer_code, l.name, coalesce(o.number, ''), q.subject, q.body, i.number, q.issued_document_id,
    coalesce(v.state, ''), coalesce(v.recipient, ''), q.state, q.asked_at, q.asked_by, q.answer, q.changed_at, q.changed_by
FROM dealer_requests q JOIN departments d ON d.code = q.department_code JOIN companies c ON c.code = d.company_code JOIN dealers l ON l.code = q.dealer_code
JOIN issued_documents i ON i.id = q.issued_document_id LEFT JOIN orders o ON o.id = q.order_id
LEFT JOIN LATERAL (SELECT state, recipient FROM deliveries v WHERE v.issued_document_id = q.issued_document_id ORDER BY v.id DESC LIMIT 1) v ON true
WHERE ($1 = '' OR q.department_code = $1) AND ($2 = '' OR q.state = $2) AND q.id < $3
ORDER BY q.id DESC LIMIT $4;

-- name: DealerRequestLock
SELECT state FROM dealer_requests WHERE id = $1 FOR UPDATE;

-- name: DealerRequestMove
UPDATE dealer_requests SET state = $2, answer = $3, changed_at = $4, changed_by = $5 WHERE id = $1;
