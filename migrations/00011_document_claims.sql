-- +goose Up

-- What others say about a document: the gateway in its mail, the sending machine in the fax file.
-- Claims, never facts. Append-only.
CREATE TABLE document_claims (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL REFERENCES documents,
    kind        text NOT NULL CHECK (kind IN ('caller', 'station', 'header', 'line', 'received', 'pages', 'job', 'serial', 'incomplete', 'notice')),
    value       text NOT NULL DEFAULT '', -- as we write such a thing; empty where the text is none
    text        text NOT NULL DEFAULT '', -- as it was written
    by          text NOT NULL CHECK (by <> ''), -- who claims it: a gateway by profile, address and line; a file
    problem     text NOT NULL DEFAULT '',
    made_at     timestamptz NOT NULL,
    CHECK (kind NOT IN ('pages', 'serial') OR value ~ '^[0-9]{1,18}$')
);
CREATE INDEX document_claims_document ON document_claims (document_id);
CREATE INDEX document_claims_serial ON document_claims (by, (value::bigint)) WHERE kind = 'serial';

-- Gaps in a gateway's job numbers that a person has explained. Append-only.
CREATE TABLE gateway_gaps (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway    text NOT NULL CHECK (gateway <> ''),
    first_job  bigint NOT NULL,
    last_job   bigint NOT NULL CHECK (last_job >= first_job),
    reason     text NOT NULL CHECK (reason <> ''),
    by         text NOT NULL CHECK (by <> ''),
    at         timestamptz NOT NULL
);

-- Documents whose sender is not known by the number that the line was called from, and why.
CREATE VIEW unknown_senders AS
SELECT d.id AS document_id, CASE
    WHEN c.problem <> '' THEN c.problem
    WHEN c.value = '' THEN 'the gateway states no caller'
    ELSE 'no customer has the caller''s number ' || c.value END AS why
FROM documents d JOIN document_claims c ON c.document_id IN (d.id, d.parent_id) AND c.kind = 'caller'
WHERE c.value = '' OR NOT EXISTS (SELECT FROM departments p WHERE p.fax = c.value);

CREATE TRIGGER document_claims_append_only BEFORE UPDATE OR DELETE ON document_claims FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER document_claims_no_truncate BEFORE TRUNCATE ON document_claims FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER gateway_gaps_append_only BEFORE UPDATE OR DELETE ON gateway_gaps FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER gateway_gaps_no_truncate BEFORE TRUNCATE ON gateway_gaps FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- +goose Down
DROP VIEW unknown_senders;
DROP TABLE gateway_gaps, document_claims;
