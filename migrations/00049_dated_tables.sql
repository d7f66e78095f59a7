-- +goose Up

-- CUT-2: tables of regions hold from a day on; the rows without one are the table from the beginning.
ALTER TABLE regions ADD COLUMN from_on date;
ALTER TABLE regions DROP CONSTRAINT regions_pkey;
CREATE UNIQUE INDEX regions_key ON regions (from_on, code) NULLS NOT DISTINCT;

-- CUT-5: when carriers deliver nothing though the shop works, and days that they take longer.
CREATE TABLE carrier_days (
    position  integer PRIMARY KEY, -- the file's order
    carrier   text NOT NULL,
    region    text NOT NULL,       -- '' is every region
    class     text NOT NULL CHECK (class IN ('', 'normal', 'truck', 'phone')),
    from_on   date,
    to_on     date,
    weekdays  smallint[] NOT NULL, -- 0 is Sunday; none is every day of the span
    lead_days integer NOT NULL CHECK (lead_days >= 0), -- business days more; 0 delivers nothing on the days
    name      text NOT NULL
);

-- Shipments whose promise a carrier's new days touch are looked at again once.
ALTER TABLE shipments ADD COLUMN replan boolean NOT NULL DEFAULT false;
CREATE INDEX shipments_replan ON shipments (id) WHERE replan;

-- +goose Down
DROP INDEX shipments_replan;
ALTER TABLE shipments DROP COLUMN replan;
DROP TABLE carrier_days;
DELETE FROM regions WHERE from_on IS NOT NULL;
DROP INDEX regions_key;
ALTER TABLE regions ADD PRIMARY KEY (code);
ALTER TABLE regions DROP COLUMN from_on;
