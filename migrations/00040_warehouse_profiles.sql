-- +goose Up

-- How a partner's documents look and where they go (WHS-1, WHS-2); order.WarehouseProfile.
CREATE TABLE warehouse_profiles (
    warehouse_code text PRIMARY KEY REFERENCES warehouses,
    halves         text NOT NULL CHECK (halves IN ('both', 'total', 'orders')),
    sort           text NOT NULL CHECK (sort IN ('location', 'item', 'order')),
    encoding       text NOT NULL CHECK (encoding IN ('utf-8', 'cp932')),
    column_keys    text[] NOT NULL,
    headings       text[] NOT NULL,
    copies         integer NOT NULL CHECK (copies BETWEEN 1 AND 9),
    slips          boolean NOT NULL,
    returns        boolean NOT NULL,
    address        text NOT NULL,
    chase_minutes  integer NOT NULL CHECK (chase_minutes >= 0),
    CHECK (cardinality(column_keys) = cardinality(headings))
);

-- Where items lie in a warehouse: a picker walks by it.
CREATE TABLE storage_locations (
    warehouse_code text NOT NULL REFERENCES warehouses,
    item_code      text NOT NULL REFERENCES items,
    location       text NOT NULL,
    PRIMARY KEY (warehouse_code, item_code)
);

-- +goose Down
DROP TABLE storage_locations, warehouse_profiles;
