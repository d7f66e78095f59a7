-- +goose Up
-- What left later than planned arrives later than it was promised: on this day it is looked at again.
ALTER TABLE shipments ADD COLUMN look_on date;

-- +goose Down
ALTER TABLE shipments DROP COLUMN look_on;
