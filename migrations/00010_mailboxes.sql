-- +goose Up

-- How far each mailbox was collected. Which mails were stored, the documents know (KEP-1); this
-- only spares looking at all of them again.
CREATE TABLE mailbox_cursors (
    mailbox       text PRIMARY KEY CHECK (mailbox <> ''), -- imap://user@host:port/folder
    uid_validity  bigint NOT NULL CHECK (uid_validity BETWEEN 1 AND 4294967295),
    uid           bigint NOT NULL CHECK (uid BETWEEN 0 AND 4294967295), -- every mail up to it is stored or refused
    renumbered_to bigint NOT NULL CHECK (renumbered_to BETWEEN 0 AND 4294967295), -- the highest when this numbering began
    mod_seq       bigint NOT NULL CHECK (mod_seq >= 0), -- RFC 7162; 0 where unknown
    waiting       bigint[] NOT NULL, -- but for these, which could not be stored
    changed_at    timestamptz NOT NULL
);

-- +goose Down
DROP TABLE mailbox_cursors;
