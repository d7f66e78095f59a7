-- +goose Up

-- What a customer is to be told of a fax or a web order (FAX-3, STK-2), and what was told. A row
-- waits until its facts stand or it is due; what happens meanwhile raises its version, so that
-- nothing is said that is no longer so. What was said stays: the next answer tells the difference.
CREATE TABLE answers (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id     bigint REFERENCES documents, -- the fax that is answered, or
    order_id        bigint REFERENCES orders,    -- the order that came without one
    department_code text NOT NULL,
    state           text NOT NULL CHECK (state IN ('waiting', 'told', 'needless', 'desk', 'done')),
    version         integer NOT NULL DEFAULT 1,
    wanted_at       timestamptz NOT NULL, -- when it was first called for
    due_at          timestamptz NOT NULL, -- said by then, whatever is still open
    no              integer CHECK (no >= 1), -- of the fax or order, once told
    kind            text NOT NULL DEFAULT '', -- of the issued document
    channel         text NOT NULL DEFAULT '',
    told            jsonb,                    -- what the customer knows by it
    detail          text NOT NULL DEFAULT '',
    closed_at       timestamptz,
    closed_by       text NOT NULL DEFAULT '', -- who told the customer where we could not
    CHECK (num_nonnulls(document_id, order_id) = 1),
    CHECK ((state = 'waiting') = (closed_at IS NULL)),
    CHECK (state <> 'told' OR (no IS NOT NULL AND told IS NOT NULL AND kind <> '' AND channel <> ''))
);
-- One answer waits for each customer of a fax or order, however much happens meanwhile.
CREATE UNIQUE INDEX answers_one_waits ON answers (coalesce(document_id, 0), coalesce(order_id, 0), department_code) WHERE state = 'waiting';
CREATE UNIQUE INDEX answers_no_document ON answers (document_id, no) WHERE document_id IS NOT NULL;
CREATE UNIQUE INDEX answers_no_order ON answers (order_id, no) WHERE order_id IS NOT NULL;
CREATE INDEX answers_due ON answers (due_at, id) WHERE state = 'waiting';
CREATE INDEX answers_desk ON answers (id) WHERE state = 'desk';
CREATE INDEX orders_document ON orders (document_id) WHERE document_id IS NOT NULL;

-- Pages that nobody could read, closed by the desk; the customer is asked to send them again. Append-only.
CREATE TABLE illegible_pages (
    document_id     bigint NOT NULL REFERENCES documents,
    page_no         integer NOT NULL CHECK (page_no >= 0), -- 0 is the document as a whole
    department_code text NOT NULL,                         -- whose it is; '' where nobody knows
    fields          text[] NOT NULL,                       -- what could not be read, by field
    by              text NOT NULL CHECK (by <> ''),
    at              timestamptz NOT NULL,
    PRIMARY KEY (document_id, page_no)
);
CREATE TRIGGER illegible_pages_append_only BEFORE UPDATE OR DELETE ON illegible_pages FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER illegible_pages_no_truncate BEFORE TRUNCATE ON illegible_pages FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- +goose Down
DROP TABLE illegible_pages, answers;
DROP INDEX orders_document;
