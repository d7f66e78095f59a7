-- +goose Up

-- Mails without any fax that were answered with how to order (FAX-1). A person is answered once on
-- a day, whatever runs at the same moment. Append-only.
CREATE TABLE mail_answers (
    document_id        bigint PRIMARY KEY REFERENCES documents, -- the mail
    person             text NOT NULL CHECK (person <> ''),      -- the sender's address without its +tag
    on_day             date NOT NULL,                           -- in Japan
    issued_document_id bigint NOT NULL UNIQUE REFERENCES issued_documents,
    thread             text[] NOT NULL, -- message ids for References, oldest first; the last is that of the mail
    answered_at        timestamptz NOT NULL,
    UNIQUE (person, on_day)
);
CREATE INDEX mail_answers_day ON mail_answers (on_day);

-- What became of each thing that was attached to a mail: a document of its own, or decoration that
-- stays in the mail, and why. Append-only.
CREATE TABLE mail_parts (
    document_id bigint NOT NULL REFERENCES documents, -- the mail
    no          integer NOT NULL CHECK (no >= 1),
    path        text NOT NULL,
    file_name   text NOT NULL,
    media_type  text NOT NULL,
    size_bytes  bigint NOT NULL,
    part_id     bigint REFERENCES documents, -- null for decoration
    why         text NOT NULL CHECK (why <> ''),
    PRIMARY KEY (document_id, no)
);

CREATE TRIGGER mail_answers_append_only BEFORE UPDATE OR DELETE ON mail_answers FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER mail_answers_no_truncate BEFORE TRUNCATE ON mail_answers FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER mail_parts_append_only BEFORE UPDATE OR DELETE ON mail_parts FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER mail_parts_no_truncate BEFORE TRUNCATE ON mail_parts FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- +goose Down
DROP TABLE mail_parts, mail_answers;
