-- +goose Up

-- Who is signed in from where: people see and end their own sessions (ACC-2). The id stands in the
-- session, but opens nothing.
CREATE TABLE staff_sessions (
    id          text PRIMARY KEY,
    staff_id    bigint NOT NULL REFERENCES staff,
    sessions_no integer NOT NULL,            -- of the person when it began
    agent       text NOT NULL DEFAULT '',    -- as the browser names itself
    address     text NOT NULL DEFAULT '',
    since       timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    ended_at    timestamptz
);
CREATE INDEX staff_sessions_staff ON staff_sessions (staff_id, since);

-- Codes that stand in for a lost second factor, each good once; only their hash is kept.
CREATE TABLE staff_recovery_codes (
    code_sha256 bytea PRIMARY KEY CHECK (octet_length(code_sha256) = 32),
    staff_id    bigint NOT NULL REFERENCES staff,
    used_at     timestamptz
);
CREATE INDEX staff_recovery_codes_staff ON staff_recovery_codes (staff_id);

-- What the desk keeps of a customer beside the imported master, which does not touch it: '' leaves
-- it to the master or to the rules.
ALTER TABLE departments
    ADD COLUMN desk_stockout text NOT NULL DEFAULT '' CHECK (desk_stockout IN ('', 'backorder', 'cancel')), -- STK-2
    ADD COLUMN desk_answers  text NOT NULL DEFAULT '' CHECK (desk_answers IN ('', 'mail', 'bad_news')),      -- FAX-3
    ADD COLUMN desk_phone    text NOT NULL DEFAULT '',  -- digits
    ADD COLUMN desk_kana     text NOT NULL DEFAULT '';
ALTER TABLE departments DROP COLUMN search;
ALTER TABLE departments ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (fold(code || ' ' || name || ' ' || desk_kana)) STORED;
CREATE INDEX departments_desk_phone ON departments (desk_phone text_pattern_ops) WHERE desk_phone <> '';

-- Every change of those, for good.
CREATE TABLE department_changes (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department_code text NOT NULL REFERENCES departments,
    kind            text NOT NULL CHECK (kind IN ('stockout', 'answers', 'phone', 'kana')),
    before          text NOT NULL,
    after           text NOT NULL,
    reason          text NOT NULL CHECK (reason <> ''),
    by              text NOT NULL CHECK (by <> ''),
    at              timestamptz NOT NULL
);
CREATE INDEX department_changes_department ON department_changes (department_code, id);
CREATE TRIGGER department_changes_append_only BEFORE UPDATE OR DELETE ON department_changes FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER department_changes_no_truncate BEFORE TRUNCATE ON department_changes FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- +goose Down
DROP TABLE department_changes, staff_recovery_codes, staff_sessions;
ALTER TABLE departments DROP COLUMN search;
ALTER TABLE departments DROP COLUMN desk_stockout, DROP COLUMN desk_answers, DROP COLUMN desk_phone, DROP COLUMN desk_kana;
ALTER TABLE departments ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (fold(code || ' ' || name)) STORED;
