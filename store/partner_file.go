package store

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
)

// The states of a partner's file.
const (
	PartnerFileReceived = "received" // its job reads it
	PartnerFileApplied  = "applied"
	PartnerFileRefused  = "refused" // nothing of it was applied
)

// The ways by which a partner's file comes.
const (
	PartnerSFTP   = "sftp"
	PartnerMail   = "mail"
	PartnerAPI    = "api"
	PartnerFolder = "folder"
	PartnerDesk   = "desk" // by hand
)

// MaxPartnerFile is the largest file of a partner in bytes: a count of 100,000 items is a tenth.
const MaxPartnerFile = 16 << 20

// NewPartnerFile is a file as a partner warehouse handed it in.
type NewPartnerFile struct {
	WarehouseCode string
	Channel       string
	Name          string // as the partner calls it
	Sender        string // who handed it in: an address, a login, "sftp://host/folder"
	Bytes         []byte
	Key           string // the partner's own name for what it reports, such as an Idempotency-Key; "" is none
	// Transmission names the sending, the same however often we see it: a mail's message id, name and
	// time of an SFTP file. "" is unknown, but that a Key names it.
	Transmission string
}

// PartnerFile is a file of a partner warehouse: results, counts, acknowledgements (WHS-2).
type PartnerFile struct {
	ID            int64     `json:"id"`
	WarehouseCode string    `json:"warehouse"`
	Channel       string    `json:"channel"`
	Name          string    `json:"name"`
	Sender        string    `json:"sender"`
	SHA256        string    `json:"sha256"` // also the key of its blob
	SizeBytes     int64     `json:"size_bytes"`
	ReceivedAt    time.Time `json:"received_at"`
	State         string    `json:"state"`
	Error         string    `json:"error,omitempty"`
	SettledAt     time.Time `json:"settled_at,omitzero"`

	Kind       string          `json:"kind,omitempty"` // result, acknowledgement, count
	Rows       int             `json:"rows,omitempty"`
	Outcome    json.RawMessage `json:"outcome,omitempty"` // PartnerOutcome
	Faults     json.RawMessage `json:"faults,omitempty"`  // what is wrong, with line and column
	ClosedAt   time.Time       `json:"closed_at,omitzero"`
	ClosedBy   string          `json:"closed_by,omitempty"`
	ClosedNote string          `json:"closed_note,omitempty"`
	Key        string          `json:"key,omitempty"`     // the partner's own name for what it reports
	Undated    bool            `json:"undated,omitempty"` // a count that holds as of when it came
}

// Waits tells that a person has to settle the file.
func (f *PartnerFile) Waits() bool {
	return (f.State == PartnerFileRefused || f.State == PartnerFileAsks) && f.ClosedAt.IsZero()
}

// ReceivePartnerFile takes a file of a partner for good: blob synced, then row and read_partner_file
// job in one transaction. Once it returns, the file may be moved or the request answered. The same
// bytes of the same warehouse again are the same file: again is true and nothing happens, but for these,
// where another sending brings them. What is not read yet, and what was refused and nobody settled, is
// read and answered as it now came. A count without times of its own is another count. A result that was
// applied under another key is a conflict: it may be a second delivery that reads like the first.
func (s *Store) ReceivePartnerFile(ctx context.Context, f NewPartnerFile, now time.Time) (file PartnerFile, again bool, err error) {
	if err := f.check(); err != nil {
		return PartnerFile{}, false, err
	}
	if _, err := s.blobs.Put(f.Bytes); err != nil {
		return PartnerFile{}, false, order.Temporary("the file could not be stored", err)
	}
	err = s.InTx(ctx, func(tx *Tx) (err error) {
		file, again, err = tx.ReceivePartnerFile(ctx, f, now)
		return err
	})
	return file, again, err
}

// ReceivePartnerFile is Store.ReceivePartnerFile within a transaction: the bytes must be in the blob
// folder already.
func (tx *Tx) ReceivePartnerFile(ctx context.Context, f NewPartnerFile, now time.Time) (file PartnerFile, again bool, err error) {
	if err := f.check(); err != nil {
		return PartnerFile{}, false, err
	}
	file = PartnerFile{
		WarehouseCode: f.WarehouseCode, Channel: f.Channel, Name: bounded(text(plainName(f.Name))), Sender: bounded(text(f.Sender)),
		SHA256: Key(f.Bytes), SizeBytes: int64(len(f.Bytes)), ReceivedAt: at(now), State: PartnerFileReceived,
	}
	var known bool
	if err := tx.tx.QueryRow(ctx, query("WarehouseExists"), f.WarehouseCode).Scan(&known); err != nil {
		return file, false, fmt.Errorf("find warehouse: %w", err)
	}
	if !known {
		return file, false, order.NotFound("warehouse", "there is no warehouse "+f.WarehouseCode+": see warehouses.csv")
	}
	if err := tx.exec(ctx, "PartnerFilesLock", f.WarehouseCode); err != nil {
		return file, false, err
	}
	if file.Key = bounded(text(f.Key)); file.Key != "" {
		var before string
		err := tx.tx.QueryRow(ctx, query("PartnerFileByKey"), file.WarehouseCode, file.Key).Scan(&before)
		switch {
		case err == nil && before != file.SHA256:
			return file, false, order.Conflict("WHS-2", "the key was used for another report: give each report a key of its own, results and counts alike")
		case err != nil && !missing(err):
			return file, false, fmt.Errorf("find partner file: %w", err)
		}
	}
	sent := f.transmission()
	var id int64
	var same bool
	err = tx.tx.QueryRow(ctx, query("PartnerFileBefore"), file.WarehouseCode, file.SHA256, sent).Scan(&id, &same)
	switch {
	case err == nil:
		before, known, err := tx.knownPartnerFile(ctx, id, file, sent, same)
		if err != nil || known {
			fresh := f.Key != "" && !same && before.State == PartnerFileReceived // refused before, it is read once more
			return before, known && !fresh, err
		}
	case !missing(err):
		return file, false, fmt.Errorf("find partner file: %w", err)
	}
	err = tx.tx.QueryRow(ctx, query("PartnerFileInsert"), file.WarehouseCode, file.Channel, file.Name, file.Sender, file.SHA256, file.SizeBytes, file.ReceivedAt, file.Key, sent).Scan(&file.ID)
	if err != nil {
		return file, false, fmt.Errorf("insert partner file: %w", err)
	}
	return file, false, tx.Enqueue(ctx, jobs.ReadPartnerFile{PartnerFileID: file.ID})
}

// knownPartnerFile is the file of whose bytes another comes by the sending sent: the same one is the
// sending that brought it. known is false where the other is a file of its own.
func (tx *Tx) knownPartnerFile(ctx context.Context, id int64, file PartnerFile, sent string, same bool) (before PartnerFile, known bool, err error) {
	found, err := collect(ctx, tx.tx, "PartnerFilesList", scanPartnerFile, id, "", "", "", 1)
	if err != nil {
		return file, false, err
	}
	before = found[0]
	sends := slices.Contains([]string{PartnerSFTP, PartnerMail, PartnerFolder}, file.Channel)
	switch refused := before.State == PartnerFileRefused && before.Waits(); {
	case same:
		return before, true, nil
	case refused && (sends || sent != ""), before.State == PartnerFileReceived && sends && sent != "":
		if err := tx.exec(ctx, "PartnerFileComesAgain", id, file.Channel, file.Name, file.Sender, file.ReceivedAt, sent); err != nil {
			return file, false, err
		}
		before.Channel, before.Name, before.Sender, before.ReceivedAt = file.Channel, file.Name, file.Sender, file.ReceivedAt
		before.State, before.Error, before.SettledAt, before.Faults = PartnerFileReceived, "", time.Time{}, nil
		if !refused { // its job waits
			return before, true, nil
		}
		return before, true, tx.Enqueue(ctx, jobs.ReadPartnerFile{PartnerFileID: id})
	case before.State == PartnerFileReceived && sent != "":
		return before, false, order.Temporary("the same bytes came by another sending and are being read", nil)
	case before.Undated && sent != "":
		return file, false, nil
	case before.Kind == PartnerResult && before.State == PartnerFileApplied && file.Key != "":
		return before, false, order.Conflict("WHS-2", fmt.Sprintf("the same rows were applied on %s as report %d, and nothing of this one was: what that report came to is told under its own Idempotency-Key; where more has left since, say in the rows what tells it apart, its tracking number or its day (shipped_on)",
			before.SettledAt.In(order.JST).Format("2006-01-02 15:04"), before.ID))
	}
	return before, true, nil
}

// transmission names the sending; "" where nothing does.
func (f NewPartnerFile) transmission() string {
	if f.Transmission == "" && f.Key != "" {
		return bounded(text("key " + f.Key))
	}
	return bounded(text(f.Transmission))
}

func (f NewPartnerFile) check() error {
	ways := []string{PartnerSFTP, PartnerMail, PartnerAPI, PartnerFolder, PartnerDesk}
	switch {
	case f.WarehouseCode == "" || strings.TrimSpace(f.Name) == "":
		return order.Invalid("WHS-2", "name", "a partner's file needs its warehouse and a name")
	case !slices.Contains(ways, f.Channel):
		return order.Invalid("WHS-2", "channel", "a partner's file comes by one of "+strings.Join(ways, ", "))
	case len(f.Bytes) == 0:
		return order.Invalid("WHS-2", "file", "the file is empty: send it again")
	case len(f.Bytes) > MaxPartnerFile:
		return order.Invalid("WHS-2", "file", fmt.Sprintf("the file is larger than %d bytes: send it in parts", MaxPartnerFile))
	}
	return nil
}

// UndatedAgain is what to do where the same bytes of a count without times came, and are to count again.
const UndatedAgain = "the count holds as of when it first came: to count anew, write when it was counted into 棚卸日時 (counted_at)"

// plainName is the file's name without the folders of whatever system it comes from.
func plainName(name string) string { return path.Base(strings.ReplaceAll(name, `\`, "/")) }

// GetPartnerFile reads one file's row; its bytes lie under its SHA256 in the blobs.
func (s *Store) GetPartnerFile(ctx context.Context, id int64) (PartnerFile, error) {
	found, err := collect(ctx, s.pool, "PartnerFilesList", scanPartnerFile, id, "", "", "", 1)
	if err == nil && len(found) == 0 {
		err = order.NotFound("partner_file", "there is no such file of a partner")
	}
	if err != nil {
		return PartnerFile{}, err
	}
	return found[0], nil
}

// PartnerFiles are the files of a warehouse, or of all where it is empty, in a state or in any,
// newest first.
func (s *Store) PartnerFiles(ctx context.Context, warehouse, state string, limit int) ([]PartnerFile, error) {
	return collect(ctx, s.pool, "PartnerFilesList", scanPartnerFile, nil, warehouse, state, "", limit)
}

// SettlePartnerFile records, in the transaction that applies a file, that it was applied, or that it
// was refused and why. A file that is settled already is a conflict.
func (tx *Tx) SettlePartnerFile(ctx context.Context, id int64, state, why string, now time.Time) error {
	tag, err := tx.tx.Exec(ctx, query("PartnerFileSettle"), id, state, bounded(text(why)), at(now))
	if err != nil {
		return fmt.Errorf("settle partner file: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return order.Conflict("WHS-2", "the partner's file is settled already")
	}
	return nil
}

func scanPartnerFile(r pgx.CollectableRow) (PartnerFile, error) {
	var f PartnerFile
	return f, r.Scan(&f.ID, &f.WarehouseCode, &f.Channel, &f.Name, &f.Sender, &f.SHA256, &f.SizeBytes, &f.ReceivedAt, &f.State, &f.Error, (*instant)(&f.SettledAt),
		&f.Kind, &f.Rows, &f.Outcome, &f.Faults, (*instant)(&f.ClosedAt), &f.ClosedBy, &f.ClosedNote, &f.Key, &f.Undated)
}
