-- Statements about the people of the desk's pages and what they looked at.

-- name: StaffInsert
INSERT INTO staff (login, name, role, warehouse_code, lang, password_hash, created_at, password_given) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (login) DO NOTHING RETURNING id;

-- name: StaffByLogin
SELECT id, login, name, role, coalesce(warehouse_code, ''), lang, totp_secret <> '', failures, locked_at, disabled_at, created_at, sessions_no, password_given
FROM staff WHERE login = $1;

-- name: StaffList
SELECT id, login, name, role, coalesce(warehouse_code, ''), lang, totp_secret <> '', failures, locked_at, disabled_at, created_at, sessions_no, password_given
FROM staff ORDER BY login;

-- name: StaffAttempt
-- Counts a guess before it is checked: guesses made at the same instant are all counted.
UPDATE staff SET failures = failures + 1 WHERE login = $1 AND locked_at IS NULL AND disabled_at IS NULL AND failures <= $2
RETURNING id, password_hash, totp_secret, failures, totp_step;

-- name: StaffSucceeded
UPDATE staff SET failures = 0 WHERE id = $1 AND locked_at IS NULL;

-- name: StaffLock
UPDATE staff SET locked_at = $2, sessions_no = sessions_no + 1 WHERE id = $1 AND locked_at IS NULL AND failures > $3;

-- name: StaffUnlock
UPDATE staff SET locked_at = NULL, failures = 0 WHERE login = $1;

-- name: StaffPassword
UPDATE staff SET password_hash = $2, password_given = $3, failures = 0, locked_at = NULL, sessions_no = sessions_no + 1 WHERE login = $1;

-- name: StaffTOTP
UPDATE staff SET totp_secret = $2, totp_step = $3 WHERE login = $1;

-- name: StaffLang
UPDATE staff SET lang = $2 WHERE login = $1;

-- name: StaffDisable
UPDATE staff SET disabled_at = $2, sessions_no = sessions_no + 1 WHERE login = $1;

-- name: StaffCodeUsed
UPDATE staff SET totp_step = $2 WHERE id = $1 AND totp_step < $2;

-- name: StaffEndSessions
UPDATE staff SET sessions_no = sessions_no + 1 WHERE login = $1;

-- name: StaffLockOut
UPDATE staff SET locked_at = $2, sessions_no = sessions_no + 1 WHERE login = $1;

-- name: StaffRole
-- Sessions of the old role end with it.
UPDATE staff SET role = $2, warehouse_code = $3, sessions_no = sessions_no + 1 WHERE login = $1;

-- name: AccessInsert
INSERT INTO accesses (at, login, address, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6);

-- name: AccessesList
SELECT at, login, address, action, subject, detail FROM accesses
WHERE at >= $1 AND at < $2 AND ($3 = '' OR login = $3) AND ($4 = '' OR subject = $4)
ORDER BY id DESC LIMIT $5;

-- name: AccessesPage
-- $6 narrows to one kind of action, $7 to what is about these subjects.
SELECT id, at, login, address, action, subject, detail FROM accesses
WHERE at >= $1 AND at < $2 AND ($3 = '' OR login = $3) AND ($4 = '' OR subject = $4) AND ($5 = 0 OR id < $5)
  AND ($6 = '' OR action = $6) AND ($7::text[] IS NULL OR subject = ANY($7))
ORDER BY id DESC LIMIT $8;

-- name: AccessSubjectsOf
-- All that is of a customer ($1): itself, its orders and the pages that they came on, the newest.
SELECT 'customer ' || $1::text
UNION ALL (SELECT 'order ' || number FROM orders WHERE department_code = $1 ORDER BY id DESC LIMIT $2)
UNION ALL (SELECT 'document ' || document_id || '.' || page_no FROM orders WHERE department_code = $1 AND document_id IS NOT NULL ORDER BY id DESC LIMIT $2)
UNION ALL (SELECT 'document ' || document_id FROM orders WHERE department_code = $1 AND document_id IS NOT NULL ORDER BY id DESC LIMIT $2);

-- name: StaffSessionInsert
INSERT INTO staff_sessions (id, staff_id, sessions_no, agent, address, since, seen_at)
SELECT $1, id, sessions_no, $3, $4, $5, $5 FROM staff WHERE login = $2;

-- name: StaffOfSession
-- Whose session it is, and when it was used last, unless it has ended here or with all others.
SELECT s.id, s.login, s.name, s.role, coalesce(s.warehouse_code, ''), s.lang, s.totp_secret <> '', s.failures, s.locked_at, s.disabled_at, s.created_at, s.sessions_no, s.password_given, t.seen_at
FROM staff_sessions t JOIN staff s ON s.id = t.staff_id WHERE t.id = $1 AND t.ended_at IS NULL AND t.sessions_no = s.sessions_no;

-- name: StaffSessionSeen
UPDATE staff_sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2;

-- name: StaffSessions
SELECT t.id, t.agent, t.address, t.since, t.seen_at FROM staff_sessions t JOIN staff s ON s.id = t.staff_id
WHERE s.login = $1 AND t.ended_at IS NULL AND t.sessions_no = s.sessions_no AND t.seen_at >= $2 AND t.since >= $3 ORDER BY t.seen_at DESC, t.id LIMIT 100;

-- name: StaffSessionEnd
UPDATE staff_sessions t SET ended_at = $3 FROM staff s WHERE s.id = t.staff_id AND s.login = $1 AND t.id = $2 AND t.ended_at IS NULL;

-- name: StaffSessionsEndOthers
UPDATE staff_sessions t SET ended_at = $3 FROM staff s WHERE s.id = t.staff_id AND s.login = $1 AND t.id <> $2 AND t.ended_at IS NULL;

-- name: StaffSessionsTidy
DELETE FROM staff_sessions WHERE since < $1;

-- name: RecoveryCodesDrop
DELETE FROM staff_recovery_codes c USING staff s WHERE s.id = c.staff_id AND s.login = $1;

-- name: RecoveryCodesInsert
INSERT INTO staff_recovery_codes (code_sha256, staff_id) SELECT c, s.id FROM staff s, unnest($2::bytea[]) c WHERE s.login = $1;

-- name: RecoveryCodeUse
UPDATE staff_recovery_codes SET used_at = $3 WHERE code_sha256 = $2 AND staff_id = $1 AND used_at IS NULL;

-- name: RecoveryCodesLeft
SELECT count(*)::int FROM staff_recovery_codes c JOIN staff s ON s.id = c.staff_id WHERE s.login = $1 AND c.used_at IS NULL;

-- name: SessionsTidy
-- A session's expiry is the session library's, by the machine's clock.
DELETE FROM sessions WHERE expiry < current_timestamp;
