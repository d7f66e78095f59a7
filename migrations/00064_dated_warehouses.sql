-- +goose Up

-- STK-1: which regions a warehouse serves first holds from a day on; the row in warehouses holds until then.
CREATE TABLE warehouse_terms (
    warehouse_code     text NOT NULL REFERENCES warehouses,
    from_on            date NOT NULL,
    regions            text[] NOT NULL,
    fallback_order     integer NOT NULL,
    fallback_lead_days integer NOT NULL CHECK (fallback_lead_days >= 0),
    PRIMARY KEY (warehouse_code, from_on)
);

-- +goose Down
DROP TABLE warehouse_terms;
