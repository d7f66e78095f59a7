-- Statements about masters. Imports take whole files as arrays; WITH ORDINALITY keeps the
-- row's place so that a complaint can name it.

-- name: CalendarAll
SELECT "on", kind, name FROM calendar_days ORDER BY "on";

-- name: RegionsAll
SELECT code, prefectures, postal_prefixes, cutoff_fax, cutoff_web, cutoff_truck, lead_days, from_on
FROM regions ORDER BY from_on NULLS FIRST, position, code;

-- name: CarrierDaysAll
SELECT carrier, region, class, from_on, to_on, weekdays, lead_days, name FROM carrier_days ORDER BY position;

-- name: CarrierDaysClear
DELETE FROM carrier_days;

-- name: CarrierDayInsert
INSERT INTO carrier_days (position, carrier, region, class, from_on, to_on, weekdays, lead_days, name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: WarehousesAll
-- Those of all times; what does not change with the day is the warehouse's own.
SELECT code, name, regions, fallback_order, channel, formats, fallback_lead_days, NULL::date AS from_on FROM warehouses
UNION ALL SELECT w.code, w.name, t.regions, t.fallback_order, w.channel, w.formats, t.fallback_lead_days, t.from_on
FROM warehouse_terms t JOIN warehouses w ON w.code = t.warehouse_code
ORDER BY fallback_order, code, from_on NULLS FIRST;

-- name: ItemsAll
SELECT code, name, name_kana, unit, order_multiple, list_price_yen, tax_rate, class, category, returnable,
    no_saturday, eco_marks, successor_code, discontinued
FROM items ORDER BY code;

-- name: DepartmentsAll
-- As imported, without what the desk keeps.
SELECT d.code, d.name, d.company_code, c.name, coalesce(d.dealer_code, ''), d.fax, d.email, d.postal_code,
    d.prefecture, d.address, d.price_list, d.points, d.stockout, d.payment, '', '', ''
FROM departments d JOIN companies c ON c.code = d.company_code ORDER BY d.code;

-- name: ShipTosAll
SELECT code, company_code, name, postal_code, prefecture, address FROM ship_tos ORDER BY company_code, code;

-- name: UsualItems
SELECT l.item_code
FROM order_lines l JOIN orders o ON o.id = l.order_id JOIN items i ON i.code = l.item_code
WHERE o.department_code = $1 AND o.state <> 'cancelled' AND NOT i.discontinued
GROUP BY l.item_code
ORDER BY count(DISTINCT o.id) DESC, sum(l.qty) DESC, l.item_code
LIMIT $2;

-- name: MastersVersionBump
UPDATE masters_version SET version = version + 1;

-- name: MastersLock
SELECT pg_advisory_xact_lock(hashtext('todoke masters'));

-- name: MastersStand
-- Whether no import is under way; the next one waits for this transaction.
SELECT pg_try_advisory_xact_lock_shared(hashtext('todoke masters'));

-- name: DealersUpsert
INSERT INTO dealers (code, name, registration_number, address, fax, email)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
ON CONFLICT (code) DO UPDATE SET name = excluded.name, registration_number = excluded.registration_number,
    address = excluded.address, fax = excluded.fax, email = excluded.email;

-- name: CompaniesUpsert
INSERT INTO companies (code, name)
SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (code) DO UPDATE SET name = excluded.name;

-- name: DepartmentsUpsert
INSERT INTO departments (code, name, company_code, dealer_code, fax, email, postal_code, prefecture, address,
    price_list, points, stockout, payment)
SELECT code, name, company_code, nullif(dealer_code, ''), fax, email, postal_code, prefecture, address,
    price_list, points, stockout, payment
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::boolean[], $12::text[], $13::text[])
    AS t (code, name, company_code, dealer_code, fax, email, postal_code, prefecture, address, price_list, points, stockout, payment)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, company_code = excluded.company_code,
    dealer_code = excluded.dealer_code, fax = excluded.fax, email = excluded.email, postal_code = excluded.postal_code,
    prefecture = excluded.prefecture, address = excluded.address, price_list = excluded.price_list,
    points = excluded.points, stockout = excluded.stockout, payment = excluded.payment;

-- name: UsersUpsert
INSERT INTO users (code, department_code, name, email, role)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
ON CONFLICT (code) DO UPDATE SET department_code = excluded.department_code, name = excluded.name,
    email = excluded.email, role = excluded.role;

-- name: ShipTosUpsert
INSERT INTO ship_tos (company_code, code, name, postal_code, prefecture, address)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
ON CONFLICT (company_code, code) DO UPDATE SET name = excluded.name, postal_code = excluded.postal_code,
    prefecture = excluded.prefecture, address = excluded.address;

-- name: ItemsUpsert
INSERT INTO items (code, name, name_kana, unit, order_multiple, list_price_yen, tax_rate, class, category, returnable,
    no_saturday, eco_marks, successor_code, discontinued)
SELECT code, name, name_kana, unit, order_multiple, list_price_yen, tax_rate, class, category, returnable,
    no_saturday, CASE WHEN eco_marks = '' THEN '{}' ELSE string_to_array(eco_marks, chr(31)) END, successor_code, discontinued
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::smallint[], $8::text[],
    $9::text[], $10::boolean[], $11::boolean[], $12::text[], $13::text[], $14::boolean[])
    AS t (code, name, name_kana, unit, order_multiple, list_price_yen, tax_rate, class, category, returnable,
        no_saturday, eco_marks, successor_code, discontinued)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_kana = excluded.name_kana, unit = excluded.unit,
    order_multiple = excluded.order_multiple, list_price_yen = excluded.list_price_yen, tax_rate = excluded.tax_rate,
    class = excluded.class, category = excluded.category, returnable = excluded.returnable,
    no_saturday = excluded.no_saturday, eco_marks = excluded.eco_marks, successor_code = excluded.successor_code,
    discontinued = excluded.discontinued;

-- name: PricesDelete
DELETE FROM contract_prices WHERE price_list = ANY($1);

-- name: PricesInsert
INSERT INTO contract_prices (price_list, item_code, from_on, price_yen)
SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::bigint[]);

-- name: RegionsDelete
-- The tables of some days; of the beginning where $2.
DELETE FROM regions WHERE from_on = ANY($1) OR $2 AND from_on IS NULL;

-- name: RegionsClear
DELETE FROM regions;

-- name: RegionInsert
INSERT INTO regions (code, position, prefectures, postal_prefixes, cutoff_fax, cutoff_web, cutoff_truck, lead_days, from_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: WarehouseUpsert
INSERT INTO warehouses (code, name, regions, fallback_order, channel, formats, fallback_lead_days)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, regions = excluded.regions,
    fallback_order = excluded.fallback_order, channel = excluded.channel, formats = excluded.formats,
    fallback_lead_days = excluded.fallback_lead_days;

-- name: WarehouseTermsClear
DELETE FROM warehouse_terms WHERE warehouse_code = ANY($1);

-- name: WarehouseTermInsert
INSERT INTO warehouse_terms (warehouse_code, from_on, regions, fallback_order, fallback_lead_days) VALUES ($1, $2, $3, $4, $5);

-- name: CalendarDelete
DELETE FROM calendar_days WHERE extract(year FROM "on")::int = ANY($1);

-- name: CalendarInsert
INSERT INTO calendar_days ("on", kind, name)
SELECT * FROM unnest($1::date[], $2::text[], $3::text[]);

-- name: StockLockAll
SELECT s.warehouse_code, s.item_code, s.on_hand_qty, s.reserved_qty
FROM stock s JOIN unnest($1::text[], $2::text[]) AS t (warehouse_code, item_code) USING (warehouse_code, item_code)
ORDER BY s.item_code, s.warehouse_code
FOR UPDATE OF s;

-- name: StockUpsert
-- As a count holds what changes on hand; a row that leaves it as it is may be about the restock day alone.
INSERT INTO stock (warehouse_code, item_code, on_hand_qty, restock_on, counted_at)
SELECT t.*, $5::timestamptz FROM unnest($1::text[], $2::text[], $3::int[], $4::date[]) AS t
ON CONFLICT (item_code, warehouse_code) DO UPDATE SET on_hand_qty = excluded.on_hand_qty, restock_on = excluded.restock_on,
    counted_at = CASE WHEN stock.on_hand_qty = excluded.on_hand_qty THEN stock.counted_at ELSE excluded.counted_at END;

-- name: CodesMissing
-- The places (from 0) of codes that a table lacks; the table is put in by name.
SELECT ordinality::int - 1 FROM unnest($1::text[]) WITH ORDINALITY AS t (code, ordinality)
WHERE code <> '' AND NOT EXISTS (SELECT FROM %s m WHERE m.code = t.code)
ORDER BY ordinality;

-- name: ShopFrontUpsert
INSERT INTO shop_fronts (code, name, token_sha256, free_address, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, token_sha256 = excluded.token_sha256,
    free_address = excluded.free_address, revoked_at = NULL;

-- name: ShopFrontByToken
SELECT code, name, free_address FROM shop_fronts WHERE token_sha256 = $1 AND revoked_at IS NULL;

-- name: ShopFrontRevoke
UPDATE shop_fronts SET revoked_at = $2 WHERE code = $1 AND revoked_at IS NULL;

-- name: StockFind
SELECT s.warehouse_code, s.item_code, i.name, s.on_hand_qty, s.reserved_qty, s.restock_on
FROM stock s JOIN items i ON i.code = s.item_code
WHERE (cardinality($1::text[]) = 0 OR s.item_code = ANY($1)) AND ($2 = '' OR s.warehouse_code = $2)
ORDER BY s.item_code, s.warehouse_code;

-- name: MastersCount
SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM departments) + (SELECT count(*) FROM warehouses);

-- name: MasterCodes
SELECT 'items', code FROM items UNION ALL SELECT 'departments', code FROM departments
UNION ALL SELECT 'companies', code FROM companies UNION ALL SELECT 'dealers', code FROM dealers
UNION ALL SELECT 'warehouses', code FROM warehouses;

-- name: RuleHistory
SELECT id, name, before, after, reason, by, at FROM rule_changes WHERE $1 = '' OR name = $1 ORDER BY id DESC LIMIT $2;

-- name: RuleChangeInsert
INSERT INTO rule_changes (name, before, after, reason, by, at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: PreviewOrders
-- The newest orders of some days ($1 to $2).
SELECT id FROM orders WHERE accepted_at >= $1 AND accepted_at < $2 ORDER BY accepted_at DESC, id DESC LIMIT $3;

-- name: PreviewCarried
-- Shipments whose carrier's days would change: region $1, class $2, and the day $3 on which they
-- leave ($4), or else arrive.
SELECT count(DISTINCT s.id) FROM shipments s JOIN orders o ON o.id = s.order_id
JOIN unnest($1::text[], $2::text[], $3::date[], $4::bool[]) AS c (region, class, day, leaves)
  ON c.class = s.class AND c.region = o.region_code AND c.day = CASE WHEN c.leaves THEN s.ship_on ELSE s.arrival_on END
WHERE s.state = 'planned';

-- name: CarriedAgain
-- Those of PreviewCarried are planned anew.
UPDATE shipments SET replan = true WHERE id IN (
    SELECT s.id FROM shipments s JOIN orders o ON o.id = s.order_id
    JOIN unnest($1::text[], $2::text[], $3::date[], $4::bool[]) AS c (region, class, day, leaves)
      ON c.class = s.class AND c.region = o.region_code AND c.day = CASE WHEN c.leaves THEN s.ship_on ELSE s.arrival_on END
    WHERE s.state = 'planned');

-- name: PreviewPlanned
SELECT count(*) FROM shipments WHERE state = 'planned' AND (ship_on = ANY($1) OR arrival_on = ANY($1));
