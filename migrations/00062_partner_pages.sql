-- +goose Up

-- The desk's page of a warehouse shows its latest files, and the page of a file what stock it moved.
CREATE INDEX partner_files_warehouse ON partner_files (warehouse_code, id);
CREATE INDEX stock_movements_file ON stock_movements (file_id) WHERE file_id IS NOT NULL;

-- +goose Down
DROP INDEX stock_movements_file, partner_files_warehouse;
