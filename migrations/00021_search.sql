-- +goose Up

-- Texts that people write in more than one way are equal in this: width, large and small letters,
-- hiragana and katakana, blanks, hyphens. Extensions are not everywhere, so that names are looked
-- through, masters being few; what is looked up among orders has an index.
CREATE FUNCTION fold(s text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT translate(lower(normalize(s, NFKC)),
        'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖ -‐‑–—−',
        'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶ')
$$;
ALTER TABLE companies ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (fold(name)) STORED;
ALTER TABLE departments ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (fold(code || ' ' || name)) STORED;
ALTER TABLE items ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (fold(code || ' ' || name || ' ' || name_kana)) STORED;
CREATE INDEX departments_fax_begin ON departments (fax text_pattern_ops) WHERE fax <> '';
CREATE INDEX departments_dealer ON departments (dealer_code) WHERE dealer_code IS NOT NULL;
CREATE INDEX documents_caller ON documents (caller text_pattern_ops, received_at) WHERE caller <> '';

-- What the customer pays: goods, fee and tax.
CREATE FUNCTION order_total(goods_yen bigint, fee_yen bigint, taxes jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT goods_yen + fee_yen + coalesce((SELECT sum((t ->> 'tax_yen')::bigint) FROM jsonb_array_elements(taxes) t), 0)::bigint
$$;
CREATE INDEX orders_received ON orders (received_at, id);
CREATE INDEX orders_state_received ON orders (state, received_at, id);
CREATE INDEX orders_channel_received ON orders (channel, received_at, id);
CREATE INDEX orders_goods ON orders (goods_yen, id);
CREATE INDEX orders_total ON orders (order_total(goods_yen, fee_yen, taxes), id);
CREATE INDEX documents_desk ON documents (id) WHERE source LIKE 'desk:%';
CREATE INDEX orders_department_document ON orders (department_code, id) WHERE document_id IS NOT NULL;
CREATE INDEX issued_documents_party ON issued_documents (party, id) WHERE party <> '';
CREATE INDEX order_lines_item ON order_lines (item_code, order_id);

-- What is asked of a customer's dealer (ACC-3): sent by mail, followed until it is done.
CREATE TABLE dealer_requests (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department_code    text NOT NULL REFERENCES departments,
    dealer_code        text NOT NULL REFERENCES dealers,
    order_id           bigint REFERENCES orders,
    subject            text NOT NULL CHECK (subject <> ''),
    body               text NOT NULL CHECK (body <> ''),
    issued_document_id bigint NOT NULL UNIQUE REFERENCES issued_documents,
    state              text NOT NULL CHECK (state IN ('open', 'answered', 'closed')),
    asked_at           timestamptz NOT NULL,
    asked_by           text NOT NULL CHECK (asked_by <> ''),
    answer             text NOT NULL DEFAULT '', -- in the words of who took it
    changed_at         timestamptz NOT NULL,
    changed_by         text NOT NULL
);
CREATE INDEX dealer_requests_state ON dealer_requests (state, id);
CREATE INDEX dealer_requests_department ON dealer_requests (department_code, id);
CREATE SEQUENCE dealer_request_numbers AS bigint;

-- +goose Down
DROP TABLE dealer_requests;
DROP SEQUENCE dealer_request_numbers;
DROP INDEX order_lines_item, documents_desk, orders_department_document, issued_documents_party, orders_total, orders_goods, orders_channel_received, orders_state_received, orders_received,
    documents_caller, departments_dealer, departments_fax_begin;
ALTER TABLE items DROP COLUMN search;
ALTER TABLE departments DROP COLUMN search;
ALTER TABLE companies DROP COLUMN search;
DROP FUNCTION order_total(bigint, bigint, jsonb), fold(text);
