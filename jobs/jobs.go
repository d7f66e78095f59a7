package jobs

import (
	"time"

	"github.com/riverqueue/river"
)

// The queues. Allocation and waves have a worker to themselves: one batch at a time is the
// fastest, and correct with more.
const (
	QueueRead     = "read"
	QueueReread   = "reread" // pages that somebody at the desk waits for: never behind a night's faxes
	QueueAllocate = "allocate"
	QueueWave     = "wave"
	QueueOutput   = "output"
	QueueArchive  = "archive"
	QueueAnswer   = "answer"  // apart from output: many answers must not hold up a pick list
	QueueSend     = "send"    // by fax and mail: who waits for a slow server keeps no list from its folder
	QueuePayment  = "payment" // a slow gateway holds up nothing else
	QueueBooks    = "books"   // nor comparing its books the charging of cards
	QueuePartner  = "partner" // to partners' servers, which may be slower still
)

// Timeouts. A job still running after Rescue belongs to a process that died and is tried
// again; Rescue stays well above Timeout, and never takes a job from a worker whose kind has
// a longer time.
const (
	Timeout      = 2 * time.Minute
	ReadTimeout  = 10 * time.Minute // of read_document
	SendTimeout  = 15 * time.Minute // of deliver_document by fax and mail: a mail server may take ten to answer
	BooksTimeout = 10 * time.Minute // of reconcile_cards: the gateway may leave some questions unanswered
	CheckTimeout = 6 * time.Hour    // of verify_archive: every file is read
	Rescue       = 5 * time.Minute
)

// Retries wait 1, 16 and 81 seconds and then SlowestRetry each: a list must not lie for hours
// after its folder is back. So many attempts are three days.
const (
	SlowestRetry = 256 * time.Second
	threeDays    = 1000
)

// ReadDocument reads one stored document: a mail into its parts, a fax into pages and
// orders or reviews, a web order's file into its order.
type ReadDocument struct {
	DocumentID int64 `json:"document_id"`
}

// Kind implements river.JobArgs.
func (ReadDocument) Kind() string { return "read_document" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReadDocument) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueRead, MaxAttempts: 20}
}

// RereadPage reads one page again that a person turned, while they wait.
type RereadPage struct {
	RereadID int64 `json:"reread_id"`
}

// Kind implements river.JobArgs.
func (RereadPage) Kind() string { return "reread_page" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (RereadPage) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueReread, MaxAttempts: 3}
}

// AllocateOrders reserves stock for every order that waits (STK-1). It says only "look":
// what waits are rows.
type AllocateOrders struct{}

// Kind implements river.JobArgs.
func (AllocateOrders) Kind() string { return "allocate_orders" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (AllocateOrders) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueAllocate, MaxAttempts: 8}
}

// ReleaseWave puts what is due on pick lists (WHS-1), as of one due time of a schedule.
type ReleaseWave struct {
	Schedule string    `json:"schedule"`
	DueAt    time.Time `json:"due_at"`
}

// Kind implements river.JobArgs.
func (ReleaseWave) Kind() string { return "release_wave" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReleaseWave) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueWave, MaxAttempts: 20}
}

// ReplanShipments gives shipments that missed their dispatch deadline the earliest date still
// reachable (CUT-11). It says only "look".
type ReplanShipments struct{}

// Kind implements river.JobArgs.
func (ReplanShipments) Kind() string { return "replan_shipments" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReplanShipments) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueWave, MaxAttempts: 8}
}

// SettleFees makes add-ons' fees final whose cut-off has passed (FEE-2). It says only "look".
type SettleFees struct{}

// Kind implements river.JobArgs.
func (SettleFees) Kind() string { return "settle_fees" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SettleFees) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueOutput, MaxAttempts: 8}
}

// AdaptThresholds fills the audit of the day before up to its minimum and moves the reader's
// thresholds by what audits came to (RDR-2, RDR-4), as of one due time of a schedule.
type AdaptThresholds struct {
	Schedule string    `json:"schedule"`
	DueAt    time.Time `json:"due_at"`
}

// Kind implements river.JobArgs.
func (AdaptThresholds) Kind() string { return "adapt_thresholds" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (AdaptThresholds) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueRead, MaxAttempts: 20}
}

// AnswerCustomers tells customers of their faxes and orders what there is to tell (FAX-3, STK-2).
// It says only "look".
type AnswerCustomers struct{}

// Kind implements river.JobArgs.
func (AnswerCustomers) Kind() string { return "answer_customers" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (AnswerCustomers) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueAnswer, MaxAttempts: 8}
}

// AskApprovers writes to the customers' approvers whose word orders wait for, reminds them, and ends
// what nobody decided in time (APR-1). It says only "look".
type AskApprovers struct{}

// Kind implements river.JobArgs.
func (AskApprovers) Kind() string { return "ask_approvers" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (AskApprovers) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueAnswer, MaxAttempts: 8}
}

// ChasePartners asks partner warehouses after lists that nobody acknowledged, and tells the desk in
// the end (WHS-2). It says only "look".
type ChasePartners struct{}

// Kind implements river.JobArgs.
func (ChasePartners) Kind() string { return "chase_partners" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ChasePartners) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueAnswer, MaxAttempts: 8}
}

// ChargeCards has cards charged whose goods may leave, and asks the gateway for what is planned
// (PAY-1). It says only "look".
type ChargeCards struct{}

// Kind implements river.JobArgs.
func (ChargeCards) Kind() string { return "charge_cards" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ChargeCards) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueuePayment, MaxAttempts: 8}
}

// ReconcileCards compares the card gateway's books of the day before with ours (PAY-1), as of one due
// time of a schedule, or those of Day because a person asked.
type ReconcileCards struct {
	Schedule string    `json:"schedule,omitempty"`
	DueAt    time.Time `json:"due_at,omitzero"`
	Day      string    `json:"day,omitempty"`
	By       string    `json:"by,omitempty"`
}

// Kind implements river.JobArgs.
func (ReconcileCards) Kind() string { return "reconcile_cards" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReconcileCards) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueBooks, MaxAttempts: threeDays}
}

// ListOpenItems writes the list of all that is open for the desk (PGE-5), as of one due time of a
// schedule.
type ListOpenItems struct {
	Schedule string    `json:"schedule"`
	DueAt    time.Time `json:"due_at"`
}

// Kind implements river.JobArgs.
func (ListOpenItems) Kind() string { return "list_open_items" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ListOpenItems) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueOutput, MaxAttempts: 20}
}

// PrintPickList makes a pick list's documents and the deliveries that carry them.
type PrintPickList struct {
	PickListID int64 `json:"pick_list_id"`
}

// Kind implements river.JobArgs.
func (PrintPickList) Kind() string { return "print_pick_list" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (PrintPickList) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueOutput, MaxAttempts: threeDays}
}

// DeliverDocument hands one issued document to one recipient.
type DeliverDocument struct {
	DeliveryID int64  `json:"delivery_id"`
	Channel    string `json:"channel,omitempty"` // decides the queue
}

// Kind implements river.JobArgs.
func (DeliverDocument) Kind() string { return "deliver_document" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (d DeliverDocument) InsertOpts() river.InsertOpts {
	switch d.Channel {
	case "fax", "mail", "email":
		return river.InsertOpts{Queue: QueueSend, MaxAttempts: threeDays}
	case "sftp", "http":
		return river.InsertOpts{Queue: QueuePartner, MaxAttempts: threeDays}
	}
	return river.InsertOpts{Queue: QueueOutput, MaxAttempts: threeDays}
}

// ReadPartnerFile reads one file of a partner warehouse and applies it, as a whole or not at all (WHS-2).
type ReadPartnerFile struct {
	PartnerFileID int64 `json:"partner_file_id"`
}

// Kind implements river.JobArgs.
func (ReadPartnerFile) Kind() string { return "read_partner_file" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReadPartnerFile) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueOutput, MaxAttempts: 20}
}

// TellShipped tells customers that shipments left, and sets when shipments count as delivered (WHS-3).
// It says only "look".
type TellShipped struct{}

// Kind implements river.JobArgs.
func (TellShipped) Kind() string { return "tell_shipped" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (TellShipped) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueAnswer, MaxAttempts: 8}
}

// SealArchive appends what waits to the archive's chain (KEP-1). It says only "look".
type SealArchive struct{}

// Kind implements river.JobArgs.
func (SealArchive) Kind() string { return "seal_archive" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SealArchive) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueArchive, MaxAttempts: 8}
}

// TellArchiveHead writes the archive's head where nobody who changes the database reaches it
// (KEP-1), as of one due time of a schedule.
type TellArchiveHead struct {
	Schedule string    `json:"schedule"`
	DueAt    time.Time `json:"due_at"`
}

// Kind implements river.JobArgs.
func (TellArchiveHead) Kind() string { return "tell_archive_head" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (TellArchiveHead) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueArchive, MaxAttempts: threeDays}
}

// VerifyArchive checks the whole archive because a person asked for it (KEP-1).
type VerifyArchive struct {
	By string `json:"by"`
}

// Kind implements river.JobArgs.
func (VerifyArchive) Kind() string { return "verify_archive" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (VerifyArchive) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueArchive, MaxAttempts: 3}
}

// Look tells whether a job says only "look at the rows that wait": one that has not started
// yet is as good as two.
func Look(args river.JobArgs) bool {
	switch args.(type) {
	case AllocateOrders, ReplanShipments, SettleFees, SealArchive, AnswerCustomers, VerifyArchive, AskApprovers, ChasePartners, ChargeCards, TellShipped:
		return true
	default:
		return false
	}
}
