package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// wire is the connection under TLS and IMAP. The client library sets deadlines of its own, which
// would also count the time that storing takes: it cannot here, and a watch closes the
// connection instead.
//
// It also bounds what a server sends unasked: the client library keeps a line in memory however
// long it is.
type wire struct {
	net.Conn
	received atomic.Int64 // bytes
	most     atomic.Int64 // that received may come to
}

// smallAnswer is how much a server may send where no mails are asked for, in bytes.
const smallAnswer = 4 << 20

var errTooMuch = errors.New("the server sends more than it was asked for")

// expect allows so many bytes more from now on, beside a small answer.
func (w *wire) expect(bytes int64) { w.most.Store(w.received.Load() + smallAnswer + bytes) }

// allow allows so many bytes beside what is expected.
func (w *wire) allow(bytes int64) { w.most.Add(bytes) }

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if w.received.Add(int64(n)) > w.most.Load() {
		return 0, errTooMuch
	}
	return n, err
}

func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// minProgress is how many bytes a server must send within the time-out to count as answering.
const minProgress = 1024

// watch closes the connection when the server owes an answer and sends too little of it.
type watch struct {
	s    *session
	mu   sync.Mutex
	t    *time.Timer
	seen int64
	off  bool
}

func (s *session) watch() *watch {
	s.wire.expect(0)
	w := &watch{s: s, seen: s.wire.received.Load()}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t = time.AfterFunc(s.timeout, w.look)
	return w
}

func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.off {
		return
	}
	now := w.s.wire.received.Load()
	if now-w.seen >= minProgress {
		w.seen = now
		w.t.Reset(w.s.timeout)
		return
	}
	w.s.fail(fmt.Errorf("%w (for %v)", ErrSilent, w.s.timeout))
}

// pause stops the watch while the server owes nothing, such as while a mail is stored.
func (w *watch) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.off = true
	w.t.Stop()
}

func (w *watch) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.off, w.seen = false, w.s.wire.received.Load()
	w.t.Reset(w.s.timeout)
}

// session is one connection, logged in.
type session struct {
	c       *Collector
	wire    *wire
	client  *imapclient.Client
	log     *slog.Logger
	timeout time.Duration
	budget  *Budget
	wake    chan struct{} // the server told of mails
	stop    func() bool   // takes back that the context's end closes the connection

	mu    sync.Mutex
	cause error // why we closed the connection

	busy    bool // the last pass found mails
	sweep   bool // mails before the cursor may be left to be put away
	way     way
	folders map[string]string // configured name → the one the server took
}

// fail closes the connection, for the first cause given.
func (s *session) fail(cause error) {
	s.mu.Lock()
	s.cause = cmp.Or(s.cause, cause)
	s.mu.Unlock()
	_ = s.wire.Close()
}

// explain gives our own cause for an error that only says that the connection was closed.
func (s *session) explain(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.cause != nil {
		return s.cause
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the server has closed the connection")
	}
	return err
}

func (s *session) close() {
	s.stop()
	_ = s.wire.Close()
	if s.client != nil {
		_ = s.client.Close()
	}
}

// connect dials, secures the connection and logs in.
func (c *Collector) connect(ctx context.Context) (*session, error) {
	timeout := cmp.Or(c.Timeout, DefaultTimeout)
	dial := c.Dial
	if dial == nil {
		d := &net.Dialer{Timeout: timeout, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}}
		dial = func(ctx context.Context, address string) (net.Conn, error) { return d.DialContext(ctx, "tcp", address) }
	}
	conn, err := dial(ctx, c.Account.Address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", c.Account.Address, err)
	}
	s := &session{
		c: c, wire: &wire{Conn: conn}, log: c.Log.With("mailbox", c.Account.Name), timeout: timeout,
		budget: c.Budget, wake: make(chan struct{}, 1), sweep: true, way: firstWay(c.Account), folders: map[string]string{},
	}
	if s.budget == nil {
		s.budget = NewBudget(DefaultBudget)
	}
	s.stop = context.AfterFunc(ctx, func() { s.fail(context.Cause(ctx)) })
	w := s.watch()
	err = s.open(ctx, w)
	w.pause()
	if err != nil {
		s.close()
		return nil, s.explain(err)
	}
	return s, nil
}

func (s *session) open(ctx context.Context, w *watch) error {
	a := s.c.Account
	host, _, err := net.SplitHostPort(a.Address)
	if err != nil {
		return fmt.Errorf("read address: %w", err)
	}
	secure := &tls.Config{}
	if a.TLS != nil {
		secure = a.TLS.Clone()
	}
	secure.ServerName = cmp.Or(secure.ServerName, host)
	options := &imapclient.Options{
		TLSConfig: secure,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages == nil {
				return
			}
			select {
			case s.wake <- struct{}{}:
			default:
			}
		}},
	}
	switch a.Security {
	case StartTLS:
		if s.client, err = imapclient.NewStartTLS(s.wire, options); err != nil {
			return fmt.Errorf("start TLS: %w", err)
		}
	case Plain:
		s.client = imapclient.New(&guard{Conn: s.wire}, options)
	default:
		conn := tls.Client(s.wire, secure)
		if err := conn.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("start TLS: %w", err)
		}
		s.client = imapclient.New(&guard{Conn: conn}, options)
	}
	if err := s.client.WaitGreeting(); err != nil {
		return fmt.Errorf("wait for the greeting: %w", err)
	}
	return s.login(ctx, w)
}

// login asks for the secret, which may take as long as it takes, and logs in.
func (s *session) login(ctx context.Context, w *watch) error {
	a, caps := s.c.Account, s.client.Caps()
	if s.client.State() == imap.ConnStateAuthenticated {
		return nil // PREAUTH
	}
	ask := a.Password
	if a.Token != nil {
		ask = a.Token
		if !caps.Has(imap.AuthCap("XOAUTH2")) {
			return errors.New("log in: the server offers no XOAUTH2: use a password instead of a token")
		}
	}
	if ask == nil {
		return errors.New("log in: the account has neither password nor token")
	}
	w.pause()
	secret, err := ask(ctx)
	w.resume()
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	switch {
	case a.Token != nil:
		err = s.client.Authenticate(&xoauth2{user: a.User, token: secret})
	case !caps.Has(imap.CapLoginDisabled):
		err = s.client.Login(a.User, secret).Wait()
	case caps.Has(imap.AuthCap("PLAIN")):
		err = s.client.Authenticate(&plain{user: a.User, password: secret})
	default:
		return fmt.Errorf("log in: the server takes no password over this connection: use security tls or starttls, not %s", a.Security)
	}
	if e, ok := errors.AsType[*imap.Error](err); ok {
		if e.Code == imap.ResponseCodeUnavailable {
			return fmt.Errorf("log in: %s", serverText(err))
		}
		return &AuthError{Err: err}
	}
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	return nil
}

// serverText is what a server said, without the protocol around it.
func serverText(err error) string {
	if e, ok := errors.AsType[*imap.Error](err); ok && e.Text != "" {
		return e.Text
	}
	return err.Error()
}

// refusal tells that the server answered, and said no.
func refusal(err error) bool {
	_, ok := errors.AsType[*imap.Error](err)
	return ok
}

func (s *session) idles() bool { return s.client.Caps().Has(imap.CapIdle) }

// sleep waits until there may be something to do: a mail arrived, or the time for a heartbeat or
// a poll has come.
func (s *session) sleep(ctx context.Context) error {
	if !s.idles() {
		return s.wait(ctx, cmp.Or(s.c.Poll, DefaultPoll))
	}
	w := s.watch()
	idle, err := s.client.Idle()
	w.pause()
	if err != nil {
		return fmt.Errorf("idle: %w", err)
	}
	// What arrives between the last command and IDLE is told by some servers only with the next:
	// where mails come in, they are looked for once more.
	limit := cmp.Or(s.c.Heartbeat, DefaultHeartbeat)
	if s.busy {
		limit = min(limit, cmp.Or(s.c.Poll, DefaultPoll))
	}
	err = s.wait(ctx, limit)
	w.resume()
	defer w.pause()
	if closeErr := idle.Close(); closeErr != nil {
		return cmp.Or(err, fmt.Errorf("end idling: %w", closeErr))
	}
	if waitErr := idle.Wait(); waitErr != nil { // a server that is silent here is gone
		return cmp.Or(err, fmt.Errorf("end idling: %w", waitErr))
	}
	return err
}

func (s *session) wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.client.Closed():
		return io.ErrUnexpectedEOF
	case <-s.wake:
	case <-t.C:
	}
	return nil
}
