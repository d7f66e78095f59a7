package store

import (
	"context"
	"fmt"
	"time"

	"todoke/jobs"
	"todoke/order"
)

// IssuePickListKind is the kind of a pick list among issued documents.
const IssuePickListKind = "pick_list"

// IssuePickTotalKind is the kind of a pick list's total by item, where it is a file of its own.
const IssuePickTotalKind = "pick_total"

// IssueSlipsKind is the kind of a pick list's delivery slips with their return request forms.
const IssueSlipsKind = "delivery_slips"

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

	Forms []PrintedForm // the forms among its pages (IssuePickList)
}

// Issue records a document for good; the archive's chain seals it soon after (KEP-1). Kind, number and
// format name it: issued again, it stays as it first left, isNew is false and id the first's.
func (tx *Tx) Issue(ctx context.Context, d NewIssue, now time.Time) (id int64, isNew bool, err error) {
	now = at(now)
	if d.Kind == "" || d.Number == "" || d.Format == "" || d.Key == "" {
		return 0, false, order.Invalid("", "", "an issued document needs its kind, number, format and bytes")
	}
	err = tx.tx.QueryRow(ctx, query("IssueInsert"), d.Kind, d.Number, d.Format, text(d.FileName), null(d.PickListID), d.Key,
		int64(d.SizeBytes), now, text(d.Subject), text(d.Party), d.AmountYen, date(d.TransactedOn),
		null(d.OrderID), null(d.DocumentID)).Scan(&id)
	if err == nil {
		return id, true, nil
	}
	if !missing(err) {
		return 0, false, fmt.Errorf("issue document: %w", err)
	}
	if err := tx.tx.QueryRow(ctx, query("IssueByName"), d.Kind, d.Number, d.Format).Scan(&id); err != nil {
		return 0, false, fmt.Errorf("find issued document: %w", err)
	}
	return id, false, nil
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
	return tx.Enqueue(ctx, jobs.DeliverDocument{DeliveryID: delivery, Channel: to.Channel})
}
