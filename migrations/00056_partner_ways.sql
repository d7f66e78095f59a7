-- +goose Up

-- By which way a partner's lists go and its files come (WHS-2); the secrets stand in the configuration.
ALTER TABLE warehouse_profiles
    ADD COLUMN host_key text NOT NULL DEFAULT '',     -- fingerprints of its SFTP server, separated by commas
    ADD COLUMN fetch_folder text NOT NULL DEFAULT '',     -- folder there from which its files are fetched; '' fetches none
    ADD COLUMN contact  text NOT NULL DEFAULT '',     -- mail address that is asked after a list; '' is nobody's
    ADD COLUMN senders  text[] NOT NULL DEFAULT '{}'; -- mail addresses whose attachments are its files

-- Who may speak for a warehouse at the API. Tokens are kept by hash, as shop fronts' are.
CREATE TABLE warehouse_tokens (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    warehouse_code text NOT NULL REFERENCES warehouses,
    name           text NOT NULL CHECK (name <> ''),
    token_sha256   bytea NOT NULL UNIQUE,
    created_at     timestamptz NOT NULL,
    revoked_at     timestamptz
);
CREATE UNIQUE INDEX warehouse_tokens_name ON warehouse_tokens (warehouse_code, name) WHERE revoked_at IS NULL;

-- How often a partner was asked after a list that nobody acknowledged, and when the desk was told.
ALTER TABLE pick_lists
    ADD COLUMN chasing boolean NOT NULL DEFAULT false, -- the partner is asked before the desk is told
    ADD COLUMN chased  integer NOT NULL DEFAULT 0,
    ADD COLUMN told_at timestamptz;
ALTER TABLE pick_list_notes DROP CONSTRAINT pick_list_notes_kind_check,
    ADD CONSTRAINT pick_list_notes_kind_check CHECK (kind IN ('note', 'acknowledged', 'resent', 'chased'));

-- +goose Down
ALTER TABLE pick_list_notes DISABLE TRIGGER pick_list_notes_append_only;
UPDATE pick_list_notes SET kind = 'note' WHERE kind = 'chased';
ALTER TABLE pick_list_notes ENABLE TRIGGER pick_list_notes_append_only;
ALTER TABLE pick_list_notes DROP CONSTRAINT pick_list_notes_kind_check,
    ADD CONSTRAINT pick_list_notes_kind_check CHECK (kind IN ('note', 'acknowledged', 'resent'));
ALTER TABLE pick_lists DROP COLUMN told_at, DROP COLUMN chased, DROP COLUMN chasing;
DROP TABLE warehouse_tokens;
ALTER TABLE warehouse_profiles DROP COLUMN senders, DROP COLUMN contact, DROP COLUMN fetch_folder, DROP COLUMN host_key;
