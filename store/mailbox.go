package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// MailboxCursor is how far a mailbox was collected: ingest/mailbox.Cursor says what each means.
type MailboxCursor struct {
	UIDValidity  uint32
	UID          uint32
	RenumberedTo uint32
	ModSeq       int64
	Waiting      []uint32
}

// MailboxCursor reads the cursor of the mailbox of a URL, zero where there is none.
func (s *Store) MailboxCursor(ctx context.Context, mailbox string) (MailboxCursor, error) {
	found, err := collect(ctx, s.pool, "MailboxCursor", func(r pgx.CollectableRow) (MailboxCursor, error) {
		var c MailboxCursor
		err := r.Scan(&c.UIDValidity, &c.UID, &c.RenumberedTo, &c.ModSeq, &c.Waiting)
		return c, err
	}, text(mailbox))
	if err != nil || len(found) == 0 {
		return MailboxCursor{}, err
	}
	return found[0], nil
}

// SetMailboxCursor saves the cursor of the mailbox of a URL.
func (s *Store) SetMailboxCursor(ctx context.Context, mailbox string, c MailboxCursor) error {
	if c.Waiting == nil {
		c.Waiting = []uint32{}
	}
	return s.InTx(ctx, func(tx *Tx) error {
		return tx.exec(ctx, "MailboxCursorSet", text(mailbox), c.UIDValidity, c.UID, c.RenumberedTo, c.ModSeq, c.Waiting, at(s.now()))
	})
}

// Stored gives, of the named transmissions of a source, those that are stored, with the sizes of
// their documents in bytes.
func (s *Store) Stored(ctx context.Context, source string, externalIDs []string) (map[string]int64, error) {
	given := make(map[string]string, len(externalIDs)) // by the name in the database
	names := make([]string, len(externalIDs))
	for i, id := range externalIDs {
		names[i] = bounded(text(id))
		given[names[i]] = id
	}
	sizes := map[string]int64{}
	_, err := collect(ctx, s.pool, "TransmissionsStored", func(r pgx.CollectableRow) (struct{}, error) {
		var id string
		var size int64
		err := r.Scan(&id, &size)
		sizes[given[id]] = size
		return struct{}{}, err
	}, source, names)
	return sizes, err
}

// TransmissionOf gives the name of the first transmission of a source with the given bytes, but
// for those whose name begins with a prefix; "" where there is none.
func (s *Store) TransmissionOf(ctx context.Context, source string, data []byte, butPrefix string) (string, error) {
	found, err := collect(ctx, s.pool, "TransmissionOfBytes", pgx.RowTo[string], source, Key(data), text(butPrefix))
	if err != nil {
		return "", fmt.Errorf("find transmission: %w", err)
	}
	if len(found) == 0 {
		return "", nil
	}
	return found[0], nil
}
