package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
)

// IssuePickListKind is the kind of a pick list among issued documents.
const IssuePickListKind = "pick_list"

// NewIssue is a rendered document about to leave. Its bytes are in the blob folder under Key.
type NewIssue struct {
	Kind      string // pick_list, acknowledgement …
	Number    string // its own within the kind
	Format    string // xlsx, pdf, csv, txt
	FileName  string
	Subject   string // of the mail, where it is one
	Key       string
	SizeBytes int

	// What it is about, for the archive's search (KEP-1); all may be unset.
	Party        string     // counterparty: customer code, warehouse code or mail address
	AmountYen    *order.Yen // including tax
	TransactedOn order.Date
	PickListID   int64
	OrderID      int64
	DocumentID   int64 // inbound document that it answers
}

// Issue records a document for good, chained to the one before (KEP-1). Kind, number and
// format name it: issued again, it stays as it first left, isNew is false and id the first's.
func (tx *Tx) Issue(ctx context.Context, d NewIssue, now time.Time) (id int64, isNew bool, err error) {
	now = at(now)
	if d.Kind == "" || d.Number == "" || d.Format == "" || d.Key == "" {
		return 0, false, order.Invalid("", "", "an issued document needs its kind, number, format and bytes")
	}
	if err := tx.exec(ctx, "IssueLock"); err != nil { // the chain has one end
		return 0, false, err
	}
	err = tx.tx.QueryRow(ctx, query("IssueByName"), d.Kind, d.Number, d.Format).Scan(&id)
	if err == nil || !missing(err) {
		return id, false, err
	}
	var last string
	if err := tx.tx.QueryRow(ctx, query("IssueLast")).Scan(&last); err != nil && !missing(err) {
		return 0, false, fmt.Errorf("read chain: %w", err)
	}
	next := chain(last, d.Kind, d.Number, d.Format, d.Key, now)
	err = tx.tx.QueryRow(ctx, query("IssueInsert"), d.Kind, d.Number, d.Format, d.FileName, null(d.PickListID), d.Key, d.Key,
		int64(d.SizeBytes), now, last, next, text(d.Subject), text(d.Party), d.AmountYen, date(d.TransactedOn),
		null(d.OrderID), null(d.DocumentID)).Scan(&id)
	if err != nil {
		return 0, false, fmt.Errorf("issue document: %w", err)
	}
	return id, true, nil
}

// Recipient is where a document goes. Channels are folder (a partner's code), fax (a registered
// number, digits) and mail (an address).
type Recipient struct{ Channel, Address string }

// Send makes the delivery of an issued document to one recipient, with its job; a recipient
// who has it already, or is about to, gets it no second time.
func (tx *Tx) Send(ctx context.Context, issuedID int64, to Recipient, now time.Time) error {
	if to.Channel == "" || to.Address == "" {
		return order.Invalid("", "", "a delivery needs its channel and its address")
	}
	var delivery int64
	err := tx.tx.QueryRow(ctx, query("DeliveryInsert"), issuedID, to.Channel, to.Address, at(now)).Scan(&delivery)
	if missing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("insert delivery: %w", err)
	}
	return tx.Enqueue(ctx, jobs.DeliverDocument{DeliveryID: delivery})
}

// chain is the hash of an issued document that covers the one before it.
func chain(previous, kind, number, format, sha string, issued time.Time) string {
	text := strings.Join([]string{previous, kind, number, format, sha, strconv.FormatInt(issued.UnixMicro(), 10)}, "\n")
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// VerifyIssued checks the chain and the bytes of every issued document (KEP-1) and says what
// is wrong with each.
func (s *Store) VerifyIssued(ctx context.Context) ([]string, error) {
	const page = 1000
	var bad []string
	var last string
	for id := int64(0); ; {
		type row struct {
			ID                         int64
			Kind, Number, Format, File string
			PickListID                 int64
			Key, SHA                   string
			Size                       int64
			IssuedAt                   time.Time
			Previous, Chain            string
		}
		rows, err := collect(ctx, s.pool, "IssuedAll", pgx.RowToStructByPos[row], id, page)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.Previous != last || r.Chain != chain(last, r.Kind, r.Number, r.Format, r.SHA, r.IssuedAt) {
				bad = append(bad, fmt.Sprintf("issued document %d: its chain is broken", r.ID))
			}
			if b, err := s.blobs.Get(r.Key); err != nil || r.SHA != r.Key || int64(len(b)) != r.Size {
				bad = append(bad, fmt.Sprintf("issued document %d: its bytes are damaged or missing", r.ID))
			}
			id, last = r.ID, r.Chain
		}
		if len(rows) < page {
			return bad, nil
		}
	}
}
