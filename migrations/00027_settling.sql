-- +goose Up

-- Pages that a person turned, and their being read again as they lie then. The bytes stay as they are.
CREATE TABLE rereads (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    page_id  bigint NOT NULL REFERENCES pages,
    turn     integer NOT NULL CHECK (turn IN (0, 90, 180, 270)), -- degrees clockwise by which the stored picture is turned before it is read
    by       text NOT NULL,
    asked_at timestamptz NOT NULL,
    done_at  timestamptz,
    outcome  text NOT NULL DEFAULT ''
);
CREATE INDEX rereads_page ON rereads (page_id, id);

-- A page that continues another one has no order of its own; a page that holds two orders is two.
ALTER TABLE pages
    ADD COLUMN joined_to bigint REFERENCES pages,  -- the page whose order its lines are on
    ADD COLUMN split_from bigint REFERENCES pages, -- the page as it came, of which this is a second reading
    DROP CONSTRAINT pages_state_check,
    ADD CONSTRAINT pages_state_check CHECK (state IN ('review', 'ordered', 'blank', 'duplicate', 'junk', 'cover', 'handled', 'joined', 'attached')),
    ADD CONSTRAINT pages_joined_check CHECK ((state = 'joined') = (joined_to IS NOT NULL));
CREATE INDEX pages_joined_to ON pages (joined_to) WHERE joined_to IS NOT NULL;
CREATE INDEX pages_split_from ON pages (split_from) WHERE split_from IS NOT NULL;
ALTER TABLE reviews DROP CONSTRAINT reviews_state_check,
    ADD CONSTRAINT reviews_state_check CHECK (state IN ('open', 'settled', 'junk', 'duplicate', 'handled', 'joined', 'attached'));
ALTER TABLE document_states DROP CONSTRAINT document_states_state_check,
    ADD CONSTRAINT document_states_state_check
        CHECK (state IN ('received', 'review', 'split', 'read', 'ordered', 'refused', 'duplicate', 'junk', 'notice', 'attached'));

-- +goose Down
UPDATE document_states SET state = 'junk' WHERE state = 'attached';
UPDATE reviews SET state = 'handled' WHERE state IN ('joined', 'attached');
UPDATE pages SET state = 'handled', joined_to = NULL WHERE state IN ('joined', 'attached');
ALTER TABLE document_states DROP CONSTRAINT document_states_state_check,
    ADD CONSTRAINT document_states_state_check
        CHECK (state IN ('received', 'review', 'split', 'read', 'ordered', 'refused', 'duplicate', 'junk', 'notice'));
ALTER TABLE reviews DROP CONSTRAINT reviews_state_check,
    ADD CONSTRAINT reviews_state_check CHECK (state IN ('open', 'settled', 'junk', 'duplicate', 'handled'));
DROP INDEX pages_split_from, pages_joined_to;
ALTER TABLE pages DROP CONSTRAINT pages_joined_check, DROP COLUMN split_from, DROP COLUMN joined_to, DROP CONSTRAINT pages_state_check,
    ADD CONSTRAINT pages_state_check CHECK (state IN ('review', 'ordered', 'blank', 'duplicate', 'junk', 'cover', 'handled'));
DROP TABLE rereads;
