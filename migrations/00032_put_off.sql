-- +goose Up

-- What a person put off for later: it is not handed to that person again until its time, and to
-- anybody else at once.
CREATE TABLE desk_put_off (
    task     text NOT NULL, -- review 12, as in desk_claims
    login    text NOT NULL REFERENCES staff (login),
    until_at timestamptz NOT NULL,
    PRIMARY KEY (task, login)
);
CREATE INDEX desk_put_off_until ON desk_put_off (until_at);

-- +goose Down
DROP TABLE desk_put_off;
