-- +goose Up

-- What a page was taken for, by the reader and then by persons: the last row holds (PGE-1).
-- Append-only.
CREATE TABLE page_kinds (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    page_id  bigint NOT NULL REFERENCES pages,
    kind     text NOT NULL CHECK (kind IN ('order_form', 'return_request', 'point_inquiry', 'prize_application', 'registration_change',
        'cover', 'blank', 'unknown', 'advert', 'unreadable')),
    sure     boolean NOT NULL,           -- a fact, not a suggestion
    closed   boolean NOT NULL,           -- the page was closed by it without a person
    rule     text NOT NULL,
    evidence jsonb NOT NULL,             -- in words
    look     jsonb,                      -- how the page looks; null where nobody measured it
    by       text NOT NULL DEFAULT '',   -- the person; '' is the reader
    made_at  timestamptz NOT NULL
);
CREATE INDEX page_kinds_page ON page_kinds (page_id, id);
CREATE INDEX page_kinds_judged ON page_kinds (id) WHERE by <> '';

-- What pages look like that are none of our forms, for likeness with others. Append-only.
CREATE TABLE page_prints (
    page_id bigint PRIMARY KEY REFERENCES pages,
    print   bytea NOT NULL
);

-- A cover sheet is closed as one; a page that a person dealt with outside is handled.
ALTER TABLE pages DROP CONSTRAINT pages_state_check,
    ADD CONSTRAINT pages_state_check CHECK (state IN ('review', 'ordered', 'blank', 'duplicate', 'junk', 'cover', 'handled'));
ALTER TABLE reviews DROP CONSTRAINT reviews_state_check,
    ADD CONSTRAINT reviews_state_check CHECK (state IN ('open', 'settled', 'junk', 'duplicate', 'handled'));

CREATE TRIGGER page_kinds_append_only BEFORE UPDATE OR DELETE ON page_kinds FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER page_kinds_no_truncate BEFORE TRUNCATE ON page_kinds FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER page_prints_append_only BEFORE UPDATE OR DELETE ON page_prints FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER page_prints_no_truncate BEFORE TRUNCATE ON page_prints FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- +goose Down
DROP TABLE page_prints, page_kinds;
UPDATE reviews SET state = 'junk' WHERE state = 'handled';
UPDATE pages SET state = 'junk' WHERE state IN ('cover', 'handled');
ALTER TABLE reviews DROP CONSTRAINT reviews_state_check,
    ADD CONSTRAINT reviews_state_check CHECK (state IN ('open', 'settled', 'junk', 'duplicate'));
ALTER TABLE pages DROP CONSTRAINT pages_state_check,
    ADD CONSTRAINT pages_state_check CHECK (state IN ('review', 'ordered', 'blank', 'duplicate', 'junk'));
