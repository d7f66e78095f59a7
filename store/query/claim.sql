-- Statements about what others claim of documents.

-- name: ClaimInsert
INSERT INTO document_claims (document_id, kind, value, text, by, problem, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: ClaimsOfDocument
-- Those of the mail that it came with, too; of a number, the customers that have it registered.
SELECT c.document_id, c.kind, c.value, c.text, c.by, c.problem, c.made_at,
    coalesce((SELECT array_agg(p.code ORDER BY p.code) FROM departments p WHERE c.kind IN ('caller', 'station', 'header') AND c.value <> '' AND p.fax = c.value AND p.fax <> ''), '{}')
FROM documents d JOIN document_claims c ON c.document_id IN (d.id, d.parent_id)
WHERE d.id = $1 ORDER BY c.id;

-- name: PagesClaimed
-- How many pages a mail's gateway states, how many came with its other documents, and how many
-- of these are not read yet.
SELECT c.value::bigint,
    (SELECT count(*) FROM documents d JOIN pages p ON p.document_id = coalesce(d.duplicate_of, d.id) WHERE d.parent_id = $1 AND d.id <> $2),
    (SELECT count(*) FROM documents d JOIN document_states s ON s.document_id = d.id WHERE d.parent_id = $1 AND d.id <> $2 AND s.state = 'received')
FROM document_claims c WHERE c.document_id = $1 AND c.kind = 'pages' ORDER BY c.id LIMIT 1;

-- name: GatewayGapInsert
INSERT INTO gateway_gaps (gateway, first_job, last_job, reason, by, at)
SELECT $1, $2, $3, $4, $5, $6 WHERE EXISTS (SELECT FROM document_claims WHERE kind = 'serial' AND by = $1);

-- name: LedgerGateways
-- Job numbers that a gateway which counts its jobs has passed over, and that nobody has explained. The index
-- alone tells where they are.
SELECT 'gateway', g.by, 'gap', format('%s never came: the jobs around are of documents %s and %s',
        CASE WHEN g.n = g.before + 2 THEN 'job ' || (g.n - 1) ELSE format('jobs %s to %s', g.before + 1, g.n - 1) END, b.document_id, a.document_id), a.made_at
FROM (
    SELECT by, value::bigint AS n, lag(value::bigint) OVER (PARTITION BY by ORDER BY value::bigint) AS before FROM document_claims WHERE kind = 'serial'
) g
CROSS JOIN LATERAL (SELECT document_id, made_at FROM document_claims c WHERE c.kind = 'serial' AND c.by = g.by AND c.value::bigint = g.n ORDER BY c.id LIMIT 1) a
CROSS JOIN LATERAL (SELECT document_id FROM document_claims c WHERE c.kind = 'serial' AND c.by = g.by AND c.value::bigint = g.before ORDER BY c.id DESC LIMIT 1) b
WHERE g.n - g.before > 1
  AND NOT EXISTS (SELECT FROM gateway_gaps x WHERE x.gateway = g.by AND x.first_job <= g.before + 1 AND x.last_job >= g.n - 1)
ORDER BY g.by, g.n;

-- name: CallerOwners
-- The number that a document's line was called from, as the gateway says, and whose it is.
SELECT c.value, coalesce((SELECT array_agg(p.code ORDER BY p.code) FROM departments p WHERE p.fax = c.value AND p.fax <> ''), '{}'),
    coalesce((SELECT p.fax FROM departments p WHERE p.code = $2), '')
FROM documents d JOIN document_claims c ON c.document_id IN (d.id, d.parent_id)
WHERE d.id = $1 AND c.kind = 'caller' AND c.value <> '' ORDER BY c.id LIMIT 1;

-- name: GatewayLock
SELECT pg_advisory_xact_lock(hashtext('todoke gateway profiles'));

-- name: GatewayProfilesNow
SELECT id, name, text, reason, by, at FROM (SELECT DISTINCT ON (name) * FROM gateway_profiles ORDER BY name, id DESC) v WHERE text <> '' ORDER BY name;

-- name: GatewayHistory
SELECT id, name, text, reason, by, at FROM gateway_profiles WHERE name = $1 ORDER BY id DESC LIMIT $2;

-- name: GatewayInsert
INSERT INTO gateway_profiles (name, text, reason, by, at) VALUES ($1, $2, $3, $4, $5);

-- name: RecentMails
SELECT id, received_at FROM documents WHERE (source = 'mail' OR media_type = 'message/rfc822') AND parent_id IS NULL AND size_bytes > 0
  AND NOT EXISTS (SELECT FROM archive_erasures e WHERE e.document_id = documents.id) ORDER BY id DESC LIMIT $1;
