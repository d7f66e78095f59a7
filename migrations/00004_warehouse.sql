-- +goose Up

CREATE TABLE waves (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    warehouse_code text NOT NULL REFERENCES warehouses,
    ship_on        date NOT NULL,
    class          text NOT NULL CHECK (class IN ('normal', 'truck', 'phone')),
    released_at    timestamptz NOT NULL -- the instant the wave was judged by
);

CREATE SEQUENCE pick_list_numbers AS bigint START 500000001 MINVALUE 500000001 MAXVALUE 999999999;

CREATE TABLE pick_lists (
    id       bigint PRIMARY KEY,
    number   text NOT NULL UNIQUE,
    wave_id  bigint NOT NULL UNIQUE REFERENCES waves,
    issued_at timestamptz -- when its documents were made; null while they are not
);
CREATE INDEX pick_lists_unprinted ON pick_lists (id) WHERE issued_at IS NULL;

-- Stock promised to a line at one warehouse. The list is a column, so a quantity cannot be
-- on two lists (WHS-1).
CREATE TABLE allocations (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id       bigint NOT NULL,
    line_no        integer NOT NULL,
    warehouse_code text NOT NULL,
    item_code      text NOT NULL,
    qty            integer NOT NULL CHECK (qty > 0),
    shipment_id    bigint NOT NULL REFERENCES shipments,
    pick_list_id   bigint REFERENCES pick_lists,
    allocated_at   timestamptz NOT NULL,
    FOREIGN KEY (order_id, line_no) REFERENCES order_lines (order_id, no),
    FOREIGN KEY (item_code, warehouse_code) REFERENCES stock (item_code, warehouse_code)
) WITH (fillfactor = 80);
CREATE INDEX allocations_line ON allocations (order_id, line_no);
CREATE INDEX allocations_shipment ON allocations (shipment_id);
CREATE INDEX allocations_list ON allocations (pick_list_id) WHERE pick_list_id IS NOT NULL;

-- A quantity once on a list stays on it: the paper is out of our hands.
-- +goose StatementBegin
CREATE FUNCTION allocation_stays_on_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.pick_list_id IS NOT NULL AND (TG_OP = 'DELETE'
        OR NEW.pick_list_id IS DISTINCT FROM OLD.pick_list_id OR NEW.qty <> OLD.qty) THEN
        RAISE EXCEPTION 'allocation % is on pick list % and stays on it (WHS-1)', OLD.id, OLD.pick_list_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
-- +goose StatementEnd
CREATE TRIGGER allocations_stay_on_list BEFORE UPDATE OR DELETE ON allocations
    FOR EACH ROW WHEN (OLD.pick_list_id IS NOT NULL) EXECUTE FUNCTION allocation_stays_on_list();

-- What the shop issued, as it left (KEP-1). Append-only, chained: each row's hash covers the
-- one before it.
CREATE TABLE issued_documents (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL,
    number       text NOT NULL,
    format       text NOT NULL,
    file_name    text NOT NULL,
    pick_list_id bigint REFERENCES pick_lists,
    blob_key     text NOT NULL,
    sha256       text NOT NULL CHECK (length(sha256) = 64),
    size_bytes   bigint NOT NULL,
    issued_at    timestamptz NOT NULL,
    previous     text NOT NULL, -- chain of the row before, '' for the first
    chain        text NOT NULL UNIQUE,
    UNIQUE (kind, number, format)
);

-- One document to one recipient on one channel, once.
CREATE TABLE deliveries (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issued_document_id bigint NOT NULL REFERENCES issued_documents,
    channel            text NOT NULL,
    recipient          text NOT NULL,
    state              text NOT NULL CHECK (state IN ('waiting', 'sent')),
    created_at         timestamptz NOT NULL,
    claimed_at         timestamptz,
    sent_at            timestamptz,
    location           text NOT NULL DEFAULT '', -- where it went, such as the file's path
    UNIQUE (issued_document_id, channel, recipient)
);
CREATE INDEX deliveries_waiting ON deliveries (id) WHERE state = 'waiting';

-- Each due execution of a schedule, exactly once.
CREATE TABLE schedule_runs (
    schedule    text NOT NULL,
    due_at      timestamptz NOT NULL,
    inserted_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (schedule, due_at)
);
CREATE INDEX schedule_runs_open ON schedule_runs (schedule, due_at) WHERE finished_at IS NULL;

CREATE TRIGGER documents_append_only BEFORE UPDATE OR DELETE ON documents FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER documents_no_truncate BEFORE TRUNCATE ON documents FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER drafts_append_only BEFORE UPDATE OR DELETE ON drafts FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER drafts_no_truncate BEFORE TRUNCATE ON drafts FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER issued_documents_append_only BEFORE UPDATE OR DELETE ON issued_documents FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER issued_documents_no_truncate BEFORE TRUNCATE ON issued_documents FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- +goose Down
DROP TABLE schedule_runs, deliveries, issued_documents, allocations, pick_lists, waves;
DROP FUNCTION allocation_stays_on_list();
DROP SEQUENCE pick_list_numbers;
DROP TRIGGER documents_append_only ON documents;
DROP TRIGGER documents_no_truncate ON documents;
DROP TRIGGER drafts_append_only ON drafts;
DROP TRIGGER drafts_no_truncate ON drafts;
DROP TRIGGER events_append_only ON events;
DROP TRIGGER events_no_truncate ON events;
