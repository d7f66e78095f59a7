-- +goose Up

-- As of when the count or import holds that an item's stock on hand stands on, also where it agreed
-- with the books: an older one that comes later changes nothing (WHS-2).
ALTER TABLE stock ADD COLUMN counted_at timestamptz;
UPDATE stock s SET counted_at = v.counted_at
FROM (SELECT warehouse_code, item_code, max(counted_at) AS counted_at FROM stock_movements WHERE counted_at IS NOT NULL GROUP BY 1, 2) v
WHERE v.warehouse_code = s.warehouse_code AND v.item_code = s.item_code;

-- +goose Down
ALTER TABLE stock DROP COLUMN counted_at;
