-- +goose Up

-- Whom an issued document is for and what it is about: the archive is searched by it (KEP-1).
ALTER TABLE issued_documents
    ADD COLUMN subject       text NOT NULL DEFAULT '', -- of a mail
    ADD COLUMN party         text NOT NULL DEFAULT '', -- counterparty: customer code, warehouse code or mail address
    ADD COLUMN amount_yen    bigint,                   -- including tax; null where it is about no money
    ADD COLUMN transacted_on date,                     -- day of the transaction; null where it is about none
    ADD COLUMN order_id      bigint REFERENCES orders,
    ADD COLUMN document_id   bigint REFERENCES documents; -- the inbound document that it answers
CREATE INDEX issued_documents_order ON issued_documents (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX issued_documents_document ON issued_documents (document_id) WHERE document_id IS NOT NULL;

-- +goose Down
DROP INDEX issued_documents_document;
DROP INDEX issued_documents_order;
ALTER TABLE issued_documents DROP COLUMN document_id, DROP COLUMN order_id, DROP COLUMN transacted_on,
    DROP COLUMN amount_yen, DROP COLUMN party, DROP COLUMN subject;
