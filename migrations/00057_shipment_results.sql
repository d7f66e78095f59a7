-- +goose Up

-- What warehouses said of each quantity on a list (WHS-2): the rest is still to be told.
ALTER TABLE allocations
    ADD COLUMN shipped_qty integer NOT NULL DEFAULT 0,
    ADD COLUMN short_qty   integer NOT NULL DEFAULT 0;
UPDATE allocations a SET shipped_qty = a.qty FROM pick_lists p WHERE p.id = a.pick_list_id AND p.shipped_at IS NOT NULL;
ALTER TABLE allocations
    ADD CONSTRAINT allocations_done_within_qty CHECK (shipped_qty >= 0 AND short_qty >= 0 AND shipped_qty + short_qty <= qty),
    ADD CONSTRAINT allocations_done_on_list CHECK (pick_list_id IS NOT NULL OR shipped_qty + short_qty = 0);

-- How a shipment left, and when it came (WHS-3).
ALTER TABLE shipments
    ADD COLUMN shipped_on   date,
    ADD COLUMN tracking     text[] NOT NULL DEFAULT '{}',
    ADD COLUMN weight_grams integer NOT NULL DEFAULT 0 CHECK (weight_grams >= 0),
    ADD COLUMN delivered_on date,
    ADD COLUMN delivered_by text NOT NULL DEFAULT '' CHECK (delivered_by IN ('', 'result', 'lead_time'));
UPDATE shipments s SET shipped_on = t.shipped_on
FROM (SELECT a.shipment_id, max((p.shipped_at AT TIME ZONE 'Asia/Tokyo')::date) AS shipped_on
      FROM allocations a JOIN pick_lists p ON p.id = a.pick_list_id WHERE p.shipped_at IS NOT NULL GROUP BY 1) t
WHERE t.shipment_id = s.id AND s.state = 'shipped';
CREATE INDEX shipments_under_way ON shipments (id) WHERE state = 'shipped' AND delivered_on IS NULL;

-- +goose Down
DROP INDEX shipments_under_way;
ALTER TABLE shipments DROP COLUMN delivered_by, DROP COLUMN delivered_on, DROP COLUMN weight_grams, DROP COLUMN tracking, DROP COLUMN shipped_on;
ALTER TABLE allocations DROP CONSTRAINT allocations_done_on_list, DROP CONSTRAINT allocations_done_within_qty,
    DROP COLUMN short_qty, DROP COLUMN shipped_qty;
