-- +goose Up

-- Geometries of forms as they were printed, each once: plain data by which a sheet is read years later.
CREATE TABLE form_layouts (
    sha256 text PRIMARY KEY CHECK (length(sha256) = 64), -- of the JSON text
    layout text NOT NULL                                 -- form.Layout
);

-- Forms that were printed for somebody: what stands on the sheet that comes back (RET-3).
CREATE TABLE printed_forms (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind               text NOT NULL, -- form.Kind
    version            integer NOT NULL,
    order_id           bigint NOT NULL REFERENCES orders,
    shipment_no        integer NOT NULL,
    sheet              integer NOT NULL CHECK (sheet >= 1),
    sheets             integer NOT NULL CHECK (sheets >= sheet),
    lines              jsonb NOT NULL, -- the order's lines on it from the top, with the quantities delivered
    layout_sha256      text NOT NULL REFERENCES form_layouts,
    issued_document_id bigint NOT NULL REFERENCES issued_documents,
    page               integer NOT NULL CHECK (page >= 1), -- of the issued document
    printed_at         timestamptz NOT NULL,
    UNIQUE (issued_document_id, page)
);
CREATE INDEX printed_forms_order ON printed_forms (order_id);
CREATE TRIGGER printed_forms_append_only BEFORE UPDATE OR DELETE ON printed_forms FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER form_layouts_append_only BEFORE UPDATE OR DELETE ON form_layouts FOR EACH ROW EXECUTE FUNCTION append_only();

-- +goose Down
DROP TABLE printed_forms, form_layouts;
