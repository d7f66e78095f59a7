-- +goose Up

-- The key of the draw (RDR-2): whoever writes a form cannot foresee which fields are looked at.
CREATE TABLE reading_audit_key (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    key bytea NOT NULL CHECK (length(key) = 32)
);
INSERT INTO reading_audit_key (key)
VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));

-- Fields that were accepted unseen and are looked at after all. Append-only.
CREATE TABLE reading_audits (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id    bigint NOT NULL REFERENCES documents,
    page_id        bigint NOT NULL REFERENCES pages,
    order_id       bigint NOT NULL REFERENCES orders,
    field          text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('customer', 'item', 'quantity', 'ship_to', 'date', 'mark')),
    reading        text NOT NULL, -- kept from whoever keys
    confidence_ppm integer NOT NULL CHECK (confidence_ppm BETWEEN 0 AND 1000000),
    threshold_ppm  integer NOT NULL CHECK (threshold_ppm BETWEEN 0 AND 1000000), -- in force when it was accepted
    model          text NOT NULL, -- the recogniser's weights
    picture_key    text NOT NULL CHECK (picture_key <> ''), -- blob: PNG of the field alone
    drawn_for      text NOT NULL CHECK (drawn_for IN ('share', 'minimum')),
    drawn_at       timestamptz NOT NULL,
    UNIQUE (page_id, field)
);
CREATE INDEX reading_audits_drawn ON reading_audits (drawn_at);

-- Where each audit stands: open for its first keying, disputed once that differed, settled.
CREATE TABLE reading_audit_states (
    audit_id   bigint PRIMARY KEY REFERENCES reading_audits,
    state      text NOT NULL CHECK (state IN ('open', 'disputed', 'settled')),
    outcome    text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'agree', 'person_erred', 'reader_erred', 'unreadable')),
    truth      text NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL,
    CHECK ((state = 'settled') = (outcome <> ''))
);
CREATE INDEX reading_audit_states_open ON reading_audit_states (audit_id) WHERE state <> 'settled';

-- What each person saw. Append-only; nobody keys a field twice.
CREATE TABLE reading_audit_keyings (
    audit_id   bigint NOT NULL REFERENCES reading_audits,
    no         integer NOT NULL CHECK (no >= 1),
    by         text NOT NULL CHECK (by <> ''),
    value      text NOT NULL,
    unreadable boolean NOT NULL,
    keyed_at   timestamptz NOT NULL,
    PRIMARY KEY (audit_id, no),
    CHECK (NOT unreadable OR value = '')
);
CREATE UNIQUE INDEX reading_audit_keyings_once ON reading_audit_keyings (audit_id, lower(by));

-- The history of the thresholds (RDR-4). The latest row of a kind that has taken effect holds;
-- a kind without one, and one that was reset, has the reader's default. Append-only.
CREATE TABLE reading_thresholds (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('customer', 'item', 'quantity', 'ship_to', 'date', 'mark')),
    threshold_ppm integer CHECK (threshold_ppm BETWEEN 0 AND 1000000),
    action        text NOT NULL CHECK (action IN ('tighten', 'loosen', 'pin', 'reset')),
    model         text NOT NULL DEFAULT '',
    reason        text NOT NULL CHECK (reason <> ''),
    inputs        jsonb,
    by            text NOT NULL DEFAULT '',
    from_at       timestamptz NOT NULL,
    CHECK ((action = 'reset') = (threshold_ppm IS NULL)),
    CHECK ((action IN ('pin', 'reset')) = (by <> ''))
);
CREATE INDEX reading_thresholds_kind ON reading_thresholds (kind, id);

CREATE INDEX drafts_read ON drafts (read_at);

CREATE TRIGGER reading_audits_append_only BEFORE UPDATE OR DELETE ON reading_audits FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER reading_audits_no_truncate BEFORE TRUNCATE ON reading_audits FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER reading_audit_keyings_append_only BEFORE UPDATE OR DELETE ON reading_audit_keyings FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER reading_audit_keyings_no_truncate BEFORE TRUNCATE ON reading_audit_keyings FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER reading_thresholds_append_only BEFORE UPDATE OR DELETE ON reading_thresholds FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER reading_thresholds_no_truncate BEFORE TRUNCATE ON reading_thresholds FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- +goose Down
DROP TABLE reading_thresholds, reading_audit_keyings, reading_audit_states, reading_audits, reading_audit_key;
DROP INDEX drafts_read;
