-- +goose Up
ALTER TABLE staff
    ADD COLUMN totp_step bigint NOT NULL DEFAULT 0,     -- the last code that was used: none is good twice
    ADD COLUMN sessions_no integer NOT NULL DEFAULT 0;  -- sessions of another number are over

-- +goose Down
ALTER TABLE staff DROP COLUMN totp_step, DROP COLUMN sessions_no;
