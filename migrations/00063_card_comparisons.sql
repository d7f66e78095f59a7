-- +goose Up

-- Each time the card gateway's books of a day were compared with ours (PAY-1). Append-only.
CREATE TABLE card_comparisons (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day          date NOT NULL,
    at           timestamptz NOT NULL,
    by           text NOT NULL DEFAULT '', -- '' is the schedule
    gateway      text NOT NULL,
    listed       integer NOT NULL, -- operations in the gateway's list of the day
    booked       integer NOT NULL, -- operations in ours that they were compared with
    differences  integer NOT NULL,
    not_answered integer NOT NULL  -- of ours that the gateway gave no answer about: asked again
);
CREATE INDEX card_comparisons_day ON card_comparisons (day, id);
CREATE INDEX card_comparisons_at ON card_comparisons (at);
CREATE TRIGGER card_comparisons_append_only BEFORE UPDATE OR DELETE ON card_comparisons FOR EACH ROW EXECUTE FUNCTION append_only();

-- What differed. Found again it is the same row; a row stays whatever becomes of it.
CREATE TABLE card_differences (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day        date NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('missing_there', 'missing_here', 'other_amount', 'done_twice', 'not_answered')),
    key        text NOT NULL,
    what       text NOT NULL CHECK (what IN ('capture', 'void', 'refund')),
    reference  text NOT NULL, -- the authorisation's; never a card's number
    yen_here   bigint NOT NULL,
    yen_there  bigint NOT NULL,
    gateway_id text NOT NULL,
    happened_at timestamptz NOT NULL,
    order_id   bigint REFERENCES orders, -- none where no order of ours has the key or the authorisation
    found_in   bigint NOT NULL REFERENCES card_comparisons,
    last_in    bigint NOT NULL REFERENCES card_comparisons,
    gone_in    bigint REFERENCES card_comparisons, -- the comparison that did not find it any more
    settled_at timestamptz,
    settled_by text NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT '',
    UNIQUE (day, kind, key, what, reference, yen_here, yen_there, gateway_id)
);
CREATE INDEX card_differences_open ON card_differences (day) WHERE settled_at IS NULL AND gone_in IS NULL;

-- +goose Down
DROP TABLE card_differences, card_comparisons;
