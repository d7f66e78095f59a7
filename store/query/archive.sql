-- Statements about the archive's chain, what it is searched by, and erasing (KEP-1).

-- name: ArchiveLock
-- The chain has one end. Only those who seal wait for each other.
SELECT pg_advisory_xact_lock(hashtext('todoke archive chain'));

-- name: ArchiveWaits
SELECT EXISTS (SELECT FROM archive_pending);

-- name: ArchivePending
SELECT id, kind, ref FROM archive_pending ORDER BY id LIMIT $1;

-- name: ArchivePendingDone
DELETE FROM archive_pending WHERE id = ANY($1);

-- name: ArchiveHead
SELECT seq, chain, sealed_at FROM archive_entries ORDER BY seq DESC LIMIT 1;

-- name: ArchiveSealed
SELECT 'inbound', document_id FROM archive_entries WHERE document_id = ANY($1)
UNION ALL SELECT 'issued', issued_document_id FROM archive_entries WHERE issued_document_id = ANY($2)
UNION ALL SELECT 'fact', fact_id FROM archive_entries WHERE fact_id = ANY($3)
UNION ALL SELECT 'erased', erasure_id FROM archive_entries WHERE erasure_id = ANY($4);

-- name: ArchiveEntries
SELECT seq, kind, coalesce(document_id, issued_document_id, fact_id, erasure_id), digest, sealed_at, previous, chain
FROM archive_entries WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: ArchiveInbound
-- body is checked where it lies: it may be large.
SELECT d.id, d.source, d.external_id, coalesce(d.parent_id, 0), coalesce(d.duplicate_of, 0), d.received_at, d.stored_at, d.caller,
    d.file_name, d.media_type, d.sha256, d.size_bytes,
    d.body IS NOT NULL AND (length(d.body) <> d.size_bytes OR encode(sha256(d.body), 'hex') <> d.sha256),
    EXISTS (SELECT FROM archive_erasures e WHERE e.document_id = d.id)
FROM documents d WHERE d.id = ANY($1);

-- name: ArchiveIssued
SELECT id, kind, number, format, file_name, subject, party, amount_yen, transacted_on, coalesce(order_id, 0), coalesce(document_id, 0),
    coalesce(pick_list_id, 0), sha256, size_bytes, issued_at, blob_key <> sha256
FROM issued_documents WHERE id = ANY($1);

-- name: ArchiveFacts
SELECT f.id, coalesce(f.document_id, 0), f.page_no, coalesce(f.issued_document_id, 0), coalesce(f.order_id, 0),
    p.code, p.name, p.company, p.contact, f.amount_yen, f.transacted_on, f.reason, f.by, f.recorded_at, coalesce(f.replaces, 0),
    EXISTS (SELECT FROM archive_erasures e WHERE e.document_id = f.document_id)
FROM archive_facts f JOIN archive_parties p ON p.id = f.party_id WHERE f.id = ANY($1);

-- name: ArchiveErasures
SELECT id, document_id, sha256, size_bytes, files, reason, by, erased_at FROM archive_erasures WHERE id = ANY($1);

-- name: ArchiveFactsNow
-- The newest facts of documents ($1) and issued documents ($2).
SELECT f.id, coalesce(f.document_id, 0), f.page_no, coalesce(f.issued_document_id, 0), coalesce(f.order_id, 0),
    p.code, p.name, p.company, p.contact, f.amount_yen, f.transacted_on, f.reason, f.by, f.recorded_at, coalesce(f.replaces, 0), false
FROM (SELECT * FROM archive_facts WHERE document_id = ANY($1) UNION ALL SELECT * FROM archive_facts WHERE issued_document_id = ANY($2)) f
JOIN archive_parties p ON p.id = f.party_id
WHERE NOT EXISTS (SELECT FROM archive_facts n WHERE n.replaces = f.id);

-- name: ArchiveOrderDocuments
SELECT document_id FROM pages WHERE order_id = ANY($1)
UNION SELECT document_id FROM document_states WHERE order_id = ANY($1);

-- name: ArchiveWantedDocuments
-- What documents are about as it stands: the whole by its order (web) or its sender, each page by
-- its order. A sender is a customer where exactly one has the number or address.
WITH d AS (
    SELECT d.id, d.received_at, s.order_id, w.caller, w.address
    FROM documents d LEFT JOIN document_states s ON s.document_id = d.id AND s.state = 'ordered',
    LATERAL (SELECT
        coalesce(nullif(d.caller, ''), (SELECT c.value FROM document_claims c
            WHERE c.document_id IN (d.id, d.parent_id) AND c.kind = 'caller' AND c.value <> '' ORDER BY c.id LIMIT 1), '') AS caller,
        coalesce((SELECT a.address FROM document_senders a WHERE a.document_id IN (d.id, d.parent_id) ORDER BY a.document_id DESC LIMIT 1), '') AS address) w
    WHERE d.id = ANY($1) AND NOT EXISTS (SELECT FROM archive_erasures e WHERE e.document_id = d.id)
), wanted AS (
    SELECT d.*, 0 AS page_no, d.order_id AS about FROM d
    UNION ALL
    SELECT d.*, p.no, p.order_id FROM d JOIN pages p ON p.document_id = d.id AND p.order_id IS NOT NULL AND p.state IN ('ordered', 'joined')
)
SELECT w.id, w.page_no, coalesce(o.id, 0), coalesce(dep.code, ''), coalesce(dep.name, ''), coalesce(c.name, ''),
    coalesce(nullif(w.caller, ''), w.address),
    o.goods_yen + o.fee_yen + coalesce((SELECT sum((t ->> 'tax_yen')::bigint) FROM jsonb_array_elements(CASE jsonb_typeof(o.taxes) WHEN 'array' THEN o.taxes ELSE '[]' END) t), 0),
    (coalesce(o.received_at, w.received_at) AT TIME ZONE 'Asia/Tokyo')::date, coalesce(o.number, '')
FROM wanted w LEFT JOIN orders o ON o.id = w.about
LEFT JOIN departments dep ON dep.code = coalesce(o.department_code,
    (SELECT min(x.code) FROM departments x WHERE w.caller <> '' AND x.fax = w.caller AND x.fax <> '' HAVING count(*) = 1),
    (SELECT min(x.code) FROM departments x WHERE w.address <> '' AND x.email <> '' AND lower(x.email) = lower(w.address) HAVING count(*) = 1))
LEFT JOIN companies c ON c.code = dep.company_code
ORDER BY w.id, w.page_no;

-- name: ArchiveWantedIssued
SELECT i.id, coalesce(i.order_id, 0), CASE WHEN position('@' IN i.party) > 0 THEN '' ELSE i.party END,
    coalesce(dep.name, w.name, ''), coalesce(c.name, ''),
    coalesce((SELECT v.recipient FROM deliveries v WHERE v.issued_document_id = i.id AND v.channel IN ('mail', 'fax') ORDER BY v.id LIMIT 1),
        CASE WHEN position('@' IN i.party) > 0 THEN i.party ELSE '' END),
    i.amount_yen, coalesce(i.transacted_on, (i.issued_at AT TIME ZONE 'Asia/Tokyo')::date), i.kind || ' ' || i.number
FROM issued_documents i LEFT JOIN departments dep ON dep.code = i.party LEFT JOIN companies c ON c.code = dep.company_code
LEFT JOIN warehouses w ON w.code = i.party AND dep.code IS NULL
WHERE i.id = ANY($1) ORDER BY i.id;

-- name: ArchivePartiesAdd
INSERT INTO archive_parties (code, name, company, contact, search)
SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) ON CONFLICT (code, name, company, contact) DO NOTHING;

-- name: ArchivePartyIDs
SELECT p.id, p.code, p.name, p.company, p.contact FROM archive_parties p
JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS q (code, name, company, contact) USING (code, name, company, contact);

-- name: ArchivePartiesFind
-- $1 is folded; its own wildcards are escaped.
SELECT id FROM archive_parties WHERE search LIKE '%' || $1 || '%';

-- name: ArchiveSearch
-- Newest facts only: what was corrected is history. Planned for the values given.
SELECT f.id, coalesce(f.document_id, 0), f.page_no, coalesce(f.issued_document_id, 0), coalesce(d.parent_id, 0),
    f.transacted_on, f.amount_yen, p.code, p.name, p.company, p.contact,
    coalesce(o.number, (SELECT string_agg(x.number, ' ' ORDER BY x.id) FROM orders x WHERE x.document_id = i.document_id), ''),
    CASE WHEN f.issued_document_id IS NULL THEN 'inbound' ELSE 'issued' END,
    coalesce(i.kind, d.source), coalesce(i.number, ''), coalesce(i.format, ''), coalesce(i.file_name, d.file_name),
    coalesce(d.media_type, ''), coalesce(i.sha256, d.sha256), coalesce(i.size_bytes, d.size_bytes), coalesce(i.issued_at, d.received_at),
    coalesce(i.subject, ''), f.reason, f.by, f.recorded_at, coalesce(f.replaces, 0),
    coalesce((SELECT e.seq FROM archive_entries e WHERE e.document_id = f.document_id OR e.issued_document_id = f.issued_document_id), 0),
    coalesce((SELECT x.reason || ' (' || x.by || ')' FROM archive_erasures x WHERE x.document_id = f.document_id), '')
FROM archive_facts f JOIN archive_parties p ON p.id = f.party_id
LEFT JOIN documents d ON d.id = f.document_id LEFT JOIN issued_documents i ON i.id = f.issued_document_id
LEFT JOIN orders o ON o.id = f.order_id
WHERE f.transacted_on >= $1 AND f.transacted_on <= $2
  AND ($3::bigint IS NULL OR f.amount_yen >= $3) AND ($4::bigint IS NULL OR f.amount_yen <= $4)
  AND ($5::bigint[] IS NULL OR f.party_id = ANY($5))
  AND ($6 = '' OR CASE $6 WHEN 'inbound' THEN f.document_id IS NOT NULL WHEN 'issued' THEN f.issued_document_id IS NOT NULL
      ELSE i.kind = $6 OR d.source = $6 OR d.source LIKE $6 || ':%' END)
  AND ($7 = '' OR o.number = $7 OR i.number = $7)
  AND (f.transacted_on, f.id) > ($8, $9) AND ($11::bigint[] IS NULL OR f.id = ANY($11))
  AND NOT EXISTS (SELECT FROM archive_facts n WHERE n.replaces = f.id)
ORDER BY f.transacted_on, f.id LIMIT $10;

-- name: ArchiveHitsOf
-- A document and its pages ($1), or an issued document ($2), as searches find them now.
SELECT f.id FROM archive_facts f
WHERE (f.document_id = $1 OR f.issued_document_id = $2) AND NOT EXISTS (SELECT FROM archive_facts n WHERE n.replaces = f.id)
ORDER BY f.page_no, f.id;

-- name: ArchiveIssuedHistory
SELECT id FROM archive_facts WHERE issued_document_id = $1 ORDER BY id;

-- name: ArchiveKinds
-- What was issued so far, by skipping through the index.
WITH RECURSIVE k AS (
    (SELECT kind FROM issued_documents ORDER BY kind LIMIT 1)
    UNION ALL SELECT (SELECT i.kind FROM issued_documents i WHERE i.kind > k.kind ORDER BY i.kind LIMIT 1) FROM k WHERE k.kind IS NOT NULL)
SELECT kind FROM k WHERE kind IS NOT NULL;

-- name: ArchiveFile
-- Where the bytes of a document ($1) or an issued document ($2) lie; no key where they lie in the database or were taken away.
SELECT CASE WHEN body IS NULL AND NOT EXISTS (SELECT FROM archive_erasures e WHERE e.document_id = d.id) THEN sha256 ELSE '' END, size_bytes FROM documents d WHERE id = $1
UNION ALL SELECT sha256, size_bytes FROM issued_documents WHERE id = $2;

-- name: ArchiveVerificationInsert
INSERT INTO archive_verifications (started_at, finished_at, by, head_seq, head, entries, files, bytes, erased, heads, problems, first)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: ArchiveVerifications
SELECT started_at, finished_at, by, head_seq, head, entries, files, bytes, erased, heads, problems, first FROM archive_verifications ORDER BY id DESC LIMIT $1;

-- name: ArchiveHeadTold
SELECT max(finished_at) FROM schedule_runs WHERE schedule = 'tell_archive_head' AND finished_at IS NOT NULL;

-- name: ArchiveHistory
SELECT id FROM archive_facts WHERE document_id = $1 ORDER BY page_no, id;

-- name: ArchiveSealsOf
-- Everything in the chain about documents ($1) and issued documents ($2).
SELECT seq FROM archive_entries WHERE document_id = ANY($1) OR issued_document_id = ANY($2)
    OR fact_id IN (SELECT id FROM archive_facts WHERE document_id = ANY($1) OR issued_document_id = ANY($2))
    OR erasure_id IN (SELECT id FROM archive_erasures WHERE document_id = ANY($1));

-- name: ArchiveFactOf
SELECT f.id FROM archive_facts f WHERE f.document_id = $1 AND f.page_no = $2 AND NOT EXISTS (SELECT FROM archive_facts n WHERE n.replaces = f.id);

-- name: ArchiveUnsealed
-- What should have been sealed by $1.
SELECT 'inbound', d.id, d.stored_at FROM documents d WHERE d.stored_at < $1 AND NOT EXISTS (SELECT FROM archive_entries e WHERE e.document_id = d.id)
UNION ALL
SELECT 'issued', i.id, i.issued_at FROM issued_documents i WHERE i.issued_at < $1 AND NOT EXISTS (SELECT FROM archive_entries e WHERE e.issued_document_id = i.id)
UNION ALL
SELECT 'fact', f.id, f.recorded_at FROM archive_facts f WHERE f.recorded_at < $1 AND NOT EXISTS (SELECT FROM archive_entries e WHERE e.fact_id = f.id)
UNION ALL
SELECT 'erased', x.id, x.erased_at FROM archive_erasures x WHERE NOT EXISTS (SELECT FROM archive_entries e WHERE e.erasure_id = x.id);

-- name: ArchiveWithoutFacts
SELECT 'inbound', d.id, d.stored_at FROM documents d WHERE d.stored_at < $1 AND NOT EXISTS (SELECT FROM archive_facts f WHERE f.document_id = d.id)
UNION ALL
SELECT 'issued', i.id, i.issued_at FROM issued_documents i WHERE i.issued_at < $1 AND NOT EXISTS (SELECT FROM archive_facts f WHERE f.issued_document_id = i.id);

-- name: ArchiveFilesInbound
SELECT DISTINCT ON (d.sha256) d.sha256, d.size_bytes FROM documents d
WHERE d.sha256 > $1 AND d.body IS NULL AND NOT EXISTS (SELECT FROM archive_erasures e WHERE e.document_id = d.id)
ORDER BY d.sha256 LIMIT $2;

-- name: ArchiveFilesIssued
SELECT DISTINCT ON (i.sha256) i.sha256, i.size_bytes FROM issued_documents i WHERE i.sha256 > $1 ORDER BY i.sha256 LIMIT $2;

-- name: ArchiveFileOwners
SELECT 'inbound', d.id FROM documents d WHERE d.sha256 = $1 AND d.body IS NULL AND NOT EXISTS (SELECT FROM archive_erasures e WHERE e.document_id = d.id)
UNION ALL SELECT 'issued', i.id FROM issued_documents i WHERE i.sha256 = $1;

-- name: ArchiveTree
-- A document, what it was split into, and the mail it came with.
WITH RECURSIVE t AS (
    SELECT id FROM documents WHERE id = $1
    UNION SELECT d.id FROM documents d JOIN t ON d.parent_id = t.id)
SELECT d.id, coalesce(d.parent_id, 0), d.sha256, d.size_bytes, d.body IS NOT NULL,
    EXISTS (SELECT FROM archive_erasures e WHERE e.document_id = d.id),
    coalesce((SELECT o.number FROM orders o WHERE o.document_id = d.id OR o.id IN (SELECT s.order_id FROM document_states s WHERE s.document_id = d.id)
        OR o.id IN (SELECT p.order_id FROM pages p WHERE p.document_id = d.id) ORDER BY o.id LIMIT 1), ''),
    array(SELECT p.blob_key FROM pages p WHERE p.document_id = d.id AND p.blob_key <> '')::text[]
FROM documents d JOIN t ON t.id = d.id ORDER BY d.id;

-- name: ErasureInsert
INSERT INTO archive_erasures (document_id, sha256, size_bytes, files, reason, by, erased_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: EraseLock
SELECT document_id FROM document_states WHERE document_id = $1 FOR UPDATE;

-- name: EraseFiles
SELECT DISTINCT unnest(files) FROM archive_erasures WHERE document_id = ANY($1) ORDER BY 1;

-- name: EraseDocuments
-- The name of the transmission may hold a person's: its hash keeps it from being taken in twice unseen.
UPDATE documents SET body = NULL, file_name = '', caller = '', external_id = 'erased ' || encode(sha256(convert_to(external_id, 'UTF8')), 'hex')
WHERE id = ANY($1);

-- name: EraseDrafts
DELETE FROM drafts WHERE page_id IN (SELECT id FROM pages WHERE document_id = ANY($1));

-- name: EraseClaims
DELETE FROM document_claims WHERE document_id = ANY($1);

-- name: EraseParts
UPDATE mail_parts SET path = '', file_name = '' WHERE document_id = ANY($1) OR part_id = ANY($1);

-- name: EraseLetters
UPDATE mail_answers SET person = 'erased ' || document_id, thread = '{}' WHERE document_id = ANY($1);

-- name: EraseNotices
UPDATE delivery_notices SET detail = 'erased' WHERE document_id = ANY($1);

-- name: EraseReviewFacts
DELETE FROM review_facts WHERE review_id IN (SELECT id FROM reviews WHERE document_id = ANY($1));

-- name: EraseKinds
UPDATE page_kinds SET evidence = '[]', look = NULL WHERE page_id IN (SELECT id FROM pages WHERE document_id = ANY($1));

-- name: ErasePrints
DELETE FROM page_prints WHERE page_id IN (SELECT id FROM pages WHERE document_id = ANY($1));

-- name: EraseLikenesses
DELETE FROM page_likenesses WHERE page_id IN (SELECT id FROM pages WHERE document_id = ANY($1));

-- name: EraseIllegible
UPDATE illegible_pages SET department_code = '', fields = '{}' WHERE document_id = ANY($1);

-- name: EraseAnswers
-- Nobody is told of what is not there any more; that something was told stays.
UPDATE answers SET department_code = '', told = CASE WHEN told IS NOT NULL THEN '{}'::jsonb END, detail = 'erased', version = version + 1,
    state = CASE state WHEN 'waiting' THEN 'needless' WHEN 'desk' THEN 'done' ELSE state END,
    closed_at = coalesce(closed_at, $2), closed_by = CASE WHEN closed_by = '' AND state IN ('waiting', 'desk') THEN $3 ELSE closed_by END
WHERE document_id = ANY($1);

-- name: EraseRequests
-- The shop front's request was refused: nothing was ordered by it.
DELETE FROM idempotency_keys WHERE document_id = ANY($1);

-- name: EraseIssued
SELECT file_name FROM issued_documents WHERE document_id = ANY($1) ORDER BY id;

-- name: EraseSenders
DELETE FROM document_senders WHERE document_id = ANY($1);

-- name: EraseReviews
UPDATE reviews SET state = CASE state WHEN 'open' THEN 'junk' ELSE state END, reasons = '[]', draft = NULL,
    closed_at = coalesce(closed_at, $2), closed_by = CASE closed_by WHEN '' THEN $3 ELSE closed_by END
WHERE document_id = ANY($1);

-- name: ErasePages
UPDATE pages SET blob_key = '', detail = 'erased', state = CASE state WHEN 'review' THEN 'junk' ELSE state END, changed_at = $2 WHERE document_id = ANY($1);

-- name: EraseStates
UPDATE document_states SET detail = 'erased', state = CASE WHEN state IN ('received', 'review') THEN 'junk' ELSE state END, changed_at = $2 WHERE document_id = ANY($1);

-- name: EraseEvents
UPDATE events SET text = 'erased', inputs = NULL WHERE document_id = ANY($1) AND order_id IS NULL;

-- name: EraseFacts
UPDATE archive_facts SET party_id = (SELECT id FROM archive_parties WHERE (code, name, company, contact) = ('', '', '', '')), amount_yen = NULL, reason = 'erased'
WHERE document_id = ANY($1);

-- name: EraseParties
DELETE FROM archive_parties p WHERE p.code = '' AND p.search <> '' AND NOT EXISTS (SELECT FROM archive_facts f WHERE f.party_id = p.id);

-- name: BlobReferred
-- Whether anything still needs a blob.
SELECT EXISTS (SELECT FROM documents d WHERE d.sha256 = $1 AND d.body IS NULL AND NOT EXISTS (SELECT FROM archive_erasures e WHERE e.document_id = d.id))
    OR EXISTS (SELECT FROM issued_documents WHERE sha256 = $1)
    OR EXISTS (SELECT FROM pages WHERE blob_key = $1)
    OR EXISTS (SELECT FROM order_lines WHERE comment_image = $1)
    OR EXISTS (SELECT FROM reading_audits WHERE picture_key = $1);

-- name: SameBytes
SELECT d.id FROM documents d WHERE d.sha256 = ANY($1) AND d.id <> ALL($2) AND NOT EXISTS (SELECT FROM archive_erasures e WHERE e.document_id = d.id) ORDER BY d.id;

-- name: SenderNote
INSERT INTO document_senders (document_id, address, noted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;
