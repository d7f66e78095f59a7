-- +goose Up

-- What is still to be sent, or failed, among all that was.
CREATE INDEX deliveries_open ON deliveries (id) WHERE state IN ('waiting', 'failed');

-- +goose Down
DROP INDEX deliveries_open;
