-- +goose Up

-- PAY-1: until when the card is authorised.
ALTER TABLE orders ADD COLUMN authorised_until_at timestamptz;
-- Card orders that are still to leave.
CREATE INDEX orders_card ON orders (id) WHERE payment = 'card' AND state IN ('allocated', 'short');

-- What is asked of the card gateway, each under a key that makes it happen once (PAY-1). The row
-- is written with what causes it; a worker claims it, asks with no transaction open, and records.
CREATE TABLE payments (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    bigint NOT NULL REFERENCES orders,
    shipment_no integer NOT NULL, -- 0 of what concerns the order as a whole
    kind        text NOT NULL CHECK (kind IN ('capture', 'void', 'refund')),
    reference   text NOT NULL,    -- the authorisation's; never a card's number
    yen         bigint NOT NULL CHECK (yen >= 0), -- incl. tax; 0 of a void is all that is open
    taxes       jsonb NOT NULL,
    qty         integer NOT NULL, -- of a capture: how many of the shipment's goods are paid with it
    key         text NOT NULL UNIQUE,
    state       text NOT NULL CHECK (state IN ('planned', 'sent', 'done', 'failed', 'uncertain', 'withdrawn', 'waived')),
    tries       integer NOT NULL DEFAULT 0,
    doubtful    boolean NOT NULL DEFAULT false, -- some try ended without an answer
    due_at      timestamptz,      -- when it is asked, or looked at because whoever asked died
    why         text NOT NULL DEFAULT '',
    by          text NOT NULL DEFAULT '',
    gateway     text NOT NULL DEFAULT '',
    gateway_id  text NOT NULL DEFAULT '',
    answer      text NOT NULL DEFAULT '', -- the last one
    created_at  timestamptz NOT NULL,
    answered_at timestamptz,
    CHECK ((due_at IS NULL) = (state NOT IN ('planned', 'sent', 'uncertain')))
);
CREATE INDEX payments_due ON payments (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX payments_order ON payments (order_id, id);
CREATE INDEX payments_failed ON payments (order_id) WHERE state = 'failed';
CREATE INDEX payments_answered ON payments (answered_at) WHERE answered_at IS NOT NULL;
-- A void of all that is open happens once to an authorisation.
CREATE UNIQUE INDEX payments_void ON payments (order_id, reference) WHERE kind = 'void' AND yen = 0 AND state <> 'withdrawn';

-- Each time the gateway was asked, and what it said.
CREATE TABLE payment_tries (
    payment_id bigint NOT NULL REFERENCES payments,
    no         integer NOT NULL,
    began_at   timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL,
    outcome    text NOT NULL,
    answer     text NOT NULL,
    PRIMARY KEY (payment_id, no)
);
CREATE TRIGGER payment_tries_append_only BEFORE UPDATE OR DELETE ON payment_tries FOR EACH ROW EXECUTE FUNCTION append_only();

-- +goose Down
DROP TABLE payment_tries, payments;
DROP INDEX orders_card;
ALTER TABLE orders DROP COLUMN authorised_until_at;
