-- Statements by which a person at the desk finds items and customers, and what is known of a sender's own paper.

-- name: DeskItems
-- What can be ordered, with how it is read.
SELECT code, name, name_kana FROM items WHERE NOT discontinued ORDER BY code;

-- name: ItemsLike
-- At most two items that were ever sold and whose codes a pattern fits.
SELECT code FROM items WHERE code LIKE $1 LIMIT 2;

-- name: DepartmentsLike
SELECT code FROM departments WHERE code LIKE $1 LIMIT 2;

-- name: DeskDepartments
SELECT d.code, c.name || ' ' || d.name, d.fax FROM departments d JOIN companies c ON c.code = d.company_code ORDER BY d.code;

-- name: OwnPapers
-- Pages of no form of ours that came from where page $1 came from and became orders, the latest first.
SELECT g.document_id, g.no, o.department_code, p.print
FROM page_likenesses here JOIN page_likenesses l ON l.caller = here.caller AND l.page_id <> here.page_id
JOIN page_prints p ON p.page_id = l.page_id JOIN pages g ON g.id = l.page_id JOIN orders o ON o.id = g.order_id
WHERE here.page_id = $1 AND here.caller <> '' AND g.state = 'ordered' AND o.state <> 'cancelled'
ORDER BY l.received_at DESC, l.page_id DESC LIMIT 20;

-- name: PagePrint
SELECT print FROM page_prints WHERE page_id = $1;
