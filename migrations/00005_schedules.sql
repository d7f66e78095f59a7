-- +goose Up

-- When each schedule was first looked at: nothing is due from before.
CREATE TABLE schedules (
    name     text PRIMARY KEY,
    since_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE schedules;
