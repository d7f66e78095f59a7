-- +goose Up

-- What the desk sorts and filters its reviews by, as they stand now: whose it is, what it is
-- worth, why a person is asked.
CREATE TABLE review_facts (
    review_id     bigint PRIMARY KEY REFERENCES reviews,
    why           text NOT NULL CHECK (why IN ('doubt', 'rule', 'resend', 'unknown', 'mail', 'failed', 'time')),
    form          text NOT NULL DEFAULT '',
    customer_code text NOT NULL DEFAULT '', -- as read or keyed; it need not exist
    value_yen     bigint                    -- of the goods, ex tax; null where no line is known
);
CREATE INDEX review_facts_customer ON review_facts (customer_code) WHERE customer_code <> '';

-- Who works on what right now, so that two never work on one thing. Each is worth as long as its
-- time lasts: a person who went home blocks nobody.
CREATE TABLE desk_claims (
    task       text PRIMARY KEY, -- review 12, hold 17 …
    login      text NOT NULL REFERENCES staff (login),
    claimed_at timestamptz NOT NULL,
    until_at   timestamptz NOT NULL
);
CREATE INDEX desk_claims_login ON desk_claims (login);

CREATE INDEX orders_held ON orders (id) WHERE state = 'held';

-- +goose Down
DROP INDEX orders_held;
DROP TABLE desk_claims, review_facts;
