-- +goose Up

-- Masters. Codes are the shop's own and are what people write, so they are the keys.

CREATE TABLE dealers (
    code                text PRIMARY KEY CHECK (code <> ''),
    name                text NOT NULL,
    registration_number text NOT NULL DEFAULT '',
    address             text NOT NULL DEFAULT '',
    fax                 text NOT NULL DEFAULT '',
    email               text NOT NULL DEFAULT ''
);

CREATE TABLE companies (
    code text PRIMARY KEY CHECK (code <> ''),
    name text NOT NULL
);

-- A department is the unit that orders and pays; its code is the customer code (ACC-1).
CREATE TABLE departments (
    code         text PRIMARY KEY CHECK (code <> ''),
    name         text NOT NULL,
    company_code text NOT NULL REFERENCES companies,
    dealer_code  text REFERENCES dealers,
    fax          text NOT NULL DEFAULT '',
    email        text NOT NULL DEFAULT '',
    postal_code  text NOT NULL,
    prefecture   text NOT NULL,
    address      text NOT NULL,
    price_list   text NOT NULL DEFAULT '',
    points       boolean NOT NULL,
    stockout     text NOT NULL CHECK (stockout IN ('backorder', 'cancel')),
    payment      text NOT NULL CHECK (payment IN ('invoice', 'card'))
);
CREATE INDEX departments_company ON departments (company_code);
CREATE INDEX departments_fax ON departments (fax) WHERE fax <> '';

CREATE TABLE users (
    code            text PRIMARY KEY CHECK (code <> ''),
    department_code text NOT NULL REFERENCES departments,
    name            text NOT NULL,
    email           text NOT NULL DEFAULT '',
    role            text NOT NULL CHECK (role IN ('admin', 'orderer', 'approver', 'fax'))
);
CREATE INDEX users_department ON users (department_code);

CREATE TABLE ship_tos (
    company_code text NOT NULL REFERENCES companies,
    code         text NOT NULL CHECK (code <> ''),
    name         text NOT NULL,
    postal_code  text NOT NULL,
    prefecture   text NOT NULL,
    address      text NOT NULL,
    PRIMARY KEY (company_code, code)
);

CREATE TABLE items (
    code            text PRIMARY KEY CHECK (code <> ''),
    name            text NOT NULL,
    name_kana       text NOT NULL DEFAULT '',
    unit            text NOT NULL,
    order_multiple  integer NOT NULL CHECK (order_multiple >= 1),
    list_price_yen  bigint NOT NULL CHECK (list_price_yen >= 0),
    tax_rate        smallint NOT NULL CHECK (tax_rate BETWEEN 0 AND 100),
    class           text NOT NULL CHECK (class IN ('normal', 'truck', 'phone')),
    category        text NOT NULL DEFAULT '',
    returnable      boolean NOT NULL,
    no_saturday     boolean NOT NULL,
    eco_marks       text[] NOT NULL DEFAULT '{}',
    successor_code  text NOT NULL DEFAULT '',
    discontinued    boolean NOT NULL DEFAULT false
);

CREATE TABLE contract_prices (
    price_list text NOT NULL CHECK (price_list <> ''),
    item_code  text NOT NULL REFERENCES items,
    from_on    date NOT NULL,
    price_yen  bigint NOT NULL CHECK (price_yen >= 0),
    PRIMARY KEY (price_list, item_code, from_on)
);

CREATE TABLE regions (
    code            text PRIMARY KEY CHECK (code <> ''),
    position        integer NOT NULL, -- the file's order
    prefectures     text[] NOT NULL,
    postal_prefixes text[] NOT NULL,
    cutoff_fax      time NOT NULL,
    cutoff_web      time NOT NULL,
    cutoff_truck    time NOT NULL,
    lead_days       integer NOT NULL CHECK (lead_days >= 0)
);

CREATE TABLE warehouses (
    code           text PRIMARY KEY CHECK (code <> ''),
    name           text NOT NULL,
    regions        text[] NOT NULL,
    fallback_order integer NOT NULL,
    channel        text NOT NULL,
    formats        text[] NOT NULL
);

CREATE TABLE calendar_days (
    "on" date PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('holiday', 'closure', 'open')),
    name text NOT NULL DEFAULT ''
);

-- STK-1: what is promised never exceeds what is there, whatever the code does.
CREATE TABLE stock (
    warehouse_code text NOT NULL REFERENCES warehouses,
    item_code      text NOT NULL REFERENCES items,
    on_hand_qty    integer NOT NULL CHECK (on_hand_qty >= 0),
    reserved_qty   integer NOT NULL DEFAULT 0,
    restock_on     date,
    PRIMARY KEY (item_code, warehouse_code),
    CONSTRAINT stock_reserved_within_on_hand CHECK (reserved_qty >= 0 AND reserved_qty <= on_hand_qty)
) WITH (fillfactor = 50);

-- Shop fronts place web orders; a token is kept only as its SHA-256.
CREATE TABLE shop_fronts (
    code         text PRIMARY KEY CHECK (code <> ''),
    name         text NOT NULL,
    token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    free_address boolean NOT NULL DEFAULT false, -- ACC-1: may send a full address
    created_at   timestamptz NOT NULL,
    revoked_at   timestamptz
);

-- One row, counted up by every change of a master, so that processes know when what they
-- keep in memory is stale.
CREATE TABLE masters_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint NOT NULL
);
INSERT INTO masters_version (version) VALUES (1);

-- +goose Down
DROP TABLE masters_version, shop_fronts, stock, calendar_days, warehouses, regions,
    contract_prices, items, ship_tos, users, departments, companies, dealers;
