-- What happened around the orders that were copied in. Rows stand as they would after their history,
-- which is not worked through again.

-- name: begin
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '64MB';
SET maintenance_work_mem = '256MB';

-- name: customers
INSERT INTO companies (code, name)
SELECT 'B' || i, (ARRAY['株式会社','有限会社','合同会社'])[1 + i % 3] || (ARRAY['青葉','みどり','さくら','富士見','若松','日の出','大和','栄','朝日','双葉'])[1 + i / 3 % 10]
    || (ARRAY['商事','印刷','建設','運輸','製作所','食品','設計','薬局','不動産','会計事務所'])[1 + i / 30 % 10] || i FROM generate_series(1, 2000) i;
INSERT INTO departments (code, name, company_code, fax, postal_code, prefecture, address, points, stockout, payment)
SELECT (60000000 + i)::text, (ARRAY['総務部','経理課','営業部','本社','資材課'])[1 + i % 5], 'B' || 1 + (i - 1) / 5, '03' || lpad(i::text, 8, '0'), '1000001', '東京都',
    '千代田区千代田' || i, true, 'backorder', 'invoice' FROM generate_series(1, 10000) i;

-- name: documents
INSERT INTO documents (id, source, external_id, received_at, stored_at, caller, file_name, media_type, sha256, size_bytes)
OVERRIDING SYSTEM VALUE
SELECT o.id, CASE o.channel WHEN 'web' THEN 'web:front' ELSE 'folder' END, o.id::text, o.received_at, o.received_at,
    CASE o.channel WHEN 'web' THEN '' ELSE '03' || lpad((o.id % 10000)::text, 8, '0') END, 'fax-' || o.id || '.tif',
    CASE o.channel WHEN 'web' THEN 'application/json' ELSE 'image/tiff' END, lpad(o.id::text, 64, '0'), 30000 FROM orders o;
INSERT INTO document_states (document_id, state, order_id, changed_at)
SELECT id, CASE channel WHEN 'web' THEN 'ordered' ELSE 'read' END, CASE channel WHEN 'web' THEN id END, received_at FROM orders;
INSERT INTO pages (document_id, no, blob_key, width_px, height_px, x_dpi, y_dpi, state, order_id, changed_at)
SELECT id, 1, lpad(id::text, 64, '0'), 1728, 2292, 204, 196, 'ordered', id, accepted_at FROM orders WHERE channel = 'fax';
INSERT INTO page_likenesses (page_id, customer_code, caller, received_at, legible)
SELECT p.id, o.department_code, d.caller, d.received_at, true FROM pages p JOIN orders o ON o.id = p.order_id JOIN documents d ON d.id = p.document_id;
INSERT INTO document_claims (document_id, kind, value, by, made_at)
SELECT id, 'serial', row_number() OVER (ORDER BY id), 'gateway 0312345678', received_at FROM orders WHERE channel = 'fax' AND id % 2 = 0;
INSERT INTO reviews (document_id, page_id, state, reasons, opened_at, closed_at, closed_by, order_id)
SELECT o.id, p.id, 'settled', '[]', o.received_at, o.accepted_at, '佐藤 花', o.id
FROM orders o JOIN pages p ON p.document_id = o.id WHERE o.id % 5 = 2;
INSERT INTO review_facts (review_id, why, form, customer_code, value_yen)
SELECT r.id, 'doubt', 'order', o.department_code, o.goods_yen FROM reviews r JOIN orders o ON o.id = r.order_id;

-- name: lines
INSERT INTO order_lines (order_id, no, item_code, name, unit, class, qty, reserved_qty, unit_price_yen, tax_rate)
SELECT o.id, l, i.code, i.name, i.unit, 'normal', 1 + (o.id + l) % 9, CASE WHEN o.state IN ('accepted', 'held') OR o.state = 'short' AND l = 1 THEN 0 ELSE 1 + (o.id + l) % 9 END,
    i.list_price_yen, 10
FROM orders o CROSS JOIN LATERAL generate_series(1, 1 + (o.id % 5)::integer) l
JOIN (SELECT row_number() OVER (ORDER BY code) - 1 AS n, * FROM items WHERE class = 'normal') i
    ON i.n = (o.id * 7919 + l * 104729) % (SELECT count(*) FROM items WHERE class = 'normal');

-- name: shipments
ANALYZE orders, order_lines;
INSERT INTO shipments (order_id, no, state, class, warehouse_code, acceptance_on, ready_on, ship_on, arrival_on)
SELECT id, 1, CASE state WHEN 'shipped' THEN 'shipped' WHEN 'cancelled' THEN 'cancelled' WHEN 'released' THEN 'released' ELSE 'planned' END, 'normal',
    (SELECT code FROM warehouses ORDER BY code LIMIT 1), acceptance_on, acceptance_on, acceptance_on, acceptance_on + 1 FROM orders;
INSERT INTO waves (id, warehouse_code, ship_on, class, released_at) OVERRIDING SYSTEM VALUE
SELECT row_number() OVER (ORDER BY d, h), (SELECT code FROM warehouses ORDER BY code LIMIT 1), d, 'normal', (d + h) AT TIME ZONE 'Asia/Tokyo'
FROM (SELECT DISTINCT acceptance_on AS d FROM orders) o, (VALUES (time '13:11'), ('17:01'), ('18:30')) t(h);
INSERT INTO pick_lists (id, number, wave_id, issued_at, shipped_at, shipped_by)
SELECT 500000000 + id, 'P' || id, id, released_at, CASE WHEN id <= (SELECT max(id) - 40 FROM waves) THEN released_at + interval '2 hours' END, CASE WHEN id <= (SELECT max(id) - 40 FROM waves) THEN '倉庫' ELSE '' END FROM waves;
INSERT INTO allocations (order_id, line_no, warehouse_code, item_code, qty, shipment_id, pick_list_id, allocated_at)
SELECT l.order_id, l.no, s.warehouse_code, l.item_code, l.reserved_qty, s.id, CASE WHEN s.state IN ('shipped', 'released') THEN w.list END, o.accepted_at
FROM order_lines l JOIN orders o ON o.id = l.order_id JOIN shipments s ON s.order_id = o.id
JOIN (SELECT ship_on, min(500000000 + id) AS list FROM waves GROUP BY 1) w ON w.ship_on = s.ship_on
WHERE l.reserved_qty > 0 AND s.state <> 'cancelled';

-- name: events
ANALYZE shipments, allocations;
INSERT INTO events (order_id, document_id, kind, rule, text, inputs, by, at)
SELECT o.id, o.id, e.kind, e.rule, e.text, '{"qty":3}', CASE WHEN e.kind = 'noted' THEN '佐藤 花' ELSE '' END, o.accepted_at
FROM orders o CROSS JOIN (VALUES ('accepted', 'CUT-4', 'Accepted.'), ('promised', 'CUT-5', 'Arrives the next business day.'), ('allocated', 'STK-1', 'Reserved.'),
    ('noted', 'KEP-2', 'The customer called.')) e(kind, rule, text) WHERE e.kind <> 'noted' OR o.id % 10 = 0;
INSERT INTO issued_documents (kind, number, format, file_name, blob_key, sha256, size_bytes, issued_at, order_id, document_id)
SELECT 'acknowledgement', id::text, 'pdf', 'answer-' || number || '.pdf', '', lpad('', 64, '1'), 20000, accepted_at, id, id FROM orders WHERE channel = 'fax' AND id % 2 = 0;
INSERT INTO deliveries (issued_document_id, channel, recipient, state, created_at, sent_at)
SELECT id, 'fax', '0312345678', CASE WHEN id % 999 = 0 THEN 'failed' ELSE 'sent' END, issued_at, issued_at + interval '40 seconds' FROM issued_documents;
INSERT INTO answers (order_id, department_code, state, wanted_at, due_at, detail, closed_at)
SELECT id, department_code, 'desk', accepted_at, accepted_at, 'FAX-3: the customer has no registered fax number', accepted_at FROM orders WHERE channel = 'web' ORDER BY id DESC LIMIT 200;
INSERT INTO schedule_runs (schedule, due_at, inserted_at, finished_at)
SELECT 'wave_' || to_char(released_at AT TIME ZONE 'Asia/Tokyo', 'HH24MI'), released_at, released_at, released_at FROM waves;

-- name: waiting
-- $1 how many wait, $2 the draft, $3 the pictures of the last pages, $4 now, $5 reasons
WITH d AS (
    INSERT INTO documents (source, external_id, received_at, stored_at, caller, file_name, media_type, sha256, size_bytes)
    SELECT 'folder', 'waits-' || i, $4::timestamptz - i * interval '3 seconds', $4, '03' || lpad((i % 10000)::text, 8, '0'), 'waits-' || i || '.tif', 'image/tiff', md5(i::text) || md5(i::text), 30000
    FROM generate_series(1, $1::integer) i RETURNING id, received_at, caller, substr(external_id, 7)::integer AS n),
s AS (INSERT INTO document_states (document_id, state, changed_at) SELECT id, 'read', received_at FROM d),
p AS (INSERT INTO pages (document_id, no, blob_key, width_px, height_px, x_dpi, y_dpi, state, changed_at)
    SELECT id, 1, coalesce(($3::text[])[$1 - n + 1], lpad(id::text, 64, '0')), 1728, 2292, 204, 196, 'review', received_at FROM d RETURNING id, document_id),
of AS (SELECT p.id, p.document_id, d.received_at, d.caller, (60000001 + p.id % 10000)::text AS customer,
    jsonb_set($2::jsonb, '{fields,0,text}', to_jsonb((60000001 + p.id % 10000)::text)) AS draft FROM p JOIN d ON d.id = p.document_id),
l AS (INSERT INTO page_likenesses (page_id, customer_code, caller, received_at, legible) SELECT id, customer, caller, received_at, true FROM of),
r AS (INSERT INTO reviews (document_id, page_id, state, reasons, draft, deadline_at, opened_at)
    SELECT document_id, id, 'open', $5::jsonb, draft, date_trunc('hour', $4::timestamptz) + (id % 3) * interval '1 day' + interval '150 minutes', $4 FROM of RETURNING id, draft),
f AS (INSERT INTO review_facts (review_id, why, form, customer_code, value_yen)
    SELECT id, (ARRAY['doubt','doubt','doubt','rule','unknown','resend'])[1 + id % 6], 'order', draft #>> '{fields,0,text}', 1000 + id % 90000 FROM r)
INSERT INTO drafts (page_id, draft, read_at) SELECT id, draft, $4 FROM of;

-- name: analyse
VACUUM (ANALYZE);
