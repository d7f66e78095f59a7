-- Statements about approvals (APR-1).

-- name: ApprovalInsert
INSERT INTO approvals (order_id, state, levels, admins, orderer, reasons, first_at, asked_at, reminded, due_at, ask)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true);

-- name: ApprovalGet
SELECT order_id, state, levels, admins, orderer, reasons, first_at, asked_at, reminded, due_at, ask FROM approvals WHERE order_id = $1;

-- name: ApprovalUpdate
UPDATE approvals SET state = $2, asked_at = $3, reminded = $4, due_at = $5, ask = $6 WHERE order_id = $1;

-- name: ApprovalSteps
SELECT level, by_user, for_user, yes, note, entered_by, at FROM approval_steps WHERE order_id = $1 ORDER BY id;

-- name: ApprovalStepInsert
INSERT INTO approval_steps (order_id, level, by_user, for_user, yes, note, entered_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: ApprovalWithdraw
UPDATE approvals SET state = 'withdrawn', due_at = NULL, ask = false WHERE order_id = $1 AND state IN ('asked', 'level1');

-- name: ApprovalAsked
UPDATE approvals SET ask = false WHERE order_id = $1;

-- name: ApprovalsWait
SELECT EXISTS (SELECT FROM approvals WHERE ask) OR EXISTS (SELECT FROM approvals WHERE due_at <= $1);

-- name: ApprovalsDue
SELECT order_id FROM approvals WHERE due_at <= $1 ORDER BY due_at, order_id LIMIT $2;

-- name: ApprovalsToAsk
SELECT order_id FROM approvals WHERE ask ORDER BY order_id LIMIT $1;

-- name: ApprovalsOpen
SELECT a.order_id, o.number, o.department_code FROM approvals a JOIN orders o ON o.id = a.order_id
WHERE a.due_at IS NOT NULL ORDER BY a.first_at, a.order_id LIMIT $1;

-- name: DelegationsFrom
SELECT from_user, to_user, since_on, until_on FROM approval_delegations WHERE from_user = ANY($1);

-- name: UsersByCode
SELECT code, department_code, name, email, role FROM users WHERE code = ANY($1);

-- name: ApprovalLinkInsert
INSERT INTO approval_links (token_sha256, order_id, level, user_code, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: ApprovalLinkGet
SELECT order_id, level, user_code, expires_at FROM approval_links WHERE token_sha256 = $1;
