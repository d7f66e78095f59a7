-- +goose Up

-- Whether a warehouse has said that it has a list, and what the list is worth: the desk asks after
-- lists of which nobody has said anything (WHS-1).
ALTER TABLE pick_lists
    ADD COLUMN value_yen       bigint, -- of its goods, ex tax; null while it is not issued
    ADD COLUMN acknowledged_at timestamptz,
    ADD COLUMN acknowledged_by text NOT NULL DEFAULT '';
CREATE INDEX pick_lists_unacknowledged ON pick_lists (issued_at) WHERE acknowledged_at IS NULL AND shipped_at IS NULL;
UPDATE pick_lists p SET value_yen = (SELECT coalesce(sum(a.qty * l.unit_price_yen), 0)
    FROM allocations a JOIN order_lines l ON l.order_id = a.order_id AND l.no = a.line_no WHERE a.pick_list_id = p.id)
WHERE issued_at IS NOT NULL AND shipped_at IS NULL;

-- What people did about a pick list. Append-only.
CREATE TABLE pick_list_notes (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pick_list_id bigint NOT NULL REFERENCES pick_lists,
    kind         text NOT NULL CHECK (kind IN ('note', 'acknowledged', 'resent')),
    text         text NOT NULL,
    by           text NOT NULL CHECK (by <> ''),
    at           timestamptz NOT NULL
);
CREATE INDEX pick_list_notes_list ON pick_list_notes (pick_list_id, id);
CREATE TRIGGER pick_list_notes_append_only BEFORE UPDATE OR DELETE ON pick_list_notes FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER pick_list_notes_no_truncate BEFORE TRUNCATE ON pick_list_notes FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Made-to-order goods that wait for a date from the desk (CUT-6).
CREATE INDEX shipments_undated ON shipments (order_id) WHERE class = 'phone' AND state = 'planned' AND arrival_on IS NULL;

-- A person at the desk may answer a mail once more; by itself the program answers once (FAX-1).
ALTER TABLE mail_answers
    ADD COLUMN by     text NOT NULL DEFAULT '', -- who had it answered; '' for the program itself
    ADD COLUMN reason text NOT NULL DEFAULT '',
    DROP CONSTRAINT mail_answers_pkey,
    DROP CONSTRAINT mail_answers_person_on_day_key,
    DROP CONSTRAINT mail_answers_issued_document_id_key,
    ADD PRIMARY KEY (issued_document_id);
CREATE UNIQUE INDEX mail_answers_document ON mail_answers (document_id) WHERE by = '';
CREATE UNIQUE INDEX mail_answers_person ON mail_answers (person, on_day) WHERE by = '';
CREATE INDEX mail_answers_of ON mail_answers (document_id);
CREATE INDEX mail_answers_to ON mail_answers (person, on_day);

-- +goose Down
DROP INDEX mail_answers_to, mail_answers_of, mail_answers_person, mail_answers_document;
ALTER TABLE mail_answers DISABLE TRIGGER mail_answers_append_only;
DELETE FROM mail_answers WHERE by <> '';
ALTER TABLE mail_answers ENABLE TRIGGER mail_answers_append_only;
ALTER TABLE mail_answers DROP CONSTRAINT mail_answers_pkey, DROP COLUMN reason, DROP COLUMN by,
    ADD CONSTRAINT mail_answers_pkey PRIMARY KEY (document_id), ADD UNIQUE (person, on_day), ADD UNIQUE (issued_document_id);
DROP INDEX shipments_undated;
DROP TABLE pick_list_notes;
DROP INDEX pick_lists_unacknowledged;
ALTER TABLE pick_lists DROP COLUMN acknowledged_by, DROP COLUMN acknowledged_at, DROP COLUMN value_yen;
