-- +goose Up

-- The question whether an order may go, as it was asked (APR-1); one for each order that waited.
CREATE TABLE approvals (
    order_id bigint PRIMARY KEY REFERENCES orders,
    state    text NOT NULL CHECK (state IN ('asked', 'level1', 'approved', 'refused', 'expired', 'withdrawn')),
    levels   jsonb NOT NULL,  -- user codes of each level, as asked
    admins   text[] NOT NULL, -- who decide where nobody of a level can
    orderer  text NOT NULL,   -- '' of a fax
    reasons  jsonb NOT NULL,  -- rules.ApprovalReason
    first_at timestamptz NOT NULL,
    asked_at timestamptz NOT NULL, -- of the level that decides now
    reminded integer NOT NULL,     -- of the level that decides now
    due_at   timestamptz,          -- when it is looked at without anybody's deciding
    ask      boolean NOT NULL,     -- those who may decide are still to be written to
    CHECK ((due_at IS NULL) = (state NOT IN ('asked', 'level1')))
);
CREATE INDEX approvals_due ON approvals (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX approvals_ask ON approvals (order_id) WHERE ask;

-- What approvers decided.
CREATE TABLE approval_steps (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   bigint NOT NULL REFERENCES approvals,
    level      integer NOT NULL CHECK (level IN (1, 2)),
    by_user    text NOT NULL,
    for_user   text NOT NULL,  -- whose delegate they are
    yes        boolean NOT NULL,
    note       text NOT NULL,
    entered_by text NOT NULL,  -- the person at the desk who was told by telephone; '' by the mail's link
    at         timestamptz NOT NULL,
    UNIQUE (order_id, level)
);
CREATE TRIGGER approval_steps_append_only BEFORE UPDATE OR DELETE ON approval_steps FOR EACH ROW EXECUTE FUNCTION append_only();

-- Links of the mails to approvers, each for one person and level; only a token's SHA-256 is kept.
CREATE TABLE approval_links (
    token_sha256 bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
    order_id     bigint NOT NULL REFERENCES approvals,
    level        integer NOT NULL,
    user_code    text NOT NULL,
    made_at      timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX approval_links_order ON approval_links (order_id);

-- +goose Down
DROP TABLE approval_links, approval_steps, approvals;
