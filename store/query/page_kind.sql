-- Statements about what pages are (PGE-1).

-- name: PageKindInsert
INSERT INTO page_kinds (page_id, kind, sure, closed, rule, evidence, look, by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: PagePrintInsert
INSERT INTO page_prints (page_id, print) VALUES ($1, $2);

-- name: PageKinds
-- What pages of documents were taken for, each page's latest first.
SELECT p.document_id, p.no, k.kind, k.sure, k.closed, k.rule, k.evidence, k.look, k.by, k.made_at
FROM pages p JOIN page_kinds k ON k.page_id = p.id
WHERE p.document_id = ANY($1) ORDER BY p.document_id, p.no, k.id DESC;

-- name: PageKindOfPage
SELECT kind FROM page_kinds WHERE page_id = $1 ORDER BY id DESC LIMIT 1;

-- name: PagesJudged
-- Pages that a person judged and that have a print, the latest judgement of each, the newest first;
-- whether they came from the same sender: the caller's number, or a customer whose form the
-- document held.
SELECT p.document_id, p.no, p.blob_key, k.kind, k.by, t.print,
    (d.caller <> '' AND d.caller = $2) OR EXISTS (SELECT FROM orders o WHERE o.document_id = d.id AND o.department_code = ANY($3))
FROM (SELECT DISTINCT ON (page_id) id, page_id, kind, by FROM page_kinds
      WHERE page_id IN (SELECT page_id FROM page_kinds WHERE by <> '' ORDER BY id DESC LIMIT $4)
      ORDER BY page_id, id DESC) k
JOIN pages p ON p.id = k.page_id JOIN documents d ON d.id = p.document_id JOIN page_prints t ON t.page_id = p.id
WHERE k.by <> '' AND p.document_id <> $1 ORDER BY k.id DESC;

-- name: SenderIsCustomer
SELECT EXISTS (SELECT FROM departments WHERE fax <> '' AND fax = $1);
