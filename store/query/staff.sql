-- Statements about the people of the desk's pages and what they looked at.

-- name: StaffInsert
INSERT INTO staff (login, name, role, warehouse_code, lang, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (login) DO NOTHING RETURNING id;

-- name: StaffByLogin
SELECT id, login, name, role, coalesce(warehouse_code, ''), lang, totp_secret <> '', failures, locked_at, disabled_at, created_at, sessions_no
FROM staff WHERE login = $1;

-- name: StaffList
SELECT id, login, name, role, coalesce(warehouse_code, ''), lang, totp_secret <> '', failures, locked_at, disabled_at, created_at, sessions_no
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
UPDATE staff SET password_hash = $2, failures = 0, locked_at = NULL, sessions_no = sessions_no + 1 WHERE login = $1;

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
SELECT id, at, login, address, action, subject, detail FROM accesses
WHERE at >= $1 AND at < $2 AND ($3 = '' OR login = $3) AND ($4 = '' OR subject = $4) AND ($5 = 0 OR id < $5)
ORDER BY id DESC LIMIT $6;

-- name: SessionsTidy
-- A session's expiry is the session library's, by the machine's clock.
DELETE FROM sessions WHERE expiry < current_timestamp;
