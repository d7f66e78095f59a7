-- +goose Up

-- When a list's goods left the warehouse (WHS-3), and who reported it; null while they have not.
ALTER TABLE pick_lists
    ADD COLUMN shipped_at timestamptz,
    ADD COLUMN shipped_by text NOT NULL DEFAULT '',
    ADD CONSTRAINT pick_lists_shipped_are_issued CHECK (shipped_at IS NULL OR issued_at IS NOT NULL);
CREATE INDEX pick_lists_open ON pick_lists (id) WHERE shipped_at IS NULL;

-- +goose Down
ALTER TABLE pick_lists DROP COLUMN shipped_at, DROP COLUMN shipped_by;
