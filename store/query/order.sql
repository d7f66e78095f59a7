-- Statements about orders: what rules need to see, saving, reading.

-- name: MastersVersion
SELECT version FROM masters_version;

-- name: DepartmentLock
SELECT d.code, d.name, d.company_code, c.name, coalesce(d.dealer_code, ''), d.fax, d.email, d.postal_code,
    d.prefecture, d.address, d.price_list, d.points, coalesce(nullif(d.desk_stockout, ''), d.stockout), d.payment, d.desk_answers, d.desk_phone, d.desk_kana
FROM departments d JOIN companies c ON c.code = d.company_code
WHERE d.code = ANY($1::text[])
ORDER BY d.code FOR NO KEY UPDATE OF d;

-- name: DepartmentGet
SELECT d.code, d.name, d.company_code, c.name, coalesce(d.dealer_code, ''), d.fax, d.email, d.postal_code,
    d.prefecture, d.address, d.price_list, d.points, coalesce(nullif(d.desk_stockout, ''), d.stockout), d.payment, d.desk_answers, d.desk_phone, d.desk_kana
FROM departments d JOIN companies c ON c.code = d.company_code
WHERE d.code = $1;

-- name: ShipTosOfDepartment
SELECT s.code, s.company_code, s.name, s.postal_code, s.prefecture, s.address
FROM ship_tos s WHERE s.company_code IN (SELECT company_code FROM departments WHERE code = ANY($1::text[]));

-- name: ItemsWithSuccessors
-- UNION drops rows seen before, so that a ring of successors ends.
WITH RECURSIVE wanted (code) AS (
    SELECT unnest($1::text[])
    UNION
    SELECT i.successor_code FROM items i JOIN wanted w ON i.code = w.code WHERE i.successor_code <> ''
)
SELECT code, name, name_kana, unit, order_multiple, list_price_yen, tax_rate, class, category, returnable,
    no_saturday, eco_marks, successor_code, discontinued
FROM items WHERE code IN (SELECT code FROM wanted);

-- name: PricesOfDepartment
-- What each department ($1) pays for the item beside it ($2), of its price list. OFFSET keeps the
-- planner to a look into the index by both columns; it would read whole price lists.
SELECT p.price_list, p.item_code, p.price_yen, p.from_on
FROM unnest($1::text[], $2::text[]) AS w (department_code, item_code)
JOIN departments d ON d.code = w.department_code
CROSS JOIN LATERAL (SELECT * FROM contract_prices c WHERE c.price_list = d.price_list AND c.item_code = w.item_code OFFSET 0) p;

-- name: OrderNextIDs
SELECT nextval('order_numbers') FROM generate_series(1, $1::int);

-- name: OrdersInsert
INSERT INTO orders (id, number, state, hold_reason, channel, received_at, accepted_at, acceptance_on, cancel_until_at,
    department_code, user_code, ship_to_code, ship_to_name, ship_to_postal_code, ship_to_prefecture, ship_to_address,
    region_code, designated_on, stockout, payment, authorisation, goods_yen, fee_yen, taxes,
    document_id, page_no, shop_front, idempotency_key, authorised_yen, fee_first, fee_until_at, approved_at, authorised_until_at)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::date[], $9::timestamptz[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
    $17::text[], $18::date[], $19::text[], $20::text[], $21::text[], $22::bigint[], $23::bigint[], $24::jsonb[],
    $25::bigint[], $26::int[], $27::text[], $28::text[], $29::bigint[], $30::text[], $31::timestamptz[], $32::timestamptz[], $33::timestamptz[]);

-- name: LinesInsert
INSERT INTO order_lines (order_id, no, item_code, name, unit, class, qty, unit_price_yen, price_list, tax_rate, comment, comment_image)
SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::bigint[], $9::text[],
    $10::smallint[], $11::text[], $12::text[]);

-- name: ShipmentsInsert
-- The rules come as one text each: arrays of arrays must be even.
INSERT INTO shipments (order_id, no, state, class, warehouse_code, acceptance_on, ready_on, ship_on, arrival_on, rules)
SELECT order_id, no, state, class, warehouse_code, acceptance_on, ready_on, ship_on, arrival_on, string_to_array(rules, ' ')
FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::date[], $9::date[], $10::text[])
    AS t (order_id, no, state, class, warehouse_code, acceptance_on, ready_on, ship_on, arrival_on, rules)
RETURNING order_id, no, id;

-- name: ShipmentUpdate
UPDATE shipments
SET state = $3, class = $4, warehouse_code = $5, acceptance_on = $6, ready_on = $7, ship_on = $8, arrival_on = $9, rules = $10
WHERE order_id = $1 AND id = $2;

-- name: OrderUpdate
UPDATE orders
SET state = $2, hold_reason = $3, acceptance_on = $4, cancel_until_at = $5, designated_on = $6, stockout = $7,
    goods_yen = $8, fee_yen = $9, taxes = $10, fee_first = $11, fee_until_at = $12, approved_at = $13
WHERE id = $1;

-- name: OrdersByID
SELECT id, number, state, hold_reason, channel, received_at, accepted_at, acceptance_on, cancel_until_at,
    department_code, user_code, ship_to_code, ship_to_name, ship_to_postal_code, ship_to_prefecture, ship_to_address,
    region_code, designated_on, stockout, payment, authorisation, goods_yen, fee_yen, taxes,
    coalesce(document_id, 0), page_no, shop_front, idempotency_key, authorised_yen, fee_first, fee_until_at, approved_at, authorised_until_at
FROM orders WHERE id = ANY($1) ORDER BY id;

-- name: OrdersLock
SELECT id FROM orders WHERE id = ANY($1) ORDER BY id FOR UPDATE;

-- name: LinesByOrder
SELECT order_id, no, item_code, name, unit, class, qty, cancelled_qty, reserved_qty, restock_on, unit_price_yen, price_list, tax_rate, comment, comment_image
FROM order_lines WHERE order_id = ANY($1) ORDER BY order_id, no;

-- name: ShipmentsByOrder
SELECT order_id, id, no, state, class, warehouse_code, acceptance_on, ready_on, ship_on, arrival_on, rules,
    shipped_on, tracking, weight_grams, delivered_on, delivered_by
FROM shipments WHERE order_id = ANY($1) ORDER BY order_id, no;

-- name: EventsByOrder
SELECT kind, rule, text, inputs, by, at FROM events WHERE order_id = $1 ORDER BY id;

-- name: CorrectionOf
-- The order that stands for a page because another page corrected it.
SELECT o.number, e.inputs->>'corrected_by'
FROM events e JOIN orders o ON o.number = e.inputs->>'order'
WHERE e.document_id = $1 AND e.rule = 'FAX-5' AND e.inputs->>'page' = $2::int::text AND e.inputs->>'corrected_by' IS NOT NULL AND o.state <> 'cancelled'
ORDER BY e.id DESC LIMIT 1;

-- name: EventsByDocument
SELECT kind, rule, text, inputs, by, at FROM events WHERE document_id = $1 ORDER BY id;

-- name: OrderIDByNumber
SELECT id FROM orders WHERE number = $1;

-- name: OrderDepartment
SELECT department_code, received_at, acceptance_on FROM orders WHERE id = $1;

-- name: OrderIDsList
SELECT id FROM orders
WHERE ($1 = '' OR state = $1) AND ($2 = '' OR department_code = $2) AND ($3 = '' OR channel = $3) AND id > $4
ORDER BY id LIMIT $5;

-- name: StockLock
SELECT warehouse_code, item_code, on_hand_qty, reserved_qty, restock_on
FROM stock WHERE item_code = ANY($1) ORDER BY item_code, warehouse_code FOR UPDATE;

-- name: StockFree
WITH freed AS (
    DELETE FROM allocations WHERE order_id = $1 AND pick_list_id IS NULL
    RETURNING line_no, item_code, warehouse_code, qty
), lines AS (
    UPDATE order_lines l SET reserved_qty = l.reserved_qty - f.qty
    FROM (SELECT line_no, sum(qty)::int AS qty FROM freed GROUP BY line_no) f
    WHERE l.order_id = $1 AND l.no = f.line_no
)
UPDATE stock s SET reserved_qty = s.reserved_qty - f.qty
FROM (SELECT item_code, warehouse_code, sum(qty)::int AS qty FROM freed GROUP BY 1, 2) f
WHERE s.item_code = f.item_code AND s.warehouse_code = f.warehouse_code;
