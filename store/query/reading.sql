-- Statements about the audit of what was accepted unseen, and about the reader's thresholds.

-- name: AuditDrawKey
SELECT key FROM reading_audit_key;

-- name: ReadingAuditInsert
-- A field is drawn once, whoever draws it.
INSERT INTO reading_audits (document_id, page_id, order_id, field, kind, reading, confidence_ppm, threshold_ppm, model, picture_key, drawn_for, drawn_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (page_id, field) DO NOTHING
RETURNING id;

-- name: ReadingAuditStateInsert
INSERT INTO reading_audit_states (audit_id, state, changed_at) VALUES ($1, 'open', $2);

-- name: ReadingAuditStateLock
SELECT state FROM reading_audit_states WHERE audit_id = $1 FOR UPDATE;

-- name: ReadingAuditStateUpdate
UPDATE reading_audit_states SET state = $2, outcome = $3, truth = $4, changed_at = $5 WHERE audit_id = $1;

-- name: ReadingAuditKeyingInsert
INSERT INTO reading_audit_keyings (audit_id, no, by, value, unreadable, keyed_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: ReadingAuditKeyings
SELECT by, value, unreadable, keyed_at FROM reading_audit_keyings WHERE audit_id = $1 ORDER BY no;

-- name: ReadingAuditByID
SELECT a.id, a.document_id, p.no, a.field, a.kind, a.reading, a.confidence_ppm, a.threshold_ppm, a.model, a.picture_key, a.drawn_for, a.drawn_at,
    o.id, o.number, a.page_id, s.state, s.outcome, s.truth, s.changed_at
FROM reading_audits a JOIN reading_audit_states s ON s.audit_id = a.id JOIN pages p ON p.id = a.page_id JOIN orders o ON o.id = coalesce(p.order_id, a.order_id)
WHERE a.id = $1;

-- name: ReadingAuditsOpen
-- What $1 may key, the disputed first: nothing here tells what was read or what others saw.
SELECT a.id, a.kind, a.field, s.state, a.picture_key, a.drawn_at
FROM reading_audits a JOIN reading_audit_states s ON s.audit_id = a.id
WHERE s.state <> 'settled'
  AND NOT EXISTS (SELECT FROM reading_audit_keyings k WHERE k.audit_id = a.id AND lower(k.by) = lower($1))
ORDER BY s.state = 'open', a.id;

-- name: ReadingErrors
-- What the reader got wrong, the newest first.
SELECT a.id, a.document_id, p.no, a.field, a.kind, a.reading, a.confidence_ppm, a.threshold_ppm, a.model, a.picture_key, a.drawn_for, a.drawn_at,
    o.id, o.number, a.page_id, s.state, s.outcome, s.truth, s.changed_at
FROM reading_audits a JOIN reading_audit_states s ON s.audit_id = a.id JOIN pages p ON p.id = a.page_id JOIN orders o ON o.id = coalesce(p.order_id, a.order_id)
WHERE s.outcome = 'reader_erred' AND s.changed_at >= $1 AND s.changed_at < $2
ORDER BY s.changed_at DESC, a.id DESC;

-- name: ReadingAuditCounts
-- What audits drawn from $1 up to before $2 came to, of one recogniser or of all.
SELECT a.kind, a.confidence_ppm, s.outcome, count(*), sum(1 - a.confidence_ppm / 1000000.0)::double precision
FROM reading_audits a JOIN reading_audit_states s ON s.audit_id = a.id
WHERE a.drawn_at >= $1 AND a.drawn_at < $2 AND ($3 = '' OR a.model = $3)
GROUP BY 1, 2, 3;

-- name: ReadingAuditPersons
-- How often each person keyed something else than what it came to.
SELECT k.by, count(*) FILTER (WHERE s.state = 'settled' AND s.outcome <> 'unreadable' AND NOT k.unreadable),
    count(*) FILTER (WHERE s.state = 'settled' AND s.outcome <> 'unreadable' AND NOT k.unreadable AND k.value <> s.truth),
    count(*) FILTER (WHERE k.unreadable), count(*) FILTER (WHERE s.state <> 'settled')
FROM reading_audit_keyings k JOIN reading_audit_states s ON s.audit_id = k.audit_id
WHERE k.keyed_at >= $1 AND k.keyed_at < $2
GROUP BY k.by ORDER BY k.by;

-- name: ReadingDecisions
-- How fields that were read came out, by name.
SELECT f ->> 'name', f ->> 'decision', count(*)
FROM drafts d, jsonb_array_elements(CASE jsonb_typeof(d.draft -> 'fields') WHEN 'array' THEN d.draft -> 'fields' ELSE '[]' END) f
WHERE d.read_at >= $1 AND d.read_at < $2 AND f ->> 'decision' IN ('accept', 'review')
GROUP BY 1, 2;

-- name: ReadingAuditDrawn
-- How many were drawn of what was read from $1 up to before $2, by kind.
SELECT a.kind, count(*) FROM reading_audits a
WHERE EXISTS (SELECT FROM drafts d WHERE d.page_id = a.page_id AND d.read_at >= $1 AND d.read_at < $2)
GROUP BY 1;

-- name: PagesAcceptedUnseen
-- Pages read from $1 up to before $2 that became orders without a person.
SELECT p.id, p.document_id, p.no, p.blob_key, p.order_id, d.draft
FROM drafts d JOIN pages p ON p.id = d.page_id
WHERE d.read_at >= $1 AND d.read_at < $2 AND p.state = 'ordered'
  AND NOT EXISTS (SELECT FROM reviews r WHERE r.page_id = p.id)
ORDER BY p.id;

-- name: ReadingThresholdsLock
SELECT pg_advisory_xact_lock(hashtext('todoke reading thresholds'));

-- name: ReadingThresholdsLatest
SELECT DISTINCT ON (kind) kind, coalesce(threshold_ppm, 0), action, model, reason, by, from_at, inputs
FROM reading_thresholds WHERE from_at <= $1 ORDER BY kind, id DESC;

-- name: ReadingThresholdsList
SELECT kind, coalesce(threshold_ppm, 0), action, model, reason, by, from_at, inputs
FROM reading_thresholds WHERE ($1 = '' OR kind = $1) ORDER BY id;

-- name: ReadingThresholdInsert
INSERT INTO reading_thresholds (kind, threshold_ppm, action, model, reason, inputs, by, from_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: ReadingAuditEvidence
-- Decided audits of a kind since $3 by confidence, and those of them decided after its threshold last changed, $4.
SELECT a.confidence_ppm, count(*), count(*) FILTER (WHERE s.outcome = 'reader_erred'),
    count(*) FILTER (WHERE s.changed_at > $4), count(*) FILTER (WHERE s.outcome = 'reader_erred' AND s.changed_at > $4)
FROM reading_audits a JOIN reading_audit_states s ON s.audit_id = a.id
WHERE a.kind = $1 AND a.model = $2 AND s.outcome IN ('agree', 'person_erred', 'reader_erred') AND s.changed_at >= $3
GROUP BY 1;
