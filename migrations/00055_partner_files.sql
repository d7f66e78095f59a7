-- +goose Up

-- Files that partner warehouses hand in: results, counts, acknowledgements (WHS-2). A partner's file
-- of the same bytes is one file however often and by whatever way it comes.
CREATE TABLE partner_files (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    warehouse_code text NOT NULL REFERENCES warehouses,
    channel        text NOT NULL CHECK (channel IN ('sftp', 'mail', 'api', 'folder', 'desk')),
    name           text NOT NULL,
    sender         text NOT NULL, -- who handed it in: an address, a login, a token's name
    sha256         text NOT NULL CHECK (length(sha256) = 64), -- also its blob's key
    size_bytes     bigint NOT NULL,
    received_at    timestamptz NOT NULL,
    state          text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'applied', 'refused')),
    error          text NOT NULL DEFAULT '', -- why it was refused, with the line
    settled_at     timestamptz,
    UNIQUE (warehouse_code, sha256)
);
CREATE INDEX partner_files_open ON partner_files (id) WHERE state = 'received';

-- +goose Down
DROP TABLE partner_files;
