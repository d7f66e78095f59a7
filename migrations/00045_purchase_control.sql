-- +goose Up

-- How a department's orders are approved, from a day on (APR-1). A row without approvers ends it.
CREATE TABLE approval_flows (
    department_code     text NOT NULL REFERENCES departments,
    from_on             date NOT NULL,
    all_orders          boolean NOT NULL,
    total_from_yen      bigint CHECK (total_from_yen >= 1),      -- goods ex tax
    unit_price_from_yen bigint CHECK (unit_price_from_yen >= 1), -- ex tax
    over_budget         boolean NOT NULL,
    level1              text[] NOT NULL, -- user codes
    level2              text[] NOT NULL,
    PRIMARY KEY (department_code, from_on),
    CHECK (cardinality(level1) > 0 OR cardinality(level2) = 0)
);

-- Who decides for an approver who is away, both days included.
CREATE TABLE approval_delegations (
    from_user text NOT NULL REFERENCES users,
    to_user   text NOT NULL REFERENCES users,
    since_on  date NOT NULL,
    until_on  date NOT NULL CHECK (until_on >= since_on),
    PRIMARY KEY (from_user, to_user, since_on)
);

-- What a department or one of its users may order (BUD-1), ex tax, from a day on.
CREATE TABLE budgets (
    department_code text NOT NULL REFERENCES departments,
    user_code       text NOT NULL, -- '' is the department's
    span            text NOT NULL CHECK (span IN ('month', 'year')),
    from_on         date NOT NULL,
    limit_yen       bigint NOT NULL CHECK (limit_yen >= 0),
    over            text NOT NULL CHECK (over IN ('block', 'approve')),
    year_start      text NOT NULL, -- MM-DD; '' is 04-01
    PRIMARY KEY (department_code, user_code, span, from_on)
);

-- What orders took of budgets and gave back; what is used of a period is the sum.
CREATE TABLE budget_entries (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id        bigint NOT NULL REFERENCES orders,
    department_code text NOT NULL REFERENCES departments,
    user_code       text NOT NULL,
    span            text NOT NULL,
    period          text NOT NULL, -- 2026-11, FY2026
    yen             bigint NOT NULL, -- ex tax; below 0 gives back
    at              timestamptz NOT NULL
);
CREATE INDEX budget_entries_period ON budget_entries (department_code, period, user_code, span) INCLUDE (yen);
CREATE INDEX budget_entries_order ON budget_entries (order_id);
CREATE TRIGGER budget_entries_append_only BEFORE UPDATE OR DELETE ON budget_entries FOR EACH ROW EXECUTE FUNCTION append_only();

-- What a customer's users may not order (LCK-1): an item, or a whole category.
CREATE TABLE item_locks (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department_code text NOT NULL REFERENCES departments,
    user_code       text NOT NULL, -- '' binds the department
    item_code       text NOT NULL,
    category        text NOT NULL,
    from_on         date,
    until_on        date,
    reason          text NOT NULL,
    CHECK ((item_code = '') <> (category = ''))
);
CREATE INDEX item_locks_department ON item_locks (department_code);

-- +goose Down
DROP TABLE item_locks, budget_entries, budgets, approval_delegations, approval_flows;
