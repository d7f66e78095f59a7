// Package mailbox collects mails from IMAP mailboxes (RFC 3501, 9051).
//
// In: an account. Out: each mail once, whole, in the order of its arrival, to a Keeper that
// stores it for good. Only what was stored is moved to a folder for processed mails, or flagged
// where the server does not let it be moved; in a mailbox that cannot be written the cursor alone
// tells what was taken. The cursor is the numbering of the mailbox (UIDVALIDITY) and the
// highest number (UID) up to which every mail was seen to; IDLE (RFC 2177) only wakes it up.
//
// It never deletes a mail, unless the account says so for servers without MOVE (RFC 6851), never
// looks into one, and never marks one as seen by reading it.
package mailbox
