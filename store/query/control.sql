-- Statements about purchase control: approval flows, budgets and locks (APR-1, BUD-1, LCK-1).

-- name: ControlsOfDepartment
-- All of each department in one row; most have none. $2 are the periods of budgets in question.
SELECT w.code, (SELECT json_agg(f) FROM approval_flows f WHERE f.department_code = w.code),
    (SELECT array_agg(code ORDER BY code) FROM users WHERE department_code = w.code AND role = 'admin'),
    (SELECT json_agg(b ORDER BY b.user_code, b.span, b.from_on) FROM budgets b WHERE b.department_code = w.code),
    (SELECT json_agg(u) FROM (SELECT user_code, span, period, sum(yen)::bigint AS yen FROM budget_entries
        WHERE department_code = w.code AND period = ANY($2) GROUP BY 1, 2, 3) u),
    (SELECT json_agg(l ORDER BY l.id) FROM item_locks l WHERE l.department_code = w.code),
    coalesce((SELECT d.hold FROM departments d WHERE d.code = w.code), ''),
    (SELECT array_agg(code) FROM users WHERE department_code = w.code)
FROM unnest($1::text[]) AS w (code);

-- name: ApprovalFlowsDelete
DELETE FROM approval_flows WHERE department_code = ANY($1);

-- name: ApprovalFlowInsert
INSERT INTO approval_flows (department_code, from_on, all_orders, total_from_yen, unit_price_from_yen, over_budget, level1, level2)
VALUES ($1, $2, $3, nullif($4::bigint, 0), nullif($5::bigint, 0), $6, $7, $8);

-- name: ApproversOfDepartments
-- Who may approve for each department: those of its company.
SELECT d.code, u.code FROM departments d JOIN departments same USING (company_code) JOIN users u ON u.department_code = same.code
WHERE d.code = ANY($1) AND u.role IN ('admin', 'approver');

-- name: UsersOfDepartments
SELECT department_code, code FROM users WHERE department_code = ANY($1);

-- name: DelegationsDelete
DELETE FROM approval_delegations WHERE from_user = ANY($1);

-- name: DelegationsInsert
INSERT INTO approval_delegations (from_user, to_user, since_on, until_on)
SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::date[]);

-- name: CompaniesOfUsers
SELECT u.code, d.company_code FROM users u JOIN departments d ON d.code = u.department_code WHERE u.code = ANY($1);

-- name: BudgetsDelete
DELETE FROM budgets WHERE department_code = ANY($1);

-- name: BudgetsInsert
INSERT INTO budgets (department_code, user_code, span, from_on, limit_yen, over, year_start)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::bigint[], $6::text[], $7::text[]);

-- name: LocksDelete
DELETE FROM item_locks WHERE department_code = ANY($1);

-- name: LocksInsert
INSERT INTO item_locks (department_code, user_code, item_code, category, from_on, until_on, reason)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[], $6::date[], $7::text[]);

-- name: BudgetEntryInsert
INSERT INTO budget_entries (order_id, department_code, user_code, span, period, yen, at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: BudgetEntriesOfOrder
SELECT order_id, department_code, user_code, span, period, yen, at FROM budget_entries WHERE order_id = $1 ORDER BY id;

-- name: BudgetOrders
-- What some departments' orders come to that were received since a moment.
SELECT id, department_code, user_code, received_at, goods_yen + fee_yen FROM orders
WHERE department_code = ANY($1) AND received_at >= $2 AND state <> 'cancelled' ORDER BY id;

-- name: BudgetEntriesOfOrders
SELECT order_id, department_code, user_code, span, period, yen, at FROM budget_entries WHERE order_id = ANY($1) ORDER BY id;

-- name: BudgetEntriesOf
-- The movements of a department in some periods, with their orders.
SELECT e.order_id, e.department_code, e.user_code, e.span, e.period, e.yen, e.at, o.number
FROM budget_entries e JOIN orders o ON o.id = e.order_id
WHERE e.department_code = $1 AND e.period = ANY($2) ORDER BY e.id DESC LIMIT $3;

-- name: BudgetReserved
-- What is taken of budgets in some periods for orders that have not left yet.
SELECT e.user_code, e.span, e.period, sum(e.yen)::bigint FROM budget_entries e JOIN orders o ON o.id = e.order_id
WHERE e.department_code = $1 AND e.period = ANY($2) AND o.state <> 'shipped' GROUP BY 1, 2, 3;

-- name: BudgetDepartments
SELECT DISTINCT department_code FROM budgets WHERE $1 = '' OR department_code = $1 ORDER BY 1;
