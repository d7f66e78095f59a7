-- +goose Up

-- What names each sending that brought a partner's file: a mail's message id, name and time of an SFTP
-- file, a key. A count without times of its own holds as of when it came, so that the same bytes in
-- another sending are another count; every other file of the same bytes is one (WHS-2).
ALTER TABLE partner_files
    ADD COLUMN transmissions text[]  NOT NULL DEFAULT '{}',
    ADD COLUMN undated       boolean NOT NULL DEFAULT false, -- a count with items that have no time of their own
    DROP CONSTRAINT partner_files_warehouse_code_sha256_key;
CREATE UNIQUE INDEX partner_files_once ON partner_files (warehouse_code, sha256) WHERE NOT undated;
CREATE INDEX partner_files_bytes ON partner_files (warehouse_code, sha256, id);
UPDATE partner_files SET transmissions = ARRAY['key ' || result_key] WHERE result_key <> '';

-- +goose Down
DROP INDEX partner_files_bytes, partner_files_once;
ALTER TABLE partner_files ADD UNIQUE (warehouse_code, sha256), DROP COLUMN undated, DROP COLUMN transmissions;
