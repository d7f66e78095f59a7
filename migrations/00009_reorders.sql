-- +goose Up

-- A page becomes one order that stands, whatever is retried: one that was cancelled because it
-- had been read wrongly makes room for the right one (RDR-3).
DROP INDEX orders_page;
CREATE UNIQUE INDEX orders_page ON orders (document_id, page_no) WHERE document_id IS NOT NULL AND state <> 'cancelled';

-- +goose Down
DROP INDEX orders_page;
CREATE UNIQUE INDEX orders_page ON orders (document_id, page_no) WHERE document_id IS NOT NULL;
