-- +goose Up

-- What became of a partner's file (WHS-2), and who settled what was refused or asked.
ALTER TABLE partner_files
    DROP CONSTRAINT partner_files_state_check,
    ADD CONSTRAINT partner_files_state_check CHECK (state IN ('received', 'applied', 'asks', 'refused')),
    ADD COLUMN kind        text NOT NULL DEFAULT '' CHECK (kind IN ('', 'result', 'acknowledgement', 'count')),
    ADD COLUMN row_count   integer NOT NULL DEFAULT 0,
    ADD COLUMN outcome     jsonb, -- what applying it came to
    ADD COLUMN faults      jsonb, -- each with line, column and what to do
    ADD COLUMN closed_at   timestamptz,
    ADD COLUMN closed_by   text NOT NULL DEFAULT '',
    ADD COLUMN closed_note text NOT NULL DEFAULT '',
    ADD COLUMN result_key  text NOT NULL DEFAULT ''; -- the partner's own name for what it reports
CREATE UNIQUE INDEX partner_files_key ON partner_files (warehouse_code, result_key) WHERE result_key <> '';
CREATE INDEX partner_files_unsettled ON partner_files (id) WHERE state IN ('refused', 'asks') AND closed_at IS NULL;

-- Why stock on hand changed, but for what orders reserve (KEP-2). Append-only.
CREATE TABLE stock_movements (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    warehouse_code text NOT NULL,
    item_code      text NOT NULL,
    qty            integer NOT NULL, -- below 0: it left
    kind           text NOT NULL CHECK (kind IN ('shipped', 'short', 'made', 'count', 'import')),
    pick_list_id   bigint REFERENCES pick_lists,
    file_id        bigint REFERENCES partner_files,
    counted_at     timestamptz, -- of a count: the instant for which it holds
    reason         text NOT NULL DEFAULT '',
    by             text NOT NULL DEFAULT '',
    at             timestamptz NOT NULL
);
CREATE INDEX stock_movements_item ON stock_movements (warehouse_code, item_code, at);
CREATE TRIGGER stock_movements_append_only BEFORE UPDATE OR DELETE ON stock_movements FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER stock_movements_no_truncate BEFORE TRUNCATE ON stock_movements FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- What a partner calls the columns of what it sends back, and where its carrier tells of a parcel.
ALTER TABLE warehouse_profiles
    ADD COLUMN result_keys     text[] NOT NULL DEFAULT '{}',
    ADD COLUMN result_headings text[] NOT NULL DEFAULT '{}',
    ADD COLUMN carrier         text NOT NULL DEFAULT '',
    ADD COLUMN tracking_url    text NOT NULL DEFAULT '',
    ADD CONSTRAINT warehouse_profiles_result_headings CHECK (cardinality(result_keys) = cardinality(result_headings));

-- The customer is told that a shipment left (WHS-3).
ALTER TABLE shipments
    ADD COLUMN notice        text NOT NULL DEFAULT '' CHECK (notice IN ('', 'waiting', 'told', 'needless', 'desk')),
    ADD COLUMN notice_due_at timestamptz,
    ADD COLUMN notice_detail text NOT NULL DEFAULT '';
CREATE INDEX shipments_notice ON shipments (notice_due_at) WHERE notice = 'waiting';

-- +goose Down
DROP INDEX shipments_notice;
ALTER TABLE shipments DROP COLUMN notice_detail, DROP COLUMN notice_due_at, DROP COLUMN notice;
ALTER TABLE warehouse_profiles DROP CONSTRAINT warehouse_profiles_result_headings,
    DROP COLUMN tracking_url, DROP COLUMN carrier, DROP COLUMN result_headings, DROP COLUMN result_keys;
DROP TABLE stock_movements;
DROP INDEX partner_files_unsettled, partner_files_key;
UPDATE partner_files SET state = 'applied' WHERE state = 'asks';
ALTER TABLE partner_files DROP COLUMN result_key, DROP COLUMN closed_note, DROP COLUMN closed_by, DROP COLUMN closed_at,
    DROP COLUMN faults, DROP COLUMN outcome, DROP COLUMN row_count, DROP COLUMN kind,
    DROP CONSTRAINT partner_files_state_check,
    ADD CONSTRAINT partner_files_state_check CHECK (state IN ('received', 'applied', 'refused'));
