-- +goose Up

-- Every check of the whole archive and what it found (KEP-1). Append-only.
CREATE TABLE archive_verifications (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    by          text NOT NULL CHECK (by <> ''),
    head_seq    bigint NOT NULL,
    head        text NOT NULL,
    entries     bigint NOT NULL,
    files       bigint NOT NULL,
    bytes       bigint NOT NULL,
    erased      bigint NOT NULL,
    heads       integer NOT NULL, -- known from elsewhere, that the chain was held against
    problems    bigint NOT NULL,
    first       text[] NOT NULL   -- of the problems, in words
);

-- Profiles of fax gateways as they were written at the desk. The newest row of a name holds; one
-- without text gives way to the folder's or the shipped profile of the name. Append-only.
CREATE TABLE gateway_profiles (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    text   text NOT NULL, -- YAML
    reason text NOT NULL CHECK (reason <> ''),
    by     text NOT NULL CHECK (by <> ''),
    at     timestamptz NOT NULL
);
CREATE INDEX gateway_profiles_name ON gateway_profiles (name, id);

-- Tables of rules as they were written at the desk, whole, as text. The newest row of a table is how
-- it stands, or stood until it was imported. Append-only.
CREATE TABLE rule_changes (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text NOT NULL CHECK (name <> ''),
    before  text NOT NULL,
    after   text NOT NULL,
    reason  text NOT NULL CHECK (reason <> ''),
    by      text NOT NULL CHECK (by <> ''),
    at      timestamptz NOT NULL
);
CREATE INDEX rule_changes_name ON rule_changes (name, id);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['archive_verifications', 'gateway_profiles', 'rule_changes'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()', t || '_append_only', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION append_only()', t || '_no_truncate', t);
    END LOOP;
END $$;
-- +goose StatementEnd

-- What people did, by what they did it to: a customer, an order …
CREATE INDEX accesses_subject_prefix ON accesses (subject text_pattern_ops, id);

-- +goose Down
DROP INDEX accesses_subject_prefix;
DROP TABLE rule_changes, gateway_profiles, archive_verifications;
