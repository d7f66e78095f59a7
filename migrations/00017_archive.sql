-- +goose Up

-- Mails' senders as the mails state them. Append-only.
CREATE TABLE document_senders (
    document_id bigint PRIMARY KEY REFERENCES documents,
    address     text NOT NULL CHECK (address <> ''),
    noted_at    timestamptz NOT NULL
);

-- Counterparties as they were called when something was transacted with them. Names that change
-- make new rows. search is what searches compare: folded by the application, a line each.
CREATE TABLE archive_parties (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code    text NOT NULL DEFAULT '', -- customer or warehouse code
    name    text NOT NULL DEFAULT '',
    company text NOT NULL DEFAULT '',
    contact text NOT NULL DEFAULT '', -- caller's number, mail address
    search  text NOT NULL,
    UNIQUE (code, name, company, contact)
);
INSERT INTO archive_parties (search) VALUES ('');

-- What the archive is searched by (KEP-1): day, amount and counterparty of each inbound document,
-- of each of its pages that became an order, and of each issued document. A correction is a new
-- row that replaces the one before; every row is sealed in the chain.
CREATE TABLE archive_facts (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id        bigint REFERENCES documents,
    page_no            integer NOT NULL DEFAULT 0, -- 0 is the document as a whole
    issued_document_id bigint REFERENCES issued_documents,
    order_id           bigint REFERENCES orders,
    party_id           bigint NOT NULL REFERENCES archive_parties,
    amount_yen         bigint,                     -- including tax; null where it is about no money
    transacted_on      date NOT NULL,
    reason             text NOT NULL,              -- why this row: what it was taken from, or a person's words
    by                 text NOT NULL DEFAULT '',   -- the person, where one stated it
    recorded_at        timestamptz NOT NULL,
    replaces           bigint UNIQUE REFERENCES archive_facts,
    CHECK (num_nonnulls(document_id, issued_document_id) = 1)
);
CREATE UNIQUE INDEX archive_facts_first ON archive_facts (document_id, page_no) WHERE document_id IS NOT NULL AND replaces IS NULL;
CREATE UNIQUE INDEX archive_facts_first_issued ON archive_facts (issued_document_id) WHERE issued_document_id IS NOT NULL AND replaces IS NULL;
CREATE INDEX archive_facts_document ON archive_facts (document_id, page_no) WHERE document_id IS NOT NULL;
CREATE INDEX archive_facts_issued ON archive_facts (issued_document_id) WHERE issued_document_id IS NOT NULL;
CREATE INDEX archive_facts_day ON archive_facts (transacted_on, id);
CREATE INDEX archive_facts_amount ON archive_facts (amount_yen, transacted_on, id) WHERE amount_yen IS NOT NULL;
CREATE INDEX archive_facts_party ON archive_facts (party_id, transacted_on, id);
CREATE INDEX archive_facts_order ON archive_facts (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX issued_documents_sha256 ON issued_documents (sha256);
CREATE INDEX departments_email ON departments (lower(email)) WHERE email <> '';
CREATE INDEX pages_order ON pages (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX document_states_order ON document_states (order_id) WHERE order_id IS NOT NULL;

-- Documents whose bytes were taken away (KEP-1: misdirected personal data, or the term is over).
-- Only the retention role adds to it.
CREATE TABLE archive_erasures (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL UNIQUE REFERENCES documents,
    sha256      text NOT NULL,
    size_bytes  bigint NOT NULL,
    files       text[] NOT NULL, -- blobs to be removed, where nothing else needs them
    reason      text NOT NULL CHECK (reason <> ''),
    by          text NOT NULL CHECK (by <> ''),
    erased_at   timestamptz NOT NULL
);

-- The chain: one line for every inbound and issued document, fact and erasure. digest is the
-- SHA-256 of the sealed row's canonical text, chain that of the line before and this one
-- (docs/archive.md). seq has no gaps.
CREATE TABLE archive_entries (
    seq                bigint PRIMARY KEY CHECK (seq >= 1),
    kind               text NOT NULL CHECK (kind IN ('inbound', 'issued', 'fact', 'erased')),
    document_id        bigint UNIQUE REFERENCES documents,
    issued_document_id bigint UNIQUE REFERENCES issued_documents,
    fact_id            bigint UNIQUE REFERENCES archive_facts,
    erasure_id         bigint UNIQUE REFERENCES archive_erasures,
    digest             text NOT NULL CHECK (length(digest) = 64),
    sealed_at          timestamptz NOT NULL,
    previous           text NOT NULL CHECK (length(previous) = 64),
    chain              text NOT NULL UNIQUE CHECK (length(chain) = 64),
    CHECK (num_nonnulls(document_id, issued_document_id, fact_id, erasure_id) = 1)
);

-- What waits to be sealed or looked at again. Rows are never updated and no key but their number
-- is unique, so that whoever adds one waits for nobody.
CREATE TABLE archive_pending (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('inbound', 'issued', 'fact', 'erased', 'document', 'order')),
    ref  bigint NOT NULL
);

-- pend notes that a row waits: its arguments are the kind and the column that names it.
-- +goose StatementBegin
CREATE FUNCTION archive_pend() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO archive_pending (kind, ref) VALUES (TG_ARGV[0], (to_jsonb(NEW) ->> TG_ARGV[1])::bigint);
    RETURN NULL;
END $$;
CREATE FUNCTION archive_pend_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO archive_pending (kind, ref) VALUES ('inbound', NEW.id);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER documents_pend AFTER INSERT ON documents FOR EACH ROW EXECUTE FUNCTION archive_pend_document();
CREATE TRIGGER issued_documents_pend AFTER INSERT ON issued_documents FOR EACH ROW EXECUTE FUNCTION archive_pend('issued', 'id');
CREATE TRIGGER archive_facts_pend AFTER INSERT ON archive_facts FOR EACH ROW EXECUTE FUNCTION archive_pend('fact', 'id');
CREATE TRIGGER archive_erasures_pend AFTER INSERT ON archive_erasures FOR EACH ROW EXECUTE FUNCTION archive_pend('erased', 'id');
CREATE TRIGGER document_senders_pend AFTER INSERT ON document_senders FOR EACH ROW EXECUTE FUNCTION archive_pend('document', 'document_id');
CREATE TRIGGER pages_pend_new AFTER INSERT ON pages FOR EACH ROW WHEN (NEW.order_id IS NOT NULL) EXECUTE FUNCTION archive_pend('document', 'document_id');
CREATE TRIGGER pages_pend AFTER UPDATE OF order_id ON pages FOR EACH ROW
    WHEN (NEW.order_id IS DISTINCT FROM OLD.order_id) EXECUTE FUNCTION archive_pend('document', 'document_id');
CREATE TRIGGER document_states_pend_new AFTER INSERT ON document_states FOR EACH ROW
    WHEN (NEW.order_id IS NOT NULL) EXECUTE FUNCTION archive_pend('document', 'document_id');
CREATE TRIGGER document_states_pend AFTER UPDATE OF order_id ON document_states FOR EACH ROW
    WHEN (NEW.order_id IS DISTINCT FROM OLD.order_id) EXECUTE FUNCTION archive_pend('document', 'document_id');
CREATE TRIGGER orders_pend AFTER UPDATE OF goods_yen, fee_yen, taxes, department_code ON orders FOR EACH ROW
    WHEN ((NEW.goods_yen, NEW.fee_yen, NEW.taxes, NEW.department_code) IS DISTINCT FROM (OLD.goods_yen, OLD.fee_yen, OLD.taxes, OLD.department_code))
    EXECUTE FUNCTION archive_pend('order', 'id');

-- What was archived before there was this chain is sealed by it too.
INSERT INTO archive_pending (kind, ref) SELECT 'inbound', id FROM documents ORDER BY id;
INSERT INTO archive_pending (kind, ref) SELECT 'issued', id FROM issued_documents ORDER BY id;
ALTER TABLE issued_documents DROP COLUMN previous, DROP COLUMN chain;

-- erased_only lets the retention role blank a document whose erasure is logged, and nobody else
-- change or delete one.
-- +goose StatementBegin
CREATE FUNCTION erased_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = 'todoke_retention' AND TG_OP = 'UPDATE' THEN
        IF EXISTS (SELECT FROM archive_erasures WHERE document_id = OLD.id) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only (KEP-1): % refused; todoke archive erase logs what it takes away', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
-- never refuses to change a row, whoever asks.
CREATE FUNCTION archive_never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only (KEP-1): % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
DROP TRIGGER documents_append_only ON documents;
CREATE TRIGGER documents_append_only BEFORE UPDATE OR DELETE ON documents FOR EACH ROW EXECUTE FUNCTION erased_only();
DROP TRIGGER issued_documents_append_only ON issued_documents;
CREATE TRIGGER issued_documents_append_only BEFORE UPDATE OR DELETE ON issued_documents FOR EACH ROW EXECUTE FUNCTION archive_never();
CREATE TRIGGER archive_entries_append_only BEFORE UPDATE OR DELETE ON archive_entries FOR EACH ROW EXECUTE FUNCTION archive_never();
CREATE TRIGGER archive_entries_no_truncate BEFORE TRUNCATE ON archive_entries FOR EACH STATEMENT EXECUTE FUNCTION archive_never();
CREATE TRIGGER archive_erasures_append_only BEFORE UPDATE OR DELETE ON archive_erasures FOR EACH ROW EXECUTE FUNCTION archive_never();
CREATE TRIGGER archive_erasures_no_truncate BEFORE TRUNCATE ON archive_erasures FOR EACH STATEMENT EXECUTE FUNCTION archive_never();
CREATE TRIGGER archive_facts_append_only BEFORE UPDATE OR DELETE ON archive_facts FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER archive_facts_no_truncate BEFORE TRUNCATE ON archive_facts FOR EACH STATEMENT EXECUTE FUNCTION archive_never();
CREATE TRIGGER archive_parties_append_only BEFORE UPDATE OR DELETE ON archive_parties FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER archive_parties_no_truncate BEFORE TRUNCATE ON archive_parties FOR EACH STATEMENT EXECUTE FUNCTION archive_never();
CREATE TRIGGER document_senders_append_only BEFORE UPDATE OR DELETE ON document_senders FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER document_senders_no_truncate BEFORE TRUNCATE ON document_senders FOR EACH STATEMENT EXECUTE FUNCTION archive_never();

-- +goose Down
DROP TRIGGER orders_pend ON orders;
DROP TRIGGER document_states_pend ON document_states;
DROP TRIGGER document_states_pend_new ON document_states;
DROP TRIGGER pages_pend ON pages;
DROP TRIGGER pages_pend_new ON pages;
DROP TRIGGER issued_documents_pend ON issued_documents;
DROP TRIGGER documents_pend ON documents;
DROP TABLE archive_pending, archive_entries, archive_erasures, archive_facts, archive_parties, document_senders;
DROP FUNCTION archive_pend(), archive_pend_document();
DROP INDEX pages_order, document_states_order, departments_email, issued_documents_sha256;
DROP TRIGGER documents_append_only ON documents;
CREATE TRIGGER documents_append_only BEFORE UPDATE OR DELETE ON documents FOR EACH ROW EXECUTE FUNCTION append_only();
DROP TRIGGER issued_documents_append_only ON issued_documents;
CREATE TRIGGER issued_documents_append_only BEFORE UPDATE OR DELETE ON issued_documents FOR EACH ROW EXECUTE FUNCTION append_only();
DROP FUNCTION erased_only(), archive_never();
ALTER TABLE issued_documents ADD COLUMN previous text NOT NULL DEFAULT '', ADD COLUMN chain text NOT NULL DEFAULT '';
