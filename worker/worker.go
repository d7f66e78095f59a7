package worker

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"todoke/ingest/form"
	"todoke/ingest/gateway"
	"todoke/ingest/glyph"
	"todoke/jobs"
	"todoke/order"
	"todoke/payment"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/mail"
)

// Config is what the workers need.
type Config struct {
	Store *store.Store
	Read  PageReader // form.Read where nil
	// Reading are the reader's settings before any audit moved a threshold; the zero value stands
	// for the defaults.
	Reading  form.Settings
	Model    string               // the recogniser's weights, to which errors are charged; the built-in's where empty
	Mail     MailParser           // nil sends every mail to review
	Gateways func() *gateway.Book // knows our own numbers; nil knows none
	Deliver  string               // folder in which each partner has a folder of its own
	Routes   Routes               // how faxes and mails leave
	ShopName string               // on documents, as are the next two
	DeskName string
	ShopFax  string
	// OwnNumbers are further fax numbers of the shop, digits: neither answers nor faxes go to any.
	OwnNumbers []string
	// What answers to customers tell beside them.
	ShopPhone, DeskHours, ShopWeb string

	// ApprovalURL begins the links in mails to customers' approvers, such as https://order.example.jp.
	ApprovalURL string

	// Cards is the gateway that is asked about cards (PAY-1); nil asks none, and what is to be asked
	// waits.
	Cards payment.Gateway

	// Authserv is the name by which the mail server of a document's mailbox states who sent a mail
	// (RFC 8601), by the document's external id; nil and "" know none.
	Authserv func(externalID string) string
	// Unproven are the warehouses whose mails are taken for theirs by the From address alone.
	Unproven []string

	Answerer rules.Answerer // who answers mails that carry no fax; the zero value answers none
	// ArchiveHeads is the file to which the archive's head is added every evening (KEP-1); ""
	// writes it to the log alone. ArchiveMail is who gets it by mail; "" nobody.
	ArchiveHeads, ArchiveMail string
	Log                       *slog.Logger
	// DeskMail gets the evening list of what is open (PGE-5) by mail; "" puts it into the folder "desk".
	DeskMail string
	Readers  int // documents read at the same time; 0 is 1
	// ReadTimeout is how long one attempt to read a document may take; 0 is jobs.ReadTimeout.
	ReadTimeout time.Duration
	Cooldown    time.Duration // pause between fetches of jobs; 0 is 5 ms
}

// PageReader interprets one page. It may take its time and is called with no transaction open.
type PageReader func(form.Page, form.Knowledge) order.Draft

// Mail is a parsed mail of a fax gateway or of a person.
type Mail struct {
	From        string
	Subject     string
	Facts       gateway.Facts // what the gateway says of the transmission
	Job         string        // the gateway's name of the transmission, unlike any other's; "" where none is stated
	HeaderAt    time.Time     // the Received header that our own server stamped
	Attachments []Attachment
	Text        string   // what is there to read
	Notes       []string // what was odd about the mail, for the desk
	Unread      []string // what could not be looked at, such as an encrypted text: the desk must
	// Letter is what decides whether it is answered where it carries no fax (FAX-1); the worker fills
	// in what it learns itself.
	Letter rules.Letter
	Report Report   // of the fate of something that we sent
	ID     string   // its own message id; "" where it has none
	Thread []string // message ids for the References of an answer, oldest first; the last is the mail's own
}

// Attachment is one part of a mail that may hold a document.
type Attachment struct {
	Path      string // place in the mail, such as "1.2"
	FileName  string
	MediaType string
	Bytes     []byte
	WidthPX   int // of a picture; 0 for what is none
	HeightPX  int
	Shown     bool   // the mail's text shows it within itself
	Problem   string // why nobody can look into it; "" where one can
	Unpacked  int    // so many attachments after it were taken out of it
}

// MailParser parses a mail, tolerantly. An error says that the bytes are no mail.
type MailParser func(data []byte) (Mail, error)

// Workers registers a worker for every kind of job.
func Workers(cfg Config) *river.Workers {
	cfg = cfg.withDefaults()
	ws := river.NewWorkers()
	reader := &ReadDocument{cfg: cfg}
	river.AddWorker(ws, reader)
	river.AddWorker(ws, &RereadPage{read: reader})
	river.AddWorker(ws, &AllocateOrders{cfg: cfg})
	river.AddWorker(ws, &ReleaseWave{cfg: cfg})
	river.AddWorker(ws, &ReplanShipments{cfg: cfg})
	river.AddWorker(ws, &SettleFees{cfg: cfg})
	river.AddWorker(ws, &TellShipped{cfg: cfg})
	river.AddWorker(ws, &AdaptThresholds{cfg: cfg})
	river.AddWorker(ws, &AnswerCustomers{cfg: cfg})
	river.AddWorker(ws, &AskApprovers{cfg: cfg})
	river.AddWorker(ws, &ChargeCards{cfg: cfg})
	river.AddWorker(ws, &ReconcileCards{cfg: cfg})
	river.AddWorker(ws, &ListOpenItems{cfg: cfg})
	river.AddWorker(ws, &PrintPickList{cfg: cfg})
	river.AddWorker(ws, &DeliverDocument{cfg: cfg})
	river.AddWorker(ws, &ReadPartnerFile{cfg: cfg})
	river.AddWorker(ws, &ChasePartners{cfg: cfg})
	river.AddWorker(ws, &SealArchive{cfg: cfg})
	river.AddWorker(ws, &TellArchiveHead{cfg: cfg})
	river.AddWorker(ws, &VerifyArchive{cfg: cfg})
	return ws
}

func (c Config) withDefaults() Config {
	if c.Read == nil {
		c.Read = form.Read
	}
	if c.Reading == (form.Settings{}) {
		c.Reading = form.Default()
	}
	c.Model = cmp.Or(c.Model, glyph.Fingerprint())
	return c
}

// Client makes the queue's client that works all queues; the caller starts and stops it.
func Client(cfg Config) (*river.Client[pgx.Tx], error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cooldown := cfg.Cooldown
	if cooldown == 0 {
		cooldown = 5 * time.Millisecond // with River's 100 ms a queue of one worker does 10 jobs a second
	}
	c, err := river.NewClient(riverpgxv5.New(cfg.Store.Pool()), &river.Config{
		Queues: map[string]river.QueueConfig{
			jobs.QueueRead:     {MaxWorkers: max(1, cfg.Readers)},
			jobs.QueueReread:   {MaxWorkers: 1},
			jobs.QueueAllocate: {MaxWorkers: 1},
			jobs.QueueWave:     {MaxWorkers: 1},
			jobs.QueueOutput:   {MaxWorkers: 2},
			jobs.QueueArchive:  {MaxWorkers: 2}, // a check takes long, and sealing does not wait for it
			jobs.QueueAnswer:   {MaxWorkers: 2},
			jobs.QueueSend:     {MaxWorkers: 4},
			jobs.QueuePartner:  {MaxWorkers: 4},
			jobs.QueuePayment:  {MaxWorkers: 2},
			jobs.QueueBooks:    {MaxWorkers: 1},
		},
		Workers:              Workers(cfg),
		FetchCooldown:        cooldown,
		FetchPollInterval:    max(cooldown, 500*time.Millisecond),
		JobTimeout:           jobs.Timeout,
		RescueStuckJobsAfter: jobs.Rescue,
		RetryPolicy:          &patience{},
		// What was given up stays until a person has looked at it.
		DiscardedJobRetentionPeriod: -1,
		CancelledJobRetentionPeriod: -1,
		// The application's database role owns no index.
		ReindexerSchedule: river.NeverSchedule(),
		Logger:            slog.New(newQuiet(cfg.Log.Handler())),
		ErrorHandler:      failures{cfg.Log},
	})
	if err != nil {
		return nil, fmt.Errorf("make queue client: %w", err)
	}
	return c, nil
}

// patience is River's own policy, which waits for the fourth power of the number of failures
// in seconds, but no longer than jobs.SlowestRetry.
type patience struct{ river.DefaultClientRetryPolicy }

// NextRetry implements river.ClientRetryPolicy.
func (p *patience) NextRetry(job *rivertype.JobRow) time.Time {
	const slowest = 3 // failures before the one at hand: 4⁴ s
	row := *job
	row.Errors = row.Errors[:min(len(row.Errors), slowest)]
	return p.DefaultClientRetryPolicy.NextRetry(&row)
}

// failures tells the log of every attempt that failed, and of the last one louder.
type failures struct{ log *slog.Logger }

// HandleError implements river.ErrorHandler.
func (f failures) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	level := slog.LevelWarn
	if job.Attempt >= job.MaxAttempts {
		level = slog.LevelError
	}
	f.log.Log(ctx, level, "job failed", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "of", job.MaxAttempts, "error", err)
	return nil
}

// HandlePanic implements river.ErrorHandler.
func (f failures) HandlePanic(ctx context.Context, job *rivertype.JobRow, v any, trace string) *river.ErrorHandlerResult {
	f.log.ErrorContext(ctx, "job panicked", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "panic", v, "trace", trace)
	return nil
}

// verdict turns an error into what the queue does about it: permanent ones are not tried
// again, all others are, with back-off.
func verdict(err error) error {
	switch order.KindOf(err) {
	case order.KindPermanent, order.KindNotFound, order.KindInvalid:
		return river.JobCancel(err)
	default:
		return err
	}
}

// mailShop is how the shop signs its mails.
func (c Config) mailShop() mail.Shop {
	return mail.Shop{Name: c.ShopName, Desk: c.DeskName, Phone: c.ShopPhone, Fax: c.ShopFax, Hours: c.DeskHours, Web: c.ShopWeb}
}

// done finishes a job that has nothing to save.
func done[T river.JobArgs](ctx context.Context, s *store.Store, job *river.Job[T]) error {
	return s.InTx(ctx, func(tx *store.Tx) error { return store.Complete(ctx, tx, job) })
}
