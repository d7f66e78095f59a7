-- Statements about forms that were printed for somebody.

-- name: FormLayoutsAdd
INSERT INTO form_layouts (sha256, layout) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING;

-- name: PrintedFormsAdd
INSERT INTO printed_forms (kind, version, order_id, shipment_no, sheet, sheets, lines, layout_sha256, issued_document_id, page, printed_at)
SELECT kind, version, order_id, shipment_no, sheet, sheets, lines::jsonb, layout_sha256, $9, page, $10
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::int[], $5::int[], $6::int[], $7::text[], $8::text[], $11::int[])
    AS t (kind, version, order_id, shipment_no, sheet, sheets, lines, layout_sha256, page);

-- name: PrintedFormsOf
-- Those of a kind for an order, in the order of its shipments.
SELECT p.kind, p.version, o.id, p.shipment_no, p.sheet, p.sheets, p.lines::text, l.layout, p.issued_document_id, p.page, p.printed_at, s.arrival_on
FROM printed_forms p JOIN orders o ON o.id = p.order_id JOIN form_layouts l ON l.sha256 = p.layout_sha256
JOIN shipments s ON s.order_id = o.id AND s.no = p.shipment_no
WHERE o.number = $1 AND p.kind = $2 ORDER BY p.shipment_no, p.id;
