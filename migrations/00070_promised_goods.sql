-- +goose Up
-- Goods that are promised and on no list yet, by where they lie: a count below them asks whose they are
-- (WHS-3). What is on a list is left out, so it stays as small as what is open.
CREATE INDEX allocations_promised ON allocations (item_code, warehouse_code) WHERE pick_list_id IS NULL;

-- +goose Down
DROP INDEX allocations_promised;
