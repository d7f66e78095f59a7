-- +goose Up

-- People who work at the desk's pages (ACC-2).
CREATE TABLE staff (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login          text NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
    name           text NOT NULL CHECK (name <> ''),
    role           text NOT NULL CHECK (role IN ('desk', 'lead', 'operator', 'warehouse', 'auditor')),
    warehouse_code text REFERENCES warehouses, -- of a partner's person
    lang           text NOT NULL DEFAULT 'ja' CHECK (lang IN ('ja', 'en')),
    password_hash  text NOT NULL,              -- argon2id, PHC string
    totp_secret    text NOT NULL DEFAULT '',   -- base 32; '' asks for no second factor
    failures       integer NOT NULL DEFAULT 0, -- wrong passwords since the last right one
    locked_at      timestamptz,
    disabled_at    timestamptz,
    created_at     timestamptz NOT NULL,
    CHECK ((role = 'warehouse') = (warehouse_code IS NOT NULL))
);

-- Sessions of the pages, as the session library keeps them.
CREATE TABLE sessions (
    token  text PRIMARY KEY,
    data   bytea NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);

-- Who looked at personal data, changed something, or came in. Append-only.
CREATE TABLE accesses (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    login   text NOT NULL,
    address text NOT NULL DEFAULT '', -- of the network
    action  text NOT NULL CHECK (action <> ''), -- login, login_failed, locked, logout, view, change …
    subject text NOT NULL DEFAULT '', -- what: order 100-000-0018, document 12.1 …
    detail  text NOT NULL DEFAULT ''
);
CREATE INDEX accesses_at ON accesses (at);
CREATE INDEX accesses_login ON accesses (login, at);
CREATE INDEX accesses_subject ON accesses (subject, at) WHERE subject <> '';

CREATE TRIGGER accesses_append_only BEFORE UPDATE OR DELETE ON accesses FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER accesses_no_truncate BEFORE TRUNCATE ON accesses FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- +goose Down
DROP TABLE accesses, sessions, staff;
