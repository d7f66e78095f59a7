-- Statements about partner warehouses: their profiles and where goods lie in them.

-- name: WarehouseProfileUpsert
INSERT INTO warehouse_profiles (warehouse_code, halves, sort, encoding, column_keys, headings, copies, slips, returns, address, chase_minutes,
    host_key, fetch_folder, contact, senders, result_keys, result_headings, carrier, tracking_url)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT (warehouse_code) DO UPDATE SET halves = excluded.halves, sort = excluded.sort, encoding = excluded.encoding,
    column_keys = excluded.column_keys, headings = excluded.headings, copies = excluded.copies, slips = excluded.slips,
    returns = excluded.returns, address = excluded.address, chase_minutes = excluded.chase_minutes,
    host_key = excluded.host_key, fetch_folder = excluded.fetch_folder, contact = excluded.contact, senders = excluded.senders,
    result_keys = excluded.result_keys, result_headings = excluded.result_headings, carrier = excluded.carrier, tracking_url = excluded.tracking_url;

-- name: WarehouseProfiles
-- Of one warehouse $1, or of all where it is empty.
SELECT p.warehouse_code, p.halves, p.sort, p.encoding, p.column_keys, p.headings, p.copies, p.slips, p.returns, p.address, p.chase_minutes,
    p.host_key, p.fetch_folder, p.contact, p.senders, w.name, w.channel, p.result_keys, p.result_headings, p.carrier, p.tracking_url
FROM warehouse_profiles p JOIN warehouses w ON w.code = p.warehouse_code
WHERE $1 IN ('', p.warehouse_code) ORDER BY p.warehouse_code;

-- name: StorageLocationsDelete
DELETE FROM storage_locations WHERE warehouse_code = ANY($1);

-- name: StorageLocationsInsert
INSERT INTO storage_locations (warehouse_code, item_code, location)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[]);
