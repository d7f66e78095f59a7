-- +goose Up

-- The sequence is the order's id, and with its check digit the number people read out.
CREATE SEQUENCE order_numbers AS bigint START 100000001 MINVALUE 100000001 MAXVALUE 499999999;

CREATE TABLE orders (
    id                  bigint PRIMARY KEY,
    number              text NOT NULL UNIQUE,
    state               text NOT NULL CHECK (state IN ('held', 'accepted', 'short', 'allocated', 'released', 'shipped', 'cancelled')),
    hold_reason         text NOT NULL DEFAULT '',
    channel             text NOT NULL CHECK (channel IN ('fax', 'web')),
    received_at         timestamptz NOT NULL,
    accepted_at         timestamptz NOT NULL,
    acceptance_on       date NOT NULL,
    cancel_until_at     timestamptz, -- CAN-1
    department_code     text NOT NULL REFERENCES departments,
    user_code           text NOT NULL DEFAULT '',
    ship_to_code        text NOT NULL DEFAULT '',
    ship_to_name        text NOT NULL,
    ship_to_postal_code text NOT NULL,
    ship_to_prefecture  text NOT NULL,
    ship_to_address     text NOT NULL,
    region_code         text NOT NULL,
    designated_on       date,
    stockout            text NOT NULL CHECK (stockout IN ('backorder', 'cancel')),
    payment             text NOT NULL CHECK (payment IN ('invoice', 'card')),
    authorisation       text NOT NULL DEFAULT '',
    goods_yen           bigint NOT NULL CHECK (goods_yen >= 0),
    fee_yen             bigint NOT NULL CHECK (fee_yen >= 0),
    taxes               jsonb NOT NULL,
    document_id         bigint REFERENCES documents,
    page_no             integer NOT NULL DEFAULT 0,
    shop_front          text NOT NULL DEFAULT '',
    idempotency_key     text NOT NULL DEFAULT ''
) WITH (fillfactor = 80);
-- A page becomes one order, whatever is retried.
CREATE UNIQUE INDEX orders_page ON orders (document_id, page_no) WHERE document_id IS NOT NULL;
CREATE INDEX orders_waiting ON orders (id) WHERE state = 'accepted';
CREATE INDEX orders_short ON orders (id) WHERE state = 'short';
CREATE INDEX orders_department ON orders (department_code, id);

CREATE TABLE order_lines (
    order_id       bigint NOT NULL REFERENCES orders,
    no             integer NOT NULL CHECK (no >= 1),
    item_code      text NOT NULL,
    name           text NOT NULL,
    unit           text NOT NULL,
    class          text NOT NULL CHECK (class IN ('normal', 'truck', 'phone')),
    qty            integer NOT NULL CHECK (qty > 0),
    reserved_qty   integer NOT NULL DEFAULT 0,
    unit_price_yen bigint NOT NULL CHECK (unit_price_yen >= 0),
    price_list     text NOT NULL DEFAULT '',
    tax_rate       smallint NOT NULL,
    comment        text NOT NULL DEFAULT '',
    comment_image  text NOT NULL DEFAULT '',
    PRIMARY KEY (order_id, no),
    CONSTRAINT order_lines_reserved_within_qty CHECK (reserved_qty BETWEEN 0 AND qty)
) WITH (fillfactor = 80);

CREATE TABLE shipments (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id       bigint NOT NULL REFERENCES orders,
    no             integer NOT NULL CHECK (no >= 1),
    state          text NOT NULL CHECK (state IN ('planned', 'released', 'shipped', 'cancelled')),
    class          text NOT NULL CHECK (class IN ('normal', 'truck', 'phone')),
    warehouse_code text NOT NULL,
    acceptance_on  date NOT NULL,
    ready_on       date,
    ship_on        date,
    arrival_on     date,
    rules          text[] NOT NULL DEFAULT '{}',
    UNIQUE (order_id, no)
) WITH (fillfactor = 80);
CREATE INDEX shipments_due ON shipments (ship_on) WHERE state = 'planned';

-- What happened, with the rule and what it looked at (KEP-2). Append-only.
CREATE TABLE events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    bigint,
    document_id bigint,
    kind        text NOT NULL,
    rule        text NOT NULL DEFAULT '',
    text        text NOT NULL,
    inputs      jsonb,
    by          text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL,
    CHECK (num_nonnulls(order_id, document_id) >= 1)
);
CREATE INDEX events_order ON events (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX events_document ON events (document_id, id) WHERE document_id IS NOT NULL;

-- The answer given to one attempt of a shop front, to be given again.
CREATE TABLE idempotency_keys (
    shop_front  text NOT NULL,
    key         text NOT NULL,
    body_sha256 bytea NOT NULL,
    document_id bigint REFERENCES documents,
    order_id    bigint,
    answer      jsonb,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (shop_front, key)
);

-- +goose Down
DROP TABLE idempotency_keys, events, shipments, order_lines, orders;
DROP SEQUENCE order_numbers;
