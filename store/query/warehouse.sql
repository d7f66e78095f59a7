-- Statements about partner warehouses: their profiles and where goods lie in them.

-- name: WarehouseProfileUpsert
INSERT INTO warehouse_profiles (warehouse_code, halves, sort, encoding, column_keys, headings, copies, slips, returns, address, chase_minutes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (warehouse_code) DO UPDATE SET halves = excluded.halves, sort = excluded.sort, encoding = excluded.encoding,
    column_keys = excluded.column_keys, headings = excluded.headings, copies = excluded.copies, slips = excluded.slips,
    returns = excluded.returns, address = excluded.address, chase_minutes = excluded.chase_minutes;

-- name: WarehouseProfileGet
SELECT warehouse_code, halves, sort, encoding, column_keys, headings, copies, slips, returns, address, chase_minutes
FROM warehouse_profiles WHERE warehouse_code = $1;

-- name: StorageLocationsDelete
DELETE FROM storage_locations WHERE warehouse_code = ANY($1);

-- name: StorageLocationsInsert
INSERT INTO storage_locations (warehouse_code, item_code, location)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[]);
