-- +goose Up

-- The queue as it is shown: the first deadline first, what has none last.
CREATE INDEX reviews_queue ON reviews ((coalesce(deadline_at, 'infinity')), id) WHERE state = 'open';

-- Which numbers a gateway has given, without a look at the claims themselves.
DROP INDEX document_claims_serial;
CREATE INDEX document_claims_serial ON document_claims (by, (value::bigint)) INCLUDE (value) WHERE kind = 'serial';

-- +goose Down
DROP INDEX document_claims_serial;
CREATE INDEX document_claims_serial ON document_claims (by, (value::bigint)) WHERE kind = 'serial';
DROP INDEX reviews_queue;
