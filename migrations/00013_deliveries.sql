-- +goose Up

-- A delivery waits, is sent (handed over), is delivered (somebody said that it arrived), or failed:
-- then a person resends it, as a delivery of its own, or gives it up.
ALTER TABLE deliveries
    DROP CONSTRAINT deliveries_state_check,
    ADD CONSTRAINT deliveries_state_check CHECK (state IN ('waiting', 'sent', 'delivered', 'failed', 'resent', 'given_up')),
    DROP CONSTRAINT deliveries_issued_document_id_channel_recipient_key,
    ADD COLUMN copy        integer NOT NULL DEFAULT 1 CHECK (copy >= 1), -- 1, and one more each time a person resends it
    ADD COLUMN resend_of   bigint REFERENCES deliveries,
    ADD COLUMN not_before  timestamptz, -- while it waits: when it is due; null where its job is there already
    ADD COLUMN detail      text NOT NULL DEFAULT '', -- why it waits, or what became of it, for people
    ADD COLUMN maybe_twice boolean NOT NULL DEFAULT false, -- it was sent again though it may have arrived
    ADD COLUMN way         text NOT NULL DEFAULT '', -- of the latest attempt
    ADD COLUMN message_id  text NOT NULL DEFAULT '', -- of the latest attempt
    ADD COLUMN sent_key    text NOT NULL DEFAULT '', -- blob of the bytes of the latest attempt, as they left
    ADD COLUMN decided_by  text NOT NULL DEFAULT '', -- who resent it or gave it up
    ADD COLUMN decided_for text NOT NULL DEFAULT '', -- the reason given
    ADD COLUMN decided_at  timestamptz,
    ADD UNIQUE (issued_document_id, channel, recipient, copy);
CREATE INDEX deliveries_due ON deliveries (not_before) WHERE state = 'waiting' AND not_before IS NOT NULL;
CREATE INDEX deliveries_failed ON deliveries (id) WHERE state = 'failed';
CREATE INDEX deliveries_sent ON deliveries (channel, recipient, sent_at) WHERE state = 'sent';

-- Each attempt, from the claim before anything leaves to what became of it. An attempt without an
-- end that another follows was cut off: it may have arrived.
CREATE TABLE delivery_attempts (
    delivery_id bigint NOT NULL REFERENCES deliveries,
    no          integer NOT NULL CHECK (no >= 1),
    way         text NOT NULL,
    message_id  text NOT NULL, -- attempts of one way share it
    sent_key    text NOT NULL,
    claimed_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    outcome     text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'sent', 'temporary', 'permanent', 'uncertain', 'returned')),
    detail      text NOT NULL DEFAULT '', -- the error
    receipt     text NOT NULL DEFAULT '', -- the server's answer, the job's number, the file's path
    PRIMARY KEY (delivery_id, no)
);
CREATE INDEX delivery_attempts_message ON delivery_attempts (split_part(message_id, '@', 1));
CREATE INDEX delivery_attempts_receipt ON delivery_attempts (way, receipt) WHERE receipt <> '';

-- Mails that tell what became of a delivery. Append-only.
CREATE TABLE delivery_notices (
    document_id bigint PRIMARY KEY REFERENCES documents, -- the mail
    delivery_id bigint NOT NULL REFERENCES deliveries,
    kind        text NOT NULL CHECK (kind IN ('failed', 'delivered', 'delayed')),
    matched_by  text NOT NULL, -- message id, envelope address, job, number
    detail      text NOT NULL,
    noticed_at  timestamptz NOT NULL
);
CREATE INDEX delivery_notices_delivery ON delivery_notices (delivery_id);
CREATE TRIGGER delivery_notices_append_only BEFORE UPDATE OR DELETE ON delivery_notices FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER delivery_notices_no_truncate BEFORE TRUNCATE ON delivery_notices FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- A mail that tells of a delivery of ours is a notice: final.
ALTER TABLE document_states
    DROP CONSTRAINT document_states_state_check,
    ADD CONSTRAINT document_states_state_check
        CHECK (state IN ('received', 'review', 'split', 'read', 'ordered', 'refused', 'duplicate', 'junk', 'notice'));

-- +goose Down
UPDATE document_states SET state = 'review' WHERE state = 'notice';
ALTER TABLE document_states
    DROP CONSTRAINT document_states_state_check,
    ADD CONSTRAINT document_states_state_check
        CHECK (state IN ('received', 'review', 'split', 'read', 'ordered', 'refused', 'duplicate', 'junk'));
DROP TABLE delivery_notices, delivery_attempts;
DROP INDEX deliveries_sent, deliveries_failed, deliveries_due;
DELETE FROM deliveries WHERE copy > 1;
UPDATE deliveries SET state = CASE WHEN state = 'delivered' THEN 'sent' ELSE 'waiting' END WHERE state NOT IN ('waiting', 'sent');
ALTER TABLE deliveries
    DROP CONSTRAINT deliveries_issued_document_id_channel_recipient_copy_key,
    DROP CONSTRAINT deliveries_state_check,
    DROP COLUMN copy, DROP COLUMN resend_of, DROP COLUMN not_before, DROP COLUMN detail, DROP COLUMN maybe_twice, DROP COLUMN way,
    DROP COLUMN message_id, DROP COLUMN sent_key, DROP COLUMN decided_by, DROP COLUMN decided_for, DROP COLUMN decided_at,
    ADD CONSTRAINT deliveries_state_check CHECK (state IN ('waiting', 'sent')),
    ADD CONSTRAINT deliveries_issued_document_id_channel_recipient_key UNIQUE (issued_document_id, channel, recipient);
