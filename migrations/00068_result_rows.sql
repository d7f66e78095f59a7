-- +goose Up

-- The rows of warehouses' results that counted (WHS-2): a later result that repeats one changes nothing.
-- Append-only: what is told later of the same goods is a row of its own, again_of the first.
CREATE TABLE result_rows (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id     bigint NOT NULL REFERENCES orders,
    again_of     bigint REFERENCES result_rows,
    parts        jsonb NOT NULL, -- what it says of each allocation: listed, shipped, short
    reason       text NOT NULL,
    tracking     text NOT NULL, -- numbers, separated by spaces
    shipped_on   date, -- as it named it
    delivered_on date,
    file_id      bigint REFERENCES partner_files,
    by           text NOT NULL,
    at           timestamptz NOT NULL
);
CREATE INDEX result_rows_order ON result_rows (order_id);
CREATE TRIGGER result_rows_append_only BEFORE UPDATE OR DELETE ON result_rows FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER result_rows_no_truncate BEFORE TRUNCATE ON result_rows FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- +goose Down
DROP TABLE result_rows;
