-- +goose Up

-- append_only refuses to change or take away rows of the archive, whoever asks, except the
-- retention role (KEP-1). Grants say the same; the trigger also stops the tables' owner.
-- +goose StatementBegin
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = 'todoke_retention' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION '% is append-only (KEP-1): % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd

-- Documents are inbound bytes as received. The bytes lie in the blob folder under their
-- SHA-256, or in body where they are small and arrive by HTTP.
CREATE TABLE documents (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text NOT NULL CHECK (source <> ''),      -- where it came from: file, folder, mail, web:FRONT …
    external_id  text NOT NULL CHECK (external_id <> ''), -- the source's own name of the transmission
    parent_id    bigint REFERENCES documents,             -- the mail it was attached to
    duplicate_of bigint REFERENCES documents,             -- the same transmission, handed in again
    received_at  timestamptz NOT NULL,                    -- CUT-3
    stored_at    timestamptz NOT NULL,
    caller       text NOT NULL DEFAULT '',                -- claimed sender number
    file_name    text NOT NULL DEFAULT '',
    media_type   text NOT NULL,
    sha256       text NOT NULL CHECK (length(sha256) = 64),
    size_bytes   bigint NOT NULL CHECK (size_bytes >= 0),
    body         bytea
);
-- One transmission becomes one document that is worked on; all others of it are duplicates.
CREATE UNIQUE INDEX documents_transmission ON documents (source, external_id) WHERE duplicate_of IS NULL;
CREATE INDEX documents_parent ON documents (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX documents_sha256 ON documents (sha256);

-- Where each document stands; received and review are not final.
CREATE TABLE document_states (
    document_id bigint PRIMARY KEY REFERENCES documents,
    state       text NOT NULL CHECK (state IN ('received', 'review', 'split', 'read', 'ordered', 'refused', 'duplicate', 'junk')),
    detail      text NOT NULL DEFAULT '',
    order_id    bigint,
    changed_at  timestamptz NOT NULL
);
CREATE INDEX document_states_open ON document_states (document_id) WHERE state IN ('received', 'review');

CREATE TABLE pages (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL REFERENCES documents,
    no          integer NOT NULL CHECK (no >= 1),
    blob_key    text NOT NULL DEFAULT '', -- 1-bit PNG in the page's own pixels; '' where nothing could be decoded
    width_px    integer NOT NULL,
    height_px   integer NOT NULL,
    x_dpi       double precision NOT NULL,
    y_dpi       double precision NOT NULL,
    coding      text NOT NULL DEFAULT '',
    bad_rows    integer NOT NULL DEFAULT 0,
    state       text NOT NULL CHECK (state IN ('review', 'ordered', 'blank', 'duplicate', 'junk')),
    detail      text NOT NULL DEFAULT '',
    order_id    bigint,
    changed_at  timestamptz NOT NULL,
    UNIQUE (document_id, no)
);
CREATE INDEX pages_blob ON pages (blob_key) WHERE blob_key <> '';
CREATE INDEX pages_open ON pages (document_id) WHERE state = 'review';

-- What the reader believed of a page, kept as it was.
CREATE TABLE drafts (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    page_id bigint NOT NULL REFERENCES pages,
    draft   jsonb NOT NULL,
    read_at timestamptz NOT NULL
);
CREATE INDEX drafts_page ON drafts (page_id);

-- Reviews are what a person must settle: a page, or a whole document (page_id null).
CREATE TABLE reviews (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL REFERENCES documents,
    page_id     bigint REFERENCES pages,
    state       text NOT NULL CHECK (state IN ('open', 'settled', 'junk', 'duplicate')),
    reasons     jsonb NOT NULL, -- [{rule, field, message}]
    draft       jsonb,          -- as it stands now, persons' values included
    deadline_at timestamptz,    -- dispatch deadline it can still make (KEP-3)
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz,
    closed_by   text NOT NULL DEFAULT '',
    order_id    bigint
);
CREATE UNIQUE INDEX reviews_one_per_page ON reviews (page_id) WHERE page_id IS NOT NULL;
CREATE UNIQUE INDEX reviews_one_per_document ON reviews (document_id) WHERE page_id IS NULL;
CREATE INDEX reviews_document ON reviews (document_id);
CREATE INDEX reviews_open ON reviews (deadline_at, id) WHERE state = 'open';

-- +goose Down
DROP TABLE reviews, drafts, pages, document_states, documents;
DROP FUNCTION append_only();
