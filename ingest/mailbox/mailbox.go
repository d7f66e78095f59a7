package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"time"
)

// Security is how a connection is kept from being listened to.
type Security string

// The ways to connect.
const (
	TLS      Security = "tls"      // from the first byte, port 993
	StartTLS Security = "starttls" // before the login, port 143
	Plain    Security = "none"     // not at all: for servers on this machine
)

// After is what becomes of a mail that was stored.
type After string

// What may become of a mail. What the server refuses falls back to the next.
const (
	Move  After = "move"  // it moves to a folder
	Flag  After = "flag"  // it stays and is flagged
	Leave After = "leave" // it stays; the mailbox is opened read-only
)

// Account is one folder of one user on one server.
type Account struct {
	Name     string // in logs
	Address  string // host:port
	Security Security
	TLS      *tls.Config // nil trusts what the machine trusts
	User     string
	// Password and Token are asked at every login, so that they may change. Where there is a
	// Token, the login is XOAUTH2 with it.
	Password func(context.Context) (string, error)
	Token    func(context.Context) (string, error)

	Folder    string // "" is INBOX
	Processed string // where what was stored moves to, with / between levels
	Failed    string // where what was refused moves to
	After     After
	// CopyDelete lets a server without MOVE copy mails and delete what was copied.
	CopyDelete bool
}

// URL names the folder as in RFC 5092, such as imap://fax@imap.example.jp:993/INBOX.
func (a Account) URL() string {
	return "imap://" + url.PathEscape(a.User) + "@" + strings.ToLower(a.Address) + "/" + url.PathEscape(a.folder())
}

func (a Account) folder() string { return cmp.Or(a.Folder, "INBOX") }

// mailURL names a mail for ever (RFC 5092): no other mail ever has this name.
func (a Account) mailURL(validity, uid uint32) string {
	return fmt.Sprintf("%s;UIDVALIDITY=%d/;UID=%d", a.URL(), validity, uid)
}

// Mail is a mail as the server gave it.
type Mail struct {
	ExternalID string    // its URL
	ReceivedAt time.Time // when the server got it (INTERNALDATE)
	Size       int64     // in bytes
	Bytes      []byte    // only its beginning where TooLarge
	TooLarge   bool      // more than MaxBytes: it stays a mail, in the folder for failed ones
	// Renumbered tells that the mail was there when the mailbox's numbering began: one with the
	// same bytes that was stored before under another name is this one.
	Renumbered bool
}

// Cursor is how far a mailbox was collected. Every mail of the numbering up to UID is stored or
// refused, but for the waiting ones.
type Cursor struct {
	UIDValidity  uint32
	UID          uint32
	RenumberedTo uint32   // the highest UID when the numbering began
	ModSeq       uint64   // of the mailbox when nothing was left to do; 0 where unknown (RFC 7162)
	Waiting      []uint32 // could not be stored, and will be tried again
}

// Keeper stores what is collected.
type Keeper interface {
	// Cursor is where the mailbox of the URL stands, zero where it was never collected.
	Cursor(ctx context.Context, mailbox string) (Cursor, error)
	SaveCursor(ctx context.Context, mailbox string, c Cursor) error
	// Kept gives, of the mails named, those already stored, with their sizes in bytes.
	Kept(ctx context.Context, externalIDs []string) (map[string]int64, error)
	// Keep stores mails for good, all or none, and gives for each the name of what it made of it.
	// Where it fails for several they are handed over again one by one. One it has stored before
	// does no harm. It fails with ErrRefused where trying again would not help.
	Keep(ctx context.Context, mails []Mail) ([]string, error)
}

var (
	// ErrRefused is the failure of a mail that cannot be stored however often it is tried.
	ErrRefused = errors.New("it cannot be stored")
	// ErrSilent is the failure of a server that has stopped answering.
	ErrSilent = errors.New("the server has stopped answering")
)

// AuthError is a login that was refused.
type AuthError struct{ Err error }

func (e *AuthError) Error() string {
	return "the server refuses user, password or token: " + serverText(e.Err)
}

func (e *AuthError) Unwrap() error { return e.Err }

// The durations where a Collector gives none.
const (
	DefaultTimeout   = time.Minute
	DefaultHeartbeat = 5 * time.Minute // below the 29 minutes of RFC 2177 and the 10 of many routers
	DefaultPoll      = 30 * time.Second

	defaultRetry    = time.Second
	defaultMaxRetry = 5 * time.Minute
)

// Collector collects one account. It is to be used by one goroutine; several collectors of one
// account, on whatever machines, do no harm.
type Collector struct {
	Account  Account
	MaxBytes int64 // larger mails are offered with their beginning alone
	// Budget is shared with other collectors; nil is one of DefaultBudget for this one alone.
	Budget *Budget
	Keeper Keeper
	Log    *slog.Logger

	Timeout   time.Duration // how long a server may be silent while it owes an answer
	Heartbeat time.Duration // how often a server that idles is asked whether it is still there
	Poll      time.Duration // how often one without IDLE is asked for new mails, and one with it after it had some
	Retry     time.Duration // wait before the first reconnection; doubled by each failure
	MaxRetry  time.Duration // up to this, and at once after a refused login
	// Dial opens the connection; nil dials TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
}

// Run collects until ctx ends, which closes the connection at once. Failures are logged, and
// tried again.
func (c *Collector) Run(ctx context.Context) {
	wait := cmp.Or(c.Retry, defaultRetry)
	last := ""
	for {
		err := c.serve(ctx, func() { // it works
			wait, last = cmp.Or(c.Retry, defaultRetry), ""
		})
		if ctx.Err() != nil {
			return
		}
		if _, ok := errors.AsType[*AuthError](err); ok {
			wait = cmp.Or(c.MaxRetry, defaultMaxRetry) // servers lock accounts that try too often
		}
		// From half to one and a half of the time, so that not all come back at once.
		pause := wait/2 + rand.N(wait)
		if message := err.Error(); message != last {
			c.Log.ErrorContext(ctx, "the mailbox cannot be collected", "mailbox", c.Account.Name, "error", err, "next_try_in", pause.Round(time.Second))
			last = message
		}
		wait = min(2*wait, cmp.Or(c.MaxRetry, defaultMaxRetry))
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// serve connects and collects until something fails.
func (c *Collector) serve(ctx context.Context, works func()) error {
	s, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	c.Log.InfoContext(ctx, "mailbox connected", "mailbox", c.Account.Name, "address", c.Account.Address, "idle", s.idles())
	for {
		if err := s.collect(ctx); err != nil {
			return s.explain(err)
		}
		works()
		if err := s.sleep(ctx); err != nil {
			return s.explain(err)
		}
	}
}

// Collect connects, takes what is there and disconnects.
func (c *Collector) Collect(ctx context.Context) error {
	s, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	return s.explain(s.collect(ctx))
}
