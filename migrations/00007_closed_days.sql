-- +goose Up

-- Promises whose arrival falls on a day that was closed afterwards are looked for at every tick.
CREATE INDEX shipments_arriving ON shipments (arrival_on) WHERE state = 'planned';

-- +goose Down
DROP INDEX shipments_arriving;
