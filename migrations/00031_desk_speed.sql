-- +goose Up

-- The queue as it is shown: the first deadline first, what has none last.
CREATE INDEX reviews_queue ON reviews ((coalesce(deadline_at, 'infinity')), id) WHERE state = 'open';

-- +goose Down
DROP INDEX reviews_queue;
