-- Statements about the mailboxes that are collected.

-- name: MailboxCursor
SELECT uid_validity, uid, renumbered_to, mod_seq, waiting FROM mailbox_cursors WHERE mailbox = $1;

-- name: MailboxCursorSet
INSERT INTO mailbox_cursors (mailbox, uid_validity, uid, renumbered_to, mod_seq, waiting, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (mailbox) DO UPDATE SET uid_validity = excluded.uid_validity, uid = excluded.uid, renumbered_to = excluded.renumbered_to,
    mod_seq = excluded.mod_seq, waiting = excluded.waiting, changed_at = excluded.changed_at;

-- name: TransmissionsStored
SELECT external_id, size_bytes FROM documents WHERE source = $1 AND external_id = ANY($2) AND duplicate_of IS NULL;

-- name: TransmissionOfBytes
SELECT external_id FROM documents
WHERE source = $1 AND sha256 = $2 AND duplicate_of IS NULL AND parent_id IS NULL AND NOT starts_with(external_id, $3)
ORDER BY id LIMIT 1;
