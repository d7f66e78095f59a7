-- +goose Up

-- What tells the sheet of paper that a page is a fax of (FAX-5). Derived from the page: it can be
-- read anew. Written with the page, changed never but for the customer a person names.
CREATE TABLE page_likenesses (
    page_id       bigint PRIMARY KEY REFERENCES pages,
    customer_code text NOT NULL DEFAULT '', -- as read, or settled by a person
    caller        text NOT NULL DEFAULT '', -- of the document, or of the mail it came in
    received_at   timestamptz NOT NULL,     -- of the document
    legible       boolean NOT NULL,         -- whether it says enough to hold back another page
    ink           bytea                     -- what is written on the form; null where none was found
);
-- Few pages of one customer, or of one number, come within the days that a resend may take: they
-- are looked at one by one.
CREATE INDEX page_likenesses_customer ON page_likenesses (customer_code, received_at) WHERE customer_code <> '';
CREATE INDEX page_likenesses_caller ON page_likenesses (caller, received_at) WHERE caller <> '';

-- Orders of a customer within the hours that a resend may take.
CREATE INDEX orders_department_received ON orders (department_code, received_at);

-- +goose Down
DROP INDEX orders_department_received;
DROP TABLE page_likenesses;
