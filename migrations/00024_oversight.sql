-- +goose Up

-- What the desk's overview counts for a day, and the lists behind its numbers.
CREATE INDEX documents_received ON documents (received_at, id) INCLUDE (source, media_type) WHERE duplicate_of IS NULL;
CREATE INDEX orders_accepted ON orders (accepted_at, id);
CREATE INDEX reviews_order ON reviews (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX reviews_closed ON reviews (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX events_persons ON events (order_id) WHERE order_id IS NOT NULL AND by <> '' AND kind <> 'shipped';
CREATE INDEX deliveries_created ON deliveries (created_at, id);
CREATE INDEX reading_audits_erred ON reading_audit_states (changed_at) WHERE outcome = 'reader_erred';
CREATE INDEX waves_released ON waves (released_at);
CREATE INDEX schedule_runs_due ON schedule_runs (due_at);

-- Runs that a person asked for, and why. Append-only.
CREATE TABLE schedule_run_requests (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schedule text NOT NULL,
    due_at   timestamptz NOT NULL,
    inserted boolean NOT NULL, -- false where the run was there already
    reason   text NOT NULL CHECK (reason <> ''),
    by       text NOT NULL CHECK (by <> ''),
    asked_at timestamptz NOT NULL
);
CREATE INDEX schedule_run_requests_run ON schedule_run_requests (schedule, due_at);
CREATE TRIGGER schedule_run_requests_append_only BEFORE UPDATE OR DELETE ON schedule_run_requests FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER schedule_run_requests_no_truncate BEFORE TRUNCATE ON schedule_run_requests FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- +goose Down
DROP TABLE schedule_run_requests;
DROP INDEX schedule_runs_due, waves_released, reading_audits_erred, deliveries_created, events_persons, reviews_closed, reviews_order,
    orders_accepted, documents_received;
