-- +goose Up

-- A password that somebody else made and handed out: whoever signs in with it chooses their own
-- first (OWASP ASVS 2.3.1).
ALTER TABLE staff ADD COLUMN password_given boolean NOT NULL DEFAULT false;

-- Who a mail is from; departments have theirs.
CREATE INDEX users_email ON users (lower(email)) WHERE email <> '';

-- +goose Down
DROP INDEX users_email;
ALTER TABLE staff DROP COLUMN password_given;
